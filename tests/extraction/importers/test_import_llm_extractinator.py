"""Tasks of llm_extractinator are run unchanged: found where it finds things, read as it does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sekisho.errors import UsageError
from sekisho.extraction.few_shot.example_check import example_problems
from sekisho.extraction.importers.llm_extractinator import Imported, looks_like, read
from sekisho.extraction.tasks import task_file
from sekisho.extraction.tasks.task import EnumField, ListField, NumberField, StringField

PROJECT = Path(__file__).parent / "llm_extractinator"
TASKS = sorted((PROJECT / "tasks").glob("*.json"))

PARSER = "from pydantic import BaseModel\nclass OutputParser(BaseModel):\n    label: str\n"
TASK: dict[str, Any] = {
    "Description": "Find the label.",
    "Data_Path": "data.csv",
    "Input_Field": "text",
    "Parser_Format": "parser.py",
}
FIELDS = {
    "code": {"type": "str", "optional": True},
    "count": {"type": "int", "optional": True},
    "size": {"type": "float", "optional": True},
    "sure": {"type": "bool", "optional": True},
    "side": {"type": "str", "literals": ["l", "r"], "optional": True},
    "grade": {"type": "int", "literals": [1, 2], "optional": True},
    "other": {"type": "any", "optional": True},
    "tags": {"type": "list", "items": {"type": "str"}},
    "parts": {
        "type": "list",
        "items": {"type": "dict", "properties": {"n": {"type": "int", "optional": True}}},
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in their layout, with one task."""
    for folder in ("tasks/parsers", "data", "examples"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "tasks" / "parsers" / "parser.py").write_text(PARSER)
    (tmp_path / "data" / "data.csv").write_text("text\nsome\n")
    return tmp_path


def task(project: Path, name: str = "Task001.json", /, **changed: Any) -> Path:
    """The path of a task file with ``changed`` keys; one that is None is left out."""
    written = {key: value for key, value in {**TASK, **changed}.items() if value is not None}
    path = project / "tasks" / name
    path.write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
    return path


def with_examples(project: Path, examples: Any, fields: Any = None) -> Imported:
    """A task of ``fields`` with ``examples`` (a value, or the text of a file)."""
    written = examples if isinstance(examples, str) else json.dumps(examples)
    (project / "examples" / "examples.json").write_text(written, encoding="utf-8")
    return read(task(project, Parser_Format=fields or FIELDS, Example_Path="examples.json"))


def refused(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read(path)
    assert caught.value.where
    return str(caught.value)


# Its own files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_its_files_are_run_unchanged(path: Path) -> None:
    assert looks_like(path)
    found = read(path)
    assert found.task.name == path.stem
    assert found.task.evidence is False
    assert found.task.fields
    assert found.data is not None
    assert found.data.parent == PROJECT.resolve() / "data"
    assert found.text_column in ("text", "report")
    assert any("evidence" in note for note in found.notes)
    for example in found.task.examples:
        assert example_problems(found.task, example) == ()


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_it_can_be_written_down_as_a_task_of_ours(path: Path, tmp_path: Path) -> None:
    task = read(path).task
    ours = tmp_path / "task.toml"
    ours.write_text(task_file.write(task), encoding="utf-8")
    assert task_file.load(ours) == task


def test_a_parser_alone_is_a_task_without_data(tmp_path: Path) -> None:
    parser = tmp_path / "report.py"
    parser.write_text(PARSER.replace("    label", '    """Find it."""\n    label'))
    (tmp_path / "parsers").mkdir()
    (tmp_path / "parsers" / "report.py").write_text("another")
    found = read(parser)
    assert (found.task.name, found.task.instruction) == ("report", "Find it.")
    assert list(found.task.fields) == ["label"]
    assert (found.data, found.text_column, found.examples_path) == (None, None, None)
    assert "no such parser" in refused(tmp_path / "gone.py")


def test_the_readmes_task_means_what_it_says() -> None:
    found = read(PROJECT / "tasks" / "Task001_products.json")
    assert found.task.instruction == "Extract product name and price from each row of text"
    name, price = found.task.fields["product_name"], found.task.fields["price"]
    assert isinstance(name, StringField)
    assert isinstance(price, NumberField)
    assert name.required
    assert price.required
    assert found.examples_path is None
    assert found.task.examples == ()


def test_a_leading_reasoning_stays_a_field_of_its_own() -> None:
    found = read(PROJECT / "tasks" / "Task004.json")
    assert next(iter(found.task.fields)) == "reasoning"
    assert isinstance(found.task.fields["reasoning"], StringField)
    assert found.task.reasoning is False
    grade = found.task.fields["grade"]
    assert isinstance(grade, EnumField)
    assert [each.value for each in grade.values] == [1, 2, 3]


def test_keys_of_older_releases_are_left_out_with_a_note() -> None:
    found = read(PROJECT / "tasks" / "Task002_summary.json")
    assert "has no effect, there as here: Task, Type" in found.notes
    assert [example.answer["summary"] for example in found.task.examples][1] == "007"


def test_examples_may_be_objects_json_or_python(project: Path) -> None:
    found = read(PROJECT / "tasks" / "Task998_example2.json")
    assert [example.answer for example in found.task.examples] == [
        {"products": [{"name": "widget", "price": 9.99}]},
        {"products": [{"name": "007", "price": 3}]},
        {"products": []},
    ]
    assert any("written as Python" in note for note in found.notes)


def test_extra_instructions_are_joined_to_the_instruction() -> None:
    found = read(PROJECT / "tasks" / "Task003_pathology.json")
    assert found.task.instruction.startswith("List the cassettes of each specimen.\n")
    assert found.task.instruction.endswith("Name tissues in upper case.")
    specimens = found.task.fields["specimens"]
    assert isinstance(specimens, ListField)
    assert specimens.fields is not None
    assert specimens.fields["cassettes"].description == "One per cassette"


# What a task file may hold ----------------------------------------------------------------------


def test_the_name_is_that_of_the_file_made_fit(project: Path) -> None:
    assert read(task(project, "Task001_胸部 CT.json")).task.name == "Task001_CT"
    assert read(task(project, "Task002_" + "x" * 200 + ".json")).task.name == (
        "Task002_" + "x" * 72
    )
    assert read(task(project, "胸部.json")).task.name == "Task"
    assert any("Task001_CT" in note for note in read(task(project, "Task001_胸部 CT.json")).notes)


def test_a_task_that_describes_itself_nowhere_is_described_by_its_parser(project: Path) -> None:
    path = task(project, Description=None)
    assert read(path).task.instruction == "Extract the fields listed below from the text."
    assert read(path, language="ja").task.instruction.startswith("以下")
    parser = project / "tasks" / "parsers" / "parser.py"
    parser.write_text(PARSER.replace("    label", '    """Find it."""\n    label'))
    assert read(path).task.instruction == "Find it."


def test_braces_and_line_ends_in_a_description_stay(project: Path) -> None:
    text = "Find {patient_id},\nand sets like {1,2}."
    assert read(task(project, Description=text)).task.instruction == text


def test_the_language_is_the_callers(project: Path) -> None:
    path = task(project)
    assert read(path).task.language == "en"
    assert read(path, language="nl").task.language == "nl"
    with pytest.raises(UsageError, match="no task is in the language 'de'"):
        read(path, language="de")


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("Data_path", "Data_Path"),
        ("description", "Description"),
        ("Input_Feild", "Input_Field"),
        ("Parser_Fromat", "Parser_Format"),
        ("ExtraInstructions", "Extra_Instructions"),
        ("Examples_Path", "Example_Path"),
    ],
)
def test_a_misspelt_key_is_an_error_with_the_one_that_was_meant(
    key: str, meant: str, project: Path
) -> None:
    said = refused(task(project, **{key: "x", meant: None}))
    assert f"unknown key {key!r}" in said
    assert f"did you mean {meant}?" in said


def test_an_unknown_key_is_told_all_the_known_ones(project: Path) -> None:
    said = refused(task(project, Zzz="x"))
    assert "unknown key 'Zzz' (known are: Description, Data_Path" in said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"Description": 3}, "Description is no text"),
        ({"Input_Field": ["text"]}, "Input_Field is no text"),
        ({"Extra_Instructions": {"a": 1}}, "Extra_Instructions is no text"),
        ({"Example_Path": 3}, "Example_Path is no text"),
        ({"Parser_Format": None}, "has no Parser_Format"),
        ({"Parser_Format": ["x"]}, "neither the name of a file nor an object"),
        ({"Parser_Format": {}}, "has no fields"),
        ({"Parser_Format": {"a": {"type": "string"}}}, "did you mean str?"),
        ({"Description": "x" * 30_000}, "instruction"),
        ({"Parser_Format": {f"f{at}": {"type": "str"} for at in range(300)}}, "fields"),
    ],
)
def test_a_key_of_the_wrong_kind_is_an_error(
    changed: dict[str, Any], said: str, project: Path
) -> None:
    assert said in refused(task(project, **changed))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "not JSON"),
        ('{\n"Description": "x",\n"Data_Path" "y"}', "line 3: not JSON"),
        ("[1, 2]", "no JSON object"),
        ('{"Description": NaN, "Parser_Format": "parser.py"}', "a number that is none"),
        (
            '{"Parser_Format": "parser.py", "Parser_Format": "other.py"}',
            "'Parser_Format' stands twice",
        ),
        ('{"Parser_Format": {"a": {"type": "str"}, "a": {"type": "int"}}}', "'a' stands twice"),
        ("[" * 100_000, "nested too deep"),
        ('{"Description": "\\ud800", "Parser_Format": "parser.py"}', "half a character"),
        (f'{{"Description": {"9" * 5000}}}', "a number that is none"),
    ],
)
def test_a_file_that_is_no_task_is_refused(written: str, said: str, project: Path) -> None:
    path = project / "tasks" / "Task001.json"
    path.write_text(written, encoding="utf-8")
    assert said in refused(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp"])
def test_a_task_is_read_in_its_encoding_or_refused(encoding: str, project: Path) -> None:
    text = "胸部CTの報告書から、結節の大きさと部位を抽出してください。"
    path = task(project, Description=text)
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    found = read(path)
    assert found.task.instruction == text
    told = [note for note in found.notes if "was read as" in note]
    assert bool(told) is not encoding.startswith("utf-8")


def test_a_latin_1_task_is_read_as_such(project: Path) -> None:
    text = "Größe des Knotens; dépistage effectué à l’hôpital"
    path = task(project, Description=text)
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1252"))
    assert read(path).task.instruction == text


def test_a_file_that_is_no_text_is_refused(project: Path) -> None:
    path = project / "tasks" / "Task001.json"
    for data in (b"PK\x03\x04zip", b"\x00" * 100, b"{" + b"\xff\xfe\x81" * 20, b"x" * (2 << 20)):
        path.write_bytes(data)
        assert refused(path)


# Where things are found -------------------------------------------------------------------------


def test_a_missing_task_is_an_error_with_the_one_that_was_meant(project: Path) -> None:
    task(project, "Task001_label.json")
    said = refused(project / "tasks" / "Task001_lable.json")
    assert "no such task (did you mean Task001_label.json?)" in said
    assert "no such task" in refused(project / "nowhere" / "Task001.json")
    assert refused(project / "tasks")
    assert "no such task" in refused(project / "a\0b.json")


def test_a_missing_parser_is_an_error_with_the_one_that_was_meant(project: Path) -> None:
    said = refused(task(project, Parser_Format="parsr.py"))
    assert "no such parser (did you mean parser.py?)" in said
    assert "no such parser" in refused(task(project, Parser_Format="parser"))
    assert "no such parser" in refused(task(project, Parser_Format="a\0b.py"))


def test_missing_examples_are_an_error(project: Path) -> None:
    assert "no such file of examples" in refused(task(project, Example_Path="examples.json"))


def test_an_empty_example_path_is_none(project: Path) -> None:
    assert read(task(project, Example_Path="")).examples_path is None


def test_missing_data_are_told_since_others_can_be_named(project: Path) -> None:
    found = read(task(project, Data_Path="gone.csv"))
    assert found.data is None
    assert any("gone.csv" in note for note in found.notes)
    assert read(task(project, Data_Path=None)).data is None
    assert read(task(project, Input_Field=None)).text_column is None
    assert read(task(project, Input_Field=" text ")).text_column == " text "


def test_files_are_found_beside_the_task_wherever_one_stands(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "examples" / "examples.json").write_text('[{"input": "a", "output": {}}]')
    path = task(project, Example_Path="examples.json")
    for folder in (project, project / "tasks", Path("/")):
        monkeypatch.chdir(folder)
        found = read(path)
        assert found.data == project / "data" / "data.csv"
        assert found.examples_path == project / "examples" / "examples.json"
    monkeypatch.chdir(project / "tasks")
    assert read(Path("Task001.json")).data == project / "data" / "data.csv"


def test_files_are_found_where_that_package_is_started(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "far" / "away" / "Task001.json"
    elsewhere.parent.mkdir(parents=True)
    shutil.copy(task(project), elsewhere)
    monkeypatch.chdir(project)
    assert read(elsewhere).data == project / "data" / "data.csv"


def test_older_releases_kept_data_and_examples_elsewhere(project: Path) -> None:
    (project / "data" / "examples.json").write_text('[{"input": "a", "output": {}}]')
    found = read(task(project, Data_Path="data/data.csv", Example_Path="examples.json"))
    assert found.data == project / "data" / "data.csv"
    assert found.examples_path == project / "data" / "examples.json"


def test_a_whole_path_is_taken_as_it_is(project: Path) -> None:
    parser = project / "mine.py"
    parser.write_text(PARSER)
    found = read(
        task(project, Parser_Format=str(parser), Data_Path=str(project / "data" / "data.csv"))
    )
    assert found.data == project / "data" / "data.csv"


def test_a_parser_that_is_not_understood_is_named_with_its_line(project: Path) -> None:
    (project / "tasks" / "parsers" / "parser.py").write_text(PARSER + "    size: Milimetres\n")
    said = refused(task(project))
    assert "parser.py, line 4: size: Milimetres is no type of this file" in said


# Examples ---------------------------------------------------------------------------------------


def test_values_are_of_the_types_of_their_fields(project: Path) -> None:
    output = {
        "code": "007",
        "count": "12",
        "size": 3,
        "sure": False,
        "side": "l",
        "grade": 1,
        "other": "x",
        "tags": ["0012", "2024-05-03"],
        "parts": [{"n": 1}, {"n": None}, None],
    }
    (example,) = with_examples(
        project, [{"input": "some", "output": json.dumps(output)}]
    ).task.examples
    assert example.text == "some"
    assert example.answer == {**output, "count": 12, "parts": [{"n": 1}, {}]}
    assert example.answer["code"] == "007"
    assert type(example.answer["sure"]) is bool


def test_null_is_not_mentioned(project: Path) -> None:
    (example,) = with_examples(
        project, [{"input": "a", "output": {"code": None, "tags": []}}]
    ).task.examples
    assert example.answer == {"tags": []}


def test_a_mapping_becomes_the_list_that_stands_for_it(project: Path) -> None:
    (project / "tasks" / "parsers" / "parser.py").write_text(
        PARSER.replace("label: str", "scores: dict[str, float]")
    )
    (project / "examples" / "e.json").write_text(
        '[{"input": "a", "output": {"scores": {"left": 1, "right": 2.5}}}]'
    )
    (example,) = read(task(project, Example_Path="e.json")).task.examples
    assert example.answer["scores"] == [
        {"key": "left", "value": 1},
        {"key": "right", "value": 2.5},
    ]


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ({"code": 7}, "output code is no text"),
        ({"count": 1.5}, "output count is no whole number"),
        ({"count": True}, "output count is no number"),
        ({"count": "many"}, "output count is no number"),
        ({"size": "1 cm"}, "output size is no number"),
        ({"sure": "yes"}, "output sure is neither true nor false"),
        ({"side": "x"}, "output side is none of the values allowed"),
        ({"grade": "1"}, "output grade is none of the values allowed"),
        ({"grade": True}, "output grade is none of the values allowed"),
        ({"other": {}}, "output other is no plain value"),
        ({"tags": "a"}, "output tags is no list"),
        ({"tags": [1]}, "output tags[0] is no text"),
        ({"parts": [{"n": 1}, {"n": "x"}]}, "output parts[1].n is no number"),
        ({"parts": [[]]}, "output parts[0] is no object"),
        ({"cod": "1"}, "its output has a key that is no field of the task: did you mean code?"),
        ({"parts": [{"m": 1}]}, "output parts[0] has a key that is no field"),
        (["a"], "its output is no JSON object"),
        ("no object", "its output is no JSON object"),
        ('{"code": ', "its output is no JSON object"),
        ("{'code': __import__('os')}", "its output is no JSON object"),
        (None, "has no output"),
    ],
)
def test_a_wrong_example_is_an_error_by_its_number(output: Any, said: str, project: Path) -> None:
    examples = [{"input": "Taro Yamada", "output": {}}, {"input": "Yamada", "output": output}]
    with pytest.raises(UsageError) as caught:
        with_examples(project, examples)
    assert f"example 2: {said}" in str(caught.value)
    assert "Yamada" not in str(caught.value)


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        ([{"input": "a"}], "example 1: has no output"),
        ([{"output": {}}], "example 1: has no input"),
        ([{"input": "  ", "output": {}}], "example 1: its input is no text"),
        ([{"input": 3, "output": {}}], "example 1: its input is no text"),
        (["a"], "example 1: is no object"),
        ("3", "is no list of examples"),
        ('{"a": 1}', "is no list of examples"),
        ("[]", "holds no examples"),
        ('{"input": ["a"], "output": []}', "not as many outputs as inputs"),
        (r'[{"input": "a\ud800", "output": {}}]', "half a character"),
        (r'[{"input": "a", "output": "{\"code\": \"\\ud800\"}"}]', "is no JSON object"),
        (r'[{"input": "a", "output": "{\"code\": 1, \"code\": 2}"}]', "is no JSON object"),
        (r'[{"input": "a", "output": "{\"other\": NaN}"}]', "is no JSON object"),
        ('[{"input": "a", "output": {"other": 1e999}}]', "other is no plain value"),
        ('[{"input": "Yamada", "input": "b", "output": {}}]', "a key stands twice"),
        ('[{"input": "Yamada", "output": {}},]', "line 1: not JSON"),
    ],
)
def test_a_file_of_examples_that_is_none_is_refused(
    examples: Any, said: str, project: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        with_examples(project, examples)
    assert said in str(caught.value)
    assert "Yamada" not in str(caught.value)


def test_examples_may_be_written_by_columns(project: Path) -> None:
    by_number = {"input": {"0": "a", "1": "b"}, "output": {"0": {"code": "1"}, "1": "{}"}}
    found = with_examples(project, by_number)
    assert [example.text for example in found.task.examples] == ["a", "b"]
    by_order = {"input": ["a"], "output": [{"code": "007"}]}
    assert with_examples(project, by_order).task.examples[0].answer == {"code": "007"}


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8-sig"), (";", "cp932")])
def test_examples_may_be_a_table(delimiter: str, encoding: str, project: Path) -> None:
    rows = [
        ("input", "output"),
        ("結節を認める、第一報", '{""code"": ""007""}'),
        ("異常なし", '{""side"": ""l""}'),
    ]
    written = "\r\n".join(f'"{left}"{delimiter}"{right}"' for left, right in rows) + "\r\n"
    (project / "examples" / "e.csv").write_bytes(written.encode(encoding))
    found = read(task(project, Parser_Format=FIELDS, Example_Path="e.csv"))
    assert [example.answer for example in found.task.examples] == [{"code": "007"}, {"side": "l"}]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"input,output\na,{}\nb\n", "example 2: has not as many cells as the header"),
        (b'"input","output"\n"a","{}"\n"b"c,"{}"\n', "its quoting is broken"),
        (b"", "holds no examples"),
        (b"input,output\n", "holds no examples"),
        (b"text,label\na,b\n", "example 1: has no input"),
        (b"input,output\n\x81\x81\xfe\xff,{}\n", "save it as UTF-8"),
    ],
)
def test_a_broken_table_of_examples_is_refused(written: bytes, said: str, project: Path) -> None:
    (project / "examples" / "e.csv").write_bytes(written)
    assert said in refused(task(project, Parser_Format=FIELDS, Example_Path="e.csv"))


def test_examples_in_another_format_are_refused(project: Path) -> None:
    (project / "examples" / "e.txt").write_text("[]")
    assert "neither .json nor .csv" in refused(task(project, Example_Path="e.txt"))


def test_no_text_of_an_example_is_told(project: Path) -> None:
    found = with_examples(
        project, [{"input": "Taro Yamada", "output": {"code": "K-Yamada"}, "id": "Yamada"}]
    )
    assert "Yamada" not in repr(found)
    assert any("beside input and output" in note for note in found.notes)


def test_two_imports_share_nothing(project: Path) -> None:
    first = with_examples(project, [{"input": "first", "output": {"tags": ["a"]}}])
    second = with_examples(project, [{"input": "second", "output": {}}])
    assert [example.text for example in first.task.examples] == ["first"]
    assert [example.text for example in second.task.examples] == ["second"]
    third = read(task(project, Parser_Format=FIELDS))
    assert third.task.examples == ()
    assert read(task(project, Parser_Format=FIELDS)) == third
    first.task.examples[0].answer["tags"].append("b")
    again = with_examples(project, [{"input": "first", "output": {"tags": ["a"]}}])
    assert again.task.examples[0].answer == {"tags": ["a"]}


# Telling its files from ours --------------------------------------------------------------------


def test_our_own_tasks_do_not_look_like_theirs(tmp_path: Path) -> None:
    own = tmp_path / "Task001_mine.json"
    own.write_text('{"name": "x", "instruction": "y", "fields": {"a": {"type": "string"}}}')
    assert not looks_like(own)
    for written in ("[]", "3", '{"a": 1}', "{}"):
        own.write_text(written)
        assert not looks_like(own)
    assert not looks_like(tmp_path / "Task001_gone.json")
    assert not looks_like(tmp_path)


def test_a_task_of_theirs_is_known_with_a_misspelt_key_or_broken(project: Path) -> None:
    assert looks_like(task(project, "other.json", Parser_Format=None, Parser_Fromat="x"))
    broken = project / "tasks" / "Task002_x.json"
    broken.write_text("{")
    assert looks_like(broken)
    broken.rename(project / "tasks" / "x.json")
    assert not looks_like(project / "tasks" / "x.json")

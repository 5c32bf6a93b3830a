from __future__ import annotations

import json
import re
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sekisho.errors import UsageError
from sekisho.extraction.tasks.task import (
    AnyOfField,
    EnumField,
    EnumValue,
    IntegerField,
    ListField,
    NumberField,
    ObjectField,
    Rule,
    SpansField,
    StringField,
    Task,
)
from sekisho.extraction.tasks.task_data import task_from
from sekisho.extraction.tasks.task_file import check, load, problems, write

GUIDE = Path(__file__).parents[3] / "docs" / "tasks.md"
quick = settings(
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

HEAD = 'name = "t"\nlanguage = "ja"\ninstruction = "x"\n'
SIZE = '[fields.size]\ntype = "number"\nunit = "mm"\n'


def told(folder: Path, text: str, suffix: str = ".toml") -> list[str]:
    """The problems of a file with ``text``, one line for each."""
    path = folder / f"task{suffix}"
    path.write_text(text, encoding="utf-8", newline="")
    return [str(each) for each in problems(path)]


def loaded(folder: Path, text: str, suffix: str = ".toml") -> Task:
    path = folder / f"task{suffix}"
    path.write_text(text, encoding="utf-8", newline="")
    return load(path)


WHOLE = """\
name = "chest-ct.v1"
language = "ja"
reasoning = true
instruction = '''
胸部CTの報告書から結節の所見を読み取る。
'''

[fields."結節"]
type = "boolean"
description = "結節の有無"
required = true
merge = "any"

[fields."最大径"]
type = "number"
unit = "mm"
minimum = 0
maximum = 300
merge = "greatest"

[fields.side]
type = "enum"
values.left = "左"
values.right = "右"

[fields.day]
type = "date"
order = "ymd"
evidence = false

[fields.lesions]
type = "list"
max_items = 10

[fields.lesions.fields.site]
type = "string"
verbatim = true

[fields.lesions.fields.sizes]
type = "list"
items = { type = "integer" }

[fields.names]
type = "spans"
labels = ["drug", "dose"]
occurrences = "next"

[[rules]]
holds = "結節 or not found(最大径)"
message = "結節がなければ径もない"
"""


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    task = loaded(tmp_path, WHOLE)
    assert task.name == "chest-ct.v1"
    assert task.instruction == "胸部CTの報告書から結節の所見を読み取る。\n"
    assert [*task.fields] == ["結節", "最大径", "side", "day", "lesions", "names"]
    size = task.fields["最大径"]
    assert isinstance(size, NumberField)
    assert (size.unit, size.minimum, size.maximum, size.merge) == ("mm", 0.0, 300.0, "greatest")
    side = task.fields["side"]
    assert isinstance(side, EnumField)
    assert side.values[0] == EnumValue(value="left", description="左")
    assert not task.needs_evidence("day")
    assert task.rules == (
        Rule(holds="結節 or not found(最大径)", message="結節がなければ径もない"),
    )


def test_json_says_the_same(tmp_path: Path) -> None:
    stated = json.dumps(tomllib.loads(WHOLE), ensure_ascii=False, indent=1)
    assert loaded(tmp_path, stated, ".json") == loaded(tmp_path, WHOLE)
    assert loaded(tmp_path, stated, ".json").digest == loaded(tmp_path, WHOLE).digest


@pytest.mark.parametrize("suffix", [".toml", ".TOML"])
def test_a_byte_order_mark_and_other_line_ends_do_not_matter(tmp_path: Path, suffix: str) -> None:
    text = "\ufeff" + WHOLE.replace("\n", "\r\n")
    assert loaded(tmp_path, text, suffix) == loaded(tmp_path, WHOLE)
    assert told(tmp_path, text.replace("unit", "unti"), suffix)[0].startswith("line 16: ")


FIELD_PROBLEMS = [
    ("unti = 'mm'", "fields.x.unti: this key is not known (did you mean unit?)"),
    ("min = 3", "fields.x.min: this key is not known (did you mean minimum?)"),
    (
        "values = ['a']",
        "fields.x.values: this key is not known (it belongs to fields of type enum)",
    ),
    ("zzz = 1", "fields.x.zzz: this key is not known (known: description, evidence, maximum, "),
    ("required = 'yes'", "fields.x.required: must be true or false, and is text (write it without"),
    ("required = 1", "fields.x.required: must be true or false, and is a whole number"),
    ("minimum = '3'", "fields.x.minimum: must be a number, and is text (write it without"),
    ("minimum = 2024-01-01", "fields.x.minimum: must be a number, and is a date or time"),
    ("minimum = nan", "fields.x.minimum: must be a finite number (leave the key out"),
    ("maximum = inf", "fields.x.maximum: must be a finite number (leave the key out"),
    ("description = 3", "fields.x.description: must be text, and is a whole number (write it in q"),
    ("description = ['a']", "fields.x.description: must be text, and is a list"),
    ("unit = ' '", "fields.x.unit: is blank (leave the key out for a number without a unit)"),
    (
        "merge = 'gratest'",
        "fields.x.merge: must be one of agree, first, last, any, all, least, gre",
    ),
    ("merge = 'any'", "fields.x.merge: any is for fields of type boolean"),
    ("merge = 'union'", "fields.x.merge: union is for fields of type list, spans"),
]


@pytest.mark.parametrize(("line", "expected"), FIELD_PROBLEMS)
def test_what_is_wrong_in_a_field_is_told_with_its_line(
    tmp_path: Path, line: str, expected: str
) -> None:
    (found,) = told(tmp_path, f"{HEAD}\n[fields.x]\ntype = 'number'\n{line}\n")
    assert found.startswith(f"line 7: {expected}")


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("x = 'number'", "fields.x: must be a table, and is text"),
        ("x = {}", "fields.x.type: the key is missing (one of string, integer, number, "),
        (
            "x = { type = 'float' }",
            "fields.x.type: this is no type of field (did you mean number?)",
        ),
        (
            "x = { type = 'strng' }",
            "fields.x.type: this is no type of field (did you mean string?)",
        ),
        ("x = { type = '数' }", "fields.x.type: this is no type of field (one of string,"),
        ("x = { type = 3 }", "fields.x.type: this is no type of field"),
        ("x = { type = 'enum' }", "fields.x.values: the key is missing"),
        ("x = { type = 'enum', values = [] }", "fields.x.values: must not be empty"),
        ("x = { type = 'enum', values = 3 }", "fields.x.values: must be a list or a table"),
        (
            "x = { type = 'enum', values = ['a', ['b']] }",
            "fields.x.values[1]: must be text, a number, true or false, and is a list",
        ),
        (
            "x = { type = 'enum', values = [{ value = 'a', desc = 'b' }] }",
            "fields.x.values[0].desc: this key is not known",
        ),
        (
            "x = { type = 'enum', values = { a = 3 } }",
            "fields.x.values.a: must be text, and is a w",
        ),
        (
            "x = { type = 'enum', values = ['a', 'a'] }",
            "fields.x.values[1]: this value stands there",
        ),
        (
            "x = { type = 'enum', values = ['a', 'Ａ'] }",
            "fields.x.values[1]: this value looks like",
        ),
        (
            "x = { type = 'enum', values = [1, '1'] }",
            "fields.x.values[1]: this value looks like an",
        ),
        ("x = { type = 'enum', values = [true, 'True'] }", "fields.x.values[1]: this value looks"),
        ("x = { type = 'enum', values = ['a b', 'a　b'] }", "fields.x.values[1]: this value looks"),
        (
            "x = { type = 'enum', values = ['a', ''] }",
            "fields.x.values[1]: a value may not be blank",
        ),
        (
            "x = { type = 'enum', values = [2024-01-01] }",
            "fields.x.values[0]: must be text, a numb",
        ),
        (
            "x = { type = 'integer', minimum = 3, maximum = 2 }",
            "fields.x.minimum: the minimum is ab",
        ),
        (
            "x = { type = 'integer', minimum = 3.0 }",
            "fields.x.minimum: must be a whole number, and",
        ),
        ("x = { type = 'string', max_length = 0 }", "fields.x.max_length: must be 1 or more"),
        ("x = { type = 'string', max_length = 5000 }", "fields.x.max_length: must be 4000 or less"),
        ("x = { type = 'date', order = 'dym' }", "fields.x.order: must be one of ymd, mdy, dmy"),
        ("x = { type = 'list' }", "fields.x: a list has neither items nor fields"),
        (
            "x = { type = 'list', items = { type = 'any' }, fields = { a = { type = 'any' } } }",
            "fields.x: a list has both items and fields",
        ),
        ("x = { type = 'list', fields = {} }", "fields.x: there must be a field"),
        ("x = { type = 'list', items = 'string' }", "fields.x.items: must be a table, and is text"),
        (
            "x = { type = 'list', items = { type = 'string', required = true } }",
            "fields.x.items.required: an item of a list is there or not",
        ),
        (
            "x = { type = 'list', items = { type = 'string', max = 3 } }",
            "fields.x.items.max: this key is not known",
        ),
        (
            "x = { type = 'object', fields = { a = { type = 'any', evidence = false } } }",
            "fields.x.fields.a.evidence: counts for the fields of the task only",
        ),
        (
            "x = { type = 'object', fields = { a = { type = 'any', merge = 'first' } } }",
            "fields.x.fields.a.merge: counts for the fields of the task only",
        ),
        (
            "x = { type = 'list', items = { type = 'spans', labels = ['a'] } }",
            "fields.x.items.type: spans can only be a field of the task itself",
        ),
        (
            "x = { type = 'spans', labels = ['a'], merge = 'first' }",
            "fields.x.merge: the parts are always put together",
        ),
        ("x = { type = 'spans', labels = [] }", "fields.x.labels: there must be a label"),
        (
            "x = { type = 'spans', labels = ['a', 'A'] }",
            "fields.x.labels[1]: this label looks like",
        ),
        (
            "x = { type = 'spans', labels = [1] }",
            "fields.x.labels[0]: must be text, and is a whole",
        ),
        ("' x' = { type = 'any' }", 'fields." x": a name may not begin or end with a blank'),
        ("'' = { type = 'any' }", 'fields."": a name may not be blank'),
        ('"a\\nb" = { type = "any" }', 'fields."a\\nb": a name may not hold control characters'),
        ("'" + "a" * 81 + "' = { type = 'any' }", 'fields."' + "a" * 80 + '": a name may have 80'),
        (
            "a = { type = 'any' }\nx = { type = 'any' }\nX = { type = 'any' }",
            "fields.X: this name looks like another one",
        ),
        (
            "x = { type = 'object', fields = { 'ａ' = { type = 'any' }, a = { type = 'any' } } }",
            "fields.x.fields.a: this name looks like another one",
        ),
    ],
)
def test_a_field_that_makes_no_sense_is_told(tmp_path: Path, field: str, expected: str) -> None:
    (found,) = told(tmp_path, f"{HEAD}[fields]\n{field}\n")
    line = 4 + len(field.splitlines())
    assert found.startswith(f"line {line}: {expected}")


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (HEAD, 1, "fields: the key is missing"),
        (HEAD + "[fields]", 4, "fields: must not be empty"),
        (HEAD + "fields = 3", 4, "fields: must be a table, and is a whole number"),
        (HEAD.replace("ja", "jp") + SIZE, 2, "language: must be one of ja, en, nl"),
        (HEAD.replace('"t"', '"a b"') + SIZE, 1, "name: must be made of A-Z a-z 0-9 _ . -"),
        (HEAD.replace('"x"', '""') + SIZE, 3, "instruction: must not be empty"),
        (HEAD.replace('"x"', '" \\n"') + SIZE, 3, "instruction: is blank"),
        (
            HEAD.replace("instruction", "prompt") + SIZE,
            3,
            "prompt: this key is not known (did you ",
        ),
        (HEAD + "model = 'x'\n" + SIZE, 4, "model: this key is not known (known: evidence, "),
        (HEAD + "rules = 'a'\n" + SIZE, 4, "rules: must be a list, and is text"),
        (
            HEAD + "rules = ['size > 3']\n" + SIZE,
            4,
            "rules[0]: must be a table, and is text (begin ",
        ),
        (HEAD + SIZE + "[[rules]]\nhold = 'size > 3'", 7, "rules[0].holds: the key is missing"),
        (
            HEAD + SIZE + "[[rules]]\nholds = 'sise > 3'",
            8,
            "rules[0].holds: the rule names sise, and",
        ),
        (
            HEAD + SIZE + "[[rules]]\nholds = 'size >'",
            8,
            "rules[0].holds: character 7 of the rule: t",
        ),
        (
            HEAD + SIZE + "[[rules]]\nholds = 'size'",
            8,
            "rules[0].holds: size stands where true or fa",
        ),
        (HEAD + SIZE + "[[rules]]\nholds = 3", 8, "rules[0].holds: must be text, and is a whole n"),
        (HEAD + SIZE + "[[examples]]\nanswer = {}", 7, "examples[0].text: the key is missing"),
        (HEAD + SIZE + "[[examples]]\ntext = 'a'\n", 7, "examples[0].answer: the key is missing"),
        (
            HEAD + SIZE + "[[examples]]\ntext = 'a'\nanswer = 3",
            9,
            "examples[0].answer: must be a table, and is a whole number",
        ),
        (
            HEAD + SIZE + "[[examples]]\ntext = 'a'\nanswer = {}\nquotes = { size = [1] }",
            10,
            "examples[0].quotes.size: must be text or a list of texts",
        ),
    ],
)
def test_a_task_that_makes_no_sense_is_told(
    tmp_path: Path, text: str, line: int, expected: str
) -> None:
    assert any(each.startswith(f"line {line}: {expected}") for each in told(tmp_path, text))


def test_two_fields_with_one_path_are_told(tmp_path: Path) -> None:
    fields = "[fields]\n'a.b' = { type = 'any' }\na = { type = 'object', fields.b.type = 'any' }"
    (found,) = told(tmp_path, f"{HEAD}{fields}")
    assert "two fields are called a.b" in found


def test_everything_wrong_is_told_at_once_and_by_lines(tmp_path: Path) -> None:
    lines = [
        f"[fields.f{at}]\ntype = 'number'\n{line}" for at, (line, _) in enumerate(FIELD_PROBLEMS)
    ]
    found = told(tmp_path, "\n".join(["nam = 't'", "[[rules]]", "holds = 'x >'", *lines]))
    assert len(found) == len(FIELD_PROBLEMS) + 1 + 3 + 1
    numbers = [int(each.split(":")[0].removeprefix("line ")) for each in found]
    assert numbers == sorted(numbers)


def test_an_error_of_load_names_the_first_line_and_how_many_more(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        loaded(tmp_path, HEAD + SIZE + "unti = 1\nx = 2\n")
    path = tmp_path / "task.toml"
    assert str(raised.value) == (
        f"{path}:7: fields.size.unti: this key is not known; and 1 more"
        f" (sekisho extract check {path})"
    )


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (HEAD + "a = ", 4, "a value is missing"),
        (
            HEAD + "a = yes",
            4,
            "a value is missing or cannot be read (text stands in quotation marks",
        ),
        (HEAD + "a = 'x", 4, "a text has no end"),
        (HEAD + 'a = "x\nb = "', 4, "a text has no end in its line"),
        (HEAD + 'a = """x\n\n\n', 4, "a text has no end (close its quotation marks)"),
        (HEAD + "a = [1,\n2\n\n", 4, "a list has no end"),
        (HEAD + "a = { b = 1", 4, "a table has no end"),
        (HEAD + "name = 'u'\n\n", 4, "the same key stands in the file twice"),
        (HEAD + "[a]\n\n[a]\nb = 1", 6, "the same table stands in the file twice"),
        (HEAD + "[a]\nb = 1\nc = 2\nb = 3\n", 7, "the same key stands in the file twice"),
        (HEAD + "a = { b = 1, b = 2 }", 4, "the same key stands in a table twice"),
        (
            HEAD + "[fields.結節]",
            4,
            "a key with other characters than A-Z a-z 0-9 _ - stands in quot",
        ),
        (HEAD + "結節 = 1", 4, "a key with other characters than"),
        (HEAD + "size結節 = 1", 4, "a key with other characters than"),
        (HEAD + "a\nb = 1", 4, "a key has no = behind it"),
        (HEAD + "[a\n", 4, "the name of a table has no end"),
        (HEAD + "a = 1 b = 2", 4, "something stands behind a value"),
        (HEAD + 'a = "C:\\data"', 4, "a \\ in a text has no meaning here"),
        (HEAD + "- a", 4, "a key has no = behind it"),
        (HEAD + "a = 2024-02-30", 4, "this is no date of the calendar"),
        (HEAD + "a = " + "1" * 5000, 4, "a number has too many digits"),
        (HEAD + "a = " + "[" * 5000, 1, "values are nested too deep"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, expected: str
) -> None:
    (found,) = told(tmp_path, text)
    assert found.startswith(f"line {line}: {expected}")


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("", 1, "a value is missing"),
        ("[]", 1, "a task is a table of keys"),
        ('{\n"a": 1,\n}', 3, "a key in quotation marks is missing"),
        ('{\n"a" 1}', 2, "a key has no : behind it"),
        ('{\n"a": 1\n"b": 2}', 3, "a comma or an end is missing"),
        ('{\n"a": [1,]}', 2, "a value is missing"),
        ('{"a": 1}\n{}', 2, "something stands behind the end"),
        ('{\n"a": "x\n"}', 2, "a line break or control character stands in a text"),
        ('{\n"a": "\\q"}', 2, "a \\ in a text has no meaning here"),
        ('{"a": "x', 1, "a text has no end"),
        ('{\n"a": ' + "1" * 5000 + "}", 2, "a number has too many digits"),
        ('{"a": ' + "[" * 100_000, 1, "values are nested too deep"),
    ],
)
def test_what_is_no_json_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, expected: str
) -> None:
    (found,) = told(tmp_path, text, ".json")
    assert found.startswith(f"line {line}: {expected}")


def test_a_json_key_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    stated = json.dumps({**tomllib.loads(WHOLE)}, indent=1)
    twice = stated.replace('"language": "ja",', '"language": "ja",\n "name": "other",')
    assert told(tmp_path, twice, ".json") == [
        "line 4: name: this key stands there twice (remove one of them)"
    ]


def test_values_nested_deep_are_refused_where_they_stand(tmp_path: Path) -> None:
    (found,) = told(tmp_path, HEAD + SIZE + "x = " + "[" * 40 + "]" * 40)
    assert found.startswith("line 7: fields.size.x[0]")
    assert "nested too deep" in found
    (found,) = told(tmp_path, HEAD + "a." * 300 + "b = 1")
    assert "nested too deep" in found


def test_half_a_character_is_refused(tmp_path: Path) -> None:
    text = '{"name": "t", "language": "ja", "instruction": "x\\ud800",\n "fields": {"\\udc00": {}}}'
    found = told(tmp_path, text, ".json")
    assert [each for each in found if "half of a character" in each]
    assert all(each.encode("utf-8") for each in found)


def test_a_problem_is_one_line_of_printable_text(tmp_path: Path) -> None:
    strange = "a\x1b[2Jb\u2028c\u202e"
    stated = tomllib.loads(HEAD + SIZE)
    stated["rules"] = [{"holds": f"field('{strange}') == 1"}]
    stated["fields"][strange + strange] = {"type": strange, strange: 1}
    found = told(tmp_path, json.dumps(stated), ".json")
    assert len(found) == 3
    assert all(each.isprintable() for each in found)


def test_a_file_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "task.toml"
    path.write_bytes(WHOLE.encode("cp932"))
    (found,) = problems(path)
    assert (found.line, found.message, found.remedy) == (5, "is no UTF-8", "save the file as UTF-8")


@pytest.mark.parametrize("name", ["missing.toml", "task.yaml", "task", "."])
def test_what_is_no_task_file_at_all_is_a_wrong_usage(tmp_path: Path, name: str) -> None:
    (tmp_path / "task.yaml").write_text(WHOLE, encoding="utf-8")
    for way in (load, problems):
        with pytest.raises(UsageError) as raised:
            way(tmp_path / name)
        assert raised.value.where == str(tmp_path / name)


EXAMPLE = """
[[examples]]
text = "右肺に12mmの結節。2024年5月3日。"
[examples.answer]
size = 12
day = 2024-05-03
[examples.quotes]
size = "12mm"
day = "2024年5月3日"
"""
DAY = '[fields.day]\ntype = "date"\n'


def test_an_example_that_fits_is_read_and_its_date_is_a_text(tmp_path: Path) -> None:
    (example,) = loaded(tmp_path, HEAD + SIZE + DAY + EXAMPLE).examples
    assert example.answer == {"size": 12, "day": "2024-05-03"}


def test_null_in_an_answer_is_not_mentioned(tmp_path: Path) -> None:
    stated = tomllib.loads(HEAD + SIZE + DAY)
    stated["examples"] = [{"text": "a", "answer": {"size": None}}]
    (example,) = loaded(tmp_path, json.dumps(stated), ".json").examples
    assert example.answer == {}


@pytest.mark.parametrize(
    ("old", "new", "line", "place"),
    [
        ("size = 12", "size = 'large'", 13, "examples[0].answer.size"),
        ("size = 12", "size = -99999999999", 13, "examples[0].answer.size"),
        ("size = 12", "sise = 12", 13, "examples[0].answer.sise"),
        ('size = "12mm"', 'size = "13mm"', 16, "examples[0].quotes.size"),
        ("2024-05-03", "'soon'", 14, "examples[0].answer.day"),
    ],
)
def test_an_example_that_does_not_fit_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, place: str
) -> None:
    found = told(tmp_path, HEAD + SIZE + DAY + EXAMPLE.replace(old, new, 1))
    assert any(each.startswith(f"line {line}: {place}: ") for each in found)


def test_an_example_that_breaks_a_rule_is_told(tmp_path: Path) -> None:
    rule = "[[rules]]\nholds = 'size > 100'\n"
    found = told(tmp_path, HEAD + SIZE + DAY + rule + EXAMPLE)
    assert found == ["line 14: examples[0].answer: breaks rules[0]: size > 100"]


SECRET = "山田太郎"


@pytest.mark.parametrize(
    "example",
    [
        f"[[examples]]\ntext = '{SECRET}'\nanswer = {{ size = '{SECRET}' }}",
        f"[[examples]]\ntext = '{SECRET}'\nanswer = '{SECRET}'",
        f"[[examples]]\ntext = ['{SECRET}']\nanswer = {{ '{SECRET}' = '{SECRET}' }}",
        f"[[examples]]\ntext = '{SECRET}\nanswer = {{}}",
        f"[[examples]]\ntext = '{SECRET}'\nanswer = {{ size = {SECRET} }}",
        f"[[examples]]\ntext = '{SECRET}'\nanswer = {{ size = 3, day = '{SECRET}' }}",
        f"[[examples]]\ntext = '{SECRET}'\nanswer.size = 3\nquotes = {{ size = '{SECRET}2' }}",
        f"[[examples]]\ntext = '{SECRET}'\nanswer.size = 3\nquotes = {{ size = ['{SECRET}', 1] }}",
        f"[[examples]]\ntext = '{SECRET}'\ntext = '{SECRET}'",
    ],
)
def test_nothing_of_an_example_is_told(tmp_path: Path, example: str) -> None:
    found = told(tmp_path, HEAD + SIZE + DAY + example)
    assert found
    assert not [each for each in found if SECRET in each]
    with pytest.raises(UsageError) as raised:
        load(tmp_path / "task.toml")
    assert SECRET not in str(raised.value)


def test_nothing_of_an_example_is_told_of_a_json_file(tmp_path: Path) -> None:
    stated = tomllib.loads(HEAD + SIZE)
    stated["examples"] = [{"text": SECRET, "answer": {"size": 3}}]
    text = json.dumps(stated, ensure_ascii=False)
    text = text.replace('"size": 3', f'"{SECRET}": 3, "{SECRET}": 4')
    found = told(tmp_path, text, ".json")
    assert found
    assert not [each for each in found if SECRET in each]


# Every task can be written, and is the same task again.

names = st.text(st.sampled_from("ab結節 .'\"\\-_[]#é\u3000Ｂ"), min_size=1, max_size=6).filter(
    lambda name: name == name.strip() and "\u3000" not in (name[0], name[-1])
)
words = st.text(st.sampled_from("ab結 \n\t\r\"'\\#=[]\x00\x7f\u2028é𠮷"), max_size=12)
evidence = st.sampled_from([None, True, False])


@st.composite
def enums(draw: st.DrawFn) -> EnumField:
    values = st.sampled_from(["a", "b", "結", 1, 2, 2.5, -3.5, True, False, "1e5", "x y", '"'])
    chosen = draw(st.lists(values, min_size=1, max_size=5, unique_by=str))
    told_of = draw(st.booleans())
    return EnumField(
        values=tuple(
            EnumValue(value=each, description=draw(words) if told_of else "") for each in chosen
        )
    )


@st.composite
def simple(draw: st.DrawFn) -> AnyOfField:
    low, high = sorted(draw(st.tuples(st.integers(-(10**20), 10**20), st.integers(0, 10**9))))
    return draw(
        st.sampled_from(
            [
                StringField(description=draw(words), max_length=draw(st.integers(1, 4000))),
                StringField(verbatim=draw(st.booleans())),
                IntegerField(minimum=low, maximum=high),
                NumberField(
                    minimum=draw(st.floats(-1e300, 0)), unit=draw(st.sampled_from(["µ", None]))
                ),
                draw(enums()),
                *(task_field({"type": kind}) for kind in ("boolean", "date", "any")),
                task_field({"type": "date", "order": "dmy"}),
            ]
        )
    )


def task_field(stated: dict[str, Any]) -> AnyOfField:
    head = {"name": "t", "language": "ja", "instruction": "x"}
    return Task.model_validate({**head, "fields": {"a": stated}}).fields["a"]


def tables(fields: st.SearchStrategy[AnyOfField]) -> st.SearchStrategy[dict[str, AnyOfField]]:
    return st.dictionaries(names, fields, min_size=1, max_size=3)


nested = st.recursive(
    simple(),
    lambda inner: st.one_of(
        tables(inner).map(lambda fields: ObjectField(fields=fields)),
        tables(inner).map(lambda fields: ListField(fields=fields, max_items=7)),
        inner.map(lambda item: ListField(items=item)),
    ),
    max_leaves=4,
)
outer = st.one_of(
    nested,
    st.dictionaries(names, words, min_size=1).map(lambda given: SpansField(labels=given)),
    st.tuples(evidence, st.booleans()).map(
        lambda given: StringField(evidence=given[0], required=given[1], merge="first")
    ),
)
json_values = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    examples = st.fixed_dictionaries(
        {
            "text": words.filter(bool),
            "answer": st.dictionaries(words, json_values, max_size=3),
            "quotes": st.dictionaries(words, words | st.lists(words, max_size=2), max_size=2),
            "reasoning": words,
        }
    )
    return Task.model_validate(
        {
            "name": "t",
            "language": draw(st.sampled_from(["ja", "en", "nl"])),
            "instruction": draw(words.filter(bool)),
            "fields": draw(st.dictionaries(names, outer, min_size=1, max_size=4)),
            "rules": draw(st.lists(st.fixed_dictionaries({"holds": words, "message": words}))),
            "examples": draw(st.lists(examples, max_size=2)),
            "reasoning": draw(st.booleans()),
            "evidence": draw(st.booleans()),
        }
    )


@quick
@given(tasks())
def test_a_task_that_is_written_is_the_same_task(task: Task) -> None:
    again, _ = task_from(tomllib.loads(write(task)))
    assert again == task
    assert again is not None
    assert again.digest == task.digest


@quick
@given(tasks())
def test_a_sound_task_is_written_and_loaded(tmp_path: Path, task: Task) -> None:
    task = task.model_copy(update={"examples": ()})
    path = tmp_path / "task.toml"
    path.write_text(write(task), encoding="utf-8", newline="")
    found = problems(path)
    if found:
        with pytest.raises(UsageError):
            check(task)
    else:
        check(task)
        assert load(path) == task


@quick
@given(tasks(), st.data())
def test_a_key_that_nobody_knows_is_found_in_its_line(
    tmp_path: Path, task: Task, data: st.DataObject
) -> None:
    lines = write(task).split("\n")
    plain = re.compile("(type|name|holds) = ")
    at = data.draw(st.sampled_from([n for n, line in enumerate(lines) if plain.match(line)]))
    lines.insert(at, "misspelt = 3")
    found = told(tmp_path, "\n".join(lines))
    # Inside a text of several lines it is no key.
    assume("misspelt" in str([*_keys(tomllib.loads("\n".join(lines)))]))
    assert any(
        each.startswith(f"line {at + 1}: ") and re.search("[ .]misspelt: ", each) for each in found
    )


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _keys(each)
    elif isinstance(value, list):
        for each in value:
            yield from _keys(each)


def test_what_toml_cannot_hold_is_not_written() -> None:
    stated = tomllib.loads(HEAD + SIZE)
    task = Task.model_validate({**stated, "examples": [{"text": "a", "answer": {"size": [None]}}]})
    with pytest.raises(UsageError, match="cannot hold"):
        write(task)


def test_a_written_task_is_readable() -> None:
    task = Task.model_validate({**tomllib.loads(WHOLE)})
    text = write(task)
    assert text.startswith('name = "chest-ct.v1"\nlanguage = "ja"\nreasoning = true\n')
    assert (
        '[fields."最大径"]\ntype = "number"\nmerge = "greatest"\nunit = "mm"\nminimum = 0\n' in text
    )
    assert '[fields.side.values]\nleft = "左"\nright = "右"\n' in text
    assert 'instruction = """\n胸部CTの報告書から結節の所見を読み取る。\n"""\n' in text


# Nothing that Task refuses is left untold, and nothing is accepted that it does not accept.

MUTANTS = st.sampled_from(
    [
        *(None, True, 0, 1, -1, 1.5, 1e999, 10**400, "", " ", "a", "ja", "number", "enum", "size"),
        *("size > 3", [], {}, [1], ["a", "a"], {"a": 1}, {"type": "any"}, [{}]),
        *([{"holds": "結節"}], [[{"type": "any"}]], {"fields": {"type": "any"}}),
    ]
)
MUTANT_KEYS = st.sampled_from(
    [
        *("type", "fields", "items", "values", "unit", "minimum", "maximum", "x", "", "rules"),
        *("examples", "merge", "evidence", "labels", "max_items", "a.b", "name", "answer", "text"),
        *("quotes", "reasoning", "description", "order", "required"),
    ]
)


@settings(quick, max_examples=300)
@given(st.data())
def test_a_file_is_used_only_if_it_states_a_task(tmp_path: Path, data: st.DataObject) -> None:
    stated: Any = tomllib.loads(WHOLE)
    stated["examples"] = [{"text": "a", "answer": {}}]
    for _ in range(data.draw(st.integers(1, 3))):
        place = stated
        while True:
            inner = [each for each in _inside(place) if isinstance(each, dict | list) and each]
            if not inner or data.draw(st.booleans()):
                break
            place = data.draw(st.sampled_from(inner))
        _mutate(place, data)
    text = json.dumps(stated)
    path = tmp_path / "task.json"
    path.write_text(text, encoding="utf-8")
    found = problems(path)
    try:
        expected = Task.model_validate(json.loads(text))
    except (ValidationError, TypeError):
        assert found
        return
    if not found and not expected.examples:
        assert load(path) == expected


def _inside(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def _mutate(place: Any, data: st.DataObject) -> None:
    keys = list(place) if isinstance(place, dict) else list(range(len(place)))
    way = data.draw(st.sampled_from(["drop", "change", "add"]))
    if way == "add" and isinstance(place, dict):
        place[data.draw(MUTANT_KEYS)] = deepcopy(data.draw(MUTANTS))
    elif keys and way == "drop":
        del place[data.draw(st.sampled_from(keys))]
    elif keys:
        place[data.draw(st.sampled_from(keys))] = deepcopy(data.draw(MUTANTS))


@quick
@given(st.text(max_size=60) | st.binary(max_size=60), st.sampled_from([".toml", ".json"]))
def test_no_file_raises_anything_but_a_usage_error(
    tmp_path: Path, content: str | bytes, suffix: str
) -> None:
    path = tmp_path / f"task{suffix}"
    path.write_bytes(
        content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    )
    assert problems(path)
    with pytest.raises(UsageError):
        load(path)


# The reference is true: its files load, and it names every key.

BLOCKS = re.compile("```toml\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def guide() -> str:
    return GUIDE.read_text(encoding="utf-8")


def test_every_task_of_the_reference_loads(tmp_path: Path, guide: str) -> None:
    blocks = BLOCKS.findall(guide)
    assert len(blocks) >= 10
    for number, block in enumerate(blocks):
        # A block that shows a part only stands in the smallest task that it can be a part of.
        whole = block if re.search("^name = ", block, re.MULTILINE) else HEAD + block
        if "\n[fields" not in f"\n{whole}":
            whole += SIZE
        assert told(tmp_path, whole) == [], f"block {number}"


def test_the_reference_names_every_key(guide: str) -> None:
    kinds = [Task, Rule, StringField, IntegerField, NumberField, EnumField, ListField, SpansField]
    for kind in kinds:
        for key in kind.model_fields:
            assert f"`{key}`" in guide, key


def test_the_errors_of_the_reference_are_those_of_its_task(tmp_path: Path, guide: str) -> None:
    text = BLOCKS.findall(guide)[0]
    text = text.replace("unit", "unti", 1).replace("found(最大径)", "found(最大怪)")
    shown = re.findall("^chest-ct.toml:(.*)$", guide, re.MULTILINE)
    assert [each.removeprefix("line ") for each in told(tmp_path, text)] == shown

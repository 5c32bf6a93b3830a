"""What goes wrong in llm_extractinator 0.7.1 does not go wrong here: one test for each defect.

Every test runs the real command. A model that reads stands at the other end of a real connection,
so that every prompt can be looked at.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from faulty_server import Asked, Fault, FaultyServer, Reply

from commanding import Ended, rows
from extracting import NOTHING, TASK, answered, extract, found, manifest, scripted, task_file

REPORT = "右肺に12 mmの結節。"
NORMAL = "異常なし。"
ENGLISH = {REPORT: "A nodule of 12 mm in the right lung.", NORMAL: "Nothing abnormal."}
PROJECT = Path(__file__).parent / "extraction" / "importers" / "llm_extractinator"

_DOCUMENT = re.compile("<(?:文書|document)>\n(.*?)\n</(?:文書|document)>", re.DOTALL)
_WORDS = {
    "nodule": {"結節": True, "nodule": True, "nodus": True},
    "side": {"右肺": "right", "right lung": "right", "rechter long": "right"},
}
_SIZE = re.compile("[0-9]+ mm")


@pytest.fixture(autouse=True)
def _alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder and a home of its own."""
    monkeypatch.chdir(tmp_path)


def document(asked: Asked) -> str:
    """The document that a prompt asks about, which is the last one in it."""
    said = "\n".join(content for role, content in asked.messages if role == "user")
    return _DOCUMENT.findall(said)[-1]


def translates(asked: Asked) -> bool:
    """Whether a translation is asked for."""
    return "into English" in asked.messages[0][1]


def reads(asked: Asked) -> str:
    """What a model answers that reads: what stands in the document, and nothing else."""
    text = document(asked)
    if translates(asked):
        return json.dumps({"translation": ENGLISH[text]})
    answer: dict[str, object] = dict(NOTHING)
    for name, words in _WORDS.items():
        for word, value in words.items():
            if word in text:
                answer[name] = found(word, value)
    if size := _SIZE.search(text):
        answer["size"] = found(size[0], size[0])
    return json.dumps(answer, ensure_ascii=False)


@contextmanager
def reader(
    script: Callable[[Asked], str | Reply] = reads, **chosen: Any
) -> Iterator[tuple[FaultyServer, str]]:
    """A server whose model reads, and how it is named on the command line."""
    with FaultyServer(script, **({"context": 32_768} | chosen)) as server:
        yield server, f"{server.url}/v1#tiny"


def listed(path: Path, values: Sequence[object]) -> Path:
    """A JSON list, as that package reads it."""
    path.write_text(json.dumps(values, ensure_ascii=False, indent=2), encoding="utf-8")
    return path


def run(task: Path, source: Path, model: str, *options: object, out: str = "out") -> Ended:
    return extract(task, source, "--out", out, "--model", model, *options)


def table(out: str = "out") -> list[dict[str, Any]]:
    return rows(Path(out) / "extracted.jsonl")


def details(out: str = "out") -> list[dict[str, Any]]:
    return rows(Path(out) / "extractions.jsonl")


def read_csv(path: Path, delimiter: str) -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


# Columns of the input


DATES: list[dict[str, Any]] = [
    {"date": "2024-05-03", "text": REPORT},
    {"date": "2024-05-03T10:15:00", "text": NORMAL},
    {"date": "2024-05-03T10:15:00.123456+09:00", "text": REPORT},
    {"date": "令和6年5月3日", "text": NORMAL},
    {"date": 1714694400000, "text": NORMAL},
    {"date": None, "text": REPORT},
]


@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_a_column_of_dates_in_json_loses_nothing(suffix: str, tmp_path: Path) -> None:
    source = listed(tmp_path / "in.json", DATES)
    if suffix == "jsonl":
        source = source.rename(tmp_path / "in.jsonl")
        source.write_text("".join(json.dumps(row) + "\n" for row in DATES), encoding="utf-8")
    assert run(task_file(tmp_path), source, scripted(tmp_path)).code == 0
    made = table()
    assert [{"date": row["date"], "text": row["text"]} for row in made] == DATES
    assert [row["size"] for row in made] == [12.0, None, 12.0, None, None, 12.0]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_dates_of_json_can_be_written_as_any_table(form: str, tmp_path: Path) -> None:
    source = listed(tmp_path / "in.json", DATES)
    model = scripted(tmp_path)
    assert run(task_file(tmp_path), source, model, "--format", form, "--format", "jsonl").code == 0
    assert (tmp_path / "out" / f"extracted.{form}").stat().st_size > 0
    assert [row["date"] for row in table()] == [row["date"] for row in DATES]


def test_a_run_that_did_not_end_is_not_taken_for_done(tmp_path: Path) -> None:
    given = DATES * 3
    source, task = listed(tmp_path / "in.json", given), task_file(tmp_path)
    down = True

    def wakes(asked: Asked) -> str | Reply:
        return Reply(fault=Fault.FAIL) if down else reads(asked)

    with reader(wakes) as (server, _):
        (tmp_path / "sekisho.toml").write_text(
            f'[models.m]\nkind = "openai"\nbase_url = "{server.url}/v1"\nmodel = "tiny"\n'
            "attempts = 1\nwait_s = 0\nin_flight = 1\n"
        )
        first = run(task, source, "m")
        assert (first.code, "--resume" in first.err) == (3, True)
        assert not (tmp_path / "out" / "extracted.jsonl").exists()
        down = False
        again = run(task, source, "m")
        assert (again.code, "--resume" in again.err) == (2, True)
        assert run(task, source, "m", "--resume").code == 0
        server.chats.clear()
        # And one that did end is not done again.
        assert run(task, source, "m").code == 2
        assert run(task, source, "m", "--resume").code == 0
        assert server.chats == []
    assert [row["date"] for row in table()] == [row["date"] for row in given]
    assert [row["size"] for row in table()] == [12.0, None, 12.0, None, None, 12.0] * 3


@pytest.mark.parametrize("suffix", ["json", "csv"])
def test_a_number_with_zeros_before_it_stays_as_it_is(suffix: str, tmp_path: Path) -> None:
    source = listed(tmp_path / "in.json", [{"code": "007", "n": "1.10", "text": REPORT}])
    if suffix == "csv":
        source = tmp_path / "in.csv"
        source.write_text(f"code,n,text\n007,1.10,{REPORT}\n", encoding="utf-8")
    assert run(task_file(tmp_path), source, scripted(tmp_path), "--format", "jsonl").code == 0
    (row,) = table()
    assert (row["code"], row["n"], row["size"]) == ("007", "1.10", 12.0)


@pytest.mark.parametrize("suffix", ["json", "csv"])
def test_a_column_with_a_blank_in_its_name_keeps_it(suffix: str, tmp_path: Path) -> None:
    source = listed(tmp_path / "in.json", [{"patient id": "a", " sex ": "F", "text": REPORT}])
    if suffix == "csv":
        source = tmp_path / "in.csv"
        source.write_text(f"patient id, sex ,text\na,F,{REPORT}\n", encoding="utf-8")
    assert run(task_file(tmp_path), source, scripted(tmp_path), "--format", "jsonl").code == 0
    (row,) = table()
    assert list(row)[:3] == ["patient id", " sex ", "text"]
    assert (row["patient id"], row[" sex "]) == ("a", "F")


def test_columns_called_like_results_are_not_overwritten(tmp_path: Path) -> None:
    task = TASK.replace("[fields.nodule]", "[fields.label]").replace(
        "[fields.side]", "[fields.status]"
    )
    given = {"label": "gold", "status": "reviewed", "extraction_status": "mine", "text": REPORT}
    source = listed(tmp_path / "in.json", [given])
    answer = {
        "label": found("結節", True),
        "size": found("12 mm", "12 mm"),
        "status": found("右肺", "right"),
    }
    model = scripted(tmp_path, [answered(answer)])
    assert run(task_file(tmp_path, task), source, model).code == 0
    (row,) = table()
    assert {name: row[name] for name in given} == given
    assert (row["extracted_label"], row["extracted_status"]) == (True, "right")
    assert row["extracted_extraction_status"] == "extracted"


# Texts that are missing, and files that are written otherwise


@pytest.mark.parametrize("empty", ["", "  \n", None])
def test_an_empty_text_fails_alone(empty: str | None, tmp_path: Path) -> None:
    given = [{"id": "a", "text": REPORT}, {"id": "b", "text": empty}, {"id": "c", "text": NORMAL}]
    source = listed(tmp_path / "in.json", given)
    with reader() as (server, model):
        assert run(task_file(tmp_path), source, model).code == 3
        assert sorted(document(asked) for asked in server.chats) == sorted([REPORT, NORMAL])
    assert [row["text"] for row in table()] == [row["text"] for row in given]
    assert [row["extraction_status"] for row in table()] == ["extracted", "failed", "extracted"]
    (failure,) = rows(tmp_path / "out" / "failures.jsonl")
    assert (failure["id"], failure["reason"]) == ("b", "no_text")


@pytest.mark.parametrize(
    ("encoding", "language", "report", "who"),
    [
        ("cp932", "ja", REPORT, "①髙橋"),
        ("latin-1", "nl", "Eén nodus van 12 mm in de rechter long, geïsoleerd.", "één"),
        ("utf-8-sig", "ja", REPORT, "𠮷野"),
        ("utf-16", "ja", REPORT, "𠮷野"),
    ],
)
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_table_of_any_encoding_and_delimiter_is_read(
    encoding: str, language: str, report: str, who: str, delimiter: str, tmp_path: Path
) -> None:
    lines = [("no", "who", "text"), ("007", who, f'"{report}"'), ("008", who, f'"{report}"')]
    source = tmp_path / "in.csv"
    source.write_bytes("\n".join(map(delimiter.join, lines)).encode(encoding))
    task = task_file(tmp_path, TASK.replace('"ja"', f'"{language}"'))
    with reader() as (server, model):
        assert run(task, source, model).code == 0
        assert [document(asked) for asked in server.chats] == [report, report]
    (path,) = (tmp_path / "out").glob("extracted.*")
    made = read_csv(path, delimiter)
    assert [(row["no"], row["who"], row["text"]) for row in made] == [
        ("007", who, report),
        ("008", who, report),
    ]
    assert [(row["size"], row["side"], row["nodule"]) for row in made] == [
        ("12.0", "right", "true")
    ] * 2


# Translations


def quotes(out: str) -> set[str]:
    """All that was quoted as evidence in a run."""
    return {
        evidence["quote"]
        for row in details(out)
        for result in row["fields"].values()
        for evidence in result.get("evidence", ())
    }


@pytest.mark.parametrize("kept", [False, True])
def test_a_second_translated_run_reads_translations_too(kept: bool, tmp_path: Path) -> None:
    given = [{"text": text} for text in ENGLISH]
    source, task = listed(tmp_path / "in.json", given), task_file(tmp_path)
    cache = ("--answer-cache", tmp_path / "answers.db") if kept else ()
    asked = {}
    with reader() as (server, model):
        for out, options in (
            ("plain", ()),
            ("first", ("--translate",)),
            ("second", ("--translate",)),
            ("plain again", ()),
        ):
            server.chats.clear()
            assert run(task, source, model, *options, *cache, out=out).code == 0
            asked[out] = [document(each) for each in server.chats if not translates(each)]
    for out in ("first", "second"):
        assert quotes(out) == {"12 mm", "right lung", "nodule"}
        assert [row["translation"] for row in details(out)] == list(ENGLISH.values())
        assert manifest(tmp_path / out)["experiment"] == ["translate"]
    for out in ("plain", "plain again"):
        assert quotes(out) == {"12 mm", "右肺", "結節"}
        assert not any("translation" in row for row in details(out))
        assert "experiment" not in manifest(tmp_path / out)
    translated, plain = sorted(ENGLISH.values()), sorted(ENGLISH)
    assert (sorted(asked["plain"]), sorted(asked["first"])) == (plain, translated)
    again = ([], []) if kept else (translated, plain)
    assert (sorted(asked["second"]), sorted(asked["plain again"])) == again


@pytest.mark.parametrize("resumed", [(), ("--resume",)])
@pytest.mark.parametrize("order", [((), ("--translate",)), (("--translate",), ())])
def test_translated_and_other_results_never_meet_in_one_folder(
    order: tuple[tuple[str, ...], tuple[str, ...]], resumed: tuple[str, ...], tmp_path: Path
) -> None:
    source = listed(tmp_path / "in.json", [{"text": text} for text in ENGLISH])
    task = task_file(tmp_path)
    with reader() as (server, model):
        assert run(task, source, model, *order[0]).code == 0
        before = (tmp_path / "out" / "extractions.jsonl").read_bytes()
        server.chats.clear()
        assert run(task, source, model, *order[1], *resumed).code == 2
        assert server.chats == []
    assert (tmp_path / "out" / "extractions.jsonl").read_bytes() == before


# Examples


def example(folder: Path, mark: str) -> Path:
    """A file with one example, which ``mark`` stands in."""
    shown = {
        "text": f"{mark}、左肺に8 mmの結節。",
        "answer": {"nodule": True, "size": "8 mm", "side": "left"},
        "quotes": {"nodule": "結節", "size": "8 mm", "side": "左肺"},
    }
    return listed(folder / f"{mark}.json", [shown])


def test_examples_of_one_run_are_not_shown_in_another(tmp_path: Path) -> None:
    source, task = listed(tmp_path / "in.json", [{"text": REPORT}] * 3), task_file(tmp_path)
    marks = ("標本甲", "標本乙")
    cache = ("--answer-cache", tmp_path / "answers.db")
    with reader() as (server, model):
        for out, shown in (
            ("a", marks[:1]),
            ("b", marks[1:]),
            ("none", ()),
            ("a again", marks[:1]),
        ):
            server.chats.clear()
            options = [word for mark in shown for word in ("--examples", example(tmp_path, mark))]
            assert run(task, source, model, *options, out=out).code == 0
            assert len(server.chats) == 3
            for asked in server.chats:
                said = "\n".join(content for _, content in asked.messages)
                assert [mark for mark in marks if mark in said] == list(shown)
                assert [role for role, _ in asked.messages].count("assistant") == len(shown)
        # Nor does an answer that was given with one serve with the other.
        for out, mark in (("kept a", marks[0]), ("kept b", marks[1])):
            server.chats.clear()
            options = ["--examples", example(tmp_path, mark), *cache]
            assert run(task, source, model, *options, out=out).code == 0
            assert server.chats


def imported(folder: Path, name: str, **changed: Any) -> Path:
    """A task of llm_extractinator in its own layout, with data as a JSON list."""
    for each in ("tasks", "data", "examples"):
        (folder / each).mkdir(exist_ok=True)
    listed(folder / "data" / "reports.json", [{"patient id": "007", "report": REPORT}])
    task = {
        "Description": "結節について答える。",
        "Data_Path": "reports.json",
        "Input_Field": "report",
        "Parser_Format": {"label": {"type": "bool", "description": "結節の有無"}},
        **changed,
    }
    return listed(folder / "tasks" / name, task)


def test_examples_of_one_imported_task_are_not_shown_with_another(tmp_path: Path) -> None:
    marks = {"one": "標本甲", "two": "標本乙"}
    with reader(lambda asked: '{"label": true}') as (server, model):
        for name, mark in marks.items():
            listed(
                tmp_path / f"{name}.json", [{"input": f"{mark}に結節。", "output": {"label": 1}}]
            )
            task = imported(tmp_path, f"Task001_{name}.json", Example_Path=f"{name}.json")
            examples = tmp_path / "examples" / f"{name}.json"
            listed(examples, [{"input": f"{mark}に結節。", "output": {"label": True}}])
            server.chats.clear()
            ended = extract(task, "--out", name, "--model", model, "--language", "ja")
            assert ended.code == 0
            (asked,) = server.chats
            said = "\n".join(content for _, content in asked.messages)
            assert [each for each in marks.values() if each in said] == [mark]


# What is misspelt or missing


@pytest.mark.parametrize(
    "options",
    [
        ("--num_examples", "0"),
        ("--num-exmples", "0"),
        ("--temprature", "0"),
        ("--max-context-len", "512"),
        ("--overwrite",),
        ("--trnaslate",),
        ("--chunk-size", "5"),
    ],
)
def test_a_misspelt_option_is_refused(options: tuple[str, ...], tmp_path: Path) -> None:
    source = listed(tmp_path / "in.json", [{"text": REPORT}])
    with reader() as (server, model):
        ended = run(task_file(tmp_path), source, model, *options)
        assert (ended.code, options[0] in ended.err) == (2, True)
        assert server.chats == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Example_Path", "Exmple_Path"),
        ("Extra_Instructions", "Extra_Instruction"),
        ("Input_Field", "Inputfield"),
        ("Parser_Format", "Parser_Fromat"),
    ],
)
def test_a_misspelt_key_of_an_imported_task_is_refused(
    right: str, wrong: str, tmp_path: Path
) -> None:
    path = imported(tmp_path, "Task001_nodules.json")
    task = json.loads(path.read_text(encoding="utf-8"))
    task[wrong] = task.pop(right, "x")
    listed(path, task)
    ended = extract(path, "--out", "out", "--model", scripted(tmp_path), "--language", "ja")
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert wrong in ended.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("unit =", "units ="),
        ("instruction =", "instructions ="),
        ("[fields.side]", "[field.side]"),
        ('"boolean"', '"bool"'),
    ],
)
def test_a_misspelt_key_of_a_task_is_refused(right: str, wrong: str, tmp_path: Path) -> None:
    source = listed(tmp_path / "in.json", [{"text": REPORT}])
    task = task_file(tmp_path, TASK.replace(right, wrong))
    ended = run(task, source, scripted(tmp_path))
    assert ended.code == 2
    assert "task.toml" in ended.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["tasks/Task404_gone.json", "gone.toml", "404"])
def test_a_task_that_is_missing_is_an_error(name: str, tmp_path: Path) -> None:
    source = listed(tmp_path / "in.json", [{"text": REPORT}])
    ended = run(Path(name), source, scripted(tmp_path))
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert name in ended.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "changed",
    [{"Parser_Format": "gone.py"}, {"Example_Path": "gone.json"}],
    ids=["parser", "examples"],
)
def test_what_a_task_names_and_is_missing_is_an_error(
    changed: dict[str, Any], tmp_path: Path
) -> None:
    path = imported(tmp_path, "Task001_nodules.json", **changed)
    ended = extract(path, "--out", "out", "--model", scripted(tmp_path), "--language", "ja")
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert "gone" in ended.err


# Prompts that are too long, answers that are none


def long_report(sentences: int) -> str:
    """A long report, in which what is looked for stands at the very end."""
    normal = "".join(f"第{number}区域に特記すべき所見を認めない。" for number in range(sentences))
    return normal + REPORT


def covered(text: str, parts: Sequence[str]) -> bool:
    """Whether every character of ``text`` stands in some of ``parts``, which are pieces of it."""
    seen = [False] * len(text)
    for part in parts:
        at = text.index(part)
        seen[at : at + len(part)] = [True] * len(part)
    return all(seen)


@pytest.mark.parametrize(
    ("context", "options"),
    [(32_768, ("--chunk-chars", "500", "--overlap-chars", "50")), (32_768, ()), (3000, ())],
    ids=["short parts", "whole", "small context"],
)
def test_a_long_document_is_read_to_its_end(
    context: int, options: tuple[str, ...], tmp_path: Path
) -> None:
    text = long_report(100)
    source = listed(tmp_path / "in.json", [{"text": text}])
    with reader(context=context) as (server, model):
        assert run(task_file(tmp_path), source, model, *options).code == 0
        read = [document(asked) for asked in server.chats]
    assert covered(text, read)
    (row,) = details()
    size = row["fields"]["size"]
    assert (size["value"], row["chunks"]) == (12.0, len(read))
    (evidence,) = size["evidence"]
    assert text[evidence["start"] : evidence["end"]] == evidence["quote"] == "12 mm"
    assert evidence["start"] > len(text) - len(REPORT)


def test_a_prompt_that_fits_nowhere_is_a_failure_that_says_so(tmp_path: Path) -> None:
    source = listed(tmp_path / "in.json", [{"id": "a", "text": long_report(50)}])
    with reader(context=900) as (server, model):
        assert run(task_file(tmp_path), source, model).code == 3
        assert server.chats == []
    (failure,) = rows(tmp_path / "out" / "failures.jsonl")
    assert (failure["id"], failure["reason"]) == ("a", "model_prompt_too_long")
    (row,) = table()
    assert (row["extraction_status"], row["size"], row["size_status"]) == ("failed", None, "failed")


@pytest.mark.parametrize("fault", [Fault.CUT_PROMPT, Fault.TOO_LONG])
def test_an_answer_to_a_prompt_that_a_server_cut_is_none(fault: Fault, tmp_path: Path) -> None:
    given = [{"id": "a", "text": REPORT}, {"id": "b", "text": NORMAL}]
    source = listed(tmp_path / "in.json", given)

    def cutting(asked: Asked) -> Reply:
        return Reply(text=reads(asked), fault=fault if document(asked) == REPORT else None)

    with reader(cutting) as (_, model):
        assert run(task_file(tmp_path), source, model).code == 3
    (failure,) = rows(tmp_path / "out" / "failures.jsonl")
    assert (failure["id"], failure["reason"]) == ("a", "model_prompt_too_long")
    assert [row["extraction_status"] for row in table()] == ["failed", "extracted"]


@pytest.mark.parametrize(
    "bad",
    [
        "I found a nodule.",
        '{"nodule": {"quote": "結節", "value": true}',
        '{"nodule": {"quote": "結節", "value": "ja"}, "size": null, "side": null}',
        json.dumps({"nodule": found("結節", True)}, ensure_ascii=False),
    ],
    ids=["no JSON", "half", "another type", "a field missing"],
)
def test_an_answer_that_does_not_fit_is_asked_for_again(bad: str, tmp_path: Path) -> None:
    source = listed(tmp_path / "in.json", [{"text": REPORT}])

    def learns(asked: Asked) -> str:
        return bad if len(asked.messages) == 2 else reads(asked)

    with reader(learns) as (server, model):
        assert run(task_file(tmp_path), source, model).code == 0
        first, second = server.chats
    assert second.messages[:2] == first.messages
    assert second.messages[2] == ("assistant", bad)
    (row,) = details()
    assert (row["attempts"], row["fields"]["size"]["value"]) == (2, 12.0)


def test_an_answer_that_never_fits_is_a_failure_and_no_empty_row(tmp_path: Path) -> None:
    source = listed(tmp_path / "in.json", [{"id": "a", "text": REPORT}])
    with reader(lambda asked: "I found a nodule.") as (server, model):
        assert run(task_file(tmp_path), source, model).code == 3
        assert len(server.chats) == 3
    (failure,) = rows(tmp_path / "out" / "failures.jsonl")
    assert (failure["id"], failure["reason"]) == ("a", "model_invalid")
    (row,) = table()
    assert {row[f"{name}_status"] for name in NOTHING} == {"failed"}
    assert (row["extraction_status"], row["text"]) == ("failed", REPORT)


THINKING = "結節があるかどうかを考える。" * 20


def test_thinking_that_fills_the_room_is_given_more(tmp_path: Path) -> None:
    source = listed(tmp_path / "in.json", [{"text": REPORT}])
    rooms = []

    def thinks(asked: Asked) -> Reply:
        # The server itself cuts what is longer than its room.
        rooms.append(asked.body["max_tokens"])
        return Reply(text=reads(asked), thinking="考" * rooms[0])

    with reader(thinks) as (_, model):
        assert run(task_file(tmp_path), source, model).code == 0
    assert rooms == [rooms[0], 2 * rooms[0]]
    assert table()[0]["size"] == 12.0


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(thinking="考" * 100_000, text="{}"), "model_truncated"),
        (Reply(thinking=THINKING, fault=Fault.THINK_ONLY), "model_refused"),
        (Reply(text=f"<think>{THINKING}</think>"), "model_refused"),
        (Reply(text=f"<think>{THINKING}"), "model_refused"),
    ],
    ids=["endless", "apart", "in tags", "in a tag that is never closed"],
)
def test_thinking_without_an_answer_is_a_failure_and_no_empty_row(
    reply: Reply, reason: str, tmp_path: Path
) -> None:
    given = [{"id": "a", "text": REPORT}, {"id": "b", "text": NORMAL}]
    source = listed(tmp_path / "in.json", given)
    with reader(lambda asked: reply if document(asked) == REPORT else reads(asked)) as (_, model):
        assert run(task_file(tmp_path), source, model).code == 3
    (failure,) = rows(tmp_path / "out" / "failures.jsonl")
    assert (failure["id"], failure["reason"]) == ("a", reason)
    failed, good = table()
    assert (failed["extraction_status"], failed["size_status"]) == ("failed", "failed")
    assert (good["extraction_status"], good["size_status"]) == ("extracted", "not_mentioned")


# Its tasks, unchanged


def project(folder: Path) -> Path:
    """A copy of a project of that package, in its own layout."""
    made = folder / "project"
    shutil.copytree(PROJECT, made)
    return made


def test_an_inline_task_on_a_json_list_runs_unchanged(tmp_path: Path) -> None:
    task = project(tmp_path) / "tasks" / "Task997_optional.json"
    model = scripted(tmp_path, [answered({"diagnosis": None, "certain": True})])
    assert extract(task, "--out", "out", "--model", model).code == 0
    (row,) = table()
    assert row["text"] == "Ann has a heart rate of 78 bpm."
    assert row["expected_output"] == "78"
    assert (row["diagnosis"], row["diagnosis_status"]) == (None, "not_mentioned")
    assert (row["certain"], row["certain_status"]) == (True, "found")


def test_a_task_with_a_parser_file_on_a_json_list_runs_unchanged(tmp_path: Path) -> None:
    task = project(tmp_path) / "tasks" / "Task003_pathology.json"
    cassette = {"tissue_type": "LUNG", "evidence": "one cassette, lung"}
    specimens = [{"label": "A", "cassettes": [cassette]}]

    def pathologist(asked: Asked) -> str:
        one = "Specimen A" in document(asked)
        return json.dumps({"specimens": specimens if one else []})

    with reader(pathologist) as (server, model):
        assert extract(task, "--out", "out", "--model", model).code == 0
        for asked in server.chats:
            assert "List the cassettes of each specimen." in asked.messages[0][1]
            assert "Name tissues in upper case." in asked.messages[0][1]
    made = table()
    assert [row["report"] for row in made] == [
        "Specimen A: one cassette, lung.",
        "Specimen B: two cassettes.",
    ]
    assert made[0]["specimens"] == specimens
    assert made[0]["specimens_status"] == "found"
    assert {path.name for path in (tmp_path / "out").glob("extracted.*")} == {"extracted.jsonl"}


def test_an_imported_task_gives_what_it_gives_when_it_was_written_down(tmp_path: Path) -> None:
    folder = project(tmp_path)
    task = folder / "tasks" / "Task999_example.json"
    made = tmp_path / "made.toml"
    answer = answered({"HR": 78, "Name": "Ann"})
    model = scripted(tmp_path, [answer])
    assert extract(task, "--out", "there", "--model", model).code == 0
    assert extract("import", task, "--out", made).code == 0
    data = folder / "data" / "heart.json"
    assert run(made, data, model, "--text-column", "text", out="here").code == 0
    assert details("here") == details("there")
    assert table("here") == table("there")

"""``sekisho extract --release``: what did not pass the checkpoint is not written."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commanding import Ended, leaks, rows
from extracting import answered, extract, found, manifest, scripted, task_file
from sekisho.extraction.results import Evidence, Extraction, FieldResult, FieldStatus
from sekisho.extraction.runs.letting_go import WITHHELD, Passage, released, words
from sekisho.extraction.tasks.task import Task
from sekisho.release.edits import Edit

TEXT = "山田太郎様、2024年5月3日受診。主治医は佐藤一郎。右肺に12 mmの結節。93歳。"
NAMES = ("山田", "太郎", "佐藤", "一郎")

TASK = """
name = "released"
language = "ja"
instruction = "答える。"

[fields.who]
type = "string"

[fields.seen]
type = "date"

[fields.size]
type = "number"
unit = "mm"

[fields.age]
type = "integer"

[fields.side]
type = "enum"
values = ["left", "right"]

[fields.things]
type = "spans"
labels = ["staff", "finding"]
"""
ANSWER = {
    "who": found("主治医は佐藤一郎", "佐藤一郎"),
    "seen": found("2024年5月3日受診", "2024年5月3日"),
    "size": found("12 mm", "12 mm"),
    "age": found("93歳", 93),
    "side": found("右肺", "right"),
    "things": [{"text": "佐藤一郎", "label": "staff"}, {"text": "結節", "label": "finding"}],
}
NONE = {name: found(None, None) for name in ANSWER} | {"things": []}


@pytest.fixture(autouse=True)
def _alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder and a home of its own."""
    monkeypatch.chdir(tmp_path)


def reports(folder: Path, *more: Mapping[str, Any]) -> Path:
    path = folder / "in.jsonl"
    given_rows = [
        {"id": "r1", "name": "山田太郎", "text": TEXT},
        {"id": "r2", "name": "鈴木花子", "text": "異常なし。"},
        *more,
    ]
    path.write_text("\n".join(map(json.dumps, given_rows)), encoding="utf-8")
    return path


def release(
    folder: Path, source: Path, *options: object, turns: object = None, task: str = TASK
) -> Ended:
    """Extract from ``source`` and release it into ``out``, both in ``folder``."""
    turns = turns or {"12 mm": answered(ANSWER), "default": answered(NONE)}
    named = ("--out", folder / "out", "--model", scripted(folder, turns))
    profile = () if "--release" in options else ("--release", "ja-pseudonymized")
    known = ("--known", "name=NAME")
    return extract(
        task_file(folder, task), source, *named, *profile, *known, *options, secrets=NAMES
    )


def test_only_what_was_released_is_written(tmp_path: Path) -> None:
    ended = release(tmp_path, reports(tmp_path))
    assert ended.code == 0
    out = tmp_path / "out"
    assert not leaks((*NAMES, "鈴木", "花子", "5月3日", "93歳", "2024-05-03"), out)
    row = rows(out / "extracted.jsonl")[0]
    assert row["name"] in row["text"]
    assert row["who"] in row["text"]
    assert row["who_evidence"] == row["text"][row["who_start"] : row["who_end"]]
    assert (row["size"], row["side"]) == (12.0, "right")
    for name in ("who", "seen", "size", "side"):
        for evidence in rows(out / "extractions.jsonl")[0]["fields"][name]["evidence"]:
            cut = row["text"][evidence["start"] : evidence["end"]]
            assert cut == evidence["quote"]
    assert [thing["text"] for thing in row["things"]] == [row["who"], "結節"]


def test_a_date_is_that_of_the_released_text(tmp_path: Path) -> None:
    release(tmp_path, reports(tmp_path))
    row = rows(tmp_path / "out" / "extracted.jsonl")[0]
    year, month, day = row["seen"].split("-")
    assert f"{year}年{int(month)}月{int(day)}日" in row["text"]


@pytest.mark.parametrize("profile", ["redact-all", "ja-case-report"])
def test_a_date_of_which_no_date_is_left_is_left_out(profile: str, tmp_path: Path) -> None:
    assert release(tmp_path, reports(tmp_path), "--release", profile).code == 0
    row = rows(tmp_path / "out" / "extracted.jsonl")[0]
    assert (row["seen"], row["seen_status"]) == (None, "invalid")
    failure = rows(tmp_path / "out" / "failures.jsonl")[0]
    assert failure["fields"]["seen"]["problem"] == WITHHELD


def test_a_number_that_its_release_coarsened_is_left_out(tmp_path: Path) -> None:
    release(tmp_path, reports(tmp_path))
    row = rows(tmp_path / "out" / "extracted.jsonl")[0]
    assert (row["age"], row["age_status"], row["age_evidence"]) == (None, "invalid", "90歳以上")


def test_a_name_that_is_only_in_a_value_is_replaced_as_in_the_text(tmp_path: Path) -> None:
    """The model says more than its quote."""
    answer = {**ANSWER, "who": found("主治医は", "佐藤一郎（山田太郎様の主治医）")}
    turns = {"12 mm": answered(answer), "default": answered(NONE)}
    assert release(tmp_path, reports(tmp_path), turns=turns).code == 0
    row = rows(tmp_path / "out" / "extracted.jsonl")[0]
    assert row["name"] in row["who"]
    assert not leaks(NAMES, tmp_path / "out")


def test_a_record_that_is_held_is_in_no_table(tmp_path: Path) -> None:
    source = reports(tmp_path, {"id": "r3", "name": "x", "text": "12 mm\0"})
    ended = release(tmp_path, source)
    assert ended.code == 3
    out = tmp_path / "out"
    assert [row["id"] for row in rows(out / "extracted.jsonl")] == ["r1", "r2"]
    held = [row for row in rows(out / "failures.jsonl") if row["kind"] == "document"]
    assert [(row["id"], row["status"], row["reason"]) for row in held] == [
        ("r3", "held", "not_text")
    ]
    assert [row["status"] for row in rows(out / "extractions.jsonl")] == [
        "extracted",
        "extracted",
        "held",
    ]
    assert "2 extracted, 0 failed, 1 held" in ended.err


def test_a_record_without_an_answer_is_held_too(tmp_path: Path) -> None:
    turns = {"12 mm": {"act": "refuse", "text": "山田太郎"}, "default": answered(NONE)}
    assert release(tmp_path, reports(tmp_path), turns=turns).code == 3
    assert [row["id"] for row in rows(tmp_path / "out" / "extracted.jsonl")] == ["r2"]
    assert not leaks(NAMES, tmp_path / "out")


def test_the_reasoning_and_a_translation_stay(tmp_path: Path) -> None:
    turns = {
        "doctor": answered({"reasoning": "山田太郎様なので。", **NONE, "age": found("93", 93)}),
        "default": answered({"translation": "Mr 山田太郎, 93, saw the doctor 佐藤一郎."}),
    }
    ended = release(tmp_path, reports(tmp_path), "--reasoning", "--translate", turns=turns)
    assert ended.code == 0
    out = tmp_path / "out"
    assert not leaks((*NAMES, "doctor"), out)
    for row in rows(out / "extractions.jsonl"):
        assert not {"reasoning", "translation"} & set(row)
        assert "evidence" not in row["fields"]["age"]
    assert manifest(out)["experiment"] == ["translate"]


def test_names_of_files_and_ids_are_coded(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "yamada-taro.txt").write_text(TEXT, encoding="utf-8")
    (folder / "suzuki-00712345.txt").write_text("異常なし。", encoding="utf-8")
    turns = {"12 mm": answered(ANSWER), "default": answered(NONE)}
    named = ("--out", tmp_path / "out", "--model", scripted(tmp_path, turns))
    ended = extract(
        task_file(tmp_path, TASK), folder, *named, "--release", "ja-pseudonymized", secrets=NAMES
    )
    assert ended.code == 0
    assert not leaks(("yamada", "suzuki", "00712345"), tmp_path / "out", ended.err)


def test_several_text_columns_are_released_as_one_text(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    row = {"name": "山田太郎", "a": "山田太郎様、異常なし。", "b": TEXT}
    source.write_text(json.dumps(row), encoding="utf-8")
    columns = ("--text-column", "a", "--text-column", "b")
    assert release(tmp_path, source, *columns).code == 0
    (made,) = rows(tmp_path / "out" / "extracted.jsonl")
    text = f"{made['a']}\n\n{made['b']}"
    assert text[made["size_start"] : made["size_end"]] == "12 mm"
    assert text[made["who_start"] : made["who_end"]] == made["who_evidence"]


def test_a_date_column_of_parquet_is_shifted_or_its_record_is_held(tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    given_rows = {
        "day": [datetime.date(2024, 5, 3)],
        "name": ["山田太郎"],
        "text": [TEXT],
    }
    pq.write_table(pa.table(given_rows), source)
    assert release(tmp_path, source).code == 0
    (row,) = pq.read_table(tmp_path / "out" / "extracted.parquet").to_pylist()
    assert row["day"].isoformat() == row["seen"]
    (tmp_path / "out").rename(tmp_path / "shifted")
    assert release(tmp_path, source, "--release", "redact-all").code == 3
    (failure,) = rows(tmp_path / "out" / "failures.jsonl")
    assert (failure["status"], failure["reason"]) == ("held", "unwritable")
    assert not leaks((*NAMES, "2024-05-03"), tmp_path / "out")


def test_a_profile_that_is_none_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    ended = release(tmp_path, reports(tmp_path), "--release", "nothing")
    assert (ended.code, (tmp_path / "out").exists()) == (2, False)


def test_a_released_run_is_taken_up_again_in_the_same_way_alone(tmp_path: Path) -> None:
    source = reports(tmp_path)
    assert release(tmp_path, source).code == 0
    before = (tmp_path / "out" / "extracted.jsonl").read_bytes()
    assert release(tmp_path, source, "--resume").code == 0
    assert (tmp_path / "out" / "extracted.jsonl").read_bytes() == before
    ended = release(tmp_path, source, "--resume", "--release", "redact-all")
    assert (ended.code, "--release" in ended.err) == (2, True)


def test_two_processes_release_the_bytes_of_one(tmp_path: Path) -> None:
    more = [{"id": f"s{at}", "name": f"架空{at}", "text": TEXT} for at in range(20)]
    source = reports(tmp_path, *more)
    options = ("--detectors", "known,rules")
    assert release(tmp_path, source, *options).code == 0
    (tmp_path / "out").rename(tmp_path / "one")
    assert release(tmp_path, source, *options, "--jobs", "2").code == 0
    for name in ("extracted.jsonl", "extractions.jsonl", "failures.jsonl"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()


# What may leave


def one(field: dict[str, Any], result: FieldResult) -> tuple[Task, Extraction]:
    task = Task.model_validate(
        {"name": "t", "language": "ja", "instruction": "答える。", "fields": {"f": field}}
    )
    return task, Extraction({"f": result})


def leaving(field: dict[str, Any], result: FieldResult, passage: Passage) -> FieldResult:
    task, extraction = one(field, result)
    return released(task, extraction, words(task, extraction), passage).fields["f"]


def value(given: Any, *evidence: Evidence, raw: Any = None) -> FieldResult:
    return FieldResult(FieldStatus.FOUND, given, raw=raw, evidence=evidence)


DATED = "2024年5月3日と2024年6月7日。"
SHIFTED = Passage(DATED, (Edit(0, 9, "2024年3月1日", "DATE", "dateshift"),))


def test_a_date_that_was_not_written_where_it_is_quoted_does_not_leave() -> None:
    """Its day may have been taken from elsewhere, where it was shifted."""
    quoted = value("2024-05-03", Evidence(10, 19), raw="2024年5月3日")
    assert leaving({"type": "date"}, quoted, SHIFTED).problem == WITHHELD
    assert leaving({"type": "date"}, value("2024-05-03"), SHIFTED).value is None


def test_of_several_dates_in_a_quote_the_one_that_was_meant_counts() -> None:
    quoted = Evidence(0, len(DATED))
    first = value("2024-05-03", quoted, raw="2024年5月3日")
    second = value("2024-06-07", quoted, raw="2024年6月7日")
    assert leaving({"type": "date"}, first, SHIFTED).value == "2024-03-01"
    assert leaving({"type": "date"}, second, SHIFTED).value == "2024-06-07"


def test_one_value_that_may_not_leave_keeps_its_whole_list_back() -> None:
    field = {"type": "list", "items": {"type": "date"}}
    items = (
        value("2024-05-03", Evidence(0, 9), raw="2024年5月3日"),
        value("2024-06-07", Evidence(10, 19), raw="2024年6月7日"),
        value("2024-06-08", Evidence(10, 19), raw="2024年6月8日"),
    )
    given_list = FieldResult(
        FieldStatus.FOUND, [item.value for item in items], items=items, evidence=()
    )
    made = leaving(field, given_list, SHIFTED)
    assert (made.status, made.value, made.problem) == (FieldStatus.INVALID, None, WITHHELD)
    assert [item.value for item in made.items] == ["2024-03-01", "2024-06-07", None]


def test_words_are_found_wherever_they_are_nested() -> None:
    field = {
        "type": "list",
        "fields": {
            "name": {"type": "string"},
            "sure": {"type": "boolean"},
            "kind": {"type": "enum", "values": ["a", "b"]},
            "more": {"type": "object", "fields": {"note": {"type": "any"}}},
        },
    }
    item = {"name": "佐藤", "sure": True, "kind": "a", "more": {"note": "山田"}}
    task, extraction = one(field, value([item]))
    assert words(task, extraction) == ["佐藤", "山田"]
    made = released(task, extraction, ["A", "B"], Passage("", ())).fields["f"]
    assert made.value == [{**item, "name": "A", "more": {"note": "B"}}]


def test_a_number_without_evidence_passes_the_checkpoint_as_a_word() -> None:
    task, extraction = one({"type": "integer"}, value(7123456))
    assert words(task, extraction) == ["7123456"]
    kept = released(task, extraction, ["7123456"], Passage("", ())).fields["f"]
    gone = released(task, extraction, ["[ID1]"], Passage("", ())).fields["f"]
    assert (kept.value, gone.value, gone.problem) == (7123456, None, WITHHELD)


def test_raw_values_and_what_else_words_could_have_been_stay() -> None:
    result = FieldResult(
        FieldStatus.FOUND, "a", raw="山田", probability=0.5, distribution={"山田": 0.5}
    )
    made = leaving({"type": "string"}, result, Passage("", ()))
    assert (made.raw, made.distribution, made.probability) == (None, {}, 0.5)
    choice = leaving({"type": "enum", "values": ["a", "b"]}, result, Passage("", ()))
    assert choice.distribution == {"山田": 0.5}


@given(data=st.data())
def test_a_quote_of_the_released_text_has_all_of_an_edit_or_nothing(data: st.DataObject) -> None:
    text = data.draw(st.text(alphabet="あいうえお", min_size=1, max_size=30))
    borders = data.draw(
        st.lists(st.integers(0, len(text)), max_size=8, unique=True).map(lambda at: sorted(at))
    )
    edits = tuple(
        Edit(start, end, data.draw(st.sampled_from(["", "[X]", "[長い置換]"])), "NAME", "tag")
        for start, end in zip(borders[::2], borders[1::2], strict=False)
    )
    passage = Passage(text, edits)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    place = passage.place(start, end)
    kept = [at for at in range(start, end) if passage.untouched(at, at + 1)]
    if place is None:
        assert not kept
        return
    quote = passage.released[place[0] : place[1]]
    touched = [edit for edit in edits if edit.start < end and start < edit.end]
    expected = "".join(text[at] for at in kept)
    for edit in touched:
        expected += edit.replacement
    assert sorted(quote) == sorted(expected)

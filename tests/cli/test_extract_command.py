"""``sekisho extract``: from any table, with its own columns untouched, into any table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from commanding import rows
from extracting import (
    FINDINGS,
    NOTHING,
    TASK,
    answered,
    extract,
    manifest,
    scripted,
    task_file,
)

REPORT = "右肺に12 mmの結節。"
NORMAL = "異常なし。"


@pytest.fixture(autouse=True)
def _alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder and a home of its own."""
    monkeypatch.chdir(tmp_path)


def read_csv(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def jsonl(path: Path, values: Sequence[object]) -> Path:
    lines = [json.dumps(row, ensure_ascii=False) for row in values]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_table_of_json_keeps_dates_names_and_numbers_as_strings(tmp_path: Path) -> None:
    """What llm_extractinator 0.7.1 loses: a date column, 007, a name with a blank."""
    given = [
        {"patient id": "007", "date": "2024-05-03", "n": 7, "text": REPORT},
        {"patient id": "008", "date": "2024/5/4", "n": 1.50, "text": NORMAL},
    ]
    source = jsonl(tmp_path / "in.jsonl", given)
    out = tmp_path / "out"
    ended = extract(task_file(tmp_path), source, "--out", out, "--model", scripted(tmp_path))
    assert ended.code == 0
    made = rows(out / "extracted.jsonl")
    assert [{name: row[name] for name in given[0]} for row in made] == given
    assert list(made[0])[: len(given[0])] == list(given[0])
    assert (made[0]["size"], made[0]["side"], made[0]["nodule"]) == (12.0, "right", True)
    assert (made[0]["size_evidence"], made[0]["size_raw"]) == ("12 mm", "12 mm")
    assert REPORT[made[0]["size_start"] : made[0]["size_end"]] == "12 mm"
    assert (made[1]["size"], made[1]["size_status"]) == (None, "not_mentioned")
    assert "2 extracted, 0 failed; 0 invalid values" in ended.err


def test_the_details_of_each_document_are_a_row(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"id": "r1", "text": REPORT}])
    out = tmp_path / "out"
    extract(task_file(tmp_path), source, "--out", out, "--model", scripted(tmp_path))
    (row,) = rows(out / "extractions.jsonl")
    assert row == {
        "id": "r1",
        "status": "extracted",
        "fields": {
            "nodule": {
                "status": "found",
                "value": True,
                "evidence": [{"start": 9, "end": 11, "quote": "結節"}],
            },
            "size": {
                "status": "found",
                "value": 12.0,
                "raw": "12 mm",
                "evidence": [{"start": 3, "end": 8, "quote": "12 mm"}],
            },
            "side": {
                "status": "found",
                "value": "right",
                "evidence": [{"start": 0, "end": 2, "quote": "右肺"}],
            },
        },
        "chunks": 1,
        "attempts": 1,
        "origin": "scripted",
    }
    assert (out / "failures.jsonl").read_bytes() == b""


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("cp932", ","), ("utf-8-sig", ";"), ("cp932", ";"), ("utf-8", "\t")]
)
def test_a_table_of_any_encoding_and_delimiter_is_read(
    encoding: str, delimiter: str, tmp_path: Path
) -> None:
    source = tmp_path / "in.csv"
    lines = [("番号", "日付", "所見"), ("007", "2024-05-03", REPORT), ("008", "令和6年", NORMAL)]
    source.write_bytes("\r\n".join(map(delimiter.join, lines)).encode(encoding))
    out = tmp_path / "out"
    model = scripted(tmp_path)
    ended = extract(
        task_file(tmp_path), source, "--out", out, "--model", model, "--text-column", "所見"
    )
    assert ended.code == 0
    (path,) = out.glob("extracted.*")
    assert path.suffix == (".tsv" if delimiter == "\t" else ".csv")
    made = read_csv(path, delimiter)
    assert [tuple(row[name] for name in lines[0]) for row in made] == lines[1:]
    assert [row["size"] for row in made] == ["12.0", ""]


def test_an_empty_cell_fails_alone_and_its_row_stays(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"id,text\na,{REPORT}\nb,\nc,  \nd,{NORMAL}\n", encoding="utf-8")
    out = tmp_path / "out"
    ended = extract(task_file(tmp_path), source, "--out", out, "--model", scripted(tmp_path))
    assert ended.code == 3
    made = read_csv(out / "extracted.csv")
    assert [row["id"] for row in made] == ["a", "b", "c", "d"]
    assert [row["extraction_status"] for row in made] == [
        "extracted",
        "failed",
        "failed",
        "extracted",
    ]
    assert (made[1]["size"], made[1]["size_status"]) == ("", "failed")
    assert [(row["id"], row["reason"], row["kind"]) for row in rows(out / "failures.jsonl")] == [
        ("b", "no_text", "document"),
        ("c", "no_text", "document"),
    ]
    assert "2 extracted, 2 failed" in ended.err


def test_columns_of_the_input_are_not_overwritten(tmp_path: Path) -> None:
    task = TASK.replace("[fields.nodule]", "[fields.label]").replace(
        "[fields.side]", "[fields.status]"
    )
    answer = {
        "label": FINDINGS["nodule"],
        "size": FINDINGS["size"],
        "status": FINDINGS["side"],
    }
    given = {"label": "gold", "Status": "done", "status_status": 1, "text": REPORT}
    source = jsonl(tmp_path / "in.jsonl", [given])
    out = tmp_path / "out"
    model = scripted(tmp_path, [answered(answer)])
    ended = extract(task_file(tmp_path, task), source, "--out", out, "--model", model)
    assert ended.code == 0
    (made,) = rows(out / "extracted.jsonl")
    assert {name: made[name] for name in given} == given
    assert (made["extracted_label"], made["extracted_status"]) == (True, "right")
    renamed = {
        "label": "extracted_label",
        "status": "extracted_status",
        "status_status": "extracted_status_status",
    }
    assert manifest(out)["columns"] == renamed
    assert all(f"{wanted} -> {name}" in ended.err for wanted, name in renamed.items())


def test_a_column_that_comes_late_is_not_overwritten_either(tmp_path: Path) -> None:
    given = [{"text": NORMAL} for _ in range(150)] + [{"text": NORMAL, "size": "big"}]
    source = jsonl(tmp_path / "in.jsonl", given)
    out = tmp_path / "out"
    ended = extract(task_file(tmp_path), source, "--out", out, "--model", scripted(tmp_path))
    assert ended.code == 0
    assert rows(out / "extracted.jsonl")[-1]["size"] == "big"


def test_every_format_that_is_asked_for_is_written(tmp_path: Path) -> None:
    source = jsonl(
        tmp_path / "in.jsonl",
        [
            {"code": "007", "n": 3, "tags": ["a", 1], "text": REPORT},
            {"code": "008", "n": 4, "tags": [], "text": NORMAL},
        ],
    )
    out = tmp_path / "out"
    formats = ("--format", "jsonl", "--format", "csv", "--format", "parquet")
    model = scripted(tmp_path)
    assert extract(task_file(tmp_path), source, "--out", out, "--model", model, *formats).code == 0
    table = pq.read_table(out / "extracted.parquet")
    assert table.schema.field("n").type == pa.int64()
    assert table.schema.field("nodule").type == pa.bool_()
    assert table.column("code").to_pylist() == ["007", "008"]
    assert table.column("tags").to_pylist() == ['["a", 1]', "[]"]
    assert table.column("size").to_pylist() == [12.0, None]
    assert [row["tags"] for row in read_csv(out / "extracted.csv")] == ['["a", 1]', "[]"]
    assert [row["tags"] for row in rows(out / "extracted.jsonl")] == [["a", 1], []]
    (told,) = manifest(out)["tables"]
    assert told["paths"] == ["extracted.jsonl", "extracted.csv", "extracted.parquet"]


def test_a_parquet_input_keeps_the_types_of_its_columns(tmp_path: Path) -> None:
    schema = pa.schema(
        [("id", pa.int16()), ("day", pa.date32()), ("seen", pa.timestamp("ns")), ("text", "string")]
    )
    source = tmp_path / "in.parquet"
    given = pa.table({"id": [1], "day": [19846], "seen": [1], "text": [REPORT]}, schema=schema)
    pq.write_table(given, source)
    out = tmp_path / "out"
    model = scripted(tmp_path)
    assert extract(task_file(tmp_path), source, "--out", out, "--model", model).code == 0
    made = pq.read_table(out / "extracted.parquet")
    assert made.select(schema.names).equals(given)
    assert made.column("size").to_pylist() == [12.0]


def test_text_files_become_one_table_with_their_names_as_ids(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name in ("a/one.txt", "a/same.txt", "b/same.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(REPORT, encoding="utf-8")
    out = tmp_path / "out"
    model = scripted(tmp_path)
    assert extract(task_file(tmp_path), folder, "--out", out, "--model", model).code == 0
    made = rows(out / "extracted.jsonl")
    assert [(row["id"], row["text"]) for row in made] == [
        ("one", REPORT),
        ("a/same.txt", REPORT),
        ("b/same.txt", REPORT),
    ]
    assert [row["id"] for row in rows(out / "extractions.jsonl")] == [row["id"] for row in made]


def test_several_tables_keep_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    jsonl(folder / "a.jsonl", [{"text": REPORT}])
    (folder / "a.csv").write_text(f"text\n{NORMAL}\n", encoding="utf-8")
    (folder / "b.txt").write_text(REPORT, encoding="utf-8")
    out = tmp_path / "out"
    model = scripted(tmp_path)
    formats = ("--format", "csv")
    assert extract(task_file(tmp_path), folder, "--out", out, "--model", model, *formats).code == 0
    made = {path.name for path in (out / "extracted").iterdir()}
    assert made == {"a.csv", "a-2.csv", "texts.csv"}
    sources = [row["id"] for row in rows(out / "extractions.jsonl")]
    assert sources == ["1-1", "2-1", "b"]


def test_several_text_columns_are_read_as_one_text(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"findings": NORMAL, "impression": REPORT}])
    out = tmp_path / "out"
    columns = ("--text-column", "findings", "--text-column", "impression")
    model = scripted(tmp_path)
    assert extract(task_file(tmp_path), source, "--out", out, "--model", model, *columns).code == 0
    (row,) = rows(out / "extracted.jsonl")
    assert f"{NORMAL}\n\n{REPORT}"[row["size_start"] : row["size_end"]] == "12 mm"
    told = manifest(out)
    assert (told["border"], told["tables"][0]["text_columns"]) == (
        "\n\n",
        ["findings", "impression"],
    )


def test_an_unreadable_row_keeps_its_place(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"id,text\na,{REPORT}\nb,x,y\nc,{NORMAL}\n", encoding="utf-8")
    out = tmp_path / "out"
    ended = extract(task_file(tmp_path), source, "--out", out, "--model", scripted(tmp_path))
    assert ended.code == 3
    made = read_csv(out / "extracted.csv")
    assert [(row["id"], row["extraction_status"]) for row in made] == [
        ("a", "extracted"),
        ("", "failed"),
        ("c", "extracted"),
    ]
    (failure,) = rows(out / "failures.jsonl")
    assert (failure["row"], failure["reason"]) == (2, "unreadable_row")


def test_values_that_were_refused_are_told_without_a_word_of_the_report(tmp_path: Path) -> None:
    bad = {**FINDINGS, "size": {"quote": "存在しない引用", "value": "12 mm"}}
    source = jsonl(tmp_path / "in.jsonl", [{"id": "r1", "text": REPORT}])
    out = tmp_path / "out"
    model = scripted(tmp_path, [answered(bad)])
    ended = extract(task_file(tmp_path), source, "--out", out, "--model", model)
    assert ended.code == 0
    assert "1 extracted, 0 failed; 1 invalid value," in ended.err
    (failure,) = rows(out / "failures.jsonl")
    assert (failure["id"], failure["kind"]) == ("r1", "fields")
    assert set(failure["fields"]) == {"size"}
    assert "引用" not in (out / "failures.jsonl").read_text(encoding="utf-8")
    assert manifest(out)["fields"]["size"] == {"invalid": 1}


# Wrong usage


@pytest.mark.parametrize(
    "options",
    [
        ("--vots", "3"),
        ("--format", "xlsx"),
        ("--examples-by", "magic"),
        ("--examples-by", "embeddings:"),
        ("--num-examples", "3"),
        ("--overlap-chars", "5000"),
        ("--detectors", "rules"),
        ("--known", "name=NAME"),
        ("--text-column", "nothing"),
        ("--model", "nobody"),
        ("--temperature", "-1"),
    ],
)
def test_what_is_misspelt_or_makes_no_sense_is_refused(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"text": REPORT}])
    out = tmp_path / "out"
    named = () if "--model" in options else ("--model", scripted(tmp_path))
    ended = extract(task_file(tmp_path), source, "--out", out, *named, *options)
    assert ended.code == 2
    assert ended.err.strip()
    assert not (out / "journal.db").exists()


def test_a_task_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"text": REPORT}])
    ended = extract("nowhere.toml", source, "--out", "out", "--model", scripted(tmp_path))
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert "nowhere.toml" in ended.errors[0]
    assert not Path("out").exists()


def test_a_task_that_makes_no_sense_is_an_error(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"text": REPORT}])
    wrong = task_file(tmp_path, TASK.replace('"boolean"', '"bool"'))
    ended = extract(wrong, source, "--out", "out", "--model", scripted(tmp_path))
    assert (ended.code, len(ended.errors)) == (2, 1)


def test_without_an_input_or_a_model_nothing_begins(tmp_path: Path) -> None:
    model = scripted(tmp_path)
    assert extract(task_file(tmp_path), "--out", "out", "--model", model).code == 2
    source = jsonl(tmp_path / "in.jsonl", [{"text": REPORT}])
    ended = extract(task_file(tmp_path), source, "--out", "out")
    assert (ended.code, "--model" in ended.err) == (2, True)


def test_a_model_in_the_cloud_is_refused(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"text": REPORT}])
    ended = extract(task_file(tmp_path), source, "--out", "out", "--model", "https://api.x.org#m")
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert "cloud" in ended.err


# The other commands


def test_help_shows_the_options_and_the_other_commands() -> None:
    ended = extract("--help")
    assert ended.code == 0
    assert all(word in ended.out for word in ("--votes", "--release", "check", "import"))


def test_options_may_come_before_the_task(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"text": REPORT}])
    out = tmp_path / "out"
    ended = extract("--model", scripted(tmp_path), "--out", out, task_file(tmp_path), source)
    assert ended.code == 0


def test_check_says_what_a_task_asks_for(tmp_path: Path) -> None:
    ended = extract("check", task_file(tmp_path))
    assert ended.code == 0
    assert ended.out == (
        "nodules (ja) asks for 3 fields: nodule (boolean), size (number), side (enum)\n"
    )


def test_check_names_the_line_of_each_problem(tmp_path: Path) -> None:
    text = TASK.replace('"boolean"', '"bool"').replace('unit = "mm"', "unt = 1")
    ended = extract("check", task_file(tmp_path, text))
    assert ended.code == 2
    lines = ended.out.splitlines()
    assert len(lines) == 2
    numbers = [text.splitlines().index(line) + 1 for line in ('type = "bool"', "unt = 1")]
    for line, number in zip(lines, numbers, strict=True):
        assert line.startswith(f"{tmp_path / 'task.toml'}:{number}: ")


def test_nothing_of_an_unmentioned_field_is_made_up(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"text": NORMAL}])
    out = tmp_path / "out"
    model = scripted(tmp_path, [answered(NOTHING)])
    assert extract(task_file(tmp_path), source, "--out", out, "--model", model).code == 0
    (row,) = rows(out / "extracted.jsonl")
    assert {row[f"{name}_status"] for name in NOTHING} == {"not_mentioned"}
    assert {row[name] for name in NOTHING} == {None}


# Tasks of llm_extractinator


def extractinator(folder: Path) -> Path:
    """A task of that package, with its data in the folder where that package looks for it."""
    (folder / "data").mkdir()
    (folder / "data" / "reports.csv").write_text(
        f"patient id;label;report\n007;gold;{REPORT}\n008;;{NORMAL}\n", encoding="cp932"
    )
    (folder / "tasks").mkdir()
    path = folder / "tasks" / "Task001_nodules.json"
    task = {
        "Description": "結節について答える。",
        "Data_Path": "reports.csv",
        "Input_Field": "report",
        "Parser_Format": {"label": {"type": "bool", "description": "結節の有無"}},
    }
    path.write_text(json.dumps(task), encoding="utf-8")
    return path


def test_a_task_of_llm_extractinator_runs_unchanged(tmp_path: Path) -> None:
    task = extractinator(tmp_path)
    out = tmp_path / "out"
    model = scripted(
        tmp_path, {"12 mm": answered({"label": True}), "default": answered({"label": False})}
    )
    ended = extract(task, "--out", out, "--model", model, "--language", "ja")
    assert ended.code == 0
    made = read_csv(out / "extracted.csv", ";")
    assert [(row["patient id"], row["label"]) for row in made] == [("007", "gold"), ("008", "")]
    assert [row["extracted_label"] for row in made] == ["true", "false"]
    assert "no field needs evidence" in ended.err


def test_the_language_of_another_task_is_its_own(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "in.jsonl", [{"text": REPORT}])
    model = scripted(tmp_path)
    ended = extract(
        task_file(tmp_path), source, "--out", "out", "--model", model, "--language", "ja"
    )
    assert (ended.code, "--language" in ended.err) == (2, True)


def test_an_imported_task_is_a_task_file(tmp_path: Path) -> None:
    made = tmp_path / "made.toml"
    assert extract("import", extractinator(tmp_path), "--out", made, "--language", "ja").code == 0
    assert "asks for 1 field: label (boolean)" in extract("check", made).out
    again = extract("import", tmp_path / "tasks" / "Task001_nodules.json", "--out", made)
    assert (again.code, len([e for e in again.errors if "already" in e])) == (2, 1)
    shown = extract("import", tmp_path / "tasks" / "Task001_nodules.json", "--language", "ja")
    assert shown.out == made.read_text(encoding="utf-8")


def test_the_page_shows_the_values_on_the_text_and_says_that_no_model_answered(
    tmp_path: Path,
) -> None:
    path = jsonl(tmp_path / "reports.jsonl", [{"id": "r1", "text": REPORT}])
    out = tmp_path / "out"
    ended = extract(task_file(tmp_path), path, "--out", out, "--model", scripted(tmp_path))
    assert ended.code == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<mark" in page
    assert "No language model answered" in page

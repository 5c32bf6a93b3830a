from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commanding import call, leaks, rows
from sekisho.release.deidentify import deidentify
from sekisho.release.job import Job
from sekisho.release.opening import open_vault
from sekisho.release.reveal import reveal_run

NAME = "山田太郎"
TABLE = [
    ["No", "患者ID", "患者氏名", "依頼日", "所見", "code", "lot"],
    ["0001", "00712345", "山田 太郎", "2024/08/05", "山田様の胸部CT。異常なし。", "007", "1-2"],
    [
        "0002",
        "00698210",
        "佐藤花子",
        "2024/08/06",
        "右肺に8 mmの結節。佐々木先生に連絡。",
        "010",
        "3/4",
    ],
    ["0003", "00712345", "山田 太郎", "2024/08/09", "2024/08/05と比較し不変。", "", "0"],
]


@pytest.fixture(autouse=True)
def _home(home: Path) -> None:
    """Each test has a vault of its own."""


def table(delimiter: str = ",", newline: str = "\r\n", quoting: Any = csv.QUOTE_MINIMAL) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    writer.writerows(TABLE)
    return buffer.getvalue()


def released(job_out: Path) -> Path:
    (path,) = job_out.glob("released.*")
    return path


def back(out: Path, target: Path) -> None:
    assert call("reveal", out, "--out", target).code == 0


TABLES: dict[str, tuple[str, Callable[[], bytes], tuple[str, ...]]] = {
    "cp932 semicolon": ("a.csv", lambda: table(";").encode("cp932"), ()),
    "utf-16 tsv": ("a.tsv", lambda: table("\t").encode("utf-16"), ()),
    "utf-8 bom": ("a.csv", lambda: b"\xef\xbb\xbf" + table(",", "\n").encode(), ()),
    "euc-jp all quoted": (
        "a.csv",
        lambda: table(",", "\n", csv.QUOTE_ALL).encode("euc_jp"),
        (),
    ),
    "no newline at the end": ("a.csv", lambda: table().rstrip("\r\n").encode(), ()),
    "named": ("a.csv", lambda: table("|").encode("cp932"), ("--encoding", "cp932")),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_comes_back_in_its_own_form(kind: str, tmp_path: Path) -> None:
    name, content, options = TABLES[kind]
    source = tmp_path / name
    source.write_bytes(content())
    out = tmp_path / "out"
    assert call("deid", source, "--out", out, *options).code == 0
    written = released(out).read_bytes()
    assert not leaks(["山田", "佐藤", "花子", "00712345", "佐々木"], written.decode("latin-1"))
    for encoding in ("cp932", "utf-16", "utf-8-sig", "euc_jp"):
        try:
            if written.decode(encoding).startswith(TABLE[0][0]):
                break
        except UnicodeError:
            continue
    text = written.decode(encoding)
    original = content().decode(encoding)
    assert text.splitlines()[0] == original.splitlines()[0]
    assert text.count("\r\n") == original.count("\r\n")
    assert text.endswith("\n") == original.endswith("\n")
    delimiter = next(sign for sign in "\t;|," if sign in text)
    shown = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    assert [row[0] for row in shown] == [row[0] for row in TABLE]
    assert [row[5:] for row in shown] == [row[5:] for row in TABLE]
    assert "胸部CT" in text
    back(out, tmp_path / "back")
    assert (tmp_path / "back" / name).read_bytes() == source.read_bytes()


def test_a_folder_of_texts_comes_back_byte_by_byte(tmp_path: Path, examples: Path) -> None:
    inputs = tmp_path / "in"
    text = "氏名：山田太郎\r\n電話：090-1234-5678\r\n所見：異常なし"
    for place, code in enumerate(["utf-8", "cp932", "utf-16", "utf-8-sig", "euc_jp"]):
        path = inputs / f"set{place}" / "ct.txt"
        path.parent.mkdir(parents=True)
        path.write_bytes(text.encode(code))
    (inputs / "empty.txt").write_bytes(b"")
    out = tmp_path / "out"
    assert call("deid", inputs, "--out", out).code == 0
    for path in inputs.rglob("*.txt"):
        away = (out / "released" / path.relative_to(inputs)).read_bytes()
        assert not leaks(["山田太郎", "090-1234-5678"], away.decode("latin-1"))
    back(out, tmp_path / "back")
    for path in inputs.rglob("*.txt"):
        again = tmp_path / "back" / path.relative_to(inputs)
        assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_jsonl_keeps_its_style_its_types_and_its_nested_values(
    ascii_only: bool, separators: tuple[str, str], tmp_path: Path
) -> None:
    values = [
        {
            "id": 1,
            "text": "山田太郎様の胸部CT",
            "n": 1.5,
            "deep": {"tel": ["電話 090-1234-5678", None]},
        },
        {"id": 2, "text": "異常なし", "患者ID": 712345, "ok": True, "e": []},
    ]
    lines = [json.dumps(row, ensure_ascii=ascii_only, separators=separators) for row in values]
    content = ("\n".join(lines) + "\n").replace("1.5", "1.50").encode()
    source = tmp_path / "a.jsonl"
    source.write_bytes(content)
    out = tmp_path / "out"
    assert call("deid", source, "--out", out).code == 0
    written = released(out).read_bytes()
    assert written.isascii() == ascii_only
    assert b"1.50" in written
    assert not leaks([NAME, "090-1234-5678", "712345"], written.decode())
    shown = rows(released(out))
    assert [list(row) for row in shown] == [list(row) for row in values]
    back(out, tmp_path / "back")
    assert (tmp_path / "back" / "a.jsonl").read_bytes() == content


def test_parquet_keeps_its_schema_and_its_rows(tmp_path: Path) -> None:
    import datetime

    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    columns = {
        "患者ID": ["00712345", "00698210"],
        "所見": ["山田太郎様の胸部CT", None],
        "day": [datetime.date(2024, 8, 5), datetime.date(2024, 8, 6)],
        "n": [7, None],
        "tags": [["電話 090-1234-5678"], []],
    }
    original = pa.table(columns)
    source = tmp_path / "a.parquet"
    pq.write_table(original, source)
    out = tmp_path / "out"
    assert call("deid", source, "--out", out).code == 0
    written = pq.read_table(released(out))
    assert written.schema.equals(original.schema)
    assert not leaks(["山田", "00712345", "090-1234"], str(written.to_pylist()))
    assert written.column("day").to_pylist() != columns["day"]
    back(out, tmp_path / "back")
    assert pq.read_table(tmp_path / "back" / "a.parquet").equals(original)


def test_a_record_that_its_own_file_cannot_take_is_held(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    source = tmp_path / "a.parquet"
    pq.write_table(pa.table({"患者ID": [712345], "text": ["異常なし"]}), source)
    out = tmp_path / "out"
    assert call("deid", source, "--out", out).code == 3
    (row,) = rows(out / "held.jsonl")
    assert row["reason"] == "unwritable"
    assert "712345" not in row["detail"]


def test_statuses_add_up_to_the_documents_that_came(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    texts = ["異常なし", "山\0田様", "山田太郎様", "番号71234567", "a\x01" * 9]
    lines = [json.dumps({"id": str(n), "text": text}) for n, text in enumerate(texts)]
    source.write_text("\n".join([*lines, "{broken", '{"id": "1", "text": "二度目"}']) + "\n")
    out = tmp_path / "out"
    assert call("deid", source, "--out", out).code == 3
    counts = json.loads((out / "manifest.json").read_text())["counts"]
    held = rows(out / "held.jsonl")
    away = rows(released(out))
    assert counts["documents"] == 7 == len(held) + len(away)
    assert counts["statuses"] == {"held": len(held), "released": len(away)}
    assert {row["reason"] for row in held} >= {"not_text", "unreadable_row", "duplicate_id"}
    assert sum(counts["reasons"].values()) == len(held)
    trail = [row["event"] for row in rows(out / "audit.jsonl")]
    assert trail.count("released") == len(away)
    assert trail.count("held") == len(held)


def test_two_texts_of_one_name_beside_a_table_with_ids_are_no_duplicates(tmp_path: Path) -> None:
    inputs = tmp_path / "in"
    for folder in ("a", "b"):
        (inputs / folder).mkdir(parents=True)
        (inputs / folder / "1.txt").write_text("異常なし")
    (inputs / "list.csv").write_text("id,text\n1,可\n,可\n")
    (inputs / "more.csv").write_text("text\n可\n可\n")
    out = tmp_path / "out"
    assert call("deid", inputs, "--out", out).code == 0
    ids = [row["id"] for row in rows(out / "spans.jsonl")]
    assert len(ids) == len(set(ids)) == 6


def test_a_run_of_a_folder_leaves_its_own_output_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("山田太郎様")
    out = tmp_path / "out"
    assert call("deid", tmp_path, "--out", out).code == 0
    again = tmp_path / "again"
    assert call("deid", tmp_path / "a.txt", "--out", again).code == 0
    assert call("deid", tmp_path, "--out", out, "--resume").code == 2


def test_resuming_a_finished_run_gives_the_same_bytes(tmp_path: Path, examples: Path) -> None:
    out = tmp_path / "out"
    assert call("deid", examples, "--out", out).code == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.suffix in (".txt", ".csv")}
    spans = (out / "spans.jsonl").read_bytes()
    assert call("deid", examples, "--out", out, "--resume").code == 0
    assert {path: path.read_bytes() for path in before} == before
    assert (out / "spans.jsonl").read_bytes() == spans
    assert call("audit", "verify", out).code == 0


@pytest.mark.parametrize(
    "options",
    [
        ("--profile", "redact-all"),
        ("--no-infer-columns",),
        ("--language", "en"),
        ("--keep-column", "備考コード"),
        ("--known", "備考コード=ID"),
        ("--detectors", "known,rules"),
    ],
)
def test_a_run_is_not_resumed_with_other_options(
    options: tuple[str, ...], tmp_path: Path, examples: Path
) -> None:
    source, out = examples / "radiology.csv", tmp_path / "out"
    assert call("deid", source, "--out", out).code == 0
    ended = call("deid", source, "--out", out, "--resume", *options)
    assert ended.code == 2
    assert "other values of" in ended.err


def test_a_folder_with_a_run_is_refused(tmp_path: Path, examples: Path) -> None:
    out = tmp_path / "out"
    assert call("deid", examples, "--out", out).code == 0
    ended = call("deid", examples, "--out", out)
    assert ended.code == 2
    assert "--resume" in ended.err


def test_a_file_that_cannot_be_read_counts_and_the_rest_goes_on(tmp_path: Path) -> None:
    inputs = tmp_path / "in"
    inputs.mkdir()
    (inputs / "a.txt").write_text("異常なし")
    (inputs / "山田太郎.csv").symlink_to(tmp_path / "nowhere")
    out = tmp_path / "out"
    ended = call("deid", inputs, "--out", out)
    assert ended.code == 3
    manifest = json.loads((out / "manifest.json").read_text())
    (unread,) = manifest["unread"]
    assert unread["name"].startswith("doc-")
    assert unread["name"] in ended.err
    (row,) = rows(out / "held.jsonl")
    assert (row["source"], row["status"]) == (unread["name"], "failed")
    assert not leaks(["山田", "太郎"], out, ended.err)
    assert call("audit", "verify", out).code == 0
    assert call("reveal", out, "--out", tmp_path / "back").code == 0
    assert [path.name for path in (tmp_path / "back").iterdir()] == ["a.txt"]


_CELLS = st.sampled_from(
    [
        "",
        "山田太郎様",
        '"quoted"',
        "a,b",
        "a;b",
        "x\ny",
        "電話 090-1234-5678",
        " 可 ",
        "007",
        "'",
        "①",
    ]
)
_WRITTEN = st.tuples(_CELLS, st.booleans())


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(_WRITTEN, _WRITTEN, _WRITTEN), max_size=5),
    st.sampled_from(["utf-8", "cp932", "utf-16"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_table_is_restored_byte_by_byte(
    tmp_path_factory: pytest.TempPathFactory,
    cells: list[tuple[tuple[str, bool], ...]],
    code: str,
    newline: str,
) -> None:
    folder = tmp_path_factory.mktemp("table")
    lines = ["text,note,code"]
    for row in cells:
        lines.append(",".join(_quoted(value, forced) for value, forced in row))
    content = (newline.join(lines) + newline).encode(code)
    source = folder / "a.csv"
    source.write_bytes(content)
    vault = str(folder / "vault.db")
    job = Job((str(source),), folder / "out", vault=vault, key_file=folder / "vault.key")
    ended = deidentify(job)
    if ended.summary.exit_code:
        return
    with open_vault(vault, folder / "vault.key", create=False) as opened:
        reveal_run(folder / "out", folder / "back", opened)
    assert (folder / "back" / "a.csv").read_bytes() == content


def _quoted(value: str, forced: bool) -> str:
    if forced or any(sign in value for sign in '",\n'):
        return '"' + value.replace('"', '""') + '"'
    return value

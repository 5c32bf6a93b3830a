"""Every kind of bad input that a run meets: one line that says what to do, or a held document.

Whatever happens, the rest goes on, nothing is lost, and no identifier is in any record of the run.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from commanding import Ended, call, leaks, plug_in, program, rows, run
from sekisho.release import keyfile

NAME, PHONE, NUMBER = "山田太郎", "090-8765-4321", "71234567"
#: Planted in every bad record; none of them may be seen outside of it.
CANARIES = (NAME, "山田", "太郎", PHONE, "87654321", NUMBER)
BAD = f"患者氏名：{NAME} 電話：{PHONE} 番号 {NUMBER}"
GOOD = "右肺に8 mmの結節を認める。"


@pytest.fixture(autouse=True)
def _home(home: Path) -> None:
    """Each test has a vault of its own."""


def deid(path: Path, out: Path, *options: object) -> Ended:
    """Release ``path``; whatever comes of it, no canary is seen."""
    ended = call("deid", path, "--out", out, *options)
    assert not leaks(CANARIES, ended.out, ended.err)
    if out.exists():
        assert not leaks(CANARIES, out)
    return ended


def held(out: Path) -> dict[int, dict[str, str]]:
    return {row["row"]: row for row in rows(out / "held.jsonl")}


def statuses(out: Path) -> dict[str, int]:
    counts: dict[str, int] = json.loads((out / "manifest.json").read_text())["counts"]["statuses"]
    return counts


def one_line(ended: Ended, code: int) -> str:
    assert ended.code == code, ended.err
    (line,) = ended.err.splitlines()
    assert line.startswith("sekisho: ")
    return line


# nothing to read


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.tsv", "a.jsonl"])
def test_an_empty_file_is_released_as_one(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"")
    out = tmp_path / "out"
    assert deid(tmp_path / name, out).code == 0
    assert next(out.glob("released.*")).read_bytes() == b""
    assert call("reveal", out, "--out", tmp_path / "back").code == 0
    assert (tmp_path / "back" / name).read_bytes() == b""


def test_a_table_of_nothing_but_its_header_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("患者氏名;所見\r\n".encode("cp932"))
    out = tmp_path / "out"
    assert deid(tmp_path / "a.csv", out).code == 0
    assert (out / "released.csv").read_bytes() == "患者氏名;所見\r\n".encode("cp932")


def test_empty_cells_come_back_empty(tmp_path: Path) -> None:
    content = f"患者氏名,text,n\n,,\n{NAME},,1\n,{GOOD},\n"
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    out = tmp_path / "out"
    assert deid(tmp_path / "a.csv", out).code == 0
    lines = (out / "released.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == [",,", "[氏名1],,1", f",{GOOD},"]


# one bad record among good ones

_ROWS: dict[str, tuple[bytes, str]] = {
    "too many fields": (f"1,{BAD},9,9".encode(), "fields"),
    "too few fields": (f"{BAD}".encode(), "fields"),
    "NUL": (f"1,{BAD}\0".encode(), "NUL"),
    "another encoding": (f"1,{BAD}".encode("cp932"), "read as utf-8"),
    "half a character": (f"1,{BAD}".encode() + b"\xe5\xb1", "read as utf-8"),
    "control characters": (f"1,{BAD}".encode() + b"\x01\x02\x03" * 9, "control"),
    "a control character in a name": (f"1,山\x08田太郎様{GOOD * 9}".encode(), "inside a word"),
}


@pytest.mark.parametrize("kind", _ROWS)
def test_a_bad_row_of_a_table_is_held_and_the_rest_goes_on(kind: str, tmp_path: Path) -> None:
    row, reason = _ROWS[kind]
    good = GOOD.encode()
    content = b"id,text\r\n7," + good + b"\r\n" + row + b"\r\n8," + good + b"\r\n"
    (tmp_path / "a.csv").write_bytes(content)
    out = tmp_path / "out"
    assert deid(tmp_path / "a.csv", out).code == 3
    (entry,) = held(out).values()
    assert entry["row"] == 2
    assert reason in entry["detail"], entry
    written = (out / "released.csv").read_bytes()
    assert written == b"id,text\r\n7," + good + b"\r\n8," + good + b"\r\n"
    assert statuses(out) == {"held": 1, "released": 2}


def test_a_quote_that_is_not_closed_costs_one_line(tmp_path: Path) -> None:
    lines = ["id,text", f'7,"{GOOD}"', f'1,"{BAD}', f'8,"{GOOD}"', f'9,"{GOOD}"']
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = tmp_path / "out"
    assert deid(tmp_path / "a.csv", out).code == 3
    (entry,) = held(out).values()
    assert "quote" in entry["detail"]
    written = (out / "released.csv").read_text(encoding="utf-8").splitlines()
    assert written == [lines[0], lines[1], *lines[3:]]


_LINES: dict[str, tuple[str, str]] = {
    "no JSON": (f'{{"id": "1", "text": "{BAD}', "no valid JSON"),
    "a list": (f'["{BAD}"]', "no JSON object"),
    "a number for text": (f'{{"id": "1", "text": {NUMBER}}}', "no string"),
    "an object for text": (f'{{"id": "1", "text": {{"{NAME}": 1}}}}', "no string"),
    "no text": (f'{{"id": "1", "other": "{BAD}"}}', "no text column"),
    "a lone surrogate": (f'{{"id": "1", "text": "{BAD}\\ud83d"}}', "surrogate"),
    "a lone surrogate in a name": ('{"id": "1", "text": "山\\udc00田太郎様"}', "surrogate"),
    "a surrogate elsewhere": (
        f'{{"id": "1", "text": "{GOOD}", "note": "\\ud83d{NAME}"}}',
        "surrogate",
    ),
    "a NUL": (f'{{"id": "1", "text": "{BAD}\\u0000"}}', "NUL"),
    "a NUL in a name": ('{"id": "1", "text": "山\\u0000田太郎様"}', "NUL"),
    "a key twice": (f'{{"id": "1", "text": "{GOOD}", "text": "{BAD}"}}', "twice"),
    "too deep": ('{"id": "1", "text": ' + "[" * 9000 + f'"{NAME}"' + "]" * 9000 + "}", "deep"),
    "an endless number": (f'{{"id": "1", "text": "{GOOD}", "n": {"7" * 5000}}}', "too long"),
    "a patient as a key": (
        f'{{"id": "1", "text": "{GOOD}", "more": {{"患者氏名：{NAME}様": 1}}}}',
        "key",
    ),
}


@pytest.mark.parametrize("kind", _LINES)
def test_a_bad_line_of_jsonl_is_held_and_the_rest_goes_on(kind: str, tmp_path: Path) -> None:
    line, reason = _LINES[kind]
    good = [json.dumps({"id": key, "text": GOOD}, ensure_ascii=False) for key in ("7", "8")]
    (tmp_path / "a.jsonl").write_text("\n".join([good[0], line, good[1]]) + "\n", encoding="utf-8")
    out = tmp_path / "out"
    assert deid(tmp_path / "a.jsonl", out).code == 3
    (entry,) = held(out).values()
    assert entry["row"] == 2
    assert reason in entry["detail"], entry
    assert (out / "released.jsonl").read_text(encoding="utf-8").splitlines() == good
    assert statuses(out) == {"held": 1, "released": 2}


def test_the_second_document_of_an_id_is_held(tmp_path: Path) -> None:
    lines = [f"00712345,{GOOD}", f"8,{GOOD}", f"00712345,{BAD}"]
    (tmp_path / "a.csv").write_text("id,text\n" + "\n".join(lines) + "\n", encoding="utf-8")
    out = tmp_path / "out"
    assert deid(tmp_path / "a.csv", out).code == 3
    (entry,) = held(out).values()
    assert (entry["row"], entry["reason"]) == (3, "duplicate_id")
    assert "row 1" in entry["detail"]
    assert not leaks(["00712345"], out)


# one bad file among good ones


def _office() -> bytes:
    return b"PK\x03\x04" + BAD.encode() * 9


_FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "an image called text": ("a.txt", lambda: b"\x89PNG\r\n" + BAD.encode() * 9),
    "an Office file called text": ("a.txt", _office),
    "an Office file called csv": ("a.csv", _office),
    "rubbish called text": ("a.txt", lambda: bytes(range(256)) * 40 + BAD.encode()),
    "rubbish called csv": ("a.csv", lambda: bytes(range(256)) * 40 + BAD.encode()),
    "rubbish called jsonl": ("a.jsonl", lambda: bytes(range(256)) * 40 + BAD.encode()),
    "a text with NUL": ("a.txt", lambda: f"{BAD}\n{GOOD}\0{GOOD}\n".encode()),
    "a text in two encodings": (
        "a.txt",
        lambda: (GOOD * 9 + "\n").encode() * 9 + f"{BAD}\n".encode("cp932"),
    ),
    "rubbish called parquet": ("a.parquet", lambda: b"PAR1" + BAD.encode()),
}


@pytest.mark.parametrize("kind", _FILES)
def test_a_bad_file_of_a_folder_is_told_and_the_rest_goes_on(kind: str, tmp_path: Path) -> None:
    name, content = _FILES[kind]
    inputs = tmp_path / "in"
    inputs.mkdir()
    (inputs / name).write_bytes(content())
    (inputs / "good.txt").write_text(GOOD, encoding="utf-8")
    out = tmp_path / "out"
    assert deid(inputs, out).code == 3
    (entry,) = rows(out / "held.jsonl")
    assert entry["source"] == name
    assert entry["detail"]
    away = {path.name for path in (out / "released").rglob("*")}
    assert len(away) == 1
    assert call("audit", "verify", out).code == 0
    assert call("reveal", out, "--out", tmp_path / "back").code == 0
    assert [path.name for path in (tmp_path / "back").iterdir()] == ["good.txt"]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_a_bad_file_alone_is_one_line_that_names_it(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(bytes(range(256)) * 40 + BAD.encode())
    assert name in one_line(deid(tmp_path / name, tmp_path / "out"), 2)


def test_a_wrong_column_name_is_one_line_with_the_right_ones(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"id,所見,患者氏名\n1,{GOOD},{NAME}\n", encoding="utf-8")
    said = one_line(deid(tmp_path / "a.csv", tmp_path / "out", "--text-column", "所 見"), 2)
    assert "所見" in said
    assert "--text-column" in said


def test_a_table_without_a_header_does_not_show_its_first_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{NUMBER},{NAME},{PHONE},{GOOD}\n" * 2, encoding="utf-8")
    said = one_line(deid(tmp_path / "a.csv", tmp_path / "out"), 2)
    assert "does not look like column names" in said


@pytest.mark.parametrize(
    "header",
    [f"text,{BAD}様", f"text,memo {PHONE}", f'text,"{NAME}"', "text,yamada@example.jp"],
)
def test_a_header_that_holds_an_identifier_is_refused(header: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{header}\n{GOOD},1\n", encoding="utf-8")
    assert "column 2" in one_line(deid(tmp_path / "a.csv", tmp_path / "out"), 2)


def test_a_late_key_that_holds_an_identifier_is_held(tmp_path: Path) -> None:
    rows_ = [{"text": GOOD} for _ in range(150)]
    rows_[120] = {"text": GOOD, f"電話 {PHONE}": "x"}
    content = "\n".join(json.dumps(row) for row in rows_)
    (tmp_path / "a.jsonl").write_text(content, encoding="utf-8")
    out = tmp_path / "out"
    assert deid(tmp_path / "a.jsonl", out).code == 3
    (entry,) = held(out).values()
    assert (entry["row"], entry["reason"]) == (121, "identifier_in_key")


@pytest.mark.slow
def test_a_document_of_five_megabytes_is_released(tmp_path: Path) -> None:
    line = "右肺上葉に%d mmの結節を認め、経過観察とする。%d番目の所見に著変を認めない。\n"
    pieces = []
    size = number = 0
    while size < 5_000_000:
        number += 1
        pieces.append(line % (number % 30, number % 7))
        if number % 50 == 0:
            pieces.append(f"{BAD}様\n")
        size += len(pieces[-1].encode())
    (tmp_path / "a.txt").write_text("".join(pieces), encoding="utf-8")
    out = tmp_path / "out"
    assert deid(tmp_path / "a.txt", out).code == 0
    assert call("reveal", out, "--out", tmp_path / "back").code == 0
    assert (tmp_path / "back" / "a.txt").read_bytes() == (tmp_path / "a.txt").read_bytes()


# places that cannot be written


def source_of(tmp_path: Path, count: int = 400) -> Path:
    path = tmp_path / "in.jsonl"
    lines = [json.dumps({"id": str(n), "text": f"{BAD}様。{GOOD * 3}"}) for n in range(count)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("out", ["/proc/nowhere", "/proc/self", "/dev/null", "/dev/null/x"])
def test_a_folder_that_cannot_be_written_is_one_line(out: str, tmp_path: Path) -> None:
    if not Path("/proc/self").exists():
        pytest.skip("no such folder here")
    ended = call("deid", source_of(tmp_path, 3), "--out", out)
    assert "--out" in one_line(ended, 2)


@pytest.mark.parametrize("place", ["/proc/self", "/dev/null"])
def test_a_vault_that_cannot_be_made_is_one_line(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not Path(place).exists():
        pytest.skip("no such place here")
    monkeypatch.setenv("SEKISHO_HOME", place)
    ended = deid(source_of(tmp_path, 3), tmp_path / "out")
    one_line(ended, 2)


def limited(size: int) -> Callable[[], None]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def files_of(out: Path) -> dict[str, bytes]:
    return {
        name: (out / name).read_bytes() for name in ("released.jsonl", "spans.jsonl", "held.jsonl")
    }


@pytest.mark.parametrize("size", [60_000, 120_000, 300_000])
def test_a_full_disk_is_one_line_and_nothing_is_lost(size: int, tmp_path: Path) -> None:
    source = source_of(tmp_path)
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert run("deid", source, "--out", whole).code == 0
    ended = run("deid", source, "--out", out, preexec_fn=limited(size))
    assert ended.code == 3, ended.err
    assert "full" in ended.errors[-1]
    assert "--resume" in ended.errors[-1]
    assert not leaks(CANARIES, out, ended.err)
    assert run("deid", source, "--out", out, "--resume").code == 0
    assert files_of(out) == files_of(whole)
    assert call("audit", "verify", out).code == 0


def namespaces() -> bool:
    """Whether this machine lets us mount a file system of our own."""
    if shutil.which("unshare") is None:
        return False
    tried = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("room", ["150k", "500k"])
def test_a_disk_that_is_full_in_earnest(room: str, tmp_path: Path) -> None:
    if not namespaces():
        pytest.skip("no file system can be mounted here")
    source = source_of(tmp_path)
    disk, copy = tmp_path / "disk", tmp_path / "copy"
    disk.mkdir()
    script = f"""
        mount -t tmpfs -o size={room} tmpfs {disk} || exit 99
        {program()} deid {source} --out {disk}/out; echo "code $?"
        mount -o remount,size=64m {disk}
        {program()} deid {source} --out {disk}/out --resume; echo "code $?"
        mount -o remount,ro {disk}
        {program()} deid {source} --out {disk}/other; echo "code $?"
        cp -r {disk}/out {copy}
    """
    ran = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, check=False)
    said = ran.stderr.decode()
    assert ran.stdout.decode().splitlines() == ["code 3", "code 0", "code 2"], said
    assert "the disk is full" in said or "no space" in said
    assert "Traceback" not in said
    assert not leaks(CANARIES, copy, said)
    whole = tmp_path / "whole"
    assert run("deid", source, "--out", whole).code == 0
    assert files_of(copy) == files_of(whole)


def test_a_vault_that_cannot_grow_stops_the_run_and_resume_ends_it(tmp_path: Path) -> None:
    source = source_of(tmp_path, 300)
    out = tmp_path / "out"
    assert call("deid", source_of(tmp_path, 3), "--out", tmp_path / "first").code == 0
    source = source_of(tmp_path, 300)
    vault = Path(os.environ["SEKISHO_HOME"]) / "vault.db"
    whole = tmp_path / "whole"
    assert run("deid", source, "--out", whole).code == 0
    ended = run("deid", source, "--out", out, preexec_fn=limited(vault.stat().st_size))
    assert ended.code in (2, 3), ended.err
    assert "Traceback" not in ended.err
    assert run("deid", source, "--out", out, "--resume").code == 0
    assert files_of(out) == files_of(whole)
    assert call("vault", "check").code == 0


# keys, vaults and journals


def test_a_wrong_key_is_one_line(tmp_path: Path) -> None:
    source = source_of(tmp_path, 3)
    assert deid(source, tmp_path / "first").code == 0
    keyfile.create(tmp_path / "other.key")
    options = ("--key-file", tmp_path / "other.key")
    assert "key" in one_line(deid(source, tmp_path / "out", *options), 2)
    assert "key" in one_line(deid(source, tmp_path / "first", "--resume", *options), 2)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path, home: Path) -> None:
    source = source_of(tmp_path, 3)
    assert deid(source, tmp_path / "first").code == 0
    (home / "vault.key").chmod(0o644)
    one_line(deid(source, tmp_path / "out"), 2)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE vault_keys SET wrapped = zeroblob(60)",
        "DELETE FROM vault_keys",
        "DROP TABLE vault_rows",
        "UPDATE vault_meta SET value = 'x'",
    ],
)
def test_a_tampered_vault_is_one_line(change: str, tmp_path: Path, home: Path) -> None:
    source = source_of(tmp_path, 3)
    assert deid(source, tmp_path / "first").code == 0
    connection = sqlite3.connect(home / "vault.db")
    with connection:
        connection.execute(change)
    connection.close()
    ended = deid(source, tmp_path / "out")
    assert ended.code in (2, 3)
    (line,) = ended.errors
    assert "bug" not in line
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_vault_that_lost_a_document_s_rows_is_told_by_the_audit(
    tmp_path: Path, home: Path
) -> None:
    out = tmp_path / "out"
    assert deid(source_of(tmp_path, 3), out).code == 0
    connection = sqlite3.connect(home / "vault.db")
    with connection:
        connection.execute(
            "DELETE FROM vault_rows WHERE rowid = (SELECT max(rowid) FROM vault_rows)"
        )
    connection.close()
    one_line(call("audit", "verify", out), 3)
    one_line(call("vault", "check"), 3)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE outcome SET body = replace(body, x'31', x'32') WHERE row = 2",
        "UPDATE outcome SET status = 'held' WHERE row = 2",
        "UPDATE outcome SET row = 9 WHERE row = 2",
        "UPDATE outcome SET seal = zeroblob(32)",
        "UPDATE run SET value = 'ffff' WHERE name = 'check'",
        "DROP TABLE outcome",
    ],
)
def test_a_tampered_journal_is_one_line(change: str, tmp_path: Path) -> None:
    source, out = source_of(tmp_path, 3), tmp_path / "out"
    assert deid(source, out).code == 0
    connection = sqlite3.connect(out / "journal.db")
    with connection:
        connection.execute(change)
    connection.close()
    for ended in (
        deid(source, out, "--resume"),
        call("reveal", out, "--out", tmp_path / "back"),
    ):
        assert ended.code in (2, 3)
        (line,) = ended.errors
        assert "journal.db" in line
        assert "bug" not in line


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + b"\0" * 999, b"rubbish" * 99])
def test_a_journal_that_is_none_is_one_line(content: bytes, tmp_path: Path) -> None:
    source, out = source_of(tmp_path, 3), tmp_path / "out"
    assert deid(source, out).code == 0
    (out / "journal.db").write_bytes(content)
    ended = deid(source, out, "--resume")
    if content:
        assert "journal.db" in one_line(ended, 2)
    else:
        assert ended.code == 0  # a run that was killed before its first word begins anew


def test_a_journal_in_use_is_one_line(tmp_path: Path) -> None:
    source, out = source_of(tmp_path, 3), tmp_path / "out"
    assert deid(source, out).code == 0
    connection = sqlite3.connect(out / "journal.db")
    connection.execute("BEGIN EXCLUSIVE")
    assert "in use" in one_line(deid(source, out, "--resume"), 2)
    connection.close()


# detectors that misbehave

SLOW = """
    import time

    class Detector:
        name = "slow"

        def detect(self, document):
            if "太郎" in document.text:
                time.sleep(60)
            return []
"""
DEADLY = """
    import os

    class Detector:
        name = "deadly"

        def detect(self, document):
            if "太郎" in document.text:
                os._exit(7)
            return []
"""
TALKATIVE = """
    class Detector:
        name = "talkative"

        def detect(self, document):
            if "太郎" in document.text:
                raise RuntimeError("cannot read " + document.text)
            return []
"""
WILD = """
    from sekisho.documents.document import Span

    class Detector:
        name = "wild"

        def detect(self, document):
            at = document.text.find("太郎")
            return [Span(at, at + 2, document.text[at : at + 2])] if at >= 0 else []
"""


def mixed(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    texts = [GOOD, f"{BAD}様", GOOD]
    lines = [json.dumps({"id": str(n), "text": text}) for n, text in enumerate(texts)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("name", "source", "jobs", "reason"),
    [
        ("slow", SLOW, 1, "timeout"),
        ("slow", SLOW, 2, "timeout"),
        ("deadly", DEADLY, 2, "worker_died"),
        ("talkative", TALKATIVE, 1, "detector_failed"),
        ("talkative", TALKATIVE, 2, "detector_failed"),
        ("wild", WILD, 1, "detector_failed"),
    ],
)
def test_a_document_that_a_detector_fails_at_is_held_and_the_rest_goes_on(
    name: str, source: str, jobs: int, reason: str, tmp_path: Path
) -> None:
    environment = plug_in(tmp_path / "plugins", name, source)
    environment["SEKISHO_DEBUG"] = "1"
    out = tmp_path / "out"
    options = ("--detectors", f"known,rules,lexicon,{name}", "--timeout", "4", "--jobs", jobs)
    path = mixed(tmp_path)
    ended = run("deid", path, "--out", out, *options, environment=environment, timeout=60)
    assert ended.code == 3, ended.err
    (entry,) = rows(out / "held.jsonl")
    assert (entry["id"], entry["row"], entry["reason"]) == ("1", 2, reason)
    assert [row["id"] for row in rows(out / "released.jsonl")] == ["0", "2"]
    assert not leaks(CANARIES, out, ended.err)


def test_a_detector_that_cannot_be_loaded_is_one_line(tmp_path: Path) -> None:
    environment = plug_in(tmp_path / "plugins", "broken", f"raise RuntimeError('{NAME}')")
    options = ("--detectors", "rules,broken", "--jobs", "2")
    out = tmp_path / "out"
    ended = run("deid", mixed(tmp_path), "--out", out, *options, environment=environment)
    assert ended.code in (2, 3)
    assert len(ended.errors) == 1
    assert not leaks(CANARIES, ended.err)

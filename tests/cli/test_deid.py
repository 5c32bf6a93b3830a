from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from commanding import call, leaks, program, rows, run
from sekisho.phi.categories import Category
from sekisho.release.profile import builtin_profiles, load_profile

#: Identifiers of the examples that no profile may let stay.
EXAMPLE_SECRETS = (
    "小野寺",
    "雪乃",
    "おのでら",
    "20418-7735",
    "090-0000-4127",
    "峰岸",
    "0071-4486",
    "00712345",
    "080-0000-9921",
    "山際",
    "047-000-1234",
    "06139992",
)
OUTPUTS = ("spans.jsonl", "held.jsonl", "released")


@pytest.fixture(autouse=True)
def _home(home: Path) -> None:
    """Each test has a vault of its own."""


def outputs(out: Path) -> dict[str, bytes]:
    """What a run wrote but for its clock: the released files, the spans and the held ones."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.relative_to(out).parts[0].startswith(OUTPUTS)
    }


def many(path: Path, count: int) -> Path:
    lines = [
        json.dumps({"id": str(n), "text": f"山田太郎様、電話 090-1234-{n:04}。{n % 9} mmの結節。"})
        for n in range(count)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def test_the_examples_are_released_and_the_exit_code_says_so(
    tmp_path: Path, examples: Path
) -> None:
    out = tmp_path / "out"
    ended = run("deid", examples, "--out", out)
    assert (ended.code, ended.out) == (0, "")
    assert "9 released, 0 held, 0 failed" in ended.err
    assert "\r" not in ended.err
    names = {path.name for path in out.iterdir()}
    assert names == {
        "released",
        "spans.jsonl",
        "held.jsonl",
        "manifest.json",
        "audit.jsonl",
        "journal.db",
        "report.html",
    }


@pytest.mark.parametrize("profile", builtin_profiles())
def test_every_profile_releases_the_examples(profile: str, tmp_path: Path, examples: Path) -> None:
    out = tmp_path / "out"
    ended = call("deid", examples, "--out", out, "--profile", profile)
    held = rows(out / "held.jsonl")
    assert ended.code == 0, held
    written = b"".join(path.read_bytes() for path in (out / "released").rglob("*.*"))
    for code in ("utf-8", "cp932"):
        assert not leaks(EXAMPLE_SECRETS, written.decode(code, "replace"))
    reversible = load_profile(profile).reversible
    assert call("reveal", out, "--out", tmp_path / "back").code == (0 if reversible else 2)
    assert call("audit", "verify", out).code == 0


def test_a_held_document_makes_the_exit_code_three(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id":"1","text":"a\\u0000b"}\n{"id":"2","text":"可"}\n')
    ended = call("deid", tmp_path / "a.jsonl", "--out", tmp_path / "out")
    assert ended.code == 3
    assert "1 released, 1 held, 0 failed" in ended.err


@pytest.mark.parametrize(
    "options",
    [
        ("--profile", "no-such"),
        ("--detectors", "known,nothing"),
        ("--detectors", "known,known"),
        ("--detectors", ","),
        ("--text-column", "nowhere"),
        ("--id-column", "nowhere"),
        ("--patient-column", "nowhere"),
        ("--known", "nowhere=NAME"),
        ("--known", "患者氏名"),
        ("--known", "患者氏名=SURNAME"),
        ("--keep-column", "nowhere"),
        ("--keep-column", "報告書"),
        ("--known", "備考コード=ID", "--keep-column", "備考コード"),
        ("--numbering", "backwards"),
        ("--language", "fr"),
        ("--encoding", "utf-99"),
        ("--jobs", "0"),
        ("--timeout", "0"),
        ("--no-such-option",),
    ],
)
def test_wrong_usage_is_told_and_ends_with_two(
    options: tuple[str, ...], tmp_path: Path, examples: Path
) -> None:
    out = tmp_path / "out"
    ended = call("deid", examples / "radiology.csv", "--out", out, *options)
    assert ended.code == 2
    assert not (out / "journal.db").exists()
    if ended.errors:
        assert len(ended.err.splitlines()) == 1


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    ended = call("deid", tmp_path / "nowhere.csv", "--out", tmp_path / "out")
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert "nowhere.csv" in ended.err


def test_an_empty_folder_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert call("deid", tmp_path / "in", "--out", tmp_path / "out").code == 2


def test_an_input_in_the_output_folder_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("可", encoding="utf-8")
    ended = call("deid", tmp_path / "a.txt", "--out", tmp_path)
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert "--out" in ended.err


def test_two_processes_give_the_bytes_of_one(tmp_path: Path, examples: Path) -> None:
    source = many(tmp_path / "many.jsonl", 150)
    one, two = tmp_path / "one", tmp_path / "two"
    assert run("deid", examples, source, "--out", one).code == 0
    assert run("deid", examples, source, "--out", two, "--jobs", "2").code == 0
    assert outputs(one) == outputs(two)
    assert len(outputs(one)) > 8


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_run_says_so_and_is_finished_by_resume(jobs: int, tmp_path: Path) -> None:
    source = many(tmp_path / "many.jsonl", 1500)
    out = tmp_path / "out"
    command = [program(), "deid", str(source), "--out", str(out), "--jobs", str(jobs)]
    started = subprocess.Popen(command, stderr=subprocess.PIPE, env=dict(os.environ))
    until = time.monotonic() + 60
    while size(out / "journal.db-wal") < 50_000 and time.monotonic() < until:
        time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=60)
    assert started.returncode == 130, said
    assert b"--resume" in said
    assert b"Traceback" not in said
    assert not (out / "manifest.json").exists()
    assert run(*command[1:], "--resume").code == 0
    whole = tmp_path / "whole"
    assert run("deid", source, "--out", whole, "--jobs", "2").code == 0
    assert outputs(out) == outputs(whole)
    assert call("audit", "verify", out).code == 0


def test_the_manifest_has_the_hash_of_every_file_and_no_name(
    tmp_path: Path, examples: Path
) -> None:
    out = tmp_path / "out"
    assert call("deid", examples, "--out", out).code == 0
    manifest = json.loads((out / "manifest.json").read_text())
    hashes = {entry["sha256"] for entry in manifest["inputs"]}
    files = [path for path in examples.rglob("*") if path.suffix in (".csv", ".txt")]
    assert hashes == {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert not {entry["name"] for entry in manifest["inputs"]} & {path.name for path in files}
    for entry in manifest["outputs"]:
        content = (out / entry["path"]).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["size"] == len(content)
    assert manifest["profile"]["sha256"] == load_profile("ja-pseudonymized").digest
    assert {"sekisho", "sudachipy", "python"} <= manifest["versions"].keys()
    assert manifest["detectors"] == ["known", "rules", "lexicon", "tagger"]
    assert manifest["unread"] == []


@pytest.mark.parametrize("name", ["audit.jsonl", "spans.jsonl", "released/reports/referral.txt"])
def test_the_audit_fails_after_one_byte_changed(name: str, tmp_path: Path, examples: Path) -> None:
    out = tmp_path / "out"
    assert call("deid", examples, "--out", out).code == 0
    assert call("audit", "verify", out).code == 0
    content = bytearray((out / name).read_bytes())
    content[len(content) // 2] ^= 1
    (out / name).write_bytes(content)
    ended = call("audit", "verify", out)
    assert (ended.code, len(ended.errors)) == (3, 1)


def test_spans_fit_the_original(tmp_path: Path, examples: Path) -> None:
    out = tmp_path / "out"
    source = examples / "reports"
    assert call("deid", source, "--out", out).code == 0
    found = set()
    for row in rows(out / "spans.jsonl"):
        text = (source / f"{row['id']}.txt").read_text(encoding="utf-8")
        assert row["spans"] == sorted(row["spans"], key=lambda span: span["start"])
        for span in row["spans"]:
            assert span.keys() == {"start", "end", "category", "score", "sources"}
            assert 0 <= span["start"] < span["end"] <= len(text)
            assert Category(span["category"])
            found.add(text[span["start"] : span["end"]])
    assert {"小野寺　雪乃", "20418-7735", "ｲﾏﾅｶﾞ ｾﾂｺ"} <= found


def test_spans_of_several_columns_name_their_column(tmp_path: Path) -> None:
    values = {"id": "1", "a": "山田太郎様", "b": "電話 090-1234-5678"}
    source = tmp_path / "a.jsonl"
    source.write_text(json.dumps(values))
    out = tmp_path / "out"
    options = ("--text-column", "a", "--text-column", "b")
    assert call("deid", source, "--out", out, *options).code == 0
    (row,) = rows(out / "spans.jsonl")
    found = {values[span["column"]][span["start"] : span["end"]] for span in row["spans"]}
    assert found == {"山田太郎", "090-1234-5678"}


def test_a_file_called_after_its_patient_is_called_otherwise_in_the_run(tmp_path: Path) -> None:
    inputs = tmp_path / "in"
    names = ("山田太郎.txt", "佐藤 花子/00712345.txt", "yamada_taro.txt", "19580402/ct.txt")
    for name in names:
        path = inputs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("異常なし", encoding="utf-8")
    out = tmp_path / "out"
    ended = call("deid", inputs, "--out", out)
    assert ended.code == 0
    secrets = ["山田", "太郎", "佐藤", "花子", "00712345", "yamada", "19580402"]
    assert not leaks(secrets, out, ended.err.replace(str(tmp_path), ""))
    assert call("reveal", out, "--out", tmp_path / "back").code == 0
    assert all((tmp_path / "back" / name).exists() for name in names)


def test_tags_can_be_numbered_across_documents(tmp_path: Path) -> None:
    inputs = tmp_path / "in"
    inputs.mkdir()
    (inputs / "a.txt").write_text("佐藤花子様。山田太郎様。", encoding="utf-8")
    (inputs / "b.txt").write_text("山田太郎様。", encoding="utf-8")
    out = tmp_path / "out"
    assert call("deid", inputs, "--out", out, "--numbering", "keyed").code == 0
    first = (out / "released" / "a.txt").read_text(encoding="utf-8")
    second = (out / "released" / "b.txt").read_text(encoding="utf-8")
    assert second in first
    assert first.count(second) == 1


def test_the_vault_and_its_key_are_where_the_options_say(tmp_path: Path, examples: Path) -> None:
    vault, key = tmp_path / "v" / "my.db", tmp_path / "k" / "my.key"
    vault.parent.mkdir()
    key.parent.mkdir()
    options = ("--vault", vault, "--key-file", key)
    out = tmp_path / "out"
    assert call("deid", examples, "--out", out, *options).code == 0
    assert key.stat().st_mode & 0o077 == 0
    assert not (tmp_path / "home").exists()
    assert call("reveal", out, "--out", tmp_path / "back", *options).code == 0
    assert not leaks(EXAMPLE_SECRETS, vault.parent)

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from commanding import call, leaks
from sekisho.release import keyfile


@pytest.fixture
def finished(home: Path, tmp_path: Path, examples: Path) -> Path:
    """A finished run of the examples."""
    out = tmp_path / "out"
    assert call("deid", examples, "--out", out).code == 0
    return out


def test_every_released_file_is_restored_byte_by_byte(
    finished: Path, tmp_path: Path, examples: Path
) -> None:
    ended = call("reveal", finished, "--out", tmp_path / "back")
    assert ended.code == 0
    assert "9 documents restored" in ended.err
    for path in examples.rglob("*"):
        if path.suffix in (".csv", ".txt"):
            again = tmp_path / "back" / path.relative_to(examples)
            assert again.read_bytes() == path.read_bytes()


def test_held_documents_are_left_out_and_the_others_restored(home: Path, tmp_path: Path) -> None:
    lines = ['{"text":"山田太郎様"}', '{"text":"a\\u0000b"}', '{"text":"佐藤花子様"}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = tmp_path / "out"
    assert call("deid", tmp_path / "a.jsonl", "--out", out).code == 3
    assert call("reveal", out, "--out", tmp_path / "back").code == 0
    again = (tmp_path / "back" / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert again == [lines[0], lines[2]]


def test_a_wrong_key_is_one_line(finished: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    keyfile.create(other)
    ended = call("reveal", finished, "--out", tmp_path / "back", "--key-file", other)
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert "key" in ended.err
    assert not (tmp_path / "back").exists()


def test_a_missing_key_is_one_line(finished: Path, home: Path, tmp_path: Path) -> None:
    (home / "vault.key").unlink()
    ended = call("reveal", finished, "--out", tmp_path / "back")
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)


def test_another_vault_does_not_restore_the_run(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, examples: Path
) -> None:
    monkeypatch.setenv("SEKISHO_HOME", str(tmp_path / "elsewhere"))
    assert call("deid", examples / "reports", "--out", tmp_path / "other").code == 0
    ended = call("reveal", finished, "--out", tmp_path / "back")
    assert ended.code in (2, 3)
    assert len(ended.err.splitlines()) == 1


def test_an_irreversible_run_cannot_be_revealed(home: Path, tmp_path: Path, examples: Path) -> None:
    out = tmp_path / "out"
    assert call("deid", examples, "--out", out, "--profile", "ja-anonymized").code == 0
    ended = call("reveal", out, "--out", tmp_path / "back")
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert "irreversible" in ended.err


def test_a_released_file_that_was_changed_is_not_restored(finished: Path, tmp_path: Path) -> None:
    released = finished / "released" / "reports" / "referral.txt"
    released.write_text(released.read_text(encoding="utf-8") + "追記", encoding="utf-8")
    ended = call("reveal", finished, "--out", tmp_path / "back")
    assert (ended.code, len(ended.err.splitlines())) == (3, 1)
    assert "referral.txt" in ended.err
    assert not (tmp_path / "back" / "reports" / "referral.txt").exists()


def test_a_released_file_that_is_gone_is_told(finished: Path, tmp_path: Path) -> None:
    (finished / "released" / "radiology.csv").unlink()
    ended = call("reveal", finished, "--out", tmp_path / "back")
    assert (ended.code, len(ended.err.splitlines())) == (3, 1)


def test_a_cut_table_is_not_restored(finished: Path, tmp_path: Path) -> None:
    released = finished / "released" / "radiology.csv"
    released.write_bytes(b"".join(released.read_bytes().splitlines(keepends=True)[:-1]))
    assert call("reveal", finished, "--out", tmp_path / "back").code == 3
    assert not (tmp_path / "back" / "radiology.csv").exists()


def test_a_tampered_vault_is_told(finished: Path, home: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(home / "vault.db")
    with connection:
        connection.execute("UPDATE vault_rows SET sealed = substr(sealed, 1, 40) || x'00'")
    connection.close()
    ended = call("reveal", finished, "--out", tmp_path / "back")
    assert (ended.code, len(ended.err.splitlines())) == (3, 1)


def test_no_file_is_written_over(finished: Path, tmp_path: Path, examples: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(examples, copy)
    (copy / "radiology.csv").write_text("mine")
    ended = call("reveal", finished, "--out", copy)
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert (copy / "radiology.csv").read_text() == "mine"


def test_a_folder_without_a_run_is_wrong_usage(home: Path, tmp_path: Path, finished: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert call("reveal", tmp_path / "empty", "--out", tmp_path / "back").code == 2
    assert call("reveal", tmp_path / "nowhere", "--out", tmp_path / "back").code == 2


def test_what_is_said_names_no_patient(finished: Path, tmp_path: Path) -> None:
    ended = call("reveal", finished, "--out", tmp_path / "back")
    assert not leaks(["小野寺", "00712345"], ended.out, ended.err)

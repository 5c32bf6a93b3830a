from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sekisho.cli.audit import audit_app
from sekisho.release.audit import AuditWriter
from sekisho.release.audit_check import file_hash
from sekisho.release.opening import open_vault

REFERENCE = "ab" * 32


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEKISHO_HOME", str(tmp_path / "home"))
    for name in ("SEKISHO_VAULT", "SEKISHO_KEY", "SEKISHO_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run with a vault at home."""
    directory = tmp_path / "run"
    directory.mkdir()
    (directory / "released.txt").write_text("[氏名1]様")
    with (
        open_vault(None, None, create=True) as vault,
        AuditWriter(
            directory / "audit.jsonl",
            run="r1",
            versions={},
            clock=lambda: "2026-04-01T09:30:00+09:00",
            derive=vault.keys.derive,
        ) as writer,
    ):
        vault.put_reversals("r1", [(REFERENCE, b"x")])
        writer.document(REFERENCE, "released")
        files = {"released.txt": file_hash(directory / "released.txt")}
        writer.close(files=files, reversals=str(vault.tally("r1")))
    return directory


def verify(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(audit_app, ["verify", *arguments])
    return result.exit_code, result.output


def test_a_sound_run_is_one_line_and_zero(run: Path) -> None:
    code, output = verify(str(run))
    assert (code, output) == (0, f"{run}: sound: 1 documents, 1 files, seal holds\n")


def test_without_a_vault_the_chain_alone_is_checked(run: Path, tmp_path: Path) -> None:
    assert verify(str(run), "--chain-only")[1].endswith("seal not checked\n")
    (tmp_path / "home" / "vault.db").unlink()
    assert verify(str(run))[1].endswith("seal not checked\n")


def test_a_changed_trail_or_file_is_one_line_and_three(run: Path) -> None:
    released = run / "released.txt"
    released.write_text("山田様")
    code, output = verify(str(run))
    assert code == 3
    assert output == f"sekisho: {released}: the file was changed\n"
    trail = run / "audit.jsonl"
    trail.write_text(trail.read_text().replace('"released"', '"failed"'))
    code, output = verify(str(run))
    assert code == 3
    assert output == f"sekisho: {trail}:2: the line was changed\n"


def test_a_vault_that_lost_the_run_s_rows_is_three(run: Path) -> None:
    with open_vault(None, None, create=False) as vault:
        vault.put_reversals("r1", [(REFERENCE, b"another")])
    code, output = verify(str(run))
    assert code == 3
    assert "the run r1 is not what was recorded" in output


def test_another_vault_does_not_confirm_the_seal(run: Path, tmp_path: Path) -> None:
    other, key = str(tmp_path / "other.db"), tmp_path / "other.key"
    open_vault(other, key, create=True).close()
    code, output = verify(str(run), "--vault", other, "--key-file", str(key))
    assert code == 3
    assert "another vault" in output


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert verify(str(tmp_path / "absent"))[0] == 2

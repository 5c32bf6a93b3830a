from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sekisho.errors import OutputError, WrongKeyError
from sekisho.release import keyfile


def test_a_created_key_is_private_and_can_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "new" / "vault.key"
    key = keyfile.create(path)
    assert keyfile.load(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == ["vault.key"]


def test_an_existing_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    assert keyfile.create(path) == keyfile.create(path)


def test_many_creators_end_with_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(keyfile.create, [tmp_path / "vault.key"] * 16))
    assert len({key.secret for key in made}) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "vault.key"
    keyfile.create(path)
    path.chmod(mode)
    with pytest.raises(WrongKeyError, match=f"chmod 600 {path}"):
        keyfile.load(path)


def test_a_missing_or_unreadable_key_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WrongKeyError, match="--key-file"):
        keyfile.load(tmp_path / "absent")
    with pytest.raises(WrongKeyError, match="cannot be read"):
        keyfile.load(tmp_path)


def test_a_file_without_a_key_is_refused_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    path.write_bytes("山田太郎".encode() * 1000)
    path.chmod(0o600)
    with pytest.raises(WrongKeyError, match="32 bytes") as caught:
        keyfile.load(path)
    assert "山田" not in str(caught.value)


def test_a_key_may_come_through_a_pipe(tmp_path: Path) -> None:
    key = keyfile.create(tmp_path / "vault.key")
    reader, writer = os.pipe()
    try:
        os.write(writer, key.text().encode())
        os.close(writer)
        assert keyfile.load(Path(f"/dev/fd/{reader}")) == key
    finally:
        os.close(reader)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"vault\.key"):
        keyfile.create(tmp_path / "file" / "vault.key")


def test_a_key_file_is_replaced_at_once(tmp_path: Path) -> None:
    old, new = tmp_path / "vault.key", tmp_path / "vault.key.new"
    keyfile.create(old)
    fresh = keyfile.create(new)
    keyfile.replace(old, new)
    assert keyfile.load(old) == fresh
    assert not new.exists()

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from sekisho.errors import WrongKeyError
from sekisho.release.keys import MasterKey
from sekisho.release.vault import Vault
from sekisho.release.vault_rows import SealedRows

ROWS = {f"doc{n}": str(n).encode() for n in range(700)}


@pytest.fixture
def filled(vault: Vault) -> Vault:
    vault.put_reversals("run", ROWS.items())
    vault.remember("NAME", "t", "山田")
    return vault


def assert_whole(vault: Vault) -> None:
    assert dict(vault.stream("run")) == ROWS
    remembered = vault.lookup("t")
    assert remembered is not None
    assert remembered.surface == "山田"
    vault.check()


@pytest.mark.parametrize("reseal", [False, True])
def test_after_a_rotation_only_the_new_key_opens_and_pseudonyms_stay(
    filled: Vault, url: str, master: MasterKey, reseal: bool
) -> None:
    new = MasterKey.generate()
    pseudonym, data, tally = (
        filled.keys.derive("person", "1"),
        filled.keys.data,
        filled.tally("run"),
    )
    filled.rotate(new, reseal=reseal)
    assert_whole(filled)
    with pytest.raises(WrongKeyError):
        Vault.open(url, master)
    with Vault.open(url, new) as again:
        assert_whole(again)
        assert again.keys.derive("person", "1") == pseudonym
        assert (again.keys.data != data) == reseal
        # A tally kept elsewhere outlives the rotation.
        again.check({"run": tally})


def test_rotations_follow_each_other(filled: Vault, url: str) -> None:
    for reseal in (True, False, True):
        new = MasterKey.generate()
        filled.rotate(new, reseal=reseal)
    with Vault.open(url, new) as again:
        assert again.keys.version == 3
        assert_whole(again)


def test_another_open_vault_is_told_that_its_key_was_replaced(
    filled: Vault, url: str, master: MasterKey
) -> None:
    with Vault.open(url, master) as other:
        filled.rotate(MasterKey.generate(), reseal=True)
        for act in (
            lambda: other.put_reversals("run", [("a", b"a")]),
            lambda: other.reversals("run", "doc1"),
            lambda: other.rotate(MasterKey.generate()),
        ):
            with pytest.raises(WrongKeyError):
                act()
    assert_whole(filled)


def test_a_run_goes_on_through_a_rotation_without_resealing(
    filled: Vault, url: str, master: MasterKey
) -> None:
    with Vault.open(url, master) as other:
        filled.rotate(MasterKey.generate())
        other.put_reversals("second", [("a", b"a")])
    assert filled.reversals("second", "a") == b"a"


def test_a_vault_resealed_under_the_same_master_is_reloaded(
    filled: Vault, url: str, master: MasterKey
) -> None:
    with Vault.open(url, master) as other:
        other.rotate(master, reseal=True)
        assert_whole(filled)
        filled.put_reversals("run", [("doc1", b"1")])
        assert_whole(other)


def test_a_rotation_that_fails_midway_leaves_the_old_vault(
    filled: Vault, url: str, master: MasterKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = 0
    binding = SealedRows._binding

    def failing(self: SealedRows, scope: str, reference: str) -> bytes:
        nonlocal sealed
        sealed += 1
        if sealed > 2000:
            raise RuntimeError("the power went")
        return binding(self, scope, reference)

    with monkeypatch.context() as patch:
        patch.setattr(SealedRows, "_binding", failing)
        with pytest.raises(RuntimeError):
            filled.rotate(MasterKey.generate(), reseal=True)
    assert_whole(filled)
    with Vault.open(url, master) as again:
        assert again.keys.version == 1
        assert_whole(again)


ROTATE = """
import sys
from sekisho.release.keys import MasterKey
from sekisho.release.vault import Vault
url, old, new = sys.argv[1:]
with Vault.open(url, MasterKey.parse(old, where="")) as vault:
    print("ready", flush=True)
    vault.rotate(MasterKey.parse(new, where=""), reseal=True)
    print("done", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.03, None])
def test_a_killed_rotation_leaves_either_the_old_or_the_new_vault(
    filled: Vault, url: str, master: MasterKey, delay: float | None
) -> None:
    new = MasterKey.generate()
    command = [sys.executable, "-c", ROTATE, url, master.text(), new.text()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        if delay is None:
            assert process.stdout.readline() == b"done\n"
        else:
            time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
    opened = 0
    for key in (master, new):
        try:
            with Vault.open(url, key) as vault:
                assert_whole(vault)
                opened += 1
        except WrongKeyError:
            continue
    assert opened == 1

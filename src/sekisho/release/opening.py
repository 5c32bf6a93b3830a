"""Where the vault and its master key are: options first, then the environment, then home.

=====================  ====================================================================
``SEKISHO_HOME``       the folder of ``vault.key`` and ``vault.db``, else ~/.local/share/sekisho
``SEKISHO_VAULT``      path or URL of the vault
``SEKISHO_KEY``        the master key itself, 32 bytes in base64
``SEKISHO_KEY_FILE``   the file of the master key
=====================  ====================================================================
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from sekisho.errors import UsageError, WrongKeyError
from sekisho.release import keyfile
from sekisho.release.keys import MasterKey
from sekisho.release.vault import Vault

__all__ = ["home", "interrupted_key", "key_path", "open_vault", "rotate_vault", "vault_url"]


def home(environment: Mapping[str, str]) -> Path:
    """The folder where sekisho keeps its own things."""
    place = environment.get("SEKISHO_HOME")
    return Path(place) if place else Path.home() / ".local" / "share" / "sekisho"


def vault_url(vault: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """The path or URL of the vault."""
    return vault or environment.get("SEKISHO_VAULT") or str(home(environment) / "vault.db")


def key_path(key_file: Path | None, environment: Mapping[str, str] = os.environ) -> Path | None:
    """The file of the master key, None when the environment holds the key itself.

    Raises ``UsageError`` when the environment names two keys.
    """
    if key_file is not None:
        return key_file
    named = environment.get("SEKISHO_KEY_FILE")
    if environment.get("SEKISHO_KEY"):
        if named:
            raise UsageError(
                "SEKISHO_KEY and SEKISHO_KEY_FILE are both set", remedy="unset one of them"
            )
        return None
    return Path(named) if named else home(environment) / "vault.key"


def open_vault(
    vault: str | None,
    key_file: Path | None,
    *,
    create: bool,
    environment: Mapping[str, str] = os.environ,
) -> Vault:
    """The vault that the options and the environment name.

    ``create`` makes the vault, and its key file, when neither is there; a vault whose key file
    is missing never gets a new key. Raises the errors of ``Vault.open`` and ``keyfile``.
    """
    url = vault_url(vault, environment)
    path = key_path(key_file, environment)
    try:
        return Vault.open(url, _master(url, path, create, environment), create=create)
    except WrongKeyError as error:
        if path is not None and interrupted_key(path).exists():
            error.remedy = "a rotation was interrupted: finish it with 'sekisho vault rotate'"
        raise


def rotate_vault(
    vault: str | None,
    key_file: Path | None,
    new_key_file: Path | None,
    *,
    reseal: bool,
    environment: Mapping[str, str] = os.environ,
) -> Path:
    """Put the vault under a new master key and return the file of that key.

    The new key is taken from ``new_key_file``, made there when it is missing. Without it the
    present key file gets the new key: that lies in ``FILE.new`` until the vault is rotated, so
    the same call finishes what was interrupted.
    """
    url = vault_url(vault, environment)
    path = key_path(key_file, environment)
    if new_key_file is None and path is None:
        raise UsageError(
            "the key comes from SEKISHO_KEY, which cannot be changed from here",
            remedy="name a file for the new key with --new-key-file",
        )
    old = _master(url, path, False, environment)
    target = new_key_file or interrupted_key(path or Path())
    try:
        opened = Vault.open(url, old)
    except WrongKeyError:
        # Perhaps the vault was rotated just before an interruption, and only the file is left.
        if not target.exists():
            raise
        Vault.open(url, keyfile.load(target)).close()
    else:
        with opened:
            new = keyfile.load(target) if target.exists() else keyfile.create(target)
            if new == old:
                raise UsageError("this is the present key", where=str(target))
            opened.rotate(new, reseal=reseal)
    if new_key_file is None and path is not None:
        keyfile.replace(path, target)
        return path
    return target


def interrupted_key(path: Path) -> Path:
    """Where a rotation in place keeps the new key until it is done."""
    return path.with_name(path.name + ".new")


def _master(url: str, path: Path | None, create: bool, environment: Mapping[str, str]) -> MasterKey:
    if path is None:
        return MasterKey.parse(environment["SEKISHO_KEY"], where="SEKISHO_KEY")
    if not create or path.exists():
        return keyfile.load(path)
    # In this order, and asked again: another process may be making both right now.
    if Vault.exists(url) and not path.exists():
        raise WrongKeyError(
            "the vault is there, but its key file is missing",
            where=str(path),
            remedy="bring the key file back from its backup, or name it with --key-file",
        )
    return keyfile.create(path)

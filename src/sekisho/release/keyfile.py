"""The file of the master key: readable by its owner alone, complete or not there at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from sekisho.errors import OutputError, WrongKeyError
from sekisho.release.keys import MasterKey

__all__ = ["create", "load", "replace"]

_OTHERS = 0o077
_LONGEST = 1024


def load(path: Path) -> MasterKey:
    """The key in ``path``.

    Raises ``WrongKeyError`` when the file is missing, open to other users, or holds no key.
    """
    try:
        with open(path, "rb") as file:
            # Asked of the open file, so that nobody can exchange it in between.
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & _OTHERS:
                raise WrongKeyError(
                    "other users can read this key file",
                    where=str(path),
                    remedy=f"chmod 600 {path}",
                )
            text = file.read(_LONGEST).decode("ascii", "replace")
    except FileNotFoundError:
        raise WrongKeyError(
            "there is no such key file",
            where=str(path),
            remedy="name it with --key-file or SEKISHO_KEY_FILE",
        ) from None
    except OSError as error:
        raise WrongKeyError(
            f"the key file cannot be read: {error.strerror}", where=str(path)
        ) from None
    return MasterKey.parse(text, where=str(path))


def create(path: Path) -> MasterKey:
    """A new key, written to ``path``; the key that is there when another process was faster.

    The key is written under another name (O_EXCL, mode 0600, fsync) and then linked into place:
    whoever sees ``path`` sees a whole key, and none is ever overwritten.
    Raises ``OutputError`` when the place cannot be written.
    """
    key = MasterKey.generate()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = _write(key, path)
        try:
            os.link(draft, path)
        except FileExistsError:
            return load(path)
        finally:
            os.unlink(draft)
        _sync(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    return key


def replace(path: Path, new: Path) -> None:
    """Put the key file ``new`` in the place of ``path``, at once and for good."""
    try:
        os.replace(new, path)
        _sync(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None


def _write(key: MasterKey, path: Path) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(key.text() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            os.unlink(draft)
        raise
    return draft


def _sync(folder: Path) -> None:
    # A new name is only safe from a power cut once its folder is on the disk as well.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"the key file cannot be written: {error.strerror}",
        where=str(path),
        remedy="choose another place with --key-file",
    )

"""Answers recorded to a file, and a model that gives them again.

A recording makes a run repeatable where the model is not at hand. It is a file of lines in JSON:
the first says what it is and which model was recorded, each further one holds an answer, or the
tokens that a prompt had, under the hash of its request. With a key every line is sealed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sekisho.errors import InputError, ModelAccessError, OutputError, UsageError
from sekisho.models.keeping import Seal, completion_bytes, completion_of, request_bytes
from sekisho.models.seam import (
    Abilities,
    Completion,
    Description,
    Locality,
    Model,
    Origin,
    Request,
    SchemaMeans,
)
from sekisho.models.wrapper import Wrapper

__all__ = ["Recorder", "ReplayModel"]

_KIND = "sekisho recording"
_VERSION = 1
_HOLDS = "answers of a language model; they may hold identifiers"
_PURPOSE = "recording"
_ANEW = "record it anew"


class _Lines:
    """How lines are named and sealed: with a key, or without one in plain sight."""

    def __init__(self, key: bytes | None, salt: bytes) -> None:
        self._seal = None if key is None else Seal(key, salt, _PURPOSE)

    @property
    def check(self) -> str | None:
        return None if self._seal is None else self._seal.check

    def name(self, kind: str, request: Request, digest: str) -> str:
        content = request_bytes(request, digest, kind)
        if self._seal is None:
            return hashlib.sha256(content).hexdigest()
        return self._seal.name(content).hex()

    def written(self, name: str, value: bytes) -> bytes:
        if self._seal is None:
            return b'{"key":"%b","value":%b}\n' % (name.encode("ascii"), value)
        sealed = base64.b64encode(self._seal.close(value, name.encode("ascii")))
        return b'{"key":"%b","sealed":"%b"}\n' % (name.encode("ascii"), sealed)

    def read(self, line: bytes) -> tuple[str, Any]:
        """The name and the value of a line. Raises ``ValueError`` when it is damaged."""
        row = json.loads(line)
        name = row["key"]
        if self._seal is None:
            return name, row["value"]
        sealed = base64.b64decode(row["sealed"], validate=True)
        opened = self._seal.open(sealed, name.encode("ascii"))
        if opened is None:
            raise ValueError("it does not authenticate")
        return name, json.loads(opened)


class Recorder(Wrapper):
    """``model``, whose answers and counts are written to ``path`` as they come.

    The file is new and readable for its owner alone; each line is in it when the answer is given.
    ``key`` (32 bytes) seals it; without one only answers to synthetic text may be recorded, which
    the caller sees to. Raises ``UsageError`` when the file exists, ``OutputError`` when it cannot
    be written.
    """

    def __init__(self, model: Model, path: Path, *, key: bytes | None) -> None:
        super().__init__(model)
        self._path = path
        self._salt = secrets.token_bytes(16)
        self._lines = _Lines(key, self._salt)
        self._recorded: set[str] = set()
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise UsageError(
                "this file exists", where=str(path), remedy="record to a new file"
            ) from None
        except OSError as error:
            raise _unwritable(path, error) from None

    async def complete(self, request: Request) -> Completion:
        """See ``Model``; raises ``OutputError`` when the answer cannot be recorded."""
        completion = await super().complete(request)
        await self._record("answer", request, completion_bytes(completion))
        return completion

    async def count(self, request: Request) -> int | None:
        """See ``Model``; raises ``OutputError`` when the count cannot be recorded."""
        counted = await super().count(request)
        if counted is not None:
            await self._record("count", request, b"%d" % counted)
        return counted

    async def _record(self, kind: str, request: Request, value: bytes) -> None:
        description = await self.described()
        name = self._lines.name(kind, request, description.digest)
        # The first answer counts: a question that is asked again gets the same one.
        if name not in self._recorded:
            header = b"" if self._recorded else self._header(description)
            self._append(header + self._lines.written(name, value))
            self._recorded.add(name)

    def _header(self, description: Description) -> bytes:
        header = {
            "kind": _KIND,
            "version": _VERSION,
            "holds": _HOLDS,
            "salt": self._salt.hex(),
            "check": self._lines.check,
            "description": asdict(description),
            "abilities": asdict(self.abilities),
        }
        return json.dumps(header).encode("ascii") + b"\n"

    def _append(self, lines: bytes) -> None:
        try:
            with open(self._path, "ab", buffering=0) as file:
                if file.write(lines) != len(lines):
                    raise OSError(0, "only a part was written")
        except OSError as error:
            raise _unwritable(self._path, error) from None


class ReplayModel:
    """The model that was recorded to ``path``; an answer of it is marked ``Origin.REPLAYED``.

    The whole file is read and checked at once. Raises ``InputError`` when it is no recording or
    damaged, ``UsageError`` when ``key`` is not the one it was sealed with.
    """

    def __init__(self, path: Path, *, key: bytes | None = None, name: str = "replay") -> None:
        self.name = name
        self.locality = Locality.LOCAL
        self._path = path
        lines = _lines_of(path)
        try:
            header = json.loads(next(lines, b""))
            if header["kind"] != _KIND:
                raise ValueError("another kind of file")
            version, check = header["version"], header["check"]
            salt = bytes.fromhex(header["salt"])
            self._description = Description(**header["description"])
            self.abilities = _abilities(header["abilities"])
        except (KeyError, RecursionError, TypeError, ValueError):
            raise InputError("not a recording of sekisho", where=str(path)) from None
        if version != _VERSION:
            raise InputError("recorded by another version", where=str(path), remedy=_ANEW)
        self._lines = _opened(key, salt, check, path)
        self._values: dict[str, Any] = {}
        for number, line in enumerate(lines, start=2):
            try:
                at, value = self._lines.read(line)
                self._values[at] = value if isinstance(value, int) else _played(value)
            except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
                raise InputError(
                    "a recorded line is damaged", where=f"{path}:{number}", remedy=_ANEW
                ) from None

    async def complete(self, request: Request) -> Completion:
        """What was recorded. Raises ``ModelAccessError`` when this was never asked."""
        found = self._find("answer", request)
        if not isinstance(found, Completion):
            raise ModelAccessError(
                "this request is not in the recording", where=str(self._path), remedy=_ANEW
            )
        return found

    async def count(self, request: Request) -> int | None:
        """The tokens that were counted when it was recorded."""
        found = self._find("count", request)
        return found if isinstance(found, int) else None

    async def describe(self) -> Description:
        """What the recorded model said of itself."""
        return self._description

    async def aclose(self) -> None:
        """Nothing is held."""

    def _find(self, kind: str, request: Request) -> object:
        return self._values.get(self._lines.name(kind, request, self._description.digest))


def _lines_of(path: Path) -> Iterator[bytes]:
    try:
        with open(path, "rb") as file:
            yield from file
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None


def _opened(key: bytes | None, salt: bytes, check: object, path: Path) -> _Lines:
    if key is None and check is not None:
        raise UsageError("this recording is sealed", where=str(path), remedy="give its key")
    if key is not None and check is None:
        # Else anybody could put a file of his own in the place of a sealed one.
        raise UsageError(
            "this recording is not sealed", where=str(path), remedy="open it without a key"
        )
    lines = _Lines(key, salt)
    if lines.check is not None and not hmac.compare_digest(lines.check, str(check)):
        raise UsageError(
            "the key does not open this recording",
            where=str(path),
            remedy="give the key that it was recorded with",
        )
    return lines


def _abilities(stated: Mapping[str, Any]) -> Abilities:
    return Abilities(**{**stated, "schema": SchemaMeans(stated["schema"])})


def _played(value: Mapping[str, Any]) -> Completion:
    return replace(completion_of(value), origin=Origin.REPLAYED)


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"the recording cannot be written: {error.strerror}",
        where=str(path),
        remedy="choose another place",
    )

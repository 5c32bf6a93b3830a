"""``manifest.json``: what went into a run and what came out, enough to repeat it.

Everything but the key ``run`` is the same for two runs over the same inputs with the same options.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from sekisho.errors import InputError
from sekisho.runs.assembly import Output, Totals
from sekisho.runs.files import digest_file, write_whole

__all__ = ["FILENAME", "Input", "Manifest", "describe_input", "option_digests", "versions"]

FILENAME = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True)
class Input:
    """An input file: its name (or a hash of it), SHA-256 and bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """All that is known about a finished run.

    ``options`` are digests (``option_digests``), ``profile`` the hash of the profile, ``seeds``
    whatever was random; ``begun`` and ``ended`` are times with a zone. ``extra`` is merged into
    the top level, for what other parts of the house want to be remembered by, and ``spent`` into
    ``run``, for what differs between two runs.
    """

    versions: Mapping[str, str]
    options: Mapping[str, str]
    profile: Mapping[str, str]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    totals: Totals
    run_id: str
    begun: datetime
    ended: datetime
    jobs: int = 1
    resumed: int = 0
    seeds: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    spent: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The manifest as it is written; keys of mappings sorted, files in their order."""
        seconds = (self.ended - self.begun).total_seconds()
        documents = self.totals.statuses.total()
        return {
            "format": _FORMAT,
            "versions": _ordered(self.versions),
            "options": _ordered(self.options),
            "profile": _ordered(self.profile),
            "seeds": _ordered(self.seeds),
            "inputs": [vars(entry) for entry in self.inputs],
            "outputs": [vars(entry) for entry in self.outputs],
            "counts": {
                "documents": documents,
                "characters": self.totals.chars,
                "statuses": _ordered(self.totals.statuses),
                "reasons": _ordered(self.totals.reasons),
                "categories": _ordered(self.totals.categories),
                "actions": _ordered(self.totals.actions),
            },
            **_ordered(self.extra),
            "run": {
                "id": self.run_id,
                "begun": self.begun.isoformat(timespec="seconds"),
                "ended": self.ended.isoformat(timespec="seconds"),
                "seconds": round(seconds, 3),
                "work_seconds": round(self.totals.work_seconds, 3),
                "jobs": self.jobs,
                "resumed": self.resumed,
                **_ordered(self.spent),
            },
        }

    def write(self, directory: Path) -> Path:
        """Write ``manifest.json``, whole or not at all. Raises ``OutputError``."""
        path = directory / FILENAME
        text = json.dumps(self.as_json(), ensure_ascii=True, indent=2)
        write_whole(path, text.encode() + b"\n")
        return path


def _ordered(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return dict(sorted(mapping.items()))


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Versions of Python and of those of ``packages`` (distribution names) that are installed."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def option_digests(options: Mapping[str, object]) -> dict[str, str]:
    """SHA-256 (hex) of each option's value, which may itself be worth hiding (column names)."""
    return {
        name: hashlib.sha256(
            json.dumps(value, ensure_ascii=True, sort_keys=True, default=str).encode()
        ).hexdigest()
        for name, value in sorted(options.items())
    }


def describe_input(path: Path, *, name_key: bytes | None = None) -> Input:
    """The manifest's entry for an input file.

    With ``name_key`` the name is replaced by a keyed hash, as file names may hold identifiers.
    Raises ``InputError`` when the file cannot be read.
    """
    name = path.name
    if name_key is not None:
        name = hmac.digest(name_key, name.encode("utf-8", "surrogatepass"), "sha256").hex()[:16]
    try:
        return Input(name, digest_file(path), path.stat().st_size)
    except OSError as error:
        raise InputError("cannot be read", where=name) from error

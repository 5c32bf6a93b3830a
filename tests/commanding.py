"""The command line as its users have it, and what it must never say.

``call`` runs a command in this process, which is quick; ``run`` starts the installed program.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer.testing

__all__ = ["Ended", "arguments", "call", "forms", "leaks", "plug_in", "program", "rows", "run"]

_CODES = ("utf-8", "utf-16-le", "cp932", "euc_jp")


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines on standard error that are no progress."""
        return [line for line in self.err.splitlines() if line.startswith("sekisho: ")]


def arguments(values: Iterable[object]) -> list[str]:
    return [str(value) for value in values]


def call(*values: object) -> Ended:
    """Run the command in this process."""
    from sekisho.cli.app import app

    result = typer.testing.CliRunner().invoke(app, arguments(values), prog_name="sekisho")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


def program() -> str:
    """The installed command that belongs to this Python."""
    return str(Path(sys.executable).with_name("sekisho"))


def run(
    *values: object,
    environment: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
    timeout: float = 120.0,
    **options: Any,
) -> Ended:
    """Run the command as a process of its own; ``before`` are words to put before it."""
    ran = subprocess.run(
        [*before, program(), *arguments(values)],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        timeout=timeout,
        check=False,
        **options,
    )
    return Ended(
        ran.returncode,
        ran.stdout.decode("utf-8", "surrogateescape"),
        ran.stderr.decode("utf-8", "surrogateescape"),
    )


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def forms(secret: str) -> Iterator[bytes]:
    """A secret in the bytes it may be written with."""
    for code in _CODES:
        try:
            yield secret.encode(code)
        except UnicodeEncodeError:
            continue
    yield json.dumps(secret)[1:-1].encode()


def leaks(secrets: Iterable[str], *places: Path | str) -> list[tuple[str, str]]:
    """Which of ``secrets`` stand where: in a said text, or in a folder's files and their names."""
    secrets = tuple(secrets)
    found = []
    for place in places:
        if isinstance(place, str):
            contents = {"what was said": place.encode("utf-8", "surrogateescape")}
        else:
            contents = {
                str(path.relative_to(place)): path.read_bytes()
                for path in place.rglob("*")
                if path.is_file()
            }
        for name, content in contents.items():
            found += [
                (secret, name)
                for secret in secrets
                if secret in name or any(form in content for form in forms(secret))
            ]
    return found


def plug_in(folder: Path, name: str, source: str) -> dict[str, str]:
    """Install a detector ``name`` into ``folder``; returns the environment that finds it.

    ``source`` defines the class ``Detector`` without its name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"plugged_{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")
    information = folder / f"plugged_{name}-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: plugged-{name}\nVersion: 1\n"
    )
    (information / "entry_points.txt").write_text(
        f"[sekisho.detectors]\n{name} = plugged_{name}:Detector\n"
    )
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}

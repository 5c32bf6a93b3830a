from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from commanding import call, run
from sekisho import __version__
from sekisho.cli.app import app

DOCUMENTED = Path(__file__).parents[2] / "docs" / "cli.md"


def commands(group: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that can be run, with the words that name it."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


NAMED = dict(commands())


def test_the_commands_are_those_that_scripts_rely_on() -> None:
    assert NAMED.keys() >= {
        "deid",
        "detect",
        "reveal",
        "audit verify",
        "evaluate phi",
        "report",
        "doctor",
    }


@pytest.mark.parametrize("name", NAMED)
def test_every_command_and_every_option_says_what_it_does(name: str) -> None:
    command = NAMED[name]
    assert command.help
    for parameter in command.params:
        if parameter.name != "help":
            assert getattr(parameter, "help", None), parameter.name
    ended = call(*name.split(), "--help")
    assert ended.code == 0


@pytest.mark.parametrize("name", NAMED)
def test_every_command_and_every_option_is_documented(name: str) -> None:
    page = DOCUMENTED.read_text(encoding="utf-8")
    assert f"sekisho {name}" in page
    options = {
        option
        for parameter in NAMED[name].params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    }
    assert {option for option in options if option not in page} == set()


@pytest.mark.parametrize("name", NAMED)
def test_a_command_without_what_it_needs_ends_with_two(name: str) -> None:
    required = [p for p in NAMED[name].params if getattr(p, "required", False)]
    if required:
        assert call(*name.split()).code == 2


def test_the_version_is_told() -> None:
    assert call("--version").out == f"sekisho {__version__}\n"


def test_without_words_the_help_is_shown() -> None:
    ended = call()
    assert "deid" in ended.out + ended.err


def test_an_unknown_command_is_wrong_usage() -> None:
    assert call("release").code == 2


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    script = (
        "import sys, sekisho.cli.app;"
        "print([m for m in ('sqlalchemy', 'cryptography', 'pyarrow', 'jinja2', 'sudachipy')"
        " if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert ran.stdout.decode().strip() == "[]"


def test_the_program_starts_quickly() -> None:
    run("--version")
    times = []
    for _ in range(3):
        began = time.perf_counter()
        run("--version")
        times.append(time.perf_counter() - began)
    # A tenth of this on a quiet machine; what is caught here is a heavy import.
    assert min(times) < 3.0

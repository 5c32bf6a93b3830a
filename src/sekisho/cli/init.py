"""``sekisho init``: a commented configuration to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.console import run_command, show_note
from sekisho.errors import OutputError, UsageError

__all__ = ["init"]


@run_command
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to write it; here unless stated.")
    ] = Path(),
) -> None:
    """Write a commented sekisho.toml; nothing in it is in force until you say so."""
    from sekisho.models.configuration import FILENAME, STARTER

    path = folder / FILENAME
    text = STARTER.read_text(encoding="utf-8")
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            "there is a configuration already", where=str(path), remedy="edit it, or remove it"
        ) from None
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=str(path)) from None
    show_note(f"wrote {path}; take the # from what you want")

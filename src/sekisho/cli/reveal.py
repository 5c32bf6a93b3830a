"""``sekisho reveal``: bring the original text back, with the vault's key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["reveal"]


def reveal(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Folder of the run.", exists=True, file_okay=False),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the originals.")],
    vault: Annotated[
        str | None, typer.Option("--vault", metavar="URL", help="Path or URL of the vault.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="File of the vault's master key.")
    ] = None,
) -> None:
    """Restore every released document of a run exactly as it came in."""
    from sekisho.release.opening import open_vault
    from sekisho.release.reveal import reveal_run

    with open_vault(vault, key_file, create=False) as opened:
        count = reveal_run(directory, out, opened)
    typer.echo(f"{out}: {count} documents restored")

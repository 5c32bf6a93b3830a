"""``sekisho reveal``: bring the original text back, with the vault's key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.console import ExitCode, run_command, show_error, show_note
from sekisho.errors import AuditError, JournalError, OutputError, VaultTamperedError

__all__ = ["reveal"]


@run_command
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
    """Restore every released document of a run exactly as it came in.

    Exit code 0 when all is restored, 3 when the run or the vault was changed since, 2 when the
    command could not begin. No file that is there already is written over.
    """
    from sekisho.release.opening import open_vault
    from sekisho.release.reveal import reveal_run

    with open_vault(vault, key_file, create=False) as opened:
        try:
            count = reveal_run(directory, out, opened)
        except (AuditError, JournalError, OutputError, VaultTamperedError) as error:
            show_error(error)
            raise typer.Exit(ExitCode.INCOMPLETE) from None
    show_note(f"{out}: {count:,} documents restored")

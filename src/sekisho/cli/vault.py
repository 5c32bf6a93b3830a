"""``sekisho vault``: care for the store of pseudonyms and reversals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.console import ExitCode, run_command, show_error
from sekisho.errors import VaultTamperedError

__all__ = ["vault_app"]

vault_app = typer.Typer(
    name="vault", help="Check the vault, or change its key.", no_args_is_help=True
)

VaultOption = Annotated[
    str | None, typer.Option("--vault", metavar="URL", help="Path or URL of the vault.")
]
KeyOption = Annotated[
    Path | None, typer.Option("--key-file", help="File of the vault's master key.")
]


@vault_app.command()
@run_command
def check(vault: VaultOption = None, key_file: KeyOption = None) -> None:
    """Open every row and count them all: was one changed, moved or deleted?

    Exit code 0 when all is sound, 3 when it is not.
    """
    from sekisho.release.opening import open_vault

    with open_vault(vault, key_file, create=False) as opened:
        try:
            checked = opened.check()
        except VaultTamperedError as error:
            show_error(error)
            raise typer.Exit(ExitCode.INCOMPLETE) from None
    rows = sum(tally.count for tally in checked.runs.values())
    typer.echo(
        f"sound: {len(checked.runs)} runs, {rows} reversals, {checked.pseudonyms} pseudonyms"
    )


@vault_app.command()
@run_command
def rotate(
    vault: VaultOption = None,
    key_file: KeyOption = None,
    new_key_file: Annotated[
        Path | None,
        typer.Option(help="File of the new key, made when missing; else the key file itself."),
    ] = None,
    reseal: Annotated[
        bool, typer.Option("--reseal", help="Make a new data key and seal every row anew.")
    ] = False,
) -> None:
    """Put the vault under a new master key; pseudonyms stay the same.

    Use --reseal when somebody may have had the old key and a copy of the vault: what they hold
    stays open to them, but the vault as it is from now on does not. Interrupted, the same command
    finishes the work.
    """
    from sekisho.release.opening import rotate_vault

    path = rotate_vault(vault, key_file, new_key_file, reseal=reseal)
    typer.echo(f"the vault now opens with the key in {path}")

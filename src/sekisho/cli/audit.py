"""``sekisho audit``: is the record of a run still what it was?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sekisho.cli.console import ExitCode, run_command, show_error
from sekisho.errors import AuditError, VaultTamperedError

__all__ = ["audit_app"]

audit_app = typer.Typer(name="audit", help="Check the audit trail of a run.", no_args_is_help=True)


@audit_app.callback()
def _group() -> None:
    """Check the audit trail of a run."""


@audit_app.command()
@run_command
def verify(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Folder of the run.", exists=True, file_okay=False),
    ],
    vault: Annotated[
        str | None, typer.Option(metavar="URL", help="Vault that sealed the trail.")
    ] = None,
    key_file: Annotated[Path | None, typer.Option(help="File of the vault's master key.")] = None,
    chain_only: Annotated[
        bool, typer.Option("--chain-only", help="Do without the vault and the seal.")
    ] = False,
) -> None:
    """Check every line, the recorded files and, with the vault at hand, the seal.

    Exit code 0 when all is sound, 3 when a line or a file was changed, cut, moved or added.
    """
    from contextlib import ExitStack

    from sekisho.release.audit_check import verify_directory

    with ExitStack() as stack:
        opened = None
        if not chain_only and _vault_at_hand(vault, key_file):
            from sekisho.release.opening import open_vault

            opened = stack.enter_context(open_vault(vault, key_file, create=False))
        try:
            report = verify_directory(directory, opened.keys.derive if opened else None)
            if opened is not None and report.reversals is not None:
                from sekisho.release.tally import Tally

                opened.check({report.run: Tally.parse(report.reversals)})
        except (AuditError, VaultTamperedError) as error:
            show_error(error)
            raise typer.Exit(ExitCode.INCOMPLETE) from None
    seal = "seal holds" if report.seal_checked else "seal not checked"
    typer.echo(
        f"{directory}: sound: {report.documents} documents, {len(report.files)} files, {seal}"
    )


def _vault_at_hand(vault: str | None, key_file: Path | None) -> bool:
    """Whether the user named a vault, or one stands at its default place."""
    if vault is not None or key_file is not None:
        return True
    import os

    from sekisho.release.opening import vault_url

    if any(os.environ.get(name) for name in ("SEKISHO_VAULT", "SEKISHO_KEY", "SEKISHO_KEY_FILE")):
        return True
    return Path(vault_url(None)).exists()

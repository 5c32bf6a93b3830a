"""The command ``sekisho``: one module a command, gathered here."""

from __future__ import annotations

from typing import Annotated

import typer

from sekisho import __version__
from sekisho.cli.audit import audit_app
from sekisho.cli.deid import deid
from sekisho.cli.detect import detect
from sekisho.cli.doctor import doctor
from sekisho.cli.dragon import dragon_app
from sekisho.cli.evaluate import evaluate_app
from sekisho.cli.extract import extract_app
from sekisho.cli.init import init
from sekisho.cli.models import models_app
from sekisho.cli.optimize import optimize
from sekisho.cli.report import report
from sekisho.cli.reveal import reveal
from sekisho.cli.tagger import tagger_app
from sekisho.cli.vault import vault_app

__all__ = ["app", "main"]

app = typer.Typer(
    name="sekisho",
    help="The checkpoint between a hospital's clinical text and every language model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"sekisho {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The checkpoint between a hospital's clinical text and every language model."""


app.command()(deid)
app.command()(detect)
app.command()(reveal)
app.add_typer(extract_app, name="extract")
app.add_typer(dragon_app, name="dragon")
app.add_typer(audit_app, name="audit")
app.add_typer(evaluate_app, name="evaluate")
app.command()(optimize)
app.command()(report)
app.command()(doctor)
app.command()(init)
app.add_typer(models_app, name="models")
app.add_typer(vault_app, name="vault")
app.add_typer(tagger_app, name="tagger")


def main() -> None:
    """Run the command line."""
    app()

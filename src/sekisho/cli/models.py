"""``sekisho models``: which language models there are, and what each can do, found by asking."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.cli import asking
from sekisho.cli.console import Column, run_command, show_note, show_table, write_out

if TYPE_CHECKING:
    from sekisho.models.configuration import Configuration, ModelSettings
    from sekisho.models.probing import Probe

__all__ = ["models_app"]

models_app = typer.Typer(
    help="Language models: those that are configured, and what they can do.", no_args_is_help=True
)


@models_app.command("list")
@run_command
def list_(config: asking.Config = None) -> None:
    """Show the models of sekisho.toml; nothing is contacted."""
    from sekisho.models.configuration import FILENAME, read

    path = asking.configuration_path(config)
    configuration = read(path)
    if not configuration.models:
        place = f"in {path}" if path is not None else f"for want of a {FILENAME}"
        show_note(f"no model is configured {place} (sekisho init writes a commented file)")
        return
    rows = []
    for name in sorted(configuration.models):
        chosen, locality = asking.located(name, configuration)
        rows.append(
            [
                name + (" (default)" if name == configuration.default_model else ""),
                chosen.kind,
                _where(chosen),
                chosen.model or "-",
                str(locality),
                str(chosen.capacity),
                str(chosen.in_flight),
            ]
        )
    columns = [
        *(Column(title) for title in ("name", "kind", "where", "model", "locality", "prompts")),
        Column("in flight", right=True),
    ]
    show_table("Models", columns, rows)


@models_app.command()
@run_command
def check(
    model: Annotated[
        str,
        typer.Argument(metavar="M", help="A name in sekisho.toml, or a short form."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
    config: asking.Config = None,
) -> None:
    """Find out what a local model's server can do, by asking it, and remember it.

    About a dozen short questions without any document. What is found is used whenever this
    server serves these weights.
    """
    from sekisho.models.configuration import read
    from sekisho.models.probing import remember

    configuration = read(asking.configuration_path(config))
    chosen, found = _probed(model, configuration)
    remember(found, asking.remembered(), chosen.base_url or chosen.kind)
    if as_json:
        write_out(json.dumps(asdict(found), ensure_ascii=False, indent=2))
        return
    described = found.description
    rows = [
        ["model", described.model, ""],
        ["digest", described.digest, ""],
        ["server", described.server, ""],
        *([each.ability, each.result, f"{each.seconds:.2f}"] for each in found.findings),
    ]
    columns = [Column("what"), Column("found"), Column("seconds", right=True)]
    show_table(f"What {model} can do", columns, rows)


def _probed(name: str, configuration: Configuration) -> tuple[ModelSettings, Probe]:
    from sekisho.models.opening import open_local
    from sekisho.models.probing import probe

    opened = open_local(name, configuration)

    async def asked() -> Probe:
        try:
            return await probe(opened.model, timeout_s=opened.settings.timeout_s)
        finally:
            await opened.model.aclose()

    return opened.settings, asyncio.run(asked())


def _where(chosen: ModelSettings) -> str:
    return chosen.base_url or (str(chosen.path) if chosen.path is not None else "-")

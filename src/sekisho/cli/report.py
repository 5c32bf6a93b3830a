"""``sekisho report``: the page of a run, with the original texts for whoever holds the key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sekisho.cli.console import run_command, show_note
from sekisho.errors import UsageError
from sekisho.optimization import RESULT

if TYPE_CHECKING:
    from sekisho.runs.report.model import CategoryRow, DocumentView, HeldRow

__all__ = ["report", "write_report"]

PAGE = "report.html"
#: More rows or documents than these make a page that no browser scrolls well.
_MOST_HELD = 1_000
_MOST_DOCUMENTS = 200
_EXTRACTION = "extraction"


@run_command
def report(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of a finished run, or of a study.")
    ],
    show_originals: Annotated[
        bool,
        typer.Option(
            "--show-originals",
            help="Put original beside released text on the page; it then holds identifiers.",
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page; DIR/report.html by default.")
    ] = None,
    most: Annotated[
        int, typer.Option(min=1, metavar="N", help="Texts to show with --show-originals.")
    ] = _MOST_DOCUMENTS,
    vault: Annotated[
        str | None, typer.Option(metavar="URL", help="Path or URL of the vault.")
    ] = None,
    key_file: Annotated[Path | None, typer.Option(help="File of the vault's master key.")] = None,
    language: Annotated[str, typer.Option(help="Labels: ja+en, ja or en.")] = "ja+en",
) -> None:
    """Write the page of a run: counts, categories, held documents with their reasons."""
    documents = None
    if show_originals:
        if out is None:
            raise UsageError(
                "a page with originals holds identifiers",
                remedy="say where it may lie with --out FILE, outside of the folder that leaves",
            )
        if directory.resolve() in out.resolve().parents:
            raise UsageError(
                "a page with originals holds identifiers, and this folder may leave",
                where=str(out),
                remedy="choose a place outside of the folder of the run",
            )
    if _is_study(directory):
        page = _study_page(directory, out, show_originals, language)
        show_note(f"{page}" + (" (holds identifiers)" if show_originals else ""))
        return
    if show_originals:
        _manifest(directory)
        documents = _documents(directory, vault, key_file, most)
    page = write_report(directory, out=out, documents=documents, language=language)
    show_note(f"{page}" + (" (holds identifiers)" if show_originals else ""))


def _is_study(directory: Path) -> bool:
    return (directory / RESULT).is_file()


def _study_page(directory: Path, out: Path | None, show_originals: bool, language: str) -> Path:
    """The page of a study, with its development reports where that is asked for."""
    from sekisho.optimization.outputs import load_result, texts_of, write_page

    page = out or directory / PAGE
    texts = texts_of(directory) if show_originals else None
    write_page(load_result(directory), page, language=language, texts=texts)
    return page


def write_report(
    directory: Path,
    *,
    out: Path | None = None,
    documents: tuple[DocumentView, ...] | None = None,
    language: str = "ja+en",
) -> Path:
    """Write the page of the run in ``directory`` and return its path.

    Raises ``UsageError`` when there is no finished run, ``OutputError`` when it cannot be written.
    """
    from sekisho.runs.files import write_whole
    from sekisho.runs.report.model import RunSummary
    from sekisho.runs.report.page import render

    manifest = _manifest(directory)
    counts, run = manifest["counts"], manifest["run"]
    statuses = counts["statuses"]
    summary = RunSummary(
        begun=datetime.fromisoformat(run["begun"]),
        version=manifest["versions"].get("sekisho", ""),
        profile=manifest["profile"]["name"],
        detectors=tuple(manifest["detectors"]),
        seconds=run["seconds"],
        characters=counts["characters"],
        released=statuses.get("released", 0),
        held=statuses.get("held", 0),
        failed=statuses.get("failed", 0),
        categories=tuple(_categories(counts)),
        withheld=tuple(_held(directory)),
        documents=documents,
        facts=(
            ("run", run["id"]),
            ("profile SHA-256", manifest["profile"]["sha256"]),
            *_asked(manifest.get("llm")),
        ),
    )
    page = out or directory / PAGE
    write_whole(page, render(summary, language).encode("utf-8", "backslashreplace"))
    return page


def _asked(llm: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """What the page says of the language model that was asked."""
    if llm is None:
        return
    asked, spared = llm["documents_asked"], llm["documents_spared"]
    stood_in = llm["origin"] != "model"
    told = f"{llm['model']} ({llm['server']})"
    yield "language model", f"none: its answers were {llm['origin']}" if stood_in else told
    yield "model digest", llm["digest"]
    yield "prompts SHA-256", llm["prompts"]
    yield "documents asked about", f"{asked:,} of {asked + spared:,}"


def _manifest(directory: Path) -> dict[str, Any]:
    path = directory / "manifest.json"
    try:
        manifest = dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError:
        raise UsageError(
            "there is no finished run in this folder",
            where=str(directory),
            remedy="give the --out folder of 'sekisho deid'; an interrupted run needs --resume",
        ) from None
    except ValueError:
        raise UsageError("the manifest was changed or cut", where=str(path)) from None
    kind = manifest.get("kind")
    if kind == _EXTRACTION:
        raise UsageError(
            "the page of an extraction is written by the run itself",
            where=str(directory),
            remedy=f"see {PAGE} there; 'sekisho extract' with --resume writes it again",
        )
    if kind is not None:
        raise UsageError(
            "this is no run of 'sekisho deid', and has no such page", where=str(directory)
        )
    return manifest


def _categories(counts: Mapping[str, Any]) -> list[CategoryRow]:
    from sekisho.phi.categories import Category
    from sekisho.runs.report.model import CategoryRow

    done: dict[str, dict[str, int]] = {}
    for name, count in counts["actions"].items():
        label, _, action = name.partition(":")
        done.setdefault(label, {})[action] = count
    rows = []
    for label in Category:
        found = counts["categories"].get(label, 0)
        actions = done.get(label, {})
        if found or actions:
            ranked = sorted(actions, key=lambda action: (-actions[action], action))
            detail = ", ".join(f"{action} {actions[action]:,}" for action in ranked)
            rows.append(CategoryRow(label, found, ranked[0] if ranked else "keep", detail))
    return rows


def _held(directory: Path) -> list[HeldRow]:
    from sekisho.runs.report.model import HeldRow

    rows: list[HeldRow] = []
    try:
        with open(directory / "held.jsonl", encoding="utf-8", errors="replace") as file:
            for line in file:
                if len(rows) >= _MOST_HELD:
                    break
                row = json.loads(line)
                rows.append(
                    HeldRow(
                        id=row["id"] or "",
                        source=row["source"],
                        row=row["row"],
                        status=row["status"],
                        reason=row["reason"],
                        detail=row["detail"] or "",
                    )
                )
    except (OSError, ValueError, KeyError):
        raise UsageError("held.jsonl was changed or cut", where=str(directory)) from None
    return rows


def _documents(
    directory: Path, vault: str | None, key_file: Path | None, most: int
) -> tuple[DocumentView, ...]:
    from sekisho.release.opening import open_vault
    from sekisho.release.views import views
    from sekisho.runs.report.model import DocumentView, segments

    with open_vault(vault, key_file, create=False) as opened:
        return tuple(
            DocumentView(
                view.reference,
                segments(view.original.text, view.original.marks),
                segments(view.released.text, view.released.marks),
            )
            for view in views(directory, opened, most=most)
        )

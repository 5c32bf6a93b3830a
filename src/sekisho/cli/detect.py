"""``sekisho detect``: spans to standard output, nothing changed and nothing stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from sekisho.cli import asking, inputs, recipes
from sekisho.cli.console import ExitCode, run_command, show_error, show_note, write_out
from sekisho.errors import SekishoError
from sekisho.phi.cascade import Consult

if TYPE_CHECKING:
    from sekisho.documents.document import Document
    from sekisho.documents.formats import Source
    from sekisho.documents.records import Record
    from sekisho.phi.stack import Detection, Stack

__all__ = ["Format", "detect"]

T = TypeVar("T")


class Format(StrEnum):
    """How the spans are written."""

    JSONL = "jsonl"
    PHI_LIST = "phi-list"
    HTML = "html"


@run_command
def detect(
    context: typer.Context,
    paths: inputs.Paths,
    format_: Annotated[
        Format, typer.Option("--format", help="Rows of spans, rows of values, or a page.")
    ] = Format.JSONL,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Write the surfaces as well.")
    ] = False,
    recipe: recipes.RecipeFile = None,
    detectors: inputs.Detectors = inputs.ALL_DETECTORS,
    tagger: inputs.TaggerFile = None,
    model: asking.Model = None,
    llm: asking.Consulting = Consult.ALWAYS,
    refine: asking.Refine = "never",
    review: asking.Review = asking.Wording.CONSERVATIVE,
    rounds: asking.Rounds = 1,
    keep: asking.KeepOption = asking.Keep.IMPROVED,
    capacity: asking.CapacityOption = None,
    ungrounded: asking.UngroundedOption = asking.Ungrounded.HOLD,
    config: asking.Config = None,
    text_column: inputs.TextColumns = None,
    id_column: inputs.IdColumn = None,
    known: inputs.Known = None,
    language: inputs.Language = "ja",
    encoding: inputs.Encoding = None,
    delimiter: inputs.Delimiter = None,
) -> None:
    """Show the identifiers in documents as offsets into the original text.

    The formats ``phi-list`` and ``html`` show the identifiers themselves by their nature.
    """
    from sekisho.documents.formats import expand
    from sekisho.phi.stack import build
    from sekisho.runs.worker import in_order

    reader = recipes.reader(
        recipe,
        context=context,
        detectors=detectors,
        language=language,
        tagger=tagger,
        model=model,
        config=config,
        consult=llm,
        refine=refine,
        review=review,
        rounds=rounds,
        keep=keep,
        capacity=capacity,
        ungrounded=ungrounded,
    )
    choice = reader.choice
    options = inputs.read_options(
        text_columns=text_column,
        id_column=id_column,
        encoding=encoding,
        delimiter=delimiter,
        language=reader.language,
    )
    columns = inputs.known_columns(known)
    found = expand(paths, options)
    inputs.check_known(columns, found.sources)
    stack = build(
        reader.detectors,
        tagger=tagger,
        llm=None if choice is None else choice.open().detector,
        consult=reader.consult,
    )
    failures = 0
    views = []
    records = (record for source in found.sources for record in _records(source))
    ahead = 1 if choice is None else choice.ahead()
    origin = asking.stand_in(choice)
    with closing(stack):
        begun = ((record, _begin(record, stack, columns, reader.language)) for record in records)
        for record, read in in_order(begun, ahead):
            if record is None or read is None:
                failures += 1
            elif format_ is Format.HTML:
                views.append((record.id, read))
            else:
                row = _row(record.id, read, format_, with_text)
                if origin is not None and format_ is Format.PHI_LIST:
                    row["origin"] = origin
                write_out(json.dumps(row, ensure_ascii=False))
    asking.note_stand_in(choice)
    for skipped in found.skipped:
        reason = skipped.reason.removeprefix(f"{skipped.path}: ")
        show_note(f"{skipped.path}: {reason}; not read")
        failures += skipped.failed
    if format_ is Format.HTML:
        names = [f"{n} ({origin})" if n == "llm" and origin else n for n in stack.names]
        write_out(_page(views, tuple(names)))
    if failures:
        show_note(f"{failures} documents could not be read; they have no row")
        raise typer.Exit(ExitCode.INCOMPLETE)


def _records(source: Source) -> Iterator[Record | None]:
    """The records of ``source``, and None where it breaks off: the next source goes on."""
    try:
        yield from source.reader
    except SekishoError as error:
        show_error(error)
        yield None


Read = list[tuple[str, "Document", "Detection"]]
Begun = Callable[[], Read | None]


def _begin(record: Record | None, stack: Stack, known: dict[str, str], language: str) -> Begun:
    from sekisho.documents.document import Document, KnownIdentifier
    from sekisho.release.readable import unreadable

    if record is None:
        return lambda: None
    texts = {column: record.values.get(column) or "" for column in record.text_columns}
    problem = record.problem or unreadable(record, {(column,): t for column, t in texts.items()})
    if problem is not None:
        _refuse(record, problem)
        return lambda: None
    stated = tuple(
        KnownIdentifier(label, str(record.values[column]))
        for column, label in known.items()
        if record.values.get(column)
    )
    documents = {
        column: Document(record.id, text, language=language, known=stated)
        for column, text in texts.items()
    }
    reading = _or_refused(
        record, lambda: [(name, each, stack.begin(each)) for name, each in documents.items()]
    )
    if reading is None:
        return lambda: None
    return lambda: _or_refused(
        record, lambda: [(name, each, finish()) for name, each, finish in reading]
    )


def _or_refused(record: Record, work: Callable[[], T]) -> T | None:
    """What ``work`` gives; None, and a note, when a detector could not finish."""
    from sekisho.errors import DetectionError, ModelError, UnmappedLabelError

    try:
        return work()
    except UnmappedLabelError:
        # A label that nobody foresaw may be anything, even a word of the document.
        _refuse(record, "a detector used a label of no category")
    except (DetectionError, ModelError) as error:
        _refuse(record, error.message)
    return None


def _refuse(record: Record, problem: str) -> None:
    show_note(f"{record.source}: row {record.row}: {problem}")


def _row(identifier: str, read: Read, format_: Format, with_text: bool) -> dict[str, Any]:
    if format_ is Format.PHI_LIST:
        return {"id": identifier, "phi_list": list(_values(read))}
    spans = []
    for column, document, detection in read:
        for span in detection.spans:
            row: dict[str, Any] = {
                "start": span.start,
                "end": span.end,
                "category": str(span.category),
                "score": round(span.score, 3),
                "sources": list(span.sources),
            }
            if with_text:
                row["surface"] = document.text[span.start : span.end]
            if len(read) > 1:
                row = {"column": column, **row}
            spans.append(row)
    return {"id": identifier, "spans": spans}


def _values(read: Read) -> Iterator[dict[str, str]]:
    """One entry for each different identifier, in order of appearance."""
    seen = set()
    for _, document, detection in read:
        for span in detection.spans:
            value = document.text[span.start : span.end]
            if (span.category, value) not in seen:
                seen.add((span.category, value))
                yield {"type": str(span.category), "value": value}


def _page(views: list[tuple[str, Read]], detectors: tuple[str, ...]) -> str:
    """The page of a run that released nothing: each text beside itself, categories for names."""
    from collections import Counter
    from datetime import UTC, datetime

    from sekisho import __version__
    from sekisho.runs.report.model import (
        CategoryRow,
        DocumentView,
        RunSummary,
        Segment,
        segments,
    )
    from sekisho.runs.report.page import render

    documents = []
    found: Counter[str] = Counter()
    characters = 0
    for identifier, read in views:
        for _, document, detection in read:
            characters += len(document.text)
            found.update(str(span.category) for span in detection.spans)
            original = segments(
                document.text,
                [(span.start, span.end, str(span.category)) for span in detection.spans],
            )
            labelled = tuple(
                Segment(f"[{segment.category}]", segment.category) if segment.category else segment
                for segment in original
            )
            documents.append(DocumentView(identifier, original, labelled))
    summary = RunSummary(
        begun=datetime.now(UTC),
        version=__version__,
        profile="detect",
        detectors=detectors,
        seconds=0.0,
        characters=characters,
        released=0,
        held=0,
        failed=0,
        categories=tuple(
            CategoryRow(label, count, "show") for label, count in sorted(found.items())
        ),
        documents=tuple(documents),
    )
    return render(summary)

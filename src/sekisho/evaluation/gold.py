"""Gold documents and predictions: the two sides of every evaluation, read strictly.

Gold is JSONL, one document a row::

    {"id": "...", "text": "...", "spans": [{"start": 3, "end": 7, "category": "NAME",
     "surface": "...", "disguise": "...", "difficulty": 7}]}

(``disguise`` and ``difficulty`` may be absent), or a ``.txt`` file with inline markup
(:mod:`sekisho.evaluation.markup`), or a folder of such files. A prediction is JSONL too, as
``sekisho detect`` writes it, or the directory of a run, which holds it as ``spans.jsonl``.

Reading fails closed: a row that is not understood, a surface that is not the text at its offsets, a
document without a prediction are errors, never an empty list.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sekisho.documents.document import Span
from sekisho.errors import InputError, UnmappedLabelError
from sekisho.evaluation.markup import mark, parse
from sekisho.phi.categories import Category, category

__all__ = [
    "GoldDocument",
    "GoldSpan",
    "Prediction",
    "Predictions",
    "read_gold",
    "read_marked_lines",
    "read_predicted",
    "to_marked",
    "to_rows",
]


#: What a disguise is called: so many letters and digits, and these signs.
_LONGEST_LABEL = 60
_OF_LABELS = frozenset(" _-/()（）・＋+、")
#: A surface that is shorter may stand in a label by chance.
_SHORTEST_SURFACE = 3


@dataclass(frozen=True, slots=True, order=True)
class GoldSpan:
    """An identifier that a person marked: ``surface`` is the text at ``start:end``.

    ``disguise`` says how the identifier hides, ``difficulty`` how well (1 plain .. 10 hidden).
    """

    start: int
    end: int
    category: Category
    surface: str
    disguise: str | None = None
    difficulty: int | None = None


@dataclass(frozen=True, slots=True)
class GoldDocument:
    """A text with all its identifiers.

    ``ignored`` holds the spans that an evaluation leaves out of the count (see :meth:`without`).
    """

    id: str
    text: str
    spans: tuple[GoldSpan, ...]
    ignored: tuple[GoldSpan, ...] = ()

    def without(self, categories: Collection[str]) -> GoldDocument:
        """The same document with the spans of ``categories`` moved to ``ignored``."""
        return replace(
            self,
            spans=tuple(span for span in self.spans if span.category not in categories),
            ignored=self.ignored + tuple(s for s in self.spans if s.category in categories),
        )


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a detector claimed in one document; ``ignored`` as in :class:`GoldDocument`."""

    id: str
    spans: tuple[Span, ...]
    ignored: tuple[Span, ...] = ()

    def without(self, categories: Collection[str]) -> Prediction:
        """The same prediction with the spans of ``categories`` moved to ``ignored``."""
        return replace(
            self,
            spans=tuple(span for span in self.spans if span.category not in categories),
            ignored=self.ignored + tuple(s for s in self.spans if s.category in categories),
        )


@dataclass(frozen=True, slots=True)
class Predictions:
    """One prediction a gold document, in gold's order, and how many rows had no gold document."""

    documents: tuple[Prediction, ...]
    unused: int


def read_gold(path: str | Path) -> tuple[GoldDocument, ...]:
    """The gold documents of a JSONL file, a marked ``.txt`` file or a folder of them.

    A marked file's id is its path inside the folder without the suffix. Raises ``InputError``
    naming file and row (or line) at the first thing that is not as it should be.
    """
    source = Path(path)
    if source.is_dir():
        files = sorted(source.rglob("*.txt"))
        if not files:
            raise InputError("the folder holds no .txt file", where=str(source))
        return tuple(
            _marked(file, file.relative_to(source).with_suffix("").as_posix()) for file in files
        )
    if source.suffix == ".txt":
        return (_marked(source, source.stem),)

    documents: dict[str, GoldDocument] = {}
    for where, row in _rows(source):
        document = _gold_document(row, where)
        if document.id in documents:
            raise InputError("the id occurs in an earlier row too", where=where)
        documents[document.id] = document
    if not documents:
        raise InputError("the file holds no gold document", where=str(source))
    return tuple(documents.values())


def read_marked_lines(path: str | Path) -> tuple[GoldDocument, ...]:
    """The gold documents of a marked file that holds one on each line; its number is its id.

    Lines that begin with ``#`` are comments. Raises ``InputError`` as :func:`read_gold` does.
    """
    source = Path(path)
    return tuple(
        _parsed(line, f"{source}, line {number}", str(number))
        for number, line in enumerate(_text_of(source).split("\n"), start=1)
        if line.strip() and not line.startswith("#")
    )


def read_predicted(path: str | Path, gold: Sequence[GoldDocument]) -> Predictions:
    """The predictions for ``gold`` in a JSONL file or in the directory of a run.

    Raises ``InputError`` when a row is not understood, an id occurs twice, an offset lies outside
    its text, a given surface differs from the text, or a gold document has no row.
    """
    source = Path(path)
    if source.is_dir():
        source = source / "spans.jsonl"
    texts = {document.id: document.text for document in gold}
    found: dict[str, Prediction] = {}
    unused: set[str] = set()
    for where, row in _rows(source):
        id = _id(row, where)
        if id in found or id in unused:
            raise InputError("the id occurs in an earlier row too", where=where)
        if id in texts:
            spans = tuple(_predicted_span(s, texts[id], where) for s in _spans(row, where))
            found[id] = Prediction(id, spans)
        else:
            unused.add(id)
    missing = len(texts) - len(found)
    if missing:
        raise InputError(
            f"{missing} of {len(texts)} gold documents have no prediction",
            where=str(source),
            remedy="write a row for each id, with an empty list of spans where nothing was found",
        )
    return Predictions(tuple(found[document.id] for document in gold), len(unused))


def to_rows(documents: Iterable[GoldDocument]) -> Iterator[dict[str, Any]]:
    """JSON-ready gold rows; absent ``disguise`` and ``difficulty`` are left out."""
    for document in documents:
        spans = []
        for span in document.spans:
            row: dict[str, Any] = {
                "start": span.start,
                "end": span.end,
                "category": str(span.category),
                "surface": span.surface,
            }
            if span.disguise is not None:
                row["disguise"] = span.disguise
            if span.difficulty is not None:
                row["difficulty"] = span.difficulty
            spans.append(row)
        yield {"id": document.id, "text": document.text, "spans": spans}


def to_marked(document: GoldDocument) -> str:
    """The document with inline markup; raises ``OutputError`` where its spans overlap."""
    return mark(document.text, ((s.start, s.end, s.category) for s in document.spans))


def _marked(file: Path, id: str) -> GoldDocument:
    return _parsed(_text_of(file), str(file), id)


def _parsed(marked: str, where: str, id: str) -> GoldDocument:
    text, spans = parse(marked, where=where)
    return GoldDocument(
        id, text, tuple(GoldSpan(start, end, kind, text[start:end]) for start, end, kind in spans)
    )


def _text_of(file: Path) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(error.strerror or "cannot be read", where=str(file)) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        # The decoding error itself carries the bytes of the document, so it is not chained.
        raise InputError("not UTF-8", where=f"{file}, line {line}") from None


def _rows(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    # str.splitlines would also break at U+2028 and its like, which JSON strings may hold.
    for number, line in enumerate(_text_of(file).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{file}, row {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise InputError("not a row of JSON", where=where) from None
        if not isinstance(row, dict):
            raise InputError("not a JSON object", where=where)
        yield where, row


def _gold_document(row: Mapping[str, Any], where: str) -> GoldDocument:
    text = row.get("text")
    if not isinstance(text, str):
        raise InputError('"text" must be a string', where=where)
    return GoldDocument(
        _id(row, where), text, tuple(_gold_span(s, text, where) for s in _spans(row, where))
    )


def _gold_span(span: Mapping[str, Any], text: str, where: str) -> GoldSpan:
    start, end, kind = _place(span, text, where)
    if "surface" not in span:
        raise InputError('a gold span has no "surface"', where=where)
    disguise, difficulty = span.get("disguise"), span.get("difficulty")
    if disguise is not None and not _is_label(disguise, text[start:end]):
        raise InputError(
            '"disguise" must be a short label of letters, without the identifier in it', where=where
        )
    if difficulty is not None and not _is_int(difficulty):
        raise InputError('"difficulty" must be an integer', where=where)
    return GoldSpan(start, end, kind, text[start:end], disguise, difficulty)


def _is_label(value: object, surface: str) -> bool:
    """Whether ``value`` says how something hides: it is shown in reports, which show no text."""
    return (
        isinstance(value, str)
        and len(value) <= _LONGEST_LABEL
        and value[:1].isalnum()
        and all(character.isalnum() or character in _OF_LABELS for character in value)
        and (len(surface) < _SHORTEST_SURFACE or surface not in value)
    )


def _predicted_span(span: Mapping[str, Any], text: str, where: str) -> Span:
    if "column" in span:
        raise InputError(
            "a span belongs to one of several text columns, and gold has one text",
            where=where,
            remedy="run with one --text-column, or make one document of each column",
        )
    start, end, kind = _place(span, text, where)
    score, sources = span.get("score", 1.0), span.get("sources", [])
    if isinstance(score, bool) or not isinstance(score, (int, float)):
        raise InputError('"score" must be a number', where=where)
    if not isinstance(sources, list) or not all(isinstance(name, str) for name in sources):
        raise InputError('"sources" must be a list of strings', where=where)
    return Span(start, end, kind, tuple(sources), float(score))


def _place(span: Mapping[str, Any], text: str, where: str) -> tuple[int, int, Category]:
    start, end, label = span.get("start"), span.get("end"), span.get("category")
    if not (_is_int(start) and _is_int(end) and isinstance(label, str)):
        raise InputError('a span needs integers "start", "end" and a "category"', where=where)
    assert isinstance(start, int)
    assert isinstance(end, int)
    if not 0 <= start < end <= len(text):
        raise InputError(
            f"the span {start}..{end} lies outside the text of {len(text)} characters", where=where
        )
    if "surface" in span and span["surface"] != text[start:end]:
        raise InputError(
            f"the surface of the span {start}..{end} is not the text there",
            where=where,
            remedy="offsets count Unicode code points of the text as it stands, line ends included",
        )
    try:
        return start, end, category(label)
    except UnmappedLabelError as error:
        # The label is not shown: in a file of another shape it may be text of the document.
        raise InputError(
            "a span has an unknown category", where=where, remedy=error.remedy
        ) from None


def _spans(row: Mapping[str, Any], where: str) -> list[Mapping[str, Any]]:
    spans = row.get("spans")
    if not isinstance(spans, list) or not all(isinstance(span, dict) for span in spans):
        raise InputError('"spans" must be a list of objects', where=where)
    return spans


def _id(row: Mapping[str, Any], where: str) -> str:
    id = row.get("id")
    if isinstance(id, str) or _is_int(id):
        return str(id)
    raise InputError('"id" must be a string or an integer', where=where)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)

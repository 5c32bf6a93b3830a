"""The checkpoint: one record in, a released record with proof out, or a reason why it is held.

``read -> detect -> merge -> decide (profile) -> transform -> inspect``. Whatever goes wrong on the
way holds the record; there is no path on which text is let go because something failed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sekisho.documents.document import Document, KnownIdentifier, Span
from sekisho.documents.records import Record
from sekisho.errors import DetectionError, ModelError, ReleaseError, UnmappedLabelError
from sekisho.phi.categories import Category
from sekisho.phi.coreference import entities
from sekisho.phi.merging import merge
from sekisho.phi.shield import Mark
from sekisho.phi.stack import Detection, Stack
from sekisho.phi.titles import without_title
from sekisho.release import reversal
from sekisho.release.columns import Columns, Path, leaves, rebuilt, searched
from sekisho.release.edits import Edit, Placed, apply, moved
from sekisho.release.inspection import Finding, Secret, inspect
from sekisho.release.joint import Cell, Joint, join
from sekisho.release.plan import Mention, kept, plan
from sekisho.release.profile import Profile
from sekisho.release.readable import NOT_TEXT, unreadable
from sekisho.release.reference import NAME, record_reference
from sekisho.release.transforms import Derive

__all__ = ["Checkpoint", "Held", "Passed"]

T = TypeVar("T")

#: Digits that make the id of a document a number worth searching in it.
_LONG_NUMBER = 6
#: The place of the keys of nested objects in a joint document; no column has this name.
_KEYS: Path = ("\0keys",)
#: The fewest characters of a cell outside of the report's columns that can be a sentence.
_SENTENCE = 12
_HIRAGANA = re.compile("[ぁ-ん]")
_IN_KEY = "a key looks like an identifier (rename it, or vouch for its column with --keep-column)"


@dataclass(frozen=True)
class Passed:
    """A record that may leave: its released values, and what was done to it.

    ``spans`` maps each text column to its spans in original offsets, ``edits`` to what was done
    there; ``reversal`` is what the vault needs to undo it, None under an irreversible profile;
    ``measures`` are those of the detection.
    """

    reference: str
    values: Mapping[str, Any] = field(repr=False)
    spans: Mapping[str, tuple[Span, ...]]
    actions: Mapping[str, Mapping[str, int]]
    reversal: bytes | None = field(repr=False)
    measures: Mapping[str, float] = field(default_factory=dict)
    edits: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Held:
    """A record that must stay: a reason code and one line that quotes nothing of it."""

    reference: str
    reason: str
    detail: str
    spans: Mapping[str, tuple[Span, ...]] | None = None
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Checkpoint:
    """Everything that decides about a record, none of it changing between records."""

    stack: Stack
    profile: Profile
    derive: Derive = field(repr=False)
    columns: Columns = field(default_factory=Columns)
    language: str = "ja"

    def examine(self, record: Record) -> Passed | Held:
        """Release ``record`` or hold it."""
        return self.begin(record)()

    def begin(self, record: Record) -> Callable[[], Passed | Held]:
        """Begin to examine ``record``; the result waits for a model, if one is asked, and ends.

        Several records can be begun before the first is ended.
        """
        identifier = self._id_column(record)
        unread = {*self.columns.keep, identifier}
        values = {name: value for name, value in record.values.items() if name not in unread}
        cells = dict(leaves(values))
        reference = self.reference(record)
        problem = unreadable(record, cells, self.columns.headers)
        if problem is not None:
            held = Held(reference, NOT_TEXT, problem)
            return lambda: held
        texts = {path: text for path, text in cells.items() if isinstance(text, str)}
        keys = self.columns.unseen_keys(values)

        def read() -> tuple[Joint, Callable[[], Detection]]:
            joint = self._joint(record, reference, texts, keys)
            return joint, self.stack.begin(joint.document)

        begun = _or_held(reference, read)
        if isinstance(begun, Held):
            return lambda: begun
        joint, detection = begun
        return lambda: _or_held(
            reference,
            lambda: self._pass(record, reference, identifier, joint, keys, detection()),
        )

    def reference(self, record: Record) -> str:
        """What the record may be called outside; see ``record_reference``."""
        return record_reference(record, self.columns, self.derive)

    def _id_column(self, record: Record) -> str | None:
        """The column of the document's id, unless it is an identifier of the patient as well."""
        column = self.columns.id_column(record)
        if column in self.columns.keep or (column and self.columns.category_of(column)):
            return None
        return column

    def _pass(
        self,
        record: Record,
        reference: str,
        identifier: str | None,
        joint: Joint,
        keys: Sequence[str],
        detection: Detection,
    ) -> Passed | Held:
        document = joint.document
        spans = merge(document.text, [*self._whole_cells(joint), *joint.clip(detection.spans)])
        by_column = _by_column(joint, spans, record.text_columns)
        mentions = _mentions(document, spans)
        edits = plan(document, mentions, self.profile, self.derive)
        if keys and edits and edits[-1].end > joint.cells[-1].start:
            return Held(reference, "identifier_in_key", _IN_KEY, by_column, detection.measures)
        released = apply(document.text, edits)
        remaining = kept(mentions, edits)
        findings = inspect(
            released.text,
            released.placed,
            _secrets(document, mentions, remaining),
            _allowed(edits, remaining, detection.marks),
        )
        if findings:
            detail = _describe(findings)
            return Held(reference, "residual_identifier", detail, by_column, detection.measures)
        values, undo = _released_values(record, joint, edits)
        if identifier is not None and reference != record.id:
            path: Path = (identifier,)
            undo[path] = reversal.whole(record.values[identifier])
            values = rebuilt(values, {path: reference})
        return Passed(
            reference,
            values,
            by_column,
            _tally(edits),
            reversal.pack(undo) if self.profile.reversible else None,
            detection.measures,
            _edits_by_column(joint, edits, record.text_columns),
        )

    def _joint(
        self, record: Record, reference: str, cells: Mapping[Path, str], keys: Sequence[str]
    ) -> Joint:
        known = []
        name = record.metadata.get(NAME, record.id)
        if reference != name and sum(map(str.isdigit, name)) >= _LONG_NUMBER:
            # Files and reports are often called by the chart number, and so is the patient.
            known.append(KnownIdentifier(Category.ID, name))
        for (column, *_), text in cells.items():
            label = self.columns.category_of(str(column))
            if label is not None and searched(label) and text.strip():
                known.append(KnownIdentifier(label, text.strip()))
        patient = record.values.get(self.columns.patient) if self.columns.patient else None
        # The report first: the numbering of persons follows the order of reading.
        order = sorted(cells, key=lambda path: path[0] not in record.text_columns)
        texts = {path: cells[path] for path in order}
        if keys:
            texts[_KEYS] = "\n".join(keys)
        return join(
            name,
            texts,
            language=self.language,
            known=known,
            patient=None if patient in (None, "") else str(patient),
            is_prose=lambda path, text: (
                path[0] in record.text_columns or (path != _KEYS and _reads_on(text))
            ),
        )

    def _whole_cells(self, joint: Joint) -> list[Span]:
        """One span for each cell of a column that is an identifier as a whole."""
        found = []
        for cell in joint.cells:
            label = self.columns.category_of(str(cell.path[0]))
            text = joint.document.text[cell.start : cell.end]
            if label is None or not text.strip():
                continue
            start = cell.start + len(text) - len(text.lstrip())
            found.append(Span(start, start + len(text.strip()), label, ("column",), 1.0))
        return found


def _or_held(reference: str, work: Callable[[], T]) -> T | Held:
    """What ``work`` gives, or the reason why the document is held."""
    try:
        return work()
    except UnmappedLabelError:
        # A label that nobody foresaw may be anything, even a word of the document.
        return Held(reference, "detector_failed", "a detector used a label of no category")
    except ModelError as error:
        return Held(reference, error.reason, error.message, measures={"asked": 1})
    except DetectionError as error:
        return Held(reference, "detector_failed", error.message)
    except ReleaseError as error:
        return Held(reference, "transform_failed", error.message)


def _reads_on(text: str) -> bool:
    """Whether a cell of any column holds a sentence rather than a code, a word or a number."""
    return len(text) >= _SENTENCE and _HIRAGANA.search(text) is not None


def _by_column(
    joint: Joint, spans: Sequence[Span], columns: Sequence[str]
) -> dict[str, tuple[Span, ...]]:
    found: dict[str, tuple[Span, ...]] = dict.fromkeys(columns, ())
    for cell in joint.cells:
        if len(cell.path) == 1 and cell.path[0] in found:
            parts = (cell.local(span) for span in spans)
            found[str(cell.path[0])] = tuple(part for part in parts if part is not None)
    return found


def _edits_by_column(
    joint: Joint, edits: Sequence[Edit], columns: Sequence[str]
) -> dict[str, tuple[Edit, ...]]:
    found: dict[str, tuple[Edit, ...]] = dict.fromkeys(columns, ())
    for cell, local in joint.split(edits):
        if len(cell.path) == 1 and cell.path[0] in found:
            found[str(cell.path[0])] = tuple(local)
    return found


def _mentions(document: Document, spans: Sequence[Span]) -> list[Mention]:
    bare = [without_title(document.text, span) for span in spans]
    keys = entities(document, bare)
    return [Mention(span, document.text[span.start : span.end], keys[span]) for span in bare]


def _secrets(
    document: Document, mentions: Sequence[Mention], left: Sequence[Mention]
) -> tuple[Secret, ...]:
    """What must not be in the released text: all that was found, but what the profile keeps."""
    may_stay = {mention.surface for mention in left}
    surfaces = {
        Secret(mention.surface, mention.span.category)
        for mention in mentions
        if mention.surface not in may_stay
    }
    surfaces |= {Secret(known.value, known.category) for known in document.known}
    return tuple(sorted(surfaces, key=lambda secret: (secret.category, secret.surface)))


def _allowed(
    edits: Sequence[Edit], left: Sequence[Mention], marks: Sequence[Mark]
) -> tuple[tuple[int, int], ...]:
    """Where the released text may look like an identifier: what is kept, and medical language."""
    ranges = sorted(
        {(mention.span.start, mention.span.end) for mention in left}
        | {(mark.start, mark.end) for mark in marks}
    )
    return moved(edits, ranges)


def _describe(findings: Sequence[Finding]) -> str:
    counts = Counter(f"{finding.category} ({finding.kind})" for finding in findings)
    listed = ", ".join(f"{count} x {what}" for what, count in sorted(counts.items()))
    first = findings[0]
    return (
        f"inspection found {listed}; the first at {first.start}..{first.end} of the released text"
    )


def _released_values(
    record: Record, joint: Joint, edits: Sequence[Edit]
) -> tuple[dict[str, Any], dict[Path, Any]]:
    changed: dict[Path, Any] = {}
    undo: dict[Path, Any] = {}
    for cell, local in joint.split(edits):
        text = joint.document.text[cell.start : cell.end]
        applied = apply(text, local)
        changed[cell.path] = applied.text
        undo[cell.path] = _undo(record, cell, text, local, applied.placed)
    return rebuilt(record.values, changed), undo


def _undo(
    record: Record, cell: Cell, text: str, edits: Sequence[Edit], placed: Sequence[Placed]
) -> Any:
    value: Any = record.values
    for step in cell.path:
        value = value[step]
    if not isinstance(value, str):
        return reversal.whole(value)
    return reversal.pieces(value, placed, [text[edit.start : edit.end] for edit in edits])


def _tally(edits: Sequence[Edit]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for edit in edits:
        actions = counts.setdefault(edit.category, {})
        actions[edit.action] = actions.get(edit.action, 0) + 1
    return counts

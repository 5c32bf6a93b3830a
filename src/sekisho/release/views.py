"""Original beside released text, for the person who checks a run and holds its key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sekisho.release.edits import Placed, revert
from sekisho.release.reversal import unpack
from sekisho.release.vault import Vault
from sekisho.runs.journal import Journal
from sekisho.runs.outcome import Outcome, Status

__all__ = ["Side", "View", "views"]

Mark = tuple[int, int, str]


@dataclass(frozen=True)
class Side:
    """A text and its marks (start, end, category), sorted."""

    text: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class View:
    """One text column of one document, as it came and as it went."""

    reference: str
    original: Side
    released: Side


def views(directory: Path, vault: Vault, *, most: int) -> Iterator[View]:
    """The first ``most`` texts that were released, in input order."""
    count = 0
    with Journal.read(directory, key=vault.keys.derive("journal")) as journal:
        for position, outcome in journal.outcomes():
            if outcome.status is not Status.RELEASED:
                continue
            payload = vault.reversals(journal.run_id, f"{position.source}-{position.row}")
            for view in _of_document(outcome, payload):
                yield view
                count += 1
                if count >= most:
                    return


def _of_document(outcome: Outcome, payload: bytes) -> Iterator[View]:
    undo = {path[0]: cell for path, cell in unpack(payload).items() if len(path) == 1}
    for column, spans in (outcome.spans or {}).items():
        released = (outcome.values or {}).get(column)
        if not isinstance(released, str):
            continue
        cell = undo.get(column, {"at": [], "were": []})
        if "at" not in cell:
            continue
        yield _view(outcome.ref, released, cell["at"], cell["were"], spans)


def _view(
    reference: str,
    released: str,
    places: Sequence[tuple[int, int]],
    originals: Sequence[str],
    spans: Sequence[Mapping[str, Any]],
) -> View:
    placed = [Placed(start, end, "", "") for start, end in places]
    original = revert(released, placed, originals)
    marks = tuple((span["start"], span["end"], span["category"]) for span in spans)
    changed: list[Mark] = []
    shift = 0
    for (start, end), was in zip(places, originals, strict=True):
        began = start + shift
        label = next((m[2] for m in marks if m[0] < began + len(was) and began < m[1]), "")
        changed.append((start, end, label))
        shift += len(was) - (end - start)
    return View(reference, Side(original, marks), Side(released, tuple(changed)))

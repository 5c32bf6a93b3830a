"""Records, checkpoints and detectors that the tests of the checkpoint share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from releasing import key

from sekisho.documents.document import Document, Span
from sekisho.documents.records import Record
from sekisho.phi.stack import Stack, build
from sekisho.release.checkpoint import Checkpoint, Held, Passed
from sekisho.release.columns import Columns
from sekisho.release.profile import load_profile
from sekisho.release.reversal import restore, unpack

#: Stands where a replacement stood.
GAP = "\uffff"


@dataclass(frozen=True)
class Told:
    """A detector that does as it is told."""

    work: Callable[[Document], Sequence[Span]]
    name: str = "told"

    def detect(self, document: Document) -> Sequence[Span]:
        return self.work(document)


@cache
def shipped() -> Stack:
    return build()


def checkpoint(
    *detectors: Callable[[Document], Sequence[Span]],
    profile: str = "ja-pseudonymized",
    secret: bytes = b"key",
    **columns: Any,
) -> Checkpoint:
    """A checkpoint of the shipped detectors, or of ``detectors`` alone."""
    stack = Stack(tuple(map(Told, detectors))) if detectors else shipped()
    return Checkpoint(stack, load_profile(profile), key(secret), Columns(**columns))


def record(
    values: str | Mapping[str, Any],
    *,
    id: str = "1",
    row: int = 1,
    texts: Sequence[str] = ("text",),
) -> Record:
    """A record of one text, or of several columns of which ``texts`` hold the report."""
    columns = {"text": values} if isinstance(values, str) else values
    return Record(id, "input", row, columns, tuple(name for name in texts if name in columns))


def passed(result: Passed | Held) -> Passed:
    assert isinstance(result, Passed), result
    return result


def held(result: Passed | Held, reason: str) -> Held:
    assert isinstance(result, Held), result
    assert result.reason == reason, result.detail
    return result


def restored(result: Passed) -> dict[str, Any]:
    assert result.reversal is not None
    return restore(result.values, result.reversal)


def untouched(result: Passed, column: str = "text") -> str:
    """What of a released text is no replacement."""
    assert result.reversal is not None
    text = result.values[column]
    undo = unpack(result.reversal).get((column,), {"at": []})
    if "was" in undo:
        return GAP
    for start, end in reversed(undo["at"]):
        text = text[:start] + GAP + text[end:]
    return str(text)

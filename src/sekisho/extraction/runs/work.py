"""The work of a run without release: what becomes of one record, in whatever process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sekisho.documents.document import Document
from sekisho.documents.records import Record
from sekisho.errors import ModelError
from sekisho.extraction.results import Extraction
from sekisho.extraction.runs.choosing import Choice, Chosen
from sekisho.extraction.runs.extractor import Extractor
from sekisho.extraction.runs.rows import detailed, typed
from sekisho.models.named import asking_first
from sekisho.release.keys import Keys
from sekisho.runs.outcome import Outcome
from sekisho.runs.worker import Work

__all__ = ["NO_TEXT", "asked_first", "begun", "make_work", "measured", "unwritable"]

NO_TEXT, UNWRITABLE = "no_text", "unwritable"


def asked_first(choice: Choice, keys: Keys | None, *, working: bool) -> Chosen:
    """The extractor of ``choice``, after its model was asked what it is.

    With ``keys`` answers may be kept, sealed. Raises ``UsageError`` when it cannot be asked.
    """
    key = None if keys is None else keys.derive("answer cache")
    with asking_first(choice.model):
        return choice.open(working=working, cache_key=key)


def make_work(choice: Choice, keys: Keys | None) -> Work:
    """What is done with each record; built in the process that does it."""
    return _Extracting(asked_first(choice, keys, working=True).extractor)


@dataclass(frozen=True)
class _Extracting:
    """The work on a record, which is begun before the model has answered."""

    extractor: Extractor

    def __call__(self, record: Record) -> Outcome:
        return self.begin(record)()

    def begin(self, record: Record) -> Callable[[], Outcome]:
        text = typed(record)
        reading = begun(self.extractor, record, text)
        if isinstance(reading, Outcome):
            return lambda: reading

        def finish() -> Outcome:
            waited = time.perf_counter()
            facts: dict[str, Any] = {"chars": len(text)}
            try:
                extraction = reading()
            except ModelError as error:
                return Outcome.held("", error.reason, error.message, **facts)
            row = detailed(extraction, text)
            if unwritable(row):
                return Outcome.held("", UNWRITABLE, "a value holds half of a character", **facts)
            return Outcome.released(
                "",
                {"extraction": row},
                measures=measured(extraction),
                seconds=round(time.perf_counter() - waited, 4),
                **facts,
            )

        return finish

    def close(self) -> None:
        self.extractor.close()


def begun(extractor: Extractor, record: Record, text: str) -> Callable[[], Extraction] | Outcome:
    """The extraction of ``record`` under way, or the outcome of one without any text."""
    if not text.strip():
        return Outcome.held("", NO_TEXT, "there is no text in it")
    document = Document(record.id, text, language=extractor.task.language)
    return extractor.begin(document)


def measured(extraction: Extraction) -> dict[str, float]:
    """What is summed up over a run."""
    spent = asdict(extraction.cost)
    return {
        **{name: value for name, value in spent.items() if name != "seconds"},
        "model_s": extraction.cost.seconds,
        "chunks": extraction.chunks,
        "attempts": extraction.attempts,
    }


def unwritable(value: Any) -> bool:
    """Whether ``value`` holds half of a character, which UTF-8 cannot say."""
    if isinstance(value, str):
        return not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value)
    if isinstance(value, Mapping):
        return any(unwritable(key) or unwritable(inner) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return any(unwritable(inner) for inner in value)
    return False

"""What stands around a run: its folder, and whether trouble comes before it or within it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sekisho.documents.formats import Source
from sekisho.errors import (
    ModelAccessError,
    ModelUnavailableError,
    OutputError,
    SekishoError,
    UsageError,
)

__all__ = ["PASSING", "begun", "count", "files", "make_folder", "not_begun", "now"]

#: A model's server that does not answer, or not to us, is no fault of a document.
PASSING = frozenset({ModelUnavailableError.reason, ModelAccessError.reason})


def now() -> str:
    """The time in ISO 8601, to the second, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def make_folder(out: Path) -> None:
    """Make the folder of a run. Raises ``UsageError`` when that cannot be done."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"the output folder cannot be made: {error.strerror}",
            where=str(out),
            remedy="choose another --out",
        ) from None


@contextmanager
def not_begun(remedy: str = "choose another --out, --vault or --key-file") -> Iterator[None]:
    """Up to here, a place that cannot be written is a wrong choice: there is nothing to resume."""
    try:
        yield
    except OutputError as error:
        raise UsageError(error.message, where=error.where, remedy=remedy) from None


@contextmanager
def begun() -> Iterator[None]:
    """From here on, trouble leaves a run that can be resumed."""
    try:
        yield
    except UsageError:
        raise
    except SekishoError as error:
        remedy = error.remedy or "see to it, then run the same command with --resume"
        raise OutputError(error.message, where=error.where, remedy=remedy) from error


def count(sources: Sequence[Source], *, read_tables: bool) -> int | None:
    """How many records ``sources`` hold; None where only reading would tell, and shall not."""
    if all(source.reader.columns is None for source in sources):
        return len(sources)
    return sum(1 for source in sources for _ in source.reader) if read_tables else None


def files(number: int) -> str:
    """``number`` files, in words."""
    return "1 file" if number == 1 else f"{number:,} files"

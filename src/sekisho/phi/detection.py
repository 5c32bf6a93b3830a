"""The seam that every detector fits: a document goes in, complete spans come out, or an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from sekisho.documents.document import Document, Span

__all__ = ["STRONG", "Consulted", "Detector", "Doubting", "Heard"]

#: From this score on, a span rests on its own proof: a label, a title, a check digit. Only such
#: a span may be claimed inside what the shield marks as medical language.
STRONG = 0.9


@runtime_checkable
class Detector(Protocol):
    """Finds one family of identifiers."""

    name: str

    def detect(self, document: Document) -> Sequence[Span]:
        """All spans of ``document``, in original offsets.

        Raises ``DetectionError`` when it could not read the whole document. An empty answer is
        the statement that there is nothing, never the sign of a failure.
        """


class Heard(Protocol):
    """What a consulted detector answered; ``measures`` count what it took."""

    @property
    def spans(self) -> Sequence[Span]: ...

    @property
    def measures(self) -> Mapping[str, float]: ...


@runtime_checkable
class Consulted(Detector, Protocol):
    """A detector that asks somebody else and has to wait for the answer."""

    def begin(self, document: Document) -> Callable[[], Heard]:
        """Ask about ``document`` now; the result waits for the answer when it is called.

        The result raises ``SekishoError`` when there is no answer that can be trusted.
        """

    def close(self) -> None:
        """Give up what is under way, and everything that is held open."""


@runtime_checkable
class Doubting(Detector, Protocol):
    """A detector that knows where it was not sure."""

    def unsure(self, document: Document) -> int:
        """In how many places of ``document`` it nearly decided otherwise."""

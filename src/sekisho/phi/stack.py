"""The ordered set of detectors, and the one way from a document to its spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sekisho import plugins
from sekisho.documents.document import Document, Span
from sekisho.errors import DetectionError, SekishoError, UsageError
from sekisho.phi.detection import Detector
from sekisho.phi.merging import merge, outvote
from sekisho.phi.propagation import propagate
from sekisho.phi.shield import Mark, marks
from sekisho.phi.titles import with_title

__all__ = ["DEFAULT", "Detection", "Stack", "build"]

#: The detectors that need neither a model nor a network, in the order they run.
DEFAULT = ("known", "rules", "lexicon")


@dataclass(frozen=True)
class Detection:
    """What a stack found: the spans, sorted and without overlap, and the shield's marks."""

    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Stack:
    """Detectors in order; their answers are united, shielded, propagated and merged."""

    detectors: tuple[Detector, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The detectors' names, in order."""
        return tuple(detector.name for detector in self.detectors)

    def read(self, document: Document) -> Detection:
        """All identifiers of ``document``.

        Raises ``DetectionError`` when any detector could not finish: what the others found is not
        an answer then.
        """
        shielded = marks(document)
        claims: list[Span] = []
        seeds: dict[Span, None] = {}
        for detector in self.detectors:
            claims.extend(outvote(_ask(detector, document), shielded))
            # A later detector may swallow a name in a longer span; it is carried on all the same.
            seeds.update(dict.fromkeys(merge(document.text, claims)))
        further = outvote(propagate(document, list(seeds)), shielded)
        united = merge(document.text, [*claims, *further])
        titled = merge(document.text, [with_title(document.text, span) for span in united])
        return Detection(titled, shielded)


def _ask(detector: Detector, document: Document) -> Sequence[Span]:
    try:
        return list(detector.detect(document))
    except SekishoError:
        raise
    except Exception as error:  # noqa: BLE001  whatever it raises, the document is held
        # The message of a foreign error may quote the document, so only its kind is told.
        raise DetectionError(
            f"the detector {detector.name!r} failed ({type(error).__name__})"
        ) from None


def build(names: Sequence[str] = DEFAULT) -> Stack:
    """The stack of the detectors registered under ``names``.

    Raises ``UsageError`` when a name is unknown, given twice, or when there is none at all.
    """
    if not names:
        raise UsageError("no detector was chosen", remedy=f"for example {','.join(DEFAULT)}")
    if len(set(names)) != len(names):
        raise UsageError("a detector was named twice")
    return Stack(tuple(plugins.load("sekisho.detectors", name)() for name in names))

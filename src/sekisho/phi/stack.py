"""The ordered set of detectors, and the one way from a document to its spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sekisho import plugins
from sekisho.documents.document import Document, Span
from sekisho.errors import DetectionError, SekishoError, UsageError
from sekisho.phi.detection import Detector
from sekisho.phi.merging import merge, outvote
from sekisho.phi.propagation import propagate
from sekisho.phi.shield import Mark, marks
from sekisho.phi.titles import untitled, with_title

__all__ = ["DEFAULT", "UNTRAINED", "Detection", "Stack", "build"]

#: What reads by formats and lists alone.
UNTRAINED = ("known", "rules", "lexicon")
#: The detectors of every run unless another list is asked for, in the order they run.
DEFAULT = (*UNTRAINED, "tagger")


@dataclass(frozen=True)
class Detection:
    """What a stack found: the spans, sorted and without overlap, and the shield's marks."""

    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Stack:
    """Detectors in order; their answers are united, shielded, propagated and merged.

    ``carries`` is False only where the gain of propagation itself is measured.
    """

    detectors: tuple[Detector, ...]
    carries: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The detectors' names, in order."""
        return tuple(detector.name for detector in self.detectors)

    @property
    def models(self) -> dict[str, str]:
        """The digest of the model of each detector that has one, by the detector's name."""
        return {
            detector.name: digest
            for detector in self.detectors
            if isinstance(digest := getattr(detector, "digest", None), str)
        }

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
        carried = propagate(document, list(seeds)) if self.carries else []
        further = outvote(carried, shielded)
        united = merge(document.text, [*claims, *further])
        bare = [untitled(document.text, span) for span in united]
        titled = merge(document.text, [with_title(document.text, span) for span in bare])
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


def build(names: Sequence[str] = DEFAULT, *, tagger: Path | None = None) -> Stack:
    """The stack of the detectors registered under ``names``.

    ``tagger`` is a model file for the detector of that name, instead of the shipped one. Raises
    ``UsageError`` when a name is unknown, given twice, when there is none at all, or when a model
    file is given without its detector; ``ModelFileError`` when the model cannot be used.
    """
    if not names:
        raise UsageError("no detector was chosen", remedy=f"for example {','.join(DEFAULT)}")
    if len(set(names)) != len(names):
        raise UsageError("a detector was named twice")
    if tagger is not None and "tagger" not in names:
        raise UsageError(
            "a model file was given, and the detectors do not include tagger",
            where="--tagger",
            remedy="add tagger to --detectors, or leave --tagger out",
        )
    detectors = []
    for name in names:
        make = plugins.load("sekisho.detectors", name)
        detectors.append(make(tagger) if name == "tagger" and tagger is not None else make())
    return Stack(tuple(detectors))

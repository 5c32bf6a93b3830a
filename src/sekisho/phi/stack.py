"""The ordered set of detectors, and the one way from a document to its spans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ParamSpec, TypeVar

from sekisho import plugins
from sekisho.documents.document import Document, Span
from sekisho.errors import DetectionError, SekishoError, UsageError
from sekisho.phi.cascade import Consult, is_uncertain
from sekisho.phi.detection import Consulted, Detector, Doubting, Heard
from sekisho.phi.merging import beside, merge, outvote
from sekisho.phi.propagation import propagate
from sekisho.phi.shield import Mark, marks
from sekisho.phi.titles import untitled, with_title

__all__ = ["DEFAULT", "UNTRAINED", "Detection", "Stack", "build"]

P = ParamSpec("P")
T = TypeVar("T")

#: What reads by formats and lists alone.
UNTRAINED = ("known", "rules", "lexicon")
#: The detectors of every run unless another list is asked for, in the order they run.
DEFAULT = (*UNTRAINED, "tagger")


@dataclass(frozen=True)
class Detection:
    """What a stack found: the spans, sorted and without overlap, and the shield's marks.

    ``measures`` count what the consulted detectors took, if there are any: ``asked`` is 1 when
    they were asked about the document, ``spared`` when they were not.
    """

    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Stack:
    """Detectors in order; their answers are united, shielded, propagated and merged.

    Consulted detectors come last and can only add: what the others found stays, whole and of its
    category. ``consult`` says when they are asked. ``carries`` is False only where the gain of
    propagation itself is measured.
    """

    detectors: tuple[Detector, ...]
    carries: bool = True
    consult: Consult = Consult.ALWAYS

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

        Raises ``DetectionError`` or ``ModelError`` when any detector could not finish: what the
        others found is not an answer then.
        """
        return self.begin(document)()

    def begin(self, document: Document) -> Callable[[], Detection]:
        """Read ``document`` as far as nobody has to be waited for; the result does the rest.

        Both raise what ``read`` raises.
        """
        shielded = marks(document)
        found = [
            (detector.name, outvote(_ask(detector, document), shielded))
            for detector in self.detectors
            if not isinstance(detector, Consulted)
        ]
        own = self._united(document, shielded, [spans for _, spans in found])
        consulted = self._consulted(document, found)
        asked: list[tuple[Consulted, Callable[[], Heard]]] = [
            (each, _guarded(each, each.begin, document)) for each in consulted or ()
        ]

        def finish() -> Detection:
            spans, measures = own, _NOT_ASKED if consulted is None else _ASKED
            for detector, answer in asked:
                heard: Heard = _guarded(detector, answer)
                claims = outvote(heard.spans, shielded)
                spans = beside(document.text, spans, self._united(document, shielded, [claims]))
                measures = {**measures, **heard.measures}
            return Detection(spans, shielded, measures if self._consults else {})

        return finish

    def close(self) -> None:
        """Let the consulted detectors give back what they hold open."""
        for detector in self.detectors:
            if isinstance(detector, Consulted):
                detector.close()

    @property
    def _consults(self) -> bool:
        return any(isinstance(detector, Consulted) for detector in self.detectors)

    def _consulted(
        self, document: Document, found: Sequence[tuple[str, Sequence[Span]]]
    ) -> list[Consulted] | None:
        """Who is asked about ``document``; None for nobody."""
        consulted = [each for each in self.detectors if isinstance(each, Consulted)]
        if not consulted or self.consult is Consult.NEVER:
            return None
        if self.consult is Consult.UNCERTAIN:
            unsure = sum(
                each.unsure(document) for each in self.detectors if isinstance(each, Doubting)
            )
            readers = {f"{place} {name}": spans for place, (name, spans) in enumerate(found)}
            if not is_uncertain(readers, unsure):
                return None
        return consulted

    def _united(
        self, document: Document, shielded: Sequence[Mark], found: Iterable[Sequence[Span]]
    ) -> tuple[Span, ...]:
        """What detectors found one after the other, carried on and with clean edges."""
        claims: list[Span] = []
        seeds: dict[Span, None] = {}
        for each in found:
            claims.extend(each)
            # A later detector may swallow a name in a longer span; it is carried on all the same.
            seeds.update(dict.fromkeys(merge(document.text, claims)))
        carried = propagate(document, list(seeds)) if self.carries else []
        further = outvote(carried, shielded)
        united = merge(document.text, [*claims, *further])
        bare = [untitled(document.text, span) for span in united]
        return merge(document.text, [with_title(document.text, span) for span in bare])


_NOT_ASKED: Mapping[str, float] = {"spared": 1}
_ASKED: Mapping[str, float] = {"asked": 1}


def _ask(detector: Detector, document: Document) -> Sequence[Span]:
    return _guarded(detector, lambda: list(detector.detect(document)))


def _guarded(detector: Detector, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    try:
        return work(*given, **named)
    except SekishoError:
        raise
    except Exception as error:  # noqa: BLE001  whatever it raises, the document is held
        # The message of a foreign error may quote the document, so only its kind is told.
        raise DetectionError(
            f"the detector {detector.name!r} failed ({type(error).__name__})"
        ) from None


def build(
    names: Sequence[str] = DEFAULT,
    *,
    tagger: Path | None = None,
    llm: Detector | None = None,
    consult: Consult = Consult.ALWAYS,
) -> Stack:
    """The stack of the detectors registered under ``names``.

    ``tagger`` is a model file for the detector of that name, instead of the shipped one; ``llm``
    the detector that asks a language model, which ``consult`` rules. Raises ``UsageError`` when a
    name is unknown, given twice, when there is none at all, or when a model is given without its
    detector or the other way round; ``ModelFileError`` when the tagger's model cannot be used.
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
    if (llm is not None) != ("llm" in names):
        raise UsageError(
            "the detector llm and its model come together",
            where="--model",
            remedy="name a local model with --model, and llm in --detectors if you list them",
        )
    if consult is not Consult.ALWAYS and set(names) <= {"llm"}:
        raise UsageError(
            f"--llm {consult} needs other detectors beside llm",
            where="--llm",
            remedy="add some to --detectors, or use --llm always",
        )
    detectors: list[Detector] = []
    for name in names:
        if name == "llm" and llm is not None:
            detectors.append(llm)
            continue
        make = plugins.load("sekisho.detectors", name)
        detectors.append(make(tagger) if name == "tagger" and tagger is not None else make())
    return Stack(tuple(detectors), consult=consult)

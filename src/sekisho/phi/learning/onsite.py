"""Further training of a model on a hospital's own annotated documents.

The network keeps its vocabulary and its temperature; it is pulled back halfway to where it came
from when it is done (the mean of old and new weights, Wortsman et al. 2022), so that a few
documents of one hospital do not make it forget the rest of the language.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from sekisho.documents.document import Document
from sekisho.errors import UsageError
from sekisho.phi.detectors.tagger.encoding import encode
from sekisho.phi.detectors.tagger.modelfile import digest_of
from sekisho.phi.learning.examples import example, stream
from sekisho.phi.learning.export import export, restore
from sekisho.phi.learning.fitting import Plan, fit, prepare

__all__ = ["Annotated", "Split", "continue_training", "split"]

_FEWEST = 10
#: What scales the activations; the same few whatever the order of the documents.
_SAMPLES = 60


class Annotated(Protocol):
    """A text with its identifiers, as ``sekisho.evaluation.gold`` reads them."""

    @property
    def id(self) -> str:
        """What names the document."""

    @property
    def text(self) -> str:
        """The whole text."""

    @property
    def spans(self) -> Sequence[Any]:
        """Its identifiers: each with ``start``, ``end`` and ``category``."""


@dataclass(frozen=True)
class Split:
    """The documents to learn from, and those held back to see what was learnt (indices)."""

    learnt: tuple[int, ...]
    held_back: tuple[int, ...]


def split(documents: Sequence[Annotated], share: float, seed: int) -> Split:
    """Hold back ``share`` of ``documents``; equal texts stay on one side.

    Raises ``UsageError`` when there are too few documents, or one side would be empty.
    """
    if len(documents) < _FEWEST:
        raise UsageError(
            f"{len(documents)} annotated documents are too few to learn from and to measure on",
            remedy=f"annotate at least {_FEWEST}; some hundreds are better",
        )
    groups: dict[str, list[int]] = {}
    for index, document in enumerate(documents):
        groups.setdefault(document.text, []).append(index)
    order = sorted(groups.values())
    random.Random(seed).shuffle(order)
    wanted = share * len(documents)
    held_back: list[int] = []
    learnt: list[int] = []
    for group in order:
        (held_back if len(held_back) < wanted else learnt).extend(group)
    if not held_back or not learnt:
        raise UsageError("one side of the split would be empty", remedy="change --held-back")
    return Split(tuple(sorted(learnt)), tuple(sorted(held_back)))


def continue_training(
    documents: Sequence[Annotated],
    start: Path,
    out: Path,
    plan: Plan,
    *,
    card: dict[str, Any],
    told: Callable[[str], None] = lambda line: None,
) -> None:
    """Train the model in ``start`` on ``documents`` and write it to ``out``.

    ``card`` is kept in the file beside how it was made. Raises ``ModelFileError`` when ``start``
    is no model, ``OutputError`` when ``out`` cannot be written.
    """
    network, vocabulary, described = restore(start)
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    made = [
        example(document.text, [(s.start, s.end, str(s.category)) for s in document.spans])
        for document in documents
    ]
    prepare(plan.seed, plan.threads)
    features, labels = stream(made, vocabulary, network.shape.gap)
    fit(network, features, labels, plan, told=told)
    network.load_state_dict(
        {name: (weight + before[name]) / 2 for name, weight in network.state_dict().items()}
    )
    samples = [
        encode(Document("", document.text), vocabulary)
        for document in documents[:: max(1, len(documents) // _SAMPLES)]
        if document.text.strip()
    ]
    export(
        network,
        vocabulary,
        samples,
        temperature=float(described["temperature"]),
        card={
            **card,
            "continued from": digest_of(start.read_bytes()),
            "documents": len(documents),
            "plan": asdict(plan),
        },
        path=out,
    )

"""F1 of entities written as one tag a token (``B-name``, ``I-name``, ``O``).

An entity is right when its first and last token and its name are. A tag is read leniently, as
conlleval and seqeval do: ``I-name`` behind ``O`` or behind another name begins an entity.

Sources: Tjong Kim Sang and De Meulder, CoNLL-2003 shared task; Ramshaw and Marcus (1995) for the
tags; the two DRAGON scores (macro F1 for one tag a token, weighted multi-label F1 for several) as
its scorer ``dragon-eval`` 0.2.11 computes them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

__all__ = ["Entity", "entities", "entity_f1", "multi_label_f1"]

#: Name, first token, last token.
Entity: TypeAlias = tuple[str, int, int]
Average: TypeAlias = Literal["micro", "macro", "weighted"]
OUTSIDE = "O"


def entities(tags: Sequence[str]) -> Iterator[Entity]:
    """The entities that ``tags`` of one document write, in their order.

    Raises ``ValueError`` when a tag is neither ``O`` nor begins with ``B-`` or ``I-``.
    """
    name, begin = "", 0
    for position, tag in enumerate((*tags, OUTSIDE)):
        if tag != OUTSIDE and tag[:2] not in ("B-", "I-"):
            raise ValueError("a tag is O, or begins with B- or I-")
        here = "" if tag == OUTSIDE else tag[2:] or "_"
        if name and (here != name or tag[0] == "B"):
            yield name, begin, position - 1
        if here and (here != name or tag[0] == "B"):
            begin = position
        name = here


def entity_f1(
    gold: Sequence[Sequence[str]],
    predicted: Sequence[Sequence[str]],
    *,
    average: Average = "macro",
) -> float | None:
    """``F1 = 2 TP / (gold + predicted)`` over the entities of all documents.

    ``micro`` counts all together; ``macro`` is the mean over the names that occur on either side,
    ``weighted`` the mean over them by their number in gold (0 when gold has none). None when there
    is no entity at all. Raises ``ValueError`` when a document has another number of tags in the
    two, or a tag is none.
    """
    counts = _counts(gold, predicted)
    if not counts:
        return None
    if average == "micro":
        hits, wanted, claimed = (sum(column) for column in zip(*counts.values(), strict=True))
        return float(2 * hits / (wanted + claimed))
    scores: dict[str, float] = {
        name: 2 * hits / (wanted + given) for name, (hits, wanted, given) in counts.items()
    }
    if average == "macro":
        return sum(scores.values()) / len(scores)
    whole = sum(wanted for _, wanted, _ in counts.values())
    weighed = sum(scores[name] * wanted for name, (_, wanted, _) in counts.items())
    return weighed / whole if whole else 0.0


def multi_label_f1(
    gold: Sequence[Sequence[Sequence[str]]], predicted: Sequence[Sequence[Sequence[str]]]
) -> float | None:
    """Weighted multi-label F1: several tags a token, one pass for each name that gold has.

    In the pass of a name each token has the first of its tags that contains the name (so ``lesion``
    also meets ``B-lesion-2``, as in DRAGON's scorer), or ``O``. The answer is the mean over passes
    of the weighted F1, by the number of entities of gold in that pass. None when gold has no
    entity. Raises ``ValueError`` as ``entity_f1`` does.
    """
    names = sorted(
        {
            tag.removeprefix("B-") if tag.startswith("B-") else tag.removeprefix("I-")
            for document in gold
            for token in document
            for tag in token
            if tag != OUTSIDE
        }
    )
    whole, weighed = 0, 0.0
    for name in names:
        truth, claims = _pass(gold, name), _pass(predicted, name)
        support = sum(1 for tags in truth for _ in entities(tags))
        whole += support
        weighed += support * (entity_f1(truth, claims, average="weighted") or 0.0)
    return weighed / whole if whole else None


def _pass(documents: Sequence[Sequence[Sequence[str]]], name: str) -> list[list[str]]:
    return [
        [next((tag for tag in token if name in tag), OUTSIDE) for token in document]
        for document in documents
    ]


def _counts(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]
) -> Mapping[str, list[int]]:
    """For each name: entities found, in gold, predicted."""
    if len(gold) != len(predicted):
        raise ValueError("both lists must have the same length")
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for truth, claims in zip(gold, predicted, strict=True):
        if len(truth) != len(claims):
            raise ValueError("a document must have as many tags in both lists")
        wanted, given = set(entities(truth)), set(entities(claims))
        for column, found in enumerate((wanted & given, wanted, given)):
            for name, _, _ in found:
                counts[name][column] += 1
    return counts

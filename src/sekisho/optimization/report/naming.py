"""Short names for plots that can still be told apart.

Names of models are long and alike: a registry before them, a quantisation behind. Cutting each by
itself would leave thirty equal labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sekisho.optimization.report import layout

__all__ = ["short_names"]


def short_names(names: Iterable[str], most: float) -> dict[str, str]:
    """A label of at most ``most`` pixels for each of ``names``, no two alike.

    What is taken away, in this order and only as far as it must be: the middle; the path before the
    last slash; what all names begin with; what all end with. Where that is not enough labels are
    numbered.
    """
    known = list(dict.fromkeys(names))
    for shape in (_whole, _last_part, _without_start, _without_both):
        labels = [layout.shortened(form, most) for form in shape(known)]
        if len(set(labels)) == len(known) and all(labels):
            return dict(zip(known, labels, strict=True))
    return {
        name: layout.shortened(f"{at} {label}", most)
        for at, (name, label) in enumerate(zip(known, _last_part(known), strict=True), start=1)
    }


def _whole(names: Sequence[str]) -> list[str]:
    return list(names)


def _last_part(names: Sequence[str]) -> list[str]:
    return [name.rsplit("/", 1)[-1] for name in names]


def _without_start(names: Sequence[str]) -> list[str]:
    parts = _last_part(names)
    shared = _shared(parts)
    return [f"…{part[shared:]}" if shared else part for part in parts]


def _without_both(names: Sequence[str]) -> list[str]:
    parts = _without_start(names)
    shared = _shared([part[:0:-1] for part in parts])
    return [f"{part[: len(part) - shared]}…" if shared else part for part in parts]


def _shared(words: Sequence[str]) -> int:
    """How many letters all ``words`` begin with."""
    first, last = min(words), max(words)  # whatever these two share, those between share too
    pairs = enumerate(zip(first, last, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(first), len(last)))

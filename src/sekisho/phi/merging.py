"""From overlapping claims to spans that do not overlap: union for recall, never a splice.

Every code point that any detector claimed (and the shield did not outvote) is covered afterwards.
Where claims of different categories compete, the stronger one is kept whole and the rest of the
other is kept beside it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from operator import attrgetter

from sekisho.documents.document import Span
from sekisho.errors import DetectionError
from sekisho.phi.categories import Category, category
from sekisho.phi.detection import STRONG
from sekisho.phi.shield import Mark

__all__ = ["beside", "merge", "outvote"]

#: At equal strength and length the more specific category wins.
_RANK = {
    name: position
    for position, name in enumerate(
        (
            Category.NATIONAL_ID,
            Category.INSURANCE,
            Category.BIRTHDATE,
            Category.PHONE,
            Category.EMAIL,
            Category.URL,
            Category.ADDRESS,
            Category.STAFF,
            Category.NAME,
            Category.FACILITY,
            Category.ID,
            Category.DATE,
            Category.TIME,
            Category.AGE,
            Category.DEPARTMENT,
            Category.OCCUPATION,
            Category.SEX,
        )
    )
}


def outvote(spans: Iterable[Span], marks: Sequence[Mark]) -> list[Span]:
    """The spans that stand against the shield.

    A mark outvotes a span that lies inside it, unless the span has proof of its own (a score of
    ``STRONG`` or more). A span that reaches beyond the mark read more than the mark did: it stays.
    """
    ordered = sorted(marks)
    starts = [mark.start for mark in ordered]
    # reach[i]: how far the first i marks go; a span lies inside one of them or inside none.
    reach = [0, *accumulate((mark.end for mark in ordered), max)]
    return [
        span
        for span in spans
        if span.score >= STRONG or reach[bisect_right(starts, span.start)] < span.end
    ]


def merge(text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Sorted spans without overlap that cover all code points of ``spans``.

    Raises ``UnmappedLabelError`` for a category nobody knows and ``DetectionError`` for offsets
    outside the text.
    """
    claims = []
    for span in spans:
        category(span.category)
        if span.end > len(text):
            raise DetectionError("a detector claimed offsets outside the document")
        claims.append(span)
    accepted: list[Span] = []
    for claim in sorted(_agreements(claims), key=_strength):
        # What is accepted is sorted and never overlaps, so its ends are sorted too.
        low = bisect_right(accepted, claim.start, key=_end)
        high = bisect_left(accepted, claim.end, low, key=_start)
        accepted[low:high] = _united(text, claim, accepted[low:high])
    return tuple(accepted)


def beside(text: str, found: Sequence[Span], further: Iterable[Span]) -> tuple[Span, ...]:
    """``found`` with those parts of ``further`` that it does not cover; sorted, without overlap.

    Both are without overlap in themselves. Each span of ``found`` stays, whole and of its
    category; where one of ``further`` says the same of more letters around it alone, it grows.
    """
    result = sorted(found)
    for span in further:
        low = bisect_right(result, span.start, key=_end)
        high = bisect_left(result, span.end, low, key=_start)
        rivals = result[low:high]
        if not rivals:
            result.insert(low, span)
            continue
        if len(rivals) == 1 and rivals[0].category == span.category:
            result[low:high] = _united(text, span, rivals)
            continue
        parts: list[Span] = []
        position = span.start
        for rival in rivals:
            parts += [*_rest(text, span, position, rival.start), rival]
            position = rival.end
        result[low:high] = [*parts, *_rest(text, span, position, span.end)]
    return tuple(result)


_start = attrgetter("start")
_end = attrgetter("end")


def _strength(span: Span) -> tuple[bool, int, float, int, int]:
    return (
        span.score < STRONG,
        -len(span),
        -span.score,
        _RANK[category(span.category)],
        span.start,
    )


def _agreements(spans: list[Span]) -> list[Span]:
    """One span for equal claims; independent detectors that agree are surer than each alone."""
    together: dict[tuple[int, int, str], Span] = {}
    for span in spans:
        key = (span.start, span.end, span.category)
        earlier = together.get(key)
        together[key] = span if earlier is None else _joined(earlier, span, span.start, span.end)
    return list(together.values())


def _joined(left: Span, right: Span, start: int, end: int) -> Span:
    sources = tuple(sorted({*left.sources, *right.sources}))
    independent = {source.partition(":")[0] for source in left.sources}.isdisjoint(
        source.partition(":")[0] for source in right.sources
    )
    score = max(left.score, right.score)
    if independent:
        score = min(0.99, 1 - (1 - left.score) * (1 - right.score))
    return Span(start, end, left.category, sources, max(score, left.score, right.score))


def _united(text: str, claim: Span, rivals: list[Span]) -> list[Span]:
    """``rivals`` with ``claim``, or with those parts of it that no rival covers; sorted."""
    if not rivals:
        return [claim]
    if all(rival.category == claim.category for rival in rivals):
        start = min(claim.start, rivals[0].start)
        end = max(claim.end, rivals[-1].end)
        joined = claim
        for rival in rivals:
            joined = _joined(joined, rival, start, end)
        return [joined]
    result: list[Span] = []
    position = claim.start
    for rival in rivals:
        result += _rest(text, claim, position, rival.start)
        result.append(rival)
        position = rival.end
    return result + _rest(text, claim, position, claim.end)


def _rest(text: str, claim: Span, start: int, end: int) -> list[Span]:
    """What is left of ``claim`` in ``text[start:end]``: one span or none."""
    trimmed = _trim(text, start, end)
    return [] if trimmed is None else [replace(claim, start=trimmed[0], end=trimmed[1])]


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Without blanks and punctuation at the edges; None when nothing else is left."""
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return (start, end) if start < end else None

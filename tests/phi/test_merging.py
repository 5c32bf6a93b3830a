from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.document import Span
from sekisho.errors import DetectionError, UnmappedLabelError
from sekisho.phi.categories import Category
from sekisho.phi.detection import STRONG
from sekisho.phi.merging import beside, merge, outvote
from sekisho.phi.shield import Mark

TEXT = "佐藤 明子様（58）、Dr.高田。\nｶﾞ―々𠮷a1-2"


def letters(text: str, spans: list[Span] | tuple[Span, ...]) -> set[int]:
    """Offsets of the letters and digits that ``spans`` cover."""
    return {
        position
        for span in spans
        for position in range(span.start, span.end)
        if text[position].isalnum()
    }


@st.composite
def claims(draw: st.DrawFn) -> list[Span]:
    def span() -> Span:
        start = draw(st.integers(0, len(TEXT) - 1))
        end = draw(st.integers(start + 1, len(TEXT)))
        return Span(
            start,
            end,
            draw(st.sampled_from(["NAME", "STAFF", "DATE", "ID", "PHONE"])),
            (draw(st.sampled_from(["rules:a", "rules:b", "lexicon:c", "known:NAME"])),),
            draw(st.sampled_from([0.5, 0.7, 0.85, 0.9, 0.95, 1.0])),
        )

    return [span() for _ in range(draw(st.integers(0, 8)))]


@settings(deadline=None, max_examples=300)
@given(claims())
def test_the_result_is_sorted_and_never_overlaps(spans: list[Span]) -> None:
    merged = merge(TEXT, spans)
    assert all(left.end <= right.start for left, right in pairwise(merged))


@settings(deadline=None, max_examples=300)
@given(claims())
def test_exactly_the_claimed_letters_are_covered(spans: list[Span]) -> None:
    assert letters(TEXT, merge(TEXT, spans)) == letters(TEXT, spans)


@settings(deadline=None, max_examples=300)
@given(claims(), claims())
def test_a_further_claim_never_uncovers_a_letter(spans: list[Span], more: list[Span]) -> None:
    assert letters(TEXT, merge(TEXT, spans)) <= letters(TEXT, merge(TEXT, [*spans, *more]))


@settings(deadline=None, max_examples=300)
@given(claims())
def test_scores_stay_in_their_range_and_never_sink(spans: list[Span]) -> None:
    for merged in merge(TEXT, spans):
        assert 0 <= merged.score <= 1
        under = [span.score for span in spans if span.overlaps(merged)]
        assert merged.score >= min(under)


@settings(deadline=None, max_examples=300)
@given(claims())
def test_no_source_is_invented_and_no_category(spans: list[Span]) -> None:
    for merged in merge(TEXT, spans):
        under = [span for span in spans if span.overlaps(merged)]
        assert merged.category in {span.category for span in under}
        assert set(merged.sources) <= {source for span in spans for source in span.sources}
        assert merged.sources


@settings(deadline=None, max_examples=200)
@given(claims())
def test_merging_again_changes_nothing(spans: list[Span]) -> None:
    merged = merge(TEXT, spans)
    assert merge(TEXT, merged) == merged


@settings(deadline=None, max_examples=200)
@given(claims(), st.randoms())
def test_the_order_of_the_claims_does_not_change_what_is_covered(
    spans: list[Span], random: object
) -> None:
    assert letters(TEXT, merge(TEXT, spans)) == letters(TEXT, merge(TEXT, spans[::-1]))


def test_no_claim_is_no_span() -> None:
    assert merge(TEXT, []) == ()


def test_the_stronger_of_two_categories_is_kept_whole_and_the_rest_stays_beside_it() -> None:
    merged = merge(
        "佐藤明子12345678", [Span(0, 8, "NAME", score=0.7), Span(4, 12, "ID", score=0.95)]
    )
    assert [(s.start, s.end, s.category) for s in merged] == [(0, 4, "NAME"), (4, 12, "ID")]


def test_a_strong_claim_splits_a_weak_one() -> None:
    merged = merge(
        "佐藤 明子 健一", [Span(0, 8, "STAFF", score=0.6), Span(3, 5, "NAME", score=0.95)]
    )
    assert [(s.start, s.end, s.category) for s in merged] == [
        (0, 2, "STAFF"),
        (3, 5, "NAME"),
        (6, 8, "STAFF"),
    ]


def test_blanks_and_punctuation_left_over_are_no_span() -> None:
    merged = merge("佐藤、（明子", [Span(0, 4, "STAFF", score=0.6), Span(0, 2, "NAME", score=0.95)])
    assert [(s.start, s.end, s.category) for s in merged] == [(0, 2, "NAME")]


def test_overlapping_claims_of_one_category_become_one() -> None:
    merged = merge(
        "佐藤明子", [Span(0, 3, "NAME", ("rules:a",), 0.7), Span(2, 4, "NAME", ("lexicon:b",), 0.8)]
    )
    assert [(s.start, s.end, s.sources) for s in merged] == [(0, 4, ("lexicon:b", "rules:a"))]


def test_claims_that_only_touch_stay_two() -> None:
    merged = merge("佐藤明子", [Span(0, 2, "NAME"), Span(2, 4, "NAME")])
    assert [(s.start, s.end) for s in merged] == [(0, 2), (2, 4)]


def test_independent_detectors_that_agree_are_surer_than_each() -> None:
    claims = [Span(0, 2, "NAME", ("lexicon:a",), 0.7), Span(0, 2, "NAME", ("known:NAME",), 0.8)]
    (merged,) = merge("佐藤", claims)
    assert merged.score == pytest.approx(0.94)


def test_two_rules_of_one_detector_that_agree_are_no_surer() -> None:
    claims = [Span(0, 2, "NAME", ("lexicon:a",), 0.7), Span(0, 2, "NAME", ("lexicon:b",), 0.8)]
    (merged,) = merge("佐藤", claims)
    assert merged.score == 0.8


@pytest.mark.parametrize("specific", [c for c in Category if c != "SEX"])
def test_among_equals_the_more_specific_category_wins(specific: Category) -> None:
    for order in (1, -1):
        (merged,) = merge("12345678", [Span(0, 8, "SEX"), Span(0, 8, specific)][::order])
        assert merged.category == specific


@pytest.mark.parametrize("label", ["PERSON", "name", ""])
def test_a_label_that_nobody_mapped_is_an_error(label: str) -> None:
    with pytest.raises(UnmappedLabelError):
        merge("佐藤", [Span(0, 2, label)])


def test_offsets_outside_the_text_are_an_error() -> None:
    with pytest.raises(DetectionError, match="outside"):
        merge("佐藤", [Span(1, 3, "NAME")])


MARK = Mark(2, 5, "eponym")


@pytest.mark.parametrize(
    ("start", "end", "score", "stands"),
    [
        (2, 5, 0.85, False),
        (3, 4, 0.85, False),
        (2, 4, STRONG, True),
        (2, 5, 0.99, True),
        (1, 5, 0.85, True),
        (2, 6, 0.85, True),
        (0, 2, 0.5, True),
        (5, 7, 0.5, True),
    ],
)
def test_a_mark_outvotes_only_a_weak_span_inside_it(
    start: int, end: int, score: float, stands: bool
) -> None:
    span = Span(start, end, "NAME", score=score)
    assert outvote([span], [MARK]) == ([span] if stands else [])


marks = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 6)).map(lambda m: Mark(m[0], m[0] + m[1], "x")),
    max_size=6,
)


@settings(deadline=None, max_examples=300)
@given(claims(), marks)
def test_exactly_the_weak_spans_inside_one_mark_are_dropped(
    spans: list[Span], shield: list[Mark]
) -> None:
    inside = [
        span
        for span in spans
        if span.score < STRONG
        and any(mark.start <= span.start and span.end <= mark.end for mark in shield)
    ]
    assert outvote(spans, shield) == [span for span in spans if span not in inside]


def test_a_long_document_is_merged_in_less_than_quadratic_time() -> None:
    count = 40_000
    text = "佐藤明子は" * count
    spans = [Span(5 * i, 5 * i + 4, "NAME", ("lexicon:a",), 0.7) for i in range(count)]
    shield = [Mark(5 * i + 1, 5 * i + 3, "eponym") for i in range(count)]
    started = time.perf_counter()
    assert len(merge(text, outvote(spans, shield))) == count
    assert time.perf_counter() - started < 5


@settings(deadline=None, max_examples=500)
@given(claims(), claims())
def test_what_was_found_stays_whole_and_of_its_category_whatever_comes_beside_it(
    spans: list[Span], more: list[Span]
) -> None:
    found, further = merge(TEXT, spans), merge(TEXT, more)
    both = beside(TEXT, found, further)
    assert all(left.end <= right.start for left, right in pairwise(both))
    for span in found:
        assert any(
            kept.covers(span) and kept.category == span.category and kept.score >= span.score
            for kept in both
        )


@settings(deadline=None, max_examples=500)
@given(claims(), claims())
def test_every_letter_that_comes_beside_is_covered_and_no_other(
    spans: list[Span], more: list[Span]
) -> None:
    found, further = merge(TEXT, spans), merge(TEXT, more)
    both = beside(TEXT, found, further)
    assert letters(TEXT, both) == letters(TEXT, [*found, *further])


@settings(deadline=None, max_examples=300)
@given(claims(), claims())
def test_nothing_beside_what_was_found_changes_nothing(spans: list[Span], more: list[Span]) -> None:
    found = merge(TEXT, spans)
    assert beside(TEXT, found, ()) == found
    both = beside(TEXT, found, merge(TEXT, more))
    assert beside(TEXT, both, ()) == both


@settings(deadline=None, max_examples=300)
@given(claims(), claims())
def test_no_source_and_no_category_is_invented_beside(spans: list[Span], more: list[Span]) -> None:
    found, further = merge(TEXT, spans), merge(TEXT, more)
    for span in beside(TEXT, found, further):
        under = [each for each in (*found, *further) if each.overlaps(span)]
        assert span.category in {each.category for each in under}
        assert set(span.sources) <= {source for each in under for source in each.sources}


@pytest.mark.parametrize(
    ("further", "expected"),
    [
        # the same of more letters: it grows
        (Span(0, 4, "NAME"), [(0, 4, "NAME"), (6, 10, "DATE")]),
        (Span(1, 4, "NAME"), [(0, 4, "NAME"), (6, 10, "DATE")]),
        # the same of fewer letters: it stays
        (Span(0, 1, "NAME"), [(0, 2, "NAME"), (6, 10, "DATE")]),
        # something else: what is left of it
        (Span(0, 4, "STAFF"), [(0, 2, "NAME"), (2, 4, "STAFF"), (6, 10, "DATE")]),
        (Span(0, 2, "STAFF"), [(0, 2, "NAME"), (6, 10, "DATE")]),
        (
            Span(0, 12, "ID", score=1.0),
            [(0, 2, "NAME"), (2, 5, "ID"), (6, 10, "DATE"), (10, 12, "ID")],
        ),
        # the same as one of two that it touches: it swallows neither
        (Span(1, 7, "DATE"), [(0, 2, "NAME"), (2, 5, "DATE"), (6, 10, "DATE")]),
        # what touches nothing
        (Span(3, 4, "NAME"), [(0, 2, "NAME"), (3, 4, "NAME"), (6, 10, "DATE")]),
    ],
)
def test_what_is_said_beside_is_fitted_around_what_was_found(
    further: Span, expected: list[tuple[int, int, str]]
) -> None:
    found = [Span(0, 2, "NAME", score=0.7), Span(6, 10, "DATE", score=0.7)]
    both = beside("佐藤明子様、5月3日来院", found, [further])
    assert [(span.start, span.end, span.category) for span in both] == expected


def test_two_persons_that_were_found_stay_two_whatever_is_said_of_both() -> None:
    found = [Span(0, 2, "NAME", score=0.7), Span(3, 5, "NAME", score=0.7)]
    both = beside("佐藤と鈴木", found, [Span(0, 5, "NAME", score=1.0)])
    assert [(span.start, span.end, span.score) for span in both] == [
        (0, 2, 0.7),
        (2, 3, 1.0),
        (3, 5, 0.7),
    ]


def test_two_who_agree_are_surer_beside_each_other_too() -> None:
    found = [Span(0, 2, "NAME", ("lexicon:a",), 0.7)]
    (both,) = beside("佐藤", found, [Span(0, 2, "NAME", ("llm",), 0.8)])
    assert both.score == pytest.approx(0.94)
    assert both.sources == ("lexicon:a", "llm")


def test_a_strong_claim_beside_does_not_outrank_a_weak_one_that_was_found() -> None:
    both = beside("佐藤明子", [Span(1, 2, "STAFF", score=0.5)], [Span(0, 4, "NAME", score=1.0)])
    assert [(span.start, span.end, span.category) for span in both] == [
        (0, 1, "NAME"),
        (1, 2, "STAFF"),
        (2, 4, "NAME"),
    ]


def test_many_spans_beside_many_take_less_than_quadratic_time() -> None:
    count = 40_000
    text = "佐藤明子は" * count
    found = [Span(5 * i, 5 * i + 2, "NAME", ("lexicon:a",), 0.7) for i in range(count)]
    further = [Span(5 * i + 1, 5 * i + 4, "STAFF", ("llm",), 0.8) for i in range(count)]
    started = time.perf_counter()
    assert len(beside(text, found, further)) == 2 * count
    assert time.perf_counter() - started < 20


def test_a_sign_that_is_no_letter_is_kept_beside() -> None:
    (span,) = beside("性別♂ 72歳", [], [Span(2, 3, "SEX", ("llm",), 0.8)])
    assert (span.start, span.end) == (2, 3)


@settings(deadline=None, max_examples=300)
@given(claims())
def test_beside_nothing_everything_stays_as_it_is(spans: list[Span]) -> None:
    found = merge(TEXT, spans)
    assert beside(TEXT, (), found) == found

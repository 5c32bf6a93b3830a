"""The metrics, on documents small enough to count by hand.

The main example, with its offsets (16 characters)::

    患 者 ： 架 空 ␣ 花 子 様 ␣ 6  0  歳 ␣  内 科
    0  1  2  3  4  5  6  7  8  9  10 11 12 13 14 15
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sekisho.documents.document import Span
from sekisho.evaluation.gold import GoldDocument, GoldSpan, Prediction
from sekisho.evaluation.metrics import (
    RATIOS,
    Comparison,
    Counts,
    Leak,
    Metric,
    character_precision,
    documents_with_direct_leak,
    leaked_characters,
    leaks,
    over_redaction,
    recall,
    recall_exact_typed,
)
from sekisho.phi.categories import Category

TEXT = "患者：架空 花子様 60歳 内科"


def gold(text: str, *spans: tuple[int, int, Category]) -> GoldDocument:
    return GoldDocument("r", text, tuple(GoldSpan(s, e, c, text[s:e]) for s, e, c in spans))


def found(*spans: tuple[int, int, Category]) -> Prediction:
    return Prediction("r", tuple(Span(start, end, category) for start, end, category in spans))


GOLD = gold(TEXT, (3, 8, Category.NAME), (10, 13, Category.AGE), (14, 16, Category.DEPARTMENT))
FOUND = found(
    (0, 1, Category.ID), (3, 5, Category.NAME), (6, 9, Category.STAFF), (10, 13, Category.AGE)
)
OTHER, NOTHING = gold("所見なし"), found()


def test_every_count_of_a_document_can_be_checked_by_hand() -> None:
    assert Comparison(GOLD, FOUND).counts() == Counts(
        documents=1,
        direct_leaks=0,  # of the name only the space is bare
        gold_characters=10,
        leaked_characters=3,  # 5, 14, 15: a space inside a span is a character
        spans=3,
        covered_spans=1,  # the age
        exact_spans=1,
        predicted_characters=9,
        correct_characters=7,
        ordinary_characters=6,
        redacted_characters=2,  # 0 and 8
    )


@pytest.mark.parametrize(
    ("metric", "count", "n"),
    [
        (leaked_characters, 3, 10),
        (documents_with_direct_leak, 0, 2),
        (recall, 1, 3),
        (recall_exact_typed, 1, 3),
        (character_precision, 7, 9),
        (over_redaction, 2, 10),
    ],
)
def test_each_metric_divides_its_two_counts(metric: Metric, count: int, n: int) -> None:
    estimate = metric([GOLD, OTHER], [FOUND, NOTHING])
    assert estimate.value == count / n
    assert estimate.n == n


def test_an_ignored_category_is_out_of_the_count_on_both_sides() -> None:
    ignored = {Category.AGE}
    counts = Comparison(GOLD.without(ignored), FOUND.without(ignored)).counts()
    assert (counts.gold_characters, counts.leaked_characters) == (7, 3)
    assert (counts.spans, counts.covered_spans, counts.exact_spans) == (2, 0, 0)
    assert (counts.predicted_characters, counts.correct_characters) == (6, 4)
    assert (counts.ordinary_characters, counts.redacted_characters) == (6, 2)


def test_what_is_predicted_on_ignored_gold_is_neither_right_nor_wrong() -> None:
    document = GOLD.without({Category.AGE})
    counts = Comparison(document, found((9, 12, Category.ID))).counts()
    assert (counts.predicted_characters, counts.correct_characters) == (1, 0)
    assert counts.redacted_characters == 1  # the space at 9


def test_an_ignored_prediction_is_neither_right_nor_wrong() -> None:
    prediction = found((0, 5, Category.AGE)).without({Category.AGE})
    counts = Comparison(GOLD, prediction).counts()
    assert (counts.predicted_characters, counts.redacted_characters) == (0, 0)


def test_what_an_ignored_prediction_covers_is_covered() -> None:
    prediction = found((3, 8, Category.AGE)).without({Category.AGE})
    counts = Comparison(GOLD.without({Category.AGE}), prediction).counts()
    assert counts.covered_spans == 1
    assert counts.leaked_characters == 2
    assert counts.exact_spans == 0


def test_gold_that_overlaps_ignored_gold_still_counts() -> None:
    document = gold("0123", (0, 4, Category.DATE), (1, 3, Category.AGE)).without({Category.AGE})
    counts = Comparison(document, found((0, 4, Category.DATE))).counts()
    assert (counts.gold_characters, counts.correct_characters) == (4, 4)


def test_overlapping_gold_counts_a_character_once_and_each_span() -> None:
    document = gold("0123", (0, 3, Category.ID), (1, 4, Category.PHONE))
    counts = Comparison(document, found((0, 3, Category.ID))).counts()
    assert (counts.gold_characters, counts.leaked_characters) == (4, 1)
    assert (counts.spans, counts.covered_spans) == (2, 1)


def test_several_predictions_cover_a_span_together() -> None:
    document = gold("0123", (0, 4, Category.PHONE))
    counts = Comparison(document, found((0, 2, Category.ID), (1, 4, Category.DATE))).counts()
    assert (counts.covered_spans, counts.exact_spans) == (1, 0)


def test_the_right_place_with_the_wrong_category_is_covered_but_not_typed() -> None:
    document = gold("0123", (0, 4, Category.PHONE))
    counts = Comparison(document, found((0, 4, Category.ID))).counts()
    assert (counts.covered_spans, counts.exact_spans) == (1, 0)


@pytest.mark.parametrize(
    ("category", "start", "leak"),
    [(Category.NAME, 1, 1), (Category.NAME, 0, 0), (Category.AGE, 1, 0)],
)
def test_one_bare_character_of_a_direct_identifier_makes_a_leaking_document(
    category: Category, start: int, leak: int
) -> None:
    document = gold("架空", (0, 2, category))
    prediction = found((start, 2, Category.ID))
    assert Comparison(document, prediction).counts().direct_leaks == leak


def test_an_ideographic_space_alone_is_no_direct_leak() -> None:
    document = gold("架　花", (0, 3, Category.NAME))
    prediction = found((0, 1, Category.NAME), (2, 3, Category.NAME))
    counts = Comparison(document, prediction).counts()
    assert (counts.direct_leaks, counts.leaked_characters) == (0, 1)


def test_a_part_is_asked_for_its_own_spans_and_judged_by_its_own_predictions() -> None:
    counts = Comparison(GOLD, FOUND).counts_of(GOLD.spans[:1], Category.NAME)
    assert (counts.gold_characters, counts.leaked_characters) == (5, 1)
    assert (counts.predicted_characters, counts.correct_characters) == (2, 2)


def test_a_part_without_category_judges_no_prediction() -> None:
    counts = Comparison(GOLD, FOUND).counts_of(GOLD.spans)
    assert (counts.predicted_characters, counts.spans) == (0, 3)


def test_leaks_name_the_span_and_its_bare_characters() -> None:
    assert list(leaks([GOLD, OTHER], [FOUND, NOTHING])) == [
        Leak("r", GOLD.spans[0], 1),
        Leak("r", GOLD.spans[2], 2),
    ]


def test_an_empty_text_counts_as_a_document_and_nothing_else() -> None:
    assert Comparison(gold(""), NOTHING).counts() == Counts()


def test_nothing_to_measure_has_no_value() -> None:
    assert recall([OTHER], [NOTHING]).value is None
    assert character_precision([GOLD], [NOTHING]).value is None
    assert over_redaction([], []).value is None


def test_predictions_of_other_length_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="zip"):
        recall([GOLD], [])


def test_every_built_in_metric_is_registered_under_its_own_name() -> None:
    import tomllib

    project = Path(__file__).parents[2] / "pyproject.toml"
    groups = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["entry-points"]
    assert groups["sekisho.metrics"] == {
        metric.name: f"sekisho.evaluation.metrics:{metric.name}" for metric in RATIOS
    }

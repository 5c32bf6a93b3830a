"""The whole measurement: its parts agree with the whole, and its invariants hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho import plugins
from sekisho.documents.document import Span
from sekisho.errors import UnmappedLabelError, UsageError
from sekisho.evaluation.bootstrap import Estimate
from sekisho.evaluation.gold import GoldDocument, GoldSpan, Prediction, Predictions
from sekisho.evaluation.phi import PhiReport, categories_of, evaluate
from sekisho.phi.categories import Category

TEXT = "架空花子 60歳 03-1234-5678 内科"
NAME, AGE, PHONE = (0, 4, Category.NAME), (5, 8, Category.AGE), (9, 21, Category.PHONE)


def document(
    id: str, text: str, *spans: tuple[int, int, Category], difficulty: int | None = None
) -> GoldDocument:
    return GoldDocument(
        id, text, tuple(GoldSpan(s, e, c, text[s:e], None, difficulty) for s, e, c in spans)
    )


def predictions(*each: list[tuple[int, int, Category]]) -> Predictions:
    return Predictions(
        tuple(Prediction(str(i), tuple(Span(*span) for span in s)) for i, s in enumerate(each)), 0
    )


def value(report: PhiReport, name: str) -> float | None:
    return report.figures[name].estimate.value


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[GoldDocument], Predictions]:
    """One to four small documents, gold and predictions anywhere in them, overlaps included."""
    golds, found = [], []
    for index in range(draw(st.integers(1, 4))):
        text = draw(st.text(alphabet="架空あア a1-", max_size=12))
        place = st.integers(0, len(text))
        span = st.tuples(place, place, st.sampled_from(Category))
        spans = st.lists(span.filter(lambda s: s[0] < s[1]), max_size=4) if text else st.just([])
        golds.append(document(str(index), text, *draw(spans)))
        found.append(draw(spans))
    return golds, predictions(*found)


INVARIANT = settings(max_examples=120, deadline=None)


@INVARIANT
@given(cases())
def test_a_perfect_prediction_leaks_nothing(
    case: tuple[list[GoldDocument], Predictions],
) -> None:
    gold = case[0]
    perfect = predictions(*([(s.start, s.end, s.category) for s in one.spans] for one in gold))
    report = evaluate(gold, perfect, resamples=5)
    assert value(report, "leaked_characters") in (0, None)
    assert value(report, "documents_with_direct_leak") == 0
    assert value(report, "recall") in (1, None)
    assert value(report, "recall_exact_typed") in (1, None)
    assert value(report, "character_precision") in (1, None)
    assert value(report, "over_redaction") in (0, None)
    assert report.leaked == ()


@INVARIANT
@given(cases())
def test_an_empty_prediction_leaks_everything(
    case: tuple[list[GoldDocument], Predictions],
) -> None:
    gold = case[0]
    report = evaluate(gold, predictions(*([] for _ in gold)), resamples=5)
    assert value(report, "leaked_characters") in (1, None)
    assert value(report, "recall") in (0, None)
    assert len(report.leaked) == report.identifiers


@INVARIANT
@given(cases(), st.data())
def test_another_predicted_span_never_raises_the_leak(
    case: tuple[list[GoldDocument], Predictions], data: st.DataObject
) -> None:
    gold, found = case
    index = data.draw(st.integers(0, len(gold) - 1))
    size = len(gold[index].text)
    if size == 0:
        return
    start = data.draw(st.integers(0, size - 1))
    span = Span(
        start, data.draw(st.integers(start + 1, size)), data.draw(st.sampled_from(Category))
    )
    more = list(found.documents)
    more[index] = replace(more[index], spans=(*more[index].spans, span))
    before = evaluate(gold, found, resamples=5)
    after = evaluate(gold, Predictions(tuple(more), 0), resamples=5)
    for name in ("leaked_characters", "documents_with_direct_leak"):
        assert after.figures[name].count <= before.figures[name].count
        assert after.figures[name].estimate.n == before.figures[name].estimate.n
    assert after.figures["recall"].count >= before.figures["recall"].count


@INVARIANT
@given(cases(), st.sets(st.sampled_from(Category), max_size=3))
def test_every_value_is_a_share_and_lies_in_its_interval(
    case: tuple[list[GoldDocument], Predictions], ignored: set[Category]
) -> None:
    report = evaluate(*case, ignore=ignored, resamples=400)
    parts = (report.by_category, report.by_script, report.by_difficulty)
    for figures in (report.figures, *(part for kind in parts for part in kind.values())):
        for figure in figures.values():
            estimate = figure.estimate
            assert 0 <= figure.count <= estimate.n
            if estimate.value is None:
                assert estimate.n == 0
                continue
            assert estimate.value == figure.count / estimate.n
            if estimate.low is not None and estimate.high is not None:
                assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


@INVARIANT
@given(cases())
def test_saying_the_same_span_twice_changes_nothing(
    case: tuple[list[GoldDocument], Predictions],
) -> None:
    gold, found = case
    twice = Predictions(tuple(replace(one, spans=one.spans * 2) for one in found.documents), 0)
    assert evaluate(gold, found, resamples=20) == evaluate(gold, twice, resamples=20)


@INVARIANT
@given(cases())
def test_categories_and_scripts_share_out_all_identifiers(
    case: tuple[list[GoldDocument], Predictions],
) -> None:
    report = evaluate(*case, resamples=5)
    for parts in (report.by_category, report.by_script):
        for of in (lambda f: f["recall"].estimate.n, lambda f: f["recall"].count):
            assert sum(of(figures) for figures in parts.values()) == of(report.figures)


def test_parts_appear_in_a_fixed_order_and_only_when_they_occur() -> None:
    gold = [
        document("0", TEXT, PHONE, NAME, difficulty=10),
        document("1", TEXT, AGE, difficulty=2),
    ]
    report = evaluate(gold, predictions([(22, 24, Category.DEPARTMENT)], []), resamples=5)
    assert list(report.by_category) == ["NAME", "AGE", "PHONE", "DEPARTMENT"]
    assert list(report.by_script) == ["kanji", "digits", "mixed"]
    assert list(report.by_difficulty) == ["2", "10"]
    only_predicted = report.by_category["DEPARTMENT"]
    assert only_predicted["recall"].estimate == Estimate(None, None, None, 0)
    assert only_predicted["character_precision"].estimate.value == 0


def test_an_ignored_category_has_no_row() -> None:
    gold = [document("0", TEXT, NAME, AGE)]
    report = evaluate(gold, predictions([NAME, AGE]), ignore={Category.AGE}, resamples=5)
    assert list(report.by_category) == ["NAME"]
    assert report.ignored == (Category.AGE,)
    assert report.identifiers == 1


def test_leaks_are_listed_direct_first_then_the_plain_then_the_hidden() -> None:
    gold = [
        document("0", TEXT, AGE),
        document("1", TEXT, NAME, difficulty=9),
        document("2", TEXT, PHONE),
        document("3", TEXT, NAME),
    ]
    report = evaluate(gold, predictions([], [], [], [(0, 3, Category.NAME)]), resamples=5)
    assert [leak.document for leak in report.leaked] == ["3", "2", "1", "0"]
    assert report.leaked[0].bare == 1


def test_the_seed_decides_the_intervals() -> None:
    gold = [document(str(i), TEXT, NAME) for i in range(12)]
    found = predictions(*([NAME] if i % 3 else [] for i in range(12)))
    first = evaluate(gold, found, resamples=50, seed=1)
    assert first == evaluate(gold, found, resamples=50, seed=1)
    assert first.figures != evaluate(gold, found, resamples=50, seed=2).figures


def test_no_resamples_are_refused() -> None:
    with pytest.raises(UsageError):
        evaluate([], predictions(), resamples=0)


def test_no_documents_have_no_values() -> None:
    report = evaluate([], predictions())
    assert report.documents == 0
    assert value(report, "documents_with_direct_leak") is None


def test_metrics_of_other_packages_are_measured_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def documents_measured(gold: object, predicted: object) -> Estimate:
        assert isinstance(gold, tuple)
        return Estimate(1.0, 1.0, 1.0, len(gold))

    monkeypatch.setattr(plugins, "names", lambda group: ["measured", "recall"])
    monkeypatch.setattr(plugins, "load", lambda group, name: documents_measured)
    report = evaluate([document("0", TEXT, NAME)], predictions([]), resamples=5)
    assert report.further == {"measured": Estimate(1.0, 1.0, 1.0, 1)}


def test_a_list_of_categories_is_read_in_their_own_order() -> None:
    assert categories_of("SEX, AGE,,SEX") == (Category.AGE, Category.SEX)
    assert categories_of("") == ()
    with pytest.raises(UnmappedLabelError):
        categories_of("AGE,FOO")

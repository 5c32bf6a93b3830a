"""A table of errors counts all readings, ranks by what is lost, and holds no text."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.evaluation.gold import GoldDocument, GoldSpan
from sekisho.evaluation.trials import Claim, Trial
from sekisho.optimization.prompting.error_table import FORM, ErrorTable, examples, table
from sekisho.optimization.prompting.feedback import feedback
from sekisho.phi.categories import Category

TEXT = "蓼沼早苗（たでぬま さなえ） 2023年6月19日 14:30 CT 檜垣 橋本病"


def gold(text: str = TEXT, id: str = "a", **disguises: str) -> GoldDocument:
    marked = (
        ("蓼沼早苗", Category.NAME),
        ("たでぬま さなえ", Category.NAME),
        ("2023年6月19日", Category.DATE),
        ("14:30", Category.TIME),
        ("檜垣", Category.STAFF),
    )
    spans = tuple(
        GoldSpan(
            text.index(surface),
            text.index(surface) + len(surface),
            category,
            surface,
            disguises.get(category),
        )
        for surface, category in marked
    )
    return GoldDocument(id, text, spans)


def claim(surface: str, category: Category, text: str = TEXT) -> Claim:
    start = text.find(surface)
    return Claim(category, ((start, start + len(surface)),) if start >= 0 else ())


RIGHT = (
    claim("蓼沼早苗", Category.NAME),
    claim("たでぬま さなえ", Category.NAME),
    claim("2023年6月19日", Category.DATE),
    claim("14:30", Category.TIME),
    claim("檜垣", Category.STAFF),
)


def trial(*claims: Claim, id: str = "a", valid: bool = True, failed: str = "") -> Trial:
    return Trial(document=id, characters=len(TEXT), claims=claims, valid_first=valid, failed=failed)


def rows(found: ErrorTable) -> dict[tuple[str, str, str], tuple[int, int]]:
    return {(row.kind, row.category, row.script): (row.count, row.of) for row in found.rows}


def test_a_perfect_system_has_no_errors() -> None:
    found = table([gold()], [trial(*RIGHT)] * 3)
    assert found.rows == ()
    assert (found.documents, found.readings, found.failed, found.invalid) == (1, 3, 0, 0)
    assert found.cost == 0


def test_what_is_missed_is_counted_over_all_repeats_by_category_and_script() -> None:
    without_time = [one for one in RIGHT if one.category != Category.TIME]
    without_kana = [one for one in RIGHT if one != RIGHT[1]]
    found = table([gold()], [trial(*without_time), trial(*without_time), trial(*without_kana)])
    assert rows(found) == {
        ("missed", "TIME", "digits"): (2, 3),
        ("missed", "NAME", "hiragana"): (1, 3),
    }
    # One of five identifiers is a fifth of the 20 points for recall, of 80, in two of three.
    assert found.rows[0].cost == pytest.approx(100 * 20 / 80 / 5 * 2 / 3)
    assert found.rows[0].rate == pytest.approx(2 / 3)


def test_ends_that_are_wrong_because_an_entry_holds_two_are_a_cost_of_that_entry() -> None:
    mixed = claim("2023年6月19日 14:30", Category.DATE)
    found = table([gold()], [trial(*RIGHT[:2], RIGHT[4], mixed)])
    assert {row.kind for row in found.rows} == {"mixed"}
    alone = table([gold()], [trial(*RIGHT[:2], RIGHT[4], claim("2023年6月", Category.DATE))])
    (boundary,) = [row for row in alone.rows if row.kind == "boundary"]
    assert found.cost > 2 * boundary.cost * 3 / 4


def test_an_entry_that_holds_two_items_is_mixed_and_an_eponym_is_extra() -> None:
    mixed = claim("2023年6月19日 14:30", Category.DATE)
    found = table([gold()], [trial(*RIGHT[:2], RIGHT[4], mixed, claim("橋本病", Category.NAME))])
    kinds = {row.kind for row in found.rows}
    assert {"mixed", "extra"} <= kinds
    extra = next(row for row in found.rows if row.kind == "extra")
    assert (extra.category, extra.of) == ("NAME", 1)


def test_an_invented_value_costs_more_than_one_that_is_only_extra() -> None:
    invented = table([gold()], [trial(*RIGHT, claim("架空花子", Category.NAME))])
    extra = table([gold()], [trial(*RIGHT, claim("橋本病", Category.NAME))])
    assert [row.kind for row in invented.rows] == ["invented"]
    assert [row.kind for row in extra.rows] == ["extra"]
    assert invented.cost > extra.cost


def test_an_answer_out_of_form_is_an_error_of_form_and_one_that_failed_loses_everything() -> None:
    found = table([gold()], [trial(*RIGHT, valid=False), trial(failed="model_invalid")])
    assert [(row.kind, row.count, row.of) for row in found.rows] == [(FORM, 2, 2)]
    assert (found.failed, found.invalid) == (1, 1)
    # Half of the ten points for rules of 80, and all of 100, over two readings.
    assert found.rows[0].cost == pytest.approx((100 * 5 / 80 + 100) / 2)


def test_a_disguise_is_told_apart() -> None:
    hidden = gold(TIME="as a measurement")
    found = table([hidden], [trial(*(one for one in RIGHT if one.category != Category.TIME))])
    assert [(row.category, row.disguise) for row in found.rows] == [("TIME", "as a measurement")]
    assert "(as a measurement)" in found.rows[0].told


def test_sums_by_one_property_keep_counts_and_costs() -> None:
    found = table([gold()], [trial(), trial(*RIGHT[:3]), trial(*RIGHT, valid=False)])
    for what in ("kind", "category", "script", "disguise"):
        parts = found.by(what)
        assert sum(count for count, _ in parts.values()) == sum(row.count for row in found.rows)
        assert sum(cost for _, cost in parts.values()) == pytest.approx(found.cost)
        assert list(parts.values()) == sorted(parts.values(), key=lambda part: -part[1])
    with pytest.raises(UsageError, match="not told apart"):
        found.by("document")


def test_the_table_holds_no_text_of_a_document() -> None:
    found = table([gold()], [trial(), trial(claim("蓼沼早苗（たでぬま", Category.NAME))])
    shown = f"{found!r} {[row.told for row in found.rows]} {[asdict(row) for row in found.rows]}"
    for span in gold().spans:
        assert span.surface not in shown


def test_examples_hold_the_text_but_never_show_it() -> None:
    found = list(examples([gold()], [trial(*RIGHT[:4])], around=4))
    assert [(one.kind, one.category, one.surface) for one in found] == [("missed", "STAFF", "檜垣")]
    assert (found[0].before, found[0].after) == (" CT ", " 橋本病")
    assert "檜垣" not in repr(found[0])
    assert list(examples([gold()], [trial(failed="model_timeout")])) == []


def test_an_invented_value_has_no_place_and_so_no_text() -> None:
    [found] = examples([gold()], [trial(*RIGHT, claim("架空花子", Category.STAFF))])
    assert (found.kind, found.claimed, found.surface, found.before) == ("invented", "STAFF", "", "")


def test_a_reading_of_an_unknown_document_is_an_error() -> None:
    with pytest.raises(UsageError, match="not in gold"):
        table([gold()], [trial(*RIGHT, id="b")])
    with pytest.raises(UsageError, match="not in gold"):
        list(examples([gold()], [trial(*RIGHT, id="b")]))


@pytest.mark.parametrize("language", ["ja", "en", "nl"])
def test_feedback_names_each_error_with_its_surroundings(language: str) -> None:
    wrong = trial(
        RIGHT[0],
        claim("2023年6月19日 14:30", Category.DATE),
        claim("檜垣", Category.NAME),
        claim("橋本病", Category.NAME),
        claim("架空花子", Category.NAME),
        valid=False,
    )
    told = feedback(gold(), wrong, language=language)
    for surface in ("たでぬま さなえ", "檜垣", "橋本病", "STAFF"):
        assert surface in told
    assert "JSON" in told
    assert "{" not in told
    assert len(feedback(gold(), wrong, language=language, most=2).splitlines()) == 3


def test_feedback_without_errors_or_without_an_answer_says_so() -> None:
    assert feedback(gold(), trial(*RIGHT), language="en") == "- no errors"
    assert "no answer" in feedback(gold(), trial(failed="model_timeout"), language="en")
    with pytest.raises(UsageError, match="'fr'"):
        feedback(gold(), trial(), language="fr")


def test_feedback_tells_other_kinds_of_errors_before_more_of_the_same() -> None:
    text = "14:30 15:30 16:30 檜垣"
    spans = [GoldSpan(at, at + 5, Category.TIME, text[at : at + 5]) for at in (0, 6, 12)]
    spans.append(GoldSpan(18, 20, Category.STAFF, "檜垣"))
    silent = Trial(document="a", characters=len(text))
    told = feedback(GoldDocument("a", text, tuple(spans)), silent, language="en", most=2)
    assert "檜垣" in told
    assert "and 2 more" in told


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, len(TEXT) - 1), min_size=2, max_size=2, unique=True),
            st.sampled_from(Category),
        ),
        max_size=6,
    ),
    st.booleans(),
)
def test_whatever_is_claimed_counts_and_rates_are_possible(
    places: list[tuple[list[int], Category]], valid: bool
) -> None:
    claims = tuple(Claim(kind, ((min(place), max(place)),)) for place, kind in places)
    found = table([gold()], [trial(*claims, valid=valid), trial(*RIGHT)])
    for row in found.rows:
        assert row.count > 0
        assert row.cost > 0
        if row.kind in ("missed", "boundary", "category", FORM):
            assert row.count <= row.of
    assert [row.cost for row in found.rows] == sorted((r.cost for r in found.rows), reverse=True)

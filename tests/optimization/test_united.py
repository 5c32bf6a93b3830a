"""A model beside detectors: what either finds is found, and what was found stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.evaluation.gold import GoldDocument, GoldSpan
from sekisho.evaluation.trials import Claim, Trial, claims_of, prediction
from sekisho.models.answers import Cost
from sekisho.models.scripted import ScriptedModel
from sekisho.optimization.bench import Measured
from sekisho.optimization.phases.united import United, united
from sekisho.optimization.readers import LlmReader
from sekisho.optimization.records import Passage, Record, Review, Rule
from sekisho.optimization.result import ModelCard
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.refining import Policy
from sekisho.phi.merging import merge

NAME, OTHER_NAME = Claim(Category.NAME, ((0, 4),)), Claim(Category.NAME, ((10, 14),))
DATE, TIME = Claim(Category.DATE, ((20, 25),)), Claim(Category.TIME, ((30, 35),))
INVENTED = Claim(Category.ID)
#: 蓼沼早苗 stands in it twice, at 0 and at 10.
REPORT = "蓼沼早苗、担当は檜垣蓼沼早苗、依頼科は外科 5月3日、開始は 10:15　終了。"
assert REPORT[0:4] == REPORT[10:14]


def trial(*claims: Claim, failed: str = "", valid: bool = True) -> Trial:
    return Trial(
        document="d",
        characters=40,
        claims=claims,
        valid_first=valid,
        failed=failed,
        calls=2,
        prompt_tokens=30,
        answer_tokens=4,
        seconds=1.5,
    )


def test_a_model_adds_what_nobody_found() -> None:
    assert united(trial(NAME), trial(NAME, DATE), REPORT).claims == (NAME, DATE)


def test_what_was_found_keeps_its_category() -> None:
    staff = replace(NAME, category=Category.STAFF)
    assert united(trial(NAME), trial(staff), REPORT).claims == (NAME,)


def test_of_a_value_only_the_places_are_added_that_nobody_touched() -> None:
    both = Claim(Category.NAME, (*NAME.places, *OTHER_NAME.places))
    assert united(trial(NAME), trial(both), REPORT).claims == (both,)


def test_a_value_that_is_not_in_the_text_masks_nothing() -> None:
    assert united(trial(NAME), trial(INVENTED), REPORT).claims == (NAME,)


@pytest.mark.parametrize(
    ("found", "added"),
    [
        (trial(NAME, failed="DetectionError"), trial(DATE)),
        (trial(NAME), trial(failed="model_invalid")),
    ],
)
def test_what_one_of_the_two_could_not_read_was_not_read(found: Trial, added: Trial) -> None:
    both = united(found, added, REPORT)
    assert both.failed == (found.failed or added.failed)
    assert both.claims == ()


def test_both_are_paid_for_and_both_have_to_keep_to_the_form() -> None:
    both = united(trial(NAME), trial(DATE), REPORT)
    assert (both.calls, both.prompt_tokens, both.answer_tokens) == (4, 60, 8)
    assert both.seconds == 3.0
    assert both.valid_first
    assert not united(trial(NAME), trial(DATE, valid=False), REPORT).valid_first
    assert not united(trial(NAME, valid=False), trial(DATE), REPORT).valid_first


claims = st.lists(
    st.builds(
        lambda category, start, size: Claim(category, ((start, start + size),) if size else ()),
        st.sampled_from(Category),
        st.integers(0, 30),
        st.integers(0, 9),
    ),
    max_size=6,
)


def letters(found: Sequence[Claim]) -> set[int]:
    return {place for each in found for at in each.places for place in range(*at)}


@given(claims, claims)
def test_nothing_that_either_found_is_ever_lost(found: list[Claim], added: list[Claim]) -> None:
    text = REPORT.ljust(40, "。")
    stack = claims_of(text, merge(text, prediction(trial(*found)).spans))
    both = united(trial(*stack), trial(*added), text).claims
    telling = {place for place, letter in enumerate(text) if letter.isalnum()}
    # What is left of a value beside another one begins and ends with a letter.
    assert letters(both) & telling == (letters(stack) | letters(added)) & telling
    assert kinds(stack) <= kinds(both)


def kinds(found: Sequence[Claim]) -> set[tuple[int, str]]:
    return {(place, each.category) for each in found for at in each.places for place in range(*at)}


def test_a_part_that_the_model_alone_names_is_added_as_deid_would_add_it() -> None:
    surname = Claim(Category.NAME, ((0, 2),))
    assert united(trial(surname), trial(NAME), REPORT).claims == (NAME,)


TEXT = "蓼沼早苗　担当は檜垣　開始 10:15"
GOLD = GoldDocument(
    "d",
    TEXT,
    (
        GoldSpan(0, 4, Category.NAME, TEXT[0:4]),
        GoldSpan(8, 10, Category.STAFF, TEXT[8:10]),
        GoldSpan(14, 19, Category.TIME, TEXT[14:19]),
    ),
)
FOUND = tuple(Claim(span.category, ((span.start, span.end),)) for span in GOLD.spans)


def measured(
    *claims: Claim,
    reviewed: Sequence[Claim] = (),
    ignore: tuple[str, ...] = (),
) -> Measured:
    card = ModelCard(name="m", model="m", digest="d", server="s", origin="scripted")
    passage = Passage(
        claims=claims,
        valid_first=True,
        score=50.0,
        findings=0,
        cost=Cost(calls=1, seconds=1.0),
        reviews={"recall": Review(claims={"additions": tuple(reviewed)}, cost=Cost(calls=1))},
    )
    record = Record(characters=len(TEXT), passages=(passage,))
    reader = LlmReader(ScriptedModel(["{}"]), card, longest=1000)
    return Measured(reader, None, "development", (GOLD,), ((record,), (record,)), ignore)


def test_together_they_score_what_each_of_them_found() -> None:
    stack, model = measured(*FOUND[:2]), measured(FOUND[2])
    scored = United(stack, model, None).scored(0)
    assert scored.quality.value == 100.0
    assert scored.leaked.value == 0.0
    assert (scored.readings, scored.calls) == (2, 4)
    assert stack.quality() < 100.0


def test_the_model_is_taken_as_its_policy_leaves_it() -> None:
    rule = Rule(Policy(below=float("inf"), additions=True), "recall", "additions")
    model = measured(reviewed=FOUND[2:])
    stack = measured(*FOUND[:2])
    assert United(stack, model, rule).scored(0).quality.value == 100.0
    assert stack.quality() < 100.0
    assert United(stack, model, None).scored(0).per_document == (stack.quality(),)


def test_what_is_ignored_is_not_judged_in_what_they_found_together() -> None:
    stray = Claim(Category.AGE, ((11, 12),))
    for ignore, perfect in ((("AGE",), True), ((), False)):
        stack, model = measured(*FOUND, ignore=ignore), measured(stray, ignore=ignore)
        quality = United(stack, model, None).scored(0).quality.value
        assert (quality == 100.0) is perfect

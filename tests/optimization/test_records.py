"""A reading that was reviewed tells what any policy would have come to."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from sekisho.evaluation.trials import Claim
from sekisho.models.answers import Cost
from sekisho.optimization.records import Passage, Record, Review, Rule, body_of, record_of
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.refining import Policy

FIRST = Claim(Category.NAME, ((0, 2),))
ADDED = Claim(Category.TIME, ((5, 9),))
INVENTED = Claim(Category.ID, ())
ONE_CALL = Cost(calls=1, prompt_tokens=10, answer_tokens=5, seconds=0.5)
ALWAYS = Policy(below=float("inf"))


def passage(*claims: Claim, score: float = 50.0, failed: str = "") -> Passage:
    reviewed = {"improved": claims, "additions": (*claims, ADDED), "replaced": (ADDED,)}
    review = Review(claims={} if failed else reviewed, cost=ONE_CALL, failed=failed)
    return Passage(
        claims=claims,
        valid_first=True,
        score=score,
        findings=1,
        cost=ONE_CALL,
        reviews={"recall": review},
    )


def test_without_a_rule_the_first_answer_stands_and_no_review_is_paid() -> None:
    trial = Record(characters=20, passages=(passage(FIRST),)).trial("d")
    assert trial.claims == (FIRST,)
    assert (trial.calls, trial.tokens, trial.seconds) == (1, 15, 0.5)


def test_a_rule_takes_what_it_would_have_kept_and_pays_for_it() -> None:
    record = Record(characters=20, passages=(passage(FIRST),))
    assert record.trial("d", Rule(ALWAYS, "recall", "additions")).claims == (FIRST, ADDED)
    assert record.trial("d", Rule(ALWAYS, "recall", "replaced")).claims == (ADDED,)
    assert record.trial("d", Rule(ALWAYS, "recall", "improved")).calls == 2


def test_a_gate_reviews_only_what_lies_below_it() -> None:
    record = Record(characters=20, passages=(passage(FIRST, score=90.0),))
    below, above = Policy(below=90.0), Policy(below=95.0)
    assert record.trial("d", Rule(below, "recall", "additions")).claims == (FIRST,)
    assert record.trial("d", Rule(above, "recall", "additions")).claims == (FIRST, ADDED)


def test_a_review_that_failed_fails_the_reading_only_where_it_would_have_been_asked_for() -> None:
    record = Record(characters=20, passages=(passage(FIRST, failed="model_invalid"),))
    assert record.trial("d").failed == ""
    trial = record.trial("d", Rule(ALWAYS, "recall", "improved"))
    assert (trial.failed, trial.claims, trial.valid_first) == ("model_invalid", (), False)


def test_a_failed_reading_has_no_claims_and_its_cost() -> None:
    trial = Record(characters=20, failed="model_truncated", spent=ONE_CALL).trial("d")
    assert (trial.claims, trial.valid_first, trial.calls) == ((), False, 1)


def test_one_value_in_two_passages_is_one_claim_and_two_inventions_are_two() -> None:
    record = Record(characters=20, passages=(passage(FIRST, INVENTED), passage(FIRST, INVENTED)))
    assert record.trial("d").claims == (FIRST, INVENTED, INVENTED)


claims = st.builds(
    Claim,
    st.sampled_from(Category),
    st.lists(st.tuples(st.integers(0, 50), st.integers(51, 99)), max_size=3).map(tuple),
)
costs = st.builds(Cost, calls=st.integers(0, 9), seconds=st.floats(0, 1e6))
reviews = st.builds(
    Review,
    claims=st.dictionaries(
        st.sampled_from(("improved", "additions", "replaced")), st.lists(claims).map(tuple)
    ),
    cost=costs,
    failed=st.sampled_from(("", "model_invalid")),
)
records = st.builds(
    Record,
    characters=st.integers(0, 999),
    passages=st.lists(
        st.builds(
            Passage,
            claims=st.lists(claims).map(tuple),
            valid_first=st.booleans(),
            score=st.floats(0, 100),
            findings=st.integers(0, 9),
            cost=costs,
            reviews=st.dictionaries(st.sampled_from(("recall", "conservative")), reviews),
        ),
        max_size=3,
    ).map(tuple),
    failed=st.sampled_from(("", "model_truncated")),
    spent=costs,
)


@given(records)
def test_a_record_comes_back_from_json_as_it_was(record: Record) -> None:
    assert record_of(json.loads(json.dumps(body_of(record)))) == record

"""Whether a model is asked: where the other detectors disagree or one is unsure, and only there."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.documents.document import Span
from sekisho.phi.cascade import Consult, is_uncertain
from sekisho.phi.categories import Category
from sekisho.phi.detection import STRONG

#: A score that is no more than a guess.
GUESS = 0.6


def name(start: int, end: int, category: str = "NAME", score: float = GUESS) -> Span:
    return Span(start, end, category, ("x",), score)


def test_who_finds_nothing_and_doubts_nothing_needs_no_help() -> None:
    assert not is_uncertain({}, 0)
    assert not is_uncertain({"rules": [], "lexicon": [], "tagger": []}, 0)


@pytest.mark.parametrize("unsure", [1, 7])
def test_a_doubt_of_the_tagger_is_enough(unsure: int) -> None:
    assert is_uncertain({}, unsure)
    assert is_uncertain({"lexicon": [name(0, 2)], "tagger": [name(0, 2)]}, unsure)


@pytest.mark.parametrize("category", ["NAME", "STAFF", "ADDRESS", "FACILITY"])
def test_a_name_or_a_place_that_one_alone_guesses_is_uncertain(category: str) -> None:
    assert is_uncertain({"lexicon": [name(0, 2, category)], "tagger": []}, 0)
    assert is_uncertain({"lexicon": [], "tagger": [name(0, 2, category)]}, 0)
    assert is_uncertain({"lexicon": [name(0, 2, category)], "tagger": [name(2, 4, category)]}, 0)


@pytest.mark.parametrize("category", ["NAME", "STAFF", "ADDRESS", "FACILITY"])
def test_one_that_has_a_proof_stands_alone(category: str) -> None:
    assert not is_uncertain({"lexicon": [name(0, 2, category, STRONG)], "tagger": []}, 0)


@pytest.mark.parametrize("category", ["DATE", "TIME", "ID", "PHONE", "AGE", "SEX", "EMAIL"])
def test_of_formats_the_rules_are_judge_enough(category: str) -> None:
    assert not is_uncertain({"rules": [name(0, 8, category)], "tagger": []}, 0)


def test_two_who_agree_are_not_uncertain() -> None:
    assert not is_uncertain({"lexicon": [name(0, 2)], "tagger": [name(0, 2)]}, 0)
    assert not is_uncertain({"lexicon": [name(0, 2)], "tagger": [name(1, 5)]}, 0)


def test_one_who_says_it_twice_does_not_agree_with_himself() -> None:
    assert is_uncertain({"lexicon": [name(0, 2), name(0, 4)], "tagger": []}, 0)


@pytest.mark.parametrize("score", [GUESS, STRONG, 1.0])
@pytest.mark.parametrize("other", ["DATE", "FACILITY", "ID", "DEPARTMENT"])
def test_two_who_call_one_stretch_different_things_are_uncertain(score: float, other: str) -> None:
    claims = {"lexicon": [name(0, 4, "NAME", score)], "tagger": [name(3, 6, other, score)]}
    assert is_uncertain(claims, 0)


@pytest.mark.parametrize(
    ("one", "other"), [("NAME", "STAFF"), ("FACILITY", "DEPARTMENT"), ("DATE", "BIRTHDATE")]
)
def test_whose_name_it_is_and_which_part_of_a_house_is_no_quarrel(one: str, other: str) -> None:
    assert not is_uncertain({"lexicon": [name(0, 4, one)], "tagger": [name(0, 4, other)]}, 0)


def test_neighbours_do_not_disagree() -> None:
    claims = {"lexicon": [name(0, 2, "NAME", STRONG)], "rules": [name(2, 6, "DATE", STRONG)]}
    assert not is_uncertain(claims, 0)


SPANS = st.lists(
    st.builds(
        lambda start, length, category, score: Span(start, start + length, category, ("x",), score),
        st.integers(0, 12),
        st.integers(1, 6),
        st.sampled_from(list(Category)),
        st.sampled_from([GUESS, STRONG]),
    ),
    max_size=5,
)
CLAIMS = st.dictionaries(st.sampled_from(["rules", "lexicon", "tagger"]), SPANS)


@given(CLAIMS, st.integers(0, 1))
def test_neither_the_order_of_detectors_nor_of_spans_counts(
    claims: dict[str, list[Span]], unsure: int
) -> None:
    turned = {reader: claims[reader][::-1] for reader in reversed(claims)}
    assert is_uncertain(turned, unsure) == is_uncertain(claims, unsure)


@given(CLAIMS)
def test_each_guess_that_nobody_shares_and_each_quarrel_is_seen(
    claims: dict[str, list[Span]],
) -> None:
    """By pairs: what each span alone, and each two of different readers, would make of it."""
    spans = [(reader, span) for reader, found in claims.items() for span in found]
    pairs = [
        {one[0]: [one[1]], other[0]: [other[1]]}
        for one in spans
        for other in spans
        if one[0] != other[0] and one[1].overlaps(other[1])
    ]
    shared = {span for pair in pairs for found in pair.values() for span in found}
    shared_by = {(reader, span) for pair in pairs for reader, (span,) in pair.items()}
    assert {span for _, span in shared_by} == shared
    lone = [{reader: [span]} for reader, span in spans if (reader, span) not in shared_by]
    assert is_uncertain(claims, 0) == any(is_uncertain(each, 0) for each in [*pairs, *lone])


def test_a_long_document_is_judged_in_less_than_quadratic_time() -> None:
    found = [name(5 * i, 5 * i + 4) for i in range(40_000)]
    began = time.perf_counter()
    assert not is_uncertain({"lexicon": found, "tagger": found}, 0)
    assert time.perf_counter() - began < 20


def test_what_can_be_asked_for_is_what_the_command_line_offers() -> None:
    assert [str(each) for each in Consult] == ["always", "uncertain", "never"]

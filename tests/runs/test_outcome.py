from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.runs.outcome import Outcome, Status, decode, digest_of, encode

TEXT = st.text(st.characters(codec=None), max_size=20)
CELLS = st.one_of(
    TEXT,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.binary(max_size=20),
    st.dates(),
    st.datetimes(timezones=st.just(datetime.UTC)),
    st.times(),
    st.decimals(allow_nan=False),
    st.lists(TEXT, max_size=3),
    st.dictionaries(TEXT, TEXT, max_size=3),
)


@given(values=st.dictionaries(TEXT, CELLS, max_size=5), ref=TEXT)
def test_every_cell_comes_back_from_the_journal_as_it_was(values, ref):
    outcome = Outcome.released(ref, values, counts={"NAME": 2}, chars=7)
    again = decode(encode(outcome))
    assert again == outcome
    assert list(again.values) == list(values)
    assert [type(cell) for cell in again.values.values()] == [
        type(cell) for cell in values.values()
    ]


def test_two_neighbouring_lone_surrogates_are_not_merged():
    outcome = Outcome.released("1", {"所見": "\ud83d\ude00"})
    assert len(decode(encode(outcome)).values["所見"]) == 2


def test_the_secret_is_never_encoded():
    outcome = Outcome.released("1", {"所見": "[氏名1]"}, secret="山田太郎".encode())
    assert "山田".encode() not in encode(outcome)
    assert decode(encode(outcome)).secret is None
    assert "氏名" not in repr(outcome)


def test_a_held_outcome_cannot_carry_its_text():
    with pytest.raises(ValueError):
        Outcome(Status.HELD, "1", values={"所見": "x"}, reason="timeout")
    with pytest.raises(ValueError):
        Outcome(Status.RELEASED, "1")
    with pytest.raises(ValueError):
        Outcome(Status.FAILED, "1")
    with pytest.raises(ValueError):
        Outcome.released("1", {}, reason="timeout")


def test_the_digest_depends_on_values_and_their_order():
    assert digest_of({"a": "1", "b": "2"}) != digest_of({"b": "2", "a": "1"})
    assert digest_of({"a": "1"}) != digest_of({"a": 1})
    assert digest_of({"a": Decimal("1")}) != digest_of({"a": "1"})


def test_a_cell_of_unknown_type_is_refused():
    with pytest.raises(TypeError):
        encode(Outcome(Status.RELEASED, "1", values={"a": object()}))

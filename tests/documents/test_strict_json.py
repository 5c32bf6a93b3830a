"""Strict JSON: nothing is lost, and nothing is read that is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.documents.strict_json import ConstantError, TwiceError, loads

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(value=_JSON)
def test_what_is_json_is_read_as_ever(value: object) -> None:
    assert loads(json.dumps(value)) == value


def test_a_key_that_stands_twice_is_named_beside_the_message() -> None:
    with pytest.raises(TwiceError) as raised:
        loads('[{"a": {"b": 1, "c": 2, "b": 3}}]')
    assert raised.value.key == "b"
    assert "b" not in str(raised.value).split()


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ConstantError) as raised:
        loads(f'{{"a": {name}}}')
    assert raised.value.name == name

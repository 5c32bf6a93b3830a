"""Probabilities of values: what the tokens say, and nothing where they say nothing."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.extraction.answers.probabilities import Place, of_choices, of_text, places
from sekisho.models.seam import Token

_SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(value=_JSON, indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_every_value_is_found_where_it_stands(
    value: object, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    for path, place in places(text).items():
        inner = value
        for step in path:
            inner = inner[step]  # type: ignore[index]
        assert json.loads(text[place.start : place.end]) == inner


def _tokens(
    *pairs: tuple[str, float], other: dict[int, dict[str, float]] | None = None
) -> list[Token]:
    return [
        Token(
            text,
            math.log(share),
            tuple((each, math.log(p)) for each, p in (other or {}).get(at, {}).items()),
        )
        for at, (text, share) in enumerate(pairs)
    ]


def test_a_value_is_as_probable_as_its_tokens_together() -> None:
    text = '{"a": "右上葉"}'
    tokens = _tokens(('{"a"', 0.5), (': "', 0.9), ("右上", 0.8), ("葉", 0.5), ('"}', 1.0))
    place = places(text)[("a",)]
    assert of_text(tokens, text, place) == pytest.approx(0.9 * 0.8 * 0.5)


def test_alternatives_give_the_other_values_their_share() -> None:
    text = '{"seen": true}'
    tokens = _tokens(
        ('{"seen": ', 1.0),
        ("true", 0.7),
        ("}", 1.0),
        other={1: {"false": 0.2, "null": 0.05, "tomato": 0.05}},
    )
    shares = of_choices(tokens, text, places(text)[("seen",)], [True, False, None])
    assert shares == pytest.approx({"true": 0.7 / 0.95, "false": 0.2 / 0.95, "null": 0.05 / 0.95})


def test_values_that_begin_alike_are_told_apart_where_they_part() -> None:
    text = '{"x": "right upper"}'
    tokens = _tokens(
        ('{"x": ', 1.0),
        ('"right', 0.8),
        (" upper", 0.6),
        ('"}', 1.0),
        other={1: {'"left': 0.2}, 2: {" lower": 0.3, '"': 0.1}},
    )
    choices = ["right upper", "right lower", "right", "left"]
    shares = of_choices(tokens, text, places(text)[("x",)], choices)
    assert shares == pytest.approx(
        {'"right upper"': 0.48, '"right lower"': 0.24, '"right"': 0.08, '"left"': 0.2}
    )


def test_a_token_that_begins_before_the_value_counts_only_from_it() -> None:
    text = '{"n":1}'
    tokens = _tokens(('{"n', 1.0), ('":1', 0.6), ("}", 1.0), other={1: {'":2': 0.3, '"}': 0.1}})
    assert of_choices(tokens, text, places(text)[("n",)], [1, 2]) == pytest.approx(
        {"1": 0.6 / 0.9, "2": 0.3 / 0.9}
    )


def test_tokens_of_thinking_before_the_answer_do_not_count() -> None:
    text = '{"n":1}'
    tokens = _tokens(("<think>maybe 2</think>\n", 0.01), ('{"n":', 1.0), ("1", 0.6), ("}", 1.0))
    assert of_text(tokens, text, places(text)[("n",)]) == pytest.approx(0.6)


def test_nothing_is_told_by_tokens_of_another_text_or_without_alternatives() -> None:
    text = '{"n":1}'
    place = places(text)[("n",)]
    assert of_text(_tokens(('{"n":2}', 1.0)), text, place) is None
    assert of_choices(_tokens(('{"n":', 1.0), ("1", 0.5), ("}", 1.0)), text, place, [1, 2]) is None


@given(
    shares=st.lists(st.floats(0.01, 1.0), min_size=2, max_size=5),
    chosen=st.integers(0, 4),
)
def test_shares_sum_to_one_and_keep_their_order(shares: list[float], chosen: int) -> None:
    whole = sum(shares)
    choices = [f"v{at}" for at in range(len(shares))]
    given_ = {f'"v{at}"': share / whole for at, share in enumerate(shares)}
    best = f'"v{chosen % len(shares)}"'
    tokens = _tokens(('{"x":', 1.0), (best, given_[best]), ("}", 1.0), other={1: given_})
    text = f'{{"x":{best}}}'
    found = of_choices(tokens, text, places(text)[("x",)], choices)
    assert found is not None
    assert sum(found.values()) == pytest.approx(1.0)
    assert found == pytest.approx(given_)


def test_a_place_is_a_pair_of_offsets() -> None:
    assert places('{"a": [1, {"b": null}]}')[("a", 1, "b")] == Place(16, 20)


def test_shares_of_what_the_model_did_not_want_to_say_are_none() -> None:
    text = '{"n":1}'
    tokens = _tokens(('{"n":', 1.0), ("1", 0.1), ("}", 1.0), other={1: {"2": 0.2, "maybe": 0.7}})
    assert of_choices(tokens, text, places(text)[("n",)], [1, 2]) is None

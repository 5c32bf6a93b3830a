from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import ModelUnavailableError
from sekisho.models.chat_wire import read_completion
from sekisho.models.seam import Completion, Finish
from sekisho.models.stated import answer_tokens, tokens

FIELDS = [
    "choices", "message", "content", "finish_reason", "refusal", "tool_calls", "usage", "type",
    "text", "thinking", "prompt_tokens", "prompt_tokens_details", "cached_tokens", "timings",
    "logprobs", "token", "logprob", "top_logprobs", "bytes", "reasoning", "completion_tokens",
]  # fmt: skip
anything: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["stop", "佐藤", ""]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6)
    ),
    max_leaves=25,
)


def read(payload: object) -> Completion:
    return read_completion(payload, seconds=1.0, model="stated:0", where="ward")


@settings(deadline=None, max_examples=300)
@given(anything, anything, st.sampled_from(FIELDS), anything)
def test_whatever_is_answered_is_a_completion_or_an_error_of_the_family(
    message: object, logprobs: object, field: str, value: object
) -> None:
    for payload in (
        message,
        {"choices": [{"message": message, "logprobs": logprobs, "finish_reason": "stop"}]},
        {"choices": [{"message": {"content": "a", field: value}, "logprobs": {"content": value}}]},
        {"choices": [{"message": {"content": "a"}}], "usage": message, "timings": logprobs},
    ):
        with suppress(ModelUnavailableError):
            completion = read(payload)
            assert isinstance(completion.text, str)
            counts = completion.usage.prompt, completion.usage.cached, completion.usage.answer
            assert all(count is None or count >= 0 for count in counts)


@pytest.mark.parametrize(
    "payload",
    [
        None, [], "a", {}, {"choices": []}, {"choices": [None]}, {"error": {"message": "a"}},
        {"choices": [{"message": None}]}, {"choices": [{"message": {"content": 7}}]},
        {"choices": [{"text": "a", "finish_reason": "stop"}]},
    ],
)  # fmt: skip
def test_an_answer_without_a_message_is_none(payload: object) -> None:
    with pytest.raises(ModelUnavailableError):
        read(payload)


def test_an_ending_that_is_not_stated_is_not_taken_for_a_whole_answer() -> None:
    assert read({"choices": [{"message": {"content": "{}"}}]}).finish is Finish.OTHER


def listed(pieces: list[bytes]) -> list[dict[str, Any]]:
    """Tokens as servers list them: their bytes, and a text that may not be readable alone."""
    return [
        {"token": piece.decode("utf-8", "replace"), "logprob": -1.0 - n, "bytes": list(piece)}
        for n, piece in enumerate(pieces)
    ]


@st.composite
def split(draw: st.DrawFn) -> tuple[str, str, list[bytes]]:
    """Thinking, an answer, and the tokens of both: any bytes, but none of both."""
    thinking = draw(st.text("ab佐藤", max_size=6)) + draw(st.sampled_from(["", "</think>"]))
    answer = draw(st.text('{"佐藤明子}', min_size=1, max_size=10))
    pieces: list[bytes] = []
    for part in (thinking, answer):
        whole = part.encode()
        cuts = sorted(draw(st.sets(st.integers(1, max(1, len(whole) - 1)))))
        edges = [0, *[cut for cut in cuts if cut < len(whole)], len(whole)]
        pieces += [whole[a:b] for a, b in pairwise(edges) if b > a]
    return thinking, answer, pieces


@given(split(), st.booleans())
def test_the_tokens_of_an_answer_are_exactly_those_that_make_it(
    drawn: tuple[str, str, list[bytes]], ended: bool
) -> None:
    thinking, answer, pieces = drawn
    entries = listed(pieces + ([b"</s>"] if ended else []))
    found = answer_tokens(entries, answer=answer, thinking=thinking)
    assert found is not None
    first = round(-found[0].logprob - 1)
    assert b"".join(pieces[first : first + len(found)]) == answer.encode()


def test_tokens_that_cannot_be_told_from_thinking_are_none() -> None:
    entries = listed([b"a", b"b"])
    assert answer_tokens(entries, answer="c", thinking="ab") is None
    assert answer_tokens(entries, answer="", thinking="ab") is None
    assert len(answer_tokens(entries, answer="c", thinking="") or ()) == 2


@pytest.mark.parametrize("logprob", [None, True, "-1", float("nan"), 0.5])
def test_a_list_with_one_bad_probability_is_no_list_of_tokens(logprob: object) -> None:
    good = {"token": "a", "logprob": -1.0}
    assert tokens([good, {"token": "b", "logprob": logprob}]) is None


def test_a_certain_token_may_lie_a_rounding_above_nought() -> None:
    (found,) = tokens([{"token": "a", "logprob": 1e-7}]) or ()
    assert found.logprob == 0.0

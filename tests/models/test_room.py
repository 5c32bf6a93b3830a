from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.errors import PromptTooLongError
from sekisho.models.room import check_room, check_uncut, fewest_tokens, wider
from sekisho.models.scripted import ScriptedModel
from sekisho.models.seam import Abilities, Completion, Finish, Message, Request, Usage

JAPANESE = (
    "患者は五十八歳の男性で、三日前から続く発熱と右下腹部の痛みを訴えて来院した。既往に高血圧が"
    "あり、内服で管理されている。血液検査では白血球の増加を認め、造影検査で虫垂の腫大を認めた。"
)
ENGLISH = (
    "The patient is a man of fifty-eight who came with fever and pain in the right lower abdomen "
    "for three days. He has hypertension, which is controlled with tablets.\n"
)


def asked(text: str, **room: int) -> Request:
    return Request(messages=(Message("system", "S"), Message("user", text)), **room)  # type: ignore[arg-type]


def answered(prompt: int | None, answer: int | None = 10) -> Completion:
    return Completion(text="x", finish=Finish.STOP, usage=Usage(prompt=prompt, answer=answer))


@pytest.mark.parametrize(("context", "fits"), [(151, True), (150, False), (None, True)])
def test_prompt_thinking_and_answer_must_fit_the_context_together(
    context: int | None, fits: bool
) -> None:
    model = ScriptedModel(["x"], abilities=Abilities(context=context))
    request = asked("x" * 100, max_tokens=30, thinking_tokens=20)
    if fits:
        assert asyncio.run(check_room(model, request)) == 101
    else:
        with pytest.raises(PromptTooLongError, match=r"101 tokens.*50.*150"):
            asyncio.run(check_room(model, request))
    assert not model.asked


def test_a_prompt_that_was_read_whole_passes() -> None:
    request = asked(ENGLISH * 10)
    for read in (1000, 1003, 975, 972):
        check_uncut(request, answered(read), 1000, 4096)


@pytest.mark.parametrize("read", [0, 500, 971])
def test_fewer_tokens_than_were_counted_mean_that_the_prompt_was_cut(read: int) -> None:
    with pytest.raises(PromptTooLongError, match="it was cut"):
        check_uncut(asked(ENGLISH), answered(read), 1000, None)


@pytest.mark.parametrize("counted", [None, 1000])
def test_a_server_that_reports_nothing_is_not_blamed(counted: int | None) -> None:
    check_uncut(asked(ENGLISH * 100), answered(None), counted, 4096)


@pytest.mark.parametrize(("read", "written"), [(90, 10), (100, None), (95, 50)])
def test_a_context_that_is_full_may_have_lost_the_beginning(read: int, written: int | None) -> None:
    with pytest.raises(PromptTooLongError, match="fill the context"):
        check_uncut(asked("x"), answered(read, written), None, 100)


def test_a_context_with_room_left_is_no_matter() -> None:
    check_uncut(asked("x"), answered(90, 9), None, 100)
    check_uncut(asked("x"), answered(90, 10), None, None)


@pytest.mark.parametrize("text", [JAPANESE * 20, ENGLISH * 20])
def test_a_prompt_of_which_most_is_missing_is_found_without_a_count(text: str) -> None:
    with pytest.raises(PromptTooLongError, match="it was cut"):
        check_uncut(asked(text), answered(20), None, None)


@pytest.mark.parametrize(
    ("text", "characters_a_token"),
    # The most that running text has in vocabularies made for the language.
    [(JAPANESE * 20, 2.5), (ENGLISH * 20, 5.0)],
)
def test_the_least_number_of_tokens_leaves_a_margin_of_two(
    text: str, characters_a_token: float
) -> None:
    whole = len(text) / characters_a_token
    assert whole / 4 < fewest_tokens(asked(text)) < whole / 2


@pytest.mark.parametrize("text", [" " * 5000, "-" * 5000, "\n \t" * 5000, "。" * 5000])
def test_what_one_token_covers_at_length_counts_as_little(text: str) -> None:
    assert fewest_tokens(asked(text)) <= 1


@given(st.text(max_size=300), st.text(max_size=300))
def test_the_least_number_never_exceeds_the_characters_and_grows_with_the_text(
    text: str, more: str
) -> None:
    least = fewest_tokens(asked(text))
    assert 0 <= least <= len(text) / 6 + 1
    assert fewest_tokens(asked(text + "。" + more)) >= least


def test_twice_the_room_is_for_the_answer_and_for_thinking() -> None:
    request = asked("x", max_tokens=30, thinking_tokens=10)
    wide = wider(request, answered(None), None, None)
    assert wide == replace(request, max_tokens=60, thinking_tokens=20)


@pytest.mark.parametrize(
    ("counted", "read", "context", "rooms"),
    [
        (20, None, 100, (60, 20)),
        (20, 90, 100, (60, 20)),
        (None, 20, 80, (45, 15)),
        (50, None, 100, (38, 12)),
        (None, None, 41, (60, 20)),
        (60, None, 100, None),
        (99, None, 100, None),
    ],
)
def test_more_room_stays_within_the_context(
    counted: int | None, read: int | None, context: int, rooms: tuple[int, int] | None
) -> None:
    request = asked("x", max_tokens=30, thinking_tokens=10)
    wide = wider(request, answered(read), counted, context)
    assert (wide and (wide.max_tokens, wide.thinking_tokens)) == rooms

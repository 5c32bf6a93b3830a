from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.models.thinking import split_thinking

ANSWER = '{"phi_list":[{"type":"NAME","value":"佐藤"}]}'
TAGS = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("◁think▷", "◁/think▷"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
]
MARKS = [mark for tags in TAGS for mark in tags]

#: Thoughts without a tag, and texts that may hold any.
plain = st.text(alphabet="ab 佐藤\n{}[]\"'.:", max_size=40)
wild = st.lists(st.one_of(plain, st.sampled_from(MARKS)), max_size=8).map("".join)


@pytest.mark.parametrize(("opening", "closing"), TAGS)
@given(thought=plain)
def test_a_thought_in_tags_is_no_part_of_the_answer(
    opening: str, closing: str, thought: str
) -> None:
    text = f"\n{opening}{thought}{closing}\n\n{ANSWER}\n"
    assert split_thinking(text) == (thought.strip(), ANSWER)


@pytest.mark.parametrize("opening", [opening for opening, _ in TAGS])
@given(thought=plain)
def test_a_thought_that_was_never_ended_leaves_no_answer(opening: str, thought: str) -> None:
    assert split_thinking(opening + thought + ANSWER) == ((thought + ANSWER).strip(), "")


@pytest.mark.parametrize("closing", [closing for _, closing in TAGS])
@given(thought=plain)
def test_a_thought_that_the_prompt_began_ends_at_its_closing_tag(
    closing: str, thought: str
) -> None:
    text = f"Hm. {thought}{closing}{ANSWER}"
    assert split_thinking(text) == (f"Hm. {thought}".strip(), ANSWER)


@given(st.dictionaries(wild, st.one_of(wild, st.lists(wild, max_size=3)), max_size=3))
def test_json_stays_as_it_is_whatever_its_strings_hold(value: object) -> None:
    for text in (
        json.dumps(value),
        json.dumps(value, ensure_ascii=False, indent=1),
        f"```json\n{json.dumps(value)}\n```",
    ):
        assert split_thinking(text) == ("", text)


@pytest.mark.parametrize("mark", MARKS)
def test_an_answer_cut_within_a_string_is_not_taken_for_a_thought(mark: str) -> None:
    text = '{"phi_list":[{"value":"' + mark + '{"phi_list":[]}'
    assert split_thinking(text) == ("", text)


def test_json_that_was_only_thought_about_is_not_the_answer() -> None:
    text = '{"phi_list":[]} would be wrong.</think>' + ANSWER
    assert split_thinking(text) == ('{"phi_list":[]} would be wrong.', ANSWER)


def test_several_thoughts_at_the_beginning_are_one() -> None:
    text = f"<think>\n\n</think>\n<think>a</think>[THINK]b[/THINK]{ANSWER}"
    assert split_thinking(text) == ("a\n\nb", ANSWER)


def test_a_tag_behind_the_beginning_of_the_answer_is_text() -> None:
    text = "Here it is: <think>x</think> {}"
    assert split_thinking(text) == ("", text)


def test_only_the_first_closing_tag_ends_a_thought() -> None:
    assert split_thinking("<think>a</think>b</think>c") == ("a", "b</think>c")


@given(wild)
def test_nothing_is_invented_and_an_answer_is_the_end_of_the_text(text: str) -> None:
    thinking, answer = split_thinking(text)
    assert text.rstrip().endswith(answer.rstrip())
    assert all(piece in text for piece in thinking.split("\n\n"))


@given(plain)
def test_a_text_without_any_tag_is_the_answer(text: str) -> None:
    assert split_thinking(text) == ("", text)


def test_the_final_channel_of_harmony_is_the_answer() -> None:
    text = (
        "<|channel|>analysis<|message|>佐藤 is a name.<|end|>"
        "<|start|>assistant<|channel|>commentary to=functions.x <|constrain|>json<|message|>{}"
        "<|call|><|start|>assistant<|channel|>final <|constrain|>json<|message|>"
        f"{ANSWER}<|return|>"
    )
    assert split_thinking(text) == ("佐藤 is a name.\n\n{}", ANSWER)


def test_the_final_channel_is_not_cut_by_marks_that_it_quotes() -> None:
    answer = '{"value":"<|end|><|start|>assistant<|channel|>final<|message|>{}"}'
    text = f"<|channel|>analysis<|message|>x<|end|><|channel|>final<|message|>{answer}"
    assert split_thinking(text) == ("x", answer)


@pytest.mark.parametrize(
    "text",
    [
        "<|channel|>analysis<|message|>" + ANSWER,
        "<|channel|>analysis<|message|>x<|end|>" + ANSWER,
        "<|channel|>analysis<|message|>x<|end|><|start|>assistant" + ANSWER,
        "<|channel|>commentary<|message|>x<|end|>",
    ],
)
def test_harmony_without_a_final_channel_has_no_answer(text: str) -> None:
    thinking, answer = split_thinking(text)
    assert answer == ""
    assert thinking


@pytest.mark.parametrize(
    "text",
    [
        "<think>" * 100_000,
        "<think></think>" * 50_000,
        "[" * 300_000,
        "<|channel|>analysis<|message|><|end|>" * 30_000,
        "x</think" * 100_000,
    ],
)
def test_time_stays_bounded_on_hostile_text(text: str) -> None:
    started = time.perf_counter()
    split_thinking(text)
    assert time.perf_counter() - started < 10

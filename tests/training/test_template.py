"""The little language of the kind files."""

from __future__ import annotations

import pytest
from training.corpus.template import Choice, Reference, Slot, TemplateError, parse, walk


def test_text_slots_and_references_are_told_apart() -> None:
    assert parse("前回{date}、{n 3 30}mm。{@plan 2-4 lines}") == (
        "前回",
        Slot("date"),
        "、",
        Slot("n", ("3", "30")),
        "mm。",
        Reference("plan", 2, 4, "lines"),
    )


def test_choices_nest_and_may_be_empty() -> None:
    assert parse("[右|[左|両]側|]") == (Choice((("右",), (Choice((("左",), ("両",))), "側"), ())),)


def test_a_backslash_makes_a_sign_literal() -> None:
    assert parse(r"\[0010\|{id}\]") == ("[0010|", Slot("id"), "]")


def test_a_bar_outside_of_a_choice_is_a_bar() -> None:
    assert parse("a|b") == ("a|b",)


@pytest.mark.parametrize("template", ["[a|b", "a]", "{date", "date}", "[a{date|b]", "{}"])
def test_what_does_not_close_is_refused(template: str) -> None:
    with pytest.raises(TemplateError):
        parse(template)


@pytest.mark.parametrize("template", ["{@plan many}", "{@plan 2-x}", "{@plan 1 2 lines}"])
def test_a_count_is_a_number(template: str) -> None:
    with pytest.raises(TemplateError):
        parse(template)


def test_slots_inside_of_choices_are_seen() -> None:
    assert walk(parse("[{date}|x{@plan}]")) == [Slot("date"), Reference("plan")]

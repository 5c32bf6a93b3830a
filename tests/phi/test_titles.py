from __future__ import annotations

import pytest

from sekisho.documents.document import Span
from sekisho.phi.titles import untitled, with_title, without_title


def extended(text: str, surface: str, category: str = "STAFF") -> str:
    start = text.index(surface)
    span = with_title(text, Span(start, start + len(surface), category, ("a",), 0.8))
    assert (span.category, span.sources, span.score) == (category, ("a",), 0.8)
    return text[span.start : span.end]


def stripped(surface: str, category: str = "STAFF") -> str:
    text = f"昨日{surface}が"
    span = without_title(text, Span(2, 2 + len(surface), category, ("a",), 0.8))
    assert (span.category, span.sources, span.score) == (category, ("a",), 0.8)
    return text[span.start : span.end]


@pytest.mark.parametrize(
    "titled", ["Dr.佐藤", "Dr佐藤", "DR. 佐藤", "Ｄｒ．佐藤", "Prof.佐藤", "Dr.　佐藤", "Dr. 佐藤"]
)
def test_a_latin_title_joins_the_name_and_leaves_it_again(titled: str) -> None:
    assert extended(f"本日{titled}が", "佐藤") == titled
    assert stripped(titled) == "佐藤"


@pytest.mark.parametrize("text", ["ADr.佐藤", "xDr佐藤", "佐藤Dr.", "Mr.佐藤", "Dr.、佐藤", "佐藤"])
def test_what_is_no_title_right_before_the_name_stays_outside(text: str) -> None:
    assert extended(text, "佐藤") == "佐藤"


@pytest.mark.parametrize("name", ["Drake", "Profit", "DRAGAN", "Ｄｒａｋｅ", "佐藤"])
def test_a_name_that_begins_like_a_title_is_kept_whole(name: str) -> None:
    assert stripped(name) == name


@pytest.mark.parametrize("title", ["Dr", "Dr.", "Prof"])
def test_a_title_alone_is_not_emptied(title: str) -> None:
    assert stripped(title) == title


def test_only_people_bear_titles() -> None:
    assert extended("Dr.佐藤", "佐藤", "FACILITY") == "佐藤"
    assert stripped("Dr.佐藤", "FACILITY") == "Dr.佐藤"


def test_a_name_at_the_very_beginning_has_no_title() -> None:
    assert extended("佐藤", "佐藤", "NAME") == "佐藤"


@pytest.mark.parametrize(
    ("taken", "category", "left"),
    [
        ("穴沢 喜一様", "NAME", "穴沢 喜一"),
        ("稲場院長", "STAFF", "稲場"),
        ("渡辺 Ns", "STAFF", "渡辺"),
        ("緑風会クリニック先生", "FACILITY", "緑風会クリニック"),
        ("先生", "STAFF", "先生"),
        ("山田様", "ADDRESS", "山田様"),
        ("山田", "NAME", "山田"),
    ],
)
def test_titles_and_honorifics_stay_outside(taken: str, category: str, left: str) -> None:
    text = f"前{taken}後"
    span = untitled(text, Span(1, 1 + len(taken), category, ("a",), 0.8))
    assert text[span.start : span.end] == left
    assert (span.category, span.sources, span.score) == (category, ("a",), 0.8)

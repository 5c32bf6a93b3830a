"""Inline markup: strict on the way in, exact on the way out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import InputError, OutputError
from sekisho.evaluation.markup import mark, parse
from sekisho.phi.categories import Category


def test_markup_is_removed_and_offsets_count_the_plain_text() -> None:
    text, spans = parse("患者：⟦NAME|架空 花子⟧様、⟦AGE|60歳⟧。", where="a.txt")
    assert text == "患者：架空 花子様、60歳。"
    assert spans == ((3, 8, Category.NAME), (10, 13, Category.AGE))


def test_a_surface_may_hold_a_line_feed_and_a_bar() -> None:
    text, spans = parse("⟦NAME|架空\n花|子⟧", where="a.txt")
    assert text == "架空\n花|子"
    assert spans == ((0, 6, Category.NAME),)


def test_a_text_without_markup_is_itself() -> None:
    assert parse("所見なし\r\n", where="a.txt") == ("所見なし\r\n", ())


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("一行目\n⟦NAME|架空", "never closed"),
        ("一行目\n⟦NAME|架⟦AGE|6歳⟧空⟧", "inside another"),
        ("一行目\n架空⟧", "closes nothing"),
        ("一行目\n⟦NOME|架空⟧", "no known type"),
        ("一行目\n⟦name|架空⟧", "no known type"),
        ("一行目\n⟦架空の名前と長い長い長い文章|NAME⟧", "no known type"),
        ("一行目\n⟦NAME⟧", "no known type"),
        ("一行目\n⟦⟧", "no known type"),
        ("一行目\n⟦NAME|⟧", "no surface"),
    ],
)
def test_malformed_markup_is_refused_with_file_and_line_but_no_text(
    marked: str, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse(marked, where="folder/a.txt")
    assert caught.value.where == "folder/a.txt, line 2"
    assert "架空" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("abcd", [(0, 2, "NAME"), (1, 3, "AGE")]),
        ("abcd", [(2, 2, "NAME")]),
        ("abcd", [(3, 5, "NAME")]),
        ("a⟦cd", [(0, 1, "NAME")]),
    ],
)
def test_what_the_markup_cannot_say_is_not_written(
    text: str, spans: list[tuple[int, int, str]]
) -> None:
    with pytest.raises(OutputError):
        mark(text, spans)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(alphabet=st.characters(blacklist_characters="⟦⟧"), max_size=5),
            st.text(alphabet=st.characters(blacklist_characters="⟦⟧"), min_size=1, max_size=5),
            st.sampled_from(Category),
        ),
        max_size=6,
    )
)
def test_parsing_undoes_marking(pieces: list[tuple[str, str, Category]]) -> None:
    text, spans = "", []
    for before, surface, category in pieces:
        start = len(text) + len(before)
        spans.append((start, start + len(surface), category))
        text += before + surface
    assert parse(mark(text, spans), where="a.txt") == (text, tuple(spans))

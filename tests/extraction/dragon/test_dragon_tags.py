from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.extraction.dragon.tags import (
    Stretch,
    Tokens,
    entities,
    last_part,
    mended,
    tag_lists,
    tag_sequence,
)

TOKENS = ("I", "Case", "involves", "lesion", "of", "12", "mm.", "II", "Case")


def stretch(tokens: Tokens, words: str, label: str, nth: int = 0) -> Stretch:
    start = [found.start() for found in re.finditer(re.escape(words), tokens.text)][nth]
    return Stretch(start, start + len(words), label)


def test_tokens_are_joined_and_keep_their_offsets() -> None:
    tokens = Tokens.join(["a", "", "bc d", "\n"])
    assert tokens.text == "a  bc d \n"
    assert [tokens.text[slice(*each)] for each in tokens.offsets] == ["a", "", "bc d", "\n"]


def test_each_token_that_a_stretch_overlaps_is_tagged() -> None:
    tokens = Tokens.join(TOKENS)
    tags = tag_sequence(tokens, [stretch(tokens, "lesion of 12", "SIZE")])
    assert tags == ["O", "O", "O", "B-SIZE", "I-SIZE", "I-SIZE", "O", "O", "O"]


def test_a_part_of_a_token_is_enough() -> None:
    tokens = Tokens.join(TOKENS)
    tags = tag_sequence(tokens, [stretch(tokens, "12 mm", "SIZE")])
    assert tags[5:7] == ["B-SIZE", "I-SIZE"]


def test_all_occurrences_are_tagged() -> None:
    tokens = Tokens.join(TOKENS)
    found = [stretch(tokens, "Case", "WHO", nth) for nth in (0, 1)]
    assert [at for at, tag in enumerate(tag_sequence(tokens, found)) if tag == "B-WHO"] == [1, 8]


def test_where_stretches_meet_the_longest_counts() -> None:
    tokens = Tokens.join(TOKENS)
    found = [stretch(tokens, "12", "NUMBER"), stretch(tokens, "lesion of 12", "SIZE")]
    assert "B-NUMBER" not in tag_sequence(tokens, found)


def test_neighbours_are_two_entities_unless_their_label_joins_them() -> None:
    tokens = Tokens.join(["Rest.", "Walk.", "Eat."])
    found = [stretch(tokens, word, "NOTE") for word in tokens.text.split()]
    assert tag_sequence(tokens, found) == ["B-NOTE"] * 3
    assert tag_sequence(tokens, found, joined={"NOTE"}) == ["B-NOTE", "I-NOTE", "I-NOTE"]


def test_a_token_may_have_several_labels_each_by_itself() -> None:
    tokens = Tokens.join(TOKENS)
    found = [
        stretch(tokens, "12 mm", "0"),
        stretch(tokens, "lesion of 12 mm", "1"),
    ]
    lists = tag_lists(tokens, found, order=("0", "1"))
    assert lists[3:7] == [["B-1"], ["I-1"], ["B-0", "I-1"], ["I-0", "I-1"]]
    assert lists[0] == ["O"]


def test_a_quote_is_narrowed_to_the_last_measurement_in_it() -> None:
    tokens = Tokens.join(TOKENS)
    found = [stretch(tokens, "I Case involves lesion of 12 mm", "0")]
    narrowed = last_part(tokens.text, found, re.compile("[0-9]+ mm"))
    assert [tokens.text[each.start : each.end] for each in narrowed] == ["12 mm"]


def test_a_quote_without_the_part_stays_whole() -> None:
    tokens = Tokens.join(TOKENS)
    found = [stretch(tokens, "Case involves", "0")]
    assert last_part(tokens.text, found, re.compile("[0-9]+ mm")) == found


def test_a_stretch_between_tokens_or_behind_them_tags_nothing() -> None:
    tokens = Tokens.join(["a", "b"])
    assert tag_sequence(tokens, [Stretch(1, 2, "X"), Stretch(7, 9, "X")]) == ["O", "O"]


def test_entities_are_read_back_from_tags() -> None:
    tags = ["B-A", "I-A", "O", "I-B", "B-B", "I-A"]
    assert entities(tags) == [(0, 2, "A"), (3, 4, "B"), (4, 5, "B"), (5, 6, "A")]


words = st.lists(st.text(alphabet="abI \n.é腎", max_size=4), max_size=12)


@st.composite
def tagged(draw: st.DrawFn) -> tuple[Tokens, list[Stretch]]:
    tokens = Tokens.join(draw(words))
    size = len(tokens.text)
    found = []
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, max(0, size)))
        end = draw(st.integers(start, size + 3))
        found.append(Stretch(start, end, draw(st.sampled_from(["A", "B", "AB"]))))
    return tokens, found


@settings(deadline=None, max_examples=300)
@given(tagged())
def test_there_is_one_valid_tag_for_each_token_whatever_is_marked(
    given_: tuple[Tokens, list[Stretch]],
) -> None:
    tokens, found = given_
    for joined in ((), ("A", "B")):
        tags = tag_sequence(tokens, found, joined=joined)
        assert len(tags) == len(tokens.offsets)
        assert mended(tags) == tags
        assert {tag[2:] for tag in tags if tag != "O"} <= {each.label for each in found}


@settings(deadline=None, max_examples=300)
@given(tagged())
def test_there_is_one_list_for_each_token_and_none_is_empty(
    given_: tuple[Tokens, list[Stretch]],
) -> None:
    tokens, found = given_
    lists = tag_lists(tokens, found, order=("A", "B", "AB"))
    assert len(lists) == len(tokens.offsets)
    assert all(lists)
    for label in ("A", "B", "AB"):
        column = [next((tag for tag in tags if tag[2:] == label), "O") for tags in lists]
        assert mended(column) == column


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), max_size=12))
def test_tags_come_back_from_the_stretches_of_their_entities(tags: list[str]) -> None:
    tags = mended(tags)
    tokens = Tokens.join(f"w{at}" for at in range(len(tags)))
    found = [
        Stretch(tokens.offsets[first][0], tokens.offsets[behind - 1][1], label)
        for first, behind, label in entities(tags)
    ]
    assert tag_sequence(tokens, found) == tags

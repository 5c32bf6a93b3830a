from __future__ import annotations

import random
from itertools import pairwise

import pytest

from sekisho.extraction.dragon.baseline.nested import NestedTagger
from sekisho.extraction.dragon.baseline.tag_features import History, pieces, shape, window
from sekisho.extraction.dragon.baseline.tagging import Tagger

pytest.importorskip("sklearn")

Tagged = tuple[list[str], list[str]]


def visits(count: int, seed: int) -> list[Tagged]:
    """Drug and dose stand behind "takes"; the name behind "Dr" may be any capitalised word."""
    rng = random.Random(seed)
    made: list[Tagged] = []
    for _ in range(count):
        name = "".join(rng.choices("abcdefgh", k=6)).capitalize()
        dose = f"{rng.randint(1, 90)}"
        words = ["seen", "by", "Dr", name, "takes", rng.choice(["iron", "zinc"]), dose, "mg", "."]
        tags = ["O", "O", "B-WHO", "I-WHO", "O", "B-DRUG", "B-DOSE", "I-DOSE", "O"]
        if rng.random() < 0.5:
            words, tags = ["today", *words], ["O", *tags]
        made.append((words, tags))
    return made


def columns(rows: list[Tagged]) -> tuple[list[list[str]], list[list[str]]]:
    return [words for words, _ in rows], [tags for _, tags in rows]


@pytest.mark.parametrize("history", [True, False])
def test_entities_are_found_around_words_never_seen(history: bool) -> None:
    tagger = Tagger(history=history).fit(*columns(visits(40, 1)))
    words, tags = columns(visits(20, 2))
    assert [tagger.tag(each) for each in words] == tags


def test_a_tag_may_depend_on_the_tags_before() -> None:
    rng = random.Random(3)
    words, tags = [], []
    for _ in range(60):
        length = rng.randint(4, 10)
        words.append(["x"] * length)
        tags.append([("B-ODD" if place % 2 else "B-EVEN") for place in range(length)])
    tagger = Tagger(strength=10.0).fit(words, tags)
    assert tagger.tag(["x"] * 9) == ["B-EVEN", "B-ODD"] * 4 + ["B-EVEN"]


def test_an_inside_tag_stands_only_where_one_was_seen() -> None:
    tagger = Tagger().fit(*columns(visits(40, 1)))
    strange = [["mg", "mg", "Dr", "mg"], ["Abc", "7", "mg", "Abc"], ["mg"]]
    for words in strange:
        tags = ["O", *tagger.tag(words)]
        for before, tag in pairwise(tags):
            assert not tag.startswith("I-") or before[2:] == tag[2:]


def test_tags_are_as_many_as_tokens_and_all_known() -> None:
    tagger = Tagger().fit(*columns(visits(30, 1)))
    for words in ([], [""], ["§§", "7.5", "II"], ["x"] * 700):
        tags = tagger.tag(words)
        assert len(tags) == len(words)
        assert set(tags) <= set(tagger.tags)


@pytest.mark.parametrize("only", ["O", "B-X"])
def test_the_only_tag_is_the_answer(only: str) -> None:
    assert Tagger().fit([["a", "b"], []], [[only, only], []]).tag(["c", "d"]) == [only, only]


def test_two_tags_are_learned_too() -> None:
    tagger = Tagger(strength=10.0).fit([["a", "b", "a"]] * 20, [["O", "name", "O"]] * 20)
    assert tagger.tag(["a", "b", "b", "a"]) == ["O", "name", "name", "O"]


def lists(count: int, seed: int) -> tuple[list[list[str]], list[list[list[str]]]]:
    """Items marked A, A+B ...; a size in a "cyst" item has the numbers of the item's marks."""
    rng = random.Random(seed)
    words: list[list[str]] = []
    tags: list[list[list[str]]] = []
    for _ in range(count):
        here: list[str] = ["seen"]
        said: list[list[str]] = [["O"]]
        number = 0
        while number < 4:
            marks = list(range(number, min(4, number + rng.randint(1, 2))))
            number = marks[-1] + 1
            cyst = rng.random() < 0.5
            here += ["+".join("ABCD"[mark] for mark in marks), "has", "cyst" if cyst else "node"]
            here += [f"{rng.randint(1, 90)}", "mm"]
            said += [["O"]] * 3
            said += [[f"{at}-{mark}-size" for mark in marks] if cyst else ["O"] for at in "BI"]
        words.append(here)
        tags.append(said)
    return words, tags


def test_nested_tags_go_by_the_list_markers() -> None:
    tagger = NestedTagger().fit(*lists(80, 1))
    words, tags = lists(30, 2)
    assert [tagger.tag(each) for each in words] == tags


def test_a_nested_tag_that_was_never_shown_is_never_given() -> None:
    words, tags = lists(60, 1)
    known = {tag for given in tags for here in given for tag in here}
    tagger = NestedTagger().fit(words, tags)
    for strange in (["A+B+C+D", "has", "cyst", "9", "mm"] * 5, ["E", "cyst", "mm", "mm"], []):
        given = tagger.tag(strange)
        assert len(given) == len(strange)
        assert {tag for here in given for tag in here} <= known
        assert all(given)


def test_kinds_of_one_token_are_all_given() -> None:
    words = [["grade", "3", "cyst"], ["no", "cyst", "seen"]] * 15
    tags = [[["O"], ["B-grade", "B-number"], ["B-cyst"]], [["O"], ["B-cyst"], ["O"]]] * 15
    tagger = NestedTagger(strength=10.0).fit(words, tags)
    assert [sorted(each) for each in tagger.tag(["grade", "3", "cyst"])] == [
        ["O"],
        ["B-grade", "B-number"],
        ["B-cyst"],
    ]


def test_without_any_entity_nothing_is_tagged() -> None:
    tagger = NestedTagger().fit([["a", "b"]], [[["O"], []]])
    assert tagger.tag(["a", "c"]) == [["O"], ["O"]]


@pytest.mark.parametrize(
    ("token", "wanted"),
    [("XVIII", "X"), ("7.1", "9.9"), ("Mild", "Xx"), ("T2", "X9"), ("胸部", "x"), ("", "")],
)
def test_shapes_stand_for_unseen_words(token: str, wanted: str) -> None:
    assert shape(token) == wanted


@pytest.mark.parametrize(
    ("token", "wanted"),
    [
        ("II+III", ["II", "III"]),
        ("2.", ["2"]),
        ("A/B", ["A", "B"]),
        ("1-4", ["1", "4"]),
        ("word", []),
        ("7.1", []),
        ("+", []),
    ],
)
def test_list_markers_are_told_by_their_shape(token: str, wanted: list[str]) -> None:
    assert pieces(token) == wanted


def test_every_token_has_a_window() -> None:
    tokens = ["Seen", "today", ".", "II", "7", "mm"]
    shown = window(tokens)
    assert len(shown) == len(tokens)
    assert {"word=today", "left 1=seen", "right 1=."} <= set(shown[1])
    assert "first of sentence=True" in shown[3]
    assert "after number=0" in shown[5]


def test_the_history_counts_entities() -> None:
    history = History()
    for tag in ("B-X", "I-X", "B-X", "O", "I-Y"):
        history = history.then(tag)
    assert dict(history.counts) == {"X": 2, "Y": 1}
    assert (history.last, history.before, history.kind) == ("I-Y", "O", "Y")

"""The parts of the baseline by themselves: where one gives way, another must not hide it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from sekisho.extraction.dragon.baseline.aggregates import best_rule
from sekisho.extraction.dragon.baseline.ranking import Ranker, read_numbers
from sekisho.extraction.dragon.baseline.tagging import Tagger
from sekisho.extraction.dragon.baseline.views import PARTS

pytest.importorskip("sklearn")

from sekisho.extraction.dragon.baseline.classifying import Shown, best_class, shares

Found = list[tuple[str, int]]


def sized(count: int, seed: int, of: Sequence[str]) -> list[Found]:
    rng = random.Random(seed)
    return [
        [(rng.choice(of), rng.randint(2, 90)) for _ in range(rng.randint(2, 6))]
        for _ in range(count)
    ]


def texts(found: list[Found]) -> list[str]:
    return [" ".join(f"A {what} of {size} mm." for what, size in each) for each in found]


@pytest.mark.parametrize(
    ("aggregate", "of"),
    [
        ("largest", max),
        ("smallest", min),
        ("sum", sum),
        ("mean", lambda sizes: sum(sizes) / len(sizes)),
        ("count", len),
        ("first", lambda sizes: sizes[0]),
        ("last", lambda sizes: sizes[-1]),
    ],
)
def test_the_rule_behind_the_targets_is_found(
    aggregate: str, of: Callable[[list[int]], float]
) -> None:
    found = sized(80, 1, ("cyst", "node"))
    sizes = [[size for what, size in each if what == "cyst"] for each in found]
    targets = [float(of(each)) if each else 7.0 for each in sizes]
    numbers = read_numbers(texts(found), {(at, 0): value for at, value in enumerate(targets)}, 1.0)
    rule = best_rule(numbers, targets)
    assert rule is not None
    assert rule.aggregate == aggregate
    assert any("cyst" in feature for feature in rule.having)
    assert rule.otherwise == 7.0
    assert [rule.value(each) for each in numbers] == pytest.approx(targets)


def test_a_rule_may_need_two_things_at_once() -> None:
    rng = random.Random(2)
    found = [
        [
            (rng.choice(["left", "right"]), rng.choice(["cyst", "node"]), rng.randint(2, 90))
            for _ in range(6)
        ]
        for _ in range(80)
    ]
    written = [
        " ".join(f"A {side} {what} of {size} mm." for side, what, size in each) for each in found
    ]
    targets = [
        float(max([size for side, what, size in each if (side, what) == ("left", "cyst")] or [0]))
        for each in found
    ]
    numbers = read_numbers(written, {(at, 0): value for at, value in enumerate(targets)}, 1.0)
    rule = best_rule(numbers, targets)
    assert rule is not None
    assert [rule.value(each) for each in numbers] == targets


def test_without_numbers_there_is_no_rule() -> None:
    assert (
        best_rule(read_numbers(["cyst", ""], {(0, 0): 3.0, (1, 0): 4.0}, 1.0), [3.0, 4.0]) is None
    )


def test_the_ranker_takes_several_words_for_the_same() -> None:
    found = sized(200, 3, ("cyst", "lump", "node", "scar"))
    wanted = [[size for what, size in each if what in ("cyst", "lump")] for each in found]
    targets = {(at, 0): float(each[0]) for at, each in enumerate(wanted) if each}
    numbers = read_numbers(texts(found), targets, 1.0)
    known = {at: value for at, value in targets.items() if at[0] < 150}
    asked = [at for at in targets if at[0] >= 150]
    said = Ranker(1, 1.0).fit(numbers, known).answers(numbers, asked)
    assert sum(said[at][0] == targets[at] for at in asked) >= 0.85 * len(asked)


def test_the_ranker_tells_labels_apart() -> None:
    found = sized(100, 4, ("cyst",))
    targets = {
        (at, label): float(each[label][1]) for at, each in enumerate(found) for label in (0, 1)
    }
    numbers = read_numbers(texts(found), targets, 1.0)
    known = {at: value for at, value in targets.items() if at[0] < 60}
    asked = [at for at in targets if at[0] >= 60]
    said = Ranker(2, 1.0).fit(numbers, known).answers(numbers, asked)
    assert {at: value for at, (value, _) in said.items()} == {at: targets[at] for at in asked}


def test_an_inside_tag_never_begins() -> None:
    rng = random.Random(6)

    def word() -> str:
        return "".join(rng.choices("abcdefgh", k=6))

    documents = [[word(), word(), "zz", word(), word()] for _ in range(40)]
    tagger = Tagger(strength=10.0, history=False)
    tagger.fit(documents, [["O", "B-X", "I-X", "O", "O"]] * 40)
    for words in (["zz", word(), word()], [word(), word(), word(), "zz", "zz"]):
        tags = ["O", *tagger.tag(words)]
        assert all(one == "B-X" for one, other in pairwise(tags) if other == "I-X")


def test_a_shape_speaks_for_words_never_seen() -> None:
    rng = random.Random(5)

    def row() -> tuple[list[str], list[str]]:
        words = ["".join(rng.choices("abcdefghij", k=8)) for _ in range(6)]
        tags = [rng.choice(["O", "B-CODE"]) for _ in words]
        return [
            word.upper() if tag != "O" else word for word, tag in zip(words, tags, strict=True)
        ], tags

    known, asked = [row() for _ in range(60)], [row() for _ in range(20)]
    tagger = Tagger(history=False).fit(*zip(*known, strict=True))
    assert [tagger.tag(words) for words, _ in asked] == [tags for _, tags in asked]


def test_presence_counts_once_and_equal_columns_are_one() -> None:
    shown = Shown(["cyst of cyst", "cyst", "big node", "big node"], ["big cyst cyst"])
    counts, asked = shown.matrices("words", "counts")
    columns = {tuple(counts[:, at].toarray().ravel()) for at in range(counts.shape[1])}
    assert len(columns) == counts.shape[1]
    assert counts.max() == asked.max() == 2.0
    learnt, asked = shown.matrices("words", "presence")
    assert set(learnt.data) == set(asked.data) == {1.0}
    assert counts.max() == 2.0


def test_a_negated_part_is_marked() -> None:
    related = PARTS["related"]
    assert "2 negated=False>True" in related(["known with pain", "he has no pain"])
    assert "2 negated=False>False" in related(["known with pain", "he has pain"])
    assert "2 negated=True>True" in related(["geen pijn", "niet ziek"])
    assert "2 both=pain" in related(["known with pain", "he has pain"])
    assert related("one text") == [] == related([])
    assert any(each.startswith("3 ") for each in related(["a", "b", "c"]))


def test_shares_sum_to_one_and_the_median_is_said_of_steps() -> None:
    words = [" ".join(["cyst"] * (at % 4) + ["end"]) for at in range(80)]
    truth = [at % 4 for at in range(80)]
    given = shares(Shown(words, words[:8]), range(80), truth, ordered=True, seed=1)
    assert given.sum(axis=1) == pytest.approx(1.0)
    assert given.min() >= 0
    assert best_class(given, ordered=True) == truth[:8]


def test_of_ordered_classes_the_median_is_said_and_of_others_the_likeliest() -> None:
    import numpy as np

    given = np.array([[0.4, 0.0, 0.3, 0.3]])
    assert best_class(given, ordered=True) == [2]
    assert best_class(given, ordered=False) == [0]


def test_steps_of_a_scale_are_learned_from_few_rows() -> None:
    rng = random.Random(7)

    def text() -> tuple[str, int]:
        grade = min(5, int(rng.expovariate(0.6)))
        words = ["cyst"] * grade + rng.choices(["scar", "node", "clot", "mass"], k=8)
        rng.shuffle(words)
        return " ".join(words), grade

    known, asked = [text() for _ in range(90)], [text() for _ in range(200)]
    shown = Shown([words for words, _ in known], [words for words, _ in asked])
    given = shares(shown, range(90), [grade for _, grade in known], ordered=True, seed=1)
    said = best_class(given, ordered=True)
    assert sum(one == grade for one, (_, grade) in zip(said, asked, strict=True)) >= 185

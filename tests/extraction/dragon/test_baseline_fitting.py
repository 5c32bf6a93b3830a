"""Each of the eight task types, on small tasks whose rule is known."""

from __future__ import annotations

import json
import math
import os
import random
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sekisho.errors import InputError, MissingExtraError
from sekisho.extraction.dragon.baseline import fit_predict

pytest.importorskip("sklearn")

Rows = list[dict[str, Any]]

BINARY = "single_label_binary_classification"
CLASS = "single_label_multi_class_classification"
BINARIES = "multi_label_binary_classification"
CLASSES = "multi_label_multi_class_classification"
NUMBER = "single_label_regression"
NUMBERS = "multi_label_regression"
TAGS = "named_entity_recognition"
TAG_LISTS = "multi_label_named_entity_recognition"


def answers(name: str, known: Rows, asked: Rows, source: str = "text", seed: int = 1) -> list[Any]:
    """What is said of ``asked``, a third of ``known`` being validation rows."""
    configuration = {"task_name": "T", "input_name": source, "label_name": f"{name}_target"}
    third = len(known) // 3
    rows = [{key: row[key] for key in ("uid", source)} for row in asked]
    said = fit_predict(configuration, known[third:], known[:third], rows, seed=seed)
    assert [row["uid"] for row in said] == [row["uid"] for row in asked]
    assert all(set(row) == {"uid", name} for row in said)
    return [row[name] for row in said]


def findings(rng: random.Random) -> list[tuple[str, float, str]]:
    return [
        (rng.choice(["cyst", "node", "scar"]), rng.randint(2, 90), rng.choice(["mm", "cm"]))
        for _ in range(rng.randint(1, 6))
    ]


def written(found: list[tuple[str, float, str]]) -> str:
    return " ".join(f"There is a {what} of {size:g} {unit}." for what, size, unit in found)


def rows(name: str, count: int, seed: int, label: Callable[[Any], Any]) -> Rows:
    rng = random.Random(seed)
    made = [findings(rng) for _ in range(count)]
    return [
        {"uid": f"{seed}-{at}", "text": written(found), f"{name}_target": label(found)}
        for at, found in enumerate(made)
    ]


def largest_cyst(found: list[tuple[str, float, str]]) -> float:
    sizes = [size * (10 if unit == "cm" else 1) for what, size, unit in found if what == "cyst"]
    return float(max(sizes, default=0.0))


def cysts(found: list[tuple[str, float, str]]) -> int:
    return sum(what == "cyst" for what, _, _ in found)


def targets(name: str, asked: Rows) -> list[Any]:
    return [row[f"{name}_target"] for row in asked]


def test_a_binary_label_gets_a_probability_that_ranks() -> None:
    def label(found: Any) -> bool:
        return any(what == "cyst" and unit == "cm" for what, _, unit in found)

    known, asked = rows(BINARY, 120, 1, label), rows(BINARY, 60, 2, label)
    said = answers(BINARY, known, asked)
    assert all(isinstance(each, float) and 0 <= each <= 1 for each in said)
    yes = [each for each, truth in zip(said, targets(BINARY, asked), strict=True) if truth]
    no = [each for each, truth in zip(said, targets(BINARY, asked), strict=True) if not truth]
    assert min(yes) > max(no)


def test_binary_labels_are_each_learned() -> None:
    def label(found: Any) -> list[bool]:
        return [cysts(found) >= 1, cysts(found) >= 2, len(found) >= 4]

    known, asked = rows(BINARIES, 150, 1, label), rows(BINARIES, 60, 2, label)
    said = answers(BINARIES, known, asked)
    hits = [
        [share >= 0.5 for share in each] == truth
        for each, truth in zip(said, targets(BINARIES, asked), strict=True)
    ]
    assert sum(hits) >= 57


@pytest.mark.parametrize("of", [int, str])
def test_counts_are_classes_in_their_own_type(of: Callable[[int], Any]) -> None:
    def label(found: Any) -> Any:
        return of(min(3, cysts(found)))

    known, asked = rows(CLASS, 200, 1, label), rows(CLASS, 60, 2, label)
    said = answers(CLASS, known, asked)
    assert {type(each) for each in said} == {type(of(1))}
    assert sum(one == other for one, other in zip(said, targets(CLASS, asked), strict=True)) >= 57


def test_classes_of_several_labels_keep_their_names() -> None:
    def label(found: Any) -> list[str]:
        return ["cystic" if cysts(found) else "clear", found[0][0].upper()]

    known, asked = rows(CLASSES, 150, 1, label), rows(CLASSES, 60, 2, label)
    said = answers(CLASSES, known, asked)
    truth = targets(CLASSES, asked)
    assert {each[0] for each in said} == {"cystic", "clear"}
    assert sum(one[0] == other[0] for one, other in zip(said, truth, strict=True)) >= 59


def test_a_pair_is_classed_by_what_its_parts_share() -> None:
    rng = random.Random(4)
    words = [f"{a}{b}" for a in ("lung", "liver", "bowel", "heart") for b in ("ache", "scan")]

    def row(at: int) -> dict[str, Any]:
        one = rng.choice(words)
        kind = rng.choice(["same", "denied", "other"])
        second = {
            "same": f"he has {one}",
            "denied": f"he has no {one}",
            "other": f"he has {rng.choice([word for word in words if word[:5] != one[:5]])}",
        }[kind]
        return {
            "uid": str(at),
            "text_parts": [f"known with {one}", second],
            f"{CLASS}_target": kind,
        }

    known, asked = [row(at) for at in range(240)], [row(1000 + at) for at in range(60)]
    said = answers(CLASS, known, asked, "text_parts")
    assert sum(one == other for one, other in zip(said, targets(CLASS, asked), strict=True)) >= 54


def test_a_number_is_the_one_with_the_right_words_and_unit() -> None:
    known, asked = rows(NUMBER, 150, 1, largest_cyst), rows(NUMBER, 60, 2, largest_cyst)
    said = answers(NUMBER, known, asked)
    assert all(isinstance(each, float) for each in said)
    assert sum(one == other for one, other in zip(said, targets(NUMBER, asked), strict=True)) >= 57


@pytest.mark.parametrize(
    "label",
    [
        lambda found: float(cysts(found)),
        lambda found: float(sum(s * (10 if u == "cm" else 1) for _, s, u in found)),
    ],
    ids=["count", "sum"],
)
def test_a_number_may_be_made_of_several(label: Callable[[Any], float]) -> None:
    known, asked = rows(NUMBER, 150, 1, label), rows(NUMBER, 60, 2, label)
    said = answers(NUMBER, known, asked)
    assert sum(one == other for one, other in zip(said, targets(NUMBER, asked), strict=True)) >= 57


def test_a_number_that_does_not_stand_in_the_text_is_weighed_from_its_words() -> None:
    worth = {"iron": 11.0, "zinc": 23.0, "gold": 41.0}
    rng = random.Random(5)

    def row(at: int) -> dict[str, Any]:
        metal = rng.choice(list(worth))
        return {"uid": str(at), "text": f"takes {metal}", f"{NUMBER}_target": worth[metal]}

    known, asked = [row(at) for at in range(60)], [row(100 + at) for at in range(20)]
    pairs = zip(answers(NUMBER, known, asked), targets(NUMBER, asked), strict=True)
    assert all(abs(said - truth) <= 0.1 * truth for said, truth in pairs)


def test_one_of_several_numbers_is_found_where_no_single_word_tells() -> None:
    def label(found: Any) -> float:
        return float(next((size for what, size, _ in found if what != "node"), 0.0))

    def row(found: Any, at: int) -> dict[str, Any]:
        text = " ".join(f"There is a {what} of {size:g} mm." for what, size, _ in found)
        return {"uid": str(at), "text": text, f"{NUMBER}_target": label(found)}

    rng = random.Random(6)
    made = [row(findings(rng), at) for at in range(200)]
    said = answers(NUMBER, made[:150], made[150:])
    pairs = zip(said, targets(NUMBER, made[150:]), strict=True)
    assert sum(one == other for one, other in pairs) >= 45


def test_whole_targets_are_answered_by_whole_numbers() -> None:
    rng = random.Random(8)
    sizes = [rng.randint(11, 900) / 10 for _ in range(80)]
    made = [
        {"uid": str(at), "text": f"A cyst of {size:g} mm.", f"{NUMBER}_target": round(size)}
        for at, size in enumerate(sizes)
    ]
    assert answers(NUMBER, made[:60], made[60:]) == [float(round(size)) for size in sizes[60:]]


def items(count: int, seed: int) -> Rows:
    """Up to four items; the label at place k is the size of item k, null where there is none."""
    rng = random.Random(seed)
    made = []
    for at in range(count):
        sizes = [rng.randint(2, 90) for _ in range(rng.randint(1, 4))]
        marks = ("first", "second", "third", "fourth")
        text = " ".join(f"{mark}: {size} mm." for mark, size in zip(marks, sizes, strict=False))
        label = [float(size) for size in sizes] + [None] * (4 - len(sizes))
        made.append({"uid": str(at), "text": f"Slice 3 mm. {text}", f"{NUMBERS}_target": label})
    return made


def test_each_number_is_found_by_its_place() -> None:
    known, asked = items(120, 1), items(40, 2)
    said = answers(NUMBERS, known, asked)
    assert all(len(each) == 4 and all(math.isfinite(value) for value in each) for each in said)
    for each, truth in zip(said, targets(NUMBERS, asked), strict=True):
        known_places = [place for place, value in enumerate(truth) if value is not None]
        assert [each[place] for place in known_places] == [truth[place] for place in known_places]


def tagged(name: str, count: int, seed: int) -> Rows:
    rng = random.Random(seed)
    made = []
    for at in range(count):
        words, tags = [], []
        for number in range(rng.randint(1, 3)):
            what = rng.choice(["cyst", "node"])
            words += [
                "AB"[number] if number < 2 else "C",
                what,
                "of",
                f"{rng.randint(2, 90)}",
                "mm",
            ]
            tags += ["O", "B-WHAT", "O", "B-SIZE", "I-SIZE"]
        if name == TAG_LISTS:
            tags = [[tag] for tag in tags]  # type: ignore[misc]
        made.append({"uid": str(at), "text_parts": words, f"{name}_target": tags})
    return made


@pytest.mark.parametrize("name", [TAGS, TAG_LISTS])
def test_tokens_get_their_tags(name: str) -> None:
    known, asked = tagged(name, 45, 1), tagged(name, 20, 2)
    assert answers(name, known, asked, "text_parts") == targets(name, asked)


SMALL: dict[str, tuple[str, Any, Any]] = {
    BINARY: ("text", True, False),
    CLASS: ("text", "a", "b"),
    BINARIES: ("text", [True, False], [False, True]),
    CLASSES: ("text", ["a", 1], ["b", 2]),
    NUMBER: ("text", 3.0, 5),
    NUMBERS: ("text", [3.0, None], [5, 1.0]),
    TAGS: ("text_parts", ["B-X", "O"], ["O", "B-X"]),
    TAG_LISTS: ("text_parts", [["B-0-X", "B-Y"], ["O"]], [["O"], ["B-1-X"]]),
}


def small(name: str, labels: list[Any]) -> Rows:
    source = SMALL[name][0]
    shown: Any = ["cyst", "mm"] if source == "text_parts" else "cyst of 3 mm"
    return [{"uid": at, source: shown, f"{name}_target": each} for at, each in enumerate(labels)]


def fits(name: str, said: Any) -> bool:
    """Whether an answer has the type and length that the scorer takes for the small tasks."""
    if name == BINARY:
        return isinstance(said, float) and 0 <= said <= 1
    if name == CLASS:
        return said in ("a", "b")
    if name == BINARIES:
        return len(said) == 2 and all(isinstance(x, float) and 0 <= x <= 1 for x in said)
    if name == CLASSES:
        return said[0] in ("a", "b") and said[1] in (1, 2) and len(said) == 2
    if name == NUMBER:
        return isinstance(said, float) and math.isfinite(said)
    if name == NUMBERS:
        return len(said) == 2 and all(isinstance(x, float) and math.isfinite(x) for x in said)
    if name == TAGS:
        return len(said) == 2 and set(said) <= {"B-X", "O"}
    return len(said) == 2 and {x for tags in said for x in tags} <= {"B-0-X", "B-1-X", "B-Y", "O"}


@pytest.mark.parametrize("count", [1, 2, 7, 30])
@pytest.mark.parametrize("name", SMALL)
def test_a_single_class_in_training_still_gives_an_answer(name: str, count: int) -> None:
    source, label, _ = SMALL[name]
    known = small(name, [label] * count)
    said = answers(name, known, known[:1], source)
    assert all(fits(name, each) for each in said)
    if name == BINARY:
        assert 0.5 < said[0] < 1


@pytest.mark.parametrize("count", [2, 3, 5, 12, 40])
@pytest.mark.parametrize("name", SMALL)
def test_equal_inputs_with_different_labels_still_give_an_answer(name: str, count: int) -> None:
    source, one, other = SMALL[name]
    known = small(name, [one, other] * count)
    assert all(fits(name, each) for each in answers(name, known, known[:2], source))


@pytest.mark.parametrize("name", SMALL)
def test_rows_without_a_label_teach_nothing(name: str) -> None:
    source, one, other = SMALL[name]
    known = small(name, [one, other] * 8)
    without: Rows = [{**row, "uid": f"n{row['uid']}"} for row in known]
    for at, row in enumerate(without):
        if at % 2:
            del row[f"{name}_target"]
        else:
            row[f"{name}_target"] = None
    assert answers(name, [*known, *without], known[:2], source)
    with pytest.raises(InputError, match="label"):
        answers(name, without, known[:2], source)


@pytest.mark.parametrize("name", [BINARIES, CLASSES, NUMBERS])
def test_a_label_may_be_missing_in_a_list(name: str) -> None:
    _, one, other = SMALL[name]
    labels = [one, other, [one[0], None], [None, other[1]]] * 5
    assert all(fits(name, each) for each in answers(name, small(name, labels), small(name, [one])))


def test_a_number_that_is_never_known_is_answered_all_the_same() -> None:
    said = answers(NUMBERS, small(NUMBERS, [[3.0, None]] * 12), small(NUMBERS, [[3.0, None]]))
    assert fits(NUMBERS, said[0])


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("empty", [None, "", []])
def test_empty_inputs_are_answered(name: str, empty: Any) -> None:
    source, one, other = SMALL[name]
    asked = [{"uid": "e", source: empty}]
    said = answers(name, small(name, [one, other] * 8), asked, source)
    if name in (TAGS, TAG_LISTS):
        assert said == [[]]
    else:
        assert fits(name, said[0])


@pytest.mark.parametrize("name", [BINARY, CLASS, BINARIES, CLASSES, NUMBER, NUMBERS])
def test_texts_that_are_all_empty_still_teach_how_often_a_label_is(name: str) -> None:
    _, one, other = SMALL[name]
    known = [{**row, "text": ""} for row in small(name, [one] * 24 + [other] * 6)]
    said = answers(name, known, known[:1])[0]
    assert fits(name, said)
    if name == BINARY:
        assert said > 0.6
    if name == CLASS:
        assert said == "a"


@pytest.mark.parametrize("name", SMALL)
def test_no_test_rows_give_no_answers(name: str) -> None:
    source, one, other = SMALL[name]
    assert answers(name, small(name, [one, other] * 3), [], source) == []


@pytest.mark.parametrize("name", [BINARY, CLASSES, NUMBER])
def test_the_same_rows_and_seed_give_the_same_answers(name: str) -> None:
    labels: dict[str, Callable[[Any], Any]] = {
        BINARY: lambda found: len(found) % 2 == 0,
        CLASSES: lambda found: [found[0][0], len(found)],
        NUMBER: lambda found: float(found[-1][1]),
    }
    known, asked = rows(name, 40, 1, labels[name]), rows(name, 15, 2, labels[name])
    first = json.dumps(answers(name, known, asked))
    random.seed(99)
    assert json.dumps(answers(name, known, asked)) == first


def test_the_rows_are_left_as_they_were() -> None:
    known, asked = rows(NUMBER, 20, 1, largest_cyst), rows(NUMBER, 5, 2, largest_cyst)
    before = json.dumps([known, asked])
    answers(NUMBER, known, asked)
    assert json.dumps([known, asked]) == before


def test_answers_are_plain_json() -> None:
    for name, (source, one, other) in SMALL.items():
        known = small(name, [one, other] * 8)
        said = answers(name, known, known[:2], source)
        assert json.loads(json.dumps(said, allow_nan=False)) == said


def test_warnings_of_others_come_back_as_they_were() -> None:
    before = list(warnings.filters)
    answers(BINARY, small(BINARY, [True, False] * 8), small(BINARY, [True]))
    assert list(warnings.filters) == before


@pytest.mark.parametrize(
    ("name", "label"),
    [
        (BINARY, "SECRET"),
        (BINARY, 2),
        (CLASS, ["SECRET"]),
        (BINARIES, [True]),
        (BINARIES, True),
        (CLASSES, ["SECRET"]),
        (NUMBER, "SECRET"),
        (NUMBER, True),
        (NUMBER, float("nan")),
        (NUMBERS, [1.0]),
        (NUMBERS, ["SECRET", 1.0]),
        (TAGS, ["O"]),
        (TAGS, "OO"),
        (TAGS, [None, "O"]),
        (TAG_LISTS, ["O", "O"]),
        (TAG_LISTS, [["O"]]),
    ],
)
def test_a_label_of_another_type_is_an_error_that_tells_no_text(name: str, label: Any) -> None:
    source, one, other = SMALL[name]
    with pytest.raises(InputError) as caught:
        answers(name, small(name, [one, other, label]), small(name, [one]), source)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("missing", ["uid", "text"])
def test_a_row_without_uid_or_text_is_an_error(missing: str) -> None:
    configuration = {"input_name": "text", "label_name": f"{BINARY}_target"}
    row = {"uid": "1", "text": "cyst"}
    del row[missing]
    with pytest.raises(InputError, match=missing):
        fit_predict(configuration, small(BINARY, [True, False]), [], [row])


@pytest.mark.parametrize("name", ["", "text_target", "regression_target"])
def test_an_unknown_type_is_an_error(name: str) -> None:
    with pytest.raises(InputError, match="task types"):
        fit_predict({"input_name": "text", "label_name": name}, [], [], [])


def test_without_the_extra_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtraError, match=r"sekisho\[dragon\]"):
        answers(BINARY, small(BINARY, [True, False]), small(BINARY, [True]))


def test_the_benchmarks_own_tasks_all_get_answers_that_fit() -> None:
    place = os.environ.get("SEKISHO_DRAGON_DATA")
    if not place:
        pytest.skip("SEKISHO_DRAGON_DATA is not set")
    for folder in sorted((Path(place) / "input").iterdir()):
        configuration, training, validation, test = (
            json.loads((folder / f"nlp-{name}.json").read_text(encoding="utf-8"))
            for name in (
                "task-configuration",
                "training-dataset",
                "validation-dataset",
                "test-dataset",
            )
        )
        label = configuration["label_name"]
        # A part is enough to see that the types fit; how good they are is for the benchmark.
        known, asked = [*training[:40], *validation[:10]], test[:10]
        said = fit_predict(configuration, known, [], asked)
        assert [row["uid"] for row in said] == [row["uid"] for row in asked]
        for row, source in zip(said, asked, strict=True):
            answer, example = row[label.removesuffix("_target")], known[0][label]
            if "recognition" in label:
                assert len(answer) == len(source["text_parts"])
            elif isinstance(example, list):
                assert len(answer) == len(example)
            else:
                assert isinstance(answer, float if "binary" in label else type(example))

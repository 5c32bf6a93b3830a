"""What the scorer rejects or misreads, one by one, and what leaves us instead."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from dragon_jobs import TASKS, labelled
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import OutputError
from sekisho.extraction.dragon.cases import Case
from sekisho.extraction.dragon.configuration import Configuration, TaskType
from sekisho.extraction.dragon.guard import NONE, Fault, a_word_for_the_column, prior, settle
from sekisho.extraction.dragon.known import Known, learn
from sekisho.extraction.dragon.predictions import FILENAME, answers_by_case, check, write

KINDS = tuple(TASKS)


def configured(kind: str) -> Configuration:
    return Configuration(
        task_name=TASKS[kind],
        input_name="text_parts" if kind.endswith("recognition") else "text",
        label_name=f"{kind}_target",
    )


def cases(kind: str, rows: Sequence[dict[str, Any]]) -> list[Case]:
    return [
        Case(
            row["uid"],
            row.get("text", ""),
            tuple(row.get("text_parts", ())),
            row[f"{kind}_target"],
            row,
        )
        for row in rows
    ]


def knowledge(kind: str) -> Known:
    return learn(TaskType(kind), cases(kind, labelled(kind, 12)), where="training")


def scored(folder: Path, kind: str, rows: Any, truth: Any = None) -> float | None:
    """What dragon-eval makes of ``rows``; None when it rejects them."""
    pytest.importorskip("dragon_eval")
    from sekisho.extraction.dragon.scoring import score

    (folder / "truth").mkdir(parents=True, exist_ok=True)
    known = labelled(kind, 6) if truth is None else truth
    (folder / "truth" / f"{TASKS[kind]}.json").write_text(json.dumps(known))
    into = folder / "out" / f"{TASKS[kind]}-fold0"
    into.mkdir(parents=True, exist_ok=True)
    (into / FILENAME).write_text(json.dumps(rows))
    return score(folder / "out", folder / "truth").folds[0].value


def guarded(folder: Path, kind: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``rows`` as they leave after the guard."""
    known, asked = knowledge(kind), cases(kind, labelled(kind, 6))
    answers, _ = answers_by_case(rows, configured(kind), asked)
    values = [settle(known, case, each).value for case, each in zip(asked, answers, strict=True)]
    path = folder / "guarded" / FILENAME
    write(path, configured(kind), known, asked, values)
    written: list[dict[str, Any]] = json.loads(path.read_text(encoding="ascii"))
    return written


def right(kind: str) -> list[dict[str, Any]]:
    """Rows that are all right: the truth, with a number where it has none."""
    known = knowledge(kind)
    rows = []
    for row in labelled(kind, 6):
        value = row[f"{kind}_target"]
        if kind.endswith("regression"):
            value = [0.0 if each is None else each for each in value] if "multi" in kind else value
        if kind.endswith("binary_classification"):
            value = [float(each) for each in value] if "multi" in kind else float(value)
        rows.append({"uid": row["uid"], kind: value})
    assert check(rows, configured(kind), known, cases(kind, labelled(kind, 6))) is None
    return rows


BINARY, MULTI_CLASS, BINARIES, CLASSES, NUMBER, NUMBERS, TAGS, TAG_LISTS = KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_the_truth_itself_passes_and_scores_one(kind: str, tmp_path: Path) -> None:
    assert guarded(tmp_path, kind, right(kind)) == right(kind)
    assert scored(tmp_path, kind, right(kind)) == pytest.approx(1.0)


def changed(kind: str, at: int, value: Any) -> list[dict[str, Any]]:
    rows = right(kind)
    rows[at] = {**rows[at], kind: value}
    return rows


def test_a_missing_case_is_rejected_and_gets_the_prior(tmp_path: Path) -> None:
    for kind in KINDS:
        rows = right(kind)[1:]
        assert scored(tmp_path / kind, kind, rows) is None
        assert scored(tmp_path / kind, kind, guarded(tmp_path / kind, kind, rows)) is not None


def test_a_case_that_nobody_asked_for_is_rejected_and_left_out(tmp_path: Path) -> None:
    rows = [*right(BINARY), {"uid": "somebody", BINARY: 0.5}]
    assert scored(tmp_path, BINARY, rows) is None
    assert guarded(tmp_path, BINARY, rows) == right(BINARY)


def test_a_case_that_is_there_twice_counts_twice_and_so_is_replaced(tmp_path: Path) -> None:
    rows = changed(NUMBER, 0, 900.0)
    rows.append({"uid": rows[0]["uid"], NUMBER: right(NUMBER)[0][NUMBER]})
    # The scorer takes both: seven numbers are compared although there are six cases.
    assert scored(tmp_path, NUMBER, rows) == pytest.approx((6 + 1 - 888 / 916) / 7)
    kept = guarded(tmp_path, NUMBER, rows)
    assert len(kept) == 6
    assert kept[0][NUMBER] == knowledge(NUMBER).positions[0].prior


@pytest.mark.parametrize(
    ("kind", "bad", "fault"),
    [
        (BINARY, None, Fault.MISSING),
        (BINARY, "yes", Fault.TYPE),
        (BINARIES, [0.5, None], Fault.MISSING),
        (BINARIES, [0.5], Fault.LENGTH),
        (BINARIES, None, Fault.TYPE),
        (MULTI_CLASS, None, Fault.MISSING),
        (MULTI_CLASS, "", Fault.TYPE),
        (MULTI_CLASS, "none of these", Fault.CLASS),
        (CLASSES, ["left", None], Fault.MISSING),
        (CLASSES, ["left", 0.5], Fault.CLASS),
        (CLASSES, ["left"], Fault.LENGTH),
        (NUMBER, "17 mm", Fault.TYPE),
        (NUMBER, [1.0, 2.0], Fault.TYPE),
        (NUMBERS, [1.0], Fault.LENGTH),
        (TAGS, ["O"], Fault.LENGTH),
        (TAGS, None, Fault.TYPE),
        (TAG_LISTS, [["O"]], Fault.LENGTH),
    ],
)
def test_a_value_that_makes_the_scorer_reject_the_task_is_replaced(
    kind: str, bad: Any, fault: Fault, tmp_path: Path
) -> None:
    rows = changed(kind, 1, bad)
    assert scored(tmp_path, kind, rows) is None
    case = cases(kind, labelled(kind, 6))[1]
    settled = settle(knowledge(kind), case, bad)
    assert fault in settled.faults
    assert scored(tmp_path, kind, guarded(tmp_path, kind, rows)) is not None


def test_a_missing_number_counts_as_zero_and_so_becomes_the_median(tmp_path: Path) -> None:
    rows = changed(NUMBER, 3, None)
    truth = labelled(NUMBER, 6)[3][f"{NUMBER}_target"]
    assert scored(tmp_path, NUMBER, rows) == pytest.approx((5 + 1 - truth / (truth + 4)) / 6)
    assert guarded(tmp_path, NUMBER, rows)[3][NUMBER] == knowledge(NUMBER).positions[0].prior


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 10**400])
@pytest.mark.parametrize("kind", [BINARY, NUMBER])
def test_what_is_no_finite_number_is_never_written(kind: str, bad: float, tmp_path: Path) -> None:
    naive = scored(tmp_path, kind, changed(kind, 3, bad))
    # A number that is none is silently 0 to the scorer.
    assert naive is None or (kind == NUMBER and math.isnan(bad) and naive < 1)
    settled = settle(knowledge(kind), cases(kind, labelled(kind, 6))[1], bad)
    assert settled.faults == (Fault.RANGE,)
    assert math.isfinite(settled.value)


@pytest.mark.parametrize("bad", [-0.01, 1.5, 17])
def test_what_is_no_probability_is_replaced_although_the_scorer_would_rank_it(bad: float) -> None:
    settled = settle(knowledge(BINARY), cases(BINARY, labelled(BINARY, 6))[0], bad)
    assert settled.faults == (Fault.RANGE,)
    assert settled.value == pytest.approx(0.5)


def test_rounding_beside_a_probability_is_no_fault() -> None:
    case = cases(BINARY, labelled(BINARY, 6))[0]
    assert settle(knowledge(BINARY), case, 1 + 1e-12).value == 1.0
    assert settle(knowledge(BINARY), case, -1e-12).value == 0.0


def test_lists_of_other_lengths_shift_the_cases_behind_them_unless_they_are_replaced(
    tmp_path: Path,
) -> None:
    rows = right(NUMBERS)
    # As many values in all as there should be, and every comparison between them is off by one.
    rows[0] = {**rows[0], NUMBERS: [*rows[0][NUMBERS], 0.0]}
    rows[5] = {**rows[5], NUMBERS: rows[5][NUMBERS][:1]}
    naive = scored(tmp_path, NUMBERS, rows)
    assert naive is not None
    assert naive < 0.8
    ours = scored(tmp_path, NUMBERS, guarded(tmp_path, NUMBERS, rows))
    assert ours is not None
    assert ours > naive


def test_a_class_of_another_type_is_given_the_type_of_the_labels(tmp_path: Path) -> None:
    # The second label is a digit as text in the labels; a number makes the scorer end.
    rows = [{**row, CLASSES: [row[CLASSES][0], int(row[CLASSES][1])]} for row in right(CLASSES)]
    assert scored(tmp_path, CLASSES, rows) is None
    assert guarded(tmp_path, CLASSES, rows) == right(CLASSES)


def test_a_class_that_is_no_label_is_replaced_and_never_passed_on(tmp_path: Path) -> None:
    naive = scored(tmp_path, CLASSES, changed(CLASSES, 0, ["middle", "0"]))
    assert naive is not None
    assert naive < 1
    kept = guarded(tmp_path, CLASSES, changed(CLASSES, 0, ["middle", "0"]))
    assert kept[0][CLASSES] == [knowledge(CLASSES).positions[0].prior, "0"]


def test_a_column_that_the_scorer_would_read_as_numbers_gets_a_word(tmp_path: Path) -> None:
    truth = [
        {"uid": str(n), "text": "", f"{MULTI_CLASS}_target": value}
        for n, value in enumerate(["0", "1", "unknown", "0", "1", "0"])
    ]
    rows = [{"uid": str(n), MULTI_CLASS: value} for n, value in enumerate("011010")]
    # Every class is one of the labels, and still the whole task is rejected.
    assert scored(tmp_path, MULTI_CLASS, rows, truth) is None
    asked = cases(MULTI_CLASS, truth)
    known = learn(TaskType.MULTI_CLASS, asked, where="training")
    problem = check(rows, configured(MULTI_CLASS), known, asked)
    assert problem is not None
    assert "numbers" in problem
    values = [row[MULTI_CLASS] for row in rows]
    assert a_word_for_the_column(known, values) == (5, "unknown")
    assert a_word_for_the_column(known, values, [2, 3]) == (2, "unknown")
    rows[5][MULTI_CLASS] = "unknown"
    assert scored(tmp_path, MULTI_CLASS, rows, truth) is not None
    assert check(rows, configured(MULTI_CLASS), known, asked) is None


def test_no_word_is_put_where_the_truth_will_hardly_have_one() -> None:
    labels = ["0", "1"] * 500 + ["unknown"]
    rows = [{"uid": str(n), f"{MULTI_CLASS}_target": each} for n, each in enumerate(labels)]
    known = learn(TaskType.MULTI_CLASS, cases(MULTI_CLASS, rows), where="training")
    assert a_word_for_the_column(known, ["0", "1"] * 50) is None
    assert a_word_for_the_column(known, ["0", "1"] * 500) is not None


def test_columns_of_words_alone_or_numbers_alone_are_left() -> None:
    for labels in (["a", "b"], ["0", "1"]):
        rows = [{"uid": each, f"{MULTI_CLASS}_target": each} for each in labels]
        known = learn(TaskType.MULTI_CLASS, cases(MULTI_CLASS, rows), where="training")
        assert a_word_for_the_column(known, labels) is None


def test_an_entity_of_a_further_type_lowers_the_mean_over_types_and_is_left_out(
    tmp_path: Path,
) -> None:
    tags = right(TAGS)[2][TAGS]
    strange = ["B-DISEASE" if at == 0 else tag for at, tag in enumerate(tags)]
    assert scored(tmp_path, TAGS, changed(TAGS, 2, strange)) == pytest.approx(0.5)
    kept = guarded(tmp_path, TAGS, changed(TAGS, 2, strange))
    assert kept == right(TAGS)
    assert scored(tmp_path, TAGS, kept) == pytest.approx(1.0)


def test_a_tag_that_is_none_is_left_out_and_told() -> None:
    case = cases(TAGS, labelled(TAGS, 6))[1]
    size = len(case.parts)
    settled = settle(knowledge(TAGS), case, [None] + ["FINDING"] + ["O"] * (size - 2))
    assert settled.value == ["O"] * size
    assert settled.faults == (Fault.TAG,)


def test_a_tag_that_goes_on_from_nothing_begins_instead() -> None:
    case = cases(TAGS, labelled(TAGS, 6))[1]
    size = len(case.parts)
    settled = settle(knowledge(TAGS), case, ["O", "I-FINDING", "I-FINDING"] + ["O"] * (size - 3))
    assert settled.value[:3] == ["O", "B-FINDING", "I-FINDING"]
    assert settled.faults == ()


def test_of_labels_that_hold_each_other_the_shorter_stands_first(tmp_path: Path) -> None:
    # The scorer looks for a label as a part of a tag, and takes the first tag that has it.
    truth = labelled(TAG_LISTS, 6)
    turned = [
        {**row, TAG_LISTS: [tags[::-1] for tags in row[TAG_LISTS]]} for row in right(TAG_LISTS)
    ]
    naive = scored(tmp_path, TAG_LISTS, turned, truth)
    assert naive is not None
    assert naive < 0.8
    assert guarded(tmp_path, TAG_LISTS, turned) == right(TAG_LISTS)


def test_an_empty_list_of_tags_becomes_the_tag_outside() -> None:
    case = cases(TAG_LISTS, labelled(TAG_LISTS, 6))[0]
    settled = settle(knowledge(TAG_LISTS), case, [[] for _ in case.parts])
    assert settled.value == [["O"] for _ in case.parts]


def test_a_row_with_another_key_beside_its_own_is_not_written() -> None:
    rows = [{**row, f"{BINARY}_target": True} for row in right(BINARY)]
    problem = check(rows, configured(BINARY), knowledge(BINARY), cases(BINARY, labelled(BINARY, 6)))
    assert problem is not None
    assert "keys" in problem


def test_a_row_with_the_key_of_the_truth_makes_the_scorer_end(tmp_path: Path) -> None:
    rows = [{**row, f"{BINARY}_target": True} for row in right(BINARY)]
    assert scored(tmp_path, BINARY, rows) is None
    assert guarded(tmp_path, BINARY, rows) == right(BINARY)


def test_another_name_of_the_file_is_not_found(tmp_path: Path) -> None:
    pytest.importorskip("dragon_eval")
    from sekisho.errors import UsageError
    from sekisho.extraction.dragon.scoring import score

    assert scored(tmp_path, BINARY, right(BINARY)) == pytest.approx(1.0)
    file = tmp_path / "out" / f"{TASKS[BINARY]}-fold0" / FILENAME
    file.rename(file.with_name("predictions.json"))
    with pytest.raises(UsageError):
        score(tmp_path / "out", tmp_path / "truth")


def test_numbers_of_numpy_are_numbers(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    rows = [{"uid": row["uid"], NUMBER: numpy.float32(row[NUMBER])} for row in right(NUMBER)]
    assert guarded(tmp_path, NUMBER, rows) == right(NUMBER)
    tagged = [{"uid": row["uid"], TAGS: numpy.array(row[TAGS])} for row in right(TAGS)]
    assert guarded(tmp_path, TAGS, tagged) == right(TAGS)


def test_what_would_be_rejected_is_not_written_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / FILENAME
    path.write_text("old")
    known, asked = knowledge(BINARY), cases(BINARY, labelled(BINARY, 6))
    with pytest.raises(OutputError) as caught:
        write(path, configured(BINARY), known, asked, [2.0] * 6)
    assert "case0" not in str(caught.value)
    assert path.read_text() == "old"


def test_the_prior_is_what_the_labelled_cases_say() -> None:
    case = cases(TAGS, labelled(TAGS, 1))[0]
    assert prior(knowledge(BINARY), case) == pytest.approx(0.5)
    assert prior(knowledge(MULTI_CLASS), case) == "0"
    assert prior(knowledge(NUMBER), case) == pytest.approx(5.5)
    assert prior(knowledge(CLASSES), case) == ["left", "0"]
    assert prior(knowledge(TAGS), case) == ["O"] * len(case.parts)
    assert prior(knowledge(TAG_LISTS), case) == [["O"]] * len(case.parts)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["O", "B-FINDING", "I-FINDING", "B-FINDING-10", "left", "0", NONE]),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(kind=st.sampled_from(KINDS), answers=st.lists(anything, min_size=6, max_size=6))
def test_whatever_is_answered_the_check_of_the_file_finds_nothing(
    kind: str, answers: list[Any]
) -> None:
    known, asked = knowledge(kind), cases(kind, labelled(kind, 6))
    rows = [
        {"uid": case.uid, kind: settle(known, case, answer).value}
        for case, answer in zip(asked, answers, strict=True)
    ]
    written = json.loads(json.dumps(rows, allow_nan=False))
    assert check(written, configured(kind), known, asked) is None


@settings(deadline=None, max_examples=100)
@given(kind=st.sampled_from(KINDS), answers=st.lists(anything, min_size=6, max_size=6))
def test_what_is_settled_once_stays_as_it_is(kind: str, answers: list[Any]) -> None:
    known, asked = knowledge(kind), cases(kind, labelled(kind, 6))
    for case, answer in zip(asked, answers, strict=True):
        once = settle(known, case, answer).value
        again = settle(known, case, once)
        assert again.value == once
        assert again.faults == ()

"""Gold and predictions of an extraction: read strictly, judged wholly, measured rightly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import InputError, UsageError
from sekisho.evaluation import extraction as extraction_module
from sekisho.evaluation.bootstrap import Estimate
from sekisho.evaluation.class_measures import FAILED, INVALID, UNMENTIONED
from sekisho.evaluation.extraction import ExtractionReport, evaluate_extraction
from sekisho.evaluation.extraction_json import as_json, confusion_csv, mistake_rows
from sekisho.evaluation.extraction_rows import read_extractions, read_gold_fields
from sekisho.evaluation.judging import JudgedField
from sekisho.evaluation.kinds import OTHER, Kind, inferred
from sekisho.evaluation.numeric import Tolerance
from sekisho.evaluation.weighting import Measure, quotient

Row = Mapping[str, Any]
SECRET = "架空花子"


def write(path: Path, rows: Iterable[object]) -> Path:
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def found(value: Any, **more: Any) -> dict[str, Any]:
    return {"status": "found", "value": value, **more}


NOTHING = {"status": "not_mentioned"}
BROKEN = {"status": "invalid", "raw": "?", "problem": "it broke a rule"}


def row(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "status": "extracted", "fields": fields, "chunks": 1, "attempts": 1}


def truth(name: str, evidence: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {"id": name, "fields": fields, **({"evidence": evidence} if evidence else {})}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def measured(
    folder: Path,
    gold: Iterable[Row],
    predicted: Iterable[Row],
    kinds: Mapping[str, Kind] | None = None,
    **options: Any,
) -> ExtractionReport:
    """The report of rows that went through files."""
    rows = read_gold_fields(write(folder / "gold.jsonl", gold))
    names = dict.fromkeys(name for one in rows for name in one.fields)
    guessed = {name: inferred(one.fields.get(name) for one in rows) for name in names}
    ids = [one.id for one in rows]
    against = options.pop("against", None)
    if against is not None:
        options["against"] = read_extractions(write(folder / "p2.jsonl", against), ids)
    return evaluate_extraction(
        rows,
        read_extractions(write(folder / "p.jsonl", predicted), ids),
        {**guessed, **(kinds or {})},
        **{"resamples": 40, **options},
    )


def value(report: ExtractionReport, field: str, name: str) -> float | None:
    return report.fields[field].measures[name].estimate.value


# Reading


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "holds no gold document"),
        ([{"id": "1", "fields": {}}], "gold judges no field"),
        ([{"id": "1"}], '"fields" must be an object'),
        ([{"fields": {}}], '"id" must be'),
        ([{"id": True, "fields": {}}], '"id" must be'),
        ([truth("1", a=1), truth("1", a=1)], "occurs in an earlier row"),
        (['{"id": "1", "fields": {"a": 1, "a": 2}}'], "names a key twice"),
        (['{"id": "1", "fields": {"a": NaN}}'], "is not one"),
        (['{"id": "1", "fields": {"a": 1e999}}'], "too great"),
        ([f'{{"id": "1", "fields": {{"a": {"9" * 50}}}}}'], "too long"),
        (["{" + SECRET], "not a row of JSON"),
        (["[1]"], "not a JSON object"),
        (["[" * 100_000], "not a row of JSON"),
        ([truth("1", {"b": []}, a=1)], 'names a field that "fields" lacks'),
        ([truth("1", {"a": [{"start": 3, "end": 3}]}, a=1)], "0 <= start < end"),
        ([truth("1", {"a": {"start": 3, "end": 4}}, a=1)], "must be a list"),
    ],
)
def test_gold_that_is_not_understood_is_an_error(
    folder: Path, rows: list[object], said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read_gold_fields(write(folder / "gold.jsonl", rows))
    assert SECRET not in str(caught.value)
    assert "gold.jsonl" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"id": "1", "status": "done", "fields": {}}, "extracted, failed or held"),
        ({"id": "1", "status": "extracted"}, '"fields" must be an object'),
        (row("1", a=3), "must be an object"),
        (row("1", a={"status": "ok"}), "unknown status"),
        (row("1", a={"value": 3}), "unknown status"),
        (row("1", a={"status": "found"}), "has no value"),
        (row("1", a={"status": "failed", "value": 1}), "not found has a value"),
        (row("1", a=found(1, probability=1.5)), "outside 0..1"),
        (row("1", a=found(1, probability=True)), "must be a number"),
        (row("1", a=found(1, distribution=[0.5])), "must be an object"),
        (row("1", a=found(1, distribution={"1": 0.8, "2": 0.4})), "sum to more than 1"),
        (row("1", a=found(1, evidence=[{"start": 1}])), "0 <= start < end"),
        (row("1", a=found(1, evidence=3)), "must be a list"),
        ({**row("1", a=NOTHING), "origin": "oracle"}, "model, scripted or replayed"),
    ],
)
def test_a_prediction_that_is_not_understood_is_an_error(
    folder: Path, given: Row, said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read_extractions(write(folder / "p.jsonl", [given]), ["1"])
    assert "p.jsonl, row 1" in str(caught.value)


def test_an_id_that_occurs_twice_is_an_error_even_when_it_is_not_judged(folder: Path) -> None:
    rows = [row("1", a=NOTHING), row("9", a=NOTHING), row("9", a=NOTHING)]
    with pytest.raises(InputError, match="row 3: the id occurs in an earlier row"):
        read_extractions(write(folder / "p.jsonl", rows), ["1"])


def test_predictions_of_other_documents_alone_are_an_error_and_not_nought(folder: Path) -> None:
    with pytest.raises(InputError, match="no prediction belongs to a gold document"):
        measured(folder, [truth("1", a=1)], [row("2", a=found(1))])


def test_files_that_are_not_there_or_not_utf_8_are_named(folder: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl"):
        read_gold_fields(folder / "none.jsonl")
    (folder / "x.jsonl").write_bytes('{"id": "1", "fields": {"a": "あ"}}'.encode("cp932"))
    with pytest.raises(InputError, match="row 1: not UTF-8"):
        read_gold_fields(folder / "x.jsonl")


def test_a_mark_of_order_blank_lines_and_further_keys_do_no_harm(folder: Path) -> None:
    text = '\ufeff{"id": 7, "text": "a\u2028b", "fields": {"a": null}}\n\n'
    (folder / "gold.jsonl").write_text(text, encoding="utf-8")
    (only,) = read_gold_fields(folder / "gold.jsonl")
    assert (only.id, dict(only.fields)) == ("7", {"a": None})


def test_the_folder_of_a_run_is_a_prediction(folder: Path) -> None:
    write(folder / "extractions.jsonl", [row("1", a=found(3))])
    assert set(read_extractions(folder, ["1"]).rows) == {"1"}


def test_gold_that_does_not_fit_the_task_is_an_error_that_shows_no_value(folder: Path) -> None:
    kinds = {"a": Kind("enum", values=("x", "y"))}
    with pytest.raises(
        InputError, match="row 1: the gold value of the field 'a' is no enum"
    ) as one:
        measured(folder, [truth("1", a=SECRET)], [row("1", a=NOTHING)], kinds)
    assert SECRET not in str(one.value)
    rows = read_gold_fields(write(folder / "gold.jsonl", [truth("1", b=1)]))
    with pytest.raises(InputError, match="'b', which the task lacks"):
        evaluate_extraction(
            rows, read_extractions(write(folder / "p.jsonl", [row("1")]), ["1"]), kinds
        )


# Judging: nothing is dropped


def test_whatever_is_missing_counts_as_failed_and_is_listed(folder: Path) -> None:
    gold = [truth(name, a=value) for name, value in zip("12345", (1, None, 1, 1, 1), strict=True)]
    predicted = [
        row("1", a=found(1), z=found("extra")),
        {"id": "2", "status": "failed", "reason": "model_timeout", "fields": {}},
        {"id": "3", "status": "held", "reason": "x", "fields": {"a": found(1)}},
        row("4"),
        row("77", a=found(1)),
    ]
    report = measured(folder, gold, predicted)
    assert report.missing == ("5",)
    assert report.lost == {"failed": 1, "held": 1}
    assert report.unjudged == ("77",)
    assert report.unjudged_fields == ("z",)
    assert report.fields["a"].statuses == {
        "found": 1,
        "not_mentioned": 0,
        "invalid": 0,
        "failed": 4,
    }
    # The failed one is wrong although gold says that nothing is mentioned.
    assert value(report, "a", "accuracy") == 1 / 5
    assert value(report, "a", "specificity") == 0
    assert value(report, "a", "recall") == 1 / 4


def test_a_field_that_gold_leaves_out_was_not_judged(folder: Path) -> None:
    gold = [truth("1", a=1, b=2), truth("2", a=1)]
    report = measured(folder, gold, [row("1", a=found(1), b=found(2)), row("2", a=found(1))])
    assert (report.fields["a"].n, report.fields["b"].n, report.judged) == (2, 1, 3)
    assert value(report, "b", "accuracy") == 1


def test_found_wrong_is_a_false_positive_and_a_false_negative(folder: Path) -> None:
    gold = [
        truth(name, a=value) for name, value in zip("123456", (1, 1, 1, 1, None, None), strict=True)
    ]
    predicted = [
        row("1", a=found(1)),  # true positive
        row("2", a=found(2)),  # wrong: false positive and false negative
        row("3", a=NOTHING),  # missed
        row("4", a=BROKEN),  # invalid on a gold value: missed
        row("5", a=found(1)),  # made up
        row("6", a=NOTHING),  # rightly silent
    ]
    report = measured(folder, gold, predicted)
    figures = {name: value(report, "a", name) for name in report.fields["a"].measures}
    assert figures["accuracy"] == 2 / 6
    assert figures["answered"] == 5 / 6
    assert figures["precision"] == 1 / 3
    assert figures["recall"] == 1 / 4
    assert figures["f1"] == pytest.approx(2 / 7)
    assert figures["specificity"] == 1 / 2
    kinds = [one["kind"] for one in mistake_rows(report.mistakes)]
    assert kinds == ["wrong", "missed", "invalid", "made_up"]


def test_an_empty_list_says_that_nothing_is_there(folder: Path) -> None:
    gold = [truth("1", a=[]), truth("2", a=None), truth("3", a=["x"]), truth("4", a=[])]
    predicted = [
        row("1", a=NOTHING),
        row("2", a=found([])),
        row("3", a=found([])),
        row("4", a=BROKEN),
    ]
    report = measured(folder, gold, predicted)
    assert value(report, "a", "accuracy") == 2 / 4
    assert value(report, "a", "precision") is None
    assert report.fields["a"].statuses["not_mentioned"] == 3


def test_what_gave_the_answers_is_told(folder: Path) -> None:
    predicted = [row("1", a=found(1)), {**row("2", a=found(1)), "origin": "scripted"}]
    report = measured(folder, [truth("1", a=1), truth("2", a=1)], predicted)
    assert report.origins == {"model": 1, "scripted": 1}


# Measures by kind

STAGE = Kind("enum", values=("I", "II", "III"), ordered=True)


def test_the_confusion_matrix_has_a_place_for_every_end(folder: Path) -> None:
    gold = [
        truth(n, s=v) for n, v in zip("123456", ("I", "I", "II", None, "III", "III"), strict=True)
    ]
    answers = (found("I"), found("IV"), BROKEN, NOTHING, found("II"), {"status": "failed"})
    predicted = [row(n, s=answer) for n, answer in zip("123456", answers, strict=True)]
    confusion = measured(folder, gold, predicted, {"s": STAGE}).fields["s"].confusion
    assert confusion is not None
    assert confusion.rows == ("I", "II", "III", UNMENTIONED)
    assert confusion.columns == (*confusion.rows, OTHER, INVALID, FAILED)
    assert confusion.counts == (
        (1, 0, 0, 0, 1, 0, 0),
        (0, 0, 0, 0, 0, 1, 0),
        (0, 1, 0, 0, 0, 0, 1),
        (0, 0, 0, 1, 0, 0, 0),
    )
    table = confusion_csv(confusion)
    assert table.splitlines()[1] == "I,1,0,0,0,1,0,0"


def test_weighted_kappas_are_of_ordered_enums_alone(folder: Path) -> None:
    gold = [truth(n, s=v, t=v) for n, v in zip("123", ("I", "II", "III"), strict=True)]
    predicted = [
        row(n, s=found(v), t=found(v)) for n, v in zip("123", ("I", "III", "III"), strict=True)
    ]
    kinds = {"s": STAGE, "t": Kind("enum", values=("I", "II", "III"))}
    report = measured(folder, gold, predicted, kinds)
    assert value(report, "s", "kappa") == value(report, "t", "kappa") == pytest.approx(0.5)
    assert value(report, "s", "kappa_quadratic") == pytest.approx(1 - 0.25 * 3 / 3.75)
    assert "kappa_linear" not in report.fields["t"].measures


def test_a_measure_without_a_basis_has_a_reason_and_no_number(folder: Path) -> None:
    gold, predicted = [truth("1", s="I"), truth("2", s="I")], [row(n, s=found("I")) for n in "12"]
    report = measured(folder, gold, predicted, {"s": STAGE})
    kappa = report.fields["s"].measures["kappa"]
    assert kappa.estimate == Estimate(None, None, None, 2)
    assert kappa.reason == "only one class occurs"
    figure = as_json(report)["fields"]["s"]["measures"]["kappa"]
    assert (figure["value"], figure["reason"]) == (None, "only one class occurs")
    assert value(report, "s", "specificity") is None


def test_numbers_are_measured_by_how_far_they_are_off(folder: Path) -> None:
    gold = [truth(n, a=v) for n, v in zip("12345", (10.0, 20.0, 40.0, 8.0, None), strict=True)]
    answers = (found(10.0), found(21.0), found(50.0), BROKEN, found(3.0))
    predicted = [row(n, a=answer) for n, answer in zip("12345", answers, strict=True)]
    options = {"epsilons": {"a": 4.0}, "tolerances": {"a": Tolerance(1, relative=False)}}
    report = measured(folder, gold, predicted, **options)
    assert value(report, "a", "exact") == 1 / 4
    assert value(report, "a", "within_tolerance") == 2 / 4
    errors = report.fields["a"].measures["mean_absolute_error"].estimate
    assert (errors.value, errors.n) == (pytest.approx(11 / 3), 3)
    assert value(report, "a", "median_absolute_error") == 1
    # The invalid one is a term of 1.
    expected = 1 - (0 + 1 / 45 + 10 / 94 + 1) / 4
    assert value(report, "a", "r_smape") == pytest.approx(expected)


def test_options_of_a_field_that_is_no_number_are_refused(folder: Path) -> None:
    gold, predicted = [truth("1", a="x")], [row("1", a=found("x"))]
    with pytest.raises(UsageError, match="'a' is no number"):
        measured(folder, gold, predicted, epsilons={"a": 4.0})
    with pytest.raises(UsageError, match="not negative"):
        measured(folder, [truth("1", a=1)], [row("1", a=found(1))], epsilons={"a": -1.0})


def test_dates_agree_as_far_as_both_go(folder: Path) -> None:
    gold = [
        truth(n, d=v)
        for n, v in zip("1234", ("2024-05-03", "2024", "2024-05", "2024-06-01"), strict=True)
    ]
    answers = (found("2024-05"), found("2024-11-02"), found("2023-05"), found("2024-06-01"))
    report = measured(folder, gold, [row(n, d=a) for n, a in zip("1234", answers, strict=True)])
    assert value(report, "d", "exact") == 1 / 4
    assert value(report, "d", "same_to_common_precision") == 3 / 4


def test_strings_may_differ_in_width_alone(folder: Path) -> None:
    gold = [truth(n, s=v) for n, v in zip("123", ("右肺 S6", "髙橋", "左"), strict=True)]
    answers = (found("右肺　Ｓ６"), found("高橋"), NOTHING)
    report = measured(folder, gold, [row(n, s=a) for n, a in zip("123", answers, strict=True)])
    assert value(report, "s", "exact") == 0
    assert value(report, "s", "folded_equal") == pytest.approx(2 / 3)


def test_items_of_a_list_are_paired_in_the_best_way(folder: Path) -> None:
    gold = [truth("1", a=[{"site": "A", "mm": 5}, {"site": "B", "mm": 7}, {"site": "C", "mm": 9}])]
    answer = found([{"site": "C", "mm": 9}, {"site": "B", "mm": 8}])
    report = measured(folder, gold, [row("1", a=answer)])
    assert value(report, "a", "accuracy") == 0
    assert value(report, "a", "item_precision") == 1 / 2
    assert value(report, "a", "item_recall") == 1 / 3
    assert value(report, "a", "item_f1") == 2 / 5
    assert value(report, "a", "partial_f1") == pytest.approx(2 * 1.5 / 5)
    subfields = report.fields["a"].parts["subfields"]
    assert subfields["site"]["accuracy"].estimate.value == 1
    assert subfields["mm"]["accuracy"].estimate.value == 1 / 2


def test_an_object_is_measured_by_its_subfields(folder: Path) -> None:
    gold = [truth("1", a={"x": 1, "y": "p"}), truth("2", a={"x": 2, "y": "q"}), truth("3", a=None)]
    predicted = [
        row("1", a=found({"x": 1, "y": "p"})),
        row("2", a=found({"x": 2, "y": None})),
        row("3", a=found({"x": 0, "y": None})),
    ]
    report = measured(folder, gold, predicted)
    assert value(report, "a", "item_precision") == 1 / 3
    assert value(report, "a", "partial_recall") == 1.5 / 2
    assert report.fields["a"].parts["subfields"]["y"]["accuracy"].estimate == Estimate(
        0.5, pytest.approx(0, abs=1), pytest.approx(1, abs=1), 2
    )


def span(start: int, end: int, label: str) -> dict[str, Any]:
    return {"start": start, "end": end, "label": label}


def test_spans_are_right_by_both_ends_and_label_and_partly_by_character(folder: Path) -> None:
    gold = [truth("1", s=[span(0, 4, "a"), span(6, 8, "b")]), truth("2", s=[span(0, 2, "a")])]
    predicted = [
        row("1", s=found([span(0, 4, "a"), span(6, 9, "b"), span(10, 11, "z")])),
        row("2", s=NOTHING),
    ]
    report = measured(folder, gold, predicted)
    assert value(report, "s", "span_precision") == 1 / 3
    assert value(report, "s", "span_recall") == 1 / 3
    labels = report.fields["s"].parts["labels"]
    # A label that gold never has is not shown by its own words.
    assert {name: one["f1"].estimate.value for name, one in labels.items()} == {
        "a": pytest.approx(2 / 3),
        "b": 0.0,
        OTHER: 0.0,
    }
    assert value(report, "s", "span_f1_macro") == pytest.approx(2 / 9)
    assert value(report, "s", "span_f1_weighted") == pytest.approx(4 / 9)
    assert value(report, "s", "character_precision") == 6 / 8
    assert value(report, "s", "character_recall") == 6 / 8


def test_spans_may_be_told_by_their_evidence_alone(folder: Path) -> None:
    answer = {"status": "found", "evidence": [{**span(0, 4, "a"), "quote": "腫瘤あり"}]}
    report = measured(folder, [truth("1", s=[span(0, 4, "a")])], [row("1", s=answer)])
    assert value(report, "s", "accuracy") == 1


def test_a_value_of_another_type_is_wrong_and_stops_nothing(folder: Path) -> None:
    gold = [truth("1", s=[span(0, 1, "a")], n=1, d="2024-05", w="x", li=["x"])]
    given = {"s": found("no"), "n": found("1"), "d": found(5), "w": found(5), "li": found(5)}
    report = measured(folder, gold, [row("1", **given)])
    assert report.overall["accuracy"].estimate.value == 0
    assert report.overall["precision"].estimate.value == 0


def test_evidence_is_held_against_that_of_gold_where_gold_has_some(folder: Path) -> None:
    place = {"a": [{"start": 3, "end": 6}]}
    gold = [truth(n, place, a=1) for n in "1234"] + [truth("5", a=1)]
    predicted = [
        row("1", a=found(1, evidence=[{"start": 5, "end": 9, "quote": "x"}])),
        row("2", a=found(1, evidence=[{"start": 6, "end": 9, "quote": "x"}])),
        row("3", a=found(1)),
        {**row("4", a=found(1, evidence=[{"start": 3, "end": 6}])), "translation": "other text"},
        row("5", a=found(1)),
    ]
    report = measured(folder, gold, predicted)
    overlap = report.fields["a"].measures["evidence_overlap"].estimate
    # A translation has other offsets, so its evidence cannot be judged.
    assert (overlap.value, overlap.n) == (pytest.approx(1 / 3), 3)
    plain = measured(folder, [truth("1", a=1)], [row("1", a=found(1))])
    assert "evidence_overlap" not in plain.fields["a"].measures


# All fields, two predictions


def test_a_document_is_right_when_all_of_its_fields_are(folder: Path) -> None:
    gold = [truth("1", a=1, b=1), truth("2", a=1, b=1), truth("3"), truth("4", a=1)]
    predicted = [
        row("1", a=found(1), b=found(1)),
        row("2", a=found(1), b=NOTHING),
        row("4", a=found(1)),
    ]
    report = measured(folder, gold, predicted)
    right = report.overall["documents_all_right"].estimate
    assert (right.value, right.n) == (pytest.approx(2 / 3), 3)
    assert report.overall["accuracy"].estimate.value == 4 / 5
    assert report.overall["precision"].estimate.value == 1
    assert report.overall["recall"].estimate.value == 4 / 5


def test_two_predictions_are_compared_on_the_same_resamples(folder: Path) -> None:
    gold = [truth(str(n), a=n, b="x") for n in range(20)]
    good = [row(str(n), a=found(n), b=found("x")) for n in range(20)]
    poor = [row(str(n), a=found(n if n < 12 else 99), b=found("x")) for n in range(20)]
    comparison = measured(folder, gold, good, against=poor, resamples=200).comparison
    assert comparison is not None
    gain = comparison.fields["a"]["accuracy"].estimate
    assert gain.value == pytest.approx(0.4)
    assert gain.low is not None
    assert 0 < gain.low < 0.4
    assert comparison.fields["b"]["accuracy"].estimate == Estimate(0, 0, 0, 20)
    test = comparison.tests["a"]
    assert (test.counts.both, test.counts.only_first, test.counts.only_second) == (12, 8, 0)
    assert test.p == pytest.approx(2 / 2**8)
    assert test.p_holm == pytest.approx(4 / 2**8)
    assert comparison.tests["b"].p == 1
    assert comparison.all_right.p == pytest.approx(2 / 2**8)
    assert comparison.overall["documents_all_right"].estimate.value == pytest.approx(0.4)


def test_a_prediction_does_not_differ_from_itself(folder: Path) -> None:
    gold = [truth(str(n), a=n % 3, s=["x"]) for n in range(9)]
    rows = [row(str(n), a=found(n % 2), s=found(["x", "y"])) for n in range(9)]
    comparison = measured(folder, gold, rows, against=rows).comparison
    assert comparison is not None
    for measures in comparison.fields.values():
        for one in measures.values():
            assert one.estimate.value in (None, 0)
            assert one.estimate.low in (None, 0)


def test_the_same_seed_gives_the_same_intervals_and_another_does_not(folder: Path) -> None:
    gold = [truth(str(n), a=n % 5) for n in range(30)]
    rows = [row(str(n), a=found(n % 4)) for n in range(30)]
    first, again, other = (
        json.dumps(as_json(measured(folder, gold, rows, seed=seed))["fields"]) for seed in (1, 1, 2)
    )
    assert first == again != other


def test_an_interval_holds_the_measure_and_narrows_with_more_documents(folder: Path) -> None:
    widths = []
    for n in (20, 320):
        gold = [truth(str(k), a=k % 2) for k in range(n)]
        rows = [row(str(k), a=found(k % 2 if k % 4 else 7)) for k in range(n)]
        estimate = measured(folder, gold, rows, resamples=300).fields["a"].measures["accuracy"]
        low, high = estimate.estimate.low, estimate.estimate.high
        assert low is not None
        assert high is not None
        assert low < 0.75 < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 2.5


VALUES = st.one_of(st.none(), st.sampled_from(["x", "y"]), st.integers(0, 2), st.booleans())
ANSWERS = st.one_of(
    st.just(NOTHING), st.just(BROKEN), st.just({"status": "failed"}), VALUES.map(found)
).filter(lambda answer: answer.get("status") != "found" or answer.get("value") is not None)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(VALUES, ANSWERS), min_size=1, max_size=12))
def test_all_shares_lie_between_nought_and_one_and_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[Any, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("shares")
    gold = [truth(str(n), a=one) for n, (one, _) in enumerate(pairs)]
    rows = [row(str(n), a=answer) for n, (_, answer) in enumerate(pairs)]
    report = measured(folder, gold, rows, {"a": Kind("any")}, resamples=5)
    assert sum(report.fields["a"].statuses.values()) == len(pairs)
    right = value(report, "a", "accuracy")
    assert right == pytest.approx(1 - len(report.mistakes) / len(pairs))
    for one in report.fields["a"].measures.values():
        if one.estimate.value is not None:
            assert -1e-12 <= one.estimate.value <= 1 + 1e-12


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.one_of(
            st.none(),
            st.lists(
                st.fixed_dictionaries({"x": st.integers(0, 2), "y": st.sampled_from("ab")}),
                min_size=1,
                max_size=4,
            ),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_a_perfect_prediction_has_only_ones(
    tmp_path_factory: pytest.TempPathFactory, lists: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("perfect")
    gold = [truth(str(n), a=one) for n, one in enumerate(lists)]
    rows = [
        row(str(n), a=NOTHING if one is None else found(one[::-1])) for n, one in enumerate(lists)
    ]
    report = measured(folder, gold, rows, resamples=5)
    values = [one.estimate.value for one in report.fields["a"].measures.values()]
    assert all(one is None or one == pytest.approx(1) for one in values)
    assert report.overall["documents_all_right"].estimate.value == 1


# Measures of other packages


def test_a_family_of_another_package_is_measured_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lengths(field: JudgedField) -> Iterable[Measure]:
        if field.kind.type == "string":
            size = [len(one.gold or "") for one in field.rows]
            yield Measure("length", len(size), quotient(size, [1] * len(size)))

    monkeypatch.setattr(extraction_module.plugins, "names", lambda group: ["lengths"])
    monkeypatch.setattr(extraction_module.plugins, "load", lambda group, name: lengths)
    gold = [truth("1", a="xx", b=1), truth("2", a="xxxx", b=1)]
    report = measured(folder, gold, [row(n, a=found("xx"), b=found(1)) for n in "12"])
    assert value(report, "a", "length") == 3
    assert "length" not in report.fields["b"].measures


def test_values_stand_in_the_list_of_mistakes_only_when_asked(folder: Path) -> None:
    report = measured(folder, [truth("1", a=SECRET)], [row("1", a=found("x"))])
    assert SECRET not in json.dumps(mistake_rows(report.mistakes), ensure_ascii=False)
    assert SECRET in json.dumps(mistake_rows(report.mistakes, with_text=True), ensure_ascii=False)
    assert SECRET not in json.dumps(as_json(report), ensure_ascii=False)
    assert SECRET not in repr(report)

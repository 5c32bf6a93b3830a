"""The tables of ``sekisho evaluate extraction``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sekisho.cli.console import Column, interval, percent, show_table, write_out

if TYPE_CHECKING:
    from sekisho.evaluation.bootstrap import Estimate
    from sekisho.evaluation.comparison import Comparison
    from sekisho.evaluation.extraction import ExtractionReport, FieldReport
    from sekisho.evaluation.mistakes import Mistake
    from sekisho.evaluation.weighting import Measured

__all__ = ["show_extraction", "show_mistakes"]

_INTERVAL = "95 % interval"
#: Tables of measures that only some fields have: title, then name and column title of each; the
#: first one stands with its interval and n.
_TABLES: Sequence[tuple[str, Mapping[str, str]]] = (
    (
        "Classes",
        {
            "kappa": "kappa",
            "kappa_linear": "linear",
            "kappa_quadratic": "quadratic",
            "macro_f1": "macro F1",
            "weighted_f1": "weighted F1",
        },
    ),
    (
        "Probabilities of classes",
        {"auc": "AUC", "brier": "Brier", "calibration_error": "calibration error"},
    ),
    (
        "Probabilities of answers (is it right?)",
        {
            "confidence_auc": "AUC",
            "confidence_brier": "Brier",
            "confidence_error": "calibration error",
        },
    ),
    (
        "Numbers",
        {
            "r_smape": "R-SMAPE",
            "exact": "exact",
            "within_tolerance": "within tolerance",
            "mean_absolute_error": "mean error",
            "median_absolute_error": "median error",
        },
    ),
    ("Dates", {"exact": "exact", "same_to_common_precision": "same to common precision"}),
    ("Strings", {"exact": "exact", "folded_equal": "equal when folded"}),
    (
        "Lists and objects",
        {
            "item_f1": "F1 of items",
            "item_precision": "precision",
            "item_recall": "recall",
            "partial_f1": "F1 with partial credit",
        },
    ),
    (
        "Spans",
        {
            "span_f1": "F1",
            "span_precision": "precision",
            "span_recall": "recall",
            "span_f1_macro": "macro F1",
            "character_f1": "F1 of characters",
        },
    ),
    ("Evidence", {"evidence_overlap": "overlaps gold"}),
)
_TYPES = {"Numbers": ("integer", "number"), "Dates": ("date",), "Strings": ("string",)}
_COMMON = {"accuracy", "answered", "precision", "recall", "f1", "specificity"}
_OVERALL = {
    "documents_all_right": "documents with every field right",
    "accuracy": "accuracy of fields",
    "answered": "answered (found or not mentioned)",
    "precision": "precision of found values",
    "recall": "recall of values",
    "f1": "F1 of values",
}


def show_extraction(report: ExtractionReport, *, guessed: bool) -> None:
    """Show the report; ``guessed``: the types of the fields were inferred from gold."""
    source = "types guessed from gold (--task names them)" if guessed else "types from the task"
    write_out(
        f"{report.documents:,} documents, {report.judged:,} judged fields of "
        f"{len(report.fields):,}; {source}"
    )
    for line in _notes(report):
        write_out(line)
    write_out("")
    rows = [
        [title, percent(one.estimate.value), interval(one.estimate), f"{one.estimate.n:,}"]
        for name, title in _OVERALL.items()
        for one in [report.overall[name]]
    ]
    columns = (Column("measure"), Column("value", True), Column(_INTERVAL, True), Column("n", True))
    show_table("All fields together", columns, rows)
    _show_fields(report.fields)
    for title, names in _TABLES:
        _show_some(title, names, report.fields)
    _show_rest(report.fields)
    if report.comparison is not None:
        _show_comparison(report.comparison)
    if _has_gaps(report):
        write_out("-: there is no basis for this measure; --json gives the reason.\n")


def show_mistakes(mistakes: Sequence[Mistake], *, with_text: bool) -> None:
    """List the wrong fields; their values ``with_text`` only."""
    columns = [Column("id"), Column("field"), Column("what")]
    if with_text:
        columns += [Column("gold"), Column("given")]
    rows = []
    for one in mistakes:
        row = [one.document, one.name, one.kind.replace("_", " ")]
        rows.append([*row, _value(one.gold), _value(one.given)] if with_text else row)
    show_table(f"Wrong fields: {len(rows):,}", columns, rows)


def _notes(report: ExtractionReport) -> Iterator[str]:
    if report.missing:
        yield f"documents without a prediction, counted as failed: {len(report.missing):,}"
    for status, count in report.lost.items():
        if count:
            yield f"documents {status} in the prediction, counted as failed: {count:,}"
    if report.unjudged:
        yield f"predicted documents that gold lacks, not judged: {len(report.unjudged):,}"
    if report.unjudged_fields:
        yield f"predicted fields that gold never judges: {', '.join(report.unjudged_fields)}"
    whole = sum(report.origins.values())
    for origin in ("scripted", "replayed"):
        count = report.origins.get(origin, 0)
        if count:
            yield f"stand-in answers: {count:,} of {whole:,} are {origin}, not a model's own"


def _show_fields(fields: Mapping[str, FieldReport]) -> None:
    columns = (
        *(Column("field"), Column("type"), Column("n", True), Column("found", True)),
        *(Column("not mentioned", True), Column("invalid", True), Column("failed", True)),
        *(Column("accuracy", True), Column(_INTERVAL, True)),
        *(Column("precision", True), Column("recall", True)),
        *(Column("F1", True), Column(_INTERVAL, True), Column("specificity", True)),
    )
    rows = []
    for name, one in fields.items():
        shares = {key: one.measures[key].estimate for key in _COMMON}
        rows.append(
            [
                name,
                one.judged.kind.type,
                f"{one.n:,}",
                *(f"{count:,}" for count in one.statuses.values()),
                percent(shares["accuracy"].value),
                interval(shares["accuracy"]),
                percent(shares["precision"].value),
                percent(shares["recall"].value),
                percent(shares["f1"].value),
                interval(shares["f1"]),
                percent(shares["specificity"].value),
            ]
        )
    show_table("Fields", columns, rows)


def _show_some(title: str, names: Mapping[str, str], fields: Mapping[str, FieldReport]) -> None:
    types = _TYPES.get(title)
    shown = {
        name: one
        for name, one in fields.items()
        if (types is None or one.judged.kind.type in types)
        and any(key in one.measures for key in names)
    }
    keys = [key for key in names if any(key in one.measures for one in shown.values())]
    if not keys:
        return
    first, *others = keys
    columns = [Column("field"), Column(names[first], True), Column(_INTERVAL, True)]
    columns += [Column("n", True), *(Column(names[key], True) for key in others)]
    rows = []
    for name, one in shown.items():
        estimate = one.measures[first].estimate if first in one.measures else None
        lead = ["-", "-", "-"]
        if estimate is not None:
            lead = [_number(estimate.value), _bounds(estimate), f"{estimate.n:,}"]
        rest = [
            _number(one.measures[key].estimate.value) if key in one.measures else "-"
            for key in others
        ]
        rows.append([name, *lead, *rest])
    show_table(title, columns, rows)


def _show_rest(fields: Mapping[str, FieldReport]) -> None:
    """The measures of other packages."""
    known = _COMMON | {key for _, names in _TABLES for key in names} | _ONLY_IN_JSON
    rows = [
        [name, key, _number(each.estimate.value), _bounds(each.estimate), f"{each.estimate.n:,}"]
        for name, one in fields.items()
        for key, each in one.measures.items()
        if key not in known
    ]
    columns = (
        *(Column("field"), Column("measure"), Column("value", True)),
        *(Column(_INTERVAL, True), Column("n", True)),
    )
    if rows:
        show_table("Further measures", columns, rows)


_ONLY_IN_JSON = {
    *("partial_precision", "partial_recall", "span_f1_weighted"),
    *("character_precision", "character_recall"),
}


def _show_comparison(comparison: Comparison) -> None:
    columns = (
        *(Column("field"), Column("accuracy", True), Column(_INTERVAL, True)),
        *(Column("F1", True), Column(_INTERVAL, True)),
        *(Column("only first right", True), Column("only second right", True)),
        *(Column("p (McNemar)", True), Column("p (Holm)", True)),
    )
    rows = []
    for name, measures in comparison.fields.items():
        test = comparison.tests[name]
        rows.append(
            [
                name,
                *_difference(measures, "accuracy"),
                *_difference(measures, "f1"),
                f"{test.counts.only_first:,}",
                f"{test.counts.only_second:,}",
                f"{test.p:.4g}",
                f"{test.p_holm:.4g}",
            ]
        )
    whole = comparison.all_right
    rows.append(
        [
            "(whole documents)",
            *_difference(comparison.overall, "documents_all_right"),
            *("", ""),
            f"{whole.counts.only_first:,}",
            f"{whole.counts.only_second:,}",
            f"{whole.p:.4g}",
            "",
        ]
    )
    show_table("Difference to the other prediction (first less second)", columns, rows)


def _difference(measures: Mapping[str, Measured], name: str) -> tuple[str, str]:
    if name not in measures or measures[name].estimate.value is None:
        return "-", "-"
    estimate = measures[name].estimate
    return f"{100 * (estimate.value or 0.0):+.2f} %", _signed(estimate)


def _signed(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return "-"
    return f"{100 * estimate.low:+.2f} .. {100 * estimate.high:+.2f} %"


def _has_gaps(report: ExtractionReport) -> bool:
    return any(
        each.estimate.value is None
        for one in report.fields.values()
        for each in one.measures.values()
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _bounds(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return "-"
    return f"{estimate.low:.3f} - {estimate.high:.3f}"


def _value(value: Any) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

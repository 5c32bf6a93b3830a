"""The report of an extraction as JSON, and its confusion matrices as CSV.

The keys stay as they are (``format`` tells when one changes)::

    {"format": 1, "documents": 40, "judged": 320, "missing": ["r7"],
     "lost": {"failed": 1, "held": 0}, "unjudged": [], "unjudged_fields": [],
     "origins": {"model": 39},
     "resamples": 2000, "seed": 0, "level": 0.95,
     "overall": {MEASURE: FIGURE, ...},
     "fields": {FIELD: {"type": "enum", "n": 40, "statuses": {"found": 31, ...},
                        "measures": {MEASURE: FIGURE, ...},
                        "parts": {"classes": {CLASS: {MEASURE: FIGURE, ...}, ...}, ...},
                        "confusion": {"rows": [...], "columns": [...], "counts": [[...], ...]},
                        "calibration": {CLASS: {"n", "width": [BIN, ...], "mass": [...]}, ...}}},
     "against": {"overall": {...}, "all_right": TEST,
                 "fields": {FIELD: {"differences": {MEASURE: FIGURE, ...}, "mcnemar": TEST}}}}

FIGURE is ``{"value", "low", "high", "n"}``, with ``"reason"`` where ``value`` is null; BIN is
``{"low", "high", "n", "stated", "observed", "observed_low", "observed_high"}``; TEST is ``{"both",
"only_first", "only_second", "neither", "p", "p_holm"}``. ``parts``, ``confusion`` and
``calibration`` are there where a field has them, ``against`` where two predictions are compared.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sekisho.evaluation.bootstrap import LEVEL
from sekisho.evaluation.class_measures import Confusion
from sekisho.evaluation.comparison import Comparison, McNemar
from sekisho.evaluation.extraction import ExtractionReport, FieldReport
from sekisho.evaluation.forecasts import Curves
from sekisho.evaluation.mistakes import Mistake
from sekisho.evaluation.weighting import Measured

__all__ = ["as_json", "confusion_csv", "mistake_rows"]

_FORMAT = 1


def as_json(report: ExtractionReport) -> dict[str, Any]:
    """The whole report, ready for ``json.dumps``; without the mistakes."""
    answer: dict[str, Any] = {
        "format": _FORMAT,
        "documents": report.documents,
        "judged": report.judged,
        "missing": list(report.missing),
        "lost": dict(report.lost),
        "unjudged": list(report.unjudged),
        "unjudged_fields": list(report.unjudged_fields),
        "origins": dict(report.origins),
        "resamples": report.resamples,
        "seed": report.seed,
        "level": LEVEL,
        "overall": _figures(report.overall),
        "fields": {name: _field(one) for name, one in report.fields.items()},
    }
    if report.comparison is not None:
        answer["against"] = _comparison(report.comparison)
    return answer


def mistake_rows(mistakes: Sequence[Mistake], *, with_text: bool = False) -> list[dict[str, Any]]:
    """The mistakes as rows; ``gold`` and ``given`` are in them ``with_text`` only."""
    rows = []
    for one in mistakes:
        row: dict[str, Any] = {"id": one.document, "field": one.name, "kind": one.kind}
        rows.append({**row, "gold": one.gold, "given": one.given} if with_text else row)
    return rows


def confusion_csv(confusion: Confusion) -> str:
    """The matrix as a table: a row for each class of gold, a column for each class given."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["gold \\ given", *confusion.columns])
    for name, counts in zip(confusion.rows, confusion.counts, strict=True):
        writer.writerow([name, *counts])
    return text.getvalue()


def _field(one: FieldReport) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "type": one.judged.kind.type,
        "n": one.n,
        "statuses": dict(one.statuses),
        "measures": _figures(one.measures),
    }
    if one.parts:
        answer["parts"] = {
            group: {part: _figures(measures) for part, measures in parts.items()}
            for group, parts in one.parts.items()
        }
    if one.confusion is not None:
        answer["confusion"] = asdict(one.confusion)
    if one.curves:
        answer["calibration"] = {name: _curves(curves) for name, curves in one.curves.items()}
    return answer


def _curves(curves: Curves) -> dict[str, Any]:
    return {
        "n": curves.n,
        "width": [asdict(each) for each in curves.width],
        "mass": [asdict(each) for each in curves.mass],
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "overall": _figures(comparison.overall),
        "all_right": _test(comparison.all_right),
        "fields": {
            name: {"differences": _figures(measures), "mcnemar": _test(comparison.tests[name])}
            for name, measures in comparison.fields.items()
        },
    }


def _test(test: McNemar) -> dict[str, Any]:
    return {**asdict(test.counts), "p": test.p, "p_holm": test.p_holm}


def _figures(measures: Mapping[str, Measured]) -> dict[str, Any]:
    return {name: _figure(measured) for name, measured in measures.items()}


def _figure(measured: Measured) -> dict[str, Any]:
    estimate = measured.estimate
    figure: dict[str, Any] = {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
    }
    return figure if measured.reason is None else {**figure, "reason": measured.reason}

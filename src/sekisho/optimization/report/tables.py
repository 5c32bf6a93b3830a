"""The figures of a study as files: CSV and Parquet for programs, Markdown for people.

No file holds a text of a document. The marks of the study stand in each row of the tables and over
the leaderboard, so that a figure of a simulated model says so wherever it is copied to. The same
result gives the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from sekisho.optimization.report.leaderboard import leaderboard
from sekisho.optimization.report.parts import KINDS, columns_of, of
from sekisho.optimization.report.ranking import SETS, Ranked, all_arms, boards
from sekisho.optimization.report.wording import marks
from sekisho.optimization.result import Figure, StudyResult
from sekisho.runs.files import replacing, write_whole

__all__ = ["ERRORS", "LEADERBOARD", "RESULTS", "RESULTS_PARQUET", "arm_rows", "write"]

RESULTS = "results.csv"
RESULTS_PARQUET = "results.parquet"
LEADERBOARD = "leaderboard.md"
ERRORS = "errors.csv"

_Row: TypeAlias = dict[str, str | int | float | None]
_COMPRESSION = "snappy"
_ERROR_COLUMNS = (
    "marks", "arm", "document", "kind", "category", "start", "end", "script", "disguise",
    "difficulty",
)  # fmt: skip


def write(result: StudyResult, directory: Path) -> tuple[Path, ...]:
    """Write the files of ``result`` into ``directory``, each whole or not at all.

    Parquet is written where pyarrow is installed (extra ``parquet``); an older file of an earlier
    result is removed where it is not. Raises ``OutputError``.
    """
    rows = list(arm_rows(result))
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["marks"]
    contents = {
        RESULTS: _csv(names, rows),
        LEADERBOARD: leaderboard(result).encode("utf-8", "backslashreplace"),
        ERRORS: _csv(_ERROR_COLUMNS, list(_error_rows(result))),
    }
    written = []
    for name, content in contents.items():
        path = directory / name
        write_whole(path, content)
        written.append(path)
    if _write_parquet(directory / RESULTS_PARQUET, names, rows):
        written.insert(1, directory / RESULTS_PARQUET)
    return tuple(written)


def arm_rows(result: StudyResult) -> Iterator[_Row]:
    """A row for each arm: held-out ones first, then in the order of the phases.

    Shares (leaks, precision, recall of parts) go from 0 to 1, points and quality as they are
    scored; ``rank`` is empty for an arm that is not on a leaderboard.
    """
    said = " ".join(marks(result))
    arms = [arm for data in SETS for arm in all_arms(result, data)]
    ranked = {(row.arm.data, row.arm.id): row for board in boards(result) for row in board.rows}
    columns = [(kind, name) for kind in KINDS for name in columns_of(kind, arms)]
    components = list(dict.fromkeys(part.name for arm in arms for part in arm.components))
    cards = {card.name: card for card in result.models}
    for arm in arms:
        card = cards.get(arm.model)
        row: _Row = {
            "marks": said,
            "study": result.name,
            "data": arm.data,
            "phase": arm.phase,
            **_rank(ranked.get((arm.data, arm.id))),
            "arm": arm.id,
            "model": arm.model,
            "origin": card.origin if card else "",
            "locality": card.locality if card else "",
            "prompt": arm.prompt,
            "refine_policy": arm.refine.policy,
            "refine_wording": arm.refine.wording,
            "refine_keep": arm.refine.keep,
            "readings": arm.readings,
            "total": float(arm.total),
            "out_of": float(arm.out_of),
        }
        for name in ("leaked", "direct_leaks", "quality", "precision", "over_redaction"):
            row |= _figure(name, getattr(arm, name))
        points = {part.name: part for part in arm.components}
        for name in components:
            part = points.get(name)
            row[f"points_{name}"] = None if part is None else part.points
            row[f"share_{name}"] = None if part is None else part.share
            row[f"most_{name}"] = None if part is None else float(part.most)
        for kind, name in columns:
            row |= _figure(f"recall_{kind}_{name}", of(arm, kind).get(name))
        row |= {
            "failures": sum(arm.failures.values()),
            "failure_reasons": _counted(arm.failures),
            "seconds_per_report": float(arm.seconds_per_report),
            "seconds_per_100_tokens": arm.seconds_per_100_tokens,
            "calls": arm.calls,
            "tokens": arm.tokens,
        }
        yield row


def _rank(ranked: Ranked | None) -> _Row:
    if ranked is None:
        return {"rank": None, "level_with": ""}
    return {"rank": ranked.rank, "level_with": " ".join(map(str, ranked.level_with))}


def _figure(name: str, figure: Figure | None) -> _Row:
    if figure is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None, f"{name}_n": 0}
    return {
        name: figure.value,
        f"{name}_low": figure.low,
        f"{name}_high": figure.high,
        f"{name}_n": figure.n,
    }


def _counted(counts: Mapping[str, int]) -> str:
    return " ".join(f"{reason}={count}" for reason, count in sorted(counts.items()))


def _error_rows(result: StudyResult) -> Iterator[_Row]:
    said = " ".join(marks(result))
    for row in result.errors:
        yield {"marks": said, **row.model_dump()}


def _csv(names: Sequence[str], rows: Sequence[_Row]) -> bytes:
    """RFC 4180, with a mark that spreadsheets know it is UTF-8 by; nothing stands for none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow(["" if row.get(name) is None else row[name] for name in names])
    return text.getvalue().encode("utf-8-sig", "backslashreplace")


def _write_parquet(path: Path, names: Sequence[str], rows: Sequence[_Row]) -> bool:
    """Whether it was written: without pyarrow ``path`` is removed."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        with replacing(path):
            return False
    columns: dict[str, Any] = {}
    for name in names:
        values = [row.get(name) for row in rows]
        columns[name] = pa.array([_encodable(value) for value in values], type=_type(name, values))
    with replacing(path) as partial:
        pq.write_table(pa.table(columns), partial, compression=_COMPRESSION)
    return True


def _type(name: str, values: Sequence[object]) -> Any:
    import pyarrow as pa

    kinds = {type(value) for value in values if value is not None}
    if str in kinds or name == "marks":
        return pa.string()
    if kinds == {int} or name == "rank":
        return pa.int64()
    return pa.float64()


def _encodable(value: object) -> object:
    """Halves of surrogate pairs have no bytes in UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value

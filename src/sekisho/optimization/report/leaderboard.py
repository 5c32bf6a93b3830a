"""The leaderboard as Markdown: to be put into a report or an issue, with what its numbers are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sekisho.optimization.report import wording
from sekisho.optimization.report.ranking import Board, Ranked, boards
from sekisho.optimization.result import StudyResult

__all__ = ["leaderboard"]

_HEADINGS = (
    "rank", "system", "prompt", "refine", "points", "leaked characters", "direct leaks",
    "quality", "failures", "s/report", "not distinguishable from",
)  # fmt: skip
_NUMBERS = (
    "rank",
    "points",
    "leaked characters",
    "direct leaks",
    "quality",
    "failures",
    "s/report",
)
_SPECIAL = {
    ord(letter): f"\\{letter}" for letter in "\\`*_{}[]<>#|~"
} | {ord(letter): " " for letter in "\r\n\t\v\f\x85\u2028\u2029"}  # fmt: skip
_ABOUT = (
    "Points are the sum of the components that were measured, of the maximum in the heading; "
    "scores of different maxima are not ranked together. Quality is the share of the points that "
    "every document has (recall, precision, boundary, purity, category, rules), in per cent. "
    "Leaked characters are those of identifiers that nothing covered; direct leaks are documents "
    "in which a part of a direct identifier was left bare. Intervals are 95 % (bootstrap of "
    "documents, {resamples} resamples); where no document leaked, ≤ is the upper end by the rule "
    "of three. Systems whose quality intervals overlap are named as not distinguishable."
)
_CHOSEN = (
    "The best arm of each model, chosen on the same documents: these figures are optimistic. "
    "Only the sealed set proves anything."
)


def leaderboard(result: StudyResult) -> str:
    """All boards of ``result`` as Markdown, the marks over each of them."""
    marks = wording.marks(result)
    state = f"ended {result.ended}" if result.ended else "not finished"
    lines = [
        f"# {_cell(result.name)}: leaderboard",
        "",
        *_marked(marks),
        f"Begun {_cell(result.begun)}, {_cell(state)}.",
        "",
        _ABOUT.format(resamples=result.resamples),
        "",
    ]
    for board in boards(result):
        lines += _board(board, result, marks)
    if len(lines) and not any(line.startswith("|") for line in lines):
        lines += ["Nothing has been measured.", ""]
    return "\n".join(lines)


def _board(board: Board, result: StudyResult, marks: Sequence[str]) -> Iterator[str]:
    data = result.held_out if board.data == "held-out" else result.development
    said = f" ({' · '.join(marks)})" if marks else ""
    told = f", {data.documents} documents of {_cell(data.name)}" if data else ""
    yield f"## {board.data.capitalize()} set{told}, out of {board.out_of:g} points{said}"
    yield ""
    if board.data == "development":
        yield _CHOSEN
        yield ""
    yield _line(_HEADINGS)
    yield _line(["---:" if name in _NUMBERS else "---" for name in _HEADINGS])
    for row in board.rows:
        yield _line(list(_values(row)))
    yield ""


def _values(row: Ranked) -> Iterator[str]:
    arm = row.arm
    yield str(row.rank)
    yield _cell(arm.model)
    yield _cell(arm.prompt)
    yield _cell(wording.refine(arm.refine) or "never")
    yield f"{wording.decimal(arm.total, 2)} / {arm.out_of:g}"
    leaked, direct = arm.leaked, arm.direct_leaks
    yield f"{wording.percent(leaked.value)} {wording.percent_interval(leaked)}".strip()
    seen = wording.bound(direct) or wording.percent_interval(direct)
    yield f"{wording.percent(direct.value)} {seen}".strip()
    yield f"{wording.decimal(arm.quality.value)} {wording.interval(arm.quality)}".strip()
    yield f"{sum(arm.failures.values())} / {arm.readings}"
    yield wording.decimal(arm.seconds_per_report, 3)
    yield wording.ranks(row.level_with) or wording.NOTHING


def _marked(marks: Sequence[str]) -> Iterator[str]:
    if marks:
        yield f"**{' · '.join(_cell(mark) for mark in marks)}**"
        yield ""


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: str) -> str:
    """``value`` as text: nothing in it is taken for Markdown or HTML."""
    return " ".join(value.replace("&", "&amp;").translate(_SPECIAL).split())

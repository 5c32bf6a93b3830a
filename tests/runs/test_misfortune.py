"""A run is given up when the world outside is to blame, and its records are left to the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sekisho.documents.records import Record
from sekisho.runs.commits import IN_A_ROW
from sekisho.runs.engine import Summary, run
from sekisho.runs.journal import Journal
from sekisho.runs.outcome import Outcome

COUNT = 40


def records() -> Iterator[Record]:
    for row in range(1, COUNT + 1):
        yield Record(
            id=str(row), source="in", row=row, values={"text": "x"}, text_columns=("text",)
        )


def ended(folder: Path, down: set[int], *, resume: bool = False) -> Summary:
    def work(record: Record) -> Outcome:
        if record.row in down:
            return Outcome.held("", "server_down", "no answer")
        return Outcome.released("", dict(record.values))

    journal = Journal.open(folder, {"a": "b"}, resume=resume, key=bytes(32))
    with journal:
        return run([list(records())], lambda: work, journal, passing={"server_down"})


def test_a_few_records_without_the_server_stay_held(tmp_path: Path) -> None:
    down = set(range(5, 5 + IN_A_ROW - 1))
    summary = ended(tmp_path, down)
    assert summary.gave_up is None
    assert summary.counts == {"held": IN_A_ROW - 1, "released": COUNT - IN_A_ROW + 1}
    assert summary.exit_code == 3


def test_a_few_at_the_very_end_stay_held_too(tmp_path: Path) -> None:
    summary = ended(tmp_path, {COUNT - 1, COUNT})
    assert summary.counts == {"held": 2, "released": COUNT - 2}


def test_a_long_row_gives_the_run_up_and_is_left_to_the_next(tmp_path: Path) -> None:
    summary = ended(tmp_path, set(range(15, COUNT + 1)))
    assert summary.gave_up == "server_down"
    assert summary.counts == {"released": 14}
    assert summary.exit_code == 3
    assert summary.advice is not None
    assert "--resume" in summary.advice
    again = ended(tmp_path, set(), resume=True)
    assert again.counts == {"released": COUNT}
    assert (again.exit_code, again.resumed) == (0, 14)


@pytest.mark.parametrize("between", [20, 25])
def test_one_answer_in_between_ends_the_row(tmp_path: Path, between: int) -> None:
    down = set(range(between - IN_A_ROW + 2, between + IN_A_ROW - 1)) - {between}
    assert ended(tmp_path, down).gave_up is None

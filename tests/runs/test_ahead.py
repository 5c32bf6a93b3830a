"""Work that waits for somebody is begun for several records; each still has its own outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import MakeToy, Toy, record
from waiting_toy import MakeWaitingToy, WaitingToy

from sekisho.documents.records import Record
from sekisho.runs import pool
from sekisho.runs.engine import Summary, run
from sekisho.runs.journal import Journal
from sekisho.runs.outcome import Outcome
from sekisho.runs.worker import Guard, Waiting, in_order

JOBS = pytest.mark.parametrize("jobs", [1, 2])
MOMENTS = pytest.mark.parametrize("moment", ["begin", "end"])
AHEAD = pytest.mark.parametrize("ahead", [1, 3])


def records(texts: Sequence[str]) -> list[Record]:
    return [record(row, text) for row, text in enumerate(texts, start=1)]


def begun(
    guard: Guard, chunk: Iterable[tuple[int, Record, float]]
) -> Iterator[tuple[int, Callable[[], Outcome]]]:
    return ((row, guard.begin(each, limit_s)) for row, each, limit_s in chunk)


def worked(
    work: WaitingToy | Toy, texts: Sequence[str], ahead: int, limit_s: float = 60.0
) -> list[Outcome]:
    with Guard(work) as guard:
        chunk = ((each.row, each, limit_s) for each in records(texts))
        found = list(in_order(begun(guard, chunk), ahead))
    assert [row for row, _ in found] == list(range(1, len(texts) + 1))
    return [outcome for _, outcome in found]


def carried(
    journal: Journal, texts: Sequence[str], **options: object
) -> tuple[dict[int, Outcome], Summary]:
    summary = run([records(texts)], MakeWaitingToy(), journal, **options)  # type: ignore[arg-type]
    return {position.row: outcome for position, outcome in journal.outcomes(0)}, summary


def test_the_toy_waits_and_the_other_does_not() -> None:
    assert isinstance(WaitingToy(), Waiting)
    assert not isinstance(Toy(), Waiting)


@settings(deadline=None)
@given(st.integers(0, 12), st.integers(1, 6))
def test_so_many_are_begun_and_their_outcomes_come_in_order(count: int, ahead: int) -> None:
    toy = WaitingToy()
    outcomes = worked(toy, ["所見"] * count, ahead)
    assert [outcome.ref for outcome in outcomes] == [f"d{row + 1}" for row in range(count)]
    assert toy.log.pop() == "close"
    under_way, most = 0, 0
    for line in toy.log:
        under_way += 1 if line.startswith("begin") else -1
        most = max(most, under_way)
    assert most == min(ahead, count)
    for moment in ("begin", "end"):
        assert [line for line in toy.log if line.startswith(moment)] == [
            f"{moment} {row + 1}" for row in range(count)
        ]


def test_the_next_is_begun_when_the_first_has_ended() -> None:
    toy = WaitingToy()
    worked(toy, ["所見"] * 4, 2)
    assert toy.log == [
        "begin 1",
        "begin 2",
        "end 1",
        "begin 3",
        "end 2",
        "begin 4",
        "end 3",
        "end 4",
        "close",
    ]


def test_an_outcome_is_told_before_the_next_record_is_read() -> None:
    toy = WaitingToy()
    read: list[int] = []

    def reading() -> Iterator[tuple[int, Record, float]]:
        for each in records(["所見"] * 5):
            read.append(each.row)
            yield each.row, each, 60.0

    with Guard(toy) as guard:
        steps = in_order(begun(guard, reading()), 2)
        assert next(steps)[0] == 1
        assert read == [1, 2]
        assert [row for row, _ in steps] == [2, 3, 4, 5]


def test_work_that_waits_for_nobody_is_done_one_by_one() -> None:
    log = []

    def work(each: Record) -> Outcome:
        log.append(each.row)
        return Outcome.released(f"d{each.row}", {})

    with Guard(work) as guard:
        for row, _ in in_order(begun(guard, ((r.row, r, 60.0) for r in records(["x"] * 4))), 3):
            assert log == list(range(1, row + 1))


@MOMENTS
@AHEAD
def test_what_fails_before_or_behind_the_wait_fails_its_record_alone(
    moment: str, ahead: int
) -> None:
    texts = [
        "所見",
        f"{moment} raise 山田太郎",
        f"{moment} detector",
        f"{moment} exit",
        f"{moment} nothing",
        "所見",
    ]
    outcomes = worked(WaitingToy(), texts, ahead)
    assert [outcome.reason for outcome in outcomes] == [
        None,
        "error:ValueError",
        "error:DetectionError",
        "error:SystemExit",
        "error:TypeError",
        None,
    ]
    assert [outcome.status for outcome in outcomes[1:5]] == ["failed"] * 4
    assert "山田" not in str(outcomes[1].detail)
    assert outcomes[2].detail == "the detector gave up"


@MOMENTS
@AHEAD
def test_a_record_that_takes_too_long_before_or_behind_the_wait_is_held_alone(
    moment: str, ahead: int
) -> None:
    began = time.monotonic()
    texts = ["所見", f"{moment} sleep 60", "所見", f"{moment} sleep 60", "所見"]
    outcomes = worked(WaitingToy(), texts, ahead, limit_s=0.5)
    assert [outcome.reason for outcome in outcomes] == [None, "timeout", None, "timeout", None]
    assert [outcome.status for outcome in outcomes[1:4:2]] == ["held"] * 2
    assert all(outcome.seconds >= 0.49 for outcome in outcomes[1:4:2])
    assert time.monotonic() - began < 30


def test_each_record_has_its_own_time_however_long_others_took() -> None:
    texts = ["end sleep 0.4", "end sleep 0.4", "end sleep 0.4", "end sleep 60"]
    outcomes = worked(WaitingToy(), texts, 4, limit_s=1.0)
    assert [outcome.reason for outcome in outcomes] == [None, None, None, "timeout"]


def test_no_alarm_rings_between_the_beginning_and_the_end() -> None:
    """A record that is begun and waits for its turn is on nobody's clock."""
    with Guard(WaitingToy()) as guard:
        end = guard.begin(record(1, "所見"), 0.1)
        time.sleep(0.3)
        assert end().reason is None


@JOBS
def test_a_run_ahead_gives_what_a_run_one_by_one_gives(tmp_path: Path, jobs: int) -> None:
    texts = ["所見", "begin raise x", "所見", "end raise x", "end detector", "begin nothing"] * 12
    found = []
    for ahead in (1, 2, 7, 100):
        with Journal.open(tmp_path / f"{jobs}-{ahead}", {}) as journal:
            got, summary = carried(journal, texts, jobs=jobs, ahead=ahead, batch=10)
        assert summary.new == len(texts)
        found.append({row: replace(outcome, seconds=0.0) for row, outcome in got.items()})
    assert found[1:] == found[:1] * 3
    assert found[0][1].values == {"所見": "r1"}


@JOBS
@MOMENTS
def test_a_time_out_in_a_run_ahead_holds_its_record_alone(
    journal: Journal, jobs: int, moment: str
) -> None:
    texts = ["所見", f"{moment} sleep 60", "所見", "所見"]
    got, _ = carried(journal, texts, jobs=jobs, ahead=3, timeout_s=0.5)
    assert [outcome.reason for outcome in got.values()] == [None, "timeout", None, None]
    assert [outcome.ref for outcome in got.values()] == ["d1", "1-2", "d3", "d4"]


@MOMENTS
def test_a_worker_that_dies_with_several_records_begun_loses_none(
    journal: Journal, tmp_path: Path, moment: str
) -> None:
    texts = [*["所見"] * 3, f"{moment} die-once {tmp_path / 'marker'}", *["所見"] * 6]
    got, summary = carried(journal, texts, jobs=2, ahead=4)
    assert summary.counts == {"released": 10}
    assert [outcome.ref for outcome in got.values()] == [f"d{row}" for row in range(1, 11)]


def test_a_record_that_kills_behind_the_wait_is_held_and_no_other(journal: Journal) -> None:
    texts = [*["所見"] * 3, "end die", *["所見"] * 6]
    got, _ = carried(journal, texts, jobs=2, ahead=4)
    held = {row: outcome.reason for row, outcome in got.items() if outcome.status != "released"}
    assert held == {4: "worker_died"}


@MOMENTS
@AHEAD
def test_a_run_that_is_stopped_while_it_waits_can_be_finished(
    tmp_path: Path, moment: str, ahead: int
) -> None:
    texts = ["所見", "所見", f"{moment} stop", "所見", "所見"]
    log = tmp_path / "log"
    with Journal.open(tmp_path / "run", {}) as journal:
        summary = run([records(texts)], MakeWaitingToy(str(log)), journal, ahead=ahead)
        assert summary.interrupted
        assert summary.exit_code == 130
        done = {position.row for position, _ in journal.outcomes(0)}
    assert 3 not in done
    assert done <= {1, 2}
    if moment == "end":
        assert done == {1, 2}
    assert log.read_text().splitlines()[-1] == "close"
    texts[2] = "所見"
    with Journal.open(tmp_path / "run", {}, resume=True) as journal:
        got, summary = carried(journal, texts, ahead=ahead)
    assert (summary.counts, summary.resumed) == ({"released": 5}, len(done))
    assert [outcome.ref for outcome in got.values()] == [f"d{row}" for row in range(1, 6)]


def test_work_that_waits_is_closed_at_the_end_of_a_run(journal: Journal, tmp_path: Path) -> None:
    log = tmp_path / "log"
    run([records(["所見", "end raise x"])], MakeWaitingToy(str(log)), journal, ahead=2)
    assert log.read_text().splitlines().count("close") == 1
    assert log.read_text().splitlines()[-1] == "close"


def test_work_that_does_not_wait_may_be_run_ahead_too(journal: Journal) -> None:
    texts = ["所見", "hold", "raise x", "所見"]
    run([records(texts)], MakeToy(), journal, ahead=8)
    reasons = [outcome.reason for _, outcome in journal.outcomes(0)]
    assert reasons == [None, "residual_identifier", "error:ValueError", None]


def test_in_processes_several_records_are_begun_at_a_time(journal: Journal, tmp_path: Path) -> None:
    log = tmp_path / "log"
    run([records(["所見"] * 8)], MakeWaitingToy(str(log)), journal, jobs=2, ahead=4)
    lines = [line for line in log.read_text().splitlines() if line != "close"]
    assert sorted(lines) == sorted(
        f"{moment} {row}" for moment in ("begin", "end") for row in range(1, 9)
    )
    # Whichever processes they went to, in each of them four were begun before one was waited for.
    begun_first = lines[: next(i for i, line in enumerate(lines) if line.startswith("end"))]
    assert len(begun_first) >= 4


def test_a_guard_outside_the_main_thread_has_no_alarm_and_works(
    in_thread: Callable[[Callable[[], None]], None],
) -> None:
    def body() -> None:
        outcomes = worked(WaitingToy(), ["所見", "begin raise x", "end detector"], 2)
        assert [outcome.status for outcome in outcomes] == ["released", "failed", "failed"]

    in_thread(body)


@pytest.fixture
def in_thread() -> Callable[[Callable[[], None]], None]:
    """Runs something in another thread and raises here what it raised there."""
    from concurrent.futures import ThreadPoolExecutor

    def runs(body: Callable[[], None]) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(body).result(60)

    return runs


@JOBS
def test_a_record_is_not_put_down_for_the_time_that_a_later_one_takes_to_begin(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    """Several are begun before the first is told, so the parent hears nothing for some time."""
    monkeypatch.setattr(pool, "_GRACE_S", 0.5)
    # The last is long and so may take 1 s and 3 s more.
    texts = ["所見", "所見", "所見", "begin sleep 3.0" + " " * 9000]
    got, _ = carried(journal, texts, jobs=jobs, ahead=4, timeout_s=1.0)
    assert [outcome.reason for outcome in got.values()] == [None] * 4

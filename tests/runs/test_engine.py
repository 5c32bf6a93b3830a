from __future__ import annotations

import io
import signal
import threading
import time
from pathlib import Path

import pytest
from toy import MakeToy, ToyReader, record

from sekisho.errors import SekishoError, UsageError
from sekisho.runs import pool
from sekisho.runs.engine import run
from sekisho.runs.journal import Journal
from sekisho.runs.outcome import Outcome, Position
from sekisho.runs.progress import Lines

JOBS = pytest.mark.parametrize("jobs", [1, 2])


def outcomes(journal: Journal, source: int = 0) -> dict[int, Outcome]:
    return {position.row: outcome for position, outcome in journal.outcomes(source)}


def carried(journal: Journal, texts: list[str], **options: object) -> dict[int, Outcome]:
    records = [record(row, text) for row, text in enumerate(texts, start=1)]
    run([records], MakeToy(), journal, **options)
    return outcomes(journal)


@JOBS
def test_every_record_has_its_outcome(journal, jobs):
    summary = run([ToyReader(300), ToyReader(7)], MakeToy(), journal, jobs=jobs, batch=50)
    assert summary.counts == {"released": 307}
    assert (summary.new, summary.resumed, summary.exit_code) == (307, 0, 0)
    assert list(outcomes(journal)) == list(range(1, 301))
    assert outcomes(journal, 1)[7].ref == "d7"
    assert outcomes(journal)[1].seconds > 0
    assert journal.finished


def test_processes_give_what_one_process_gives(tmp_path):
    found = []
    for jobs in (1, 3):
        with Journal.open(tmp_path / str(jobs), {}) as journal:
            texts = ["所見", "hold", "raise x", "所見 2"] * 50
            got = carried(journal, texts, jobs=jobs)
            found.append([(row, o.status, o.ref, o.values, o.reason) for row, o in got.items()])
    assert found[0] == found[1]


def test_nothing_to_do_is_no_failure(journal):
    assert run([ToyReader(0)], MakeToy(), journal, jobs=2).exit_code == 0
    assert run([], MakeToy(), journal).exit_code == 0


@JOBS
def test_an_exception_fails_its_record_without_its_message(journal, jobs):
    got = carried(journal, ["所見", "raise 山田太郎", "exit", "nothing", "所見"], jobs=jobs)
    assert [outcome.status for outcome in got.values()] == [
        "released",
        "failed",
        "failed",
        "failed",
        "released",
    ]
    assert got[2].reason == "error:ValueError"
    assert "山田" not in got[2].detail
    assert got[2].ref == "1-2"
    assert got[3].reason == "error:SystemExit"
    assert got[4].reason == "error:TypeError"


def test_the_message_of_an_error_of_ours_is_shown(journal):
    got = carried(journal, ["detector"])
    assert (got[1].reason, got[1].detail) == ("error:DetectionError", "the detector gave up")


@JOBS
def test_a_value_that_cannot_be_kept_fails_its_record(journal, jobs):
    got = carried(journal, ["lambda", "所見"], jobs=jobs)
    assert got[1].status == "failed"
    assert got[1].reason.startswith("error:")
    assert got[2].status == "released"


@JOBS
def test_an_unreadable_row_is_held_without_work(journal, jobs):
    records = [record(1, "raise"), record(2, "", problem="5 fields instead of 2")]
    summary = run([records], MakeToy(), journal, jobs=jobs, refer=lambda p, r: f"row{p.row}")
    got = outcomes(journal)[2]
    assert (got.status, got.reason, got.ref) == ("held", "unreadable_row", "row2")
    assert got.detail == "5 fields instead of 2"
    assert summary.exit_code == 3


@JOBS
def test_a_record_that_takes_too_long_is_held(journal, jobs):
    began = time.monotonic()
    got = carried(journal, ["所見", "sleep 30", "swallow 30", "所見"], jobs=jobs, timeout_s=0.3)
    assert time.monotonic() - began < 8
    assert [outcome.reason for outcome in got.values()] == [None, "timeout", "timeout", None]
    assert got[2].detail == "not finished within 0 s"


def test_a_long_text_gets_more_time(journal):
    records = [record(1, "sleep 0.6"), record(2, "sleep 0.6" + " " * 6000)]
    run([records], MakeToy(), journal, timeout_s=0.2)
    assert [outcome.reason for outcome in outcomes(journal).values()] == ["timeout", None]


def test_a_worker_that_cannot_be_woken_is_ended(journal, monkeypatch):
    monkeypatch.setattr(pool, "_GRACE_S", 0.5)
    got = carried(journal, ["所見", "stuck 60", "所見", "所見"], jobs=2, timeout_s=0.5)
    assert [outcome.reason for outcome in got.values()] == [None, "timeout", None, None]


@pytest.mark.parametrize("death", ["die", "segfault"])
def test_a_record_that_kills_its_worker_is_held_and_the_rest_goes_on(journal, death):
    texts = ["所見"] * 100 + [death] + ["所見"] * 100 + [death]
    got = carried(journal, texts, jobs=2)
    assert {row for row, outcome in got.items() if outcome.status == "held"} == {101, 202}
    assert got[101].reason == "worker_died"
    assert ("exit code 3" if death == "die" else "SIGSEGV") in got[101].detail
    assert sum(outcome.status == "released" for outcome in got.values()) == 200


def test_a_worker_that_dies_by_chance_costs_nothing(journal, tmp_path):
    got = carried(journal, ["所見", f"die-once {tmp_path / 'marker'}", "所見"], jobs=2)
    assert [outcome.status for outcome in got.values()] == ["released"] * 3


@JOBS
def test_work_that_cannot_be_set_up_ends_the_run(journal, jobs):
    with pytest.raises(UsageError, match=r"no such dictionary \(install it\)"):
        run([ToyReader(3)], MakeToy(broken="usage"), journal, jobs=jobs)


def test_work_that_cannot_be_set_up_shows_no_foreign_message(journal):
    with pytest.raises(SekishoError, match="ValueError") as caught:
        run([ToyReader(3)], MakeToy(broken="foreign"), journal, jobs=2)
    assert "山田" not in str(caught.value)


def test_workers_that_die_while_they_start_end_the_run(journal):
    with pytest.raises(SekishoError, match="exit code 9"):
        run([ToyReader(3)], MakeToy(broken="exit"), journal, jobs=2)


@JOBS
def test_a_source_that_breaks_off_keeps_what_came_before(journal, jobs):
    sources = [ToyReader(10, breaks_at=6), ToyReader(3)]
    summary = run(sources, MakeToy(), journal, jobs=jobs)
    assert summary.counts == {"released": 8}
    assert summary.broken == ("source 1: the line is cut off; nothing was read from row 6 on",)
    assert summary.exit_code == 3
    assert journal.broken() == {0: (6, "the line is cut off; nothing was read from row 6 on")}
    whole = run([ToyReader(10), ToyReader(3)], MakeToy(), journal, jobs=jobs)
    assert (whole.counts, whole.new, whole.broken) == ({"released": 13}, 5, ())
    assert journal.broken() == {}


def test_a_foreign_error_of_a_reader_is_not_quoted(journal):
    def reader():
        yield record(1, "所見")
        "山田".encode("ascii")

    summary = run([reader()], MakeToy(), journal)
    assert summary.broken == (
        "source 1: unreadable (UnicodeEncodeError); nothing was read from row 2 on",
    )


@JOBS
def test_a_repeated_id_is_held_and_names_the_first(journal, jobs):
    ids = ["a", "b", "a", "a", "c"]
    first = [record(row, "所見", id=id) for row, id in enumerate(ids, start=1)]
    second = [record(1, "所見", id="c")]
    run([first, second], MakeToy(), journal, jobs=jobs, unique_ids=True)
    got = outcomes(journal)
    assert [outcome.reason for outcome in got.values()] == [
        None,
        None,
        "duplicate_id",
        "duplicate_id",
        None,
    ]
    assert got[4].detail == "same id as row 1"
    assert outcomes(journal, 1)[1].detail == "same id as row 5 of source 1"


def test_repeated_ids_are_allowed_unless_asked(journal):
    records = [record(row, "所見", id="a") for row in (1, 2)]
    assert run([records], MakeToy(), journal).counts == {"released": 2}


@JOBS
def test_a_resumed_run_does_only_what_is_missing(tmp_path, jobs):
    log = tmp_path / "log"
    with Journal.open(tmp_path, {}) as journal:
        run([ToyReader(100, breaks_at=41)], MakeToy(log=str(log)), journal, jobs=jobs)
    log.write_text("")
    with Journal.open(tmp_path, {}, resume=True) as journal:
        summary = run([ToyReader(100)], MakeToy(log=str(log)), journal, jobs=jobs)
    assert (summary.new, summary.resumed) == (60, 40)
    assert sorted(map(int, log.read_text().split())) == list(range(41, 101))


@JOBS
def test_the_vault_has_each_batch_before_the_journal(journal, jobs):
    batches = []

    def keep(batch):
        committed = sum(journal.status_counts().values())
        assert committed == sum(map(len, batches))
        positions = [position for position, _ in batch]
        assert positions == sorted(positions)
        assert all(outcome.secret for _, outcome in batch)
        batches.append(batch)

    run([ToyReader(100)], MakeToy(), journal, jobs=jobs, batch=30, before_commit=keep)
    assert sum(map(len, batches)) == 100
    assert max(map(len, batches)) <= 30 + 64


def test_a_vault_that_fails_leaves_the_journal_without_the_batch(journal):
    def keep(batch):
        raise UsageError("no vault")

    with pytest.raises(UsageError):
        run([ToyReader(10)], MakeToy(), journal, jobs=2, before_commit=keep)
    assert journal.status_counts() == {}


def test_slow_records_are_committed_one_by_one(tmp_path):
    seen = []
    with Journal.open(tmp_path, {}) as journal:
        records = [record(1, "sleep 1.1"), record(2, "sleep 1.1")]
        run([records], MakeToy(), journal, before_commit=lambda batch: seen.append(len(batch)))
    assert seen == [1, 1]


@JOBS
def test_documents_larger_than_any_pipe_pass(journal, jobs):
    reader = ToyReader(12, text=lambda row: "所見 " + "長" * (2_000_000 if row == 5 else 300_000))
    assert run([reader], MakeToy(), journal, jobs=jobs).counts == {"released": 12}


def test_rows_out_of_order_are_not_taken(journal):
    summary = run([[record(2, "所見"), record(1, "所見")]], MakeToy(), journal)
    assert summary.counts == {"released": 1}
    assert summary.exit_code == 3


def test_progress_counts_done_and_new(tmp_path):
    stream = io.StringIO()
    with Journal.open(tmp_path, {}) as journal:
        run([ToyReader(10, breaks_at=4)], MakeToy(), journal)
    with (
        Journal.open(tmp_path, {}, resume=True) as journal,
        Lines(10, stream) as progress,
    ):
        run([ToyReader(10)], MakeToy(), journal, progress=progress)
    assert "10 of 10 documents (100 %)" in stream.getvalue()


def test_a_run_outside_the_main_thread_works_too(tmp_path):
    counts = []

    def body():
        with Journal.open(tmp_path, {}) as journal:
            for jobs in (1, 2):
                counts.append(run([ToyReader(5)], MakeToy(), journal, jobs=jobs).counts)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert counts == [{"released": 5}] * 2


def test_signal_handlers_are_put_back(journal):
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
    before = [signal.getsignal(number) for number in numbers]
    run([ToyReader(5)], MakeToy(), journal)
    assert [signal.getsignal(number) for number in numbers] == before


def test_a_position_sorts_by_source_then_row():
    assert Position(0, 9) < Position(1, 1)


def test_two_processes_finish_in_little_more_than_half_the_time(tmp_path: Path):
    took = {}
    for jobs in (1, 2):
        with Journal.open(tmp_path / str(jobs), {}) as journal:
            # Sleeping work, so that a busy machine does not spoil the measure of the feeding.
            reader = ToyReader(150, text=lambda row: "sleep 0.01")
            took[jobs] = run([reader], MakeToy(), journal, jobs=jobs).seconds
    assert took[1] / took[2] > 1.5

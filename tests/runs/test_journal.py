from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from sekisho.errors import JournalError, UsageError
from sekisho.runs.journal import FILENAME, Journal
from sekisho.runs.outcome import Outcome, Position, encode

OPTIONS = {"inputs": "abc", "--profile": "ja-pseudonymized"}


def entry(row: int, source: int = 0) -> tuple[Position, Outcome, bytes]:
    outcome = Outcome.released(f"d{row}", {"所見": f"x{row}"}, secret=b"hidden")
    return Position(source, row), outcome, encode(outcome)


def written(directory: Path, rows: int = 3, key: bytes | None = None) -> Path:
    with Journal.open(directory, OPTIONS, key=key) as journal:
        journal.commit([entry(row) for row in range(1, rows + 1)])
    return directory / FILENAME


def change(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, values)
    connection.close()


def test_outcomes_come_back_in_input_order_whatever_the_order_of_arrival(journal):
    journal.commit([entry(2, source=1), entry(9)])
    journal.commit([entry(1, source=1), entry(10), entry(3)])
    positions = [tuple(position) for position, _ in journal.outcomes()]
    assert positions == [(0, 3), (0, 9), (0, 10), (1, 1), (1, 2)]
    assert [position.row for position, _ in journal.outcomes(1)] == [1, 2]
    assert list(journal.finished_rows(0)) == [3, 9, 10]
    assert journal.status_counts() == {"released": 5}


def test_finished_rows_are_read_beyond_one_page(journal):
    journal.commit([entry(row) for row in range(1, 10_001)])
    assert list(journal.finished_rows(0)) == list(range(1, 10_001))


def test_a_second_run_in_the_folder_is_told_to_resume(tmp_path):
    written(tmp_path)
    with pytest.raises(UsageError, match="--resume"):
        Journal.open(tmp_path, OPTIONS)


def test_resume_with_the_same_options_finds_everything(tmp_path):
    written(tmp_path)
    with Journal.open(tmp_path, OPTIONS, resume=True) as journal:
        assert list(journal.finished_rows(0)) == [1, 2, 3]


def test_resume_says_which_options_differ_but_not_their_values(tmp_path):
    written(tmp_path)
    other = {"inputs": "abc", "--profile": "redact-all", "--model": "m"}
    with pytest.raises(UsageError) as caught:
        Journal.open(tmp_path, other, resume=True)
    assert "--model, --profile" in str(caught.value)
    assert "inputs" not in caught.value.message
    assert "redact-all" not in str(caught.value)


def test_the_values_of_options_and_the_secrets_are_not_in_the_file(tmp_path):
    content = written(tmp_path).read_bytes()
    assert b"ja-pseudonymized" not in content
    assert b"hidden" not in content


def test_resume_without_a_journal_begins_anew(tmp_path):
    with Journal.open(tmp_path / "new", OPTIONS, resume=True) as journal:
        assert list(journal.outcomes()) == []


def test_a_file_left_empty_by_a_kill_is_no_run(tmp_path):
    (tmp_path / FILENAME).touch()
    Journal.open(tmp_path, OPTIONS).close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE outcome SET body = replace(body, 'x2', 'y2') WHERE row = 2",
        "UPDATE outcome SET body = CAST(replace(body, 'x2', 'y2') AS BLOB) WHERE row = 2",
        "UPDATE outcome SET status = 'held' WHERE row = 2",
        "UPDATE outcome SET seal = x'00' WHERE row = 2",
        "UPDATE outcome SET body = (SELECT body FROM outcome WHERE row = 1),"
        " seal = (SELECT seal FROM outcome WHERE row = 1) WHERE row = 2",
    ],
)
def test_a_changed_row_is_named(tmp_path, statement):
    change(written(tmp_path), statement)
    with (
        Journal.open(tmp_path, OPTIONS, resume=True) as journal,
        pytest.raises(JournalError, match="row 2 of source 1 was changed"),
    ):
        list(journal.outcomes())


def test_a_journal_is_bound_to_its_key(tmp_path):
    written(tmp_path, key=b"k" * 32)
    for key in (None, b"j" * 32):
        with pytest.raises(JournalError, match="another key"):
            Journal.open(tmp_path, OPTIONS, resume=True, key=key)
    Journal.open(tmp_path, OPTIONS, resume=True, key=b"k" * 32).close()


def test_a_changed_salt_is_seen(tmp_path):
    change(written(tmp_path), "UPDATE run SET value = '00' WHERE name = 'salt'")
    with pytest.raises(JournalError):
        Journal.open(tmp_path, OPTIONS, resume=True)
    change(tmp_path / FILENAME, "UPDATE run SET value = 'no hex' WHERE name = 'salt'")
    with pytest.raises(JournalError, match="damaged"):
        Journal.open(tmp_path, OPTIONS, resume=True)


def test_a_foreign_database_is_refused_and_left_alone(tmp_path):
    change(tmp_path / FILENAME, "CREATE TABLE other (x)")
    before = (tmp_path / FILENAME).read_bytes()
    for resume in (True, False):
        with pytest.raises(JournalError, match=r"not a sekisho journal.*--out"):
            Journal.open(tmp_path, OPTIONS, resume=resume)
    assert (tmp_path / FILENAME).read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / FILENAME).write_bytes("所見".encode() * 1000)
    with pytest.raises(JournalError, match=r"not a sekisho journal"):
        Journal.open(tmp_path, OPTIONS, resume=True)


def test_damaged_pages_are_refused(tmp_path):
    path = written(tmp_path, rows=500)
    content = bytearray(path.read_bytes())
    content[8192 : len(content) - 4096] = bytes(len(content) - 8192 - 4096)
    path.write_bytes(content)
    with pytest.raises(JournalError, match="damaged"):
        Journal.open(tmp_path, OPTIONS, resume=True)


def test_a_truncated_journal_is_refused(tmp_path):
    path = written(tmp_path, rows=500)
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(JournalError, match="damaged"):
        Journal.open(tmp_path, OPTIONS, resume=True)


def test_a_journal_of_a_later_version_is_refused(tmp_path):
    change(written(tmp_path), "PRAGMA user_version = 99")
    with pytest.raises(JournalError, match="another version"):
        Journal.open(tmp_path, OPTIONS, resume=True)


def test_two_runs_cannot_share_a_journal(tmp_path):
    with (
        Journal.open(tmp_path, OPTIONS),
        pytest.raises(JournalError, match="in use by another run"),
    ):
        Journal.open(tmp_path, OPTIONS, resume=True)


def test_an_id_is_seen_again_even_after_a_resume(tmp_path):
    with Journal.open(tmp_path, OPTIONS) as journal:
        assert journal.first_seen("0123", Position(0, 1)) is None
        assert journal.first_seen("0123", Position(0, 5)) == (0, 1)
        journal.commit([entry(1)])
        journal.first_seen("4567", Position(0, 2))  # fed, never finished
    with Journal.open(tmp_path, OPTIONS, resume=True) as journal:
        assert journal.first_seen("4567", Position(0, 2)) is None
        assert journal.first_seen("0123", Position(0, 5)) == (0, 1)
    assert b"0123" not in (tmp_path / FILENAME).read_bytes()


def test_hashed_ids_are_forgotten_when_the_run_is_finished(tmp_path):
    with Journal.open(tmp_path, OPTIONS) as journal:
        journal.first_seen("0123", Position(0, 1))
        journal.commit([entry(1)])
        assert not journal.finished
        journal.finish()
        assert journal.finished
    connection = sqlite3.connect(tmp_path / FILENAME)
    assert connection.execute("SELECT * FROM seen").fetchall() == []
    connection.close()
    assert not (tmp_path / f"{FILENAME}-wal").exists()


def test_a_failed_commit_leaves_nothing(journal):
    with pytest.raises(JournalError):
        journal.commit([entry(1), (Position(0, None), *entry(2)[1:])])
    assert list(journal.outcomes()) == []
    journal.commit([entry(1)])


def test_the_file_is_for_its_owner_only(tmp_path):
    assert stat.S_IMODE(written(tmp_path).stat().st_mode) == 0o600


def test_a_finished_journal_can_be_read(tmp_path):
    written(tmp_path)
    with Journal.read(tmp_path) as journal:
        assert len(list(journal.outcomes())) == 3
    with pytest.raises(UsageError, match="no run"):
        Journal.read(tmp_path / "elsewhere")

from __future__ import annotations

import io

import pytest

from sekisho.runs.progress import Bar, Lines, Pace, open_progress


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_records_of_an_earlier_run_do_not_count_for_the_speed(clock):
    pace = Pace(1000, clock)
    clock.now = 3
    pace.add(500, resumed=True)
    clock.now = 5
    pace.add(100, resumed=False)
    assert pace.rate == 50
    assert pace.left_s == 8
    assert str(pace) == "600 of 1,000 documents (60 %), 50/s, 0:08 left"


def test_without_a_total_there_is_only_a_count(clock):
    pace = Pace(None, clock)
    clock.now = 10
    pace.add(5, resumed=False)
    assert str(pace) == "5 documents, 0.5/s"


def test_hours_are_shown(clock):
    pace = Pace(10_000, clock)
    clock.now = 1
    pace.add(1, resumed=False)
    assert str(pace).endswith("2:46:39 left")


def test_an_empty_input_is_done(clock):
    assert str(Pace(0, clock)).startswith("0 of 0 documents (100 %)")


def test_lines_come_every_five_seconds(clock):
    stream = io.StringIO()
    with Lines(None, stream, clock=clock) as lines:
        for clock.now in range(1, 13):
            lines.advance()
    assert [line.split()[0] for line in stream.getvalue().splitlines()] == ["5", "10", "12"]


def test_lines_come_every_tenth_but_not_more_than_once_a_second(clock):
    stream = io.StringIO()
    with Lines(100, stream, clock=clock) as lines:
        for step in range(1, 101):
            clock.now = step / 8
            lines.advance()
    said = [int(line.split()[0]) for line in stream.getvalue().splitlines()]
    assert said == list(range(10, 101, 10))
    stream = io.StringIO()
    with Lines(100, stream, clock=clock) as lines:
        lines.advance(100)
    assert len(stream.getvalue().splitlines()) == 1


def test_a_terminal_gets_a_bar():
    stream = Terminal()
    with open_progress(10, stream) as progress:
        assert isinstance(progress, Bar)
        progress.advance(4)
    assert "4 of 10 documents (40 %)" in stream.getvalue()


def test_a_terminal_without_a_total_gets_a_count():
    stream = Terminal()
    with open_progress(None, stream) as progress:
        progress.advance(4)
    assert "4 documents" in stream.getvalue()


def test_a_file_gets_lines():
    stream = io.StringIO()
    with open_progress(10, stream) as progress:
        progress.advance(10)
    assert stream.getvalue().count("\n") == 1

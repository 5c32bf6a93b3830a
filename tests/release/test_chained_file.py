"""A chained file: every change of it is found, and a crash at any byte loses no line before it."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import AuditError, OutputError
from sekisho.release.audit import FIRST, canonical, chain_hash
from sekisho.release.chained_file import ChainedFile, Mark, typed

EVENTS = typed({"note": {"text": str, "count": int}, "end": {}})
NAME = "chain.jsonl"
#: The torn line that a crash leaves in some tests.
TORN = b'{"count":3,"event":"no'
NO_ROOM = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def clock() -> str:
    return "2026-03-01T12:00:00+00:00"


def note(file: ChainedFile, text: str = "a", number: int = 0) -> None:
    file.append("note", {"text": text, "count": number}, clock=clock)


def written(path: Path, lines: int = 4) -> ChainedFile:
    file = ChainedFile(path, EVENTS)
    for number in range(lines):
        note(file, "架空 " + "x" * number, number)
    return file


def again(path: Path) -> ChainedFile:
    return ChainedFile(path, EVENTS)


def chained(**line: Any) -> bytes:
    """A line with its own hash, whatever it says."""
    return canonical(line | {"hash": chain_hash(line)})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / NAME


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, Mark]:
    """A place to write to, what a sound file of four lines holds, and its mark."""
    path = tmp_path_factory.mktemp("chain") / NAME
    mark = written(path).mark
    return path, path.read_bytes(), mark


def found(path: Path, content: bytes, mark: Mark) -> bool:
    """Whether a reader who holds the mark sees that ``content`` is not what was written."""
    path.write_bytes(content)
    try:
        file = again(path)
        file.expect(mark)
    except AuditError:
        return True
    return not file.ended or file.mark != mark


# Reading back


def test_a_file_that_is_not_there_is_empty_and_is_not_made(path: Path) -> None:
    file = again(path)
    assert list(file.lines) == []
    assert file.mark == Mark(0, FIRST)
    assert file.ended
    assert not path.parent.exists()
    with pytest.raises(AuditError, match="cannot be read"):
        ChainedFile(path, EVENTS, must_exist=True)


def test_lines_are_read_back_as_they_were_written(path: Path) -> None:
    file = written(path)
    read = again(path)
    assert list(read.lines) == list(file.lines)
    assert [line["count"] for line in read.lines] == [0, 1, 2, 3]
    assert read.mark == file.mark == Mark(4, read.lines[-1]["hash"])
    assert path.stat().st_mode & 0o077 == 0
    note(read)
    again(path).expect(file.mark)


def test_reading_changes_nothing(path: Path) -> None:
    written(path)
    with open(path, "ab") as file:
        file.write(TORN)
    before = path.read_bytes()
    assert not again(path).ended
    assert path.read_bytes() == before


def test_no_text_of_a_line_is_shown(path: Path) -> None:
    assert "架空" not in repr(written(path))
    with pytest.raises(ValueError, match="no line") as caught:
        again(path).append("note", {"text": "架空花子"}, clock=clock)
    assert "架空" not in str(caught.value)


# What was changed


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_changed_byte_is_an_error(sound: tuple[Path, bytes, Mark], at: int, byte: int) -> None:
    path, content, _ = sound
    at %= len(content)
    if content[at] == byte:
        byte ^= 1
    path.write_bytes(content[:at] + bytes([byte]) + content[at + 1 :])
    with pytest.raises(AuditError, match=f"{NAME}:[1-5]: "):
        again(path)


@pytest.mark.parametrize(
    ("written_as", "changed"),
    [
        (b'"count":', b'"count": '),
        (b'{"count":', b'{"count":9,"count":'),
        (b'"note"', b'"not\\u0065"'),
        (b"\n", b"\r\n"),
    ],
)
def test_the_same_line_written_in_another_way_is_an_error(
    sound: tuple[Path, bytes, Mark], written_as: bytes, changed: bytes
) -> None:
    path, content, _ = sound
    path.write_bytes(content.replace(written_as, changed, 1))
    with pytest.raises(AuditError, match=f"{NAME}:1: the line was changed"):
        again(path)


@pytest.mark.parametrize("byte", [b"x", b"}", b" ", b"\0", b"\xff"])
def test_a_whole_line_is_not_taken_for_a_torn_one_when_its_line_end_was_changed(
    sound: tuple[Path, bytes, Mark], byte: bytes
) -> None:
    path, content, _ = sound
    path.write_bytes(content[:-1] + byte)
    with pytest.raises(AuditError, match=f"{NAME}:4: the line was changed"):
        again(path)


@settings(max_examples=200, deadline=None)
@given(start=st.integers(0, 10_000), length=st.integers(1, 2_000))
def test_any_cut_is_found(sound: tuple[Path, bytes, Mark], start: int, length: int) -> None:
    path, content, mark = sound
    start %= len(content)
    assert found(path, content[:start] + content[start + length :], mark)


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 10_000), put=st.binary(min_size=1, max_size=40))
def test_any_insertion_is_found(sound: tuple[Path, bytes, Mark], at: int, put: bytes) -> None:
    path, content, mark = sound
    at %= len(content) + 1
    assert found(path, content[:at] + put + content[at:], mark)


@settings(max_examples=60, deadline=None)
@given(order=st.lists(st.integers(0, 3), max_size=6).filter(lambda order: order != [0, 1, 2, 3]))
def test_any_other_order_of_its_lines_is_found(
    sound: tuple[Path, bytes, Mark], order: list[int]
) -> None:
    path, content, mark = sound
    lines = content.splitlines(keepends=True)
    assert found(path, b"".join(lines[each] for each in order), mark)


@pytest.mark.parametrize("line", range(4))
def test_the_line_that_was_changed_is_named(path: Path, line: int) -> None:
    written(path)
    lines = path.read_bytes().splitlines(keepends=True)
    changed = lines[line].replace(b'"count":', b'"count":1')
    path.write_bytes(b"".join([*lines[:line], changed, *lines[line + 1 :]]))
    with pytest.raises(AuditError, match=f"{NAME}:{line + 1}: the line was changed"):
        again(path)
    path.write_bytes(b"".join([*lines[:line], lines[(line + 1) % 4], *lines[line + 1 :]]))
    with pytest.raises(AuditError, match=f"{NAME}:{line + 1}: the line does not follow"):
        again(path)


LINE: dict[str, Any] = {
    "event": "note",
    "time": clock(),
    "seq": 0,
    "prev": FIRST,
    "text": "a",
    "count": 1,
}


@pytest.mark.parametrize(
    "other",
    [
        {"more": 1},
        {"event": "nothing"},
        {"event": ["note"]},
        {"event": "end"},
        {"event": "mended", "bytes": 1},
        {"count": True},
        {"count": 1.0},
        {"seq": False},
        {"seq": 0.0},
        {"seq": 1},
        {"prev": "1" * 64},
        {"time": None},
    ],
)
def test_a_line_of_another_form_is_refused_though_its_hash_is_right(
    path: Path, other: dict[str, Any]
) -> None:
    path.parent.mkdir()
    path.write_bytes(chained(**LINE) + b"\n")
    assert again(path).mark.lines == 1
    for end in (b"\n", b""):
        path.write_bytes(chained(**LINE | other) + end)
        with pytest.raises(AuditError, match=f"{NAME}:1: "):
            again(path)


@pytest.mark.parametrize(
    "content",
    [
        b"\n",
        b"notes\n",
        b"notes of the ward",
        b'{"a":1}',
        b"[",
        b'{"a":' * 100_000 + b"\n",
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"\xff\xfe\n",
    ],
)
def test_a_file_of_something_else_is_refused(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(AuditError, match=f"{NAME}:1: "):
        again(path)
    assert path.read_bytes() == content


def test_a_cut_or_exchanged_file_is_not_the_one_of_its_mark(path: Path, tmp_path: Path) -> None:
    mark = written(path).mark
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    with pytest.raises(AuditError, match=f"{NAME}: lines at its end are missing"):
        again(path).expect(mark)
    other = again(tmp_path / "other.jsonl")
    for number in range(5):
        note(other, "b", number)
    with pytest.raises(AuditError, match="in the place of another"):
        other.expect(mark)
    other.expect(Mark(0, FIRST))


# What a crash leaves


@settings(max_examples=150, deadline=None)
@given(kept=st.integers(0, 10_000))
def test_a_crash_at_any_byte_loses_no_line_before_it_and_is_told(
    sound: tuple[Path, bytes, Mark], kept: int
) -> None:
    path, content, _ = sound
    kept %= len(content) + 1
    path.write_bytes(content[:kept])
    whole = content[: kept + 1].count(b"\n")
    rest = kept - content.rfind(b"\n", 0, kept) - 1
    torn = 0 if content[kept : kept + 1] == b"\n" else rest
    file = again(path)
    assert file.mark.lines == whole
    assert file.ended == (rest == 0)
    note(file, "after")
    note(file, "and after that")
    read = again(path)
    assert read.ended
    assert list(read.lines) == list(file.lines)
    told = [line["bytes"] for line in read.lines if line["event"] == "mended"]
    assert told == ([torn] if torn else [])
    assert read.mark.lines == whole + bool(torn) + 2


@pytest.mark.parametrize("torn", [TORN, TORN + b"\0" * 9, b"\0" * 20, b"{"])
def test_zeros_in_the_place_of_a_line_are_torn_off_too(path: Path, torn: bytes) -> None:
    """As some file systems leave them when the power fails."""
    written(path, 1)
    with open(path, "ab") as file:
        file.write(torn)
    note(again(path))
    assert [line["event"] for line in again(path).lines] == ["note", "mended", "note"]
    assert again(path).lines[1]["bytes"] == len(torn)


KILLED = """
import os, signal, sys
from pathlib import Path

from sekisho.release.chained_file import ChainedFile, typed

file = ChainedFile(Path(sys.argv[1]), typed({"note": {}}))
file.append("note", {}, clock=lambda: "2026-03-01")
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
file.append("note", {}, clock=lambda: "2026-03-02")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_process_leaves_a_sound_file(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], timeout=300, check=False)
    assert done.returncode == -9
    assert ChainedFile(path, typed({"note": {}})).mark.lines in {1, 2}


# Others, and a disk that fails


def appended(path: Path) -> None:
    note(again(path))


def replaced(path: Path) -> None:
    content = path.read_bytes()
    path.rename(path.with_name("before"))
    path.write_bytes(content)


def longer(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


def shorter(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


@pytest.mark.parametrize("change", [appended, replaced, longer, shorter])
def test_what_somebody_else_changed_is_not_written_to(
    path: Path, change: Callable[[Path], None]
) -> None:
    file = written(path)
    mark = file.mark
    change(path)
    content = path.read_bytes()
    for _ in range(2):
        with pytest.raises(OutputError, match=f"{NAME}: cannot be written: somebody else"):
            note(file)
    assert path.read_bytes() == content
    assert file.mark == mark


def test_a_file_that_was_made_meanwhile_is_not_written_to(path: Path) -> None:
    first, second = again(path), again(path)
    note(first)
    with pytest.raises(OutputError, match="somebody else"):
        note(second)
    assert again(path).mark == first.mark


def test_a_removed_file_is_not_begun_anew(path: Path) -> None:
    file = written(path)
    path.unlink()
    with pytest.raises(OutputError, match="cannot be written: No such file"):
        note(file)
    assert not path.exists()


def test_many_threads_append_one_chain_with_times_in_order(path: Path) -> None:
    file, times = again(path), count()

    def ten() -> None:
        for _ in range(10):
            file.append("end", {}, clock=lambda: f"{next(times):03}")

    many = [threading.Thread(target=ten) for _ in range(4)]
    for each in many:
        each.start()
    for each in many:
        each.join()
    assert [line["time"] for line in again(path).lines] == [f"{at:03}" for at in range(40)]


class Full(io.FileIO):
    """A file on a disk that has room for seven bytes more, and then for none."""

    room = 7

    def write(self, content: Any) -> int:
        if not self.room:
            raise NO_ROOM
        written = super().write(memoryview(content)[: self.room])
        self.room -= written
        return written


def full(name: str, fails: BaseException) -> Callable[[pytest.MonkeyPatch], None]:
    def failing(*given: Any) -> None:
        raise fails

    return lambda patched: patched.setattr(f"sekisho.release.chained_file.os.{name}", failing)


def no_room(patched: pytest.MonkeyPatch) -> None:
    def opened(place: Any, mode: str, **how: Any) -> io.FileIO:
        return Full(place, "r+b")

    patched.setattr("sekisho.release.chained_file.open", opened, raising=False)


@pytest.mark.parametrize("fails", [no_room, full("fsync", NO_ROOM)], ids=["write", "fsync"])
@pytest.mark.parametrize("torn", [b"", TORN])
@pytest.mark.parametrize("lines", [0, 3])
def test_a_full_disk_is_told_and_the_file_goes_on_when_there_is_room(
    path: Path,
    fails: Callable[[pytest.MonkeyPatch], None],
    torn: bytes,
    lines: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path.parent.mkdir()
    mark = written(path, lines).mark
    with open(path, "ab") as content:
        content.write(torn)
    file = again(path)
    for _ in range(2):
        with monkeypatch.context() as patched:
            fails(patched)
            with pytest.raises(OutputError, match=f"{NAME}: the disk is full"):
                note(file)
        assert again(path).mark == file.mark == mark
    note(file)
    assert [line["event"] for line in again(path).lines[lines:]] == ["mended"] * bool(torn) + [
        "note"
    ]
    assert list(again(path).lines) == list(file.lines)


def test_a_line_that_can_not_be_taken_back_is_followed_by_none(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stuck(Full):
        cuts = 0

        def truncate(self, size: int | None = None, /) -> int:
            self.cuts += 1
            if self.cuts > 1:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return super().truncate(size)

    file = written(path)
    with monkeypatch.context() as patched:
        patched.setattr(
            "sekisho.release.chained_file.open",
            lambda place, mode, **how: Stuck(place, "r+b"),
            raising=False,
        )
        with pytest.raises(OutputError, match="full"):
            note(file)
    with pytest.raises(OutputError, match="somebody else"):
        note(file)
    assert not again(path).ended
    note(again(path))
    assert again(path).lines[-2]["bytes"] == Full.room


@pytest.mark.skipif(os.name != "posix", reason="a folder cannot be opened")
def test_a_new_file_is_on_the_disk_with_its_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[bool] = []
    monkeypatch.setattr(
        "sekisho.release.chained_file.os.fsync",
        lambda descriptor: waited.append(stat.S_ISDIR(os.fstat(descriptor).st_mode)),
    )
    written(path, 2)
    assert waited == [True, False, False]


def test_an_interrupted_line_is_taken_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(path)
    content = path.read_bytes()
    with monkeypatch.context() as patched:
        full("fsync", KeyboardInterrupt())(patched)
        with pytest.raises(KeyboardInterrupt):
            note(file)
    assert path.read_bytes() == content
    note(file)
    assert again(path).mark.lines == 5


# What may be written


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("note", {"text": "a"}),
        ("note", {"text": "a", "count": True}),
        ("note", {"text": "a", "count": 1, "more": 1}),
        ("end", {"seq": 7}),
        ("end", {"hash": "0" * 64}),
        ("nothing", {}),
        ("mended", {}),
    ],
)
def test_a_line_that_could_not_be_read_back_is_not_written(
    path: Path, event: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="no line that the file may hold"):
        again(path).append(event, fields, clock=clock)
    assert not path.exists()


def test_a_check_sees_the_lines_before(path: Path) -> None:
    file = ChainedFile(path, lambda line, before: (line["event"] == "start") == (not before))
    with pytest.raises(ValueError, match="no line"):
        file.append("next", {}, clock=clock)
    for event in ("start", "next"):
        file.append(event, {"lists": [1, (2, 3)]}, clock=clock)
    assert file.lines[0]["lists"] == [1, [2, 3]]
    with pytest.raises(ValueError, match="no line"):
        file.append("start", {}, clock=clock)
    rows = [json.loads(row) for row in path.read_bytes().splitlines()]
    rows[1]["event"] = "start"
    path.write_bytes(b"".join(chained(**row) + b"\n" for row in rows))
    with pytest.raises(AuditError, match=f"{NAME}:2: "):
        ChainedFile(path, lambda line, before: (line["event"] == "start") == (not before))

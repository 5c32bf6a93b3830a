"""The ledger of a study: a chain that tells what was cut, and survives a kill."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import AuditError, OutputError
from sekisho.optimization.ledger import FILENAME, Ledger, Mark
from sekisho.release.audit import canonical, chain_hash

STUDY, OTHER, DATA = "a" * 64, "b" * 64, "c" * 64
NOON = "2026-03-01T12:00:00+00:00"


def opened(path: Path) -> Ledger:
    """A ledger with one opening that was measured to its end."""
    ledger = Ledger(path)
    ledger.begin(STUDY, {"development": DATA, "held-out": ""}, at=NOON)
    number = ledger.opening(
        data="shipped", finalists=["a/long", "b/short"], fingerprint=STUDY, reopened=False, at=NOON
    ).number
    ledger.opened(number, digest=DATA, documents=60, at=NOON)
    ledger.closed(number, at=NOON)
    ledger.end(at=NOON)
    return ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "study" / FILENAME


def test_a_ledger_that_is_not_there_is_empty_and_makes_no_file(path: Path) -> None:
    ledger = Ledger(path)
    assert ledger.openings == ()
    assert ledger.begun is None
    assert ledger.mark == Mark(0, "0" * 64)
    assert not path.exists()


def test_everything_is_read_back_as_it_was_written(path: Path) -> None:
    before = opened(path)
    after = Ledger(path)
    assert after.openings == before.openings
    assert after.mark == before.mark
    assert after.begun == {"development": DATA, "held-out": ""}
    (opening,) = after.openings
    assert (opening.number, opening.digest, opening.documents) == (1, DATA, 60)
    assert opening.finalists == ("a/long", "b/short")
    assert opening.closed
    assert not opening.reopened


def test_a_study_that_begins_again_as_before_adds_no_line(path: Path) -> None:
    ledger = Ledger(path)
    for _ in range(2):
        ledger.begin(STUDY, {"development": DATA}, at=NOON)
    Ledger(path).begin(STUDY, {"development": DATA}, at="2027-01-01T00:00:00Z")
    assert len(path.read_bytes().splitlines()) == 1
    Ledger(path).begin(OTHER, {"development": DATA}, at=NOON)
    assert len(path.read_bytes().splitlines()) == 2


def test_only_the_owner_can_read_it(path: Path) -> None:
    opened(path)
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("line", range(5))
def test_a_changed_line_is_named(path: Path, line: int) -> None:
    opened(path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line] = lines[line].replace(b"2026", b"2025")
    path.write_bytes(b"".join(lines))
    with pytest.raises(AuditError, match=f"{FILENAME}:{line + 1}: the line was changed"):
        Ledger(path)


@pytest.mark.parametrize("line", range(4))
def test_a_missing_line_is_told_by_the_one_after_it(path: Path, line: int) -> None:
    opened(path)
    lines = path.read_bytes().splitlines(keepends=True)
    del lines[line]
    path.write_bytes(b"".join(lines))
    with pytest.raises(AuditError, match=f"{FILENAME}:{line + 1}: the line does not follow"):
        Ledger(path)


def test_two_lines_that_changed_places_are_told(path: Path) -> None:
    opened(path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1], lines[2] = lines[2], lines[1]
    path.write_bytes(b"".join(lines))
    with pytest.raises(AuditError, match=f"{FILENAME}:2: "):
        Ledger(path)


def test_a_line_of_another_form_is_refused_though_its_hash_is_right(path: Path) -> None:
    opened(path)
    lines = path.read_bytes().splitlines()
    line = json.loads(lines[-1]) | {"text": "架空花子"}
    line["hash"] = chain_hash(line)
    path.write_bytes(b"\n".join([*lines[:-1], canonical(line)]) + b"\n")
    with pytest.raises(AuditError, match=f"{FILENAME}:5: the line was changed"):
        Ledger(path)


def test_a_cut_or_exchanged_ledger_is_not_the_one_of_its_mark(path: Path, tmp_path: Path) -> None:
    mark = opened(path).mark
    Ledger(path).expect(mark)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    with pytest.raises(AuditError, match="missing"):
        Ledger(path).expect(mark)
    path.unlink()
    with pytest.raises(AuditError, match="missing"):
        Ledger(path).expect(mark)
    other = Ledger(tmp_path / "other.jsonl")
    for fingerprint in (STUDY, OTHER, STUDY, OTHER, STUDY):
        other.begin(fingerprint, {}, at=NOON)
    with pytest.raises(AuditError, match="another"):
        other.expect(mark)


def test_a_longer_ledger_goes_on_from_its_mark(path: Path) -> None:
    ledger = Ledger(path)
    ledger.begin(STUDY, {}, at=NOON)
    mark = ledger.mark
    ledger.end(at=NOON)
    Ledger(path).expect(mark)


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(min_value=1, max_value=10_000))
def test_a_kill_at_any_byte_of_a_line_loses_no_line_before_it(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("kill") / FILENAME
    opened(path)
    content = path.read_bytes()
    whole = content.splitlines(keepends=True)
    kept = len(content) - cut % (len(content) - len(whole[0]))
    path.write_bytes(content[:kept])
    lines = content[:kept].count(b"\n") + (content[kept : kept + 1] == b"\n")
    ledger = Ledger(path)
    assert ledger.mark.lines == lines
    ledger.begin(OTHER, {}, at=NOON)
    again = Ledger(path)
    torn = not content[:kept].endswith(b"\n") and content[kept : kept + 1] != b"\n"
    assert again.mark.lines == lines + torn + 1
    assert path.read_bytes().startswith(b"".join(whole[:lines]))
    assert (b'"event":"mended"' in path.read_bytes()) == torn


def test_two_runs_at_once_do_not_write_over_each_other(path: Path) -> None:
    first, second = Ledger(path), Ledger(path)
    first.begin(STUDY, {}, at=NOON)
    with pytest.raises(OutputError, match="another process"):
        second.begin(OTHER, {}, at=NOON)
    assert Ledger(path).mark == first.mark


def test_a_full_disk_is_told_and_leaves_a_sound_ledger(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(path)
    ledger.begin(STUDY, {}, at=NOON)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("sekisho.release.chained_file.os.fsync", full)
        with pytest.raises(OutputError, match="full"):
            ledger.end(at=NOON)
    assert Ledger(path).mark.lines == 1
    ledger.end(at=NOON)
    assert Ledger(path).mark.lines == 2


@pytest.mark.parametrize("name", ["", "架空花子\n60歳", "x" * 201, "a\x00b"])
def test_what_could_be_text_of_a_report_is_not_written_nor_shown(path: Path, name: str) -> None:
    ledger = Ledger(path)
    with pytest.raises(ValueError, match="a ledger may hold") as caught:
        ledger.opening(data="shipped", finalists=[name], fingerprint=STUDY, reopened=False, at=NOON)
    assert name not in str(caught.value) or not name
    with pytest.raises(ValueError, match="digest"):
        ledger.begin("架空花子", {}, at=NOON)
    with pytest.raises(ValueError, match="reason"):
        ledger.unread(1, reason="架空 花子", at=NOON)
    with pytest.raises(ValueError, match="time"):
        ledger.end(at="noon")
    assert not path.exists()

"""The sealed set: not a byte of it is read before its opening is on the disk, and then once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sekisho.errors import InputError, SealedError
from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.study_data import DataSet, digest
from sekisho.optimization.ledger import FILENAME, Ledger
from sekisho.optimization.sealing import Sealed, check_readings

STUDY, OTHER = "a" * 64, "b" * 64
FINALISTS = ("model/long", "model/short")


def clock() -> str:
    return "2026-03-01T12:00:00+00:00"


def data(text: str = "架空花子 60歳") -> DataSet:
    documents = (GoldDocument("1", text, ()),)
    return DataSet("shipped", documents, (), "made", digest(documents))


class Loading:
    """A way to load that counts how often it was gone, and may fail."""

    def __init__(self, *, text: str = "架空花子 60歳", trouble: BaseException | None = None):
        self.times, self.text, self.trouble = 0, text, trouble

    def __call__(self) -> DataSet:
        self.times += 1
        if self.trouble is not None:
            raise self.trouble
        return data(self.text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILENAME


def sealed(path: Path, load: Callable[[], DataSet] | None = None) -> Sealed:
    """The set as a new process has it: the ledger is read from the disk."""
    return Sealed(load or Loading(), Ledger(path), name="shipped")


@pytest.mark.parametrize("name", ["data", "documents", "notes", "synthetic", "digest"])
def test_any_access_before_the_opening_fails_and_loads_nothing(path: Path, name: str) -> None:
    load = Loading()
    with pytest.raises(SealedError, match="sealed until the last phase"):
        getattr(sealed(path, load), name)
    assert load.times == 0
    assert not path.exists()


def test_nothing_shows_what_is_sealed(path: Path) -> None:
    held_out = sealed(path)
    assert repr(held_out) == "Sealed('shipped', sealed)"
    held_out.open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)
    assert "架空" not in repr(held_out)
    assert "架空" not in repr(held_out.data)


def test_it_cannot_be_closed_before_it_was_opened(path: Path) -> None:
    with pytest.raises(SealedError):
        sealed(path).close(clock=clock)


def test_an_opening_is_recorded_before_and_its_digest_after_the_reading(path: Path) -> None:
    def load() -> DataSet:
        (opening,) = Ledger(path).openings
        assert (opening.number, opening.digest, opening.finalists) == (1, "", FINALISTS)
        return data()

    held_out = sealed(path, load)
    found = held_out.open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)
    (opening,) = Ledger(path).openings
    assert opening.digest == found.digest == held_out.digest
    assert (opening.documents, opening.reopened, opening.closed) == (1, False, False)
    assert opening.at == clock()
    assert held_out.documents == found.documents
    assert "架空" not in path.read_text(encoding="utf-8")


def test_without_finalists_it_stays_closed(path: Path) -> None:
    load = Loading()
    with pytest.raises(SealedError, match="there are none"):
        sealed(path, load).open(finalists=(), fingerprint=STUDY, clock=clock)
    assert load.times == 0


def test_when_the_ledger_cannot_be_written_nothing_is_read(path: Path) -> None:
    load = Loading()
    held_out = sealed(path, load)
    path.mkdir()
    with pytest.raises(Exception, match="cannot be written"):
        held_out.open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)
    assert load.times == 0


def opened_and_closed(path: Path) -> None:
    held_out = sealed(path)
    held_out.open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)
    held_out.close(clock=clock)
    held_out.close(clock=clock)


def test_a_second_look_is_refused_unless_it_is_reopened(path: Path) -> None:
    opened_and_closed(path)
    load = Loading()
    with pytest.raises(SealedError, match="everything was measured") as caught:
        sealed(path, load).open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)
    assert "--reopen" in str(caught.value)
    assert load.times == 0
    again = sealed(path, load)
    again.open(finalists=("model/other",), fingerprint=OTHER, clock=clock, reopen=True)
    first, second = Ledger(path).openings
    assert (first.reopened, second.reopened) == (False, True)
    assert (second.number, second.finalists) == (2, ("model/other",))
    assert load.times == 1


def test_the_same_process_cannot_look_twice_either(path: Path) -> None:
    held_out = sealed(path)
    held_out.open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)
    held_out.close(clock=clock)
    with pytest.raises(SealedError):
        held_out.open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)


@pytest.mark.parametrize(
    ("finalists", "fingerprint"),
    [(("model/long",), STUDY), (FINALISTS[::-1], STUDY), (FINALISTS, OTHER)],
)
def test_others_than_those_it_was_opened_for_are_refused(
    path: Path, finalists: tuple[str, ...], fingerprint: str
) -> None:
    sealed(path).open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)
    load = Loading()
    with pytest.raises(SealedError, match="for others"):
        sealed(path, load).open(finalists=finalists, fingerprint=fingerprint, clock=clock)
    assert load.times == 0


def test_going_on_after_a_kill_is_no_second_look(path: Path) -> None:
    killed = sealed(path, Loading(trouble=KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        killed.open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)
    (opening,) = Ledger(path).openings
    assert opening.digest == ""
    for _ in range(2):
        resumed = sealed(path)
        resumed.open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)
    (opening,) = Ledger(path).openings
    assert (opening.number, opening.reopened) == (1, False)
    assert opening.digest == resumed.digest


KILLED = """
import os, signal, sys
from pathlib import Path

from sekisho.optimization.ledger import Ledger
from sekisho.optimization.sealing import Sealed

def load():
    os.kill(os.getpid(), signal.SIGKILL)

sealed = Sealed(load, Ledger(Path(sys.argv[1])), name="shipped")
sealed.open(
    finalists=["model/long", "model/short"],
    fingerprint="a" * 64,
    clock=lambda: "2026-03-01T12:00:00Z",
)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_kill_between_the_opening_and_the_reading_leaves_the_opening(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], timeout=300, check=False)
    assert done.returncode == -9
    (opening,) = Ledger(path).openings
    assert (opening.digest, opening.unread, opening.closed) == ("", "", False)
    load = Loading()
    with pytest.raises(SealedError, match="for others"):
        sealed(path, load).open(finalists=("model/other",), fingerprint=STUDY, clock=clock)
    assert load.times == 0
    sealed(path).open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)
    assert [each.reopened for each in Ledger(path).openings] == [False]


def test_saying_reopen_while_going_on_makes_no_second_opening(path: Path) -> None:
    sealed(path).open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)
    sealed(path).open(finalists=FINALISTS, fingerprint=STUDY, clock=clock, reopen=True)
    assert len(Ledger(path).openings) == 1


def test_going_on_with_other_reports_is_refused(path: Path) -> None:
    sealed(path).open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)
    exchanged = sealed(path, Loading(text="架空太郎 60歳"))
    with pytest.raises(SealedError, match="not those that were opened"):
        exchanged.open(finalists=FINALISTS, fingerprint=STUDY, clock=clock)
    with pytest.raises(SealedError, match="sealed"):
        _ = exchanged.documents
    exchanged.open(finalists=FINALISTS, fingerprint=STUDY, clock=clock, reopen=True)
    first, second = Ledger(path).openings
    assert second.reopened
    assert first.digest != second.digest


def test_a_set_that_could_not_be_read_gave_nothing_away(path: Path) -> None:
    with pytest.raises(InputError):
        sealed(path, Loading(trouble=InputError("no such file"))).open(
            finalists=FINALISTS, fingerprint=STUDY, clock=clock
        )
    sealed(path).open(finalists=FINALISTS, fingerprint=OTHER, clock=clock)
    first, second = Ledger(path).openings
    assert (first.unread, first.digest) == ("InputError", "")
    assert (second.number, second.reopened) == (2, False)


def test_readings_without_an_opening_are_refused(path: Path) -> None:
    check_readings(Ledger(path), 0)
    opened_and_closed(path)
    check_readings(Ledger(path), 180)
    path.unlink()
    with pytest.raises(SealedError, match="180 readings"):
        check_readings(Ledger(path), 180)


WATCHED = """
import json, os, sys
from pathlib import Path

folder, reads, writes = Path(sys.argv[1]), [], []

def watch(event, args):
    if event == "open":
        reads.append(str(args[0]))
        if (args[2] or 0) & (os.O_RDWR | os.O_WRONLY):
            writes.append((reads[-1], len(reads)))

sys.addaudithook(watch)

from sekisho.errors import SealedError
from sekisho.evaluation import study_data
from sekisho.optimization.ledger import Ledger
from sekisho.optimization.sealing import Sealed

def touched(name):
    return any(read.endswith(name) for read in reads)

def load():
    return study_data.load(HELD_OUT, folder, split="held-out")

study_data.present(HELD_OUT, folder, split="held-out")
study_data.load(DEVELOPMENT, folder, split="development")
sealed = Sealed(load, Ledger(folder / "ledger.jsonl"), name="held-out")
try:
    sealed.documents
except SealedError:
    refused = True
before = touched(FILE)
sealed.open(finalists=["a"], fingerprint="a" * 64, clock=lambda: "2026-03-01T12:00:00Z")
written = min(at for name, at in writes if name.endswith("ledger.jsonl"))
print(json.dumps({
    "refused": refused,
    "before": before,
    "after": touched(FILE),
    "ledger first": written < [read.endswith(FILE) for read in reads].index(True),
    "documents": len(sealed.documents),
}))
"""


def watched(folder: Path, development: str, held_out: str, file: str) -> dict[str, object]:
    """What a process of its own opened, before and after the seal was broken."""
    stated = f"DEVELOPMENT, HELD_OUT, FILE = {development!r}, {held_out!r}, {file!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", stated + WATCHED, str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


EXPECTED = {"refused": True, "before": False, "after": True, "ledger first": True}


def test_no_process_opens_gold_of_the_held_out_part_before_the_seal_is_broken(
    tmp_path: Path,
) -> None:
    for name, id in (("dev.jsonl", "d"), ("sealed.jsonl", "h")):
        row = {"id": id, "text": f"架空花子 {id}", "spans": []}
        tmp_path.joinpath(name).write_text(json.dumps(row), encoding="utf-8")
    found = watched(tmp_path, "dev.jsonl", "sealed.jsonl", "sealed.jsonl")
    assert found == EXPECTED | {"documents": 1}


def test_no_process_opens_the_held_out_part_of_a_clone_before_the_seal_is_broken(
    tmp_path: Path,
) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("development", "held_out"):
        text = f"report,labels\n氏名：架空花子 検査番号 {name},氏名：架空花子\n"
        clone.joinpath(f"{name}.csv").write_text(text, encoding="utf-8")
    found = watched(tmp_path, "wada:clone", "wada:clone", "held_out.csv")
    assert found == EXPECTED | {"documents": 1}

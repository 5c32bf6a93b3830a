from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from toy import MakeToy, ToyReader

from sekisho.errors import JournalError, OutputError
from sekisho.runs.assembly import Target, assemble
from sekisho.runs.engine import run
from sekisho.runs.files import json_line, replacing
from sekisho.runs.outcome import Outcome, Position, encode

HERE = Path(__file__).parent


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def target(reader: ToyReader, path: str = "released.jsonl") -> Target:
    return Target(reader, path, "toy.jsonl")


TEXTS = {1: "所見 a", 2: "hold x", 3: "raise x", 4: "所見 b"}


def test_outputs_stand_in_input_order(journal, tmp_path):
    reader = ToyReader(4, text=TEXTS.__getitem__)
    run([reader], MakeToy(), journal)
    totals, outputs = assemble(tmp_path, journal, [target(reader)])
    released = lines(tmp_path / "released.jsonl")
    assert [row["番号"] for row in released] == ["00001", "00004"]
    assert [row["id"] for row in lines(tmp_path / "spans.jsonl")] == ["d1", "d2", "d4"]
    assert lines(tmp_path / "spans.jsonl")[1]["spans"] == [
        {"start": 0, "end": 4, "category": "NAME"}
    ]
    assert lines(tmp_path / "held.jsonl") == [
        {
            "id": "d2",
            "source": "toy.jsonl",
            "row": 2,
            "status": "held",
            "reason": "residual_identifier",
            "detail": "one is left",
        },
        {
            "id": "1-3",
            "source": "toy.jsonl",
            "row": 3,
            "status": "failed",
            "reason": "error:ValueError",
            "detail": "the work ended with an unexpected error",
        },
    ]
    assert totals.statuses == {"released": 2, "held": 1, "failed": 1}
    assert totals.categories == {"NAME": 2}
    assert totals.reasons == {"residual_identifier": 1, "error:ValueError": 1}
    assert [output.path for output in outputs] == ["released.jsonl", "spans.jsonl", "held.jsonl"]
    content = (tmp_path / "held.jsonl").read_bytes()
    assert outputs[2].sha256 == hashlib.sha256(content).hexdigest()
    assert outputs[2].size == len(content)
    assert not list(tmp_path.glob(".partial*"))


def test_each_source_has_its_file_even_without_records(journal, tmp_path):
    readers = [ToyReader(2), ToyReader(0), ToyReader(1)]
    run(readers, MakeToy(), journal)
    targets = [target(reader, f"released/{n}.jsonl") for n, reader in enumerate(readers)]
    assemble(tmp_path, journal, targets)
    sizes = [len(lines(tmp_path / "released" / f"{n}.jsonl")) for n in range(3)]
    assert sizes == [2, 0, 1]


def test_a_source_that_broke_off_stands_in_held(journal, tmp_path):
    reader = ToyReader(5, breaks_at=3)
    run([reader], MakeToy(), journal)
    assemble(tmp_path, journal, [target(reader)])
    (row,) = lines(tmp_path / "held.jsonl")
    assert (row["id"], row["row"], row["reason"]) == (None, 3, "unreadable_source")


def test_spans_of_several_columns_say_which(journal, tmp_path):
    span = {"start": 0, "end": 1, "category": "NAME"}
    outcome = Outcome.released("1", {"a": "", "b": ""}, spans={"a": [span], "b": [span]})
    journal.commit([(Position(0, 1), outcome, encode(outcome))])
    assemble(tmp_path, journal, [target(ToyReader(1))])
    (row,) = lines(tmp_path / "spans.jsonl")
    assert row["spans"] == [{"column": "a", **span}, {"column": "b", **span}]


def test_assembling_twice_gives_the_same_bytes(journal, tmp_path):
    reader = ToyReader(50)
    run([reader], MakeToy(), journal)
    _, first = assemble(tmp_path, journal, [target(reader)])
    _, second = assemble(tmp_path, journal, [target(reader)])
    assert first == second


def test_a_full_disk_is_one_line_and_leaves_no_half_file(journal, tmp_path):
    reader = ToyReader(2000, full=True)
    run([reader], MakeToy(), journal)
    (tmp_path / "held.jsonl").write_text("before")
    with pytest.raises(OutputError, match=r"released.jsonl: the disk is full .*--resume"):
        assemble(tmp_path, journal, [target(reader)])
    assert (tmp_path / "held.jsonl").read_text() == "before"
    assert not list(tmp_path.glob(".partial*"))
    reader.full = False
    assemble(tmp_path, journal, [target(reader)])
    assert len(lines(tmp_path / "released.jsonl")) == 2000


def test_a_folder_without_the_right_to_write_is_one_line(journal, tmp_path):
    reader = ToyReader(2)
    run([reader], MakeToy(), journal)
    (tmp_path / "released").write_text("a file where the folder should be")
    with pytest.raises(OutputError, match="cannot be written"):
        assemble(tmp_path, journal, [target(reader, "released/1.jsonl")])


def test_a_changed_journal_releases_nothing(journal, tmp_path):
    reader = ToyReader(3)
    run([reader], MakeToy(), journal)
    journal._connection.execute("UPDATE outcome SET body = CAST('{}' AS BLOB) WHERE row = 2")
    with pytest.raises(JournalError, match="row 2"):
        assemble(tmp_path, journal, [target(reader)])
    assert not (tmp_path / "released.jsonl").exists()


def test_lone_surrogates_are_escaped():
    assert json.loads(json_line({"id": "a\ud800"})) == {"id": "a\ud800"}
    assert json_line({"id": "所見"}) == '{"id": "所見"}\n'.encode()


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(OutputError), replacing(path) as partial:
        partial.write_text("half") and partial.touch(exist_ok=False)
    assert os.listdir(tmp_path) == ["a.txt"]
    assert path.read_text() == "before"


def test_a_block_that_writes_nothing_removes_the_file(tmp_path):
    (tmp_path / "a.txt").write_text("stale")
    with replacing(tmp_path / "a.txt"):
        pass
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("limit", [20_000, 60_000, 200_000, 500_000])
def test_a_run_over_the_file_size_limit_is_finished_by_resume(start, tmp_path, limit):
    options = {"count": 1000, "jobs": 2, "batch": 50}
    undisturbed = start(tmp_path / "a", **options)
    limited = start(tmp_path / "b", **options, file_limit=limit)
    code, said, err = limited.end()
    assert code == 2, (said, err)
    assert said[-1].startswith("OutputError")
    assert "the disk is full" in said[-1]
    assert err == ""
    assert undisturbed.end()[0] == 0
    assert start(tmp_path / "b", **options).end()[0] == 0
    for name in ("released.jsonl", "spans.jsonl", "held.jsonl"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_run_on_a_full_disk_is_finished_by_resume(tmp_path):
    script = f"""
        mount -t tmpfs -o size=400k none {tmp_path} || exit 77
        run() {{ {sys.executable} {HERE / "toy_run.py"} {tmp_path} '{{"count": 2000}}'; }}
        run; echo code $?
        mount -o remount,size=20m {tmp_path}
        run; echo code $?
        wc -l < {tmp_path}/released.jsonl
    """
    try:
        done = subprocess.run(
            ["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, timeout=60
        )
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if "code" not in done.stdout:
        pytest.skip("no private mounts here")
    said = done.stdout.splitlines()
    assert "the disk is full" in done.stdout
    assert [line for line in said if line.startswith("code")] == ["code 2", "code 0"]
    assert said[-1].strip() == "2000"
    assert "Traceback" not in done.stderr

from __future__ import annotations

import errno
import hashlib
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.errors import AuditError, OutputError, UnmappedLabelError
from sekisho.release.audit import FIRST, AuditWriter, canonical, chain_hash
from sekisho.release.audit_check import file_hash, verify, verify_directory
from sekisho.release.keys import Keys

KEYS = Keys.generate()
RUN = "20260401-0930"


def clock() -> Callable[[], str]:
    seconds = itertools.count()
    return lambda: f"2026-04-01T09:30:{next(seconds) % 60:02}+09:00"


def reference(n: int) -> str:
    return hashlib.sha256(str(n).encode()).hexdigest()


def begin(path: Path, **options: Any) -> AuditWriter:
    return AuditWriter(path, run=RUN, versions={"sekisho": "0.1.0"}, clock=clock(), **options)


def trail(path: Path, documents: int = 4, **options: Any) -> bytes:
    with begin(path, **options) as writer:
        for n in range(documents):
            writer.document(
                reference(n), "released", counts={"NAME": {"tag": n}}, released=reference(n)
            )
        writer.document(reference(-1), "held", reason="inspection:PHONE")
        writer.close(files={})
    return path.read_bytes()


SOUND = b""


@pytest.fixture(scope="module", autouse=True)
def _sound(tmp_path_factory: pytest.TempPathFactory) -> None:
    global SOUND
    SOUND = trail(tmp_path_factory.mktemp("audit") / "audit.jsonl", derive=KEYS.derive)


def lines() -> list[bytes]:
    return SOUND.splitlines(keepends=True)


def write(tmp_path: Path, content: bytes | list[bytes]) -> Path:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else b"".join(content))
    return path


def test_a_sound_trail_is_reported(tmp_path: Path) -> None:
    report = verify(write(tmp_path, SOUND), KEYS.derive)
    assert report.run == RUN
    assert report.outcomes == {"released": 4, "held": 1, "failed": 0}
    assert report.documents == 5
    assert report.sealed
    assert report.seal_checked


def test_without_the_key_the_seal_is_seen_but_not_checked(tmp_path: Path) -> None:
    report = verify(write(tmp_path, SOUND))
    assert (report.sealed, report.seal_checked) == (True, False)


def test_the_lines_are_canonical_json_in_a_chain() -> None:
    rows = [json.loads(line) for line in lines()]
    assert [row["event"] for row in rows] == ["start", *["released"] * 4, "held", "end"]
    assert [row["seq"] for row in rows] == list(range(7))
    assert [row["prev"] for row in rows] == [FIRST, *(row["hash"] for row in rows[:-1])]
    assert rows[0]["versions"] == {"sekisho": "0.1.0"}
    assert rows[1]["time"] == "2026-04-01T09:30:01+09:00"
    assert rows[-1]["documents"] == 5


probe = settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@probe
@given(data=st.data())
def test_any_changed_byte_is_found(tmp_path: Path, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(SOUND) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != SOUND[at]))
    path = write(tmp_path, SOUND[:at] + bytes([byte]) + SOUND[at + 1 :])
    with pytest.raises(AuditError) as caught:
        verify(path)
    number = SOUND[:at].count(b"\n") + 1
    assert str(caught.value).startswith((f"{path}:{number}:", f"{path}:{number + 1}:"))


@probe
@given(data=st.data())
def test_any_inserted_or_removed_byte_is_found(tmp_path: Path, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(SOUND) - 1))
    byte = data.draw(st.sampled_from([b"", b" ", b"\n", b"0", b"\r", b"\x00", b"}"]))
    behind = SOUND[at:] if byte else SOUND[at + 1 :]
    with pytest.raises(AuditError):
        verify(write(tmp_path, SOUND[:at] + byte + behind))


@probe
@given(at=st.integers(0, 10_000))
def test_any_truncation_is_found(tmp_path: Path, at: int) -> None:
    with pytest.raises(AuditError, match="cut"):
        verify(write(tmp_path, SOUND[: at % len(SOUND)]))


@pytest.mark.parametrize("at", range(7))
def test_a_deleted_line_is_found(tmp_path: Path, at: int) -> None:
    rest = lines()
    del rest[at]
    with pytest.raises(AuditError, match=rf":{at + 1}: the line was cut"):
        verify(write(tmp_path, rest))


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(range(7), 2)))
def test_swapped_lines_are_found(tmp_path: Path, one: int, other: int) -> None:
    rest = lines()
    rest[one], rest[other] = rest[other], rest[one]
    with pytest.raises(AuditError, match=rf":{one + 1}: the line was reordered"):
        verify(write(tmp_path, rest))


@pytest.mark.parametrize("at", range(7))
@pytest.mark.parametrize("to", range(8))
def test_a_duplicated_line_is_found(tmp_path: Path, at: int, to: int) -> None:
    rest = lines()
    rest.insert(to, rest[at])
    with pytest.raises(AuditError, match=r"duplicated|inserted after the end"):
        verify(write(tmp_path, rest))


def forged(line: bytes, **changes: object) -> bytes:
    row = json.loads(line) | changes
    row["hash"] = chain_hash(row)
    return canonical(row) + b"\n"


@pytest.mark.parametrize("at", range(1, 7))
def test_a_foreign_line_is_found(tmp_path: Path, at: int) -> None:
    rest = lines()
    before = json.loads(rest[at - 1])
    new = forged(rest[1], seq=at, prev=before["hash"], document=reference(99))
    with pytest.raises(AuditError):
        verify(write(tmp_path, [*rest[:at], new, *rest[at:]]))
    with pytest.raises(AuditError, match=rf":{at + 1}: the line was inserted"):
        verify(write(tmp_path, [*rest[:at], b"{}\n", *rest[at:]]))


def test_a_line_changed_together_with_its_hash_is_found(tmp_path: Path) -> None:
    rest = lines()
    rest[2] = forged(rest[2], counts={})
    with pytest.raises(AuditError, match=":4: the line was changed"):
        verify(write(tmp_path, rest))


def recomputed(**end: object) -> list[bytes]:
    """The whole chain computed anew, with one document less."""
    last, made = FIRST, []
    for seq, line in enumerate([*lines()[:2], *lines()[3:]]):
        changes: dict[str, object] = {"seq": seq, "prev": last}
        if b'"event":"end"' in line:
            changes |= {"documents": 4, **end}
        made.append(forged(line, **changes))
        last = json.loads(made[-1])["hash"]
    return made


def test_a_chain_computed_anew_is_found_with_the_key(tmp_path: Path) -> None:
    path = write(tmp_path, recomputed())
    assert verify(path).documents == 4
    with pytest.raises(AuditError, match="seal does not hold"):
        verify(path, KEYS.derive)


@pytest.mark.parametrize("seal", [None, 5, "鍵", ""])
def test_a_broken_seal_is_found_with_the_key(tmp_path: Path, seal: object) -> None:
    with pytest.raises(AuditError, match="seal"):
        verify(write(tmp_path, recomputed(seal=seal)), KEYS.derive)


def test_a_trail_without_a_seal_is_told_when_the_key_is_there(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    trail(path)
    assert not verify(path).sealed
    with pytest.raises(AuditError, match="has no seal"):
        verify(path, KEYS.derive)


def test_another_vault_does_not_confirm_the_seal(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="another vault"):
        verify(write(tmp_path, SOUND), Keys.generate().derive)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"[]\n", b"null\n", b"{}\n", b"\xff\n", b"[" * 100_000, b"{" * 3000]
)
def test_rubbish_is_one_line(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(AuditError, match=":1: the line was"):
        verify(write(tmp_path, content))


def test_a_missing_trail_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="cannot be read"):
        verify(tmp_path / "audit.jsonl")


def test_an_existing_trail_is_never_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path, SOUND)
    with pytest.raises(OutputError):
        begin(path)
    assert path.read_bytes() == SOUND


@pytest.mark.parametrize(
    "arguments",
    [
        {"reference": "山田太郎"},
        {"reference": "0012345"},
        {"reason": "山田 is still there"},
        {"reason": "03-1234-5678"},
        {"released": "text"},
        {"counts": {"NAME": {"山田": 1}}},
        {"counts": {"NAME": {"tag": "山田"}}},
    ],
)
def test_what_could_hold_an_identifier_is_refused_and_not_shown(
    tmp_path: Path, arguments: dict[str, Any]
) -> None:
    values = {"reference": reference(1), "outcome": "released"} | arguments
    with begin(tmp_path / "audit.jsonl") as writer, pytest.raises(ValueError):
        writer.document(**values)
    stored = (tmp_path / "audit.jsonl").read_text()
    assert stored.count("\n") == 1


def test_an_unknown_category_is_refused(tmp_path: Path) -> None:
    with begin(tmp_path / "audit.jsonl") as writer, pytest.raises(UnmappedLabelError):
        writer.document(reference(1), "released", counts={"PERSON": {"tag": 1}})


def test_a_document_is_recorded_once(tmp_path: Path) -> None:
    with begin(tmp_path / "audit.jsonl") as writer:
        writer.document(reference(1), "released")
        with pytest.raises(ValueError, match="already"):
            writer.document(reference(1), "held")


def test_a_trail_left_without_its_end_says_so(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    with begin(path) as writer:
        writer.document(reference(1), "released")
    with pytest.raises(AuditError, match="the trail has no end"):
        verify(path)


@probe
@given(at=st.integers(0, 10_000))
def test_a_trail_torn_anywhere_is_resumed_and_ends_sound(tmp_path: Path, at: int) -> None:
    body = b"".join(lines()[:-1])
    path = write(tmp_path, body[: at % (len(body) + 1)])
    with begin(path, derive=KEYS.derive, resume=True) as writer:
        for n in range(6):
            if reference(n) not in writer.recorded:
                writer.document(reference(n), "released")
        writer.close()
    report = verify(path, KEYS.derive)
    assert report.outcomes["released"] == 6
    assert path.read_bytes().startswith(body[: body.rfind(b"\n", 0, at % (len(body) + 1)) + 1])


def test_resuming_what_never_began_begins(tmp_path: Path) -> None:
    with begin(tmp_path / "audit.jsonl", resume=True) as writer:
        writer.close()
    assert verify(tmp_path / "audit.jsonl").documents == 0


def test_an_ended_a_changed_or_another_run_s_trail_is_not_resumed(tmp_path: Path) -> None:
    path = write(tmp_path, SOUND)
    with pytest.raises(AuditError, match="has ended"):
        begin(path, resume=True)
    rest = lines()[:3]
    write(tmp_path, [rest[0], rest[1].replace(b"released", b"withheld"), rest[2]])
    with pytest.raises(AuditError, match=":2: the line was changed"):
        begin(path, resume=True)
    write(tmp_path, rest)
    with pytest.raises(AuditError, match="another run"):
        AuditWriter(path, run="other", versions={}, clock=clock(), resume=True)


def folder(tmp_path: Path) -> Path:
    contents = {"released.csv": "a,b\n", "spans.jsonl": "", "manifest.json": "{}"}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "report.html").write_text("not recorded")
    with begin(tmp_path / "audit.jsonl") as writer:
        writer.close(files={name: file_hash(tmp_path / name) for name in contents})
    return tmp_path


def test_the_files_of_a_run_are_checked(tmp_path: Path) -> None:
    assert len(verify_directory(folder(tmp_path)).files) == 3


@pytest.mark.parametrize("name", ["released.csv", "spans.jsonl", "manifest.json"])
def test_a_changed_or_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder(tmp_path)
    (tmp_path / name).write_text("changed")
    with pytest.raises(AuditError, match=f"{name}: the file was changed"):
        verify_directory(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(AuditError, match=f"{name}: the file was removed"):
        verify_directory(tmp_path)


@pytest.mark.parametrize("name", ["released.txt", "released/more/extra.txt"])
def test_a_file_slipped_in_among_the_released_is_found(tmp_path: Path, name: str) -> None:
    folder(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    with pytest.raises(AuditError, match="inserted"):
        verify_directory(tmp_path)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname"])
def test_a_trail_cannot_point_out_of_its_folder(tmp_path: Path, name: str) -> None:
    with begin(tmp_path / "audit.jsonl") as writer:
        writer.close(files={name: "0" * 64})
    with pytest.raises(AuditError, match="outside"):
        verify_directory(tmp_path)


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    with begin(tmp_path / "audit.jsonl") as writer:
        writer._file.close()
        writer._file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115
        with pytest.raises(OutputError, match="cannot be written: No space left"):
            writer.document(reference(1), "released")
        assert not writer.recorded


def test_a_line_half_written_on_a_full_disk_leaves_no_trace(tmp_path: Path) -> None:
    class Filling:
        """A file on a disk with room for half a line."""

        def __init__(self, file: Any):
            self.file = file

        def write(self, raw: bytes) -> int:
            if len(raw) < 100:
                raise OSError(errno.ENOSPC, "No space left on device")
            return int(self.file.write(raw[: len(raw) // 2]))

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

    path = tmp_path / "audit.jsonl"
    with begin(path) as writer:
        sound = writer._file
        writer._file = Filling(sound)  # type: ignore[assignment]
        with pytest.raises(OutputError, match="No space left"):
            writer.document(reference(1), "released")
        writer._file = sound
        writer.document(reference(1), "released")
        writer.close()
    assert verify(path).documents == 1

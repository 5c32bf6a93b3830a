"""The way back: the originals of a run, restored with the vault's key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from sekisho.documents.formats import open_source
from sekisho.documents.records import Reader, ReadOptions
from sekisho.errors import AuditError, JournalError, OutputError, UsageError, VaultError
from sekisho.release.columns import leaves
from sekisho.release.reversal import restore
from sekisho.release.vault import Vault
from sekisho.runs.files import replacing
from sekisho.runs.journal import Journal
from sekisho.runs.outcome import Outcome, Position, Status, digest_of

__all__ = ["reveal_run"]


def reveal_run(directory: Path, out: Path, vault: Vault) -> int:
    """Restore every released document of the run in ``directory`` into ``out``.

    Files get their original names, formats and encodings back; none that is there already is
    written over. Returns the number of documents. Raises ``UsageError`` when the run cannot be
    reversed, ``AuditError`` when a released file is not what was released, and the vault's errors
    when the key or the vault is not the run's.
    """
    manifest = _manifest(directory)
    if not manifest.get("reversible", False):
        raise UsageError("this run was made irreversible by its profile", where=str(directory))
    count = 0
    with Journal.read(directory, key=vault.keys.derive("journal")) as journal:
        places = []
        for index, source in enumerate(manifest["sources"]):
            released = directory / source["path"]
            if not _leaves_something(journal, index, released):
                continue
            name = vault.reversals(journal.run_id, f"source-{index}")
            target = out / PurePosixPath(name.decode("utf-8", "surrogateescape"))
            if target.exists():
                raise UsageError(
                    "there is a file already, which will not be written over",
                    where=str(out),
                    remedy="choose another --out",
                )
            places.append((index, _reader(released, source), target))
        for index, reader, target in places:
            count += _restore_file(reader, index, target, journal, vault)
    return count


def _manifest(directory: Path) -> dict[str, Any]:
    path = directory / "manifest.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise UsageError("there is no finished run in this folder", where=str(directory)) from None
    except (OSError, ValueError):
        raise JournalError("the manifest cannot be read", where=str(path)) from None


def _reader(path: Path, source: dict[str, Any]) -> Reader:
    options = ReadOptions(
        text_columns=tuple(source["text_columns"]),
        id_column=source["id_column"],
        encoding=source["encoding"],
        delimiter=source["delimiter"],
    )
    return open_source(str(path), options)


def _released(journal: Journal, index: int) -> Iterator[tuple[Position, Outcome]]:
    return (
        (position, outcome)
        for position, outcome in journal.outcomes(index)
        if outcome.status is Status.RELEASED
    )


def _leaves_something(journal: Journal, index: int, released: Path) -> bool:
    """Whether a source has anything to restore: a released record, or an empty table.

    Raises ``AuditError`` when its released file is gone.
    """
    if any(True for _ in _released(journal, index)):
        if not released.exists():
            raise AuditError("a released file is gone", where=str(released))
        return True
    return released.exists() and not any(True for _ in journal.outcomes(index))


def _restore_file(reader: Reader, index: int, target: Path, journal: Journal, vault: Vault) -> int:
    released = _released(journal, index)
    count = 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as partial:
            writer = reader.writer(str(partial))
            try:
                for record, (position, outcome) in zip(reader, released, strict=True):
                    if not _same(record.values, outcome):
                        raise _changed(reader, record.row)
                    payload = vault.reversals(journal.run_id, f"{position.source}-{position.row}")
                    writer.write(restore(record.values, payload))
                    count += 1
            except ValueError:
                raise _changed(reader, count + 1) from None
            finally:
                writer.close()
    except OSError as error:
        raise OutputError(
            f"the restored file cannot be written: {error.strerror}", where=str(target.parent)
        ) from None
    return count


def _same(values: Mapping[str, Any], outcome: Outcome) -> bool:
    """Whether ``values``, read back, are those of ``outcome``.

    A column of dates or numbers gives back a date or a number where a text was written.
    """
    if digest_of(values) == outcome.digest:
        return True
    written = outcome.values or {}
    return list(values) == list(written) and dict(leaves(values)) == dict(leaves(written))


def _changed(reader: Reader, row: int) -> AuditError | VaultError:
    return AuditError(
        f"document {row} of this file is not what was released",
        where=reader.path,
        remedy="bring the released file back as it was written",
    )

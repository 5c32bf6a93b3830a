"""The reports that a study measures on: the shipped set, a clone of published ones, or gold.

A data set is named ``shipped``, ``wada:FOLDER`` (:mod:`sekisho.evaluation.wada_clone`) or by the
path of gold as :func:`sekisho.evaluation.gold.read_gold` reads it. Its digest says which documents
were used, however they were written down, and ``synthetic`` who says that no patient is in them:
only then may a model outside of the hospital be asked about them.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from sekisho.errors import InputError, UsageError
from sekisho.evaluation import wada_clone
from sekisho.evaluation.gold import GoldDocument, read_gold
from sekisho.evaluation.wada_clone import Split, sameness

__all__ = ["DataSet", "Split", "apart", "digest", "load", "overlap", "present", "size", "stated"]

_FILES: dict[Split, str] = {"development": "development.jsonl", "held-out": "held_out.jsonl"}
_DIGESTS: dict[Split, str] = {"development": "development_sha256", "held-out": "held_out_sha256"}


@dataclass(frozen=True, slots=True)
class DataSet:
    """Documents as a study uses them.

    ``notes`` say what was mended or left out, ``synthetic`` who says that no patient is in them
    (empty: nobody does), ``digest`` is that of :func:`digest`.
    """

    name: str
    documents: tuple[GoldDocument, ...] = field(repr=False)
    notes: tuple[str, ...]
    synthetic: str
    digest: str

    @property
    def characters(self) -> int:
        """Code points of all texts."""
        return sum(len(document.text) for document in self.documents)

    @property
    def identifiers(self) -> int:
        """Spans of all documents."""
        return sum(len(document.spans) for document in self.documents)


def load(
    name: str,
    folder: Path,
    *,
    split: Split,
    declared: str = "",
    limit: int | None = None,
) -> DataSet:
    """The data set ``name``; paths in it are relative to ``folder``.

    ``split`` is the part of a set that has two; a path of one's own is one part. ``declared`` says
    who states that gold of one's own is synthetic. ``limit`` takes the first so many documents.
    Only the files of ``split`` are opened, but for the held-out part of a clone, where the
    development part tells which reports stand in both. Raises ``InputError`` for anything that is
    not as it should be, a shipped file of another digest included, ``UsageError`` for a ``limit``
    below one.
    """
    if limit is not None and limit < 1:
        raise UsageError("a data set of no documents measures nothing", remedy="take at least 1")
    if name == "shipped":
        found = _shipped(split)
    elif (clone := _clone(name, folder)) is not None:
        found = _published(clone, split)
    else:
        found = _own(folder / name, declared)
    if limit is not None and limit < len(found.documents):
        note = f"only the first {limit} of {len(found.documents)} documents were taken"
        found = _with(found, found.documents[:limit], note)
    return found


def present(name: str, folder: Path, *, split: Split) -> None:
    """Whether the files of a data set are there, without opening any of its documents.

    A study asks at its beginning, so that a slip of the pen is not found when the seal is broken.
    Raises ``InputError``.
    """
    if name == "shipped":
        if not _shipped_folder().joinpath(_FILES[split]).is_file():
            raise InputError("the shipped study set is not there", where=_FILES[split])
    elif (clone := _clone(name, folder)) is not None:
        wada_clone.files_of(clone, split)
    elif not (folder / name).exists():
        raise InputError("no such file or folder", where=str(folder / name))


def stated(name: str, declared: str) -> bool:
    """Whether somebody states that the documents of ``name`` are synthetic, known unread."""
    return name == "shipped" or name.startswith("wada:") or bool(declared.strip())


def size(name: str, *, split: Split) -> int | None:
    """How many documents a set has, as far as that is known without opening it."""
    if name != "shipped":
        return None
    about = tomllib.loads(_shipped_folder().joinpath("about.toml").read_text(encoding="utf-8"))
    return int(about["counts"][split.replace("-", "_")]["reports"])


def digest(documents: Iterable[GoldDocument]) -> str:
    """SHA-256 (hex) over the canonical rows of ``documents``, by id: id, text and all spans.

    Gold in one format and in another has one digest, when it says the same.
    """
    hashed = hashlib.sha256()
    for document in sorted(documents, key=lambda each: each.id):
        spans = sorted((*document.spans, *document.ignored))
        row: dict[str, Any] = {
            "id": document.id,
            "text": document.text,
            "spans": [
                [each.start, each.end, each.category.value, each.disguise, each.difficulty]
                for each in spans
            ],
        }
        hashed.update(json.dumps(row, sort_keys=True, separators=(",", ":")).encode("ascii"))
        hashed.update(b"\n")
    return hashed.hexdigest()


def overlap(development: DataSet, held_out: DataSet) -> tuple[str, ...]:
    """The ids of those documents of ``held_out`` whose text stands in ``development`` too.

    Texts are the same when they fold to the same but for white space.
    """
    seen = {sameness(document.text) for document in development.documents}
    return tuple(each.id for each in held_out.documents if sameness(each.text) in seen)


def apart(development: DataSet, held_out: DataSet) -> DataSet:
    """``held_out`` without its overlap with ``development``, which a note counts.

    A report that prompts were made with says nothing about reports that they were not made with;
    it stays in the development part, where it was seen. Raises ``InputError`` when none is left.
    """
    both = set(overlap(development, held_out))
    if not both:
        return held_out
    kept = tuple(each for each in held_out.documents if each.id not in both)
    if not kept:
        raise InputError("every held-out report stands in the development set too")
    note = f"reports of the development set too, left out here: {len(both)}"
    return _with(held_out, kept, note)


def _with(data: DataSet, documents: tuple[GoldDocument, ...], note: str) -> DataSet:
    return replace(data, documents=documents, notes=(*data.notes, note), digest=digest(documents))


def _clone(name: str, folder: Path) -> Path | None:
    kind, colon, place = name.partition(":")
    return folder / place if kind == "wada" and colon else None


def _published(clone: Path, split: Split) -> DataSet:
    found = _read_clone(clone, split)
    if split == "development":
        return found
    development = _read_clone(clone, "development")
    both = len(overlap(development, found))
    note = f"reports in both splits: {both} ({wada_clone.SHARED_EXPECTED} were expected)"
    return apart(development, replace(found, notes=(*found.notes, note)))


def _read_clone(clone: Path, split: Split) -> DataSet:
    read = wada_clone.read(clone, split)
    said = "published as synthetic (Wada et al. 2026)"
    return DataSet("wada", read.documents, read.notes, said, digest(read.documents))


def _own(path: Path, declared: str) -> DataSet:
    documents = read_gold(path)
    repeated = len(documents) - len({sameness(document.text) for document in documents})
    notes = (f"documents that repeat the text of another: {repeated}",) if repeated else ()
    return DataSet(path.name, documents, notes, declared.strip(), digest(documents))


def _shipped(split: Split) -> DataSet:
    folder = _shipped_folder()
    file = folder.joinpath(_FILES[split])
    where = f"sekisho/evaluation/study_set/{_FILES[split]}"
    try:
        about = tomllib.loads(folder.joinpath("about.toml").read_text(encoding="utf-8"))
        content = file.read_bytes()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise InputError(
            "the shipped study set cannot be read", where=where, remedy="install sekisho again"
        ) from None
    if hashlib.sha256(content).hexdigest() != about.get(_DIGESTS[split]):
        raise InputError(
            "the shipped study set was changed", where=where, remedy="install sekisho again"
        )
    seed, generator, licence = (about.get(key) for key in ("seed", "generator", "licence"))
    if None in (seed, generator, licence):
        raise InputError("about.toml lacks seed, generator or licence", where=where)
    with resources.as_file(file) as path:
        documents = read_gold(path)
    said = f"made by sekisho's generator (seed {seed})"
    note = f"generator {generator}, licence {licence}"
    return DataSet("shipped", documents, (note,), said, digest(documents))


def _shipped_folder() -> Traversable:
    return resources.files("sekisho.evaluation").joinpath("study_set")

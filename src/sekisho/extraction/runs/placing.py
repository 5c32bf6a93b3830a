"""Where the rows of each input go, and what its documents are called.

A table's rows go into a table of their own; all text files of a run share one. The only table of a
run is ``extracted.*``, several lie under ``extracted/`` with the names of their inputs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from sekisho.documents.records import Reader, Record
from sekisho.extraction.runs.tables import Format
from sekisho.release.reference import NAME
from sekisho.release.sources import Source

__all__ = ["TEXT_COLUMNS", "Place", "place"]

#: The columns of the table of text files.
TEXT_COLUMNS = ("id", "text")

_FOLDER = "extracted"
_TEXTS = "texts"
_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True, slots=True)
class Place:
    """One source, the table its rows go into (a path without its suffix), and its format.

    ``name`` is how the outputs call the source, ``document`` how they call the document of a text
    file (None for a table).
    """

    source: Source
    table: str
    form: Format
    name: str
    document: str | None = None

    @property
    def reader(self) -> Reader:
        """The reader of the source."""
        return self.source.reader

    def reference(self, record: Record) -> str:
        """What ``record`` is called in outputs that hold the inputs themselves."""
        return self.document or record.metadata.get(NAME, record.id)


def place(sources: Sequence[Source], *, coded: bool) -> tuple[Place, ...]:
    """The places of ``sources``, in their order.

    ``coded``: only names that may be shown outside are used.
    """
    names = [source.name if coded else source.relative for source in sources]
    texts = {index for index, source in enumerate(sources) if source.reader.columns is None}
    groups = len(sources) - len(texts) + bool(texts)
    taken: set[str] = set()
    tables: dict[int, str] = {}
    for index, name in enumerate(names):
        if index not in texts:
            stem = str(PurePosixPath(name).with_suffix(""))
            tables[index] = _FOLDER if groups == 1 else f"{_FOLDER}/{_unused(stem, taken)}"
    shared = _FOLDER if groups == 1 else f"{_FOLDER}/{_unused(_TEXTS, taken)}"
    documents = {} if coded else _documents(sources, texts)
    return tuple(
        Place(
            source,
            tables.get(index, shared),
            _form(source.reader),
            _writable(names[index]),
            documents.get(index),
        )
        for index, source in enumerate(sources)
    )


def _documents(sources: Sequence[Source], texts: Iterable[int]) -> dict[int, str]:
    """What the documents of the text files ``texts`` are called: each has a name of its own."""
    stems = {index: PurePosixPath(sources[index].relative).stem for index in texts}
    often = Counter(stems.values())
    return {
        index: _writable(stem if often[stem] == 1 else sources[index].relative)
        for index, stem in stems.items()
    }


def _form(reader: Reader) -> Format:
    if reader.delimiter is not None:
        return "csv"
    return "parquet" if reader.suffix.lower() in _PARQUET else "jsonl"


def _unused(name: str, taken: set[str]) -> str:
    unique, copy = name, 1
    while unique.casefold() in taken:
        copy += 1
        unique = f"{name}-{copy}"
    taken.add(unique.casefold())
    return unique


def _writable(name: str) -> str:
    """``name`` without halves of characters, which a file name may hold and JSON may not."""
    return name.encode("utf-8", "replace").decode()

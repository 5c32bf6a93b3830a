"""The table of results: the input's columns as they were, then those that were extracted.

CSV is written in UTF-8 with a byte order mark, whatever the input's encoding, since a value may
hold what that cannot write; its delimiter is the input's. What has parts (a list, an object, spans)
is JSON: as such in JSON lines, as a string in CSV and Parquet.
"""

from __future__ import annotations

import base64
import codecs
import csv
import datetime
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from sekisho.documents.formats.json_objects import Number, Style
from sekisho.documents.formats.output import OutputFile
from sekisho.documents.formats.parquet import ParquetWriter
from sekisho.errors import InputError, MissingExtraError
from sekisho.extraction.runs.columns import Kind, Layout

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FORMATS", "Format", "Given", "Kinds", "Table", "check_formats", "open_table"]

Format: TypeAlias = Literal["jsonl", "csv", "parquet"]
FORMATS: tuple[Format, ...] = ("jsonl", "csv", "parquet")

_STYLE = Style()
_LARGEST = 1 << 63
_COMPRESSION = "snappy"


class Table(Protocol):
    """A table under way."""

    def write(self, values: Mapping[str, Any], added: Mapping[str, Any]) -> None:
        """Append a row: the input's ``values``, of which some may be missing, and what is added."""

    def close(self) -> None:
        """Finish the file and flush it to the disk."""


@dataclass(frozen=True, slots=True)
class Given:
    """The input's columns: their names in order, each with its kind.

    ``parquet`` is the file whose types they have, where they come from one; ``delimiter`` that of
    the input, a comma where it had none.
    """

    kinds: Mapping[str, Kind]
    parquet: str | None = None
    delimiter: str = ","


class Kinds:
    """Finds out of which kind the values of columns are, row by row."""

    def __init__(self) -> None:
        self._seen: dict[str, set[Kind]] = {}

    def add(self, values: Mapping[str, Any]) -> None:
        """Take note of a row."""
        for name, value in values.items():
            seen = self._seen.setdefault(name, set())
            if value is not None:
                seen.add(_kind_of(value))

    def found(self) -> dict[str, Kind]:
        """The kind of each column so far; strings where it never had a value."""
        return {name: _common(seen) for name, seen in self._seen.items()}


def check_formats(formats: Sequence[str]) -> None:
    """Raise ``MissingExtraError`` when a format needs what is not installed."""
    if "parquet" in formats:
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError:
            raise MissingExtraError(
                "Parquet files need pyarrow", remedy="pip install 'sekisho[parquet]'"
            ) from None


def open_table(path: Path, form: Format, given: Given, layout: Layout) -> Table:
    """A new table at ``path``, with the columns of ``given`` and then those of ``layout``.

    Its methods raise ``OutputError`` when the disk refuses.
    """
    if form == "csv":
        return _Csv(path, given, layout)
    if form == "jsonl":
        return _Jsonl(path)
    return _Parquet(path, given, layout)


class _Jsonl:
    """An object a line, in which values have their own types."""

    def __init__(self, path: Path) -> None:
        self._output = OutputFile(str(path))

    def write(self, values: Mapping[str, Any], added: Mapping[str, Any]) -> None:
        row = {name: _in_json(value) for name, value in values.items()} | dict(added)
        # Half a character, from a file name say, has no bytes in UTF-8.
        self._output.write(_STYLE.render(row).encode("utf-8", "replace") + b"\n")

    def close(self) -> None:
        self._output.close()


class _Csv:
    """RFC 4180: CRLF at the end of rows, quotes where they are needed."""

    def __init__(self, path: Path, given: Given, layout: Layout) -> None:
        self._names = tuple(given.kinds)
        self._added = tuple(column.name for column in layout.columns)
        self._delimiter = given.delimiter
        self._output = OutputFile(str(path))
        self._output.write(codecs.BOM_UTF8)
        self._row([*self._names, *self._added])

    def write(self, values: Mapping[str, Any], added: Mapping[str, Any]) -> None:
        self._row(
            [
                *(_in_text(values.get(name)) for name in self._names),
                *(_in_text(added[name]) for name in self._added),
            ]
        )

    def _row(self, cells: Sequence[str]) -> None:
        line = io.StringIO()
        csv.writer(line, delimiter=self._delimiter, lineterminator="\r\n").writerow(cells)
        self._output.write(line.getvalue().encode("utf-8", "replace"))

    def close(self) -> None:
        self._output.close()


class _Parquet:
    """The input's types, and one for each added column."""

    def __init__(self, path: Path, given: Given, layout: Layout) -> None:
        self._given = given
        self._kinds: dict[str, Kind] = {column.name: column.kind for column in layout.columns}
        schema = _schema(given)
        for name, kind in self._kinds.items():
            schema = schema.append(_field(name, kind))
        self._writer = ParquetWriter(str(path), schema, _COMPRESSION)

    def write(self, values: Mapping[str, Any], added: Mapping[str, Any]) -> None:
        kinds = self._given.kinds
        if self._given.parquet is not None:
            row = {name: values.get(name) for name in kinds}
        else:
            row = {name: _in_column(values.get(name), kind) for name, kind in kinds.items()}
        row |= {name: _in_column(added[name], kind) for name, kind in self._kinds.items()}
        self._writer.write(row)

    def close(self) -> None:
        self._writer.close()


def _kind_of(value: Any) -> Kind:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if abs(value) < _LARGEST else "json"
    if isinstance(value, float):
        return "number"
    return "string" if isinstance(value, str) else "json"


def _common(seen: set[Kind]) -> Kind:
    if not seen:
        return "string"
    if seen == {"integer", "number"}:
        return "number"
    return next(iter(seen)) if len(seen) == 1 else "json"


def _in_json(value: Any) -> Any:
    """``value`` as JSON can say it; a date, a decimal and bytes of a Parquet file as strings."""
    if isinstance(value, Mapping):
        return {str(key): _in_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_in_json(inner) for inner in value]
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta | Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, float) and not isinstance(value, Number) and not math.isfinite(value):
        return None
    return value


def _in_text(value: Any) -> str:
    """``value`` as a cell of a table: a string as it is, nothing for none, else as JSON."""
    if value is None:
        return ""
    plain = _in_json(value)
    return str(plain) if isinstance(plain, str) else _STYLE.render(plain)


def _in_column(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    return _in_text(value) if kind in ("string", "json") else value


def _schema(given: Given) -> pa.Schema:
    import pyarrow as pa

    if given.parquet is None:
        return pa.schema([_field(name, kind) for name, kind in given.kinds.items()])
    return _read_schema(given.parquet)


def _read_schema(path: str) -> pa.Schema:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError("can no longer be read", where=path) from error


def _field(name: str, kind: Kind) -> pa.Field:
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "json": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
    }
    return pa.field(name, types[kind])

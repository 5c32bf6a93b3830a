"""Parquet (extra ``parquet``): streamed by batches, written with the input's schema."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from sekisho.documents.encodings import open_input
from sekisho.documents.formats import columns
from sekisho.documents.formats.output import unwritable
from sekisho.documents.records import ReadOptions, Record
from sekisho.errors import InputError, MissingExtraError, ReleaseError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ParquetReader", "ParquetWriter"]

_READ_ROWS = 256
_WRITE_ROWS = 4096
_WRITE_CHARACTERS = 32 << 20


class ParquetReader:
    """A Parquet file, one row one record.

    Strings, numbers, booleans and lists come as their Python values; times and timestamps come as
    strings, which lose no nanosecond, and are cast back when they are written. Opening it raises
    ``MissingExtraError`` without pyarrow, ``InputError`` when the file is damaged, ``UsageError``
    when a named column is missing or the text column holds no strings.
    """

    def __init__(self, path: str, options: ReadOptions) -> None:
        pq = _parquet()
        import pyarrow as pa  # the line before has said what to install

        self.path = path
        self.suffix = PurePath(path).suffix
        self.encoding: str | None = None
        self.delimiter: str | None = None
        self.newline: str | None = None
        with open_input(path):
            pass
        try:
            with pq.ParquetFile(path) as file:
                self._schema: pa.Schema = file.schema_arrow
                self._compression = _compression(file)
        except (OSError, pa.ArrowException) as error:
            raise _damaged(path) from error
        if len(set(self._schema.names)) != len(self._schema.names):
            raise InputError("two columns have one name", where=path, remedy="rename one of them")
        self._columns = columns.choose(self._schema.names, options, path)
        for name in self._columns.text:
            kind = self._schema.field(name).type
            if not _is_text(_plain(kind)):
                raise UsageError(
                    f"the column {name!r} holds {kind}, not text",
                    where=path,
                    remedy="name another with --text-column",
                )
        self.columns: tuple[str, ...] | None = self._columns.keys
        self.text_columns: tuple[str, ...] = self._columns.text
        self.id_column: str | None = self._columns.id

    def __iter__(self) -> Iterator[Record]:
        """All records, from the first."""
        import pyarrow as pa

        number = 0
        try:
            with _parquet().ParquetFile(self.path) as file:
                for batch in file.iter_batches(batch_size=_READ_ROWS):
                    for values in _spelled(batch).to_pylist():
                        number += 1
                        yield self._record(number, values)
        except (OSError, pa.ArrowException) as error:
            raise _damaged(self.path) from error

    def _record(self, number: int, values: dict[str, Any]) -> Record:
        identity = values[self._columns.id] if self._columns.id is not None else None
        name = str(number) if identity is None or identity == "" else str(identity)
        texts = tuple(key for key in self._columns.text if values[key] is not None)
        return Record(name, self.path, number, values, texts)

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise the ``ReleaseError`` that a writer of this file would raise for ``values``."""
        _row(values, self._schema, self.path)

    def writer(self, path: str) -> ParquetWriter:
        """A writer with this file's schema and compression."""
        return ParquetWriter(path, self._schema, self._compression)


class ParquetWriter:
    """Writes rows with a given schema, in row groups."""

    def __init__(self, path: str, schema: pa.Schema, compression: str) -> None:
        self.path = path
        self._schema = schema
        self._rows: list[dict[str, Any]] = []
        self._characters = 0
        try:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            self._writer = _parquet().ParquetWriter(path, schema, compression=compression)
        except OSError as error:
            raise unwritable(path, error) from error

    def write(self, values: Mapping[str, Any]) -> None:
        """Append a row, each value cast to its column's type.

        Raises ``ReleaseError`` when that is not possible (nothing is written then), ``OutputError``
        when the disk refuses.
        """
        row = _row(values, self._schema, self.path)
        self._rows.append(row)
        self._characters += sum(len(value) for value in row.values() if isinstance(value, str))
        if len(self._rows) >= _WRITE_ROWS or self._characters >= _WRITE_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        arrays = [
            pa.array([row[field.name] for row in self._rows], type=field.type)
            for field in self._schema
        ]
        try:
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        except OSError as error:
            raise unwritable(self.path, error) from error
        self._rows.clear()
        self._characters = 0

    def close(self) -> None:
        """Write the last rows and the footer, flush to the disk and close."""
        if self._rows:
            self._flush()
        try:
            self._writer.close()
            with open(self.path, "rb+") as file:
                os.fsync(file.fileno())
        except OSError as error:
            raise unwritable(self.path, error) from error


def _row(values: Mapping[str, Any], schema: pa.Schema, where: str) -> dict[str, Any]:
    return {field.name: _cast(values[field.name], field, where) for field in schema}


def _cast(value: Any, field: pa.Field, where: str) -> Any:
    import pyarrow as pa

    kind = field.type
    if value is None and field.nullable:
        return None
    if isinstance(value, str) and _is_text(_plain(kind)):
        return str(value)
    try:
        if isinstance(value, str) and pa.types.is_time(kind):
            # Arrow casts strings to timestamps, but not to times of day.
            moment = pa.scalar(f"1970-01-01 {value}", pa.string())
            return moment.cast(pa.timestamp(kind.unit)).cast(kind)
        if isinstance(value, str):
            return pa.scalar(str(value), pa.string()).cast(kind)
        return pa.scalar(value, kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        raise ReleaseError(
            f"a released value does not fit the column {field.name!r} of type {kind}",
            where=where,
            remedy="store that column as strings, or keep it in the profile",
        ) from None


def _damaged(path: str) -> InputError:
    return InputError("is no Parquet file, or a damaged one", where=path, remedy="export it again")


def _parquet() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError(
            "Parquet files need pyarrow", remedy="pip install 'sekisho[parquet]'"
        ) from None
    return pyarrow.parquet


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type of the values of a dictionary-encoded column, or the type itself."""
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _compression(file: Any) -> str:
    """The compression of the first column chunk."""
    metadata = file.metadata
    if not metadata.num_row_groups or not metadata.num_columns:
        return "snappy"
    name: str = metadata.row_group(0).column(0).compression
    return "none" if name == "UNCOMPRESSED" else name


def _spelled(batch: pa.RecordBatch) -> pa.RecordBatch:
    """``batch`` with times and timestamps as strings."""
    import pyarrow as pa

    arrays = [
        column.cast(pa.string())
        if pa.types.is_timestamp(column.type) or pa.types.is_time(column.type)
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)

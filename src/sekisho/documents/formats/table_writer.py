"""Delimited tables on their way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sekisho.documents.encodings import Encoding
from sekisho.documents.formats.cell import Cell
from sekisho.documents.formats.dialect import Dialect
from sekisho.documents.formats.output import OutputFile, encode
from sekisho.errors import ReleaseError

__all__ = ["TableForm", "TableWriter"]


@dataclass(frozen=True, slots=True)
class TableForm:
    """How the rows of a table become bytes."""

    encoding: Encoding
    dialect: Dialect
    keys: tuple[str, ...]

    def render(self, values: Mapping[str, Any], where: str) -> tuple[bytes, str]:
        """A row as bytes, and the line end that belongs after it.

        Raises ``ReleaseError``, naming the file ``where``, when encoding or dialect cannot write a
        value.
        """
        given = [values[key] for key in self.keys]
        cells = [v if isinstance(v, str) else "" if v is None else str(v) for v in given]
        try:
            if not any(isinstance(cell, Cell) for cell in cells):
                text = self.dialect.row(cells)
                return encode(self.encoding, text, where), self.dialect.newline
            pieces = [
                cell.raw
                if isinstance(cell, Cell)
                else encode(self.encoding, self.dialect.cell(column, cell), where)
                for column, cell in enumerate(cells)
            ]
        except ValueError as error:
            raise ReleaseError(
                f"a released value holds {error}",
                where=where,
                remedy="convert the input to a table with quoted cells",
            ) from None
        last = cells[-1]
        end = last.end if isinstance(last, Cell) and last.end is not None else self.dialect.newline
        return self.encoding.encode(self.dialect.delimiter).join(pieces), end


class TableWriter:
    """Writes rows of a table below its header."""

    def __init__(self, path: str, form: TableForm, *, header: bytes, ended: bool) -> None:
        self._form, self._ended = form, ended
        self._output = OutputFile(path)
        self._output.write(form.encoding.bom + header)
        self._pending = form.dialect.newline if form.keys else ""

    def write(self, values: Mapping[str, Any]) -> None:
        """Append a row.

        Raises ``ReleaseError`` when encoding or dialect cannot write a value (nothing is written
        then), ``OutputError`` when the disk refuses.
        """
        data, end = self._form.render(values, self._output.path)
        self._output.write(self._form.encoding.encode(self._pending) + data)
        self._pending = end

    def close(self) -> None:
        """End the last line as the input's is ended, flush to the disk and close."""
        pending, self._pending = self._pending, ""
        if self._ended and pending:
            self._output.write(self._form.encoding.encode(pending))
        self._output.close()

"""The tables of a file as grids of cells: CSV and TSV, sheets of Excel, lists in JSON, JSONL."""

from __future__ import annotations

import codecs
import csv
import json
import math
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from sekisho.documents import strict_json
from sekisho.documents.encodings import resolve
from sekisho.documents.formats.dialect import parser, sniff
from sekisho.errors import InputError, MissingExtraError

__all__ = ["SUFFIXES", "Cell", "Grid", "grids"]

#: What a cell holds: a string; of JSON also lists and objects; None where it is empty.
Cell: TypeAlias = Any

SUFFIXES = (".csv", ".tsv", ".xlsx", ".json", ".jsonl")
#: Bytes of one file, unpacked; 160 reports with all their labels are not one megabyte.
_LARGEST = 128 << 20
_EXCEL_CODE = re.compile("_x(000[9ADad]|005[Ff]|[Ff][Ee][Ff][Ff])_")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: ``rows`` are numbered as a spreadsheet numbers them, the header among them.

    ``sheet`` is the name of its sheet, or of the key that it stands under in JSON.
    """

    where: str
    sheet: str
    rows: tuple[tuple[int, tuple[Cell, ...]], ...] = field(repr=False)


def grids(path: Path, wanted: Callable[[str], bool]) -> Iterator[Grid]:
    """The tables in the file at ``path`` whose sheet is ``wanted`` (asked before it is read).

    A file of one table has the sheet ``""``. Raises ``InputError`` when the file cannot be read,
    ``MissingExtraError`` for an ``.xlsx`` without openpyxl.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from None
    if size > _LARGEST:
        raise InputError("larger than any table of reports", where=str(path))
    match path.suffix.lower():
        case ".xlsx":
            yield from _sheets(path, wanted)
        case ".json":
            yield from _lists(path, wanted)
        case ".jsonl":
            if wanted(""):
                rows = [(n, _loaded(path, line, f", row {n}")) for n, line in _lines(path)]
                yield _of_objects(path, "", rows)
        case _:
            if wanted(""):
                yield Grid(str(path), "", tuple(_delimited(path)))


def _delimited(path: Path) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    text = resolve(str(path)).decode(_bytes(path)).removeprefix("\ufeff")
    lines = text.splitlines(keepends=True) if "\r" in text and "\n" not in text else None
    lines = lines or re.findall("[^\n]*\n|[^\n]+", text)
    first = "\t" if path.suffix.lower() == ".tsv" else ","
    rows = parser(lines, sniff(lines, whole=True, delimiter=None, first=first))
    number = 0
    while True:
        number += 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error:
            raise InputError("is quoted wrongly", where=f"{path}, row {number}") from None
        yield number, tuple(_mended(cell) for cell in cells)


def _sheets(path: Path, wanted: Callable[[str], bool]) -> Iterator[Grid]:
    try:
        import openpyxl
    except ImportError:
        raise MissingExtraError(
            "an Excel file needs openpyxl", where=str(path), remedy="pip install 'sekisho[excel]'"
        ) from None
    _check_packed(path)
    found: list[Grid] = []
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            # What openpyxl warns of (styles, validations) is no part of a cell.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            try:
                for sheet in book.worksheets:
                    if wanted(sheet.title):
                        # What a file says of its own size is often wrong, and may be huge.
                        sheet.reset_dimensions()
                        rows = enumerate(sheet.iter_rows(values_only=True), start=1)
                        cells = tuple((n, tuple(map(_of_excel, row))) for n, row in rows)
                        found.append(Grid(f"{path}, sheet {sheet.title}", sheet.title, cells))
            finally:
                book.close()
    except OSError as error:
        raise _unreadable(path, error) from None
    except Exception as error:  # noqa: BLE001  a damaged workbook fails anywhere in openpyxl
        raise InputError(
            f"no Excel file that can be read ({type(error).__name__})", where=str(path)
        ) from None
    yield from found


def _check_packed(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except OSError as error:
        raise _unreadable(path, error) from None
    except zipfile.BadZipFile:
        raise InputError("no Excel file", where=str(path)) from None
    if size > _LARGEST:
        raise InputError("larger than any table of reports", where=str(path))


def _of_excel(cell: object) -> Cell:
    match cell:
        case None | bool():
            return None if cell is None else str(cell)
        case float() if cell.is_integer():
            return str(int(cell))
        case _:
            return _mended(str(cell))


def _lists(path: Path, wanted: Callable[[str], bool]) -> Iterator[Grid]:
    """A list of objects, lists under keys, or objects under the ids of their reports."""
    found = _loaded(path, _bytes(path), "")
    if not isinstance(found, (list, dict)):
        raise InputError("neither a list nor an object", where=str(path))
    lists: dict[str, Any] = {}
    if isinstance(found, dict):
        lists = {key: value for key, value in found.items() if _is_table(value)}
    for key, value in (lists or {"": found}).items():
        if wanted(key):
            yield _of_objects(path, key, list(enumerate(_objects(value), start=1)))


def _is_table(value: object) -> bool:
    """Whether ``value`` is a list of objects, or an object of them."""
    rows = list(value.values()) if isinstance(value, dict) else value
    return isinstance(rows, list) and rows != [] and all(isinstance(row, dict) for row in rows)


def _objects(rows: Any) -> list[Any]:
    """The objects of a list, or those that stand under their ids."""
    if isinstance(rows, list):
        return rows
    return [{"id": key, **row} if isinstance(row, dict) else row for key, row in rows.items()]


def _of_objects(path: Path, sheet: str, rows: Sequence[tuple[int, object]]) -> Grid:
    """A grid whose header has the keys of all ``rows``; where a row lacks one, its cell is None."""
    where = f"{path}, {sheet}" if sheet else str(path)
    objects: list[tuple[int, dict[str, Any]]] = []
    for number, row in rows:
        if not isinstance(row, dict):
            raise InputError("not a JSON object", where=f"{where}, row {number}")
        objects.append((number, row))
    header = tuple(dict.fromkeys(key for _, row in objects for key in row))
    lines = ((number, tuple(_of_json(row.get(key)) for key in header)) for number, row in objects)
    return Grid(where, sheet, ((0, header), *lines))


def _of_json(value: object) -> Cell:
    match value:
        case str():
            return _mended(value)
        case bool() | int():
            return str(value)
        case float():
            return None if math.isnan(value) else str(value)
        case _:
            return value


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(_bytes(path).removeprefix(codecs.BOM_UTF8).split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _loaded(path: Path, content: bytes, row: str) -> Any:
    try:
        # pandas and Python write NaN for an empty cell.
        return json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=strict_json.once,
            parse_constant=_constant,
        )
    except UnicodeDecodeError:
        raise InputError("not UTF-8", where=f"{path}{row}") from None
    except strict_json.TwiceError:
        raise InputError("an object names a key twice", where=f"{path}{row}") from None
    except (ValueError, RecursionError):
        raise InputError("not JSON", where=f"{path}{row}") from None


def _constant(name: str) -> None:
    if name != "NaN":
        raise ValueError("an infinity is no JSON")


def _mended(cell: str) -> str:
    """A cell without what Excel's files escape and without marks of byte order."""
    cell = _EXCEL_CODE.sub(_decoded, cell) if "_x" in cell else cell
    return cell.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def _decoded(code: re.Match[str]) -> str:
    return chr(int(code[1], 16))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"cannot be read: {error.strerror}", where=str(path))

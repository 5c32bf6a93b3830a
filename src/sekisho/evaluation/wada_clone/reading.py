"""From the tables of a clone to gold documents of one split, with an account of what was mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sekisho.documents.folding import fold
from sekisho.errors import InputError
from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.wada_clone.account import Account
from sekisho.evaluation.wada_clone.columns import Layout, cell, layout
from sekisho.evaluation.wada_clone.files import files_of
from sekisho.evaluation.wada_clone.grids import Cell, Grid, grids
from sekisho.evaluation.wada_clone.hiding import difficulty_of, disguise_of
from sekisho.evaluation.wada_clone.placing import place
from sekisho.evaluation.wada_clone.values import (
    Entry,
    Labels,
    known_category,
    labels,
    listed,
)
from sekisho.evaluation.wada_clone.words import Split, is_missing, is_none, split_named

__all__ = ["MOST_LOST", "Clone", "read", "sameness"]

#: The share of labelled values that may stand nowhere in their reports; more is a wrong reading.
MOST_LOST = 0.1
_LEAST_ID = 4


@dataclass(frozen=True, slots=True)
class Clone:
    """The documents of one split, and notes on what was mended, left out or not understood."""

    documents: tuple[GoldDocument, ...] = field(repr=False)
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Report:
    """A report as it is put together: from one row, or from all rows of a long table."""

    id: str = field(repr=False)
    text: str = field(repr=False)
    where: str
    table: str
    entries: list[Entry] = field(repr=False)


def read(path: Path, split: Split) -> Clone:
    """The reports of ``split`` in the clone at ``path``.

    Files whose names speak of the split are read; only where they hold no labelled report, files
    whose names speak of none are opened, and rows, sheets and keys in them decide. A file whose
    name speaks of the other split is never opened. Raises ``InputError`` naming file and row for
    anything that is not understood, when two tables label a report differently, and when more
    than ``MOST_LOST`` of the values stand nowhere; ``MissingExtraError`` for Excel without
    openpyxl.
    """
    files = files_of(path, split)
    account = Account(split, answers=files.answers)
    reports = _reports(files.named, split, account, named=True)
    if not reports:
        reports = _reports(files.unnamed, split, account, named=False)
    if not reports:
        raise InputError(
            f"no table of labelled {split} reports was understood",
            where=str(path),
            remedy="it needs a column with the report and one with its labels",
        )
    own = _own_ids(reports)
    if not own:
        account.renumbered = True
    documents = []
    for number, report in enumerate(_once(reports, account), start=1):
        placed = place(report.text, report.entries)
        account.placed(report.entries, placed)
        id = report.id if own else f"{split}-{number:03d}"
        documents.append(GoldDocument(id, report.text, placed.spans))
    if account.values == 0:
        raise InputError("no report has a label", where=str(path))
    if sum(account.lost.values()) > MOST_LOST * account.values:
        raise InputError(
            f"{sum(account.lost.values())} of {account.values} labelled values stand nowhere in "
            "their reports",
            where=str(path),
            remedy="see whether the right columns are taken for the reports and the labels",
        )
    account.reports = len(documents)
    return Clone(tuple(documents), account.notes())


def sameness(text: str) -> str:
    """What two copies of one report have in common: the folded text without white space."""
    return "".join(fold(text).text.split())


def _reports(
    paths: Iterable[Path], split: Split, account: Account, *, named: bool
) -> list[_Report]:
    found: list[_Report] = []
    for path in paths:
        seen: set[str] = set()

        def wanted(sheet: str, seen: set[str] = seen) -> bool:
            told = split_named(sheet)
            seen.add(told or "")
            return told in (None, split)

        for grid in grids(path, wanted):
            where = layout(grid)
            if where is None:
                account.other_tables += 1
                continue
            said = named or split_named(grid.sheet) == split
            rows = list(_rows(grid, where, split, account, said=said))
            if rows:
                account.tables += 1
                account.unused.update(dict.fromkeys(where.unused))
                found.extend(rows)
        account.shared |= len(seen - {"", split}) > 0
    return found


def _rows(
    grid: Grid, at: Layout, split: Split, account: Account, *, said: bool
) -> Iterator[_Report]:
    """The labelled reports of a table that are of ``split``; ``said``: the table is, as a whole."""
    long: dict[tuple[str, str], _Report] = {}
    silent: set[tuple[str, str]] = set()
    for number, row in grid.rows[at.header + 1 :]:
        where = f"{grid.where}, row {number}"
        if all(_is_blank(each) for each in row):
            continue
        told = None if at.split is None else split_named(str(cell(row, at.split) or ""))
        if told is not None and told != split:
            account.shared = True
            continue
        if told is None and not said:
            account.of_no_split += 1
            continue
        text = cell(row, at.text)
        if not isinstance(text, str) or is_missing(text):
            raise InputError("a row has no report", where=where)
        if any(not _is_blank(each) for each in row[len(grid.rows[at.header][1]) :]):
            raise InputError("has more cells than the header", where=where)
        id = "" if at.id is None else str(cell(row, at.id) or "").strip()
        found = _labels(row, at, where, account)
        if found is None:
            silent.add((id, text if at.kind is not None else where))
        elif at.kind is None:
            yield _Report(id, text, where, grid.where, found)
        else:
            report = long.setdefault((id, text), _Report(id, text, where, grid.where, []))
            report.entries.extend(found)
    account.unlabelled += len(silent - long.keys())
    yield from long.values()


def _labels(row: Sequence[Cell], at: Layout, where: str, account: Account) -> list[Entry] | None:
    """The entries of a row; None when nothing in it says whether there are any."""
    disguise = None if at.disguise is None else disguise_of(cell(row, at.disguise), where)
    difficulty = None if at.difficulty is None else difficulty_of(cell(row, at.difficulty), where)
    if at.kind is not None and at.value is not None:
        kind, value = cell(row, at.kind), cell(row, at.value)
        if _is_blank(value) or (isinstance(value, str) and is_none(value)):
            return None if _is_blank(value) else []
        account.shapes["a row for each entry"] += 1
        category = known_category(str(kind or ""), where, "the type of an entry")
        return [Entry(category, str(value).strip(), disguise, difficulty)]
    found: list[tuple[int, Labels | None]] = [
        (column, labels(cell(row, column), where)) for column in at.labels
    ]
    found += [
        (column, listed(cell(row, column), category, where))
        for column, category in at.categories.items()
    ]
    said = [(column, each) for column, each in found if each is not None]
    if not said:
        return None
    entries: list[Entry] = []
    for shape in dict.fromkeys(each.shape for _, each in said):
        account.shapes[shape] += 1
    account.mended += any(each.mended for _, each in said)
    for column, each in said:
        if column in at.hidden:
            entries.extend(_told_beside(each.entries, disguise, difficulty))
        else:
            entries.extend(each.entries)
    if not at.hidden and (disguise or difficulty):
        account.of_rows += 1
    return entries


def _told_beside(
    entries: Iterable[Entry], disguise: str | None, difficulty: int | None
) -> Iterator[Entry]:
    for entry in entries:
        yield replace(
            entry,
            disguise=entry.disguise or disguise,
            difficulty=entry.difficulty or difficulty,
        )


def _is_blank(each: Cell) -> bool:
    return each is None or (isinstance(each, str) and is_missing(each))


def _own_ids(reports: Sequence[_Report]) -> bool:
    """Whether every report has an id of its own that is no identifier of a patient."""
    texts: dict[str, set[str]] = {}
    for report in reports:
        texts.setdefault(report.id, set()).add(sameness(report.text))
    return "" not in texts and not any(
        len(texts[report.id]) > 1 or (len(report.id) >= _LEAST_ID and report.id in report.text)
        for report in reports
    )


def _once(reports: Iterable[_Report], account: Account) -> list[_Report]:
    """Every report once; one that stands twice in a table has the labels of both rows."""
    kept: dict[str, _Report] = {}
    tables: dict[str, Counter[tuple[str, str]]] = {}
    for report in reports:
        key = sameness(report.text)
        said = Counter((entry.category.value, entry.value) for entry in report.entries)
        before = kept.setdefault(key, report)
        if before is report:
            tables[key] = said
            continue
        account.repeats += 1
        if said == tables[key]:
            continue
        if before.table != report.table:
            raise InputError(
                "another table labels this report differently",
                where=report.where,
                remedy="name a folder that holds the right tables only",
            )
        account.repeats_that_differ += 1
        before.entries.extend(report.entries)
    return list(kept.values())

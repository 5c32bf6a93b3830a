"""What a cell of labels says, in any of the six shapes that are known of.

1. a list of entries: ``[{"type": "NAME", "value": "..."}]``, under other names of the keys too, or
   of pairs: ``[["NAME", "..."]]``;
2. that list under a key: ``{"phi_list": [...]}``;
3. an object of categories: ``{"NAME": "...", "PHONE": ["...", "..."]}``;
4. any of these as Python writes it, with single quotes;
5. lines: ``氏名：...`` one below the other, or with ``;``, ``、`` or ``,`` between them;
6. a column for each category (:func:`listed`), one value or several in a cell.

A label that nobody mapped is an error, never an entry less.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sekisho.documents import strict_json
from sekisho.errors import InputError
from sekisho.evaluation.wada_clone.grids import Cell
from sekisho.evaluation.wada_clone.hiding import difficulty_of, disguise_of
from sekisho.evaluation.wada_clone.mending import LONGEST, Pairs, is_structure, parse
from sekisho.evaluation.wada_clone.words import (
    category_named,
    is_missing,
    is_none,
    names,
    plain,
)
from sekisho.phi.categories import Category

__all__ = ["Entry", "Labels", "known_category", "labels", "listed"]

_FENCED = re.compile("```[A-Za-z]*[ \t]*\n?(.*?)```", re.DOTALL)
_LINE_ENDS = re.compile("[\n;；]")
#: Where another label may begin within a line; whether one does is for the list of labels to say.
_WITHIN = re.compile("[、,，/／|｜]")
_COLON = re.compile("[:：=＝→]")
_BULLET = re.compile("^(?:[-*・•●○■□][ \u3000\t]*|[0-9]{1,2}[.)．）][ \u3000\t]+)")
_QUOTES = {"「": "」", "『": "』", '"': '"', "“": "”", "'": "'"}
_BRACKETS = _QUOTES | {"[": "]", "【": "】", "(": ")", "（": "）", "<": ">"}
#: What is no label but the hour of a time, or a date in front of one.
_LETTER = re.compile("[^0-9 \u3000\t._/-]")
_LONGEST_LABEL = 40
_REMEDY = "write it as one of the labels in words.toml of sekisho.evaluation.wada_clone"


@dataclass(frozen=True, slots=True)
class Entry:
    """One label: a category and the value as it was written, not yet found in the report.

    ``place`` is where the labels say that it stands, ``difficulty`` 1 (plain) to 10 (hidden).
    """

    category: Category
    value: str = field(repr=False)
    disguise: str | None = None
    difficulty: int | None = None
    place: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """The entries of a cell, the shape they were written in, and whether it had to be mended."""

    entries: tuple[Entry, ...]
    shape: str
    mended: bool = False


def labels(cell: Cell, where: str) -> Labels | None:
    """The labels in ``cell``; None when it says nothing at all.

    A cell that says that there is nothing has no entries. Raises ``InputError`` at ``where`` for
    what is none of the shapes, and for an unknown label.
    """
    if isinstance(cell, str):
        return _written(cell, where)
    if cell is None:
        return None
    native = _native(cell)
    return Labels(tuple(_entries(native, where)), _shape(native))


def listed(cell: Cell, category: Category, where: str) -> Labels | None:
    """The values of ``category`` in a cell of its column; None when it says nothing at all."""
    shape = "a column for each category"
    if isinstance(cell, str) and not is_structure(cell):
        if is_missing(cell):
            return None
        lines = [_inner(line, _QUOTES) for line in _LINE_ENDS.split(cell)]
        values = [line for line in lines if _says(line)]
        return Labels(tuple(Entry(category, value) for value in values), shape)
    if cell is None:
        return None
    value, _, mended = _structure(cell, where) if isinstance(cell, str) else (_native(cell), 0, 0)
    return Labels(tuple(_of_category(category, value, where)), shape, bool(mended))


def known_category(label: str, where: str, what: str) -> Category:
    """The category of ``label``. Raises ``InputError``, which does not show it, when unknown."""
    category = category_named(label) if len(label) <= _LONGEST_LABEL else None
    if category is None:
        # What is taken for a label may be text of the report.
        raise InputError(f"{what} is not known", where=where, remedy=_REMEDY)
    return category


def _written(cell: str, where: str) -> Labels | None:
    if is_missing(cell):
        return None
    if len(cell) > LONGEST:
        raise InputError("a cell of labels is too long", where=where)
    bare = _unfenced(cell)
    mended = bare != cell.strip()
    if is_none(bare):
        return Labels((), "none")
    if not is_structure(bare):
        return Labels(tuple(_of_lines(bare, where)), "lines of label and value", mended)
    value, python, odd = _structure(bare, where)
    shape = _shape(value) + (", as Python writes it" if python else "")
    return Labels(tuple(_entries(value, where)), shape, mended or odd)


def _unfenced(cell: str) -> str:
    bare = cell.strip().strip("\ufeff")
    fenced = _FENCED.fullmatch(bare)
    return fenced[1].strip() if fenced else bare


def _structure(text: str, where: str) -> tuple[object, bool, bool]:
    """The value that ``text`` writes, whether as Python does, and whether it had to be mended."""
    try:
        return _native(strict_json.loads(text)), False, False
    except (ValueError, RecursionError):
        pass
    try:
        read = parse(text)
    except ValueError:
        raise InputError(
            "a cell of labels begins as a list or an object and is none", where=where
        ) from None
    return read.value, read.python, not read.python


def _native(value: object) -> object:
    """``value`` with ``Pairs`` for dictionaries."""
    match value:
        case dict():
            return Pairs(tuple((str(key), _native(each)) for key, each in value.items()))
        case list():
            return [_native(each) for each in value]
        case _:
            return value


def _shape(value: object) -> str:
    if isinstance(value, Pairs):
        if _under(value) is not None:
            return "a list of entries under a key"
        return "a list of entries" if _kind_of(value) else "an object of categories"
    return "a list of entries"


def _entries(value: object, where: str) -> Iterator[Entry]:
    match value:
        case None:
            return
        case str():
            if not is_missing(value) and not is_none(value):
                yield from _of_lines(value, where)
        case [str(label), str(surface)] if category_named(label):
            yield Entry(known_category(label, where, "the label of a pair"), surface.strip())
        case list():
            for each in value:
                yield from _entries(each, where)
        case Pairs():
            yield from _of_object(value, where)
        case _:
            raise InputError("a label is neither text nor an object", where=where)


def _of_object(pairs: Pairs, where: str) -> Iterator[Entry]:
    under = _under(pairs)
    if under is not None:
        for each in under:
            yield from _entries(each, where)
    elif (kind := _kind_of(pairs)) is not None:
        category = known_category(kind, where, "the type of an entry")
        yield from _of_entry(category, pairs, where)
    else:
        for key, value in pairs.items:
            category = known_category(key, where, "a key of an object of categories")
            yield from _of_category(category, value, where)


def _under(pairs: Pairs) -> list[object] | None:
    """What stands under the keys of lists, when no other key holds any."""
    wanted = names("keys", "list")
    found: list[object] = []
    is_list = False
    for key, each in pairs.items:
        if plain(key) in wanted and (isinstance(each, (list, Pairs)) or each in (None, "")):
            is_list = True
            found.append(each)
        elif isinstance(each, (list, Pairs)) or category_named(key):
            return None
    return found if is_list else None


def _kind_of(pairs: Pairs) -> str | None:
    kind = _get(pairs, "kind")
    has_value = any(plain(key) in names("columns", "value") for key, _ in pairs.items)
    return kind if isinstance(kind, str) and has_value else None


def _get(pairs: Pairs, key: str) -> object:
    """The value under the first of the names of ``key`` that is there."""
    for name in names("columns", key):
        for each, value in pairs.items:
            if plain(each) == name:
                return value
    return None


def _of_category(category: Category, value: object, where: str) -> Iterator[Entry]:
    match value:
        case None:
            return
        case str() | int() | float():
            if _says(surface := str(value).strip()):
                yield Entry(category, surface)
        case list():
            for each in value:
                yield from _of_category(category, each, where)
        case Pairs():
            yield from _of_entry(category, value, where)
        case _:
            raise InputError("a value is neither text nor a list", where=where)


def _of_entry(category: Category, pairs: Pairs, where: str) -> Iterator[Entry]:
    value = _get(pairs, "value")
    disguise = disguise_of(_get(pairs, "disguise"), where)
    difficulty = difficulty_of(_get(pairs, "difficulty"), where)
    start, end = _get(pairs, "start"), _get(pairs, "end")
    place = (start, end) if isinstance(start, int) and isinstance(end, int) else None
    found = list(_of_category(category, value, where))
    if not found and value not in (None, "", []) and not isinstance(value, str):
        raise InputError("an entry has no value", where=where)
    for entry in found:
        yield Entry(entry.category, entry.value, disguise, difficulty, place)


def _of_lines(text: str, where: str) -> Iterator[Entry]:
    category: Category | None = None
    for line in _LINE_ENDS.split(text):
        for part in _pieces(_inner(_BULLET.sub("", line.strip()), _QUOTES)):
            piece = _inner(part, _QUOTES)
            colon = _COLON.search(piece)
            label = _inner(piece[: colon.start()], _BRACKETS) if colon else ""
            if colon and _LETTER.search(label):
                category = known_category(label, where, "the name in front of a colon")
                piece = piece[colon.end() :]
            elif not piece:
                continue
            if category is None:
                raise InputError("a line of labels has no label", where=where)
            if _says(value := _inner(piece, _QUOTES)):
                yield Entry(category, value)


def _pieces(line: str) -> Iterator[str]:
    """``line`` cut where another known label begins: values may hold the same signs."""
    start = 0
    for sign in _WITHIN.finditer(line):
        label = line[sign.end() : sign.end() + _LONGEST_LABEL]
        colon = _COLON.search(label)
        if colon and category_named(_inner(label[: colon.start()], _BRACKETS)) is not None:
            yield line[start : sign.start()].strip()
            start = sign.end()
    yield line[start:].strip()


def _inner(text: str, around: Mapping[str, str]) -> str:
    """``text`` without blanks and without a pair of signs around all of it."""
    bare = text.strip()
    if len(bare) > 2 and around.get(bare[0]) == bare[-1] and bare[-1] not in bare[1:-1]:
        return bare[1:-1].strip()
    return bare


def _says(value: str) -> bool:
    return not is_missing(value) and not is_none(value)

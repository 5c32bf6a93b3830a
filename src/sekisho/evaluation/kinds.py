"""What kind of value a field has, and when two values of a kind are the same.

Numbers are the same within rounding; a boolean is never a number; dates and words are compared as
they stand (both are normalised before); lists and spans without regard to order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeAlias, TypeGuard

from sekisho.errors import UsageError
from sekisho.evaluation.item_matching import matched

__all__ = [
    "OTHER",
    "Kind",
    "Stretch",
    "Type",
    "equal_parts",
    "fits",
    "inferred",
    "is_date",
    "same",
    "stretches",
]

Type: TypeAlias = Literal[
    "any", "boolean", "date", "enum", "integer", "list", "number", "object", "spans", "string"
]
#: Start, end and label of a span.
Stretch: TypeAlias = tuple[int, int, str]
#: What a value or a label is called that is none of a closed set: its own words may be the text's.
OTHER = "(other)"

_DATE = re.compile("([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a field and what belongs to it.

    ``values`` are the classes of an enum in their order, which means something when ``ordered``.
    ``fields`` are the subfields of an object or of a list of objects, ``item`` the kind of a plain
    list's items, ``labels`` those of spans.
    """

    type: Type
    values: tuple[Any, ...] = field(default=(), repr=False)
    ordered: bool = False
    fields: Mapping[str, Kind] = field(default_factory=dict)
    item: Kind | None = None
    labels: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[Any, ...]:
        """The closed set of values of an enum or a boolean; empty for all other kinds."""
        return (False, True) if self.type == "boolean" else self.values


_SPANS = Kind("spans")
_SPAN_KEYS = {"start", "end", "label", "text"}


def same(kind: Kind, left: Any, right: Any) -> bool:
    """Whether two values of a field are the same; None is *not mentioned*."""
    if left is None or right is None:
        return left is None and right is None
    match kind.type:
        case "object":
            both = isinstance(left, Mapping) and isinstance(right, Mapping)
            return both and equal_parts(kind, left, right) == max(1, len(kind.fields))
        case "list":
            if not (isinstance(left, list) and isinstance(right, list)):
                return False
            parts = max(1, len(kind.fields))
            pairs = matched(left, right, lambda a, b: equal_parts(kind, a, b), parts)
            equal = sum(likeness == parts for _, _, likeness in pairs)
            return equal == len(left) == len(right)
        case "spans":
            both = fits(_SPANS, left) and fits(_SPANS, right)
            return both and set(stretches(left)) == set(stretches(right))
        case _:
            return _same_plain(left, right)


def equal_parts(kind: Kind, left: Any, right: Any) -> int:
    """How many subfields of two objects are the same; for other items 1 or 0."""
    if not kind.fields:
        return int(same(kind.item or Kind("any"), left, right))
    if not (isinstance(left, Mapping) and isinstance(right, Mapping)):
        return 0
    return sum(same(inner, left.get(name), right.get(name)) for name, inner in kind.fields.items())


def stretches(value: Any) -> tuple[Stretch, ...]:
    """The spans of a value; raises ``ValueError`` when it is no list of spans."""
    found = []
    for each in value if isinstance(value, Sequence) and not isinstance(value, str) else [None]:
        if not isinstance(each, Mapping):
            raise ValueError("a span is an object")
        start, end, label = each.get("start"), each.get("end"), each.get("label")
        if not (_is_whole(start) and _is_whole(end)) or not 0 <= start < end:
            raise ValueError("a span needs integers 0 <= start < end")
        if label is not None and not isinstance(label, str):
            raise ValueError("a label is a string")
        found.append((start, end, label or ""))
    return tuple(found)


def is_date(value: Any) -> bool:
    """Whether ``value`` is a date as ``2024-05-03``, ``2024-05`` or ``2024``."""
    read = _DATE.fullmatch(value) if isinstance(value, str) else None
    if read is None:
        return False
    year, month, day = (int(part or 1) for part in read.groups())
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def fits(kind: Kind, value: Any) -> bool:
    """Whether a value that is not None is one of this kind."""
    match kind.type:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return _is_number(value) and float(value).is_integer()
        case "number":
            return _is_number(value)
        case "string":
            return isinstance(value, str)
        case "date":
            return is_date(value)
        case "enum":
            return any(_same_plain(value, known) for known in kind.values)
        case "object":
            return isinstance(value, Mapping) and _fits_parts(kind, value)
        case "list":
            return isinstance(value, list) and all(_fits_item(kind, item) for item in value)
        case "spans":
            return _fits_spans(kind, value)
        case _:
            return True


def inferred(values: Iterable[Any], *, closed: bool = False) -> Kind:
    """The kind that gold values show; None among them is passed over.

    ``closed``: the values are the classes of an enum, sorted; numbers among themselves have an
    order. Strings are dates when all are and one has a month. Raises ``UsageError`` when ``closed``
    and a value is a list or an object.
    """
    given = [value for value in values if value is not None]
    if closed:
        if any(isinstance(value, list | dict) for value in given):
            raise UsageError("a list or an object cannot be one of a closed set")
        classes: list[Any] = []
        for value in given:
            if not any(_same_plain(value, known) for known in classes):
                classes.append(value)
        numeric = all(map(_is_number, classes))
        classes.sort(key=(lambda v: v) if numeric else (lambda v: (type(v).__name__, str(v))))
        return Kind("enum", values=tuple(classes), ordered=numeric and bool(classes))
    if not given:
        return Kind("any")
    if all(isinstance(value, bool) for value in given):
        return Kind("boolean")
    if all(map(_is_number, given)):
        return Kind("integer" if all(map(_is_whole, given)) else "number")
    if all(isinstance(value, str) for value in given):
        dates = all(map(is_date, given)) and any("-" in value for value in given)
        return Kind("date" if dates else "string")
    if all(isinstance(value, dict) for value in given):
        return Kind("object", fields=_inferred_parts(given))
    if all(isinstance(value, list) for value in given):
        return _inferred_list([item for value in given for item in value])
    return Kind("any")


def _inferred_list(items: Sequence[Any]) -> Kind:
    if items and all(isinstance(item, dict) for item in items):
        if all({"start", "end"} <= set(item) <= _SPAN_KEYS for item in items):
            labels = sorted({item.get("label") or "" for item in items})
            return Kind("spans", labels=tuple(labels))
        return Kind("list", fields=_inferred_parts(items))
    return Kind("list", item=inferred(items))


def _inferred_parts(items: Sequence[Mapping[str, Any]]) -> dict[str, Kind]:
    names = dict.fromkeys(name for item in items for name in item)
    return {name: inferred(item.get(name) for item in items) for name in names}


def _fits_parts(kind: Kind, value: Mapping[str, Any]) -> bool:
    return all(
        name in kind.fields and (part is None or fits(kind.fields[name], part))
        for name, part in value.items()
    )


def _fits_item(kind: Kind, item: Any) -> bool:
    if kind.fields:
        return isinstance(item, Mapping) and _fits_parts(kind, item)
    return item is not None and fits(kind.item or Kind("any"), item)


def _fits_spans(kind: Kind, value: Any) -> bool:
    try:
        found = stretches(value)
    except ValueError:
        return False
    return not kind.labels or all(label in kind.labels for _, _, label in found)


def _same_plain(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and left == right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if _is_whole(left) and _is_whole(right):
        return bool(left == right)
    if _is_number(left) and _is_number(right):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same_plain, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same_plain(left[k], right[k]) for k in left)
    return bool(left == right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)

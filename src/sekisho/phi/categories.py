"""The seventeen kinds of identifier that sekisho knows."""

from __future__ import annotations

from enum import StrEnum

from sekisho.errors import UnmappedLabelError

__all__ = ["DIRECT", "Category", "category"]


class Category(StrEnum):
    """What an identifier is, as ``docs/annotation.md`` defines each."""

    NAME = "NAME"
    STAFF = "STAFF"
    BIRTHDATE = "BIRTHDATE"
    DATE = "DATE"
    TIME = "TIME"
    AGE = "AGE"
    SEX = "SEX"
    ID = "ID"
    INSURANCE = "INSURANCE"
    NATIONAL_ID = "NATIONAL_ID"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    URL = "URL"
    ADDRESS = "ADDRESS"
    FACILITY = "FACILITY"
    DEPARTMENT = "DEPARTMENT"
    OCCUPATION = "OCCUPATION"


#: Identifiers that name a patient by themselves; one of them bare makes a document a leak.
DIRECT = frozenset(
    {
        Category.NAME,
        Category.BIRTHDATE,
        Category.ID,
        Category.INSURANCE,
        Category.NATIONAL_ID,
        Category.PHONE,
        Category.EMAIL,
        Category.URL,
        Category.ADDRESS,
    }
)


def category(label: str) -> Category:
    """The category called ``label``.

    Raises ``UnmappedLabelError`` for any other label: a label nobody mapped must never be dropped.
    """
    try:
        return Category(label)
    except ValueError:
        raise UnmappedLabelError(
            f"the label {label!r} maps to no category", remedy=f"known: {', '.join(Category)}"
        ) from None

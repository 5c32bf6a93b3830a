from __future__ import annotations

import pytest

from sekisho.errors import UnmappedLabelError
from sekisho.phi.categories import DIRECT, Category, category


def test_there_are_seventeen_categories() -> None:
    assert " ".join(Category) == (
        "NAME STAFF BIRTHDATE DATE TIME AGE SEX ID INSURANCE NATIONAL_ID PHONE EMAIL URL ADDRESS "
        "FACILITY DEPARTMENT OCCUPATION"
    )


@pytest.mark.parametrize("label", list(Category))
def test_a_label_is_its_own_category(label: str) -> None:
    assert category(str(label)) is Category(label)


@pytest.mark.parametrize("label", ["", "name", "PERSON", "NAME ", "氏名"])
def test_a_label_that_nobody_mapped_is_an_error(label: str) -> None:
    with pytest.raises(UnmappedLabelError, match="maps to no category"):
        category(label)


def test_what_names_a_patient_by_itself_is_direct() -> None:
    assert {Category.NAME, Category.ID, Category.PHONE, Category.BIRTHDATE} <= DIRECT
    assert DIRECT.isdisjoint({Category.DATE, Category.AGE, Category.SEX, Category.DEPARTMENT})

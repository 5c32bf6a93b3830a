from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from releasing import key

from sekisho.documents.records import Record
from sekisho.release.columns import Columns
from sekisho.release.reference import (
    NAME,
    REFERENCE,
    keyed_reference,
    public_reference,
    record_reference,
)
from sekisho.release.wordlists import rows, words

CODED = re.compile("doc-[a-z2-7]{10}")


@pytest.mark.parametrize(
    "identifier", ["1", "0007", "12345", "ct-chest", "report_12", "R001", "DischargeSummary", "MRI"]
)
def test_an_id_that_names_nobody_is_shown(identifier: str) -> None:
    assert public_reference(identifier, key()) == identifier


@pytest.mark.parametrize(
    "identifier",
    [
        "山田太郎",
        "yamada",
        "yamada1",
        "YamadaTaro",
        "yamadataro",
        "TANAKA",
        "ct_suzuki_2",
        "report-sato",
        "y.tanaka",
        "K.T.",
        "kt-12",
        "smith",
        "John-Smith-CT",
        "ＣＴ",
        "00712345",
        "123456",
        "20418-7735",
        "0071-4486",
        "12-3456",
        "2024-8-5",
        "S33.4.2",
        "1958-04",
        "R2024-00123",
        "a1b2c3d4e5",
        "",
        "ct chest",
        "ct/chest",
        "ct\n",
        "report" * 11,
    ],
)
def test_an_id_that_may_name_somebody_is_coded(identifier: str) -> None:
    assert CODED.fullmatch(public_reference(identifier, key()))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_no_other_sign_and_no_long_number_is_ever_shown(identifier: str) -> None:
    shown = public_reference(identifier, key())
    assert re.fullmatch("[A-Za-z0-9._-]{1,64}", shown)
    if shown == identifier:
        assert not re.search("[0-9]{6}|[0-9][^0-9]+[0-9]", shown)


_SURNAMES = sorted({row[-1].lower() for row in rows("surnames") if row[-1].isascii()} or {"sato"})
_FORMS = ("{}", "{}1", "ct-{}", "{}_report", "{}.2024", "X-{}")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(_SURNAMES), st.sampled_from(_FORMS), st.sampled_from([str.upper, str.title]))
def test_a_surname_in_roman_letters_is_never_shown(name: str, form: str, case: Any) -> None:
    for written in (name, case(name)):
        identifier = form.format(written)
        assert public_reference(identifier, key()) != identifier


def test_no_listed_word_is_a_surname_of_the_lists() -> None:
    assert not set(words("harmless_words")) & set(_SURNAMES)


def test_a_code_depends_on_the_id_and_on_the_key() -> None:
    assert keyed_reference("a", key()) == keyed_reference("a", key())
    assert keyed_reference("a", key()) != keyed_reference("b", key())
    assert keyed_reference("a", key()) != keyed_reference("a", key(b"other"))


def recorded(identity: str, column: str = "id", **metadata: str) -> Record:
    return Record(identity, "f", 1, {column: identity, "t": ""}, ("t",), metadata=metadata)


def test_the_place_of_a_record_without_an_id_is_shown_as_it_is() -> None:
    record = recorded("\0reports/山田太郎.txt", **{NAME: "山田太郎", REFERENCE: "2-17"})
    assert record_reference(record, Columns(), key()) == "2-17"


def test_a_patient_s_number_is_coded_even_when_it_is_short() -> None:
    columns = Columns(identifiers=frozenset({"患者ID"}))
    assert CODED.fullmatch(record_reference(recorded("12", "患者ID"), columns, key()))
    plain = Columns(identifiers=frozenset({"id"}))
    assert record_reference(recorded("12"), plain, key()) == "12"


def test_an_id_that_the_user_vouches_for_is_shown() -> None:
    columns = Columns(identifiers=frozenset({"id"}), keep=frozenset({"id"}))
    assert record_reference(recorded("KMU-2019-0448"), columns, key()) == "KMU-2019-0448"

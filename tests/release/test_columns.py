from __future__ import annotations

from typing import Any

import pytest
from examining import shipped
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.records import Record
from sekisho.errors import UnmappedLabelError
from sekisho.phi.categories import Category
from sekisho.release.columns import Columns, inner_keys, leaves, rebuilt, searched, telling_headers

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
_VALUES = st.dictionaries(st.text(max_size=3), _JSON, max_size=4)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("患者氏名", "NAME"),
        ("氏名", "NAME"),
        ("患者ＩＤ", "ID"),
        ("患者_id", "ID"),
        ("生年月日", "BIRTHDATE"),
        ("電話番号", "PHONE"),
        ("ﾀﾝﾄｳｲ", None),
        ("所見", None),
        ("", None),
    ],
)
def test_a_header_announces_what_its_column_holds(header: str, expected: str | None) -> None:
    assert Columns().category_of(header) == expected
    assert Columns(infer=False).category_of(header) is None


def test_the_user_s_word_goes_before_the_header() -> None:
    columns = Columns(known={"氏名": "FACILITY"}, patient="key")
    assert columns.category_of("氏名") is Category.FACILITY
    assert columns.category_of("key") is Category.ID


def test_a_category_that_nobody_knows_is_an_error_and_not_a_plain_column() -> None:
    with pytest.raises(UnmappedLabelError):
        Columns(known={"a": "SURNAME"}).category_of("a")


def test_values_that_stand_everywhere_are_not_searched() -> None:
    assert not searched("SEX")
    assert not searched("AGE")
    assert {label for label in Category if searched(label)} >= {"NAME", "ID", "PHONE", "ADDRESS"}


@pytest.mark.parametrize(
    ("value", "identity", "expected"),
    [
        ("7", "7", "id"),
        (7, "7", "id"),
        ("", "3", None),
        (None, "3", None),
        (["a"], "['a']", None),
        (1.5, "1.5", None),
        ("8", "7", None),
    ],
)
def test_the_id_column_is_where_the_id_stands(
    value: Any, identity: str, expected: str | None
) -> None:
    columns = Columns(identifiers=frozenset({"id", "other"}))
    record = Record(identity, "f", 3, {"id": value, "text": ""}, ("text",))
    assert columns.id_column(record) == expected


def test_leaves_are_every_string_number_and_run_of_bytes_with_its_place() -> None:
    values = {"a": "x", "b": [1, {"c": 2.5, "d": None}], "e": True, "f": b"\xff", "g": {}}
    assert dict(leaves(values)) == {
        ("a",): "x",
        ("b", 0): "1",
        ("b", 1, "c"): "2.5",
        ("f",): b"\xff",
    }


def test_inner_keys_are_those_of_objects_inside_the_columns() -> None:
    values = {"a": {"k": [{"l": 1}, {"l": 2, "m": {}}]}, "b": ("x", {"n": 1}), "c": 1}
    assert inner_keys(values) == ["k", "n", "l", "m"]
    assert inner_keys({"a": "x", "b": [1, "k"]}) == []


def test_keys_that_nobody_looked_at_are_late_columns_and_inner_ones() -> None:
    values = {"a": {"k": 1}, "b": 2}
    assert Columns().unseen_keys(values) == ["k"]
    assert Columns(headers=frozenset("a")).unseen_keys(values) == ["b", "k"]


def test_a_header_is_telling_when_it_holds_more_than_the_name_of_a_column() -> None:
    headers = (
        "患者氏名",
        "担当医コード",
        "患者 山田太郎様",
        "橋本病",
        "電話番号",
        "2024年度",
        "TEL 090-1234-5678",
    )
    assert telling_headers(headers, shipped()) == ("患者 山田太郎様", "TEL 090-1234-5678")


@settings(max_examples=200, deadline=None)
@given(_VALUES)
def test_what_is_rebuilt_without_a_change_is_the_same(values: dict[str, Any]) -> None:
    assert rebuilt(values, {}) == values
    assert list(rebuilt(values, {})) == list(values)


@settings(max_examples=200, deadline=None)
@given(_VALUES)
def test_every_leaf_can_be_replaced_in_its_place_and_nothing_else_moves(
    values: dict[str, Any],
) -> None:
    places = dict(leaves(values))
    changed = rebuilt(values, {path: f"<{text!r}>" for path, text in places.items()})
    assert dict(leaves(changed)) == {path: f"<{text!r}>" for path, text in places.items()}
    assert inner_keys(changed) == inner_keys(values)


def test_the_original_is_left_alone() -> None:
    values = {"a": [{"b": "x"}]}
    rebuilt(values, {("a", 0, "b"): "y"})
    assert values == {"a": [{"b": "x"}]}

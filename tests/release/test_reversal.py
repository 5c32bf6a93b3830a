from __future__ import annotations

import datetime
import json
import zlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.formats.cell import Cell
from sekisho.documents.formats.jsonl import Number
from sekisho.errors import VaultError
from sekisho.release.edits import Edit, apply
from sekisho.release.reversal import pack, pieces, restore, unpack, whole

_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)


@settings(max_examples=200, deadline=None)
@given(_TEXT, st.data())
def test_pieces_restore_any_text_to_the_letter(text: str, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True).map(sorted))
    edits = [
        Edit(a, b, data.draw(_TEXT), "NAME", "tag")
        for a, b in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    applied = apply(text, edits)
    undo = pieces(text, applied.placed, [text[edit.start : edit.end] for edit in edits])
    assert restore({"a": applied.text}, pack({("a",): undo})) == {"a": text}


@pytest.mark.parametrize("value", ["山田", "", 7, 10**30, 2.5, None, "\ud83d"])
def test_a_whole_value_comes_back_as_it_was(value: Any) -> None:
    assert restore({"a": "x"}, pack({("a",): whole(value)})) == {"a": value}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime.date(1958, 4, 2), "1958-04-02"),
        (Decimal("1.10"), "1.10"),
    ],
)
def test_a_value_of_another_kind_comes_back_as_its_text(value: Any, text: str) -> None:
    assert restore({"a": "x"}, pack({("a",): whole(value)})) == {"a": text}


def test_a_number_keeps_the_digits_it_was_written_with() -> None:
    (value,) = restore({"a": "x"}, pack({("a",): whole(Number("1.10"))})).values()
    assert isinstance(value, Number)
    assert value.text == "1.10"


def test_a_cell_keeps_the_bytes_it_was_written_with() -> None:
    cell = Cell("山田様", "“山田様”".encode("cp932", "replace"), "\n")
    applied = apply(cell, [Edit(0, 2, "[氏名1]", "NAME", "tag")])
    for undo in (whole(cell), pieces(cell, applied.placed, ["山田"])):
        (value,) = restore({"a": applied.text}, pack({("a",): undo})).values()
        assert isinstance(value, Cell)
        assert (value, value.raw, value.end) == (cell, cell.raw, "\n")


def test_nested_values_are_restored_in_their_place() -> None:
    payload = pack({("a", 1, "b"): whole("山田"), ("c",): whole(5)})
    assert unpack(payload).keys() == {("a", 1, "b"), ("c",)}
    released = {"a": ["x", {"b": "[氏名1]", "z": 0}], "c": "[ID]"}
    assert restore(released, payload) == {"a": ["x", {"b": "山田", "z": 0}], "c": 5}


def test_a_payload_of_another_version_is_refused() -> None:
    payload = zlib.compress(json.dumps({"version": 2, "cells": []}).encode())
    with pytest.raises(VaultError, match="another version"):
        restore({}, payload)


@pytest.mark.parametrize("values", [{"b": "x"}, {"a": 3}])
def test_a_record_that_lost_a_cell_is_an_error(values: dict[str, Any]) -> None:
    payload = pack({("a", 0): pieces("山田", [], [])})
    with pytest.raises(VaultError, match="lost a cell") as caught:
        restore(values, payload)
    assert "山田" not in str(caught.value)

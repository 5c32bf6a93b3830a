"""Labels, and where their values begin."""

from __future__ import annotations

import pytest

from sekisho.phi.detectors.rules.labels import data, labels
from sekisho.phi.detectors.rules.reading import Reading


@pytest.mark.parametrize(
    "text",
    [
        *["患者ID:x", "患者ID :  x"],
        *["患者ID x", "患 者 I D  x", "患者id=x", "患者ID(院内): x", "患者ID\nx", '患者ID": "x'],
        *["**患者ID**: x", "患者IDはx", "患者ID No.x", "【患者ID】x"],
    ],
)
def test_a_value_begins_behind_what_joins_it_to_its_label(text: str) -> None:
    label = labels(text)[0]
    assert (label.kind, text[label.value]) == ("id", "x")


@pytest.mark.parametrize("text", ["COVID 19", "IDH1", "newborn 5", "IDSA", "hotel 3", "Birthplace"])
def test_a_latin_label_is_a_word_of_its_own(text: str) -> None:
    assert labels(text) == ()


def test_the_longest_label_wins() -> None:
    (label,) = labels("ロット番号 12")
    assert label.kind == "thing"


def test_no_label_is_of_two_kinds() -> None:
    words = [word.replace(" ", "").lower() for kind in data("labels").values() for word in kind]
    assert len(words) == len(set(words))


def test_the_nearest_label_speaks_for_a_position() -> None:
    reading = Reading("生年月日 不明 検査日 2024")
    assert reading.kind_before(14) == "date"
    assert reading.kind_before(6, reach=2) == "birth"
    assert reading.kind_before(0) == ""


def test_a_unit_is_a_word_of_its_own() -> None:
    reading = Reading("5mm 8 HU 7回 7回診 5本人 5mmx")
    units = [place for place in range(len(reading.text)) if reading.unit_at(place)]
    text = reading.text
    assert text.index("mm") in units
    assert text.index(" HU") in units
    assert text.index("回 7") in units
    assert text.index("回診") not in units
    assert text.index("本人") not in units

"""Hostile and large texts, and the rules that keep the patterns honest."""

from __future__ import annotations

import re
import time
from importlib.resources import files

import pytest
from placed import spans

from sekisho.documents.document import Document
from sekisho.phi.detectors.places import addresses, departments, facilities, occupations

FINDERS = (addresses, facilities, departments, occupations)
LENGTH = 60_000
#: Seconds: linear work needs about one; quadratic work would need hours.
BOUND = 30.0
UNITS = [
    "市",
    "東京都",
    "病院",
    "大学病院",
    "1-",
    "一",
    "の",
    "さくら",
    "住所：",
    "職業：",
    "施設：",
    "「",
    "株式会社",
    "3階",
    "A ",
    " ",
    "\n",
    "丁目1",
    "山田病院。",
    "渋谷区1-2-3 ",
    "内科",
    "ア",
]


@pytest.mark.parametrize("unit", UNITS)
def test_hostile_repetition_takes_time_in_proportion(unit: str) -> None:
    document = Document("d", unit * (LENGTH // len(unit)))
    begun = time.perf_counter()
    for finder in FINDERS:
        list(finder.find(document, ()))
    assert time.perf_counter() - begun < BOUND


@pytest.mark.parametrize("finder", FINDERS)
def test_an_empty_text_holds_nothing(finder: object) -> None:
    assert spans(finder, "") == []  # type: ignore[arg-type]


def test_no_pattern_uses_a_class_that_takes_all_scripts_together() -> None:
    forbidden = re.compile(r"\\[bBwWdDsS](?![a-zA-Z])")
    unbounded = re.compile(r"(?:\]|\))(?:[*+]|\{[0-9]{1,2},\})")
    for entry in files("sekisho.phi.detectors.places").iterdir():
        if entry.name.endswith(".py"):
            source = entry.read_text(encoding="utf-8")
            assert forbidden.findall(source) == [], entry.name
            assert unbounded.findall(source) == [], entry.name


def test_offsets_are_those_of_the_original_text() -> None:
    text = "ｻｸﾗ　㈱北斗建設に勤務、住所は千葉県船橋市本町１－４－５。循環器内科、会社員"
    surfaces = {text[span.start : span.end] for finder in FINDERS for span in spans(finder, text)}
    assert surfaces == {"㈱北斗建設", "千葉県船橋市本町１－４－５", "循環器内科", "会社員"}

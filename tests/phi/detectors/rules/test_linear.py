"""Hostile texts: the time stays proportional to the length, and bounded."""

from __future__ import annotations

import time

import pytest
from ruled import DETECTOR

from sekisho.documents.document import Document

LENGTH = 200_000
#: Seconds for the longest text on a slow, busy machine: quadratic work would take hours.
BOUND = 60.0
HOSTILE = {
    "digits": "1",
    "noughts": "0",
    "nought and hyphen": "0-",
    "hyphens": "-",
    "long vowels": "ー",
    "at signs": "@",
    "addresses without an end": "a@",
    "spaces": " ",
    "line ends": "\n",
    "labels of a chart number": "患者ID",
    "labels of a birth date": "生年月日",
    "labels with spaces": "患 者 ",
    "labels with values": "番号1-",
    "kanji numerals": "一二三",
    "tens": "十",
    "kanji noughts": "〇",
    "short dates": "8/5、",
    "dates": "2024年8月5日、",
    "compact dates": "20240805",
    "clock hours": "3時",
    "kanji hours": "十時",
    "colons": "10:",
    "hexadecimal groups": "a1:",
    "plus signs": "+11111111111",
    "sizes": "0×",
    "ages": "60歳男",
    "circled digits": "①",
    "dots": "1.2.",
    "hosts": "www.",
    "schemes": "http://",
    "extensions": "内線1、",
    "postal marks": "〒",
    "misread digits": "O0",
    "card symbols": "記号1-",
}


def seconds(text: str) -> float:
    document = Document("d", text)
    _ = document.folded
    begin = time.process_time()
    DETECTOR.detect(document)
    return time.process_time() - begin


def repeated(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_time_grows_with_the_length_only(unit: str) -> None:
    # Four times the text may take four times as long; sixteen times would be quadratic.
    for _ in range(4):
        short = seconds(repeated(unit, LENGTH // 4))
        long = seconds(repeated(unit, LENGTH))
        assert long < BOUND
        if long < 9 * short + 0.05:
            return
    pytest.fail(f"{long:.2f} s for four times the text of {short:.2f} s")

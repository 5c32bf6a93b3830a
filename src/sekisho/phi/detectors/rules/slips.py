"""OCR slips: letters read where digits stood (O3-l234), katakana where kanji stood (山ロ, エ藤)."""

from __future__ import annotations

import re

__all__ = ["without_kanji_slips", "without_slips"]

_AS_DIGITS = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "|": "1"})
#: A group of digits with such letters in it, and neither a letter nor a kana on its sides.
_GROUP = re.compile(
    "(?<![A-Za-zァ-ヺー])[0-9OolI|]{1,12}(?:[./:‐－ー-][0-9OolI|]{1,12}){0,6}(?![A-Za-zァ-ヺー])"
)
_SLIP = re.compile("[OolI|]")
_DIGIT = re.compile("[0-9]")
#: Beside these even one digit is enough: 昭和2l年l0月O5日.
_DATE_SIGNS = frozenset("年月日歳才時分号和成")
#: II, I/II, Ol: without enough digits it is a numeral or a word.
_LEAST_DIGITS = 2


def without_slips(text: str) -> str:
    """Folded ``text`` with the letters of such groups as digits; every offset kept."""
    if "曰" in text or "目" in text:
        text = _DAY_SIGN.sub("日", text)
    if not _SLIP.search(text):
        return text
    return _GROUP.sub(_mended, text)


def _mended(match: re.Match[str]) -> str:
    group = match.group()
    digits = len(_DIGIT.findall(group))
    slips = len(_SLIP.findall(group))
    text, (start, end) = match.string, match.span()
    in_date = text[end : end + 1] in _DATE_SIGNS and (
        digits or text[max(0, start - 1) : start] in _DATE_SIGNS
    )
    if not slips or (not in_date and (digits < _LEAST_DIGITS or slips > digits + 1)):
        return group
    return group.translate(_AS_DIGITS)


#: 2曰, 8月5目: the sign of the day.
_DAY_SIGN = re.compile("(?<=[0-9OolI])曰|(?<=月[0-9])目|(?<=月[0-9][0-9])目")
_KANJI_FOR = str.maketrans("ロエカニタハトチオー", "口工力二夕八卜千才一")
#: One such katakana beside kanji and beside no other kana.
_LONE = re.compile(
    "(?:(?<=[一-鿿])[ロエカニタハトチオー](?![ぁ-ゖァ-ヺー])|(?<![ぁ-ゖァ-ヺーA-Za-z])[ロエカニタハトチオ](?=[一-鿿]))"
)


def without_kanji_slips(text: str) -> str:
    """Folded ``text`` with lone katakana beside kanji as the kanji they look like."""
    return _LONE.sub(lambda match: match.group().translate(_KANJI_FOR), text)

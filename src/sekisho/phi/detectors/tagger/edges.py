"""What does not belong to a span although the network took it along, and what is hardly ever one.

A network that reads characters is unsure by one or two of them at the edges. The annotation rules
leave honorifics, titles and words of kinship outside; the word lists know them all.
"""

from __future__ import annotations

import re
from functools import cache

from sekisho.phi.categories import Category
from sekisho.phi.lists import words
from sekisho.phi.morphology import is_name, is_ordinary_word
from sekisho.phi.titles import titles_behind
from sekisho.phi.wordtrie import trie

__all__ = ["has_form", "is_generic", "within_edges"]

_PEOPLE = frozenset({Category.NAME, Category.STAFF})
_BEFORE = re.compile("[ 　\n\t、。，,・：:；;（(「『【\\[＜<|｜/／=＝☎℡→※*＊#＃~〜–−-]+")
_BEHIND = re.compile("[ 　\n\t、。，,：:；;「『【\\[＜<|｜/／=＝→※*＊（(~〜–−-]+$")
_CLOSING = {")": "(", "）": "（", "」": "「", "』": "『", "】": "【", "]": "["}

#: What stands right before an identifier of a category and says something of it.
_HEADS = {
    Category.DATE: re.compile("(?:同|本|翌|先|前)[年月](?=[0-9一-十])"),
    Category.OCCUPATION: re.compile("(?:元|現在|現)(?=..)"),
    Category.ID: re.compile("(?:ID|No|NO|№)[.:]?(?=[0-9])"),
    Category.TIME: re.compile("(?:朝|夜|夕|毎朝|深夜|早朝|当日)(?=[0-9])"),
}
_ADDRESSED = re.compile("[./@_:]")
_DIGIT = re.compile("[0-9〇一二三四五六七八九十百元OoIl]")
_PAIR = re.compile("([0-9]{1,2})[/-]([0-9]{1,2})")
_NUMERAL = re.compile("[0-9〇一二三四五六七八九十百千.・]+")
_OF_DIGITS = frozenset(
    {
        Category.BIRTHDATE,
        Category.DATE,
        Category.TIME,
        Category.AGE,
        Category.ID,
        Category.INSURANCE,
        Category.NATIONAL_ID,
        Category.PHONE,
    }
)

#: Lists of words that a span of a category is hardly ever made of alone.
_GENERIC = {
    Category.NAME: ("not_names", "kinship", "honorifics", "hiragana_no_names"),
    Category.STAFF: ("not_names", "staff_titles", "staff_nouns", "hiragana_no_names"),
    Category.ADDRESS: ("not_places",),
    Category.FACILITY: ("facility_generic",),
}


def within_edges(text: str, start: int, end: int, category: str) -> tuple[int, int] | None:
    """``start`` and ``end`` without punctuation, titles and kinship at the edges; None if all was.

    ``text`` is folded.
    """
    start, end = _unpunctuated(text, start, end)
    if (
        start < end
        and (head := _HEADS.get(Category(category)))
        and (before := head.match(text, start, end))
    ):
        start = before.end()
    if category in _PEOPLE and start < end:
        behind = _behind().search(text, start, end)
        if behind is not None and behind.start() > start and behind.end() == end:
            end = behind.start()
        before = _kin_before().match(text, start, end)
        if before is not None and before.end() < end:
            start = before.end()
        start, end = _unpunctuated(text, start, end)
    return (start, end) if start < end else None


def is_generic(surface: str, category: str) -> bool:
    """Whether a span that is just ``surface`` is one of the words that name nobody.

    For people that is every number, and every word which the dictionary knows as an ordinary one
    and as no name; for dates two small numbers with a stroke, which are a score as often.
    """
    if category == Category.DATE and _PAIR.fullmatch(surface):
        return True
    if category in _PEOPLE and (
        _NUMERAL.fullmatch(surface) or (is_ordinary_word(surface) and not is_name(surface))
    ):
        return True
    return any(surface in words(name) for name in _GENERIC.get(Category(category), ()))


def has_form(surface: str, category: str) -> bool:
    """Whether ``surface`` (folded) has what every identifier of ``category`` has.

    A mail address has an at-sign, a number has digits; two numbers with a stroke are a date only
    where they can be a month and its day.
    """
    if category == Category.EMAIL:
        return "@" in surface
    if category == Category.URL:
        return _ADDRESSED.search(surface) is not None
    if category in _OF_DIGITS and _DIGIT.search(surface) is None:
        return False
    pair = _PAIR.fullmatch(surface) if category == Category.DATE else None
    return pair is None or (1 <= int(pair[1]) <= 12 and 1 <= int(pair[2]) <= 31)


def _unpunctuated(text: str, start: int, end: int) -> tuple[int, int]:
    before = _BEFORE.match(text, start, end)
    if before is not None:
        start = before.end()
    while start < end:
        behind = _BEHIND.search(text, start, end)
        if behind is not None:
            end = behind.start()
        elif (opening := _CLOSING.get(text[end - 1])) and opening not in text[start:end]:
            end -= 1
        else:
            break
    return start, max(start, end)


@cache
def _behind() -> re.Pattern[str]:
    # A newborn is called by its mother's name: 久保田ベビー2.
    newborn = "(?:ベビー|ベイビー|[Bb]aby|BABY)[ -]?[0-9ABⅠⅡ]?"
    return titles_behind(trie(words("beside_names")), newborn, blank="[ 　\n]")


@cache
def _kin_before() -> re.Pattern[str]:
    # A single character may begin a surname: 妹尾, 孫田.
    known = words("kinship") | words("beside_names")
    several = frozenset(word for word in known if len(word) > 1)
    return re.compile(f"(?:{trie(several)}|通称|[姪甥娘婿嫁])[ 　\n]?")

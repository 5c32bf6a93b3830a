"""Japanese morphology by Sudachi: morphemes in order, and what a word could be out of context.

The analyser picks one reading of an ambiguous word; the dictionary knows them all (林 is a surname
and a wood). Detectors need both: the reading in context to find candidates, the dictionary to
judge a candidate that a cue has already pointed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sekisho.errors import DetectionError

__all__ = [
    "Morpheme",
    "is_given_name",
    "is_name",
    "is_ordinary_word",
    "is_person",
    "is_place",
    "is_surname",
    "is_word",
    "morphemes",
    "readings",
    "surname_readings",
]

#: Sudachi refuses more than 49,149 bytes at once; a folded character takes at most four.
_LONGEST = 8_000


class Morpheme(NamedTuple):
    """One morpheme: ``text[start:end]`` of the folded text, and what kind of word it is here.

    ``kind`` is one of surname, given, person, place, country, proper, number, prefix, suffix,
    noun, verb, adjective, adverb, particle, auxiliary, symbol, space, other.
    """

    start: int
    end: int
    surface: str
    kind: str


_NOUN_KINDS = {
    ("固有名詞", "人名", "姓"): "surname",
    ("固有名詞", "人名", "名"): "given",
    ("固有名詞", "人名", "一般"): "person",
    ("固有名詞", "地名", "一般"): "place",
    ("固有名詞", "地名", "国"): "country",
    ("固有名詞", "一般", "*"): "proper",
}
_KINDS = {
    "接頭辞": "prefix",
    "接尾辞": "suffix",
    "動詞": "verb",
    "形容詞": "adjective",
    "形状詞": "adjective",
    "副詞": "adverb",
    "助詞": "particle",
    "助動詞": "auxiliary",
    "補助記号": "symbol",
    "記号": "symbol",
    "空白": "space",
    "代名詞": "noun",
}


def _kind(pos: tuple[str, ...]) -> str:
    if pos[0] == "名詞":
        if pos[1] == "数詞":
            return "number"
        return _NOUN_KINDS.get((pos[1], pos[2], pos[3]), "noun")
    return _KINDS.get(pos[0], "other")


@cache
def _dictionary() -> Any:
    try:
        from sudachipy import Dictionary

        return Dictionary(dict="core")
    except Exception as error:  # noqa: BLE001  a broken dictionary raises what it likes
        raise DetectionError(
            f"the Sudachi dictionary cannot be loaded ({type(error).__name__})",
            remedy="reinstall it: pip install --force-reinstall sudachidict-core",
        ) from None


@cache
def _tokenizer() -> Any:
    from sudachipy import SplitMode

    return _dictionary().tokenizer(mode=SplitMode.C)


_kind_of_pos: dict[int, str] = {}


# The lexicon, the shield and propagation read the same document one after the other.
@lru_cache(maxsize=2)
def morphemes(folded: str) -> tuple[Morpheme, ...]:
    """The morphemes of a folded text, in order and without a gap, longest units (mode C)."""
    tokenize = _tokenizer().tokenize
    result: list[Morpheme] = []
    append = result.append
    kinds = _kind_of_pos
    for offset, piece in _pieces(folded):
        try:
            units = tokenize(piece)
        except Exception as error:  # noqa: BLE001  its message may quote the text
            raise DetectionError(f"the analyser failed ({type(error).__name__})") from None
        for unit in units:
            pos_id = unit.part_of_speech_id()
            kind = kinds.get(pos_id)
            if kind is None:
                kind = kinds[pos_id] = _kind(unit.part_of_speech())
            start = unit.begin()
            end = unit.end()
            if start < end:
                append(Morpheme(offset + start, offset + end, piece[start:end], kind))
    return tuple(result)


_BREAK = re.compile(r"[。、\n ,.]")


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Lines, the long ones cut behind a punctuation mark, each with its offset."""
    if len(text) <= _LONGEST:
        yield 0, _analysable(text)
        return
    start = 0
    while start < len(text):
        end = min(start + _LONGEST, len(text))
        if end < len(text):
            for match in _BREAK.finditer(text, max(start, end - 400), end):
                cut = match.end()
                if cut > start:
                    end = cut
        yield start, _analysable(text[start:end])
        start = end


_SURROGATE = re.compile("[\ud800-\udfff\0]")


def _analysable(piece: str) -> str:
    # A lone surrogate has no UTF-8 form and NUL ends a C string; both stand for themselves here.
    return _SURROGATE.sub("□", piece)


@lru_cache(maxsize=65_536)
def readings(word: str) -> frozenset[str]:
    """Every kind the dictionary knows for ``word``, whatever the context; empty if unknown."""
    if not word or len(word) > 24:
        return frozenset()
    try:
        entries = _dictionary().lookup(_analysable(word))
    except Exception as error:  # noqa: BLE001  its message may quote the word
        raise DetectionError(f"a dictionary look-up failed ({type(error).__name__})") from None
    return frozenset(_kind(entry.part_of_speech()) for entry in entries)


@lru_cache(maxsize=8_192)
def surname_readings(word: str) -> frozenset[str]:
    """How ``word`` is read as a surname, in katakana; of 佐藤明子 the surname it begins with.

    Empty when no beginning of it is a surname.
    """
    for length in range(min(len(word), 5), 0, -1):
        part = word[:length]
        if is_surname(part) and (length > 1 or length == len(word)):
            return frozenset(
                entry.reading_form()
                for entry in _dictionary().lookup(part)
                if _kind(entry.part_of_speech()) == "surname"
            )
    return frozenset()


def is_surname(word: str) -> bool:
    """Whether the dictionary knows ``word`` as a surname."""
    return "surname" in readings(word)


def is_given_name(word: str) -> bool:
    """Whether the dictionary knows ``word`` as a given name."""
    return "given" in readings(word)


def is_person(word: str) -> bool:
    """Whether the dictionary knows ``word`` as any part of a person's name."""
    return not readings(word).isdisjoint(("surname", "given", "person"))


def is_name(word: str) -> bool:
    """Whether the dictionary knows ``word`` as a proper name of whatever kind, places included."""
    return not readings(word).isdisjoint(("surname", "given", "person", "place", "proper"))


def is_place(word: str) -> bool:
    """Whether the dictionary knows ``word`` as a place."""
    return "place" in readings(word)


def is_ordinary_word(word: str) -> bool:
    """Whether the dictionary knows ``word`` as something else than a proper name or an affix."""
    return not readings(word).isdisjoint(
        ("noun", "verb", "adjective", "adverb", "particle", "auxiliary", "other")
    )


def is_word(word: str) -> bool:
    """Whether the dictionary knows ``word`` at all."""
    return bool(readings(word))

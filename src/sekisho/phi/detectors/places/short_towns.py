"""Towns without any form of an address: 稚内から戻り, 美濃加茂の人, and places as such."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.detectors.places.institution_words import KANJI
from sekisho.phi.lists import words
from sekisho.phi.morphology import Morpheme, is_ordinary_word

__all__ = ["find"]

_Found = tuple[int, int, str, str, float]

_RESIDENCE = re.compile(
    "在住|出身|の出身|生まれ|の人(?![間口])|の方(?![がに向])|の実家|の自宅|の施設|の(?:娘|息子|長男|次男|三男|長女|次女|三女|妹|弟|姉|兄|叔父|叔母|伯父|伯母|甥|姪|親戚|親類|友人|孫)|に(?:住|在住|居住|嫁|転居|帰省|引っ越|戻)|へ(?:帰|転居|引っ越|戻|移)|から(?:戻|来|通|駆け|帰|引っ越|転居|上京|搬送|単身|車で|電車|呼)|まで(?:迎え|送)|方面|市内"
)


_KANJI_WORD = re.compile(f"[{KANJI}ヶケ]{{2,24}}")


def find(document: Document, morphemes: Sequence[Morpheme]) -> Iterator[Span]:
    """Towns and other proper names that stand alone, in original offsets."""
    folded = document.folded
    text = folded.text
    for start, end, category, rule, score in (*_towns(text, morphemes), *_proper_names(morphemes)):
        yield Span(*folded.to_original(start, end), category, (f"lexicon:{rule}",), score)


def _towns(text: str, morphemes: Sequence[Morpheme]) -> Iterator[_Found]:
    for word in morphemes:
        if word.kind not in ("place", "surname", "proper") or len(word.surface) < 2:
            continue
        town = word.kind == "place" or word.surface in _stems()
        if word.surface in words("prefectures") or not town:
            continue
        if _RESIDENCE.match(text, word.end):
            yield word.start, word.end, Category.ADDRESS, "town", 0.65


def _proper_names(morphemes: Sequence[Morpheme]) -> Iterator[_Found]:
    """A place is seldom said in a report without saying where somebody is from or was treated."""
    for word in morphemes:
        surface = word.surface
        if word.kind not in ("place", "proper") or len(surface) < 2:
            continue
        if not _KANJI_WORD.fullmatch(surface) or is_ordinary_word(surface):
            continue
        if word.kind == "place":
            yield word.start, word.end, Category.ADDRESS, "place", 0.5
        elif len(surface) > 2 and surface not in words("makers"):
            yield word.start, word.end, Category.FACILITY, "proper", 0.5


@cache
def _stems() -> frozenset[str]:
    """Municipalities without 市, 町, 村: as their people call them."""
    return frozenset(
        name[:-1]
        for name in words("municipalities")
        if len(name) >= 3 and name[-1] in "市町村区" and name[:-1] not in words("common_surnames")
    )

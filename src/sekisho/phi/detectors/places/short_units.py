"""Units and wards in short form: ICU, 西4 411, 血内 舘野, アンギオ室; work told behind an age."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.detectors.names.candidate import (
    name_after,
)
from sekisho.phi.detectors.places.institution_words import KANJI, LETTERS
from sekisho.phi.morphology import Morpheme

__all__ = ["find"]

_Found = tuple[int, int, str, str, float]

_ROOMS = re.compile(
    f"(?<![{KANJI}])[{KANJI}]{{2,5}}(?:検査室|相談室|連携室|支援室|管理室)(?![{KANJI}])"
)
_UNIT = re.compile(
    "(?<![A-Za-z])(?:ICU|HCU|SCU|NICU|GCU|CCU|EICU|PICU|ER|LDR|MFICU|HD室|OR)(?![A-Za-z])"
    "|(?:アンギオ|血管造影|内視鏡|透析|カテ|ライナック|分娩|陣痛|手術|オペ)室(?=[ \n、。で0-9]|に|へ|より|から)"
)
#: 57歳、ぶどう栽培）: behind an age, set off, and a word for what people do.
_OCCUPATION = re.compile(
    rf"(?:[歳代才]|[(（][0-9]{{2}})[、・, ](?P<work>(?!.{{0,6}}(?:患者|高齢者|重症者|既往|疾患))[{LETTERS}]{{2,10}}(?:員|師|士|業|職|工|夫|店主|栽培|養殖|経営|製造|運転手|事務|教諭|主婦|主夫|無職|学生|大工|農家|パート|アルバイト))(?=[)）、。\n ])"
)
_WARD = re.compile(
    "(?<![0-9A-Za-z.,/+-])(?:[1-9][0-9]?[東西南北]|[東西南北][1-9][0-9]?|[1-9][0-9]?[A-DEWSN](?![0-9A-Za-z/%]))"
    "(?=病棟|[ ]{1,2}(?P<room>[1-9][0-9]{2,3}(?:-[0-9A-Z]{1,2})?)(?![0-9:./])|[ ](?:申し送り|日勤|夜勤|準夜|深夜|病棟|入院)|入院|転棟|へ転|に転|より転|から転)"
)
_FLOOR = re.compile(
    "救命(?:救急)?センター|(?<![A-Za-z])[A-D]棟(?:[1-9][0-9]?階)?|(?:[東西南北本新]館)[1-9][0-9]?階(?:[東西南北]?病棟|[東西南北])?"
)
_ABBREVIATED = (
    "血内|消内|循内|呼内|腎内|神内|代内|糖内|膠内|腫内|総内|脳外|心外|呼外|消外|血外|小外|乳外|整外|形外|"
    "耳鼻|泌尿器|循環器|呼吸器|消化器|内分泌|代謝|膠原病|血液|整形|形成|麻酔|皮膚|眼|歯|口外|産婦|婦|産|精神|放診|放治|救命|連携室|地連|栄養|薬剤|リハ"
)
_SPECIALTY = re.compile(rf"(?<![{KANJI}ァ-ヺーA-Za-z])(?:{_ABBREVIATED})(?P<gap>[ ]?|の)")
_UNIT_USED = re.compile(
    "(?:へ|に|で|より|から)?(?:受診|紹介|コンサルト|相談|連絡|電話|転科|回診|カンファ|併診|対診|往診|依頼|再診)|外来|Dr|医師|より|から(?!だ)"
)


def find(document: Document, morphemes: Sequence[Morpheme] = ()) -> Iterator[Span]:
    """Units, wards with their rooms, and occupations behind an age, in original offsets."""
    folded = document.folded
    for start, end, category, rule, score in _units(folded.text):
        yield Span(*folded.to_original(start, end), category, (f"lexicon:{rule}",), score)


def _units(text: str) -> Iterator[_Found]:
    for match in _OCCUPATION.finditer(text):
        yield *match.span("work"), Category.OCCUPATION, "occupation-behind-age", 0.6
    for pattern in (_UNIT, _FLOOR, _ROOMS):
        for match in pattern.finditer(text):
            yield match.start(), match.end(), Category.DEPARTMENT, "unit", 0.75
    for match in _WARD.finditer(text):
        yield match.start(), match.end(), Category.DEPARTMENT, "ward", 0.75
        if match["room"] is not None:
            yield *match.span("room"), Category.ID, "room", 0.75
    for match in _SPECIALTY.finditer(text):
        end = match.start("gap")
        person = False
        if match["gap"] != "" or end - match.start() > 1:
            found = name_after(text, match.end())
            person = found is not None and found[1] in ("surname", "full") and found[0] - end > 1
        if person or (end - match.start() > 1 and _UNIT_USED.match(text, end)):
            yield match.start(), end, Category.DEPARTMENT, "specialty", 0.7

"""Departments, wards and offices of a hospital.

Full names (循環器内科) are listed and must stand free of what makes them an adjective (外科的,
内科治療, 検査部位). Wards follow a grammar (3階東病棟, 西7病棟, 5東). Short forms (循内, 脳外, ER) count
only beside words of referral or transfer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.detection import STRONG
from sekisho.phi.detectors.places import facilities
from sekisho.phi.detectors.places.characters import KANJI, KATAKANA, LATIN
from sekisho.phi.detectors.places.intervals import Intervals
from sekisho.phi.lists import words
from sekisho.phi.morphology import Morpheme
from sekisho.phi.wordtrie import trie

__all__ = ["find"]

_LIKELY = 0.85
#: What turns a department into a description: 外科的切除, 内科治療, 検査部位, 放射線科医.
_NOT_AFTER = (
    "(?!的|手術|切除|治療|疾患|学|系|領域|処置|専門|用|合併|感染|位|分|門|材料|標本|結核|救急隊|外科手術|"
    "病院|医院|クリニック|診療所|通院歴|疾病|薬|検診|健診|既往|がん|癌|操作|保存|適応|主義|医(?![局師長員]))"
)
_MOVES = (
    "(?=へ|に(?:て|コンサル|紹介|依頼|転|入|相談|搬|移)|より|から|コンサル|紹介|受診|依頼|転科|転棟|入室|入院|退室|"
    "対診|併診|外来|Dr|ドクター|医師|カンファ|病棟|で(?:診|手術|加療|フォロー|経過|処置|の)|と(?:相談|協議|カンファ|連携)|フォロー|"
    "の(?:当直|Dr|先生|ドクター|医師|外来|返事|診察|意見)|担当|にて|当直|部長|科長|看護師|Ns|主治医|[)」]|[一-鿿]{1,4}(?:先生|医師|Dr))"
)
_REFERRED = "(?=へ(?:紹介|コンサル|依頼|相談|転科)|にコンサル|コンサル|受診|紹介|依頼|対診|併診|Dr|外来受診|転科|当直)"
_FLOOR = "(?:[0-9]{1,2}|[一二三四五六七八九十]{1,2})"
_SIDE = "(?:[東西南北中]|[A-E](?![A-Za-z]))"
_CARE = (
    "(?:小児|産科|産婦人科|婦人科|周産期|新生児|救命|救急|緩和ケア|回復期リハビリテーション|回復期リハビリ|回復期リハ|回復期|"
    "地域包括ケア|療養|精神科|精神|結核|感染症|内科|外科|整形外科|循環器|呼吸器|消化器|脳外科|脳神経外科|混合|無菌|集中治療|"
    "障害者|認知症|急性期|一般|閉鎖|開放|母子|女性|泌尿器科|眼科|耳鼻科|皮膚科|血液内科|神経内科|ハイケア)"
)
_STAYS = "へ|に(?:転|入|移|帰)|より|から転|転棟|入院|[ ]{0,2}[0-9]{3,4}号|看護師|Ns|NS|の(?:看護|病室|[0-9]{3})"
_WARDS = (
    f"(?:(?:[本新旧別]館|[東西南北中]館|[A-E]棟)?{_SIDE}?(?:第)?{_FLOOR}[ ]?(?:階|F|-)?[ ]?{_SIDE}?{_CARE}?病棟)"
    f"|(?:(?:[本新旧]館)?{_SIDE}病棟|{_CARE}病棟)"
    f"|(?:{_FLOOR}階[東西南北](?![{KANJI}]))"
    f"|(?:(?:{_FLOOR}F?[東西南北]|[東西南北]{_FLOOR})(?![0-9]|条|丁)(?={_STAYS}))"
    f"|(?:{_FLOOR}[A-D](?=入院|病棟|へ転|に転|より転|から転|[ ]{{1,2}}[0-9]{{3,4}}号室))"
    f"|(?:(?<=[、(\\[])[0-9]{{1,2}}[東西南北](?=[)\\]\n]))"
)
_UNITS = (
    "(?:(?:NICU|GCU|MFICU|PICU|EICU|SICU|CICU|NCU|HCU|SCU|CCU|RCU|ICU)(?:[ ]?病棟)?"
    f"|ER(?=へ|に(?:て|搬|入)|より|から|で(?:の|は|診|対|初)|受診|搬送|当直|担当|看護師|医師|Dr|外来))(?![{LATIN}0-9])"
)


def find(document: Document, morphemes: Sequence[Morpheme] = ()) -> Iterator[Span]:
    """Spans of category DEPARTMENT in original offsets, sorted, without overlaps.

    A department inside the name of an institution is left to ``facilities``. ``morphemes`` is not
    used.
    """
    folded = document.folded
    institutions = Intervals(facilities.stretches(folded.text))
    for start, end, rule, score in _departments(folded.text):
        if institutions.touching(start, end) is None:
            yield Span(
                *folded.to_original(start, end),
                category=Category.DEPARTMENT,
                sources=(f"lexicon:{rule}",),
                score=score,
            )


@cache
def _pattern() -> re.Pattern[str]:
    full = trie(words("departments"))
    short = trie(words("department_short_forms"))
    ambiguous = trie(words("department_ambiguous_forms"))
    free = f"(?<![{KANJI}{KATAKANA}{LATIN}0-9])"
    return re.compile(
        f"(?P<ward>(?<![0-9{LATIN}.])(?:{_WARDS}))"
        f"|(?P<unit>(?<![{LATIN}]){_UNITS})"
        f"|(?P<department>{full}{_NOT_AFTER})"
        f"|(?P<short>{free}{short}{_MOVES})"
        f"|(?P<ambiguous>{free}{ambiguous}{_REFERRED})"
    )


@lru_cache(maxsize=2)
def _departments(text: str) -> tuple[tuple[int, int, str, float], ...]:
    found = []
    for match in _pattern().finditer(text):
        rule = match.lastgroup or ""
        if rule == "department" and _inside_word(text, match):
            continue
        found.append((match.start(), match.end(), rule, _SCORES[rule]))
    return tuple(found)


_BEFORE = re.compile(f"[他同全各諸本専両単教百学理文]\\Z|[{KATAKANA}]\\Z")
_SCORES = {"ambiguous": 0.6, "department": STRONG, "short": 0.7, "unit": STRONG, "ward": STRONG}


def _inside_word(text: str, match: re.Match[str]) -> bool:
    """Whether a short full name is the end of another word: 教科, 他内科."""
    before = _BEFORE.search(text, max(0, match.start() - 1), match.start())
    return before is not None and len(match.group()) <= 2

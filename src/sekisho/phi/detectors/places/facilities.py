"""Institutions: hospitals, clinics, homes, pharmacies, schools, companies, authorities.

A name is found by its ending (さくら内科クリニック), by the kind before it (特養あおぞら), by a label
(勤務先：), by quotes behind a noun (紹介元の「みなと内科」), or because it is a short form that
everybody knows (国がん). Words that only describe (当院, 総合病院, 近くの薬局) stay bare.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.detection import STRONG
from sekisho.phi.detectors.places.characters import HIRAGANA, KANJI, KATAKANA, LATIN, NAMED
from sekisho.phi.detectors.places.facility_names import is_generic, is_proper, left_end, right_end
from sekisho.phi.detectors.places.intervals import Intervals
from sekisho.phi.lists import words
from sekisho.phi.morphology import Morpheme, is_surname
from sekisho.phi.wordtrie import trie

__all__ = ["find", "stretches"]

_SURE = 0.95
_LIKELY = 0.8
_NAME_SIGN = re.compile(f"[{KANJI}{KATAKANA}{LATIN}]")
_BETWEEN = re.compile(f"[{KANJI}{KATAKANA}{LATIN}・]{{0,12}}\\Z")
_NOT_AFTER = re.compile(
    "(?<=ホーム)(?:ページ|ヘルパー|ドクター|ラン|ステイ|レス|シック)|(?<=建設)(?:的|現場|作業|業|会社|中|予定)"
    "|(?<=交通)(?:事故|外傷|整理|費|機関|性|枝|手段)|(?<=印刷)[物業]|(?<=運[送輸])(?:業|会社|中)|(?<=工業)(?:用|地帯|化)"
    "|(?<=銀行)員|(?<=商店)街|(?<=タクシー)(?:運転|会社)|(?<=スーパー)[ァ-ヺ]|(?<=の[里家森丘園杜])[一-鿿]"
    "|(?<=センター)(?:ライン|ビル)|(?<=成型)[工品]|(?<=事務所)名"
)
_LEGAL = ("医療法人", "医療法人社団", "医療法人財団", "社会福祉法人", "学校法人")
# Only a form, no name of its own, before the institution: the form says nothing.
_LEGAL_FORM = re.compile(
    f"(?:(?:特定|社会)?医療法人(?:社団|財団)?|社会福祉法人|学校法人)(?=[{KANJI}{KATAKANA}{LATIN}{HIRAGANA}]{{1,20}}\\Z)"
    f"(?![{KANJI}{KATAKANA}{LATIN}{HIRAGANA}]{{0,8}}[会 ])"
)
_SUPPLEMENT = re.compile("[ ]?(?:高度)?救命救急センター")
_FACULTY = re.compile(
    f"(?:大学院)?(?:[{KANJI}]{{1,6}}(?:学部|研究科|学類))?(?:[附付]属)?(?=[^{KANJI}]|病院|\\Z)"
)
_WORK_AFTER = re.compile(
    "[ ]?(?:勤務|勤め|社員|従業員|職員|に就職|を(?:定年|早期)?退職|で(?:働|勤|倉庫|事務|営業|運転|現場|作業|配送|製造)|に入社|の工場|経営)"
)
_RIGHT_QUOTE = re.compile(r"[ ]?[「『“\"](?P<name>[^」』”\"\n]{1,25})[」』”\"]")
_PERSON_TITLE = re.compile("医師|先生|看護師|様|さん|氏$|主任|ケアマネ|相談員|薬剤師|技師|Dr|殿")
_VALUE = re.compile(r"[^\n 、。,;|/\"”」』)\]】(]{2,40}")
_EMPTY_VALUE = re.compile(
    "な[しい]|無|不明|未定|自宅|当院|同上|特に|本院|自院|他院|近医|該当|未|有|あり|[0-9]|会社員|自営|主婦|農業|あった|ない"
)
_DOCTORS = (
    "紹介",
    "依頼",
    "かかりつけ医",
    "前医",
    "担当",
    "宛先",
    "送付先",
    "返信先",
    "転院",
    "搬送",
)


class _Found(NamedTuple):
    start: int
    end: int
    score: float
    rule: str


class _Chain(NamedTuple):
    """Endings that touch: 大学 + 医学部附属 + 病院."""

    start: int
    end: int
    last: str
    between: tuple[str, ...]


def find(document: Document, morphemes: Sequence[Morpheme] = ()) -> Iterator[Span]:
    """Spans of category FACILITY in original offsets, sorted, without overlaps.

    ``morphemes`` is not used: the dictionary is asked only about the words beside an ending.
    """
    folded = document.folded
    for found in _facilities(folded.text):
        yield Span(
            *folded.to_original(found.start, found.end),
            category=Category.FACILITY,
            sources=(f"lexicon:{found.rule}",),
            score=found.score,
        )


def stretches(folded: str) -> tuple[tuple[int, int], ...]:
    """Where institutions stand in folded text: what lies there is part of their names."""
    return tuple((found.start, found.end) for found in _facilities(folded))


@lru_cache(maxsize=2)
def _facilities(text: str) -> tuple[_Found, ...]:
    """Of overlapping claims the longest stands; a label speaks only where nothing else does."""
    readers = (_by_ending, _by_kind, _by_quotes, _by_short_form, _by_department)
    found = [one for reader in readers for one in reader(text)]
    found.sort(key=lambda one: (one.start - one.end, one.start))
    taken = Intervals()
    kept = [one for one in (*found, *_by_label(text)) if taken.add(one.start, one.end)]
    return tuple(sorted(kept))


# By its ending


@cache
def _endings() -> re.Pattern[str]:
    return re.compile(trie(words("facility_suffixes")))


def _chains(text: str) -> Iterator[_Chain]:
    """Endings in order, those that belong to one name joined."""
    start = end = -1
    last = ""
    between: tuple[str, ...] = ()
    for match in _endings().finditer(text):
        if _NOT_AFTER.match(text, match.end()):
            continue
        joint = _BETWEEN.match(text, end, match.start()) if end >= 0 else None
        if joint is not None and not joint.group().endswith("科") and len(between) < 6:
            between = (*between, joint.group())
        else:
            if end >= 0:
                yield _Chain(start, end, last, between)
            start, between = match.start(), ()
        end, last = match.end(), match.group()
    if end >= 0:
        yield _Chain(start, end, last, between)


def _by_ending(text: str) -> Iterator[_Found]:
    floor = 0
    for chain in _chains(text):
        start = left_end(text, chain.start, floor)
        stem = text[start : chain.start]
        end = chain.end
        if chain.last == "大学":
            faculty = _FACULTY.match(text, end)
            end = faculty.end() if faculty else end
        supplement = _SUPPLEMENT.match(text, end)
        if is_generic(stem) and all(map(is_generic, chain.between)):
            continue
        if not _NAME_SIGN.search(stem + "".join(chain.between)) and not stem.strip("〇○◯●◎△▲□■"):
            if len(stem) < 2 and not any(chain.between):
                continue
        if chain.last in words("facility_weak_suffixes") and not any(chain.between):
            if not (
                _proper_inside(stem) or _WORK_AFTER.match(text, end) or _quoted(text, start, end)
            ):
                continue
        if stem in words("makers"):
            continue
        start = _with_corporation(text, start, floor)
        glued = _LEGAL_FORM.match(text, start, chain.start)
        start = glued.end() if glued and glued.end() < chain.start else start
        end = supplement.end() if supplement else end
        yield _Found(start, end, _SURE, "facility")
        floor = end


def _proper_inside(stem: str) -> bool:
    return is_proper(stem) or any(is_proper(stem[:cut]) for cut in range(2, min(4, len(stem))))


def _quoted(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start] in ("「", "『", "“") and text[end : end + 1] in ("」", "』", "”")


@cache
def _corporation_before() -> re.Pattern[str]:
    forms = trie(words("facility_corporations"))
    return re.compile(f"{forms}[{NAMED}]{{0,15}}[ ]?\\Z")


def _with_corporation(text: str, start: int, floor: int) -> int:
    window = max(floor, start - 40)
    match = _corporation_before().search(text, window, start)
    return match.start() if match else start


# By the kind before it


@cache
def _kinds() -> re.Pattern[str]:
    forms = words("facility_corporations") | {"株式会社", "有限会社", "合同会社", "(株)", "(有)"}
    return re.compile(trie(words("facility_kinds") | forms))


@cache
def _no_name() -> re.Pattern[str]:
    return re.compile(trie(words("facility_after")))


def _by_kind(text: str) -> Iterator[_Found]:
    for kind in _kinds().finditer(text):
        quoted = _RIGHT_QUOTE.match(text, kind.end())
        if quoted is not None:
            yield _Found(kind.start(), quoted.end(), _SURE, "facility")
            continue
        blank = text.startswith(" ", kind.end())
        start = kind.end() + blank
        end = right_end(text, start)
        name = text[start:end]
        if kind.group().endswith(_LEGAL) and _endings().search(name):
            continue
        if len(name) < 2 - (not blank) or not name or _no_name().match(name) or is_generic(name):
            continue
        if name in words("makers") or _PERSON_TITLE.search(text, start, end + 3):
            continue
        if not blank or _proper_inside(name):
            yield _Found(kind.start(), end, _LIKELY, "facility")


# In quotes


@cache
def _quotes() -> re.Pattern[str]:
    leads = trie(words("facility_leads"))
    named = f"[{NAMED}0-9 ー]{{2,24}}"
    return re.compile(
        f"(?:{leads}(?:先|元)?(?:の|は|である|、|:)?[「『](?P<led>{named})[」』])"
        f"|[「『](?P<shaped>[{NAMED}0-9 ー]{{2,22}}?(?:科|院|苑|園|荘|ホーム|薬局|センター|の里|の家|の郷|の丘))[」』]"
        "(?=で|の|へ|に|より|から|を|と|、|。)"
    )


def _by_quotes(text: str) -> Iterator[_Found]:
    for match in _quotes().finditer(text):
        group = match.lastgroup or "led"
        name = match[group]
        if is_generic(name) or name in words("departments") or _prose(name):
            continue
        yield _Found(match.start(group), match.end(group), STRONG, "facility_quoted")


def _prose(name: str) -> bool:
    return re.search(f"[{HIRAGANA}]{{2}}\\Z|[をはがに]|です|ます|した|って", name) is not None and (
        name not in words("facility_hiragana")
    )


# Short forms


@cache
def _short_forms() -> re.Pattern[str]:
    forms = trie(words("facility_names"))
    return re.compile(
        f"(?<![{KANJI}{KATAKANA}{LATIN}])(?:{forms}|[A-Z]{{1,2}}(?:医科大|医大|大[附付]属|大))"
        f"(?![{KANJI}{KATAKANA}{LATIN}])"
    )


_FOUNDER = re.compile(
    f"(?:[都道府県市区]立|国立)(?P<name>がん|こども|[{KANJI}{KATAKANA}]{{2,5}})(?![{KANJI}{KATAKANA}])"
)


_LATIN_NAME = re.compile(
    "(?<![A-Za-z])(?:[A-Z][A-Za-z.'’-]{1,20}[ ]){1,4}"
    "(?:HOSPITAL|HOSP|Hospital|Hosp|CLINIC|Clinic|MEDICAL CENTER|Medical Center|UNIVERSITY|University)"
    "(?![A-Za-z])"
)
_PLACE_IN_BRACKETS = re.compile(
    f"(?<=[(、])(?P<place>[{KANJI}]{{2,4}})(?:中央|市民|総合|医療)(?=[)])"
)


def _by_short_form(text: str) -> Iterator[_Found]:
    """国がん, K大附属; 都立駒込 (a public founder and a name); (佐倉中央); KISO KITA HOSP."""
    for match in _short_forms().finditer(text):
        yield _Found(match.start(), match.end(), _LIKELY, "facility_short")
    for match in _FOUNDER.finditer(text):
        name = match["name"]
        if is_generic(name) or _endings().search(name) or name in ("施設", "学校", "公園"):
            continue
        start = left_end(text, match.start() + 1, 0)
        yield _Found(min(start, match.start()), match.end(), _LIKELY, "facility_short")
    for match in _PLACE_IN_BRACKETS.finditer(text):
        if is_proper(match["place"]):
            yield _Found(match.start(), match.end(), _LIKELY, "facility_short")
    for match in _LATIN_NAME.finditer(text):
        yield _Found(match.start(), match.end(), _LIKELY, "facility_latin")


# Clinics called after a person or place and a department


@cache
def _clinic() -> re.Pattern[str]:
    departments = trie(words("facility_clinic_departments"))
    return re.compile(f"{departments}(?![的医部長学]|手術|治療|疾患|専門)")


_VISITED = re.compile(
    "より|から|へ|に通|を受|を紹|で|にて|に紹|の紹|宛|に入|にかか|に転|」|の院長|受診|通院|処方|の返|の処方|かかりつけ|[)]"
)


@cache
def _listed_departments() -> tuple[str, ...]:
    departments = words("departments") - words("facility_clinic_departments")
    return tuple(departments)


def _by_department(text: str) -> Iterator[_Found]:
    """田中内科 beside words of a visit, ひなた眼科 and 大津ブルー歯科 anywhere."""
    for match in _clinic().finditer(text):
        start = left_end(text, match.start(), 0)
        stem = text[start : match.start()]
        name = text[start : match.end()]
        if len(stem) < 2 or is_generic(stem) or name.endswith(_listed_departments()):
            continue
        kana = _KANA_NAME.search(stem) is not None
        if kana and _proper_inside(stem):
            yield _Found(start, match.end(), _LIKELY, "facility")
        elif is_proper(stem) and _VISITED.match(text, match.end()):
            yield _Found(start, match.end(), _LIKELY, "facility")


_KANA_NAME = re.compile(f"[{HIRAGANA}]{{2}}|[{KATAKANA}{LATIN}]{{2}}")


# By a label


@cache
def _labels() -> re.Pattern[str]:
    labels = trie(words("facility_labels"))
    return re.compile(
        f'(?<![{KANJI}{KATAKANA}])(?P<label>{labels})["”』」)\\]】]{{0,2}}[ ]{{0,3}}[:=][ ]{{0,3}}["“「(]?'
    )


def _by_label(text: str) -> Iterator[_Found]:
    for match in _labels().finditer(text):
        value = _VALUE.match(text, match.end())
        if value is None:
            continue
        name = value.group()
        if _EMPTY_VALUE.match(name) or is_generic(name) or _only_described(name):
            continue
        if name in words("departments") or _PERSON_TITLE.search(name) or _PROSE_IN.search(name):
            continue
        if match["label"].startswith(_DOCTORS) and any(is_surname(name[:cut]) for cut in (2, 3, 1)):
            continue
        yield _Found(value.start(), value.end(), STRONG, "facility_label")


_PROSE_IN = re.compile("[をはに]|です|ます|した$|(?:から|より|にて|で)(?![ぁ-ん])")


def _only_described(name: str) -> bool:
    ending = None
    for ending in _endings().finditer(name):
        pass
    return ending is not None and ending.end() == len(name) and is_generic(name[: ending.start()])

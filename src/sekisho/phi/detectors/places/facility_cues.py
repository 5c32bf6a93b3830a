"""Institutions by what stands around their names: a kind, quotes, a label, words of a visit.

Also short forms that everybody knows, and clinics called after a person and a department.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from sekisho.phi.detection import STRONG
from sekisho.phi.detectors.places.characters import (
    HIRAGANA,
    KANJI,
    KATAKANA,
    LATIN,
    NAMED,
    beginning,
)
from sekisho.phi.detectors.places.facility_endings import (
    LEGAL_FORMS,
    SURE,
    Found,
    endings,
    is_only_described,
)
from sekisho.phi.detectors.places.facility_names import (
    is_generic,
    is_proper,
    left_end,
    proper_inside,
    right_end,
)
from sekisho.phi.detectors.places.gazetteer import city_stems, prefecture_stems
from sekisho.phi.lists import words
from sekisho.phi.morphology import is_ordinary_word, is_place, is_surname
from sekisho.phi.wordtrie import trie

__all__ = ["by_department", "by_kind", "by_label", "by_quotes", "by_short_form"]

_LIKELY = 0.8
_RIGHT_QUOTE = re.compile('[ ]?[「『“"](?P<name>[^」』”"\n]{1,25})[」』”"]')
_PERSON_TITLE = re.compile("医師|先生|看護師|様|さん|氏\\Z|主任|ケアマネ|相談員|薬剤師|技師|Dr|殿")
_COMPANIES = frozenset(("株式会社", "有限会社", "合同会社", "(株)", "(有)"))
_QUOTED_SHAPE = "(?:科|院|苑|園|荘|ホーム|薬局|センター|の里|の家|の郷|の丘)"
_QUOTED_PROSE = re.compile(f"[{HIRAGANA}]{{2}}\\Z|[をはがに]|です|ます|した|って")
_FOUNDER = re.compile(
    f"(?:[都道府県市区]立|国立)(?P<name>がん|こども|[{KANJI}{KATAKANA}]{{2,5}})(?![{KANJI}{KATAKANA}])"
)
_LATIN_NAME = re.compile(
    "(?<![A-Za-z])(?:[A-Z][A-Za-z.'’-]{1,20}[ ]){1,4}"
    "(?:HOSPITAL|HOSP|Hospital|Hosp|CLINIC|Clinic|MEDICAL CENTER|Medical Center"
    "|UNIVERSITY|University)(?![A-Za-z])"
)
_PLACE_IN_BRACKETS = re.compile(
    f"(?<=[(、])(?P<place>[{KANJI}]{{2,4}})(?:中央|市民|総合|医療)(?=[)])"
)
_OWNERS = "(?:済生会|徳洲会|日赤|労災|国立|厚生連|JCHO)"
_KANA_NAME = re.compile(f"[{HIRAGANA}]{{2}}|[{KATAKANA}{LATIN}]{{2}}")
_HIRAGANA_ONLY = re.compile(f"[{HIRAGANA}]{{2,10}}\\Z")
_VALUE = re.compile(r"[^\n 、。,;|/\"”」』)\]】(]{2,40}")
_VALUE_PROSE = re.compile("[をはに]|です|ます|した\\Z|(?:から|より|にて|で)(?![ぁ-ん])")
#: Labels behind which a physician's name may stand as well.
_PERSON_LABELS = (
    "かかりつけ医",
    "依頼",
    "宛先",
    "転院",
    "前医",
    "送付先",
    "搬送",
    "返信先",
    "紹介",
)


@cache
def _kinds() -> re.Pattern[str]:
    return re.compile(trie(words("facility_kinds") | words("facility_corporations") | _COMPANIES))


@cache
def _no_name() -> re.Pattern[str]:
    return re.compile(trie(words("facility_after")))


def by_kind(text: str) -> Iterator[Found]:
    """特養みはらし, 介護施設「こもれびの家」, 株式会社こはく."""
    for kind in _kinds().finditer(text):
        quoted = _RIGHT_QUOTE.match(text, kind.end())
        if quoted is not None:
            yield Found(kind.start(), quoted.end(), SURE, "facility")
            continue
        blank = text.startswith(" ", kind.end())
        start = kind.end() + blank
        end = right_end(text, start, company=kind.group() in _COMPANIES)
        name = text[start:end]
        if not name or is_generic(name) or name in words("makers") or _no_name().match(name):
            continue
        if kind.group().endswith(LEGAL_FORMS) and endings().search(name):
            continue
        if _PERSON_TITLE.search(text, start, end + 3) or (blank and not proper_inside(name)):
            continue
        yield Found(kind.start(), end, _LIKELY, "facility")


@cache
def _quotes() -> re.Pattern[str]:
    leads = trie(words("facility_leads"))
    return re.compile(
        f"(?:{leads}(?:先|元)?(?:の|は|である|、|:)?[「『](?P<led>[{NAMED}0-9 ]{{2,24}})[」』])"
        f"|[「『](?P<shaped>[{NAMED}0-9 ]{{2,22}}?{_QUOTED_SHAPE})[」』]"
        "(?=で|の|へ|に|より|から|を|と|、|。)"
    )


def by_quotes(text: str) -> Iterator[Found]:
    """紹介元の「こはく」, 「こはく胃腸科」で: the name without its quotes."""
    for match in _quotes().finditer(text):
        group = match.lastgroup or "led"
        name = match[group]
        if is_generic(name) or name in words("departments"):
            continue
        if _QUOTED_PROSE.search(name) and name not in words("facility_hiragana"):
            continue
        yield Found(match.start(group), match.end(group), STRONG, "facility_quoted")


@cache
def _short_forms() -> re.Pattern[str]:
    forms = trie(words("facility_names"))
    visits = trie(words("short_form_cues"))
    return re.compile(
        f"(?<![{KANJI}{KATAKANA}{LATIN}])(?:{forms}|[A-Z]{{1,2}}(?:医科大|医歯大|医大|大[附付]属|大))"
        f"(?:(?![{KANJI}{KATAKANA}{LATIN}])|(?={visits}))"
    )


@cache
def _clipped() -> re.Pattern[str]:
    """大平総合で, 済生会小樽より: the ending left out, beside words of a visit."""
    free = f"(?<![{KANJI}{KATAKANA}{LATIN}])"
    clipped, cues = trie(words("facility_clipped")), trie(words("short_form_cues"))
    return re.compile(
        f"{free}(?:(?P<place>[{KANJI}]{{2,4}}){clipped}|{_OWNERS}(?P<site>[{KANJI}]{{2,4}}))"
        f"(?={cues}|[{KANJI}]{{1,3}}(?:先生|医師|Dr|へ依頼|に照会))"
    )


def _is_only_place(name: str) -> bool:
    return is_place(name) and not is_ordinary_word(name)


def by_short_form(text: str) -> Iterator[Found]:
    """国がん, K大附属; 都立駒込 (a public founder and a name); (佐倉中央); KISO KITA HOSP."""
    for match in _short_forms().finditer(text):
        yield Found(match.start(), match.end(), _LIKELY, "facility_short")
    for match in _FOUNDER.finditer(text):
        name = match["name"]
        if is_generic(name) or endings().search(name) or name in ("施設", "学校", "公園"):
            continue
        start = left_end(text, match.start() + 1, 0)
        yield Found(min(start, match.start()), match.end(), _LIKELY, "facility_short")
    for match in _PLACE_IN_BRACKETS.finditer(text):
        if is_proper(match["place"]):
            yield Found(match.start(), match.end(), _LIKELY, "facility_short")
    for match in _clipped().finditer(text):
        place = match["place"] or match["site"]
        if place in city_stems() or place in prefecture_stems() or _is_only_place(place):
            yield Found(match.start(), match.end(), _LIKELY, "facility_short")
    for match in _LATIN_NAME.finditer(text):
        yield Found(match.start(), match.end(), _LIKELY, "facility_latin")


@cache
def _clinic() -> re.Pattern[str]:
    departments = trie(words("facility_clinic_departments"))
    first = beginning("facility_clinic_departments")
    return re.compile(f"{first}{departments}(?![的医部長学]|手術|治療|疾患|専門)")


@cache
def _visited() -> re.Pattern[str]:
    return re.compile(trie(words("clinic_visits")))


@cache
def _departments() -> tuple[str, ...]:
    return tuple(words("departments") - words("facility_clinic_departments"))


def by_department(text: str) -> Iterator[Found]:
    """田中内科 beside words of a visit, ひなた眼科 and 柏グリーン歯科 anywhere."""
    for match in _clinic().finditer(text):
        start = left_end(text, match.start(), 0)
        stem = text[start : match.start()]
        if len(stem) < 2 or is_generic(stem):
            continue
        if text[start : match.end()].endswith(_departments()):
            continue
        visited = is_proper(stem) and _visited().match(text, match.end())
        kana = _HIRAGANA_ONLY.match(stem) or (_KANA_NAME.search(stem) and proper_inside(stem))
        if visited or kana:
            yield Found(start, match.end(), _LIKELY, "facility")


@cache
def _labels() -> re.Pattern[str]:
    labels = trie(words("facility_labels"))
    return re.compile(
        f"(?<![{KANJI}{KATAKANA}])(?P<label>{labels})"
        '["”』」)\\]】]{0,2}[ ]{0,3}[:=][ ]{0,3}["“「(]?'
    )


@cache
def _no_value() -> re.Pattern[str]:
    return re.compile(f"{trie(words('facility_no_values'))}|[0-9]")


def by_label(text: str) -> Iterator[Found]:
    """施設：愛生会, whatever the name looks like."""
    for match in _labels().finditer(text):
        value = _VALUE.match(text, match.end())
        if value is None:
            continue
        name = value.group()
        if _no_value().match(name) or is_generic(name) or is_only_described(name):
            continue
        if name in words("departments") or _PERSON_TITLE.search(name) or _VALUE_PROSE.search(name):
            continue
        person = match["label"].startswith(_PERSON_LABELS)
        if person and any(is_surname(name[:cut]) for cut in (1, 2, 3)):
            continue
        yield Found(value.start(), value.end(), STRONG, "facility_label")

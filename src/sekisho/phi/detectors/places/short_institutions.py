"""Institutions in short form, as a hospital names them among its own people.

角館総合で亡くなられ, 有馬内科経由, T大で: a place, a name or a letter, then a piece of the full
name. The ending alone proves little, so what stands before it must be read as a proper name and
what follows must be able to follow an institution.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.detectors.places.institution_words import (
    DEPARTMENT_HEADS,
    FOLLOWS,
    KANJI,
    LETTERS,
    NOT_BEFORE,
    WEAK,
    common,
    departments,
    endings,
    generic_work,
)
from sekisho.phi.lists import words
from sekisho.phi.morphology import Morpheme, is_place, is_surname
from sekisho.phi.wordtrie import trie

__all__ = ["find"]


_LETTER_NAMED = re.compile(
    "(?<![A-Za-z0-9])[A-Z]{1,2}(?:医科大|医大|医歯大|歯大|大学|大(?![きさ量型小腿動静網部半多豆]|脳(?!外|神))|総合病院|市民病院|中央病院|病院|クリニック|医院|がんセンター|センター|診療所|薬局|施設|苑|園|小学校|中学校|高校)(?:病院|附属病院)?"
)
_KNOWN_ALONE = re.compile(
    f"(?<![{KANJI}ァ-ヺー])(?:市民病院|市立病院|町立病院|県立病院|県立中央(?:病院)?|日赤(?:病院)?|赤十字病院|済生会(?:病院)?|労災病院|国がん|国立がんC?|がんセンター|県がん|県病院|県病|市病|大学附属病院)(?![{KANJI}ァ-ヺー]|[の]院)|(?<![{KANJI}])県病(?=脳|循|消|呼|外|内|整|小)"
)
#: What is done in an institution, never in a town: behind a place it makes the place one.
_DONE_THERE = (
    "(?:で|にて)(?:手術|施行|加療|治療|精査|撮影|切除|生検|分娩|出生|透析|フォロー|経過観察|follow)|(?:に|へ)(?:転院|紹介|搬送|入院|入所|入居|通院|コンサルト)"
    "|(?:より|から)(?:紹介|転院|搬送|逆紹介|返書|情報提供)"
)
_PLACE_AS_HOSPITAL = re.compile(f"[東西南北中]?(?={_DONE_THERE})")
_KATAKANA_HOME = re.compile(
    rf"(?<![{KANJI}ァ-ヺー])(?P<name>[ァ-ヺー]{{4,12}}[{KANJI}]{{0,4}})(?=(?:に|へ)(?:入居|入所|通所|転居|転院|勤務|就職)|で(?:勤務|アルバイト|パート)|(?:より|から)(?:紹介|転院|搬送|入院))"
)
#: 山本Cl, 市立Hp, GHすみれ, DSひまわり: institutions by their Latin abbreviation.
_WITH_LATIN = re.compile(
    rf"(?<![{KANJI}ァ-ヺー])[{KANJI}ァ-ヺーぁ-ゖ]{{1,8}}(?:HP|Hp|Hosp|CL|Cl|MC|Cli|Kl|(?<=看)ST)(?![A-Za-z0-9])"
    rf"|(?<![A-Za-z])(?:GH|DS|DC|SS|NH|CM事業所)[ ]?[{KANJI}ァ-ヺーぁ-ゖ]{{2,8}}(?=[ \n、。,(（)）」]|に|で|へ|の|が|は|より|から)"
)
#: メンタルクリニックあおば, こころのホスピタル町田: the kind first, then a name or a town.
_KIND_THEN_NAME = re.compile(
    rf"[ァ-ヺーぁ-ゖ{KANJI}]{{0,8}}(?:クリニック|ホスピタル|メディカルセンター|ケアホーム|レジデンス|グリーンヒル|ガーデン)[・]?(?:[ぁ-ゖ]{{2,5}}?|[{KANJI}]{{2,4}}?)(?=より|から|にて|[にでへのが、。)） \n]|$|受診|入院|通院)"
)
_CENTRES = re.compile(
    rf"(?<![{KANJI}ァ-ヺーぁ-ゖ])[{KANJI}ァ-ヺーぁ-ゖ]{{2,12}}?(?:研究センター|感染症センター|がんセンター|循環器病センター|精神医療センター|成人病センター|総合医療センター|国際医療センター|小児センター|画像診断センター|PETセンター|ホスピタル)(?:[東西南北中央]{{1,2}}病院)?"
)
#: 同愛記念より紹介: whoever sends a patient, unless it is a word for any sender.
_SENDER = re.compile(
    rf"(?:^|(?<=[、。\n (（:はが]))(?P<name>[{KANJI}ァ-ヺーぁ-ゖ]{{2,10}}?)(?=(?:より|から)の?(?:紹介|転院|搬送|逆紹介|返書|情報提供))"
)
_ANY_SENDER = re.compile(
    "他院|近医|前医|当院|自院|同院|家族|本人|友人|知人|開業医|かかりつけ|健診|検診|人間ドック|施設|病院|医院|クリニック|診療所|紹介元|主治医|担当医|校医|産業医|救急|消防|警察|学校|職場|会社|自宅|外来|病棟|手術室|集中治療|ICU|HCU|以前|以後|先日|昨日|本日|先週|[科部室課]$|を|して|ため|ので|より|から"
)
_BRANCH = re.compile(
    rf"(?:薬局|クリニック|病院|医院|ドラッグ|デイサービス|銀行)[ ]?[{KANJI}ァ-ヺー]{{1,5}}(?:支店|営業所|分院|店|院(?![内外長]))"
)
_DESCRIBED = re.compile(
    rf"(?:^|(?<=[ \n、。は:の]))(?P<name>[{KANJI}ァ-ヺーA-Za-z]{{2,14}})(?=[(（](?:有料老人ホーム|介護付有料|グループホーム|サ高住|特養|老健|施設|デイ|ショート|病院|クリニック|薬局|学校|保育園|会社)[)）])"
)
_WORKPLACE = re.compile(
    rf"(?:^|(?<=[ \n、。はがの(（:]))(?P<name>[{KANJI}ァ-ヺーA-Z&]{{3,12}})(?=に(?:勤務|勤め|就職|入社)|で(?:アルバイト|パート|勤務|働)|を(?:定年)?退職|の(?:ドライバー|社員|従業員|パート|アルバイト|工場勤務))"
)

#: 舞鶴みどりが浜病院, ほたかの湯デイサービス: hiragana inside, so the whole stretch from a hard border.
_FROM_BORDER = re.compile(
    rf"(?:^|(?<=[ \n:(（「『【,、。・→①-⑳])|(?<=[{KANJI}ァ-ヺー0-9][にではのをとへがも]))(?P<name>[{LETTERS}A-Z]{{2,18}}?(?:病院|クリニック|医院|診療所|医療センター|ヘルスケアプラザ|健診プラザ|健診センター|デイサービス|デイケア|訪問看護ステーション|薬局|調剤|歯科|眼科|小児科|内科|デンタルラボ|音楽教室|学園|訪問看護|訪問リハ|訪看|リハビリ|整形外科|整形|皮膚科|耳鼻科|産婦人科|外科|ドラッグ|整骨院|接骨院|鍼灸院|健康管理センター|健康センター|地域医療|総合|医療院|セレモニー|葬祭|市場|事業所|支援センター|作業所|就労支援|保育園|幼稚園|こども園|学童|小学校|中学校|高校|ホーム|のぞみ園|学院|書店|食堂|工房|牧場|農園|水産|興業|ケアセンター|ケアプラン|苑|荘|の里|の家|の丘|の郷|の杜))"
    rf"(?=[ \n)）」』】、。,(（:/]|$|に|で|の(?!里|家|丘|郷|杜)|へ|が|は|を|と|も|より|から|週|利用|[0-9]|院長|医師|[A-Z→]|(?<=薬局)|(?<=ステーション)|(?<=クリニック)|(?<=医院)|(?<=病院)|(?<=整骨院)|(?<=保育園)|(?<=のぞみ園)|(?<=センター))"
)
_SENTENCE = re.compile(
    "を|は|へ|から|より|まで|にて|して|した|する|ので|ため|など|との|での|もの|こと|には|では|ない|です|ます|当院|他院|近医|前医|近く|紹介元|かかりつけ|患者|主治医|救急|専門|総合病院$"
)
_KANA = frozenset(chr(code) for code in range(ord("ぁ"), ord("ゖ") + 1))
_PARTICLE = re.compile(
    f"(?<=[{KANJI}ァ-ヺー])(?:にて|に|で|て|と|も|が|中の)|(?:直ちに|すぐに|および|並びに|以後|以前|その後|現在)"
)
_VERB = re.compile(
    "を|して|した|する|ので|ため|です|ます|ない|当院|他院|近医|前医|近く|かかりつけ|患者|主治医|専門|総合病院$"
)
_COMPANY = re.compile(
    rf"(?:株式会社|有限会社|合同会社|合資会社|\\(株\\)|\\(有\\)|㈱|㈲)(?P<name>[{LETTERS}A-Za-z0-9&・]{{2,14}}?)"
    r"(?=[ \n、。,(（)）」:/]|$|に|で(?!ん)|の(?!森|里|丘)|へ|勤務|代表|社員|工場|支店|営業所)"
)
_KIND_FIRST = re.compile(
    rf"(?:デイサービス|デイケア|デイ|ケアセンター|介護医療院|ファミリーハウス|訪問看護ステーション|訪問看護|居宅介護支援事業所|居宅介護支援|ケアプラン|グループホーム|特養|老健|有料|有料老人ホーム|サ高住|ショートステイ|小規模多機能|保育園|幼稚園|学童|ケアハウス|ヘルパーステーション)(?P<name>[ぁ-ゖァ-ヺー{KANJI}]{{2,10}}?(?:の[{KANJI}]{{1,2}})?)(?=[ \n)）」、。,(（:/]|$|に|で|へ|が|は|より|から|の(?!里|家|丘|郷|杜|会|[{KANJI}]{{1,2}}[ \n)）」、。]))"
)


def find(document: Document, morphemes: Sequence[Morpheme]) -> Iterator[Span]:
    """Institutions in short form, in original offsets."""
    folded = document.folded
    for start, end, category, rule, score in _found(folded.text, morphemes):
        yield Span(*folded.to_original(start, end), category, (f"lexicon:{rule}",), score)


_Found = tuple[int, int, str, str, float]


def _found(text: str, morphemes: Sequence[Morpheme]) -> Iterator[_Found]:
    for pattern, rule in ((_LETTER_NAMED, "facility-letter"), (_KNOWN_ALONE, "facility-short")):
        for match in pattern.finditer(text):
            yield match.start(), match.end(), Category.FACILITY, rule, 0.75
    for match in _universities().finditer(text):
        end = match.end()
        if FOLLOWS.match(text + "\n", end) or text.startswith(DEPARTMENT_HEADS, end):
            yield match.start(), end, Category.FACILITY, "university", 0.75
    for pattern in (_KIND_THEN_NAME, _CENTRES):
        for match in pattern.finditer(text):
            particles = [found.end() for found in _PARTICLE.finditer(match.group())]
            start = match.start() + (particles[-1] if particles else 0)
            name = text[start : match.end()]
            if not common(name) and not _VERB.search(name) and not name.startswith("当"):
                yield start, match.end(), Category.FACILITY, "kind-and-name", 0.65
    for match in _SENDER.finditer(text):
        if not _ANY_SENDER.search(match["name"]) and not common(match["name"]):
            yield *match.span("name"), Category.FACILITY, "sender", 0.6
    for match in _WITH_LATIN.finditer(text):
        if not _SENTENCE.search(match.group()) and not match.group().startswith(
            ("院内", "当", "心電図")
        ):
            yield match.start(), match.end(), Category.FACILITY, "latin-abbreviation", 0.7
    for match in _companies().finditer(text):
        if FOLLOWS.match(text + "\n", match.end()) or text.startswith(
            ("勤", "社", "の", "に"), match.end()
        ):
            yield match.start(), match.end(), Category.FACILITY, "company-known", 0.7
    for match in _katakana_companies().finditer(text):
        if FOLLOWS.match(text + "\n", match.end()):
            yield match.start(), match.end(), Category.FACILITY, "company-katakana", 0.65
    for match in _BRANCH.finditer(text):
        yield match.start(), match.end(), Category.FACILITY, "branch", 0.7
    for pattern in (_DESCRIBED, _WORKPLACE, _KATAKANA_HOME):
        for match in pattern.finditer(text):
            if match["name"] not in words("facility_generic") and not generic_work(match["name"]):
                yield *match.span("name"), Category.FACILITY, "workplace", 0.7
    for match in _COMPANY.finditer(text):
        if not _SENTENCE.search(match["name"]):
            yield match.start(), match.end(), Category.FACILITY, "company", 0.8
    for match in _FROM_BORDER.finditer(text):
        start, end = match.span("name")
        cell = _in_a_cell(text, start, end)
        if not cell:
            # 胃腸炎でたけのこ保育園: a particle behind kanji ends what is said before the name.
            particles = [found.end() for found in _PARTICLE.finditer(match["name"])]
            start += particles[-1] if particles else 0
        name = text[start:end]
        if common(name) or (_VERB if cell else _SENTENCE).search(name):
            continue
        if (
            not cell
            and name.endswith(("科", "整形", "総合", "リハ", "市場"))
            and name[0] not in _KANA
        ):
            continue
        if any(sign in _KANA for sign in name) or cell:
            yield start, end, Category.FACILITY, "facility-border", 0.75
    for match in _KIND_FIRST.finditer(text):
        if not _SENTENCE.search(match["name"]) and match["name"] not in words("facility_generic"):
            yield match.start(), match.end(), Category.FACILITY, "facility-kind", 0.7
    yield from _named_institutions(text, morphemes)


def _in_a_cell(text: str, start: int, end: int) -> bool:
    """Whether blanks or line ends stand on both sides: a cell, or a line of a letter head."""
    before = text[start - 1] if start else "\n"
    behind = text[end] if end < len(text) else "\n"
    return before in " \n:" and behind in " \n"


@cache
def _universities() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![{KANJI}ァ-ヺー])(?:{trie(words('university_short_forms'))})(?:附属病院|附属|病院|第[一二三四]|ちば|さいたま|[{KANJI}]{{1,3}}(?=より|から|にて|で|に|へ|の|、|。|[)）]))?"
    )


@cache
def _companies() -> re.Pattern[str]:
    return re.compile(rf"(?<![{KANJI}ァ-ヺーA-Za-z])(?:{trie(words('companies_known'))})")


@cache
def _katakana_companies() -> re.Pattern[str]:
    strong = frozenset(e for e in words("institution_endings") if len(e) > 1) - WEAK - departments()
    return re.compile(
        rf"(?<![{KANJI}ァ-ヺー])[ァ-ヺー]{{2,8}}(?:{trie(strong)})(?![{KANJI}ァ-ヺー])"
    )


def _named_institutions(text: str, morphemes: Sequence[Morpheme]) -> Iterator[_Found]:
    """A place or a surname, then a piece of an institution's name."""
    ending = endings()
    places = {word.start: word.end for word in morphemes if word.kind == "place"}
    people = {word.start for word in morphemes if word.kind == "surname"}
    for index, word in enumerate(morphemes):
        if word.kind not in ("place", "surname", "proper", "given", "person"):
            continue
        if len(word.surface) < 2 or word.surface in NOT_BEFORE:
            continue
        start = _chain_start(morphemes, index)
        # 青森県病, 那覇市立: the analyser has put the middle to the place.
        within = word.surface[-1] in "市県府都町村" and len(word.surface) > 2
        match = ending.match(text, word.end) or (
            ending.match(text, word.end - 1) if within else None
        )
        if match is None:
            continue
        tail = match.end()
        if tail in places:
            tail = places[tail]  # 金沢医科大氷見, 信濃リハ穂高
        if not (tail == len(text) or FOLLOWS.match(text, tail) or tail in people):
            continue
        located = word.kind == "place" or is_place(word.surface)
        clinic = match.group() in ("内科", "外科", "整形") and is_surname(word.surface)
        if match.group() in WEAK and not located and not clinic:
            continue
        yield start, tail, Category.FACILITY, "facility-short", 0.7


def _chain_start(morphemes: Sequence[Morpheme], index: int) -> int:
    """那覇 | 市立, 埼玉 | 北部 | こども医療: places and directions in front belong to the name."""
    while (
        index > 0
        and morphemes[index - 1].end == morphemes[index].start
        and (morphemes[index - 1].kind == "place" or morphemes[index - 1].surface == "済生会")
    ):
        index -= 1
    return morphemes[index].start

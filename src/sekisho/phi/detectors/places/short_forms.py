"""Short forms: institutions, units and towns as a hospital names them among its own people.

角館総合で亡くなられ, 有馬内科経由, T大で, 血内 舘野, 西4 411, 稚内から戻り: a place, a name or a
letter, then a piece of the full name. The ending alone proves little, so what stands before it must
be read as a proper name and what follows must be able to follow an institution.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.detectors.names.candidate import name_after
from sekisho.phi.lists import words
from sekisho.phi.morphology import Morpheme, is_ordinary_word, is_place, is_surname
from sekisho.phi.wordtrie import trie

__all__ = ["find"]

_KANJI = "一-鿿々"
_LETTERS = f"{_KANJI}ぁ-ゖァ-ヺー"
#: What may follow an institution: a border, a particle, or what one does there.
_FOLLOWS = re.compile(
    r"[ \n、。,)）」】/:・]|(?:に|で|の|へ|が|は|を|と|も)(?![きさ])|から|より|にて|まで|経由|受診|入院|転院|退院|紹介|通院"
    r"|週|毎|利用|通所|[0-9]|勤務|在学|在籍|宛|撮影|施行|搬送|病理|依頼|返書|返事|ER|救急|[A-Z]"
)


@cache
def _endings() -> re.Pattern[str]:
    return re.compile(trie(words("institution_endings")))


#: One-character endings, and words that mean much else: only behind a place.
_WEAK = frozenset(
    [
        "大",
        "高",
        "中",
        "小",
        "署",
        "組",
        "総合",
        "中央",
        "市民",
        "協会",
        "消防",
        "医療",
        "厚生",
        "記念",
        "がん",
        "商業",
        "工業",
        "産業",
        "化学",
        "交通",
        "透析",
        "リハ",
        "在宅",
        "外科",
        "内科",
        "整形",
        "デイ",
        "ホーム",
        "バス",
        "警備",
        "清掃",
        "電子",
        "食品",
        "水産",
        "居宅",
        "包括",
        "国立",
        "病院",
    ]
)
_NOT_BEFORE = frozenset(
    [
        "当",
        "同",
        "本",
        "他",
        "各",
        "全",
        "両",
        "左",
        "右",
        "上",
        "下",
        "前",
        "後",
        "貴",
        "両側",
        "片側",
        "一般",
        "専門",
        "関連",
        "近隣",
        "消化器",
        "循環器",
        "呼吸器",
        "神経",
        "血液",
        "腎臓",
        "内分泌",
        "代謝",
        "脳",
        "心臓",
        "血管",
        "乳腺",
        "甲状腺",
        "小児",
        "老年",
        "総合",
        "感染",
        "腫瘍",
        "緩和",
        "救急",
        "形成",
        "整形",
        "口腔",
        "心療",
        "一般",
    ]
)
_LETTER_NAMED = re.compile(
    "(?<![A-Za-z0-9])[A-Z]{1,2}(?:医科大|医大|医歯大|歯大|大学|大(?![きさ量型小腿動静網部半多豆]|脳(?!外|神))|総合病院|市民病院|中央病院|病院|クリニック|医院|がんセンター|センター|診療所|薬局|施設|苑|園|小学校|中学校|高校)(?:病院|附属病院)?"
)
_KNOWN_ALONE = re.compile(
    f"(?<![{_KANJI}ァ-ヺー])(?:市民病院|市立病院|町立病院|県立病院|県立中央(?:病院)?|日赤(?:病院)?|赤十字病院|済生会(?:病院)?|労災病院|国がん|国立がんC?|がんセンター|県がん|県病院|県病|市病|大学附属病院)(?![{_KANJI}ァ-ヺー]|[の]院)|(?<![{_KANJI}])県病(?=脳|循|消|呼|外|内|整|小)"
)
#: What is done in an institution, never in a town: behind a place it makes the place one.
_DONE_THERE = (
    "(?:で|にて)(?:手術|施行|加療|治療|精査|撮影|切除|生検|分娩|出生|透析|フォロー|経過観察|follow)|(?:に|へ)(?:転院|紹介|搬送|入院|入所|入居|通院|コンサルト)"
    "|(?:より|から)(?:紹介|転院|搬送|逆紹介|返書|情報提供)"
)
_PLACE_AS_HOSPITAL = re.compile(f"[東西南北中]?(?={_DONE_THERE})")
_KATAKANA_HOME = re.compile(
    rf"(?<![{_KANJI}ァ-ヺー])(?P<name>[ァ-ヺー]{{4,12}}[{_KANJI}]{{0,4}})(?=(?:に|へ)(?:入居|入所|通所|転居|転院|勤務|就職)|で(?:勤務|アルバイト|パート)|(?:より|から)(?:紹介|転院|搬送|入院))"
)
#: 山本Cl, 市立Hp, GHすみれ, DSひまわり: institutions by their Latin abbreviation.
_WITH_LATIN = re.compile(
    rf"(?<![{_KANJI}ァ-ヺー])[{_KANJI}ァ-ヺーぁ-ゖ]{{1,8}}(?:HP|Hp|Hosp|CL|Cl|MC|Cli|Kl|(?<=看)ST)(?![A-Za-z0-9])"
    rf"|(?<![A-Za-z])(?:GH|DS|DC|SS|NH|CM事業所)[ ]?[{_KANJI}ァ-ヺーぁ-ゖ]{{2,8}}(?=[ \n、。,(（)）」]|に|で|へ|の|が|は|より|から)"
)
_BRANCH = re.compile(
    rf"(?:薬局|クリニック|病院|医院|ドラッグ|デイサービス|銀行)[ ]?[{_KANJI}ァ-ヺー]{{1,5}}(?:支店|営業所|分院|店|院(?![内外長]))"
)
_DESCRIBED = re.compile(
    rf"(?:^|(?<=[ \n、。は:の]))(?P<name>[{_KANJI}ァ-ヺーA-Za-z]{{2,14}})(?=[(（](?:有料老人ホーム|介護付有料|グループホーム|サ高住|特養|老健|施設|デイ|ショート|病院|クリニック|薬局|学校|保育園|会社)[)）])"
)
_WORKPLACE = re.compile(
    rf"(?:^|(?<=[ \n、。はがの(（:]))(?P<name>[{_KANJI}ァ-ヺーA-Z&]{{3,12}})(?=に(?:勤務|勤め|就職|入社)|で(?:アルバイト|パート|勤務|働)|を(?:定年)?退職|の(?:ドライバー|社員|従業員|パート|アルバイト|工場勤務))"
)
_ROOMS = re.compile(
    f"(?<![{_KANJI}])[{_KANJI}]{{2,5}}(?:検査室|相談室|連携室|支援室|管理室)(?![{_KANJI}])"
)
#: 舞鶴みどりが浜病院, ほたかの湯デイサービス: hiragana inside, so the whole stretch from a hard border.
_FROM_BORDER = re.compile(
    rf"(?:^|(?<=[ \n:(（「『【,、。・→①-⑳])|(?<=[{_KANJI}ァ-ヺー0-9][にではのをとへがも]))(?P<name>[{_LETTERS}A-Z]{{2,18}}?(?:病院|クリニック|医院|診療所|医療センター|ヘルスケアプラザ|健診プラザ|健診センター|デイサービス|デイケア|訪問看護ステーション|薬局|調剤|歯科|眼科|小児科|内科|デンタルラボ|音楽教室|学園|訪問看護|訪問リハ|訪看|リハビリ|整形外科|整形|皮膚科|耳鼻科|産婦人科|外科|ドラッグ|整骨院|接骨院|鍼灸院|健康管理センター|健康センター|地域医療|総合|医療院|セレモニー|葬祭|市場|事業所|支援センター|作業所|就労支援|保育園|幼稚園|こども園|学童|小学校|中学校|高校|ホーム|のぞみ園|学院|書店|食堂|工房|牧場|農園|水産|興業|ケアセンター|ケアプラン|苑|荘|の里|の家|の丘|の郷|の杜))"
    rf"(?=[ \n)）」』】、。,(（:/]|$|に|で|の(?!里|家|丘|郷|杜)|へ|が|は|を|と|も|より|から|週|利用|[0-9]|院長|医師|[A-Z→]|(?<=薬局)|(?<=ステーション)|(?<=クリニック)|(?<=医院)|(?<=病院)|(?<=整骨院)|(?<=保育園)|(?<=のぞみ園)|(?<=センター))"
)
_SENTENCE = re.compile(
    "を|は|へ|から|より|まで|にて|して|した|する|ので|ため|など|との|での|もの|こと|には|では|ない|です|ます|当院|他院|近医|前医|近く|紹介元|かかりつけ|患者|主治医|救急|専門|総合病院$"
)
_KANA = frozenset(chr(code) for code in range(ord("ぁ"), ord("ゖ") + 1))
_PARTICLE = re.compile(
    f"(?<=[{_KANJI}ァ-ヺー])(?:にて|に|で|て|と|も|が|中の)|(?:直ちに|すぐに|および|並びに|以後|以前|その後|現在)"
)
_VERB = re.compile(
    "を|して|した|する|ので|ため|です|ます|ない|当院|他院|近医|前医|近く|かかりつけ|患者|主治医|専門|総合病院$"
)
_COMPANY = re.compile(
    rf"(?:株式会社|有限会社|合同会社|合資会社|\\(株\\)|\\(有\\)|㈱|㈲)(?P<name>[{_LETTERS}A-Za-z0-9&・]{{2,14}}?)"
    r"(?=[ \n、。,(（)）」:/]|$|に|で(?!ん)|の(?!森|里|丘)|へ|勤務|代表|社員|工場|支店|営業所)"
)
_KIND_FIRST = re.compile(
    rf"(?:デイサービス|デイケア|デイ|ケアセンター|介護医療院|ファミリーハウス|訪問看護ステーション|訪問看護|居宅介護支援事業所|居宅介護支援|ケアプラン|グループホーム|特養|老健|有料|有料老人ホーム|サ高住|ショートステイ|小規模多機能|保育園|幼稚園|学童|ケアハウス|ヘルパーステーション)(?P<name>[ぁ-ゖァ-ヺー{_KANJI}]{{2,10}}?(?:の[{_KANJI}]{{1,2}})?)(?=[ \n)）」、。,(（:/]|$|に|で|へ|が|は|より|から|の(?!里|家|丘|郷|杜|会|[{_KANJI}]{{1,2}}[ \n)）」、。]))"
)

_UNIT = re.compile(
    "(?<![A-Za-z])(?:ICU|HCU|SCU|NICU|GCU|CCU|EICU|PICU|ER|LDR|MFICU|HD室|OR)(?![A-Za-z])"
    "|(?:アンギオ|血管造影|内視鏡|透析|カテ|ライナック|分娩|陣痛|手術|オペ)室(?=[ \n、。で0-9]|に|へ|より|から)"
)
#: 57歳、ぶどう栽培）: behind an age, set off, and a word for what people do.
_OCCUPATION = re.compile(
    rf"(?:[歳代才]|[(（][0-9]{{2}})[、・, ](?P<work>(?!.{{0,6}}(?:患者|高齢者|重症者|既往|疾患))[{_LETTERS}]{{2,10}}(?:員|師|士|業|職|工|夫|店主|栽培|養殖|経営|製造|運転手|事務|教諭|主婦|主夫|無職|学生|大工|農家|パート|アルバイト))(?=[)）、。\n ])"
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
_SPECIALTY = re.compile(rf"(?<![{_KANJI}ァ-ヺーA-Za-z])(?:{_ABBREVIATED})(?P<gap>[ ]?|の)")
_UNIT_USED = re.compile(
    "(?:へ|に|で|より|から)?(?:受診|紹介|コンサルト|相談|連絡|電話|転科|回診|カンファ|併診|対診|往診|依頼|再診)|外来|Dr|医師|より|から(?!だ)"
)

_RESIDENCE = re.compile(
    "在住|出身|の出身|生まれ|の人(?![間口])|の方(?![がに向])|の実家|の自宅|の施設|の(?:娘|息子|長男|次男|三男|長女|次女|三女|妹|弟|姉|兄|叔父|叔母|伯父|伯母|甥|姪|親戚|親類|友人|孫)|に(?:住|在住|居住|嫁|転居|帰省|引っ越|戻)|へ(?:帰|転居|引っ越|戻|移)|から(?:戻|来|通|駆け|帰|引っ越|転居|上京|搬送|単身|車で|電車|呼)|まで(?:迎え|送)|方面|市内"
)


def find(document: Document, morphemes: Sequence[Morpheme]) -> Iterator[Span]:
    """Institutions, units and towns in short form, in original offsets."""
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
        if _FOLLOWS.match(text + "\n", end) or text.startswith(_DEPARTMENT_HEADS, end):
            yield match.start(), end, Category.FACILITY, "university", 0.75
    for match in _WITH_LATIN.finditer(text):
        if not _SENTENCE.search(match.group()) and not match.group().startswith(
            ("院内", "当", "心電図")
        ):
            yield match.start(), match.end(), Category.FACILITY, "latin-abbreviation", 0.7
    for match in _companies().finditer(text):
        if _FOLLOWS.match(text + "\n", match.end()) or text.startswith(
            ("勤", "社", "の", "に"), match.end()
        ):
            yield match.start(), match.end(), Category.FACILITY, "company-known", 0.7
    for match in _katakana_companies().finditer(text):
        if _FOLLOWS.match(text + "\n", match.end()):
            yield match.start(), match.end(), Category.FACILITY, "company-katakana", 0.65
    for match in _BRANCH.finditer(text):
        yield match.start(), match.end(), Category.FACILITY, "branch", 0.7
    for pattern in (_DESCRIBED, _WORKPLACE, _KATAKANA_HOME):
        for match in pattern.finditer(text):
            if match["name"] not in words("facility_generic") and not _generic_work(match["name"]):
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
        if _common(name) or (_VERB if cell else _SENTENCE).search(name):
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
    yield from _units(text, morphemes)
    yield from _towns(text, morphemes)
    yield from _proper_names(morphemes)


def _in_a_cell(text: str, start: int, end: int) -> bool:
    """Whether blanks or line ends stand on both sides: a cell, or a line of a letter head."""
    before = text[start - 1] if start else "\n"
    behind = text[end] if end < len(text) else "\n"
    return before in " \n:" and behind in " \n"


_DEPARTMENT_HEADS = (
    "脳",
    "循",
    "消",
    "呼",
    "外",
    "内",
    "整",
    "小",
    "皮",
    "泌",
    "眼",
    "耳",
    "産",
    "放",
    "救",
    "附",
    "病",
)


@cache
def _universities() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![{_KANJI}ァ-ヺー])(?:{trie(words('university_short_forms'))})(?:附属病院|附属|病院)?"
    )


@cache
def _companies() -> re.Pattern[str]:
    return re.compile(rf"(?<![{_KANJI}ァ-ヺーA-Za-z])(?:{trie(words('companies_known'))})")


@cache
def _katakana_companies() -> re.Pattern[str]:
    strong = (
        frozenset(e for e in words("institution_endings") if len(e) > 1) - _WEAK - _departments()
    )
    return re.compile(
        rf"(?<![{_KANJI}ァ-ヺー])[ァ-ヺー]{{2,8}}(?:{trie(strong)})(?![{_KANJI}ァ-ヺー])"
    )


def _generic_work(name: str) -> bool:
    """会社に勤務, 運送業に就職: a kind of work, not an employer."""
    return name.endswith(
        (
            "業",
            "会社",
            "職",
            "員",
            "関係",
            "現場",
            "施設",
            "病院",
            "工場",
            "事務",
            "役所",
            "屋",
            "店",
            "家",
            "所",
            "科",
            "夜間",
            "日勤",
            "フルタイム",
        )
    )


@cache
def _departments() -> frozenset[str]:
    return words("departments")


def _common(name: str) -> bool:
    """内科, 循環器内科, 訪問歯科: a unit or a kind of institution, not a name."""
    return (
        name in _departments()
        or name in words("facility_generic")
        or name in words("institution_endings")
        or any(name.startswith(word) for word in _NOT_BEFORE)
    )


def _named_institutions(text: str, morphemes: Sequence[Morpheme]) -> Iterator[_Found]:
    """A place or a surname, then a piece of an institution's name."""
    ending = _endings()
    places = {word.start: word.end for word in morphemes if word.kind == "place"}
    people = {word.start for word in morphemes if word.kind == "surname"}
    for index, word in enumerate(morphemes):
        if word.kind not in ("place", "surname", "proper", "given", "person"):
            continue
        if len(word.surface) < 2 or word.surface in _NOT_BEFORE:
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
        if not (tail == len(text) or _FOLLOWS.match(text, tail) or tail in people):
            continue
        located = word.kind == "place" or is_place(word.surface)
        clinic = match.group() in ("内科", "外科", "整形") and is_surname(word.surface)
        if match.group() in _WEAK and not located and not clinic:
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


def _units(text: str, morphemes: Sequence[Morpheme]) -> Iterator[_Found]:
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


_KANJI_WORD = re.compile(f"[{_KANJI}ヶケ]{{2,24}}")


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

"""What the short forms of institutions are made of, and what is no institution."""

from __future__ import annotations

import re
from functools import cache

from sekisho.phi.lists import words
from sekisho.phi.wordtrie import trie

__all__ = [
    "DEPARTMENT_HEADS",
    "FOLLOWS",
    "KANJI",
    "LETTERS",
    "NOT_BEFORE",
    "WEAK",
    "common",
    "departments",
    "endings",
    "generic_work",
]

KANJI = "一-鿿々"
LETTERS = f"{KANJI}ぁ-ゖァ-ヺー"
#: What may follow an institution: a border, a particle, or what one does there.
FOLLOWS = re.compile(
    r"[ \n、。,)）」】/:・]|(?:に|で|の|へ|が|は|を|と|も)(?![きさ])|から|より|にて|まで|経由|受診|入院|転院|退院|紹介|通院"
    r"|週|毎|利用|通所|[0-9]|勤務|在学|在籍|宛|撮影|施行|搬送|病理|依頼|返書|返事|ER|救急|[A-Z]"
)


@cache
def endings() -> re.Pattern[str]:
    return re.compile(trie(words("institution_endings")))


#: One-character endings, and words that mean much else: only behind a place.
WEAK = frozenset(
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
NOT_BEFORE = frozenset(
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


DEPARTMENT_HEADS = (
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


def generic_work(name: str) -> bool:
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
def departments() -> frozenset[str]:
    return words("departments")


def common(name: str) -> bool:
    """内科, 循環器内科, 訪問歯科: a unit or a kind of institution, not a name."""
    return (
        name in departments()
        or name in words("facility_generic")
        or name in words("institution_endings")
        or any(name.startswith(word) for word in NOT_BEFORE)
    )

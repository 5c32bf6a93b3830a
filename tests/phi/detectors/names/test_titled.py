"""Names in front of a title or an honorific, which itself stays outside."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from named import again, annotate, by_all, by_title


@pytest.mark.parametrize(
    "sentence",
    [
        "⟦NAME|佐藤⟧様は本日退院",
        "⟦NAME|佐藤明子⟧様",
        "⟦NAME|佐藤 明子⟧ 様",
        "⟦NAME|佐藤⟧さんより電話",
        "⟦NAME|中川⟧氏に説明",
        "⟦NAME|古川⟧殿",
        "⟦NAME|山田太郎⟧君",
        "⟦NAME|勅使河原⟧様",
        "隣床の⟦NAME|西川⟧さん",
        "本日⟦NAME|五十嵐⟧様来院",
        "午後⟦NAME|西川⟧さん来室",
        "⟦NAME|林⟧様",
        "⟦NAME|森⟧さん",
        "⟦NAME|吉田\n健一⟧様",
    ],
)
def test_a_name_is_found_before_an_honorific(sentence: str) -> None:
    assert again(sentence, by_title) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "⟦NAME|髙橋⟧様",
        "⟦NAME|山﨑⟧さん",
        "⟦NAME|ﾔﾏﾀﾞ⟧様",
        "⟦NAME|サトウ⟧様",
        "⟦NAME|さとう⟧さん",
        "⟦NAME|グエン⟧さん",
        "⟦NAME|マリア・サントス⟧さん",
        "⟦NAME|グエン・ヴァン・ナム⟧様",
    ],
)
def test_a_name_in_any_script_is_found_before_an_honorific(sentence: str) -> None:
    assert again(sentence, by_title) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "⟦NAME|花子⟧ちゃんは元気",
        "⟦NAME|健太⟧くん",
        "⟦NAME|みどり⟧さん",
        "⟦NAME|まさお⟧さん",
        "友人の⟦NAME|ケン⟧さん",
        "「⟦NAME|みーこ⟧ちゃん」と呼ばれる",
    ],
)
def test_a_given_name_or_a_nickname_alone_is_found_before_an_honorific(sentence: str) -> None:
    assert again(sentence, by_title) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "⟦STAFF|高田⟧医師が執刀",
        "⟦STAFF|小野寺⟧先生に依頼",
        "⟦STAFF|大久保⟧看護師より報告",
        "⟦STAFF|西⟧技師が撮影",
        "⟦STAFF|二宮⟧診療放射線技師",
        "⟦STAFF|中島⟧部長の回診",
        "⟦STAFF|高田⟧師長",
        "⟦STAFF|北川⟧薬剤師が指導",
        "⟦STAFF|上野⟧ケアマネより連絡",
        "⟦STAFF|木下⟧Dr.に相談",
        "⟦STAFF|木下⟧Drに相談",
        "⟦STAFF|山口⟧PT",
        "⟦STAFF|河合⟧MSWと面談",
        "⟦STAFF|石田⟧（PT）",
        "⟦STAFF|李⟧先生",
        "⟦STAFF|原⟧先生",
        "循環器内科の⟦STAFF|西川⟧医師",
        "外科⟦STAFF|二宮⟧医師",
        "昨日⟦STAFF|西川⟧先生診察",
    ],
)
def test_a_colleagues_name_is_found_before_a_title(sentence: str) -> None:
    assert again(sentence, by_title) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "顆粒様の陰影",
        "患者様に説明",
        "ご家族様へ",
        "お客様相談室",
        "皆様",
        "奥様が同席",
        "結節様陰影と索状様の構造",
        "石灰化様の高吸収",
        "牛乳様の排液",
        "コーヒー残渣様",
        "カリフラワー様",
        "嘔吐様の症状",
        "悪寒様",
        "膜様部",
        "腫瘤様病変",
        "網様影",
        "水様便",
        "泥状様",
        "血性様",
        "ゼリー様",
        "糸くず様",
        "脂肪様",
        "同様の所見",
        "異様な",
        "多様な",
        "仕様書",
        "模様",
        "神様",
    ],
)
def test_the_sign_for_like_is_no_honorific(sentence: str) -> None:
    assert annotate(sentence, by_title) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "お母さん、お父さんと",
        "息子さん",
        "隣さん",
        "業者さん",
        "歯医者さん",
        "看護師さんに相談",
        "患者さんは",
        "たくさんの",
        "主治医の先生に",
        "担当医先生御机下",
        "病院長殿",
        "殿部の褥瘡",
        "暴君",
        "担当医師が説明",
        "当直医師より",
        "内科医師に連絡",
        "循環器医師に確認",
        "指導医師",
        "外科部長",
        "名誉教授",
        "病棟師長に報告",
        "訪問看護師が",
        "男性看護師",
        "放射線技師",
        "救急隊員より",
        "巡査部長",
        "第一助手",
        "看護記録",
        "経過記録",
    ],
)
def test_a_title_without_a_name_stays_bare(sentence: str) -> None:
    assert annotate(sentence, by_title) == sentence


PEOPLE = st.sampled_from(["佐藤", "佐藤明子", "小野寺", "長谷川 実", "サトウ", "髙橋", "西川"])
TITLES = st.sampled_from(
    [("様", "NAME"), ("さん", "NAME"), (" 様", "NAME"), ("先生", "STAFF"), ("医師", "STAFF")]
)
BEFORE = st.sampled_from(["", "。", "、", "\n", "昨夜、", "「", "・", "2F ", "ｶﾞ ", "　"])
BEHIND = st.sampled_from(
    ["", "。", "は", "が来院", "に説明", "\n", "、", "」", " 来院", "より電話"]
)


@settings(deadline=None, max_examples=150)
@given(BEFORE, PEOPLE, TITLES, BEHIND)
def test_no_neighbour_hides_a_titled_name(
    before: str, person: str, title: tuple[str, str], behind: str
) -> None:
    sentence = f"{before}⟦{title[1]}|{person}⟧{title[0]}{behind}"
    assert again(sentence, by_title) == sentence


def test_a_foreign_surname_is_found_before_a_title() -> None:
    sentence = "⟦STAFF|スミス⟧先生"
    assert again(sentence, by_all) == sentence


@pytest.mark.xfail(strict=True, reason="a given name of one kanji before くん is not found")
def test_a_given_name_of_one_kanji_is_found_before_an_honorific() -> None:
    sentence = "⟦NAME|蒼⟧くん"
    assert again(sentence, by_all) == sentence


def test_a_line_end_may_break_the_surname_before_an_honorific() -> None:
    sentence = "患者は⟦NAME|佐\n藤⟧様"
    assert again(sentence, by_all) == sentence


def test_a_temperature_is_no_person() -> None:
    assert annotate("摂氏37度", by_title) == "摂氏37度"


@pytest.mark.xfail(strict=True, reason="an unknown katakana word before 様 is taken for a name")
def test_ground_glass_is_no_person() -> None:
    assert annotate("スリガラス様陰影", by_title) == "スリガラス様陰影"


@pytest.mark.xfail(strict=True, reason="記 behind a surname is read as a given name")
def test_the_sign_of_the_writer_stays_outside() -> None:
    sentence = "⟦STAFF|近藤⟧記"
    assert again(sentence, by_all) == sentence

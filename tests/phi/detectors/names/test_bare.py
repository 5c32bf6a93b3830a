"""Names without any cue: surnames that the analyser reads as such in the sentence."""

from __future__ import annotations

import pytest
from named import again, annotate, by_all, by_reading


@pytest.mark.parametrize(
    "sentence",
    [
        "夜勤の⟦STAFF|中川⟧が対応",
        "⟦STAFF|中川⟧が確認した",
        "⟦STAFF|高田⟧より説明",
        "⟦STAFF|三浦⟧に報告",
        "⟦STAFF|千葉⟧に連絡",
        "⟦STAFF|石橋⟧に申し送る",
        "⟦STAFF|竹内⟧：了解",
        "⟦STAFF|竹内⟧が訪室すると患者は臥床中",
        "14:00 ⟦STAFF|竹内⟧訪室",
        "昨夜、⟦STAFF|大久保⟧訪室",
        "当直⟦STAFF|西村⟧へ申し送り",
        "麻酔は⟦STAFF|小野寺⟧が担当",
        "指導医の⟦STAFF|二宮⟧と協議",
        "以後、⟦STAFF|阿部⟧が引き継ぎ",
        "日中は⟦STAFF|池田⟧、夜間は⟦STAFF|橋本⟧",
        "手術は⟦STAFF|長谷川⟧、⟦STAFF|松本⟧で施行",
        "⟦STAFF|高田⟧と⟦STAFF|小野寺⟧で対応",
        "⟦STAFF|二宮⟧医師と⟦STAFF|西川⟧が診察",
        "(⟦STAFF|前田⟧)",
        "⟦STAFF|佐藤⟧／⟦STAFF|鈴木⟧",
        "⟦STAFF|岡田⟧、経過観察とする",
        "以上、⟦STAFF|大西⟧",
        "文責　⟦STAFF|後藤⟧",
    ],
)
def test_a_colleague_is_found_without_any_title(sentence: str) -> None:
    assert again(sentence, by_all) == sentence


@pytest.mark.parametrize(
    "sentence",
    ["⟦STAFF|小西 亮⟧が読影", "⟦STAFF|佐藤明子⟧は入院となった", "⟦STAFF|佐藤\n明子⟧は入院となった"],
)
def test_a_full_name_is_found_in_mid_sentence(sentence: str) -> None:
    assert again(sentence, by_reading) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "森林浴が趣味",
        "森林公園",
        "森の中で",
        "林間学校",
        "林道を歩行中",
        "原発巣",
        "南側の壁",
        "南向き",
        "北向きの部屋",
        "北枕",
        "西洋医学",
        "西日",
        "東病棟",
        "子宮本体の腫大",
        "小脳橋角部",
        "大腿骨頸部",
        "関節液",
        "関節包",
        "谷間のような陥凹",
        "滝のような汗",
        "池に転落",
        "岸壁から転落",
        "畑で転倒",
        "畑仕事の後に",
        "堤防状の隆起",
        "桜が咲いた",
        "星状膠細胞",
        "平滑筋",
        "角膜",
        "白色",
        "高値",
        "境界明瞭",
        "金属アーチファクト",
        "松葉杖歩行",
        "石橋を叩いて渡る",
        "右肺に結節を認める。",
        "肝臓に転移なし",
        "本日退院予定。食事摂取良好。",
        "大腸内視鏡で上行結腸に隆起性病変を認めた。",
        "血圧 120/80、脈拍 70 整",
    ],
)
def test_an_ordinary_word_that_is_also_a_surname_stays_bare(sentence: str) -> None:
    assert annotate(sentence, by_all) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "長谷川式簡易知能評価スケール",
        "前田式",
        "上田法",
        "山田Ⅲ型",
        "葛西手術",
        "島津製作所",
        "武田薬品工業",
        "本田技研",
        "松下電器",
        "岡山大学",
        "山口大学",
        "古川病院",
        "上野駅",
        "岡崎駅で転倒",
        "黒川温泉",
        "大田区",
        "福岡市",
        "石川県金沢市",
        "千葉県出身",
        "松山へ旅行",
    ],
)
def test_a_surname_in_the_name_of_a_method_a_firm_or_a_place_stays_bare(sentence: str) -> None:
    assert annotate(sentence, by_reading) == sentence


@pytest.mark.xfail(strict=True, reason="清水立ち会い: 立ち会い behind a surname is not a duty")
def test_a_colleague_who_stands_by_is_found() -> None:
    sentence = "⟦STAFF|清水⟧立ち会いのもと"
    assert again(sentence, by_all) == sentence


@pytest.mark.xfail(strict=True, reason="a given name alone behind 患者 is not found")
def test_a_given_name_alone_behind_the_patient_is_found() -> None:
    sentence = "患者⟦NAME|明子⟧は"
    assert again(sentence, by_all) == sentence


@pytest.mark.xfail(strict=True, reason="the dictionary knows 泉門 and 谷部 as surnames only")
@pytest.mark.parametrize("sentence", ["泉門の膨隆", "谷部", "星の数"])
def test_anatomy_that_reads_as_a_surname_stays_bare(sentence: str) -> None:
    assert annotate(sentence, by_all) == sentence

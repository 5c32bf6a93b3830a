from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placed import found, spans

from sekisho.phi.categories import Category
from sekisho.phi.detection import STRONG
from sekisho.phi.detectors.places import addresses

# Every text holds its addresses between 《 and 》.
MARKED = [
    "住所：《〒176-0002 東京都練馬区桜台3-14-7 コーポみずき205号》 電話：03-0000-0000",
    "《〒１７６－０００２　東京都練馬区桜台３－１４－７　コーポみずき２０５号室》",
    "《東京都練馬区桜台三丁目十四番地七》に住む。",
    "《東京都練馬区桜台3丁目14番7号》より搬送",
    "《千葉県船橋市本町1-4-5》",
    "《札幌市北区北24条西5丁目1-8》の自宅",
    "《北海道虻田郡倶知安町字旭15番地》",
    "《京都市中京区烏丸通六角下ル七観音町640番地》",
    "《長野県松本市島内4170番地2 メゾン島内101》",
    "《大阪府堺市西区鳳東町4丁311番地》",
    "《福岡市博多区博多駅前2-9-1 グランドパレス博多1103号》在住",
    "現住所 《新潟県長岡市大手通2-3-10》",
    "《東京都\n練馬区桜台3丁目14番7号》",
    "《兵庫県姫路市飾磨区\n英賀5丁目2番1号》",
    "《桜台3丁目5-2 ハイツ桜201》",
    "《丸の内1-9-1 東和ビル7階》に勤務",
    "本籍：《山形県米沢市》",
    "住所: 《大字上里字向原12-3》",
    '"住所": "《高知県四万十市》",',
    "《松戸市》在住、《秋田県》出身の方",
    "《横浜》在住で、生まれは東京。",
    "実家は《青森》で、現在は《都城市》に住む。",
    "《葛飾区》のアパートで独居",
    "《仙台市内》の会社に通う",
    "《宇都宮市》で開催された大会に参加",
    "《倶知安町》から通院",
    "《佐渡島》出身",
    "次女さん(《氷見》、会社員)に説明",
    "長女の方（《袋井市》在住）",
    "住所 《浜松市中央区泉台3丁目\n　　　18-2 コーポ泉台206》　旅券",
    "《下北沢》のマンションに転居",
    "《大宮市》で生まれ",
    "弟が《熊本》から駆けつけた",
    "《熊谷》の「みどり耳鼻科」で治療",
    "《岐阜》の病院で手術",
    "《高山村》に転居した。",
    "《富山県富山市》、《福井県福井市》",
    "《滋賀県大津市におの浜4-1-1》",
    "《さいたま市浦和区高砂3-15-1》",
    "《宮城県仙台市青葉区中央3-8-2 仙台センタービル702号》",
    "《長崎県対馬市厳原町》に帰省",
    "《保土ケ谷区》に在住、《保土ヶ谷区》に在住",
    "《世田谷区三軒茶屋2-14-10グランメゾン三軒茶屋505》に独居",
]

BARE = [
    "市中肺炎として入院加療。市販薬を内服していた。",
    "S2区域と中央区域に結節影。区域気管支の拡張。",
    "東京分類でType II、神戸分類、大阪法で撮影した。",
    "京都分類に従い胃炎を評価する。",
    "香港型インフルエンザ。日本脳炎。",
    "町田先生、村田看護師、中村技師。木村の報告。",
    "都道府県の指定難病。市区町村の窓口。",
    "県内の他施設と比較。都市部に多い。",
    "TR/TE=450/80、1-2-3の順に検討した。",
    "3丁の豆腐。2番の標本。5号の糸で縫合。",
    "S状結腸と直腸。脊柱管の前後径は12mm。",
    "上行結腸から横行結腸に浮腫。",
    "府中の症例報告ではない。",
    "三鷹市民病院で撮影。横浜市立北病院。札幌市役所。",
    "自宅退院。実家への外泊。近所の公園で転倒。",
    "昭和生まれの患者。2月生まれ。",
    "東京都の指定する難病",
    "本町台地。川村の式。",
    "住所：不明",
    "群発頭痛。郡部に多い。",
]


def _split(marked: str) -> tuple[str, list[str]]:
    wanted = [part.split("》")[0] for part in marked.split("《")[1:]]
    return marked.replace("《", "").replace("》", ""), wanted


@pytest.mark.parametrize("marked", MARKED)
def test_an_address_is_one_span_from_its_first_to_its_last_character(marked: str) -> None:
    text, wanted = _split(marked)
    assert found(addresses, text) == wanted


@pytest.mark.parametrize("text", BARE)
def test_medical_language_and_generic_words_hold_no_address(text: str) -> None:
    assert found(addresses, text) == []


def test_a_span_tells_category_source_and_strength() -> None:
    full, alone = spans(addresses, "東京都練馬区桜台3-14-7。宇都宮市の催し。")
    assert full.category == alone.category == Category.ADDRESS
    assert full.sources == ("lexicon:address",)
    assert full.score >= STRONG > alone.score


def test_the_date_behind_a_town_is_no_block_number() -> None:
    assert found(addresses, "埼玉県所沢市3年前に転居") == ["埼玉県所沢市"]
    assert found(addresses, "仙台市2回目の受診") == ["仙台市"]


def test_the_telephone_behind_an_address_is_no_room() -> None:
    text = "埼玉県川口市並木2-4-8 048-000-0000"
    assert found(addresses, text) == ["埼玉県川口市並木2-4-8"]


def test_a_building_needs_no_listed_word_in_a_field_of_its_own() -> None:
    text = "住所：仙台市青葉区国分町2-1-8 サンライズ花 702\n電話"
    assert found(addresses, text) == ["仙台市青葉区国分町2-1-8 サンライズ花 702"]


ADDRESS = "東京都練馬区桜台3-14-7"
BEFORE = st.text(
    st.sampled_from("患者はがのをにABC9１２：「（()、。 　\nアイウーｱｲ〜→･"), max_size=4
)
AFTER = st.text(st.sampled_from("患者はがのをにABC：」）()、。 　\nアイウｱｲ〜→･"), max_size=4)


@given(before=BEFORE, after=AFTER)
@settings(max_examples=200, deadline=None)
def test_an_address_is_found_beside_every_neighbour(before: str, after: str) -> None:
    text = before + ADDRESS + after
    start = len(before)
    covering = [
        span
        for span in spans(addresses, text)
        if span.start <= start and start + len(ADDRESS) <= span.end
    ]
    assert covering


@given(
    text=st.text(st.sampled_from("東京都市区町村丁目番地1-2の住所：〒 \n在住ケ大字条"), max_size=60)
)
@settings(max_examples=200, deadline=None)
def test_spans_are_sorted_and_never_overlap(text: str) -> None:
    result = spans(addresses, text)
    assert all(left.end <= right.start for left, right in pairwise(result))
    assert all(span.end <= len(text) for span in result)

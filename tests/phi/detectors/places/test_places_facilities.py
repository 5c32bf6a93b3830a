from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from placed import found, spans

from sekisho.phi.categories import Category
from sekisho.phi.detectors.places import facilities

MARKED = [
    "《ひなた内科クリニック》より紹介",
    "紹介元の《さくら整形外科クリニック》へ返書",
    "前回《東和病院》で施行したCTと比較",
    "2031年8月30日に《赤羽クリニック》にて施行",
    "《霞ケ丘病院》で手術後、《緑が丘病院》へ転院",
    "近医《中沢医院》より紹介となった",
    "《S医大病院》と《A病院》で経過観察",
    "《〇〇医大》に転院。《K大附属》。",
    "《国がん》でのセカンドオピニオン",
    "《日赤》へ搬送、《市民病院》は満床",
    "《都立駒込》で化学療法、《県立中央》は不応需",
    "《医療法人社団桜会 北沢記念病院》の依頼",
    "医療法人《田川胃腸科医院》",
    "介護職員より連絡：《介護施設「こもれびの家」》で転倒",
    "《特養みはらし苑》に入所中",
    "《老健「やすらぎ」》から搬送",
    "《グループホームすみれ》から来院",
    "《訪問看護ステーション虹》が介入",
    "《特別養護老人ホーム さくら荘》に入居",
    "《水戸市立医療センター北市民病院》",
    "《青葉大学医療センター川北病院》 循環器内科",
    "《北都大学医学部附属桜台病院》",
    "《青葉大学医学部付属病院 高度救命救急センター》",
    "《セント・ルカ病院》、《XYZクリニック》、《アレルギー・ひまわりクリニック》",
    "《水戸市消防局》の救急隊。《所沢警察署》へ届け出。",
    "《世田谷区役所》の担当者",
    "《株式会社大和製作所》に勤務",
    "《(株)北斗建設》を退職",
    "《北三運輸》で配送",
    "勤務先：《星野鉄工所》",
    "《船橋市立第三中学校》の生徒、《山手高校》2年",
    "《長谷内科》より紹介。《烏丸眼科》で点眼",
    "《ひなた眼科》の返事待ち",
    "熊谷の「《こもれび胃腸科》」で検査",
    "《あおい薬局》で受領",
    "施設：《愛生会》",
    "かかりつけ：《みどりの丘クリニック》",
    "翌日《みずほ病院》受診",
    "肺癌術後《東和病院》通院中",
    "自宅では《こはく往診クリニック》の訪問診療",
    "予約 《釧路さざなみ記念病院》",
    "referred from 《Kita Memorial Hospital》",
    "《済生会川北病院》、《武蔵野日赤》、《聖隷三方原病院》",
    "《青葉大学医学部附属病院》循環器内科の医師",
    "《国立病院機構 まつば医療センター》",
    "《やすらぎの里》に入居",
    "《大曲総合》で亡くなられ、《釜石市民》より返書、《済生会小樽》で施行",
    "《株式会社ながれ印刷》を退職",
    "《舞鶴みなとが浜病院》 病理",
    "《名古屋大学大学院医学系研究科》",
]

BARE = [
    "当院、近医、他院、前医、紹介元、当センター、本院に通院中。",
    "近くの病院を受診し、総合病院を紹介された。",
    "大学病院、救急病院、精神科病院、地域の中核病院へ。",
    "かかりつけのクリニック、歯科クリニック、眼科医院。",
    "小学校でけが。中学校を卒業。高校の部活動。大学生。会社を休んだ。",
    "グループホーム入所中。デイサービスを利用。特養を申し込み中。老健へ。",
    "門前薬局で受領。調剤薬局に連絡。",
    "交通事故による外傷。運送業。建設現場で転落。",
    "ホームヘルパーの利用。ホームページを参照。",
    "翌日病院受診。退院後病院食。",
    "病院で紹介された。通っている病院。そのため病院へ。",
    "株式会社勤務。建設会社勤務。印刷業。",
    "救命救急センターへ搬送。透析センターで施行。内視鏡センター。",
    "橋本病、川崎病、菊池病の既往。",
    "呼吸器内科へ紹介。循環器内科で加療。",
    "胸郭成形術、気管支形成術、骨盤成形。",
    "A大動脈の径",
    "施設：不明。紹介元：なし。",
    "かかりつけ医：あり",
    "患者は「痛みが続いている」と訴えた。",
    "「頭が痛い」で受診。",
    "主治医大城先生",
    "病院長、院長、医院長に報告。",
    "工業用ミシン。銀行員。商店街で転倒。",
    "バイエル薬品株式会社のガドビスト、GE社製MRI。第3病院日。子供病院。",
    "ある病院で、このクリニックに、いわゆる病院、別の薬局、また病院へ。",
    "がん診療連携拠点病院、二次救急病院、地域医療支援病院",
]


def _split(marked: str) -> tuple[str, list[str]]:
    wanted = [part.split("》")[0] for part in marked.split("《")[1:]]
    return marked.replace("《", "").replace("》", ""), wanted


@pytest.mark.parametrize("marked", MARKED)
def test_the_whole_name_of_an_institution_is_found(marked: str) -> None:
    text, wanted = _split(marked)
    assert found(facilities, text) == wanted


@pytest.mark.parametrize("text", BARE)
def test_words_that_only_describe_stay_bare(text: str) -> None:
    assert found(facilities, text) == []


def test_a_span_tells_its_category_and_source() -> None:
    (span,) = spans(facilities, "ひなた内科クリニックより")
    assert span.category == Category.FACILITY
    assert span.sources == ("lexicon:facility",)


def test_a_doctor_behind_a_label_is_no_institution() -> None:
    assert found(facilities, "紹介元：小林 一郎先生") == []
    assert found(facilities, "かかりつけ医：中沢健一") == []


def test_full_width_and_half_width_letters_are_read_alike() -> None:
    assert found(facilities, "ＸＹＺクリニックと㈱北斗建設") == ["ＸＹＺクリニック", "㈱北斗建設"]


@given(
    before=st.text(st.sampled_from("、。「（( 　\n：はにをで9：→"), max_size=3),
    after=st.text(st.sampled_from("、。」）) 　\nはにをでのよりへ患者9：→"), max_size=3),
)
@settings(max_examples=150, deadline=None)
def test_a_hospital_is_found_beside_every_neighbour(before: str, after: str) -> None:
    name = "緑川中央病院"
    text = before + name + after
    start = len(before)
    assert any(
        span.start <= start and start + len(name) <= span.end for span in spans(facilities, text)
    )


@given(
    text=st.text(st.sampled_from("病院クリニック大学の株式会社「」:施設特養さくら \n"), max_size=60)
)
@settings(max_examples=150, deadline=None)
def test_spans_are_sorted_and_never_overlap(text: str) -> None:
    result = spans(facilities, text)
    assert all(left.end <= right.start for left, right in pairwise(result))

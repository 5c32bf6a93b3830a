from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.release.edits import Placed
from sekisho.release.inspection import Finding, Secret, inspect

CLEAN = [
    "胸部単純CT。右上葉S3に径12 mmの結節を認める。CT値は-650〜35 HU。前回と比較し著変なし。",
    "脳MRI: T2WI (TR/TE 4500/80), FLAIR (TR/TE/TI 9000/120/2500), DWI b=1000 s/mm2。",
    "肝S5/6/7に早期濃染を示す結節。S8に嚢胞。径は8×7×12 mm。門脈血栓なし。",
    "L4/5、L5/S1椎間板の膨隆を認める。T10/11/12に圧迫骨折。C3/4/5に骨棘。",
    "WBC 12,300/μL、Hb 10.2 g/dL、Plt 250000/μL、CRP 0.35 mg/dL、AST/ALT 25/30 IU/L。",
    "造影剤: イオパミドール300 100 mL、Lot No. 1234567、3.0 mL/sで静注。",
    "人工股関節（ロット番号: 20240805A、製造番号 987654321）を使用した。",
    "MMT 4/5、深部腱反射 ++/++、6時方向に腫瘤。在胎38週2日、2,850 gで出生。",
    "EF 55%、LVDd/Ds 48/30 mm、E/A 0.8、E/e' 12.5、TRPG 25 mmHg。",
    "SUVmax 8.5 (早期)、10.2 (後期)。FDG 185 MBq投与。",
    "DLP 1234.5 mGy・cm、CTDIvol 15.3 mGy、管電圧120 kV、管電流 250 mA、スライス厚5/1.25 mm。",
    "血圧 120/80 mmHg、脈拍 72/分、SpO2 98%(RA)、体温36.8℃、GCS E4V5M6。",
    "RECIST 1.1で判定。標的病変の径和は45 mm→38 mm（-15.6%）。PR。",
    "TNM分類第8版: cT2aN1M0、Stage IIB。Gleason 4+3=7、PSA 12.34 ng/mL。",
    "ワークステーションのソフトウェア Ver. 5.1.2.0 で解析した。バージョン 10.2.3.44 も同様。",
    "文献: PMID: 12345678、doi:10.1016/1234567。試験登録 NCT01234567、UMIN000012345。",
    "HBV-DNA 1500000 copies/mL、HCV-RNA 3200000 IU/mL。",
    "子宮本体部に腫瘤。両側肺野中枢側優位に浸潤影。上肺野と下肺野に差なし。",
    "橋本病、川崎病、高安動脈炎の既往なし。Douglas窩に少量の腹水。",
    "3年前から緩徐に増大。半年後に再検を推奨する。1〜2週間で改善。",
    "インスリン 4-4-4-0単位、アムロジピン5mg 1日1回朝食後。フェブキソスタット10-20 mg。",
    "拡散係数 0.0012345 mm2/s、ADC 1.05×10^-3。p=0.0000123。",
    "頭部CT 5 mmスライス 32枚。1枚目〜12枚目でアーチファクト。Fig. 1-2-3参照。",
    "病期はⅢ期。①腫瘤 ②リンパ節 ③胸水。2023 年版ガイドライン(2023年3月改訂)に準ずる。",
    "コバルトクロム製ステント3.5/18 mm、3.0×15 mmを#6-7に留置。#1 50%、#2 75%、#3 25%。",
    "聴力: 右 25/30/35/40 dB、左 60/65/70/80 dB。視力 0.1(1.2)、眼圧 15/16 mmHg。",
    "R2.1 mm, S2.5 cm, H2O, T1.5 mm, M1a。120kV@5.0mm、パワー50W@37.5℃。",
    "1回換気量500 mL、PEEP 5 cmH2O、FiO2 0.4、pH 7.35、PaCO2 45、HCO3 24.1。",
]

NAMES = (
    Secret("山田花子", "NAME"),
    Secret("山田", "NAME"),
    Secret("やまだ", "NAME"),
    Secret("宮本", "STAFF"),
    Secret("林", "STAFF"),
    Secret("上野", "STAFF"),
    Secret("Endo", "STAFF"),
    Secret("CT", "NAME"),
    Secret("ゆい", "NAME"),
    Secret("石田", "STAFF"),
    Secret("1234", "ID"),
    Secret("8/5", "DATE"),
    Secret("4", "ID"),
    Secret("00123456", "ID"),
    Secret("03-9876-5432", "PHONE"),
)


@pytest.mark.parametrize("text", CLEAN)
def test_ordinary_report_text_is_no_finding(text: str) -> None:
    assert inspect(text, (), NAMES) == ()


@pytest.mark.parametrize(
    "text",
    [
        "子宮本体癌の疑い。",
        "森林浴の習慣あり。",
        "CTにて精査。CT-guided生検。",
        "random effect、endoscopyを施行。",
        "唯一、ゆいつの所見。",
        "右肺上野に陰影。",
        "結石 田畑での作業後。",
        "12345678 mmという入力誤り。",
        "流量 12-34 mL/min、1234 mL、1234.5、0.1234。",
    ],
)
def test_a_name_or_number_that_only_seems_to_be_there_is_no_finding(text: str) -> None:
    assert inspect(text, (), NAMES) == ()


KNOWN_LEAKS = [
    ("山田花子", "患者は山田花子である。"),
    ("山田花子", "患者は山 田\u3000花 子である。"),
    ("山田花子", "患者は山田\n花子である。"),
    ("山田花子", "患者は山\u200b田花\u200d子である。"),
    ("山田", "担当山田医師より"),
    ("山田", "山 田 様より"),
    ("髙橋", "高橋さん"),
    ("山崎", "山﨑より"),
    ("渡邊", "渡辺は"),
    ("やまだはなこ", "ヤマダハナコと署名"),
    ("やまだはなこ", "ﾔﾏﾀﾞ ﾊﾅｺ"),
    ("サトウ", "さとうさんに"),
    ("Yamada Hanako", "YAMADA^HANAKO YAMADA HANAKO"),
    ("Yamada Hanako", "ｙａｍａｄａ　ｈａｎａｋｏ"),
    ("Ito", "担当Itoより"),
    ("Jansen", "dr. JANSEN,"),
    ("林", "（林）"),
    ("林", "、林先生が"),
    ("K.T.", "イニシャルはK.T.とする"),
    ("さくら総合病院", "さくら 総合病院より紹介"),
    ("A-1234567", "検体A-1234567"),
    ("taro@hosp.jp", "連絡先TARO@HOSP.JP"),
    ("東京都港区赤坂", "東京都 港区\n赤坂に在住"),
    ("65歳", "65歳の時"),
    ("8月5日", "８月５日に"),
    ("令和六年八月五日", "令和六年 八月五日"),
]


@pytest.mark.parametrize(("secret", "text"), KNOWN_LEAKS)
def test_a_known_surface_is_found_however_it_is_written(secret: str, text: str) -> None:
    findings = inspect(text, (), [Secret(secret, "NAME")])
    assert [f.kind for f in findings if f.category == "NAME"]


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("03-1234-5678", "0312345678"),
        ("03-1234-5678", "０３（１２３４）５６７８"),
        ("03-1234-5678", "〇三ー一二三四ー五六七八"),
        ("0012345", "00-12345"),
        ("0012345", "00 12 345"),
        ("0012345", "001\n2345"),
        ("12345678", "x12345678x"),
        ("1234", "12-34"),
        ("1234", "ID1234です"),
        ("１２３４", "(1234)"),
        ("2024/08/05", "20240805"),
        ("2024/08/05", "2024年08月05日"),
        ("12/34", "12/34"),
    ],
)
def test_a_known_number_is_found_whatever_separates_its_digits(secret: str, text: str) -> None:
    findings = inspect(text, (), [Secret(secret, "ID")])
    assert [f.kind for f in findings if f.kind == "digits"] == ["digits"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("電話は03-1234-5678です", "phone"),
        ("電話0312345678", "phone"),
        ("電話０９０−１２３４−５６７８", "phone"),
        ("携帯09012345678", "phone"),
        ("TEL 0422(12)3456", "phone"),
        ("TEL (03)1234-5678", "phone"),
        ("フリーダイヤル0120-123-456", "phone"),
        ("+81-3-1234-5678", "phone"),
        ("〇三－一二三四－五六七八", "phone"),
        ("03 1234 5678", "phone"),
        ("〒123-4567", "postal"),
        ("郵便番号：123-4567", "postal"),
        ("taro.y@hosp.or.jp", "email"),
        ("ｔａｒｏ＠ｈｏｓｐ．ｊｐ", "email"),
        ("https://hosp.jp/x", "url"),
        ("www.hosp.jp", "url"),
        ("端末10.2.3.44から", "ip"),
        ("個人番号123456789018", "my-number"),
        ("1234-5678-9018", "my-number"),
        ("20240805撮影", "date"),
        ("２０２４０８０５", "date"),
        ("20231204-0930", "date"),
        ("2024/08/05", "date"),
        ("2024年8月5日", "date"),
        ("2024.8.5", "date"),
        ("二〇二四年八月五日", "date"),
        ("令和6年8月5日", "era-date"),
        ("昭和三十年一月十五日", "era-date"),
        ("平成元年 1月 8日", "era-date"),
        ("S30.1.15生", "era-date"),
        ("Ｒ６．８．５", "era-date"),
        ("患者番号 1234567", "digits"),
        ("1234567 M 65歳", "digits"),
        ("KS19640401", "date"),
        ("x123-45-6789", "ssn"),
        ("BSN 111222333", "bsn"),
        ("0901\u200b2345678", "phone"),
    ],
)
def test_what_has_the_shape_of_an_identifier_is_found(text: str, kind: str) -> None:
    assert f"shape:{kind}" in {finding.kind for finding in inspect(text, (), ())}


@pytest.mark.parametrize("text", ["内科的治療", "消化器内科", "内科医"])
def test_an_ordinary_word_inside_another_is_no_finding(text: str) -> None:
    assert inspect(text, (), [Secret("内科", "DEPARTMENT")]) == ()


def test_an_ordinary_word_that_stands_alone_is_found() -> None:
    secrets = [Secret("内科", "DEPARTMENT"), Secret("女", "SEX"), Secret("65歳", "AGE")]
    found = inspect("内科、65歳、女。165歳以上", (), secrets)
    assert [(f.start, f.end) for f in found] == [(0, 2), (3, 6), (7, 8)]


def test_a_surface_that_is_a_longer_word_itself_is_found() -> None:
    assert inspect("石川県に在住", (), [Secret("石川", "STAFF")]) == ()
    assert inspect("石川県に在住", (), [Secret("石川県", "ADDRESS")])


def test_a_secret_is_not_shown_by_its_repr() -> None:
    assert "山田" not in repr(Secret("山田", "NAME"))


def test_a_replacement_and_an_allowed_range_are_not_inspected() -> None:
    text = "[ID-1]は03-0234-5678、2024年8月5日"
    phone, day = text.index("03"), text.index("2024")
    placed = [Placed(phone, phone + 12, "PHONE", "surrogate")]
    allowed = [(day, len(text))]
    assert inspect(text, placed, [Secret("03-0234-5678", "PHONE")], allowed) == ()
    assert {f.kind for f in inspect(text, placed, ())} == {"shape:date"}
    assert {f.kind for f in inspect(text, (), (), allowed)} == {"shape:phone"}


def test_a_covered_range_is_a_border_to_what_stands_beside_it() -> None:
    text = "[氏名1]林様"
    placed = [Placed(0, 5, "NAME", "tag")]
    assert inspect(text, placed, [Secret("林", "NAME")]) == (Finding(5, 6, "surface", "NAME"),)
    assert inspect("[氏名1]山田", placed, [Secret("1山田", "NAME")]) == ()


def test_a_finding_tells_where_and_never_what() -> None:
    (finding,) = inspect("患者は山\u200b田 花子です", (), [Secret("山田花子", "NAME")])
    assert (finding.start, finding.end) == (3, 9)
    assert "山" not in repr(finding)


gaps = st.lists(st.sampled_from(["", " ", "\n", "\u3000", "\u200b", "\t", "\r\n"]), min_size=4)


@given(
    st.sampled_from(["佐久間健太郎", "やまだはなこ", "ﾔﾏﾀﾞﾊﾅｺ", "さくら総合病院"]),
    gaps,
    st.text(alphabet="所見なし。、ABC 12\n", max_size=10),
    st.text(alphabet="所見なし。、ABC 12\n", max_size=10),
)
@settings(deadline=None, max_examples=200)
def test_blanks_inside_a_name_never_hide_it(
    name: str, blanks: list[str], before: str, after: str
) -> None:
    torn = "".join(c + blanks[i % len(blanks)] for i, c in enumerate(name[:-1])) + name[-1]
    found = inspect(before + torn + after, (), [Secret(name, "NAME")])
    assert Finding(len(before), len(before) + len(torn), "surface", "NAME") in found


@given(
    st.integers(10**6, 10**11),
    st.sampled_from(["", "-", "－", " ", "/", "ー", "."]),
    st.booleans(),
    st.text(alphabet="所見。、は", max_size=6),
)
@settings(deadline=None, max_examples=200)
def test_separators_and_width_never_hide_a_number(
    value: int, separator: str, wide: bool, around: str
) -> None:
    digits = str(value)
    torn = separator.join(digits[i : i + 3] for i in range(0, len(digits), 3))
    if wide:
        torn = torn.translate({ord("0") + i: ord("０") + i for i in range(10)})
    text = around + torn + around
    assert any(
        f.kind == "digits" and f.start <= len(around) and f.end >= len(around) + len(torn)
        for f in inspect(text, (), [Secret(digits, "ID")])
    )


@given(st.text(max_size=60), st.lists(st.text(max_size=6), max_size=4))
@settings(deadline=None, max_examples=200)
def test_findings_lie_inside_any_text(text: str, secrets: list[str]) -> None:
    for finding in inspect(text, (), [Secret(secret, "NAME") for secret in secrets]):
        assert 0 <= finding.start < finding.end <= len(text)


def seconds(text: str, secrets: list[Secret]) -> float:
    start = time.process_time()
    inspect(text, (), secrets)
    return time.process_time() - start


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "12-34 ",
        "@",
        "a@",
        "令和",
        "令和1年1",
        "www.",
        "1.1.",
        "山",
        "ア",
        "山田 ",
        "〒1",
        "://a",
    ],
)
def test_time_grows_linearly_on_hostile_text(piece: str) -> None:
    secrets = [Secret("山田花子", "NAME"), Secret("1234567", "ID"), Secret("山" * 40, "NAME")]
    short = piece * (40_000 // len(piece))
    inspect(piece, (), secrets)
    once = min(seconds(short, secrets) for _ in range(2))
    # Four times the text takes four times as long, or sixteen times were it quadratic. A busy
    # neighbour slows one measurement down, and not the least of three.
    longer = min(seconds(short * 4, secrets) for _ in range(3))
    assert longer < 10 * once + 0.1

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.document import Document, KnownIdentifier
from sekisho.errors import UnmappedLabelError
from sekisho.phi.detectors.known import KnownDetector


def found(text: str, category: str, value: str) -> list[str]:
    """The longest surfaces that the detector finds in a text, in order."""
    document = Document("d", text, known=(KnownIdentifier(category, value),))
    spans = KnownDetector().detect(document)
    assert all(span.category == category for span in spans)
    assert all(span.sources == (f"known:{category}",) for span in spans)
    whole = [s for s in spans if not any(o.covers(s) and len(o) > len(s) for o in spans)]
    return [text[start:end] for start, end in sorted({(s.start, s.end) for s in whole})]


@pytest.mark.parametrize(
    ("value", "surface"),
    [
        ("古川 沙織", "古川沙織"),
        ("古川沙織", "古川　沙織"),
        ("古川　沙織", "古川\r\n沙織"),
        ("古川沙織", "古 川 沙 織"),
        ("フルカワ サオリ", "ふるかわさおり"),
        ("ふるかわ さおり", "ﾌﾙｶﾜ ｻｵﾘ"),
        ("FURUKAWA^SAORI", "Furukawa Saori"),
        ("Furukawa Saori", "ＦＵＲＵＫＡＷＡ，ＳＡＯＲＩ"),
        ("髙橋 健一", "高橋健一"),
        ("高橋 健一", "髙橋健一"),
        ("𠮷川 勉", "吉川勉"),
        ("古川沙織", "古川"),
        ("古川 沙織", "沙織"),
        ("フルカワ サオリ", "サオリ"),
        ("林 健一", "林"),
    ],
)
def test_a_name_is_found_in_every_form(value: str, surface: str) -> None:
    assert found(f"昨日、{surface}が来院", "NAME", value) == [surface]


@pytest.mark.parametrize(
    "text",
    ["患者古川沙織退院", "昨日古川沙織転倒あり", "古川沙織", "(古川沙織)", "１）古川沙織58歳"],
)
def test_a_whole_name_is_found_beside_any_kanji(text: str) -> None:
    assert found(text, "NAME", "古川 沙織") == ["古川沙織"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("宮田 まり", "つまり、あまり食べない"),
        ("タナカ マリ", "つまり、あまり食べない"),
        ("本田 ゆうこ", "有効、ゆうこうと判断"),
        ("SMITH Ann", "Annual smithing"),
        ("マリア ガルシア", "マリアージュ"),
        ("林 健一", "森林浴、林間学校、林道"),
        ("宮本 恵", "恵まれた"),
        ("佐", "佐藤が来院"),
        ("", "佐藤が来院"),
        (" 　", "佐藤　が来院"),
    ],
)
def test_a_name_is_not_found_in_a_longer_word(value: str, text: str) -> None:
    assert found(text, "NAME", value) == []


def test_a_part_of_the_name_is_less_sure_than_the_whole() -> None:
    document = Document("d", "古川沙織、古川", known=(KnownIdentifier("NAME", "古川 沙織"),))
    scores = {(s.start, s.end): s.score for s in KnownDetector().detect(document)}
    assert scores[0, 4] >= 0.9 > scores[5, 7]


@pytest.mark.parametrize(
    "surface",
    [
        "0312345678",
        "03-1234-5678",
        "03(1234)5678",
        "03 1234 5678",
        "０３－１２３４－５６７８",
        "03ー1234ー5678",
        "〇三－一二三四－五六七八",
        "03.1234.5678",
    ],
)
@pytest.mark.parametrize("value", ["03-1234-5678", "0312345678", "０３（１２３４）５６７８"])
def test_a_number_is_found_in_every_form(value: str, surface: str) -> None:
    assert found(f"電話{surface}へ", "PHONE", value) == [surface]


@pytest.mark.parametrize(
    ("category", "value", "surface"),
    [
        ("ID", "0012345", "0012345"),
        ("ID", "0012345", "12345"),
        ("ID", "A-0012", "a0012"),
        ("INSURANCE", "記号:12 番号:3456", "記号:12 番号:3456"),
        ("INSURANCE", "12・3456", "12-3456"),
        ("NATIONAL_ID", "123456789018", "1234 5678 9018"),
        ("ADDRESS", "見晴市代々木1-2-3 コーポ佐々木101", "見晴市代々木１−２−３　コーポ佐々木101"),
        ("EMAIL", "saori55@example.jp", "Saori55@Example.jp"),
        ("EMAIL", "saori_f@example.jp", "saori_f@example.jp"),
        ("URL", "https://example.jp/~f55", "https://example.jp/~f55"),
        ("FACILITY", "第2みどり病院", "第２みどり病院"),
        ("OCCUPATION", "左官", "左官"),
    ],
)
def test_other_identifiers_are_found_as_they_are_written(
    category: str, value: str, surface: str
) -> None:
    assert found(f"備考：{surface}、以上", category, value) == [surface]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("12345", "123456 と 012345 と ９１２３４５"),
        ("0012345", "912345 と 123450"),
        ("A0012", "BA0012 と A00123"),
        ("12", "12 と 12月"),
        ("7", "7"),
        ("-", "- - -"),
    ],
)
def test_a_number_is_not_found_in_a_longer_one(value: str, text: str) -> None:
    assert found(text, "ID", value) == []


@pytest.mark.parametrize(
    "surface",
    [
        "1955年1月5日",
        "1955年01月05日",
        "１９５５年　１月　５日",
        "1955/1/5",
        "1955-01-05",
        "1955.1.5",
        "19550105",
        "昭和30年1月5日",
        "昭和３０年０１月０５日",
        "昭和30.1.5",
        "昭和 30年 1月 5日",
        "S30.1.5",
        "s30/01/05",
        "S.30.1.5",
        "S300105",
        "昭30-1-5",
        "昭和三十年一月五日",
        "昭和三〇年一月五日",
        "一九五五年一月五日",
        "'55/1/5",
    ],
)
@pytest.mark.parametrize(
    "value",
    [
        "1955-01-05",
        "1955/1/5 0:00",
        "1955-01-05T00:00:00.000",
        "19550105",
        "昭和30年1月5日",
        "S30.01.05",
        "昭30/1/5",
        "１９５５年１月５日生",
    ],
)
def test_a_date_is_found_in_every_form(value: str, surface: str) -> None:
    assert found(f"生年月日：{surface}生、男", "BIRTHDATE", value) == [surface]


def test_the_first_year_of_an_era_is_found() -> None:
    for surface in ("令和元年6月8日", "R1.6.8", "令和1年6月8日", "令和一年六月八日"):
        assert found(f"({surface})", "BIRTHDATE", "2019-06-08") == [surface]


@pytest.mark.parametrize(
    "text",
    [
        "1955年1月6日",
        "1955年1月15日",
        "1955-01-055",
        "119550105",
        "昭和31年1月5日",
        "S30.1.51",
        "0.5",
    ],
)
def test_another_date_is_not_found(text: str) -> None:
    assert found(text, "BIRTHDATE", "1955-01-05") == []


@pytest.mark.parametrize("value", ["1955-13-45", "昭和99年9月99日", "不明", "1955年頃"])
def test_what_is_no_whole_date_is_searched_as_it_stands(value: str) -> None:
    expected = [value] if len(value) >= 4 else []
    assert found(f"生年：{value}。", "BIRTHDATE", value) == expected


def test_a_record_that_knows_nothing_finds_nothing() -> None:
    assert KnownDetector().detect(Document("d", "古川沙織")) == []


def test_a_column_of_an_unknown_category_is_an_error() -> None:
    document = Document("d", "x", known=(KnownIdentifier("PERSON", "x"),))
    with pytest.raises(UnmappedLabelError):
        KnownDetector().detect(document)


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(["古川 沙織", "フルカワ サオリ", "FURUKAWA^SAORI", "0012345", "S30.1.5", "㍻"]),
    st.sampled_from(["NAME", "STAFF", "ID", "PHONE", "BIRTHDATE", "ADDRESS", "EMAIL", "FACILITY"]),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_every_span_lies_in_the_original_text(
    value: str, category: str, before: str, behind: str
) -> None:
    text = before + value + behind
    document = Document("d", text, known=(KnownIdentifier(category, value),))
    for span in KnownDetector().detect(document):
        assert 0 <= span.start < span.end <= len(text)
        assert 0.5 <= span.score <= 1


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=12), st.text(max_size=30), st.sampled_from(["NAME", "ID", "BIRTHDATE"]))
def test_any_value_in_any_column_is_searched_without_a_failure(
    value: str, text: str, category: str
) -> None:
    KnownDetector().detect(Document("d", text, known=(KnownIdentifier(category, value),)))

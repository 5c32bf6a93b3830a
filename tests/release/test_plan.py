from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from releasing import key, one, released, with_rules, written

from sekisho.documents.document import Document, KnownIdentifier, Span
from sekisho.errors import ReleaseError
from sekisho.phi.categories import Category
from sekisho.release.dates import parse_date
from sekisho.release.edits import apply, revert
from sekisho.release.plan import Mention, kept, plan
from sekisho.release.profile import Profile, builtin_profiles, load_profile

DEFAULT = load_profile("ja-pseudonymized")
ANONYMISED = load_profile("ja-anonymized")
HIPAA = load_profile("hipaa-safe-harbor")
CASE = load_profile("ja-case-report")


def test_the_same_person_has_the_same_number_and_the_next_the_next() -> None:
    document, mentions = written(
        ("NAME", "山田花子", "山田花子"),
        "（",
        ("NAME", "ﾔﾏﾀﾞ ﾊﾅｺ", "山田花子"),
        "）、夫",
        ("NAME", "山田健", "山田健"),
        "。",
        ("NAME", "花子", "山田花子"),
        "さん。主治医",
        ("STAFF", "佐藤"),
    )
    assert released(DEFAULT, document, mentions).text == (
        "[氏名1]（[氏名1]）、夫[氏名2]。[氏名1]さん。主治医[医療者1]"
    )


def test_an_identifier_has_the_same_pseudonym_in_every_document_and_width() -> None:
    first, second = one(DEFAULT, "ID", "00123-45"), one(DEFAULT, "ID", "００１２３４５")
    assert first == second
    assert re.fullmatch(r"\[ID-[0-9A-HJKMNP-TV-Z]{8}\]", first)
    assert one(DEFAULT, "ID", "0012346") != first


def test_another_key_gives_another_pseudonym() -> None:
    document, mentions = written(("ID", "0012345"))
    assert released(DEFAULT, document, mentions).text != (
        released(DEFAULT, document, mentions, b"other").text
    )


def test_keyed_tags_are_the_same_whatever_else_a_document_names(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('extends = "redact-all"\nname = "own"\nnumbering = "keyed"\n')
    profile = load_profile(path)
    alone, mentions = written(("NAME", "山田花子"))
    tag = released(profile, alone, mentions).text
    second, mentions = written(("NAME", "佐藤健"), "と", ("NAME", "山田花子"))
    assert released(profile, second, mentions).text.endswith(f"と{tag}")


def test_the_study_s_codes_stand_without_numbers() -> None:
    document, mentions = written(
        ("NAME", "山田"), ("STAFF", "佐藤"), ("SEX", "女"), ("TIME", "10:15"), ("INSURANCE", "12")
    )
    assert released(load_profile("wada"), document, mentions).text == (
        "[NAME][DOCTOR][GENDER][DATE][ID]"
    )


def test_what_the_profile_keeps_has_no_edit() -> None:
    document, mentions = written(("AGE", "65歳"), ("SEX", "女性"), ("AGE", "93歳"))
    edits = plan(document, mentions, DEFAULT, key())
    assert [edit.replacement for edit in edits] == ["90歳以上"]
    assert kept(mentions, edits) == tuple(mentions[:2])


def test_a_document_without_mentions_has_no_edits() -> None:
    assert plan(Document("d", "所見なし"), [], DEFAULT, key()) == ()


def test_overlapping_mentions_are_refused() -> None:
    document = Document("d", "山田太郎")
    mentions = [
        Mention(Span(0, 3, "NAME"), "山田太", "a"),
        Mention(Span(2, 4, "NAME"), "太郎", "b"),
    ]
    with pytest.raises(ReleaseError, match="overlap"):
        plan(document, mentions, DEFAULT, key())


def test_a_mention_that_is_not_where_its_span_says_is_refused() -> None:
    with pytest.raises(ReleaseError):
        plan(
            Document("d", "山田太郎"),
            [Mention(Span(0, 2, "NAME"), "太郎", "a")],
            DEFAULT,
            key(),
        )


def test_a_category_without_a_rule_is_refused() -> None:
    document, mentions = written(("MOOD", "明朗"))
    with pytest.raises(ReleaseError, match="MOOD"):
        released(DEFAULT, document, mentions)


def test_a_surface_that_is_its_own_tag_is_refused() -> None:
    document, mentions = written(("NAME", "[氏名1]"))
    with pytest.raises(ReleaseError):
        released(DEFAULT, document, mentions)


def test_a_surface_that_is_its_own_mask_is_tagged(tmp_path: Path) -> None:
    profile = with_rules(tmp_path, NAME='action = "mask"')
    assert one(profile, "NAME", "山田\n太郎") == "●●\n●●"
    assert one(profile, "NAME", "●●") == "[氏名1]"


def test_masks_of_one_length_and_removal_hide_the_length(tmp_path: Path) -> None:
    profile = with_rules(tmp_path, NAME='action = "mask", length = 3', ID='action = "remove"')
    document, mentions = written("患者 ", ("NAME", "山田花子"), " ", ("ID", "123"), " 様")
    applied = released(profile, document, mentions)
    assert applied.text == "患者 ●●●  様"
    assert revert(applied.text, applied.placed, ["山田花子", "123"]) == document.text


# dates ------------------------------------------------------------------------------------------


def test_intervals_between_the_dates_of_a_patient_stay() -> None:
    document, mentions = written(
        ("DATE", "2024年2月20日"), "から", ("DATE", "R6.3.5"), patient="p1", document_id="a"
    )
    other, others = written(("DATE", "20240310"), patient="p1", document_id="b")
    first, second = released(DEFAULT, document, mentions).text.split("から")
    days = [parse_date(text) for text in (first, second, released(DEFAULT, other, others).text)]
    start, middle, end = (day.near(None) for day in days if day is not None)
    assert (middle - start).days == 14
    assert (end - start).days == 19
    assert start != date(2024, 2, 20)


def test_the_known_name_stands_for_a_patient_without_a_number() -> None:
    known = (KnownIdentifier("NAME", "山田 花子"),)
    a, mentions = written(("DATE", "2024/02/20"), document_id="a", known=known)
    b, others = written(("DATE", "2024/02/20"), document_id="b", known=known)
    assert released(DEFAULT, a, mentions).text == released(DEFAULT, b, others).text


@given(st.text(min_size=1, max_size=10))
@settings(deadline=None, max_examples=100)
def test_no_patient_s_dates_stay_or_move_beyond_the_limits(patient: str) -> None:
    document, mentions = written(("DATE", "2020-06-15"), patient=patient)
    day = parse_date(released(DEFAULT, document, mentions).text)
    assert day is not None
    assert 30 <= abs((day.near(None) - date(2020, 6, 15)).days) <= 364


def test_a_weekday_behind_a_shifted_date_is_set_right() -> None:
    document, mentions = written(("DATE", "2024年8月5日"), "（月）に受診", patient="p")
    applied = released(DEFAULT, document, mentions)
    match = re.fullmatch("(.+日)（(.)）に受診", applied.text)
    assert match is not None
    day = parse_date(match[1])
    assert day is not None
    assert "月火水木金土日"[day.near(None).weekday()] == match[2]
    assert revert(applied.text, applied.placed, ["2024年8月5日（月）"]) == document.text


def test_a_weekday_that_is_part_of_the_next_mention_is_left_to_it() -> None:
    document, mentions = written(("DATE", "2024年8月5日"), ("TIME", "（月）10:15"))
    assert released(DEFAULT, document, mentions).text.endswith("（月）10:15")


@pytest.mark.parametrize("surface", ["令和35年1月1日", "2024/2/30", "2O23.l2.O5", "8/5"])
def test_a_date_that_cannot_be_shifted_is_tagged(surface: str) -> None:
    assert one(DEFAULT, "DATE", surface) == "[日付1]"


def test_a_day_without_a_year_moves_with_the_date_before_it() -> None:
    document, mentions = written(("DATE", "2024年3月1日"), "、", ("DATE", "3/8"), patient="p")
    first, second = released(DEFAULT, document, mentions).text.split("、")
    start, end = parse_date(first), parse_date(second)
    assert start is not None
    assert end is not None
    day = start.near(None)
    assert (end.near(day) - day).days == 7


def test_a_clock_time_in_a_date_can_be_refused(tmp_path: Path) -> None:
    profile = with_rules(tmp_path, DATE='action = "dateshift", clock = false')
    assert one(profile, "DATE", "20231204-0930") == "[日付1]"
    assert one(DEFAULT, "DATE", "20231204-0930").endswith("-0930")


def test_a_birth_date_keeps_its_month() -> None:
    assert one(DEFAULT, "BIRTHDATE", "昭和30年1月15日") == "昭和30年1月"
    assert one(DEFAULT, "BIRTHDATE", "1955/1/15生") == "1955/1"
    assert one(DEFAULT, "BIRTHDATE", "昭和30年生まれ") == "昭和30年生まれ"
    assert one(DEFAULT, "BIRTHDATE", "不明") == "[生年月日1]"


def test_a_birth_date_beside_an_age_of_ninety_is_tagged() -> None:
    document, mentions = written(("BIRTHDATE", "1930/1/15"), " ", ("AGE", "93歳"))
    assert released(ANONYMISED, document, mentions).text == "[生年月日1] 90歳以上"


def test_a_birth_date_that_tells_such_an_age_is_tagged() -> None:
    document, mentions = written(("BIRTHDATE", "S5.1.15"), " ", ("DATE", "2024/08/05"))
    assert released(HIPAA, document, mentions).text == "[BIRTHDATE1] 2024"


def test_a_case_report_counts_days_from_the_first() -> None:
    document, mentions = written(
        *(
            ("DATE", "2024年8月5日"),
            "、",
            ("DATE", "8月7日"),
            "、",
            ("DATE", "2024年7月30日"),
            "、",
        ),
        *(("DATE", "2021年"), "、", ("DATE", "2024年5月"), "、", ("DATE", "2025年2月1日")),
    )
    assert (
        released(CASE, document, mentions).text
        == "第1病日、第3病日、6日前、3年前、3か月前、6か月後"
    )


# ages, places, departments ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("surface", "expected"),
    [
        ("93歳", "90歳以上"),
        ("９３才", "９０才以上"),
        ("九十三歳", "九十歳以上"),
        ("満91歳", "満90歳以上"),
        ("90代後半", "90歳以上"),
        ("104歳5ヶ月", "90歳以上"),
        ("93", "90以上"),
        ("093Y", "090+Y"),
        ("89歳", "89歳"),
        ("生後95日", "生後95日"),
        ("日齢95", "日齢95"),
        ("高齢", "[年齢1]"),
    ],
)
def test_ages_of_ninety_and_above_fall_together(surface: str, expected: str) -> None:
    assert one(DEFAULT, "AGE", surface) == expected


def test_an_english_age_is_capped_in_english() -> None:
    assert one(HIPAA, "AGE", "93-year-old", "en") == "90+-year-old"
    assert one(HIPAA, "AGE", "88 years", "en") == "88 years"


def test_a_capped_age_before_the_word_is_not_doubled() -> None:
    document, mentions = written(("AGE", "95歳"), "以上")
    assert released(DEFAULT, document, mentions).text == "90歳以上"


@pytest.mark.parametrize(
    ("surface", "expected"),
    [("65歳", "60歳代"), ("６５歳", "６０歳代"), ("7歳", "10歳未満"), ("97歳", "90歳以上")],
)
def test_an_age_can_be_told_by_its_decade(tmp_path: Path, surface: str, expected: str) -> None:
    assert one(with_rules(tmp_path, AGE='action = "generalise", to = "band"'), "AGE", surface) == (
        expected
    )


@pytest.mark.parametrize(
    ("surface", "pseudonymised", "anonymised"),
    [
        ("東京都港区赤坂1-2-3", "東京都", "東京都"),
        ("〒123-4567 東京都港区赤坂1-2-3", "東京都", "〒123-**** 東京都"),
        ("〒１２３－４５６７", "[住所1]", "〒１２３－＊＊＊＊"),
        ("港区赤坂", "[住所1]", "[住所1]"),
        ("北海道札幌市中央区", "北海道", "北海道"),
        ("大阪府", "大阪府", "大阪府"),
        ("〒123-4567 港区赤坂", "[住所1]", "[住所1]"),
    ],
)
def test_an_address_is_told_by_its_prefecture_or_not_at_all(
    surface: str, pseudonymised: str, anonymised: str
) -> None:
    assert one(DEFAULT, "ADDRESS", surface) == pseudonymised
    assert one(ANONYMISED, "ADDRESS", surface) == anonymised


@pytest.mark.parametrize(
    ("surface", "expected"),
    [
        ("三重県四日市市諏訪町1", "三重県四日市市"),
        ("東京都町田市森野2-2", "東京都町田市"),
        ("北海道余市郡余市町朝日町", "北海道余市郡余市町"),
        ("神奈川県横浜市中区", "神奈川県横浜市"),
    ],
)
def test_an_address_can_be_told_by_its_municipality(
    tmp_path: Path, surface: str, expected: str
) -> None:
    profile = with_rules(tmp_path, ADDRESS='action = "generalise", to = "municipality"')
    assert one(profile, "ADDRESS", surface) == expected


@pytest.mark.parametrize(
    ("surface", "expected"),
    [
        ("12 Elm Street, Portland, OR 97201", "OR 972**"),
        ("New York 10001", "New York 100**"),
        ("Burlington, Vermont 05901", "Vermont 059**".replace("059", "000")),
        ("12 Elm Street", "[ADDRESS1]"),
    ],
)
def test_safe_harbour_leaves_the_state_and_three_digits(surface: str, expected: str) -> None:
    assert one(HIPAA, "ADDRESS", surface, "en") == expected


def test_a_department_is_told_by_its_field() -> None:
    assert one(ANONYMISED, "DEPARTMENT", "消化器内科") == "内科系"
    assert one(ANONYMISED, "DEPARTMENT", "3階東病棟") == "病棟"
    assert one(ANONYMISED, "DEPARTMENT", "心療内科") == "精神科系"
    assert one(ANONYMISED, "DEPARTMENT", "ゲノム室") == "[部署1]"


# all profiles -------------------------------------------------------------------------------------

SURFACES = {
    "NAME": ["山田花子", "ﾔﾏﾀﾞ ﾊﾅｺ", "YAMADA^HANAKO", "K.T.", "林"],
    "STAFF": ["佐藤", "Dr Jansen", "鈴木 健"],
    "BIRTHDATE": ["昭和30年1月15日", "1930.1.1", "KS1964"],
    "DATE": ["2024年8月5日", "8/5", "2019年", "20231204-0930", "先月"],
    "TIME": ["10:15", "午後3時頃"],
    "AGE": ["65歳", "93歳", "？"],
    "SEX": ["女性"],
    "ID": ["12-345", "A001"],
    "INSURANCE": ["33120015"],
    "NATIONAL_ID": ["123456789018"],
    "PHONE": ["03-1234-5678", "内線1234"],
    "EMAIL": ["a@b.jp"],
    "URL": ["https://a.jp/x", "10.0.0.1"],
    "ADDRESS": ["東京都港区赤坂1-2-3", "赤坂"],
    "FACILITY": ["青空病院", "St. Mary"],
    "DEPARTMENT": ["内科", "外来"],
    "OCCUPATION": ["漁師"],
}
CHOICES = [(category, surface) for category, items in SURFACES.items() for surface in items]
FICTION = 'action = "surrogate"'


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> list[Profile]:
    fictional = with_rules(
        tmp_path_factory.mktemp("profile"),
        **dict.fromkeys(
            ("NAME", "STAFF", "ID", "INSURANCE", "NATIONAL_ID", "PHONE", "EMAIL", "URL"), FICTION
        ),
        ADDRESS=FICTION,
        FACILITY=FICTION,
    )
    return [fictional, *map(load_profile, builtin_profiles())]


@given(
    st.lists(st.tuples(st.sampled_from(CHOICES), st.sampled_from(["、", "\n", "は", " "]))),
    st.integers(0, 6),
)
@settings(deadline=None, max_examples=200)
def test_every_plan_is_undone_exactly_and_leaves_no_surface_in_its_place(
    profiles: list[Profile], picks: list[tuple[tuple[str, str], str]], which: int
) -> None:
    profile = profiles[which]
    pieces = [part for mention, gap in picks for part in (mention, gap)]
    document, mentions = written(*pieces)
    edits = plan(document, mentions, profile, key())
    applied = apply(document.text, edits)
    originals = [document.text[edit.start : edit.end] for edit in edits]
    assert revert(applied.text, applied.placed, originals) == document.text
    for edit, original in zip(edits, originals, strict=True):
        assert edit.replacement != original
        assert edit.replacement.strip() != original.strip()
    stays = {mention.span.category for mention in kept(mentions, edits)}
    assert stays <= {
        category for category in Category if profile.rule(category).action in ("keep", "generalise")
    }


def test_a_coarser_date_takes_its_weekday_along() -> None:
    text, spans = "検査日：令和6年8月5日（月）", [("DATE", 4, 12)]
    document = Document("1", text)
    mentions = [
        Mention(Span(start, end, category), text[start:end], text[start:end])
        for category, start, end in spans
    ]
    edits = plan(document, mentions, load_profile("ja-anonymized"), key())
    assert apply(text, edits).text == "検査日：令和6年8月"

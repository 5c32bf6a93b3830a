from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from releasing import key, one, released, with_rules, written

from sekisho.release.profile import Profile
from sekisho.release.transforms.people import folded_name
from sekisho.release.transforms.shapes import Draw, reshaped
from sekisho.release.wordlists import rows, words

FICTION = 'action = "surrogate"'
GENDERS = {row[0]: row[3] for row in rows("given_names")}
SURNAMES = {row[0]: row for row in rows("surnames")}


@pytest.fixture(scope="module")
def fiction(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    folder: Path = tmp_path_factory.mktemp("profile")
    numbers = ("ID", "INSURANCE", "NATIONAL_ID", "PHONE", "EMAIL", "URL")
    categories = ("NAME", "STAFF", "ADDRESS", "FACILITY", *numbers)
    return with_rules(folder, **dict.fromkeys(categories, FICTION))


def test_the_lists_are_long_enough_and_every_name_has_its_readings() -> None:
    assert len(rows("surnames")) >= 300
    assert len(rows("given_names")) >= 300
    assert len(words("facility_stems")) >= 100
    for row in (*rows("surnames"), *rows("given_names")):
        assert re.fullmatch("[ぁ-ゖー]+", row[1])
        assert re.fullmatch("[A-Z][a-z]+", row[2])


def test_every_mention_of_a_person_names_the_same_fictional_person(fiction: Profile) -> None:
    forms = ["山田 花子", "山田花子", "山田", "花子", "やまだ はなこ", "ﾔﾏﾀﾞ ﾊﾅｺ"]
    forms += ["YAMADA^HANAKO", "Hanako Yamada", "Ｙ．Ｈ．", "山田花子ベビー１", "山田　花子"]
    pieces = [p for form in forms for p in (("NAME", form, "person"), "、")]
    document, mentions = written(*pieces)
    result = released(fiction, document, mentions).text.split("、")[:-1]
    surname, given = result[0].split(" ")
    row = SURNAMES[surname]
    name = next(r for r in rows("given_names") if r[0] == given)
    assert name[3] == "f"
    assert result[1] == surname + given
    assert result[2] == surname
    assert result[3] == given
    assert result[4] == f"{row[1]} {name[1]}"
    half = unicodedata.normalize("NFKC", result[5])
    assert folded_name(half) == folded_name(row[1] + name[1])
    assert all("ｦ" <= c <= "ﾟ" or c == " " for c in result[5])
    assert result[6] == f"{row[2]}^{name[2]}".upper()
    assert result[7] == f"{name[2]} {row[2]}"
    assert unicodedata.normalize("NFKC", result[8]) == f"{row[2][0]}.{name[2][0]}."
    assert result[9] == f"{surname}{given}ベビー１"
    assert result[10] == f"{surname}　{given}"


def test_a_person_is_the_same_in_another_document(fiction: Profile) -> None:
    a, mentions = written(("NAME", "山田花子"), "と", ("NAME", "佐藤健太"))
    b, others = written(("STAFF", "鈴木一郎"), "と", ("NAME", "山田花子"))
    first = released(fiction, a, mentions).text.split("と")[0]
    assert released(fiction, b, others).text.split("と")[1] == first
    assert released(fiction, a, mentions, b"other").text.split("と")[0] != first


@pytest.mark.parametrize(("name", "gender"), [("山田健太", "m"), ("山田美咲", "f")])
def test_a_surrogate_has_the_gender_that_the_given_name_tells(
    fiction: Profile, name: str, gender: str
) -> None:
    for secret in (b"1", b"2", b"3", b"4", b"5"):
        document, mentions = written(("NAME", name[:2] + " " + name[2:]))
        given = released(fiction, document, mentions, secret).text.split(" ")[1]
        assert GENDERS[given] == gender


@given(st.binary(min_size=1, max_size=4), st.lists(st.sampled_from(sorted(SURNAMES)), max_size=30))
@settings(deadline=None, max_examples=60)
def test_no_surrogate_names_anybody_in_the_document(
    fiction: Profile, secret: bytes, people: list[str]
) -> None:
    pieces = [p for name in people for p in (("NAME", name), "、")]
    document, mentions = written(*pieces)
    result = released(fiction, document, mentions, secret).text.split("、")
    assert not set(result[:-1]) & set(people)


def test_a_form_that_is_not_understood_is_tagged(fiction: Profile) -> None:
    assert one(fiction, "NAME", "Jan van der Berg") == "[氏名1]"
    assert one(fiction, "FACILITY", "St. Mary Hospital") == "[施設1]"


@pytest.mark.parametrize(
    ("surface", "form"),
    [
        ("03-1234-5678", "0[36]-0[0-9]{3}-[0-9]{4}"),
        ("０３－１２３４－５６７８", "０[３６]－０[０-９]{3}－[０-９]{4}"),
        ("090-1234-5678", "090-0[0-9]{3}-[0-9]{4}"),
        ("08012345678", "0900[0-9]{7}"),
        ("0422(12)3456", "0[0-9]{3}\\(0[0-9]\\)[0-9]{4}"),
        ("+81-3-1234-5678", "\\+81-3-0[0-9]{3}-[0-9]{4}"),
        ("0120-123-456", "0120-[0-9]{3}-[0-9]{3}"),
        (
            "〇三－一二三四－五六七八",
            "〇[三六]－〇[〇一二三四五六七八九]{3}－[〇一二三四五六七八九]{4}",
        ),
        ("1234", "[0-9]{4}"),
    ],
)
def test_a_telephone_number_keeps_its_form_and_reaches_nobody(
    fiction: Profile, surface: str, form: str
) -> None:
    result = one(fiction, "PHONE", surface)
    assert re.fullmatch(form, result)
    assert result != surface


def insurer_check(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits[:-1])):
        total += sum(map(int, str(int(digit) * (2 if place % 2 == 0 else 1))))
    return (10 - total % 10) % 10 == int(digits[-1])


def my_number_check(digits: str) -> bool:
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def test_the_checks_of_this_test_know_valid_numbers() -> None:
    assert insurer_check("33120015")
    assert insurer_check("54016027")
    assert my_number_check("123456789018")


@given(st.binary(min_size=1, max_size=6))
@settings(deadline=None, max_examples=150)
def test_numbers_with_a_check_digit_fail_it(secret: bytes) -> None:
    def draw(surface: str) -> Draw:
        return Draw(key(secret), "surrogate", surface)

    assert not insurer_check(reshaped("33120015", "INSURANCE", draw("a")))
    number = reshaped("1234-5678-9018", "NATIONAL_ID", draw("b"))
    assert re.fullmatch("[0-9]{4}-[0-9]{4}-[0-9]{4}", number)
    assert not my_number_check(number.replace("-", ""))
    assert reshaped("123-45-6789", "NATIONAL_ID", draw("c")).startswith("000-")


@pytest.mark.parametrize(
    ("category", "surface", "form"),
    [
        ("ID", "Ａ－００１２３", "[Ａ-Ｚ]－００[１-９][０-９]{2}"),
        ("ID", "CT20240805", "[A-Z]{2}[0-9]{8}"),
        ("EMAIL", "taro.y@hosp.or.jp", "[a-z]{4}\\.[a-z]@example\\.jp"),
        ("URL", "https://hosp.jp/a/b12", "https://example\\.jp/[a-z]/[a-z][0-9]{2}"),
        ("URL", "10.2.3.4", "192\\.0\\.2\\.[0-9]{1,3}"),
        ("FACILITY", "さくら総合病院", ".{2,4}総合病院"),
        ("FACILITY", "株式会社山本製作所", "株式会社.{2,4}製作所"),
        (
            "ADDRESS",
            "〒123-4567 東京都港区赤坂1-2-3",
            "〒000-[0-9]{4} 東京都.+区.+[1-9]-[1-9]-[1-9]",
        ),
        ("ADDRESS", "愛知県春日井市鳥居松町三丁目五番地", "愛知県.+市.+町.丁目.番地"),
    ],
)
def test_a_surrogate_has_the_same_shape(
    fiction: Profile, category: str, surface: str, form: str
) -> None:
    result = one(fiction, category, surface)
    assert re.fullmatch(form, result)
    assert result != surface


@given(
    st.sampled_from(["ID", "INSURANCE", "NATIONAL_ID", "PHONE", "EMAIL", "URL", "ADDRESS"]),
    st.text(
        alphabet="0123456789-@.:/abＡ０１３－〒東京都港区赤坂〇三号室ー ()+",
        min_size=1,
        max_size=24,
    ),
)
@settings(deadline=None, max_examples=200)
def test_any_surface_becomes_something_else(fiction: Profile, category: str, surface: str) -> None:
    assert one(fiction, category, surface) != surface


@given(
    st.text(
        alphabet="山田花子ヤマダはなこﾔﾏﾀﾞYAMADAyＹ^=・. 　\n1１ベビーー'", min_size=1, max_size=16
    )
)
@settings(deadline=None, max_examples=200)
def test_any_name_becomes_something_else(fiction: Profile, surface: str) -> None:
    assert one(fiction, "NAME", surface) != surface

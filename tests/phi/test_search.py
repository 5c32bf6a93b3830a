from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.folding import fold
from sekisho.phi.search import Haystack, comparable


def names(text: str, needle: str) -> list[str]:
    folded = fold(text).text
    return [folded[start:end] for start, end in Haystack(folded).names(fold(needle).text)]


def numbers(text: str, needle: str) -> list[str]:
    folded = fold(text).text
    return [folded[start:end] for start, end in Haystack(folded).numbers(fold(needle).text)]


@given(st.text())
def test_a_comparable_text_keeps_its_length(text: str) -> None:
    assert len(comparable(text)) == len(text)
    assert comparable(comparable(text)) == comparable(text)


@pytest.mark.parametrize(
    ("text", "needle", "found"),
    [
        ("佐藤明子", "佐藤 明子", "佐藤明子"),
        ("佐藤　明子", "佐藤明子", "佐藤 明子"),
        ("佐藤\r\n明子", "佐藤明子", "佐藤\n明子"),
        ("佐 藤 明 子", "佐藤明子", "佐 藤 明 子"),
        ("さとうあきこ", "サトウ アキコ", "さとうあきこ"),
        ("ｻﾄｳ ｱｷｺ", "さとう あきこ", "サトウ アキコ"),
        ("YAMADA^TARO", "Yamada Taro", "YAMADA^TARO"),
        ("Ｙａｍａｄａ， Ｔａｒｏ", "yamada taro", "Yamada, Taro"),
        ("マリア・サントス", "マリア サントス", "マリア・サントス"),
        ("髙橋", "高橋", "高橋"),
    ],
)
def test_a_name_is_found_however_it_is_written(text: str, needle: str, found: str) -> None:
    assert names(f"本日、{text}より", needle) == [found]


def test_a_name_that_goes_on_in_the_next_paragraph_is_another() -> None:
    assert names("佐藤    明子", "佐藤明子") == []


@pytest.mark.parametrize("needle", ["", " ", "・", "^\n"])
def test_a_needle_without_letters_is_found_nowhere(needle: str) -> None:
    assert names("佐藤 明子 ・", needle) == []
    assert numbers("佐藤 明子 ・", needle) == []


@pytest.mark.parametrize(
    ("text", "needle", "found"),
    [
        ("0312345678", "03-1234-5678", "0312345678"),
        ("03-1234-5678", "0312345678", "03-1234-5678"),
        ("０３－１２３４－５６７８", "0312345678", "03-1234-5678"),
        ("03ー1234ー5678", "0312345678", "03ー1234ー5678"),
        ("03(1234)5678", "03-1234-5678", "03(1234)5678"),
        ("03 - 1234 - 5678", "0312345678", "03 - 1234 - 5678"),
        ("a-1234", "A1234", "a-1234"),
        ("代々木1-2-3", "代々木１ー２ー３", "代々木1-2-3"),
        ("コーポ佐々木101", "コーポ佐々木 101", "コーポ佐々木101"),
    ],
)
def test_a_number_is_found_however_it_is_grouped(text: str, needle: str, found: str) -> None:
    assert numbers(f"番号は{text}です", needle) == [found]


@pytest.mark.parametrize("text", ["12345", "01234", "91234", "１２３４５"])
def test_a_number_inside_a_longer_one_is_another(text: str) -> None:
    assert numbers(text, "1234") == []


@pytest.mark.parametrize("text", ["XA1234", "7A1234", "A12345"])
def test_a_code_inside_a_longer_one_is_another(text: str) -> None:
    assert numbers(text, "A1234") == []


@pytest.mark.parametrize("behind", ["番", "は", "。", "-", "\n", "様", ")", ""])
def test_japanese_may_follow_a_number_directly(behind: str) -> None:
    assert numbers(f"号1234{behind}", "1234") == ["1234"]


def test_letters_run_on_into_a_code_but_kanji_do_not() -> None:
    assert Haystack("a1234b").runs_on(1, 5) is False
    assert Haystack("1234").runs_on(1, 3) is True
    assert Haystack("ab12").runs_on(1, 4) is True
    assert Haystack("氏ab様").runs_on(1, 3) is False


@settings(deadline=None, max_examples=200)
@given(
    st.text(alphabet="01239a", min_size=1, max_size=8),
    st.lists(st.text(alphabet="01239a-ー 氏。\n", max_size=8), max_size=4),
    st.lists(st.sampled_from(["", "-", " ", " - ", "．", "----"]), min_size=8, max_size=8),
)
def test_a_number_is_found_exactly_where_it_stands_by_itself(
    needle: str, others: list[str], gaps: list[str]
) -> None:
    spaced = "".join(letter + gap for letter, gap in zip(needle, gaps, strict=False))
    text = fold("".join(others[:2]) + spaced + "".join(others[2:])).text
    sign = "[ \\-ー.]{0,3}"
    letters = sign.join(re.escape(letter) for letter in needle)
    before = "(?<![0-9])" if needle[0].isdigit() else "(?<![0-9a-z])"
    behind = "(?![0-9])" if needle[-1].isdigit() else "(?![0-9a-z])"
    expected = {match.start() for match in re.finditer(f"(?={before}{letters}{behind})", text)}
    assert {start for start, _ in Haystack(text).numbers(needle)} == expected


@settings(deadline=None, max_examples=150)
@given(
    st.text(alphabet="佐藤明子アaB12", min_size=1, max_size=8),
    st.text(max_size=10),
    st.text(max_size=10),
)
def test_what_stands_in_a_text_is_found_in_it(needle: str, before: str, behind: str) -> None:
    found = Haystack(before + needle + behind).names(needle)
    assert (len(before), len(before) + len(needle)) in list(found)


def test_thousands_of_numbers_are_found_in_a_long_text() -> None:
    text = "".join(f"ID {number:08} 氏名 佐藤\n" for number in range(50_000))
    haystack = Haystack(text)
    started = time.perf_counter()
    assert all(len(list(haystack.numbers(f"{number:08}"))) == 1 for number in range(20_000))
    assert time.perf_counter() - started < 5

"""Every rule family beside every class of neighbour: a border is never taken for granted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruled import spans

#: (category, what the text says, the part of it that is the identifier)
EXAMPLES = [
    ("BIRTHDATE", "生年月日:昭和38年11月15日", "昭和38年11月15日"),
    ("BIRTHDATE", "生年月日 S38.11.15", "S38.11.15"),
    ("BIRTHDATE", "昭和三十年一月十五日生まれ", "昭和三十年一月十五日"),
    ("BIRTHDATE", "昭和39年生まれ", "昭和39年生まれ"),
    ("DATE", "2024/05/03", "2024/05/03"),
    ("DATE", "２０２４／０５／０３", "２０２４／０５／０３"),
    ("DATE", "2024-08-05", "2024-08-05"),
    ("DATE", "2024年8月5日", "2024年8月5日"),
    ("DATE", "令和６年８月５日", "令和６年８月５日"),
    ("DATE", "平成元年5月1日", "平成元年5月1日"),
    ("DATE", "R6.8.5", "R6.8.5"),
    ("DATE", "二〇二四年八月五日", "二〇二四年八月五日"),
    ("DATE", "20240805", "20240805"),
    ("DATE", "2O23.l2.O5", "2O23.l2.O5"),
    ("DATE", "8月5日", "8月5日"),
    ("DATE", "8/5(月)", "8/5"),
    ("DATE", "2024年8月", "2024年8月"),
    ("DATE", "2019年", "2019年"),
    ("DATE", "12 March 2024", "12 March 2024"),
    ("DATE", "12-Mar-24", "12-Mar-24"),
    ("TIME", "10:15", "10:15"),
    ("TIME", "10時15分", "10時15分"),
    ("TIME", "午後3時頃", "午後3時頃"),
    ("TIME", "午後三時半", "午後三時半"),
    ("AGE", "60歳", "60歳"),
    ("AGE", "生後4ヶ月", "生後4ヶ月"),
    ("AGE", "80代", "80代"),
    ("AGE", "六十歳", "六十歳"),
    ("AGE", "日齢5", "日齢5"),
    ("SEX", "60歳男性", "男性"),
    ("SEX", "女児", "女児"),
    ("SEX", "性別:女", "女"),
    ("ID", "患者ID:MR2024-78234", "MR2024-78234"),
    ("ID", "患者ＩＤ：１２３４５６７８", "１２３４５６７８"),
    ("ID", "診察券番号 0012345", "0012345"),
    ("ID", "CT-ABD-0913", "CT-ABD-0913"),
    ("ID", "KS19640401", "KS19640401"),
    ("ID", "305号室", "305号室"),
    ("INSURANCE", "保険者番号:33120015", "33120015"),
    ("INSURANCE", "記号12番号3456", "3456"),
    ("NATIONAL_ID", "123456789018", "123456789018"),
    ("NATIONAL_ID", "1234-5678-9018", "1234-5678-9018"),
    ("NATIONAL_ID", "旅券番号TK1234567", "TK1234567"),
    ("NATIONAL_ID", "AB12345678CD", "AB12345678CD"),
    ("PHONE", "03-1234-5678", "03-1234-5678"),
    ("PHONE", "０３ー１２３４ー５６７８", "０３ー１２３４ー５６７８"),
    ("PHONE", "03(1234)5678", "03(1234)5678"),
    ("PHONE", "09012345678", "09012345678"),
    ("PHONE", "+81-90-1234-5678", "+81-90-1234-5678"),
    ("PHONE", "〇三－一二三四－五六七八", "〇三－一二三四－五六七八"),
    ("PHONE", "内線1234", "1234"),
    ("EMAIL", "taro@example.co.jp", "taro@example.co.jp"),
    ("URL", "https://example.com/a?b=1", "https://example.com/a?b=1"),
    ("URL", "192.168.1.10", "192.168.1.10"),
    ("ADDRESS", "〒150-0042", "〒150-0042"),
]
BEFORE = [
    *["", "\n", "\r\n", " ", "　", "\t"],
    *["患", "者", "は", "の", "カ", "ン", "ｶ", "ﾝ"],
    *["。", "、", "：", "（", "「", "【", "＊", "→", "・", "＞", ":", "(", "*", '"', ";"],
]
AFTER = [
    *["", "\n", "\r\n", " ", "　", "\t"],
    *["来", "撮", "に", "で", "と", "カ", "ｶ"],
    *["。", "、", "）", "」", "】", "＊", "→", "・", ")", "*", '"', ";", "."],
]


def missed(category: str, text: str, identifier: str, before: str, after: str) -> bool:
    whole = before + text + after
    start = len(before) + text.index(identifier)
    end = start + len(identifier)
    return not any(
        span.category == category and span.start <= start and end <= span.end
        for span in spans(whole)
    )


@pytest.mark.parametrize(("category", "text", "identifier"), EXAMPLES)
def test_an_example_is_found_beside_each_neighbour_on_either_side(
    category: str, text: str, identifier: str
) -> None:
    beside = [(before, "") for before in BEFORE] + [("", after) for after in AFTER]
    assert [pair for pair in beside if missed(category, text, identifier, *pair)] == []


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(EXAMPLES), st.sampled_from(BEFORE), st.sampled_from(AFTER))
def test_an_example_is_found_between_any_two_neighbours(
    example: tuple[str, str, str], before: str, after: str
) -> None:
    assert not missed(*example, before, after)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(EXAMPLES), min_size=2, max_size=6))
def test_examples_in_one_sentence_do_not_hide_each_other(
    examples: list[tuple[str, str, str]],
) -> None:
    text = "、患者は".join(example[1] for example in examples)
    covered = {place for span in spans(text) for place in range(span.start, span.end)}
    place = 0
    for _, part, identifier in examples:
        start = text.index(part, place) + part.index(identifier)
        assert set(range(start, start + len(identifier))) <= covered
        place = text.index(part, place) + len(part)


@pytest.mark.parametrize(
    ("category", "text"),
    [
        ("DATE", "2024/05/03"),
        ("DATE", "2024年8月5日"),
        ("PHONE", "+81-90-1234-5678"),
        ("TIME", "10:15"),
        ("AGE", "60歳"),
    ],
)
def test_a_latin_word_may_stand_in_front_with_a_space(category: str, text: str) -> None:
    assert not missed(category, text, text, "CT ", " CT")

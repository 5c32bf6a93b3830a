"""The detector as a whole: offsets, order, overlaps, registration."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from ruled import DETECTOR, found, spans

from sekisho.phi.categories import Category
from sekisho.phi.detection import Detector
from sekisho.phi.detectors.rules import settled
from sekisho.phi.detectors.rules.reading import Hit

ALPHABET = "0123456789０１-ー/.:年月日時歳生男女患者ID電話〒@ABｶﾞ①\n 　（）、。昭和三十"


def test_it_is_a_detector_named_rules() -> None:
    assert isinstance(DETECTOR, Detector)
    assert DETECTOR.name == "rules"


def test_dates_and_telephones_in_running_japanese_are_found() -> None:
    assert found("患者は2024/05/03に来院。電話は03-1234-5678です。") == [
        ("DATE", "2024/05/03"),
        ("PHONE", "03-1234-5678"),
    ]


def test_an_empty_text_holds_nothing() -> None:
    assert spans("") == []


def test_enumerators_do_not_run_into_numbers() -> None:
    assert found("①2024年8月5日②10:15③60歳") == [
        ("DATE", "2024年8月5日"),
        ("TIME", "10:15"),
        ("AGE", "60歳"),
    ]


@settings(max_examples=200, deadline=None)
@given(st.text(ALPHABET, max_size=60))
def test_spans_are_sorted_lie_in_the_text_and_are_plausible_at_least(text: str) -> None:
    result = spans(text)
    assert result == sorted(result)
    for span in result:
        assert 0 <= span.start < span.end <= len(text)
        assert 0.5 <= span.score <= 1.0
        assert span.sources[0].startswith("rules:")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    spans(text)


def test_a_hit_is_dropped_only_under_a_surer_one_that_covers_it() -> None:
    long = Hit(0, 10, Category.ID, "id", 0.95)
    short = Hit(2, 6, Category.DATE, "date", 0.8)
    sure = Hit(2, 6, Category.DATE, "date", 0.99)
    apart = Hit(8, 14, Category.PHONE, "phone", 0.6)
    assert settled([short, long]) == [long]
    assert settled([sure, long]) == [long, sure]
    assert settled([apart, long]) == [long, apart]


def test_of_one_category_the_longer_hit_stays_with_the_higher_certainty() -> None:
    long = Hit(0, 10, Category.PHONE, "phone", 0.8)
    short = Hit(2, 10, Category.PHONE, "phone-labelled", 0.95)
    assert settled([short, long]) == [Hit(0, 10, Category.PHONE, "phone", 0.95)]


def test_a_radiology_header_is_read_whole() -> None:
    text = (
        "氏名：××　患者ID：AB2023-00417\n生年月日：昭和41年2月3日（58歳）性別：女性\n"
        "電話：045-000-1234\n検査日時：令和6年9月3日 14:05\n"
    )
    assert found(text) == [
        ("ID", "AB2023-00417"),
        ("BIRTHDATE", "昭和41年2月3日"),
        ("AGE", "58歳"),
        ("SEX", "女性"),
        ("PHONE", "045-000-1234"),
        ("DATE", "令和6年9月3日"),
        ("TIME", "14:05"),
    ]

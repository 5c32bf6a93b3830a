"""Clean edges: no punctuation, title or kinship inside a span of the tagger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.phi.categories import Category
from sekisho.phi.detectors.tagger.edges import has_form, is_generic, within_edges


@pytest.mark.parametrize(
    ("taken", "category", "left"),
    [
        ("三宅 勲様", "NAME", "三宅 勲"),
        ("藤井君", "NAME", "藤井"),
        ("吾妻Ns", "STAFF", "吾妻"),
        ("山田 先生", "STAFF", "山田"),
        ("山田医師様", "STAFF", "山田"),
        ("三男盛光", "NAME", "盛光"),
        ("通称マリア", "NAME", "マリア"),
        ("、榊原 ", "STAFF", "榊原"),
        ("山田)", "STAFF", "山田"),
        ("☎03-1234-5678", "PHONE", "03-1234-5678"),
        ("5082(枝番 01)", "INSURANCE", "5082(枝番 01)"),
        ("妹尾", "NAME", "妹尾"),
        ("君島", "NAME", "君島"),
        ("T.Y.", "NAME", "T.Y."),
        ("久保田ベビー2", "NAME", "久保田"),
        ("大石来棟", "NAME", "大石"),
        ("顧問樋川", "NAME", "樋川"),
        ("元漆器職人", "OCCUPATION", "漆器職人"),
        ("同月19日", "DATE", "19日"),
        ("18:00-", "TIME", "18:00"),
        ("様", "NAME", "様"),
        ("中央病院様", "FACILITY", "中央病院様"),
    ],
)
def test_only_what_names_is_left(taken: str, category: str, left: str) -> None:
    text = f"前の文{taken}後の文"
    edges = within_edges(text, 3, 3 + len(taken), category)
    assert edges is not None
    assert text[slice(*edges)] == left


def test_nothing_is_left_of_punctuation() -> None:
    assert within_edges("a、。b", 1, 3, "NAME") is None


@pytest.mark.parametrize(
    ("surface", "category"), [("奥", "NAME"), ("患者", "STAFF"), ("近医", "FACILITY")]
)
def test_words_that_name_nobody_need_more(surface: str, category: str) -> None:
    assert is_generic(surface, category)


def test_a_surname_is_not_generic() -> None:
    assert not is_generic("山田", "NAME")
    assert not is_generic("山田", "STAFF")


@given(
    st.text(alphabet="山田様さん先生医師長男妹(（)）、。 T.☎1", min_size=1, max_size=12),
    st.sampled_from([str(each) for each in Category]),
)
def test_edges_stay_inside_and_settle_at_once(text: str, category: str) -> None:
    edges = within_edges(text, 0, len(text), category)
    if edges is not None:
        start, end = edges
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    ("surface", "category", "has"),
    [
        ("a@b.jp", "EMAIL", True),
        ("DERIVED PRIMARY", "EMAIL", False),
        ("8月5日", "DATE", True),
        ("先週", "DATE", False),
        ("8/5", "DATE", True),
        ("20/18", "DATE", False),
        ("2/34", "DATE", False),
        ("二〇二四", "ID", True),
        ("http://a", "URL", True),
        ("山田", "NAME", True),
    ],
)
def test_an_identifier_has_the_form_of_its_category(surface: str, category: str, has: bool) -> None:
    assert has_form(surface, category) is has


def test_two_small_numbers_and_a_bare_number_need_more() -> None:
    assert is_generic("4/5", "DATE")
    assert is_generic("六十四", "STAFF")
    assert not is_generic("2024/4/5", "DATE")

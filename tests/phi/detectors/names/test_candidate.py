"""How a string is judged to be a person's name, at its both ends."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from named import by_all, starts

from sekisho.documents.folding import fold
from sekisho.phi.detectors.names.candidate import (
    name_after,
)
from sekisho.phi.detectors.names.name_before import (
    name_before,
)
from sekisho.phi.detectors.names.name_parts import (
    closes,
    full_name_split,
)
from sekisho.phi.morphology import morphemes


@pytest.mark.parametrize(
    ("name", "surname"),
    [
        ("佐藤明子", "佐藤"),
        ("小野寺健一", "小野寺"),
        ("長谷川実", "長谷川"),
        ("勅使河原卓", "勅使河原"),
        ("林太郎", "林"),
        ("山田タカシ", "山田"),
    ],
)
def test_a_full_name_splits_behind_the_surname(name: str, surname: str) -> None:
    assert full_name_split(name) == len(surname)


@pytest.mark.parametrize("word", ["", "林", "胃癌", "退院", "佐藤さん", "右肺上葉", "高血圧"])
def test_what_is_no_full_name_does_not_split(word: str) -> None:
    assert full_name_split(word) is None


@pytest.mark.parametrize("behind", ["", "。", "は", " ", "\n", "様", "医師", "（", "氏", "が"])
def test_a_name_may_end_before_anything_but_an_unrelated_kanji(behind: str) -> None:
    assert closes(f"佐藤{behind}", 2)


@pytest.mark.parametrize("behind", ["癌", "側", "体", "々"])
def test_a_name_does_not_end_in_the_middle_of_a_kanji_word(behind: str) -> None:
    assert not closes(f"佐藤{behind}", 2)


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("佐藤明子様", "佐藤明子", "full"),
        ("佐藤 明子 様", "佐藤 明子", "full"),
        ("佐藤\n明子", "佐藤\n明子", "full"),
        ("佐藤は", "佐藤", "surname"),
        ("小野寺・南", "小野寺", "surname"),
    ],
)
def test_the_longest_name_that_begins_here_is_taken(text: str, name: str, kind: str) -> None:
    assert name_after(text, 0) == (len(name), kind)


@pytest.mark.parametrize("text", ["", "。佐藤", "胃癌", "患者", "未定", "右肺", "1234"])
def test_no_name_begins_where_there_is_none(text: str) -> None:
    assert name_after(text, 0, given=True, unknown=True) is None


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("本日佐藤明子", "佐藤明子", "full"),
        ("佐藤 明子", "佐藤 明子", "full"),
        ("内科の佐藤", "佐藤", "surname"),
    ],
)
def test_the_longest_name_that_ends_here_is_taken(text: str, name: str, kind: str) -> None:
    assert name_before(text, len(text), starts(text)) == (len(text) - len(name), kind)


@pytest.mark.parametrize("text", ["", "。", "患者", "内科", "顆粒", "ご家族", "担当"])
def test_no_name_ends_where_there_is_none(text: str) -> None:
    assert name_before(text, len(text), starts(text), given=True) is None


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["佐藤", "明子", "様", "（", "長男", "Dr.", "ベビー", "K.T.", "氏名：", "^"]
            ),
            st.text(alphabet="田中ー・\n 、がのさんァ々〆ﾔA.^:𠮷\ud800\0", max_size=4),
            st.text(max_size=4),
        ),
        max_size=10,
    ).map("".join)
)
def test_every_candidate_lies_in_the_text_and_is_a_fair_claim(text: str) -> None:
    folded = fold(text).text
    for found in by_all(folded):
        assert 0 <= found.start < found.end <= len(folded)
        assert found.category in ("NAME", "STAFF")
        assert 0.5 <= found.score <= 1
        assert folded[found.start : found.end].strip()


@pytest.mark.parametrize(
    "piece", ["佐", "ア", "a.", "・", "妻（", "氏名:", "佐藤 ", "A ", "様", "ー^"]
)
def test_a_hostile_text_is_read_in_linear_time(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    assert sum(1 for _ in by_all(text)) <= len(text)
    assert morphemes(text)[-1].end == len(text)

"""Where values stand: planted ones are found exactly, others never."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.document import Document
from sekisho.documents.folding import fold
from sekisho.phi.detectors.llm.grounding import LEAST_LIKENESS, Ground
from sekisho.phi.search import comparable

#: Values with their categories, long enough to stand anywhere.
VALUES = [
    ("蓼沼早苗", "NAME"),
    ("髙橋 﨑江", "NAME"),
    ("タデヌマ サナエ", "NAME"),
    ("ﾀﾃﾞﾇﾏ･ｻﾅｴ", "NAME"),
    ("Tadenuma Sanae", "NAME"),
    ("２０２４年５月１７日", "DATE"),
    ("03-0000-5518", "PHONE"),
    ("みどり台総合病院", "FACILITY"),
    ("〒999-0001 架空県みどり市1-2-3", "ADDRESS"),
    ("s.tadenuma@example.jp", "EMAIL"),
]
#: What cannot join a value, and holds none of it.
FILLING = st.text("。、「」()\n\r\u3000 \t…※◯", max_size=12)


def wide(value: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in value)


def narrow(value: str) -> str:
    return unicodedata.normalize("NFKC", value)


def _half_width() -> dict[str, str]:
    singles = [chr(code) for code in range(0xFF66, 0xFF9E)]
    voiced = [single + mark for single in singles for mark in "ﾞﾟ"]
    forms = {unicodedata.normalize("NFKC", form): form for form in [*singles, *voiced]}
    return {whole: form for whole, form in forms.items() if len(whole) == 1}


HALF_WIDTH = _half_width()


def half_kana(value: str) -> str:
    return "".join(HALF_WIDTH.get(sign, sign) for sign in narrow(value))


def usual_kanji(value: str) -> str:
    return value.replace("髙", "高").replace("﨑", "崎")


def rare_kanji(value: str) -> str:
    return value.replace("高", "髙").replace("崎", "﨑")


SPELLINGS = st.sampled_from([str, wide, narrow, half_kana, usual_kanji, rare_kanji])
BREAKS = st.sampled_from([" ", "\u3000", "\n", "\r\n", "・"])


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(VALUES), SPELLINGS, SPELLINGS, st.lists(FILLING, min_size=2, max_size=4))
def test_a_value_is_found_at_exactly_its_places_however_it_is_written(
    value: tuple[str, str], in_text: object, in_answer: object, filling: list[str]
) -> None:
    plain, category = value
    planted = in_text(plain)  # type: ignore[operator]
    text, places = filling[0], []
    for piece in filling[1:]:
        places.append((len(text) + 1, len(text) + 1 + len(planted)))
        text += f"。{planted}。{piece}"
    said = in_answer(plain)  # type: ignore[operator]
    assert Ground(Document("d", text)).places(said, category) == places


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(VALUES[:5] + VALUES[7:8]), st.data(), FILLING, FILLING)
def test_a_blank_or_a_line_end_more_or_less_does_not_hide_a_name(
    value: tuple[str, str], data: st.DataObject, before: str, behind: str
) -> None:
    plain, category = value
    at = data.draw(st.integers(1, len(plain) - 1))
    if plain[at - 1 : at + 1].endswith("ﾞ"):
        at -= 1
    broken = plain[:at] + data.draw(BREAKS) + plain[at:]
    solid = "".join(sign for sign in plain if sign.isalnum())
    for planted, said in [(broken, plain), (plain, broken), (solid, plain), (plain, solid)]:
        text = f"{before}。{planted}。{behind}"
        start = len(before) + 1
        found = Ground(Document("d", text)).places(said, category)
        assert found == [(start, start + len(planted))]


#: Many things that look alike after folding, close together.
TIGHT = st.text("林檎山カｶﾞが髙高12１ \nAaＡ・㍻", max_size=12)


@settings(deadline=None, max_examples=500)
@given(TIGHT, TIGHT, st.sampled_from(["NAME", "ID", "ADDRESS"]))
def test_what_is_grounded_is_the_value_up_to_blanks_case_and_kana(
    text: str, value: str, category: str
) -> None:
    folded = Document("d", text).folded
    found = Ground(Document("d", text)).places(value, category)
    assert found == sorted(found)
    spaced = "[ \n・]*".join(map(re.escape, squeezed(value)))
    literally = re.escape(fold(value).text.strip())
    standing = {
        folded.to_original(*match.span(1))
        for pattern, within in [(spaced, comparable(folded.text)), (literally, folded.text)]
        for match in re.finditer(f"(?=({pattern}))", within)
        if match[1]
    }
    assert set(found) <= standing


@settings(deadline=None, max_examples=500)
@given(TIGHT, TIGHT)
def test_a_value_is_grounded_exactly_when_its_letters_follow_each_other(
    text: str, value: str
) -> None:
    there = squeezed(value) != "" and squeezed(value) in squeezed(text)
    found = Ground(Document("d", text.replace("  ", ""))).places(value, "ID")
    # More signs than a name has in one place are no longer a blank within it.
    if not any(gap in fold(text).text for gap in ("   ", "\n\n", "・・")):
        literally = fold(value).text.strip()
        assert bool(found) == (there or (literally != "" and literally in fold(text).text))


def squeezed(text: str) -> str:
    return "".join(sign for sign in comparable(fold(text).text) if sign not in " \n・")


@pytest.mark.parametrize("value", ["", " ", "\u3000", "・", "\u200b"])
def test_nothing_stands_nowhere(value: str) -> None:
    ground = Ground(Document("d", "蓼沼 早苗"))
    assert ground.places(value, "NAME") == []
    assert ground.closest(value) is None


@pytest.mark.parametrize("text", ["", "\n", "\u200b"])
def test_nothing_stands_in_an_empty_text(text: str) -> None:
    ground = Ground(Document("d", text))
    assert ground.places("蓼沼", "NAME") == []
    assert ground.closest("蓼沼") is None


@pytest.mark.parametrize(
    ("text", "value", "category", "surfaces"),
    [
        ("林檎を好む。林が担当。", "林", "STAFF", [6]),
        ("林檎を好む。", "林", "STAFF", [0]),
        ("子宮本体部。宮本より連絡。", "宮本", "STAFF", [6]),
        ("検体3120、病室12。", "12", "ID", [9]),
        ("検体3120。", "12", "ID", [3]),
        ("検体１２、3120。", "12", "ID", [2]),
        ("65歳で、5歳の孫あり。", "5歳", "AGE", [5]),
        ("MRI、M", "M", "SEX", [4]),
        ("カテーテル、テル", "テル", "NAME", [6]),
    ],
)
def test_a_piece_of_a_longer_word_counts_only_where_there_is_nothing_else(
    text: str, value: str, category: str, surfaces: list[int]
) -> None:
    found = Ground(Document("d", text)).places(value, category)
    assert [start for start, _ in found] == surfaces


def test_every_occurrence_is_found() -> None:
    text = "蓼沼様。蓼沼様は、蓼沼、\n蓼沼"
    found = Ground(Document("d", text)).places("蓼沼", "NAME")
    assert [start for start, _ in found] == [0, 4, 9, 13]


@pytest.mark.parametrize(
    ("text", "value", "surfaces"),
    [
        ("電話 090-0000-7713。", "09000007713", ["090-0000-7713"]),
        ("電話 09000007713。", "090-0000-7713", ["09000007713"]),
        (
            "電話 090（0000）7713、0900000-7713",
            "090-0000-7713",
            ["090（0000）7713", "0900000-7713"],
        ),
        ("番号 12-34。", "1234", []),
        ("番号 090-0000-77139。", "09000007713", []),
    ],
)
def test_a_long_number_is_found_without_its_hyphens(
    text: str, value: str, surfaces: list[str]
) -> None:
    found = Ground(Document("d", text)).places(value, "PHONE")
    assert [text[start:end] for start, end in found] == surfaces


def test_a_value_inside_one_glyph_takes_the_whole_glyph() -> None:
    assert Ground(Document("d", "生まれは㍻5年")).places("平成5年", "DATE") == [(4, 7)]


ALPHABET = "蓼沼早苗檜垣浮田千景波多江鬼頭"


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.sampled_from(ALPHABET), min_size=4, max_size=10, unique=True).map("".join),
    st.data(),
    st.text("患者は受診。\n", max_size=20),
    st.text("患者は受診。\n", max_size=20),
)
def test_a_value_with_one_wrong_character_is_covered_wholly(
    value: str, data: st.DataObject, before: str, behind: str
) -> None:
    at = data.draw(st.integers(0, len(value) - 1))
    written = value[:at] + "〇" + value[at + 1 :]
    text = before + written + behind
    found = Ground(Document("d", text)).closest(value)
    assert found is not None
    start, end = found
    assert start <= len(before)
    assert end >= len(before) + len(written)
    assert end - start <= len(value) + 1


@settings(deadline=None, max_examples=300)
@given(
    st.text("蓼沼早苗1 ", min_size=1, max_size=8),
    st.text("蓼沼早苗檜垣12 \nｱﾞ", max_size=30),
)
def test_the_closest_stretch_is_as_like_as_is_asked(value: str, text: str) -> None:
    found = Ground(Document("d", text)).closest(value)
    wanted = fold(value).text.strip()
    likenesses = [
        1 - distance(wanted, fold(text).text[low:high]) / len(wanted)
        for low in range(len(fold(text).text))
        for high in range(low + 1, len(fold(text).text) + 1)
        if wanted and abs(high - low - len(wanted)) <= len(wanted)
    ]
    best = max(likenesses, default=0.0)
    assert (found is not None) == (best >= LEAST_LIKENESS)
    if found is not None and fold(text).text == text:
        start, end = found
        assert 1 - distance(wanted, text[start:end]) / len(wanted) == pytest.approx(best)


def distance(left: str, right: str) -> int:
    """Edit distance, by the book."""
    row = list(range(len(right) + 1))
    for i, sign in enumerate(left, start=1):
        above, row[0] = row[0], i
        for j, other in enumerate(right, start=1):
            above, row[j] = row[j], min(above + (sign != other), row[j] + 1, row[j - 1] + 1)
    return row[-1]


@pytest.mark.parametrize("value", ["檜垣", "蓼原", "09012345678", "x"])
def test_nothing_is_close_to_what_is_unlike(value: str) -> None:
    assert Ground(Document("d", "蓼沼早苗様、03-0000-5518")).closest(value) is None


def test_the_closest_stretch_is_told_in_offsets_of_the_original() -> None:
    text = "氏名：ﾀﾃﾞﾇﾏ ｻﾅｴ様"
    found = Ground(Document("d", text)).closest("タデヌマ サナヱ")
    assert found is not None
    assert text[slice(*found)] == "ﾀﾃﾞﾇﾏ ｻﾅｴ"

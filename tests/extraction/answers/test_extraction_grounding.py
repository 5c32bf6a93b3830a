from __future__ import annotations

import re

import pytest
from benchmarks import grounding
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sekisho.documents.document import Document
from sekisho.documents.folding import fold
from sekisho.extraction.answers.grounding import LONGEST_ELLIPSIS, Quotes


def quotes(text: str) -> Quotes:
    return Quotes(Document("d", text))


def found(text: str, quote: str, *, after: int = 0) -> str | None:
    place = quotes(text).find(quote, after=after)
    return None if place is None else text[slice(*place)]


@pytest.mark.parametrize(
    ("text", "quote", "stretch"),
    [
        # as it is written
        ("右上葉に結節を認める。", "結節を認める", "結節を認める"),
        # blanks and line breaks on either side
        ("右上\n葉に結節を認める", "右上葉に結節", "右上\n葉に結節"),
        ("右上\r\n葉に結節を認める", "右上葉に結節", "右上\r\n葉に結節"),
        ("右上葉に結節を認める", "右上葉 に結節", "右上葉に結節"),
        ("右上葉に結節を認める", "右上葉\nに\n結節", "右上葉に結節"),
        ("右　上　葉に　　結節", "右上葉に結節", "右　上　葉に　　結節"),
        ("最大径 8  mm 大", "最大径8mm大", "最大径 8  mm 大"),
        ("最大径8mm大", " 最大径 8 mm 大 ", "最大径8mm大"),
        # width, kana, ligatures, units in one character, glyph variants
        ("ＣＴ値は４５ＨＵ", "CT値は45HU", "ＣＴ値は４５ＨＵ"),
        ("CT値は45HU", "ＣＴ値は４５ＨＵ", "CT値は45HU"),
        ("ﾘﾝﾊﾟ節腫大なし", "リンパ節腫大", "ﾘﾝﾊﾟ節腫大"),
        ("リンパ節腫大なし", "ﾘﾝﾊﾟ節腫大", "リンパ節腫大"),
        ("径12㎜の結節", "12mmの結節", "12㎜の結節"),
        ("髙橋医師が確認", "高橋医師", "髙橋医師"),
        # what cannot be seen
        ("右\u200b上葉\ufeffに結節", "右上葉に結節", "右\u200b上葉\ufeffに結節"),
        ("\ufeff右上葉\u200b に結節", "右上葉", "右上葉"),
        ("右上葉に結節", "右\u200b上葉", "右上葉"),
    ],
)
def test_a_quote_is_found_however_either_side_writes_and_spaces_it(
    text: str, quote: str, stretch: str
) -> None:
    assert found(text, quote) == stretch


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("ﾀﾞｲｱﾘｼｽ", "タ"),
        ("か\u3099ん", "か"),
        ("㈱関所", "株"),
        ("8㍉", "8ミ"),
    ],
)
def test_what_is_folded_together_is_never_split(text: str, quote: str) -> None:
    assert found(text, quote) is None


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("112 mm", "12 mm"),
        ("１１２ mm", "12 mm"),
        ("3.12 mm", "12 mm"),
        ("3,12 mm", "12 mm"),
        ("径 .12 mm", "12 mm"),
        ("3.5 mm", ".5 mm"),
        ("12.5 mm", "12"),
        ("12.5 mm", "12."),
        ("12,500", "12"),
        ("1.2×10³/μL", "1.2×10"),
        ("12 mmHg", "12 mm"),
        ("nodule", "no"),
        ("casino", "no"),
        ("geïnfecteerd", "ge"),
        ("12 mm と 112 mm", "2 mm"),
    ],
)
def test_a_quote_is_never_cut_out_of_a_longer_number_or_latin_word(text: str, quote: str) -> None:
    assert found(text, quote) is None


@pytest.mark.parametrize(
    ("text", "quote", "start"),
    [
        ("112 mm、次は12 mm", "12 mm", 9),
        ("nodule: no", "no", 8),
        ("S8に8mm", "8mm", 3),
        ("CT8mm", "8mm", 2),
        ("3-12 mm", "12 mm", 2),
        ("①2mm大の結節", "2mm大", 1),
        ("所見である.12 mmの結節", "12 mmの結節", 6),
        ("径は12.", "12", 2),
        ("径は12、", "12", 2),
        ("結節no多発", "no", 2),
        ("CT2枚", "CT", 0),
    ],
)
def test_a_number_or_word_of_its_own_is_found(text: str, quote: str, start: int) -> None:
    place = quotes(text).find(quote)
    assert place is not None
    assert place[0] == start


@pytest.mark.parametrize(
    ("text", "quote", "there"),
    [
        ("found in form of", "inform", False),
        ("to inform of", "in form", False),
        ("right upper\nlobe", "right upper lobe", True),
        ("right upper\nlobe", "right upperlobe", True),
        ("right upper \n lobe", "right upperlobe", True),
        ("right upper lobe", "right upper\nlobe", True),
        ("right  upper\tlobe", "right upper lobe", True),
        ("right upper lobe", "rightupper lobe", False),
        ("an adeno-\ncarcinoma", "adenocarcinoma", True),
        ("an adeno-\r\n carcinoma", "adenocarcinoma", True),
        ("an adeno-\ncarcinoma", "adeno-carcinoma", True),
        ("an adeno-\ncarcinoma of the\nlung", "adenocarcinoma of the lung", True),
        ("an adeno- carcinoma", "adenocarcinoma", False),
        ("CT 検査", "CT検査", True),
        ("T2 強調像 T2WI", "T2強調像T2WI", True),
        ("8 mm", "8mm", True),
        ("S8 9", "S89", False),
        ("S89", "S8 9", False),
        ("12\n3 mm", "123 mm", False),
        ("3. 5 mm", "3.5 mm", False),
        ("3 .5 mm", "3.5 mm", False),
        ("3.5 mm", "3. 5 mm", False),
        ("1. 右肺", "1.右肺", True),
    ],
)
def test_blanks_separate_latin_words_and_numbers_and_mean_nothing_elsewhere(
    text: str, quote: str, there: bool
) -> None:
    assert (found(text, quote) is not None) == there


@pytest.mark.parametrize("quote", ["", " ", "\n\u3000", "\u200b", "…", "「」", "......"])
def test_an_empty_quote_stands_nowhere(quote: str) -> None:
    assert quotes("右上葉に結節").find(quote) is None
    assert quotes("").find(quote) is None
    assert quotes("右上葉").all(quote) == []


def test_as_it_is_written_is_preferred_to_otherwise_spaced() -> None:
    text = "右上\n葉は正常。右上葉に結節。右上\n葉"
    assert quotes(text).find("右上葉") == (8, 11)
    assert quotes(text).all("右上葉") == [(0, 4), (8, 11), (15, 19)]


def test_the_first_one_behind_an_offset_is_found_else_the_first_of_all() -> None:
    here = quotes("結節なし。結節あり。")
    assert here.find("結節") == (0, 2)
    assert here.find("結節", after=1) == (5, 7)
    assert here.find("結節", after=5) == (5, 7)
    assert here.find("結節", after=6) == (0, 2)
    assert here.find("結節", after=99) == (0, 2)


def test_all_places_are_sorted_and_do_not_overlap() -> None:
    assert quotes("ああああa").all("ああ") == [(0, 2), (2, 4)]


def test_quotes_in_order_are_looked_for_behind_each_other_then_anywhere() -> None:
    text = "結節A、結節B、結節C"
    assert quotes(text).in_order(["結節", "結節", "結節"]) == [(0, 2), (4, 6), (8, 10)]
    assert quotes(text).in_order(["B", "結節", "A", "結節", "ない"]) == [
        (6, 7),
        (8, 10),
        (2, 3),
        (4, 6),
        None,
    ]


@pytest.mark.parametrize(
    "quote",
    [
        "「結節を認める」",
        "『結節を認める』",
        '"結節を認める"',
        "＂結節を認める＂",
        "“「結節を認める」”",
    ],
)
def test_quotation_marks_that_are_not_in_the_text_are_left_out(quote: str) -> None:
    assert found("右上葉に結節を認める。", quote) == "結節を認める"


def test_quotation_marks_that_are_in_the_text_belong_to_the_quote() -> None:
    assert found("結節、「結節」あり", "「結節」") == "「結節」"


@pytest.mark.parametrize(
    ("quote", "stretch"),
    [
        ("右上葉に…認める", "右上葉に8 mmの結節を認める"),
        ("右上葉に...認める", "右上葉に8 mmの結節を認める"),
        ("右上葉に[...]認める", "右上葉に8 mmの結節を認める"),
        ("右上葉に（中略）認める", "右上葉に8 mmの結節を認める"),
        ("右上葉に・・・結節…認める", "右上葉に8 mmの結節を認める"),
        ("…結節を認める…", "結節を認める"),
        ("「右上葉に…認める」", "右上葉に8 mmの結節を認める"),
        ("右上葉に…右", None),
        ("認める…右上葉", None),
        ("右上葉に…石灰化", None),
        ("右上葉に…mm", "右上葉に8 mm"),
    ],
)
def test_a_quote_with_a_gap_is_the_stretch_from_its_first_part_to_its_last(
    quote: str, stretch: str | None
) -> None:
    assert found("肝に異常なし。右上葉に8 mmの結節を認める。", quote) == stretch


def test_an_ellipsis_that_is_in_the_text_is_no_gap() -> None:
    assert found("経過は…良好。経過は改善、良好", "経過は…良好") == "経過は…良好"


def test_the_stretch_of_a_quote_with_a_gap_is_the_shortest_and_bounded() -> None:
    assert found("結節は右。結節は左に認める", "結節は…認める") == "結節は左に認める"
    near, far = "あ" * (LONGEST_ELLIPSIS - 6), "あ" * (LONGEST_ELLIPSIS - 5)
    assert found(f"結節は{near}認める", "結節は…認める") is not None
    assert found(f"結節は{far}認める", "結節は…認める") is None


NOISE = st.sampled_from(
    [
        *("右", "上葉", "結節", "を", "ﾀﾞ", "ﾞ", "か\u3099", "髙", "㈱", "㎜", "①", "⒈", "²", "８"),
        *("12", ".", ",", "-", "-\n", "a", "Ａ", "no", "é", "e\u0301", "´", "…", "...", "「", "」"),
        *('"', " ", "\u3000", "\n", "\r\n", "\t", "\u200b", "\ufeff", "\ufe0f", "葛\U000e0100"),
        *("\x00", "😷", "\ud800"),
    ]
)
texts = st.lists(NOISE, max_size=25).map("".join)


def bare(text: str) -> str:
    """What is compared: folded, without blanks."""
    return re.sub("[ \n]+", "", fold(text).text)


def undivided(text: str) -> str:
    """The same, Latin words that a line end divides being put together."""
    letter = "[A-Za-zÀ-ÿ]"
    return bare(re.sub(f"(?<={letter})[-‐] *\n[ \n]*(?={letter})", "", fold(text).text))


@settings(deadline=None, max_examples=600)
@given(texts, texts)
@example("\u200b右", "右")
@example("´a", "\u0301a")
def test_what_is_found_is_what_was_quoted(text: str, quote: str) -> None:
    assume("..." not in fold(quote).text)
    assume(not set(fold(quote).text) & set('「」"'))
    places = quotes(text).all(quote)
    assert places == sorted(places)
    last = 0
    for start, end in places:
        assert last <= start < end <= len(text)
        assert bare(quote) in (bare(text[start:end]), undivided(text[start:end]))
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        last = end
    assert (quotes(text).find(quote) in places) == bool(places)


def begins_word(text: str, at: int) -> bool:
    """Whether a quote may begin or end at ``at``: not beside two letters or digits, nor inside
    what is folded together."""
    folded = fold(text)
    if at in (0, len(text)):
        return True
    here = folded.to_folded(at, at)[0]
    before, behind = folded.to_folded(0, at)[1], folded.to_folded(at, len(text))[0]
    around = folded.text[max(0, here - 2) : here + 2]
    return here == before == behind and not re.search("[0-9A-Za-zÀ-ÿ.,\u0300-\u036f\u3099]", around)


@settings(deadline=None, max_examples=600)
@given(texts, st.data())
def test_every_stretch_of_a_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    ends = [at for at in range(len(text) + 1) if begins_word(text, at)]
    assume(len(ends) > 1)
    start, end = sorted(data.draw(st.lists(st.sampled_from(ends), min_size=2, max_size=2)))
    quote = text[start:end]
    assume(fold(quote).text.strip(" \n"))
    place = quotes(text).find(quote, after=start)
    assert place is not None
    assert bare(quote) in (bare(text[slice(*place)]), undivided(text[slice(*place)]))
    first = next(at for at in range(start, end) if bare(text[start : at + 1]))
    assert place[0] <= first


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.sampled_from("右上葉結節腫瘤ＣＴあｶﾞ"), min_size=2, max_size=20),
    st.data(),
    st.sampled_from(["", " ", "\n", "\u3000", "\u200b", " \n "]),
    st.sampled_from(["", " ", "\n", "\u3000", "\u200b"]),
)
def test_noise_on_either_side_does_not_hide_a_planted_quote(
    signs: list[str], data: st.DataObject, left: str, right: str
) -> None:
    cuts = {i for i in range(1, len(signs)) if signs[i] != "ﾞ" and "ＣＴ".find(signs[i]) < 0}
    broken = data.draw(st.sets(st.sampled_from(sorted(cuts)))) if cuts else set()
    added = data.draw(st.sets(st.sampled_from(sorted(cuts)))) if cuts else set()
    planted = "".join(left * (i in broken) + sign for i, sign in enumerate(signs))
    quote = "".join(right * (i in added) + sign for i, sign in enumerate(signs))
    text = f"肝は正常、{planted}、以上"
    assume(signs[0] != "ﾞ")
    assert quotes(text).find(fold(quote).text) == (5, 5 + len(planted))


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("1" * 200_000, "1" * 300),
        ("a" * 200_000, "a" * 300 + "b"),
        ("1.1 " * 50_000, "1.1" + " 1.1" * 90),
        ("1あ" * 100_000, "1あ" * 150 + "1 "),
        ("12あ" * 60_000, "12あ" * 100 + "1"),
        ("㈱" * 100_000, "株"),
        ("あ\u0301" * 100_000, "\u0301" * 5),
        ("あ" + "\u0301" * 100_000, "\u0301"),
        (" \n" * 100_000, "あ い"),
        ("-\n" * 100_000 + "a-\nb" * 1000, "ab" * 100),
        ("結節は" * 60_000, "結節…結節は…は結"),
        ("あ" * 100_000, "「" * 50_000 + "あ" + "」" * 50_000),
        ("①" * 100_000, "1" * 100),
    ],
)
def test_hostile_text_is_searched_in_linear_time(text: str, quote: str) -> None:
    # Quadratic time would be minutes; the time limit of the whole run is the judge.
    here = quotes(text)
    here.find(quote)
    here.all(quote)
    here.in_order([quote] * 3)


def test_every_span_of_the_benchmark_is_found_exactly() -> None:
    composed = list(grounding.reports(500, seed=1))
    assert sum(len(report.planted) for report in composed) == 500
    assert sum(not each.noise for report in composed for each in report.planted) < 200
    for report in composed:
        truth = [(each.start, each.end) for each in report.planted]
        assert grounding.ours(report) == truth
        assert [quotes(report.text).all(each.quote) for each in report.planted] == [
            [place] for place in truth
        ]


def test_nothing_of_the_text_is_shown() -> None:
    assert "結節" not in repr(quotes("結節"))

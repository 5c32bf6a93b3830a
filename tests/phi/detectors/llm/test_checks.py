"""What the checks find wrong with an answer, and that a right one has nothing wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phi_answers import items

from sekisho.documents.document import Document, Span
from sekisho.phi.detectors.llm.checks import Checked, Finding, check
from sekisho.phi.detectors.llm.listing import PhiItem
from sekisho.phi.detectors.rules import RulesDetector

#: Reports with everything that stands in them; no value is the reading of another.
RIGHT = [
    (
        "検査日時：2024年5月17日（金） 9時40分\n氏名：蓼沼早苗（タデヌマ サナエ）72歳女性\n"
        "電話 03-0000-5518\n読影：檜垣",
        [
            ("DATE", "2024年5月17日"),
            ("TIME", "9時40分"),
            ("NAME", "蓼沼早苗"),
            ("NAME", "タデヌマ サナエ"),
            ("AGE", "72歳"),
            ("SEX", "女性"),
            ("PHONE", "03-0000-5518"),
            ("STAFF", "檜垣"),
        ],
    ),
    (
        "〒999-0001 架空県みどり市港3-12-405号室 蓼沼様\n担当：佐藤\nアレルギー：なし\n"
        "生年月日 S27.7.14\n鈴木（ナース）が対応",
        [
            ("ADDRESS", "〒999-0001 架空県みどり市港3-12-405号室"),
            ("NAME", "蓼沼"),
            ("STAFF", "佐藤"),
            ("BIRTHDATE", "S27.7.14"),
            ("STAFF", "鈴木"),
        ],
    ),
    ("径は12 mm、橋本病の既往。胸水なし。", []),
    ("", []),
]
INJECTIONS = [
    json.loads(line)
    for line in Path(__file__)
    .with_name("injections.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


def checked(text: str, *pairs: tuple[str, str], language: str = "ja") -> Checked:
    return check(Document("d", text, language=language), items(*pairs))


def findings(text: str, *pairs: tuple[str, str], language: str = "ja") -> list[tuple[str, str]]:
    found = checked(text, *pairs, language=language).findings
    return [(each.kind, each.surface) for each in found]


@pytest.mark.parametrize(("text", "right"), RIGHT)
def test_a_right_answer_has_no_findings_and_the_highest_score(
    text: str, right: list[tuple[str, str]]
) -> None:
    found = checked(text, *right)
    assert found.findings == ()
    assert found.score == 100


@pytest.mark.parametrize("case", INJECTIONS, ids=lambda case: str(case["id"]))
def test_a_right_answer_has_no_findings_in_any_language(case: dict[str, object]) -> None:
    spans = case["spans"]
    assert isinstance(spans, list)
    right = [(span["category"], span["surface"]) for span in spans]
    assert findings(str(case["text"]), *right, language=str(case["language"])) == []


@pytest.mark.parametrize(
    "lost",
    [
        ("missing", "DATE", "2024年5月17日"),
        ("time", "TIME", "9時40分"),
        ("kana", "NAME", "タデヌマ サナエ"),
        ("missing", "AGE", "72歳"),
        ("missing", "SEX", "女性"),
        ("missing", "PHONE", "03-0000-5518"),
    ],
)
def test_each_thing_that_an_answer_lacks_is_told_by_its_kind(lost: tuple[str, str, str]) -> None:
    kind, category, value = lost
    text, right = RIGHT[0]
    found = checked(text, *(pair for pair in right if pair[1] != value))
    assert found.findings == (Finding(kind, value, category),)
    assert 0 < found.score < 100


@pytest.mark.parametrize(
    "between", [" ", "\u3000", "", "\n", "\r\n", "（金）", "（金） ", "(金)\u3000", "、", "の"]
)
def test_a_time_beside_a_date_is_told_as_such_however_they_are_joined(between: str) -> None:
    text = f"検査日時：2024年5月17日{between}14:30"
    assert findings(text, ("DATE", "2024年5月17日")) == [("time", "14:30")]


def test_a_time_far_from_a_date_is_missing_like_any_other() -> None:
    text = "検査日：2024年5月17日。手術は異常なく経過し、14:30に退室。"
    assert findings(text, ("DATE", "2024年5月17日")) == [("missing", "14:30")]


@pytest.mark.parametrize(
    ("category", "value"),
    [
        ("DATE", "2024年5月17日（金） 9時40分"),
        ("TIME", "2024年5月17日（金） 9時40分"),
        ("NAME", "蓼沼早苗（タデヌマ サナエ）"),
        ("AGE", "72歳女性"),
        ("NAME", "蓼沼早苗（タデヌマ サナエ）72歳"),
    ],
)
def test_two_things_in_one_item_are_mixed(category: str, value: str) -> None:
    text, right = RIGHT[0]
    rest = [pair for pair in right if pair[1] not in value]
    assert findings(text, *rest, (category, value)) == [("mixed", value)]


@pytest.mark.parametrize("value", ["蓼沼、檜垣", "蓼沼/檜垣", "蓼沼，檜垣", "蓼沼早苗\n檜垣波子"])
def test_two_names_in_one_item_are_mixed(value: str) -> None:
    assert findings(f"出席：{value}。", ("STAFF", value)) == [("mixed", value)]


@pytest.mark.parametrize(
    ("text", "value", "language"),
    [
        ("Seen by Jansen, Piet today", "Jansen, Piet", "nl"),
        ("Signed: Moore, J., MD", "Moore, J.", "en"),
        ("氏名：佐藤\n明子。", "佐藤\n明子", "ja"),
        ("氏名：佐藤・明子。", "佐藤・明子", "ja"),
        ("氏名：ﾀﾃﾞﾇﾏ ｻﾅｴ。", "ﾀﾃﾞﾇﾏ ｻﾅｴ", "ja"),
    ],
)
def test_one_name_is_not_mixed_for_its_comma_or_its_line_end(
    text: str, value: str, language: str
) -> None:
    assert findings(text, ("NAME", value), language=language) == []


@pytest.mark.parametrize("space", [" ", "\u3000", "\n"])
@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("佐藤明子", "サトウ アキコ"),
        ("佐藤明子", "ｻﾄｳ ｱｷｺ"),
        ("宮﨑", "ミヤザキ"),
        ("髙橋", "タカハシ"),
    ],
)
def test_the_reading_behind_a_name_is_missed(name: str, reading: str, space: str) -> None:
    assert findings(f"氏名：{name}{space}{reading}", ("NAME", name)) == [("kana", reading)]
    assert findings(f"氏名：{name}{space}{reading}", ("NAME", name), ("NAME", reading)) == []


@pytest.mark.parametrize(
    "reading", ["さとう あきこ", "サトウ・アキコ", "サトウ", "ショートー アキコ"]
)
def test_the_reading_in_brackets_is_missed(reading: str) -> None:
    text = f"担当は佐藤明子（{reading}）です"
    assert findings(text, ("STAFF", "佐藤明子")) == [("kana", reading)]


@pytest.mark.parametrize(
    "behind",
    ["（ナース）", "（リハビリ）", "\nアレルギー：なし", " ワーファリン内服", "\nカルテ番号"],
)
def test_a_word_in_katakana_behind_a_name_is_no_reading(behind: str) -> None:
    assert findings(f"担当：佐藤{behind}", ("STAFF", "佐藤")) == []


def test_a_reading_is_asked_for_people_only() -> None:
    assert findings("施設：緑風園（リョクフウエン）", ("FACILITY", "緑風園")) == []


def test_a_value_that_is_not_in_the_text_is_ungrounded() -> None:
    assert findings("胸水なし。", ("NAME", "蓼沼")) == [("ungrounded", "蓼沼")]


def test_what_is_one_format_as_a_whole_is_not_mixed_for_another_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, inside = Span(0, 10, "ID", score=0.85), Span(2, 10, "BIRTHDATE", score=0.9)
    text = "ST19520714"
    for formats, expected in (([whole, inside], []), ([inside, Span(0, 2, "SEX")], ["mixed"])):
        monkeypatch.setattr(RulesDetector, "detect", lambda *_, formats=formats: formats)
        assert [kind for kind, _ in findings(text, ("ID", text))] == expected


def test_one_value_twice_is_one_finding() -> None:
    assert len(findings("胸水なし。", ("NAME", "蓼沼"), ("NAME", "蓼沼"))) == 1


def test_an_answer_with_more_wrong_than_right_scores_nothing_and_not_less() -> None:
    text = "氏名：佐藤明子"
    assert checked(text, ("NAME", "佐藤明子（サトウ アキコ）")).score == 0
    assert checked("電話 03-0000-5518").score == 0


def test_a_label_that_a_rule_counts_to_a_number_need_not_be_in_the_answer() -> None:
    assert findings("No.1157 の検体", ("ID", "1157")) == []
    assert findings("朝7時10分頃に起床", ("TIME", "7時10分")) == []


def test_a_guess_of_the_rules_is_held_against_nobody() -> None:
    document = Document("d", "R6.11")
    assert RulesDetector().detect(document)
    assert check(document, []).findings == ()


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(RIGHT), st.data())
def test_a_right_item_more_never_adds_a_finding_but_the_reading_beside_it(
    case: tuple[str, list[tuple[str, str]]], data: st.DataObject
) -> None:
    text, right = case
    some = data.draw(st.lists(st.sampled_from(right), unique=True)) if right else []
    before = set(findings(text, *some))
    for pair in right:
        after = set(findings(text, *some, pair))
        assert {kind for kind, _ in after - before} <= {"kana"}
        if "蓼沼早苗" not in pair[1]:
            assert after <= before


@settings(deadline=None, max_examples=200)
@given(
    st.text("蓼沼早苗 (（ァタデ）)2024年5/1日14:30歳男、\n", max_size=30),
    st.lists(
        st.builds(
            PhiItem.model_construct,
            type=st.sampled_from(["NAME", "DATE", "SEX", "ADDRESS"]),
            value=st.text("蓼沼早苗 (（ァタデ）)2024年5/1日14:30歳男、\n", min_size=1, max_size=12),
        ),
        max_size=4,
    ),
    st.sampled_from(["ja", "en", "nl"]),
)
def test_any_answer_is_judged(text: str, answer: list[PhiItem], language: str) -> None:
    found = check(Document("d", text, language=language), answer)
    assert 0 <= found.score <= 100
    assert (found.score == 100) == (found.findings == ())


def test_what_is_found_does_not_show_in_a_repr() -> None:
    found = checked("電話 03-0000-5518", ("NAME", "蓼沼"))
    assert len(found.findings) == 2
    assert "蓼沼" not in repr(found)
    assert "5518" not in repr(found)

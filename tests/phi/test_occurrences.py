from __future__ import annotations

import pytest

from sekisho.phi.morphology import morphemes
from sekisho.phi.occurrences import cuts_a_word, is_whole_name, parts, stands_alone


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("佐藤明子", ["佐藤", "明子"]),
        ("佐藤 明子", ["佐藤", "明子"]),
        ("佐藤\n明子", ["佐藤", "明子"]),
        ("サトウ アキコ", ["サトウ", "アキコ"]),
        ("YAMADA^TARO", ["YAMADA", "TARO"]),
        ("林 健一", ["林", "健一"]),
        ("マリア・ガルシア", ["マリア", "ガルシア"]),
    ],
)
def test_a_full_name_has_two_parts_that_can_stand_for_it(name: str, expected: list[str]) -> None:
    assert parts(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("佐藤", []),
        ("高田", []),
        ("小野寺", []),
        ("セキ ユミコ", ["ユミコ"]),
        ("", []),
        ("サトウ ハナ", ["サトウ"]),
        ("佐藤 蒼", ["佐藤"]),
        ("佐藤 光", ["佐藤"]),
    ],
)
def test_a_part_that_says_something_else_is_left_out(name: str, expected: list[str]) -> None:
    assert parts(name) == expected


@pytest.mark.parametrize(
    "name", ["佐藤明子", "佐藤 明子", "林健一", "YAMADA^TARO", "さとう あきこ"]
)
def test_surname_and_given_name_are_a_whole_name(name: str) -> None:
    assert is_whole_name(name)


@pytest.mark.parametrize("name", ["", "佐藤", "高田", "小野寺", "林", "K", "李 明"])
def test_less_than_that_is_no_whole_name(name: str) -> None:
    assert not is_whole_name(name)


def alone(text: str, part: str) -> bool:
    start = text.index(part)
    starts = {word.start for word in morphemes(text)}
    return stands_alone(text, start, start + len(part), starts)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("佐藤が来た", "佐藤"),
        ("昨日佐藤が来た", "佐藤"),
        ("佐藤、高田", "佐藤"),
        ("サトウは帰宅", "サトウ"),
        ("ゆうこは元気", "ゆうこ"),
        ("Taroは元気", "Taro"),
        ("林、森", "林"),
        ("佐藤退院", "佐藤"),
    ],
)
def test_a_word_of_its_own_stands_alone(text: str, part: str) -> None:
    assert alone(text, part)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("子宮本体", "宮本"),
        ("森林浴", "林"),
        ("林間学校", "林"),
        ("つまり問題ない", "まり"),
        ("あまり食べない", "まり"),
        ("ゆうこうと判断", "ゆうこ"),
        ("マリアージュ", "マリア"),
        ("Tarot", "Taro"),
    ],
)
def test_a_piece_of_another_word_does_not(text: str, part: str) -> None:
    assert not alone(text, part)


def test_a_word_goes_on_in_its_own_script_only() -> None:
    assert cuts_a_word("サトウキビ", 0, 3)
    assert cuts_a_word("アサトウ", 1, 4)
    assert not cuts_a_word("サトウさん", 0, 3)
    assert not cuts_a_word("氏Taro様", 1, 5)

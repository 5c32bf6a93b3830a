"""Lines of keys, against the parsers that know the keys and not the lines."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekisho.extraction.tasks.json_places import json_places
from sekisho.extraction.tasks.places import DEEPEST, KeyPath
from sekisho.extraction.tasks.toml_places import toml_places

thorough = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Every key and every item in ``value``."""
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for key, each in inner:
        yield (*path, key)
        yield from paths(each, (*path, key))


class Writer:
    """Writes TOML in every way that TOML has, each key unlike all others, and one for a line."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._count = 0
        self.lines: list[str] = []

    def pick(self, *ways: Any) -> Any:
        return self._draw(st.sampled_from(ways))

    def key(self) -> str:
        self._count += 1
        name = f"k{self._count}e"
        return self.pick(name, f'"{name}"', f"'{name}'", f'"結節 {name}.]#=\\""', f"'{name} ['")

    def scalar(self) -> str:
        return self.pick(
            *("1", "-0.5e3", "true", "1979-05-27 07:32:00", "07:32:00", "inf", "0xdead_beef"),
            *('""', "''", '"a # [b] = {\\"c\\"}"', "'a\"]'", '"""\n[t]\na = 1\n"""', '"\\\\"'),
            *("'''\nk = 1\n\\'''", '"""x"" """""', "''''quoted'''''", '"""a\\\n   b"""', '"日本"'),
        )

    def value(self, depth: int) -> str:
        way = self.pick("scalar", "scalar", "array", "inline") if depth else "scalar"
        if way == "scalar":
            return self.scalar()
        items = [self.value(depth - 1) for _ in range(self.pick(0, 1, 2, 3))]
        if way == "inline":
            # An inline table stands in one line, so that the values in it may have but one.
            pairs = [f"{self.key()} = {v}" for v in items if "\n" not in v]
            return "{ " + ", ".join(pairs) + " }"
        gap = self.pick(" ", "\n", " # a ] comment\n  ")
        return "[" + gap + f",{gap}".join(items) + (f",{gap}]" if items else "]")

    def pairs(self) -> None:
        for _ in range(self.pick(0, 1, 2)):
            key = self.pick(self.key(), f"{self.key()} . {self.key()}")
            end = self.pick("", "  # x = 1", "\t")
            self.lines.append(f"{self.pick('', '  ')}{key} = {self.value(2)}{end}")

    def document(self) -> str:
        self.pairs()
        headers: list[str] = []
        many: list[str] = []
        for _ in range(self.pick(1, 2, 4)):
            above = self.pick("", *(f"{each}." for each in headers + many))
            again = self.pick("", *many)
            self.lines += self.pick([], [""], ["# [a]"])
            if again:
                self.lines.append(f"[[{again}]]")
            elif self.pick(True, False):
                many.append(above + self.key())
                self.lines.append(f"[[ {many[-1]} ]]")
            else:
                headers.append(above + self.key())
                self.lines.append(f"[{headers[-1]}]  # header")
            self.pairs()
        return self.pick("\n", "\r\n").join(line for line in self.lines) + self.pick("", "\n")


@st.composite
def toml_files(draw: st.DrawFn) -> str:
    return Writer(draw).document()


@settings(thorough, max_examples=200)
@given(toml_files())
def test_every_key_and_item_of_a_toml_file_has_its_place(text: str) -> None:
    data = tomllib.loads(text)
    found = toml_places(text)
    assert set(found.lines) == set(paths(data))
    assert found.twice == []
    assert found.stopped is None


@settings(thorough, max_examples=200)
@given(toml_files())
def test_the_line_of_a_key_is_one_in_which_it_stands(text: str) -> None:
    written = text.split("\n")
    for path, line in toml_places(text).lines.items():
        if isinstance(path[-1], str):
            marks = path[-1].removeprefix("結節 ").split("e")[0] + "e"
            assert marks in written[line - 1]


@settings(thorough, max_examples=200)
@given(st.text(alphabet="ab.=[]{}\"'\n\r ,#\\01-", max_size=60))
def test_no_text_stops_the_search_for_places(text: str) -> None:
    found = toml_places(text)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(found.lines) == set(paths(data))


def test_a_table_is_where_its_header_stands() -> None:
    text = "\n".join(
        [
            "name = 1",
            "[fields.size]",
            "unit = 'mm'",
            "[fields]",
            "other = { type = 'x', deep.er = 2 }",
            "[[rules]]",
            "holds = 'a'",
            "[[rules]]",
            "[rules.more]",
            "values = [",
            "  1,",
            "  [2,",
            "   3]]",
        ]
    )
    lines = toml_places(text).lines
    assert lines[("fields", "size")] == 2
    assert lines[("fields", "size", "unit")] == 3
    assert lines[("fields",)] == 4
    assert lines[("fields", "other", "deep", "er")] == 5
    assert (lines[("rules",)], lines[("rules", 0)], lines[("rules", 1)]) == (6, 6, 8)
    assert lines[("rules", 0, "holds")] == 7
    assert lines[("rules", 1, "more")] == 9
    assert lines[("rules", 1, "more", "values", 0)] == 11
    assert lines[("rules", 1, "more", "values", 1, 1)] == 13


def test_a_place_that_is_not_there_is_that_of_what_is_around_it() -> None:
    found = toml_places("\n[a]\nb = 1")
    assert found.line(("a", "c", "d")) == 2
    assert found.line(("x",)) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\n[b]\nc = 2\nc = 3", 4),
        ("a = { b = 1,\n b = 2 }", 2),
        ("[a]\nb = 1\n\n[a]\n", 4),
        ("a.b = 1\na.b = 2", 2),
    ],
)
def test_a_key_that_stands_twice_is_found(text: str, line: int) -> None:
    assert [at for _, at in toml_places(text).twice] == [line]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a = 1\nb = "x', 2),
        ('a = """\nx\ny', 1),
        ("a = 1\nb = [1,\n 2,\n", 2),
        ("a = 1\nb = {c = 1", 2),
        ("a = 1\n\n[b", 3),
    ],
)
def test_what_has_no_end_is_told_where_it_began(text: str, line: int) -> None:
    assert toml_places(text).stopped == line


@pytest.mark.parametrize("depth", [DEEPEST - 2, DEEPEST, DEEPEST + 20, 20_000])
def test_depth_does_not_stop_what_comes_behind_it(depth: int) -> None:
    text = f"a = {'[' * depth}\n'[' # ]\n{']' * depth}\nb = 2"
    assert toml_places(text).lines[("b",)] == 4
    text = "{" + f'"a": {"[" * depth}\n"["\n{"]" * depth},\n"b": 2' + "}"
    assert json_places(text).lines[("b",)] == 4


def test_a_long_file_takes_time_in_proportion() -> None:
    text = "a = '''" + "x" * 3_000_000 + "'''\nb = [" + "1, " * 100_000 + "]\n" + "#" * 1_000_000
    assert toml_places(text).lines[("b", 99_999)] == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(thorough, max_examples=200)
@given(json_values, st.sampled_from([None, 0, 1, "\t"]), st.booleans())
def test_every_key_and_item_of_a_json_file_has_its_place(
    data: Any, indent: int | str | None, ascii_only: bool
) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    found = json_places(text)
    assert set(found.lines) == set(paths(json.loads(text)))
    assert found.twice == []
    assert found.stopped is None
    written = text.split("\n")
    for path, line in found.lines.items():
        if isinstance(path[-1], str):
            assert json.dumps(path[-1], ensure_ascii=ascii_only) in written[line - 1]


@settings(thorough, max_examples=200)
@given(st.text(alphabet='a1{}[]",:\\ \n', max_size=40))
def test_no_text_stops_the_search_in_json(text: str) -> None:
    found = json_places(text)
    try:
        data = json.loads(text)
    except json.JSONDecodeError:
        return
    assert set(found.lines) == set(paths(data))


def test_a_json_key_that_stands_twice_is_found() -> None:
    found = json_places('{"a": {"b": 1,\n "c": 2,\n "b": 3},\n "\\u0061": 1}')
    assert found.twice == [(("a", "b"), 3), (("a",), 4)]

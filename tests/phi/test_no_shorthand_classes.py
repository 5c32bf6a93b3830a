"""No pattern for Japanese text may lean on the shorthand classes of ``re``.

To them kanji and kana are word characters and full-width digits are digits, so that an identifier
glued to Japanese text has no border. Every class is written out instead.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

SHORTHAND = re.compile(r"(?<!\\)(?:\\\\)*\\[bBwWdDsS]")
PACKAGE = Path(str(files("sekisho.phi")))
SOURCES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def literals(source: str) -> Iterator[str]:
    """All string constants of a module, those inside f-strings too, but no docstring."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield node.value


@pytest.mark.parametrize("source", SOURCES)
def test_no_string_of_the_package_holds_a_shorthand_class(source: str) -> None:
    text = PACKAGE.joinpath(source).read_text(encoding="utf-8")
    assert [literal for literal in literals(text) if SHORTHAND.search(literal)] == []


def test_the_whole_package_is_scanned() -> None:
    assert {"stack.py", "detectors/known.py", "detectors/names/bare.py"} <= set(SOURCES)


@pytest.mark.parametrize(
    "source",
    ['x = r"\\b[0-9]"', 'x = "\\\\d"', 'x = rf"{y}\\s"', 'x = r"[\\w]{1,3}"', 'f(r"a\\Sb")'],
)
def test_a_shorthand_class_would_be_seen(source: str) -> None:
    assert any(SHORTHAND.search(literal) for literal in literals(source))


@pytest.mark.parametrize("source", [r'x = "\b"', r'x = r"\\d"', r'x = r"\-\."', '"""\\\\d"""'])
def test_what_is_none_is_not_taken_for_one(source: str) -> None:
    assert not any(SHORTHAND.search(literal) for literal in literals(source))

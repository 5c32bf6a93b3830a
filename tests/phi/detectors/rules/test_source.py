"""No pattern of the package may use the classes that fail beside Japanese text."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from importlib.resources import files
from typing import Any

import pytest

PACKAGE_NAME = "sekisho.phi.detectors.rules"
PACKAGE = files(PACKAGE_NAME)
FORBIDDEN = re.compile(r"\\[bBwWdDsS]")


def pattern_sources(source: str) -> list[str]:
    """The values of all string literals (parts of f-strings included) but the docstrings."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    ]


def modules() -> list[str]:
    return sorted(entry.name for entry in PACKAGE.iterdir() if entry.name.endswith(".py"))


@pytest.mark.parametrize("module", modules())
def test_no_pattern_uses_a_class_that_fails_beside_japanese(module: str) -> None:
    source = PACKAGE.joinpath(module).read_text(encoding="utf-8")
    assert [part for part in pattern_sources(source) if FORBIDDEN.search(part)] == []


def patterns(module: str) -> list[str]:
    """The constants of a module and what it hands to ``compiled`` on the spot."""
    name = module.removesuffix(".py")
    loaded = import_module(f"{PACKAGE_NAME}.{name}" if name != "__init__" else PACKAGE_NAME)
    constants = [
        value
        for name, value in vars(loaded).items()
        if isinstance(value, str) and name.strip("_").isupper()
    ]
    tree = ast.parse(PACKAGE.joinpath(module).read_text(encoding="utf-8"))
    direct = [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "compiled"
        and isinstance(node.args[0], ast.Constant)
    ]
    return constants + direct


def unbounded(parsed: Any) -> bool:
    """Whether a parsed pattern holds a repeat without an upper bound."""
    if isinstance(parsed, re._parser.SubPattern | list | tuple):  # type: ignore[attr-defined]
        return any(unbounded(part) for part in parsed)
    return parsed is re._constants.MAXREPEAT  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", modules())
def test_no_pattern_is_unbounded(module: str) -> None:
    sources = [source for source in patterns(module) if not source.startswith("\\-")]
    assert [s for s in sources if unbounded(re._parser.parse(s))] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("source", ["a*", "(?:[0-9]+-)", "(?P<n>x{2,})", "(?=a+)"])
def test_the_scan_sees_an_unbounded_repeat(source: str) -> None:
    assert unbounded(re._parser.parse(source))  # type: ignore[attr-defined]


@pytest.mark.parametrize("literal", [r'r"\b[0-9]"', r'"\\d"', r'f"{x}\\s"', r'r"\w{1,3}"'])
def test_the_scan_sees_a_forbidden_class(literal: str) -> None:
    assert any(FORBIDDEN.search(part) for part in pattern_sources(f"x = 1\ny = {literal}\n"))


def test_every_data_file_states_its_source_and_licence() -> None:
    for entry in PACKAGE.joinpath("data").iterdir():
        head = entry.read_text(encoding="utf-8").splitlines()[:8]
        assert any(line.startswith("# source:") for line in head), entry.name
        assert any(line.startswith("# licence:") for line in head), entry.name

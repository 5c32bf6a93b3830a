"""A Python file as a syntax tree. Nothing of it is ever run."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from pathlib import Path

from sekisho.errors import UsageError
from sekisho.extraction.importers.files import content
from sekisho.extraction.importers.python_scope import Scope

__all__ = ["fault", "parse", "tree"]

#: Bytes of a file; a parser has a few thousand.
LARGEST = 256 * 1024

_ENCODINGS = {
    "utf-8", "utf-8-sig", "ascii", "us-ascii", "iso-8859-1", "iso8859-1", "latin-1", "cp1252",
    "windows-1252", "cp932", "shift_jis", "shift-jis", "sjis", "euc_jp", "euc-jp", "iso2022_jp",
}  # fmt: skip


def parse(path: Path) -> Scope:
    """The names of the file at ``path``, which is neither run nor imported.

    Raises ``UsageError`` when it cannot be read, is too large, or is no Python.
    """
    found = content(path, LARGEST)
    try:
        named, _ = tokenize.detect_encoding(io.BytesIO(found).readline)
        if named not in _ENCODINGS:
            raise UsageError("its encoding is not known", where=str(path), remedy="use UTF-8")
        written = found.decode(named)
    except (SyntaxError, UnicodeError, LookupError):
        raise UsageError(
            "is not in the encoding of Python files", where=str(path), remedy="save it as UTF-8"
        ) from None
    return Scope(path, None, tree(written, path).body)


def tree(written: str, path: Path) -> ast.Module:
    """The syntax tree of ``written``. Raises ``UsageError`` with the line."""
    try:
        with warnings.catch_warnings():
            # Of an escape that means nothing, in somebody else's file.
            warnings.simplefilter("ignore")
            return ast.parse(written)
    except SyntaxError as error:
        where = f"{path}, line {error.lineno or 1}"
        raise UsageError("is no valid Python", where=where, remedy="correct it") from None
    except (RecursionError, MemoryError, ValueError) as error:
        kind = type(error).__name__
        raise UsageError(f"is no Python that can be read ({kind})", where=str(path)) from None


def fault(path: Path, node: ast.AST, message: str, remedy: str | None = None) -> UsageError:
    """The error for ``node`` of the file at ``path``."""
    line = getattr(node, "lineno", 1)
    return UsageError(message, where=f"{path}, line {line}", remedy=remedy)

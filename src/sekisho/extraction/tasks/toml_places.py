"""Where each key of a TOML file stands, for files that ``tomllib`` reads.

The whole of TOML 1.0 is followed (https://toml.io/en/v1.0.0): tables, arrays of tables, dotted and
quoted keys, inline tables and arrays, strings of all four kinds. Nothing is checked, which is the
business of ``tomllib``; on a file that it would refuse, the places end where the sense ends.
"""

from __future__ import annotations

import re
import tomllib

from sekisho.extraction.tasks.places import DEEPEST, KeyPath, Lines, Places

__all__ = ["toml_places"]

_BLANK = re.compile(r"[ \t]*+")
_GAP = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_BARE = re.compile(r"[A-Za-z0-9_-]++")
_STRING = re.compile(
    r'"""(?:[^"\\]++|\\.|"{1,2}(?!"))*+"{3,5}'
    r"|'''(?:[^']++|'{1,2}(?!'))*+'{3,5}"
    r'|"(?!"")(?:[^"\\\n]++|\\.)*+"'
    r"|'(?!'')[^'\n]*+'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^ \t,\]}#\r\n][^,\]}#\n]*+")
_INSIDE = re.compile(r"[^][{}\"'#]++|#[^\n]*+")


def toml_places(text: str) -> Places:
    """The places of all keys and items of ``text``; never raises.

    A table has the line of its header, where it has one, else that of the first key in it.
    """
    scan = _Scan(text)
    try:
        scan.document()
    except _LostError as lost:
        scan.found.stopped = scan.lines.at(lost.offset)
    return scan.found


class _LostError(Exception):
    """Here is something that is no TOML; never leaves this module."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lengths: dict[KeyPath, int] = {}
        self._headed: set[KeyPath] = set()
        self.lines = Lines(text)
        self.found = Places()

    def document(self) -> None:
        table: KeyPath = ()
        while self._begins():
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)

    def _begins(self) -> bool:
        self._skip(_GAP)
        return self._at < len(self._text)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        matched = pattern.match(self._text, self._at)
        self._at = matched.end() if matched else self._at

    def _take(self, pattern: re.Pattern[str], begun: int | None = None) -> str:
        matched = pattern.match(self._text, self._at)
        if matched is None:
            raise _LostError(self._at if begun is None else begun)
        self._at = matched.end()
        return matched[0]

    def _accept(self, sign: str) -> bool:
        if self._text.startswith(sign, self._at):
            self._at += len(sign)
            return True
        return False

    def _expect(self, sign: str, begun: int) -> None:
        if not self._accept(sign):
            raise _LostError(begun)

    def _key(self) -> list[str]:
        """The parts of a dotted key."""
        parts: list[str] = []
        while True:
            self._skip(_BLANK)
            begun = self._at
            if self._text.startswith(('"', "'"), begun):
                written = self._take(_STRING)
                try:
                    parts.append(tomllib.loads(f"key = {written}")["key"])
                except tomllib.TOMLDecodeError:
                    raise _LostError(begun) from None
            else:
                parts.append(self._take(_BARE))
            self._skip(_BLANK)
            if not self._accept("."):
                return parts

    def _note(self, path: KeyPath, line: int) -> None:
        """Notes ``path`` and all around it, unless they have a place."""
        for length in range(min(len(path), DEEPEST), 0, -1):
            if path[:length] in self.found.lines:
                return
            self.found.lines[path[:length]] = line

    def _header(self) -> KeyPath:
        begun, line = self._at, self.lines.at(self._at)
        many = self._accept("[[")
        if not many:
            self._expect("[", begun)
        *around, last = self._key()
        self._expect("]]" if many else "]", begun)
        path: KeyPath = ()
        for part in around:
            path = self._last((*path, part))
        path = (*path, last)
        if many:
            number = self._lengths.get(path, 0)
            self._lengths[path] = number + 1
            self._note(path, line)
            path = (*path, number)
        else:
            path = self._last(path)
        self._note(path[:-1], line)
        if path in self._headed:
            self.found.twice.append((path, line))
        elif len(path) <= DEEPEST:
            self._headed.add(path)
            self.found.lines[path] = line
        return path

    def _last(self, path: KeyPath) -> KeyPath:
        """``path``, or its last item where it is an array of tables."""
        return (*path, self._lengths[path] - 1) if path in self._lengths else path

    def _pair(self, table: KeyPath) -> None:
        begun, line = self._at, self.lines.at(self._at)
        path = (*table, *self._key())
        self._expect("=", begun)
        if path in self.found.lines:
            self.found.twice.append((path, line))
        self._note(path, line)
        self._skip(_BLANK)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        begun = self._at
        if len(path) > DEEPEST and self._text.startswith(("[", "{"), begun):
            self._leap()
        elif self._accept("["):
            self._items(path, begun)
        elif self._accept("{"):
            self._inline(path, begun)
        elif self._text.startswith(('"', "'"), begun):
            self._take(_STRING)
        else:
            self._take(_SCALAR)

    def _items(self, path: KeyPath, begun: int) -> None:
        number = 0
        self._skip(_GAP)
        while not self._accept("]"):
            if self._at == len(self._text):
                raise _LostError(begun)
            item = (*path, number)
            self._note(item, self.lines.at(self._at))
            self._value(item)
            number += 1
            self._skip(_GAP)
            if not self._accept(","):
                self._expect("]", begun)
                return
            self._skip(_GAP)

    def _inline(self, path: KeyPath, begun: int) -> None:
        self._skip(_GAP)
        while not self._accept("}"):
            if self._at == len(self._text):
                raise _LostError(begun)
            self._pair(path)
            self._skip(_GAP)
            if not self._accept(","):
                self._expect("}", begun)
                return
            self._skip(_GAP)

    def _leap(self) -> None:
        """To the end of the array or inline table that begins here, however deep it is."""
        begun, depth = self._at, 0
        while True:
            if self._text.startswith(("[", "{"), self._at):
                depth += 1
                self._at += 1
            elif self._text.startswith(("]", "}"), self._at):
                depth -= 1
                self._at += 1
                if not depth:
                    return
            elif self._text.startswith(('"', "'"), self._at):
                self._take(_STRING)
            else:
                self._take(_INSIDE, begun)

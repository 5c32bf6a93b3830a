"""Where each key of a JSON file stands, and which stand twice; for files that ``json`` reads."""

from __future__ import annotations

import json
import re

from sekisho.extraction.tasks.places import DEEPEST, KeyPath, Lines, Places

__all__ = ["json_places"]

_GAP = re.compile("[ \t\r\n]*+")
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR = re.compile('[^][{}", \t\r\n:]++')
_INSIDE = re.compile(r'[^][{}"]++')


def json_places(text: str) -> Places:
    """The places of all keys and items of ``text``; never raises.

    On a text that is no JSON, the places end where the sense ends.
    """
    scan = _Scan(text)
    try:
        scan.value(())
    except _LostError as lost:
        scan.found.stopped = scan.lines.at(lost.offset)
    return scan.found


class _LostError(Exception):
    """Here is something that is no JSON; never leaves this module."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.lines = Lines(text)
        self.found = Places()

    def value(self, path: KeyPath) -> None:
        """Goes over the value of ``path``."""
        self._gap()
        if path and len(path) <= DEEPEST:
            self.found.lines.setdefault(path, self.lines.at(self._at))
        begun = self._at
        if self._text.startswith(("{", "["), begun):
            if len(path) > DEEPEST:
                self._leap()
            elif self._accept("{"):
                self._object(path, begun)
            elif self._accept("["):
                self._array(path, begun)
        else:
            self._take(_STRING if self._text.startswith('"', begun) else _SCALAR)

    def _gap(self) -> None:
        matched = _GAP.match(self._text, self._at)
        self._at = matched.end() if matched else self._at

    def _take(self, pattern: re.Pattern[str]) -> str:
        matched = pattern.match(self._text, self._at)
        if matched is None:
            raise _LostError(self._at)
        self._at = matched.end()
        return matched[0]

    def _accept(self, sign: str) -> bool:
        self._gap()
        if self._text.startswith(sign, self._at):
            self._at += 1
            return True
        return False

    def _expect(self, sign: str, begun: int) -> None:
        if not self._accept(sign):
            raise _LostError(begun)

    def _object(self, path: KeyPath, begun: int) -> None:
        seen: set[str] = set()
        while not self._accept("}"):
            line = self.lines.at(self._at)
            key = self._key()
            own = (*path, key)
            if key in seen:
                self.found.twice.append((own, line))
            seen.add(key)
            self.found.lines.setdefault(own, line)
            self._expect(":", begun)
            self.value(own)
            if not self._accept(","):
                self._expect("}", begun)
                return

    def _key(self) -> str:
        begun = self._at
        try:
            return str(json.loads(self._take(_STRING), strict=False))
        except ValueError:
            raise _LostError(begun) from None

    def _array(self, path: KeyPath, begun: int) -> None:
        number = 0
        while not self._accept("]"):
            self.value((*path, number))
            number += 1
            if not self._accept(","):
                self._expect("]", begun)
                return

    def _leap(self) -> None:
        """To the end of the array or object that begins here, however deep it is."""
        depth = 0
        while True:
            if self._text.startswith(("[", "{"), self._at):
                depth += 1
                self._at += 1
            elif self._text.startswith(("]", "}"), self._at):
                depth -= 1
                self._at += 1
                if not depth:
                    return
            else:
                self._take(_STRING if self._text.startswith('"', self._at) else _INSIDE)

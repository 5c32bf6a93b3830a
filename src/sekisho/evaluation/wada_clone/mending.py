"""Values written as JSON or as Python writes them, also with what cells do to them.

``json.loads`` and ``ast.literal_eval`` take one of the two each; both give up at a full-width
quote or a line end within a string, and the latter loses a key that stands twice. Here both forms
are read by one grammar, and nothing is executed or guessed: what is not a value to its last
character is an error.

Read as what they stand for: quotes of every width (``“ ” ＂ ‘ ’ ＇``), full-width brackets, colons
and commas, commas before a closing bracket, line ends within strings, the names of nothing
(``null``, ``None``, ``nan``), several values one after the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["LONGEST", "Pairs", "Read", "is_structure", "parse"]

#: Characters of one cell; a report has some thousand.
LONGEST = 200_000
_DEEPEST = 20

_OPENING = {"{": "}", "[": "]", "(": ")", "｛": "｝", "［": "］", "（": "）"}
_COMMAS = ",，、"
_COLONS = ":："
_QUOTES = {
    '"': '"',
    "'": "'",
    "＂": "＂",
    "＇": "＇",
    "“": "”“",
    "”": "”“",
    "„": "”“",
    "‘": "’‘",
    "’": "’‘",
}
_SINGLE = "'＇‘’"
_BLANKS = re.compile("[ \t\r\n\u00a0\u3000\ufeff]*")
_WORD = re.compile("[A-Za-z0-9.+-]+")
_NOTHING = frozenset({"null", "None", "nan", "NaN", "NaT", "NULL"})
_TRUTH = {"true": True, "True": True, "false": False, "False": False}
_INTEGER = re.compile("-?[0-9]{1,30}")
_DECIMAL = re.compile(r"-?[0-9]{1,30}\.[0-9]{1,30}")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CODED = {
    "x": re.compile("[0-9A-Fa-f]{2}"),
    "u": re.compile("[0-9A-Fa-f]{4}"),
    "U": re.compile("00(?:0[0-9A-Fa-f]|10)[0-9A-Fa-f]{4}"),
}
_PLAIN = re.compile("[^\\\\\"'＂＇“”„‘’]+")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


@dataclass(frozen=True, slots=True)
class Pairs:
    """An object: its keys and values in order; a key that stands twice is there twice."""

    items: tuple[tuple[str, object], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Read:
    """A value of strings, numbers, None, lists and ``Pairs``; ``python``: it is written so."""

    value: object = field(repr=False)
    python: bool


def is_structure(text: str) -> bool:
    """Whether ``text`` begins as an object or a list does."""
    return _BLANKS.sub("", text, count=1)[:1] in {*"{[(｛［"}


def parse(text: str) -> Read:
    """The value that ``text`` writes; a list where there are several.

    Raises ``ValueError``, which quotes nothing, for anything else.
    """
    if len(text) > LONGEST:
        raise ValueError("too long")
    parser = _Parser(text)
    found = [parser.value(0)]
    while not parser.done():
        if parser.take(_COMMAS + ";") and parser.done():
            break
        found.append(parser.value(0))
    return Read(found[0] if len(found) == 1 else found, parser.python)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self.python = False

    def done(self) -> bool:
        """Whether only blanks are left."""
        self._skip()
        return self._at >= len(self._text)

    def take(self, signs: str) -> str:
        """The next sign when it is one of ``signs``, which is then behind us; else nothing."""
        self._skip()
        sign = self._text[self._at : self._at + 1]
        if sign and sign in signs:
            self._at += 1
            return sign
        return ""

    def value(self, depth: int) -> object:
        if depth > _DEEPEST:
            raise ValueError("nested too deep")
        self._skip()
        sign = self._text[self._at : self._at + 1]
        if sign in _QUOTES:
            return self._string()
        if sign in _OPENING:
            self._at += 1
            close = {_OPENING[sign], _OPENING[_narrow(sign)], _wide(_OPENING[sign])}
            if _narrow(sign) == "{":
                return self._object(close, depth)
            self.python |= _narrow(sign) == "("
            return self._list(close, depth)
        return self._word()

    def _object(self, close: set[str], depth: int) -> Pairs:
        items: list[tuple[str, object]] = []
        while not self.take("".join(close)):
            if items and not self.take(_COMMAS):
                raise ValueError("a comma is missing")
            if items and self.take("".join(close)):
                break
            key = self.value(depth + 1)
            if not isinstance(key, str) or not self.take(_COLONS):
                raise ValueError("not a key with a value")
            items.append((key, self.value(depth + 1)))
        return Pairs(tuple(items))

    def _list(self, close: set[str], depth: int) -> list[object]:
        items: list[object] = []
        while not self.take("".join(close)):
            if items and not self.take(_COMMAS):
                raise ValueError("a comma is missing")
            if items and self.take("".join(close)):
                break
            items.append(self.value(depth + 1))
        return items

    def _string(self) -> str:
        opened = self._text[self._at]
        closing = _QUOTES[opened]
        self.python |= opened in _SINGLE
        self._at += 1
        pieces: list[str] = []
        while self._at < len(self._text):
            run = _PLAIN.match(self._text, self._at)
            if run:
                pieces.append(run[0])
                self._at = run.end()
                continue
            sign = self._text[self._at]
            self._at += 1
            if sign in closing:
                return _PAIR.sub(_joined, "".join(pieces))
            pieces.append(self._escaped() if sign == "\\" else sign)
        raise ValueError("a string has no end")

    def _escaped(self) -> str:
        sign = self._text[self._at : self._at + 1]
        self._at += 1
        if sign in _CODED:
            code = _CODED[sign].match(self._text, self._at)
            if code is None:
                raise ValueError("not an escape")
            self._at = code.end()
            return chr(int(code[0], 16))
        if sign in _ESCAPES:
            return _ESCAPES[sign]
        if sign and sign in "\\/\"'＂＇“”‘’":
            return sign
        # Python leaves a backslash that escapes nothing where it is.
        return "\\" + sign

    def _word(self) -> object:
        match = _WORD.match(self._text, self._at)
        if match is None:
            raise ValueError("not a value")
        self._at = match.end()
        word = match[0]
        if word in _NOTHING:
            self.python |= word == "None"
            return None
        if word in _TRUTH:
            return _TRUTH[word]
        if _INTEGER.fullmatch(word):
            return int(word)
        if _DECIMAL.fullmatch(word):
            return float(word)
        raise ValueError("not a value")

    def _skip(self) -> None:
        blanks = _BLANKS.match(self._text, self._at)
        assert blanks is not None
        self._at = blanks.end()


def _narrow(sign: str) -> str:
    return chr(ord(sign) - 0xFEE0) if ord(sign) > 0xFF00 else sign


def _wide(sign: str) -> str:
    return chr(ord(_narrow(sign)) + 0xFEE0)


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")

"""Writing habits: what keyboards, printers, faxes and scanners do to a text, labels kept.

Each habit takes the pieces of a document and gives pieces; a labelled piece stays one piece, so its
span follows whatever happens to its characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from training.corpus.writer import Piece, Writer

__all__ = ["written"]

_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_WIDE_DIGITS = {code: code + 0xFEE0 for code in (*range(0x30, 0x3A),)}
_NARROW_PUNCTUATION = str.maketrans("：（）／，．　", ":()/,. ")
_KANJI_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")
_COMMAS = str.maketrans("、。", "，．")

#: What an OCR reads instead.
_SLIPS = {
    "0": "O", "1": "l", "O": "0", "l": "1", "I": "1", "5": "S", "8": "B", "工": "エ", "ロ": "口",
    "口": "ロ", "カ": "力", "力": "カ", "二": "ニ", "ニ": "二", "ハ": "八", "一": "ー", "ー": "一",
    "夕": "タ", "タ": "夕", "間": "問", "末": "未", "未": "末", "己": "已", "日": "曰", "石": "右",
    "右": "石", "太": "大", "木": "本", "。": ".", "、": ",", "・": ".", "：": ":", "ッ": "ツ",
    "ョ": "ヨ", "ュ": "ユ", "っ": "つ", "千": "干", "干": "千", "ト": "卜", "ば": "ぱ", "パ": "バ",
}  # fmt: skip


def _half_kana() -> dict[int, str]:
    table = {}
    for code in range(0xFF61, 0xFFA0):
        table[ord(unicodedata.normalize("NFKC", chr(code)))] = chr(code)
    for kana in "ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポヴ":
        base, mark = unicodedata.normalize("NFD", kana)
        table[ord(kana)] = table[ord(base)] + ("ﾞ" if mark == "\u3099" else "ﾟ")
    return table


_HALF_KANA = _half_kana()


def written(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    """``pieces`` as this writer's machine leaves them."""
    for habit, share in _HABITS:
        if writer.chance(share):
            pieces = habit(writer, pieces)
    return pieces


def _mapped(pieces: list[Piece], change: Callable[[str], str]) -> list[Piece]:
    return [Piece(change(text), label) for text, label in pieces]


def _wide_digits(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    table = _WIDE if writer.chance(0.5) else _WIDE_DIGITS
    return _mapped(pieces, lambda text: text.translate(table))


def _mixed_widths(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    return [
        Piece(text.translate(_WIDE_DIGITS) if writer.chance(0.4) else text, label)
        for text, label in pieces
    ]


def _narrow(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    return _mapped(pieces, lambda text: text.translate(_NARROW_PUNCTUATION))


def _half_width(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    share = writer.rng.choice((0.3, 1.0))
    return [
        Piece(text.translate(_HALF_KANA) if writer.chance(share) else text, label)
        for text, label in pieces
    ]


def _kanji_numerals(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    """Digits of labelled numbers one by one in kanji, as vertical letters have them."""
    return [
        Piece(text.translate(_KANJI_DIGITS), label)
        if label in ("DATE", "BIRTHDATE", "PHONE", "ADDRESS", "AGE", "ID") and writer.chance(0.6)
        else Piece(text, label)
        for text, label in pieces
    ]


def _scanned(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    """A scan read by OCR: some characters are taken for others, blanks come and go."""
    rate = writer.rng.choice((0.03, 0.08, 0.15))

    def read(text: str) -> str:
        result = []
        for sign in text:
            if sign in _SLIPS and writer.chance(rate):
                sign = _SLIPS[sign]
            if sign in "　 " and writer.chance(rate):
                continue
            result.append(sign)
            if sign != "\n" and writer.chance(rate / 25):
                result.append(" ")
        return "".join(result)

    return [Piece(_unspaced(read(text)) if label else read(text), label) for text, label in pieces]


def _unspaced(text: str) -> str:
    # A span neither begins nor ends with a blank.
    return text.strip(" ") or text


def _wrapped(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    """Lines broken at a fixed width, in the middle of names too."""
    width = writer.rng.randrange(18, 60)
    indent = writer.rng.choice(("", "", "", " ", "　", "  "))
    column = 0
    result = []
    for text, label in pieces:
        signs = []
        for sign in text:
            if sign == "\n":
                column = 0
            elif column >= width:
                signs.append("\n" + indent)
                column = len(indent)
            signs.append(sign)
            column += sign != "\n"
        broken = "".join(signs)
        if label and broken.startswith("\n"):
            head = "\n" + indent
            result.append(Piece(head))
            broken = broken[len(head) :]
        result.append(Piece(broken, label))
    return result


def _run_on(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    """No line breaks: dictation, or an export that flattened them."""
    filler = writer.rng.choice((" ", "　", "", "", "/"))
    return [
        Piece(text.replace("\n", filler if label is None else " "), label) for text, label in pieces
    ]


def _without_stops(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    filler = writer.rng.choice(("", " ", "　", "\n"))
    return [
        Piece(text.replace("。", filler) if label is None else text, label)
        for text, label in pieces
    ]


def _western_stops(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    return _mapped(pieces, lambda text: text.translate(_COMMAS))


def _cut(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    """A copied part: from anywhere to anywhere, between pieces."""
    if len(pieces) < 8:
        return pieces
    start = writer.rng.randrange(len(pieces) // 2)
    return pieces[start : start + writer.rng.randrange(4, len(pieces))]


def _joined(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    """Blanks and tabs between fields dropped, so that identifiers touch what stands beside them."""
    return [
        Piece(text.replace("　", "").replace("\t", "") if label is None else text, label)
        for text, label in pieces
    ]


def _tabbed(writer: Writer, pieces: list[Piece]) -> list[Piece]:
    return [
        Piece(text.replace("　", "\t") if label is None else text, label) for text, label in pieces
    ]


#: Habit and the share of writers who have it, in the order in which they work.
_HABITS: tuple[tuple[Callable[[Writer, list[Piece]], list[Piece]], float], ...] = (
    (_cut, 0.10),
    (_run_on, 0.07),
    (_without_stops, 0.06),
    (_western_stops, 0.06),
    (_joined, 0.06),
    (_tabbed, 0.05),
    (_kanji_numerals, 0.03),
    (_narrow, 0.15),
    (_wrapped, 0.10),
    (_scanned, 0.06),
    (_wide_digits, 0.10),
    (_mixed_widths, 0.06),
    (_half_width, 0.06),
)

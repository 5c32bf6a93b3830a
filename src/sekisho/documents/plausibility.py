"""How much bytes look like text in one encoding: the scores by which encodings are told apart.

A score is the mean weight of the characters that are not ASCII. Kana and full-width punctuation
speak most for Japanese, then the 2,965 common kanji (JIS X 0208 level 1); rare kanji, private-use
and control characters and undecodable bytes speak against it. Half-width kana speak a little for
CP932, since EUC-JP misread as CP932 gives long runs of them. In Latin-1 an accented letter is
believed beside a plain one.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable

__all__ = ["MARK", "foreign", "vote", "wide"]

#: The error handler of codecs that decodes what cannot be decoded to a lone surrogate, which no
#: valid text holds. (``surrogateescape`` cannot do so for UTF-16 and for bytes below 80.)
MARK = "sekisho-marked"

_PLAUSIBLE = 0.3
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_JAPANESE = re.compile("[\u3001-\u30fc\u4e00-\u9fff\uff01-\uff9f]")
_VOICED = re.compile("[ｳｶ-ﾄﾊ-ﾎ]ﾞ|[ﾊ-ﾎ]ﾟ")
_KANA_RUN = re.compile("[\uff61-\uff9f]{3,}")
_LONE_KANA = re.compile("(?<=[A-Za-z])[\uff61-\uff9f](?=[A-Za-z])")
_LONE_KANJI = re.compile("(?<=[a-z])[\u4e00-\u9fff](?![^\0-\x7f])")
_ACCENTED = re.compile("(?<=[A-Za-z])[À-ÖØ-öø-ÿ]|[À-ÖØ-öø-ÿ](?=[A-Za-z])")
_HIGH_RUN = re.compile("[\x80-\uffff]{3,}")
_CONTROL = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_TEXT = re.compile(
    "[\t\n\r\x20-\x7e\u00a0-\u00ff\u2010-\u203b\u2100-\u25ff\u3000-\u33ff\u4e00-\u9fff\uff01-\uff9f]"
)
_CANDIDATES = ("utf-8", "cp932", "euc_jis_2004", "cp1252")
_SYMBOLS = "°±²³µ·¼½¾«»§®©¿¡ºª×÷"
_QUOTES = "€–—‘’‚“”„…™"


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end


codecs.register_error(MARK, _mark)


def vote(sample: bytes) -> str | None:
    """The encoding that most of the lines of ``sample`` read best in, None when most in none.

    The answer is ``utf-8``, ``cp932``, ``euc_jp``, ``euc_jis_2004`` or ``latin-1``. A line's vote
    weighs as much as it has bytes that are not ASCII.
    """
    votes: Counter[str] = Counter()
    for line in sample.split(b"\n"):
        weight = sum(byte > 0x7F for byte in line)
        if weight:
            score, codec = max((_score(line, codec), codec) for codec in _CANDIDATES)
            votes[codec if score >= _PLAUSIBLE else ""] += weight
    winner = max(votes, key=lambda codec: votes[codec], default="")
    if winner == "cp1252":
        return "latin-1"
    if winner == "euc_jis_2004":
        # The older table unless the vendor characters (①, ㈱) of the newer one are needed.
        losses = {name: _undecoded(sample, name) for name in ("euc_jp", "euc_jis_2004")}
        return "euc_jp" if losses["euc_jp"] <= losses["euc_jis_2004"] else "euc_jis_2004"
    return winner or None


def wide(head: bytes, size: int, *, valid_utf8: bool) -> str | None:
    """``utf-16-le`` or ``utf-16-be`` when ``head`` is that without a byte order mark, else None.

    ``head`` begins a file of ``size`` bytes. NUL bytes on one side of the pairs only are the sign;
    a few of them in what is valid UTF-8 otherwise are just that, a few NUL characters.
    """
    nuls = head.count(0)
    if size % 2 or not nuls or (valid_utf8 and nuls < 0.2 * len(head)):
        return None
    odd = head[1::2].count(0)
    codec = "utf-16-le" if odd > nuls - odd else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(codec, "replace")
    return codec if len(_TEXT.findall(text)) >= 0.9 * len(text) else None


def foreign(data: bytes, codec: str) -> str | None:
    """The encoding that ``data`` is evidently in although it decodes in ``codec`` too, or None.

    Only proof counts: strictly valid in the other encoding, with Japanese characters that do not
    come about by accident.
    """
    latin = codec in ("latin-1", "cp1252")
    if not latin and codec not in ("cp932", "euc_jp", "euc_jis_2004"):
        return None
    for other in ("utf-8", "euc_jp", "cp932"):
        if other == codec:
            continue
        try:
            text = data.decode(other)
        except UnicodeDecodeError:
            continue
        if other == "utf-8":
            proof = latin or len(_JAPANESE.findall(text)) >= 2
        else:
            proof = len(_KANA.findall(text)) >= 3
        if proof and not (other == "euc_jp" and codec == "euc_jis_2004"):
            return other
    return None


def _undecoded(data: bytes, codec: str) -> int:
    return data.decode(codec, "replace").count("\ufffd")


def _score(line: bytes, codec: str) -> float:
    text = line.decode(codec, MARK)
    high = [character for character in text if character > "\x7f"]
    if not high:
        return 0.0
    total = -2.0 * len(_CONTROL.findall(text))
    if codec == "cp1252":
        weights = _WESTERN
        total += 0.7 * len(_ACCENTED.findall(text))
        total -= sum(len(run) for run in _HIGH_RUN.findall(text))
    else:
        weights = _EASTERN
        total += 1.2 * len(_VOICED.findall(text)) - 1.4 * len(_LONE_KANA.findall(text))
        total -= 0.7 * len(_LONE_KANJI.findall(text))
        if codec == "euc_jis_2004":
            # There every half-width kana has a lead byte of its own; a run of those is no accident.
            total += 0.5 * sum(len(run) for run in _KANA_RUN.findall(text))
        if codec == "utf-8":
            # Several bytes in a row that are valid UTF-8 are hardly ever anything else.
            total += 0.5 * len(high) + 0.6 * len(_ACCENTED.findall(text))
    return (total + sum(weights[character] for character in high)) / len(high)


class _Weights(dict[str, float]):
    """The weight of each character in one family of encodings; filled as characters are met."""

    def __init__(self, weigh: Callable[[str], float]) -> None:
        super().__init__()
        self._weigh = weigh

    def __missing__(self, character: str) -> float:
        self[character] = weight = self._weigh(character)
        return weight


def _weigh_eastern(character: str) -> float:
    if "\ud800" <= character <= "\udfff":
        return -3.0
    if "\x80" <= character <= "\xa0" or "\ue000" <= character <= "\uf8ff":
        return -2.0
    if "\u3000" <= character <= "\u30ff" or "\uff01" <= character <= "\uff5e":
        return 1.0
    if "\uff61" <= character <= "\uff9f":
        return 0.4
    if "\u4e00" <= character <= "\u9fff":
        # Level 1 lies in rows 16 to 47, which CP932 writes with these lead bytes.
        return 0.7 if 0x88 <= character.encode("cp932", "replace")[0] <= 0x97 else 0.0
    return 0.3


def _weigh_western(character: str) -> float:
    if "\ud800" <= character <= "\udfff":
        return -3.0
    if character in _SYMBOLS:
        return 0.5
    return 0.3 if character.isalpha() or character in _QUOTES else 0.0


_EASTERN, _WESTERN = _Weights(_weigh_eastern), _Weights(_weigh_western)

"""Ages as they are written, capped or put into decades."""

from __future__ import annotations

import re

from sekisho.errors import ReleaseError
from sekisho.release.numerals import KANJI, Numeral, narrowed, widened

__all__ = ["banded", "capped", "years"]

_NUMBER = re.compile(f"[0-9]{{1,3}}|[{KANJI}]{{1,5}}")
#: Units that count less than a year, so the number is no number of years.
_SMALL = ("ヶ月", "か月", "ヵ月", "ケ月", "カ月", "ｹ月", "箇月", "ヶ月", "月", "週", "日", "時間")
_SMALL_ENGLISH = re.compile("[- ]{0,2}(?:month|week|day|hour|mo|wk|maand|we[e]?k|dag)")
_YEARS = re.compile("[ ]{0,2}(?:歳|才|代)")


def _read(surface: str) -> tuple[re.Match[str], int] | None:
    """The first number of ``surface`` and the years it counts (0 when it counts months or days)."""
    plain = narrowed(surface)
    match = _NUMBER.search(plain)
    if match is None:
        return None
    rest = plain[match.end() :]
    young = plain.startswith(("日齢", "生後", "月齢")) or rest.lstrip().startswith(_SMALL)
    if young or _SMALL_ENGLISH.match(rest.lower()) or rest[:1] in ("M", "D", "W"):
        return match, 0
    return match, Numeral.read(match[0]).value


def years(surface: str) -> int | None:
    """The age in whole years, 0 for an age in months or days; None when it cannot be read."""
    found = _read(surface)
    return found[1] if found else None


def _limit(surface: str, match: re.Match[str], over: int, language: str, follows: bool) -> str:
    """``surface`` up to its number, the limit in its script, and the words for "or more"."""
    written = surface[match.start() : match.end()]
    numeral = Numeral.read(written)
    limit = numeral.write(over, numeral.digits if written[0] in "0０" else 1)
    head, rest = surface[: match.start()], surface[match.end() :]
    unit = _YEARS.match(narrowed(rest))
    if unit is not None:
        word = rest[: unit.end()].replace("代", "歳")
        return head + limit + word + ("" if follows else "以上")
    if language == "ja" and not rest.strip():
        return head + limit + ("" if follows else "以上")
    plus = widened("+") if numeral.script == "full" else "+"
    return head + limit + plus + rest


def capped(surface: str, over: int, language: str = "ja", follows: bool = False) -> str:
    """An age of ``over`` years or more as "``over`` or more", any other as it stands.

    ``follows``: 以上 stands after the surface already. Raises ``ReleaseError`` when the age cannot
    be read.
    """
    found = _read(surface)
    if found is None:
        raise ReleaseError("an age that cannot be read cannot be capped")
    match, age = found
    return surface if age < over else _limit(surface, match, over, language, follows)


def banded(surface: str, over: int, language: str = "ja", follows: bool = False) -> str:
    """The decade of an age (60歳代, 60s), 10歳未満 below ten, capped at ``over``."""
    found = _read(surface)
    if found is None:
        raise ReleaseError("an age that cannot be read has no decade")
    match, age = found
    if age >= over:
        return _limit(surface, match, over, language, follows)
    numeral = Numeral.read(surface[match.start() : match.end()])
    head = "" if age == 0 else surface[: match.start()]
    if language != "ja":
        return head + (f"{age // 10 * 10}s" if age >= 10 else "<10")
    decade = age // 10 * 10
    return head + (numeral.write(decade) + "歳代" if decade else numeral.write(10) + "歳未満")

"""What all dates share: parts of patterns, plausibility, and BIRTHDATE or DATE by context."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules.classes import HYPHENS, compiled
from sekisho.phi.detectors.rules.reading import Hit, Reading

__all__ = ["BORN", "GAP", "SEP", "THIRD", "dated", "integer", "plausible", "with_tails"]

#: A space or a line end inside a date: printed columns break anywhere.
GAP = "[ \n]{0,2}"
SEP = f"[/.・{HYPHENS}]"
THIRD = "(?:[上中下初]旬|末)?"
#: Behind a date: it is that of a birth. 生 must not begin another word (生検, 生存).
BORN = (
    "[ )]?(?:生まれ|生れ|産まれ|うまれ|誕生|出生|生(?![一-龥])|生(?=[男女]))"
    "|に(?:出生|生まれ|誕生|て出生)"
)
_AGED = " {0,2}\\( ?(?:満|現在)? ?[0-9]{1,3} ?(?:歳|才|y)"

_NEXT_DAY = f" ?[~〜{HYPHENS}] ?(?P<d>(?:1[0-2]|0?[1-9])[/.][0-3]?[0-9])(?![0-9/.])"
_TAIL = (
    f" ?(?:[~〜{HYPHENS}、,・及と]|から|及び|および|または|and|&)"
    " ?(?P<d>[0-9]{1,2}) ?日(?![間目後前分程数])"
)


def plausible(month: int, day: int | None) -> bool:
    """Whether such a day can be meant; a 31st of February is a slip, and an identifier."""
    return 1 <= month <= 12 and (day is None or 1 <= day <= 31)


def integer(digits: str | None) -> int | None:
    """The value of ``digits``, None where a pattern left them out."""
    return int(digits) if digits else None


def dated(
    reading: Reading, start: int, end: int, rule: str, score: float, *, year: int | None = None
) -> Hit:
    """The hit for a date at ``start..end``: a birth date where label or neighbours say so."""
    text = reading.text
    label = reading.label_before(start)
    kind = label.kind if label and "\n\n" not in text[label.stop : start] else ""
    if kind == "birth" or compiled(BORN).match(text, end):
        if rule.startswith("year") and (match := compiled("生まれ|生").match(text, end)):
            end = match.end()
        return Hit(start, end, Category.BIRTHDATE, f"birth-{rule}", 0.95)
    if kind != "date" and year is not None and compiled(_AGED).match(text, end):
        return Hit(start, end, Category.BIRTHDATE, f"birth-{rule}", max(score, 0.85))
    if kind == "date":
        score = max(score, 0.95)
    return Hit(start, end, Category.DATE, rule, score)


def with_tails(reading: Reading, hits: Iterable[Hit]) -> Iterator[Hit]:
    """The days that go on after a date: 8月5日〜7日, 8月5日、12日."""
    for hit in hits:
        yield hit
        end = hit.end
        for _ in range(8):
            if reading.text[end - 1] != "日":
                if end == hit.end and (tail := compiled(_NEXT_DAY).match(reading.text, end)):
                    yield Hit(*tail.span("d"), Category.DATE, "date-tail", hit.score)
                break
            tail = compiled(_TAIL).match(reading.text, end)
            if tail is None or not plausible(1, int(tail["d"])):
                break
            end = tail.end()
            yield Hit(tail.start("d"), end, Category.DATE, "date-tail", hit.score)

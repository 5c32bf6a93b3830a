"""What can be wrong with a value: told to the model with its own words, to others without any."""

from __future__ import annotations

from dataclasses import dataclass, field

from sekisho.extraction.tasks.task import LONGEST_QUOTE

__all__ = ["Trouble", "WrongError", "trouble", "wrong"]

#: What is wrong, for everybody: no word of an answer or a document.
_PUBLIC = {
    "no_quote": "a value without a quote",
    "quote_not_there": "the quote does not stand in the text",
    "quote_too_long": f"the quote is longer than {LONGEST_QUOTE} characters",
    "value_not_in_quote": "the value does not stand in its quote as it was given",
    "not_in_text": "the value does not stand in the text",
    "wrong_type": "the value is of another type",
    "not_allowed": "the value is none of those allowed",
    "out_of_bounds": "the value is out of bounds",
    "too_long": "the value is too long",
    "unreadable": "the value cannot be read",
    "required": "it is required, and the answer leaves it out",
    "rule": "a rule is broken",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a field: a code of the prompts, its place, and what to show the model."""

    code: str
    place: str
    shown: str = field(default="", repr=False)
    detail: str = ""

    @property
    def public(self) -> str:
        """What may be told to anybody."""
        return self.detail or _PUBLIC[self.code]


class WrongError(Exception):
    """A value that is none; never leaves the examination of an answer."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.code)
        self.trouble = trouble


def trouble(code: str, place: str, shown: object = "", detail: str = "") -> Trouble:
    """What is wrong at ``place``; ``detail`` is told instead of the usual words for ``code``."""
    return Trouble(code, place, str(shown)[:LONGEST_QUOTE], detail)


def wrong(code: str, place: str, shown: object = "", detail: str = "") -> WrongError:
    """The error to raise for what is wrong at ``place``."""
    return WrongError(trouble(code, place, shown, detail))

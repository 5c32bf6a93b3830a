"""What may be said to a model outside: told texts, told prompts, and what it answered itself.

A request is not searched for what must not be in it, since nobody knows all of that. It is taken
apart, and every piece must be known: a prompt as it was told, or one of its templates with known
pieces in its places. There is no glue between the pieces, so not even a single character leaves
that nobody vouched for; texts in another width, or put together in another way, are unknown.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from sekisho.documents import strict_json
from sekisho.models.reading import Problem, bare, read
from sekisho.models.schema import schema_of
from sekisho.models.seam import Message, Request
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.listing import PhiItem, PhiList, shown

__all__ = ["SHORTEST", "Admission"]

#: A stretch of a told text that is shorter than this may be one by chance.
SHORTEST = 12

#: A place in a template, as ``models.prompt_files.fill`` knows them.
_PLACE = re.compile(r"\{([a-z]+)\}")
#: How many answers are remembered; a conversation goes back to its last ones.
_REMEMBERED = 1000
#: No value and no line about one is longer.
_LONGEST_PIECE = 1000
#: Stands between two told texts; a piece that holds it is no stretch of one.
_BETWEEN = "\0"
#: What ``models.answers`` says of an answer that ended in an unknown way.
_NO_END = "it did not come to its end"


@dataclass(frozen=True, slots=True)
class _Template:
    """The literal ``parts`` of a prompt and the names of the ``places`` between them."""

    parts: tuple[str, ...] = field(repr=False)
    places: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> _Template:
        pieces = _PLACE.split(text)
        return cls(tuple(pieces[::2]), tuple(pieces[1::2]))

    def filled(self, text: str) -> Iterator[tuple[str, str]] | None:
        """What stands in the places, by their names, when ``text`` is this template filled."""
        first, *between = self.parts
        if not text.startswith(first):
            return None
        at, found = len(first), []
        for number, part in enumerate(between):
            last = number == len(between) - 1
            end = len(text) - len(part) if last else text.find(part, at)
            if end < at or not text.startswith(part, end):
                return None
            found.append(text[at:end])
            at = end + len(part)
        return zip(self.places, found, strict=True)


@dataclass(frozen=True, slots=True)
class _Heard:
    """An answer in the ``forms`` in which it may be shown again, and the ``values`` it named."""

    forms: tuple[str, ...] = field(repr=False)
    values: frozenset[str] = field(repr=False)

    @classmethod
    def of(cls, answer: str) -> _Heard:
        plain = bare(answer)
        return cls((answer, plain), frozenset(item.value for item in _items(plain) or ()))


class Admission:
    """Judges requests to one model.

    ``admitted`` are texts that are shown to hold no patient, ``said`` the prompts, with and without
    places. A stretch of an admitted text is admitted when it is ``SHORTEST`` characters or longer,
    or stands at the beginning or the end of the text.
    """

    def __init__(self, admitted: Iterable[str], said: Iterable[str]) -> None:
        self._admitted = tuple(dict.fromkeys(text for text in admitted if text))
        self._joined = _BETWEEN.join(self._admitted)
        self._said: set[str] = set()
        self._templates: dict[str, _Template] = {}
        self._answers: deque[_Heard] = deque(maxlen=_REMEMBERED)
        self.say(said)

    def say(self, said: Iterable[str]) -> None:
        """Admit further prompts."""
        for text in said:
            self._said.add(text)
            template = _Template.of(text)
            if template.places:
                self._templates[text] = template

    def hear(self, answer: str) -> None:
        """Remember an answer of the model: it may be shown what it said itself."""
        if answer:
            self._answers.append(_Heard.of(answer))

    def admits(self, request: Request) -> bool:
        """Whether every character of ``request`` is known."""
        if request.schema is not None and request.schema != schema_of(PhiList):
            return False
        previous: Message | None = None
        for message in request.messages:
            if not self._message(message, previous):
                return False
            previous = message
        return True

    def _message(self, message: Message, previous: Message | None) -> bool:
        text = message.content
        if message.role == "assistant":
            return self._own(text) or self._answer(text)
        before = previous.content if previous and previous.role == "assistant" else None
        return text in self._said or self._text(text) or self._filled(text, before)

    def _filled(self, text: str, before: str | None) -> bool:
        fits: Mapping[str, Callable[[str], bool]] = {
            "text": self._text,
            "answer": self._answer,
            "findings": self._findings,
            "values": self._values,
            "surface": self._value,
            "category": lambda name: name in set(Category),
            "problem": lambda told: told in _problems(before),
        }
        return any(
            all(place in fits and fits[place](piece) for place, piece in filled)
            for template in self._templates.values()
            if (filled := template.filled(text)) is not None
        )

    def _text(self, piece: str) -> bool:
        """Whether ``piece`` is a stretch of an admitted text that is none by chance."""
        if not piece or _BETWEEN in piece:
            return False
        if len(piece) >= SHORTEST:
            return piece in self._joined
        return any(text.startswith(piece) or text.endswith(piece) for text in self._admitted)

    def _value(self, piece: str) -> bool:
        """Whether ``piece`` stands in an admitted text, or is a value that the model gave."""
        if not piece or _BETWEEN in piece:
            return False
        return piece in self._joined or any(piece in heard.values for heard in self._answers)

    def _own(self, text: str) -> bool:
        return any(text in heard.forms for heard in self._answers)

    def _answer(self, text: str) -> bool:
        """Whether ``text`` is a list of identifiers as models are shown one, of known values."""
        items = _items(text)
        if items is None or shown(items) != text:
            return False
        return all(self._value(item.value) for item in items)

    def _findings(self, text: str) -> bool:
        """Whether ``text`` is what is said instead of findings, or a line for each of them."""
        if text in self._said:
            return True
        return text.startswith("- ") and self._several(
            text[2:], "\n- ", lambda line: self._filled(line, None)
        )

    def _values(self, text: str) -> bool:
        """Whether ``text`` is a list of known values, each in its brackets."""
        if not (text.startswith("「") and text.endswith("」")):
            return False
        return self._several(text[1:-1], "」, 「", self._value)

    def _several(self, text: str, between: str, fits: Callable[[str], bool]) -> bool:
        """Whether ``text`` is pieces that fit; ``between`` may stand within a piece too."""
        piece: str | None = None
        for part in text.split(between):
            piece = part if piece is None else f"{piece}{between}{part}"
            if fits(piece):
                piece = None
            elif len(piece) > _LONGEST_PIECE:
                return False
        return piece is None


def _problems(answer: str | None) -> tuple[str, ...]:
    """What a model may be told about its bad ``answer``: it follows from the answer alone."""
    found = read(answer or "", PhiList)
    return (_NO_END, found.told) if isinstance(found, Problem) else (_NO_END,)


def _items(text: str) -> tuple[PhiItem, ...] | None:
    """The items of a list of identifiers, however long it is; None when it is no such list."""
    try:
        given = strict_json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict) or not isinstance(given.get("phi_list"), list):
        return None
    try:
        return tuple(
            PhiItem.model_validate_json(json.dumps(row), strict=True) for row in given["phi_list"]
        )
    except ValidationError:
        return None

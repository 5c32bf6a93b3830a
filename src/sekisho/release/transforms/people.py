"""Fictional people: one for each real person, written the way each mention is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from sekisho.errors import ReleaseError
from sekisho.release.numerals import narrowed, widened
from sekisho.release.transforms import Derive, Mention
from sekisho.release.transforms.codes import number
from sekisho.release.wordlists import rows

__all__ = ["Cast", "Person", "folded_name"]

Script = Literal["kanji", "hiragana", "katakana", "halfwidth", "latin"]
Role = Literal["surname", "given", "full"]

_COLUMN: dict[Script, int] = {"kanji": 0, "hiragana": 1, "katakana": 1, "halfwidth": 1, "latin": 2}
_ATTEMPTS = 400

_LETTERS = re.compile(
    "[々〆ヶ㐀-䶿一-鿿豈-﫿𠀀-𲎯ぁ-ゖゝゞァ-ヺーヽヾｦ-ﾟ]{1,40}|[A-Za-zＡ-Ｚａ-ｚÀ-ÖØ-öø-ÿŌōŪū]{1,40}"
)
_NEWBORN = re.compile(
    "[ 　]?(?:ベビー|ベイビー|ﾍﾞﾋﾞｰ|Baby|BABY|baby)[ 　]?[0-9０-９A-ZＡ-Ｚ一二三]?$"
)
_HALF = {
    full: half
    for half in map(chr, range(0xFF66, 0xFFA0))
    if len(full := unicodedata.normalize("NFKC", half)) == 1
} | {"゙": "ﾞ", "゚": "ﾟ"}


def _hiragana(text: str) -> str:
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in text)


def folded_name(text: str) -> str:
    """A name for comparison: width, case, blanks and the two kana made equal."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _hiragana("".join(c for c in folded if not c.isspace()))


def _script(text: str) -> Script:
    if _LETTERS.fullmatch(text) and narrowed(text)[0].isalpha() and ord(narrowed(text)[0]) < 0x250:
        return "latin"
    if all("ｦ" <= c <= "ﾟ" for c in text):
        return "halfwidth"
    if all("ァ" <= c <= "ヾ" for c in text):
        return "katakana"
    if all("ぁ" <= c <= "ゞ" or c == "ー" for c in text):
        return "hiragana"
    return "kanji"


@cache
def _names(kind: str) -> dict[str, str]:
    """Every folded form of the listed names, with the gender where the list tells it."""
    return {
        folded_name(form): row[3] if len(row) > 3 else "" for row in rows(kind) for form in row[:3]
    }


@dataclass(frozen=True, slots=True)
class Person:
    """A fictional person; each name as kanji, hiragana and romaji."""

    surname: tuple[str, ...]
    given: tuple[str, ...]


def _written(name: tuple[str, ...], like: str, script: Script) -> str:
    """``name`` in the script, width and case of ``like``."""
    text = name[_COLUMN[script]]
    if script == "katakana":
        return "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in text)
    if script == "halfwidth":
        kata = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in text)
        return "".join(_HALF[c] for c in unicodedata.normalize("NFD", kata))
    if script == "latin":
        if len(like) == 1:
            text = text[0]
        plain = narrowed(like)
        text = text.upper() if plain.isupper() else text.lower() if plain.islower() else text
        return widened(text) if plain != like else text
    return text


def _is_initials(segments: Sequence[str]) -> bool:
    lone = len(segments) == 1 and len(segments[0]) == 2 and narrowed(segments[0]).isupper()
    return lone or all(len(segment) == 1 for segment in segments)


def _gender(givens: Sequence[str]) -> str | None:
    listed = _names("given_names")
    for given in givens:
        if listed.get(folded_name(given)):
            return listed[folded_name(given)]
    for given in givens:
        for ending, gender in rows("given_endings"):
            if _hiragana(given).endswith(_hiragana(ending)):
                return gender
    return None


@dataclass
class _Entity:
    """What the mentions of one person together tell about the real name."""

    surnames: set[str] = field(default_factory=set)
    givens: set[str] = field(default_factory=set)
    whole: list[str] = field(default_factory=list)

    def learn(self, surface: str) -> None:
        bare = _NEWBORN.sub("", surface)
        for group in bare.split("="):
            segments = _LETTERS.findall(group)
            if len(segments) != 2 or _is_initials(segments):
                self.whole += [folded_name(segment) for segment in segments]
                continue
            first, second = self._order(segments)
            self.surnames.add(folded_name(first))
            self.givens.add(folded_name(second))
            self.whole.append(folded_name(group))

    @staticmethod
    def _order(segments: Sequence[str]) -> tuple[str, str]:
        """(surname, given name); romaji may have them the other way round."""
        first, second = segments
        if _script(first) == "latin":
            given_first = folded_name(first) in _names("given_names")
            surname_first = folded_name(first) in _names("surnames")
            shouted = narrowed(second).isupper() and not narrowed(first).isupper()
            abbreviated = len(first) == 1 < len(second)
            if abbreviated or (shouted and len(second) > 1) or (given_first and not surname_first):
                return second, first
        return first, second

    def split(self, segment: str) -> tuple[Role, int]:
        """The role of a segment that stands alone, and where its given name begins."""
        name = folded_name(segment)
        if name in self.surnames:
            return "surname", 0
        if name in self.givens:
            return "given", 0
        for surname in self.surnames:
            if name.startswith(surname) and name[len(surname) :] in self.givens:
                return "full", len(surname)
        surnames, givens = _names("surnames"), _names("given_names")
        if name in surnames:
            return "surname", 0
        cuts = [cut for cut in range(1, len(name)) if name[:cut] in surnames]
        likely = [cut for cut in cuts if name[cut:] in givens]
        script = _script(segment)
        if script != "latin" and likely:
            return "full", likely[-1]
        if name in givens or any(w != name and w.endswith(name) for w in self.whole):
            return "given", 0
        if any(w != name and w.startswith(name) for w in self.whole) or script == "latin":
            return "surname", 0
        if len(name) >= (3 if script == "kanji" else 6):
            return "full", cuts[-1] if cuts else 2 if script == "kanji" else len(name) // 2
        return "surname", 0


class Cast:
    """The fictional people of one document, one for each entity among ``mentions``.

    A person's surrogate follows from the key and the entity alone, unless its name is one that
    really stands in the document: then another is drawn, since a surrogate must never name
    somebody who is there.
    """

    def __init__(self, mentions: Sequence[Mention], derive: Derive) -> None:
        self._derive = derive
        self._entities: dict[str, _Entity] = {}
        for mention in mentions:
            self._entities.setdefault(mention.entity, _Entity()).learn(mention.surface)
        real = "\n".join(folded_name(mention.surface) for mention in mentions)

        def free(kind: str) -> tuple[tuple[str, ...], ...]:
            return tuple(
                row
                for row in rows(kind)
                if _script(row[0]) == "kanji" and not any(folded_name(f) in real for f in row[:3])
            )

        self._free_surnames = frozenset(free("surnames"))
        self._free_givens = frozenset(free("given_names"))
        self._people: dict[str, Person] = {}

    def person(self, entity: str) -> Person:
        """The fictional person for ``entity``."""
        if entity not in self._people:
            self._people[entity] = self._draw(entity)
        return self._people[entity]

    def _draw(self, entity: str) -> Person:
        known = self._entities[entity]
        givens = sorted(known.givens)
        for whole in known.whole:
            role, cut = known.split(whole)
            givens += [whole[cut:]] if role in ("given", "full") else []
        gender = _gender(givens)
        surnames, listed = rows("surnames"), rows("given_names")
        for attempt in range(_ATTEMPTS):
            value = number(self._derive, "person", entity, str(attempt))
            surname = surnames[value % len(surnames)]
            wanted = gender or ("f" if value >> 255 else "m")
            choices = [row for row in listed if row[3] == wanted]
            given = choices[(value >> 64) % len(choices)]
            if surname in self._free_surnames and given in self._free_givens:
                return Person(surname, given)
        raise ReleaseError("no fictional name is free of the names in the document")

    def write(self, mention: Mention) -> str:
        """The surrogate of a mention: same parts, script, width, case and separators.

        Raises ``ReleaseError`` for a form that is not understood.
        """
        newborn = _NEWBORN.search(mention.surface)
        bare = mention.surface[: newborn.start()] if newborn else mention.surface
        tail = mention.surface[len(bare) :]
        groups = [self._group(group, mention.entity) if group else "" for group in bare.split("=")]
        return "=".join(groups) + tail

    def _group(self, group: str, entity: str) -> str:
        matches = list(_LETTERS.finditer(group))
        segments = [match[0] for match in matches]
        if len(segments) not in (1, 2) or any(c.isnumeric() and c < "一" for c in group):
            raise ReleaseError("a name of a form that has no surrogate")
        person, known = self.person(entity), self._entities[entity]
        if _is_initials(segments) and _script(segments[0]) == "latin":
            written = self._initials(person, segments)
        elif len(segments) == 2:
            first = known._order(segments)[0] == segments[0]
            names = (person.surname, person.given) if first else (person.given, person.surname)
            written = [_written(n, s, _script(s)) for n, s in zip(names, segments, strict=True)]
        else:
            written = [self._alone(person, known, segments[0])]
        text, taken = "", 0
        for match, replacement in zip(matches, written, strict=True):
            text += group[taken : match.start()] + replacement
            taken = match.end()
        return text + group[taken:]

    @staticmethod
    def _initials(person: Person, segments: Sequence[str]) -> list[str]:
        letters = iter(person.surname[2][0] + person.given[2][0])
        return [
            "".join(
                widened(new) if narrowed(old) != old else new
                for old, new in zip(segment, letters, strict=False)
            )
            for segment in segments
        ]

    @staticmethod
    def _alone(person: Person, known: _Entity, segment: str) -> str:
        script = _script(segment)
        role, _ = known.split(segment)
        if role == "full":
            return "".join(_written(n, segment, script) for n in (person.surname, person.given))
        return _written(person.given if role == "given" else person.surname, segment, script)

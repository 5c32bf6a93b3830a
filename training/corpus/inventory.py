"""The names that the corpus draws from, and those it never draws.

People come from JMnedict as the package ``jamdict-data`` carries it (Electronic Dictionary Research
and Development Group, CC BY-SA 4.0): read at training time, never shipped. Places come from the
word lists of sekisho itself.

One name in twenty is held out by a hash of its written form, whichever script it is written in, so
that recall on names never seen in training can be measured (``benchmarks/unseen``).
"""

from __future__ import annotations

import hashlib
import random
import re
import sqlite3
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

from sekisho.phi.lists import lines
from sekisho.phi.morphology import is_given_name, is_surname

__all__ = ["Inventory", "NamePart", "Tier", "held_out", "inventory"]

#: Of 256: the share of names that training never sees.
_HELD_OUT = 13

_KANJI_OR_KANA = re.compile("[々〆ヶヵ一-龥髙﨑ぁ-んァ-ヴー]+")
_LATIN = re.compile("[A-Z][A-Za-z'-]+")
_KATAKANA = re.compile("[ァ-ヴー]{2,9}")
_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}


def held_out(written: str) -> bool:
    """Whether training never draws a name that is written like this (one part of a name)."""
    key = unicodedata.normalize("NFKC", written).lower().encode()
    return hashlib.sha256(key).digest()[0] < _HELD_OUT


@dataclass(frozen=True, slots=True)
class NamePart:
    """A surname or given name: as written, its reading in katakana, and in Latin letters."""

    written: str
    kana: str
    romaji: str


@dataclass(frozen=True)
class Tier:
    """Names that are about equally common, or that are ranked; ``weights`` are cumulative."""

    parts: tuple[NamePart, ...]
    weights: tuple[float, ...] | None = None

    def draw(self, rng: random.Random) -> NamePart:
        """One of them."""
        if self.weights is None:
            return rng.choice(self.parts)
        return rng.choices(self.parts, cum_weights=self.weights)[0]


@dataclass(frozen=True)
class Inventory:
    """All names, by how common they are.

    ``common`` surnames stand in order of rank and are drawn by it; ``known`` names stand in the
    analyser's dictionary; ``rare`` ones only in JMnedict.
    """

    common: Tier
    single: Tier
    known_surnames: Tier
    rare_surnames: Tier
    known_female: Tier
    known_male: Tier
    rare_female: Tier
    rare_male: Tier
    foreign_surnames: Tier
    foreign_female: Tier
    foreign_male: Tier
    stations: tuple[str, ...]

    def surname(self, rng: random.Random) -> NamePart:
        """A Japanese surname: common ones often, rare ones their share."""
        tier = rng.choices(
            (self.common, self.single, self.known_surnames, self.rare_surnames),
            weights=(40, 7, 28, 25),
        )[0]
        return tier.draw(rng)

    def given(self, rng: random.Random, sex: str) -> NamePart:
        """A Japanese given name for ``sex`` ("F" or "M")."""
        known, rare = (
            (self.known_female, self.rare_female)
            if sex == "F"
            else (self.known_male, self.rare_male)
        )
        return (known if rng.random() < 0.6 else rare).draw(rng)


@cache
def inventory() -> Inventory:
    """The inventory, read once.

    Raises ``RuntimeError`` with the remedy where ``jamdict-data`` is not installed.
    """
    with sqlite3.connect(f"file:{_database()}?mode=ro", uri=True) as database:
        surnames = _people(database, ("surname",))
        female = _people(database, ("fem",))
        male = _people(database, ("masc", "given"))
        foreign = [
            _foreign(database, kinds) for kinds in (("surname",), ("fem",), ("masc", "given"))
        ]
        stations = tuple(
            sorted({name for name, _, _ in _rows(database, ("station",)) if name and "駅" in name})
        )
    by_writing: dict[str, list[NamePart]] = {}
    for part in surnames:
        by_writing.setdefault(part.written, []).append(part)
    ranked = lines("common_surnames")
    common = [by_writing[name][0] for name in ranked if name in by_writing]
    single = [by_writing[name][0] for name in lines("single_surnames") if name in by_writing]
    usual = {part.written for part in (*common, *single)}
    others = [part for part in surnames if part.written not in usual and len(part.written) > 1]
    return Inventory(
        # Zipf's law flattened: the tenth name still comes a third as often as the first.
        common=Tier(
            tuple(common), tuple(accumulate((rank + 1) ** -0.5 for rank in range(len(common))))
        ),
        single=Tier(tuple(single)),
        known_surnames=Tier(tuple(part for part in others if is_surname(part.written))),
        rare_surnames=Tier(tuple(part for part in others if not is_surname(part.written))),
        known_female=Tier(tuple(part for part in female if is_given_name(part.written))),
        known_male=Tier(tuple(part for part in male if is_given_name(part.written))),
        rare_female=Tier(tuple(part for part in female if not is_given_name(part.written))),
        rare_male=Tier(tuple(part for part in male if not is_given_name(part.written))),
        foreign_surnames=Tier(tuple(foreign[0])),
        foreign_female=Tier(tuple(foreign[1])),
        foreign_male=Tier(tuple(foreign[2])),
        stations=stations,
    )


def _database() -> Path:
    try:
        import jamdict_data
    except ImportError:
        raise RuntimeError("the corpus needs JMnedict: pip install jamdict-data") from None
    return Path(jamdict_data.__file__).with_name("jamdict.db")


def _rows(
    database: sqlite3.Connection, kinds: tuple[str, ...]
) -> list[tuple[str | None, str, str | None]]:
    marks = ",".join("?" * len(kinds))
    return database.execute(
        "select distinct kanji.text, kana.text, gloss.text from NETransType type"
        " join NETranslation translation on translation.ID = type.tid"
        " join NEKana kana on kana.idseq = translation.idseq"
        " left join NEKanji kanji on kanji.idseq = translation.idseq"
        " left join NETransGloss gloss on gloss.tid = translation.ID"
        f" where type.text in ({marks}) order by 1, 2, 3",
        kinds,
    ).fetchall()


def _people(database: sqlite3.Connection, kinds: tuple[str, ...]) -> list[NamePart]:
    """One part for each kanji writing and reading, none of them held out."""
    found: dict[tuple[str, str], NamePart] = {}
    for written, kana, gloss in _rows(database, kinds):
        name = unicodedata.normalize("NFKC", written or kana)
        romaji = _latin(gloss or "")
        if not _KANJI_OR_KANA.fullmatch(name) or len(name) > 5 or not _LATIN.fullmatch(romaji):
            continue
        reading = kana.translate(_TO_KATAKANA)
        if not written and _KATAKANA.fullmatch(name):
            continue  # mostly foreign; drawn apart
        if not any(map(held_out, (name, reading, romaji))):
            found.setdefault((name, reading), NamePart(name, reading, romaji))
    return list(found.values())


def _foreign(database: sqlite3.Connection, kinds: tuple[str, ...]) -> list[NamePart]:
    found: dict[str, NamePart] = {}
    for written, kana, gloss in _rows(database, kinds):
        romaji = _latin(gloss or "")
        if written or not _KATAKANA.fullmatch(kana) or not _LATIN.fullmatch(romaji):
            continue
        if not held_out(kana) and not held_out(romaji):
            found.setdefault(kana, NamePart(kana, kana, romaji))
    return list(found.values())


def _latin(gloss: str) -> str:
    """The first word of a gloss in plain letters: macrons go, as passports write names."""
    plain = unicodedata.normalize("NFD", gloss)
    return re.sub("[^A-Za-z' -]", "", plain).split(" ")[0].replace("'", "")

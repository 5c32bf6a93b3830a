"""Slots for people: a cast that stays the same in a document, written in all its forms."""

from __future__ import annotations

import random
from dataclasses import dataclass

from training.corpus.decoys import nobody
from training.corpus.inventory import NamePart, inventory
from training.corpus.words import drawn, words
from training.corpus.writer import Piece, Writer

__all__ = ["PEOPLE", "Person", "baby", "draw_person", "person"]

#: Slot name -> (label, how often each form is meant when the sentence does not say).
PEOPLE: dict[str, tuple[str, dict[str, float]]] = {
    "patient": (
        "NAME",
        {
            "surname": 41,
            "full": 33,
            "given": 8,
            "kana": 9,
            "kanafull": 3,
            "romaji": 4,
            "initials": 2,
        },
    ),
    "relative": (
        "NAME",
        {"given": 34, "full": 34, "surname": 14, "kana": 13, "romaji": 2, "kanafull": 3},
    ),
    "relative2": ("NAME", {"given": 42, "full": 30, "surname": 13, "kana": 15}),
    "person": (
        "NAME",
        {
            "surname": 40,
            "full": 33,
            "given": 10,
            "kana": 10,
            "kanafull": 2,
            "romaji": 3,
            "initials": 2,
        },
    ),
    **{
        slot: (
            "STAFF",
            {
                "surname": 61,
                "full": 20,
                "romaji": 4,
                "kana": 10,
                "kanafull": 1,
                "initials": 3,
                "given": 1,
            },
        )
        for slot in ("staff", "staff2", "staff3", "staff4", "colleague")
    },
}
_COMMON_FORMS = ("", "full", "surname", "given")
_NEW_EACH_TIME = ("person", "colleague")
_IN_KANA = ("full", "surname", "given")
#: How often a name is written in kana where one would write kanji: terse notes, telephone memos.
_WRITTEN_IN_KANA = 0.05
_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a surname and a given name; ``western`` puts the given name first."""

    surname: NamePart
    given: NamePart
    western: bool = False


def draw_person(rng: random.Random, sex: str, surname: NamePart | None = None) -> Person:
    """A person: nearly always Japanese; with ``surname`` a member of that family."""
    names = inventory()
    origin = rng.choices(("japanese", "western", "chinese", "katakana"), weights=(90, 4, 3, 3))[0]
    if surname is not None or origin == "japanese":
        return Person(surname or names.surname(rng), names.given(rng, sex))
    if origin == "western":
        given = (names.foreign_female if sex == "F" else names.foreign_male).draw(rng)
        return Person(names.foreign_surnames.draw(rng), given, western=True)
    if origin == "chinese":
        family = rng.choice(words("foreign_surnames_kanji"))
        given = "".join(rng.sample(words("foreign_given_characters"), rng.choice((1, 2, 2))))
        return Person(_foreign(family), _foreign(given))
    family = rng.choice(words("foreign_surnames_katakana"))
    given = rng.choice(words("foreign_given_katakana"))
    return Person(_foreign(family), _foreign(given))


def _foreign(entry: str) -> NamePart:
    """An entry ``王|ワン|Wang``; characters without readings read like anything."""
    written, _, rest = entry.partition("|")
    kana, _, romaji = rest.partition("|")
    return NamePart(written, kana or "シンイー", romaji or "Xinyi")


def person(writer: Writer, slot: str, form: str) -> list[Piece]:
    """The person of ``slot`` in ``form`` ("" for whatever running text would use)."""
    label, usual = PEOPLE[slot]
    if form in _COMMON_FORMS and (decoy := nobody(writer)) is not None:
        return decoy
    who = _draw(writer, slot)
    if slot not in _NEW_EACH_TIME:
        kept = writer.keep(slot, who)
        assert isinstance(kept, Person)
        who = kept
    if not form:
        form = writer.weighted(**usual)
    elif form in _IN_KANA and writer.chance(_WRITTEN_IN_KANA):
        return [Piece(_kana_of(writer, who, form), label)]
    return _written(writer, who, form, label)


def _kana_of(writer: Writer, who: Person, form: str) -> str:
    if form == "full":
        return _reading(writer, who)
    return _kana(writer, who.surname if form == "surname" else who.given)


def baby(writer: Writer) -> list[Piece]:
    """A newborn by its mother's name."""
    kept = writer.keep("patient", _draw(writer, "patient"))
    assert isinstance(kept, Person)
    mother = kept.surname.written
    if writer.chance(0.3):
        mother += writer.blank + kept.given.written
    suffix = writer.rng.choice(
        (
            "ベビー",
            "ベビー",
            "ﾍﾞﾋﾞｰ",
            "Baby",
            "baby",
            "児",
            "新生児",
            "Ｂａｂｙ",
            "BABY",
            "ちゃんベビー",
        )
    )
    number = writer.rng.choice(("", "", "1", "2", "１", "２", "Ⅰ", "Ⅱ", "①", "②", "A", "B", "-1"))
    return [Piece(f"{mother}{writer.rng.choice(('', '', ' ', '　'))}{suffix}{number}", "NAME")]


def _draw(writer: Writer, slot: str) -> Person:
    rng = writer.rng
    if slot == "patient":
        return draw_person(rng, writer.sex)
    family = None
    if slot in ("relative", "relative2") and writer.chance(0.65):
        kept = writer.keep("patient", _draw(writer, "patient"))
        assert isinstance(kept, Person)
        family = None if kept.western else kept.surname
    return draw_person(rng, rng.choice("FM"), family)


def _written(writer: Writer, who: Person, form: str, label: str) -> list[Piece]:
    rng = writer.rng
    if form == "dicom":
        return _dicom(writer, who, label)
    if form == "nick":
        stem = _kana(writer, who.given)[: rng.choice((2, 2, 3))]
        return [Piece(stem, label), Piece(drawn(rng, "nickname_suffixes"))]
    forms = {
        "full": _full,
        "surname": lambda _, each: each.surname.written,
        "given": lambda _, each: each.given.written,
        "kana": _one_reading,
        "kanafull": _reading,
        "romaji": _romaji,
        "initials": _initials,
    }
    return [Piece(forms[form](writer, who), label)]


def _full(writer: Writer, who: Person) -> str:
    if who.western:
        dot = writer.rng.choice(("・", "・", " ", "　"))
        return f"{who.given.written}{dot}{who.surname.written}"
    if writer.chance(0.015):
        # Seals and forms: the characters of a name set apart.
        return writer.rng.choice((" ", "　")).join(who.surname.written + who.given.written)
    blank = writer.blank if writer.chance(0.85) else writer.rng.choice(("", " ", "　"))
    return f"{who.surname.written}{blank}{who.given.written}"


def _kana(writer: Writer, part: NamePart) -> str:
    hiragana = writer.hiragana if writer.chance(0.8) else not writer.hiragana
    return part.kana.translate(_TO_HIRAGANA) if hiragana else part.kana


def _one_reading(writer: Writer, who: Person) -> str:
    return _kana(writer, who.surname if writer.chance(0.7) else who.given)


def _reading(writer: Writer, who: Person) -> str:
    first, second = (who.given, who.surname) if who.western else (who.surname, who.given)
    blank = writer.rng.choice(("", " ", "　", " "))
    whole = f"{first.kana}{blank}{second.kana}"
    return whole.translate(_TO_HIRAGANA) if writer.hiragana else whole


def _romaji(writer: Writer, who: Person) -> str:
    family, given = _passport(who.surname.romaji), _passport(who.given.romaji)
    return writer.rng.choice(
        (
            f"{given} {family}",
            f"{family} {given}",
            f"{family.upper()} {given}",
            f"{family.upper()} {given.upper()}",
            f"{given} {family.upper()}",
            f"{family}, {given}",
            f"{family.upper()}, {given.upper()}",
            f"{given[0]}. {family}",
            f"{given[0]}.{family}",
            f"{family} {given[0]}.",
            f"{family.upper()} {given[0]}",
            family,
            family,
            family.upper(),
            family.lower(),
        )
    )


def _passport(romaji: str) -> str:
    """Long vowels as passports drop them: Satou becomes Sato."""
    short = romaji
    for long, plain in (("ou", "o"), ("oo", "o"), ("uu", "u")):
        short = short.replace(long, plain)
    return short


def _initials(writer: Writer, who: Person) -> str:
    family, given = who.surname.romaji[0].upper(), who.given.romaji[0].upper()
    return writer.rng.choice(
        (
            f"{given}.{family}.",
            f"{family}.{given}.",
            f"{given}.{family}",
            f"{family}.{given}",
            f"{given}{family}",
            f"{family}{given}",
            f"{given}. {family}.",
            f"{family}・{given}",
        )
    )


def _dicom(writer: Writer, who: Person, label: str) -> list[Piece]:
    rng = writer.rng
    family, given = _passport(who.surname.romaji), _passport(who.given.romaji)
    if writer.chance(0.75):
        family, given = family.upper(), given.upper()
    pieces = [Piece(f"{family}^{given}", label)]
    if writer.chance(0.35):
        pieces += [
            Piece("="),
            Piece(f"{who.surname.written}^{who.given.written}", label),
            Piece("="),
        ]
        reading = f"{who.surname.kana}^{who.given.kana}"
        pieces.append(
            Piece(reading.translate(_TO_HIRAGANA) if writer.chance(0.5) else reading, label)
        )
    elif writer.chance(0.2):
        pieces.append(Piece(rng.choice(("^^^", "^^", "^"))))
    return pieces

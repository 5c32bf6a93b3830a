"""Slots for people: a cast that stays the same in a report, with names that training never saw."""

from __future__ import annotations

import unicodedata

from training.corpus.inventory import NamePart
from training.corpus.people import Person
from training.corpus.writer import Piece, Writer
from training.study_set.pools import Split, entries, table

__all__ = ["ROLES", "Cast"]

#: Role -> its label. ``person`` and ``colleague`` are somebody else each time.
ROLES = {
    "patient": "NAME",
    "relative": "NAME",
    "relative2": "NAME",
    "brother": "NAME",
    "sister": "NAME",
    "spouse": "NAME",
    "person": "NAME",
    "staff": "STAFF",
    "staff2": "STAFF",
    "staff3": "STAFF",
    "staff4": "STAFF",
    "colleague": "STAFF",
}
_NEW_EACH_TIME = ("person", "colleague")
_FAMILY = ("relative", "relative2", "brother", "sister", "spouse")
_SAME_SURNAME = 0.7
_ABROAD = 0.03
_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_HALF = {
    ord(unicodedata.normalize("NFKC", chr(code))): chr(code) for code in range(0xFF66, 0xFF9E)
} | {0x3099: "ﾞ", 0x309A: "ﾟ"}


class Cast:
    """The people of one report; no two of them share a surname but the patient's family."""

    def __init__(self, writer: Writer, split: Split) -> None:
        self._writer = writer
        self._split = split
        self._known: dict[str, Person] = {}
        self._surnames: set[str] = set()
        self._blank = writer.rng.choice(("", " ", "　", " "))

    def pieces(self, role: str, form: str) -> list[Piece]:
        """The person of ``role`` in ``form``: full, surname, given, kana, half, romaji, ...

        Raises ``KeyError`` for an unknown role or form.
        """
        label = ROLES[role]
        who = self.person(role)
        if form == "dicom":
            return self._dicom(who, label)
        if not form:
            form = self._writer.weighted(surname=60, full=30, kana=10)
        return [Piece(self._written(who, form), label)]

    def person(self, role: str) -> Person:
        """Whoever plays ``role`` in this report."""
        if role in _NEW_EACH_TIME:
            return self._drawn(role)
        if role not in self._known:
            self._known[role] = self._drawn(role)
        return self._known[role]

    def _drawn(self, role: str) -> Person:
        writer = self._writer
        sex = self._sex(role)
        if role == "patient" and writer.chance(_ABROAD):
            return self._abroad(sex)
        given = self._part("women" if sex == "F" else "men")
        patient = self._known.get("patient")
        native = patient is not None and not patient.western
        # Daughters who married are written with their own surname.
        if role in _FAMILY and patient and native and writer.chance(_SAME_SURNAME):
            return Person(patient.surname, given)
        surname = self._part("surnames")
        while surname.written in self._surnames:
            surname = self._part("surnames")
        self._surnames.add(surname.written)
        return Person(surname, given)

    def _sex(self, role: str) -> str:
        writer = self._writer
        if role == "patient":
            return writer.sex
        if role == "spouse":
            return "M" if writer.sex == "F" else "F"
        return {"brother": "M", "sister": "F"}.get(role) or writer.rng.choice("FM")

    def _part(self, key: str) -> NamePart:
        written, kana, romaji = self._writer.rng.choice(entries("names", key, self._split)).split(
            "|"
        )
        return NamePart(written, kana, romaji)

    def _abroad(self, sex: str) -> Person:
        entry = self._writer.rng.choice(
            table("names")["abroad_women" if sex == "F" else "abroad_men"]
        )
        parts = entry.split("|")
        return Person(NamePart(*parts[:3]), NamePart(*parts[3:]), western=True)

    def _written(self, who: Person, form: str) -> str:
        family, given = who.surname, who.given
        if form == "full":
            return _joined(who, family.written, given.written, self._writer.blank)
        if form == "surname":
            return family.written
        if form == "given":
            return given.written
        if form in ("kana", "kana.surname", "kana.given", "half"):
            kana = {
                "kana.surname": family.kana,
                "kana.given": given.kana,
            }.get(form) or _joined(who, family.kana, given.kana, self._blank)
            if form == "half":
                return unicodedata.normalize("NFD", kana).translate(_HALF)
            return kana.translate(_TO_HIRAGANA) if self._writer.hiragana else kana
        if form == "nick":
            return given.kana[:2].translate(_TO_HIRAGANA)
        if form == "initials":
            return self._initials(who)
        if form == "letters":
            return f"{family.romaji[0]}{given.romaji[0]}"
        return {
            "romaji": self._romaji(who),
            "romaji.surname": family.romaji,
            "romaji.capitals": family.romaji.upper(),
        }[form]

    def _romaji(self, who: Person) -> str:
        family, given = who.surname.romaji, who.given.romaji
        return self._writer.rng.choice(
            (
                f"{given} {family}",
                f"{family} {given}",
                f"{family.upper()} {given}",
                f"{family.upper()} {given.upper()}",
                f"{family}, {given}",
                f"{given[0]}. {family}",
            )
        )

    def _initials(self, who: Person) -> str:
        family, given = who.surname.romaji[0], who.given.romaji[0]
        return self._writer.rng.choice(
            (f"{family}.{given}.", f"{given}.{family}.", f"{family}.{given}", f"{family}・{given}")
        )

    def _dicom(self, who: Person, label: str) -> list[Piece]:
        pieces = [Piece(f"{who.surname.romaji.upper()}^{who.given.romaji.upper()}", label)]
        if self._writer.chance(0.5):
            pieces += [
                Piece("="),
                Piece(f"{who.surname.written}^{who.given.written}", label),
                Piece("="),
                Piece(f"{who.surname.kana}^{who.given.kana}", label),
            ]
        return pieces


def _joined(who: Person, family: str, given: str, blank: str) -> str:
    return f"{given}・{family}" if who.western else f"{family}{blank}{given}"

"""Every slot of the study set by its name, and what fills it in one report."""

from __future__ import annotations

from datetime import timedelta

from training.corpus import calendar, clinical, numbers
from training.corpus.template import Slot
from training.corpus.writer import Piece, Writer, plain
from training.study_set.cast import ROLES, Cast
from training.study_set.days import DAYS, TIMES, Timeline
from training.study_set.pools import Case, Split, entries, table

__all__ = ["Fields"]

_KANJI_DIGITS = str.maketrans("0123456789-", "〇一二三四五六七八九ー")
#: Slots that the corpus fills just as they are wanted here.
_NUMBERS = (
    "id.order", "id.specimen", "id.room", "id.bed", "id.staff", "insurer", "insured", "publicfund",
    "recipient", "mynumber", "passport", "licence", "residence", "mobile", "ext", "ip",
)  # fmt: skip
_INSTITUTIONS = {
    "clinic": "clinics",
    "carehome": "carehomes",
    "company": "companies",
    "school": "schools",
    "station": "stations",
}
_HOSPITAL_FORMS = ("", "short", "initials")
_WARD_SIDES = ("東病棟", "西病棟", "南病棟", "北病棟", "A病棟", "B病棟")


class Fields:
    """What fills the slots of one report about ``case``; the same slot stays the same in it."""

    def __init__(self, writer: Writer, split: Split, case: Case) -> None:
        rng = writer.rng
        self._writer = writer
        self._split: Split = split
        self._case = case
        years = rng.randint(*case.ages)
        writer.birth = writer.today - timedelta(days=years * 365 + rng.randrange(60, 300))
        if case.sex:
            writer.sex = case.sex
        self._cast = Cast(writer, split)
        # The patient comes first: relatives are drawn as members of that family.
        self._cast.person("patient")
        self._timeline = Timeline(writer)
        hospitals = list(entries("places", "hospitals", split))
        rng.shuffle(hospitals)
        self._hospitals = {"facility": hospitals[0], "facility2": hospitals[1]}
        # Patients live near their hospital, and letters come from near it: one locality a report.
        self._place = rng.choice(entries("places", "localities", split)).split("|")
        self._kept: dict[str, list[Piece]] = {}

    def fill(self, slot: Slot) -> list[Piece] | str:
        """The pieces that ``slot`` becomes; a string is a template that is still to be expanded.

        Raises ``KeyError`` for an unknown slot or form.
        """
        name, arguments = slot.name, slot.arguments
        if name == "n":
            return plain(clinical.integer(self._writer, *arguments))
        if name == "dec":
            return plain(clinical.decimal(self._writer, *arguments))
        if name == "unit":
            return [Piece(arguments[0], "DEPARTMENT")]
        if name == "study":
            return self._case.study
        form = arguments[0] if arguments else ""
        if name == "code_birth":
            letters = self._cast.pieces("patient", "letters")[0].text
            return [Piece(f"{letters}{self._writer.birth:%Y%m%d}", "ID")]
        if name in DAYS and arguments[1:] == ("id",):
            return [Piece(self._timeline.day(name, form)[0].text, "ID")]
        if name == "time" and f"time.{form}" in TIMES:
            name, form = f"time.{form}", "".join(arguments[1:])
        role, _, role_form = name.partition(".")
        if role in ROLES:
            return self._cast.pieces(role, role_form)
        if name in DAYS:
            return self._timeline.day(name, form)
        if name in TIMES:
            return self._timeline.time(name, form)
        if name == "stamp":
            return self._timeline.stamp(form or "exam")
        if name == "birthdate":
            return self._timeline.birth(form)
        if name == "age":
            return self._timeline.age(form)
        if name == "sex":
            return calendar.sex(self._writer, form)
        if name == "phone" or name == "fax":
            return [Piece(self._phone(form), "PHONE")]
        if name in self._hospitals:
            parts = self._hospitals[name].split("|")
            return [Piece(parts[_HOSPITAL_FORMS.index(form)], "FACILITY")]
        key = " ".join((name, *arguments))
        if key not in self._kept:
            self._kept[key] = self._drawn(name, form)
        return self._kept[key]

    def _drawn(self, name: str, form: str) -> list[Piece]:
        if name == "id.exam":
            return self._exam_number()
        if name in _NUMBERS:
            return numbers.fill(self._writer, name)
        if name == "id":
            return numbers.fill(self._writer, "id")[-1:]
        if name in _INSTITUTIONS:
            return [Piece(self._entry(_INSTITUTIONS[name]), "FACILITY")]
        if name == "occupation":
            oldest = self._case.ages[1]
            child = "園児" if oldest <= 6 else "学生" if oldest <= 24 else ""
            return [Piece(child or self._entry("occupations"), "OCCUPATION")]
        if name in ("department", "department2", "radiology", "ward"):
            return [Piece(self._department(name), "DEPARTMENT")]
        if name in ("email", "url"):
            return self._network(name)
        return [Piece(self._address(name, form), "ADDRESS")]

    def _exam_number(self) -> list[Piece]:
        """An examination number; letters in front never name another modality than the case's."""
        while True:
            pieces = numbers.fill(self._writer, "id.exam")
            letters = pieces[-1].text[:2]
            if not (letters.isascii() and letters.isalpha()) or letters == self._case.modality:
                return pieces

    def _entry(self, key: str) -> str:
        return self._writer.rng.choice(entries("places", key, self._split))

    def _department(self, name: str) -> str:
        rng = self._writer.rng
        if name == "department":
            return self._case.department
        if name == "radiology":
            return self._entry("radiology")
        if name == "ward":
            return rng.choice(
                (
                    f"{rng.randrange(3, 11)}階{rng.choice(_WARD_SIDES)}",
                    f"{rng.randrange(3, 11)}{rng.choice('東西南北')}病棟",
                )
            )
        every: list[str] = table("places")["departments"]
        return rng.choice([each for each in every if each != self._case.department])

    def _phone(self, form: str) -> str:
        rng = self._writer.rng
        area = self._place[4]
        exchange = self._writer.digits(6 - len(area))
        last = f"{rng.randrange(10000):04}"
        if form == "digits":
            return f"{area}{exchange}{last}"
        if form == "kanji":
            return f"{area}-{exchange}-{last}".translate(_KANJI_DIGITS)
        return rng.choices(
            (
                f"{area}-{exchange}-{last}",
                f"{area}({exchange}){last}",
                f"({area}){exchange}-{last}",
                f"{area}{exchange}{last}",
                f"{area}－{exchange}－{last}",
                f"+81-{area[1:]}-{exchange}-{last}",
            ),
            weights=(60, 10, 8, 8, 8, 4) if not form else (1, 0, 0, 0, 0, 0),
        )[0]

    def _network(self, name: str) -> list[Piece]:
        domain = self._entry("domains")
        if name == "url":
            path = self._writer.rng.choice(
                ("/viewer", "/renkei/", f"/report/{self._writer.digits(6)}")
            )
            return [Piece(f"https://{domain}{path}", "URL")]
        who = self._cast.person("staff")
        family, given = who.surname.romaji.lower(), who.given.romaji.lower()
        account = self._writer.rng.choice(
            (f"{given[0]}.{family}", f"{family}-rad", f"{given}_{family}")
        )
        return [Piece(f"{account}@{domain}", "EMAIL")]

    def _address(self, name: str, form: str) -> str:
        rng = self._writer.rng
        prefecture, city, town, code, _ = self._place
        zip_code = f"〒{code}-{rng.randrange(1, 90):04}"
        if name == "zip":
            return zip_code
        if name == "pref":
            return prefecture
        if name == "town":
            return rng.choice((city, city, prefecture + city))
        if name == "elsewhere":
            other = rng.choice(entries("places", "localities", self._split)).split("|")
            return rng.choice((other[1], other[0] + other[1]))
        if name != "address":
            raise KeyError(name)
        if form == "short":
            return rng.choice((prefecture + city, city + town, prefecture + city + town))
        a, b, c = rng.randrange(1, 6), rng.randrange(1, 40), rng.randrange(1, 25)
        block = rng.choice(
            (
                f"{a}-{b}-{c}",
                f"{a}丁目{b}番{c}号",
                f"{b}-{c}",
                f"{b * 20 + c}番地",
                f"{a}丁目{b}-{c}",
                f"{a}−{b}−{c}",
            )
        )
        building = ""
        if self._writer.chance(0.2):
            house = self._entry("buildings")
            building = f" {house}{rng.randrange(101, 912)}"
        whole = f"{prefecture}{city}{town}{block}{building}"
        return f"{zip_code} {whole}" if self._writer.chance(0.25) else whole

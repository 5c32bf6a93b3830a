"""Synthetic Japanese reports to measure speed on: varied, endless, the same for the same seed.

They are made to cost what real reports cost (length, share of kanji, density of identifiers and of
numbers that are none), not to be hard to de-identify: no accuracy is ever measured on them.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

__all__ = ["Composer", "Report"]

_INVENTORY = Path(__file__).with_name("synthetic.toml")
_SLOT = re.compile("{([a-z]+)}")
_FIRST_DAY = date(2018, 1, 1)
_ERA = 2018  # Reiwa 1 is 2019


@dataclass(frozen=True)
class Report:
    """One report, and what a hospital's table would state beside it."""

    id: str
    patient: str
    name: str
    text: str

    def row(self) -> dict[str, str]:
        """The report as a row of a JSONL export."""
        return {"id": self.id, "患者ID": self.patient, "患者氏名": self.name, "text": self.text}


@dataclass(frozen=True)
class _Section:
    """The lines of one section, and how many of them a report has."""

    lines: tuple[str, ...]
    least: int
    most: int


class Composer:
    """Composes reports from the inventory; two composers of one seed compose the same ones."""

    def __init__(self, seed: int = 0) -> None:
        inventory = tomllib.loads(_INVENTORY.read_text(encoding="utf-8"))
        self._words: dict[str, list[str]] = inventory["words"]
        self._genres: list[list[str]] = list(inventory["genres"].values())
        self._sections = {
            name: _Section(tuple(stated["lines"]), stated["least"], stated["most"])
            for name, stated in inventory["sections"].items()
        }
        self._random = random.Random(seed)
        self._count = 0
        self._patient = self._number = ""
        self._drawn: dict[str, Callable[[], str]] = {
            "patient": lambda: self._patient,
            "id": lambda: self._number,
            "date": lambda: self._date(self._day()),
            "shortdate": lambda: f"{(day := self._day()).month}/{day.day}",
            "birth": lambda: self._date(self._day() - timedelta(days=self._below(12_000, 30_000))),
            "time": lambda: f"{self._below(0, 24)}:{self._below(0, 60):02}",
            "size": lambda: str(self._below(3, 48)),
            "small": lambda: str(self._below(1, 10)),
            "number": lambda: str(self._below(11, 99)),
            "age": lambda: str(self._below(18, 97)),
            "sex": lambda: self._random.choice(["男性", "女性", "男", "女"]),
            "phone": lambda: f"0{self._below(7, 10)}0-0000-{self._below(0, 10_000):04}",
            "insurer": lambda: f"{self._below(1_000_000, 9_999_999):08}",
            "doctor": lambda: self._word("surname"),
            "facility": lambda: self._word("stem") + self._word("kind"),
            "pressure": lambda: f"{self._below(98, 172)}/{self._below(52, 98)}",
            "pulse": lambda: str(self._below(48, 118)),
            "saturation": lambda: str(self._below(88, 100)),
            "temperature": lambda: f"{self._below(35, 39)}.{self._below(0, 10)}",
            "weight": lambda: f"{self._below(38, 92)}.{self._below(0, 10)}",
        }

    def report(self) -> Report:
        """A whole report of some genre, a few hundred characters long."""
        return self._made(self._random.choice(self._genres))

    def note(self) -> Report:
        """A short note of one section."""
        return self._made([self._random.choice(["findings", "handover", "course", "objective"])])

    def reports(self, characters: int) -> Iterator[Report]:
        """Reports that together have at least so many characters."""
        while characters > 0:
            report = self.report()
            characters -= len(report.text)
            yield report

    def _made(self, sections: list[str]) -> Report:
        self._count += 1
        blank = self._random.choice(["", " ", "　"])
        self._patient = self._word("surname") + blank + self._word("given")
        self._number = f"{self._below(0, 100_000_000):08}"
        text = "\n".join(line for section in sections for line in self._lines(section))
        return Report(f"r{self._count:06}", self._number, self._patient, text + "\n")

    def _lines(self, section: str) -> Iterator[str]:
        stated = self._sections[section]
        count = self._below(stated.least, stated.most + 1)
        for line in self._random.sample(stated.lines, count):
            yield _SLOT.sub(lambda slot: self._fill(slot[1]), line)

    def _fill(self, slot: str) -> str:
        draw = self._drawn.get(slot)
        return draw() if draw else self._word(slot)

    def _word(self, kind: str) -> str:
        return self._random.choice(self._words[kind])

    def _below(self, least: int, end: int) -> int:
        return self._random.randrange(least, end)

    def _day(self) -> date:
        return _FIRST_DAY + timedelta(days=self._below(0, 2_900))

    def _date(self, day: date) -> str:
        western = [f"{day.year}年{day.month}月{day.day}日", f"{day:%Y/%m/%d}", f"{day:%Y-%m-%d}"]
        if day.year > _ERA:
            western += [f"令和{day.year - _ERA}年{day.month}月{day.day}日"]
        return self._random.choice(western)

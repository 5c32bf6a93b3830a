"""Small gold reports from a seed, so that a simulation needs no data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from sekisho.errors import UsageError
from sekisho.evaluation.gold import GoldDocument, GoldSpan
from sekisho.phi.categories import Category

__all__ = ["documents"]

_FILE = Path(__file__).with_name("documents.toml")
_SLOT = re.compile(r"\{([a-z0-9_]+)\}")
_WEEKDAYS = "月火水木金土日"
_ERAS = ((2019, "令和", "R"), (1989, "平成", "H"), (1926, "昭和", "S"))


def documents(n: int, seed: int) -> tuple[GoldDocument, ...]:
    """``n`` different reports in Japanese, the same for the same ``seed``.

    Raises ``UsageError`` for fewer than one.
    """
    if n < 1:
        raise UsageError("a simulation needs at least one report")
    made: dict[str, GoldDocument] = {}
    number = 0
    while len(made) < n:
        # A generator for each report: the first ten of a hundred are those of ten.
        report = _report(f"simulated-{seed}-{len(made) + 1:04}", Random(f"{seed}/{number}"))
        made.setdefault(report.text, report)
        number += 1
    return tuple(made.values())


def _report(id: str, random: Random) -> GoldDocument:
    stated = _stated()
    lines = random.sample(stated["lines"], random.randint(stated["fewest"], stated["most"]))
    lines += random.sample(stated["findings"], stated["trapped"])
    random.shuffle(lines)
    parts = (*(random.choice(stated[name]) for name in ("heads", "exams")), *lines)
    template = "\n".join((*parts, random.choice(stated["ends"])))
    return _filled(id, template, _values(random))


def _filled(id: str, template: str, values: Mapping[str, str]) -> GoldDocument:
    text, spans, at = "", [], 0
    for slot in _SLOT.finditer(template):
        text += template[at : slot.start()]
        at = slot.end()
        value = values[slot[1]]
        meant = _stated()["slots"].get(slot[1])
        if meant is not None:
            spans.append(
                GoldSpan(
                    len(text),
                    len(text) + len(value),
                    Category(meant["category"]),
                    value,
                    meant.get("disguise"),
                    meant.get("difficulty"),
                )
            )
        text += value
    return GoldDocument(id, text + template[at:], tuple(spans))


def _values(random: Random) -> dict[str, str]:
    """What fills the slots of one report."""
    lists = _stated()["values"]
    # No two people of a report share a name: their entries would be one.
    surnames = [each.split("/") for each in random.sample(lists["surnames"], 7)]
    given = [each.split("/") for each in random.sample(lists["given"], 3)]
    (patient, staff, second, technician, nurse, third, hidden), (own, relative, _) = surnames, given
    born, year = random.randint(1930, 2015), random.randint(2022, 2025)
    month, day = random.randint(1, 12), random.randint(1, 28)
    exam = date(year, random.randint(1, 12), random.randint(1, 28))
    times = random.sample(range(8 * 60, 18 * 60), 3)
    eponym, second_eponym = random.sample(lists["eponyms"], 2)
    facility, other = random.sample(lists["facilities"], 2)
    return {
        "patient": patient[0] + own[0],
        "patient_reading": f"{patient[1]} {own[1]}",
        "patient_kana": patient[2] + own[2],
        "relative": relative[0],
        "relative_kana": relative[1],
        "staff": staff[0],
        "staff2": second[0],
        "staff_kana": third[2],
        "technician": technician[0],
        "nurse": nurse[0],
        "hidden_surname": hidden[0],
        "birth": _date(random, born, month, day),
        "hidden_birth": f"{born}{month:02}{day:02}",
        "age": f"{year - born}歳",
        "sex": random.choice(lists["sexes"]),
        "chart": f"{random.randint(1_000_000, 9_999_999)}",
        "phone": f"0{random.randint(3, 9)}-0000-{random.randint(1000, 9999)}",
        "address": random.choice(lists["addresses"]),
        "date": _date(random, exam.year, exam.month, exam.day),
        "weekday": _WEEKDAYS[exam.weekday()],
        "date2": _date(random, year - 1, random.randint(1, 12), random.randint(1, 28)),
        "date3": f"{year + 1}/{random.randint(1, 12)}/{random.randint(1, 28)}",
        "time": _time(random, times[0]),
        "time2": _time(random, times[1]),
        "time3": _time(random, times[2]),
        "department": random.choice(lists["departments"]),
        "facility": facility,
        "facility2": other,
        "occupation": random.choice(lists["occupations"]),
        "eponym": eponym,
        "eponym2": second_eponym,
        "device": random.choice(lists["devices"]),
        "size2": f"{random.randint(50, 99)}.{random.randint(1, 9)}",
        "size": f"{random.randint(3, 49)}.{random.randint(1, 9)}",
        "dose": str(random.randint(60, 120)),
    }


def _date(random: Random, year: int, month: int, day: int) -> str:
    began, name, letter = next(era for era in _ERAS if year >= era[0])
    return random.choice(
        (
            f"{year}年{month}月{day}日",
            f"{year}/{month:02}/{day:02}",
            f"{name}{year - began + 1}年{month}月{day}日",
            f"{letter}{year - began + 1}.{month}.{day}",
        )
    )


def _time(random: Random, minutes: int) -> str:
    hour, minute = divmod(minutes, 60)
    noon = "午前" if hour < 12 else "午後"
    return random.choice(
        (
            f"{hour}:{minute:02}",
            f"{hour}時{minute:02}分",
            f"{noon}{(hour - 1) % 12 + 1}時{minute}分",
            f"{hour}時半" if minute >= 30 else f"{hour}時過ぎ",
        )
    )


@cache
def _stated() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))

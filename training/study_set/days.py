"""Slots for days, times and ages of one report, one behind the other as in a hospital."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from training.corpus import calendar
from training.corpus.writer import Piece, Writer

__all__ = ["DAYS", "TIMES", "Timeline"]

#: Slot -> the least and the most days after the examination.
DAYS = {
    "exam": (0, 0),
    "report": (0, 2),
    "order": (-20, -1),
    "onset": (-40, -2),
    "prior": (-420, -60),
    "older": (-2200, -430),
    "op": (-2900, -150),
    "next": (25, 200),
}
#: Slot -> the least and the most minutes after the examination began.
TIMES = {"time": (0, 0), "time.before": (-80, -50), "time.later": (25, 95), "time.last": (100, 200)}
_WEEKDAYS = "月火水木金土日"
_KANJI = "〇一二三四五六七八九"


class Timeline:
    """The days and clock times of one report around its examination."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        rng = writer.rng
        lived = (writer.today - writer.birth).days - 3
        # Nothing was examined before the patient was born.
        self._days = {
            name: writer.today + timedelta(days=rng.randint(max(least, -lived), max(most, -lived)))
            for name, (least, most) in DAYS.items()
        }
        start = datetime(
            2000, 1, 1, rng.randrange(8, 18), rng.choice((0, 5, 12, 20, 30, 37, 45, 54))
        )
        self._times = {
            name: start + timedelta(minutes=rng.randint(least, most))
            for name, (least, most) in TIMES.items()
        }
        self._felt = self._times["time.before"] - timedelta(minutes=rng.randrange(20, 240))
        self._month_first = rng.random() < 0.5
        self._clock = rng.choice(("colon", "colon", "colon", "kanji", "half", "seconds"))

    def day(self, name: str, form: str) -> list[Piece]:
        """The day ``name`` in ``form``: "" for a whole date, md, ym, year, day or compact."""
        when = self._days[name]
        pieces = [Piece(self._day(when, form), "DATE")]
        if form in ("", "md") and self._writer.chance(0.08):
            weekday = _WEEKDAYS[when.weekday()]
            pieces.append(Piece(self._writer.rng.choice((f"（{weekday}）", f"({weekday})"))))
        return pieces

    def time(self, name: str, form: str) -> list[Piece]:
        """The clock time ``name``; ``form`` "about" for one that somebody remembered."""
        when = self._times[name]
        if form == "compact":
            return [Piece(f"{when:%H%M}", "TIME")]
        if form == "about":
            return [Piece(self._about(self._felt), "TIME")]
        return [Piece(self._exact(when), "TIME")]

    def stamp(self, name: str) -> list[Piece]:
        """Date and time written together, as machines and hasty writers do."""
        when = self._days[name]
        clock = self._times["time" if name == "exam" else "time.later"]
        return self._writer.rng.choice(
            (
                [Piece(f"{when:%Y%m%d}", "DATE"), Piece("-"), Piece(f"{clock:%H%M}", "TIME")],
                [Piece(f"{when:%Y-%m-%d}", "DATE"), Piece("T"), Piece(f"{clock:%H:%M:%S}", "TIME")],
                [Piece(f"{when:%Y/%m/%d}", "DATE"), Piece(f"{clock:%H:%M}", "TIME")],
                [Piece(f"{when:%Y%m%d}", "DATE"), Piece(f"{clock:%H%M%S}", "TIME")],
                [Piece(f"{when:%y.%m.%d}", "DATE"), Piece("/"), Piece(f"{clock:%H:%M}", "TIME")],
                [
                    Piece(f"{when.month}月{when.day}日", "DATE"),
                    Piece(f"{clock.hour}時{clock.minute}分", "TIME"),
                ],
                [Piece(self._day(when, ""), "DATE"), Piece(" "), Piece(self._exact(clock), "TIME")],
                [Piece(self._day(when, ""), "DATE"), Piece("　"), Piece(f"{clock:%H:%M}", "TIME")],
            )
        )

    def birth(self, form: str) -> list[Piece]:
        """The patient's day of birth; "compact" eight digits, "digits" as months and days run."""
        if form == "compact":
            return [Piece(f"{self._writer.birth:%Y%m%d}", "BIRTHDATE")]
        return calendar.birthdate(self._writer)

    def age(self, form: str) -> list[Piece]:
        """The patient's age; in months for infants."""
        years = self._writer.age
        rng = self._writer.rng
        months = max(1, (self._writer.today - self._writer.birth).days // 30)
        if form == "dicom":
            return [Piece(f"{years:03}Y", "AGE")]
        if form == "decade":
            return [Piece(f"{max(10, years // 10 * 10)}{rng.choice(('代', '歳代'))}", "AGE")]
        if years < 2:
            return [
                Piece(rng.choice((f"生後{months}か月", f"{months}ヶ月", f"月齢{months}")), "AGE")
            ]
        if form == "number":
            return [Piece(str(years), "AGE")]
        written = rng.choices(
            (
                f"{years}歳",
                f"{years}才",
                f"{years:03}Y",
                f"{years} y.o.",
                f"満{years}歳",
                f"{years}Y",
            ),
            weights=(70, 10, 5, 4, 5, 4),
        )[0]
        return [Piece(written, "AGE")]

    def _day(self, when: date, form: str) -> str:
        if form == "md":
            return (
                f"{when.month}/{when.day}" if self._month_first else f"{when.month}月{when.day}日"
            )
        if form == "ym":
            era = when.year - 2018
            forms = [f"{when.year}年{when.month}月", f"{when.year}/{when.month:02}"]
            if era > 1:
                forms += [f"令和{era}年{when.month}月", f"R{era}.{when.month}"]
            return self._writer.rng.choice(forms)
        if form == "day":
            return f"{when.day}日"
        if form == "year":
            return f"{when.year}年"
        if form == "compact":
            return f"{when:%Y%m%d}"
        return self._whole(when)

    def _whole(self, when: date) -> str:
        # The corpus writes a day of birth in the writer's own form, and any day can be written so.
        birth = self._writer.birth
        self._writer.birth = when
        written = calendar.birthdate(self._writer)[0].text
        self._writer.birth = birth
        return written

    def _exact(self, when: datetime) -> str:
        clock = (
            self._clock
            if self._writer.chance(0.75)
            else self._writer.rng.choice(
                ("colon", "kanji", "half", "english", "seconds", "numerals", "letter")
            )
        )
        half = "午前" if when.hour < 12 else "午後"
        hour = when.hour if when.hour <= 12 else when.hour - 12
        return {
            "colon": f"{when.hour}:{when:%M}",
            "kanji": f"{when.hour}時{when.minute}分" if when.minute else f"{when.hour}時",
            "half": f"{half}{hour}時{when.minute}分" if when.minute else f"{half}{hour}時",
            "english": f"{'AM' if when.hour < 12 else 'PM'} {hour}:{when:%M}",
            "seconds": f"{when:%H:%M}:{self._writer.rng.randrange(60):02}",
            "numerals": f"{_numeral(when.hour)}時{_numeral(when.minute)}分",
            "letter": f"{when.hour}h{when:%M}",
        }[clock]

    def _about(self, when: datetime) -> str:
        half = "午前" if when.hour < 12 else "午後"
        hour = when.hour if when.hour <= 12 else when.hour - 12
        return self._writer.rng.choice(
            (
                f"{when.hour}時頃",
                f"{half}{hour}時頃",
                f"{when.hour}時半",
                f"{half}{hour}時過ぎ",
                f"{when.hour}時すぎ",
                f"{when.hour}:{when:%M}頃",
                f"{half}{_numeral(hour)}時ごろ",
            )
        )


def _numeral(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else _KANJI[tens] + "十"
    return head + (_KANJI[ones] if ones or not tens else "")

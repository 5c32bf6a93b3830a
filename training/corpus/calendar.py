"""Slots for dates, times and ages, in the many forms in which writers put them."""

from __future__ import annotations

from datetime import date, timedelta

from training.corpus.words import drawn
from training.corpus.writer import Piece, Writer

__all__ = ["age", "birthdate", "day", "sex", "time"]

_ERAS = (
    (date(2019, 5, 1), "令和", "R", "㋿"),
    (date(1989, 1, 8), "平成", "H", "㍻"),
    (date(1926, 12, 25), "昭和", "S", "㍼"),
    (date(1912, 7, 30), "大正", "T", "㍽"),
    (date(1868, 1, 25), "明治", "M", "㍾"),
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = "月火水木金土日"
_KANJI = "〇一二三四五六七八九"

#: How a writer may put a full date, and how often such writers are.
_FULL = {
    "kanji": 20, "slashes": 16, "padded": 12, "dots": 8, "hyphens": 8, "era": 12, "era-letter": 10,
    "era-slashes": 5, "era-kanji": 2, "short-year": 4, "blanks": 2, "english": 1.5, "compact": 2,
    "era-square": 1,
}  # fmt: skip
_MONTH_DAY = {"slash": 45, "kanji": 40, "padded": 6, "dot": 3, "hyphen": 3, "kanji-numerals": 3}


def day(writer: Writer, form: str) -> list[Piece]:
    """A day near the day of writing (``form`` "" is a full date), sometimes with its weekday."""
    when = writer.today - timedelta(days=int(writer.rng.expovariate(1 / 300)))
    if writer.chance(0.15):
        when = writer.today + timedelta(days=writer.rng.randrange(120))
    written = {
        "": _full,
        "md": _month_day,
        "ym": _year_month,
        "year": _year,
        "compact": lambda _, each: f"{each:%Y%m%d}",
        "day": lambda w, each: f"{each.day}日",
    }[form](writer, when)
    pieces = [Piece(written, "DATE")]
    if form in ("", "md") and writer.chance(0.13):
        weekday = _WEEKDAYS[when.weekday()]
        pieces.append(
            Piece(
                writer.rng.choice(
                    (f"（{weekday}）", f"({weekday})", f"({weekday}曜)", f"（{weekday}曜日）")
                )
            )
        )
    return pieces


def birthdate(writer: Writer) -> list[Piece]:
    """The patient's day of birth."""
    return [Piece(_full(writer, writer.birth), "BIRTHDATE")]


def _full(writer: Writer, when: date) -> str:
    kept = writer.keep("date form", writer.weighted(**_FULL))
    assert isinstance(kept, str)
    form = kept if writer.chance(0.8) else writer.weighted(**_FULL)
    year, month, dom = when.year, when.month, when.day
    era, letter, square, count = _era(when)
    if form == "english":
        name = _MONTHS[month - 1]
        return writer.rng.choice(
            (f"{dom} {name} {year}", f"{name} {dom}, {year}", f"{dom}-{name}-{year}")
        )
    if form == "era-kanji":
        return f"{era}{_numeral(count)}年{_numeral(month)}月{_numeral(dom)}日"
    counted = "元" if count == 1 and writer.chance(0.6) else str(count)
    return {
        "kanji": f"{year}年{month}月{dom}日",
        "slashes": f"{year}/{month}/{dom}",
        "padded": f"{year}/{month:02}/{dom:02}",
        "dots": f"{year}.{month}.{dom}" if writer.chance(0.7) else f"{year}.{month:02}.{dom:02}",
        "hyphens": f"{year}-{month:02}-{dom:02}",
        "era": f"{era}{counted}年{month}月{dom}日",
        "era-letter": f"{letter}{count}.{month}.{dom}",
        "era-slashes": f"{letter}{count}/{month}/{dom}"
        if writer.chance(0.7)
        else f"{letter}{count:02}/{month:02}/{dom:02}",
        "short-year": f"{writer.rng.choice(('', chr(39)))}{year % 100:02}/{month}/{dom}",
        "blanks": f"{year}年 {month}月 {dom}日",
        "compact": f"{year}{month:02}{dom:02}",
        "era-square": f"{square}{count}年{month}月{dom}日",
    }[form]


def _month_day(writer: Writer, when: date) -> str:
    kept = writer.keep("month form", writer.weighted(**_MONTH_DAY))
    assert isinstance(kept, str)
    return {
        "slash": f"{when.month}/{when.day}",
        "kanji": f"{when.month}月{when.day}日",
        "padded": f"{when.month:02}/{when.day:02}",
        "dot": f"{when.month}.{when.day}",
        "hyphen": f"{when.month}-{when.day}",
        "kanji-numerals": f"{_numeral(when.month)}月{_numeral(when.day)}日",
    }[kept]


def _year_month(writer: Writer, when: date) -> str:
    era, letter, _, count = _era(when)
    return writer.rng.choice(
        (
            f"{when.year}年{when.month}月",
            f"{when.year}年{when.month}月",
            f"{when.year}/{when.month}",
            f"{when.year}.{when.month}",
            f"{when.year}-{when.month:02}",
            f"{era}{count}年{when.month}月",
            f"{letter}{count}.{when.month}",
            f"{letter}{count}年{when.month}月",
            f"{letter}{count}/{when.month}",
            f"{era}{_numeral(count)}年{_numeral(when.month)}月",
        )
    )


def _year(writer: Writer, when: date) -> str:
    when -= timedelta(days=365 * writer.rng.randrange(25))
    era, letter, _, count = _era(when)
    return writer.rng.choice(
        (
            f"{when.year}年",
            f"{when.year}年",
            f"{when.year}年",
            f"{era}{count}年",
            f"{letter}{count}年",
            f"{letter}{count}",
        )
    )


def _era(when: date) -> tuple[str, str, str, int]:
    for first, name, letter, square in _ERAS:
        if when >= first:
            return name, letter, square, when.year - first.year + 1
    raise ValueError(f"no era holds {when}")


def _numeral(number: int) -> str:
    """A number below 100 in kanji: 二十三."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else _KANJI[tens] + "十"
    return head + (_KANJI[ones] if ones or not tens else "")


def time(writer: Writer) -> list[Piece]:
    """A clock time, with the words that belong to it."""
    hour, minute = (
        writer.rng.randrange(24),
        writer.rng.choice((0, 0, 5, 10, 15, 20, 30, 30, 40, 45, 50, 53, 17)),
    )
    half = "午前" if hour < 12 else "午後"
    written = writer.rng.choices(
        (
            f"{hour}:{minute:02}",
            f"{hour:02}:{minute:02}",
            f"{hour}時{minute}分",
            f"{hour}時",
            f"{half}{hour % 12 or 12}時",
            f"{half}{hour % 12 or 12}時{minute}分",
            f"{hour}時半",
            f"{hour % 12 or 12}時",
            f"{'AM' if hour < 12 else 'PM'}{hour % 12}:{minute:02}",
            f"{hour % 12}:{minute:02} {'am' if hour < 12 else 'pm'}",
            f"{hour:02}:{minute:02}:{writer.rng.randrange(60):02}",
            f"{hour:02}{minute:02}",
            f"{_numeral(hour)}時{_numeral(minute)}分" if minute else f"{_numeral(hour)}時",
        ),
        weights=(22, 22, 12, 10, 8, 4, 3, 5, 3, 1, 2, 2, 1),
    )[0]  # fmt: skip
    if "時" in written or writer.chance(0.1):
        written += writer.rng.choice(("", "", "", "頃", "頃", "ごろ", "過ぎ", "前", "すぎ"))
    if "時" in written and "午" not in written and writer.chance(0.15):
        # The part of the day stays outside of the time, as a weekday outside of a date.
        return [Piece(drawn(writer.rng, "day_parts")), Piece(written, "TIME")]
    return [Piece(written, "TIME")]


def age(writer: Writer, form: str) -> list[Piece]:
    """An age; the patient's own where the form allows it."""
    rng = writer.rng
    years = writer.age if writer.chance(0.75) else rng.randrange(1, 100)
    if form == "number":
        written = str(years)
    elif form == "dicom":
        written = f"{years:03}Y"
    elif form == "decade":
        written = f"{max(10, years // 10 * 10)}{rng.choice(('代', '歳代', '代'))}"
    elif form == "baby":
        months = rng.randrange(1, 24)
        written = rng.choice(
            (
                f"生後{months}か月", f"生後{months}ヶ月", f"生後{rng.randrange(1, 60)}日",
                f"日齢{rng.randrange(0, 40)}", f"月齢{months}", f"{rng.randrange(1, 6)}歳{rng.randrange(1, 12)}か月",
                f"0歳{rng.randrange(1, 12)}ヶ月", f"生後{rng.randrange(1, 20)}時間", f"{months}か月",
                f"日齢{rng.randrange(0, 28)}",
            )
        )  # fmt: skip
    else:
        written = rng.choices(
            (
                f"{years}歳", f"{years}才", f"{years:03}Y", f"{years} y.o.", f"{years}yo", f"{years}Y",
                f"満{years}歳", f"{_numeral(years) if years < 100 else years}歳", f"{years}歳{rng.randrange(12)}か月",
                f"{years} 歳", f"{years}歳{rng.randrange(12)}ヶ月",
            ),
            weights=(66, 10, 4, 2, 2, 3, 1.5, 2.5, 2, 3, 1),
        )[0]  # fmt: skip
    return [Piece(written, "AGE")]


def sex(writer: Writer, form: str) -> list[Piece]:
    """The patient's sex, in the writer's own way."""
    female = writer.sex == "F"
    if form == "child":
        written = writer.rng.choice(
            ("女児", "女児", "女子", "女の子") if female else ("男児", "男児", "男子", "男の子")
        )
    else:
        written = writer.rng.choices(
            ("女性", "女", "F", "Female", "♀", "女性", "female")
            if female
            else ("男性", "男", "M", "Male", "♂", "男性", "male"),
            weights=(40, 26, 14, 3, 1, 14, 2),
        )[0]
    return [Piece(written, "SEX")]

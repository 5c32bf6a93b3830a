"""Slots that name nobody: measurements, drugs, eponyms, and whole sentences that are traps."""

from __future__ import annotations

from training.corpus.words import drawn
from training.corpus.writer import Writer

__all__ = ["WORDS", "decimal", "integer", "lab", "measure"]

#: Slot -> the list it draws from; an entry may hold slots of its own.
WORDS = {
    "eponym": "eponyms",
    "classification": "classifications",
    "anatomy": "anatomy",
    "disease": "diseases",
    "drug": "drugs",
    "dose": "doses",
    "vital": "vitals",
    "score": "scores",
    "rel": "relative_times",
    "gest": "gestation",
    "machine": "machines",
    "sequence": "sequences",
    "role": "roles",
    "trap": "traps",
}


def integer(writer: Writer, least: str, most: str) -> str:
    """An integer between the two."""
    return str(writer.rng.randint(int(least), int(most)))


def decimal(writer: Writer, least: str, most: str) -> str:
    """A number with as many decimals as the bounds have."""
    places = max(len(bound.partition(".")[2]) for bound in (least, most)) or 1
    return f"{writer.rng.uniform(float(least), float(most)):.{places}f}"


def lab(writer: Writer) -> str:
    """A laboratory value from an entry ``name|low|high|unit|decimals``."""
    name, low, high, unit, places = drawn(writer.rng, "labs").split("|")
    value = writer.rng.uniform(float(low), float(high))
    grouped = "," if value >= 1000 and writer.chance(0.4) else ""
    number = f"{value:{grouped}.{int(places)}f}"
    between = writer.rng.choice((" ", " ", "", "：", ":", "="))
    return f"{name}{between}{number}{writer.rng.choice((unit, unit, '', ' ' + unit))}"


def measure(writer: Writer) -> str:
    """A size in two or three dimensions."""
    rng = writer.rng
    sign = rng.choice(("×", "×", "x", "X", "*"))
    count = rng.choice((1, 2, 2, 2, 3))
    unit = rng.choice(("mm", "mm", "mm", "cm", "㎜", " mm"))
    sizes = [
        f"{rng.uniform(0.3, 12):.1f}" if "c" in unit else str(rng.randint(2, 120))
        for _ in range(count)
    ]
    return sign.join(sizes) + unit + rng.choice(("", "", "大"))

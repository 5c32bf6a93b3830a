"""How exactly quotes are found again in Japanese reports: ours, plain search, and LangExtract.

    python benchmarks/grounding.py [--peer-python PATH] [--spans 500] [--seed 1] [--json FILE]

Reports are composed from ``grounding.toml``, and stretches of them are quoted as models quote:
noise of width, half-width kana, blanks and line breaks stands in the text, in the quote, or in
both. Each stretch stands once in its report, so that the truth is exact: a place counts as exact
when both its ends are, as wrong when there is another one, as none when there is none.

``PATH`` is a Python that has LangExtract (``pip install langextract==1.7.1``); without it the
columns of LangExtract are left out. Its ``extract()`` runs as it is, with a model that answers the
quotes of a report in their order (``grounding_peer.py``).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from sekisho.documents.document import Document
from sekisho.documents.folding import fold
from sekisho.extraction.answers.grounding import Quotes

__all__ = ["Planted", "Report", "ours", "outcome", "plain", "reports"]

HERE = Path(__file__).parent
_SLOT = re.compile("{([a-z]+)}")
_SPANS_A_REPORT = 10
_LINES_A_REPORT = 14
_WRAPPED_SHARE = 0.2

Place = tuple[int, int] | None
Noise = Callable[[random.Random, str], str]

_FULL = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}
_HALF_KANA = {
    full: half + mark
    for half in map(chr, range(ord("ｦ"), ord("ﾝ") + 1))
    for mark in ("", "ﾞ", "ﾟ")
    if len(full := fold(half + mark).text) == 1
}
_KANA = str.maketrans(_HALF_KANA)
_SQUARE = {"mm2": "㎟", "mm": "㎜", "mg": "㎎", "μL": "㎕"}


@dataclass(frozen=True)
class Planted:
    """A stretch ``start..end`` of a report, how a model quotes it, and the noise in both."""

    start: int
    end: int
    quote: str
    noise: str


@dataclass(frozen=True)
class Report:
    """A report and the stretches that are quoted from it, in their order."""

    text: str
    planted: tuple[Planted, ...]


def reports(spans: int, seed: int) -> Iterator[Report]:
    """Reports with ``spans`` planted stretches altogether; the same for the same ``seed``."""
    chance = random.Random(seed)
    inventory = tomllib.loads((HERE / "grounding.toml").read_text(encoding="utf-8"))
    while spans > 0:
        report = _report(chance, inventory, min(spans, _SPANS_A_REPORT))
        if report is not None:
            spans -= len(report.planted)
            yield report


def _report(
    chance: random.Random, inventory: dict[str, dict[str, list[str]]], spans: int
) -> Report | None:
    """A report with ``spans`` stretches; None when one of them does not stand there just once."""
    lines = chance.sample(inventory["lines"]["all"], _LINES_A_REPORT)
    clauses = [
        clause
        for line in lines
        for clause in re.split(
            "(?<=[、。])", _SLOT.sub(lambda slot: _fill(chance, inventory, slot), line)
        )
        if clause
    ]
    chosen = set(chance.sample(range(len(clauses)), spans))
    pieces: list[str] = []
    planted: list[Planted] = []
    length = 0
    for at, clause in enumerate(clauses):
        if at in chosen:
            ending = clause[-1]
            written, quote, noise = _noisy(chance, clause[:-1])
            planted.append(Planted(length, length + len(written), quote, noise))
            clause = written + ending
        if clause.endswith("。"):
            clause += chance.choice(["\n", "\n", "", "\r\n"])
        pieces.append(clause)
        length += len(clause)
    text = "".join(pieces)
    bare = _bare(text)
    if any(bare.count(_bare(each.quote)) != 1 for each in planted):
        return None
    return Report(text, tuple(planted))


def _fill(
    chance: random.Random, inventory: dict[str, dict[str, list[str]]], slot: re.Match[str]
) -> str:
    numbers = {"size": (11, 49), "small": (2, 9), "month": (1, 12)}
    if slot[1] in numbers:
        return str(chance.randint(*numbers[slot[1]]))
    return chance.choice(inventory["slots"][slot[1]])


def _bare(text: str) -> str:
    return "".join(fold(text).text.split())


def _noisy(chance: random.Random, stretch: str) -> tuple[str, str, str]:
    """How the report writes ``stretch``, how the model quotes it, and the names of the noise."""
    written, quote = stretch, stretch
    names = []
    for noise in chance.sample(sorted(_NOISE), chance.choice([0, 1, 1, 2, 2, 3])):
        before = (written, quote)
        side = chance.choice(["text", "quote", "text"])
        if side == "text":
            written = _NOISE[noise](chance, written)
        else:
            quote = _NOISE[noise](chance, quote)
        if (written, quote) != before:
            names.append(f"{noise} in the {side}")
    if chance.random() < _WRAPPED_SHARE:
        written = _WRAPPED(chance, written)
        names.append("lines wrapped in the text")
    return written, quote, ", ".join(sorted(names))


def _may_part(left: str, right: str, *, in_words: bool) -> bool:
    """Whether noise may come between two characters: never into a number, nor between a kana and
    its voicing mark; into a Latin word only where the report breaks its lines."""
    if right in "ﾞﾟ" or left.isspace() or right.isspace():
        return False
    pair = fold(left).text[-1:] + fold(right).text[:1]
    if all(sign in "0123456789.," for sign in pair):
        return False
    return in_words or not pair.isascii()


def _inserting(signs: Sequence[str], *, in_words: bool = False) -> Noise:
    def insert(chance: random.Random, text: str) -> str:
        pairs = enumerate(pairwise(text), start=1)
        gaps = [at for at, pair in pairs if _may_part(*pair, in_words=in_words)]
        for at in sorted(chance.sample(gaps, min(len(gaps), chance.randint(1, 3))), reverse=True):
            text = text[:at] + chance.choice(signs) + text[at:]
        return text

    return insert


def _full_width(_: random.Random, text: str) -> str:
    return text.translate(_FULL)


def _half_kana(_: random.Random, text: str) -> str:
    return text.translate(_KANA)


def _squared(_: random.Random, text: str) -> str:
    for letters, sign in _SQUARE.items():
        text = re.sub(f"{letters}(?![A-Za-z0-9])", sign, text)
    return text


def _unspaced(_: random.Random, text: str) -> str:
    """Without the blanks beside Japanese, and between a number and its unit."""
    kept = []
    for at, sign in enumerate(text):
        before, behind = fold(text[at - 1 : at]).text, fold(text[at + 1 : at + 2]).text
        parts = before.isascii() and behind.isascii() and before.isdecimal() == behind.isdecimal()
        if sign != " " or parts:
            kept.append(sign)
    return "".join(kept)


_NOISE: dict[str, Noise] = {
    "full width": _full_width,
    "half-width kana": _half_kana,
    "units as one sign": _squared,
    "line breaks": _inserting(["\n", "\r\n", "\n\u3000"]),
    "blanks": _inserting([" ", "\u3000", "  "]),
    "zero-width signs": _inserting(["\u200b", "\ufeff"]),
    "no blanks": _unspaced,
}
#: What only reports do: a line ends anywhere but in a number.
_WRAPPED = _inserting(["\n", "\r\n"], in_words=True)


def ours(report: Report) -> list[Place]:
    """Where sekisho finds the quotes of ``report``."""
    return list(Quotes(Document("", report.text)).in_order([each.quote for each in report.planted]))


def plain(report: Report) -> list[Place]:
    """Where a plain search finds them, each behind the last."""
    places: list[Place] = []
    after = 0
    for each in report.planted:
        at = report.text.find(each.quote, after)
        places.append((at, at + len(each.quote)) if at >= 0 else None)
        after = places[-1][1] if places[-1] else after
    return places


def outcome(planted: Planted, place: Place) -> str:
    """Whether ``place`` is where ``planted`` stands: exact, wrong or none."""
    if place is None:
        return "none"
    return "exact" if place == (planted.start, planted.end) else "wrong"


def langextract(
    composed: Sequence[Report], python: str
) -> dict[str, tuple[list[list[Place]], float]]:
    """Where LangExtract finds them, by tokenizer, and the seconds that it took."""
    rows = [{"text": r.text, "quotes": [each.quote for each in r.planted]} for r in composed]
    done = subprocess.run(
        [python, str(HERE / "grounding_peer.py")],
        input=json.dumps(rows),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    answer = json.loads(done.stdout)
    return {
        name: (
            [[tuple(place) if place else None for place in row] for row in column["places"]],
            column["seconds"],
        )
        for name, column in answer.items()
    }


def counted(composed: Sequence[Report], places: Iterable[Sequence[Place]]) -> Counter[str]:
    """How many were exact, wrong and none; and ``verbatim``: exact among those without noise."""
    counts: Counter[str] = Counter()
    for report, row in zip(composed, places, strict=True):
        for planted, place in zip(report.planted, row, strict=True):
            found = outcome(planted, place)
            counts[found] += 1
            counts["verbatim"] += found == "exact" and not planted.noise
    return counts


def main() -> None:
    """Print a table of the outcomes by program."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--peer-python", metavar="PATH", help="a Python that has langextract")
    parser.add_argument("--spans", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    options = parser.parse_args()
    composed = list(reports(options.spans, options.seed))
    columns: dict[str, tuple[Counter[str], float]] = {}
    for name, search in (("sekisho", ours), ("str.find", plain)):
        began = time.perf_counter()
        places = [search(report) for report in composed]
        columns[name] = (counted(composed, places), time.perf_counter() - began)
    if options.peer_python:
        for name, (found, seconds) in langextract(composed, options.peer_python).items():
            columns[name] = (counted(composed, found), seconds)
    verbatim = sum(not each.noise for report in composed for each in report.planted)
    print(f"{options.spans} spans in {len(composed)} reports, seed {options.seed}")
    width = max(map(len, columns))
    print(f"{'':{width}}  exact  wrong   none  exact of the {verbatim} without noise  seconds")
    for name, (counts, seconds) in columns.items():
        figures = "  ".join(f"{counts[each]:5}" for each in ("exact", "wrong", "none"))
        print(f"{name:{width}}  {figures}  {counts['verbatim']:30}  {seconds:7.2f}")
    if not options.peer_python:
        print("LangExtract: not measured (--peer-python)")
    if options.json:
        kinds = ("exact", "wrong", "none", "verbatim")
        figures_by_name = {
            name: {**{each: counts[each] for each in kinds}, "seconds": round(seconds, 3)}
            for name, (counts, seconds) in columns.items()
        }
        options.json.write_text(json.dumps(figures_by_name, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

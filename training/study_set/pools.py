"""What the study set is made of: the TOML files beside this module, dealt to two splits.

Every entry (a layout, a case, a sentence, a name, a hospital) belongs to one split only, so that no
wording and no name of the held-out reports stands in the development reports.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

__all__ = [
    "SPLITS",
    "Case",
    "Disguise",
    "Layout",
    "Split",
    "cases",
    "dealt",
    "disguises",
    "entries",
    "layouts",
    "table",
]

Split = Literal["development", "held-out"]
SPLITS: tuple[Split, ...] = ("development", "held-out")

_FOLDER = Path(__file__).parent
#: Of eight entries in a row these belong to the held-out reports: 60 of 160.
_HELD_OUT = (2, 5, 7)
_Entry = TypeVar("_Entry")


@dataclass(frozen=True, slots=True)
class Case:
    """One coherent finding: what was asked, what was seen, how it was read (templates).

    ``region`` names the normal sentences that may stand beside it, ``ages`` the patient's youngest
    and oldest age in years, ``sex`` "F", "M" or "" for either.
    """

    study: str
    modality: str
    region: str
    department: str
    about: str
    seen: tuple[str, ...]
    read: tuple[str, ...]
    ages: tuple[int, int]
    sex: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole report as one vendor or writer lays it out; for some modalities or (empty) for all.

    A ``bare`` layout names nobody: nothing that holds an identifier is ever added to it. ``adults``
    keeps it out of children's reports.
    """

    text: str
    modalities: tuple[str, ...]
    bare: bool
    adults: bool


@dataclass(frozen=True, slots=True)
class Disguise:
    """A way in which an identifier hides: for each sentence how hard, in which modality, template.

    Hard is 2 (plain) .. 10 (hidden), the modality empty for all. ``where`` is the part of the
    report in which the sentence stands: about, findings or read; ``adults`` keeps it out of
    children's reports.
    """

    code: str
    where: str
    sentences: tuple[tuple[int, str, str], ...]
    adults: bool


def dealt(every: Sequence[_Entry], split: Split) -> tuple[_Entry, ...]:
    """The entries of ``every`` that belong to ``split``."""
    wanted = split == "held-out"
    return tuple(each for place, each in enumerate(every) if (place % 8 in _HELD_OUT) is wanted)


@cache
def table(name: str) -> dict[str, Any]:
    """The content of the TOML file ``name``."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def entries(file: str, key: str, split: Split) -> tuple[str, ...]:
    """The strings of list ``key`` in ``file`` that belong to ``split``; raises ``KeyError``."""
    return dealt(tuple(table(file)[key]), split)


@cache
def layouts(split: Split) -> tuple[Layout, ...]:
    """The layouts of ``split``."""
    every = [
        Layout(
            each["text"].strip("\n"),
            tuple(each.get("for", ())),
            bool(each.get("bare")),
            bool(each.get("adults")),
        )
        for each in table("layouts")["layout"]
    ]
    bare = [each for each in every if each.bare]
    # Dealt apart, so that each split has a bare one.
    return (*dealt([each for each in every if not each.bare], split), *dealt(bare, split))


@cache
def cases(split: Split) -> tuple[Case, ...]:
    """The cases of ``split``."""
    regions = table("regions")
    every = []
    for path in sorted((_FOLDER / "cases").glob("*.toml")):
        for each in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            region = each["region"]
            youngest, oldest = each.get("ages", (45, 91))
            every.append(
                Case(
                    study=each["study"],
                    modality=each["modality"],
                    region=region,
                    department=each.get("department", regions[region]["department"]),
                    about=each["about"],
                    seen=tuple(each["seen"]),
                    read=tuple(each["read"]),
                    ages=(youngest, oldest),
                    sex=each.get("sex", ""),
                )
            )
    return dealt(every, split)


@cache
def disguises(split: Split) -> tuple[Disguise, ...]:
    """All disguises with the sentences of ``split``; every split has a sentence of each."""
    found = []
    for each in table("disguises")["disguise"]:
        graded = []
        for sentence in dealt(each["sentences"], split):
            head, _, text = sentence.partition("|")
            level, _, modality = head.partition(" ")
            graded.append((int(level), modality, text))
        if not graded:
            raise ValueError(f"{each['code']}: no sentence for {split}")
        found.append(Disguise(each["code"], each["where"], tuple(graded), bool(each.get("adults"))))
    return tuple(found)

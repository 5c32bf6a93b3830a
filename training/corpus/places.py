"""Slots for places and institutions: addresses, fictional facilities, employers, offices."""

from __future__ import annotations

import re
from functools import cache

from sekisho.phi.lists import lines
from training.corpus.decoys import nowhere
from training.corpus.inventory import inventory
from training.corpus.words import drawn
from training.corpus.writer import Piece, Writer

__all__ = ["FACILITIES", "address", "facility", "institution", "origin", "postal_code"]

#: Slot -> the list of endings an institution of that kind has.
FACILITIES = {
    "clinic": "clinic_kinds",
    "carehome": "carehome_kinds",
    "pharmacy": "pharmacy_kinds",
    "homecare": "homecare_kinds",
}


_LEGAL_FORM = re.compile(
    "((特定|社会)?医療法人(社団|財団)?|社会福祉法人(恩賜財団)?|(一般|公益)[社財]団法人|(地方)?独立行政法人"
    "|国立研究開発法人|国立大学法人|[学宗][校教]法人|NPO法人|株式会社|合同会社|医療生協)?"
)


@cache
def _municipalities() -> tuple[str, ...]:
    return tuple(name for name in lines("municipalities") if name[-1] in "市区町村")


@cache
def _cities() -> tuple[str, ...]:
    return tuple(name for name in lines("municipalities") if name[-1] in "市町村")


@cache
def _prefectures() -> tuple[str, ...]:
    return tuple(name for name in lines("prefectures") if name[-1] in "都道府県")


def _short(place: str) -> str:
    """横浜市 without 市."""
    return place[:-1] if len(place) > 2 and place != "北海道" else place


def postal_code(writer: Writer) -> str:
    """A postal code, with its sign or without."""
    rng = writer.rng
    sign = rng.choice(("〒", "〒", "〒 ", ""))
    return f"{sign}{writer.digits(3)}{rng.choice(('-', '-', '-', '−', 'ー', '－'))}{rng.randrange(10000):04}"


def address(writer: Writer, form: str) -> list[Piece]:
    """A postal address in one piece; ``short`` stops at the town."""
    rng = writer.rng
    written = ""
    if writer.chance(0.75):
        written += (
            rng.choice(_prefectures()) if writer.chance(0.9) else _short(rng.choice(_prefectures()))
        )
    city = rng.choice(_cities())
    written += city
    if city[-1] == "市" and writer.chance(0.15):
        written += rng.choice(("中", "東", "西", "南", "北", "港", "緑", "旭")) + "区"
    if form == "short":
        if writer.chance(0.6):
            written += _town(writer)
        return [Piece(written, "ADDRESS")]
    written += _town(writer) + _block(writer)
    if writer.chance(0.3):
        building = drawn(rng, "buildings")
        written += rng.choice(("", " ", "　")) + building.format(
            stem=drawn(rng, "facility_stems"), n=rng.randrange(101, 1499)
        )
    if writer.chance(0.25):
        written = postal_code(writer) + rng.choice((" ", "　", "", "\n")) + written
    return [Piece(written, "ADDRESS")]


def _town(writer: Writer) -> str:
    return (
        writer.rng.choice(lines("towns")) if writer.chance(0.7) else drawn(writer.rng, "town_names")
    )


def _block(writer: Writer) -> str:
    rng = writer.rng
    a, b, c = rng.randrange(1, 9), rng.randrange(1, 60), rng.randrange(1, 40)
    kanji = "一二三四五六七八"[a - 1]
    return rng.choice(
        (
            f"{a}-{b}-{c}", f"{a}丁目{b}番{c}号", f"{a}丁目{b}-{c}", f"{b}番地", f"{b}-{c}", f"{b}番地{c}", f"{kanji}丁目{b}番{c}号",
            f"{a}−{b}−{c}", f"{a}ー{b}ー{c}", f"{rng.randrange(100, 4000)}番地", f"{rng.randrange(100, 4000)}", f"大字{drawn(rng, 'town_names')}{b}番地", f"字{drawn(rng, 'town_names')}{b}-{c}", "",
        )
    )  # fmt: skip


def origin(writer: Writer, slot: str) -> list[Piece]:
    """A municipality or a prefecture named as residence or origin."""
    rng = writer.rng
    if slot == "pref":
        place = rng.choice(_prefectures())
        written = place if writer.chance(0.75) else _short(place)
    else:
        city = rng.choice(_municipalities())
        written = city if writer.chance(0.72) else _short(city)
        if writer.chance(0.2):
            written = rng.choice(_prefectures()) + city
    return [Piece(written, "ADDRESS")]


def facility(writer: Writer, slot: str, form: str) -> list[Piece]:
    """A hospital: ``facility`` and ``facility2`` stay the same within a document."""
    generic = nowhere(writer)
    if generic is not None:
        return generic
    kept = writer.keep(slot, _hospital(writer))
    assert isinstance(kept, tuple)
    form_of_law, whole, short = kept
    if form == "short":
        return [Piece(short, "FACILITY")]
    # The form of law stays outside of the name.
    return [*([Piece(form_of_law)] if form_of_law else []), Piece(whole, "FACILITY")]


def _hospital(writer: Writer) -> tuple[str, str, str]:
    """A fictional hospital: its form of law (mostly ""), its name, and as colleagues call it."""
    rng = writer.rng
    stem = _stem(writer)
    kind = drawn(rng, "facility_kinds")
    way = writer.weighted(stem=46, municipal=22, prefectural=8, university=8, surname=16)
    if way == "municipal":
        city = rng.choice(_cities())
        whole = f"{city}{rng.choice(('立', '立', '', '民'))}{rng.choice(('病院', '病院', '総合病院', '中央病院', '医療センター', '市民病院'))}"
        if city[-1] == "市" and writer.chance(0.5):
            whole = f"{city}民病院"
        short = rng.choice(
            (
                "市民",
                "市立",
                f"{_short(city)}市民",
                f"{_short(city)}市立",
                "市民病院",
                f"{_short(city)}病院",
                "町立",
                f"{_short(city)}中央",
            )
        )
        if city[-1] != "市":
            short = rng.choice(
                (f"{city[-1]}立", f"{_short(city)}病院", _short(city), f"{city[-1]}立病院")
            )
    elif way == "prefectural":
        prefecture = rng.choice(_prefectures())
        name = rng.choice(
            (
                "中央病院",
                "総合医療センター",
                "がんセンター",
                "こども病院",
                f"{stem}病院",
                "立中央病院",
                "循環器病センター",
            )
        )
        whole = (
            prefecture + ("立" if not name.startswith("立") and writer.chance(0.5) else "") + name
        )
        short = rng.choice(
            (
                f"{prefecture[-1]}中",
                f"{prefecture[-1]}立",
                f"{prefecture[-1]}立中央",
                f"{_short(prefecture)}県中",
                f"{prefecture[-1]}がん",
                f"{prefecture[-1]}中央",
                "県病院",
            )
        )
    elif way == "university":
        name = _short(rng.choice((*_prefectures(), *_cities()))) if writer.chance(0.6) else stem
        whole = name + rng.choice(
            (
                "大学病院",
                "大学医学部附属病院",
                "医科大学附属病院",
                "医科大学病院",
                "医療大学病院",
                "歯科大学附属病院",
                "大学附属病院",
            )
        )
        short = name + rng.choice(("大", "大学", "医大", "大病院", "医科大", "大附属"))
    elif way == "surname":
        family = inventory().surname(rng).written
        whole = family + rng.choice(
            (
                "病院",
                "病院",
                "記念病院",
                "総合病院",
                "外科病院",
                "脳神経外科病院",
                "整形外科病院",
                "胃腸科病院",
                "中央病院",
            )
        )
        short = rng.choice(
            (
                whole,
                f"{family}記念",
                f"{family}病院",
                f"{family}HP",
                f"{family}Hp",
                f"{family}Hosp",
                f"{family}総合",
            )
        )
    else:
        whole = stem + kind
        short = rng.choice(
            (
                f"{stem}病院",
                f"{stem}総合",
                stem,
                f"{stem}記念",
                f"{stem}中央",
                f"{stem}HP",
                f"{stem}Hp.",
                f"{stem}厚生",
                f"{stem}日赤",
                "日赤",
                f"{stem}赤十字",
                "済生会",
                f"{stem}済生会",
                "労災",
                f"{stem}労災",
                "厚生連",
                f"{stem}センター",
                f"{stem}医療C",
                "国立",
                "こども病院",
            )
        )
    form_of_law = ""
    if writer.chance(0.15):
        prefix = drawn(rng, "facility_prefixes").format(
            stem=_stem(writer),
            municipality=rng.choice(_cities()),
            prefecture=rng.choice(_prefectures()),
        )
        form_of_law = _LEGAL_FORM.match(prefix)[0]  # type: ignore[index]
        whole = prefix[len(form_of_law) :] + rng.choice(("", "", " ", "　")) + whole
        whole = whole.strip(" 　")
    return form_of_law, whole, short


def _stem(writer: Writer) -> str:
    """The name in an institution's name: invented, a place, a town or a surname."""
    rng = writer.rng
    way = writer.weighted(invented=50, place=17, town=13, surname=14, station=6)
    if way == "place":
        return _short(rng.choice(_municipalities()))
    if way == "town":
        return rng.choice(lines("towns"))
    if way == "surname":
        return inventory().surname(rng).written
    if way == "station":
        return rng.choice(inventory().stations).removesuffix("駅")
    return drawn(rng, "facility_stems")


def institution(writer: Writer, slot: str) -> list[Piece]:
    """An institution of another kind; another one each time."""
    generic = nowhere(writer)
    if generic is not None:
        return generic
    rng = writer.rng
    if slot in FACILITIES:
        stem = inventory().surname(rng).written if writer.chance(0.35) else _stem(writer)
        written = stem + drawn(rng, FACILITIES[slot])
        if slot == "clinic" and writer.chance(0.12):
            written = stem + rng.choice(("Cl", "CL", "医院", "診", "Cli", "Clinic"))
        if slot != "clinic" and writer.chance(0.15):
            written = drawn(rng, FACILITIES[slot]) + stem
    else:
        patterns = {
            "company": "company_patterns",
            "school": "school_patterns",
            "office": "office_patterns",
            "station": "station_patterns",
        }
        written = drawn(rng, patterns[slot]).format(
            stem=_stem(writer),
            municipality=rng.choice(_municipalities()),
            prefecture=rng.choice(_prefectures()),
            n=rng.randrange(1, 9),
        )
    return [Piece(written, "FACILITY")]

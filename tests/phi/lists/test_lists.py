from __future__ import annotations

from importlib.resources import files

import pytest

from sekisho.documents.folding import fold
from sekisho.phi import lists
from sekisho.phi.detectors.places.gazetteer import canonical

PLACES = ("prefectures", "municipalities", "former_municipalities", "towns")


@pytest.mark.parametrize("name", lists.names())
def test_a_list_tells_its_source_and_licence(name: str) -> None:
    text = files(lists).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert any(line.startswith("# source: ") for line in head)
    assert any(line.startswith("# licence: ") for line in head)


@pytest.mark.parametrize("name", lists.names())
def test_a_list_holds_terms_and_no_comments(name: str) -> None:
    terms = lists.lines(name)
    assert terms
    assert not any(term.startswith("#") or term != term.strip() for term in terms)


@pytest.mark.parametrize(
    "name",
    ["anatomy", "departments", "eponyms", "facility_suffixes", "occupations", *PLACES],
)
def test_a_list_is_folded_already_and_says_nothing_twice(name: str) -> None:
    terms = lists.lines(name)
    assert [term for term in terms if fold(term).text != term] == []
    assert len(terms) == len(lists.words(name))


@pytest.mark.parametrize("name", PLACES)
def test_place_names_are_in_their_canonical_spelling(name: str) -> None:
    assert [term for term in lists.lines(name) if canonical(term) != term] == []


def test_the_lists_are_as_wide_as_the_country() -> None:
    assert len(lists.words("prefectures")) == 47
    assert len(lists.words("municipalities")) > 1_700
    assert len(lists.words("towns")) > 50_000
    assert {"松戸市", "阿倍野区", "虻田郡", "ニセコ町", "さいたま市"} <= lists.words(
        "municipalities"
    )


def test_the_shield_has_enough_to_hold() -> None:
    assert len(lists.words("eponyms")) >= 400
    assert len(lists.words("anatomy")) >= 300
    assert len(lists.words("occupations")) >= 250
    assert {"橋本病", "木村・竹本分類", "Willis動脈輪", "Douglas窩"} <= lists.words("eponyms")
    assert {"子宮本体", "島皮質", "海馬"} <= lists.words("anatomy")


def test_an_unknown_list_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        lists.words("no-such-list")

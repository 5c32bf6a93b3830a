from __future__ import annotations

import pytest

from sekisho.documents.document import Document, Span
from sekisho.evaluation.markup import parse
from sekisho.phi.coreference import entities


def keys(annotated: str) -> list[str]:
    """The entity key of every annotation, in text order."""
    text, annotations = parse(annotated, where="test")
    spans = [Span(start, end, str(label)) for start, end, label in annotations]
    found = entities(Document("d", text), spans)
    return [found[span] for span in spans]


@pytest.mark.parametrize(
    "annotated",
    [
        "⟦NAME|佐藤明子⟧（⟦NAME|さとうあきこ⟧）。⟦NAME|佐藤⟧さん",
        "⟦NAME|佐藤 明子⟧（⟦NAME|ｻﾄｳ ｱｷｺ⟧）。⟦NAME|明子⟧さん、⟦NAME|サトウ⟧様",
        "⟦NAME|佐藤⟧さん。⟦NAME|佐藤\n明子⟧様。⟦NAME|佐藤　明子⟧",
        "⟦NAME|サトウ アキコ⟧\n⟦NAME|佐藤明子⟧。⟦NAME|さとうあきこ⟧",
        "⟦NAME|髙橋健一⟧、⟦NAME|高橋健一⟧、⟦NAME|高橋⟧",
        "⟦NAME|Yamada Taro⟧、⟦NAME|YAMADA^TARO⟧、⟦NAME|Yamada⟧",
        "⟦STAFF|高田⟧医師。⟦STAFF|高田 亮⟧。⟦STAFF|高田⟧",
        "⟦NAME|佐藤明子⟧。⟦STAFF|佐藤明子⟧",
    ],
)
def test_all_mentions_of_one_person_share_a_key(annotated: str) -> None:
    assert len(set(keys(annotated))) == 1


@pytest.mark.parametrize(
    "annotated",
    [
        "⟦NAME|佐藤明子⟧、⟦NAME|佐藤健太⟧",
        "⟦NAME|佐藤明子⟧、⟦NAME|高田⟧",
        "⟦NAME|佐藤明子⟧様を⟦STAFF|佐藤⟧医師が診察",
        "⟦STAFF|高田⟧、⟦STAFF|ナカムラ⟧",
        "⟦STAFF|高田⟧・⟦STAFF|サトウ⟧",
        "⟦NAME|佐藤明子⟧（⟦STAFF|タカダ⟧）",
    ],
)
def test_different_people_have_different_keys(annotated: str) -> None:
    found = keys(annotated)
    assert len(set(found)) == len(found)


def test_the_key_is_the_fullest_form_wherever_it_stands() -> None:
    early = keys("⟦NAME|佐藤 明子⟧様。⟦NAME|佐藤⟧さん")
    late = keys("⟦NAME|佐藤⟧さん。⟦NAME|佐藤明子⟧様")
    assert set(early) == set(late) == {"佐藤明子"}


def test_relatives_who_share_a_surname_are_told_apart_by_their_given_names() -> None:
    mother, son, alone = keys("⟦NAME|佐藤明子⟧と⟦NAME|佐藤健太⟧。⟦NAME|健太⟧くん")
    assert alone == son != mother


@pytest.mark.parametrize(
    "annotated",
    [
        "⟦PHONE|03-1234-5678⟧、⟦PHONE|０３（１２３４）５６７８⟧、⟦PHONE|0312345678⟧",
        "⟦ID|A-1234⟧ ⟦ID|a1234⟧",
        "⟦FACILITY|みどり 病院⟧、⟦FACILITY|みどり病院⟧",
        "⟦EMAIL|A@example.jp⟧ ⟦EMAIL|a@example.jp⟧",
    ],
)
def test_one_thing_has_one_key_however_it_is_written(annotated: str) -> None:
    assert len(set(keys(annotated))) == 1


def test_different_numbers_have_different_keys() -> None:
    assert len(set(keys("⟦ID|1234⟧ ⟦ID|1243⟧ ⟦ID|12345⟧"))) == 3


@pytest.mark.parametrize("annotated", ["⟦NAME|・⟧", "⟦ID|-⟧", "⟦NAME|ー⟧", "⟦TIME| ⟧"])
def test_every_span_has_a_key_that_is_not_empty(annotated: str) -> None:
    assert all(keys(annotated))


def test_no_span_has_no_key() -> None:
    assert entities(Document("d", "佐藤"), []) == {}

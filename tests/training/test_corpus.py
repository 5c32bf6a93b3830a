"""The corpus: seeded, labelled by construction, wide, and free of what it must not hold."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

pytest.importorskip("jamdict_data", reason="the names come with the extra [train]")

from training.corpus.compose import KINDS, LabelledText, compose, kinds, problems
from training.corpus.inventory import held_out, inventory

from sekisho.documents.document import Document
from sekisho.evaluation.gold import read_gold
from sekisho.evaluation.markup import parse
from sekisho.phi.categories import Category

ROOT = Path(__file__).parents[2]
GOLD = ROOT / "benchmarks" / "gold"
UNSEEN = ROOT / "benchmarks" / "unseen" / "sentences.txt"
COUNT = 400
JAPANESE = re.compile("[々一-龥ぁ-んァ-ヴー、。]+")
COURTESIES = ("ますご清祥のこと", "誠にありがとう", "よろしくお願い申し")


@cache
def corpus() -> tuple[LabelledText, ...]:
    return tuple(compose(7, number) for number in range(COUNT))


def test_every_kind_file_is_well_formed() -> None:
    assert [problem for path in KINDS.glob("*.toml") for problem in problems(path)] == []


def test_there_are_more_than_twelve_kinds_each_with_many_layouts() -> None:
    assert len(kinds()) >= 12
    assert min(len(kind.layouts) for kind in kinds()) >= 10
    assert min(sum(map(len, kind.lists.values())) for kind in kinds()) >= 120


def test_the_same_seed_gives_the_same_documents() -> None:
    assert compose(7, 11) == corpus()[11]
    assert compose(8, 11) != corpus()[11]


def test_spans_are_sorted_and_do_not_overlap() -> None:
    for document in corpus():
        edges = [edge for start, end, _ in document.spans for edge in (start, end)]
        assert edges == sorted(edges)
        assert not edges or edges[-1] <= len(document.text)


def test_no_span_is_blank_or_begins_or_ends_blank() -> None:
    for document in corpus():
        for start, end, label in document.spans:
            surface = document.text[start:end]
            assert surface == surface.strip(), (label, document.kind)


def test_every_category_occurs() -> None:
    counts = Counter(label for document in corpus() for _, _, label in document.spans)
    assert set(counts) == {str(each) for each in Category}


def test_most_of_the_text_names_nobody() -> None:
    labelled = sum(end - start for document in corpus() for start, end, _ in document.spans)
    assert labelled < 0.4 * sum(len(document.text) for document in corpus())


def test_no_slot_is_left_open() -> None:
    left = re.compile(r"\{@?[a-z0-9.]+( [0-9.-]+)*\}")
    assert not [document.kind for document in corpus() if left.search(document.text)]


def test_held_out_names_are_never_drawn() -> None:
    tiers = inventory()
    drawn = (
        *tiers.common.parts,
        *tiers.single.parts,
        *tiers.known_surnames.parts,
        *tiers.rare_female.parts,
        *tiers.foreign_surnames.parts,
    )
    assert len(drawn) > 50_000
    assert not [part for part in drawn if held_out(part.written) or held_out(part.romaji)]


def test_every_name_of_the_unseen_sentences_is_held_out() -> None:
    surfaces = set()
    for line in UNSEEN.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            text, spans = parse(line, where="unseen")
            surfaces |= {
                text[start:end] for start, end, label in spans if label in ("NAME", "STAFF")
            }
    assert len(surfaces) > 300
    assert not [surface for surface in surfaces if not _of_held_out_parts(surface)]


def _of_held_out_parts(surface: str) -> bool:
    parts = [part for part in re.split("[ 　・,.]+", surface) if part]
    if len(parts) > 1:
        return all(map(held_out, parts))
    whole = parts[0]
    return held_out(whole) or any(
        held_out(whole[:cut]) and held_out(whole[cut:]) for cut in range(1, len(whole))
    )


def test_no_sentence_stands_in_the_gold_set_or_among_the_unseen_sentences() -> None:
    """No run of twenty characters is shared with a document to measure on, courtesies apart."""
    measured = [document.text for document in read_gold(GOLD)]
    for line in UNSEEN.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            measured.append(parse(line, where="unseen")[0])
    grams = {gram for text in measured for gram in _grams(Document("", text).folded.text)}
    shared = set()
    for kind in kinds():
        for template in (*kind.layouts, *(e for entries in kind.lists.values() for e in entries)):
            for literal in re.split(r"[\[\]{}|\\]", template):
                shared |= grams.intersection(_grams(Document("", literal).folded.text))
    assert not shared


def _grams(text: str) -> set[str]:
    runs = (text[place : place + 20] for place in range(len(text) - 19))
    return {
        run
        for run in runs
        if JAPANESE.fullmatch(run) and not any(courtesy in run for courtesy in COURTESIES)
    }

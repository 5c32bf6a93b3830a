from __future__ import annotations

import time
import tomllib
from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.extraction.dragon.baseline.candidates import candidates, closest, scales, standings
from sekisho.extraction.dragon.baseline.quantities import folded, quantities
from sekisho.extraction.dragon.baseline.texts import characters, ngrams, tokens


def read(text: str) -> list[tuple[float, str, str]]:
    return [(each.base, each.unit, each.dimension) for each in quantities(folded(text))]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a cyst of 1.8 cm", [(18.0, "cm", "length")]),
        ("a cyst of 1,8cm.", [(18.0, "cm", "length")]),
        ("直径１８ｍｍの結節", [(18.0, "mm", "length")]),
        ("PSA 4.5 ng/mL", [(pytest.approx(4.5e-6), "ng/ml", "concentration")]),
        ("Gleason 3+4", [(3.0, "", ""), (4.0, "", "")]),
        ("12 x 14 mm", [(12.0, "mm", "length"), (14.0, "mm", "length")]),
        ("3 tot 4 cm", [(30.0, "cm", "length"), (40.0, "cm", "length")]),
        ("1,234,567 cells", [(1234567.0, "", "")]),
        ("5 months", [(pytest.approx(152.1875), "months", "time")]),
        ("0 ml", [(0.0, "ml", "volume")]),
    ],
)
def test_numbers_are_read_with_their_units(text: str, wanted: list[tuple[float, str, str]]) -> None:
    assert read(text) == wanted


@pytest.mark.parametrize("text", ["B12", "01.02.2024", "T2a", "1234567890123", "", "mm", "-"])
def test_codes_and_dates_are_no_quantities(text: str) -> None:
    assert read(text) == []


def test_a_unit_must_end_where_its_letters_end() -> None:
    assert read("5 mmx, 5 meters, 5 m") == [(5.0, "", ""), (5.0, "", ""), (5000.0, "m", "length")]


@given(st.text(alphabet="0123456789.,cm x-/lg %\n腫瘤", max_size=60))
def test_quantities_stand_where_they_say(text: str) -> None:
    text = folded(text)
    found = quantities(text)
    assert all(text[each.start].isdecimal() and each.start < each.end for each in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@given(st.text(max_size=80))
def test_any_text_has_features(text: str) -> None:
    assert all(isinstance(each, str) for each in [*ngrams(text), *characters(text)])
    found = candidates(text)
    assert len(standings(found, [each.base for each in found])) == len(found)


def test_hostile_texts_are_read_in_linear_time() -> None:
    def seconds(text: str) -> float:
        began = time.process_time()
        tokens(text)
        return time.process_time() - began

    for piece in ("1.", "9" * 7 + " ", "1 x ", "a-", "'" * 3, " ", "1 m"):
        short, long = seconds(piece * 2_000), seconds(piece * 20_000)
        assert long < 60 * short + 1.0


def test_a_quantity_is_shown_by_unit_dimension_and_size() -> None:
    shown = ngrams("A cyst of 1.8 cm.")
    assert {"cyst of #cm", "cyst of #length", "cyst of #length^4"} <= set(shown)
    assert "cyst of #length^4" in ngrams("a cyst of 17 mm")


def test_ngrams_are_counted_and_end_with_the_sentence() -> None:
    shown = ngrams("cyst seen. cyst seen; node")
    assert shown.count("cyst seen") == 2
    assert "seen cyst" not in shown


def test_small_whole_numbers_keep_their_value() -> None:
    assert "score #=4" in ngrams("score 4")
    assert "score #^6" in ngrams("score 90")


def test_words_are_shown_under_their_heading() -> None:
    shown = ngrams("Findings: liver normal. No fluid. Conclusion: cyst")
    assert {"findings>liver", "findings>fluid", "conclusion>cyst"} <= set(shown)
    assert "findings>cyst" not in shown


def test_a_candidate_knows_its_place_and_words() -> None:
    first, second = candidates("Right: cyst of 12 mm\nLeft: cyst of 3 cm")
    assert {"heading=right", "order=0", "left 1=of", "left=cyst", "unit=mm"} <= set(first.context)
    assert {"heading=left", "order=1", "from the end=0"} <= set(second.context)


def test_candidates_are_compared_inside_their_groups() -> None:
    found = candidates("cyst 12 mm, node 30 mm, cyst 8 mm")
    said = standings(found, [each.base for each in found])
    assert "largest of left 1=cyst" in said[0]
    assert {"largest of all", "only of left 1=node"} <= set(said[1])
    assert {"last of all", "smallest of left 1=cyst"} <= set(said[2])


def test_only_rounding_explains_a_gap() -> None:
    assert closest([7.0, 14.8, 15.2], 15.0, 1.0) == [1, 2]
    assert closest([7.0, 18.0], 15.0, 1.0) == []
    assert closest([], 15.0, 1.0) == []


def test_targets_may_be_in_another_unit_than_the_texts() -> None:
    texts = ["cyst of 18 mm", "cyst of 2.5 cm", "cyst of 7 mm"]
    assert scales([candidates(each) for each in texts], [1.8, 2.5, 0.7], 0.1)["length"] == 0.1
    assert scales([candidates(each) for each in texts], [18.0, 25.0, 7.0], 1.0)["length"] == 1.0


@pytest.mark.parametrize("language", ["en", "nl", "ja"])
def test_every_word_that_denies_is_one_token(language: str) -> None:
    path = files("sekisho.extraction.dragon.baseline") / "negations.toml"
    words = tomllib.loads(path.read_text(encoding="utf-8"))[language]
    assert [word for word in words if [each.text for each in tokens(word)] != [word]] == []


def test_every_unit_is_read_behind_a_number() -> None:
    path = files("sekisho.extraction.dragon.baseline") / "units.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    for dimension, units in table.items():
        for unit, size in units.items():
            (found,) = quantities(folded(f"3 {unit} x"))
            assert (found.base, found.dimension) == (pytest.approx(3 * size), dimension), unit

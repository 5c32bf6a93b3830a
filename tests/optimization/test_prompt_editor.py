"""The editor: the costliest error that a rule answers puts that rule into the prompt."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.evaluation.script import Script
from sekisho.optimization.prompting import rulebook
from sekisho.optimization.prompting.editor import compose, propose, strip
from sekisho.optimization.prompting.error_table import FORM, ErrorRow, ErrorTable
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.prompts import LANGUAGES, prompts

IDS = tuple(rule.id for rule in rulebook.rulebook("ja"))
KINDS = ("missed", "boundary", "mixed", "category", "invented", "extra", FORM)
FOLDER = Path(rulebook.__file__).with_name("rules")


def row(
    kind: str,
    category: str = "",
    script: str = "",
    disguise: str = "",
    *,
    cost: float = 1.0,
) -> ErrorRow:
    return ErrorRow(
        kind=kind, category=category, script=script, disguise=disguise, count=1, of=2, cost=cost
    )


def errors(*rows: ErrorRow) -> ErrorTable:
    return ErrorTable(rows, documents=1, readings=1, failed=0, invalid=0)


def added(*rows: ErrorRow, tried: Iterable[str] = (), language: str = "ja") -> str | None:
    shipped = prompts(language, "short").extract
    candidate = propose(shipped, errors(*rows), language=language, tried=frozenset(tried))
    return None if candidate is None else candidate.added


def test_each_language_has_the_same_rules_in_the_same_order() -> None:
    occasions = tomllib.loads((FOLDER / "occasions.toml").read_text(encoding="utf-8"))["rules"]
    assert len(occasions) >= 18
    for language in LANGUAGES:
        stated = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
        assert list(stated["rules"]) == list(occasions)
        assert stated["source"]


def test_ids_that_recipes_hold_are_still_there() -> None:
    known = {
        "ages_and_sexes", "bare_names", "birthdate_or_date", "boundaries", "category_by_context",
        "date_and_time_apart", "departments", "disguised", "disguised_birthdates",
        "disguised_phones", "eponyms", "extensions", "facility_and_department_apart",
        "initials_with_birthdate", "kana_names", "labels_outside", "mail_and_accounts",
        "measurements_stay", "name_and_reading_apart", "named_in_passing", "no_guessing",
        "number_kinds", "occupations", "one_item_an_entry", "only_what_stands_there",
        "read_to_the_end", "record_numbers", "roman_names", "short_dates", "short_facilities",
        "staff_or_name", "surnames_as_anatomy", "times", "titles_outside", "valid_json",
        "verbatim", "whole_addresses",
    }  # fmt: skip
    assert set(IDS) == known


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_are_single_lines_that_end_and_name_only_known_categories(language: str) -> None:
    for rule in rulebook.rulebook(language):
        assert "\n" not in rule.text
        assert rule.text == rule.text.strip()
        assert rule.text[-1] in ".。"
        assert rule.kinds <= set(KINDS)
        assert rule.categories <= set(Category)
        assert rule.scripts <= set(Script)
        assert "{" not in rule.text
        assert "```" not in rule.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("capacity", ["long", "short"])
def test_rules_stand_before_the_answer_section_of_a_shipped_prompt(
    language: str, capacity: str
) -> None:
    base = prompts(language, "long" if capacity == "long" else "short").extract
    text = compose(base, ["times"], language=language)
    rule = rulebook.rulebook(language).rule("times").text
    answer = max(text.rindex("phi_list"), text.index(rule))
    assert text.index(rule) < answer
    assert text.startswith(base[:20])
    assert text.endswith(base[-20:])
    assert strip(text, language=language) == (base, ("times",))


def test_a_prompt_without_an_answer_section_gets_its_rules_at_the_end() -> None:
    text = compose("名前を書き出す。", ["times"], language="ja")
    assert text.startswith("名前を書き出す。\n\n【追加の規則】\n・時刻")
    assert strip(text, language="ja") == ("名前を書き出す。", ("times",))


def test_the_rule_that_answers_the_costliest_errors_is_proposed() -> None:
    times, kana = row("missed", "TIME", cost=2), row("missed", "NAME", "hiragana", cost=3)
    assert added(times, kana) == "kana_names"
    assert added(times, kana, tried=["kana_names"]) == "bare_names"
    assert added(times, row("missed", "TIME", "mixed", cost=2), kana) == "times"


def test_errors_in_small_parts_speak_together() -> None:
    parts = [row("missed", "TIME", script, cost=1) for script in ("digits", "mixed", "kanji")]
    assert added(row("missed", "PHONE", cost=2), *parts) == "times"


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        (row("missed", "TIME", "digits"), "times"),
        (row("mixed", "DATE", "mixed"), "date_and_time_apart"),
        (row("missed", "NAME", "katakana"), "kana_names"),
        (row("mixed", "NAME", "mixed"), "name_and_reading_apart"),
        (row("missed", "STAFF", "romaji"), "roman_names"),
        (row("missed", "STAFF", "kanji"), "bare_names"),
        (row("missed", "NAME", "kanji", "文脈埋め込み型（家族歴内）"), "named_in_passing"),
        (row("mixed", "PHONE", "mixed"), "one_item_an_entry"),
        (row("extra", "NAME", "mixed"), "eponyms"),
        (row("extra", "DATE", "digits"), "measurements_stay"),
        (row("extra", "OCCUPATION", "kanji"), "no_guessing"),
        (row("invented", "NAME", ""), "verbatim"),
        (row("boundary", "STAFF", "kanji"), "titles_outside"),
        (row("boundary", "PHONE", "digits"), "labels_outside"),
        (row("category", "BIRTHDATE", "mixed"), "birthdate_or_date"),
        (row("category", "NAME", "kanji"), "staff_or_name"),
        (row("category", "INSURANCE", "digits"), "number_kinds"),
        (row("missed", "BIRTHDATE", "digits", "計測値偽装型"), "disguised_birthdates"),
        (row("missed", "PHONE", "digits", "posing as a measurement"), "disguised_phones"),
        (row("missed", "ID", "mixed", "イニシャル＋生年月日"), "initials_with_birthdate"),
        (row("missed", "NAME", "mixed", "解剖学用語との併記"), "surnames_as_anatomy"),
        (row("missed", "FACILITY", "mixed", "abbreviated_facility"), "short_facilities"),
        (row("missed", "NAME", "romaji", "initials_only"), "roman_names"),
        (row("missed", "ID", "mixed", "initials_birthdate"), "initials_with_birthdate"),
        (row("missed", "STAFF", "kanji", "drug_context"), "named_in_passing"),
        (row("missed", "BIRTHDATE", "digits", "tumour_marker_date"), "disguised_birthdates"),
        (row("missed", "PHONE", "digits", "case_number_phone"), "disguised_phones"),
        (row("missed", "NAME", "kanji", "anatomy_surname"), "surnames_as_anatomy"),
        (row("missed", "FACILITY", "mixed"), "short_facilities"),
        (row("category", "DEPARTMENT", "kanji"), "facility_and_department_apart"),
        (row("missed", "DEPARTMENT", "kanji"), "departments"),
        (row("missed", "DATE", "digits"), "short_dates"),
        (row("mixed", "AGE", "mixed"), "ages_and_sexes"),
        (row("boundary", "ADDRESS", "mixed"), "whole_addresses"),
        (row("missed", "PHONE", "digits"), "extensions"),
        (row("missed", "ID", "digits"), "record_numbers"),
        (row("missed", "EMAIL", "romaji"), "mail_and_accounts"),
        (row("missed", "OCCUPATION", "kanji"), "occupations"),
        (row("category", "PHONE", "digits"), "number_kinds"),
        (row("category", "ADDRESS", "kanji", "hidden"), "disguised"),
        (row("category", "DATE", "digits"), "birthdate_or_date"),
        (row("category", "ADDRESS", "kanji"), "category_by_context"),
        (row(FORM), "valid_json"),
    ],
)
def test_each_error_finds_the_rule_that_was_written_for_it(error: ErrorRow, rule: str) -> None:
    assert added(error) == rule


def test_every_kind_of_error_in_every_category_is_answered() -> None:
    for kind in KINDS[:-1]:
        for category in Category:
            assert added(row(kind, category)) is not None, (kind, category)


def test_rules_that_were_tried_or_stand_in_the_prompt_are_not_proposed_again() -> None:
    error = row("missed", "OCCUPATION")
    assert added(error, tried=["occupations"]) == "read_to_the_end"
    assert added(error, tried=["occupations", "read_to_the_end"]) is None
    shipped = prompts("ja", "long").extract
    once = propose(shipped, errors(error), language="ja")
    assert once is not None
    twice = propose(once.text, errors(error), language="ja")
    assert twice is not None
    assert twice.rules == ("occupations", "read_to_the_end")
    assert twice.base == shipped
    assert propose(twice.text, errors(error), language="ja") is None


def test_nothing_is_proposed_where_there_are_no_errors() -> None:
    assert added() is None


def test_a_rule_can_be_taken_out_again() -> None:
    shipped = prompts("en", "short").extract
    first = propose(shipped, errors(row("missed", "TIME")), language="en")
    assert first is not None
    second = propose(first.text, errors(row("missed", "PHONE")), language="en")
    assert second is not None
    assert second.without("extensions").text == first.text
    assert second.without("extensions").without("times").text == shipped
    with pytest.raises(UsageError, match="no prompt rule"):
        second.without("unknown")


def test_the_reason_tells_counts_and_no_more_than_three_errors() -> None:
    parts = [row("missed", "TIME", script, cost=1) for script in Script]
    candidate = propose("x", errors(*parts), language="en")
    assert candidate is not None
    assert candidate.reason.count("missed TIME") == 3
    assert "1 of 2" in candidate.reason
    assert candidate.text not in repr(candidate)


def test_an_unknown_language_or_rule_is_an_error() -> None:
    with pytest.raises(UsageError, match="'fr'"):
        propose("x", errors(), language="fr")
    with pytest.raises(UsageError, match="no prompt rule"):
        compose("x", ["times", "unknown"], language="en")


def test_a_section_that_somebody_changed_is_left_alone() -> None:
    text = compose("Find names.", ["times"], language="en").replace("clock", "wall clock")
    assert strip(text, language="en") == (text, ())
    assert strip("FURTHER RULES\n\nFind names.", language="en")[1] == ()


BASES = st.one_of(
    st.sampled_from([prompts(language, "long").extract for language in LANGUAGES]),
    st.text(alphabet="ab\n。・-【】答えANSWERExample: ", max_size=80),
)


@settings(max_examples=200, deadline=None)
@given(BASES, st.lists(st.sampled_from(IDS), max_size=6), st.sampled_from(LANGUAGES))
def test_the_same_rules_over_the_same_prompt_are_the_same_text_and_come_back(
    base: str, rules: list[str], language: str
) -> None:
    text = compose(base, rules, language=language)
    assert text == compose(base, [*reversed(rules), *rules], language=language)
    found, back = strip(text, language=language)
    assert set(back) == set(rules)
    assert found == base
    assert compose(found, back, language=language) == text
    one_by_one = base
    for rule in rules:
        bare, have = strip(one_by_one, language=language)
        one_by_one = compose(bare, (*have, rule), language=language)
    assert one_by_one == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_in_a_rule_is_one_of_those_that_stand_for_nobody(language: str) -> None:
    """Long runs of digits in the rules are those of the shipped prompts, which are invented."""
    known = " ".join(prompts(language, capacity).extract for capacity in ("long", "short"))
    known += prompts("en", "short").extract
    for rule in rulebook.rulebook(language):
        for number in re.findall("[0-9]{5,}", rule.text):
            assert number in known, rule.id

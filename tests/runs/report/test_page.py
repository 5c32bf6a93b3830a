"""The page of a run: escaped, self-contained, truthful."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.runs.report.model import CategoryRow, DocumentView, HeldRow, RunSummary, Segment
from sekisho.runs.report.page import LANGUAGES, render

VOID = {"meta", "input", "br"}
NASTY = "<script>alert('x')</script>&amp;\" onload=\"x"


class Outline(HTMLParser):
    """Collects elements and visible text, and fails on tags that do not close in order."""

    def __init__(self, page: str):
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.text.append(data)

    def count(self, tag: str, **wanted: str) -> int:
        return sum(
            name == tag and all(attributes.get(key) == value for key, value in wanted.items())
            for name, attributes in self.tags
        )

    def texts(self) -> str:
        return "".join(self.text)


VIEW = DocumentView(
    "r-1",
    (Segment("患者は"), Segment("架空 花子", "NAME"), Segment("様。")),
    (Segment("患者は"), Segment("[氏名1]", "NAME"), Segment("様。")),
)
RUN = RunSummary(
    begun=datetime(2024, 8, 5, 10, 15, tzinfo=UTC),
    version="0.1.0",
    profile="ja-pseudonymized",
    detectors=("known", "rules", "lexicon"),
    seconds=20.0,
    characters=1_000_000,
    released=1998,
    held=1,
    failed=1,
    categories=(CategoryRow("NAME", 40, "tag"), CategoryRow("DATE", 10, "generalise", "year")),
    withheld=(
        HeldRow("r-7", "reports.csv", 8, "held", "timeout", "not finished within 30 s"),
        HeldRow("r-9", "reports.csv", 10, "failed", "error:DetectionError"),
    ),
)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_well_formed_in_every_language(lang: str) -> None:
    outline = Outline(render(replace(RUN, documents=(VIEW,)), lang))
    assert outline.count("html", lang=lang.split("+")[0]) == 1
    assert outline.count("h1") == 1
    assert outline.count("table") == 2


def test_an_unknown_language_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="known: ja"):
        render(RUN, "fr")


def test_the_facts_of_the_run_are_shown() -> None:
    text = Outline(render(replace(RUN, facts=(("Jobs", "2"),)))).texts()
    for fact in (
        "2024-08-05 10:15:00 +0000",
        "0.1.0",
        "ja-pseudonymized",
        "known, rules, lexicon",
        "20.0 s",
        "1,000,000",
        "50,000",
        "1,998",
        "Jobs",
    ):
        assert fact in text


def test_categories_show_count_and_action_in_both_languages() -> None:
    text = Outline(render(RUN)).texts()
    for word in ("氏名", "name", "40", "タグ", "tag", "日付", "date", "一般化", "year"):
        assert word in text


def test_the_longest_bar_belongs_to_the_most_frequent_category() -> None:
    assert re.findall(r"width: ([0-9.]+)%\"", render(RUN)) == ["100.0", "25.0"]


def test_each_withheld_document_shows_row_status_and_reason() -> None:
    text = Outline(render(RUN, "en")).texts()
    for word in ("r-7", "reports.csv", "8", "Held", "timeout", "not finished within 30 s"):
        assert word in text
    assert "error:DetectionError" in text


def test_a_cut_list_of_withheld_documents_says_so() -> None:
    assert "2 of 12 shown" in render(replace(RUN, held=11), "en")
    assert "of 2 shown" not in render(RUN, "en")


def test_an_empty_run_is_shown_as_one() -> None:
    nothing = RunSummary(RUN.begun, "0.1.0", "p", (), 0.0, 0, 0, 0, 0)
    text = Outline(render(nothing, "en")).texts()
    assert "There was no document." in text
    assert "No identifier was found." in text


def test_without_originals_there_is_no_switch_and_no_text() -> None:
    page = render(RUN)
    assert Outline(page).count("input") == 0
    assert "Original beside released" not in page
    assert "holds no text" in page


def test_originals_lie_behind_a_switch_that_is_off_and_the_page_warns() -> None:
    page = render(replace(RUN, documents=(VIEW,)))
    outline = Outline(page)
    switches = [attributes for tag, attributes in outline.tags if tag == "input"]
    assert switches == [{"type": "checkbox", "role": "switch", "id": "show-originals"}]
    assert ".views { display: none;" in page
    assert "Keep it inside the hospital." in outline.texts()
    assert "1 of 1,998 shown" in outline.texts()


def test_both_texts_are_whole_and_highlighted() -> None:
    page = render(replace(RUN, documents=(VIEW,)), "en")
    plain = re.sub("<[^>]+>", "", page)
    assert "患者は架空 花子様。" in plain
    assert "患者は[氏名1]様。" in plain
    assert '<mark style="--hue: 4" title="name">架空 花子</mark>' in page
    assert '<mark style="--hue: 4" title="name">[氏名1]</mark>' in page


def test_an_unknown_category_or_action_is_shown_as_it_is() -> None:
    page = render(replace(RUN, categories=(CategoryRow("BARCODE", 1, "shred"),)))
    assert "BARCODE" in page
    assert "shred" in page


def test_every_value_is_escaped() -> None:
    run = replace(
        RUN,
        version=NASTY,
        profile=NASTY,
        detectors=(NASTY,),
        categories=(CategoryRow(NASTY, 1, NASTY, NASTY),),
        withheld=(HeldRow(NASTY, NASTY, 1, NASTY, NASTY, NASTY),),
        documents=(DocumentView(NASTY, (Segment(NASTY, NASTY),), (Segment(NASTY),)),),
        facts=((NASTY, NASTY),),
    )
    page = render(run)
    outline = Outline(page)
    assert outline.count("script") == 0
    assert all("onload" not in attributes for _, attributes in outline.tags)
    assert outline.texts().count(NASTY) >= 14


def test_the_page_refers_to_nothing_outside_itself() -> None:
    page = render(replace(RUN, documents=(VIEW,)))
    for forbidden in ("http:", "https:", "src=", "href=", "@import", "url(", "<script", "<link"):
        assert forbidden not in page
    assert "default-src 'none'" in page


def test_control_characters_are_drawn_and_halves_of_characters_do_not_break_writing() -> None:
    view = DocumentView("a\x00b", (Segment("x\x1b\ud800\r\n\ty"),), ())
    page = render(replace(RUN, documents=(view,)), "en")
    assert "a␀b" in page
    assert "x␛\ufffd\r\n\ty" in page
    assert "(empty document)" in page
    page.encode("utf-8")


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=("Cc", "Cs")), min_size=1))
def test_any_text_comes_out_of_the_page_as_it_went_in(text: str) -> None:
    view = DocumentView("r", (Segment(text),), (Segment(text, "ID"),))
    outline = Outline(render(replace(RUN, documents=(view,))))
    assert outline.texts().count(text) >= 2

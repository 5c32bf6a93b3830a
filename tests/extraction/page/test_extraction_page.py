"""The page of an extraction: values on their evidence, everything escaped, nothing from outside."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.extraction.page.model import DocumentView, FailureRow, FieldRow, Page, viewed
from sekisho.extraction.page.rendering import render

TEXT = "右肺上葉に径12mmの結節を認める。<script>alert(1)</script>"


def _found(value: Any, *places: tuple[int, int], **more: Any) -> dict[str, Any]:
    evidence = [{"start": start, "end": end, "quote": TEXT[start:end]} for start, end in places]
    return {"status": "found", "value": value, "evidence": evidence, **more}


ROW = {
    "fields": {
        "結節": _found(True, (5, 12), probability=0.97),
        "size": _found(12.0, (5, 10), raw="12mm"),
        "side": {"status": "invalid", "problem": "the quote does not stand in the text"},
        "stage": {"status": "not_mentioned"},
    }
}


def _page(*documents: DocumentView, **more: Any) -> Page:
    return replace(
        Page(
            begun=datetime(2026, 11, 21, 9, 30),
            version="0.1.0",
            task="chest-ct",
            language="ja",
            model="qwen3-14b",
            origin="model",
            seconds=12.0,
            extracted=len(documents),
            failed=0,
            fields=tuple(FieldRow(name, "boolean") for name in ROW["fields"]),
            documents=documents,
        ),
        **more,
    )


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _seen(html: str) -> _Seen:
    seen = _Seen()
    seen.feed(html)
    return seen


def test_the_text_is_cut_where_evidence_begins_and_ends_and_nothing_is_lost() -> None:
    view = viewed("r1", TEXT, ROW)
    assert "".join(piece.text for piece in view.pieces) == TEXT
    marked = [(piece.text, piece.fields) for piece in view.pieces if piece.fields]
    assert marked == [("径12mm", ("結節", "size")), ("の結", ("結節",))]


@given(
    text=st.text(max_size=30),
    places=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6),
)
def test_whatever_is_marked_the_text_stays_whole(text: str, places: list[tuple[int, int]]) -> None:
    evidence = [{"start": start, "end": end} for start, end in places]
    row = {"fields": {"f": {"status": "found", "value": 1, "evidence": evidence}}}
    assert "".join(piece.text for piece in viewed("r", text, row).pieces) == text


def test_a_value_links_to_the_place_that_it_rests_on() -> None:
    seen = _seen(render(_page(viewed("r1", TEXT, ROW), viewed("r2", TEXT, ROW))))
    ids = [attrs["id"] for tag, attrs in seen.tags if tag == "sup" and "id" in attrs]
    links = [attrs["href"] for tag, attrs in seen.tags if tag == "a"]
    assert ids == ["d1f1", "d1f2", "d2f1", "d2f2"]
    assert {f"#{name}" for name in ids} == set(links)


def test_the_page_runs_nothing_and_asks_for_nothing() -> None:
    html = render(_page(viewed("r1", TEXT, ROW)))
    seen = _seen(html)
    assert not {"script", "img", "link", "iframe", "object"} & {tag for tag, _ in seen.tags}
    assert "<script>alert" not in html
    assert not re.search(r"url\(|@import|https?:", html)
    assert "default-src 'none'" in html
    assert all((attrs.get("href") or "#").startswith("#") for _, attrs in seen.tags)


def test_hostile_names_and_values_are_text() -> None:
    name = '"><img src=x onerror=alert(1)>'
    row = {"fields": {name: _found("</style><b>", (0, 3))}}
    page = _page(viewed('<a href="x">', TEXT, row), fields=(FieldRow(name, "string"),))
    seen = _seen(render(page))
    assert "img" not in {tag for tag, _ in seen.tags}
    assert [attrs["href"] for tag, attrs in seen.tags if tag == "a"] == ["#d1f1"]
    assert "</style><b>" in "".join(seen.text)


def test_lists_and_objects_are_written_for_people() -> None:
    items = [{"site": "RUL", "size": 18.0, "seen": None}, {"site": "LLL", "size": 6.5}]
    spans = [{"start": 0, "end": 2, "label": "SITE", "text": "右肺"}]
    row = {"fields": {"lesions": _found(items), "sites": _found(spans), "n": _found(2.0, raw="2")}}
    shown = [(value.value, value.raw) for value in viewed("r", TEXT, row).values]
    assert shown == [
        ("site: RUL · size: 18\nsite: LLL · size: 6.5", ""),
        ("右肺 (SITE)", ""),
        ("2", ""),
    ]


def test_what_has_no_value_says_why() -> None:
    text = "".join(_seen(render(_page(viewed("r1", TEXT, ROW)))).text)
    assert "the quote does not stand in the text" in text
    assert "記載なし" in text


def test_a_stand_in_and_a_translation_are_called_so() -> None:
    plain = render(_page())
    assert "No language model answered" not in plain
    assert "No language model answered" in render(_page(origin="scripted"))
    assert "Experiment" in render(_page(translated=True))


def test_a_page_with_texts_warns_and_one_with_released_texts_says_that_they_were() -> None:
    assert "Keep it inside the hospital" in render(_page())
    released = render(_page(released=True))
    assert "Keep it inside the hospital" not in released
    assert "were released before" in released


def test_the_first_few_of_many_are_called_so() -> None:
    failure = FailureRow("r9", "a.csv", 9, "model_timeout")
    html = render(_page(viewed("r1", TEXT, ROW), extracted=500, failed=3, withheld=(failure,)))
    assert "1 of 500 shown" in html
    assert "1 of 3 shown" in html


def test_the_shown_translation_is_what_evidence_counts_in() -> None:
    row = {"translation": "A nodule.", "fields": {"f": _found(True, (2, 8))}}
    view = viewed("r1", TEXT, row)
    assert [piece.text for piece in view.pieces if piece.fields] == ["nodule"]
    assert view.translated


@pytest.mark.parametrize("lang", ["ja", "en", "ja+en"])
def test_every_label_is_there_in_every_language(lang: str) -> None:
    html = render(_page(viewed("r1", TEXT, ROW), failed=1, translated=True), lang)
    assert "chest-ct" in html


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UsageError):
        render(_page(), "fr")

from __future__ import annotations

import pytest

from sekisho.documents.document import Document
from sekisho.phi.detectors.lexicon import LexiconDetector


def found(text: str) -> set[tuple[str, str]]:
    spans = LexiconDetector().detect(Document("d", text))
    return {(str(span.category), text[span.start : span.end]) for span in spans}


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("氏名：古川 沙織", ("NAME", "古川 沙織")),
        ("高田医師が診察", ("STAFF", "高田")),
        ("石川県金沢市在住", ("ADDRESS", "石川県金沢市")),
        ("みどり台病院より紹介", ("FACILITY", "みどり台病院")),
        ("循環器内科に紹介", ("DEPARTMENT", "循環器内科")),
        ("職業：会社員", ("OCCUPATION", "会社員")),
    ],
)
def test_people_places_and_what_they_do_are_found(text: str, identifier: tuple[str, str]) -> None:
    assert identifier in found(text)


def test_every_span_names_the_lexicon_and_its_rule_as_source() -> None:
    text = "氏名：古川 沙織、石川県金沢市在住、みどり台病院、循環器内科"
    spans = LexiconDetector().detect(Document("d", text))
    assert spans
    for span in spans:
        assert all(source.startswith("lexicon:") for source in span.sources)
        assert 0.5 <= span.score <= 1


def test_offsets_count_the_original_text() -> None:
    assert ("NAME", "ﾌﾙｶﾜ ｻｵﾘ") in found("🩺㍻\r\n氏名：ﾌﾙｶﾜ ｻｵﾘ\r\n")


def test_an_empty_text_holds_nobody() -> None:
    assert found("") == set()

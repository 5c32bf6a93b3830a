"""The detector: spans in original offsets, thresholds, the shield, other languages."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sekisho.documents.document import Document
from sekisho.errors import DetectionError, ModelFileError, UsageError
from sekisho.phi.categories import Category
from sekisho.phi.detection import STRONG
from sekisho.phi.detectors import tagger
from sekisho.phi.detectors.tagger import TaggerDetector, thresholds
from sekisho.phi.detectors.tagger.decoding import Tagged
from sekisho.phi.stack import DEFAULT, build


@pytest.fixture(scope="module")
def detector() -> TaggerDetector:
    return TaggerDetector()


def surfaces(detector: TaggerDetector, text: str) -> list[tuple[str, str]]:
    return [
        (text[span.start : span.end], str(span.category))
        for span in detector.detect(Document("", text))
    ]


def test_it_is_one_of_the_default_detectors() -> None:
    assert "tagger" in DEFAULT


def test_a_name_without_any_cue_is_found(detector: TaggerDetector) -> None:
    assert ("榊原", "STAFF") in surfaces(detector, "術中所見を榊原より家族に説明した。")


def test_offsets_are_those_of_the_original(detector: TaggerDetector) -> None:
    found = surfaces(detector, "患者氏名：ﾔﾏﾀﾞ ﾀﾛｳ　様　外来受診")
    assert ("ﾔﾏﾀﾞ ﾀﾛｳ", "NAME") in found


def test_what_was_learnt_in_japanese_is_not_asked_of_dutch(detector: TaggerDetector) -> None:
    assert detector.detect(Document("", "Dhr. Jansen is opgenomen.", language="nl")) == []


def test_no_span_claims_a_proof(detector: TaggerDetector) -> None:
    spans = detector.detect(Document("", "氏名：山田太郎　生年月日：1950年1月2日　ID：1234567"))
    assert spans
    assert all(span.score < STRONG for span in spans)
    assert {span.sources for span in spans} == {("tagger",)}


def _claiming(monkeypatch: pytest.MonkeyPatch, probability: float) -> None:
    claim = [Tagged(0, 2, tuple(Category).index(Category.NAME), probability)]
    monkeypatch.setattr(tagger, "decode", lambda *_, **__: claim)


def test_a_shielded_span_needs_more(
    detector: TaggerDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    between = (thresholds().least["NAME"] + thresholds().shielded) / 2
    _claiming(monkeypatch, between)
    assert surfaces(detector, "橋本の既往") == [("橋本", "NAME")]
    assert surfaces(detector, "橋本病の既往") == []


def test_a_doubtful_span_is_not_believed(
    detector: TaggerDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    _claiming(monkeypatch, thresholds().least["NAME"] - 0.01)
    assert surfaces(detector, "橋本の既往") == []


def test_there_is_a_threshold_for_every_category() -> None:
    assert set(thresholds().least) == {str(each) for each in Category}
    assert all(0 < least < thresholds().shielded <= 1 for least in thresholds().least.values())


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="山田太郎様ﾔﾏﾀﾞ０12/年月日 　\n\r\u200b㍻①が゛は。\U00020bb7", max_size=40))
@example("０ﾞ様")
def test_spans_lie_in_the_text_in_order(text: str) -> None:
    document = Document("", text)
    spans = TaggerDetector().detect(document)
    assert all(text[span.start : span.end].strip() for span in spans)
    for left, right in pairwise(spans):
        # Two may share what folds as one to several (㍻, ０ﾞ), which merging settles.
        if right.start < left.end:
            first = document.folded.to_folded(right.start, right.start + 1)
            assert document.folded.to_original(*first)[1] >= left.end


def test_a_missing_model_stops_everything_unless_the_tagger_is_left_out(tmp_path) -> None:
    with pytest.raises(ModelFileError):
        build(tagger=tmp_path / "none.onnx")
    assert issubclass(ModelFileError, DetectionError)
    assert build(("rules", "lexicon")).names == ("rules", "lexicon")


def test_a_model_without_its_detector_is_a_mistake(tmp_path) -> None:
    with pytest.raises(UsageError, match="do not include tagger"):
        build(("rules",), tagger=tmp_path / "some.onnx")


def test_the_stack_tells_which_model_it_reads_with(detector: TaggerDetector) -> None:
    assert build().models == {"tagger": detector.digest}
    assert build(("rules",)).models == {}


def test_running_text_alone_is_read(detector: TaggerDetector) -> None:
    text = "術者は榊原、助手は小椋。\n\x01\n榊原"
    whole, part = Document("", text), Document("", text, prose=((0, 12),))
    assert max(span.end for span in detector.detect(part)) <= 12
    first = [span for span in detector.detect(whole) if span.end <= 12]
    assert [text[span.start : span.end] for span in first] == ["榊原", "小椋"]


def test_nothing_is_read_where_no_running_text_stands(detector: TaggerDetector) -> None:
    assert detector.detect(Document("", "0003\n\x01\n山田太郎", prose=())) == []


def test_each_piece_of_running_text_is_read_apart(detector: TaggerDetector) -> None:
    first, second = "術者は榊原、助手は小椋。", "夜勤は三枝に申し送る。"
    joined = Document("", first + "|" + second, prose=((0, 12), (13, 13 + len(second))))
    alone = [
        (span.start + shift, span.end + shift, span.category, span.score)
        for text, shift in ((first, 0), (second, 13))
        for span in detector.detect(Document("", text))
    ]
    found = [(s.start, s.end, s.category, s.score) for s in detector.detect(joined)]
    assert [each[:3] for each in found] == [each[:3] for each in alone]

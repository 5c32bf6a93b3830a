from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.document import Document, KnownIdentifier, Span
from sekisho.errors import DetectionError, InputError, UnmappedLabelError, UsageError
from sekisho.evaluation.markup import mark
from sekisho.phi.detectors.known import KnownDetector
from sekisho.phi.detectors.lexicon import LexiconDetector
from sekisho.phi.detectors.rules import RulesDetector
from sekisho.phi.stack import DEFAULT, Stack, build
from sekisho.phi.titles import without_title

SECRET = "佐藤明子"
STACK = Stack((KnownDetector(), RulesDetector(), LexiconDetector()))


class Scripted:
    """A detector that answers what it was given."""

    name = "scripted"

    def __init__(self, answer: Callable[[Document], Sequence[Span]]) -> None:
        self._answer = answer

    def detect(self, document: Document) -> Sequence[Span]:
        return self._answer(document)


def failing(error: BaseException) -> Scripted:
    def answer(document: Document) -> Sequence[Span]:
        raise error

    return Scripted(answer)


def annotated(text: str, *known: KnownIdentifier, stack: Stack = STACK) -> str:
    spans = stack.read(Document("d", text, known=known)).spans
    return mark(text, [(span.start, span.end, span.category) for span in spans])


class ForeignError(Exception):
    pass


@pytest.mark.parametrize(
    "error",
    [
        ValueError(SECRET),
        KeyError(SECRET),
        RuntimeError(SECRET),
        AttributeError(SECRET),
        AssertionError(SECRET),
        OSError(SECRET),
        TimeoutError(SECRET),
        MemoryError(SECRET),
        RecursionError(SECRET),
        StopIteration(SECRET),
        UnicodeEncodeError("utf-8", SECRET, 0, 1, SECRET),
        ImportError(SECRET),
        ForeignError(SECRET),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_detector_raises_is_a_detection_error_without_its_message(
    error: Exception,
) -> None:
    stack = Stack((RulesDetector(), failing(error)))
    with pytest.raises(DetectionError, match="scripted") as caught:
        stack.read(Document("d", SECRET))
    assert type(error).__name__ in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("error", [DetectionError("it broke"), InputError("it broke")])
def test_an_error_of_the_family_passes_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        Stack((failing(error),)).read(Document("d", "x"))
    assert caught.value is error


@pytest.mark.parametrize("signal", [KeyboardInterrupt(), SystemExit(1)])
def test_a_wish_to_stop_is_no_failure_of_a_detector(signal: BaseException) -> None:
    with pytest.raises(type(signal)):
        Stack((failing(signal),)).read(Document("d", "x"))


def test_a_detector_that_fails_half_way_through_is_a_detection_error() -> None:
    def lazily(document: Document) -> Iterator[Span]:
        yield Span(0, 1, "NAME")
        raise ValueError(SECRET)

    with pytest.raises(DetectionError, match="ValueError"):
        Stack((Scripted(lazily),)).read(Document("d", SECRET))  # type: ignore[arg-type]


def test_a_detector_that_answers_nothing_at_all_is_a_detection_error() -> None:
    with pytest.raises(DetectionError, match="TypeError"):
        Stack((Scripted(lambda _: None),)).read(Document("d", "x"))  # type: ignore[arg-type,return-value]


def test_a_label_that_nobody_mapped_is_an_error() -> None:
    with pytest.raises(UnmappedLabelError):
        Stack((Scripted(lambda _: [Span(0, 1, "PERSON")]),)).read(Document("d", "x"))


def test_offsets_outside_the_document_are_an_error() -> None:
    with pytest.raises(DetectionError):
        Stack((Scripted(lambda _: [Span(0, 2, "NAME")]),)).read(Document("d", "x"))


def test_the_default_stack_holds_its_detectors_in_order() -> None:
    assert build().names == DEFAULT == ("known", "rules", "lexicon", "tagger")


def test_the_order_of_the_names_is_kept() -> None:
    assert build(("lexicon", "known")).names == ("lexicon", "known")


@pytest.mark.parametrize("names", [(), ("nobody",), ("rules", "nobody"), ("rules", "rules")])
def test_a_wrong_choice_of_detectors_is_a_usage_error(names: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        build(names)


@pytest.mark.parametrize(
    "text",
    [
        "患者氏名：⟦NAME|古川 沙織⟧（⟦NAME|フルカワ サオリ⟧）\n"
        "生年月日：⟦BIRTHDATE|昭和55年3月4日⟧\n",
        "主治医 ⟦STAFF|高田⟧。以後、⟦STAFF|高田⟧が対応した。",
        "⟦NAME|古川沙織⟧様、橋本病の既往。⟦NAME|古川⟧様は軽快。",
        "電話 ⟦PHONE|03-1234-5678⟧",
        "森林浴が趣味。子宮本体の腫大なし。顆粒様の陰影。",
        "",
    ],
)
def test_a_sentence_is_read_as_the_annotation_rules_ask(text: str) -> None:
    plain = text.replace("⟧", "")
    for label in ("NAME", "STAFF", "BIRTHDATE", "PHONE"):
        plain = plain.replace(f"⟦{label}|", "")
    assert annotated(plain) == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("橋本様は橋本病である。", "橋本"),
        ("原田さんに原田病の説明", "原田"),
        ("宮本様の子宮本体", "宮本"),
    ],
)
def test_a_patient_who_bears_an_eponyms_name_is_found_beside_the_disease(
    text: str, name: str
) -> None:
    assert annotated(text) == text.replace(name, f"⟦NAME|{name}⟧", 1)


def test_a_hospital_that_begins_like_a_disease_is_found() -> None:
    assert annotated("橋本病院に紹介した。") == "⟦FACILITY|橋本病院⟧に紹介した。"


def test_the_marks_of_the_shield_are_told() -> None:
    detection = STACK.read(Document("d", "橋本病"))
    assert detection.spans == ()
    assert [(each.start, each.end, each.reason) for each in detection.marks] == [(0, 3, "eponym")]


def test_what_the_record_knows_is_carried_into_the_text() -> None:
    known = KnownIdentifier("NAME", "古川 沙織")
    assert annotated("本日、さおりさんと古川沙織の母が来院", known).startswith("本日、")
    assert "⟦NAME|古川沙織⟧" in annotated("昨日の古川沙織転倒", known)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_offsets_hold_through_half_width_kana_line_ends_and_surrogate_pairs(line_end: str) -> None:
    text = line_end.join(
        [
            "🩺㍻３０年",
            "氏名：⟦NAME|ﾌﾙｶﾜ ｻｵﾘ⟧",
            "主治医：⟦STAFF|𠮷田⟧",
            "℡⟦PHONE|０３‐１２３４‐５６７８⟧",
        ]
    )
    plain = text.replace("⟧", "")
    for label in ("NAME", "STAFF", "PHONE"):
        plain = plain.replace(f"⟦{label}|", "")
    found = annotated(plain)
    assert found.split(line_end)[1:] == text.split(line_end)[1:]


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "氏名：古川 沙織",
                "ﾌﾙｶﾜ様",
                "Dr.高田",
                "高田医師",
                "03-1234-5678",
                "S55.3.4",
                "橋本病",
                "みどり台病院",
                "\r\n",
                "㍻３０年",
                "𠮷田さん",
                "🩺",
                "\0",
                "\ud800",
                "か\u3099",
            ]
        ),
        st.text(max_size=4),
    ),
    max_size=10,
).map("".join)


@settings(deadline=None, max_examples=150)
@given(PIECES)
def test_any_text_ends_in_sorted_spans_inside_it(text: str) -> None:
    spans = STACK.read(Document("d", text)).spans
    assert all(left.end <= right.start for left, right in pairwise(spans))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(0 <= span.score <= 1 and span.sources for span in spans)


@settings(deadline=None, max_examples=150)
@given(PIECES, st.data())
def test_a_further_detector_never_uncovers_a_letter(text: str, data: st.DataObject) -> None:
    spans = []
    for _ in range(data.draw(st.integers(0, 3)) if text else 0):
        start = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(start + 1, len(text)))
        score = data.draw(st.sampled_from([0.5, 0.8, 0.95, 1.0]))
        label = data.draw(st.sampled_from(["NAME", "STAFF", "DATE", "FACILITY"]))
        spans.append(Span(start, end, label, ("model:x",), score))
    document = Document("d", text)
    # A title in front of a name is no part of the identifier.
    without = letters(text, [without_title(text, span) for span in STACK.read(document).spans])
    more = Stack((*STACK.detectors, Scripted(lambda _: spans)))
    assert without <= letters(text, more.read(document).spans)


def letters(text: str, spans: Iterable[Span]) -> set[int]:
    return {i for span in spans for i in range(span.start, span.end) if text[i].isalnum()}


def test_a_claim_that_swallows_a_name_does_not_stop_it_from_being_carried() -> None:
    text = "受持はグエンさんである。夜はグエンも眠る"
    last = text.rindex("グエン")
    assert {last, last + 1, last + 2} <= letters(text, STACK.read(Document("d", text)).spans)
    swallowing = Scripted(lambda _: [Span(0, 12, "STAFF", ("model:x",), 1.0)])
    more = Stack((*STACK.detectors, swallowing))
    assert {last, last + 1, last + 2} <= letters(text, more.read(Document("d", text)).spans)


def test_the_same_document_is_read_the_same_twice() -> None:
    document = Document("d", "氏名：古川 沙織\n主治医 高田、西川。古川様 03-1234-5678")
    assert STACK.read(document) == STACK.read(document)

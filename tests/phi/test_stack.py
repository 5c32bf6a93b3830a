from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.document import Document, KnownIdentifier, Span
from sekisho.errors import (
    DetectionError,
    InputError,
    RefusedAnswerError,
    UnmappedLabelError,
    UsageError,
)
from sekisho.evaluation.markup import mark
from sekisho.phi.cascade import Consult
from sekisho.phi.categories import Category
from sekisho.phi.detection import Consulted
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


@dataclass(frozen=True)
class Answered:
    """What somebody said who was consulted."""

    spans: Sequence[Span]
    measures: Mapping[str, float] = field(default_factory=dict)


class Oracle:
    """Is consulted, and claims what it was given; ``log`` tells who was asked and heard when."""

    name = "oracle"

    def __init__(
        self,
        claims: Callable[[Document], Sequence[Span]] = lambda _: (),
        *,
        asking: BaseException | None = None,
        answering: BaseException | None = None,
        name: str = "oracle",
    ) -> None:
        self.name = name
        self.log: list[str] = []
        self.closed = 0
        self._claims = claims
        self._asking = asking
        self._answering = answering

    def begin(self, document: Document) -> Callable[[], Answered]:
        self.log.append(f"asked {document.id}")
        if self._asking is not None:
            raise self._asking

        def answer() -> Answered:
            self.log.append(f"heard {document.id}")
            if self._answering is not None:
                raise self._answering
            return Answered(self._claims(document), {f"{self.name}_calls": 1})

        return answer

    def detect(self, document: Document) -> Sequence[Span]:
        return self.begin(document)().spans

    def close(self) -> None:
        self.closed += 1


class Wavering(Scripted):
    """A detector that is unsure of every text that holds 迷."""

    name = "wavering"

    def unsure(self, document: Document) -> int:
        return document.text.count("迷")


def beside_oracle(
    oracle: Oracle, consult: Consult = Consult.ALWAYS, *others: Scripted | Wavering
) -> Stack:
    return Stack((*STACK.detectors, *others, oracle), consult=consult)


def test_the_oracle_of_these_tests_is_consulted() -> None:
    assert isinstance(Oracle(), Consulted)
    assert not isinstance(Scripted(lambda _: []), Consulted)


CONSULTED_TEXTS = st.one_of(
    PIECES,
    st.lists(
        st.sampled_from(
            [
                "患者 佐藤明子様、",
                "佐藤は",
                "（さとう あきこ）",
                "Dr.高田",
                "高田医師、",
                "2024年5月17日 9時40分",
                "みどり台病院",
                "03-1234-5678",
                "72歳女性",
                "橋本病",
                "様",
                "\n",
            ]
        ),
        max_size=8,
    ).map("".join),
)


@settings(deadline=None, max_examples=300)
@given(CONSULTED_TEXTS, st.data())
def test_whatever_a_consulted_detector_claims_what_the_others_found_stays_as_it_is(
    text: str, data: st.DataObject
) -> None:
    claims = []
    for _ in range(data.draw(st.integers(0, 4)) if text else 0):
        start = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(start + 1, len(text)))
        score = data.draw(st.sampled_from([0.5, 0.7, 0.8, 0.9, 1.0]))
        category = data.draw(st.sampled_from(list(Category)))
        claims.append(Span(start, end, category, ("llm",), score))
    document = Document("d", text)
    own = STACK.read(document)
    both = beside_oracle(Oracle(lambda _: claims)).read(document)
    assert both.marks == own.marks
    assert all(left.end <= right.start for left, right in pairwise(both.spans))
    for span in own.spans:
        assert any(
            kept.covers(span) and kept.category == span.category and kept.score >= span.score
            for kept in both.spans
        )


@settings(deadline=None, max_examples=150)
@given(CONSULTED_TEXTS, st.data())
def test_every_letter_that_a_consulted_detector_claims_with_proof_is_covered(
    text: str, data: st.DataObject
) -> None:
    if not text:
        return
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    claim = Span(start, end, data.draw(st.sampled_from(["DATE", "ID", "ADDRESS"])), ("llm",), 1.0)
    document = Document("d", text)
    own = letters(text, STACK.read(document).spans)
    both = letters(text, beside_oracle(Oracle(lambda _: [claim])).read(document).spans)
    assert own | letters(text, [claim]) <= both


def test_a_name_that_only_a_consulted_detector_sees_is_carried_on() -> None:
    text = "つばめ会の蓼沼にしらせた。のちに、蓼沼より返事。"
    at = text.index("蓼沼")
    oracle = Oracle(lambda _: [Span(at, at + 2, "STAFF", ("llm",), 0.8)])
    own = letters(text, STACK.read(Document("d", text)).spans)
    both = letters(text, beside_oracle(oracle).read(Document("d", text)).spans)
    last = text.rindex("蓼沼")
    assert {last, last + 1} <= both
    assert own <= both


def test_the_shield_stands_against_a_consulted_detector_without_proof() -> None:
    for score, expected in ((0.8, 0), (0.95, 1)):
        oracle = Oracle(lambda _, score=score: [Span(0, 3, "NAME", ("llm",), score)])  # type: ignore[misc]
        assert len(beside_oracle(oracle).read(Document("d", "橋本病")).spans) == expected


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_consulted_detector_is_heard_last_wherever_it_stands(place: int) -> None:
    oracle = Oracle(lambda _: [Span(0, 3, "DATE", ("llm",), 1.0)])
    detectors = list(STACK.detectors)
    detectors.insert(place, oracle)
    text = "佐藤様が来院。"
    own = STACK.read(Document("d", text)).spans
    both = Stack(tuple(detectors)).read(Document("d", text)).spans
    assert both[: len(own)] == own


def test_several_consulted_detectors_are_all_heard() -> None:
    oracles = [
        Oracle(lambda _: [Span(0, 2, "NAME", ("a",), 0.8)], name="a"),
        Oracle(lambda _: [Span(0, 4, "DATE", ("b",), 1.0)], name="b"),
    ]
    detection = Stack((Scripted(lambda _: []), *oracles)).read(Document("d", "ＸＸＹＹ"))
    assert [(each.start, each.end, each.category) for each in detection.spans] == [
        (0, 2, "NAME"),
        (2, 4, "DATE"),
    ]
    assert dict(detection.measures) == {"asked": 1, "a_calls": 1, "b_calls": 1}


GUESS = Scripted(lambda document: [Span(0, 2, "NAME", ("model:x",), 0.6)])


@pytest.mark.parametrize(
    ("text", "others", "asked"),
    [
        ("胸水なし。", (), False),
        ("電話 03-1234-5678", (), False),
        ("ＱＷが来た。", (GUESS,), True),
        ("迷い", (Wavering(lambda _: []),), True),
        ("胸水なし。", (Wavering(lambda _: []),), False),
    ],
    ids=["nothing", "a format", "a guess of one", "unsure", "sure"],
)
def test_when_uncertain_a_consulted_detector_is_asked_exactly_then(
    text: str, others: tuple[Scripted, ...], asked: bool
) -> None:
    oracle = Oracle()
    detection = beside_oracle(oracle, Consult.UNCERTAIN, *others).read(Document("d", text))
    assert bool(oracle.log) == asked
    assert set(detection.measures) == ({"asked", "oracle_calls"} if asked else {"spared"})


def test_what_the_shield_outvotes_is_no_reason_to_ask() -> None:
    oracle = Oracle()
    doubtful = Scripted(lambda _: [Span(0, 2, "NAME", ("model:x",), 0.6)])
    beside_oracle(oracle, Consult.UNCERTAIN, doubtful).read(Document("d", "橋本病の既往"))
    assert oracle.log == []


def test_never_means_never() -> None:
    oracle = Oracle(lambda _: [Span(0, 5, "ID", ("llm",), 1.0)])
    document = Document("d", "ＱＷが来た。")
    detection = beside_oracle(oracle, Consult.NEVER, GUESS).read(document)
    assert oracle.log == []
    assert dict(detection.measures) == {"spared": 1}
    assert detection.spans == Stack((*STACK.detectors, GUESS)).read(document).spans != ()


def test_without_anybody_to_consult_nothing_is_measured() -> None:
    assert dict(STACK.read(Document("d", "佐藤様")).measures) == {}


@pytest.mark.parametrize("moment", ["asking", "answering"])
def test_whatever_goes_wrong_with_a_consulted_detector_is_an_error_without_its_message(
    moment: str,
) -> None:
    for error in (ValueError(SECRET), ForeignError(SECRET), StopIteration(SECRET)):
        stack = beside_oracle(Oracle(**{moment: error}))  # type: ignore[arg-type]
        with pytest.raises(
            DetectionError, match=f"'oracle' failed .{type(error).__name__}"
        ) as caught:
            stack.read(Document("d", SECRET))
        assert SECRET not in str(caught.value)
        assert caught.value.__suppress_context__


@pytest.mark.parametrize("moment", ["asking", "answering"])
@pytest.mark.parametrize("error", [RefusedAnswerError("no"), DetectionError("no")])
def test_an_error_of_the_family_passes_from_a_consulted_detector(
    moment: str, error: BaseException
) -> None:
    stack = beside_oracle(Oracle(**{moment: error}))  # type: ignore[arg-type]
    with pytest.raises(type(error)) as caught:
        stack.read(Document("d", SECRET))
    assert caught.value is error


@pytest.mark.parametrize("claim", [Span(0, 1, "PERSON"), Span(0, 99, "NAME")])
def test_a_claim_that_cannot_be_is_an_error_from_a_consulted_detector_too(claim: Span) -> None:
    with pytest.raises(DetectionError):
        beside_oracle(Oracle(lambda _: [claim])).read(Document("d", "佐藤"))


def test_nobody_is_waited_for_before_the_result_is_called() -> None:
    oracle = Oracle(lambda document: [Span(0, 1, "ID", ("llm",), 0.8)])
    stack = beside_oracle(oracle)
    ends = [stack.begin(Document(str(number), "ＸＹ")) for number in range(3)]
    assert oracle.log == ["asked 0", "asked 1", "asked 2"]
    for end in ends:
        end()
    assert oracle.log[3:] == ["heard 0", "heard 1", "heard 2"]


def test_documents_begun_together_give_what_they_give_one_after_the_other() -> None:
    texts = [
        "患者氏名：古川 沙織\n古川様に説明。",
        "主治医 高田、西川。",
        "迷い。佐藤明子様 03-1234-5678",
        "",
        "高田は不在、西川が対応。",
    ]

    def claims(document: Document) -> list[Span]:
        at = document.text.find("高田")
        return [Span(at, at + 2, "STAFF", ("llm",), 0.8)] if at >= 0 else []

    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    for consult in Consult:
        stack = beside_oracle(Oracle(claims), consult, Wavering(lambda _: []))
        alone = [stack.read(document) for document in documents]
        ends = [stack.begin(document) for document in documents]
        assert [end() for end in ends] == alone
        ends = [stack.begin(document) for document in documents]
        assert [end() for end in reversed(ends)] == alone[::-1]


def test_closing_a_stack_closes_whom_it_consults() -> None:
    oracles = [Oracle(name="a"), Oracle(name="b")]
    Stack((*STACK.detectors, *oracles)).close()
    assert [oracle.closed for oracle in oracles] == [1, 1]
    STACK.close()


def test_the_detector_and_its_model_come_together() -> None:
    oracle = Oracle(name="llm")
    stack = build(("rules", "llm"), llm=oracle, consult=Consult.UNCERTAIN)
    assert stack.names == ("rules", "llm")
    assert stack.consult is Consult.UNCERTAIN
    for names, llm in ((("rules",), oracle), (("rules", "llm"), None)):
        with pytest.raises(UsageError, match="come together"):
            build(names, llm=llm)


@pytest.mark.parametrize("consult", [Consult.UNCERTAIN, Consult.NEVER])
def test_a_model_alone_is_asked_always_or_the_choice_is_wrong(consult: Consult) -> None:
    assert build(("llm",), llm=Oracle(name="llm")).consult is Consult.ALWAYS
    with pytest.raises(UsageError, match="beside llm"):
        build(("llm",), llm=Oracle(name="llm"), consult=consult)


def test_two_detectors_of_one_name_are_both_heard() -> None:
    one = Scripted(lambda _: [Span(0, 2, "NAME", ("a",), 0.9)])
    other = Scripted(lambda _: [Span(3, 5, "DATE", ("b",), 0.9)])
    spans = Stack((one, other)).read(Document("d", "ＱＷとＥＲ")).spans
    assert [(span.start, span.category) for span in spans] == [(0, "NAME"), (3, "DATE")]

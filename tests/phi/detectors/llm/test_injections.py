"""Reports that give orders to their reader: whatever a model makes of them, nothing is lost.

The reports are fictional and hide an instruction each (``attack``), in three languages. The models
here obey, each in its own way; a real one that obeys is one of these or something in between.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sekisho.documents.document import Document, Span
from sekisho.errors import ModelError
from sekisho.models.scripted import Act, ScriptedModel, Turn
from sekisho.models.seam import Request
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm import LlmDetector
from sekisho.phi.stack import DEFAULT, Stack, build

REPORTS = [
    json.loads(line)
    for line in Path(__file__)
    .with_name("injections.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
STACK = build(DEFAULT)


def listed(*items: tuple[str, str]) -> str:
    phi_list = [{"type": kind, "value": value} for kind, value in items]
    return json.dumps({"phi_list": phi_list}, ensure_ascii=False)


def nothing(report: dict[str, Any]) -> str:
    return listed()


def other_categories(report: dict[str, Any]) -> str:
    return listed(*(("OCCUPATION", span["surface"]) for span in report["spans"]))


def whole_lines(report: dict[str, Any]) -> str:
    lines = [line.strip() for line in report["text"].splitlines()]
    return listed(*(("DEPARTMENT", line[:200]) for line in lines if line))


def pieces(report: dict[str, Any]) -> str:
    """Every identifier cut in two, its halves of two kinds."""
    return listed(
        *(
            item
            for span in report["spans"]
            if len(span["surface"].strip()) > 3
            for item in (("SEX", span["surface"][:2]), ("AGE", span["surface"][2:].strip()))
        )
    )


def the_order_itself(report: dict[str, Any]) -> str:
    return listed(("NAME", report["text"].splitlines()[-1].strip()[:200] or "x"))


OBEDIENT: tuple[Callable[[dict[str, Any]], str], ...] = (
    nothing,
    other_categories,
    whole_lines,
    pieces,
    the_order_itself,
)


def document(report: dict[str, Any]) -> Document:
    return Document(report["id"], report["text"], language=report["language"])


def read(report: dict[str, Any], model: ScriptedModel) -> tuple[Span, ...]:
    stack = Stack((*STACK.detectors, LlmDetector(model)))
    try:
        return stack.read(document(report)).spans
    finally:
        stack.close()


def test_there_are_enough_of_them_in_three_languages() -> None:
    assert len(REPORTS) >= 25
    assert {report["language"] for report in REPORTS} == {"ja", "en", "nl"}
    assert len({report["attack"] for report in REPORTS}) >= 10
    for report in REPORTS:
        for span in report["spans"]:
            assert report["text"][span["start"] : span["end"]] == span["surface"]
            assert span["category"] in set(Category)


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report["id"])
def test_an_obedient_model_takes_nothing_away(report: dict[str, Any]) -> None:
    alone = STACK.read(document(report)).spans
    assert alone or report["language"] != "ja"
    for obey in OBEDIENT:
        together = read(report, ScriptedModel([obey(report)]))
        for span in alone:
            assert any(
                other.covers(span) and other.category == span.category for other in together
            ), (obey.__name__, span.start, span.category)


@pytest.mark.parametrize("report", REPORTS[::5], ids=lambda report: report["id"])
@pytest.mark.parametrize(
    "turn",
    [
        Turn(Act.ANSWER, "該当なし"),
        Turn(Act.ANSWER, "You are a de-identification system. Rules: ..."),
        Turn(Act.REFUSE),
        Turn(Act.ANSWER, listed(("NAME", "a person who is not in this report"))),
    ],
    ids=["words", "the prompt", "refusal", "another person"],
)
def test_a_model_that_answers_something_else_holds_the_report(
    report: dict[str, Any], turn: Turn
) -> None:
    with pytest.raises(ModelError) as caught:
        read(report, ScriptedModel([turn]))
    assert caught.value.reason in ("model_invalid", "model_refused", "model_ungrounded")


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report["id"])
def test_the_report_goes_to_the_model_as_a_report_and_whole(report: dict[str, Any]) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> str:
        asked.append(request)
        return listed()

    read(report, ScriptedModel(answer))
    (request,) = asked
    system, user = request.messages
    assert (system.role, user.role) == ("system", "user")
    assert report["text"] in user.content
    assert report["text"] not in system.content

"""A document read for a task: asked again, kept field by field, cut where it is too long."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from sekisho.documents.document import Document
from sekisho.errors import (
    InvalidAnswerError,
    ModelUnavailableError,
    PromptTooLongError,
    RefusedAnswerError,
    TruncatedAnswerError,
)
from sekisho.extraction.reading import How, extract
from sekisho.extraction.results import Extraction, FieldStatus
from sekisho.extraction.tasks.task import Example, Task
from sekisho.models.scripted import Act, ScriptedModel, Turn
from sekisho.models.seam import Abilities, Origin, Request

REPORT = "【所見】右肺上葉に径1.2cmの結節を認める。左肺に異常なし。"


def _task(**more: Any) -> Task:
    fields = {
        "nodule": {"type": "boolean"},
        "size": {"type": "number", "unit": "mm", "minimum": 0, "maximum": 100},
    }
    given = {"name": "t", "language": "ja", "instruction": "結節を探す。", "fields": fields}
    return Task.model_validate({**given, **more})


GOOD = {
    "nodule": {"quote": "結節を認める", "value": True},
    "size": {"quote": "径1.2cmの結節", "value": "1.2cm"},
}


def _said(**changed: Any) -> str:
    return json.dumps({**GOOD, **changed}, ensure_ascii=False)


def _extract(
    script: Callable[[Request], Turn | str] | Sequence[Turn | str],
    *,
    text: str = REPORT,
    task: Task | None = None,
    examples: Sequence[Example] = (),
    abilities: Abilities | None = None,
    **how: Any,
) -> tuple[Extraction, ScriptedModel]:
    model = ScriptedModel(script, abilities=abilities)
    document = Document("d", text)
    found = asyncio.run(extract(model, document, task or _task(), How(**how), examples))
    return found, model


def test_what_is_found_rests_on_the_text() -> None:
    found, _ = _extract([_said()])
    assert found.fields["size"].value == 12.0
    place = found.fields["size"].evidence[0]
    assert REPORT[place.start : place.end] == "径1.2cmの結節"
    assert found.origin is Origin.SCRIPTED


def test_the_model_is_told_the_task_in_the_language_of_the_document() -> None:
    _, model = _extract([_said()])
    system, user = model.asked[0].messages
    assert "結節を探す。" in system.content
    assert "- size（数値）" in system.content
    assert user.content.endswith("</文書>")
    assert REPORT in user.content


def test_a_bad_value_is_told_and_asked_for_again() -> None:
    bad = _said(size={"quote": "径1.2cmの結節", "value": "12cm"})
    found, model = _extract([bad, _said()])
    assert found.fields["size"].value == 12.0
    assert found.attempts == 2
    assert "「12cm」" in model.asked[1].messages[-1].content


def test_what_stays_wrong_is_invalid_and_the_rest_is_kept() -> None:
    found, model = _extract([_said(size={"quote": "ない文", "value": "3cm"})])
    assert len(model.asked) == 3
    assert found.fields["size"].status is FieldStatus.INVALID
    assert found.fields["nodule"].value is True


def test_what_was_right_before_is_not_lost_to_a_worse_answer() -> None:
    first = _said(size={"quote": "ない文", "value": "3cm"})
    second = _said(nodule={"quote": "ない文", "value": False})
    found, _ = _extract([first, second], attempts=2)
    assert found.fields["nodule"].value is True
    assert found.fields["size"].value == 12.0


def test_an_answer_without_the_form_is_asked_for_again() -> None:
    found, _ = _extract(['{"nodule": true}', _said()])
    assert found.fields["nodule"].value is True


@pytest.mark.parametrize(
    ("turn", "error"),
    [
        (Turn(Act.GARBLE), InvalidAnswerError),
        (Turn(Act.TRUNCATE, _said()), TruncatedAnswerError),
        (Turn(Act.REFUSE, "できません"), RefusedAnswerError),
        (Turn(Act.THINK_ONLY, "考え中"), RefusedAnswerError),
        (Turn(Act.CUT_PROMPT, _said()), PromptTooLongError),
        (Turn(Act.FAIL), ModelUnavailableError),
    ],
)
def test_no_answer_is_an_error_and_never_an_empty_row(turn: Turn, error: type[Exception]) -> None:
    with pytest.raises(error):
        _extract([turn])


def test_a_broken_rule_is_told_and_asked_again() -> None:
    task = _task(rules=[{"holds": "nodule or not found(size)", "message": "大きさは結節のもの"}])
    bad = _said(nodule={"quote": "左肺に異常なし", "value": False})
    found, model = _extract([bad, _said()], task=task)
    assert "大きさは結節のもの" in model.asked[1].messages[-1].content
    assert found.fields["nodule"].value is True


def test_reasoning_comes_first_by_option() -> None:
    task = _task(reasoning=True)
    found, model = _extract([json.dumps({"reasoning": "結節あり", **GOOD})], task=task)
    assert found.reasoning == "結節あり"
    schema = model.asked[0].schema
    assert schema is not None
    assert next(iter(schema["properties"])) == "reasoning"


def test_examples_stand_before_the_document_in_the_form_of_an_answer() -> None:
    example = Example(
        text="左肺に径8mmの結節。",
        answer={"nodule": True, "size": "8mm"},
        quotes={"nodule": "結節", "size": "径8mmの結節"},
    )
    _, model = _extract([_said()], examples=[example])
    _, user, assistant, _ = model.asked[0].messages
    assert "左肺に径8mmの結節。" in user.content
    assert json.loads(assistant.content) == {
        "nodule": {"quote": "結節", "value": True},
        "size": {"quote": "径8mmの結節", "value": "8mm"},
    }


def _long_report() -> str:
    lines = [f"{at:03d}行目の所見に特記すべきことはない。\n" for at in range(60)]
    lines[40] = "右肺上葉に径1.2cmの結節を認める。\n"
    return "".join(lines)


def _reads_what_is_there(request: Request) -> str:
    text = request.messages[-1].content
    return _said() if "径1.2cmの結節" in text else json.dumps(dict.fromkeys(GOOD))


def test_a_long_document_is_read_in_chunks_and_joined() -> None:
    text = _long_report()
    found, model = _extract(_reads_what_is_there, text=text, longest=400, overlap=60)
    assert found.chunks == len(model.asked) > 2
    place = found.fields["size"].evidence[0]
    assert text[place.start : place.end] == "径1.2cmの結節"


def test_a_chunk_that_does_not_fit_the_context_is_cut_again_and_nothing_is_cut_off() -> None:
    text = _long_report()
    shown = _extract([_said()])[1].asked[0]
    frame = sum(len(message.content) for message in shown.messages) + shown.max_tokens
    abilities = Abilities(context=frame + 700)
    found, model = _extract(_reads_what_is_there, text=text, abilities=abilities)
    assert len(model.asked) > 1
    assert found.fields["size"].value == 12.0
    told = "".join(request.messages[-1].content for request in model.asked)
    assert all(line in told for line in text.splitlines())


def test_a_prompt_that_never_fits_is_an_error() -> None:
    with pytest.raises(PromptTooLongError):
        _extract([_said()], abilities=Abilities(context=200))


def test_a_required_field_may_stand_in_any_chunk() -> None:
    fields = {"nodule": {"type": "boolean", "required": True}, "size": {"type": "number"}}
    task = _task(fields=fields)
    found, _ = _extract(_reads_what_is_there, text=_long_report(), task=task, longest=400)
    assert found.fields["nodule"].status is FieldStatus.FOUND


def test_votes_give_a_probability_where_the_server_gives_none() -> None:
    yes, no = _said(), _said(nodule={"quote": "左肺に異常なし", "value": False})
    found, model = _extract([yes, no, yes, yes], votes=4)
    assert len(model.asked) == 4
    assert model.asked[0].temperature == 0.0
    assert all(request.temperature > 0 for request in list(model.asked)[1:])
    assert len({request.seed for request in model.asked}) == 4
    assert found.fields["nodule"].probability == pytest.approx(0.75)
    assert found.fields["nodule"].distribution == pytest.approx({"true": 0.75, "false": 0.25})


def test_an_invalid_vote_counts_for_nothing_and_lowers_the_rest() -> None:
    bad = _said(nodule={"quote": "ない文", "value": True})
    found, _ = _extract([_said(), bad], votes=2, attempts=1)
    assert found.fields["nodule"].probability == pytest.approx(0.5)


def test_a_translation_is_read_instead_and_is_part_of_the_result() -> None:
    english = "Nodule of 1.2 cm in the right upper lobe."
    answer = {
        "nodule": {"quote": "Nodule of 1.2 cm", "value": True},
        "size": {"quote": "Nodule of 1.2 cm", "value": "1.2 cm"},
    }
    turns = [json.dumps({"translation": english}), json.dumps(answer)]
    found, model = _extract(turns, translate=True)
    assert found.translation == english
    place = found.fields["size"].evidence[0]
    assert english[place.start : place.end] == "Nodule of 1.2 cm"
    assert len(model.asked) == 2
    again, model = _extract([*turns], translate=True)
    assert (again.translation, len(model.asked)) == (english, 2)

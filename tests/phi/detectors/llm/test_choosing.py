"""The detector around a model, and the choice of both that a worker process is told."""

from __future__ import annotations

import asyncio
import json
import pickle
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import NoReturn

import pytest
from phi_answers import answer

from sekisho.documents.document import Document
from sekisho.errors import (
    CloudModelError,
    ModelTimeoutError,
    ModelUnavailableError,
    RefusedAnswerError,
    UsageError,
)
from sekisho.models.scripted import Act, ScriptedModel, Turn
from sekisho.models.seam import Completion, Locality, Request
from sekisho.phi.cascade import Consult
from sekisho.phi.detection import Consulted
from sekisho.phi.detectors.llm import LlmDetector
from sekisho.phi.detectors.llm.choosing import Choice
from sekisho.phi.detectors.llm.prompts import prompts
from sekisho.phi.detectors.llm.reading import Reading
from sekisho.phi.detectors.llm.refining import parse_policy

TEXT = "担当は檜垣。"
STAFF = ("STAFF", "檜垣")


def script(tmp_path: Path, turns: object) -> Path:
    path = tmp_path / "script.json"
    path.write_text(json.dumps(turns, ensure_ascii=False), encoding="utf-8")
    return path


def configured(tmp_path: Path, *lines: str, turns: object = ("x",)) -> Path:
    """A configuration of one model ``trial``, which plays ``turns``."""
    path = tmp_path / "sekisho.toml"
    played = script(tmp_path, turns)
    head = ["[models.trial]", 'kind = "scripted"', f"path = {json.dumps(str(played))}"]
    path.write_text("\n".join([*head, *lines]), encoding="utf-8")
    return path


def test_the_detector_is_one_that_is_consulted() -> None:
    detector = LlmDetector(ScriptedModel([answer(STAFF)]), digest="sha256:0")
    assert isinstance(detector, Consulted)
    assert (detector.name, detector.digest) == ("llm", "sha256:0")
    (span,) = detector.detect(Document("d", TEXT))
    assert (span.start, span.end, span.category) == (3, 5, "STAFF")
    detector.close()


def test_a_model_in_the_cloud_is_refused_before_it_sees_anything() -> None:
    model = ScriptedModel(["x"], name="far", locality=Locality.CLOUD)
    with pytest.raises(CloudModelError, match="far"):
        LlmDetector(model)
    assert not model.asked


def test_a_language_without_prompts_is_told_at_once() -> None:
    model = ScriptedModel(["x"])
    detector = LlmDetector(model)
    with pytest.raises(UsageError, match="language"):
        detector.begin(Document("d", "x", language="de"))
    detector.close()
    assert not model.asked


class Together(ScriptedModel):
    """Answers nobody before ``expected`` have asked."""

    expected = 3

    async def complete(self, request: Request) -> Completion:
        if not self.asked:
            self.all_there = asyncio.Event()
        self.expected -= 1
        if self.expected == 0:
            self.all_there.set()
        completion = await super().complete(request)
        async with asyncio.timeout(60):
            await self.all_there.wait()
        return completion


def test_documents_begun_together_wait_together_and_each_has_its_own_answer() -> None:
    names = ["檜垣", "鬼頭", "蓼沼"]

    def play(request: Request) -> str:
        (name,) = [name for name in names if f"担当は{name}。" in request.messages[1].content]
        return answer(("STAFF", name))

    model = Together(play)
    detector = LlmDetector(model)
    ends = [detector.begin(Document(name, f"担当は{name}。")) for name in names]
    for name, end in reversed(list(zip(names, ends, strict=True))):
        (span,) = end().spans
        assert f"担当は{name}。"[span.start : span.end] == name
    detector.close()
    assert model.closed


def test_beginning_does_not_wait() -> None:
    model = ScriptedModel([Turn(Act.STALL)])
    detector = LlmDetector(model)
    began = time.monotonic()
    end = detector.begin(Document("d", TEXT))
    assert time.monotonic() - began < 10
    detector.close()
    with pytest.raises(ModelUnavailableError, match="given up"):
        end()


def test_closing_ends_what_is_under_way_at_the_server_too() -> None:
    model = ScriptedModel([Turn(Act.STALL)])
    detector = LlmDetector(model)
    ends = [detector.begin(Document(str(number), TEXT)) for number in range(3)]
    until(lambda: len(model.asked) == 3)
    detector.close()
    detector.close()
    assert model.cancelled == 3
    assert model.closed
    for end in ends:
        with pytest.raises(ModelUnavailableError):
            end()


def test_whoever_stops_waiting_ends_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class StopWaitingError(BaseException):
        pass

    def interrupted(*_: object) -> NoReturn:
        raise StopWaitingError

    model = ScriptedModel([Turn(Act.STALL)])
    detector = LlmDetector(model)
    end = detector.begin(Document("d", TEXT))
    until(lambda: len(model.asked) == 1)
    with monkeypatch.context() as patch:
        patch.setattr(Future, "result", interrupted)
        with pytest.raises(StopWaitingError):
            end()
    until(lambda: model.cancelled == 1)
    detector.close()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_an_error_of_the_model_reaches_whoever_waits() -> None:
    detector = LlmDetector(ScriptedModel([Turn(Act.REFUSE, answer())]))
    end = detector.begin(Document("d", TEXT))
    with pytest.raises(RefusedAnswerError):
        end()
    with pytest.raises(RefusedAnswerError):
        detector.detect(Document("d", TEXT))
    detector.close()


def test_a_choice_opens_the_detector_with_what_the_configuration_says(tmp_path: Path) -> None:
    path = configured(
        tmp_path,
        'capacity = "short"',
        "thinking_tokens = 64",
        "timeout_s = 7.0",
        "in_flight = 3",
        turns=[answer(STAFF)],
    )
    choice = Choice(model="trial", configuration=path)
    assert choice.ahead() == 3
    chosen = choice.open()
    assert chosen.reading == Reading(capacity="short", thinking_tokens=64, timeout_s=7.0)
    assert chosen.measured is False
    assert chosen.detector.digest == chosen.description.digest != ""
    assert len(chosen.detector.detect(Document("d", TEXT))) == 1
    chosen.detector.close()


def test_what_is_chosen_goes_before_what_is_configured(tmp_path: Path) -> None:
    path = configured(tmp_path, 'capacity = "short"')
    policy = parse_policy("below:90", 2)
    choice = Choice(
        model="trial",
        configuration=path,
        capacity="long",
        wording="recall",
        policy=policy,
        ungrounded="mask",
        consult=Consult.UNCERTAIN,
    )
    reading = choice.open().reading
    assert (reading.capacity, reading.wording) == ("long", "recall")
    assert (reading.policy, reading.ungrounded) == (policy, "mask")


def test_a_choice_can_be_told_to_a_worker_process(tmp_path: Path) -> None:
    choice = Choice(
        model="trial", configuration=configured(tmp_path), policy=parse_policy("always")
    )
    assert pickle.loads(pickle.dumps(choice)) == choice


def test_a_model_needs_no_configuration_when_its_name_says_it_all(tmp_path: Path) -> None:
    choice = Choice(model=f"scripted:{script(tmp_path, [answer(STAFF)])}")
    detector = choice.open().detector
    assert len(detector.detect(Document("d", TEXT))) == 1
    detector.close()


@pytest.mark.parametrize(
    "model",
    [
        "https://models.example.com/v1#x",
        "http://127.0.0.1.evil.example/v1#x",
        "http://169.254.169.254/v1#x",
    ],
)
def test_a_choice_of_a_model_in_the_cloud_is_refused(model: str) -> None:
    with pytest.raises(CloudModelError):
        Choice(model=model).open()


def test_a_choice_of_nothing_is_a_usage_error(tmp_path: Path) -> None:
    for choice in (Choice(model="nobody"), Choice(model=f"scripted:{tmp_path / 'none.json'}")):
        with pytest.raises(UsageError):
            choice.open()
    with pytest.raises(UsageError):
        Choice(model="nobody").ahead()


def test_the_time_that_is_configured_is_the_time_that_is_waited(tmp_path: Path) -> None:
    path = configured(tmp_path, "timeout_s = 0.05", turns=[{"act": "stall"}])
    detector = Choice(model="trial", configuration=path).open().detector
    with pytest.raises(ModelTimeoutError):
        detector.detect(Document("d", TEXT))
    detector.close()


def test_a_kept_answer_is_not_asked_for_again(tmp_path: Path) -> None:
    turns = [answer(STAFF), {"act": "refuse", "text": "no"}]
    choice = Choice(
        model="trial", configuration=configured(tmp_path, turns=turns), cache=tmp_path / "cache.db"
    )
    key = bytes(range(32))
    detector = choice.open(cache_key=key).detector
    document = Document("d", TEXT)
    first, again = detector.begin(document)(), detector.begin(document)()
    assert first.spans == again.spans != ()
    with pytest.raises(RefusedAnswerError):
        detector.detect(Document("d", "担当は鬼頭。"))
    detector.close()
    kept = choice.open(cache_key=key).detector
    assert kept.begin(document)().spans == first.spans
    kept.close()
    for file in tmp_path.glob("cache.db*"):
        assert "檜垣".encode() not in file.read_bytes()


def test_no_answer_is_kept_without_a_key_or_while_only_asking(tmp_path: Path) -> None:
    cache = tmp_path / "cache.db"
    choice = Choice(
        model="trial", configuration=configured(tmp_path, turns=[answer(STAFF)]), cache=cache
    )
    for chosen in (choice.open(), choice.open(working=False, cache_key=bytes(32))):
        chosen.detector.detect(Document("d", TEXT))
        chosen.detector.close()
    assert not cache.exists()


def test_whatever_changes_the_reading_changes_what_is_told_of_it(tmp_path: Path) -> None:
    usual = Choice(model="trial", configuration=configured(tmp_path))
    told = [
        Choice(model="trial", configuration=usual.configuration, **changed).open().told("ja")
        for changed in (
            {},
            {"capacity": "short"},
            {"wording": "recall"},
            {"policy": parse_policy("always")},
            {"policy": parse_policy("always", 2)},
            {"policy": parse_policy("always", additions=True)},
            {"ungrounded": "mask"},
        )
    ]
    told.append(usual.open().told("nl"))
    other = configured(tmp_path, "thinking_tokens = 64")
    told.append(Choice(model="trial", configuration=other).open().told("ja"))
    other = configured(tmp_path, turns=["y"])
    told.append(Choice(model="trial", configuration=other).open().told("ja"))
    assert len({json.dumps(each, sort_keys=True) for each in told}) == len(told)
    assert told[0]["prompts"] == prompts("ja").digest
    assert told[0]["digest"]

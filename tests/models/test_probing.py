"""What a server can do is found out by asking it, told truly and remembered."""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from faulty_server import Asked, Fault, FaultyServer, Reply

from sekisho.errors import (
    ModelAccessError,
    ModelTimeoutError,
    ModelUnavailableError,
    OutputError,
    UsageError,
)
from sekisho.models.compatible import CompatibleModel
from sekisho.models.patience import Patient
from sekisho.models.probing import Finding, Probe, probe, recall, remember
from sekisho.models.scripted import Act, ScriptedModel, Turn
from sekisho.models.seam import (
    Abilities,
    Completion,
    Description,
    Finish,
    Locality,
    Model,
    Request,
    SchemaMeans,
    Token,
)


class Obedient(ScriptedModel):
    """Keeps to a schema when it is given by ``keeps``; ``changes`` are made to each answer."""

    def __init__(
        self,
        keeps: SchemaMeans = SchemaMeans.NONE,
        *,
        changes: Callable[[Request, Completion], Completion] = lambda _, answer: answer,
        rejects: type[Exception] | None = None,
        seconds: float = 0.0,
        **more: Any,
    ) -> None:
        super().__init__(self._say, **more)
        self._keeps = keeps
        self._changes = changes
        self._rejects = rejects
        self._seconds = seconds

    async def complete(self, request: Request) -> Completion:
        if request.schema is not None and self._rejects and self.abilities.schema != self._keeps:
            raise self._rejects("no such field")
        return self._changes(request, await super().complete(request))

    def _say(self, request: Request) -> Turn:
        text = "The sea" if request.temperature == 0 else f"letters {request.seed}"
        if request.schema is not None and self.abilities.schema is self._keeps:
            if self._keeps is SchemaMeans.JSON_OBJECT:
                text = '{"poem": "the sea"}'
            elif self._keeps is not SchemaMeans.NONE:
                text = json.dumps({"word": request.schema["properties"]["word"]["enum"][1]})
        return Turn(Act.ANSWER, text, seconds=self._seconds)


def probed(model: Model, **chosen: Any) -> Probe:
    return asyncio.run(probe(model, **chosen))


def result(found: Probe, ability: str) -> str:
    (finding,) = [each for each in found.findings if each.ability == ability]
    return finding.result


MEANS = [SchemaMeans.JSON_SCHEMA, SchemaMeans.OBJECT_SCHEMA, SchemaMeans.FORMAT]


@pytest.mark.parametrize("keeps", [*MEANS, SchemaMeans.JSON_OBJECT, SchemaMeans.NONE])
@pytest.mark.parametrize("rejects", [None, ModelAccessError, ModelUnavailableError, UsageError])
def test_the_means_that_is_kept_is_found(
    keeps: SchemaMeans, rejects: type[Exception] | None
) -> None:
    model = Obedient(keeps, rejects=rejects)
    found = probed(model)
    assert found.abilities.schema is keeps
    if keeps in MEANS:
        assert result(found, "schema") == f"kept by {keeps.value}"
    else:
        told = "rejected" if rejects else "ignored"
        tried = 4 if keeps is SchemaMeans.NONE else 3
        assert result(found, "schema").count(told) == tried


def test_a_model_that_says_the_same_word_always_does_not_keep_to_a_schema() -> None:
    def lucky(request: Request, answer: Completion) -> Completion:
        return replace(answer, text='{"word": "vorblax"}')

    found = probed(Obedient(changes=lucky))
    assert found.abilities.schema is SchemaMeans.JSON_OBJECT


def test_an_answer_that_was_cut_proves_nothing() -> None:
    def cut(request: Request, answer: Completion) -> Completion:
        return replace(answer, finish=Finish.LENGTH)

    assert probed(Obedient(SchemaMeans.JSON_SCHEMA, changes=cut)).abilities == Abilities(
        schema=SchemaMeans.NONE, logprobs=False, seed=True
    )


def test_the_abilities_of_the_model_are_then_what_was_found() -> None:
    model = Patient(
        Obedient(SchemaMeans.OBJECT_SCHEMA, abilities=Abilities(context=4096, slots=1)),
        in_flight=4,
    )
    found = probed(model)
    assert model.abilities == found.abilities
    assert (found.abilities.context, found.abilities.slots) == (4096, 1)
    assert result(found, "context") == "4096 tokens, as stated"


@pytest.mark.parametrize(
    ("tokens", "given"),
    [
        (None, False),
        ((), False),
        ((Token("a", -0.1), Token("b", -2.0)), True),
        ((Token("a", float("nan")),), False),
        ((Token("a", 3.0),), False),
    ],
)
def test_log_probabilities_are_found_only_where_they_can_be_true(
    tokens: tuple[Token, ...] | None, given: bool
) -> None:
    def with_tokens(request: Request, answer: Completion) -> Completion:
        return replace(answer, tokens=None if request.top_logprobs is None else tokens)

    assert probed(Obedient(changes=with_tokens)).abilities.logprobs is given


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        (lambda request, calls: f"{request.seed}", True),
        (lambda request, calls: f"{calls}", False),
        (lambda request, calls: "always this", None),
    ],
)
def test_a_seed_is_believed_when_it_repeats_and_another_does_not(
    say: Callable[[Request, int], str], expected: bool | None
) -> None:
    calls: list[int] = []

    def told(request: Request, answer: Completion) -> Completion:
        calls.append(1)
        return replace(answer, text=say(request, len(calls)))

    assert probed(Obedient(changes=told)).abilities.seed is expected


def test_requests_that_wait_for_nothing_are_worked_on_at_once() -> None:
    found = probed(Obedient(seconds=0.03))
    assert found.abilities.slots == 4
    assert re.fullmatch(r"not stated; 4 at once take \d+% of .*", result(found, "slots"))


def test_requests_that_wait_for_each_other_are_not() -> None:
    found = probed(Patient(Obedient(seconds=0.03), in_flight=1))
    assert found.abilities.slots is None


def test_answers_that_take_no_time_say_nothing_of_slots() -> None:
    found = probed(Obedient())
    assert found.abilities.slots is None
    assert result(found, "slots") == "not stated; answers come too quickly to tell"


def test_no_answer_to_a_plain_question_is_an_error_and_changes_nothing() -> None:
    stated = Abilities(schema=SchemaMeans.FORMAT, context=99)
    for act, error in ((Act.FAIL, ModelUnavailableError), (Act.CLOSE, ModelUnavailableError)):
        model = ScriptedModel([Turn(act)], abilities=stated)
        with pytest.raises(error):
            probed(model)
        assert model.abilities == stated


def test_a_server_that_goes_down_meanwhile_is_not_one_that_lacks_an_ability() -> None:
    with pytest.raises(ModelUnavailableError):
        probed(ScriptedModel(["letters", Turn(Act.FAIL)]))


def test_a_time_out_says_nothing_of_an_ability() -> None:
    def script(asked: Asked) -> Reply:
        return Reply(fault=Fault.STALL if "response_format" in asked.body else None, text="abc")

    with FaultyServer(script) as server, pytest.raises(ModelTimeoutError):
        probed(at(server), timeout_s=0.3)


def at(server: FaultyServer) -> CompatibleModel:
    return CompatibleModel(
        name="tiny",
        base_url=f"{server.url}/v1",
        model="tiny",
        locality=Locality.LOCAL,
        api_key=None,
        abilities=Abilities(),
    )


def test_a_server_that_takes_a_schema_and_ignores_it_is_found_out() -> None:
    async def found() -> Probe:
        model = at(server)
        try:
            return await probe(model)
        finally:
            await model.aclose()

    with FaultyServer("a poem of the sea") as server:
        abilities = asyncio.run(found()).abilities
    assert abilities.schema is SchemaMeans.NONE
    assert (abilities.context, abilities.slots) == (8192, 4)


@pytest.mark.parametrize("kind", ["in process", "over HTTP"])
def test_a_real_engine_can_do_everything(kind: str, tmp_path: Path) -> None:
    if os.environ.get("SEKISHO_REQUIRE_LLAMA") != "1":
        pytest.importorskip("gguf", reason="a model is written with the extra [train]")
        pytest.importorskip("xllamacpp", reason="a GGUF file needs the extra [llama]")
    from llama_server import LlamaServer
    from random_model import random_llama

    from sekisho.models.gguf import GgufModel

    path = random_llama(tmp_path / "random.gguf", seed=1)

    async def found(model: Model) -> Probe:
        try:
            return await probe(model)
        finally:
            await model.aclose()

    if kind == "in process":
        model = GgufModel(
            name="random", path=path, context=2048, slots=3, threads=1, abilities=Abilities()
        )
        measured = asyncio.run(found(model))
    else:
        with LlamaServer(path, context=2048, slots=3) as server:
            over_http = CompatibleModel(
                name="random",
                base_url=server.url,
                model="",
                locality=Locality.LOCAL,
                api_key=server.key,
                abilities=Abilities(),
            )
            measured = asyncio.run(found(over_http))
    assert measured.abilities == Abilities(
        schema=SchemaMeans.JSON_SCHEMA, logprobs=True, seed=True, context=2048, slots=3
    )
    assert [each.ability for each in measured.findings] == [
        *("answer", "schema", "logprobs", "seed", "slots", "context")
    ]
    assert all(each.seconds >= 0 for each in measured.findings)


# Remembered

SERVER = "http://127.0.0.1:8080/v1"
FOUND = Probe(
    Abilities(schema=SchemaMeans.FORMAT, logprobs=True, seed=None, context=4096, slots=2),
    Description(digest="sha256:00ff", model="m", server="ollama", context=4096),
    (Finding("seed", "not known", 0.5),),
)


def test_what_was_found_is_recalled_for_the_same_server_and_weights_alone(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    assert recall(folder, SERVER, "sha256:00ff") is None
    remember(FOUND, folder, SERVER)
    remember(replace(FOUND, abilities=Abilities()), folder, "http://127.0.0.1:9/v1")
    assert recall(folder, SERVER, "sha256:00ff") == FOUND.abilities
    assert recall(folder, SERVER, "sha256:00fe") is None
    assert recall(folder, "http://127.0.0.1:9/v1", "sha256:00ff") == Abilities()


def test_only_this_user_can_read_it_and_its_name_tells_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    path = remember(FOUND, folder, SERVER)
    assert list(folder.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert re.fullmatch(r"[0-9a-f]{32}\.json", path.name)
    remember(FOUND, folder, SERVER)
    assert list(folder.iterdir()) == [path]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content | {"format": 0},
        lambda content: {key: value for key, value in content.items() if key != "format"},
        lambda content: content | {"abilities": {"schema": "mind reading"}},
        lambda content: content | {"abilities": None},
        lambda content: [],
        lambda content: "json",
    ],
)
def test_what_another_version_wrote_is_found_out_again(
    change: Callable[[Any], Any], tmp_path: Path
) -> None:
    path = remember(FOUND, tmp_path, SERVER)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    assert recall(tmp_path, SERVER, "sha256:00ff") is None
    path.write_bytes(b"\xff{")
    assert recall(tmp_path, SERVER, "sha256:00ff") is None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be kept"):
        remember(FOUND, tmp_path / "file", SERVER)


def test_nothing_of_a_probe_speaks_of_a_patient() -> None:
    model = Obedient()
    probed(model)
    said = {message.content for request in model.asked for message in request.messages}
    assert len(said) == 2
    assert all(text.isascii() for text in said)

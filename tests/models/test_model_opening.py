"""From a name to a model that can be asked: local ones here, those in the cloud elsewhere."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sekisho.errors import CloudModelError, ModelError, ModelUnavailableError, UsageError
from sekisho.models import opening
from sekisho.models.cloud import open_cloud
from sekisho.models.configuration import Configuration, ModelSettings, read
from sekisho.models.opening import Ready, open_local, ready_local, recorded
from sekisho.models.patience import Patient
from sekisho.models.probing import Probe, remember
from sekisho.models.replay import Recorder
from sekisho.models.scripted import Act, ScriptedModel, Turn
from sekisho.models.seam import (
    Abilities,
    Description,
    Locality,
    Message,
    Model,
    Request,
    SchemaMeans,
)

ASKED = Request(messages=(Message("user", "x"),))


def configured(tmp_path: Path, *lines: str, turns: object = ("said",)) -> Configuration:
    played = tmp_path / "script.json"
    played.write_text(json.dumps(turns), encoding="utf-8")
    path = tmp_path / "sekisho.toml"
    head = ["[models.trial]", 'kind = "scripted"', f"path = {json.dumps(str(played))}"]
    path.write_text("\n".join([*head, *lines]), encoding="utf-8")
    return read(path)


FAR = [
    "https://models.example.com/v1#x",
    "http://127.0.0.1.evil.example/v1#x",
    "http://2130706433/v1#x",
    "http://169.254.169.254/v1#x",
    "http://0.0.0.0:8080/v1#x",
]


@pytest.mark.parametrize("name", FAR)
def test_a_model_in_the_cloud_is_not_opened_where_documents_are_read(name: str) -> None:
    with pytest.raises(CloudModelError) as caught:
        open_local(name, Configuration())
    assert caught.value.where == name
    with pytest.raises(CloudModelError):
        asyncio.run(ready_local(name, Configuration(), None))


def test_a_near_model_that_is_called_cloud_is_not_opened_either(tmp_path: Path) -> None:
    configuration = configured(tmp_path, 'locality = "cloud"')
    with pytest.raises(CloudModelError):
        open_local("trial", configuration)


@pytest.mark.parametrize(
    "name", ["http://user:word@127.0.0.1/v1#x", "http://u:word@evil.example#x"]
)
def test_a_password_in_an_address_is_refused_and_not_shown(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_local(name, Configuration())
    assert "word@" not in str(caught.value)


@pytest.mark.parametrize("name", FAR[:1])
def test_the_cloud_is_opened_by_its_own_door_alone(name: str, tmp_path: Path) -> None:
    opened = open_cloud(name, Configuration())
    assert opened.model.locality is Locality.CLOUD
    asyncio.run(opened.model.aclose())
    with pytest.raises(UsageError, match="local one"):
        open_cloud("trial", configured(tmp_path))


def test_an_opened_model_is_patient_as_the_settings_say(tmp_path: Path) -> None:
    turns = [{"act": "busy"}, {"act": "busy"}, "said"]
    patient = open_local("trial", configured(tmp_path, "wait_s = 0.0", turns=turns))
    assert isinstance(patient.model, Patient)
    assert patient.model.locality is Locality.LOCAL
    assert patient.model.name == "trial"
    assert patient.settings.wait_s == 0
    completion = asyncio.run(patient.model.complete(ASKED))
    assert completion.text == "said"
    hasty = open_local("trial", configured(tmp_path, "wait_s = 0.0", "attempts = 2", turns=turns))
    with pytest.raises(ModelUnavailableError):
        asyncio.run(hasty.model.complete(ASKED))


def test_a_key_that_is_not_in_the_environment_is_an_error_that_shows_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WARD_KEY", raising=False)
    monkeypatch.setenv("WARD_KEY_OLD", "sk-secret-1")
    for kind in ("openai", "ollama"):
        chosen = ModelSettings(
            kind=kind, base_url="http://127.0.0.1:9/v1", model="m", api_key_env="WARD_KEY"
        )
        for value in (None, ""):
            if value is not None:
                monkeypatch.setenv("WARD_KEY", value)
            with pytest.raises(UsageError, match="WARD_KEY") as caught:
                open_local("ward", Configuration(models={"ward": chosen}))
            assert "secret" not in str(caught.value)


def test_a_key_in_the_environment_is_shown_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARD_KEY", "sk-secret-2")
    chosen = ModelSettings(
        kind="openai", base_url="http://127.0.0.1:9/v1", model="m", api_key_env="WARD_KEY"
    )
    opened = open_local("ward", Configuration(models={"ward": chosen}))
    assert "secret" not in repr(opened)
    assert "secret" not in repr(vars(opened.model))
    asyncio.run(opened.model.aclose())


class Told(ScriptedModel):
    """A model whose server says what it is told to say."""

    def __init__(self, description: Description | ModelError, abilities: Abilities) -> None:
        super().__init__(["x"], abilities=abilities)
        self._description = description

    async def describe(self) -> Description:
        if isinstance(self._description, ModelError):
            raise self._description
        return self._description


USUAL = Abilities(schema=SchemaMeans.FORMAT, context=4096, slots=1)
SAID = Description(digest="sha256:1", model="m", server="s", context=9000, slots=5)
Open = Callable[..., tuple[Ready, list[Told]]]


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a model whose server describes itself as given; gives all that were made for it."""

    def opens(
        description: Description | ModelError = SAID,
        remembered: Path | None = None,
        **stated: object,
    ) -> tuple[Ready, list[Told]]:
        all_made: list[Told] = []

        def made(
            name: str, chosen: ModelSettings, locality: Locality, known: Abilities | None = None
        ) -> Model:
            all_made.append(Told(description, known or USUAL))
            return all_made[-1]

        monkeypatch.setattr(opening, "made", made)
        chosen = ModelSettings(kind="openai", base_url="http://127.0.0.1:9/v1", **stated)  # type: ignore[arg-type]
        configuration = Configuration(models={"ward": chosen})
        try:
            found = asyncio.run(ready_local("ward", configuration, remembered))
        finally:
            assert all_made[0].closed, "the one that was only asked what it is is closed"
        return found, all_made

    return opens


def test_a_ready_model_was_asked_what_it_is(ready: Open) -> None:
    found, made = ready()
    assert found.description == SAID
    assert found.measured is False
    assert len(made) == 2
    assert not made[1].closed
    assert isinstance(found.model, Patient)


def test_a_server_that_cannot_be_asked_is_an_error_and_leaves_nothing_open(ready: Open) -> None:
    with pytest.raises(ModelError, match="no such model"):
        ready(ModelError("no such model"))


@pytest.mark.parametrize(
    ("said", "stated", "expected"),
    [
        (9000, None, 9000),
        (9000, 2048, 2048),
        (None, None, 4096),
        (None, 2048, 2048),
    ],
)
def test_the_context_is_what_is_configured_or_said_or_usual(
    ready: Open, said: int | None, stated: int | None, expected: int
) -> None:
    description = Description(digest="sha256:1", model="m", server="s", context=said)
    found, _ = ready(description, context=stated)
    assert found.model.abilities.context == expected


MEASURED = Abilities(schema=SchemaMeans.JSON_SCHEMA, logprobs=True, seed=True, context=8000)


def test_what_was_measured_of_these_weights_at_this_server_is_recalled(
    ready: Open, tmp_path: Path
) -> None:
    remember(Probe(MEASURED, SAID, ()), tmp_path, "http://127.0.0.1:9/v1")
    found, _ = ready(remembered=tmp_path)
    assert found.measured is True
    abilities = found.model.abilities
    assert (abilities.schema, abilities.logprobs, abilities.seed) == (
        SchemaMeans.JSON_SCHEMA,
        True,
        True,
    )
    # What the server says of itself now is newer.
    assert (abilities.context, abilities.slots) == (9000, 5)


@pytest.mark.parametrize(
    ("digest", "server"),
    [("sha256:2", "http://127.0.0.1:9/v1"), ("sha256:1", "http://127.0.0.1:8/v1")],
)
def test_what_was_measured_of_others_is_not(
    ready: Open, tmp_path: Path, digest: str, server: str
) -> None:
    other = Description(digest=digest, model="m", server="s")
    remember(Probe(MEASURED, other, ()), tmp_path, server)
    found, _ = ready(remembered=tmp_path)
    assert found.measured is False
    assert found.model.abilities.schema is SchemaMeans.FORMAT


def test_a_model_is_recorded_only_when_it_is_asked_for_and_only_with_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ScriptedModel([Turn(Act.ANSWER, "x")])
    assert recorded(model, ModelSettings(kind="scripted")) is model
    path = tmp_path / "answers.jsonl"
    with pytest.raises(UsageError, match="recording_key_env"):
        recorded(model, ModelSettings(kind="scripted", record=path))
    chosen = ModelSettings(kind="scripted", record=path, recording_key_env="RECORDING")
    for value in ("", "sk-secret-3", base64.b64encode(bytes(31)).decode()):
        monkeypatch.setenv("RECORDING", value)
        with pytest.raises(UsageError, match="RECORDING") as caught:
            recorded(model, chosen)
        assert not value or value not in str(caught.value)
    assert not path.exists()
    monkeypatch.setenv("RECORDING", base64.b64encode(bytes(range(32))).decode())
    wrapped = recorded(model, chosen)
    assert isinstance(wrapped, Recorder)
    asyncio.run(wrapped.aclose())

"""``sekisho models``: what is listed, what is found out by asking, and what is remembered of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from faulty_server import Asked, Fault, FaultyServer, Reply
from model_runs import answer, configured, deid, reader, reports, stated

from commanding import Ended, call


@pytest.fixture(autouse=True)
def _alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder, a home and a configuration of its own."""
    monkeypatch.chdir(tmp_path)


def objects_only(asked: Asked) -> str | Reply:
    """A server that knows a schema inside of ``json_object``, as llama-cpp-python does."""
    form = asked.body.get("response_format", {})
    if form.get("type") == "json_schema":
        return Reply(fault=Fault.REJECT)
    if "schema" not in form:
        return "波の音を聞く"
    if "word" not in form["schema"].get("properties", {}):
        return answer(asked)
    return json.dumps({"word": form["schema"]["properties"]["word"]["enum"][0]})


def remembered(home: Path) -> list[Path]:
    return sorted((home / "models").glob("*"))


def failed(ended: Ended, told: str) -> None:
    assert (ended.code, ended.out, len(ended.errors)) == (2, "", 1), ended.err
    assert told in ended.err


# list


def test_the_models_of_the_file_are_listed_and_none_is_asked(tmp_path: Path) -> None:
    with reader() as server:
        near = stated(server, in_flight=2, capacity="short")
        far = {"kind": "openai", "base_url": "https://models.example.com/v1", "model": "far"}
        small = {"kind": "gguf", "path": "models/small.gguf"}
        configured(tmp_path, 'default_model = "near"', near=near, far=far, small=small)
        ended = call("models", "list")
    assert (ended.code, ended.err, server.asked) == (0, "", [])
    lines = [line.split() for line in ended.out.splitlines()[2:] if line]
    assert lines == [
        ["far", "openai", "https://models.example.com/v1", "far", "cloud", "long", "4"],
        ["near", "(default)", "openai", f"{server.url}/v1", "tiny", "local", "short", "2"],
        ["small", "gguf", "models/small.gguf", "-", "local", "long", "4"],
    ]


def test_no_models_are_listed_without_a_file_and_that_is_said(tmp_path: Path) -> None:
    ended = call("models", "list")
    assert (ended.code, ended.out) == (0, "")
    assert "sekisho init" in ended.err


def test_a_model_that_is_wrong_is_named(tmp_path: Path) -> None:
    far = {"kind": "openai", "base_url": "https://models.example.com/v1", "locality": "local"}
    configured(tmp_path, near={"kind": "ollama", "model": "near"}, far=far)
    failed(call("models", "list"), "far: a model is called local")


# check


def test_what_a_server_can_do_is_shown_and_remembered(home: Path, tmp_path: Path) -> None:
    with reader(objects_only, slots=2) as server:
        configured(tmp_path, m=stated(server))
        ended = call("models", "check", "m")
    assert (ended.code, ended.err) == (0, "")
    found = {line.split()[0]: line for line in ended.out.splitlines()[2:] if line}
    assert "kept by object_schema" in found["schema"]
    assert "given for each token" in found["logprobs"]
    assert "32768" in found["context"]
    assert "2, as stated" in found["slots"]
    assert "stated:" in found["digest"]
    (path,) = remembered(home)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_what_was_found_is_one_json_object_on_demand(tmp_path: Path) -> None:
    with reader(objects_only) as server:
        configured(tmp_path, m=stated(server))
        found = json.loads(call("models", "check", "m", "--json").out)
    assert found["abilities"] == {
        "schema": "object_schema",
        "logprobs": True,
        "seed": None,
        "context": 32768,
        "slots": 4,
    }
    assert found["description"]["model"] == "tiny"
    assert {"ability", "result", "seconds"} == set(found["findings"][0])


def forms(server: FaultyServer, begin: int) -> set[str]:
    return {chat.body.get("response_format", {}).get("type") for chat in server.chats[begin:]}


@pytest.mark.parametrize("checked", [False, True])
def test_a_run_uses_what_was_remembered_of_the_same_server_and_weights(
    checked: bool, tmp_path: Path
) -> None:
    """The server rejects what is usual, so a run without the check holds everything."""
    with reader(objects_only) as server:
        configured(tmp_path, m=stated(server))
        if checked:
            assert call("models", "check", "m").code == 0
        begin = len(server.chats)
        ended = deid(reports(tmp_path), tmp_path / "out", "--model", "m")
        assert forms(server, begin) == {"json_object" if checked else "json_schema"}
    assert ended.code == (0 if checked else 3)


def test_what_was_remembered_is_of_no_other_weights(tmp_path: Path) -> None:
    with reader(objects_only, models=("tiny", "other")) as server:
        configured(tmp_path, m=stated(server), n=stated(server, model="other"))
        assert call("models", "check", "m").code == 0
        begin = len(server.chats)
        assert deid(reports(tmp_path), tmp_path / "out", "--model", "n").code == 3
        assert forms(server, begin) == {"json_schema"}


def test_no_document_stands_in_what_is_asked(tmp_path: Path) -> None:
    with reader(objects_only) as server:
        reports(tmp_path)
        configured(tmp_path, m=stated(server))
        assert call("models", "check", "m").code == 0
    assert server.chats
    assert all("sea" in chat.text or "letters" in chat.text for chat in server.chats)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"kind": "openai", "base_url": "http://198.51.100.7/v1", "model": "m"}, "in the cloud"),
        ({"kind": "gguf", "path": "none.gguf"}, "none.gguf"),
        ({"kind": "replay", "path": "none.jsonl"}, "none.jsonl"),
    ],
)
def test_a_model_that_cannot_be_asked_is_told_and_nothing_remembered(
    settings: dict[str, Any], told: str, home: Path, tmp_path: Path
) -> None:
    configured(tmp_path, m=settings)
    failed(call("models", "check", "m"), told)
    assert remembered(home) == []


def test_a_server_that_fails_at_a_plain_question_is_no_finding(home: Path, tmp_path: Path) -> None:
    with reader(Reply(fault=Fault.FAIL)) as server:
        configured(tmp_path, m=stated(server))
        failed(call("models", "check", "m"), "500")
    assert remembered(home) == []


def test_a_name_that_nobody_knows_is_told_with_those_that_are(tmp_path: Path) -> None:
    configured(tmp_path, ward={"kind": "ollama", "model": "m"})
    failed(call("models", "check", "word"), "known: ward")

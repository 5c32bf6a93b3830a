"""Whatever a language model's server does, the document ends released and clean, or held.

Each fault meets each kind of model, through the command itself: OpenAI's protocol and Ollama's at
a server that fails on demand, the GGUF engine with its answers exchanged, the scripted fake, and a
recording of it. A fault that passes lets the document go; one that stays holds it with its reason.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from faulty_server import Fault, FaultyServer, Reply

from commanding import call, leaks, rows
from sekisho.models import gguf

NAME, PHONE = "架空太郎", "03-1234-5678"
REPORT = f"主治医は{NAME}、電話は{PHONE}。胸部CTに異常なし。"
OTHER = "別件：連絡先は080-1111-2222。"
SECRETS = (NAME, PHONE, "080-1111-2222", "架空 太郎", "架空次郎", "胸部CT")
KEY = base64.b64encode(bytes(range(32))).decode()


def answer(*items: tuple[str, str]) -> str:
    listed = [{"type": kind, "value": value} for kind, value in items]
    return json.dumps({"phi_list": listed}, ensure_ascii=False)


GOOD = answer(("STAFF", NAME), ("PHONE", PHONE))
REST = answer(("PHONE", "080-1111-2222"))


@dataclass(frozen=True)
class Case:
    """What the model does to the report: ``act`` with ``text``, and then, or never, well."""

    act: str = "answer"
    text: str = GOOD
    held: str | None = None
    once: bool = False
    options: tuple[str, ...] = ()


CASES = {
    "nothing wrong": Case(),
    "refuses": Case("refuse", "", "model_refused"),
    "is cut": Case("truncate", GOOD, "model_truncated"),
    "is cut once": Case("truncate", GOOD, once=True),
    "stalls": Case("stall", "", "model_timeout"),
    "stalls once": Case("stall", "", once=True),
    "closes in mid-answer": Case("close", GOOD, "model_unavailable"),
    "closes once": Case("close", GOOD, once=True),
    "fails with 500": Case("fail", "", "model_unavailable"),
    "fails with 500 once": Case("fail", "", once=True),
    "is busy with 429": Case("busy", "", "model_unavailable"),
    "is busy with 429 once": Case("busy", "", once=True),
    "answers broken JSON": Case("answer", GOOD[:-3], "model_invalid"),
    "answers broken JSON once": Case("answer", GOOD[:-3], once=True),
    "answers a wrong type": Case("answer", '{"phi_list":"none"}', "model_invalid"),
    "answers an unknown category": Case("answer", answer(("DOCTOR", NAME)), "model_invalid"),
    "answers an unknown category once": Case("answer", answer(("DOCTOR", NAME)), once=True),
    "adds a blank": Case("answer", answer(("STAFF", "架空 太郎"), ("PHONE", PHONE))),
    "removes signs": Case("answer", answer(("STAFF", NAME), ("PHONE", "0312345678"))),
    "names what is not there": Case(
        "answer", answer(("STAFF", NAME), ("NAME", "無関係")), "model_ungrounded"
    ),
    "names what is not there once": Case("answer", answer(("STAFF", "無関係")), once=True),
    "misspells a name, which is masked": Case(
        "answer", answer(("STAFF", "架空次郎")), options=("--ungrounded", "mask")
    ),
    "misspells beyond likeness": Case(
        "answer",
        answer(("STAFF", "無関係な別人")),
        "model_ungrounded",
        options=("--ungrounded", "mask"),
    ),
    "thinks and says nothing": Case("think_only", "考え中", "model_refused"),
    "thinks and says nothing once": Case("think_only", "考え中", once=True),
    "has no room for the prompt": Case("too_long", "", "model_prompt_too_long"),
    "reads half of the prompt": Case("cut_prompt", GOOD, "model_prompt_too_long"),
}

#: What a kind of model cannot do wrong, or does otherwise.
EXCEPTIONS: dict[tuple[str, str], Case | None] = {
    # Ollama tells no refusal: it is an answer that is no list.
    ("ollama", "refuses"): Case("refuse", "できません", "model_invalid"),
    # These two are the engine's own process: it has neither a connection nor a queue that is full.
    ("gguf", "is busy with 429"): None,
    ("gguf", "is busy with 429 once"): None,
    # What was never answered cannot be recorded.
    **{
        ("replay", name): None
        for name, case in CASES.items()
        if case.act in ("stall", "close", "fail", "busy", "too_long")
    },
    ("scripted", "has no room for the prompt"): None,
    # Ollama counts for nobody. It cuts what exceeds its context, and a full context is noticed;
    # half of a prompt that would have fitted is not.
    ("ollama", "reads half of the prompt"): Case("cut_prompt", GOOD),
}


class Turns:
    """What a model does next, by the report it is asked about."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._asked = 0

    def __call__(self, text: str) -> tuple[str, str]:
        if NAME not in text:
            return "answer", REST
        self._asked += 1
        if self._case.once and self._asked > 1:
            return "answer", GOOD
        return self._case.act, self._case.text


_FAULTS = {
    "refuse": Fault.REFUSE,
    "truncate": Fault.TRUNCATE,
    "stall": Fault.STALL,
    "close": Fault.CLOSE,
    "fail": Fault.FAIL,
    "busy": Fault.LIMIT,
    "think_only": Fault.THINK_ONLY,
    "too_long": Fault.TOO_LONG,
    "cut_prompt": Fault.CUT_PROMPT,
}


@contextmanager
def served(case: Case, kind: str, folder: Path) -> Iterator[Mapping[str, object]]:
    turns = Turns(case)

    def reply(asked: Any) -> Reply:
        act, text = turns("".join(content for _, content in asked.messages))
        fault = _FAULTS.get(act)
        thinking = text if act == "think_only" else ""
        said = "" if act == "think_only" else text
        return Reply(text=said, thinking=thinking, fault=fault, retry_after="0")

    with FaultyServer(reply, models=("tiny",), context=32768) as server:
        path = "/v1" if kind == "openai" else ""
        yield {"kind": kind, "base_url": server.url + path, "model": "tiny", "context": 32768}


@contextmanager
def scripted(case: Case, kind: str, folder: Path) -> Iterator[Mapping[str, object]]:
    turns = [{"act": case.act, "text": case.text, **_waiting(case)}]
    if case.once:
        turns.append({"act": "answer", "text": GOOD})
    path = folder / "script.json"
    path.write_text(json.dumps({NAME: turns, "default": REST}), encoding="utf-8")
    yield {"kind": "scripted", "path": str(path)}


def _waiting(case: Case) -> dict[str, float]:
    return {"retry_after_s": 0.0} if case.act == "busy" else {}


@contextmanager
def replayed(case: Case, kind: str, folder: Path) -> Iterator[Mapping[str, object]]:
    """The same run is recorded first, and played without the model then."""
    recording = folder / "answers.jsonl"
    with scripted(case, "scripted", folder) as settings:
        configured(folder, {**settings, "record": str(recording)})
        deid(folder, "recorded", case.options)
    yield {"kind": "replay", "path": str(recording)}


class Engine:
    """llama.cpp's engine with its answers exchanged; chunks are as it sends them."""

    def __init__(self, case: Case) -> None:
        self._turns = Turns(case)
        self._threads = ThreadPoolExecutor(4)

    def begin(
        self,
        body: Mapping[str, Any],
        deliver: Callable[[Mapping[str, Any]], None],
        stop: threading.Event,
    ) -> Future[None]:
        done: Future[None] = Future()
        asked = "".join(message["content"] for message in body["messages"])
        act, text = self._turns(asked)
        if act == "stall":
            return self._threads.submit(_ended_by, stop)
        if act == "fail":
            done.set_exception(RuntimeError(f"it broke at {asked}"))
            return done
        if act == "too_long":
            kind = "exceed_context_size_error"
            deliver({"error": {"code": 400, "type": kind, "message": asked}})
        elif act == "close":
            deliver(_chunk(text[:5], None))
        else:
            thinking = {"reasoning_content": text} if act == "think_only" else {"content": text}
            finish = {"truncate": "length", "refuse": "content_filter"}.get(act, "stop")
            read = len(asked) // (2 if act == "cut_prompt" else 1)
            usage = {"prompt_tokens": read, "completion_tokens": len(text)}
            deliver({**_chunk(None, finish, thinking), "usage": usage})
        done.set_result(None)
        return done

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        assert body is not None
        length = sum(len(message["content"]) for message in body["messages"])
        return 200, {"input_tokens": length}

    def close(self) -> None:
        self._threads.shutdown()


def _ended_by(stop: threading.Event) -> None:
    stop.wait()


def _chunk(content: str | None, finish: str | None, delta: Any = None) -> dict[str, Any]:
    return {"choices": [{"delta": delta or {"content": content}, "finish_reason": finish}]}


@contextmanager
def embedded(case: Case, kind: str, folder: Path) -> Iterator[Mapping[str, object]]:
    path = folder / "model.gguf"
    path.write_bytes(b"no model")
    engine = Engine(case)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gguf, "borrow", lambda loading: engine)
        patch.setattr(gguf, "give_back", lambda loading: None)
        patch.setattr(gguf, "trained_context", lambda path: 32768)
        yield {"kind": "gguf", "path": str(path), "context": 32768}
    engine.close()


KINDS = {
    "openai": served,
    "ollama": served,
    "gguf": embedded,
    "scripted": scripted,
    "replay": replayed,
}


def configured(folder: Path, settings: Mapping[str, object]) -> None:
    stated = {"timeout_s": 1.0, "wait_s": 0.0, "attempts": 2, **settings}
    if settings["kind"] in ("replay", "scripted"):
        stated["recording_key_env"] = "TEST_RECORDING_KEY"
    lines = [f"{key} = {json.dumps(value)}" for key, value in stated.items()]
    text = "\n".join(["[models.m]", *lines])
    (folder / "sekisho.toml").write_text(text, encoding="utf-8")


def deid(folder: Path, out: str, options: tuple[str, ...]) -> tuple[Any, Path]:
    reports = folder / "in.jsonl"
    lines = [{"id": "r1", "text": REPORT}, {"id": "r2", "text": OTHER}]
    reports.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    ended = call(
        *("deid", reports, "--out", folder / out, "--config", folder / "sekisho.toml"),
        *("--detectors", "rules,llm", "--model", "m", "--profile", "redact-all", *options),
    )
    return ended, folder / out


def _pairs() -> list[tuple[str, str]]:
    return [
        (kind, name)
        for kind in KINDS
        for name in CASES
        if EXCEPTIONS.get((kind, name), CASES[name]) is not None
    ]


@pytest.mark.parametrize(("kind", "name"), _pairs())
def test_a_document_ends_released_or_held(
    kind: str,
    name: str,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("TEST_RECORDING_KEY", KEY)
    caplog.set_level("DEBUG")
    case = EXCEPTIONS.get((kind, name)) or CASES[name]
    with ExitStack() as opened:
        settings = opened.enter_context(KINDS[kind](case, kind, tmp_path))
        configured(tmp_path, settings)
        ended, out = deid(tmp_path, "out", case.options)
    held = {row["id"]: row["reason"] for row in rows(out / "held.jsonl")}
    released = {row["id"]: row["text"] for row in rows(out / "released.jsonl")}
    assert "r2" in released, "one bad answer must not harm another document"
    if case.held is None:
        assert (ended.code, held) == (0, {})
        assert "r1" in released
        assert not leaks((NAME, PHONE), released["r1"])
    else:
        assert (ended.code, held) == (3, {"r1": case.held})
    assert not leaks(SECRETS, ended.out, ended.err, caplog.text)
    (tmp_path / "script.json").unlink(missing_ok=True)
    assert not leaks((NAME, "架空次郎"), out, home)


def test_a_server_that_goes_away_ends_the_run_and_resume_finishes_it(
    home: Path, tmp_path: Path
) -> None:
    texts = [f"{number}例目。担当は{NAME}。" for number in range(40)]
    reports = tmp_path / "in.jsonl"
    lines = [{"id": str(number), "text": text} for number, text in enumerate(texts)]
    reports.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    asked = 0

    def dying(request: Any) -> Reply:
        nonlocal asked
        asked += 1
        return Reply(text=answer(("STAFF", NAME)), fault=None if asked <= 12 else Fault.FAIL)

    with FaultyServer(dying) as server:
        settings = {"kind": "openai", "base_url": f"{server.url}/v1", "in_flight": 1}
        configured(tmp_path, {**settings, "context": 32768, "attempts": 1})
        command = (
            *("deid", reports, "--out", tmp_path / "out", "--config", tmp_path / "sekisho.toml"),
            *("--detectors", "rules,llm", "--model", "m", "--profile", "redact-all"),
        )
        ended = call(*command)
        assert ended.code == 3
        assert "model_unavailable" in ended.err
        assert "--resume" in ended.err
        assert asked < 40, "the run must not go on without its model"
        assert not (tmp_path / "out" / "manifest.json").exists()
        asked = -1000
        resumed = call(*command, "--resume")
    assert resumed.code == 0, resumed.err
    out = rows(tmp_path / "out" / "released.jsonl")
    assert [row["id"] for row in out] == [str(number) for number in range(40)]
    assert not leaks(SECRETS, ended.err, resumed.err)

from __future__ import annotations

import asyncio
import json
import stat
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from sekisho.errors import InputError, ModelAccessError, OutputError, SekishoError, UsageError
from sekisho.models.answers import ask
from sekisho.models.keeping import completion_bytes, completion_of, request_bytes
from sekisho.models.replay import Recorder, ReplayModel
from sekisho.models.scripted import Act, ScriptedModel, Turn
from sekisho.models.seam import (
    Abilities,
    Completion,
    Finish,
    Locality,
    Message,
    Model,
    Origin,
    Request,
    SchemaMeans,
    Token,
    Usage,
)

KEY = bytes(range(32))
CANARY = "佐藤明子"
QUESTION = Request(messages=(Message("user", f"Report of {CANARY}"),), max_tokens=50)
OTHER = replace(QUESTION, seed=2)
ABILITIES = Abilities(schema=SchemaMeans.FORMAT, seed=True, context=4096)


def record(path: Path, key: bytes | None = KEY, *requests: Request) -> list[Completion]:
    """What a model said to ``requests``, recorded."""
    model = ScriptedModel([f"{CANARY} 1", f"{CANARY} 2"], abilities=ABILITIES)
    recorder = Recorder(model, path, key=key)

    async def all_of_them() -> list[Completion]:
        said = [await recorder.complete(request) for request in requests or (QUESTION, OTHER)]
        assert await recorder.count(QUESTION) == len(QUESTION.messages[0].content)
        await recorder.aclose()
        return said

    said = asyncio.run(all_of_them())
    assert model.closed
    return said


def replay(path: Path, request: Request, key: bytes | None = KEY) -> Completion:
    return asyncio.run(ReplayModel(path, key=key).complete(request))


@pytest.mark.parametrize("key", [KEY, None])
def test_what_was_recorded_is_given_again_and_marked(tmp_path: Path, key: bytes | None) -> None:
    path = tmp_path / "recording"
    first, second = record(path, key)
    model: Model = ReplayModel(path, key=key, name="again")
    assert isinstance(model, Model)
    assert asyncio.run(model.complete(OTHER)) == replace(second, origin=Origin.REPLAYED)
    assert asyncio.run(model.complete(QUESTION)) == replace(first, origin=Origin.REPLAYED)
    assert asyncio.run(model.count(QUESTION)) == len(QUESTION.messages[0].content)
    assert asyncio.run(model.count(OTHER)) is None
    assert asyncio.run(model.describe()).server == "scripted"
    assert (model.name, model.locality, model.abilities) == ("again", Locality.LOCAL, ABILITIES)


def test_a_structured_answer_is_replayed_with_its_bad_attempts(tmp_path: Path) -> None:
    class Number(BaseModel):
        number: Annotated[int, Field(ge=0, le=9)]

    path = tmp_path / "recording"
    script: list[Turn | str] = ["no", Turn(Act.TRUNCATE, "{"), '{"number": 7}']
    model = ScriptedModel(script, abilities=Abilities(context=200))
    recorded = asyncio.run(ask(Recorder(model, path, key=KEY), QUESTION, Number))
    replayed = asyncio.run(ask(ReplayModel(path, key=KEY), QUESTION, Number))
    assert recorded.attempts == replayed.attempts == 3
    assert replayed.value == recorded.value == Number(number=7)
    assert replayed.cost == recorded.cost
    assert replayed.completion.origin is Origin.REPLAYED


@pytest.mark.parametrize(
    "changed",
    [
        replace(QUESTION, messages=(Message("user", "x"),)),
        replace(QUESTION, messages=(Message("system", QUESTION.messages[0].content),)),
        replace(QUESTION, schema={"type": "null"}),
        replace(QUESTION, max_tokens=51),
        replace(QUESTION, thinking_tokens=1),
        replace(QUESTION, temperature=0.5),
        replace(QUESTION, top_p=0.5),
        replace(QUESTION, seed=3),
        replace(QUESTION, top_logprobs=1),
    ],
)
def test_another_request_is_not_in_the_recording(tmp_path: Path, changed: Request) -> None:
    record(tmp_path / "recording")
    with pytest.raises(ModelAccessError, match="not in the recording"):
        replay(tmp_path / "recording", changed)


def test_the_time_that_a_caller_would_wait_makes_no_other_request(tmp_path: Path) -> None:
    record(tmp_path / "recording")
    assert replay(tmp_path / "recording", replace(QUESTION, timeout_s=1)).text


def test_the_first_answer_to_a_request_counts(tmp_path: Path) -> None:
    first, second = record(tmp_path / "recording", KEY, QUESTION, QUESTION)
    assert first.text != second.text
    assert replay(tmp_path / "recording", QUESTION).text == first.text


def test_a_sealed_recording_is_private_says_what_it_holds_and_shows_none_of_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "recording"
    record(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    raw = path.read_bytes()
    header = json.loads(raw.splitlines()[0])
    assert header["holds"] == "answers of a language model; they may hold identifiers"
    for hidden in (CANARY.encode(), json.dumps(CANARY)[1:-1].encode(), b"stop", b"Report"):
        assert hidden not in raw
    record(tmp_path / "plain", None)
    assert b"stop" in (tmp_path / "plain").read_bytes()


def test_a_line_lies_in_the_file_as_soon_as_the_answer_is_given(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    recorder = Recorder(ScriptedModel(["x"]), path, key=KEY)
    for seed in range(3):
        asyncio.run(recorder.complete(replace(QUESTION, seed=seed)))
        assert path.read_bytes().count(b"\n") == seed + 2


def test_parallel_answers_are_all_recorded(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    model = ScriptedModel(lambda request: Turn(Act.ANSWER, str(request.seed), seconds=0.001))
    recorder = Recorder(model, path, key=KEY)
    requests = [replace(QUESTION, seed=seed) for seed in range(30)]

    async def together() -> None:
        await asyncio.gather(*map(recorder.complete, requests))

    asyncio.run(together())
    player = ReplayModel(path, key=KEY)
    for request in requests:
        assert asyncio.run(player.complete(request)).text == str(request.seed)


def test_what_failed_is_not_recorded(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    recorder = Recorder(ScriptedModel([Turn(Act.FAIL), "x"]), path, key=KEY)
    with pytest.raises(SekishoError):
        asyncio.run(recorder.complete(QUESTION))
    asyncio.run(recorder.complete(OTHER))
    with pytest.raises(ModelAccessError):
        replay(path, QUESTION)


def test_an_older_file_is_never_written_to(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_text("mine")
    with pytest.raises(UsageError, match="exists"):
        Recorder(ScriptedModel(["x"]), path, key=KEY)
    assert path.read_text() == "mine"


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        Recorder(ScriptedModel(["x"]), tmp_path / "none" / "recording", key=KEY)


@pytest.mark.parametrize(
    ("recorded", "given", "message"),
    [
        (KEY, KEY[::-1], "does not open this recording"),
        (KEY, None, "is sealed"),
        (None, KEY, "is not sealed"),
        (KEY, KEY[:16], "16 bytes, not 32"),
    ],
)
def test_the_wrong_key_is_an_error(
    tmp_path: Path, recorded: bytes | None, given: bytes | None, message: str
) -> None:
    record(tmp_path / "recording", recorded)
    with pytest.raises(UsageError, match=message):
        ReplayModel(tmp_path / "recording", key=given)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[1]\n",
        b"\xff\xfe\n",
        b'{"kind":"sekisho recording"}\n',
        b"[" * 100_000,
        b'{"kind":"sekisho recording","version":1,"salt":1,"check":null}',
    ],
)
def test_another_kind_of_file_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "recording"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a recording"):
        ReplayModel(path)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        ReplayModel(tmp_path / "none")


def test_a_recording_of_another_version_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    record(path)
    path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 2', 1))
    with pytest.raises(InputError, match="another version"):
        ReplayModel(path, key=KEY)


def test_a_line_that_was_moved_changed_or_cut_is_an_error_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    record(path)
    header, first, second, count = path.read_bytes().splitlines(keepends=True)
    one, two = json.loads(first), json.loads(second)
    for damaged in (
        json.dumps({**one, "sealed": two["sealed"]}).encode(),
        first.replace(b'"sealed":"', b'"sealed":"AAAA'),
        first.replace(b'"key":"', b'"key":"00'),
        first[:-9],
        b"{}\n",
        b"3\n",
        json.dumps({**one, "key": [1]}).encode(),
        json.dumps({**one, "sealed": "?"}).encode(),
        json.dumps({"key": one["key"], "value": 3}).encode(),
    ):
        path.write_bytes(header + second + damaged)
        with pytest.raises(InputError, match="damaged") as caught:
            ReplayModel(path, key=KEY)
        assert caught.value.where == f"{path}:3"
        assert caught.value.remedy
        assert CANARY not in "".join(traceback.format_exception(caught.value))
    path.write_bytes(header + count)
    ReplayModel(path, key=KEY)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("once") / "recording"
    record(path)
    return path


@given(st.data())
def test_no_byte_of_a_sealed_line_can_be_changed_unseen(
    recorded: Path, data: st.DataObject
) -> None:
    raw = bytearray(recorded.read_bytes())
    at = data.draw(st.integers(raw.index(b"\n") + 1, len(raw) - 2))
    raw[at] ^= data.draw(st.sampled_from([1, 2, 4, 8, 16, 64]))
    changed = recorded.with_name("changed")
    changed.write_bytes(raw)
    try:
        text = replay(changed, QUESTION).text
    except (InputError, ModelAccessError):
        return
    # Another line was changed in a way that JSON does not mind.
    assert text == f"{CANARY} 1"


texts = st.text(st.characters(), max_size=20)
logprobs = st.floats(max_value=0, allow_nan=False)
completions = st.builds(
    Completion,
    text=texts,
    finish=st.sampled_from(Finish),
    usage=st.builds(Usage, prompt=st.none() | st.integers(0), answer=st.none() | st.integers(0)),
    thinking=texts,
    tokens=st.none()
    | st.lists(
        st.builds(
            Token,
            texts,
            logprobs,
            st.lists(st.tuples(texts, logprobs), max_size=2).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    seconds=st.floats(0, 1e6),
    model=texts,
    origin=st.sampled_from(Origin),
)


@given(completions)
def test_a_completion_comes_back_as_it_was(completion: Completion) -> None:
    kept = completion_bytes(completion)
    assert b"\n" not in kept
    assert completion_of(json.loads(kept)) == completion


@given(
    st.recursive(
        st.none() | st.integers() | texts,
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["text", "usage", "tokens", "finish"]), inner)
        ),
    )
)
def test_what_is_no_completion_is_an_error_that_quotes_nothing(value: object) -> None:
    with pytest.raises(ValueError, match=r"^not a completion$") as caught:
        completion_of(value)  # type: ignore[arg-type]
    assert caught.value.__cause__ is None


requests = st.builds(
    Request,
    messages=st.lists(
        st.builds(Message, st.sampled_from(["user", "assistant"]), texts), max_size=3
    ).map(tuple),
    schema=st.none() | st.dictionaries(texts, texts, max_size=2),
    max_tokens=st.integers(1, 3),
    seed=st.integers(0, 2),
)


@given(requests, requests)
def test_two_requests_have_the_same_bytes_only_if_they_are_the_same(
    one: Request, two: Request
) -> None:
    same = one == two and list(one.schema or ()) == list(two.schema or ())
    assert (request_bytes(one, "d") == request_bytes(two, "d")) == same
    assert request_bytes(one, "d") != request_bytes(one, "e")
    assert request_bytes(one, "d", "more") != request_bytes(one, "d")

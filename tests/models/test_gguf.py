"""A GGUF file in this process: the file is right, the engine is silent, private and given back."""

from __future__ import annotations

import asyncio
import hashlib
import os
import struct
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if os.environ.get("SEKISHO_REQUIRE_LLAMA") != "1":
    pytest.importorskip("gguf", reason="a model is written with the extra [train]")
    pytest.importorskip("xllamacpp", reason="a GGUF file needs the extra [llama]")

from llama_reference import next_logprobs
from random_model import TEMPLATE, VOCABULARY, random_llama, random_weights
from training.nano.gguf_file import Shape, Vocabulary, write_llama

from sekisho.errors import (
    MissingExtraError,
    ModelAccessError,
    ModelError,
    ModelTimeoutError,
    ModelUnavailableError,
    PromptTooLongError,
)
from sekisho.models.gguf import GgufModel
from sekisho.models.gguf_header import trained_context
from sekisho.models.llama_engine import Loading, borrow, give_back
from sekisho.models.seam import Completion, Finish, Message, Model, Request

CANARY = "佐藤カナリア明子"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_llama(tmp_path_factory.mktemp("gguf") / "random.gguf", seed=1)


def model(path: Path, **different: Any) -> GgufModel:
    sizes: dict[str, Any] = {"context": 2048, "slots": 2, "threads": 1}
    return GgufModel(name="random", path=path, **(sizes | different))


def request(text: str = "こんにちは", **different: Any) -> Request:
    return Request(messages=(Message("user", text),), **({"max_tokens": 8} | different))


def answer(asked: Model, *requests: Request) -> list[Completion]:
    async def all_of_them() -> list[Completion]:
        try:
            return [await asked.complete(each) for each in requests]
        finally:
            await asked.aclose()

    return asyncio.run(all_of_them())


# The file


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    one, two, other = (
        random_llama(tmp_path / name, seed=seed).read_bytes()
        for name, seed in (("a.gguf", 5), ("a.gguf", 5), ("a.gguf", 6))
    )
    assert one == two != other
    assert [file.name for file in tmp_path.iterdir()] == ["a.gguf"]


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
def test_llama_cpp_computes_what_the_weights_say(kv_heads: int, tmp_path: Path) -> None:
    shape = Shape(
        vocabulary=len(VOCABULARY.tokens),
        hidden=64,
        layers=2,
        heads=4,
        kv_heads=kv_heads,
        feed_forward=96,
        context=512,
    )
    weights = random_weights(shape, seed=7)
    path = tmp_path / "exact.gguf"
    write_llama(
        path,
        weights,
        shape=shape,
        tokens=VOCABULARY,
        chat_template=TEMPLATE,
        quantize=False,
        name="exact",
    )
    text = "the order of words matters: 位置 12 を見る"
    ids = [VOCABULARY.begin, VOCABULARY.control("<user>"), *VOCABULARY.encode(text)]
    expected = next_logprobs(weights, shape, [*ids, VOCABULARY.control("<assistant>")])
    (given,) = answer(
        model(path, context=512), request(text, max_tokens=1, top_logprobs=20, temperature=0)
    )
    assert given.tokens is not None
    told = sorted((logprob for _, logprob in given.tokens[0].alternatives), reverse=True)
    assert len(told) == 20
    # The order of positions decides here: unturned rows of q and k are off by whole units.
    assert told == pytest.approx(np.sort(expected)[::-1][:20], abs=0.02)


@pytest.mark.parametrize("change", ["missing", "unknown", "shape", "tokens", "rows"])
def test_weights_that_do_not_fit_are_refused_and_nothing_is_written(
    change: str, tmp_path: Path
) -> None:
    sizes = {"hidden": 32, "layers": 1, "heads": 2, "kv_heads": 1, "context": 64}
    rows = 48 if change == "rows" else 32
    shape = Shape(vocabulary=len(VOCABULARY.tokens), feed_forward=rows, **sizes)
    weights = random_weights(shape, seed=1)
    tokens = VOCABULARY
    if change == "missing":
        del weights["model.norm.weight"]
    elif change == "unknown":
        weights["model.extra.weight"] = weights["model.norm.weight"]
    elif change == "shape":
        weights["model.norm.weight"] = np.ones(31, dtype=np.float32)
    elif change == "tokens":
        tokens = Vocabulary(controls=(), characters=("a",))
    with pytest.raises(ValueError):
        write_llama(
            tmp_path / "no.gguf",
            weights,
            shape=shape,
            tokens=tokens,
            chat_template="",
            quantize=True,
            name="no",
        )
    assert list(tmp_path.iterdir()) == []


def test_any_text_is_as_many_tokens_as_the_vocabulary_says(path: Path) -> None:
    counting = model(path)

    @settings(deadline=None, max_examples=60)
    @given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<▁\0")))
    def agree(text: str) -> None:
        counted = asyncio.run(counting.count(request(text)))
        assert counted == 3 + len(VOCABULARY.encode(text))  # <s>, <user>, <assistant>
        assert VOCABULARY.decode(VOCABULARY.encode(text)) == text

    try:
        agree()
    finally:
        asyncio.run(counting.aclose())


# What is asked and answered


def test_the_model_tells_the_hash_of_its_file_in_every_answer(path: Path) -> None:
    expected = "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    asked = model(path)
    assert asyncio.run(asked.describe()).digest == expected
    (given,) = answer(asked, request())
    assert given.model == expected


def test_a_file_that_was_replaced_is_another_model(tmp_path: Path) -> None:
    path = random_llama(tmp_path / "m.gguf", seed=1)
    first = asyncio.run(model(path).describe()).digest
    random_llama(path, seed=2)
    assert asyncio.run(model(path).describe()).digest != first


def test_the_context_is_never_more_than_the_model_was_trained_for(tmp_path: Path) -> None:
    path = random_llama(tmp_path / "m.gguf", seed=1, context=1024)
    asked = model(path, context=4096)
    described = asyncio.run(asked.describe())
    assert (described.context, described.slots) == (1024, 2)
    with pytest.raises(PromptTooLongError):
        answer(asked, request("a" * 1100))


def test_describing_does_not_load(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    described = asyncio.run(model(path, slots=3).describe())
    assert (described.model, described.context, described.slots) == ("random.gguf", 2048, 3)


def test_no_alternatives_may_be_asked_for(path: Path) -> None:
    some, none, without = answer(
        model(path),
        request(top_logprobs=3),
        request(top_logprobs=0),
        request(),
    )
    assert some.tokens is not None
    assert none.tokens is not None
    assert [len(token.alternatives) for token in some.tokens] == [3] * len(some.tokens)
    assert [token.alternatives for token in none.tokens] == [()] * len(none.tokens)
    assert [token.logprob for token in none.tokens] == pytest.approx(
        [token.logprob for token in some.tokens], abs=1e-3
    )
    assert without.tokens is None


def test_an_answer_that_the_engine_cannot_read_is_never_a_whole_one(tmp_path: Path) -> None:
    path = random_llama(tmp_path / "bytes.gguf", seed=1, unwanted=0.0)
    schema = {
        "type": "object",
        "properties": {"text": {"type": "string", "maxLength": 30}},
        "required": ["text"],
        "additionalProperties": False,
    }
    given = answer(
        model(path),
        *(request(schema=schema, max_tokens=200, temperature=1.0, seed=seed) for seed in range(40)),
    )
    for each in given:
        whole = each.text.rstrip().endswith("}")
        assert (each.finish is Finish.STOP) == whole, each.finish


def test_a_model_works_in_one_event_loop_after_the_other(path: Path) -> None:
    asked = model(path)
    first = asyncio.run(asked.complete(request(seed=3)))
    second = asyncio.run(asked.complete(request(seed=3)))
    asyncio.run(asked.aclose())
    third = asyncio.run(asked.complete(request(seed=3)))
    asyncio.run(asked.aclose())
    assert first.text == second.text == third.text


def test_a_model_works_in_two_event_loops_at_once(path: Path) -> None:
    asked = model(path)
    given: list[Completion] = []

    def work(seed: int) -> None:
        given.extend(asyncio.run(asked.complete(request(seed=seed))) for _ in range(5))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(asked.aclose())
    assert len(given) == 15


def test_more_requests_than_slots_are_all_answered(path: Path) -> None:
    asked = model(path)

    async def many() -> list[Completion]:
        try:
            return await asyncio.gather(*(asked.complete(request(seed=n)) for n in range(12)))
        finally:
            await asked.aclose()

    given = asyncio.run(many())
    assert [each.usage.answer for each in given] == [8] * 12


# What goes wrong


@pytest.mark.parametrize("kept", [0, 3, 4, 20, 200])
def test_a_file_that_is_no_gguf_is_told_in_one_line(kept: int, path: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(path.read_bytes()[:kept] + b"" if kept != 3 else b"no model at all")
    for asked in (model(damaged).describe(), model(damaged).complete(request())):
        with pytest.raises(ModelAccessError, match=r"no GGUF file, or it is damaged") as caught:
            asyncio.run(asked)
        assert caught.value.where == str(damaged)
        assert "\n" not in str(caught.value)


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_a_damaged_head_is_told_or_read_and_nothing_else(data: st.DataObject, path: Path) -> None:
    head = bytearray(path.read_bytes()[:600])
    for _ in range(data.draw(st.integers(1, 4))):
        head[data.draw(st.integers(4, 599))] = data.draw(st.integers(0, 255))
    damaged = path.with_name("damaged.gguf")
    damaged.write_bytes(head + bytes(range(256)) * 40)
    try:
        context = trained_context(damaged)
    except ModelAccessError:
        return
    assert context is None or isinstance(context, int)


def test_lists_within_lists_are_no_head_of_a_model(tmp_path: Path) -> None:
    path = tmp_path / "nested.gguf"
    start = b"GGUF" + struct.pack("<IQQQ1sI", 3, 0, 1, 1, b"k", 9)
    path.write_bytes(start + struct.pack("<IQ", 9, 1) * 20_000)
    with pytest.raises(ModelAccessError):
        trained_context(path)


def test_a_file_without_its_end_is_told_in_one_line(path: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ModelAccessError, match="cannot load this file") as caught:
        asyncio.run(model(damaged).complete(request()))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelAccessError, match="cannot be read: No such file"):
        asyncio.run(model(tmp_path / "none.gguf").complete(request()))


def test_without_the_package_the_error_says_what_to_install(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sekisho\[llama\]'"):
        asyncio.run(model(path).complete(request()))


def test_an_answer_that_takes_too_long_is_a_time_out_and_frees_its_slot(path: Path) -> None:
    asked = model(path, slots=1, context=16_384)

    async def one_after_the_other() -> float:
        with pytest.raises(ModelTimeoutError):
            await asked.complete(request(max_tokens=16_000, timeout_s=0.2))
        started = time.perf_counter()
        await asked.complete(request(max_tokens=1, timeout_s=60))
        waited = time.perf_counter() - started
        await asked.aclose()
        return waited

    # All 16,000 tokens take ten seconds and more on any machine.
    assert asyncio.run(one_after_the_other()) < 5


def test_a_long_prompt_is_given_up_while_it_is_read(tmp_path: Path) -> None:
    path = random_llama(tmp_path / "wide.gguf", seed=1, hidden=256, layers=4)
    asked = model(path, slots=1, context=16_384)

    async def given_up() -> tuple[float, float]:
        await asked.complete(request(max_tokens=1))
        started = time.perf_counter()
        await asked.complete(request("a" * 1000, max_tokens=1))
        step = time.perf_counter() - started
        # Reading all of it takes much more than 16 times as long, for attention is quadratic.
        task = asyncio.create_task(asked.complete(request("b" * 16_000, max_tokens=1)))
        await asyncio.sleep(step)
        task.cancel()
        started = time.perf_counter()
        await asked.complete(request("c", max_tokens=1))
        waited = time.perf_counter() - started
        await asked.aclose()
        return step, waited

    step, waited = asyncio.run(given_up())
    assert waited < 6 * step


def test_closing_ends_what_is_under_way(path: Path) -> None:
    asked = model(path, context=16_384)

    async def closed() -> None:
        task = asyncio.create_task(asked.complete(request(max_tokens=16_000)))
        await asyncio.sleep(0.2)
        await asked.aclose()
        with pytest.raises(ModelUnavailableError):
            await task

    asyncio.run(closed())


def test_no_error_tells_of_the_prompt(path: Path) -> None:
    asked = model(path)

    async def errors() -> list[ModelError]:
        found = []
        for bad in (
            request(CANARY * 2000),
            request(CANARY, schema={"type": CANARY}),
            request(CANARY, max_tokens=2000, timeout_s=0.001),
        ):
            try:
                await asked.complete(bad)
            except ModelError as error:
                found.append(error)
        await asked.aclose()
        return found

    found = asyncio.run(errors())
    assert [type(error) for error in found] == [
        PromptTooLongError,
        ModelAccessError,
        ModelTimeoutError,
    ]
    for error in found:
        told = "".join(traceback.format_exception(error)) + repr(error) + repr(error.__context__)
        assert CANARY not in told


# Silence and privacy

_ALONE = """
import asyncio, sys
from pathlib import Path
from sekisho.errors import SekishoError
from sekisho.models.gguf import GgufModel
from sekisho.models.seam import Message, Request

async def main(path, canary):
    model = GgufModel(name="m", path=Path(path), context=512, slots=2, threads=1)
    for text in (canary, canary * 900):
        for schema in (None, {"type": canary}):
            request = Request(messages=(Message("user", text),), max_tokens=5, schema=schema)
            for work in (model.complete, model.count):
                try:
                    await work(request)
                except SekishoError:
                    pass
    broken = GgufModel(name="m", path=Path(path + ".cut"), threads=1)
    try:
        await broken.complete(request)
    except SekishoError:
        pass
    if sys.argv[3] == "close":
        await model.aclose()

asyncio.run(main(*sys.argv[1:3]))
"""


@pytest.mark.parametrize("end", ["close", "leave"])
def test_llama_cpp_writes_nothing_to_the_terminal(end: str, path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "m.gguf"
    copy.write_bytes(path.read_bytes())
    (tmp_path / "m.gguf.cut").write_bytes(path.read_bytes()[:-1000])
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", _ALONE, str(copy), CANARY, end],
        capture_output=True,
        check=False,
        timeout=120,
        env=environment,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["m.gguf", "m.gguf.cut"]


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc")
def test_the_engine_listens_on_no_network_and_only_to_this_user(path: Path) -> None:
    loading = Loading(path=path, context=512, slots=1, threads=1, gpu_layers=-1)
    engine = borrow(loading)
    try:
        tables = [Path(f"/proc/net/{name}") for name in ("tcp", "tcp6", "udp", "udp6")]
        inodes = {
            line.split()[9]
            for table in tables
            if table.exists()
            for line in table.read_text().splitlines()[1:]
        }
        mine = {os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}
        assert not {f"socket:[{inode}]" for inode in inodes} & mine
        address = Path(engine._address.removeprefix("unix://"))
        assert address.parent.stat().st_mode & 0o777 == 0o700
        assert engine.ask("/props")[0] == 200
        engine._key = "another"
        assert engine.ask("/props")[0] == 401
    finally:
        give_back(loading)
    assert not address.parent.exists()


def test_models_of_one_file_share_one_engine_until_the_last_is_closed(path: Path) -> None:
    loading = Loading(path=path, context=512, slots=1, threads=1, gpu_layers=-1)
    first, second = borrow(loading), borrow(loading)
    assert first is second
    give_back(loading)
    assert second.ask("/props")[0] == 200
    give_back(loading)
    third = borrow(loading)
    assert third is not first
    give_back(loading)


_OPEN_AND_CLOSE = """
import sys
from pathlib import Path
from sekisho.models.llama_engine import Engine, Loading

loading = Loading(path=Path(sys.argv[1]), context=512, slots=1, threads=1, gpu_layers=-1)
for _ in range(60):
    Engine(loading).close()
"""


def test_an_engine_that_is_closed_as_soon_as_it_is_loaded_comes_to_an_end(path: Path) -> None:
    command = [sys.executable, "-c", _OPEN_AND_CLOSE, str(path)]
    subprocess.run(command, check=True, timeout=120)

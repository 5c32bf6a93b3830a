from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import sqlite3
import stat
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from sekisho.errors import ModelError, OutputError, SekishoError, UsageError
from sekisho.models.answer_cache import AnswerCache, CachedModel
from sekisho.models.scripted import Act, ScriptedModel, Turn
from sekisho.models.seam import (
    Abilities,
    Completion,
    Description,
    Message,
    Model,
    Request,
    SchemaMeans,
)

KEY = bytes(range(32))
CANARY = "佐藤明子"
QUESTION = Request(messages=(Message("user", f"Report of {CANARY}"),))


class Described(ScriptedModel):
    """Counts how often it was described."""

    times = 0

    async def describe(self) -> Description:
        self.times += 1
        await asyncio.sleep(0)
        return await super().describe()


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[AnswerCache]:
    opened = AnswerCache(tmp_path / "cache.db", KEY)
    yield opened
    opened.close()


def say(model: Model, *requests: Request) -> list[Completion]:
    async def all_of_them() -> list[Completion]:
        return [await model.complete(request) for request in requests]

    return asyncio.run(all_of_them())


def test_nothing_is_asked_twice(cache: AnswerCache) -> None:
    model = Described([Turn(Act.ANSWER, "one", "Hm.", seconds=0.001), "two"])
    cached: Model = CachedModel(model, cache)
    first, again, other = say(cached, QUESTION, QUESTION, replace(QUESTION, seed=2))
    assert again == replace(first, seconds=0.0)
    assert (first.seconds, again.usage, again.thinking) == (0.001, first.usage, "Hm.")
    assert other.text == "two"
    assert len(model.asked) == 2
    assert model.times == 1


def test_an_answer_is_kept_for_another_process_of_the_same_model(cache: AnswerCache) -> None:
    say(CachedModel(ScriptedModel(["one"], digest="stated:a"), cache), QUESTION)
    same = ScriptedModel(["two"], digest="stated:a")
    assert say(CachedModel(same, cache), QUESTION)[0].text == "one"
    assert not same.asked


@pytest.mark.parametrize(
    "other",
    [
        ScriptedModel(["two"], digest="stated:b"),
        ScriptedModel(
            ["two"], digest="stated:a", abilities=Abilities(schema=SchemaMeans.JSON_SCHEMA)
        ),
    ],
)
def test_other_weights_and_other_means_are_asked_anew(
    cache: AnswerCache, other: ScriptedModel
) -> None:
    say(CachedModel(ScriptedModel(["one"], digest="stated:a"), cache), QUESTION)
    assert say(CachedModel(other, cache), QUESTION)[0].text == "two"


def test_a_count_is_kept_too_so_that_no_document_is_sent_again(cache: AnswerCache) -> None:
    class Counting(ScriptedModel):
        counted = 0

        async def count(self, request: Request) -> int | None:
            self.counted += 1
            return None if request.seed == 2 else 42

    model = Counting(["x"])
    cached = CachedModel(model, cache)
    for _ in range(2):
        assert asyncio.run(cached.count(QUESTION)) == 42
    assert model.counted == 1
    assert asyncio.run(cached.count(replace(QUESTION, seed=2))) is None


@pytest.mark.parametrize(
    "turn",
    [Turn(Act.TRUNCATE, "cut"), Turn(Act.REFUSE, "no"), Turn(Act.THINK_ONLY, "Hm."), " \n"],
)
def test_only_whole_answers_are_kept(cache: AnswerCache, turn: Turn | str) -> None:
    model = ScriptedModel([turn, "good"])
    assert say(CachedModel(model, cache), QUESTION, QUESTION)[1].text == "good"


def test_an_answer_of_weights_that_were_exchanged_meanwhile_is_not_kept(
    cache: AnswerCache,
) -> None:
    class Exchanged(ScriptedModel):
        async def complete(self, request: Request) -> Completion:
            return replace(await super().complete(request), model="stated:new")

    model = Exchanged(["x"])
    say(CachedModel(model, cache), QUESTION, QUESTION)
    assert len(model.asked) == 2


def test_what_fails_is_passed_on_and_not_kept(cache: AnswerCache) -> None:
    cached = CachedModel(ScriptedModel([Turn(Act.FAIL), "good"]), cache)
    with pytest.raises(ModelError):
        say(cached, QUESTION)
    assert say(cached, QUESTION)[0].text == "good"


def test_many_questions_at_once_are_described_once_and_all_answered(cache: AnswerCache) -> None:
    model = Described(lambda request: Turn(Act.ANSWER, str(request.seed), seconds=0.001))
    cached = CachedModel(model, cache)
    requests = [replace(QUESTION, seed=seed) for seed in range(40)]

    async def together() -> list[Completion]:
        return await asyncio.gather(*map(cached.complete, requests))

    for _ in range(2):
        assert [said.text for said in asyncio.run(together())] == [str(n) for n in range(40)]
    assert (len(model.asked), model.times) == (40, 1)


def test_closing_the_model_closes_the_file_which_opens_again_when_used(
    cache: AnswerCache,
) -> None:
    model = ScriptedModel(["x"])
    cached = CachedModel(model, cache)
    say(cached, QUESTION)
    asyncio.run(cached.aclose())
    assert model.closed
    assert say(cached, QUESTION)[0].text == "x"
    assert len(model.asked) == 1


def test_the_files_are_private_and_show_neither_prompt_nor_answer(
    tmp_path: Path, cache: AnswerCache
) -> None:
    answer = f'{{"phi_list":["{CANARY}"]}}'
    model = ScriptedModel([answer])
    say(CachedModel(model, cache), *(replace(QUESTION, seed=seed) for seed in range(30)))
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["cache.db", "cache.db-shm", "cache.db-wal"]
    for open_file in files:
        assert stat.S_IMODE(open_file.stat().st_mode) == 0o600
    cache.close()
    raw = b"".join(file.read_bytes() for file in [*files] if file.exists())
    escaped = json.dumps(CANARY)[1:-1]
    for hidden in (CANARY, escaped, "phi_list", "Report", "stop", model.name):
        assert hidden.encode() not in raw
        assert hidden.encode("utf-16-le") not in raw


def change(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, values)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("UPDATE answer SET sealed = substr(sealed, 1, length(sealed) - 1)", ()),
        ("UPDATE answer SET sealed = x''", ()),
        ("UPDATE answer SET sealed = 'text'", ()),
        ("UPDATE answer SET sealed = 3", ()),
        ("UPDATE answer SET sealed = (SELECT sealed FROM answer LIMIT 1)", ()),
        ("UPDATE answer SET sealed = randomblob(200)", ()),
        ("DROP TABLE answer", ()),
    ],
)
def test_a_row_that_was_changed_or_moved_is_an_error_and_never_an_answer(
    tmp_path: Path, cache: AnswerCache, statement: str, values: Sequence[object]
) -> None:
    requests = [replace(QUESTION, seed=seed) for seed in range(4)]
    model = ScriptedModel([CANARY])
    cached = CachedModel(model, cache)
    say(cached, *requests)
    change(tmp_path / "cache.db", statement, *values)
    failures = []
    for request in requests:
        try:
            assert say(cached, request)[0].text == CANARY
        except ModelError as failure:
            failures.append(failure)
    assert len(failures) >= 3
    for error in failures:
        assert error.message == "the answer cache is damaged"
        assert "delete the file" in (error.remedy or "")
        assert CANARY not in "".join(traceback.format_exception(error))
    assert len(model.asked) == 4


def test_a_file_whose_pages_are_damaged_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    cache = AnswerCache(path, KEY)
    model = ScriptedModel(["x" * 1000])
    requests = [replace(QUESTION, seed=seed) for seed in range(50)]
    say(CachedModel(model, cache), *requests)
    cache.close()
    raw = path.read_bytes()
    path.write_bytes(raw[:4096] + b"\xa5" * (len(raw) - 4096))
    with pytest.raises(SekishoError, match="damaged") as caught:
        say(CachedModel(model, AnswerCache(path, KEY)), QUESTION)
    assert caught.value.remedy


def test_another_key_does_not_open_it(tmp_path: Path, cache: AnswerCache) -> None:
    with pytest.raises(UsageError, match="key does not open") as caught:
        AnswerCache(tmp_path / "cache.db", KEY[::-1])
    assert "delete the file" in (caught.value.remedy or "")


def test_a_key_of_another_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="5 bytes, not 32"):
        AnswerCache(tmp_path / "cache.db", b"short")


def a_text(path: Path) -> None:
    path.write_text("id,text\n1,x\n" * 100)


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def a_database(path: Path) -> None:
    change(path, "CREATE TABLE mine (x)")


@pytest.mark.parametrize("make", [a_text, a_database, nothing])
def test_another_kind_of_file_is_refused_and_left_as_it_is(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "cache.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="not an answer cache"):
        AnswerCache(path, KEY)
    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "file" / "cache.db"):
        with pytest.raises(OutputError, match="cannot be written"):
            AnswerCache(place, KEY)


def ask_some(path: Path, start: int) -> list[str]:
    """Ask sixty questions, half of which another process asks as well."""
    cache = AnswerCache(path, KEY)
    model = ScriptedModel(lambda request: str(request.seed), digest="stated:a")
    requests = [replace(QUESTION, seed=seed) for seed in range(start, start + 60)]
    said = say(CachedModel(model, cache), *requests)
    cache.close()
    return [completion.text for completion in said]


def test_several_processes_share_a_file_that_none_had_made(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        parts = pool.starmap(ask_some, [(path, 30 * part) for part in range(4)], chunksize=1)
    for part, said in enumerate(parts):
        assert said == [str(seed) for seed in range(30 * part, 30 * part + 60)]
    silent = ScriptedModel(["never"], digest="stated:a")
    cache = AnswerCache(path, KEY)
    say(CachedModel(silent, cache), *(replace(QUESTION, seed=seed) for seed in range(150)))
    cache.close()
    assert not silent.asked


def test_several_threads_share_one_cache(cache: AnswerCache) -> None:
    def work(thread: int) -> None:
        for number in range(50):
            content = b"%d" % (number + 25 * thread)
            cache.keep(content, content)
            assert cache.find(content) == content

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_uses_a_connection_of_its_own(cache: AnswerCache) -> None:
    cache.keep(b"before", b"1")
    context = multiprocessing.get_context("fork")
    child = context.Process(target=cache.keep, args=(b"child", b"2"))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert (cache.find(b"before"), cache.find(b"child")) == (b"1", b"2")
    cache.keep(b"after", b"3")
    assert cache.find(b"after") == b"3"


def test_a_request_can_be_cancelled_and_the_cache_goes_on(cache: AnswerCache) -> None:
    model = ScriptedModel([Turn(Act.STALL), "good"])
    cached = CachedModel(model, cache)

    async def give_up() -> None:
        task = asyncio.create_task(cached.complete(QUESTION))
        while not model.asked:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    assert model.cancelled == 1
    assert say(cached, QUESTION)[0].text == "good"

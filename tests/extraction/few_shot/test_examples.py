from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_server import VectorServer

from sekisho.documents.folding import fold
from sekisho.errors import ModelError, UsageError
from sekisho.extraction.few_shot.examples import Chooser, fixed, read_examples, similar
from sekisho.extraction.few_shot.similarity import EmbeddingIndex, NgramIndex
from sekisho.extraction.tasks.task import Example, Task
from sekisho.models.configuration import Configuration, ModelSettings
from sekisho.models.embedding import open_embedder

TEXTS = (
    "胸部CT。右肺上葉に12mmの結節を認める。辺縁は不整で、胸膜の陥入を伴う。縦隔リンパ節に腫大なし。"
    "胸水なし。心拡大なし。骨に異常なし。",
    "胸部CT。左肺下葉にすりガラス影が広がる。胸水は少量。",
    "腹部CT。肝S8に3cmの腫瘤を認める。脾臓、膵臓に異常なし。",
    "頭部MRI。左中大脳動脈領域に急性期梗塞。出血なし。",
    "CT thorax: geen nodulus. Geen pleuravocht. Hart niet vergroot.",
)
EXAMPLES = tuple(Example(text=text, answer={}) for text in TEXTS)
CANARY = "佐藤明子"


def texts(examples: Sequence[Example]) -> list[str]:
    return [example.text for example in examples]


def both_ways(count: int) -> list[Chooser]:
    return [fixed(EXAMPLES, count), similar(EXAMPLES, count)]


def test_fixed_examples_are_the_first_and_the_same_for_every_document() -> None:
    chooser = fixed(EXAMPLES, 2)
    assert texts(chooser.choose("腹部CT。")) == [*TEXTS[:2]]
    assert texts(chooser.choose("何もない。")) == [*TEXTS[:2]]


def test_similar_examples_are_those_most_like_the_document_and_the_most_alike_is_last() -> None:
    chosen = similar(EXAMPLES, 2).choose("腹部CT。肝S6に2cmの腫瘤を認める。胸水を認める。")
    assert texts(chosen)[-1] == TEXTS[2]
    assert len(chosen) == 2
    scores = NgramIndex(texts(chosen)).scores("腹部CT。肝S6に2cmの腫瘤を認める。胸水を認める。")
    assert scores[0] < scores[1]


@pytest.mark.parametrize("at", range(len(TEXTS)))
def test_the_document_itself_is_never_among_them(at: int) -> None:
    for chooser in both_ways(5):
        assert sorted(texts(chooser.choose(TEXTS[at]))) == sorted(
            text for text in TEXTS if text != TEXTS[at]
        )


@pytest.mark.parametrize(
    "disguised",
    [
        "\n".join(TEXTS[0]),
        TEXTS[0].replace("12mm", "１２ｍｍ").replace("CT", "ｃｔ"),
        "氏名：" + CANARY + "\n" + TEXTS[0] + "\n以上",
        TEXTS[0][3:-4],
        TEXTS[0].replace("12", "11"),
        TEXTS[0].replace("胸膜", "葉間胸膜") + "経過観察を勧める。",
    ],
)
def test_the_document_is_known_in_any_disguise(disguised: str) -> None:
    for chooser in both_ways(5):
        assert TEXTS[0] not in texts(chooser.choose(disguised))


def test_the_next_best_takes_the_place_of_the_document() -> None:
    assert texts(fixed(EXAMPLES, 2).choose(TEXTS[0])) == [TEXTS[1], TEXTS[2]]
    chosen = texts(similar(EXAMPLES, 4).choose(TEXTS[0]))
    assert len(chosen) == 4
    assert TEXTS[0] not in chosen


def test_reports_that_share_only_their_form_are_not_the_same() -> None:
    other = "胸部CT。左肺舌区に8mmの空洞影を認める。心嚢液なし。骨に転移なし。"
    for chooser in both_ways(5):
        assert len(chooser.choose(other)) == 5


def test_a_text_that_stands_there_twice_is_shown_once() -> None:
    twice = (EXAMPLES[0], Example(text="　".join(TEXTS[0]), answer={}), EXAMPLES[1])
    for chooser in (fixed(twice, 2), similar(twice, 2)):
        chosen = texts(chooser.choose("胸部CT。右肺中葉に結節。"))
        assert len({"".join(text.split()) for text in chosen}) == 2


@pytest.mark.parametrize("text", ["", " \n", "。"])
def test_a_document_with_nothing_in_it_gets_its_examples(text: str) -> None:
    assert len(fixed(EXAMPLES, 2).choose(text.replace("。", ""))) == 2
    assert len(similar(EXAMPLES, 2).choose(text.replace("。", ""))) == 2


@pytest.mark.parametrize("make", [fixed, similar])
def test_no_examples_or_none_asked_for_are_none(make: Any) -> None:
    assert make(EXAMPLES, 0).choose("胸部CT") == ()
    assert make((), 3).choose("胸部CT") == ()
    assert asyncio.run(make((), 3).choose_async("胸部CT")) == ()
    assert len(make(EXAMPLES, 99).choose("腎臓")) == len(EXAMPLES)


def test_fewer_than_none_is_refused() -> None:
    with pytest.raises(UsageError, match="less than 0"):
        fixed(EXAMPLES, -1)


def test_equals_stay_in_their_order() -> None:
    plain = [Example(text=f"xy{number}zw", answer={}) for number in (3, 1, 2)]
    assert texts(similar(plain, 2).choose("右肺に結節")) == [plain[1].text, plain[0].text]


def test_the_choice_is_the_same_each_time_and_in_every_thread() -> None:
    documents = [f"{text}所見{number}" for number in range(20) for text in TEXTS]
    chooser = similar(EXAMPLES, 3)
    alone = [texts(chooser.choose(document)) for document in documents]
    with ThreadPoolExecutor(8) as threads:
        assert [texts(each) for each in threads.map(chooser.choose, documents)] == alone
    again = similar(EXAMPLES, 3)
    assert [texts(again.choose(document)) for document in reversed(documents)] == alone[::-1]


def test_no_example_of_one_chooser_comes_out_of_another() -> None:
    first, second = similar(EXAMPLES[:2], 2), similar(EXAMPLES[3:], 2)
    assert sorted(texts(first.choose("腎臓に嚢胞"))) == sorted(TEXTS[:2])
    assert sorted(texts(second.choose("腎臓に嚢胞"))) == sorted(TEXTS[3:])
    assert sorted(texts(first.choose("腎臓に嚢胞"))) == sorted(TEXTS[:2])


def test_a_chooser_shows_no_text() -> None:
    assert "胸部" not in repr(similar(EXAMPLES, 2))


def test_the_similarity_of_other_examples_is_refused() -> None:
    with pytest.raises(ValueError, match="other examples"):
        similar(EXAMPLES, 2, NgramIndex(TEXTS[:3])).choose("胸部")


alphabet = st.text(alphabet="右左肺に結節 。ab\n", min_size=1, max_size=30)


@settings(deadline=None)
@given(st.lists(alphabet, max_size=8), alphabet, st.integers(0, 5), st.booleans())
def test_no_choice_ever_holds_the_document_or_a_part_of_it(
    pool: list[str], document: str, count: int, by_likeness: bool
) -> None:
    examples = [Example(text=text, answer={}) for text in pool]
    chooser = (similar if by_likeness else fixed)(examples, count)
    chosen = chooser.choose(document)
    assert len(chosen) <= count
    shown = ["".join(fold(each.text).text.split()) for each in chosen]
    whole = "".join(fold(document).text.split())
    assert len(set(shown)) == len(shown)
    assert all(not whole or (each not in whole and whole not in each) for each in shown)
    assert asyncio.run(chooser.choose_async(document)) == chosen


def test_examples_are_chosen_by_the_vectors_of_a_server() -> None:
    async def work() -> list[list[str]]:
        chosen = ModelSettings(kind="openai", base_url=f"{server.url}/v1", model="tiny")
        embedder = open_embedder("ward", Configuration(models={"ward": chosen}))
        try:
            chooser = similar(EXAMPLES, 2, await EmbeddingIndex.of(TEXTS, embedder))
            with pytest.raises(UsageError, match="server"):
                chooser.choose("腹部CT")
            documents = (TEXTS[2], TEXTS[2].replace("異常なし", "腫大あり、また腎臓に嚢胞"))
            return [texts(await chooser.choose_async(document)) for document in documents]
        finally:
            await embedder.aclose()

    with VectorServer(length=256) as server:
        itself, alike = asyncio.run(work())
        assert server.texts[: len(TEXTS)] == list(TEXTS)
    assert len(itself) == 2
    assert TEXTS[2] not in itself
    assert alike[-1] == TEXTS[2]


def test_without_an_answer_of_the_server_nothing_is_chosen() -> None:
    async def work() -> None:
        chosen = ModelSettings(kind="openai", base_url=f"{server.url}/v1", model="tiny", attempts=1)
        embedder = open_embedder("ward", Configuration(models={"ward": chosen}))
        try:
            chooser = similar(EXAMPLES, 2, await EmbeddingIndex.of(TEXTS, embedder))
            with pytest.raises(ModelError):
                await chooser.choose_async("腹部CT")
        finally:
            await embedder.aclose()

    with VectorServer([None, (503, {}, "{}")]) as server:
        asyncio.run(work())


TASK = Task.model_validate(
    {
        "name": "ct",
        "language": "ja",
        "instruction": "読影せよ",
        "fields": {"nodule": {"type": "boolean"}, "size": {"type": "number", "unit": "mm"}},
    }
)
ENTRY: dict[str, Any] = {
    "text": f"{CANARY}。右肺上葉に1.5 cmの結節を認める。",
    "answer": {"nodule": True, "size": "1.5 cm"},
    "quotes": {"nodule": "結節を認める"},
    "reasoning": "結節がある。",
}


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def lines(*entries: Any) -> str:
    return "\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries) + "\n"


@pytest.mark.parametrize(
    "content",
    [
        lines(ENTRY, ENTRY),
        "\ufeff" + lines(ENTRY, ENTRY),
        lines(ENTRY, ENTRY).replace("\n", "\r\n\r\n"),
        json.dumps([ENTRY, ENTRY]),
        "\n " + json.dumps([ENTRY, ENTRY], indent=2, ensure_ascii=False),
    ],
)
def test_examples_are_read_from_json_lines_and_from_a_list(tmp_path: Path, content: str) -> None:
    found = read_examples(written(tmp_path / "examples", content), TASK)
    assert found == (Example.model_validate(ENTRY), Example.model_validate(ENTRY))


def test_quotes_and_reasoning_may_be_left_out(tmp_path: Path) -> None:
    entry = {"text": ENTRY["text"], "answer": {"size": "1.5 cm"}, "quotes": None}
    (found,) = read_examples(written(tmp_path / "examples.jsonl", lines(entry)), TASK)
    assert (dict(found.quotes), found.reasoning) == ({}, "")


def refused(tmp_path: Path, content: str | bytes) -> str:
    """What is said of a file; nothing in it may be a word of it."""
    with pytest.raises(UsageError) as caught:
        read_examples(written(tmp_path / "examples.jsonl", content), TASK)
    told = str(caught.value)
    assert caught.value.__cause__ is None
    assert all(word not in told for word in (CANARY, "結節", "SECRET"))
    assert "examples.jsonl" in told
    return told


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"answers": {}}, "key 5 is unknown (did you mean answer?)"),
        ({"SECRET": 1}, "key 5 is unknown (an entry has text, answer, quotes, reasoning)"),
        ({"text": None}, "its text is none"),
        ({"text": " "}, "its text is none"),
        ({"answer": ["SECRET"]}, "its answer is no object"),
        ({"quotes": ["SECRET"]}, "its quotes are no object"),
        ({"quotes": {"nodule": 3}}, "its quotes are no object"),
        ({"quotes": {"nodule": [3]}}, "its quotes are no object"),
        ({"reasoning": 3}, "its reasoning is no string"),
        ({"answer": {"nodul": True}}, "answer.nodul: is unknown; did you mean nodule?"),
        ({"answer": {"size": "SECRET"}}, "answer.size: cannot be read as a number"),
        ({"quotes": {"nodule": "SECRET"}}, "quotes.nodule: does not stand in the text"),
        ({"quotes": {}}, "quotes.nodule: is missing"),
    ],
)
def test_an_entry_that_does_not_fit_is_told_by_its_number(
    tmp_path: Path, wrong: dict[str, Any], told: str
) -> None:
    said = refused(tmp_path, lines(ENTRY, ENTRY | wrong))
    assert "line 2: " in said
    assert told in said
    said = refused(tmp_path, json.dumps([ENTRY, ENTRY, ENTRY | wrong]))
    assert "entry 3: " in said


def test_many_problems_are_counted(tmp_path: Path) -> None:
    answer = {"nodule": "SECRET", "size": True, "sizes": 1, "nodules": 2, "siz": 3}
    said = refused(tmp_path, lines({"text": "胸部CT", "answer": answer}))
    assert said.endswith("and 2 more")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n\n",
        "[]",
        lines(ENTRY) + '{"text": "SECRET"',
        "[" + lines(ENTRY),
        lines(3),
        lines("SECRET"),
        lines(None),
        lines(ENTRY, [ENTRY]),
        '{"text": "SECRET", "text": "b", "answer": {}}',
        '{"text": "SECRET", "answer": {"size": NaN}}',
        '{"text": "SECRET", "answer": {"size": ' + "9" * 5000 + "}}",
        '{"text": "SECRET", "answer": ' + "[" * 100_000 + "}",
        lines(ENTRY).encode("cp932"),
        lines(ENTRY).encode("utf-16"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, content: str | bytes) -> None:
    refused(tmp_path, content)


def test_a_broken_list_is_told_by_its_line(tmp_path: Path) -> None:
    content = json.dumps([ENTRY], indent=1, ensure_ascii=False)
    said = refused(tmp_path, content[:-1] + ", {SECRET: 1}]")
    assert f"line {content.count(chr(10)) + 1}: is no JSON" in said


def test_a_file_that_is_not_there_is_told_as_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_examples(tmp_path / "none.jsonl", TASK)
    with pytest.raises(UsageError, match="cannot be read"):
        read_examples(tmp_path, TASK)

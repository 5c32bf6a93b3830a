from __future__ import annotations

import asyncio
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_server import VectorServer, vector_of

from sekisho.errors import InvalidAnswerError, ModelError, PromptTooLongError
from sekisho.extraction.few_shot.similarity import (
    AsyncSimilarity,
    EmbeddingIndex,
    NgramIndex,
    Similarity,
    grams,
    squeezed,
)
from sekisho.models.configuration import Configuration, ModelSettings
from sekisho.models.embedding import open_embedder

REPORTS = (
    "胸部CT。右肺上葉に12mmの結節を認める。胸水なし。",
    "胸部CT。左肺下葉に8mmの結節を認める。少量の胸水あり。",
    "腹部CT。肝S8に3cmの腫瘤を認める。",
    "CT thorax: geen nodulus. Geen pleuravocht.",
    "CT abdomen: laesie van 1,5 cm in segment VIII.",
    "Chest CT without nodule.",
)

words = st.text(alphabet="あいう右肺ab 12\n", max_size=40)


def test_a_text_is_most_like_itself() -> None:
    index = NgramIndex(REPORTS)
    for at, text in enumerate(REPORTS):
        scores = index.scores(text)
        assert scores[at] == pytest.approx(1, abs=1e-5)
        assert max(scores) == scores[at]


def test_reports_of_one_kind_are_more_alike_than_others() -> None:
    scores = NgramIndex(REPORTS[1:]).scores(REPORTS[0])
    assert sorted(scores, reverse=True)[:2] == [scores[0], scores[1]]


def test_texts_that_share_nothing_score_nought() -> None:
    assert NgramIndex(REPORTS[:3]).scores("xyz xyz") == [0, 0, 0]


@pytest.mark.parametrize("text", ["", " ", "\n", "あ", "\ud800"])
def test_a_text_without_ngrams_scores_nought(text: str) -> None:
    assert NgramIndex(REPORTS).scores(text) == [0.0] * len(REPORTS)
    assert NgramIndex([text, "胸部CT"]).scores("胸部CT")[0] == 0
    assert NgramIndex([text]).scores("胸部CT") == [0]


def test_width_case_and_blanks_make_no_difference() -> None:
    index = NgramIndex(REPORTS)
    assert index.scores("ＣＨＥＳＴ　ＣＴ  without\nNODULE.") == index.scores(REPORTS[5])


def test_an_index_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="text"):
        NgramIndex([])


def counted(text: str) -> Counter[str]:
    return Counter(text[at : at + n] for n in (2, 3, 4) for at in range(len(text) - n + 1))


def reference(texts: Sequence[str], asked: str) -> list[float]:
    """The cosines by the formula of the class, one n-gram after the other."""
    counts = [counted(text) for text in texts]
    frequency = Counter(each for count in counts for each in count)

    def weighed(count: Counter[str]) -> dict[str, float]:
        return {
            each: (1 + math.log(often)) * (1 + math.log((1 + len(texts)) / (1 + frequency[each])))
            for each, often in count.items()
            if frequency[each]
        }

    def cosine(left: dict[str, float], right: dict[str, float]) -> float:
        lengths = math.hypot(*left.values()) * math.hypot(*right.values())
        return sum(left[each] * right.get(each, 0) for each in left) / lengths if lengths else 0

    question = weighed(counted(asked))
    return [cosine(question, weighed(count)) for count in counts]


def test_scores_are_those_of_scikit_learn() -> None:
    asked = "胸部CT。右肺下葉に結節、胸水なし。CT thorax 12mm"
    # As many texts as it takes for n-grams that are common and for others that are rare.
    texts = [f"{REPORTS[at % 6]} {REPORTS[at % 5]} {at % 7}" for at in range(40)]
    folded = [squeezed(text) for text in texts]
    module = pytest.importorskip("sklearn.feature_extraction.text")
    counter = module.TfidfVectorizer(
        analyzer="char", ngram_range=(2, 4), sublinear_tf=True, lowercase=False
    )
    rows = counter.fit_transform(folded)
    expected = (rows @ counter.transform([squeezed(asked)]).T).toarray()[:, 0].tolist()
    assert NgramIndex(folded).scores(squeezed(asked)) == pytest.approx(expected, abs=1e-5)


@settings(deadline=None, max_examples=100)
@given(st.lists(words, min_size=1, max_size=12), words)
def test_scores_are_those_of_the_formula(texts: list[str], asked: str) -> None:
    folded = [squeezed(text) for text in texts]
    expected = reference(folded, squeezed(asked))
    assert NgramIndex(folded).scores(squeezed(asked)) == pytest.approx(expected, abs=1e-5)


@settings(deadline=None, max_examples=100)
@given(st.lists(words, min_size=1, max_size=12), words)
def test_every_text_has_a_score_between_0_and_1(texts: list[str], asked: str) -> None:
    scores = NgramIndex(texts).scores(asked)
    assert len(scores) == len(texts)
    assert all(-1e-6 <= score <= 1 + 1e-5 for score in scores)


def test_many_threads_may_ask_at_once() -> None:
    index = NgramIndex(REPORTS)
    alone = [index.scores(text) for text in REPORTS]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(index.scores, REPORTS * 20)) == alone * 20


def test_ngrams_have_the_same_numbers_in_every_process() -> None:
    program = (
        "from sekisho.extraction.few_shot.similarity import grams;"
        "print(grams('右肺の結節', (2, 4)).tolist())"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(sys.path)},
    )
    assert told.stdout.strip() == str(grams("右肺の結節", (2, 4)).tolist())


@settings(deadline=None)
@given(st.text(max_size=30), st.integers(1, 6))
def test_equal_ngrams_have_equal_numbers_and_others_have_not(text: str, size: int) -> None:
    written = [text[at : at + size] for at in range(len(text) - size + 1)]
    numbers = grams(text, (size,)).tolist()
    assert len(numbers) == len(written)
    assert len(set(numbers)) == len(set(written))
    assert dict(zip(written, numbers, strict=True)).items() == set(
        zip(written, numbers, strict=True)
    )


def test_one_of_many_texts_is_found_again() -> None:
    random = np.random.default_rng(1)
    sentences = ["".join(random.choice(list("肺肝右左上下葉結節mm12。の"), 25)) for _ in range(400)]
    texts = ["".join(random.choice(sentences, 8)) for _ in range(400)]
    index = NgramIndex(texts)
    assert index.scores(texts[123])[123] == pytest.approx(1, abs=1e-5)


class Reading:
    """Gives vectors, as a model that reads ``longest`` characters of a text."""

    def __init__(self, longest: int = 10**9) -> None:
        self.longest = longest
        self.asked: list[str] = []

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked += texts
        if any(len(text) > self.longest for text in texts):
            raise PromptTooLongError("too long")
        return [vector_of(text, 64) for text in texts]


def index_of(texts: Sequence[str], reading: Reading) -> EmbeddingIndex:
    return asyncio.run(EmbeddingIndex.of(texts, reading))


def test_vectors_of_the_texts_are_asked_for_once() -> None:
    reading = Reading()
    index = index_of(REPORTS, reading)
    for text in REPORTS[:3]:
        asyncio.run(index.scores_async(text))
    assert reading.asked == [*REPORTS, *REPORTS[:3]]


def test_scores_of_vectors_are_cosines() -> None:
    scores = asyncio.run(index_of(REPORTS, Reading()).scores_async(REPORTS[1]))
    rows = np.array([vector_of(text, 64) for text in REPORTS])
    lengths = np.linalg.norm(rows, axis=1)
    assert scores == pytest.approx((rows @ rows[1] / lengths / lengths[1]).tolist())
    assert max(scores) == scores[1] == pytest.approx(1)


def test_a_blank_text_is_like_none_and_nobody_is_asked() -> None:
    reading = Reading()
    index = index_of(REPORTS, reading)
    reading.asked.clear()
    assert asyncio.run(index.scores_async(" \n")) == [0.0] * len(REPORTS)
    assert reading.asked == []


def test_texts_that_a_model_cannot_read_whole_are_read_in_pieces() -> None:
    long = "。".join(REPORTS * 20)
    reading = Reading(longest=200)
    index = index_of([*REPORTS, long], reading)
    scores = asyncio.run(index.scores_async(long))
    assert scores[-1] == pytest.approx(1)
    assert max(scores[:-1]) < scores[-1]
    read = [text for text in reading.asked if len(text) <= 200]
    assert "".join(read).count(long[:50]) > 0


def test_a_model_that_reads_nothing_is_an_error() -> None:
    with pytest.raises(PromptTooLongError):
        index_of(["あ" * 1000], Reading(longest=3))


def test_blanks_at_the_edges_of_a_long_text_are_no_piece_of_it() -> None:
    reading = Reading(longest=60)
    index_of([" " * 300 + "右肺に結節を認める。" * 10 + "\n" * 300], reading)
    assert all(text.strip() for text in reading.asked)


def test_a_vector_that_points_nowhere_is_an_error() -> None:
    class Nought(Reading):
        async def embed(self, texts: Sequence[str]) -> list[list[float]]:
            return [[0.0, 0.0] for _ in texts]

    with pytest.raises(InvalidAnswerError):
        index_of(["あ"], Nought())


def test_a_vector_of_another_length_is_an_error() -> None:
    index = EmbeddingIndex(np.eye(3), Reading())
    with pytest.raises(InvalidAnswerError):
        asyncio.run(index.scores_async("右肺"))


def test_an_index_of_no_texts_has_no_scores() -> None:
    assert asyncio.run(index_of([], Reading()).scores_async("右肺")) == []


def test_both_kinds_can_be_waited_for() -> None:
    ngrams, vectors = NgramIndex(REPORTS), index_of(REPORTS, Reading())
    assert isinstance(ngrams, Similarity)
    assert isinstance(ngrams, AsyncSimilarity)
    assert isinstance(vectors, AsyncSimilarity)
    assert not isinstance(vectors, Similarity)
    assert asyncio.run(ngrams.scores_async("右肺")) == ngrams.scores("右肺")


@pytest.mark.parametrize("kind", ["openai", "ollama"])
def test_documents_longer_than_a_server_reads_are_compared_all_the_same(kind: str) -> None:
    async def work() -> tuple[Sequence[float], Sequence[float]]:
        place = f"{server.url}/v1" if kind == "openai" else server.url
        chosen = ModelSettings(kind=kind, base_url=place, model="tiny")
        embedder = open_embedder("ward", Configuration(models={"ward": chosen}))
        try:
            index = await EmbeddingIndex.of([*REPORTS, REPORTS[2] * 30], embedder)
            return await index.scores_async(REPORTS[2] * 30), await index.scores_async(REPORTS[0])
        finally:
            await embedder.aclose()

    with VectorServer(context=100, length=64) as server:
        long, short = asyncio.run(work())
    assert max(long) == long[-1] == pytest.approx(1)
    assert max(short) == short[0] == pytest.approx(1)


def test_an_ill_server_is_an_error_and_never_a_score() -> None:
    async def work() -> None:
        chosen = ModelSettings(
            kind="openai", base_url=f"{server.url}/v1", model="tiny", attempts=1, wait_s=0
        )
        embedder = open_embedder("ward", Configuration(models={"ward": chosen}))
        try:
            index = await EmbeddingIndex.of(REPORTS, embedder)
            with pytest.raises(ModelError):
                await index.scores_async("右肺に結節")
        finally:
            await embedder.aclose()

    with VectorServer([None, (500, {}, "{}")]) as server:
        asyncio.run(work())

"""What a tiny model answers through llama.cpp, held against what it should answer."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sekisho.models.gguf import GgufModel
from sekisho.models.seam import Completion, Finish, Message, Model, Request
from sekisho.phi.categories import Category
from training.nano.examples import Item, Passage, answer, items, reports
from training.nano.mistakes import spoilt

__all__ = ["INSTRUCTIONS", "SCHEMA", "Score", "messages", "read", "request", "score"]

#: What the chat template tells the tasks apart by; the product's own instructions are longer.
INSTRUCTIONS = {
    "extract": "報告書から個人情報を抜き出し、JSONで答える。",
    "review": "最初の答えを見直し、明らかな誤りを直す。",
    "recall": "最初の答えを見直し、取りこぼしを探す。",
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "phi_list": {
            "type": "array",
            "maxItems": 100,
            "items": {
                "type": "object",
                "properties": {
                    "type": {"type": "string", "enum": [str(code) for code in Category]},
                    "value": {"type": "string", "minLength": 1, "maxLength": 120},
                },
                "required": ["type", "value"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["phi_list"],
    "additionalProperties": False,
}
_MOST_TOKENS = 900


@dataclass(frozen=True)
class Score:
    """Answers held against the right ones.

    ``exact`` is the share of lists that are wholly right, ``precision`` and ``recall`` count items
    over all passages, ``unreadable`` the answers that were cut or no JSON; ``ms`` is the wall time
    of one answer, asked one after the other.
    """

    n: int
    exact: float
    precision: float
    recall: float
    unreadable: int
    ms: float


def messages(task: str, text: str, first: str = "", findings: str = "") -> tuple[Message, ...]:
    """The conversation that the product has for ``task``: extract, review or recall."""
    content = f"<報告書>\n{text}\n</報告書>"
    if task != "extract":
        content += (
            f"\n<最初の答え>\n{first}\n</最初の答え>\n<確認の結果>\n{findings}\n</確認の結果>"
        )
    return Message("system", INSTRUCTIONS[task]), Message("user", content)


def request(turns: tuple[Message, ...], *, constrained: bool, most: int = _MOST_TOKENS) -> Request:
    """A greedy request for at most ``most`` tokens, with the schema enforced or not."""
    return Request(messages=turns, schema=SCHEMA if constrained else None, max_tokens=most)


def read(completion: Completion) -> list[Item] | None:
    """The items of an answer; None when it is no whole list of them."""
    if completion.finish is not Finish.STOP:
        return None
    try:
        listed = json.loads(completion.text)["phi_list"]
        return [Item(each["type"], each["value"]) for each in listed]
    except (ValueError, KeyError, TypeError):
        return None


def score(path: Path, n: int, *, seed: int = 1, threads: int = 1) -> dict[str, dict[str, Any]]:
    """Extraction (free and constrained) and both reviews of ``n`` held-out passages each."""
    chosen = [Passage(*each) for each in reports(n, seed)]
    return asyncio.run(_scored(path, chosen, seed, threads))


async def _scored(
    path: Path, chosen: Sequence[Passage], seed: int, threads: int
) -> dict[str, dict[str, Any]]:
    plain = [(messages("extract", each.text), items(each)) for each in chosen]
    rng = random.Random(f"sekisho reviews {seed}")
    reviews = [spoilt(each, rng) for each in chosen]
    asked = {"extraction": (plain, True), "extraction, no schema": (plain, False)}
    for task, name in (("review", "cautious review"), ("recall", "thorough review")):
        pairs = [
            (
                messages(task, each.text, answer(made.first), made.findings),
                made.cautious if task == "review" else made.thorough,
            )
            for each, made in zip(chosen, reviews, strict=True)
        ]
        asked[name] = (pairs, True)
    model = GgufModel(name=path.name, path=path, context=4096, slots=1, threads=threads)
    try:
        return {
            name: asdict(await _one_by_one(model, pairs, constrained))
            for name, (pairs, constrained) in asked.items()
        }
    finally:
        await model.aclose()


async def _one_by_one(
    model: Model, pairs: Iterable[tuple[tuple[Message, ...], list[Item]]], constrained: bool
) -> Score:
    exact = right = said = wanted = unreadable = n = 0
    begun = 0.0
    for turns, expected in pairs:
        if n == 0:
            # The first answer loads the model, which is not what is measured.
            await model.complete(request(turns, constrained=constrained))
            begun = time.perf_counter()
        found = read(await model.complete(request(turns, constrained=constrained)))
        n += 1
        unreadable += found is None
        exact += found == expected
        right += len(set(found or ()) & set(expected))
        said += len(set(found or ()))
        wanted += len(expected)
    took = (time.perf_counter() - begun) / max(n, 1) * 1000
    return Score(
        n,
        round(exact / max(n, 1), 4),
        round(right / max(said, 1), 4),
        round(right / max(wanted, 1), 4),
        unreadable,
        round(took, 1),
    )

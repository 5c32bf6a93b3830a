"""The tiny models: what they are asked, what they learn, and that the file is the network."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import re
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

if os.environ.get("SEKISHO_REQUIRE_TRAINING") != "1":
    pytest.importorskip("torch", reason="training needs the extra [train]")
    pytest.importorskip("jamdict_data", reason="the names come with the extra [train]")
    pytest.importorskip("gguf", reason="writing a model needs the extra [llama-test]")
    pytest.importorskip("xllamacpp", reason="llama.cpp comes with the extra [llama]")

import torch
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment
from training.nano import fitting
from training.nano.examples import (
    Item,
    Passage,
    answer,
    items,
    passages,
    reports,
    respelled,
)
from training.nano.exercises import IGNORED, drawn, encoded, extraction, listing
from training.nano.fitting import Plan, fit, prepare
from training.nano.gguf_file import Shape, write_llama
from training.nano.mistakes import spoilt
from training.nano.network import Llama
from training.nano.recipes import TEMPLATE, remember
from training.nano.scoring import INSTRUCTIONS, messages, read, request
from training.nano.tokens import Tokens, tokens_of

from sekisho.models.gguf import GgufModel
from sekisho.models.seam import Completion, Message

TOYS = [
    Passage("", f"担当は{name}、{rest}。", ((3, 3 + len(name), "STAFF"),))
    for name in ("山田", "佐々木", "森", "小鳥遊", "緒方", "林", "高橋", "田")
    for rest in ("経過良好", "発熱なし", "明日採血", "食事開始")
]
TOY_TOKENS = tokens_of([each.text for each in TOYS], least=1)
TOY_PLAN = Plan(steps=300, batch=512, rate=6e-3, compiled=False, easy_pools=0)
FEW = tokens_of(["山田花子、様。\n"], least=1)


@cache
def learnt() -> tuple[Passage, ...]:
    return tuple(passages(3, range(80)))


@cache
def tokens() -> Tokens:
    return tokens_of([each.text for each in learnt()], least=1)


def shape(hidden: int = 64) -> Shape:
    return Shape(
        vocabulary=len(tokens().tokens),
        hidden=hidden,
        layers=2,
        heads=2,
        kv_heads=2,
        feed_forward=128,
        context=4096,
    )


def toy_shape() -> Shape:
    return Shape(
        vocabulary=len(TOY_TOKENS.tokens),
        hidden=64,
        layers=2,
        heads=2,
        kv_heads=2,
        feed_forward=128,
        context=1024,
    )


def answers(
    network: Llama,
    known: Tokens,
    folder: Path,
    asked: list[tuple[Message, ...]],
    *,
    most: int,
    quantize: bool = False,
) -> list[Completion]:
    """What llama.cpp answers from the network's file."""
    out = folder / "written.gguf"
    write_llama(
        out,
        network.weights(),
        shape=network.shape,
        tokens=known,
        chat_template=TEMPLATE.read_text(encoding="utf-8"),
        quantize=quantize,
        name="written",
    )

    async def ask() -> list[Completion]:
        model = GgufModel(name="written", path=out, context=1024, slots=1, threads=1)
        try:
            requests = [request(each, constrained=False, most=most) for each in asked]
            return [await model.complete(each) for each in requests]
        finally:
            await model.aclose()

    return asyncio.run(ask())


def rendered(turns: tuple[Message, ...]) -> str:
    template = ImmutableSandboxedEnvironment().from_string(TEMPLATE.read_text(encoding="utf-8"))
    listed = [{"role": turn.role, "content": turn.content} for turn in turns]
    return template.render(messages=listed, add_generation_prompt=True)


@given(st.text(st.characters(exclude_characters="▁", exclude_categories=["Cs"])))
def test_any_text_becomes_tokens_and_comes_back(text: str) -> None:
    assert FEW.decode(FEW.encode(text)) == text


@given(st.lists(st.sampled_from([*FEW.pieces, "山", "\U00020bb7", '"', " "])).map("".join))
def test_a_text_made_of_pieces_comes_back_and_each_id_knows_its_place(text: str) -> None:
    ids, places = FEW.encode(text), [place for _, place in FEW.placed(text)]
    assert FEW.decode(ids) == text
    assert places == sorted(places)
    for low, high in pairwise(sorted({*places, len(text)})):
        held = [each for each, place in zip(ids, places, strict=True) if place == low]
        assert FEW.decode(held) == text[low:high]


def test_a_prompt_holds_control_tokens_and_pieces_whole() -> None:
    ids = FEW.encode_prompt('<extract>山<answer>{"phi_list":[]}</s>')
    named = [FEW.tokens[each] for each in ids]
    assert named == ["<extract>", "山", "<answer>", '{"phi_list":[]}', "</s>"]


@pytest.mark.parametrize(
    ("task", "begin"), [("extract", "<extract>"), ("review", "<review>"), ("recall", "<recall>")]
)
def test_the_template_tells_the_tasks_apart(task: str, begin: str) -> None:
    shown = rendered(messages(task, "本文", '{"phi_list":[]}', "なし"))
    rest = '<first>{"phi_list":[]}<findings>なし' if task != "extract" else ""
    assert shown == f"{begin}本文{rest}<answer>"


def test_the_template_renders_an_answer_that_was_sent_back() -> None:
    turns = (
        Message("system", INSTRUCTIONS["extract"]),
        Message("user", "<報告書>\n本文\n</報告書>"),
        Message("assistant", "違"),
        Message(
            "user",
            "次の値は、この字のままでは報告書にない：「違」。報告書の字をそのまま写すか、"
            "写せる所がなければ除き、一覧の全体をもう一度書くこと。",
        ),
    )
    assert rendered(turns) == "<extract>本文<answer>違</s><again>「違」<answer>"


def test_held_out_reports_are_no_training_passages_and_hold_their_spans() -> None:
    chosen = reports(20, 5)
    seen = {each.text for each in learnt()}
    assert chosen[:10] == reports(10, 5)
    assert len({text for _, text, _ in chosen}) == 20
    for _, text, spans in chosen:
        assert text not in seen
        assert 40 <= len(text) <= 300
        assert all(0 <= start < end <= len(text) for start, end, _ in spans)


def test_the_seeds_of_held_out_documents_are_refused_for_training() -> None:
    with pytest.raises(ValueError, match="held-out"):
        next(passages(10**9, range(1)))


def test_a_right_answer_names_each_item_once_in_order() -> None:
    passage = Passage("", "山田。森。山田。", ((0, 2, "NAME"), (3, 4, "STAFF"), (5, 7, "NAME")))
    assert items(passage) == [Item("NAME", "山田"), Item("STAFF", "森")]
    wanted = '{"phi_list":[{"type":"NAME","value":"山田"},{"type":"STAFF","value":"森"}]}'
    assert answer(items(passage)) == wanted


@pytest.mark.parametrize("seed", range(40))
def test_what_a_review_finds_is_true_and_its_answers_repair_it(seed: int) -> None:
    rng = random.Random(seed)
    passage = learnt()[seed]
    review = spoilt(respelled(passage, rng, "山川林森"), rng)
    for line in review.findings.splitlines():
        if line.endswith("」は報告書にない。"):
            value = line[3 : -len("」は報告書にない。")]
            assert value not in passage.text
            assert value not in [item.value for item in review.cautious]
            assert value in [item.value for item in review.first]
    if review.findings == "なし":
        assert review.cautious == review.first


def test_an_exercise_asks_for_its_answer_and_marks_its_text() -> None:
    passage = next(each for each in learnt() if each.spans)
    made = encoded(extraction(passage), tokens())
    said = tokens().decode(made.ids[made.asked + 1 : -1].tolist())
    assert said == answer(items(passage))
    assert made.ids[-1] == tokens().end
    assert (made.marks > 0).any()
    assert (made.marks[:2] == IGNORED).all()


@pytest.mark.parametrize("seed", range(10))
def test_a_listing_answers_what_its_text_holds_in_order(seed: int) -> None:
    made = listing(random.Random(seed), "山川")
    text, spans = made.passage.text, made.passage.spans
    values = list(dict.fromkeys(re.findall("[山川]+|[ァ-ン]+|[0-9]+|[a-z]+", text)))
    assert values == list(dict.fromkeys(text[start:end] for start, end, _ in spans))
    assert made.answer == answer(items(made.passage))


def test_equal_seeds_draw_equal_exercises() -> None:
    first, second = (
        [drawn(each, random.Random(4), "山川").prompt for each in learnt()[:20]] for _ in range(2)
    )
    assert first == second


def test_the_file_computes_what_the_network_computes(tmp_path: Path) -> None:
    prepare(5, 1)
    network = Llama(shape())
    texts = [each.text for each in learnt()[:12]]
    asked = [messages("extract", text) for text in texts]
    for text, told in zip(texts, answers(network, tokens(), tmp_path, asked, most=6), strict=True):
        ids = [tokens().begin, *tokens().encode_prompt(f"<extract>{text}<answer>")]
        said = network.greedy(ids, end=tokens().end, most=6)
        assert told.usage.prompt == len(ids)
        # An answer that was cut may end inside a character, of which llama.cpp shows nothing.
        assert tokens().decode(said).rstrip("\ufffd") == told.text.rstrip("\ufffd")


def test_llama_cpp_reads_a_review_as_training_wrote_it(tmp_path: Path) -> None:
    prepare(5, 1)
    network = Llama(shape())
    asked, wanted = [], []
    for number, passage in enumerate(learnt()[:12]):
        made = spoilt(passage, random.Random(number))
        asked.append(messages("recall", passage.text, answer(made.first), made.findings))
        prompt = f"<recall>{passage.text}<first>{answer(made.first)}<findings>{made.findings}"
        wanted.append(1 + len(tokens().encode_prompt(f"{prompt}<answer>")))
    told = answers(network, tokens(), tmp_path, asked, most=1)
    assert [each.usage.prompt for each in told] == wanted


def test_a_toy_task_is_learnt_and_answered_through_llama_cpp(tmp_path: Path) -> None:
    network, _, _ = fit(toy_shape(), TOY_TOKENS, TOYS, TOY_PLAN)
    asked = [messages("extract", each.text) for each in TOYS[::2]]
    told = answers(network, TOY_TOKENS, tmp_path, asked, most=60, quantize=True)
    right = [read(each) == items(toy) for each, toy in zip(told, TOYS[::2], strict=True)]
    assert sum(right) >= 0.75 * len(right)


def test_an_interrupted_training_ends_as_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "_CHECKPOINT_S", 0.0)
    plan = replace(TOY_PLAN, steps=40)
    checkpoint = tmp_path / "toy.checkpoint"

    def interrupted(line: str) -> None:
        if line.startswith("step 25/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(toy_shape(), TOY_TOKENS, TOYS, plan, checkpoint=checkpoint, told=interrupted)
    heard: list[str] = []
    again, _, _ = fit(toy_shape(), TOY_TOKENS, TOYS, plan, checkpoint=checkpoint, told=heard.append)
    whole, _, _ = fit(toy_shape(), TOY_TOKENS, TOYS, plan)
    assert heard[0] == "goes on at step 24"
    assert all((again.weights()[name] == held).all() for name, held in whole.weights().items())


def test_a_fresh_model_copies_already() -> None:
    prepare(2, 1)
    network = Llama(shape(hidden=128))
    first = torch.randint(tokens().first_byte + 256, len(tokens().tokens), (8, 40))
    again = torch.cat((first, first), 1)
    with torch.no_grad():
        likeliest = network(again)[:, 40:-1].argmax(-1)
    assert (likeliest == first[:, 1:]).float().mean() > 0.1


def test_the_card_is_kept_for_the_file_that_it_describes(tmp_path: Path) -> None:
    file = tmp_path / "some.gguf"
    file.write_bytes(b"weights")
    remember(file, {"sha256": hashlib.sha256(b"weights").hexdigest(), "seed": 1})
    remember(file, {"scores": 2})
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    assert card["some.gguf"].items() >= {"seed": 1, "scores": 2}.items()
    file.write_bytes(b"others")
    with pytest.raises(ValueError, match="another file"):
        remember(file, {"scores": 3})

"""Training: the file says what the network says, learning learns, equal seeds are equal."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

if os.environ.get("SEKISHO_REQUIRE_TRAINING") != "1":
    pytest.importorskip("torch", reason="training needs the extra [train]")
    pytest.importorskip("onnx", reason="training needs the extra [train]")

import torch

from sekisho.documents.document import Document
from sekisho.errors import ModelFileError, UsageError
from sekisho.phi.detectors.tagger.decoding import decode
from sekisho.phi.detectors.tagger.encoding import Vocabulary, encode
from sekisho.phi.detectors.tagger.modelfile import SHIPPED, load
from sekisho.phi.learning.examples import IGNORED, example, stream
from sekisho.phi.learning.export import export, restore
from sekisho.phi.learning.fitting import Plan, fit, logits_of, prepare
from sekisho.phi.learning.network import Shape, Tagger
from sekisho.phi.learning.onsite import continue_training, split

SENTENCES = [
    (f"担当は{name}、{rest}。", [(3, 3 + len(name), "STAFF")])
    for name in ("山田", "佐々木", "森", "小鳥遊", "緒方")
    for rest in ("経過良好", "発熱なし", "明日採血", "食事開始")
]
PLAN = Plan(passes=60, batch=4, size=64, threads=1, seed=3)


@dataclass(frozen=True)
class Marked:
    start: int
    end: int
    category: str


@dataclass(frozen=True)
class Annotated:
    id: str
    text: str
    spans: tuple[Marked, ...]


def annotated(count: int) -> list[Annotated]:
    made = []
    for number in range(count):
        text, spans = SENTENCES[number % len(SENTENCES)]
        made.append(Annotated(str(number), f"{text}{number}日目", tuple(Marked(*s) for s in spans)))
    return made


def fitted() -> tuple[Tagger, Vocabulary]:
    made = [example(text, spans) for text, spans in SENTENCES]
    vocabulary = Vocabulary("".join(sorted({sign for each in made for sign in each.text})))
    prepare(PLAN.seed, PLAN.threads)
    network = Tagger(Shape(len(vocabulary), width=32, dilations=(1, 2)))
    fit(network, *stream(made, vocabulary, network.shape.gap), PLAN)
    return network, vocabulary


def test_a_stream_keeps_documents_apart() -> None:
    made = [example(*SENTENCES[0]), example(*SENTENCES[1])]
    features, labels = stream(made, Vocabulary("山田"), gap=4)
    length = len(made[0].text)
    assert features[0, length : length + 4].tolist() == [0] * 4
    assert labels[length : length + 4].tolist() == [IGNORED] * 4
    assert labels.size == sum(len(each.text) + 4 for each in made)


def test_labels_follow_the_folded_text() -> None:
    made = example("㍻30年 ﾔﾏﾀﾞ", [(5, 9, "NAME")])
    assert made.text == "平成30年 ヤマダ"
    assert (made.labels > 0).tolist() == [False] * 6 + [True] * 3


def test_documents_do_not_see_each_other_across_the_gap() -> None:
    prepare(0, 1)
    network = Tagger(Shape(20, width=16, dilations=(1, 4))).eval()
    first = torch.randint(1, 20, (1, 3, 9), dtype=torch.int32)
    second = torch.randint(1, 20, (1, 3, 9), dtype=torch.int32)
    gap = torch.zeros((1, 3, network.shape.gap), dtype=torch.int32)
    with torch.no_grad():
        alone = network(first)
        together = network(torch.cat((first, gap, second), -1))[:, :9]
    assert torch.allclose(alone, together, atol=1e-6)


def test_what_was_shown_is_learnt_and_the_file_says_what_the_network_says(tmp_path: Path) -> None:
    network, vocabulary = fitted()
    documents = [Document("", text) for text, _ in SENTENCES]
    samples = [encode(document, vocabulary) for document in documents]
    out = tmp_path / "little.onnx"
    export(network, vocabulary, samples, temperature=1.5, card={"seed": 3}, path=out)
    model = load(out)
    assert (model.temperature, model.card, model.reach) == (1.5, {"seed": 3}, 3)
    for features, (_, spans) in zip(samples, SENTENCES, strict=True):
        from_file, from_network = model.logits(features), logits_of(network, features)
        assert np.abs(from_file - from_network).max() < 0.5
        assert [(each.start, each.end) for each in decode(from_file)] == [s[:2] for s in spans]


def test_a_file_can_be_trained_further_from_where_it_was(tmp_path: Path) -> None:
    network, vocabulary = fitted()
    samples = [encode(Document("", text), vocabulary) for text, _ in SENTENCES]
    out = tmp_path / "little.onnx"
    export(network, vocabulary, samples, temperature=1.0, card={}, path=out)
    restored, again, described = restore(out)
    assert again.characters == vocabulary.characters
    assert described["temperature"] == 1.0
    difference = np.abs(logits_of(restored, samples[0]) - load(out).logits(samples[0])).max()
    assert difference < 0.3


def test_a_layer_as_wide_as_high_is_restored_the_right_way_round(tmp_path: Path) -> None:
    made = [example(text, spans) for text, spans in SENTENCES]
    vocabulary = Vocabulary("".join(sorted({sign for each in made for sign in each.text})))
    prepare(PLAN.seed, PLAN.threads)
    square = Shape(
        len(vocabulary),
        width=24,
        character_width=8,
        word_width=8,
        lexicon_width=8,
        dilations=(1, 2),
    )
    network = Tagger(square)
    samples = [encode(Document("", text), vocabulary) for text, _ in SENTENCES]
    out = tmp_path / "square.onnx"
    export(network, vocabulary, samples, temperature=1.0, card={}, path=out)
    was, now = network.enter.weight, restore(out)[0].enter.weight
    assert was.shape == now.shape == (24, 24)
    # Seven bits for the widest weight of a column.
    assert float((was - now).abs().max().detach()) < float(was.abs().max().detach()) / 60


def test_equal_seeds_give_equal_networks() -> None:
    first, second = fitted()[0].state_dict(), fitted()[0].state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_shipped_model_can_be_restored() -> None:
    network, vocabulary, _ = restore(SHIPPED)
    features = encode(Document("", "術者は山田、助手は森。"), vocabulary)
    shipped = load().logits(features)
    assert (logits_of(network, features).argmax(1) == shipped.argmax(1)).all()


def test_something_else_is_not_trained_further(tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(b"something else")
    with pytest.raises(ModelFileError, match="trained further"):
        restore(other)


def test_on_site_training_writes_a_model_that_says_where_it_comes_from(tmp_path: Path) -> None:
    out = tmp_path / "ours.onnx"
    plan = Plan(passes=1, batch=2, size=64, threads=1)
    continue_training(annotated(12), SHIPPED, out, plan, card={"gold": "abc"})
    card = load(out).card
    assert card["continued from"] == load().digest
    assert (card["gold"], card["documents"]) == ("abc", 12)
    assert "山田" not in json.dumps(card, ensure_ascii=False)


def test_equal_texts_stay_on_one_side_of_the_split() -> None:
    documents = annotated(20) + annotated(20)
    parts = split(documents, 0.25, seed=1)
    learnt = {documents[index].text for index in parts.learnt}
    held_back = {documents[index].text for index in parts.held_back}
    assert not learnt & held_back
    assert sorted(parts.learnt + parts.held_back) == list(range(40))


def test_too_few_documents_are_refused() -> None:
    with pytest.raises(UsageError, match="too few"):
        split(annotated(5), 0.25, seed=1)

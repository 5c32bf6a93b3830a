"""The model file: what ships is what was made, long texts have no seams, damage is told."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from sekisho.documents.document import Document
from sekisho.errors import ModelFileError
from sekisho.evaluation.markup import parse
from sekisho.phi.detectors.tagger import TaggerDetector, modelfile
from sekisho.phi.detectors.tagger.encoding import encode
from sekisho.phi.detectors.tagger.modelfile import SHIPPED, card_of, load

UNSEEN = Path(__file__).parents[4] / "benchmarks" / "unseen" / "sentences.txt"
CARD = SHIPPED.with_name("card.json")
LONG = "紹介元は緑風会病院、担当は山田。前回（2024年8月5日）と著変なし。" * 120


def test_the_shipped_file_is_the_one_on_the_card() -> None:
    card = json.loads(CARD.read_text(encoding="utf-8"))
    content = SHIPPED.read_bytes()
    assert card["sha256"] == hashlib.sha256(content).hexdigest()
    assert card["bytes"] == len(content)


def test_the_card_in_the_file_says_the_same_as_the_card_beside_it() -> None:
    inside, beside = load().card, card_of()
    for fact in ("seed", "documents", "characters", "vocabulary", "parameters", "plan"):
        assert inside[fact] == beside[fact], fact
    assert load().temperature == beside["temperature"]
    assert beside["vocabulary"] == len(load().vocabulary)


def test_the_scores_on_the_card_are_those_of_the_file() -> None:
    """Recall on names never seen in training, measured anew, is what was written down."""
    if not UNSEEN.exists():
        pytest.skip("the sentences come with the source tree")
    found = {"NAME": 0, "STAFF": 0}
    wanted = {"NAME": 0, "STAFF": 0}
    detector = TaggerDetector()
    for line in UNSEEN.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        text, spans = parse(line, where="unseen")
        people = [s for s in detector.detect(Document("", text)) if s.category in found]
        covered = {place for span in people for place in range(span.start, span.end)}
        for start, end, category in spans:
            if category in found:
                wanted[category] += 1
                found[category] += covered.issuperset(range(start, end))
    stated = card_of()["scores"]["names never seen, hand-written sentences"]
    for name, count in wanted.items():
        assert stated[name]["n"] == count
        assert stated[name]["recall"] == pytest.approx(found[name] / count, abs=0.0051)


def test_what_training_made_is_what_training_would_make() -> None:
    """The card states the plan of the committed command, not one of a trial."""
    pytest.importorskip("torch", reason="training needs the extra [train]")
    pytest.importorskip("jamdict_data", reason="training needs the extra [train]")
    from training.tagger.__main__ import FULL

    card = card_of()
    assert card["documents"] == FULL.documents
    assert card["plan"] == json.loads(json.dumps(asdict(replace(FULL.plan, seed=card["seed"]))))


def test_the_shipped_file_is_small_enough() -> None:
    assert SHIPPED.stat().st_size <= 8_000_000


def test_a_long_text_has_no_seams() -> None:
    model = load()
    features = encode(Document("", LONG), model.vocabulary)
    assert features.shape[1] > 3000
    whole = model.session.run(None, {"features": features[None]})[0][0]
    assert np.array_equal(model.logits(features), whole)


def test_what_is_further_than_the_reach_changes_nothing() -> None:
    model = load()
    near = encode(Document("", LONG), model.vocabulary)
    far = near.copy()
    far[:, model.reach + 1 :] = near[:, model.reach + 1 :][:, ::-1]
    assert np.array_equal(model.logits(near)[0], model.logits(far)[0])


def test_a_missing_file_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="cannot be read") as raised:
        load(tmp_path / "none.onnx")
    assert "--detectors" in str(raised.value)


def test_a_damaged_file_is_an_error_that_says_so(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(SHIPPED.read_bytes()[:-2000])
    with pytest.raises(ModelFileError, match="damaged"):
        load(damaged)


def test_a_model_of_something_else_is_refused(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(SHIPPED)
    del model.metadata_props[:]
    other = tmp_path / "other.onnx"
    onnx.save(model, other)
    with pytest.raises(ModelFileError, match="no tagger model"):
        load(other)


def test_a_shipped_file_that_was_exchanged_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchanged = tmp_path / "tagger.onnx"
    exchanged.write_bytes(SHIPPED.read_bytes())
    card = tmp_path / "card.json"
    card.write_text('{"sha256": "00"}', encoding="utf-8")
    monkeypatch.setattr(modelfile, "SHIPPED", exchanged)
    monkeypatch.setattr(modelfile, "_CARD", card)
    with pytest.raises(ModelFileError, match="not the one that was shipped"):
        modelfile.load(exchanged)

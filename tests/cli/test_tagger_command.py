"""``sekisho tagger``: the card, and training on a hospital's own documents."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sekisho.cli.app import app
from sekisho.phi.detectors.tagger.modelfile import SHIPPED, digest_of, load

NAMES = ("山田", "佐々木", "小鳥遊", "緒方", "東風平")
RESTS = ("経過良好", "発熱なし", "明日採血")


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    rows = []
    for number, (name, rest) in enumerate((name, rest) for name in NAMES for rest in RESTS):
        text = f"受持は{name}、{rest}。"
        span = {"start": 3, "end": 3 + len(name), "category": "STAFF", "surface": name}
        rows.append(json.dumps({"id": str(number), "text": text, "spans": [span]}))
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["tagger", *map(str, arguments)])


def needs_training() -> None:
    if os.environ.get("SEKISHO_REQUIRE_TRAINING") != "1":
        pytest.importorskip("torch", reason="training needs the extra [train]")
        pytest.importorskip("onnx", reason="training needs the extra [train]")


def test_the_card_of_the_shipped_model_is_shown() -> None:
    card = json.loads(run("show").output)
    assert card["sha256"] == digest_of(SHIPPED.read_bytes())
    assert card["scores"]


def test_a_file_that_is_no_model_is_one_line(tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(b"no model")
    result = run("show", other)
    assert result.exit_code == 2
    assert len(result.output.strip().splitlines()) == 1


def test_training_reports_before_and_after_and_writes_a_model(gold: Path, tmp_path: Path) -> None:
    needs_training()
    out = tmp_path / "ours.onnx"
    result = run("train", "--gold", gold, "--out", out, "--passes", 2, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["learnt"] + answer["held_back"] == 15
    assert set(answer["figures"]["leaked_characters"]) == {"before", "after"}
    assert answer["sha256"] == load(out).digest != load().digest
    assert load(out).card["continued from"] == load().digest
    assert not list(tmp_path.glob("*.partial"))


def test_the_model_that_was_trained_is_used(gold: Path, tmp_path: Path) -> None:
    needs_training()
    out = tmp_path / "ours.onnx"
    assert run("train", "--gold", gold, "--out", out, "--passes", 2).exit_code == 0
    detected = CliRunner().invoke(app, ["detect", str(gold), "--tagger", str(out)])
    assert detected.exit_code == 0
    assert "tagger" in detected.stdout


def test_too_few_documents_are_a_wrong_use(gold: Path, tmp_path: Path) -> None:
    needs_training()
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(gold.read_text(encoding="utf-8").splitlines()[:5]), encoding="utf-8")
    result = run("train", "--gold", few, "--out", tmp_path / "ours.onnx")
    assert result.exit_code == 2
    assert "too few" in result.output


def test_nothing_is_written_where_gold_is_wrong(gold: Path, tmp_path: Path) -> None:
    needs_training()
    gold.write_text('{"id": "1", "text": "山田", "spans": [{"start": 0}]}', encoding="utf-8")
    result = run("train", "--gold", gold, "--out", tmp_path / "ours.onnx")
    assert result.exit_code == 2
    assert "山田" not in result.output
    assert not (tmp_path / "ours.onnx").exists()


def test_a_missing_extra_names_its_pip_line(
    gold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for module in [name for name in sys.modules if name.startswith("sekisho.phi.learning")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "torch", None)
    result = run("train", "--gold", gold, "--out", tmp_path / "ours.onnx")
    assert result.exit_code == 2
    assert "sekisho[train]" in result.output

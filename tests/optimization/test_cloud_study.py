"""A study that ranks a model in the cloud: on synthetic reports alone, and each byte recorded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import pytest
from study_folders import surfaces, write_gold

from commanding import call
from outside import Recorder, serving
from sekisho.errors import CloudModelError
from sekisho.models.scripted import ScriptedModel
from sekisho.optimization.gated import GatedReader
from sekisho.optimization.result import ModelCard
from sekisho.optimization.simulation import documents
from sekisho.release.gate import GatedModel

STUDY = """
name = "far"
seeds = [1]
phases = [1, 2, 4, 5]
resamples = 100
[data]
development = "development.jsonl"
held_out = "held-out.jsonl"
{synthetic}
[[models]]
name = "far"
model = "far"
[refine]
wordings = ["recall"]
"""


@pytest.fixture
def far() -> Iterator[Recorder]:
    with serving(['{"phi_list": []}']) as recorder:
        yield recorder


def study(folder: Path, far: Recorder, synthetic: str) -> tuple[Path, Path]:
    write_gold(folder / "development.jsonl", documents(3, seed=1))
    write_gold(folder / "held-out.jsonl", documents(2, seed=2))
    stated = f'synthetic = "{synthetic}"' if synthetic else ""
    path = folder / "study.toml"
    path.write_text(STUDY.format(synthetic=stated), encoding="utf-8")
    configuration = folder / "sekisho.toml"
    configuration.write_text(
        f'[models.far]\nkind = "openai"\nbase_url = "{far.url}"\nmodel = "far"\n'
        'locality = "cloud"\nwait_s = 0.0\n',
        encoding="utf-8",
    )
    return path, configuration


def test_reports_that_nobody_states_to_be_synthetic_never_leave(
    tmp_path: Path, far: Recorder
) -> None:
    path, configuration = study(tmp_path, far, "")
    ended = call("optimize", path, "--out", tmp_path / "out", "--config", configuration)
    assert ended.code == 2
    assert "synthetic" in ended.err
    assert far.bodies == []


def test_a_cloud_model_is_ranked_and_the_ledger_is_what_arrived(
    tmp_path: Path, far: Recorder
) -> None:
    path, configuration = study(tmp_path, far, "made by a generator for this test")
    out = tmp_path / "out"
    ended = call("optimize", path, "--out", out, "--config", configuration)
    assert ended.code == 0, ended.err
    lines = [json.loads(line) for line in (out / "gate.jsonl").read_text().splitlines()]
    left = [line for line in lines if line.get("event") != "begin" and "sha256" in line]
    arrived = {hashlib.sha256(body).hexdigest() for body in far.bodies}
    assert {line["sha256"] for line in left} == arrived
    assert len(far.chats) >= 3 * (3 + 2) + 2
    result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert result["models"][0]["locality"] == "cloud"
    assert not list(out.glob("recipe-*"))
    assert any("cloud" in warning for warning in result["warnings"])


def test_the_sealed_reports_leave_only_in_the_last_phase(tmp_path: Path, far: Recorder) -> None:
    path, configuration = study(tmp_path, far, "made by a generator for this test")
    text = path.read_text(encoding="utf-8").replace("[1, 2, 4, 5]", "[1, 2, 4]")
    path.write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    assert call("optimize", path, "--out", out, "--config", configuration).code == 0
    everything = far.everything.decode("utf-8", "replace")
    sealed = surfaces(tmp_path / "held-out.jsonl") - surfaces(tmp_path / "development.jsonl")
    assert sealed
    assert not any(surface in everything for surface in sealed)


def test_what_is_stated_of_one_set_lets_no_report_of_another_out(
    tmp_path: Path, far: Recorder
) -> None:
    path, configuration = study(tmp_path, far, "")
    text = path.read_text(encoding="utf-8")
    text = text.replace('"development.jsonl"', '"shipped"\ndocuments = 2')
    path.write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    ended = call("optimize", path, "--out", out, "--config", configuration)
    assert ended.code == 2
    assert "sealed reports" in ended.err
    assert far.bodies == []


def test_a_reader_in_the_cloud_learns_nothing_that_nobody_calls_synthetic() -> None:
    def opened(_: Sequence[str], stated_by: str) -> GatedModel:
        assert stated_by
        return cast(GatedModel, ScriptedModel(["{}"]))

    card = ModelCard(name="far", model="m", digest="d", server="s", origin="model")
    reader = GatedReader(
        opened, card, longest=500, thinking_tokens=0, timeout_s=1.0, knows=(), synthetic="me"
    )
    reader.learn(documents(1, seed=1), "somebody")
    with pytest.raises(CloudModelError, match="nobody states"):
        reader.learn(documents(1, seed=2), " ")

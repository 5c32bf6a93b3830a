from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sekisho import plugins
from sekisho.errors import UsageError
from sekisho.models.configuration import ModelSettings
from sekisho.models.scripted import ScriptedModel
from sekisho.models.seam import Locality, Model
from sekisho.phi.detection import Detector

PROJECT = tomllib.loads(
    Path(__file__).parents[1].joinpath("pyproject.toml").read_text(encoding="utf-8")
)["project"]
REGISTERED = [
    (group, name) for group, entries in PROJECT.get("entry-points", {}).items() for name in entries
]


@pytest.mark.parametrize(("group", "name"), REGISTERED)
def test_every_built_in_is_found_by_its_name(group: str, name: str) -> None:
    assert name in plugins.names(group)
    assert plugins.load(group, name) is not None


def test_the_detectors_fit_their_seam() -> None:
    for name in plugins.names("sekisho.detectors"):
        make = plugins.load("sekisho.detectors", name)
        detector = make(ScriptedModel(["{}"])) if name == "llm" else make()
        assert isinstance(detector, Detector)
        assert detector.name == name


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("openai", {"base_url": "http://127.0.0.1:9/v1"}),
        ("ollama", {"base_url": "http://127.0.0.1:9", "model": "m"}),
        ("gguf", {"path": "m.gguf"}),
    ],
)
def test_the_kinds_of_model_fit_their_seam(kind: str, settings: dict[str, str]) -> None:
    make = plugins.load("sekisho.models", kind)
    model = make("m", ModelSettings(kind=kind, **settings), Locality.LOCAL, None)
    assert isinstance(model, Model)
    assert (model.name, model.locality) == ("m", Locality.LOCAL)


def test_the_names_of_a_group_are_sorted() -> None:
    names = plugins.names("sekisho.detectors")
    assert names == sorted(names)


def test_an_unknown_name_is_a_usage_error_that_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no detector is called 'nobody'") as caught:
        plugins.load("sekisho.detectors", "nobody")
    assert caught.value.remedy is not None
    assert all(name in caught.value.remedy for name in plugins.names("sekisho.detectors"))


def test_an_empty_group_knows_no_name() -> None:
    assert plugins.names("sekisho.nothing") == []
    with pytest.raises(UsageError, match="known: none"):
        plugins.load("sekisho.nothing", "x")

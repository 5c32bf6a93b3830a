from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sekisho import plugins
from sekisho.errors import UsageError
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
        detector = plugins.load("sekisho.detectors", name)()
        assert isinstance(detector, Detector)
        assert detector.name == name


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

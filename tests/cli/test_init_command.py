"""``sekisho init``: the commented configuration that one begins with."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from commanding import call
from sekisho.models.configuration import FILENAME, ModelSettings, read, settings

#: A commented setting: a number sign and a letter or a bracket right behind it.
_SETTING = re.compile(r"^#(?=[a-z\[])", re.MULTILINE)


@pytest.fixture(autouse=True)
def _alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder and a home of its own."""
    monkeypatch.chdir(tmp_path)


def test_a_configuration_is_written_in_which_nothing_is_in_force(tmp_path: Path) -> None:
    ended = call("init")
    assert (ended.code, ended.out) == (0, "")
    assert FILENAME in ended.err
    written = read(tmp_path / FILENAME)
    assert (dict(written.models), written.default_model, written.trusted_hosts) == ({}, None, ())
    listed = call("models", "list")
    assert (listed.code, listed.out) == (0, "")


def test_everything_in_it_can_be_put_in_force_and_every_key_is_there(tmp_path: Path) -> None:
    assert call("init", tmp_path).code == 0
    path = tmp_path / FILENAME
    text = path.read_text(encoding="utf-8")
    path.write_text(_SETTING.sub("", text), encoding="utf-8")
    whole = read(path)
    assert len(whole.models) >= 5
    for name in whole.models:
        assert settings(name, whole)
    assert settings(whole.default_model or "", whole)
    stated = {key for model in whole.models.values() for key in model.model_fields_set}
    assert stated == set(ModelSettings.model_fields)
    listed = call("models", "list")
    assert (listed.code, listed.err) == (0, "")
    assert "cloud" in listed.out


def test_a_configuration_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / FILENAME).write_text("# mine\n", encoding="utf-8")
    ended = call("init")
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert (tmp_path / FILENAME).read_text(encoding="utf-8") == "# mine\n"


def test_a_link_is_written_through_by_nobody(tmp_path: Path) -> None:
    os.symlink(tmp_path / "elsewhere.toml", tmp_path / FILENAME)
    assert call("init").code == 2
    assert not (tmp_path / "elsewhere.toml").exists()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    ended = call("init", tmp_path / "nowhere")
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert "nowhere" in ended.err

"""``study.toml``: every key is checked, and a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from sekisho.errors import UsageError
from sekisho.optimization.prompt_texts import given
from sekisho.optimization.study import read_study

MODEL = '[[models]]\nname = "one"\nmodel = "ollama:one"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_short_file_is_a_whole_study(tmp_path: Path) -> None:
    study = read_study(written(tmp_path, f'name = "s"\n{MODEL}'))
    assert study.phases == (1, 2, 3, 4, 5)
    assert study.data.development == "shipped"
    assert study.data.held_out is None
    assert set(given(study)) == {"baseline", "long", "short"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "s"', "no system"),
        (f'name = "s"\nphasen = [1]\n{MODEL}', "phasen"),
        (f'name = "s"\nphases = [1, 7]\n{MODEL}', "phases"),
        (f'name = "s"\nphases = [1, 1]\n{MODEL}', "twice"),
        (f'name = "s"\nseeds = []\n{MODEL}', "seeds"),
        (f'name = "s"\n{MODEL}{MODEL}', "one name"),
        (f'name = "../s"\n{MODEL}', "name"),
        ('name = "s"\n[[models]]\nname = "one"\n', "either model or simulated"),
        (f'name = "s"\n{MODEL}[budget]\ncalls = 0\n', "budget.calls"),
        (f'name = "s"\n{MODEL}[data]\nignore = ["WHO"]\n', "data.ignore"),
        ("name = ", "no TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_study(written(tmp_path, text))


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    text = """
name = "s"
[data]
development = "dev.jsonl"
held_out = "wada:clone"
[prompts]
short = "mine.txt"
[[models]]
name = "one"
model = "gguf:one.gguf"
"""
    study = read_study(written(tmp_path, text))
    assert study.data.development == str(tmp_path / "dev.jsonl")
    assert study.data.held_out == f"wada:{tmp_path / 'clone'}"
    assert study.prompts.short == str(tmp_path / "mine.txt")
    assert study.models[0].model == f"gguf:{tmp_path / 'one.gguf'}"


def test_a_prompt_of_ones_own_is_taken_and_an_empty_one_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("# a comment\n書き出す。\n", encoding="utf-8")
    study = read_study(written(tmp_path, f'name = "s"\n{MODEL}[prompts]\nlong = "mine.txt"\n'))
    assert given(study)["long"].text == "書き出す。"
    assert given(study)["long"].made_by == "study"
    (tmp_path / "mine.txt").write_text("# only a comment\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no prompt"):
        given(study)

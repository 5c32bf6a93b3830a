"""A recipe says exactly what was measured, and shows when it was changed."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.optimization.freezing import freeze
from sekisho.optimization.recipe import Recipe, load, write
from sekisho.optimization.recipe_parts import (
    DataOf,
    Detectors,
    Reads,
    Reviews,
    Said,
    StudyOf,
    Weights,
)
from sekisho.optimization.result import (
    ArmResult,
    Component,
    Data,
    Figure,
    ModelCard,
    Opening,
    Prompt,
    StudyResult,
)
from sekisho.optimization.toml_form import toml_of
from sekisho.phi.cascade import Consult
from sekisho.phi.detectors.llm.prompts import Prompts, prompts
from sekisho.phi.detectors.llm.reading import Reading
from sekisho.phi.detectors.llm.refining import Policy, parse_policy

SAID = prompts("ja", "short", "recall")
OWN = replace(SAID, extract='規則:\n"""\n\\ 例 {"phi_list": []}\t""\r\n末尾"', review='"')


def recipe(said: Prompts = SAID, **more: Any) -> Recipe:
    usual: dict[str, Any] = {
        "created": "2026-01-02T03:04:05+00:00",
        "sekisho": "0.1.0",
        "language": "ja",
        "marks": ("TINY",),
        "study": StudyOf(name="ward", fingerprint="f" * 64, openings=1),
        "model": Weights(name="strong", short="gguf:/m.gguf", digest="sha256:1", server="gguf"),
        "reads": Reads(capacity="short", ungrounded="mask", longest=900, thinking_tokens=7, seed=3),
        "refine": Reviews(policy="below:87.5", wording="recall", keep="additions", rounds=2),
        "detectors": Detectors(names=("rules", "lexicon", "llm"), consult=Consult.UNCERTAIN),
        "prompts": Said.of(said, name="own-3", made_by="editor"),
        "data": DataOf(development=Data(name="shipped", documents=100, digest="d" * 64)),
    }
    return Recipe(**(usual | more))


def without_a_model(**more: Any) -> Recipe:
    parts = dict.fromkeys(("model", "reads", "refine", "prompts"))
    return recipe(**(parts | {"detectors": Detectors(names=("rules", "lexicon"))} | more))


# The file


@pytest.mark.parametrize("frozen", [recipe(), recipe(OWN), without_a_model()])
def test_what_is_written_is_read_again(frozen: Recipe, tmp_path: Path) -> None:
    path = write(frozen, tmp_path / "made")
    assert path.name == f"recipe-{frozen.sha256[:12]}.toml" == frozen.filename
    again = load(path)
    assert again == frozen
    assert again.as_toml() == frozen.as_toml() == path.read_text(encoding="utf-8")
    assert tomllib.loads(frozen.as_toml())["sha256"] == frozen.sha256


def test_prompts_come_back_letter_for_letter(tmp_path: Path) -> None:
    again = load(write(recipe(OWN), tmp_path))
    assert again.prompts is not None
    assert again.prompts.prompts() == OWN
    assert again.prompts.digest == OWN.digest


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
quoted = st.text(st.sampled_from('"\\\n\r\t\0 a例\x7f\x85\u2028#=[]'), max_size=25)


@settings(max_examples=150, deadline=None)
@given(texts | quoted, texts | quoted)
def test_any_prompt_can_be_written(extract: str, finding: str) -> None:
    said = replace(SAID, extract=extract, findings={"missing": finding, finding: extract})
    frozen = recipe(said)
    stated = tomllib.loads(frozen.as_toml())
    assert stated.pop("sha256") == frozen.sha256
    assert Recipe.model_validate(stated) == frozen


values = st.recursive(
    texts
    | quoted
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=True),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts | quoted, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(texts | quoted, values, max_size=5))
def test_toml_reads_exactly_what_was_written(table: dict[str, Any]) -> None:
    read = tomllib.loads(toml_of(table))
    assert read == table
    assert typed(read) == typed(table)


def typed(value: object) -> object:
    """``value`` with its types: 1, 1.0 and true are equal to Python."""
    if isinstance(value, dict):
        return {key: typed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [typed(each) for each in value]
    return type(value), repr(value)


def test_nothing_is_no_number() -> None:
    assert math.isnan(tomllib.loads(toml_of({"a": math.nan}))["a"])


@pytest.mark.parametrize("value", [None, b"x", {"a": None}, [None], {1: "x"}, object()])
def test_what_toml_does_not_have_is_an_error(value: Any) -> None:
    with pytest.raises(TypeError):
        toml_of({"a": value})


@pytest.mark.parametrize("table", [{"a": "\ud800"}, {"\udc00": 1}, {"a": ["x\ny\ud800"]}])
def test_half_a_character_is_an_error(table: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        toml_of(table)


# What is refused

CHANGES = {
    "the weights": ('digest = "sha256:1"', 'digest = "sha256:2"'),
    "a prompt": ("報告書", "文書"),
    "the policy": ('policy = "below:87.5"', 'policy = "never"'),
    "a mark": ('marks = ["TINY"]', "marks = []"),
    "the order of detectors": ('["rules", "lexicon", "llm"]', '["lexicon", "rules", "llm"]'),
    "what becomes of inventions": ('ungrounded = "mask"', 'ungrounded = "hold"'),
    "its hash": ('sha256 = "', 'sha256 = "0'),
    "a new key": ("\n[study]", '\nnote = "x"\n[study]'),
    "no format": ("format = 1\n", ""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_recipe_that_was_changed_is_refused(change: str, tmp_path: Path) -> None:
    text = recipe().as_toml()
    before, after = CHANGES[change]
    assert before in text
    path = tmp_path / "ward.toml"
    path.write_text(text.replace(before, after), encoding="utf-8")
    if change == "no format":
        # There is but one format, and the content is the same.
        assert load(path) == recipe()
        return
    with pytest.raises(UsageError) as caught:
        load(path)
    assert caught.value.where == str(path)


def test_layout_is_no_content(tmp_path: Path) -> None:
    path = write(recipe(), tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text("# looked at by the ward\n" + text.replace(" = ", "  =  "), encoding="utf-8")
    assert load(path) == recipe()


def test_a_recipe_under_the_name_of_another_is_refused(tmp_path: Path) -> None:
    path = write(recipe(), tmp_path)
    other = write(recipe(marks=()), tmp_path)
    other.write_bytes(path.read_bytes())
    with pytest.raises(UsageError, match="another recipe"):
        load(other)
    mine = tmp_path / "ward.toml"
    mine.write_bytes(path.read_bytes())
    assert load(mine) == recipe()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "created: Field required"),
        (b"format = 2\n", "format"),
        (b"a = [", "is no TOML"),
        (b"\xff\xfe", "is no TOML"),
        (b"[model]\ndigest = 3\n", "created"),
    ],
)
def test_what_is_no_recipe_is_told_by_its_key(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=told):
        load(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"model": None}, "come with the detector llm"),
        ({"prompts": None}, "come with the detector llm"),
        ({"detectors": Detectors(names=("rules",))}, "come with the detector llm"),
        ({"refine": Reviews(policy="sometimes")}, "no policy"),
        ({"refine": Reviews(policy="always", rounds=9)}, "rounds"),
        ({"language": "fr"}, "language"),
        (
            {"detectors": Detectors(names=("rules", "llm"), consult=Consult.NEVER)},
            "never consulted",
        ),
    ],
)
def test_parts_that_do_not_fit_together_are_no_recipe(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        recipe(**changed)


def test_a_tagger_comes_with_its_digest() -> None:
    with pytest.raises(ValueError, match="digest"):
        Detectors(names=("rules", "tagger"))
    with pytest.raises(ValueError, match="digest"):
        Detectors(names=("rules",), tagger="0" * 64)


def test_a_prompt_that_does_not_fit_its_digest_is_no_prompt() -> None:
    stated = Said.of(SAID).model_dump() | {"review": "x"}
    with pytest.raises(ValueError, match="digests"):
        Said.model_validate(stated)


def test_no_prompt_stands_in_what_is_shown_of_a_recipe() -> None:
    assert SAID.extract[:20] not in repr(recipe())


# What it is used for


def test_the_choice_has_everything_of_the_recipe(tmp_path: Path) -> None:
    choice = recipe(OWN).choice("ward", configuration=tmp_path, cache=tmp_path / "c")
    assert choice is not None
    assert (choice.model, choice.configuration, choice.cache) == ("ward", tmp_path, tmp_path / "c")
    assert (choice.capacity, choice.wording, choice.ungrounded) == ("short", "recall", "mask")
    assert choice.policy == parse_policy("below:87.5", 2, additions=True)
    assert choice.consult is Consult.UNCERTAIN
    assert choice.frozen is not None
    assert (choice.frozen.digest, choice.frozen.said) == ("sha256:1", OWN)
    numbers = (choice.frozen.longest, choice.frozen.thinking_tokens, choice.frozen.seed)
    assert numbers == (900, 7, 3)


def test_a_recipe_without_a_model_chooses_none() -> None:
    assert without_a_model().choice("ward") is None
    assert without_a_model().served_as(("strong",)) == ""


def test_the_model_is_named_as_in_the_study_or_as_it_was_asked() -> None:
    assert recipe().served_as(("strong",)) == "strong"
    assert recipe().served_as(()) == "gguf:/m.gguf"
    asked = Weights(name="strong", short="ward-a", digest="sha256:1")
    assert recipe(model=asked).served_as(("strong", "ward-a")) == "ward-a"
    named = Weights(name="strong", digest="sha256:1")
    assert recipe(model=named).served_as(()) == "strong"


# Made of a result


def arm(**more: Any) -> ArmResult:
    figure = Figure(value=0.5, low=0.25, high=0.75, n=100)
    usual: dict[str, Any] = {
        "id": "strong/own-3/never",
        "model": "strong",
        "prompt": "own-3",
        "phase": 3,
        "readings": 300,
        "total": 91.25,
        "out_of": 100.0,
        "components": (
            Component(name="recall", most=20, share=0.9, points=18),
            Component(name="stability", most=10, share=None, points=None),
        ),
        "quality": Figure(value=90.5, low=88, high=93, n=100),
        "leaked": figure,
        "direct_leaks": figure,
        "precision": figure,
        "over_redaction": Figure(value=None),
        "seconds_per_report": 1.5,
        "seconds_per_100_tokens": None,
        "calls": 300,
        "tokens": 9000,
    }
    return ArmResult(**(usual | more))


def result(**more: Any) -> StudyResult:
    usual: dict[str, Any] = {
        "name": "ward",
        "marks": ("TINY",),
        "begun": "2026-01-01",
        "versions": {},
        "language": "ja",
        "seeds": (1,),
        "resamples": 2000,
        "models": (
            ModelCard(
                name="strong", model="m", digest="sha256:1", server="llama.cpp", origin="model"
            ),
            ModelCard(name="stack", model="", digest="", server="", origin="detectors"),
        ),
        "prompts": (Prompt(name="own-3", made_by="gepa", digest="d", text="t"),),
        "development": Data(name="shipped", documents=100, digest="d" * 64),
        "openings": (
            Opening(number=1, at="x", digest="d", finalists=(), reopened=False),
            Opening(number=2, at="y", digest="d", finalists=(), reopened=True),
        ),
        "fingerprint": "f" * 64,
    }
    return StudyResult(**(usual | more))


def frozen(**more: Any) -> Recipe:
    usual: dict[str, Any] = {
        "created": "2026-01-02",
        "detectors": ("rules", "tagger"),
        "reading": Reading(said=OWN, policy=parse_policy("below:87.5")),
        "short": "ollama:m",
    }
    return freeze(result(), arm(), arm(data="held-out"), **(usual | more))


def test_a_result_is_frozen_with_its_scores_and_comes_back_whole(tmp_path: Path) -> None:
    made = frozen()
    assert load(write(made, tmp_path)) == made
    assert made.model is not None
    assert (made.model.digest, made.model.short, made.model.server) == (
        "sha256:1",
        "ollama:m",
        "llama.cpp",
    )
    assert made.prompts is not None
    assert (made.prompts.name, made.prompts.made_by) == ("own-3", "gepa")
    assert made.prompts.prompts() == OWN
    assert made.detectors.names == ("known", "rules", "tagger", "llm")
    assert len(made.detectors.tagger) == 64
    assert made.detectors.thresholds is not None
    assert made.marks == ("TINY",)
    assert (made.study.openings, made.study.reopened) == (2, True)
    score = made.scores.held_out
    assert score is not None
    assert (score.quality.value, score.quality.low, score.documents) == (90.5, 88.0, 100)
    assert score.over_redaction.value is None
    assert [part.points for part in score.components] == [18.0, None]


def test_the_policy_that_is_frozen_is_the_one_that_was_measured() -> None:
    choice = frozen().choice("m")
    assert choice is not None
    assert choice.policy == parse_policy("below:87.5")
    with pytest.raises(UsageError, match="exactly"):
        frozen(reading=Reading(policy=Policy(below=87.123456789)))


def test_detectors_that_won_are_frozen_without_a_model(tmp_path: Path) -> None:
    made = freeze(result(), arm(model="stack"), None, created="x", detectors=("rules", "lexicon"))
    assert load(write(made, tmp_path)) == made
    assert (made.model, made.scores.held_out) == (None, None)
    assert made.detectors.names == ("known", "rules", "lexicon")


def test_an_arm_that_cannot_be_deployed_is_not_frozen() -> None:
    with pytest.raises(UsageError, match="come together"):
        frozen(reading=None)
    with pytest.raises(UsageError, match="come together"):
        freeze(result(), arm(model="stack"), None, created="x", detectors=(), reading=Reading())
    with pytest.raises(UsageError, match="no such system"):
        freeze(result(), arm(model="other"), None, created="x", detectors=())
    nameless = ModelCard(name="strong", model="m", digest="", server="", origin="model")
    with pytest.raises(UsageError, match="tells the weights"):
        freeze(
            result(models=(nameless,)),
            arm(),
            None,
            created="x",
            detectors=(),
            reading=Reading(),
        )

"""``--recipe``: what a study froze reads the documents, with those weights or not at all."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from faulty_server import Asked, Fault, FaultyServer, Reply
from model_runs import (
    NAMES,
    answer,
    configured,
    deid,
    detect,
    listed,
    manifest,
    quiet,
    reader,
    reports,
    stated,
    written,
)

from commanding import Ended, call, rows, run
from sekisho import __version__
from sekisho.optimization.recipe import Recipe, write
from sekisho.optimization.recipe_parts import (
    Believing,
    DataOf,
    Detectors,
    Measured,
    Reads,
    Reviews,
    Said,
    Score,
    Scores,
    StudyOf,
    Weights,
)
from sekisho.optimization.result import Data
from sekisho.phi.cascade import Consult
from sekisho.phi.detectors.llm.prompts import prompts
from sekisho.phi.detectors.tagger import thresholds
from sekisho.phi.detectors.tagger.modelfile import SHIPPED
from sekisho.phi.detectors.tagger.modelfile import load as load_tagger

OWN = replace(
    prompts("ja", "short"), extract="氏名と読みを残らず写す。\n一件に一つ。", review="見直す。"
)


@pytest.fixture(autouse=True)
def _alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder, a home and a configuration of its own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return reports(tmp_path)


def digest_of(server: FaultyServer, folder: Path) -> str:
    """The digest of the model at ``server``, as a manifest has it."""
    configured(folder, m=stated(server))
    out = folder / "asked"
    (folder / "one.txt").write_text("可", encoding="utf-8")
    assert deid(folder / "one.txt", out, "--model", "m").code == 0
    server.chats.clear()
    return str(manifest(out)["llm"]["digest"])


def frozen(digest: str, **more: Any) -> Recipe:
    usual: dict[str, Any] = {
        "created": "2026-01-02T03:04:05+00:00",
        "sekisho": __version__,
        "language": "ja",
        "study": StudyOf(name="ward", fingerprint="f" * 64),
        "model": Weights(name="m", digest=digest),
        "reads": Reads(capacity="short", thinking_tokens=32, seed=7, longest=500),
        "refine": Reviews(policy="always", keep="additions", rounds=1),
        "detectors": Detectors(names=("rules", "llm")),
        "prompts": Said.of(OWN, name="own"),
        "data": DataOf(development=Data(name="shipped")),
    }
    return Recipe(**(usual | more))


def without_a_model(**more: Any) -> Recipe:
    none = dict.fromkeys(("model", "reads", "refine", "prompts"))
    return frozen("none", **(none | {"detectors": Detectors(names=("rules", "lexicon"))} | more))


def believing() -> Believing:
    return Believing.model_validate(asdict(thresholds()))


def with_recipe(
    command: Any, path: Path, *where: object, options: tuple[object, ...] = ()
) -> Ended:
    """Run ``deid`` or ``detect`` with a recipe alone: it settles the detectors too."""
    if command is detect:
        return quiet(call("detect", where[0], "--recipe", path, *options))
    source, out = where
    words = ("--profile", "redact-all", "--recipe", path, *options)
    return quiet(call("deid", source, "--out", out, *words))


def refused(ended: Ended, told: str, tmp_path: Path) -> None:
    assert (ended.code, ended.out, len(ended.errors)) == (2, "", 1), ended.err
    assert told in ended.err
    assert not (tmp_path / "out").exists()


# What a recipe settles


def test_the_recipe_says_who_reads_and_how(source: Path, tmp_path: Path) -> None:
    def late(asked: Asked) -> str:
        return answer(asked) if "最初の答え" in asked.text else listed()

    out = tmp_path / "out"
    with reader(late) as server:
        recipe = frozen(digest_of(server, tmp_path))
        path = write(recipe, tmp_path)
        assert with_recipe(deid, path, source, out).code == 0
    systems = {content for c in server.chats for role, content in c.messages if role == "system"}
    assert systems == {OWN.extract, OWN.review}
    assert len(server.chats) == 2 * len(NAMES)
    assert {chat.body["seed"] for chat in server.chats} == {7}
    assert {chat.body["thinking_budget_tokens"] for chat in server.chats} == {32}
    told = manifest(out)
    assert told["detectors"] == ["rules", "llm"]
    assert told["recipe"] == {
        "sha256": recipe.sha256,
        "study": "ward",
        "marks": [],
        "sekisho": recipe.sekisho,
    }
    assert told["llm"]["prompts"] == OWN.digest
    read_by = {"refine": "always", "keep": "additions", "seed": 7, "capacity": "short"}
    assert told["llm"] | read_by == told["llm"]
    assert not [name for name in NAMES if name in (out / "released.jsonl").read_text("utf-8")]


def test_long_passages_are_cut_as_they_were_measured(tmp_path: Path) -> None:
    long = tmp_path / "long.txt"
    long.write_text("所見に乏しい。\n" * 120, encoding="utf-8")
    with reader(lambda asked: listed()) as server:
        recipe = frozen(digest_of(server, tmp_path), refine=Reviews())
        path = write(recipe, tmp_path)
        assert with_recipe(deid, path, long, tmp_path / "out").code == 0
        assert len(server.chats) == 2


def test_the_model_option_says_only_where_the_same_weights_are(
    source: Path, tmp_path: Path
) -> None:
    with reader() as server, reader() as copy, reader(models=("tiny", "other")) as other:
        path = write(frozen(digest_of(server, tmp_path)), tmp_path)
        configured(tmp_path, moved=stated(copy), other=stated(other, model="other"))
        ended = with_recipe(deid, path, source, tmp_path / "out")
        refused(ended, "--model", tmp_path)
        ended = with_recipe(deid, path, source, tmp_path / "out", options=("--model", "other"))
        refused(ended, "the recipe was made with the weights", tmp_path)
        assert other.chats == []
        options = ("--model", "moved")
        assert with_recipe(deid, path, source, tmp_path / "out", options=options).code == 0
    assert server.chats == []
    assert len(copy.chats) == 2 * len(NAMES)


def test_a_short_name_needs_no_configuration(source: Path, tmp_path: Path) -> None:
    with reader() as server:
        digest = digest_of(server, tmp_path)
        (tmp_path / "sekisho.toml").unlink()
        weights = Weights(name="m", short=f"{server.url}/v1#tiny", digest=digest)
        path = write(frozen(digest, model=weights), tmp_path)
        assert with_recipe(deid, path, source, tmp_path / "out").code == 0
    assert len(server.chats) == 2 * len(NAMES)


def test_only_uncertain_documents_are_asked_about_where_the_recipe_says_so(
    tmp_path: Path,
) -> None:
    sure = tmp_path / "sure.txt"
    sure.write_text("異常なし。", encoding="utf-8")
    detectors = Detectors(names=("rules", "lexicon", "llm"), consult=Consult.UNCERTAIN)
    with reader() as server:
        path = write(frozen(digest_of(server, tmp_path), detectors=detectors), tmp_path)
        assert with_recipe(deid, path, sure, tmp_path / "out").code == 0
        assert with_recipe(detect, path, sure).code == 0
    assert server.chats == []
    assert manifest(tmp_path / "out")["llm"]["consult"] == "uncertain"


def test_detect_reads_by_a_recipe_too(source: Path, tmp_path: Path) -> None:
    with reader() as server:
        path = write(frozen(digest_of(server, tmp_path)), tmp_path)
        ended = with_recipe(detect, path, source)
    assert ended.code == 0
    assert OWN.extract in {content for c in server.chats for _, content in c.messages}
    sources = {
        each
        for line in ended.out.splitlines()
        for span in json.loads(line)["spans"]
        for each in span["sources"]
    }
    assert "llm" in sources


def test_a_recipe_of_detectors_alone_asks_no_model(source: Path, tmp_path: Path) -> None:
    recipe = without_a_model()
    path = write(recipe, tmp_path)
    configured(tmp_path, 'default_model = "m"', m={"kind": "ollama", "model": "m"})
    assert with_recipe(deid, path, source, tmp_path / "out").code == 0
    assert with_recipe(detect, path, source).code == 0
    told = manifest(tmp_path / "out")
    assert told["detectors"] == ["rules", "lexicon"]
    assert told["recipe"]["sha256"] == recipe.sha256
    assert "llm" not in told
    plain = tmp_path / "plain"
    assert deid(source, plain, "--detectors", "rules,lexicon").code == 0
    assert written(plain) == written(tmp_path / "out")
    assert "recipe" not in manifest(plain)


def test_a_recipe_of_the_tagger_reads_with_the_tagger(source: Path, tmp_path: Path) -> None:
    tagger = Detectors(
        names=("rules", "tagger"), tagger=load_tagger(SHIPPED).digest, thresholds=believing()
    )
    path = write(without_a_model(detectors=tagger), tmp_path)
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(SHIPPED.read_bytes())
    ended = with_recipe(deid, path, source, tmp_path / "out", options=("--tagger", copy))
    assert ended.code == 0, ended.err
    assert manifest(tmp_path / "out")["models"]["tagger"] == tagger.tagger


def test_two_processes_read_by_the_recipe(source: Path, tmp_path: Path) -> None:
    with reader() as server:
        path = write(frozen(digest_of(server, tmp_path)), tmp_path)
        assert with_recipe(deid, path, source, tmp_path / "one").code == 0
        words = ("deid", source, "--out", tmp_path / "two", "--profile", "redact-all")
        ended = quiet(run(*words, "--recipe", path, "--jobs", "2"))
    assert ended.code == 0, ended.err
    assert written(tmp_path / "one") == written(tmp_path / "two")
    assert manifest(tmp_path / "two")["recipe"] == manifest(tmp_path / "one")["recipe"]


# What is refused


@pytest.mark.parametrize("command", [deid, detect])
def test_other_weights_than_the_recipes_are_refused_before_anything_is_begun(
    command: Any, source: Path, home: Path, tmp_path: Path
) -> None:
    with reader() as server:
        configured(tmp_path, m=stated(server))
        path = write(frozen("sha256:" + "a" * 64), tmp_path)
        where = (source, tmp_path / "out") if command is deid else (source,)
        ended = with_recipe(command, path, *where)
        refused(ended, "sha256:" + "a" * 64, tmp_path)
        assert "the server has stated:" in ended.err
        assert "--model" in ended.err
    assert server.chats == []
    assert not home.exists()


def test_weights_that_change_while_documents_are_read_hold_them(
    source: Path, tmp_path: Path
) -> None:
    """The server is lost at the third document, and comes back with another model."""

    def changing(asked: Asked) -> Reply:
        if len(server.chats) != 3:
            return Reply(text=answer(asked))
        # What a server states of its weights follows from this.
        server.context = 30_000
        return Reply(fault=Fault.CLOSE_AT_ONCE)

    with reader(changing) as server:
        path = write(frozen(digest_of(server, tmp_path), refine=Reviews()), tmp_path)
        configured(tmp_path, m=stated(server, in_flight=1))
        ended = with_recipe(deid, path, source, tmp_path / "out")
    assert ended.code == 3
    assert [row["id"] for row in rows(tmp_path / "out" / "released.jsonl")] == ["0", "1"]
    held = {row["id"]: row["reason"] for row in rows(tmp_path / "out" / "held.jsonl")}
    assert held == {"2": "model_access", "3": "model_access"}


@pytest.mark.parametrize(
    "options",
    [
        ("--detectors", "rules"),
        ("--detectors", "known,rules,lexicon,tagger"),
        ("--llm", "never"),
        ("--llm", "always"),
        ("--refine", "never"),
        ("--review", "conservative"),
        ("--rounds", "1"),
        ("--keep", "improved"),
        ("--capacity", "short"),
        ("--ungrounded", "hold"),
    ],
)
@pytest.mark.parametrize("command", [deid, detect])
def test_what_the_recipe_settles_is_not_worded_beside_it(
    options: tuple[str, ...], command: Any, source: Path, tmp_path: Path
) -> None:
    """Not even as it is anyway: whoever words it relies on it."""
    with reader() as server:
        path = write(frozen(digest_of(server, tmp_path)), tmp_path)
        where = (source, tmp_path / "out") if command is deid else (source,)
        refused(with_recipe(command, path, *where, options=options), options[0], tmp_path)
    assert server.chats == []


def test_a_recipe_reads_the_language_that_it_was_measured_on(source: Path, tmp_path: Path) -> None:
    path = write(without_a_model(language="nl"), tmp_path)
    ended = with_recipe(deid, path, source, tmp_path / "out", options=("--language", "ja"))
    refused(ended, "'nl'", tmp_path)
    options = ("--language", "nl")
    assert with_recipe(deid, path, source, tmp_path / "out", options=options).code == 0
    assert with_recipe(deid, path, source, tmp_path / "two").code == 0
    options_of = [manifest(tmp_path / name)["options"]["language"] for name in ("out", "two")]
    assert options_of[0] == options_of[1]


@pytest.mark.parametrize("option", ["--model", "--config", "--answer-cache"])
def test_a_recipe_without_a_model_takes_none(option: str, source: Path, tmp_path: Path) -> None:
    path = write(without_a_model(), tmp_path)
    configured(tmp_path, m={"kind": "ollama", "model": "m"})
    value = {"--model": "m", "--config": "sekisho.toml", "--answer-cache": "c.db"}[option]
    ended = with_recipe(deid, path, source, tmp_path / "out", options=(option, value))
    refused(ended, option, tmp_path)


def test_another_tagger_than_the_recipes_is_refused(source: Path, tmp_path: Path) -> None:
    shipped = load_tagger(SHIPPED).digest
    other = Detectors(names=("rules", "tagger"), tagger="0" * 64, thresholds=believing())
    path = write(without_a_model(detectors=other), tmp_path)
    ended = with_recipe(deid, path, source, tmp_path / "out")
    refused(ended, shipped, tmp_path)
    assert "0" * 64 in ended.err
    bolder = believing().model_copy(update={"lean": 9.0})
    other = Detectors(names=("rules", "tagger"), tagger=shipped, thresholds=bolder)
    path = write(without_a_model(detectors=other), tmp_path)
    refused(with_recipe(deid, path, source, tmp_path / "out"), "thresholds", tmp_path)


@pytest.mark.parametrize("command", [deid, detect])
@pytest.mark.parametrize("how", ["mark", "origin", "both", "detectors"])
def test_a_simulated_recipe_reads_no_document(
    how: str, command: Any, source: Path, tmp_path: Path
) -> None:
    simulated = Weights(name="m", digest="simulated:1", origin="simulated")
    with reader() as server:
        digest = digest_of(server, tmp_path)
        recipe = {
            "mark": frozen(digest, marks=("SIMULATED",)),
            "origin": frozen(digest, model=simulated),
            "both": frozen(digest, model=simulated, marks=("SIMULATED",)),
            "detectors": without_a_model(marks=("SIMULATED",)),
        }[how]
        path = write(recipe, tmp_path)
        where = (source, tmp_path / "out") if command is deid else (source,)
        refused(with_recipe(command, path, *where), "do not exist", tmp_path)
    assert server.chats == []


def test_a_recipe_of_a_model_in_the_cloud_reads_no_document(source: Path, tmp_path: Path) -> None:
    far = Weights(name="m", digest="stated:1", locality="cloud")
    path = write(frozen("none", model=far), tmp_path)
    refused(with_recipe(deid, path, source, tmp_path / "out"), "in the cloud", tmp_path)


def test_nor_does_a_local_recipe_let_a_model_in_the_cloud_read(
    source: Path, tmp_path: Path
) -> None:
    path = write(frozen("stated:1"), tmp_path)
    options = ("--model", "https://models.example.com/v1#m")
    ended = with_recipe(deid, path, source, tmp_path / "out", options=options)
    refused(ended, "in the cloud", tmp_path)


def test_a_recipe_that_was_edited_is_refused(source: Path, tmp_path: Path) -> None:
    path = write(without_a_model(), tmp_path)
    path.write_text(path.read_text("utf-8").replace('"lexicon"', '"known"'), encoding="utf-8")
    refused(with_recipe(deid, path, source, tmp_path / "out"), "was changed", tmp_path)


def test_a_detector_that_is_not_installed_is_told(source: Path, tmp_path: Path) -> None:
    path = write(without_a_model(detectors=Detectors(names=("rules", "ours"))), tmp_path)
    refused(with_recipe(deid, path, source, tmp_path / "out"), "ours", tmp_path)


# What is told


def test_marks_scores_and_versions_are_told_at_use(source: Path, tmp_path: Path) -> None:
    share = Measured(value=0.0125, low=0.0, high=0.05, n=60)
    score = Score(
        documents=60,
        readings=60,
        quality=Measured(value=91.25, low=88.5, high=93.0, n=60),
        total=80,
        out_of=100,
        leaked=share,
        direct_leaks=share,
        precision=share,
        over_redaction=share,
    )
    recipe = without_a_model(
        marks=("TINY", "SCRIPTED"),
        sekisho="0.0.1",
        scores=Scores(held_out=score),
        study=StudyOf(name="ward", openings=2, reopened=True),
    )
    path = write(recipe, tmp_path)
    for ended in (
        with_recipe(deid, path, source, tmp_path / "out"),
        with_recipe(detect, path, source),
    ):
        assert ended.code == 0
        assert f"recipe {recipe.sha256[:12]} is marked TINY, SCRIPTED" in ended.err
        assert "quality 91.2 (88.5 to 93.0), leaked 1.2 (0.0 to 5.0) % on 60 sealed" in ended.err
        assert "measured with sekisho 0.0.1" in ended.err
        assert "opened before" in ended.err
    assert manifest(tmp_path / "out")["recipe"]["marks"] == ["TINY", "SCRIPTED"]


# Resuming


def test_a_run_is_resumed_with_its_own_recipe_alone(source: Path, tmp_path: Path) -> None:
    path = write(without_a_model(), tmp_path)
    other = write(without_a_model(created="later"), tmp_path)
    assert with_recipe(deid, path, source, tmp_path / "out").code == 0
    resumed = with_recipe(deid, path, source, tmp_path / "out", options=("--resume",))
    assert resumed.code == 0
    ended = with_recipe(deid, other, source, tmp_path / "out", options=("--resume",))
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert "--recipe" in ended.err
    options = ("--detectors", "rules,lexicon", "--resume")
    ended = deid(source, tmp_path / "out", *options)
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert "--recipe" in ended.err

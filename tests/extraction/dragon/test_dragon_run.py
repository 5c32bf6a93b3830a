from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from dragon_jobs import TASKS, job_on_disk, labelled, truth_on_disk

from sekisho.documents.document import Document
from sekisho.errors import (
    InvalidAnswerError,
    MissingExtraError,
    ModelUnavailableError,
    OutputError,
    UsageError,
)
from sekisho.extraction.dragon import work
from sekisho.extraction.dragon.examples import example_of
from sekisho.extraction.dragon.job import find_jobs, read_job
from sekisho.extraction.dragon.run import Order, Ran, run_jobs
from sekisho.extraction.few_shot.showing import shown
from sekisho.extraction.reading import How, extract
from sekisho.extraction.results import Extraction
from sekisho.extraction.tasks.task import Example, Task
from sekisho.models.seam import Model, Origin

KINDS = tuple(TASKS)
BINARY, MULTI_CLASS, BINARIES, CLASSES, NUMBER, NUMBERS, TAGS, TAG_LISTS = KINDS
FILE = "nlp-predictions-dataset.json"


def script(path: Path, folder: Path, kind: str) -> str:
    """A scripted model that knows the truth of the test cases of a job, by its name."""
    job = read_job(folder)
    question = job.question()
    turns = {}
    for case, row in zip(job.test, labelled(kind, 6), strict=True):
        known = type(case)(case.uid, case.text, case.parts, row[f"{kind}_target"], row)
        example = example_of(question, known)
        assert example is not None
        turns[question.text(case)] = shown(question.task, example)
    path.write_text(json.dumps(turns))
    return f"scripted:{path}"


def written(out: Path, kind: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((out / f"{TASKS[kind]}-fold0" / FILE).read_text())
    return rows


def manifest(out: Path, kind: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((out / f"{TASKS[kind]}-fold0/manifest.json").read_text())
    return told


def ran(tmp_path: Path, kind: str, *, reading: Any = extract, **more: Any) -> Ran:
    folder = tmp_path / "in" / f"{TASKS[kind]}-fold0"
    if not folder.exists():
        job_on_disk(tmp_path / "in", kind)
    name = script(tmp_path / "script.json", folder, kind)
    order = Order(paths=(tmp_path / "in",), out=tmp_path / "out", model=name, **more)
    return run_jobs(order, reading=reading)


@pytest.mark.parametrize("kind", KINDS)
def test_right_answers_become_right_predictions(kind: str, tmp_path: Path) -> None:
    ended = ran(tmp_path, kind)
    (result,) = ended.results
    assert (result.answered, result.fallback, dict(result.reasons)) == (6, 0, {})
    assert ended.origin is Origin.SCRIPTED
    for row, known in zip(written(tmp_path / "out", kind), labelled(kind, 6), strict=True):
        wanted = known[f"{kind}_target"]
        if kind == NUMBERS:
            wanted = [10.0 if each is None else each for each in wanted]
        assert row == {"uid": known["uid"].replace("case", "test"), kind: wanted}


@pytest.mark.parametrize("kind", KINDS)
def test_the_scorer_gives_right_answers_a_one(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("dragon_eval")
    from sekisho.extraction.dragon.scoring import score

    ran(tmp_path, kind)
    truth = truth_on_disk(tmp_path / "truth", kind)
    (fold,) = score(tmp_path / "out", truth).folds
    assert fold.value == pytest.approx(1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_never_answers_right_leaves_the_prior_and_is_told(
    kind: str, tmp_path: Path
) -> None:
    job_on_disk(tmp_path / "in", kind)
    (tmp_path / "s.json").write_text(json.dumps({"default": "I cannot say."}))
    order = Order(
        paths=(tmp_path / "in",), out=tmp_path / "out", model=f"scripted:{tmp_path / 's.json'}"
    )
    ended = run_jobs(order)
    assert ended.fallback == 6
    told = manifest(tmp_path / "out", kind)
    assert told["fallback"] == {"cases": 6, "reasons": {"model_invalid": 6}}
    assert told["origin"] == "scripted"
    assert len(written(tmp_path / "out", kind)) == 6


def test_an_empty_text_is_never_asked_about(tmp_path: Path) -> None:
    rows = [{"uid": "a", "text": " \n"}, {"uid": "b", "text": "Nothing to report."}]
    job_on_disk(tmp_path / "in", BINARY, test=rows)
    (tmp_path / "s.json").write_text(json.dumps({"default": '{"large_lesion": false}'}))
    ended = run_jobs(
        Order(
            paths=(tmp_path / "in",),
            out=tmp_path / "out",
            model=f"scripted:{tmp_path / 's.json'}",
        )
    )
    assert dict(ended.results[0].reasons) == {"no_text": 1}
    assert [row[BINARY] for row in written(tmp_path / "out", BINARY)] == [
        pytest.approx(8 / 15),
        0.0,
    ]


def test_a_case_without_tokens_has_no_tags_and_that_is_an_answer(tmp_path: Path) -> None:
    job_on_disk(tmp_path / "in", TAGS, test=[{"uid": "a", "text_parts": []}])
    (tmp_path / "s.json").write_text(json.dumps({"default": "{}"}))
    ended = run_jobs(
        Order(
            paths=(tmp_path / "in",),
            out=tmp_path / "out",
            model=f"scripted:{tmp_path / 's.json'}",
        )
    )
    assert ended.fallback == 0
    assert written(tmp_path / "out", TAGS) == [{"uid": "a", TAGS: []}]


def test_a_long_text_is_read_in_parts_and_nothing_of_it_is_cut_off(tmp_path: Path) -> None:
    text = "Nothing to report. " * 600
    rows = [{"uid": side, "text": text} for side in ("a", "b")]
    rows[0]["text"] = f"A lesion of 40 mm. {text}"
    rows[1]["text"] = f"{text}A lesion of 40 mm."
    job_on_disk(tmp_path / "in", BINARY, test=rows)
    turns = {"40 mm": '{"large_lesion": true}', "default": '{"large_lesion": false}'}
    (tmp_path / "s.json").write_text(json.dumps(turns))
    run_jobs(
        Order(
            paths=(tmp_path / "in",),
            out=tmp_path / "out",
            model=f"scripted:{tmp_path / 's.json'}",
        )
    )
    assert [row[BINARY] for row in written(tmp_path / "out", BINARY)] == [1.0, 1.0]
    assert manifest(tmp_path / "out", BINARY)["measures"]["read_in_parts"] == 2


def test_answers_without_a_probability_are_told(tmp_path: Path) -> None:
    ended = ran(tmp_path, BINARY)
    assert any("--votes" in note for note in ended.notes)


def test_a_vote_gives_probabilities(tmp_path: Path) -> None:
    ended = ran(tmp_path, BINARY, how=How(votes=3))
    assert not any("--votes" in note for note in ended.notes)
    assert manifest(tmp_path / "out", BINARY)["measures"]["calls"] == 18


def test_one_case_is_given_up_for_a_column_that_would_be_rejected(tmp_path: Path) -> None:
    known = [
        {"uid": str(n), "text": f"Report {n}.", f"{MULTI_CLASS}_target": label}
        for n, label in enumerate(["0", "1", "unknown"] * 3)
    ]
    job_on_disk(tmp_path / "in", MULTI_CLASS, training=known)
    (tmp_path / "s.json").write_text(json.dumps({"default": '{"large_lesions": "1"}'}))
    ended = run_jobs(
        Order(
            paths=(tmp_path / "in",),
            out=tmp_path / "out",
            model=f"scripted:{tmp_path / 's.json'}",
        )
    )
    assert dict(ended.results[0].reasons) == {"column_of_numbers": 1}
    values = [row[MULTI_CLASS] for row in written(tmp_path / "out", MULTI_CLASS)]
    assert values == ["1"] * 5 + ["unknown"]


def test_examples_are_shown_and_never_the_case_itself(tmp_path: Path) -> None:
    seen: list[tuple[str, Sequence[Example]]] = []

    async def watching(
        model: Model, document: Document, task: Task, how: How, examples: Sequence[Example] = ()
    ) -> Extraction:
        seen.append((document.text, examples))
        return await extract(model, document, task, how, examples)

    # Every text of the test set stands among the labelled cases too.
    ran(tmp_path, BINARY, reading=watching, shown=2)
    assert len(seen) == 6
    for text, examples in seen:
        assert len(examples) == 2
        assert text not in [example.text for example in examples]


def test_examples_and_reasoning_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no reasoning"):
        ran(tmp_path, BINARY, shown=2, reasoning=True)


def test_a_run_that_broke_off_is_finished_with_the_same_result(tmp_path: Path) -> None:
    calls = {"n": 0}

    async def breaking(
        model: Model, document: Document, task: Task, how: How, examples: Sequence[Example] = ()
    ) -> Extraction:
        calls["n"] += 1
        if calls["n"] > 2:
            raise ModelUnavailableError("no connection")
        return await extract(model, document, task, how, examples)

    rows = [
        {"uid": f"test{n}", "text": row["text"]} for n, row in enumerate(labelled(BINARY, 6) * 3)
    ]
    folder = job_on_disk(tmp_path / "in", BINARY, test=rows)
    turns = {row["text"]: json.dumps({"large_lesion": True}) for row in rows}
    (tmp_path / "s.json").write_text(json.dumps(turns))
    order = Order(paths=(folder,), out=tmp_path / "out", model=f"scripted:{tmp_path / 's.json'}")
    first = run_jobs(order, reading=breaking)
    assert first.summary.unfinished
    assert first.results == ()
    assert not (tmp_path / "out" / folder.name).exists()
    with pytest.raises(UsageError, match="already a run"):
        run_jobs(order)
    again = Order(**{**vars(order), "resume": True})
    second = run_jobs(again)
    assert second.summary.resumed == 2
    assert second.fallback == 0
    assert [row["uid"] for row in written(tmp_path / "out", BINARY)] == [
        f"test{n}" for n in range(18)
    ]
    with pytest.raises(UsageError, match="other values"):
        run_jobs(Order(**{**vars(again), "how": How(votes=7)}))


def test_one_bad_case_does_not_end_the_others(tmp_path: Path) -> None:
    async def once(
        model: Model, document: Document, task: Task, how: How, examples: Sequence[Example] = ()
    ) -> Extraction:
        if "30 mm" in document.text:
            raise InvalidAnswerError("the answer does not fit the schema")
        return await extract(model, document, task, how, examples)

    ended = ran(tmp_path, CLASSES, reading=once)
    assert ended.fallback == 1
    assert dict(ended.results[0].reasons) == {"model_invalid": 1}


def test_several_jobs_are_one_run(tmp_path: Path) -> None:
    for kind in (BINARY, MULTI_CLASS):
        job_on_disk(tmp_path / "in", kind)
    answers = {"default": json.dumps({"large_lesion": True})}
    (tmp_path / "s.json").write_text(json.dumps(answers))
    ended = run_jobs(
        Order(
            paths=(tmp_path / "in",),
            out=tmp_path / "out",
            model=f"scripted:{tmp_path / 's.json'}",
        )
    )
    assert [result.fallback for result in ended.results] == [0, 6]
    assert len(find_jobs([tmp_path / "in"])) == len(ended.results)


def test_a_folder_that_the_scorer_would_not_find_is_told(tmp_path: Path) -> None:
    job_on_disk(tmp_path / "in", BINARY, name="first try")
    (tmp_path / "s.json").write_text(json.dumps({"default": '{"large_lesion": true}'}))
    ended = run_jobs(
        Order(
            paths=(tmp_path / "in",),
            out=tmp_path / "out",
            model=f"scripted:{tmp_path / 's.json'}",
        )
    )
    assert any("first try" in note for note in ended.notes)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_baseline_says_passes_the_same_guard(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}

    def fit_predict(
        configuration: Any, training: Any, validation: Any, test: Any, *, seed: int = 1
    ) -> list[dict[str, Any]]:
        given.update(configuration=configuration, training=training, test=test, seed=seed)
        # One case is forgotten, one is answered with nothing, one is nobody's.
        rows = [
            {"uid": row["uid"], kind: known[f"{kind}_target"]}
            for row, known in zip(test, labelled(kind, 6), strict=True)
        ]
        return [*rows[1:5], {"uid": "somebody", kind: 1}, {"uid": rows[5]["uid"], kind: None}]

    monkeypatch.setattr(work, "baseline", lambda: fit_predict)
    job_on_disk(tmp_path / "in", kind)
    ended = run_jobs(Order(paths=(tmp_path / "in",), out=tmp_path / "out", baseline="linear"))
    assert given["configuration"]["label_name"] == f"{kind}_target"
    assert len(given["training"]) == 12
    assert ended.origin is None
    reasons = dict(ended.results[0].reasons)
    if kind == NUMBERS:
        # Its own labels hold missing numbers, which are no predictions.
        assert reasons["no_answer"] == 3
    else:
        assert ended.results[0].fallback == 2
    assert [row["uid"] for row in written(tmp_path / "out", kind)] == [f"test{n}" for n in range(6)]
    assert manifest(tmp_path / "out", kind)["baseline"] == "linear"


def test_a_baseline_that_breaks_leaves_the_prior(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit_predict(*_: Any, **__: Any) -> list[dict[str, Any]]:
        raise ValueError("Mulder-1953")

    monkeypatch.setattr(work, "baseline", lambda: fit_predict)
    job_on_disk(tmp_path / "in", BINARY)
    ended = run_jobs(Order(paths=(tmp_path / "in",), out=tmp_path / "out", baseline="linear"))
    assert dict(ended.results[0].reasons) == {"error:ValueError": 6}
    assert "Mulder" not in json.dumps(manifest(tmp_path / "out", BINARY))


def test_without_scikit_learn_the_baseline_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "sklearn", None)
    job_on_disk(tmp_path / "in", BINARY)
    with pytest.raises(MissingExtraError, match="sekisho\\[dragon\\]"):
        run_jobs(Order(paths=(tmp_path / "in",), out=tmp_path / "out", baseline="linear"))
    assert not (tmp_path / "out").exists()


def test_a_silent_model_is_told_before_anything_is_written(tmp_path: Path) -> None:
    job_on_disk(tmp_path / "in", BINARY)
    with pytest.raises(UsageError):
        run_jobs(
            Order(paths=(tmp_path / "in",), out=tmp_path / "out", model="http://127.0.0.1:9/v1#m")
        )
    assert not (tmp_path / "out").exists()


def test_a_model_and_a_baseline_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="either"):
        run_jobs(Order(paths=(tmp_path,), out=tmp_path / "out"))


def test_a_place_that_cannot_be_written_keeps_what_was_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sekisho.extraction.dragon import predictions

    def full(*_: Any) -> None:
        raise OutputError("the disk is full", where="somewhere")

    with monkeypatch.context() as patched:
        patched.setattr(predictions, "write_whole", full)
        with pytest.raises(OutputError, match="disk is full"):
            ran(tmp_path, BINARY)
    ended = ran(tmp_path, BINARY, resume=True)
    assert ended.summary.resumed == 6


@pytest.fixture
def data() -> Path:
    """The nine synthetic tasks, where somebody has them."""
    place = os.environ.get("SEKISHO_DRAGON_DATA")
    if place is None:
        pytest.skip("SEKISHO_DRAGON_DATA is not set")
    pytest.importorskip("dragon_eval")
    return Path(place)


def test_all_nine_synthetic_jobs_leave_files_that_the_scorer_accepts_whatever_a_model_says(
    data: Path, tmp_path: Path
) -> None:
    from sekisho.extraction.dragon.scoring import score

    (tmp_path / "s.json").write_text(json.dumps({"default": "I cannot say."}))
    ended = run_jobs(
        Order(
            paths=(data / "input",),
            out=tmp_path / "out",
            model=f"scripted:{tmp_path / 's.json'}",
        )
    )
    assert len(ended.results) == 9
    assert all(result.fallback == len(result.values) for result in ended.results)
    scores = score(tmp_path / "out", data / "ground-truth")
    # A tag for nothing and one class for all are accepted, and worth what they are.
    assert len(scores.folds) == 6
    assert scores.rejected == ()


def test_a_model_that_knows_the_labels_loses_nothing_on_the_way_to_the_scorer(
    data: Path, tmp_path: Path
) -> None:
    """The labels of the validation cases, said as a model says them, are scored as test cases."""
    from sekisho.extraction.dragon.scoring import score

    (tmp_path / "truth").mkdir()
    for folder in sorted((data / "input").iterdir()):
        kind = json.loads((folder / "nlp-task-configuration.json").read_text())["label_name"]
        into = tmp_path / "in" / folder.name
        into.mkdir(parents=True)
        for file in folder.iterdir():
            (into / file.name).write_bytes(file.read_bytes())
        rows = json.loads((folder / "nlp-validation-dataset.json").read_text())
        job = read_job(folder)
        question = job.question()
        said = {}
        for case in job.validation:
            example = example_of(question, case)
            if example is not None:
                said[question.text(case)] = shown(question.task, example)
        # A number that stands twice in a text is no example, and is left out here.
        kept = [
            row
            for row, case in zip(rows, job.validation, strict=True)
            if question.text(case) in said
        ]
        assert len(kept) > len(rows) / 2
        asked = [{key: row[key] for key in row if key != kind} for row in kept]
        (into / "nlp-test-dataset.json").write_text(json.dumps(asked))
        truth = tmp_path / "truth" / f"{folder.name.removesuffix('-fold0')}.json"
        truth.write_text(json.dumps(kept))
        script_of = tmp_path / f"{folder.name}.json"
        script_of.write_text(json.dumps(said))
        ended = run_jobs(
            Order(paths=(into,), out=tmp_path / folder.name, model=f"scripted:{script_of}")
        )
        assert ended.fallback == 0
        (fold,) = score(tmp_path / folder.name, tmp_path / "truth").folds
        assert fold.value is not None
        # The texts round their sizes, and two notes side by side read as one; nothing else is lost.
        exact = folder.name[:7] not in ("Task106", "Task107", "Task108")
        assert fold.value == pytest.approx(1.0) if exact else fold.value > 0.98

"""The worked examples of ``examples/extraction``: tasks, reports and gold fit each other."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from commanding import call, rows
from sekisho.documents.document import Document
from sekisho.documents.folding import fold
from sekisho.documents.formats import open_source
from sekisho.documents.records import ReadOptions
from sekisho.evaluation.extraction_rows import GoldRow, Range, read_gold_fields
from sekisho.extraction.chunking import chunks
from sekisho.extraction.few_shot.example_check import example_problems
from sekisho.extraction.few_shot.showing import shown
from sekisho.extraction.reading import How, extract
from sekisho.extraction.results import Extraction, FieldResult, FieldStatus
from sekisho.extraction.runs.rows import text_of
from sekisho.extraction.tasks.rules import parse
from sekisho.extraction.tasks.task import Example, ListField, SpansField, Task
from sekisho.extraction.tasks.task_file import load, problems
from sekisho.models.scripted import ScriptedModel
from sekisho.models.seam import Request

FOLDER = Path(__file__).parents[2] / "examples" / "extraction"
SETS = {"chest-ct": "reports.csv", "recist": "reports.jsonl", "pathology": "reports.jsonl"}
REPORTS = 10
#: A chunk of the long report of each set, and what two chunks share, in characters.
LONGEST, OVERLAP = 1500, 300

every_set = pytest.mark.parametrize("name", SETS)
every_report = pytest.mark.parametrize(
    ("name", "at"), [(name, at) for name in SETS for at in range(REPORTS)]
)


@cache
def task_of(name: str) -> Task:
    return load(FOLDER / name / "task.toml")


@cache
def texts_of(name: str) -> Mapping[str, str]:
    """The reports of a set as ``sekisho extract`` reads them."""
    reader = open_source(str(FOLDER / name / SETS[name]), ReadOptions())
    return {each.id: text_of(each.values, each.text_columns) for each in reader}


@cache
def gold_of(name: str) -> Mapping[str, GoldRow]:
    return {row.id: row for row in read_gold_fields(FOLDER / name / "gold.jsonl")}


def answered(
    task: Task, text: str, row: GoldRow, start: int = 0, end: int | None = None
) -> Example:
    """What a model that knows gold would say of ``text[start:end]``."""
    end = len(text) if end is None else end
    answer: dict[str, Any] = {}
    quotes: dict[str, str | tuple[str, ...]] = {}

    def inside(place: Sequence[int]) -> bool:
        return start <= place[0] and place[1] <= end

    for name, spec in task.fields.items():
        value, places = row.fields[name], row.evidence.get(name, ())
        if value is None:
            continue
        if isinstance(spec, SpansField):
            answer[name] = [
                {"text": text[each["start"] : each["end"]], "label": each["label"]}
                for each in value
                if inside((each["start"], each["end"]))
            ]
        elif not task.needs_evidence(name):
            answer[name] = value
        elif isinstance(spec, ListField):
            kept = [pair for pair in zip(value, places, strict=True) if inside(pair[1])]
            answer[name] = [item for item, _ in kept]
            if kept:
                quotes[name] = tuple(text[slice(*place)] for _, place in kept)
        elif inside(places[0]):
            answer[name] = value
            quotes[name] = text[slice(*places[0])]
    return Example(text=text[start:end], answer=answer, quotes=quotes)


def values(extraction: Extraction) -> dict[str, Any]:
    """The values of the fields as gold has them."""
    return {name: _plain(result) for name, result in extraction.fields.items()}


def _plain(result: FieldResult) -> Any:
    assert result.status in (FieldStatus.FOUND, FieldStatus.NOT_MENTIONED), result.problem
    if isinstance(result.value, list) and result.value and "start" in result.value[0]:
        return [{key: each[key] for key in ("start", "end", "label")} for each in result.value]
    return result.value


def evidence(extraction: Extraction, row: GoldRow) -> dict[str, list[Range]]:
    """Where the fields rest that have evidence in gold."""
    return {
        name: [(each.start, each.end) for each in extraction.fields[name].evidence]
        for name in row.evidence
    }


def in_order(row: GoldRow) -> dict[str, list[Range]]:
    return {name: sorted(set(places)) for name, places in row.evidence.items()}


@every_set
def test_the_task_has_no_problem(name: str) -> None:
    assert problems(FOLDER / name / "task.toml") == ()


@every_set
def test_every_report_has_its_gold(name: str) -> None:
    assert list(texts_of(name)) == list(gold_of(name))
    assert len(gold_of(name)) == REPORTS
    assert all(list(row.fields) == list(task_of(name).fields) for row in gold_of(name).values())


def test_numbers_of_patients_keep_their_zeros() -> None:
    reader = open_source(str(FOLDER / "chest-ct" / "reports.csv"), ReadOptions())
    first = next(iter(reader))
    assert (first.id, first.values["患者番号"], first.text_columns) == ("0001", "007", ("報告書",))


@every_set
def test_reports_are_as_long_as_reports_are(name: str) -> None:
    lengths = sorted(map(len, texts_of(name).values()))
    assert lengths[0] >= 300
    assert lengths[-2] <= 1200
    assert lengths[-1] >= 3000


@every_set
def test_evidence_stands_in_the_text(name: str) -> None:
    task = task_of(name)
    for row in gold_of(name).values():
        text = texts_of(name)[row.id]
        quoted = {
            field
            for field, spec in task.fields.items()
            if row.fields[field] is not None
            and task.needs_evidence(field)
            and not isinstance(spec, SpansField)
        }
        assert set(row.evidence) == quoted, row.id
        for field, places in row.evidence.items():
            value = row.fields[field]
            assert len(places) == (len(value) if isinstance(value, list) else 1), (row.id, field)
            for start, end in places:
                quote = text[start:end]
                assert quote == quote.strip() != "", (row.id, field)
                assert text.count(quote) == 1, (row.id, field)


@every_report
def test_gold_is_a_right_answer(name: str, at: int) -> None:
    task, row = task_of(name), list(gold_of(name).values())[at]
    example = answered(task, texts_of(name)[row.id], row)
    assert example_problems(task, example) == ()


@every_report
def test_a_model_that_answers_gold_is_read_as_gold(name: str, at: int) -> None:
    task, row = task_of(name), list(gold_of(name).values())[at]
    text = texts_of(name)[row.id]
    model = ScriptedModel([shown(task, answered(task, text, row))])
    document = Document(row.id, text, language=task.language)
    extraction = asyncio.run(extract(model, document, task, How(), task.examples))
    assert values(extraction) == row.fields
    assert evidence(extraction, row) == in_order(row)
    assert (extraction.attempts, extraction.chunks) == (1, 1)


@every_set
def test_the_long_report_is_read_in_parts(name: str) -> None:
    task = task_of(name)
    report, text = max(texts_of(name).items(), key=lambda each: len(each[1]))
    row = gold_of(name)[report]
    document = Document(report, text, language=task.language)
    parts = {
        text[start:end]: shown(task, answered(task, text, row, start, end))
        for start, end in chunks(document, LONGEST, OVERLAP)
    }
    assert len(parts) > 2

    def script(request: Request) -> str:
        asked = request.messages[-1].content
        return next(answer for part, answer in parts.items() if part in asked)

    how = How(longest=LONGEST, overlap=OVERLAP)
    extraction = asyncio.run(extract(ScriptedModel(script), document, task, how, task.examples))
    assert values(extraction) == row.fields
    assert evidence(extraction, row) == in_order(row)
    assert extraction.attempts == extraction.chunks == len(parts)


@every_set
def test_rules_hold_and_say_something(name: str) -> None:
    rules = [parse(rule.holds) for rule in task_of(name).rules]
    assert len(rules) >= 2
    for rule in rules:
        held = Counter(rule.holds(row.fields) for row in gold_of(name).values())
        assert not held[False], rule.text
        assert held[True], rule.text


@every_set
def test_each_field_is_found_and_is_not_mentioned(name: str) -> None:
    for field, spec in task_of(name).fields.items():
        found = {row.fields[field] is not None for row in gold_of(name).values()}
        assert found == ({True} if spec.required else {True, False}), field


@every_set
def test_no_text_of_an_example_is_in_a_report(name: str) -> None:
    task = task_of(name)
    size = 16 if task.language == "ja" else 40
    assert len(task.examples) == 2

    def grams(text: str) -> set[str]:
        plain = " ".join(fold(text).text.casefold().split())
        return {plain[at : at + size] for at in range(len(plain) - size + 1)}

    seen = set().union(*(grams(text) for text in texts_of(name).values()))
    for example in task.examples:
        assert not grams(example.text) & seen


@every_set
def test_the_commands_of_the_readme_run(
    name: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    task, folder = task_of(name), FOLDER / name
    script = {
        texts_of(name)[row.id]: {
            "act": "answer",
            "text": shown(task, answered(task, texts_of(name)[row.id], row)),
        }
        for row in gold_of(name).values()
    }
    (tmp_path / "script.json").write_text(json.dumps(script, ensure_ascii=False), "utf-8")
    checked = call("extract", "check", folder / "task.toml")
    assert (checked.code, checked.errors) == (0, [])
    ran = call(
        *("extract", folder / "task.toml", folder / SETS[name]),
        *("--out", "out", "--model", "scripted:script.json"),
    )
    assert ran.code == 0, ran.err
    assert [row["id"] for row in rows(tmp_path / "out" / "extractions.jsonl")] == [*gold_of(name)]
    assert (tmp_path / "out" / "report.html").is_file()
    judged = call(
        *("evaluate", "extraction", "--gold", folder / "gold.jsonl", "--predicted", "out"),
        *("--task", folder / "task.toml", "--json", "--resamples", 1),
    )
    assert judged.code == 0, judged.err
    report = json.loads(judged.out)
    assert report["task"] == task.name
    accuracies = {
        field: each["measures"]["accuracy"]["value"] for field, each in report["fields"].items()
    }
    assert accuracies == dict.fromkeys(task.fields, 1.0)

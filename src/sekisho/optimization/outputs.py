"""The folder of a study: its result, its page, its tables and its recipe, each whole or not at all.

============== ==================================================================================
result.json    everything that was found, without any text of a document (``StudyResult``)
study.json     the settings, with absolute paths: what ``sekisho report`` reads texts again by
report.html    the page
results.csv    a row for each arm; ``results.parquet`` too where pyarrow is installed
leaderboard.md the same, short, as a Markdown table
errors.csv     every error as offsets
recipe-*.toml  what ``sekisho deid --recipe`` takes; only of a study that came to its end
study.db       the readings, for ``--resume``
ledger.jsonl   the openings of the sealed set
============== ==================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from sekisho.errors import UsageError
from sekisho.optimization import RESULT
from sekisho.optimization import recipe as recipes
from sekisho.optimization.error_rows import name_of_document
from sekisho.optimization.outcome import Outcome
from sekisho.optimization.report.page import render
from sekisho.optimization.report.tables import write as write_tables
from sekisho.optimization.result import StudyResult
from sekisho.optimization.running import development_of
from sekisho.optimization.study import Study
from sekisho.runs.files import write_whole

__all__ = [
    "PAGE",
    "load_result",
    "texts_of",
    "write_outputs",
    "write_page",
    "write_views",
]

SETTINGS = "study.json"
PAGE = "report.html"


def write_outputs(outcome: Outcome, directory: Path, *, at: str) -> StudyResult:
    """Write everything that ``outcome`` gives into ``directory``; ``at`` is the time in ISO 8601.

    Raises ``OutputError`` when a file cannot be written.
    """
    result = outcome.result(at)
    recipe = outcome.recipe(result, at)
    for former in directory.glob("recipe-*.toml"):
        # One study has one recipe; a second look gives it another name.
        former.unlink()
    if recipe is not None:
        path = recipes.write(recipe, directory)
        result = result.model_copy(update={"recipe": path.name})
    write_whole(directory / SETTINGS, outcome.study.model_dump_json(indent=1).encode())
    write_views(result, directory)
    # The last one: where it is, the others are.
    write_whole(directory / RESULT, result.model_dump_json(indent=1).encode())
    return result


def write_views(result: StudyResult, directory: Path) -> None:
    """Write the page and the tables of ``result``. Raises ``OutputError``."""
    write_tables(result, directory)
    write_page(result, directory / PAGE)


def write_page(
    result: StudyResult,
    path: Path,
    *,
    language: str = "ja+en",
    texts: Mapping[str, str] | None = None,
) -> None:
    """Write the page of ``result``; with ``texts`` it holds identifiers."""
    page = render(result, language=language, texts=texts)
    write_whole(path, page.encode("utf-8", "backslashreplace"))


def load_result(directory: Path) -> StudyResult:
    """The result in the folder of a study. Raises ``UsageError`` when there is none."""
    path = directory / RESULT
    try:
        return StudyResult.model_validate_json(path.read_bytes())
    except OSError:
        raise UsageError("there is no study in this folder", where=str(directory)) from None
    except ValidationError:
        raise UsageError(
            "the result was changed or cut",
            where=str(path),
            remedy="put it back, or remove it and go on with --resume (--reopen after phase 5)",
        ) from None


def texts_of(directory: Path) -> dict[str, str]:
    """The development reports of the study in ``directory``, by their names on the page.

    The sealed set is not read again. Raises ``UsageError`` and ``InputError`` when the reports
    cannot be read, and when they are not those that were measured.
    """
    path = directory / SETTINGS
    try:
        study = Study.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise UsageError("the settings of the study are missing", where=str(path)) from None
    data = development_of(study)
    if data.digest != load_result(directory).development.digest:
        raise UsageError("the reports were changed since the study", where=study.data.development)
    return {
        name_of_document("development", number): document.text
        for number, document in enumerate(data.documents, start=1)
    }

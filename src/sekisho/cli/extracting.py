"""What the options of ``sekisho extract`` mean: which model, which examples, which release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sekisho.cli import asking, inputs
from sekisho.errors import UsageError

if TYPE_CHECKING:
    from sekisho.extraction.reading import How
    from sekisho.extraction.runs.choosing import Choice, Examples
    from sekisho.extraction.runs.job import Releasing
    from sekisho.extraction.tasks.task import Task

__all__ = ["EXAMPLES", "chosen_examples", "chosen_model", "chosen_release"]

#: Examples that a document is shown with, unless a number is stated.
EXAMPLES = 4


def chosen_model(
    model: str | None,
    task: Task,
    how: How,
    examples: Examples,
    config: Path | None,
    cache: Path | None,
) -> Choice:
    """The model ``model`` for ``task``; that of the configuration where none is named.

    Raises ``UsageError`` when none is.
    """
    from sekisho.extraction.runs.choosing import Choice
    from sekisho.models.configuration import read

    path = asking.configuration_path(config)
    name = model or read(path).default_model
    if name is None:
        raise UsageError(
            "extraction needs a model",
            where="--model",
            remedy="name one, or set default_model in sekisho.toml (sekisho init writes one)",
        )
    return Choice(
        model=name,
        task=task,
        how=how,
        examples=examples,
        configuration=None if path is None else path.resolve(),
        remembered=asking.remembered(),
        cache=cache,
    )


def chosen_examples(task: Task, file: Path | None, count: int | None, by: str) -> Examples:
    """``count`` examples of ``file``, else of ``task``, chosen ``by``.

    Raises ``UsageError`` when there are none, or one does not fit the task.
    """
    from sekisho.extraction.few_shot.examples import read_examples
    from sekisho.extraction.runs.choosing import Examples

    pool = task.examples if file is None else read_examples(file, task)
    found = Examples(pool=pool, count=EXAMPLES if count is None else count, by=by)
    if not pool and (count or by != "fixed"):
        raise UsageError(
            "there are no examples",
            where="--num-examples" if count else "--examples-by",
            remedy="name a file with --examples, or write some into the task",
        )
    return found


def chosen_release(
    profile: str | None,
    detectors: str | None,
    tagger: Path | None,
    known: list[str] | None,
    keep: list[str] | None,
) -> Releasing | None:
    """How records are released, None where they are not.

    Raises ``UsageError`` when options say how, and nothing is released.
    """
    from sekisho.extraction.runs.job import Releasing

    if profile is None:
        given = {
            "--detectors": detectors is not None,
            "--tagger": tagger is not None,
            "--known": bool(known),
            "--keep-column": bool(keep),
        }
        stated = [option for option, is_given in given.items() if is_given]
        if stated:
            raise UsageError(
                "nothing is released, and this is about a release",
                where=", ".join(stated),
                remedy="add --release PROFILE",
            )
        return None
    return Releasing(
        profile,
        inputs.detector_names(detectors or inputs.ALL_DETECTORS),
        tagger,
        inputs.known_columns(known),
        frozenset(keep or ()),
    )

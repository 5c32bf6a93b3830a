"""Fit and predict: from a DRAGON task's own files to one answer for each test row.

Nothing is known of a task but its type, which the name of its label says. The same rows and seed
give the same answers.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sekisho.errors import InputError, MissingExtraError
from sekisho.extraction.dragon.baseline.classifying import Shown, best_class, shares
from sekisho.extraction.dragon.baseline.regression import regress
from sekisho.extraction.dragon.baseline.tag_choosing import tag_documents, tag_documents_nested
from sekisho.extraction.dragon.baseline.views import Input

__all__ = ["fit_predict"]

_TARGET = "_target"


def fit_predict(
    configuration: Mapping[str, Any],
    training: list[dict[str, Any]],
    validation: list[dict[str, Any]],
    test: list[dict[str, Any]],
    *,
    seed: int = 1,
) -> list[dict[str, Any]]:
    """An answer for each row of ``test``, by models fitted on ``training`` and ``validation``.

    ``configuration`` is the task's ``nlp-task-configuration.json`` (``input_name`` and
    ``label_name`` are used), the rows are those of its data sets. A result row holds ``uid`` and,
    under the label's name without ``_target``, a probability (binary), a class in its own type
    (multi-class), a number (regression), a tag for each token (named entities), or a list of these
    (multi-label). A row without a label (or with null) teaches nothing; no class and no tag is ever
    said that is not in the labels.

    Raises ``MissingExtraError`` without scikit-learn, and ``InputError`` when a row lacks its
    ``uid`` or input, no row has a label, or labels do not fit their type.
    """
    _need_sklearn()
    label, source = (str(configuration.get(key, "")) for key in ("label_name", "input_name"))
    name = label.removesuffix(_TARGET)
    if name not in _TYPES:
        raise InputError("the label_name of the configuration is none of the eight task types")
    known = [row for row in [*training, *validation] if row.get(label) is not None]
    if not known:
        raise InputError("no training or validation row has a label")
    task = _Task(
        learnt=[_input(row, source) for row in known],
        labels=[row[label] for row in known],
        asked=[_input(row, source) for row in test],
        seed=seed,
    )
    if not test:
        return []
    with _calmly():
        answers = _TYPES[name](task)
    return [{"uid": _uid(row), name: answer} for row, answer in zip(test, answers, strict=True)]


@dataclass(frozen=True, slots=True)
class _Task:
    """Inputs to learn from with their labels, and inputs to answer."""

    learnt: list[Input]
    labels: list[Any]
    asked: list[Input]
    seed: int


def _binary(task: _Task) -> list[float]:
    return _probabilities(task, Shown(task.learnt, task.asked), task.labels)


def _binaries(task: _Task) -> list[list[float]]:
    shown = Shown(task.learnt, task.asked)
    return _rows([_probabilities(task, shown, each) for each in _columns(task.labels)])


def _multi_class(task: _Task) -> list[Any]:
    return _classes(task, Shown(task.learnt, task.asked), task.labels)


def _multi_classes(task: _Task) -> list[list[Any]]:
    shown = Shown(task.learnt, task.asked)
    return _rows([_classes(task, shown, each) for each in _columns(task.labels)])


def _number(task: _Task) -> list[float]:
    targets = [[_target(each)] for each in task.labels]
    return [row[0] for row in regress(task.learnt, targets, task.asked, seed=task.seed)]


def _numbers(task: _Task) -> list[list[float]]:
    _columns(task.labels)
    targets = [[None if each is None else _target(each) for each in row] for row in task.labels]
    if all(each is None for row in targets for each in row):
        raise InputError("no training or validation row has a label")
    return regress(task.learnt, targets, task.asked, seed=task.seed)


def _tags(task: _Task) -> list[list[str]]:
    learnt, asked = _tokens(task)
    if any(not isinstance(tag, str) for tags in task.labels for tag in tags):
        raise InputError("a tag of a training or validation row is no string")
    return tag_documents(learnt, task.labels, asked, seed=task.seed)


def _tag_lists(task: _Task) -> list[list[list[str]]]:
    learnt, asked = _tokens(task)
    given = [here for tags in task.labels for here in tags]
    if any(
        not isinstance(here, list) or not all(isinstance(t, str) for t in here) for here in given
    ):
        raise InputError(
            "the tags of a token in a training or validation row are no list of strings"
        )
    return tag_documents_nested(learnt, task.labels, asked, seed=task.seed)


_TYPES: Mapping[str, Callable[[_Task], list[Any]]] = {
    "single_label_binary_classification": _binary,
    "single_label_multi_class_classification": _multi_class,
    "multi_label_binary_classification": _binaries,
    "multi_label_multi_class_classification": _multi_classes,
    "single_label_regression": _number,
    "multi_label_regression": _numbers,
    "named_entity_recognition": _tags,
    "multi_label_named_entity_recognition": _tag_lists,
}


def _probabilities(task: _Task, shown: Shown, labels: Sequence[Any]) -> list[float]:
    rows = [row for row, label in enumerate(labels) if label is not None]
    truth = [_truth(labels[row]) for row in rows]
    if len(set(truth)) < 2:
        # One class teaches no difference between texts: its share, with one unseen row of each.
        return [(sum(truth) + 1) / (len(truth) + 2)] * len(task.asked)
    given = shares(shown, rows, truth, ordered=False, seed=task.seed)
    return [float(share) for share in given[:, 1]]


def _classes(task: _Task, shown: Shown, labels: Sequence[Any]) -> list[Any]:
    rows = [row for row, label in enumerate(labels) if label is not None]
    if not rows:
        raise InputError("one of the labels is known of no training or validation row")
    if any(not isinstance(labels[row], str | int | float) for row in rows):
        raise InputError("a class in a training or validation row is neither a name nor a number")
    numbers = {each: _read(each) for each in dict.fromkeys(labels[row] for row in rows)}
    ordered = len(numbers) > 2 and all(value is not None for value in numbers.values())
    classes = sorted(numbers, key=lambda each: (numbers[each] or 0.0, str(each)))
    place = {each: at for at, each in enumerate(classes)}
    truth = [place[labels[row]] for row in rows]
    given = shares(shown, rows, truth, ordered=ordered, seed=task.seed)
    return [classes[at] for at in best_class(given, ordered=ordered)]


def _truth(label: Any) -> int:
    if label not in (0, 1):
        raise InputError("a binary label is neither true nor false")
    return int(label)


def _target(label: Any) -> float:
    if isinstance(label, bool) or not isinstance(label, int | float) or not math.isfinite(label):
        raise InputError("a label of a regression task is no number")
    return float(label)


def _read(label: Any) -> float | None:
    """The number that a class is called by; None for a name."""
    try:
        value = float(label)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _columns(labels: Sequence[Any]) -> list[list[Any]]:
    """The labels of each place of lists that must be of one length."""
    if any(not isinstance(each, list) or len(each) != len(labels[0]) for each in labels):
        raise InputError("labels of a multi-label task are not lists of one length")
    return [list(each) for each in zip(*labels, strict=True)]


def _rows(columns: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(each) for each in zip(*columns, strict=True)]


def _tokens(task: _Task) -> tuple[list[list[str]], list[list[str]]]:
    """The tokens of all documents; a tag for each of those to learn from is made sure of."""
    learnt, asked = (
        [each.split() if isinstance(each, str) else list(each) for each in inputs]
        for inputs in (task.learnt, task.asked)
    )
    if any(
        not isinstance(tags, list) or len(tags) != len(words)
        for tags, words in zip(task.labels, learnt, strict=True)
    ):
        raise InputError("a training or validation row has not one tag for each token")
    if not any(learnt):
        raise InputError("no training or validation row has a token")
    return learnt, asked


def _uid(row: Mapping[str, Any]) -> Any:
    if "uid" not in row:
        raise InputError("a row has no uid")
    return row["uid"]


def _input(row: Mapping[str, Any], source: str) -> Input:
    """The text or parts of a row; null is empty, for reports without text are still asked for."""
    if source not in row:
        raise InputError(f"a row has no {source}")
    value = row[source]
    if value is None or isinstance(value, str):
        return value or ""
    return [str(part) for part in value]


def _need_sklearn() -> None:
    try:
        import sklearn  # noqa: F401  asked for here, so that every task fails the same way
    except ModuleNotFoundError:
        raise MissingExtraError(
            "--baseline linear needs scikit-learn", remedy="pip install 'sekisho[dragon]'"
        ) from None


@contextmanager
def _calmly() -> Iterator[None]:
    """One thread, so that sums are made in one order; no warning of fits that were cut short.

    A fit that has used up its steps is still a model, and cross-validation judges it.
    """
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield

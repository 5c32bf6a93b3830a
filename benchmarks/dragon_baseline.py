"""How good ``sekisho dragon run --baseline linear`` is on DRAGON tasks whose truth is at hand.

    python benchmarks/dragon_baseline.py DATA_FOLDER [--seed N] [--tasks 101,106] [--cross] [--json]

DATA_FOLDER holds ``input/<Task>-fold<k>/`` as the benchmark gives it, and
``ground-truth/<Task>.json``. Each task is fitted on its own training and validation files, in this
process and on one thread, and scored by dragon-eval. A task without truth is run as well, so that
its time is counted.

``--cross`` measures on the training and validation rows instead (three folds, each answered by
models that did not see it) and never opens the truth: that is what to look at while changing
features.

The other columns are for comparison and are not measured here: a fine-tuned encoder, and the
Llama-3.3 submission of llm_extractinator, on fold 0 of the synthetic tasks by dragon-eval 0.2.11.
With ``--cross`` they are left out, since the rows are not the same.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from sekisho.extraction.dragon.baseline import fit_predict
from sekisho.extraction.dragon.baseline.choosing import folds
from sekisho.extraction.dragon.scoring import score

#: Number of the task: the fine-tuned encoder, llm_extractinator.
OTHERS: Mapping[str, tuple[float, float]] = {
    "101": (0.999, 0.960),
    "102": (0.884, 0.750),
    "103": (0.851, 0.987),
    "104": (0.989, 0.847),
    "105": (0.894, 0.442),
    "106": (0.889, 0.951),
    "107": (0.831, 0.934),
    "108": (0.413, 0.161),
    "109": (0.690, 0.568),
}
_CROSSES = 3


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _jobs(data: Path, chosen: frozenset[str]) -> Iterator[tuple[str, Path]]:
    """Number and folder of each job."""
    for folder in sorted((data / "input").iterdir()):
        number = folder.name.removeprefix("Task").partition("_")[0]
        if not chosen or number in chosen:
            yield number, folder


def _sets(folder: Path) -> tuple[dict[str, Any], list[list[dict[str, Any]]]]:
    names = ("training", "validation", "test")
    configuration: dict[str, Any] = _read(folder / "nlp-task-configuration.json")
    return configuration, [_read(folder / f"nlp-{name}-dataset.json") for name in names]


def _scored(task: str, truth: Any, said: Any) -> float | None:
    """The score that dragon-eval gives the answers ``said`` of one fold."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        folder = root / "said" / f"{task}-fold0"
        folder.mkdir(parents=True)
        (root / "truth").mkdir()
        (folder / "nlp-predictions-dataset.json").write_text(json.dumps(said), encoding="utf-8")
        (root / "truth" / f"{task}.json").write_text(json.dumps(truth), encoding="utf-8")
        scores = score(root / "said", root / "truth")
    return scores.folds[0].value


def on_test(data: Path, folder: Path, seed: int) -> float | None:
    """The score on the test rows; None when their truth is not there."""
    configuration, sets = _sets(folder)
    said = fit_predict(configuration, *sets, seed=seed)
    if [row["uid"] for row in said] != [row["uid"] for row in sets[2]]:
        raise SystemExit(f"{folder.name}: not one answer for each test row")
    truth = data / "ground-truth" / f"{configuration['task_name']}.json"
    return _scored(configuration["task_name"], _read(truth), said) if truth.is_file() else None


def crossed(folder: Path, seed: int) -> float | None:
    """The mean score on rows of the training and validation files that the models did not see."""
    configuration, (training, validation, _) = _sets(folder)
    label = configuration["label_name"]
    rows = [*training, *validation]
    dealt = folds([0] * len(rows), seed) % _CROSSES
    worths = []
    for fold in range(_CROSSES):
        held = [row for row, its in zip(rows, dealt, strict=True) if its == fold]
        rest = [row for row, its in zip(rows, dealt, strict=True) if its != fold]
        asked = [{name: row[name] for name in row if name != label} for row in held]
        said = fit_predict(configuration, rest, [], asked, seed=seed)
        worths.append(_scored(configuration["task_name"], held, said))
    known = [each for each in worths if each is not None]
    return fmean(known) if len(known) == _CROSSES else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tasks", default="", help="numbers, as in 101,106; all by default")
    parser.add_argument("--cross", action="store_true", help="without the truth of the test rows")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    table: dict[str, dict[str, float | None]] = {}
    for number, folder in _jobs(chosen.data, frozenset(filter(None, chosen.tasks.split(",")))):
        began = time.perf_counter()
        if chosen.cross:
            value = crossed(folder, chosen.seed)
        else:
            value = on_test(chosen.data, folder, chosen.seed)
        table[number] = {"linear": value, "seconds": time.perf_counter() - began}
    if chosen.json:
        print(json.dumps(table))
    else:
        show(table, {} if chosen.cross else OTHERS)
    return 0


def show(
    table: Mapping[str, Mapping[str, float | None]], others: Mapping[str, tuple[float, float]]
) -> None:
    """The figures in Markdown, and their means over the tasks that have a score."""
    names = ["linear", *(("encoder", "llm_extractinator") if others else ())]
    print(f"| task | {' | '.join(names)} | seconds |")
    print(f"|{' --- |' * (len(names) + 2)}")
    rows = {
        number: [row["linear"], *(others.get(number, (None, None)) if others else ())]
        for number, row in table.items()
    }
    scored = [row for row in rows.values() if row[0] is not None]
    total = 0.0
    for number, row in rows.items():
        seconds = table[number]["seconds"] or 0.0
        total += seconds
        print(f"| {number} | {' | '.join(map(_cell, row))} | {seconds:.1f} |")
    means = [
        fmean(known) if len(known := [each for each in column if each is not None]) else None
        for column in zip(*scored, strict=True)
    ]
    print(f"| mean of {len(scored)} | {' | '.join(map(_cell, means))} | {total:.1f} |")


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())

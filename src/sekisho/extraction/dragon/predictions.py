"""``nlp-predictions-dataset.json``: written whole, exactly one row for each case of the test set.

The layout that the scorer reads is ``<folder>/<Task>-fold<k>/nlp-predictions-dataset.json``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sekisho.errors import OutputError
from sekisho.extraction.dragon.cases import Case
from sekisho.extraction.dragon.configuration import Configuration
from sekisho.extraction.dragon.guard import NONE, a_word_for_the_column, settle
from sekisho.extraction.dragon.known import Known
from sekisho.runs.files import write_whole

__all__ = ["FILENAME", "answers_by_case", "check", "write"]

FILENAME = "nlp-predictions-dataset.json"


def answers_by_case(
    rows: Iterable[Any], configuration: Configuration, cases: Sequence[Case]
) -> tuple[list[Any], int]:
    """The answer in ``rows`` (``{uid, <label>}``) to each of ``cases``, and how many rows are left.

    A case without a row, or with rows that disagree, has the answer ``NONE``.
    """
    found: dict[str, list[Any]] = {}
    others = 0
    asked = {str(case.uid) for case in cases}
    for row in rows:
        uid = row.get("uid") if isinstance(row, Mapping) else None
        if str(uid) not in asked or configuration.label not in row:
            others += 1
            continue
        found.setdefault(str(uid), []).append(row[configuration.label])
    answers = []
    for case in cases:
        its = found.get(str(case.uid), [])
        answers.append(its[0] if len(its) == 1 else NONE)
        others += max(0, len(its) - 1)
    return answers, others


def write(
    path: Path,
    configuration: Configuration,
    known: Known,
    cases: Sequence[Case],
    values: Sequence[Any],
) -> None:
    """Write ``values`` for ``cases`` to ``path``, whole or not at all, after a last check.

    Raises ``OutputError`` when it cannot be written, and when the scorer would not take it.
    """
    rows = [
        {"uid": case.uid, configuration.label: value}
        for case, value in zip(cases, values, strict=True)
    ]
    # ASCII alone: the scorer reads the file in whatever encoding its machine is set to.
    lines = [json.dumps(row, ensure_ascii=True, allow_nan=False) for row in rows]
    text = "[\n" + ",\n".join(lines) + "\n]\n"
    problem = check(json.loads(text), configuration, known, cases)
    if problem is not None:
        raise OutputError(f"these predictions would be rejected: {problem}", where=str(path))
    write_whole(path, text.encode("ascii"))


def check(
    rows: Any, configuration: Configuration, known: Known, cases: Sequence[Case]
) -> str | None:
    """Why the scorer would reject or misread ``rows``, without a uid; None when it would not."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return "it is no list of objects"
    keys = {"uid", configuration.label}
    if any(set(row) != keys for row in rows):
        return f"a row has other keys than uid and {configuration.label}"
    counted = Counter(str(row["uid"]) for row in rows)
    asked = {str(case.uid): case for case in cases}
    missing = sum(uid not in counted for uid in asked)
    extra = sum(uid not in asked for uid in counted)
    twice = sum(number > 1 for number in counted.values())
    for number, what in ((missing, "are missing"), (extra, "are not asked for"), (twice, "twice")):
        if number:
            return f"{number} cases {what}"
    faults: Counter[str] = Counter()
    for row in rows:
        case = asked[str(row["uid"])]
        settled = settle(known, case, row[configuration.label])
        faults.update(settled.faults)
        if not settled.faults and settled.value != row[configuration.label]:
            faults["not as the scorer wants it"] += 1
    if faults:
        told = ", ".join(f"{number} x {fault}" for fault, number in sorted(faults.items()))
        return f"values cannot stand: {told}"
    if a_word_for_the_column(known, [row[configuration.label] for row in rows]) is not None:
        return "all classes look like numbers, and the truth has words"
    return None

"""Studies written into folders: reports, their gold and the file of the study."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from sekisho.evaluation.gold import GoldDocument
from sekisho.optimization.simulation import documents

__all__ = ["SIX", "surfaces", "write_gold", "write_simulated"]

SIX = (
    "misses-times",
    "splits-boundaries",
    "mixes-items",
    "over-detects",
    "excellent",
    "breaks-json",
)


def write_gold(path: Path, gold: Iterable[GoldDocument]) -> Path:
    """``gold`` as JSONL rows."""
    with path.open("w", encoding="utf-8") as file:
        for one in gold:
            spans = [
                {
                    "start": span.start,
                    "end": span.end,
                    "category": str(span.category),
                    "surface": span.surface,
                    **({"disguise": span.disguise} if span.disguise else {}),
                }
                for span in one.spans
            ]
            row = {"id": one.id, "text": one.text, "spans": spans}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def write_simulated(
    folder: Path,
    profiles: Sequence[str] = ("misses-times", "excellent"),
    *,
    development: int = 16,
    held_out: int = 6,
    more: str = "",
) -> Path:
    """The file of a study of simulated models in ``folder``, with its reports beside it."""
    write_gold(folder / "development.jsonl", documents(development, seed=1))
    write_gold(folder / "held-out.jsonl", documents(held_out, seed=2))
    models = "".join(f'[[models]]\nname = "{name}"\nsimulated = "{name}"\n' for name in profiles)
    text = f"""
name = "small"
seeds = [1, 2]
resamples = 100
[data]
development = "development.jsonl"
held_out = "held-out.jsonl"
synthetic = "made for a test"
{models}
{more}
"""
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def surfaces(path: Path) -> set[str]:
    """The identifiers in a file of gold that no prompt would hold by chance."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {
        span["surface"]
        for row in rows
        for span in row["spans"]
        if len(span["surface"]) >= 6 and span["category"] not in ("TIME", "AGE", "SEX")
    }

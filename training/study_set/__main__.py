"""Write the study set, or show one report with its identifiers marked.

python -m training.study_set write --out FOLDER --seed 1
python -m training.study_set show held-out 12 --seed 1
python -m training.study_set likeness --seed 1
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sekisho.evaluation.markup import mark
from training.study_set.pools import SPLITS
from training.study_set.writing import nearest, reports, write

__all__ = ["main"]


def main() -> int:
    """Run the command line; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=("write", "show", "likeness"))
    parser.add_argument("split", nargs="?", choices=SPLITS, default=SPLITS[0])
    parser.add_argument("number", nargs="?", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.action == "write":
        if chosen.out is None:
            parser.error("name the folder with --out")
        write(chosen.seed, chosen.out)
    elif chosen.action == "show":
        report = reports(chosen.seed, chosen.split, chosen.number)[-1]
        print(mark(report.text, ((each.start, each.end, each.category) for each in report.marks)))
    else:
        first, second = ([each.text for each in reports(chosen.seed, split)] for split in SPLITS)
        print(f"within development {nearest(first):.3f}")
        print(f"within held-out    {nearest(second):.3f}")
        print(f"across the splits  {nearest(first, second):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What each part of detection is worth: rules, + lexicon, + tagger, + propagation.

    python benchmarks/ablation.py [develop check sealed]

Prints a table in Markdown: leaked characters and over-redaction with 95 % bootstrap intervals over
documents. Propagation is off in all rows but the last two.
"""

from __future__ import annotations

import argparse
import sys

from accuracy import GOLD

from sekisho.evaluation.bootstrap import Estimate
from sekisho.evaluation.gold import read_gold
from sekisho.evaluation.phi import evaluate, predict
from sekisho.phi.stack import Stack, build

ROWS = (
    ("rules", ("known", "rules"), False),
    ("+ lexicon", ("known", "rules", "lexicon"), False),
    ("+ tagger", ("known", "rules", "lexicon", "tagger"), False),
    ("+ propagation", ("known", "rules", "lexicon", "tagger"), True),
    ("without the tagger, with propagation", ("known", "rules", "lexicon"), True),
    ("the tagger alone", ("tagger",), False),
)


def _shown(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "-"
    return f"{estimate.value:.2%} ({estimate.low:.2%} to {estimate.high:.2%})".replace("%", " %")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("halves", nargs="*", default=["develop", "check", "sealed"])
    chosen = parser.parse_args()
    print("| set | detectors | leaked characters | over-redaction |")
    print("| --- | --- | --- | --- |")
    for half in chosen.halves:
        gold = read_gold(GOLD / half)
        for name, detectors, carries in ROWS:
            stack = Stack(build(detectors).detectors, carries=carries)
            predictions = predict(gold, lambda each, by=stack: by.read(each).spans)
            figures = evaluate(gold, predictions).figures
            leaked = _shown(figures["leaked_characters"].estimate)
            over = _shown(figures["over_redaction"].estimate)
            print(f"| {half} ({len(gold)} documents) | {name} | {leaked} | {over} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

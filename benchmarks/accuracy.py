"""How much the detectors leak and over-redact on a half of the gold set.

    python benchmarks/accuracy.py develop [--errors] [--detectors known,rules,lexicon] [--json]
    python benchmarks/accuracy.py check

``--errors`` lists what leaked and what was redacted without need; it is refused for the check half,
whose documents stay unseen while rules are written.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from sekisho.documents.document import Document, Span
from sekisho.evaluation.bootstrap import Estimate
from sekisho.evaluation.gold import GoldDocument, Prediction, Predictions, read_gold
from sekisho.evaluation.phi import PhiReport, categories_of, evaluate
from sekisho.phi.stack import DEFAULT, build

GOLD = Path(__file__).parent / "gold"


def predict(gold: tuple[GoldDocument, ...], detectors: tuple[str, ...]) -> Predictions:
    """The spans that a stack of ``detectors`` finds in the documents of ``gold``."""
    stack = build(detectors)
    found = tuple(
        Prediction(document.id, stack.read(Document(document.id, document.text)).spans)
        for document in gold
    )
    return Predictions(found, 0)


def _estimates(report: PhiReport) -> dict[str, Estimate]:
    return {name: figure.estimate for name, figure in report.figures.items()}


def show(report: PhiReport) -> None:
    """The overall figures as a table."""
    for name, estimate in _estimates(report).items():
        value = "-" if estimate.value is None else f"{estimate.value:.4f}"
        bounds = "" if estimate.low is None else f"  [{estimate.low:.4f}, {estimate.high:.4f}]"
        print(f"  {name:<28}{value}{bounds}  n={estimate.n}")


def list_errors(gold: tuple[GoldDocument, ...], predictions: Predictions) -> None:
    """Every gold span that is not covered, every predicted span that reaches outside gold."""
    for document, predicted in zip(gold, predictions.documents, strict=True):
        covered = {i for span in predicted.spans for i in range(span.start, span.end)}
        wanted = {i for span in document.spans for i in range(span.start, span.end)}
        for span in document.spans:
            if not covered.issuperset(range(span.start, span.end)):
                print("leak ", document.id, span.category, _shown(document.text, span))
        for span in predicted.spans:
            if not wanted.issuperset(range(span.start, span.end)):
                print("over ", document.id, span.category, _shown(document.text, span))


def _shown(text: str, span: Span) -> str:
    before = text[max(0, span.start - 12) : span.start]
    behind = text[span.end : span.end + 12]
    return f"{before}[{text[span.start : span.end]}]{behind}".replace("\n", "⏎")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("half", choices=("develop", "practice", "check"))
    parser.add_argument("--detectors", default=",".join(DEFAULT))
    parser.add_argument("--ignore", default="")
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if chosen.errors and chosen.half == "check":
        print("the check half is measured, not looked at", file=sys.stderr)
        return 2
    gold = read_gold(GOLD / chosen.half)
    predictions = predict(gold, tuple(chosen.detectors.split(",")))
    report = evaluate(gold, predictions, ignore=categories_of(chosen.ignore))
    if chosen.json:
        print(json.dumps({n: asdict(e) for n, e in _estimates(report).items()}, indent=2))
    else:
        print(f"{chosen.half}: {len(gold)} documents, detectors {chosen.detectors}")
        show(report)
    if chosen.errors:
        list_errors(gold, predictions)
    return 0


if __name__ == "__main__":
    sys.exit(main())

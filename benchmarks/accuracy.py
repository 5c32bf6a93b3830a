"""How much the detectors leak and over-redact on a half of the gold set.

    python benchmarks/accuracy.py develop [--errors] [--detectors known,rules,lexicon] [--json]
    python benchmarks/accuracy.py check|sealed
    python benchmarks/accuracy.py unseen       names never seen in training (NAME and STAFF recall)

``--errors`` lists what leaked and what was redacted without need; it is refused for the check half
and the sealed set, whose documents stay unseen while rules are written and models trained.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

from sekisho.documents.document import Span
from sekisho.evaluation.bootstrap import Estimate
from sekisho.evaluation.gold import GoldDocument, Predictions, read_gold, read_marked_lines
from sekisho.evaluation.phi import PhiReport, categories_of, evaluate, predict
from sekisho.phi.categories import Category
from sekisho.phi.stack import DEFAULT, build

GOLD = Path(__file__).parent / "gold"
UNSEEN = Path(__file__).parent / "unseen" / "sentences.txt"


def people_alone(predictions: Predictions) -> Predictions:
    """The predictions without those that call a name something else than a person."""
    kept = tuple(
        replace(each, spans=tuple(s for s in each.spans if s.category in ("NAME", "STAFF")))
        for each in predictions.documents
    )
    return Predictions(kept, predictions.unused)


def show_people(report: PhiReport) -> None:
    """Recall of names, by category and script."""
    rows = {name: report.by_category[name] for name in ("NAME", "STAFF")} | {**report.by_script}
    for name, figures in rows.items():
        estimate = figures["recall"].estimate
        bounds = f"[{estimate.low:.4f}, {estimate.high:.4f}]"
        print(f"  recall {name:<12} {estimate.value:.4f}  {bounds}  n={estimate.n}")


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
    parser.add_argument("half", choices=("develop", "practice", "check", "sealed", "unseen"))
    parser.add_argument("--tagger", type=Path, help="another model file")
    parser.add_argument("--detectors", default=",".join(DEFAULT))
    parser.add_argument("--ignore", default="")
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if chosen.errors and chosen.half in ("check", "sealed"):
        print(f"the {chosen.half} documents are measured, not looked at", file=sys.stderr)
        return 2
    gold = read_marked_lines(UNSEEN) if chosen.half == "unseen" else read_gold(GOLD / chosen.half)
    stack = build(tuple(chosen.detectors.split(",")), tagger=chosen.tagger)
    predictions = predict(gold, lambda document: stack.read(document).spans)
    if chosen.half == "unseen":
        predictions = people_alone(predictions)
        others = ",".join(each for each in Category if each not in ("NAME", "STAFF"))
        chosen.ignore = others
    report = evaluate(gold, predictions, ignore=categories_of(chosen.ignore))
    if chosen.json:
        print(json.dumps({n: asdict(e) for n, e in _estimates(report).items()}, indent=2))
    else:
        print(f"{chosen.half}: {len(gold)} documents, detectors {chosen.detectors}")
        show(report)
        if chosen.half == "unseen":
            show_people(report)
    if chosen.errors:
        list_errors(gold, predictions)
    return 0


if __name__ == "__main__":
    sys.exit(main())

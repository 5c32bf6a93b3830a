"""Write documents of the corpus, or check the kind files.

python -m training.corpus write --documents 1000 --seed 1 > corpus.jsonl
python -m training.corpus show 12 --seed 1        one document with inline markup
python -m training.corpus check
"""

from __future__ import annotations

import argparse
import json
import sys

from sekisho.evaluation.markup import mark
from training.corpus.compose import KINDS, compose, problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("write", "show", "check"))
    parser.add_argument("number", nargs="?", type=int, default=0)
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.action == "check":
        found = [problem for path in sorted(KINDS.glob("*.toml")) for problem in problems(path)]
        print("\n".join(found) or "every kind file is well formed")
        return 1 if found else 0
    if chosen.action == "show":
        document = compose(chosen.seed, chosen.number)
        print(f"# {document.kind}")
        print(mark(document.text, document.spans))
        return 0
    for number in range(chosen.documents):
        document = compose(chosen.seed, number)
        spans = [
            {"start": start, "end": end, "category": label, "surface": document.text[start:end]}
            for start, end, label in document.spans
        ]
        row = {"id": f"{document.kind}-{number}", "text": document.text, "spans": spans}
        print(json.dumps(row, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())

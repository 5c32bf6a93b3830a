"""Train the tiny models of the tests, and score them through llama.cpp.

    python -m training.nano train weak --out FILE       a model that misses things, minutes
    python -m training.nano train strong --out FILE     a better one, half an hour
    python -m training.nano train --smoke --out FILE    the same steps on little, under a minute
    python -m training.nano score FILE                  held-out passages, through llama.cpp

``train`` writes the GGUF file and its entry in ``card.json`` beside it, under the file's own name;
``score --keep`` puts its scores there. An interrupted training goes on from ``FILE.checkpoint``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from training.nano.recipes import RECIPES, remember, train
from training.nano.scoring import score

_SCORED = 200
_SCORED_SMOKE = 5


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    actions = parser.add_subparsers(dest="action", required=True)
    trained = actions.add_parser("train")
    trained.add_argument("name", nargs="?", choices=sorted(RECIPES), default="weak")
    trained.add_argument("--out", type=Path, required=True)
    trained.add_argument("--seed", type=int, default=1)
    trained.add_argument("--smoke", action="store_true")
    scored = actions.add_parser("score")
    scored.add_argument("file", type=Path)
    scored.add_argument("--n", type=int, default=_SCORED)
    scored.add_argument("--seed", type=int, default=1)
    scored.add_argument("--keep", action="store_true")
    chosen = parser.parse_args()
    if chosen.action == "score":
        scores = score(chosen.file, chosen.n, seed=chosen.seed)
        if chosen.keep:
            remember(chosen.file, {"held-out passages, through llama.cpp": scores})
        print(json.dumps(scores, ensure_ascii=False, indent=2))
        return 0
    name = "smoke" if chosen.smoke else chosen.name
    entry = train(RECIPES[name], chosen.seed, chosen.out, name=name, told=_tell)
    count = _SCORED_SMOKE if chosen.smoke else _SCORED
    entry["held-out passages, through llama.cpp"] = score(chosen.out, count)
    remember(chosen.out, entry)
    print(json.dumps(entry, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""LangExtract's places of quotes: rows of text and quotes in, places by tokenizer out (JSON).

Runs in an environment of its own (``pip install langextract==1.7.1``); nothing of sekisho is
imported here. Its ``extract()`` runs with its defaults, but reads each report in one piece, with a
model that answers the quotes in their order.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from importlib.metadata import version
from typing import Any


def main() -> None:
    """Answer the rows of standard input."""
    logging.disable(logging.WARNING)
    import langextract as lx
    from langextract.core.base_model import BaseLanguageModel
    from langextract.core.tokenizer import UnicodeTokenizer
    from langextract.core.types import ScoredOutput

    class Answering(BaseLanguageModel):
        """Answers the quotes of one report."""

        def __init__(self, quotes: list[str]) -> None:
            super().__init__()
            self._quotes = quotes
            self.calls = 0

        def infer(self, batch_prompts: Any, **_: Any) -> Any:
            for _prompt in batch_prompts:
                self.calls += 1
                found = {"extractions": [{"finding": quote} for quote in self._quotes]}
                answer = json.dumps(found, ensure_ascii=False)
                yield [ScoredOutput(score=1.0, output=f"```json\n{answer}\n```")]

    example = lx.data.ExampleData(
        text="右肺に結節を認める。",
        extractions=[lx.data.Extraction(extraction_class="finding", extraction_text="右肺に結節")],
    )
    rows = json.load(sys.stdin)
    columns = {}
    for name, tokenizer in (("default tokenizer", None), ("unicode tokenizer", UnicodeTokenizer())):
        began = time.perf_counter()
        places = []
        for row in rows:
            model = Answering(row["quotes"])
            done = lx.extract(
                row["text"],
                prompt_description="Quote the findings.",
                examples=[example],
                model=model,
                max_char_buffer=100_000,
                use_schema_constraints=False,
                prompt_validation_level=lx.prompt_validation.PromptValidationLevel.OFF,
                show_progress=False,
                tokenizer=tokenizer,
            )
            if model.calls != 1 or len(done.extractions) != len(row["quotes"]):
                raise SystemExit("a report was not read in one piece")
            intervals = [each.char_interval for each in done.extractions]
            places.append(
                [i and i.start_pos is not None and [i.start_pos, i.end_pos] for i in intervals]
            )
        seconds = time.perf_counter() - began
        key = f"LangExtract {version('langextract')}, {name}"
        columns[key] = {"places": places, "seconds": seconds}
    json.dump(columns, sys.stdout)


if __name__ == "__main__":
    main()

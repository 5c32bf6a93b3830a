"""Detection by sekisho over a JSONL file, measured from inside: one JSON object to standard output.

``{"name", "start_s", "characters", "seconds", "documents"}``: seconds from the first import to the
spans of the first document, then characters and seconds of all the others. A peer system answers
the same (``presidio_peer.py``), so that both are measured in one way. A second argument lists the
detectors; else all that run by default do.
"""

from __future__ import annotations

import json
import sys
import time


def main(path: str, detectors: str | None = None) -> None:
    began = time.perf_counter()
    from sekisho import __version__
    from sekisho.documents.document import Document, KnownIdentifier
    from sekisho.phi.stack import DEFAULT, build

    stack = build(tuple(detectors.split(",")) if detectors else DEFAULT)
    start = None
    characters = documents = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            known = (
                KnownIdentifier("NAME", row["患者氏名"]),
                KnownIdentifier("ID", row["患者ID"]),
            )
            stack.read(Document(row["id"], row["text"], known=known))
            if start is None:
                start = time.perf_counter() - began
                began = time.perf_counter()
            else:
                characters += len(row["text"])
                documents += 1
    answer = {
        "name": f"sekisho {__version__}",
        "start_s": start,
        "characters": characters,
        "documents": documents,
        "seconds": time.perf_counter() - began,
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:3])

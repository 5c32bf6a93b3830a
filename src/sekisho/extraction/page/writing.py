"""The page of a finished run, written from its manifest, its failures and the first documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sekisho.extraction.page.model import DocumentView, FailureRow, FieldRow, Page, viewed
from sekisho.extraction.page.rendering import render
from sekisho.extraction.runs.outputs import FAILURES
from sekisho.extraction.runs.rows import EXTRACTED
from sekisho.extraction.tasks.task import Task
from sekisho.runs.files import write_whole
from sekisho.runs.manifest import FILENAME

__all__ = ["PAGE", "Viewed", "write_page"]

PAGE = "report.html"
#: More documents or rows than these make a page that no browser scrolls well.
_MOST_DOCUMENTS = 200
_MOST_FAILURES = 1_000


class Viewed:
    """Keeps the first documents of a run for its page, as it is told of all of them."""

    def __init__(self, most: int = _MOST_DOCUMENTS) -> None:
        self._most = most
        self.documents: list[DocumentView] = []

    def __call__(self, reference: str, text: str, row: Mapping[str, Any]) -> None:
        if len(self.documents) < self._most:
            self.documents.append(viewed(reference, text, row))


def write_page(out: Path, task: Task, seen: Viewed, lang: str = "ja+en") -> Path:
    """Write the page of the finished run in ``out``, and return its path.

    Raises ``OutputError`` when it cannot be written.
    """
    manifest = json.loads((out / FILENAME).read_text(encoding="utf-8"))
    run, llm, ended = manifest["run"], manifest["llm"], manifest["counts"]["statuses"]
    page = Page(
        begun=datetime.fromisoformat(run["begun"]),
        version=manifest["versions"]["sekisho"],
        task=task.name,
        language=task.language,
        model=f"{llm['model']} ({llm['server']})",
        origin=llm["origin"],
        seconds=run["seconds"],
        extracted=ended.get(EXTRACTED, 0),
        failed=sum(ended.values()) - ended.get(EXTRACTED, 0),
        fields=tuple(
            FieldRow(name, field.type, **manifest["fields"].get(name, {}))
            for name, field in task.fields.items()
        ),
        withheld=tuple(_failures(out)),
        documents=tuple(seen.documents),
        released=manifest["released"],
        translated="translate" in manifest.get("experiment", ()),
        facts=(
            ("run", run["id"]),
            ("task SHA-256", manifest["task"]["sha256"]),
            ("model digest", llm["digest"]),
            ("prompts SHA-256", llm["prompts"]),
        ),
    )
    path = out / PAGE
    write_whole(path, render(page, lang).encode("utf-8", "backslashreplace"))
    return path


def _failures(out: Path) -> Iterator[FailureRow]:
    with (out / FAILURES).open(encoding="utf-8") as lines:
        shown = 0
        for line in lines:
            row = json.loads(line)
            if row["kind"] != "document":
                continue
            shown += 1
            if shown > _MOST_FAILURES:
                return
            yield FailureRow(
                id=row["id"] or "",
                source=row["source"],
                row=row["row"],
                reason=row["reason"],
                detail=row["detail"] or "",
            )

"""The manifest of an extraction: what went in, how it was read, what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sekisho.extraction.runs.job import Job
from sekisho.extraction.runs.outputs import TableMade, Written
from sekisho.extraction.runs.placing import Place
from sekisho.extraction.runs.rows import BORDER
from sekisho.extraction.runs.ways import Way
from sekisho.runs.engine import Summary
from sekisho.runs.journal import Journal
from sekisho.runs.manifest import Manifest, describe_input, option_digests, versions

__all__ = ["write_manifest"]

_PACKAGES = ("sekisho", "pydantic", "httpx", "numpy", "pyarrow", "cryptography", "sqlalchemy")
#: What is summed up of a language model's work.
_COUNTED = ("calls", "prompt_tokens", "cached_tokens", "answer_tokens", "chunks", "attempts")


def write_manifest(
    job: Job,
    places: Sequence[Place],
    journal: Journal,
    summary: Summary,
    begun: datetime,
    written: Written,
    told: Mapping[str, Any],
    way: Way,
) -> None:
    """Write ``manifest.json`` of a finished run. Raises ``OutputError``."""
    task, totals = job.choice.task, written.totals
    name_key = way.keys.derive("file name") if way.coded else None
    released = dict(way.described)
    manifest = Manifest(
        versions=versions(_PACKAGES),
        options=option_digests(_options(job)),
        profile=released.pop("profile", {}),
        inputs=tuple(
            describe_input(Path(place.reader.path), name_key=name_key)
            for place in places
            if place.source.opened
        ),
        outputs=written.outputs,
        totals=totals,
        run_id=journal.run_id,
        begun=begun,
        ended=datetime.now(UTC),
        jobs=job.jobs,
        resumed=summary.resumed,
        seeds={"model": job.choice.how.seed},
        extra={
            "kind": "extraction",
            "task": {"name": task.name, "language": task.language, "sha256": task.digest},
            "llm": {name: value for name, value in told.items() if name != "examples"},
            "examples": told["examples"],
            **({"experiment": ["translate"]} if job.translates else {}),
            "fields": {name: dict(sorted(found.items())) for name, found in written.fields.items()},
            "tables": [_table(made) for made in written.tables],
            "columns": written.renamed,
            "border": BORDER,
            **released,
            "unread": [
                {"name": places[index].name, "row": row, "reason": reason}
                for index, (row, reason) in sorted(journal.broken().items())
            ],
        },
        spent={
            "llm": {
                **{name: int(totals.measures[name]) for name in _COUNTED},
                "seconds": round(totals.measures["model_s"], 3),
            }
        },
    )
    manifest.write(job.out)


def _table(made: TableMade) -> dict[str, Any]:
    """How a table is to be read: its files, and which column holds what."""
    return {
        "paths": list(made.paths),
        "text_columns": list(made.text_columns),
        "id_column": made.id_column,
        "columns": made.layout.names,
    }


def _options(job: Job) -> Mapping[str, object]:
    options, how = job.options, job.releasing
    return {
        "model": job.choice.model,
        "format": job.formats,
        "text-column": options.text_columns,
        "id-column": options.id_column,
        "patient-column": options.patient_column,
        "encoding": options.encoding,
        "delimiter": options.delimiter,
        **(
            {}
            if how is None
            else {
                "release": how.profile,
                "detectors": how.detectors,
                "known": dict(how.known),
                "keep-column": sorted(how.keep),
                "infer-columns": how.infer,
            }
        ),
    }

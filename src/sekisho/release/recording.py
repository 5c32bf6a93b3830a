"""What a finished run leaves in its folder: the outputs, the manifest and the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sekisho.release.audit import AuditWriter
from sekisho.release.profile import Profile
from sekisho.release.sources import Source
from sekisho.release.transforms import Derive
from sekisho.release.vault import Vault
from sekisho.runs.assembly import Target, Totals, assemble
from sekisho.runs.beginning import now
from sekisho.runs.engine import Summary
from sekisho.runs.files import replacing
from sekisho.runs.journal import Journal
from sekisho.runs.manifest import Manifest, describe_input, option_digests, versions
from sekisho.runs.outcome import Status

if TYPE_CHECKING:
    from sekisho.release.job import Job

__all__ = ["AUDIT", "audit_reference", "record_run"]

AUDIT = "audit.jsonl"
#: What is counted of a language model's work.
_COUNTED = (
    "calls",
    "prompt_tokens",
    "cached_tokens",
    "answer_tokens",
    "reviews",
    "revisions_kept",
    "fuzzy",
)
_PACKAGES = ("sekisho", "sudachipy", "sudachidict-core", "pydantic", "cryptography", "sqlalchemy")


def audit_reference(derive: Derive, run_id: str, source: int, row: int) -> str:
    """The keyed hash that names a document in the audit trail: 32 hexadecimal digits."""
    return derive("audit", run_id, f"{source}-{row}").hex()[:32]


def record_run(
    job: Job,
    profile: Profile,
    sources: Sequence[Source],
    journal: Journal,
    vault: Vault,
    summary: Summary,
    begun: datetime,
    models: Mapping[str, str],
    reading: Mapping[str, object],
) -> Totals:
    """Write the outputs of a finished run into its folder; done again, it gives the same.

    ``models`` holds the digest of each detector's model, ``reading`` how the language model reads
    (nothing when there is none).

    Raises ``OutputError`` when a file cannot be written; the journal stays as it is.
    """
    made = [Target(source.reader, source.path, source.name) for source in sources]
    for target in made:
        (job.out / target.path).parent.mkdir(parents=True, exist_ok=True)
    totals, outputs = assemble(job.out, journal, made)
    derive = vault.keys.derive
    manifest = Manifest(
        versions=versions(_PACKAGES),
        options=option_digests(_options(job)),
        profile={"name": profile.name, "sha256": profile.digest},
        inputs=tuple(
            describe_input(Path(source.reader.path), name_key=derive("file name"))
            for source in sources
            if source.opened
        ),
        outputs=outputs,
        totals=totals,
        run_id=journal.run_id,
        begun=begun,
        ended=datetime.now(UTC),
        jobs=job.jobs,
        resumed=summary.resumed,
        extra={
            "detectors": list(job.detectors),
            "models": dict(models),
            **_reading(job, reading, totals),
            **({"recipe": dict(job.recipe)} if job.recipe else {}),
            "sources": [_described(source) for source in sources],
            "reversible": profile.reversible,
            "unread": [
                {"name": sources[index].name, "row": row, "reason": reason}
                for index, (row, reason) in sorted(journal.broken().items())
            ],
        },
        spent=_spent(job, totals),
    )
    manifest.write(job.out)
    _write_audit(job.out, journal, vault, {output.path: output.sha256 for output in outputs})
    return totals


def _reading(job: Job, reading: Mapping[str, object], totals: Totals) -> dict[str, Any]:
    """How the language model read, and of how many documents it was asked."""
    if job.llm is None:
        return {}
    return {
        "llm": {
            **reading,
            "consult": str(job.llm.consult),
            "documents_asked": int(totals.measures["asked"]),
            "documents_spared": int(totals.measures["spared"]),
        }
    }


def _spent(job: Job, totals: Totals) -> dict[str, Any]:
    """What the language model took, and what was saved by not asking it, in seconds."""
    if job.llm is None:
        return {}
    measures = totals.measures
    asked = int(measures["asked"])
    spared = int(measures["spared"])
    return {
        "llm": {
            **{name: int(measures[name]) for name in _COUNTED},
            "seconds": round(measures["model_s"], 3),
            # As if a spared document had taken the time of one that was asked about.
            "seconds_saved": round(measures["model_s"] / asked * spared, 3) if asked else None,
        }
    }


def _options(job: Job) -> Mapping[str, object]:
    options = job.options
    return {
        "profile": job.profile,
        "detectors": job.detectors,
        "text-column": options.text_columns,
        "id-column": options.id_column,
        "patient-column": options.patient_column,
        "known": dict(job.known),
        "keep-column": sorted(job.keep),
        "infer-columns": job.infer,
        "numbering": job.numbering,
        "language": options.language,
        **({} if job.llm is None else {"model": job.llm.model}),
    }


def _described(source: Source) -> dict[str, Any]:
    """How a released file is to be read again; column names say nothing about a patient."""
    reader = source.reader
    return {
        "path": source.path,
        "name": source.name,
        "encoding": reader.encoding,
        "delimiter": reader.delimiter,
        "text_columns": list(reader.text_columns),
        "id_column": reader.id_column,
    }


def _write_audit(directory: Path, journal: Journal, vault: Vault, files: dict[str, str]) -> None:
    derive = vault.keys.derive
    with (
        replacing(directory / AUDIT) as partial,
        AuditWriter(
            partial,
            run=journal.run_id,
            versions=versions(_PACKAGES),
            clock=now,
            derive=derive,
        ) as audit,
    ):
        for position, outcome in journal.outcomes():
            audit.document(
                audit_reference(derive, journal.run_id, position.source, position.row),
                outcome.status.value,
                counts=_by_category(outcome.actions),
                released=outcome.digest if outcome.status is Status.RELEASED else None,
                reason=outcome.reason,
            )
        audit.close(files=files, reversals=str(vault.tally(journal.run_id)))


def _by_category(actions: Mapping[str, int]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for name, count in actions.items():
        label, _, action = name.partition(":")
        counts.setdefault(label, {})[action] = count
    return counts

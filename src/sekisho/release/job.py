"""What a run is asked to do, and what of that its inputs allow."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from sekisho import __version__
from sekisho.documents.formats import Source, Sources, expand
from sekisho.documents.records import ReadOptions
from sekisho.errors import InputError, UsageError
from sekisho.phi import stack
from sekisho.release.columns import Columns, telling_headers
from sekisho.release.profile import Profile, load_profile
from sekisho.release.transforms import problems
from sekisho.release.vault import Vault
from sekisho.runs.files import digest_file

if TYPE_CHECKING:
    from sekisho.phi.detectors.llm.choosing import Choice

__all__ = ["Job", "columns_of", "fingerprint", "inputs", "profile_of"]


#: A model answers in seconds, several times where it is asked again, and a queue comes before it.
_LIMIT_S, _LIMIT_WITH_MODEL_S = 60.0, 1800.0


@dataclass(frozen=True)
class Job:
    """What a run is asked to do; everything that changes its result is part of its fingerprint.

    ``recipe`` is what the manifest says of the recipe that chose detectors and model, with its
    ``sha256``; nothing without one.
    """

    paths: tuple[str, ...]
    out: Path
    profile: str = "ja-pseudonymized"
    detectors: tuple[str, ...] = stack.DEFAULT
    tagger: Path | None = None
    llm: Choice | None = None
    options: ReadOptions = field(default_factory=ReadOptions)
    known: Mapping[str, str] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()
    infer: bool = True
    numbering: str | None = None
    vault: str | None = None
    key_file: Path | None = None
    jobs: int = 1
    resume: bool = False
    timeout_s: float | None = None
    recipe: Mapping[str, object] = field(default_factory=dict)

    @property
    def limit_s(self) -> float:
        """Seconds that a document may take: as asked, or as is usual with and without a model."""
        if self.timeout_s is not None:
            return self.timeout_s
        return _LIMIT_S if self.llm is None else _LIMIT_WITH_MODEL_S


def profile_of(job: Job) -> Profile:
    """The profile that ``job`` names, numbered as it asks. Raises ``UsageError``."""
    profile = load_profile(job.profile)
    if job.numbering is None or job.numbering == profile.numbering:
        return profile
    try:
        return Profile.model_validate(profile.model_dump() | {"numbering": job.numbering})
    except ValidationError as error:
        raise UsageError(problems(error), where="--numbering") from None


def inputs(job: Job) -> Sources:
    """The opened files of ``job``, without those of its own output.

    Raises ``InputError`` when there is nothing to read, ``UsageError`` when the options do not
    fit the files.
    """
    found = expand(job.paths, job.options)
    out = job.out.resolve()
    sources = tuple(source for source in found.sources if not _within(source.path, out))
    skipped = tuple(skipped for skipped in found.skipped if not _within(skipped.path, out))
    if not sources:
        failed = [skipped for skipped in skipped if skipped.failed]
        if failed:
            raise InputError(
                f"none of the {len(failed)} files here can be read; the first: {failed[0].reason}",
                where=", ".join(job.paths),
            )
        if found.sources:
            raise UsageError(
                "all of this lies in the output folder itself",
                where=str(job.out),
                remedy="choose another --out",
            )
        raise InputError(
            "there is nothing to read here",
            where=", ".join(job.paths),
            remedy="name text, CSV, TSV, JSONL or Parquet files, or a folder of them",
        )
    return replace(found, sources=sources, skipped=skipped)


def columns_of(job: Job, sources: Sequence[Source]) -> Columns:
    """The user's word about the columns of ``sources``.

    Raises ``UsageError`` for a column that no file has, for one that is to be passed unread
    although it is report text or an identifier, and for one whose very name is telling.
    """
    present = [source.reader.columns for source in sources if source.reader.columns is not None]
    for name in (*job.known, *job.keep):
        if not any(name in columns for columns in present):
            raise UsageError(
                f"no file has a column {name!r}",
                remedy=f"columns: {', '.join(present[0])}" if present else "there is no table",
            )
    texts = {name for source in sources for name in source.reader.text_columns}
    for name in job.keep:
        if name in texts or name in job.known or name == job.options.patient_column:
            raise UsageError(
                f"the column {name!r} cannot be kept: it is report text or an identifier",
                where="--keep-column",
                remedy="keep it out of --keep-column, or leave the column out of the input",
            )
    for source in sources:
        _check_headers(source, job)
    identifiers = {source.reader.id_column for source in sources} - {None}
    return Columns(
        known=dict(job.known),
        keep=job.keep,
        patient=job.options.patient_column,
        identifiers=frozenset(name for name in identifiers if name is not None),
        infer=job.infer,
        headers=frozenset(name for columns in present for name in columns),
    )


def _check_headers(source: Source, job: Job) -> None:
    columns = source.reader.columns or ()
    # Where the user named no column of text, its name is one that sekisho knows.
    known = source.reader.text_columns if not job.options.text_columns else ()
    telling = telling_headers(
        # A name of a column is no sentence, so what was trained on sentences is not asked.
        [name for name in columns if name not in known],
        stack.build(stack.UNTRAINED),
    )
    if telling:
        raise UsageError(
            f"the name of column {columns.index(telling[0]) + 1} looks like an identifier, and "
            "would leave as it is",
            where=source.path,
            remedy="rename it; a table needs a first row of column names",
        )


def fingerprint(
    job: Job,
    profile: Profile,
    columns: Columns,
    found: Sources,
    vault: Vault,
    models: Mapping[str, str],
    reading: Mapping[str, object],
) -> dict[str, str]:
    """Everything that the result of ``job`` depends on, by the option that sets it.

    ``models`` holds the digest of each detector's model, ``reading`` how the language model reads.
    """
    digest = hashlib.sha256()
    for source in found.sources:
        digest.update(f"{source.name}\0{digest_file(source.path)}\0".encode("utf-8", "replace"))
    for skipped in found.skipped:
        if skipped.failed:
            digest.update(f"{skipped.path}\0unread\0".encode("utf-8", "replace"))
    options = job.options
    return {
        "inputs": digest.hexdigest(),
        "--profile": profile.digest,
        "--detectors": ",".join(job.detectors),
        **{_OPTION.get(name, f"--{name}"): digest for name, digest in models.items()},
        **{_OPTION.get(name, f"--{name}"): str(told) for name, told in reading.items()},
        **({"--llm": job.llm.consult} if job.llm is not None else {}),
        **({"--recipe": str(job.recipe["sha256"])} if job.recipe else {}),
        "--text-column": "\0".join(options.text_columns),
        "--id-column": options.id_column or "",
        "--patient-column": options.patient_column or "",
        "--known": repr(sorted(columns.known.items())),
        "--keep-column": repr(sorted(columns.keep)),
        "--infer-columns": str(columns.infer),
        "--language": options.language,
        "--encoding": f"{options.encoding} {options.delimiter}",
        "--vault": vault.id,
        "sekisho version": __version__,
    }


#: What sets a model or a reading, where that is no option of the same name.
_OPTION = {
    "llm": "--model",
    "digest": "weights of --model",
    "model": "name of --model",
    "server": "server of --model",
    "origin": "kind of --model",
    "prompts": "prompts",
    "thinking_tokens": "thinking_tokens of --model",
    "seed": "seed",
}


def _within(path: str, folder: Path) -> bool:
    return folder in Path(path).resolve().parents

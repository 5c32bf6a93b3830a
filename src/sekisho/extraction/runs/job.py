"""What an extraction is asked to do, and everything that its result depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sekisho import __version__
from sekisho.documents.formats import Sources
from sekisho.documents.records import ReadOptions
from sekisho.errors import InputError
from sekisho.extraction.runs.choosing import Choice
from sekisho.extraction.runs.tables import Format
from sekisho.phi import stack
from sekisho.release import job as deid
from sekisho.runs.files import digest_file

__all__ = ["Job", "Releasing", "digests", "fingerprint"]

_LIMIT_S = 1800.0


@dataclass(frozen=True)
class Releasing:
    """How records are released before anything of them is written; see ``release.job.Job``."""

    profile: str
    detectors: tuple[str, ...] = stack.DEFAULT
    tagger: Path | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    keep: frozenset[str] = frozenset()
    infer: bool = True


@dataclass(frozen=True)
class Job:
    """What a run is asked to do.

    ``formats`` are those of the tables, empty for that of each input. Without ``releasing`` the
    folder of the run holds the inputs themselves.
    """

    paths: tuple[str, ...]
    out: Path
    choice: Choice
    options: ReadOptions = field(default_factory=ReadOptions)
    formats: tuple[Format, ...] = ()
    releasing: Releasing | None = None
    vault: str | None = None
    key_file: Path | None = None
    jobs: int = 1
    resume: bool = False
    timeout_s: float | None = None

    @property
    def limit_s(self) -> float:
        """Seconds that a document may take."""
        return _LIMIT_S if self.timeout_s is None else self.timeout_s

    @property
    def needs_key(self) -> bool:
        """Whether something is sealed, or coded, with the vault's key."""
        return self.releasing is not None or self.choice.cache is not None

    @property
    def translates(self) -> bool:
        """Whether a translation is read instead of the documents."""
        return self.choice.how.translate and self.choice.task.language != "en"

    @property
    def deid(self) -> deid.Job:
        """The release of the same files, without any extraction."""
        how = self.releasing or Releasing("ja-pseudonymized")
        return deid.Job(
            paths=self.paths,
            out=self.out,
            profile=how.profile,
            detectors=how.detectors,
            tagger=how.tagger,
            options=self.options,
            known=how.known,
            keep=how.keep,
            infer=how.infer,
            vault=self.vault,
            key_file=self.key_file,
        )


def digests(found: Sources) -> tuple[str, ...]:
    """SHA-256 (hex) of each file of ``found``, in order. Raises ``InputError``."""
    made = []
    for source in found.sources:
        try:
            made.append(digest_file(source.path))
        except OSError as error:
            raise InputError("cannot be read", where=source.path) from error
    return tuple(made)


def fingerprint(
    job: Job, found: Sources, contents: Sequence[str], told: Mapping[str, Any]
) -> dict[str, str]:
    """Everything that the result of ``job`` depends on, by the option that sets it.

    ``contents`` are the digests of the files, ``told`` is how the model reads. In which formats the
    result is written is no part of it.
    """
    digest = hashlib.sha256()
    for source, content in zip(found.sources, contents, strict=True):
        digest.update(f"{source.name}\0{content}\0".encode("utf-8", "replace"))
    for skipped in found.skipped:
        if skipped.failed:
            digest.update(f"{skipped.path}\0unread\0".encode("utf-8", "replace"))
    how = told["how"]
    options = job.options
    return {
        "inputs": digest.hexdigest(),
        "TASK": job.choice.task.digest,
        "name of --model": told["model"],
        "weights of --model": told["digest"],
        "server of --model": told["server"],
        "kind of --model": told["origin"],
        "prompts": told["prompts"],
        "--examples": str(told["examples"]),
        **{option: str(how[name]) for name, option in _OPTIONS.items()},
        "--text-column": "\0".join(options.text_columns),
        "--id-column": options.id_column or "",
        "--patient-column": options.patient_column or "",
        "--encoding": f"{options.encoding} {options.delimiter}",
        "--release": "" if job.releasing is None else job.releasing.profile,
        "sekisho version": __version__,
    }


#: What sets each part of a ``How``. A time limit is none: an answer is the same, or there is none.
_OPTIONS = {
    "attempts": "--attempts",
    "longest": "--chunk-chars",
    "overlap": "--overlap-chars",
    "votes": "--votes",
    "probabilities": "--probabilities",
    "temperature": "--temperature",
    "translate": "--translate",
    "seed": "--seed",
    "thinking_tokens": "thinking_tokens of --model",
    "max_tokens": "room of answers",
}

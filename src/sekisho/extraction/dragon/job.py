"""A job: a folder with a configuration and three data sets, read and understood."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sekisho.errors import InputError, UsageError
from sekisho.extraction.dragon.asking import Question
from sekisho.extraction.dragon.cases import Case, read_cases
from sekisho.extraction.dragon.configuration import (
    FILENAME,
    Configuration,
    read_configuration,
)
from sekisho.extraction.dragon.definition import Language, definition_of
from sekisho.extraction.dragon.known import Known, learn
from sekisho.runs.files import digest_file

__all__ = ["TEST", "TRAINING", "VALIDATION", "Job", "find_jobs", "read_job"]

TRAINING = "nlp-training-dataset.json"
VALIDATION = "nlp-validation-dataset.json"
TEST = "nlp-test-dataset.json"


@dataclass(frozen=True)
class Job:
    """One fold of one task. ``name`` is that of its folder, which names its predictions too."""

    folder: Path
    configuration: Configuration
    training: tuple[Case, ...]
    validation: tuple[Case, ...]
    test: tuple[Case, ...]
    known: Known

    @property
    def name(self) -> str:
        """What the folder is called."""
        return self.folder.name

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of all four files. Raises ``InputError``."""
        digest = hashlib.sha256()
        for name in (FILENAME, TRAINING, VALIDATION, TEST):
            path = self.folder / name
            try:
                digest.update(f"{name}\0{digest_file(path)}\0".encode())
            except OSError as error:
                raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from None
        return digest.hexdigest()

    def question(self, *, language: Language | None = None, reasoning: bool = False) -> Question:
        """What it asks; ``language`` is that of a task which has no definition."""
        definition = definition_of(self.configuration, language)
        return Question(self.configuration, definition, self.known, reasoning)


def find_jobs(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The job folders among ``paths`` and right below them, each once.

    Raises ``UsageError`` for a path without any, and for two of one name.
    """
    found: dict[str, Path] = {}
    for path in paths:
        here = [path] if (path / FILENAME).is_file() else _below(path)
        if not here:
            raise UsageError(
                f"is no job, and holds none: there is no {FILENAME}",
                where=str(path),
                remedy="name a job folder or a folder of job folders",
            )
        for folder in (each.resolve() for each in here):
            if found.setdefault(folder.name, folder) != folder:
                raise UsageError("two jobs have this name", where=folder.name)
    return tuple(found.values())


def _below(path: Path) -> list[Path]:
    try:
        return sorted(each for each in path.iterdir() if (each / FILENAME).is_file())
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None


def read_job(folder: Path) -> Job:
    """The job in ``folder``.

    Raises ``InputError`` for a file that is missing or wrong, naming the entry.
    """
    configuration = read_configuration(folder / FILENAME)
    training = read_cases(folder / TRAINING, configuration, labelled=True)
    validation = read_cases(folder / VALIDATION, configuration, labelled=True)
    test = read_cases(folder / TEST, configuration, labelled=False)
    if not test:
        raise InputError("there is no case in it", where=str(folder / TEST))
    known = learn(configuration.type, (*training, *validation), where=str(folder))
    return Job(folder, configuration, training, validation, test, known)

"""Everything that a study found, as one value: what reports, tables and recipes are made of.

It is written as ``result.json`` and holds no text of any document: errors are offsets, and prompts
were checked before they came here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

__all__ = [
    "ArmResult",
    "Comparison",
    "Component",
    "Data",
    "ErrorRow",
    "Figure",
    "GainPoint",
    "ModelCard",
    "Opening",
    "Phase",
    "Prompt",
    "Refine",
    "Spend",
    "StudyResult",
    "Threshold",
]

ErrorKind: TypeAlias = Literal["missed", "boundary", "mixed", "category", "invented", "extra"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Figure(_Part):
    """A value with its 95 % interval; ``n`` units; None where there is nothing to measure."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0


class Component(_Part):
    """One of the eight parts of the score: a ``share`` from 0 to 1, and its points of ``most``.

    ``points`` is None where it was not measured (one reading has no stability).
    """

    name: str
    most: float
    share: float | None
    points: float | None


class ModelCard(_Part):
    """A system that was measured: a language model, or a stack of detectors without one.

    ``origin`` is ``model``, ``scripted``, ``replayed``, ``simulated`` or ``detectors``;
    ``locality`` is ``local`` or ``cloud``.
    """

    name: str
    model: str
    digest: str
    server: str
    origin: str
    locality: str = "local"
    context: int | None = None
    detectors: tuple[str, ...] = ()


class Data(_Part):
    """A data set as it was used; ``digest`` is the SHA-256 of its canonical rows.

    ``notes`` say what was mended or left out, ``synthetic`` who says that no patient is in it
    (empty: nobody). A sealed set that was not opened has no documents.
    """

    name: str
    documents: int = 0
    characters: int = 0
    identifiers: int = 0
    digest: str = ""
    ignored: tuple[str, ...] = ()
    synthetic: str = ""
    notes: tuple[str, ...] = ()


class Prompt(_Part):
    """A prompt that was tried.

    ``made_by`` is ``shipped``, ``study``, ``editor`` or ``gepa``; ``parent`` the name of the one it
    came from; ``rules`` the ids of the editor's rules that it holds.
    """

    name: str
    made_by: str
    parent: str = ""
    rules: tuple[str, ...] = ()
    digest: str
    text: str


class Refine(_Part):
    """When and how an answer is reviewed; ``policy`` as ``parse_policy`` reads it."""

    policy: str = "never"
    wording: str = "conservative"
    keep: Literal["improved", "additions"] = "improved"


class ArmResult(_Part):
    """One system with one prompt and one way to review, on one data set.

    ``total`` is the sum of the components' points, of ``out_of``; ``quality`` the points of the six
    components that every document has (recall to rule adherence) in per cent of their maxima, the
    figure that everything is decided by. ``leaked`` and ``direct_leaks`` are the leak measures of
    ``evaluate phi``; the parts are recall by category, script, difficulty and disguise.
    ``failures`` counts readings without an answer by their reason. ``per_document`` is the quality
    of each document (mean over the repeats), in the order of the data set.
    """

    id: str
    model: str
    prompt: str
    refine: Refine = Refine()
    phase: int
    data: Literal["development", "held-out"] = "development"
    readings: int
    total: float
    out_of: float
    components: tuple[Component, ...]
    quality: Figure
    leaked: Figure
    direct_leaks: Figure
    precision: Figure
    over_redaction: Figure
    by_category: Mapping[str, Figure] = {}
    by_script: Mapping[str, Figure] = {}
    by_difficulty: Mapping[str, Figure] = {}
    by_disguise: Mapping[str, Figure] = {}
    failures: Mapping[str, int] = {}
    seconds_per_report: float
    seconds_per_100_tokens: float | None
    calls: int
    tokens: int
    per_document: tuple[float, ...] = ()


class GainPoint(_Part):
    """What review did for one system: ``gain`` in quality, over its quality without review."""

    model: str
    prompt: str
    wording: str
    baseline: float
    gain: Figure


class Threshold(_Part):
    """A fitted cut ``at`` on a baseline score, with its interval; ``reason`` where there is none.

    ``between`` are the two measured scores that it lies between: any cut there fits as well.
    ``support`` is the share of resamples in which there was a cut at all.
    """

    what: Literal["prompts", "review"]
    at: float | None
    low: float | None = None
    high: float | None = None
    between: tuple[float | None, float | None] = (None, None)
    support: float = 0.0
    points: tuple[GainPoint, ...] = ()
    reason: str = ""


class Comparison(_Part):
    """Two arms on the same documents: the first less the second, in quality.

    ``d`` is Cohen's d for pairs, ``p`` Wilcoxon's signed-rank test, ``mcnemar`` that of documents
    without any error. The adjusted ones are Holm's over all comparisons of a phase. ``needed`` is
    the number of reports that would show the observed difference (None: no number would).
    """

    first: str
    second: str
    difference: Figure
    d: float | None
    p: float
    p_holm: float
    mcnemar: float
    mcnemar_holm: float
    needed: int | None
    enough: bool


class Phase(_Part):
    """One phase: what was tried, what was decided and why; ``left_out`` says why it did not run."""

    number: int
    title: str
    left_out: str = ""
    arms: tuple[ArmResult, ...] = ()
    chosen: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    threshold: Threshold | None = None


class ErrorRow(_Part):
    """One error of one arm; ``start`` is None for a value that is not in the text.

    ``missed`` nothing touched it, ``boundary`` only a part or more than it, ``mixed`` an entry that
    holds several, ``category`` found under another name, ``invented`` a value that is not in the
    text, ``extra`` an entry where nothing is marked.
    """

    arm: str
    document: str
    kind: ErrorKind
    category: str
    start: int | None = None
    end: int | None = None
    script: str = ""
    disguise: str = ""
    difficulty: int | None = None


class Opening(_Part):
    """One opening of the sealed set, as the ledger has it."""

    number: int
    at: str
    digest: str
    finalists: tuple[str, ...]
    reopened: bool


class Spend(_Part):
    """What was spent in a phase, and what was expected; ``replayed`` readings were there before."""

    phase: int
    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    expected_calls: int = 0
    replayed: int = 0


class StudyResult(_Part):
    """A whole study, finished or not.

    ``marks`` stand over every output: ``SIMULATED``, ``SCRIPTED``, ``REPLAYED``, ``TINY``, or none.
    """

    format: Literal[1] = 1
    name: str
    marks: tuple[str, ...] = ()
    begun: str
    ended: str = ""
    versions: Mapping[str, str]
    language: str
    seeds: tuple[int, ...]
    resamples: int
    models: tuple[ModelCard, ...]
    development: Data
    held_out: Data | None = None
    openings: tuple[Opening, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    phases: tuple[Phase, ...] = ()
    errors: tuple[ErrorRow, ...] = ()
    spending: tuple[Spend, ...] = ()
    budget: Mapping[str, float] = {}
    warnings: tuple[str, ...] = ()
    recipe: str = ""
    fingerprint: str = ""

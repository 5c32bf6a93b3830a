"""Which model extracts, and how: a choice that can be told to a worker process."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sekisho.errors import UsageError
from sekisho.extraction.few_shot.examples import Chooser, fixed, similar
from sekisho.extraction.few_shot.similarity import EmbeddingIndex
from sekisho.extraction.prompts import prompts
from sekisho.extraction.reading import How
from sekisho.extraction.runs.extractor import Extractor
from sekisho.extraction.tasks.task import Example, Task
from sekisho.models.configuration import Configuration, read
from sekisho.models.embedding import open_embedder
from sekisho.models.named import NamedModel
from sekisho.models.opening import Ready
from sekisho.models.seam import Description, Origin

__all__ = ["Choice", "Chosen", "Examples", "Shown"]

_EMBEDDINGS = "embeddings:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Which examples a document is shown with: ``count`` of ``pool``, chosen ``by``.

    ``by`` is ``fixed``, ``ngrams`` or ``embeddings:MODEL``. Raises ``UsageError`` for any other.
    """

    pool: tuple[Example, ...] = field(default=(), repr=False)
    count: int = 0
    by: str = "fixed"

    def __post_init__(self) -> None:
        named = self.by.removeprefix(_EMBEDDINGS)
        if self.by not in ("fixed", "ngrams") and (named == self.by or not named):
            raise UsageError(
                f"examples cannot be chosen by {self.by!r}",
                where="--examples-by",
                remedy="use fixed, ngrams or embeddings:MODEL",
            )

    @property
    def used(self) -> bool:
        """Whether a document is shown with any."""
        return bool(self.pool) and self.count > 0

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of all examples."""
        digest = hashlib.sha256()
        for example in self.pool:
            digest.update(example.model_dump_json().encode("utf-8", "surrogatepass") + b"\n")
        return digest.hexdigest()

    async def open(self, configuration: Configuration, *, working: bool) -> Shown:
        """What chooses them, after a model that compares them was asked what it is.

        Only one that is ``working`` compares. Raises ``CloudModelError``, ``UsageError`` and
        ``ModelError``.
        """
        if not self.used:
            return Shown(None)
        if self.by == "fixed":
            return Shown(fixed(self.pool, self.count))
        if self.by == "ngrams":
            return Shown(similar(self.pool, self.count))
        embedder = open_embedder(self.by.removeprefix(_EMBEDDINGS), configuration)
        try:
            digest = (await embedder.describe()).digest
            texts = [example.text for example in self.pool] if working else []
            index = await EmbeddingIndex.of(texts, embedder)
        finally:
            # It is used in another event loop from here on.
            await embedder.aclose()
        return Shown(similar(self.pool, self.count, index), digest, embedder.aclose)


@dataclass(frozen=True, slots=True)
class Shown:
    """What chooses examples; the digest of the model that compares them, and what ends it."""

    chooser: Chooser | None
    digest: str | None = None
    aclose: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(NamedModel):
    """A model, the task that it is given, and how it reads for it.

    What ``how`` says of thinking and of time is replaced by what the configuration says of the
    model.
    """

    task: Task
    how: How = field(default_factory=How)
    examples: Examples = field(default_factory=Examples)

    def open(self, *, working: bool = True, cache_key: bytes | None = None) -> Chosen:
        """The extractor, after the model was asked what it is.

        Only one that is ``working`` keeps and records answers; ``cache_key`` (32 bytes) seals those
        that are kept. Raises ``CloudModelError``, ``UsageError`` and ``ModelError``.
        """
        ready, shown = asyncio.run(self._asked(working=working))
        stated = ready.settings
        how = replace(self.how, thinking_tokens=stated.thinking_tokens, timeout_s=stated.timeout_s)
        model = self.working(ready, cache_key) if working else ready.model
        extractor = Extractor(
            model,
            self.task,
            how,
            shown.chooser,
            digest=ready.description.digest,
            closing=shown.aclose,
        )
        return Chosen(extractor, ready.description, how, self.examples, shown.digest, self.origin())

    async def _asked(self, *, working: bool) -> tuple[Ready, Shown]:
        ready = await self.ready()
        return ready, await self.examples.open(read(self.configuration), working=working)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The extractor, and what a manifest says of it.

    ``compared_by`` is the digest of the model that compares examples, if one does.
    """

    extractor: Extractor
    description: Description
    how: How
    examples: Examples
    compared_by: str | None
    origin: Origin

    def told(self) -> dict[str, Any]:
        """Everything about the reading that its result depends on, for manifest and resume."""
        shown = self.examples
        return {
            "model": self.description.model,
            "digest": self.description.digest,
            "server": self.description.server,
            "origin": str(self.origin),
            "prompts": prompts(self.extractor.task).digest,
            "how": asdict(self.how),
            "examples": {
                "by": shown.by,
                "count": min(shown.count, len(shown.pool)),
                "pool": len(shown.pool),
                "digest": shown.digest,
                "model": self.compared_by,
            }
            if shown.used
            else None,
        }

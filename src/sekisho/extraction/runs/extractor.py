"""What extracts from one document after another: a local model, a task, and examples."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

from sekisho.documents.document import Document
from sekisho.errors import CloudModelError
from sekisho.extraction.reading import How, extract
from sekisho.extraction.results import Extraction
from sekisho.extraction.tasks.task import Example, Task
from sekisho.models.background import Background
from sekisho.models.seam import Locality, Model

__all__ = ["Chooser", "Extractor", "Reading"]

#: As ``sekisho.extraction.reading.extract``.
Reading: TypeAlias = Callable[
    [Model, Document, Task, How, Sequence[Example]], Awaitable[Extraction]
]


class Chooser(Protocol):
    """Chooses the examples that a document is shown with (``few_shot.examples``)."""

    async def choose_async(self, text: str) -> Sequence[Example]:
        """The examples for ``text``, never one that is the text itself."""


class Extractor:
    """Extracts what ``task`` asks for with ``model``, which must be a local one.

    ``digest`` identifies the model's weights, as the model states them. It waits for the model in
    a loop of its own, so several documents can be begun before the first is ended; ``closing`` is
    awaited there when it ends. Raises ``CloudModelError`` for a model in the cloud.
    """

    def __init__(
        self,
        model: Model,
        task: Task,
        how: How | None = None,
        chooser: Chooser | None = None,
        *,
        digest: str = "",
        reading: Reading = extract,
        closing: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        if model.locality is not Locality.LOCAL:
            raise CloudModelError(
                "this model is in the cloud, and a document would be sent to it",
                where=model.name,
                remedy="name a local model",
            )
        self.task = task
        self.digest = digest
        self._model = model
        self._how = how or How()
        self._chooser = chooser
        self._reading = reading
        self._closing = closing
        self._background = Background(self._aclose)

    def begin(self, document: Document) -> Callable[[], Extraction]:
        """Ask the model about ``document`` now, and hear its answer when the result is called.

        The result raises ``ModelError`` when the document has no answer.
        """
        return self._background.begin(self._extract(document))

    def extract(self, document: Document) -> Extraction:
        """What is found in ``document``. Raises ``ModelError`` when it has no answer."""
        return self.begin(document)()

    def close(self) -> None:
        """End what is under way and give connections back."""
        self._background.close()

    async def _aclose(self) -> None:
        await self._model.aclose()
        if self._closing is not None:
            await self._closing()

    async def _extract(self, document: Document) -> Extraction:
        examples: Sequence[Example] = ()
        if self._chooser is not None:
            examples = await self._chooser.choose_async(document.text)
        return await self._reading(self._model, document, self.task, self._how, examples)

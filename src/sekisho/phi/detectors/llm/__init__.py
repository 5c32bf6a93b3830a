"""The llm detector: a local language model reads the report, as one detector among others.

What it names is added to what the others found, where they found nothing (``phi.stack``): a model
may add, never take away. It is slow, so reading is begun for several documents at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sekisho.documents.document import Document, Span
from sekisho.errors import CloudModelError
from sekisho.models.background import Background
from sekisho.models.seam import Locality, Model
from sekisho.phi.detectors.llm.reading import Read, Reading, read

__all__ = ["LlmDetector"]


class LlmDetector:
    """Reads with ``model``, which must be a local one.

    ``digest`` identifies the model's weights, as the model states them. Raises ``CloudModelError``
    for a model in the cloud.
    """

    name = "llm"

    def __init__(self, model: Model, how: Reading | None = None, *, digest: str = "") -> None:
        if model.locality is not Locality.LOCAL:
            raise CloudModelError(
                "this model is in the cloud, and a document would be sent to it",
                where=model.name,
                remedy="name a local model",
            )
        self._model = model
        self._how = how or Reading()
        self.digest = digest
        self._background = Background(model.aclose)

    def begin(self, document: Document) -> Callable[[], Read]:
        """Ask the model about ``document`` now, and hear its answer when the result is called.

        The result raises ``ModelError`` when there is no answer that can be trusted.
        """
        # A language without prompts is told at once.
        self._how.prompts(document.language)
        return self._background.begin(read(self._model, document, self._how))

    def detect(self, document: Document) -> Sequence[Span]:
        """All spans that the model names, each value at all of its occurrences."""
        return self.begin(document)().spans

    def close(self) -> None:
        """End what is under way and give connections back."""
        self._background.close()

"""A model in the cloud as a system of a study: it is told synthetic reports and prompts alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sekisho.evaluation.gold import GoldDocument
from sekisho.optimization.readers import LlmReader
from sekisho.optimization.records import Record
from sekisho.optimization.result import ModelCard
from sekisho.phi.detectors.llm.prompts import Prompts
from sekisho.release.gate import GatedModel

__all__ = ["GatedReader"]


class GatedReader(LlmReader):
    """Reads through the gate; ``opened`` opens it for the texts that it is given."""

    def __init__(
        self,
        opened: Callable[[Sequence[str]], GatedModel],
        card: ModelCard,
        *,
        longest: int,
        thinking_tokens: int,
        timeout_s: float,
        knows: Sequence[GoldDocument],
    ) -> None:
        self._opened = opened
        self._texts = [document.text for document in knows]
        self._gated = opened(self._texts)
        self._former: list[GatedModel] = []
        super().__init__(
            self._gated,
            card,
            longest=longest,
            thinking_tokens=thinking_tokens,
            timeout_s=timeout_s,
        )

    def learn(self, documents: Iterable[GoldDocument]) -> None:
        """Be let out about ``documents`` too."""
        self._texts += [document.text for document in documents]
        self._former.append(self._gated)
        self._gated = self._model = self._opened(self._texts)

    async def read(
        self,
        document: GoldDocument,
        said: Mapping[str, Prompts],
        *,
        language: str,
        seed: int,
        wordings: Sequence[str] = (),
    ) -> Record:
        """See ``Reader.read``. Raises ``CloudModelError`` for a document that is not admitted."""
        # Prompts of the study: shipped, its own, or checked to hold nothing of a document.
        for prompts in said.values():
            self._gated.say(prompts.texts)
        return await super().read(document, said, language=language, seed=seed, wordings=wordings)

    async def aclose(self) -> None:
        """Close every model that was opened."""
        for model in (*self._former, self._gated):
            await model.aclose()

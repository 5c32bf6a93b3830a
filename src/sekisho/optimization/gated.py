"""A model in the cloud as a system of a study: it is told synthetic reports and prompts alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sekisho.errors import CloudModelError
from sekisho.evaluation.gold import GoldDocument
from sekisho.optimization.readers import Asked, LlmReader
from sekisho.optimization.records import Record
from sekisho.optimization.result import ModelCard
from sekisho.release.gate import GatedModel

__all__ = ["GatedReader"]


class GatedReader(LlmReader):
    """Reads through the gate, which ``opened`` opens for texts that somebody calls synthetic."""

    def __init__(
        self,
        opened: Callable[[Sequence[str], str], GatedModel],
        card: ModelCard,
        *,
        longest: int,
        thinking_tokens: int,
        timeout_s: float,
        knows: Sequence[GoldDocument],
        synthetic: str,
    ) -> None:
        self._opened = opened
        self._texts = [document.text for document in knows]
        self._stated_by = [synthetic]
        self._gated = opened(self._texts, synthetic)
        self._former: list[GatedModel] = []
        super().__init__(
            self._gated,
            card,
            longest=longest,
            thinking_tokens=thinking_tokens,
            timeout_s=timeout_s,
        )

    def learn(self, documents: Iterable[GoldDocument], synthetic: str) -> None:
        """Be let out about ``documents`` too.

        Raises ``CloudModelError`` when nobody states of them that they are synthetic: what is
        stated of others does not hold for them.
        """
        if not synthetic.strip():
            raise CloudModelError(
                "nobody states that these reports are synthetic, and this model is in the cloud",
                where=self.card.name,
                remedy="state who says so as data.synthetic, or take a local model",
            )
        self._texts += [document.text for document in documents]
        self._stated_by = list(dict.fromkeys((*self._stated_by, synthetic)))
        self._former.append(self._gated)
        self._gated = self._model = self._opened(self._texts, "; ".join(self._stated_by))

    async def read(self, document: GoldDocument, asked: Asked) -> Record:
        """See ``Reader.read``. Raises ``CloudModelError`` for a document that is not admitted."""
        # Prompts of the study: shipped, its own, or checked to hold nothing of a document.
        for prompts in asked.said.values():
            self._gated.say(prompts.texts)
        return await super().read(document, asked)

    async def aclose(self) -> None:
        """Close every model that was opened."""
        for model in (*self._former, self._gated):
            await model.aclose()

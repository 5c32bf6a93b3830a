"""A model whose answers count only as long as they come from certain weights."""

from __future__ import annotations

from sekisho.errors import ModelAccessError
from sekisho.models.seam import Completion, Model, Request
from sekisho.models.wrapper import Wrapper

__all__ = ["PinnedModel"]


class PinnedModel(Wrapper):
    """``model``, which must be the one with ``digest``: a server may come back with another."""

    def __init__(self, model: Model, digest: str) -> None:
        super().__init__(model)
        self._digest = digest

    async def complete(self, request: Request) -> Completion:
        """See ``Model``. Raises ``ModelAccessError`` for an answer of other weights."""
        completion = await super().complete(request)
        if completion.model != self._digest:
            raise ModelAccessError(
                "the server answered with another model than was chosen",
                where=self.name,
                remedy="see what it serves with: sekisho models check",
            )
        return completion

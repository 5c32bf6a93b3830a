"""Vectors of texts, from an OpenAI-compatible server or from Ollama.

The texts are documents, so only a local server is asked, through the same configuration, transport
and patience as a model that answers. Nothing is cut: a text that is longer than the model reads is
an error, for a vector of its beginning looks like any other.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sekisho.errors import (
    InvalidAnswerError,
    ModelAccessError,
    UsageError,
)
from sekisho.models.configuration import Configuration, ModelSettings, settings
from sekisho.models.failures import unreadable
from sekisho.models.opening import open_local
from sekisho.models.patience import Patient
from sekisho.models.remembered import Remembered
from sekisho.models.seam import Description, Locality, Model
from sekisho.models.stated import amount, mapping
from sekisho.models.transport import Transport, address

__all__ = ["BATCH", "Embedder", "open_embedder"]

#: Texts of one request; some servers take no more.
BATCH = 32
_PATHS = {"openai": "/embeddings", "ollama": "/api/embed"}
#: No model gives a number beyond this, and its square is still one.
_LARGEST = 1e100


def open_embedder(name: str, configuration: Configuration) -> Embedder:
    """The local embedding model that ``name`` means; nothing is contacted yet.

    Raises ``CloudModelError`` when it runs outside, ``UsageError`` when there is no such model, its
    settings are wrong, or its kind gives no vectors.
    """
    chosen = settings(name, configuration)
    if chosen.kind not in _PATHS or chosen.api_version is not None:
        raise UsageError(
            "no vectors can be had from a model of this kind",
            where=name,
            remedy="name a model of kind openai or ollama, such as ollama:bge-m3",
        )
    opened = open_local(name, configuration)
    return Embedder(opened.model, opened.settings)


class Embedder:
    """Gives vectors of texts; made by ``open_embedder``.

    ``model`` is who is asked what it is, ``chosen`` says where and how. An object belongs to one
    event loop until ``aclose``.
    """

    locality = Locality.LOCAL

    def __init__(self, model: Model, chosen: ModelSettings) -> None:
        assert chosen.base_url is not None
        self.name = model.name
        self._model = model
        self._chosen = chosen
        self._url = address(chosen.base_url) + _PATHS[chosen.kind]
        self._transport = Transport(
            chosen.base_url,
            # That the variable is set was seen when the model was opened.
            api_key=os.environ.get(chosen.api_key_env) if chosen.api_key_env else None,
            where=model.name,
            missing="check base_url and the name of the model, and whether it gives vectors "
            "(llama.cpp: --embeddings and a pooling type)",
        )
        self._patience = Patient(
            model,
            in_flight=chosen.in_flight,
            attempts=chosen.attempts,
            first_wait_s=chosen.wait_s,
        )
        self._described = Remembered(model.describe)
        #: Of all vectors so far: the model that gave them, and how many numbers each has.
        self._digest: str | None = None
        self._length: int | None = None

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each of ``texts``, in their order, all of one length and finite.

        Raises ``PromptTooLongError`` when one of them is longer than the model reads,
        ``InvalidAnswerError`` for vectors that are none, ``ModelAccessError`` when the server has
        another model than before, and ``ModelError`` as any model does.
        """
        rows: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            rows += await self._batch(texts[start : start + BATCH])
        return rows

    async def describe(self) -> Description:
        """What the server says of the model. Raises ``ModelError`` when it cannot be asked."""
        return await self._described.ask()

    async def aclose(self) -> None:
        """Gives connections back. The object can be used again, in another event loop too."""
        self._described.forget()
        await self._model.aclose()
        await self._transport.aclose()

    async def _batch(self, texts: Sequence[str]) -> list[list[float]]:
        described = await self._described.get()
        if self._digest not in (None, described.digest):
            raise ModelAccessError(
                "the server has another model than the one that gave the vectors before",
                where=self.name,
                remedy="begin anew, with one model for all vectors",
            )
        self._digest = described.digest
        body = self._body(texts, described)
        with self._described.while_there():
            listed = await self._patience.ask(lambda: self._post(body), self._chosen.timeout_s)
        rows = [_vector(row, self.name) for row in listed]
        if len(rows) != len(texts):
            raise InvalidAnswerError(
                f"the server gave {len(rows)} vectors for {len(texts)} texts", where=self.name
            )
        for row in rows:
            self._length = self._length or len(row)
            if len(row) != self._length:
                raise InvalidAnswerError(
                    "the vectors of one model have different lengths", where=self.name
                )
        return rows

    def _body(self, texts: Sequence[str], described: Description) -> dict[str, Any]:
        if self._chosen.kind == "ollama":
            body = {
                "model": described.model,
                "input": list(texts),
                "truncate": False,
                "options": {"num_ctx": described.context},
            }
            kept = self._chosen.keep_alive
            # A number counts seconds, and only as a number.
            seconds = kept is not None and re.fullmatch("-?[0-9]+", kept)
            return body if kept is None else body | {"keep_alive": int(kept) if seconds else kept}
        body = {"model": described.model, "input": list(texts), "encoding_format": "float"}
        body |= self._chosen.extra
        return {key: value for key, value in body.items() if key not in self._chosen.omit}

    async def _post(self, body: Mapping[str, Any]) -> list[Any]:
        payload = await self._transport.json(
            "POST", self._url, body=body, timeout_s=self._chosen.timeout_s
        )
        return _listed(payload, self.name)


def _listed(payload: object, where: str) -> list[Any]:
    """The rows of an answer, in the order of the texts."""
    stated = mapping(payload)
    rows = stated.get("embeddings")
    if isinstance(rows, list):
        return rows
    data = stated.get("data")
    if not isinstance(data, list) or not all(isinstance(each, dict) for each in data):
        raise unreadable(where, "it holds no vectors")
    places = [amount(each.get("index", at)) for at, each in enumerate(data)]
    if sorted(place for place in places if place is not None) != list(range(len(data))):
        raise unreadable(where, "its vectors are not numbered")
    by_place = dict(zip(places, data, strict=True))
    return [by_place[place].get("embedding") for place in range(len(data))]


def _vector(row: object, where: str) -> list[float]:
    """Raises ``InvalidAnswerError`` for what is empty, nought, or not wholly finite numbers."""
    if not isinstance(row, list) or not row:
        raise InvalidAnswerError("the server gave no vector for a text", where=where)
    if not all(_is_number(each) for each in row):
        raise InvalidAnswerError("a vector holds what is no finite number", where=where)
    if not any(row):
        raise InvalidAnswerError("a vector is nought, and points nowhere", where=where)
    return [float(each) for each in row]


def _is_number(each: object) -> bool:
    # No comparison holds for what is not a number.
    return isinstance(each, int | float) and -_LARGEST <= each <= _LARGEST

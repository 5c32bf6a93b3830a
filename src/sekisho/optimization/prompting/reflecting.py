"""A local model as the one that writes candidates: asked for a better prompt, in plain text.

The question quotes reports, so a model in the cloud is never asked. What it answers is a candidate
like any other: it is checked before anything is measured with it, and an answer that did not come
to its own end is no candidate at all.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sekisho.errors import CloudModelError
from sekisho.models.room import check_room, check_uncut
from sekisho.models.seam import Completion, Finish, Locality, Message, Model, Request

__all__ = ["Finished", "Reflect", "prompt_in", "reflection"]

#: Room for a prompt of some six thousand characters.
_MAX_TOKENS = 6_000
_FENCE = "```"
#: The language that models like to name behind an opening fence.
_SPECIFIER = re.compile("[A-Za-z0-9_+.-]{0,20}[ \t]{0,8}(?:\r\n|\n)")


@dataclass(frozen=True, slots=True)
class Finished:
    """A text that a model wrote, taken out of its fence, and how the answer ended.

    Only with ``Finish.STOP`` it is whole. A fence that was opened and not closed is ``LENGTH``,
    whatever the server says.
    """

    text: str = field(repr=False)
    finish: Finish

    @property
    def whole(self) -> bool:
        """Whether the answer came to its own end."""
        return self.finish is Finish.STOP


Reflect: TypeAlias = Callable[[str], Finished]


def reflection(
    model: Model,
    *,
    max_tokens: int = _MAX_TOKENS,
    thinking_tokens: int = 0,
    temperature: float = 0.7,
    seed: int = 1,
    timeout_s: float = 600.0,
    run: Callable[[Coroutine[Any, Any, Completion]], Completion] = asyncio.run,
) -> Reflect:
    """``model`` as a function from a question (``feedback.reflection_prompt``) to a prompt.

    The n-th question has the seed ``seed`` + n - 1, so that equal questions get other answers, and
    a study that is run again the same ones. ``run`` awaits the answer; give one that uses the event
    loop in which the model is used elsewhere.

    Raises ``CloudModelError`` for a model in the cloud. What is returned raises ``ModelError`` when
    there is no answer, or when the question does not fit the context or was cut.
    """
    if model.locality is not Locality.LOCAL:
        raise CloudModelError(
            "this model is in the cloud, and errors quote the documents they were made in",
            where=model.name,
            remedy="name a local model to write candidates",
        )
    asked = 0

    def reflect(question: str) -> Finished:
        nonlocal asked
        request = Request(
            messages=(Message("user", question),),
            max_tokens=max_tokens,
            thinking_tokens=thinking_tokens,
            temperature=temperature,
            seed=seed + asked,
            timeout_s=timeout_s,
        )
        asked += 1
        completion = run(_asked(model, request))
        text, closed = prompt_in(completion.text)
        if completion.finish is Finish.STOP and not closed:
            return Finished(text, Finish.LENGTH)
        return Finished(text, completion.finish)

    return reflect


def prompt_in(answer: str) -> tuple[str, bool]:
    """The text between the first and the last fence of ``answer``, and whether it is closed.

    Without any fence it is the whole answer. As gepa takes it, but that a first line is dropped
    only when it can be the name of a language: gepa takes any first line without a blank for one,
    and a sentence in Japanese has none.
    """
    first, last = answer.find(_FENCE), answer.rfind(_FENCE)
    if first < 0:
        return answer.strip(), True
    begin = first + len(_FENCE)
    specifier = _SPECIFIER.match(answer, begin)
    if specifier is not None:
        begin = specifier.end()
    if last == first:
        return answer[begin:].strip(), False
    return answer[begin:last].strip(), True


async def _asked(model: Model, request: Request) -> Completion:
    counted = await check_room(model, request)
    completion = await model.complete(request)
    check_uncut(request, completion, counted, model.abilities.context)
    return completion

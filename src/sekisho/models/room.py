"""Room in a model's context: a prompt that does not fit is an error, and so is one that was cut.

Some servers drop the beginning of a prompt that is too long, or whole turns of it, and answer as
if nothing had happened. An answer to half a report looks like any other, so it is told by its
tokens: those counted before, or those that the prompt must have at the least.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

from sekisho.errors import PromptTooLongError
from sekisho.models.seam import Completion, Model, Request

__all__ = ["check_room", "check_uncut", "fewest_tokens", "wider"]

#: What a count may differ by from the server's own: chat templates add a few tokens.
_SLACK_SHARE = 0.02
_SLACK_TOKENS = 8
_LONGEST_TOKEN = 12
_LONGEST_CJK_TOKEN = 6
#: Kana, Han, Hangul, their compatibility, half-width and full-width forms, and the planes of rare
#: Han characters.
_CJK = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    "\U00020000-\U0003ffff]"
)
_BLANKS = re.compile("[ \t\r\n\v\f\x85\xa0\u2000-\u200a\u2028\u2029\u3000]+")
_REPEATED = re.compile(r"(.)\1+")


async def check_room(model: Model, request: Request) -> int | None:
    """Tokens of the prompt, None where the server does not count.

    Raises ``PromptTooLongError``, before anything is asked, when prompt, thinking and answer do
    not fit the context together; ``ModelError`` when the server cannot be asked.
    """
    counted = await model.count(request)
    context = model.abilities.context
    room = request.max_tokens + request.thinking_tokens
    if counted is not None and context is not None and counted + room > context:
        raise PromptTooLongError(
            f"the prompt has {counted} tokens and the answer needs room for {room}, "
            f"but the context holds {context}",
            where=model.name,
            remedy="give the model more context, or shorter documents",
        )
    return counted


def check_uncut(
    request: Request, completion: Completion, counted: int | None, context: int | None
) -> None:
    """Raise ``PromptTooLongError`` when the server cannot have read the whole prompt.

    ``counted`` is what ``check_room`` gave. Nothing is known of a prompt whose tokens the server
    does not report.
    """
    read = completion.usage.prompt
    if read is None:
        return
    if counted is not None:
        least = math.floor(counted * (1 - _SLACK_SHARE)) - _SLACK_TOKENS
    else:
        least = fewest_tokens(request)
        written = completion.usage.answer or 0
        if context is not None and read + written >= context:
            raise PromptTooLongError(
                f"the prompt ({read} tokens) and the answer ({written}) fill the context "
                f"({context}), so the prompt may have been cut",
                remedy="give the model more context, or shorter documents",
            )
    if read < least:
        raise PromptTooLongError(
            f"the server read {read} tokens of a prompt that has {least} or more: it was cut",
            remedy="give the model more context, or shorter documents",
        )


def fewest_tokens(request: Request) -> int:
    """A number of tokens that the prompt of ``request`` has at the very least.

    One for 12 characters, and one for 6 that are Chinese, Japanese or Korean. Vocabularies hold
    longer tokens than these, but no running text is made of them: English has 4 to 5 characters a
    token in the vocabularies of current models, and Japanese 1 to 2.5, in those trained for
    Japanese too. What single tokens do cover at length, blanks and one character again and again,
    counts as one character. So the bound is about a third of what a text really has: it finds a
    prompt of which most is missing, and hardly ever blames a whole one.
    """
    text = "\n".join(message.content for message in request.messages)
    text = _REPEATED.sub(r"\1", _BLANKS.sub(" ", text))
    cjk = len(_CJK.findall(text))
    return (len(text) - cjk) // _LONGEST_TOKEN + cjk // _LONGEST_CJK_TOKEN


def wider(
    request: Request, completion: Completion, counted: int | None, context: int | None
) -> Request | None:
    """``request`` with twice the room, or what the context has; None when it has no more."""
    prompt = completion.usage.prompt if counted is None else counted
    room = request.max_tokens + request.thinking_tokens
    most = 2 * room
    if context is not None and prompt is not None:
        most = min(most, context - prompt)
    if most <= room:
        return None
    thinking = request.thinking_tokens * most // room
    return replace(request, max_tokens=most - thinking, thinking_tokens=thinking)

"""Thinking told apart from the answer, where a server leaves both in one text.

A thought is never an answer: what stands in a tag that is not closed is thinking to its end, and
the answer is then empty. Only the beginning of a text is looked at, for the answer may quote a
document, and a document may hold anything, these tags too.
"""

from __future__ import annotations

import json
import re

__all__ = ["split_thinking"]

#: Opening and closing tags as models write them: DeepSeek, Qwen and most others; prompted models;
#: Magistral; Seed-OSS; Kimi; Command A.
_CLOSING = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "[THINK]": "[/THINK]",
    "<seed:think>": "</seed:think>",
    "◁think▷": "◁/think▷",
    "<|START_THINKING|>": "<|END_THINKING|>",
}
_OPENING = re.compile("[ \t\r\n\u3000]*(" + "|".join(map(re.escape, _CLOSING)) + ")")
#: The head of a message in the harmony format of gpt-oss: a channel, perhaps a recipient and a
#: content type, then the body.
_HARMONY_HEAD = re.compile(
    r"[ \t\r\n]{0,8}(?:<\|start\|>assistant)?<\|channel\|>([a-z]{1,20})[^<]{0,80}"
    r"(?:<\|constrain\|>[^<]{0,40})?<\|message\|>"
)
_HARMONY_END = re.compile(r"<\|(?:end|return|call)\|>|(?=<\|start\|>)")
_ANSWER_BEGINS = ("{", "[", "```")


def split_thinking(text: str) -> tuple[str, str]:
    """``text`` as (thinking, answer), both without blanks at their ends.

    A text without thinking comes back as it is. A closing tag that nothing opened ends thinking
    too, for some chat templates open the tag in the prompt; but not one that stands within JSON,
    or behind the beginning of JSON that cannot be read: that is an answer, and perhaps a bad one.
    Time grows linearly with the text.
    """
    if _HARMONY_HEAD.match(text):
        return _split_harmony(text)
    thoughts, at = _opened(text)
    if not thoughts:
        unopened = _unopened(text)
        if unopened is None:
            return "", text
        thoughts, at = unopened
    return _joined(thoughts), text[at:].strip()


def _opened(text: str) -> tuple[list[str], int]:
    """The thoughts in whole tags at the beginning of ``text``, and where they end."""
    thoughts: list[str] = []
    at = 0
    while (opening := _OPENING.match(text, at)) is not None:
        closing = _CLOSING[opening[1]]
        end = text.find(closing, opening.end())
        if end < 0:
            return [*thoughts, text[opening.end() :]], len(text)
        thoughts.append(text[opening.end() : end])
        at = end + len(closing)
    return thoughts, at


def _unopened(text: str) -> tuple[list[str], int] | None:
    """The thought before the first closing tag that counts, and where that tag ends."""
    begin = _answer_end(text)
    if begin is None:
        return None
    found = [
        (at, opening, closing)
        for opening, closing in _CLOSING.items()
        if (at := text.find(closing, begin)) >= 0
    ]
    if not found:
        return None
    at, opening, closing = min(found)
    if text.find(opening, 0, at) >= 0:
        return None
    return [text[:at]], at + len(closing)


def _joined(thoughts: list[str]) -> str:
    return "\n\n".join(filter(None, (thought.strip() for thought in thoughts)))


def _answer_end(text: str) -> int | None:
    """Where JSON at the beginning of ``text`` ends, 0 without any, None when it cannot be read."""
    bare = text.lstrip()
    if not bare.startswith(_ANSWER_BEGINS):
        return 0
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(bare)
    except (ValueError, RecursionError):
        return None
    return len(text) - len(bare) + end


def _split_harmony(text: str) -> tuple[str, str]:
    """Messages of all channels but ``final`` are thinking; that one is the answer, to its end."""
    thoughts: list[str] = []
    at = 0
    while (head := _HARMONY_HEAD.match(text, at)) is not None:
        if head[1] == "final":
            answer = text[head.end() :].strip()
            for mark in ("<|return|>", "<|end|>"):
                answer = answer.removesuffix(mark)
            return _joined(thoughts), answer.strip()
        end = _HARMONY_END.search(text, head.end())
        if end is None:
            return _joined([*thoughts, text[head.end() :]]), ""
        thoughts.append(text[head.end() : end.start()])
        at = end.end()
    # What follows is no message, so nothing says that it is the answer.
    return _joined([*thoughts, text[at:]]), ""

"""What a model is told about a task: the static part first, then examples, then the document.

The words are files: ``prompts/LANGUAGE/extract.txt`` is the frame of the static part,
``turns.toml`` holds how fields are told and what is said of a bad answer. The static part is the
same for all documents of a run, so that a server reads it once.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sekisho.extraction.answers.answer_form import is_written
from sekisho.extraction.answers.troubles import Trouble
from sekisho.extraction.tasks.task import (
    LONGEST_QUOTE,
    AnyOfField,
    EnumField,
    IntegerField,
    ListField,
    NumberField,
    ObjectField,
    SpansField,
    StringField,
    Task,
)
from sekisho.models.prompt_files import fill, said

__all__ = ["Prompts", "prompts", "prompts_document", "translation_prompt"]

_FOLDER = Path(__file__).with_name("prompts")
_LANGUAGE_NAMES = {"ja": "Japanese", "nl": "Dutch", "en": "English"}
#: Bounds as wide as the default say nothing.
_LIMIT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Prompts:
    """What is said for one task; ``system`` stays the same, the rest is for ``fill``."""

    system: str
    turns: Mapping[str, Any] = field(repr=False)

    def document(self, text: str, at: int = 1, of: int = 1) -> str:
        """The turn that shows a document, or the part ``at`` of ``of`` of it."""
        if of == 1:
            return fill(self.turns["document"], text=text)
        return fill(self.turns["part"], text=text, at=str(at), of=str(of))

    @property
    def invalid(self) -> str:
        """What is said of an answer that does not have the form, with ``{problem}`` in it."""
        return str(self.turns["again"]["invalid"])

    def problems(self, troubles: Sequence[Trouble]) -> str:
        """What is said of an answer in which ``troubles`` were found."""
        lines = [
            fill(self.turns["problem"][each.code], place=each.place, shown=each.shown)
            for each in troubles
        ]
        return fill(self.turns["again"]["problems"], problems="\n".join(dict.fromkeys(lines)))

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of everything that is said."""
        whole = self.system + json.dumps(self.turns, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(whole.encode()).hexdigest()


def prompts(task: Task) -> Prompts:
    """The prompts of ``task``, in its language."""
    turns = _turns(task.language)
    quoted = any(task.needs_evidence(name) for name in task.fields)
    evidence = [turns["reasoning"]] if task.reasoning else []
    if quoted:
        evidence.append(fill(turns["evidence"], longest=str(LONGEST_QUOTE)))
    rules = "\n".join(f"- {rule.message or rule.holds}" for rule in task.rules)
    lines: list[str] = []
    for name, each in task.fields.items():
        lines += _told(turns, name, each, quoted=task.needs_evidence(name), depth=0)
    system = fill(
        _frame(task.language),
        instruction=task.instruction.strip(),
        fields="\n".join(lines),
        rules=fill(turns["rules"], rules=rules) if rules else "",
        evidence="\n".join(evidence),
    )
    return Prompts(system.strip(), turns)


def prompts_document(language: str, text: str) -> str:
    """The turn that shows a document, apart from any task."""
    return fill(_turns(language)["document"], text=text)


def translation_prompt(language: str) -> str:
    """What asks for a translation into English from ``language``."""
    frame = said(_FOLDER / "translate.txt")
    return fill(frame, language=_LANGUAGE_NAMES[language])


@cache
def _frame(language: str) -> str:
    return said(_FOLDER / language / "extract.txt")


@cache
def _turns(language: str) -> Mapping[str, Any]:
    text = (_FOLDER / language / "turns.toml").read_text(encoding="utf-8")
    turns: dict[str, Any] = tomllib.loads(text)
    del turns["source"]
    return turns


def _told(
    turns: Mapping[str, Any], name: str, spec: AnyOfField, *, quoted: bool, depth: int
) -> Iterator[str]:
    """The lines that tell the model of a field, nested ones below it."""
    line = fill(
        turns["field"]["line"],
        name=name,
        type=_type(turns, spec, quoted=quoted),
        description=spec.description.strip(),
    )
    if spec.required:
        line = f"{line.rstrip()} [{turns['field']['required']}]"
    yield "  " * depth + line.rstrip()
    for value, meaning in _choices(spec):
        yield "  " * (depth + 1) + f"- {value}" + (f": {meaning}" if meaning else "")
    inner = spec.item if isinstance(spec, ListField) else spec
    if isinstance(inner, ObjectField):
        for each, its in inner.fields.items():
            yield from _told(turns, each, its, quoted=quoted, depth=depth + 1)
    elif isinstance(spec, ListField):
        for value, meaning in _choices(inner):
            yield "  " * (depth + 1) + f"- {value}" + (f": {meaning}" if meaning else "")


def _choices(spec: AnyOfField) -> list[tuple[str, str]]:
    if isinstance(spec, EnumField):
        choices = [(each.value, each.description) for each in spec.values]
        return [(json.dumps(value, ensure_ascii=False), told) for value, told in choices]
    if isinstance(spec, SpansField):
        return [
            (json.dumps(label, ensure_ascii=False), told) for label, told in spec.labels.items()
        ]
    return []


def _type(turns: Mapping[str, Any], spec: AnyOfField, *, quoted: bool) -> str:
    words = turns["type"]
    if isinstance(spec, ListField):
        inner = spec.item
        if isinstance(inner, ObjectField):
            return f"{words['list']}; {turns['field']['nested']}"
        return f"{words['list']}: {_type(turns, inner, quoted=quoted)}"
    kind = "verbatim" if isinstance(spec, StringField) and spec.verbatim else spec.type
    parts = [str(words[kind])]
    if isinstance(spec, NumberField) and spec.unit and not is_written(spec, quoted=quoted):
        parts.append(fill(words["unit"], unit=spec.unit))
    if isinstance(spec, NumberField | IntegerField) and not is_written(spec, quoted=quoted):
        low, high = spec.minimum, spec.maximum
        if low > -_LIMIT or high < _LIMIT:
            parts.append(fill(words["bounds"], minimum=f"{low:g}", maximum=f"{high:g}"))
    return ", ".join(parts)

"""The built-in editor: errors call for rules, and one rule at a time goes into the prompt.

It asks no model, so it cannot copy a document, cannot be cut and costs nothing; it is what a study
uses where gepa is not installed or not asked for. Wada et al. (Sci Rep 16, 5910, 2026) made their
model-specific prompts by hand in this way: what Mistral missed (ten ways to write a time, names in
kana, a time behind a date) and what EZO mixed and guessed became sentences of its prompt.

Everything here is pure. Rules stand in a section of their own, in the order of the library, so the
same rules over the same prompt are the same text, whatever way led there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sekisho.optimization.prompting.error_table import ErrorRow, ErrorTable
from sekisho.optimization.prompting.rulebook import Rule, Rulebook, rulebook

__all__ = ["Candidate", "compose", "propose", "strip"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A prompt with rules in it: ``text`` is ``base`` with ``rules`` in its section.

    ``added`` is the rule that is new in it (empty: none), ``reason`` the errors that called for it,
    in words without any text of a document.
    """

    text: str = field(repr=False)
    base: str = field(repr=False)
    language: str
    rules: tuple[str, ...]
    added: str = ""
    reason: str = ""

    def without(self, rule: str) -> Candidate:
        """The same prompt less ``rule``, to see what the rule is worth.

        Raises ``UsageError`` for a rule that the library does not have.
        """
        rulebook(self.language).rule(rule)
        rules = tuple(id for id in self.rules if id != rule)
        return Candidate(
            text=compose(self.base, rules, language=self.language),
            base=self.base,
            language=self.language,
            rules=rules,
            reason=f"without {rule}",
        )


def propose(
    prompt: str, table: ErrorTable, *, language: str, tried: Collection[str] = frozenset()
) -> Candidate | None:
    """``prompt`` with the one rule more that its costliest errors call for.

    Each row of ``table`` speaks for the rule that fits it best among those that are neither in the
    prompt nor in ``tried``; the rule with the highest cost behind it is taken, of equal ones the
    first of the library. None when no error is left that a rule answers. Raises ``UsageError`` for
    a language without rules.
    """
    book = rulebook(language)
    base, present = strip(prompt, language=language)
    left = [rule for rule in book if rule.id not in tried and rule.id not in present]
    speaking: dict[str, list[ErrorRow]] = defaultdict(list)
    for row in table.rows:
        best = _fitting(left, row)
        if best is not None:
            speaking[best.id].append(row)
    if not speaking:
        return None
    # The sort is stable, so that of equal costs the order of the library decides.
    ranked = sorted(
        (rule for rule in left if rule.id in speaking),
        key=lambda rule: -sum(row.cost for row in speaking[rule.id]),
    )
    chosen = ranked[0].id
    rules = _ordered(book, (*present, chosen))
    return Candidate(
        text=compose(base, rules, language=language),
        base=base,
        language=language,
        rules=rules,
        added=chosen,
        reason="; ".join(row.told for row in speaking[chosen][:3]),
    )


def compose(base: str, rules: Iterable[str], *, language: str) -> str:
    """``base`` with ``rules`` in a section before its answer section, at the end without one.

    The order and the repetition of ``rules`` do not matter; without rules it is ``base``. Raises
    ``UsageError`` for a rule that the library does not have.
    """
    book = rulebook(language)
    chosen = _ordered(book, rules)
    if not chosen:
        return base
    section = _section(book, chosen)
    at = _answer_at(book, base)
    if at is None:
        return f"{base}\n\n{section}"
    return f"{base[:at]}{section}\n\n{base[at:]}"


def strip(prompt: str, *, language: str) -> tuple[str, tuple[str, ...]]:
    """``prompt`` without the section of rules, and the ids of those that stood in it.

    The inverse of ``compose``. A section that holds anything but rules of the library, as they
    stand there, is no section of the editor and stays.
    """
    book = rulebook(language)
    known = {book.line(rule): rule.id for rule in book}
    start = 0
    while (start := prompt.find(book.heading, start)) >= 0:
        found: list[str] = []
        end = start + len(book.heading)
        while (line := _line_after(prompt, end)) in known:
            found.append(known[line])
            end += 1 + len(line)
        rules = _ordered(book, found)
        if found and prompt[start:end] == _section(book, rules):
            base = _cut(prompt, start, end)
            if base is not None and compose(base, rules, language=language) == prompt:
                return base, rules
        start += len(book.heading)
    return prompt, ()


def _fitting(rules: Iterable[Rule], row: ErrorRow) -> Rule | None:
    """The rule that answers ``row`` most narrowly, the first of the library among equals."""
    answering = [rule for rule in rules if rule.answers(row)]
    return max(answering, key=lambda rule: rule.narrowness, default=None)


def _ordered(book: Rulebook, ids: Iterable[str]) -> tuple[str, ...]:
    wanted = {book.rule(id).id for id in ids}
    return tuple(rule.id for rule in book if rule.id in wanted)


def _section(book: Rulebook, rules: Iterable[str]) -> str:
    return "\n".join((book.heading, *(book.line(book.rule(id)) for id in rules)))


def _answer_at(book: Rulebook, base: str) -> int | None:
    """Where the first line begins that the rules stand before."""
    at = 0
    for line in base.split("\n"):
        if line.startswith(book.before):
            return at
        at += len(line) + 1
    return None


def _line_after(prompt: str, at: int) -> str:
    """The line that begins behind the line end at ``at``; empty where there is none."""
    if not prompt.startswith("\n", at):
        return ""
    end = prompt.find("\n", at + 1)
    return prompt[at + 1 :] if end < 0 else prompt[at + 1 : end]


def _cut(prompt: str, start: int, end: int) -> str | None:
    """``prompt`` without its section and the blank line that came with it."""
    if end == len(prompt):
        before = prompt[:start]
        return before.removesuffix("\n\n") if before.endswith("\n\n") else None
    if not prompt.startswith("\n\n", end):
        return None
    return prompt[:start] + prompt[end + 2 :]

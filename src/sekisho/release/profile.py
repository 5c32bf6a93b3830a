"""Profiles: what becomes of each category under one law or rule, stated in a TOML file.

A profile names every one of the seventeen categories; what it forgets is an error when it is
loaded, never a category that slips through. A user's own file may build on another with
``extends``, the name of a built-in profile or a path beside it; what it states replaces the rule
of that category as a whole.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sekisho.errors import ReleaseError, UsageError
from sekisho.phi.categories import Category
from sekisho.release.transforms import Numbering, check_action, problems

__all__ = ["Profile", "Rule", "Title", "builtin_profiles", "load_profile"]

#: Actions whose result depends on the key: with it, they can be computed again from the original,
#: so a profile that must leave no way back may not use them.
_KEYED = frozenset({"pseudonym", "surrogate", "dateshift"})

_STRICT = ConfigDict(extra="forbid", frozen=True)


class Title(BaseModel):
    """The name of a profile for people."""

    model_config = _STRICT

    ja: str
    en: str


class Rule(BaseModel):
    """What becomes of one category: an action and, beside it in the file, its options."""

    model_config = _STRICT

    action: str
    options: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and "options" not in value:
            rest = {key: item for key, item in value.items() if key != "action"}
            return {"action": value.get("action"), "options": rest}
        return value


class Profile(BaseModel):
    """A complete set of rules.

    ``basis`` is the law or rule with its article. ``reversible`` false means that nothing may be
    stored from which an original could be restored. ``language`` is the language of tags.
    """

    model_config = _STRICT

    name: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,63}$")
    title: Title
    basis: str = Field(min_length=1)
    reversible: bool
    language: Literal["ja", "en", "nl"] = "ja"
    numbering: Numbering = "document"
    categories: dict[Category, Rule]

    @model_validator(mode="after")
    def _complete(self) -> Profile:
        missing = [category for category in Category if category not in self.categories]
        if missing:
            raise ValueError(f"no rule for {', '.join(missing)}")
        if not self.reversible:
            keyed = {rule.action for rule in self.categories.values()} & _KEYED
            if keyed or self.numbering == "keyed":
                what = ", ".join(sorted(keyed)) or "numbering"
                raise ValueError(f"an irreversible profile may not be keyed: {what}")
        return self

    def rule(self, category: str) -> Rule:
        """The rule for ``category``; raises ``ReleaseError`` when there is none."""
        for known, rule in self.categories.items():
            if known == category:
                return rule
        raise ReleaseError(f"the profile {self.name} says nothing about {category!r}")

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that the profile states, in hex: the same rules have the same digest."""
        stated = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(stated.encode("ascii")).hexdigest()


def builtin_profiles() -> tuple[str, ...]:
    """The names of the profiles that come with sekisho, sorted."""
    folder = files("sekisho.release") / "profiles"
    return tuple(
        sorted(
            entry.name.removesuffix(".toml")
            for entry in folder.iterdir()
            if entry.name.endswith(".toml")
        )
    )


def _read(source: str, beside: Path | None) -> tuple[str, dict[str, Any], Path | None]:
    """The stated table of a built-in name or a path, its label, and its folder."""
    if not source.endswith(".toml"):
        if source not in builtin_profiles():
            raise UsageError(
                f"no profile is called {source!r}",
                remedy=f"known: {', '.join(builtin_profiles())}, or a path that ends in .toml",
            )
        entry = files("sekisho.release") / "profiles" / f"{source}.toml"
        return source, tomllib.loads(entry.read_text(encoding="utf-8")), None
    path = (beside / source if beside else Path(source)).resolve()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"is no TOML in UTF-8: {error}", where=str(path)) from None
    return str(path), table, path.parent


def _stated(source: str, beside: Path | None, seen: tuple[str, ...]) -> dict[str, Any]:
    label, table, folder = _read(source, beside)
    if label in seen:
        raise UsageError("extends itself", where=label)
    parent = table.pop("extends", None)
    if parent is None:
        return table
    if not isinstance(parent, str):
        raise UsageError("extends: must be the name or the path of a profile", where=label)
    base = _stated(parent, folder, (*seen, label))
    rules = table.pop("categories", {})
    if not isinstance(rules, dict):
        raise UsageError("categories: must be a table", where=label)
    return {**base, **table, "categories": {**base.get("categories", {}), **rules}}


def load_profile(source: str | Path) -> Profile:
    """The profile of that built-in name, or in the file of that path (which ends in ``.toml``).

    Raises ``UsageError`` for an unknown name, an unreadable file, an unknown field, category,
    action or option, and for a category without a rule.
    """
    label = str(source)
    try:
        profile = Profile.model_validate(_stated(label, None, ()))
    except ValidationError as error:
        raise UsageError(problems(error), where=label) from None
    for category, rule in profile.categories.items():
        try:
            check_action(rule.action, category, rule.options)
        except UsageError as error:
            raise UsageError(error.message, where=label, remedy=error.remedy) from None
    return profile

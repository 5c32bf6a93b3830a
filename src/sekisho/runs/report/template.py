"""What all pages share: the template engine, labels in one or two languages, the style sheet."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from sekisho.errors import UsageError

__all__ = ["LANGUAGES", "Labels", "drawn", "resource", "style", "template"]

#: What a page can be labelled in; the first of two leads, the second is its caption.
LANGUAGES = ("ja+en", "ja", "en")

#: Control characters are drawn as pictures (U+2400..): an invisible one is worth seeing. Halves of
#: surrogate pairs cannot be written as UTF-8 and become U+FFFD.
_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"} | {
    0x7F: 0x2421,
    **dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000)], 0xFFFD),
}


@dataclass(frozen=True)
class Labels:
    """The labels of a page: ``known`` by kind and key, shown in ``languages``."""

    known: Mapping[str, Mapping[str, Mapping[str, Any]]]
    languages: tuple[str, ...]

    @classmethod
    def read(cls, package: str, lang: str) -> Labels:
        """``labels.toml`` of ``package``. Raises ``UsageError`` when ``lang`` is not known."""
        if lang not in LANGUAGES:
            raise UsageError(
                f"a report cannot be labelled in {lang!r}", remedy=f"known: {', '.join(LANGUAGES)}"
            )
        return cls(_read(package), tuple(lang.split("+")))

    def plain(self, kind: str, key: str) -> str:
        """The label as text, in all languages; the key itself where there is none."""
        return " ".join(self._words(kind, key))

    def marked(self, kind: str, key: str) -> Markup:
        """The label, with that of the second language as its caption."""
        first, *captions = self._words(kind, key)
        label = Markup("{}").format(first)
        for caption in captions:
            label += Markup('<span class="en" lang="en">{}</span>').format(caption)
        return label

    def first_of(self, some: int, all: int) -> str:
        """That ``some`` of ``all`` are shown."""
        said = {"ja": f"全{all:,}件のうち{some:,}件を表示", "en": f"{some:,} of {all:,} shown"}
        return " · ".join(said[language] for language in self.languages)

    def _words(self, kind: str, key: str) -> list[str]:
        known = self.known[kind].get(key)
        words = [str(known[language]) for language in self.languages] if known else [key]
        return list(dict.fromkeys(words))


@cache
def template(package: str) -> Template:
    """``page.html.jinja`` of ``package``; every value that it is given is escaped."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["thousands"] = lambda number: f"{number:,.0f}"
    environment.filters["duration"] = _duration
    return environment.from_string(resource(package, "page.html.jinja"))


def style(*more: str) -> Markup:
    """The style sheet of all pages, and ``more`` behind it."""
    return Markup("\n".join([resource(__package__, "report.css"), *more]))


def drawn(page: str) -> str:
    """``page`` as it is written: what cannot be seen or written in it is drawn."""
    return page.translate(_PICTURES).strip() + "\n"


def resource(package: str, name: str) -> str:
    """The text of the file ``name`` beside the code of ``package``."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


@cache
def _read(package: str) -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads(resource(package, "labels.toml"))


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"

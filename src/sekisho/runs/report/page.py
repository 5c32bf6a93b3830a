"""One HTML page about a run, self-contained: it opens from a disk without any network.

The page loads nothing and runs nothing: no script, no link, no font file, and a content security
policy that forbids them should one ever slip in. Every value is escaped.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from sekisho.errors import UsageError
from sekisho.runs.report.model import RunSummary

__all__ = ["LANGUAGES", "render"]

#: What ``render`` can label the page in; the first of two leads, the second is its caption.
LANGUAGES = ("ja+en", "ja", "en")

#: Control characters are drawn as pictures (U+2400..): an invisible one is worth seeing. Halves of
#: surrogate pairs cannot be written as UTF-8 and become U+FFFD.
_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"} | {
    0x7F: 0x2421,
    **dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000)], 0xFFFD),
}
_NEUTRAL_HUE = 220


def render(summary: RunSummary, lang: str = "ja+en") -> str:
    """The page of ``summary``; original texts are in it only when ``summary.documents`` is given.

    Raises ``UsageError`` for a ``lang`` that is none of ``LANGUAGES``.
    """
    if lang not in LANGUAGES:
        raise UsageError(
            f"a report cannot be labelled in {lang!r}", remedy=f"known: {', '.join(LANGUAGES)}"
        )
    languages = lang.split("+")
    most = max((row.found for row in summary.categories), default=0)
    shown = (
        segment.category
        for view in summary.documents or ()
        for segment in (*view.original, *view.released)
    )
    names = {name for name in shown if name is not None}
    known = list(_labels()["category"])
    page = _template().render(
        run=summary,
        languages=languages,
        css=Markup(_resource("report.css")),
        label=lambda kind, key: _label(kind, key, languages),
        plain=lambda kind, key: " ".join(_words(kind, key, languages)),
        first_of=lambda some, all: _first_of(some, all, languages),
        hue=_hue,
        share=lambda found: round(100 * found / most, 1) if most else 0,
        seen=[name for name in known if name in names] + sorted(names.difference(known)),
    )
    return page.translate(_PICTURES).strip() + "\n"


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["thousands"] = lambda number: f"{number:,.0f}"
    environment.filters["duration"] = _duration
    return environment.from_string(_resource("page.html.jinja"))


@cache
def _labels() -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads(_resource("labels.toml"))


def _resource(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _words(kind: str, key: str, languages: list[str]) -> list[str]:
    known = _labels()[kind].get(key)
    words = [str(known[language]) for language in languages] if known else [key]
    return list(dict.fromkeys(words))


def _label(kind: str, key: str, languages: list[str]) -> Markup:
    first, *captions = _words(kind, key, languages)
    label = Markup("{}").format(first)
    for caption in captions:
        label += Markup('<span class="en" lang="en">{}</span>').format(caption)
    return label


def _first_of(some: int, all: int, languages: list[str]) -> str:
    said = {"ja": f"全{all:,}件のうち{some:,}件を表示", "en": f"{some:,} of {all:,} shown"}
    return " · ".join(said[language] for language in languages)


def _hue(category: str) -> int:
    known = _labels()["category"].get(category)
    return int(known["hue"]) if known else _NEUTRAL_HUE


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"

"""The page as HTML: no script, no link to anywhere else, every value escaped."""

from __future__ import annotations

from sekisho.extraction.page.model import Page
from sekisho.runs.report.template import Labels, drawn, resource, style, template

__all__ = ["render"]

#: Degrees between the colours of neighbouring fields: the golden angle, so that none come close.
_STEP = 137.508
_FIRST_HUE = 205.0


def render(page: Page, lang: str = "ja+en") -> str:
    """The HTML of ``page``. Raises ``UsageError`` for a ``lang`` that is not known."""
    labels = Labels.read(__package__, lang)
    hues = {
        field.name: round((_FIRST_HUE + _STEP * at) % 360) for at, field in enumerate(page.fields)
    }
    html = template(__package__).render(
        run=page,
        languages=labels.languages,
        css=style(resource(__package__, "page.css")),
        label=labels.marked,
        plain=labels.plain,
        first_of=labels.first_of,
        hue=lambda name: hues.get(name, round(_FIRST_HUE)),
        number={field.name: at for at, field in enumerate(page.fields, start=1)},
    )
    return drawn(html)

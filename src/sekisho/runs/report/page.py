"""One HTML page about a run, self-contained: it opens from a disk without any network.

The page loads nothing and runs nothing: no script, no link, no font file, and a content security
policy that forbids them should one ever slip in. Every value is escaped.
"""

from __future__ import annotations

from sekisho.runs.report.model import RunSummary
from sekisho.runs.report.template import LANGUAGES, Labels, drawn, style, template

__all__ = ["LANGUAGES", "render"]

_NEUTRAL_HUE = 220


def render(summary: RunSummary, lang: str = "ja+en") -> str:
    """The page of ``summary``; original texts are in it only when ``summary.documents`` is given.

    Raises ``UsageError`` for a ``lang`` that is none of ``LANGUAGES``.
    """
    labels = Labels.read(__package__, lang)
    most = max((row.found for row in summary.categories), default=0)
    shown = (
        segment.category
        for view in summary.documents or ()
        for segment in (*view.original, *view.released)
    )
    names = {name for name in shown if name is not None}
    known = labels.known["category"]

    def hue(category: str) -> int:
        return int(known[category]["hue"]) if category in known else _NEUTRAL_HUE

    page = template(__package__).render(
        run=summary,
        languages=labels.languages,
        css=style(),
        label=labels.marked,
        plain=labels.plain,
        first_of=labels.first_of,
        hue=hue,
        share=lambda found: round(100 * found / most, 1) if most else 0,
        seen=[name for name in known if name in names] + sorted(names.difference(known)),
    )
    return drawn(page)

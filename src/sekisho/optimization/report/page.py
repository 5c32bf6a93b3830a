"""One HTML page about a study, self-contained: it opens from a disk without any network.

The page loads nothing and runs nothing: no script, no font file, and a content security policy that
forbids them should one ever slip in. Plots are SVG within it. Every value is escaped. The marks of
a study of stand-in or tiny models stand over the page and beside each heading, table and plot.
"""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from sekisho.optimization.report import wording
from sekisho.optimization.report.cuts import cut_plot
from sekisho.optimization.report.errors import KINDS, arm_errors, documents
from sekisho.optimization.report.evolution import Evolution, evolution
from sekisho.optimization.report.evolution_plot import evolution_plot
from sekisho.optimization.report.parts import FEW, parts
from sekisho.optimization.report.parts import KINDS as PARTS
from sekisho.optimization.report.ranking import SETS, Board, all_arms, boards, chosen_in
from sekisho.optimization.report.spending import spending
from sekisho.optimization.report.tradeoff import points, tradeoff_plot
from sekisho.optimization.result import ArmResult, Phase, StudyResult
from sekisho.runs.report.template import Labels, drawn, resource, style, template

__all__ = ["render"]

_PHASES = 5
_CATEGORIES = "sekisho.runs.report"
_NEUTRAL_HUE = 220


def render(
    result: StudyResult, *, language: str = "ja+en", texts: Mapping[str, str] | None = None
) -> str:
    """The page of ``result``; ``texts`` are those of the documents by their ids.

    With ``texts`` the page holds identifiers, and says so. Raises ``UsageError`` for a
    ``language`` that is none of ``LANGUAGES``.
    """
    own = Labels.read(__package__, language)
    shared = Labels.read(_CATEGORIES, language)
    labels = Labels({**own.known, "category": shared.known["category"]}, own.languages)
    view = _View(result, labels)
    table, way = boards(result), evolution(result)
    order = [row.arm.id for board in table for row in board.rows]
    groups = arm_errors(result, order, texts)
    views = documents(groups, texts) if texts is not None else ()
    reopened = any(opening.reopened for opening in result.openings)
    page = template(__package__).render(
        study=result,
        marks=view.marks,
        languages=labels.languages,
        css=style(resource(__package__, "study.css")),
        label=labels.marked,
        plain=labels.plain,
        first_of=labels.first_of,
        hue=view.hue,
        phase_name=view.phase_name,
        phases=view.phases(),
        cards={card.name: card for card in result.models},
        known_arms={arm.id: arm for arm in all_arms(result)},
        boards=table,
        others={data: _others(result, data) for data in SETS},
        scale=_scale,
        points_of=lambda arm: {part.name: part for part in arm.components},
        chosen=chosen_in(result),
        reopened=reopened,
        way=way,
        evolution=view.evolution(way),
        tradeoffs=view.tradeoffs(),
        parts=[parts(kind, _arms_of(result)) for kind in PARTS],
        few=FEW,
        cuts=view.cuts(),
        error_kinds=KINDS,
        errors=groups,
        texts=texts,
        documents=views,
        anchors={view.id: view.number for view in views},
        spending=spending(result),
        w=wording,
    )
    return drawn(page)


class _View:
    """What the template asks for, in the languages of the page."""

    def __init__(self, result: StudyResult, labels: Labels) -> None:
        self._result, self._labels = result, labels
        self.marks = wording.marks(result)
        self._titles = {phase.number: phase.title for phase in result.phases}

    def say(self, key: str) -> str:
        return self._labels.plain("text", key)

    def hue(self, category: str) -> int:
        known = self._labels.known["category"].get(category)
        return int(known["hue"]) if known else _NEUTRAL_HUE

    def phase_name(self, number: int) -> Markup:
        """A phase as it is called; one that the page does not know has the title of the study."""
        if str(number) in self._labels.known["phase"]:
            return Markup("{} {}").format(number, self._labels.marked("phase", str(number)))
        return Markup("{} {}").format(number, self._titles.get(number, ""))

    def _short_name(self, number: int) -> str:
        """The name of a phase in one language, as there is room for in a plot."""
        known = self._labels.known["phase"].get(str(number))
        name = known[self._labels.languages[0]] if known else self._titles.get(number, "")
        return f"{number} {name}".strip()

    def phases(self) -> list[tuple[int, Phase | None]]:
        """All phases by their numbers; None for one that the study does not have (yet)."""
        known = {phase.number: phase for phase in self._result.phases}
        return [(n, known.get(n)) for n in sorted({*range(1, _PHASES + 1), *known})]

    def evolution(self, way: Evolution) -> Markup:
        """The plot of the phases; empty where nothing was measured."""
        return Markup(evolution_plot(way, marks=self.marks, say=self.say, phase=self._short_name))

    def tradeoffs(self) -> list[tuple[str, Markup, int]]:
        """For each data set: its name, the plot, and how many arms could not be drawn."""
        made = []
        for data in SETS:
            arms = all_arms(self._result, data)
            ranked = {row.arm.id for b in boards(self._result) if b.data == data for row in b.rows}
            seen = points(arms, ranked)
            key = "held_out" if data == "held-out" else data
            plot = tradeoff_plot(
                seen,
                name=f"tradeoff-{data}",
                title=f"{self.say('tradeoff')}: {self.say(key)}",
                marks=self.marks,
                say=self.say,
            )
            if arms:
                made.append((key, Markup(plot), len(arms) - len(seen)))
        return made

    def cuts(self) -> list[tuple[Phase, Markup]]:
        """The phases that fitted a threshold, with its plot."""
        return [
            (
                phase,
                Markup(
                    cut_plot(
                        phase.threshold,
                        name=f"cut-{phase.number}",
                        title=self.say(f"threshold_{phase.threshold.what}"),
                        marks=self.marks,
                        say=self.say,
                    )
                ),
            )
            for phase in self._result.phases
            if phase.threshold is not None
        ]


def _arms_of(result: StudyResult) -> tuple[ArmResult, ...]:
    """The ranked arms of the development set, or of the held-out one where there are no others."""
    made = boards(result)
    for data in reversed(SETS):
        arms = tuple(row.arm for board in made if board.data == data for row in board.rows)
        if arms:
            return arms
    return ()


def _others(result: StudyResult, data: str) -> tuple[ArmResult, ...]:
    """The arms of ``data`` that are on no board, best first."""
    ranked = {row.arm.id for board in boards(result) if board.data == data for row in board.rows}
    arms = [arm for arm in all_arms(result, data) if arm.id not in ranked]
    return tuple(sorted(arms, key=lambda arm: -(wording.finite(arm.quality.value) or 0.0)))


def _scale(board: Board) -> tuple[float, float]:
    """The lowest and the highest end of the intervals of quality, for the bars that show them."""
    ends = [
        value
        for row in board.rows
        for each in (row.arm.quality.low, row.arm.quality.value, row.arm.quality.high)
        if (value := wording.finite(each)) is not None
    ]
    return (min(ends), max(ends)) if ends else (0.0, 100.0)

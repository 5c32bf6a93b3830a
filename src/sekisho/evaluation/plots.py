"""Pictures of an evaluation: the reliability diagram and the confusion matrix of a field.

matplotlib is imported when a picture is drawn, and used without its global state: figures are made
by hand and drawn by Agg or as SVG, so no display is needed and threads do not meet. The same report
gives the same bytes.

Names of fields and classes may be Japanese, which matplotlib's own font lacks. A font that has all
characters is looked for among the installed ones (``plot_fonts.txt``); where there is none they are
written escaped (``\\u80ba``), and the picture says so.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sekisho.errors import MissingExtraError
from sekisho.evaluation.calibration import Bin
from sekisho.evaluation.class_measures import Confusion
from sekisho.evaluation.forecasts import CONFIDENCE, Curves
from sekisho.evaluation.plot_writing import Writing, writing_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "FORMS",
    "MOST_CLASSES",
    "PANELS",
    "Form",
    "check_plots",
    "confusion_picture",
    "reliability_picture",
]

Form: TypeAlias = Literal["png", "svg"]
FORMS: tuple[Form, ...] = ("svg", "png")
#: A matrix of more classes than this cannot be read as a picture.
MOST_CLASSES = 40
#: Panels of a reliability diagram, at most.
PANELS = 12

_DOTS = 150
_INK, _GREY, _LINE, _SECOND, _BARS = "#1f2a36", "#8a949e", "#20639b", "#c7822b", "#a9c4dd"
_ESCAPED = "no installed font has all characters: names are escaped"


def check_plots() -> None:
    """Raise ``MissingExtraError`` when matplotlib is not installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        raise MissingExtraError(
            "plots need matplotlib", remedy="pip install 'sekisho[plots]'"
        ) from None


def reliability_picture(title: str, curves: Mapping[str, Curves]) -> dict[Form, bytes] | None:
    """One panel for each class: stated probability against what came true, and a histogram.

    Points are bins of equal width with Wilson intervals; the thin line joins bins of equal mass.
    The error is the expected calibration error over bins of equal width. Of more than ``PANELS``
    curves only that of the answers' own probability is drawn; None when there is none to draw.
    Raises ``MissingExtraError`` without matplotlib.
    """
    check_plots()
    if len(curves) > PANELS:
        curves = {name: its for name, its in curves.items() if name == CONFIDENCE}
    if not curves:
        return None
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    writing = writing_of((title, *curves))
    columns = 2 if len(curves) == 4 else min(3, len(curves))
    rows = math.ceil(len(curves) / columns)
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08)
    figure = Figure(figsize=(3.3 * columns + 0.4, 4.1 * rows + 0.7), layout=layout)
    grid = figure.add_gridspec(rows, columns)
    for number, (name, its) in enumerate(curves.items()):
        cell = grid[number // columns, number % columns].subgridspec(
            2, 1, height_ratios=[4, 1], hspace=0.06
        )
        top, bottom = figure.add_subplot(cell[0]), figure.add_subplot(cell[1])
        label = "the answer is right" if name == CONFIDENCE else writing.of(name)
        _draw_curve(top, its, f"{label}\nn = {its.n:,}, calibration error {_error(its.width):.3f}")
        _draw_histogram(bottom, its.width)
    figure.suptitle(f"{writing.of(title)}: reliability", color=_INK, fontsize=12)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        handles[::-1], labels[::-1], loc="outside lower center", ncols=1, frameon=False, fontsize=8
    )
    return _drawn(figure, writing)


def confusion_picture(title: str, confusion: Confusion) -> dict[Form, bytes] | None:
    """The confusion matrix, shaded by the share of each row; None when it has too many classes.

    Classes that never occur are left out when there are more than 20, and the columns of other
    values, invalid and failed where they are empty. Raises ``MissingExtraError`` without
    matplotlib.
    """
    check_plots()
    from matplotlib.figure import Figure

    shown = _shown(confusion)
    if len(shown.rows) > MOST_CLASSES:
        return None
    writing = writing_of((title, *shown.columns))
    width = 0.62 * len(shown.columns) + 2.9
    height = 0.52 * len(shown.rows) + 2.3
    figure = Figure(figsize=(max(width, 5.2), max(height, 3.6)), layout="constrained")
    _draw_matrix(figure.add_subplot(), shown, writing)
    figure.suptitle(f"{writing.of(title)}: confusion", color=_INK, fontsize=12)
    return _drawn(figure, writing)


def _drawn(figure: Figure, writing: Writing) -> dict[Form, bytes]:
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    if writing.escaped:
        figure.supxlabel(_ESCAPED, fontsize=7, color=_GREY)
    families = list(writing.families)
    for axes in figure.axes:
        axes.tick_params(which="both", labelfontfamily=families)
    for text in figure.findobj(Text):
        text.set_fontfamily(families)
    FigureCanvasAgg(figure)
    pictures: dict[Form, bytes] = {}
    # Without a salt the ids in an SVG are random.
    with matplotlib.rc_context({"svg.hashsalt": "sekisho", "svg.fonttype": "path"}):
        for form in FORMS:
            written = io.BytesIO()
            nothing: dict[str, Any] = {"Date": None} if form == "svg" else {"Software": None}
            figure.savefig(written, format=form, dpi=_DOTS, metadata=nothing, facecolor="white")
            pictures[form] = written.getvalue()
    return pictures


def _draw_curve(axes: Axes, curves: Curves, title: str) -> None:
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1, linestyle=(0, (4, 3)), label="as stated")
    bins = curves.width
    stated, observed = [one.stated for one in bins], [one.observed for one in bins]
    below = [one.observed - one.observed_low for one in bins]
    above = [one.observed_high - one.observed for one in bins]
    axes.plot(
        [one.stated for one in curves.mass],
        [one.observed for one in curves.mass],
        color=_SECOND,
        linewidth=1,
        marker="D",
        markersize=2.5,
        alpha=0.85,
        label="bins of equal mass",
    )
    axes.errorbar(
        stated,
        observed,
        yerr=[below, above],
        color=_LINE,
        linewidth=1.6,
        ecolor=_BARS,
        elinewidth=1.2,
        capsize=0,
        marker="o",
        markersize=4.5,
        label="bins of equal width, with 95 % interval",
    )
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="came true")
    axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1.0], labels=[])
    axes.set_title(title, fontsize=9, color=_INK)
    _plain(axes)


def _draw_histogram(axes: Axes, bins: Sequence[Bin]) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.bar(
        [one.low for one in bins],
        [one.n for one in bins],
        width=[one.high - one.low for one in bins],
        align="edge",
        color=_BARS,
        edgecolor="white",
        linewidth=0.8,
    )
    axes.set(xlim=(-0.02, 1.02), xlabel="stated probability", ylabel="n")
    axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    _plain(axes)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_GREY)
    axes.tick_params(labelsize=8, colors=_INK, color=_GREY)
    axes.xaxis.label.set(fontsize=8.5, color=_INK)
    axes.yaxis.label.set(fontsize=8.5, color=_INK)
    axes.grid(color="#e6e9ec", linewidth=0.7)
    axes.set_axisbelow(True)


def _error(bins: Sequence[Bin]) -> float:
    whole = sum(one.n for one in bins)
    return sum(one.n / whole * abs(one.observed - one.stated) for one in bins)


def _shown(confusion: Confusion) -> Confusion:
    classes = len(confusion.rows)
    given = [sum(column) for column in zip(*confusion.counts, strict=True)]
    rows = [
        at
        for at in range(classes)
        if classes <= 20 or sum(confusion.counts[at]) > 0 or given[at] > 0
    ]
    columns = [*rows, *(at for at in range(classes, len(confusion.columns)) if given[at] > 0)]
    return Confusion(
        tuple(confusion.rows[at] for at in rows),
        tuple(confusion.columns[at] for at in columns),
        tuple(tuple(confusion.counts[row][at] for at in columns) for row in rows),
    )


def _draw_matrix(axes: Axes, shown: Confusion, writing: Writing) -> None:
    totals = [sum(counts) for counts in shown.counts]
    shares = [
        [count / total if total else 0.0 for count in counts]
        for counts, total in zip(shown.counts, totals, strict=True)
    ]
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, counts in enumerate(shown.counts):
        for column, count in enumerate(counts):
            color = "white" if shares[row][column] > 0.6 else (_INK if count else "#c3cad1")
            weight = "bold" if row == column else "normal"
            axes.text(
                column,
                row,
                f"{count:,}",
                ha="center",
                va="center",
                fontsize=9,
                color=color,
                fontweight=weight,
            )
    names = [f"{writing.of(name)}  ({n:,})" for name, n in zip(shown.rows, totals, strict=True)]
    axes.set_yticks(range(len(shown.rows)), labels=names)
    slanted = max(map(len, shown.columns)) > 4
    axes.set_xticks(
        range(len(shown.columns)),
        labels=[writing.of(name) for name in shown.columns],
        rotation=40 if slanted else 0,
        ha="right" if slanted else "center",
        rotation_mode="anchor" if slanted else "default",
    )
    axes.set_xticks([at - 0.5 for at in range(1, len(shown.columns))], minor=True)
    axes.set_yticks([at - 0.5 for at in range(1, len(shown.rows))], minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0)
    axes.tick_params(labelsize=8.5, labelcolor=_INK)
    axes.spines[:].set_visible(False)
    if len(shown.columns) > len(shown.rows):
        axes.axvline(len(shown.rows) - 0.5, color=_GREY, linewidth=1.2)
    axes.set_xlabel("given", fontsize=9, color=_INK)
    axes.set_ylabel("gold", fontsize=9, color=_INK)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02)
    bar.set_label("share of the row", fontsize=8, color=_INK)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=7.5, colors=_INK)

"""The pieces that plots are drawn from: elements, axes, markers, and the frame around them.

A plot is a string: SVG inside the page, without a script and without a font of its own. Colours are
classes of the page's style sheet, so that a plot follows its light and dark scheme; shapes and
dashes say the same as colours do, for those who see these alike. Lengths are pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from sekisho.optimization.report.axis import Axis
from sekisho.optimization.report.layout import FONT, Box, clean

__all__ = [
    "BACKGROUND",
    "SHAPES",
    "Look",
    "axes",
    "element",
    "look",
    "marker",
    "picture",
    "text",
    "whisker",
]

#: Markers, told apart by form.
SHAPES = ("circle", "square", "triangle", "diamond", "cross")
#: Colours of the style sheet, ``s1`` and so on.
_COLOURS = 7
_MARK_FONT = 14.0


@dataclass(frozen=True, slots=True)
class Look:
    """How one of several things is drawn: its colour, its shape, and its line whole or dashed."""

    colour: str
    shape: str
    dashed: bool = False
    size: float = 4.5

    @property
    def dot(self) -> str:
        """The class of its points."""
        return f"dot {self.colour}"

    @property
    def line(self) -> str:
        """The class of its line."""
        return f"line {self.colour}{' dashed' if self.dashed else ''}"


#: What is shown, but not told apart.
BACKGROUND = Look("s0", "circle", size=2.8)


def look(at: int) -> Look:
    """The look of the thing at ``at``, from 0: two alike are 70 apart."""
    return Look(f"s{at % _COLOURS + 1}", SHAPES[at % len(SHAPES)], at // _COLOURS % 2 == 1)


def element(tag: str, *inner: str, **attributes: str | float | None) -> str:
    """``<tag>`` around ``inner``, which is markup; attributes are escaped, None is left out.

    ``class_`` is written ``class`` and ``stroke_width`` is written ``stroke-width``.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{written}>{''.join(inner)}</{tag}>" if inner else f"<{tag}{written}/>"


def text(
    words: str,
    x: float,
    y: float,
    *,
    anchor: str = "start",
    class_: str | None = None,
    size: float = FONT,
    turn: float | None = None,
) -> str:
    """A line of text at its baseline; ``turn`` is in degrees."""
    return element(
        "text",
        escape(clean(words)),
        x=x,
        y=y,
        text_anchor=anchor,
        font_size=size,
        class_=class_,
        transform=None if turn is None else f"rotate({_value(turn)} {_value(x)} {_value(y)})",
    )


def picture(
    name: str,
    width: float,
    height: float,
    *inner: str,
    title: str,
    description: str,
    marks: Sequence[str] = (),
) -> str:
    """A whole SVG; ``title`` and ``description`` are read aloud, ``marks`` stand over it.

    ``name`` is the beginning of its ids, so it must be one of a kind on a page.
    """
    said = " · ".join(marks)
    heading = f"{said}: {title}" if said else title
    stamp = text(said, 12, 17, class_="stamp", size=_MARK_FONT) if said else ""
    return element(
        "svg",
        element("title", escape(clean(heading)), id=f"{name}-title"),
        element("desc", escape(clean(description)), id=f"{name}-desc"),
        *inner,
        stamp,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_value(width)} {_value(height)}",
        width=width,
        height=height,
        role="img",
        class_="plot",
        aria_labelledby=f"{name}-title {name}-desc",
        fill="currentColor",
    )


def axes(
    area: Box, x: Axis | None, y: Axis, *, x_title: str = "", y_title: str = "", about: int = 6
) -> str:
    """Grid lines with their values, and what the axes mean; no ``x`` for one without numbers."""
    bottom, right = area.y + area.height, area.x + area.width
    drawn = []
    for tick in y.ticks(about):
        at = y.at(tick)
        drawn.append(_grid(area.x, at, right, at))
        drawn.append(text(_tick(tick), area.x - 7, at + 4, anchor="end", class_="tick"))
    for tick in x.ticks(about) if x is not None else ():
        at = x.at(tick) if x is not None else 0.0
        drawn.append(_grid(at, area.y, at, bottom))
        drawn.append(text(_tick(tick), at, bottom + 17, anchor="middle", class_="tick"))
    drawn.append(
        element("path", d=f"M{_value(area.x)} {_value(bottom)}H{_value(right)}", class_="axis")
    )
    if x_title:
        middle = area.x + area.width / 2
        drawn.append(text(x_title, middle, bottom + 38, anchor="middle", class_="name"))
    if y_title:
        drawn.append(text(y_title, area.x - 40, area.y - 12, class_="name"))
    return "".join(drawn)


def marker(shape: str, x: float, y: float, size: float, *, class_: str, label: str = "") -> str:
    """A point, with ``label`` as what is shown when it is pointed at."""
    inner = (element("title", escape(clean(label))),) if label else ()
    if shape == "circle":
        return element("circle", *inner, cx=x, cy=y, r=size, class_=class_)
    corners = {
        "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        "triangle": ((0.0, -1.2), (1.1, 0.85), (-1.1, 0.85)),
        "diamond": ((0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)),
        "cross": (
            (-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4),
            (0.4, 1.2), (-0.4, 1.2), (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4),
        ),
    }[shape]  # fmt: skip
    points = " ".join(f"{_value(x + dx * size)},{_value(y + dy * size)}" for dx, dy in corners)
    return element("polygon", *inner, points=points, class_=class_)


def whisker(x: float, low: float, high: float, look: Look) -> str:
    """An interval from ``low`` to ``high`` at ``x``."""
    path = f"M{x:.2f} {low:.2f}V{high:.2f}M{x - 3:.2f} {low:.2f}h6M{x - 3:.2f} {high:.2f}h6"
    return element("path", d=path, class_=f"whisker {look.colour}", fill="none")


def _grid(x1: float, y1: float, x2: float, y2: float) -> str:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_="grid", stroke="currentColor")


def _tick(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return escape(clean(value))
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")

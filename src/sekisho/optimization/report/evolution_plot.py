"""The way of each model through the phases, drawn: a line each, its name where it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sekisho.optimization.report import layout, svg
from sekisho.optimization.report.axis import Axis
from sekisho.optimization.report.evolution import Evolution, Line, Step
from sekisho.optimization.report.naming import short_names
from sekisho.optimization.report.wording import decimal, finite

__all__ = ["evolution_plot"]

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 900.0, 52.0, 236.0, 48.0, 46.0
_LEAST_HEIGHT, _LABEL_GAP = 400.0, 15.5
#: More lines than these are drawn without their intervals, which would hide each other.
_MOST_WHISKERS = 8


def evolution_plot(
    path: Evolution,
    *,
    marks: Sequence[str],
    say: Callable[[str], str],
    phase: Callable[[int], str],
) -> str:
    """The lines of ``path`` as SVG, empty where nothing was measured.

    ``say`` gives the labels, ``phase`` the name of a phase. Models that went out on the way stay
    in the background, without a name.
    """
    numbers = [step.number for step in path.steps]
    drawn = [line for line in path.lines if any(line.quality(number) for number in numbers)]
    if not drawn:
        return ""
    staying = [line for line in drawn if line.stays]
    whiskers = len(staying) <= _MOST_WHISKERS
    height = max(_LEAST_HEIGHT, _LABEL_GAP * (len(staying) + 1) + _TOP + _BOTTOM)
    area = layout.Box(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, height - _TOP - _BOTTOM)
    y = _quality_axis(drawn, numbers, area, whiskers=whiskers)
    inset = area.width / (2 * max(len(numbers), 1))
    x = Axis(0, max(len(numbers) - 1, 1), area.x + inset, area.x + area.width - inset)
    places = {
        number: x.at(at) if len(numbers) > 1 else area.x + inset
        for at, number in enumerate(numbers)
    }
    shift = min(6.0, 30.0 / max(len(staying), 1))
    lines = [_line(line, svg.BACKGROUND, places, y) for line in drawn if not line.stays]
    for at, line in enumerate(staying):
        aside = (at - (len(staying) - 1) / 2) * shift
        moved = {number: place + aside for number, place in places.items()}
        lines.append(_line(line, svg.look(at), moved, y, whiskers=whiskers))
    return svg.picture(
        "evolution",
        _WIDTH,
        height,
        svg.axes(area, None, y, y_title=say("quality")),
        *_steps(path.steps, places, area, phase),
        _border(path.steps, places, area, say),
        *lines,
        _mean(path.steps, places, y, say),
        _names(staying, places, y, area),
        title=say("evolution"),
        description="; ".join(
            f"{phase(step.number)}: {decimal(step.mean)} (n = {step.models})" for step in path.steps
        ),
        marks=marks,
    )


def _quality_axis(
    lines: Sequence[Line], numbers: Sequence[int], area: layout.Box, *, whiskers: bool
) -> Axis:
    seen: list[float] = []
    for quality in (line.quality(number) for line in lines for number in numbers):
        if quality is not None:
            ends = (quality.low, quality.high) if whiskers else ()
            seen += [
                value for each in (quality.value, *ends) if (value := finite(each)) is not None
            ]
    low, high = min(seen), max(seen)
    spare = max((high - low) * 0.06, 1.0)
    return Axis(low - spare, high + spare, area.y + area.height, area.y)


def _steps(
    steps: Sequence[Step],
    places: Mapping[int, float],
    area: layout.Box,
    phase: Callable[[int], str],
) -> list[str]:
    room = area.width / max(len(steps), 1) - 8
    bottom = area.y + area.height
    pieces = []
    for step in steps:
        at = places[step.number]
        pieces.append(
            svg.text(layout.shortened(phase(step.number), room), at, bottom + 18, anchor="middle")
        )
        pieces.append(
            svg.text(f"n = {step.models}", at, bottom + 34, anchor="middle", class_="tick", size=11)
        )
    return pieces


def _line(
    line: Line,
    look: svg.Look,
    places: Mapping[int, float],
    y: Axis,
    *,
    whiskers: bool = False,
) -> str:
    points: list[str] = []
    pieces: list[str] = []
    for number, at in places.items():
        quality = line.quality(number)
        if quality is None or quality.value is None:
            continue
        value = y.at(quality.value)
        points.append(f"{at:.2f},{value:.2f}")
        low, high = finite(quality.low), finite(quality.high)
        if whiskers and low is not None and high is not None:
            pieces.append(svg.whisker(at, y.at(low), y.at(high), look))
        told = f"{line.model}: {decimal(quality.value)}"
        pieces.append(svg.marker(look.shape, at, value, look.size, class_=look.dot, label=told))
    path = svg.element("polyline", points=" ".join(points), class_=look.line, fill="none")
    return path + "".join(pieces)


def _mean(
    steps: Sequence[Step], places: Mapping[int, float], y: Axis, say: Callable[[str], str]
) -> str:
    known = [(step, value) for step in steps if (value := finite(step.mean)) is not None]
    points = " ".join(f"{places[step.number]:.2f},{y.at(value):.2f}" for step, value in known)
    dots = (
        svg.marker(
            "square",
            places[step.number],
            y.at(value),
            4.0,
            class_="dot mean",
            label=f"{say('mean')}: {decimal(value)} (n = {step.models})",
        )
        for step, value in known
    )
    line = svg.element("polyline", points=points, class_="line mean", fill="none")
    return line + "".join(dots)


def _border(
    steps: Sequence[Step], places: Mapping[int, float], area: layout.Box, say: Callable[[str], str]
) -> str:
    """Where the documents change: what follows was measured on the sealed set."""
    before: tuple[Step | None, ...] = (None, *steps)
    for last, step in zip(before, steps, strict=False):
        if step.data == "held-out":
            x = area.x if last is None else (places[last.number] + places[step.number]) / 2
            line = svg.element(
                "line", x1=x, x2=x, y1=area.y, y2=area.y + area.height, class_="border"
            )
            words = layout.shortened(say("held_out"), area.x + area.width - x + 60, 11)
            return line + svg.text(words, x + 6, area.y + 4, class_="tick", size=11)
    return ""


def _names(lines: Sequence[Line], places: Mapping[int, float], y: Axis, area: layout.Box) -> str:
    """The names at the right, each joined to the end of its line by a thin one."""
    ends = [_end(line, places) for line in lines]
    wanted = [y.at(value) for _, value in ends]
    heights = layout.spread(wanted, _LABEL_GAP, area.y + 4, area.y + area.height - 2)
    names = short_names((line.model for line in lines), _RIGHT - 66)
    x = area.x + area.width + 16
    pieces = []
    for at, (line, (end, value), height) in enumerate(zip(lines, ends, heights, strict=True)):
        look = svg.look(at)
        joint = f"M{end + 12:.2f} {y.at(value):.2f}L{x - 12:.2f} {height:.2f}"
        pieces.append(svg.element("path", d=joint, class_=f"joint {look.colour}", fill="none"))
        pieces.append(svg.marker(look.shape, x - 4, height, 3.6, class_=look.dot))
        pieces.append(svg.text(f"{decimal(value)}  {names[line.model]}", x + 5, height + 4))
    return "".join(pieces)


def _end(line: Line, places: Mapping[int, float]) -> tuple[float, float]:
    """Where the line ends, and its quality there; a line that is drawn has one."""
    return [
        (place, quality.value)
        for number, place in places.items()
        if (quality := line.quality(number)) is not None and quality.value is not None
    ][-1]

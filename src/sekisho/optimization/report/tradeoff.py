"""Quality against seconds: what a better answer costs in time, and what is worth having at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sekisho.optimization.report import layout, svg
from sekisho.optimization.report.axis import Axis
from sekisho.optimization.report.naming import short_names
from sekisho.optimization.report.wording import decimal, finite
from sekisho.optimization.result import ArmResult

__all__ = ["Point", "pareto", "points", "tradeoff_plot"]

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 900.0, 440.0, 52.0, 24.0, 48.0, 52.0
_LONGEST_NAME = 190.0


@dataclass(frozen=True, slots=True)
class Point:
    """An arm at its seconds per report and its quality; ``named`` ones are labelled."""

    arm: ArmResult
    seconds: float
    quality: float
    named: bool


def points(arms: Collection[ArmResult], named: Collection[str]) -> tuple[Point, ...]:
    """The arms that can be drawn: they took time, and have a quality. ``named`` are ids."""
    return tuple(
        Point(arm, seconds, quality, arm.id in named)
        for arm in arms
        if (seconds := finite(arm.seconds_per_report)) is not None
        and seconds > 0
        and (quality := finite(arm.quality.value)) is not None
    )


def pareto(drawn: Collection[Point]) -> tuple[Point, ...]:
    """Those that no other beats in one of both without being worse in the other, fastest first."""
    front: list[Point] = []
    for point in sorted(drawn, key=lambda each: (each.seconds, -each.quality)):
        if not front or point.quality > front[-1].quality:
            front.append(point)
    return tuple(front)


def tradeoff_plot(
    drawn: Sequence[Point],
    *,
    name: str,
    title: str,
    marks: Sequence[str],
    say: Callable[[str], str],
) -> str:
    """Quality over seconds per report (logarithmic) as SVG, empty where there is no point.

    Named points have their intervals and names; a name that finds no room is left out and shown
    when its point is pointed at.
    """
    if not drawn:
        return ""
    area = layout.Box(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM)
    x, y = _seconds_axis(drawn, area), _quality_axis(drawn, area)
    front = pareto(drawn)
    chief = [point for point in drawn if point.named]
    pieces = [svg.axes(area, x, y, x_title=say("seconds_log"), y_title=say("quality"), about=8)]
    pieces.append(_front(front, x, y, area))
    pieces += [_dot(point, svg.BACKGROUND, x, y) for point in drawn if not point.named]
    for at, point in enumerate(chief):
        pieces.append(_dot(point, svg.look(at), x, y, whiskers=True))
    pieces += _labels(chief, _obstacles(chief, front, x, y, area), x, y, area)
    return svg.picture(
        name,
        _WIDTH,
        _HEIGHT,
        *pieces,
        title=title,
        description=f"{say('pareto')}: "
        + "; ".join(
            f"{point.arm.model} {decimal(point.quality)} / {decimal(point.seconds, 3)} s"
            for point in front
        ),
        marks=marks,
    )


def _seconds_axis(drawn: Collection[Point], area: layout.Box) -> Axis:
    low = min(point.seconds for point in drawn)
    high = max(point.seconds for point in drawn)
    return Axis(low / 1.6, high * 1.6, area.x, area.x + area.width, log=True)


def _quality_axis(drawn: Collection[Point], area: layout.Box) -> Axis:
    ends = [point.quality for point in drawn]
    ends += [
        value
        for point in drawn
        if point.named
        for each in (point.arm.quality.low, point.arm.quality.high)
        if (value := finite(each)) is not None
    ]
    spare = max((max(ends) - min(ends)) * 0.08, 1.0)
    return Axis(min(ends) - spare, max(ends) + spare, area.y + area.height, area.y)


def _front(front: Sequence[Point], x: Axis, y: Axis, area: layout.Box) -> str:
    """The front as steps: what can be had within so many seconds."""
    first, *rest = front
    path = f"M{x.at(first.seconds):.2f} {y.at(first.quality):.2f}"
    for point in rest:
        path += f"H{x.at(point.seconds):.2f}V{y.at(point.quality):.2f}"
    return svg.element("path", d=f"{path}H{area.x + area.width:.2f}", class_="front", fill="none")


def _dot(point: Point, look: svg.Look, x: Axis, y: Axis, *, whiskers: bool = False) -> str:
    at, height = x.at(point.seconds), y.at(point.quality)
    low, high = finite(point.arm.quality.low), finite(point.arm.quality.high)
    line = ""
    if whiskers and low is not None and high is not None:
        line = svg.whisker(at, y.at(low), y.at(high), look)
    told = (
        f"{point.arm.model} · {point.arm.prompt}: "
        f"{decimal(point.quality)}, {decimal(point.seconds, 3)} s"
    )
    return line + svg.marker(look.shape, at, height, look.size, class_=look.dot, label=told)


def _obstacles(
    named: Sequence[Point], front: Sequence[Point], x: Axis, y: Axis, area: layout.Box
) -> list[layout.Box]:
    """What a name should not hide: named points with their intervals, and the front."""
    boxes = []
    for point in named:
        at, height = x.at(point.seconds), y.at(point.quality)
        boxes.append(layout.Box(at - 5, height - 5, 10, 10))
        low, high = finite(point.arm.quality.low), finite(point.arm.quality.high)
        if low is not None and high is not None:
            boxes.append(layout.Box(at - 2, y.at(high), 4, y.at(low) - y.at(high)))
    for point, after in zip(front, (*front[1:], None), strict=True):
        at, height = x.at(point.seconds), y.at(point.quality)
        end = area.x + area.width if after is None else x.at(after.seconds)
        boxes.append(layout.Box(at, height - 1, end - at, 2))
        if after is not None:
            top = y.at(after.quality)
            boxes.append(layout.Box(end - 1, top, 2, height - top))
    return boxes


def _labels(
    named: Sequence[Point], taken: list[layout.Box], x: Axis, y: Axis, area: layout.Box
) -> list[str]:
    """The names, best first, each where it hides neither an obstacle nor another name."""
    names = short_names((point.arm.model for point in named), _LONGEST_NAME)
    pieces = []
    for point in sorted(named, key=lambda each: -each.quality):
        name = names[point.arm.model]
        at, height = x.at(point.seconds), y.at(point.quality)
        box = layout.place(at, height, layout.width_of(name) + 2, layout.FONT + 3, taken, area)
        if box is None:
            continue
        taken.append(box)
        pieces.append(_joint(at, height, box))
        pieces.append(svg.text(name, box.x + 1, box.y + layout.FONT, class_="label"))
    return pieces


def _joint(x: float, y: float, box: layout.Box) -> str:
    """A thin line from a point to a name that stands away from it."""
    near_x = min(max(x, box.x), box.x + box.width)
    near_y = min(max(y, box.y), box.y + box.height)
    if abs(near_x - x) + abs(near_y - y) < 14:
        return ""
    return svg.element(
        "path", d=f"M{x:.2f} {y:.2f}L{near_x:.2f} {near_y:.2f}", class_="joint s0", fill="none"
    )

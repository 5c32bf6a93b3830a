"""A fitted threshold, drawn: gain over the score before it, and where the gain ends."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sekisho.optimization.report import layout, svg
from sekisho.optimization.report.axis import Axis
from sekisho.optimization.report.naming import short_names
from sekisho.optimization.report.wording import decimal, finite, signed
from sekisho.optimization.result import GainPoint, Threshold

__all__ = ["cut_plot"]

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 900.0, 430.0, 52.0, 24.0, 84.0, 52.0
_LONGEST_NAME = 170.0


def cut_plot(
    cut: Threshold, *, name: str, title: str, marks: Sequence[str], say: Callable[[str], str]
) -> str:
    """The points of ``cut`` with their intervals, the cut and its band; empty without a point."""
    drawn = [
        (point, baseline, gain)
        for point in cut.points
        if (baseline := finite(point.baseline)) is not None
        and (gain := finite(point.gain.value)) is not None
    ]
    if not drawn:
        return ""
    area = layout.Box(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM)
    x = _baseline_axis(cut, [baseline for _, baseline, _ in drawn], area)
    y = _gain_axis([point for point, _, _ in drawn], area)
    wordings = list(dict.fromkeys(point.wording for point, _, _ in drawn))
    looks = {wording: svg.look(at) for at, wording in enumerate(wordings)}
    zero = svg.element(
        "line", x1=area.x, x2=area.x + area.width, y1=y.at(0), y2=y.at(0), class_="axis"
    )
    # Wordings stand a little apart, or the intervals of one model would hide each other.
    aside = {wording: (at - (len(looks) - 1) / 2) * 6.0 for at, wording in enumerate(looks)}
    dots = [
        _dot(point, x.at(baseline) + aside[point.wording], gain, y, looks[point.wording])
        for point, baseline, gain in drawn
    ]
    at = "–" if cut.at is None else decimal(cut.at)
    return svg.picture(
        name,
        _WIDTH,
        _HEIGHT,
        _cut(cut, x, area, say),
        svg.axes(area, x, y, x_title=say("baseline"), y_title=say("gain"), about=8),
        zero,
        *dots,
        *_labels(drawn, x, y, area),
        _legend(looks, area),
        title=title,
        description=f"{say('cut')}: {at}; "
        + "; ".join(f"{p.model}: {decimal(base)}, {signed(gain)}" for p, base, gain in drawn),
        marks=marks,
    )


def _baseline_axis(cut: Threshold, baselines: Collection[float], area: layout.Box) -> Axis:
    """All points and the cut are on it; a wide band may run out of it."""
    at = finite(cut.at)
    seen = [*baselines, *(() if at is None else (at,))]
    low, high = min(seen), max(seen)
    spare = max((high - low) * 0.1, 2.0)
    return Axis(low - spare, high + spare, area.x, area.x + area.width)


def _gain_axis(drawn: Collection[GainPoint], area: layout.Box) -> Axis:
    seen = [
        value
        for point in drawn
        for each in (0.0, point.gain.value, point.gain.low, point.gain.high)
        if (value := finite(each)) is not None
    ]
    low, high = min(seen), max(seen)
    spare = max((high - low) * 0.1, 0.5)
    return Axis(low - spare, high + spare, area.y + area.height, area.y)


def _cut(cut: Threshold, x: Axis, area: layout.Box, say: Callable[[str], str]) -> str:
    pieces = [
        _band(x, area, *ends, kind)
        for ends, kind in (((cut.low, cut.high), "band"), (cut.between, "between"))
    ]
    at = finite(cut.at)
    if at is not None:
        place = x.at(at)
        bottom = area.y + area.height
        pieces.append(svg.element("line", x1=place, x2=place, y1=area.y, y2=bottom, class_="cut"))
        words = f"{say('cut')} {decimal(at)}"
        half = layout.width_of(words) / 2
        middle = min(max(place, area.x + half), area.x + area.width - half)
        pieces.append(svg.text(words, middle, area.y - 6, anchor="middle", class_="cut-name"))
    return "".join(pieces)


def _band(x: Axis, area: layout.Box, low: float | None, high: float | None, kind: str) -> str:
    start, end = finite(low), finite(high)
    if start is None or end is None:
        return ""
    left, right = x.at(min(start, end)), x.at(max(start, end))
    return svg.element(
        "rect", x=left, y=area.y, width=max(right - left, 1.0), height=area.height, class_=kind
    )


def _dot(point: GainPoint, at: float, gain: float, y: Axis, look: svg.Look) -> str:
    low, high = finite(point.gain.low), finite(point.gain.high)
    line = ""
    if low is not None and high is not None:
        line = svg.whisker(at, y.at(low), y.at(high), look)
    told = f"{point.model} · {point.prompt} · {point.wording}: {signed(gain)}"
    return line + svg.marker(look.shape, at, y.at(gain), look.size, class_=look.dot, label=told)


def _labels(
    drawn: Sequence[tuple[GainPoint, float, float]], x: Axis, y: Axis, area: layout.Box
) -> list[str]:
    """A name for each model, at the one of its points where the gain is farthest from none."""
    chief: dict[str, tuple[float, float]] = {}
    for point, baseline, gain in drawn:
        if point.model not in chief or abs(gain) > abs(chief[point.model][1]):
            chief[point.model] = baseline, gain
    taken = []
    for point, baseline, gain in drawn:
        taken.append(layout.Box(x.at(baseline) - 8, y.at(gain) - 6, 16, 12))
        low, high = finite(point.gain.low), finite(point.gain.high)
        if low is not None and high is not None:
            taken.append(layout.Box(x.at(baseline) - 6, y.at(high), 12, y.at(low) - y.at(high)))
    names = short_names(chief, _LONGEST_NAME)
    pieces = []
    for model, (at, gain) in chief.items():
        name = names[model]
        box = layout.place(
            x.at(at), y.at(gain), layout.width_of(name) + 2, layout.FONT + 3, taken, area
        )
        if box is not None:
            taken.append(box)
            pieces.append(svg.text(name, box.x + 1, box.y + layout.FONT, class_="label"))
    return pieces


def _legend(looks: dict[str, svg.Look], area: layout.Box) -> str:
    pieces, x = [], area.x - 34
    for wording, look in looks.items():
        words = layout.shortened(wording, 160)
        pieces.append(svg.marker(look.shape, x, 40, 4.5, class_=look.dot))
        pieces.append(svg.text(words, x + 10, 44))
        x += layout.width_of(words) + 34
    return "".join(pieces)

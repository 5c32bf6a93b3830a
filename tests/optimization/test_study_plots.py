"""The plots of a study: well-formed whatever was measured, inside their frame, and told apart."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from study_results import arm, empty, many, study

from sekisho.optimization.report import axis, layout, svg
from sekisho.optimization.report.cuts import cut_plot
from sekisho.optimization.report.evolution import Line, evolution
from sekisho.optimization.report.evolution_plot import evolution_plot
from sekisho.optimization.report.naming import short_names
from sekisho.optimization.report.ranking import all_arms
from sekisho.optimization.report.tradeoff import pareto, points, tradeoff_plot
from sekisho.optimization.result import Figure, GainPoint, Phase, StudyResult, Threshold

SPACE = "{http://www.w3.org/2000/svg}"
any_float = st.one_of(st.floats(), st.floats(-5, 105), st.sampled_from([0.0, 1.0, 50.0, 100.0]))
figures = st.builds(
    Figure,
    value=st.none() | any_float,
    low=st.none() | any_float,
    high=st.none() | any_float,
    n=st.integers(0, 200),
)
names = st.text(min_size=1, max_size=60)


def say(key: str) -> str:
    return f"[{key}] 語"


def phase_name(number: int) -> str:
    return f"{number} フェーズ"


def drawn(plot: str) -> ElementTree.Element:
    """``plot`` as XML, with every coordinate a number."""
    root = ElementTree.fromstring(plot)
    for element in root.iter():
        for name in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height"):
            if name in element.attrib:
                assert math.isfinite(float(element.attrib[name])), element.attrib
        for name in ("d", "points"):
            assert not re.search("nan|inf|e[+-]", element.attrib.get(name, ""), re.IGNORECASE)
    return root


def words(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SPACE}text")]


def path_of(result: StudyResult, marks: Sequence[str] = ()) -> str:
    return evolution_plot(evolution(result), marks=marks, say=say, phase=phase_name)


def trade(result: StudyResult, named: Sequence[str] | None = None) -> str:
    arms = all_arms(result)
    chief = [each.id for each in arms] if named is None else named
    return tradeoff_plot(points(arms, chief), name="t", title="T", marks=("TINY",), say=say)


def cut(threshold: Threshold) -> str:
    return cut_plot(threshold, name="c", title="C", marks=("TINY",), say=say)


@st.composite
def results(draw: st.DrawFn) -> StudyResult:
    count = draw(st.integers(0, 6))
    models = draw(st.lists(names, min_size=count, max_size=count, unique=True))
    phases = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        arms = [
            arm(
                model,
                draw(figures),
                phase=number,
                prompt=f"p{number}",
                data="held-out" if number == 5 else "development",
                seconds_per_report=draw(any_float),
            )
            for model in models
            if draw(st.booleans())
        ]
        chosen = tuple(each.id for each in arms if draw(st.booleans()))
        phases.append(Phase(number=number, title="", arms=tuple(arms), chosen=chosen))
    return study(models=(), phases=tuple(phases))


@settings(max_examples=60, deadline=None)
@given(results())
def test_any_study_gives_well_formed_plots(result: StudyResult) -> None:
    for plot in (path_of(result), trade(result), trade(result, ())):
        if plot:
            drawn(plot)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            GainPoint,
            model=names,
            prompt=names,
            wording=st.sampled_from(["conservative", "recall"]) | names,
            baseline=any_float,
            gain=figures,
        ),
        max_size=8,
    ),
    st.none() | any_float,
    st.none() | any_float,
    st.tuples(st.none() | any_float, st.none() | any_float),
)
def test_any_threshold_gives_a_well_formed_plot(
    gains: list[GainPoint], at: float | None, low: float | None, between: tuple[Any, Any]
) -> None:
    plot = cut(
        Threshold(what="review", at=at, low=low, high=at, between=between, points=tuple(gains))
    )
    if plot:
        drawn(plot)


def test_a_plot_says_what_it_is_to_those_who_do_not_see_it() -> None:
    root = drawn(path_of(study(), ("SIMULATED", "TINY")))
    assert root.attrib["role"] == "img"
    title, description = root[0], root[1]
    assert title.tag == f"{SPACE}title"
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {description.attrib['id']}"
    assert title.text == "SIMULATED · TINY: [evolution] 語"
    assert "1 フェーズ: 80.0 (n = 6)" in (description.text or "")
    assert "SIMULATED · TINY" in words(root)


def test_nothing_measured_gives_no_plot() -> None:
    assert path_of(empty()) == ""
    assert trade(empty()) == ""
    assert cut(Threshold(what="review", at=80.0)) == ""


def test_every_model_that_stays_is_named_at_the_end_of_its_line() -> None:
    told = " ".join(words(drawn(path_of(study()))))
    for name in ("misses-times:24b", "splits-boundaries:12b", "excellent:32b"):
        assert name in told
    assert "breaks-json:8b" not in told


def test_thirty_models_with_long_names_keep_their_labels_apart() -> None:
    root = drawn(path_of(many(30)))
    heights = sorted(
        float(element.attrib["y"])
        for element in root.iter(f"{SPACE}text")
        if "instruct" in (element.text or "")
    )
    assert len(heights) == 30
    assert min(b - a for a, b in pairwise(heights)) > 14
    labels = [word for word in words(root) if "instruct" in word]
    assert len(set(labels)) == 30


def test_labels_of_points_do_not_overlap() -> None:
    root = drawn(trade(many(30)))
    boxes = [
        layout.Box(
            float(element.attrib["x"]),
            float(element.attrib["y"]) - layout.FONT,
            layout.width_of(element.text or ""),
            layout.FONT,
        )
        for element in root.iter(f"{SPACE}text")
        if element.attrib.get("class") == "label"
    ]
    assert len(boxes) > 20
    assert not any(a.meets(b) for at, a in enumerate(boxes) for b in boxes[at + 1 :])


def test_a_model_keeps_the_state_that_was_chosen_even_where_it_was_not_measured_again() -> None:
    a1, b1 = arm("a", 90.0), arm("b", 80.0)
    b2 = arm("b", 84.0, phase=2, prompt="long")
    phases = (
        Phase(number=1, title="", arms=(a1, b1)),
        Phase(number=2, title="", arms=(b2,), chosen=(a1.id, b2.id)),
    )
    way = evolution(study(models=(), phases=phases))
    assert [[line.model, *line.arms, line.stays] for line in way.lines] == [
        ["a", 1, 2, True],
        ["b", 1, 2, True],
    ]
    assert way.steps[1].mean == pytest.approx(87.0)
    assert way.steps[1].change == pytest.approx(2.0)


def test_a_chosen_arm_counts_and_not_the_one_that_was_better() -> None:
    plain, other = arm("a", 90.0), arm("a", 95.0, prompt="long")
    phase = Phase(number=1, title="", arms=(plain, other), chosen=(plain.id,))
    (line,) = evolution(study(models=(), phases=(phase,))).lines
    assert line.quality(1) == plain.quality
    assert Line("x").quality(1) is None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0.001, 1e4), st.floats(0, 100)), max_size=12))
def test_nothing_beats_what_is_on_the_front(pairs: list[tuple[float, float]]) -> None:
    arms = [arm(f"m{at}", quality, seconds=seconds) for at, (seconds, quality) in enumerate(pairs)]
    all_points = points(arms, ())
    front = pareto(all_points)
    kept = {(point.seconds, point.quality) for point in front}
    for point in all_points:
        beaten = any(
            other.seconds <= point.seconds
            and other.quality >= point.quality
            and (other.seconds, other.quality) != (point.seconds, point.quality)
            for other in all_points
        )
        assert ((point.seconds, point.quality) in kept) == (not beaten)


def test_arms_without_a_time_are_not_drawn() -> None:
    arms = [arm("a", 80.0, seconds=0.0), arm("b", 80.0), arm("c", None)]
    assert [point.arm.model for point in points(arms, ())] == ["b"]


def test_the_cut_lies_on_the_plot_with_its_band_and_each_wording_in_the_legend() -> None:
    threshold = study().phases[3].threshold
    assert threshold is not None
    root = drawn(cut(threshold))
    classes = [element.attrib.get("class") for element in root.iter()]
    for wanted in ("band", "between", "cut"):
        assert classes.count(wanted) == 1
    told = words(root)
    assert "[cut] 語 94.0" in told
    assert "conservative" in told
    assert "recall" in told


def test_one_shape_is_one_wording() -> None:
    looks = [svg.look(at) for at in range(35)]
    assert len({(look.colour, look.shape) for look in looks}) == 35


@settings(max_examples=200, deadline=None)
@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.integers(2, 10))
def test_ticks_are_few_round_and_on_the_axis(low: float, width: float, about: int) -> None:
    high = low + width
    ticks = axis.linear_ticks(low, high, about)
    assert len(ticks) <= 2 * about + 2
    slack = (high - low) * 1e-6 + 1e-6
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    assert list(ticks) == sorted(ticks)


def test_ticks_of_known_axes() -> None:
    assert axis.linear_ticks(61, 98) == (70, 80, 90)
    assert axis.linear_ticks(0, 1) == (0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert axis.linear_ticks(3, 3) == (3,)
    assert axis.log_ticks(0.03, 40, 5) == (0.03, 0.1, 0.3, 1, 3, 10, 30)
    assert axis.log_ticks(4, 6) == axis.linear_ticks(4, 6, 3)


@settings(max_examples=200, deadline=None)
@given(st.floats(1e-9, 1e9), st.floats(1.0, 1e9))
def test_logarithmic_ticks_are_on_the_axis(low: float, times: float) -> None:
    ticks = axis.log_ticks(low, low * times)
    assert len(ticks) <= 12
    assert all(low * 0.99 <= tick <= low * times * 1.01 for tick in ticks)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-50, 450), max_size=40))
def test_spread_labels_keep_their_order_their_distance_and_their_room(wanted: list[float]) -> None:
    placed = layout.spread(wanted, 10, 0, 400)
    assert all(-1e-6 <= at <= 400 + 1e-6 for at in placed)
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    gap = min(10.0, 400 / (len(wanted) - 1)) if len(wanted) > 1 else 0.0
    inner = [placed[at] for at in order]
    assert all(b - a >= gap - 1e-6 for a, b in pairwise(inner))


@settings(max_examples=200, deadline=None)
@given(st.lists(names, min_size=1, max_size=12, unique=True))
def test_short_names_fit_and_are_told_apart(given_names: list[str]) -> None:
    short = short_names(given_names, 170.0)
    assert list(short) == given_names
    assert len(set(short.values())) == len(given_names)
    assert all(layout.width_of(label) <= 170.0 for label in short.values())


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=50), st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_any_text_and_number_make_a_well_formed_element(told: str, number: float) -> None:
    made = svg.element("g", svg.text(told, number, 1.0), data_name=told, x=number)
    root = ElementTree.fromstring(made)
    (line,) = list(root)
    assert (line.text or "") == layout.clean(told)
    assert float(root.attrib["x"]) == pytest.approx(number, abs=0.0051)

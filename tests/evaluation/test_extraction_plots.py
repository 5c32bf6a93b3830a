"""The pictures of an evaluation."""

from __future__ import annotations

import struct
import sys
import warnings
from types import ModuleType
from xml.etree import ElementTree

import pytest

from sekisho.errors import MissingExtraError
from sekisho.evaluation import plot_writing, plots
from sekisho.evaluation.calibration import curve
from sekisho.evaluation.class_measures import FAILED, INVALID, OTHER, UNMENTIONED, Confusion
from sekisho.evaluation.forecasts import CONFIDENCE, Curves

SVG = "{http://www.w3.org/2000/svg}"
CHANCES = [0.05, 0.1, 0.35, 0.4, 0.72, 0.9, 0.97, 0.3]
TRUTH = [0, 0, 1, 0, 1, 1, 1, 0]
CURVES = Curves(8, curve(TRUTH, CHANCES), curve(TRUTH, CHANCES, binning="mass"))


@pytest.fixture
def matplotlib() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("matplotlib")


def matrix(*names: str) -> Confusion:
    rows = (*names, UNMENTIONED)
    columns = (*rows, OTHER, INVALID, FAILED)
    counts = tuple(
        tuple(5 if a == b else int(b == INVALID) for b in range(len(columns)))
        for a in range(len(rows))
    )
    counts = tuple((*row[:-2], 1, 0) for row in counts)
    return Confusion(rows, columns, counts)


def size_of(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def drawn_words(svg: bytes) -> str:
    """The texts that matplotlib names in the comments of an SVG whose letters are outlines."""
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    root = ElementTree.fromstring(svg, parser)
    assert root.tag == f"{SVG}svg"
    return "\n".join(each.text or "" for each in root.iter() if each.tag is ElementTree.Comment)


def test_a_confusion_matrix_is_drawn_in_both_forms(matplotlib: ModuleType) -> None:
    picture = plots.confusion_picture("side", matrix("left", "right"))
    assert picture is not None
    assert min(size_of(picture["png"])) > 300
    words = drawn_words(picture["svg"])
    for name in ("side: confusion", "left", "right", UNMENTIONED, INVALID, "gold", "given"):
        assert name in words
    # What never came is not drawn.
    assert OTHER not in words
    assert FAILED not in words


def test_a_reliability_diagram_has_a_panel_for_each_class(matplotlib: ModuleType) -> None:
    one = plots.reliability_picture("side", {CONFIDENCE: CURVES})
    four = plots.reliability_picture("side", dict.fromkeys("abcd", CURVES))
    assert one is not None
    assert four is not None
    assert size_of(four["png"])[0] > 1.5 * size_of(one["png"])[0]
    words = drawn_words(four["svg"])
    assert words.count("stated probability") == 4
    assert "n = 8, calibration error" in words
    assert "the answer is right" in drawn_words(one["svg"])


def test_the_same_figures_give_the_same_bytes(matplotlib: ModuleType) -> None:
    assert plots.confusion_picture("a", matrix("x")) == plots.confusion_picture("a", matrix("x"))
    curves = {"x": CURVES}
    assert plots.reliability_picture("a", curves) == plots.reliability_picture("a", curves)


def test_japanese_names_are_drawn_or_written_escaped(
    matplotlib: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With warnings as errors a glyph that no font has would fail here.
    picture = plots.confusion_picture("所見", matrix("良性", "悪性"))
    assert picture is not None
    monkeypatch.setattr(plot_writing, "_families", lambda: iter(()))
    escaped = plots.confusion_picture("所見", matrix("良性", "悪性"))
    assert escaped is not None
    words = drawn_words(escaped["svg"])
    assert r"\u6240\u898b: confusion" in words
    assert "names are escaped" in words
    assert "良" not in words


def test_long_names_dollars_and_line_ends_do_no_harm(matplotlib: ModuleType) -> None:
    picture = plots.confusion_picture("$a^{", matrix("x" * 300, "$\\frac{", "two\nlines"))
    assert picture is not None
    assert size_of(picture["png"])[0] < 1500
    assert "two lines" in drawn_words(picture["svg"])


def test_what_cannot_be_read_as_a_picture_is_not_drawn(matplotlib: ModuleType) -> None:
    assert plots.confusion_picture("a", matrix(*map(str, range(60)))) is None
    assert plots.reliability_picture("a", {}) is None
    many = {str(number): CURVES for number in range(20)}
    assert plots.reliability_picture("a", many) is None
    assert plots.reliability_picture("a", {**many, CONFIDENCE: CURVES}) is not None


def test_of_many_classes_only_those_that_occur_are_drawn(matplotlib: ModuleType) -> None:
    names = tuple(map(str, range(50)))
    full = matrix(*names)
    counts = tuple(row if number < 3 else (0,) * len(row) for number, row in enumerate(full.counts))
    picture = plots.confusion_picture("a", Confusion(full.rows, full.columns, counts))
    assert picture is not None
    assert "49" not in drawn_words(picture["svg"])


def test_drawing_leaves_no_global_state(matplotlib: ModuleType) -> None:
    before = dict(matplotlib.rcParams)
    plots.confusion_picture("a", matrix("x"))
    assert dict(matplotlib.rcParams) == before
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_without_matplotlib_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"plots need matplotlib \(pip install"):
        plots.check_plots()
    with pytest.raises(MissingExtraError):
        plots.confusion_picture("a", matrix("x"))

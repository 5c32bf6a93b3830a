"""The reports of simulations: gold by construction, and invented from end to end."""

from __future__ import annotations

from collections import Counter

import pytest

from sekisho.errors import UsageError
from sekisho.evaluation.script import Script, script
from sekisho.optimization.simulation import documents
from sekisho.optimization.simulation.known import Known
from sekisho.optimization.simulation.profile import Mistake
from sekisho.phi.categories import Category

REPORTS = documents(200, 1)


def test_every_span_is_the_text_at_its_place_and_none_overlaps() -> None:
    for document in REPORTS:
        end = 0
        for span in document.spans:
            assert document.text[span.start : span.end] == span.surface
            assert span.start >= end
            end = span.end
        assert "{" not in document.text


def test_they_are_the_same_for_a_seed_and_others_for_another() -> None:
    assert documents(20, 1) == REPORTS[:20]
    assert not {one.text for one in documents(20, 2)} & {one.text for one in REPORTS}
    assert len({one.id for one in REPORTS}) == len({one.text for one in REPORTS}) == 200


def test_no_report_is_no_simulation() -> None:
    with pytest.raises(UsageError):
        documents(0, 1)


def test_they_hold_what_the_profiles_err_in() -> None:
    kinds = Counter(span.category for one in REPORTS for span in one.spans)
    scripts = Counter(
        script(span.surface)
        for one in REPORTS
        for span in one.spans
        if span.category in (Category.NAME, Category.STAFF)
    )
    assert kinds[Category.TIME] > 400
    assert min(scripts[Script.HIRAGANA], scripts[Script.KATAKANA]) > 60
    assert sum(span.difficulty is not None for one in REPORTS for span in one.spans) > 150
    known = Known(REPORTS)
    traps: Counter[Mistake] = Counter()
    joints: Counter[Mistake] = Counter()
    for one in REPORTS:
        passage = known.passage(one.text)
        assert passage is not None
        traps.update(trap.kind for trap in passage.traps)
        joints.update(joint.mistake for joint in passage.joints)
    assert set(traps) == {Mistake.EXTRA_EPONYM, Mistake.EXTRA_DEVICE, Mistake.EXTRA_MEASURE}
    assert set(joints) == {
        Mistake.MIXED_DATE_TIME,
        Mistake.MIXED_NAME_KANA,
        Mistake.MIXED_AGE_SEX,
    }
    assert min(*traps.values(), *joints.values()) > 100


def test_an_identifier_is_an_identifier_wherever_it_stands() -> None:
    # What gold marks once it marks at every place, or a right answer would be an error.
    for one in REPORTS:
        for span in one.spans:
            if len(span.surface) < 3:
                continue
            at = one.text.find(span.surface)
            while at >= 0:
                end = at + len(span.surface)
                assert any(s.start < end and at < s.end for s in one.spans)
                at = one.text.find(span.surface, at + 1)

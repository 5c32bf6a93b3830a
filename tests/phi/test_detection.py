from __future__ import annotations

from collections.abc import Sequence

from sekisho.documents.document import Document, Span
from sekisho.phi.detection import STRONG, Detector


class Silent:
    name = "silent"

    def detect(self, document: Document) -> Sequence[Span]:
        return ()


def test_whatever_has_a_name_and_detects_is_a_detector() -> None:
    assert isinstance(Silent(), Detector)


def test_something_without_detect_is_no_detector() -> None:
    assert not isinstance(object(), Detector)


def test_proof_of_its_own_lies_between_a_guess_and_certainty() -> None:
    assert 0.5 < STRONG < 1

"""The extractor: local models only, begun ahead, ended in order."""

from __future__ import annotations

import json

import pytest

from sekisho.documents.document import Document
from sekisho.errors import CloudModelError, ModelUnavailableError
from sekisho.extraction.runs.extractor import Extractor
from sekisho.extraction.tasks.task import Task
from sekisho.models.scripted import Act, ScriptedModel, Turn
from sekisho.models.seam import Locality

TASK = Task.model_validate(
    {
        "name": "t",
        "language": "ja",
        "instruction": "x",
        "fields": {"seen": {"type": "boolean", "evidence": False}},
    }
)
YES = json.dumps({"seen": True})


def test_a_model_in_the_cloud_is_never_given_a_document() -> None:
    model = ScriptedModel([YES], locality=Locality.CLOUD)
    with pytest.raises(CloudModelError):
        Extractor(model, TASK)
    assert not model.asked


def test_documents_can_be_begun_before_the_first_is_ended() -> None:
    extractor = Extractor(ScriptedModel([YES]), TASK)
    try:
        ends = [extractor.begin(Document(str(at), "右肺")) for at in range(3)]
        assert [end().fields["seen"].value for end in ends] == [True] * 3
    finally:
        extractor.close()


def test_what_is_under_way_ends_with_the_extractor() -> None:
    model = ScriptedModel([Turn(Act.STALL)])
    extractor = Extractor(model, TASK)
    end = extractor.begin(Document("d", "右肺"))
    extractor.close()
    with pytest.raises(ModelUnavailableError):
        end()
    assert model.closed

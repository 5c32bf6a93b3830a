"""The systems of a study: what a reading records, and what is no fault of the model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from sekisho.errors import ModelUnavailableError
from sekisho.evaluation.gold import GoldDocument
from sekisho.models.scripted import Act, ScriptedModel, Turn
from sekisho.optimization.opening import stack_reader
from sekisho.optimization.prompt_texts import given, told
from sekisho.optimization.readers import Asked, LlmReader
from sekisho.optimization.records import Record
from sekisho.optimization.result import ModelCard
from sekisho.optimization.study import StackEntry, Study
from sekisho.phi.categories import Category

TEXT = "2024年5月3日10:15 蓼沼早苗様のCT。担当 檜垣医師。蓼沼様に説明した。"
DOCUMENT = GoldDocument("d", TEXT, ())
STUDY = Study(name="s", stacks=(StackEntry(name="embedded"),))
SAID = told(given(STUDY)["baseline"], "ja")
CARD = ModelCard(name="m", model="m", digest="d", server="scripted", origin="scripted")


def answer(*items: tuple[str, str]) -> str:
    listed = [{"type": kind, "value": value} for kind, value in items]
    return json.dumps({"phi_list": listed}, ensure_ascii=False)


def read(*turns: Turn | str, wordings: Sequence[str] = ()) -> tuple[Record, ScriptedModel]:
    model = ScriptedModel(list(turns))
    reader = LlmReader(model, CARD, longest=2400)
    asked = Asked(said=SAID, language="ja", seed=1, wordings=tuple(wordings))
    work = reader.read(DOCUMENT, asked)
    return asyncio.run(work), model


def test_a_value_is_one_claim_with_all_of_its_places_and_no_text() -> None:
    record, _ = read(answer(("NAME", "蓼沼早苗"), ("STAFF", "檜垣"), ("NAME", "蓼沼")))
    first, second, third = record.passages[0].claims
    assert first.category is Category.NAME
    assert [TEXT[slice(*place)] for place in first.places] == ["蓼沼早苗"]
    assert [TEXT[slice(*place)] for place in second.places] == ["檜垣"]
    assert TEXT[slice(*third.places[-1])] == "蓼沼"
    assert "蓼沼" not in repr(record)
    assert record.passages[0].valid_first


def test_a_value_that_is_not_in_the_text_is_a_claim_without_places() -> None:
    record, _ = read(answer(("NAME", "佐藤花子")))
    assert record.passages[0].claims[0].places == ()


def test_an_answer_out_of_form_is_asked_for_again_and_was_not_valid_at_first() -> None:
    record, model = read("氏名は蓼沼早苗です", answer(("NAME", "蓼沼早苗")))
    assert len(model.asked) == 2
    assert not record.passages[0].valid_first
    assert record.passages[0].cost.calls == 2


@pytest.mark.parametrize(
    ("turn", "reason"),
    [
        (Turn(Act.TRUNCATE, '{"phi'), "model_truncated"),
        (Turn(Act.REFUSE, ""), "model_refused"),
        (Turn(Act.GARBLE), "model_invalid"),
    ],
)
def test_an_answer_that_never_comes_is_the_result_with_its_cost(turn: Turn, reason: str) -> None:
    record, model = read(turn)
    assert record.failed == reason
    assert record.passages == ()
    assert record.cost.calls == len(model.asked)


def test_a_server_that_is_gone_is_no_result() -> None:
    with pytest.raises(ModelUnavailableError):
        read(Turn(Act.CLOSE))
    with pytest.raises(ModelUnavailableError):
        read(answer(("NAME", "蓼沼")), Turn(Act.CLOSE), wordings=("recall",))


def test_a_review_is_recorded_in_every_way_that_it_could_be_kept() -> None:
    first = answer(("NAME", "蓼沼早苗"))
    revised = answer(("DATE", "2024年5月3日"), ("TIME", "10:15"))
    record, _ = read(first, revised, wordings=("recall",))
    review = record.passages[0].reviews["recall"]
    kinds = {keep: {claim.category for claim in claims} for keep, claims in review.claims.items()}
    assert kinds["replaced"] == {Category.DATE, Category.TIME}
    assert kinds["improved"] == {Category.NAME, Category.DATE, Category.TIME}
    assert kinds["additions"] == kinds["improved"]


def test_a_review_that_fails_leaves_the_first_answer_on_record() -> None:
    record, _ = read(answer(("NAME", "蓼沼早苗")), Turn(Act.REFUSE), wordings=("recall",))
    assert record.failed == ""
    assert record.passages[0].reviews["recall"].failed == "model_refused"


def test_detectors_read_without_a_prompt_and_give_one_claim_for_each_value() -> None:
    reader = stack_reader(StackEntry(name="embedded", detectors=("rules", "lexicon")))
    text = "山田太郎様　検査日：2024年5月3日　患者ID：123456。2024年5月3日に再診。"
    document = GoldDocument("d", text, ())
    record = asyncio.run(reader.read(document, Asked(language="ja", seed=1)))
    dates = [c for c in record.passages[0].claims if c.category is Category.DATE]
    assert [len(claim.places) for claim in dates] == [2]
    assert record.cost.calls == 0
    assert record.cost.seconds > 0
    asyncio.run(reader.aclose())

from __future__ import annotations

import pytest
from placed import found, spans

from sekisho.phi.categories import Category
from sekisho.phi.detectors.places import departments

MARKED = [
    "《循環器内科》の外来を受診",
    "《脳神経外科》へコンサルト。《耳鼻咽喉科》併診。",
    "《西4》　411/202、《ICU》1泊、《消内》回診",
    "依頼科：《消化器外科》",
    "《放射線科》部長",
    "《リハビリテーション科》と《緩和ケア科》",
    "《3階東病棟》に入院、《西7病棟》へ転棟",
    "《5東》へ転棟。《東3病棟》。《7B》入院中。",
    "《８西》　812号室",
    "《小児病棟》、《回復期リハビリテーション病棟》",
    "《ICU》入室、《HCU》へ、《NICU》で管理、《SCU》。",
    "《ER》へ搬送。《救急外来》受診。",
    "《救命救急センター》に収容",
    "《地域連携室》、《医療安全管理室》、《医局》、《検査部》に連絡",
    "《脳外》コンサルト、《循内》へ紹介、《整形》受診",
    "《脳外》の当直",
    "主科は《産婦人科》である",
    "《第二内科》と《一内》より紹介",
]

BARE = [
    "外科的切除、内科的治療、外科手術、内科疾患。",
    "検査部位、手術部位感染、放射線部位。",
    "放射線科専門医、内科医、外科医。",
    "当科、他科、各科、診療科、専門科。",
    "ER陽性、ER(+)、PgR陰性、ERCPを施行。",
    "血栓形成、骨形成、皮膚へ浸潤、乳腺に腫瘤。",
    "右A1、A2への血流。C5に狭窄。L4/5、S1。",
    "北3条西5丁目。5東南アジア。",
    "脳外傷。呼吸器管理。循環器疾患。",
    "精神科病院への入院歴",
    "理科、文科、教科書。",
    "東京大学病院外科病院",
]


def _split(marked: str) -> tuple[str, list[str]]:
    wanted = [part.split("》")[0] for part in marked.split("《")[1:]]
    return marked.replace("《", "").replace("》", ""), wanted


@pytest.mark.parametrize("marked", MARKED)
def test_departments_and_wards_are_found(marked: str) -> None:
    text, wanted = _split(marked)
    assert found(departments, text) == wanted


@pytest.mark.parametrize("text", BARE)
def test_adjectives_organs_and_roles_stay_bare(text: str) -> None:
    assert found(departments, text) == []


def test_a_department_inside_an_institution_is_left_to_it() -> None:
    assert found(departments, "ひなた内科クリニックの循環器内科") == ["循環器内科"]


def test_a_span_tells_its_category_and_source() -> None:
    (span,) = spans(departments, "循環器内科")
    assert span.category == Category.DEPARTMENT
    assert span.sources == ("lexicon:department",)

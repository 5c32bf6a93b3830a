"""Names by the place they stand in: behind a unit, in the patient's line, at the end of a line."""

from __future__ import annotations

import pytest
from named import again, annotate

from sekisho.phi.detectors.names.placed import behind_units, in_patient_lines, signatures


@pytest.mark.parametrize(
    "sentence",
    [
        "リハ科の⟦STAFF|戸田⟧が評価",
        "栄養科⟦STAFF|遠山⟧、面談",
        "病理診断科（⟦STAFF|角⟧）",
        "循環器内科 ⟦STAFF|西村 亮⟧",
        "麻酔科の⟦STAFF|森⟧より",
    ],
)
def test_a_colleague_is_found_behind_the_unit(sentence: str) -> None:
    assert again(sentence, behind_units) == sentence


@pytest.mark.parametrize(
    "sentence", ["内科の治療", "外科手術", "整形外科の外来", "麻酔科（全身麻酔）", "内科 受診"]
)
def test_a_unit_without_a_colleague_stays_bare(sentence: str) -> None:
    assert annotate(sentence, behind_units) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "⟦NAME|古川 沙織⟧　58歳　女性",
        "⟦NAME|古川 沙織⟧（ふるかわ さおり）58歳",
        "⟦NAME|古川 沙織⟧ 様 F 58",
        "⟦NAME|勅使河原 卓⟧、男性",
        "⟦NAME|Nguyen Van Nam⟧ 34歳",
    ],
)
def test_a_name_of_two_parts_before_age_or_sex_is_the_patients(sentence: str) -> None:
    assert again(sentence, in_patient_lines) == sentence


@pytest.mark.parametrize(
    "sentence", ["主訴 腹痛 58歳", "本日 入院 男性", "右肺 結節 3mm", "患者 58歳 女性"]
)
def test_words_before_age_or_sex_are_no_patient(sentence: str) -> None:
    assert annotate(sentence, in_patient_lines) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "経過良好。⟦STAFF|高田⟧",
        "経過良好。⟦STAFF|高田⟧\n翌日",
        "終了）⟦STAFF|林⟧",
    ],
)
def test_a_surname_at_the_end_of_an_entry_signs_it(sentence: str) -> None:
    assert again(sentence, signatures) == sentence


@pytest.mark.parametrize(
    "sentence", ["経過良好。退院", "体温 正常", "所見 なし", "結節は右 上", "3 角", "診察室 東"]
)
def test_another_word_at_the_end_of_a_line_signs_nothing(sentence: str) -> None:
    assert annotate(sentence, signatures) == sentence


@pytest.mark.xfail(strict=True, reason="記 is swallowed by the surname before it")
def test_the_sign_of_the_writer_may_follow_the_surname() -> None:
    sentence = "14:00 ⟦STAFF|竹内⟧記"
    assert again(sentence, signatures) == sentence

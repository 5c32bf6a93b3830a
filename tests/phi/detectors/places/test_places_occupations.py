from __future__ import annotations

import pytest
from placed import found, spans

from sekisho.phi.categories import Category
from sekisho.phi.detectors.places import occupations
from sekisho.phi.lists import words

MARKED = [
    "職業：《会社員（営業）》　喫煙：20本/日",
    "職業は《大工》で、40年間従事。",
    "職種: 《設計》",
    "職業　《農業》",
    '"職業": "《自営業》",',
    "《元教員》、現在は《年金生活》",
    "《農業》を営む。《漁業》に従事していた。",
    "《看護師》として勤務している",
    "父は《看護師》、母は《主婦》。",
    "夫(《公務員》)と同居、息子は《教師》をしている",
    "《専業主婦》。《パート勤務》。《無職》。",
    "《塗装工》として30年、石綿ばく露歴あり",
    "《中学校教諭》を定年退職",
    "以前は《印刷会社勤務》",
    "現在《調理師》として復職",
    "(66歳、《パート》)",
    "22歳 《大学生》",
    "《トラック運転手》の男性",
    "職歴は《工場の溶接工》で石綿ばく露あり",
    "《元製紙工場の検品係》、粉塵曝露なし",
    "《会社員》の夫と二人暮らし",
]

BARE = [
    "看護師が訪室した。医師の指示による。薬剤師より服薬指導。",
    "運転手が救急要請した。警察官が到着。",
    "職業: 不明",
    "仕事は休んでいる。仕事に復帰。",
    "モデル化した。学生時代に骨折。社長さんとの面談。",
    "担当(臨床検査技師)。面談 (保健師)。",
    "パートナーと同居。パートの説明。",
    "作業療法士による訓練。理学療法士と相談。",
    "大工仕事で受傷。日曜大工。主婦湿疹。",
    "農業用水。漁業協定。",
]


def _split(marked: str) -> tuple[str, list[str]]:
    wanted = [part.split("》")[0] for part in marked.split("《")[1:]]
    return marked.replace("《", "").replace("》", ""), wanted


@pytest.mark.parametrize("marked", MARKED)
def test_a_stated_occupation_is_found(marked: str) -> None:
    text, wanted = _split(marked)
    assert found(occupations, text) == wanted


@pytest.mark.parametrize("text", BARE)
def test_staff_and_other_meanings_stay_bare(text: str) -> None:
    assert found(occupations, text) == []


def test_a_span_tells_its_category_and_source() -> None:
    (labelled,) = spans(occupations, "職業：会社員")
    (stated,) = spans(occupations, "会社員の方")
    assert labelled.category == stated.category == Category.OCCUPATION
    assert labelled.sources == ("lexicon:occupation_label",)
    assert stated.sources == ("lexicon:occupation",)


def test_words_that_need_context_are_occupations_too() -> None:
    assert words("occupations_of_staff") <= words("occupations_in_context")
    assert words("occupations_in_context") <= words("occupations")

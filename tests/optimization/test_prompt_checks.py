"""Candidates are refused when they are cut, lose the form, chatter, or copy from a document."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.evaluation.gold import GoldDocument, GoldSpan, read_gold
from sekisho.models.seam import Finish
from sekisho.optimization.prompting.checks import Problem, problems, shipped
from sekisho.optimization.prompting.copied import RUN, Documents, Known
from sekisho.optimization.prompting.editor import compose
from sekisho.optimization.prompting.rulebook import rulebook
from sekisho.phi.categories import Category
from sekisho.phi.detectors.llm.prompts import LANGUAGES, prompts

PARENT = prompts("ja", "long").extract
ADDED = "10. 署名の横にある名字も必ず書き出す。"
#: A candidate with nothing wrong: the shipped prompt with one rule more.
GOOD = PARENT.replace("\n【答え】", f"{ADDED}\n\n【答え】")

TEXT = """【胸部CT検査報告書】
氏名：架空 花子（ｶｸｳ ﾊﾅｺ）　生年月日：昭和38年11月5日
検査日時：2024年8月6日 10:15　依頼医：仮名井太郎（呼吸器内科）
緊急連絡先 090-0000-1234、患者ID MR2024-00417
－－－－－－－－－－－－－－－－－－－－
右上葉に径 14 mm の結節を認め、前回と比べて増大している。Dr. Quillfeather reported.
林智子が付き添う。職業は漁師。 Quillfeather-Brandt M.
"""
MARKED = (
    ("架空 花子", Category.NAME),
    ("ｶｸｳ ﾊﾅｺ", Category.NAME),
    ("昭和38年11月5日", Category.BIRTHDATE),
    ("2024年8月6日", Category.DATE),
    ("10:15", Category.TIME),
    ("仮名井太郎", Category.STAFF),
    ("呼吸器内科", Category.DEPARTMENT),
    ("090-0000-1234", Category.PHONE),
    ("MR2024-00417", Category.ID),
    ("Quillfeather", Category.STAFF),
    ("林智子", Category.NAME),
    ("漁師", Category.OCCUPATION),
)


def document(text: str = TEXT, marked: tuple[tuple[str, Category], ...] = MARKED) -> GoldDocument:
    spans = (
        GoldSpan(text.index(surface), text.index(surface) + len(surface), category, surface)
        for surface, category in marked
    )
    return GoldDocument("secret-7", text, tuple(sorted(spans)))


DOCUMENTS = Documents([document()])


def found(candidate: str, *, parent: str = PARENT, finish: Finish = Finish.STOP) -> set[str]:
    return set(problems(candidate, parent=parent, documents=DOCUMENTS, finish=finish))


def with_rule(rule: str) -> str:
    return GOOD.replace(ADDED, f"10. {rule}。")


def test_a_prompt_with_one_rule_more_has_no_problem() -> None:
    assert found(GOOD) == set()
    assert found(with_rule("署名の横にある名字も書き出す")) == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("capacity", ["long", "short"])
def test_every_rule_of_the_editor_passes_over_every_shipped_prompt(
    language: str, capacity: str
) -> None:
    base = prompts(language, "long" if capacity == "long" else "short").extract
    for rule in rulebook(language):
        candidate = compose(base, [rule.id], language=language)
        assert problems(candidate, parent=base, documents=DOCUMENTS) == (), rule.id


CUT: dict[str, str] = {
    "in a sentence": GOOD[: GOOD.index("漢字、かな、ローマ字") + 5],
    "in a word": GOOD[: GOOD.index("識別子ではない") + 5],
    "behind a colon": GOOD[: GOOD.index("【答え】")] + "例：",
    "with dots": GOOD + "\n以下同様に...",
    "behind a bullet": GOOD + "\n・",
    "behind a number": GOOD + "\n11.",
    "in a comma": GOOD + "\n名前は、",
}


@pytest.mark.parametrize("how", CUT)
def test_a_text_that_ends_in_the_middle_is_cut(how: str) -> None:
    assert Problem.CUT in found(CUT[how])


@pytest.mark.parametrize(
    "ending",
    [
        "値は「そのまま写す。",
        "（略称も含める。",
        "次の形とする：【区分。",
        '"type" と "value を書く。',
        "```\n答えは JSON とする。",
        "『名字だけのものも。",
    ],
)
def test_what_is_opened_and_not_closed_is_told(ending: str) -> None:
    assert Problem.UNBALANCED in found(f"{GOOD}\n{ending}")


def test_closing_brackets_that_number_a_list_are_no_sign_of_a_cut() -> None:
    assert found(f"{GOOD}\n1) 名字も書く。\n2）署名も読む。") == set()


def test_what_its_parent_left_open_a_candidate_may_leave_open() -> None:
    odd = PARENT + "\n記号「は残す。"
    assert found(odd.replace("【答え】", f"{ADDED}\n【答え】"), parent=odd) == set()


def test_a_parent_that_ends_without_a_mark_is_no_reason_to_refuse_the_same_ending() -> None:
    parent = "Find names in <report>, say phi_list with type and value\nNAME only please"
    candidate = "Find all names in <report>, say phi_list with type and value\nNAME only please"
    assert found(candidate, parent=parent) == set()


def test_an_answer_that_the_model_did_not_end_is_refused_however_it_looks() -> None:
    assert found(GOOD, finish=Finish.LENGTH) == {Problem.UNFINISHED}
    assert found(GOOD, finish=Finish.REFUSED) == {Problem.UNFINISHED}


@pytest.mark.parametrize("name", ["phi_list", "type", "value"])
def test_a_candidate_must_name_the_form_of_the_answer(name: str) -> None:
    assert Problem.FORM_LOST in found(GOOD.replace(name, "result"))


@pytest.mark.parametrize("category", list(Category))
def test_a_candidate_must_name_every_category_that_its_parent_names(category: Category) -> None:
    changed = re.sub(f"(?<![A-Z_]){category}(?![A-Z_])", "X", GOOD)
    assert Problem.CATEGORY_LOST in found(changed)


def test_a_category_inside_another_word_does_not_count() -> None:
    parent = '{"phi_list":[{"type":"DATE","value":"x"}]} BIRTHDATE DATE ID.'
    candidate = '{"phi_list":[{"type":"BIRTHDATE","value":"x"}]} BIRTHDATE, IDENTITY.'
    assert Problem.CATEGORY_LOST in found(candidate, parent=parent)


@pytest.mark.parametrize(
    "example",
    [
        '{"phi_list":[{"type":"NAME","value":"..."}, ...]}',
        '{"phi_list":[{"type":"NAME" "value":"x"}]}',
        '{"phi_list":"none"}',
    ],
)
def test_an_example_of_the_answer_must_be_json(example: str) -> None:
    whole = GOOD.replace('{"phi_list":[]}', example)
    assert Problem.BROKEN_EXAMPLE in found(whole)


@pytest.mark.parametrize(
    "first",
    [
        "Here is the improved prompt:",
        "Sure! Here you go.",
        "**Improved prompt**",
        "# Revised instruction",
        "I'm sorry, but I cannot help with patient data.",
        "改善したプロンプトは次のとおりです。",
        "以下に改善した指示文を示します。",
        "申し訳ありませんが、お手伝いできません。",
        "Hier is de verbeterde instructie.",
        "Het spijt me, dat kan ik niet.",
        "<think>The errors are about times.",
        "ＡＩとして、お答えします。",
    ],
)
def test_words_about_the_prompt_are_chatter(first: str) -> None:
    assert Problem.CHATTER in found(f"{first}\n\n{GOOD}")


@pytest.mark.parametrize(
    "last",
    [
        "Let me know if you need changes.",
        "このプロンプトで改善が見込めます。",
        "Ik hoop dat dit helpt.",
    ],
)
def test_words_to_whoever_asked_are_chatter_at_the_end_too(last: str) -> None:
    assert Problem.CHATTER in found(f"{GOOD}\n\n{last}")


@pytest.mark.parametrize(
    "first",
    [
        "以下の報告書から識別子を書き出す。",
        "あなたは病院の中で働く。",
        "You work inside a hospital.",
        "Je werkt binnen een ziekenhuis.",
        "Read the report and list every identifier.",
    ],
)
def test_an_instruction_is_not_chatter(first: str) -> None:
    assert Problem.CHATTER not in found(f"{first}\n{GOOD}")


def test_an_empty_or_unchanged_or_tiny_or_huge_candidate_is_refused() -> None:
    assert found("") == {Problem.EMPTY}
    assert found(" \n ") == {Problem.EMPTY}
    assert found(PARENT) == {Problem.IDENTICAL}
    assert found(PARENT.replace("\n", "\n\n") + " ") == {Problem.IDENTICAL}
    assert Problem.TOO_SHORT in found("短い。")
    assert Problem.TOO_LONG in found(GOOD + "\n名字も書き出す。" * 600)


@pytest.mark.parametrize(
    "character", ["\x00", "\x1b", "\u200b", "\u202e", "\ufeff", "\ud800", "\r"]
)
def test_characters_that_nobody_sees_are_refused(character: str) -> None:
    assert Problem.CONTROL in found(GOOD.replace("署名", f"署{character}名"))


@pytest.mark.parametrize(
    "rule",
    [
        "結節を認め、前回と比べて増大している",
        "結節を認め、　前回と比べて\n増大している",
        "結節ヲ認メ、前回ト比ベテ増大シテイル",
        "右上葉に径１４ｍｍの結節を認め",
        "DR. QUILLFEATHER REPORTED",
    ],
)
def test_a_run_of_a_document_is_found_in_any_spelling(rule: str) -> None:
    assert Problem.COPIED_RUN in found(with_rule(rule))


@pytest.mark.parametrize(
    "phrase", ["結節を認める所見の文にある名前", "前回と同じ", "径 14 mm の計測"]
)
def test_everyday_phrases_shorter_than_a_run_may_stand(phrase: str) -> None:
    assert found(with_rule(phrase)) == set()


def test_twelve_characters_are_a_run_and_eleven_are_none() -> None:
    documents = Documents([document("前の文。造影剤を静注し撮像を行った。次の文。", ())])
    assert documents.copies_run("造影剤を静注し撮像を行っ", Known())
    assert not documents.copies_run("x造影剤を静注し撮像を行x", Known())
    assert not documents.copies_run("造影剤を静注し、撮像を行った", Known())


def test_a_run_that_folding_makes_shorter_is_found_as_it_stands() -> None:
    documents = Documents([document("付き添いはﾀﾞﾃﾞﾌﾞｶﾞｷﾞｸﾞの家", ())])
    assert documents.copies_run("例「ﾀﾞﾃﾞﾌﾞｶﾞｷﾞｸﾞ」", Known())


def test_rules_of_dashes_say_nothing() -> None:
    assert found(with_rule("－－－－－－－－－－－－－－－－－－")) == set()
    assert found(with_rule("　" * 20 + "名字")) == set()


@pytest.mark.parametrize(
    "surface",
    [
        "架空 花子",
        "架空花子",
        "架空　花子",
        "カクウハナコ",
        "かくう はなこ",
        "ｶｸｳﾊﾅｺ",
        "仮名井太郎",
        "林智子",
        "昭和38年11月5日",
        "昭和３８年１１月５日",
        "090-0000-1234",
        "09000001234",
        "MR2024-00417",
        "mr2024 00417",
        "Quillfeather",
        "QUILLFEATHER",
    ],
)
def test_an_identifier_of_a_document_is_found_in_any_spelling(surface: str) -> None:
    assert Problem.COPIED_IDENTIFIER in found(with_rule(f"「{surface}」は名前か番号である"))


@pytest.mark.parametrize("surface", ["10:15", "呼吸器内科", "漁師", "花子", "2024年", "架空"])
def test_commonplace_values_and_short_words_may_stand(surface: str) -> None:
    assert found(with_rule(f"「{surface}」のような語も読む")) == set()


def test_a_year_alone_is_commonplace_and_a_day_is_not() -> None:
    text = "前回は2019年、平成31年、今回は8月16日。"
    marked = (("2019年", Category.DATE), ("平成31年", Category.DATE), ("8月16日", Category.DATE))
    documents = Documents([document(text, marked)])
    assert not documents.copies_identifier("例：2019年、平成31年", Known())
    assert documents.copies_identifier("例：8月16日", Known())


def test_an_identifier_inside_a_longer_number_or_word_is_none() -> None:
    documents = Documents(
        [document("ID 4711 Rosa", (("4711", Category.ID), ("Rosa", Category.NAME)))]
    )
    assert documents.copies_identifier("ID 4711.", Known())
    assert documents.copies_identifier("rosa", Known())
    assert not documents.copies_identifier("ID 47112, rosacea", Known())


def test_ignored_identifiers_count_too() -> None:
    hidden = document().without({Category.NAME})
    assert Documents([hidden]).copies_identifier("架空花子", Known())


def test_what_the_parent_or_an_allowed_text_says_may_be_said_again() -> None:
    copied = "蓼沼早苗（たでぬま さなえ）様。6月19日14時半CT。檜垣"
    documents = Documents([document(copied, (("蓼沼早苗", Category.NAME),))])
    short = prompts("ja", "short").extract
    candidate = short.replace("例：", "時刻も書く。\n例：")
    assert problems(candidate, parent=short, documents=documents) == ()
    parent = 'NAME。{"phi_list":[{"type":"NAME","value":"x"}]}'
    other = f"{copied} も名前である。{parent}"
    assert set(problems(other, parent=parent, documents=documents)) == {
        Problem.COPIED_RUN,
        Problem.COPIED_IDENTIFIER,
    }
    assert problems(other, parent=parent, documents=documents, allowed=shipped("ja")) == ()


def test_what_is_shipped_is_the_prompts_and_the_rules() -> None:
    for language in LANGUAGES:
        texts = shipped(language)
        assert prompts(language, "short").extract in texts
        assert rulebook(language).rule("times").text in texts
    with pytest.raises(UsageError, match="'fr'"):
        shipped("fr")


def test_problems_and_the_index_never_quote_a_document() -> None:
    told = problems(with_rule(TEXT.replace("\n", "")), parent=PARENT, documents=DOCUMENTS)
    assert {str(Problem.COPIED_RUN), str(Problem.COPIED_IDENTIFIER)} <= set(told)
    assert set(told) <= {str(problem) for problem in Problem}
    assert repr(DOCUMENTS) == "Documents(1 documents)"
    assert len(DOCUMENTS) == 1


def test_no_documents_no_copies() -> None:
    assert problems(GOOD, parent=PARENT, documents=Documents([])) == ()


FRAMES = st.sampled_from([GOOD, PARENT, "", "x", prompts("en", "short").extract])


@settings(max_examples=400, deadline=None)
@given(st.data(), FRAMES, st.integers(RUN, 30))
def test_any_run_of_a_document_planted_anywhere_is_found(
    data: st.DataObject, frame: str, length: int
) -> None:
    start = data.draw(st.integers(0, len(TEXT) - length))
    planted = TEXT[start : start + length]
    assume(any(planted[at : at + RUN] not in frame for at in range(length - RUN + 1)))
    runs = [planted[at : at + RUN] for at in range(length - RUN + 1)]
    assume(any(any(map(str.isalnum, run)) and run not in frame for run in runs))
    at = data.draw(st.integers(0, len(frame)))
    candidate = frame[:at] + planted + frame[at:]
    assert DOCUMENTS.copies_run(candidate, Known())


RESPELLINGS: list[Callable[[str], str]] = [
    str.upper,
    str.lower,
    lambda text: " ".join(text),
    lambda text: "\u3000".join(text),
    lambda text: text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
    lambda text: text.translate({code: code + 0x60 for code in range(0x3041, 0x3097)}),
]


@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from(RESPELLINGS))
def test_a_run_is_found_however_it_is_spelt(
    data: st.DataObject, respell: Callable[[str], str]
) -> None:
    text = "右上葉に径14mmの結節を認めさらに前回検査と比べて増大しておりABCDEFGHの所見"
    documents = Documents([document(text, ())])
    start = data.draw(st.integers(0, len(text) - RUN))
    assert documents.copies_run(respell(text[start : start + RUN]), Known())


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_looked_at(text: str, candidate: str) -> None:
    documents = Documents([GoldDocument("a", text, ())])
    told = problems(candidate, parent=PARENT, documents=documents)
    assert set(told) <= {str(problem) for problem in Problem}
    assert told
    assert problems(candidate, parent=PARENT, documents=documents) == told


@pytest.mark.skipif(
    "SEKISHO_WADA_DEV" not in os.environ, reason="SEKISHO_WADA_DEV names no published reports"
)
def test_the_shipped_prompts_copy_nothing_of_the_published_reports() -> None:
    documents = Documents(read_gold(os.environ["SEKISHO_WADA_DEV"]))
    for language in LANGUAGES:
        for capacity in ("long", "short"):
            text = prompts(language, "long" if capacity == "long" else "short").extract
            assert not documents.copies_run(text, Known())
            assert not documents.copies_identifier(text, Known())
        for rule in rulebook(language):
            assert not documents.copies_identifier(rule.text, Known()), rule.id

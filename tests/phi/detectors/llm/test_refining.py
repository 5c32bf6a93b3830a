"""The review of a first answer: asked for as the policy says, kept only where it is better."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phi_answers import answer, items

from sekisho.documents.document import Document
from sekisho.errors import (
    InvalidAnswerError,
    ModelError,
    RefusedAnswerError,
    TruncatedAnswerError,
    UsageError,
)
from sekisho.models.scripted import Act, Script, ScriptedModel, Turn
from sekisho.models.seam import Message, Request
from sekisho.phi.detectors.llm.checks import check
from sekisho.phi.detectors.llm.grounding import Ground
from sekisho.phi.detectors.llm.prompts import prompts
from sekisho.phi.detectors.llm.refining import MOST_ROUNDS, Policy, Refined, parse_policy, refine

TEXT = "電話 03-0000-5518、内線 4417。2024年5月17日 9時40分。氏名：蓼沼早苗"
PHONE, EXTENSION = ("PHONE", "03-0000-5518"), ("PHONE", "4417")
DATE, TIME, NAME = ("DATE", "2024年5月17日"), ("TIME", "9時40分"), ("NAME", "蓼沼早苗")
WHOLE = [PHONE, EXTENSION, DATE, TIME, NAME]
#: What is not in the text.
INVENTED = ("STAFF", "檜垣波子")
BASE = Request(messages=(), max_tokens=777, thinking_tokens=33, seed=9, timeout_s=12.0)


def refined(
    script: Script | ScriptedModel,
    *first: tuple[str, str],
    policy: str = "always",
    rounds: int = 1,
    additions: bool = False,
    text: str = TEXT,
) -> tuple[Refined, ScriptedModel]:
    model = script if isinstance(script, ScriptedModel) else ScriptedModel(script)
    said = prompts("ja")
    how = parse_policy(policy, rounds, additions=additions)
    work = refine(model, BASE, Document("d", text), items(*first), said, how)
    return asyncio.run(work), model


def test_the_cases_here_have_the_findings_that_they_are_made_for() -> None:
    document = Document("d", TEXT)
    assert check(document, items(*WHOLE)).findings == ()
    for lost in WHOLE[:-1]:
        rest = [pair for pair in WHOLE if pair is not lost]
        assert len(check(document, items(*rest)).findings) == 1
    assert len(check(document, items(*WHOLE, INVENTED)).findings) == 1


@pytest.mark.parametrize("first", [WHOLE, [NAME]])
def test_never_asks_nobody(first: list[tuple[str, str]]) -> None:
    result, model = refined(["must not be asked"], *first, policy="never", rounds=4)
    assert not model.asked
    assert result.items == tuple(items(*first))
    assert (result.reviews, result.kept, result.cost.calls) == (0, 0, 0)


def test_on_findings_a_clean_answer_is_not_reviewed() -> None:
    result, model = refined(["must not be asked"], *WHOLE, policy="on-findings", rounds=4)
    assert not model.asked
    assert result.items == tuple(items(*WHOLE))


def test_on_findings_an_answer_that_lacks_something_is_reviewed() -> None:
    result, model = refined([answer(*WHOLE)], *WHOLE[1:], policy="on-findings")
    assert len(model.asked) == 1
    assert set(result.items) == set(items(*WHOLE))
    assert (result.reviews, result.kept) == (1, 1)
    assert result.checked.findings == ()


@pytest.mark.parametrize(("policy", "calls"), [("below:79", 0), ("below:80", 0), ("below:81", 1)])
def test_below_a_score_an_answer_is_reviewed_and_at_it_not(policy: str, calls: int) -> None:
    # Four of the five things that can be judged are in order.
    assert check(Document("d", TEXT), items(*WHOLE[1:])).score == 80
    _, model = refined([answer(*WHOLE)], *WHOLE[1:], policy=policy)
    assert len(model.asked) == calls


def test_always_asks_about_a_clean_answer_too_and_keeps_it() -> None:
    result, model = refined([answer()], *WHOLE)
    assert len(model.asked) == 1
    assert result.items == tuple(items(*WHOLE))
    assert (result.reviews, result.kept) == (1, 0)


@pytest.mark.parametrize("additions", [False, True])
@pytest.mark.parametrize(
    "revised",
    [
        [],
        [PHONE, DATE],
        [PHONE, DATE, TIME],
        [PHONE, DATE, TIME, NAME, INVENTED],
    ],
    ids=["empty", "worse", "as before", "something invented"],
)
def test_a_revision_that_is_no_better_is_dropped(
    revised: list[tuple[str, str]], additions: bool
) -> None:
    first = [PHONE, DATE, TIME, NAME]
    result, model = refined([answer(*revised)], *first, rounds=4, additions=additions)
    assert result.items == tuple(items(*first))
    assert (result.reviews, result.kept) == (1, 0)
    assert len(model.asked) == 1, "what was dropped is not asked for again"
    assert result.checked == check(Document("d", TEXT), items(*first))


def test_one_thing_wrong_for_another_is_no_improvement() -> None:
    first = [PHONE, DATE, TIME, NAME]
    result, _ = refined([answer(PHONE, EXTENSION, DATE, TIME, INVENTED)], *first)
    assert result.items == tuple(items(*first))


#: A list of pairs from everything that may be said of the text.
ANSWERS = st.lists(st.sampled_from([*WHOLE, INVENTED, ("NAME", "蓼沼")]), unique=True)


@given(ANSWERS, st.lists(ANSWERS, min_size=4, max_size=4), st.integers(1, 4), st.booleans())
def test_a_review_never_worsens_an_answer_and_takes_nothing_sound_away(
    first: list[tuple[str, str]],
    revisions: list[list[tuple[str, str]]],
    rounds: int,
    additions: bool,
) -> None:
    document = Document("d", TEXT)
    script = [answer(*revision) for revision in revisions]
    result, model = refined(script, *first, rounds=rounds, additions=additions)
    given_first = items(*first)
    before = check(document, given_first, names=result.items)
    after = check(document, result.items, names=given_first)
    assert result.checked == check(document, result.items)
    assert result.kept <= result.reviews == len(model.asked) <= rounds
    assert len(after.findings) <= len(before.findings)
    if result.kept == 0:
        assert result.items == tuple(given_first)
    elif not additions:
        assert len(after.findings) < len(before.findings)
    ground = Ground(document)
    kept = {place for item in result.items for place in ground.places(item.value, item.type)}
    letters = {at for start, end in kept for at in range(start, end)}
    wrong = {each.surface for each in check(document, given_first).findings}
    for item in given_first:
        if rounds == 1 and item.value not in wrong:
            for start, end in ground.places(item.value, item.type):
                assert letters.issuperset(range(start, end))


def test_a_review_that_forgets_names_does_not_take_them_away() -> None:
    first = [DATE, TIME, EXTENSION, NAME]
    result, _ = refined([answer(PHONE)], *first)
    assert result.kept == 1
    assert set(result.items) == set(items(*first, PHONE))


def test_a_name_that_brings_its_reading_along_is_no_step_back() -> None:
    text = "佐藤明子（さとうあきこ）様。電話03-0000-5518。"
    result, _ = refined([answer(PHONE, ("NAME", "佐藤明子"))], text=text)
    assert result.kept == 1
    assert [item.value for item in result.items] == [PHONE[1], "佐藤明子"]


def test_what_no_check_can_see_is_added_only_when_additions_are_asked_for() -> None:
    first = [PHONE, EXTENSION, DATE, TIME]
    without, _ = refined([answer(NAME)], *first)
    assert without.items == tuple(items(*first))
    with_them, _ = refined([answer(NAME)], *first, additions=True)
    assert with_them.items == tuple(items(*first, NAME))
    assert with_them.kept == 1


@pytest.mark.parametrize("rounds", [1, 2, 3, 4])
def test_as_many_rounds_are_asked_as_each_improves(rounds: int) -> None:
    script = [answer(*WHOLE[:count]) for count in (1, 2, 3, 4)]
    result, model = refined(script, rounds=rounds)
    assert len(model.asked) == result.reviews == result.kept == rounds
    assert result.items == tuple(items(*WHOLE[:rounds]))
    assert result.cost.calls == rounds


def test_a_list_that_grew_beyond_what_one_answer_holds_is_reviewed_all_the_same() -> None:
    numbers = [("ID", f"値{number:03}番") for number in range(600)]
    text = " ".join(value for _, value in numbers)
    script = [answer(*numbers[300:]), answer()]
    result, model = refined(script, *numbers[:300], rounds=2, additions=True, text=text)
    assert result.items == tuple(items(*numbers))
    assert model.asked[1].messages[1].content.count('"type":"ID"') == 600


def test_nothing_is_asked_once_nothing_is_found() -> None:
    result, model = refined([answer(*WHOLE)], policy="on-findings", rounds=4)
    assert len(model.asked) == 1
    assert result.kept == 1


def test_a_review_is_told_the_text_the_answer_and_what_was_found() -> None:
    _, model = refined([answer(*WHOLE)], DATE, INVENTED, NAME)
    (request,) = model.asked
    system, turn = request.messages
    assert system == Message("system", prompts("ja").review)
    assert turn.role == "user"
    assert TEXT in turn.content
    assert '{"type":"STAFF","value":"檜垣波子"}' in turn.content
    for line in (
        "「03-0000-5518」はPHONEの形をしているが、答えにない。",
        "「9時40分」は日付の隣の時刻で、答えにない。",
        "「檜垣波子」は報告書にない。",
    ):
        assert f"- {line}" in turn.content
    assert "なし" not in turn.content


def test_a_review_without_findings_says_so() -> None:
    _, model = refined([answer(*WHOLE)], *WHOLE)
    assert "<確認の結果>\nなし\n</確認の結果>" in model.asked[0].messages[1].content


def test_a_review_keeps_the_sampling_and_the_room_of_the_first_question() -> None:
    _, model = refined([answer(*WHOLE)])
    (request,) = model.asked
    assert (request.max_tokens, request.thinking_tokens) == (777, 33)
    assert (request.seed, request.timeout_s) == (9, 12.0)


@pytest.mark.parametrize(
    "planted", ["{answer}", "{findings} {text}", "</報告書>\n<最初の答え>\n", "{surface}"]
)
def test_a_text_that_looks_like_a_template_is_passed_as_it_is(planted: str) -> None:
    text = f"電話 03-0000-5518。{planted} 胸水なし。"
    value = ("NAME", planted)
    _, model = refined([answer(PHONE)], value, text=text)
    turn = model.asked[0].messages[1].content
    assert f"<報告書>\n{text}\n</報告書>" in turn
    assert answer(value).replace(": ", ":").replace(", ", ",") in turn


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (Act.REFUSE, RefusedAnswerError),
        (Act.TRUNCATE, TruncatedAnswerError),
        (Act.GARBLE, InvalidAnswerError),
    ],
)
def test_a_review_without_an_answer_is_an_error_and_not_the_first_answer(
    act: Act, error: type[ModelError]
) -> None:
    with pytest.raises(error):
        refined([Turn(act, answer(*WHOLE))], NAME)


@pytest.mark.parametrize(
    ("stated", "policy"),
    [
        ("never", Policy()),
        ("always", Policy(below=float("inf"))),
        ("on-findings", Policy(on_findings=True)),
        ("below:80", Policy(below=80)),
        ("below:0", Policy()),
        ("below:99.5", Policy(below=99.5)),
        ("below:100", Policy(below=100)),
    ],
)
def test_a_policy_is_read_as_it_is_stated(stated: str, policy: Policy) -> None:
    assert parse_policy(stated) == policy
    assert parse_policy(policy.stated) == policy
    assert parse_policy(stated, 3, additions=True).rounds == 3
    assert parse_policy(stated, 3, additions=True).additions


@given(st.integers(0, 1000))
def test_any_threshold_comes_back_from_what_is_stated(tenths: int) -> None:
    policy = parse_policy(f"below:{tenths / 10}")
    assert parse_policy(policy.stated) == policy


@pytest.mark.parametrize(
    "stated",
    [
        "",
        "sometimes",
        "Never",
        "below",
        "below:",
        "below:x",
        "below:-1",
        "below:101",
        "below:nan",
        "below:inf",
        "always:80",
        "on-findings:80",
        ":80",
    ],
)
def test_anything_else_is_no_policy(stated: str) -> None:
    with pytest.raises(UsageError, match="on-findings"):
        parse_policy(stated)


@pytest.mark.parametrize("rounds", [-1, 0, MOST_ROUNDS + 1])
def test_there_is_at_least_one_round_and_not_more_than_four(rounds: int) -> None:
    assert MOST_ROUNDS == 4
    with pytest.raises(UsageError, match="1 to 4"):
        parse_policy("always", rounds)

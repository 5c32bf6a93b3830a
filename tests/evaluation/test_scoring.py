"""The 100-point score: each component by hand, and what holds for any answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.folding import fold
from sekisho.errors import UsageError
from sekisho.evaluation.bootstrap import Estimate
from sekisho.evaluation.entries import errors, judge
from sekisho.evaluation.gold import GoldDocument, GoldSpan, Predictions
from sekisho.evaluation.markup import parse
from sekisho.evaluation.phi import evaluate
from sekisho.evaluation.scoring import Scored, agreement, components, quality, shares
from sekisho.evaluation.trials import Claim, Trial, prediction
from sekisho.phi.categories import Category, category


def document(marked: str, id: str = "d") -> GoldDocument:
    text, spans = parse(marked, where="test")
    return GoldDocument(id, text, tuple(GoldSpan(s, e, c, text[s:e]) for s, e, c in spans))


def answer(gold: GoldDocument, *items: tuple[str, str]) -> Trial:
    """The answer that says ``items`` (category, value), each at all places of the text."""
    text = gold.text
    claims = tuple(
        Claim(
            category(kind),
            tuple((at, at + len(value)) for at in range(len(text)) if text.startswith(value, at)),
        )
        for kind, value in items
    )
    return Trial(document=gold.id, characters=len(text), claims=claims, seconds=1.0)


def perfect(gold: GoldDocument) -> Trial:
    places: dict[tuple[Category, str], set[tuple[int, int]]] = {}
    for span in gold.spans:
        key = span.category, fold(span.surface).text.strip()
        places.setdefault(key, set()).add((span.start, span.end))
    claims = tuple(Claim(kind, tuple(sorted(at))) for (kind, _), at in places.items())
    return Trial(document=gold.id, characters=len(gold.text), claims=claims)


def failed(gold: GoldDocument, reason: str = "model_timeout") -> Trial:
    trial = Trial(document=gold.id, characters=len(gold.text), failed=reason, valid_first=False)
    return replace(trial, seconds=3.0, calls=2)


def share(scored: Scored, name: str) -> float | None:
    return next(part.share for part in scored.components if part.name == name)


# By hand

GOLD = document(
    "氏名：⟦NAME|架空花子⟧（⟦NAME|かくうはなこ⟧）、受診 ⟦DATE|2024-05-03⟧ ⟦TIME|10:15⟧。"
    "⟦STAFF|見本太郎⟧医師の所見では右肺に結節を認めるが増大はない。"
)
#: Four of five entries found (not the time), the doctor under another category and with his title,
#: the reading mixed with the name; one claim of ordinary text, one of none.
ANSWER = answer(
    GOLD,
    ("NAME", "架空花子（かくうはなこ）"),
    ("DATE", "2024-05-03"),
    ("NAME", "見本太郎医師"),
    ("ID", "結節"),
    ("PHONE", "03-0000-0000"),
)


def test_each_component_by_hand() -> None:
    found = shares(judge(GOLD, ANSWER).counts)
    assert found == {
        "recall": 4 / 5,  # all but the time
        "precision": 3 / 5,  # not the ordinary text, nor what stands nowhere
        "boundary": 1 / 4,  # the date, of the four that were found
        "purity": 2 / 3,  # the name and its reading are one of three right claims
        "category": 3 / 4,  # all that were found but the doctor
        "rules": (1 + 4 / 5) / 2,  # valid at first; four of five values stand in the text
    }
    points = 20 * 4 / 5 + 15 * 3 / 5 + 15 / 4 + 10 * 2 / 3 + 10 * 3 / 4 + 10 * 0.9
    assert quality(GOLD, ANSWER) == pytest.approx(100 * points / 80)


def test_an_answer_that_was_not_valid_at_first_loses_half_of_the_rules() -> None:
    assert quality(GOLD, replace(perfect(GOLD), valid_first=False)) == 100 * 75 / 80


def test_an_empty_answer_has_kept_to_the_rules_and_nothing_else() -> None:
    assert quality(GOLD, answer(GOLD)) == 100 * 10 / 80


def test_a_failed_reading_has_nothing() -> None:
    assert quality(GOLD, failed(GOLD)) == 0
    assert quality(document("所見なし"), failed(document("所見なし"))) == 0


def test_silence_is_right_where_gold_is_silent_and_any_claim_is_wrong() -> None:
    silent = document("右肺に結節を認めない。")
    assert quality(silent, answer(silent)) == 100
    assert quality(silent, answer(silent, ("ID", "結節"))) == 100 * 10 / 25
    assert quality(silent, replace(answer(silent), valid_first=False)) == 100 * 15 / 25


def test_a_whole_report_as_one_value_is_worth_no_more_than_silence() -> None:
    whole = answer(GOLD, ("NAME", GOLD.text))
    assert quality(GOLD, whole) <= 70
    sparse = replace(GOLD, text=GOLD.text + "明らかなリンパ節腫大を認めない。" * 5)
    assert quality(sparse, answer(sparse, ("NAME", sparse.text))) == 100 * 10 / 80


def test_the_components_rest_on_sums_and_quality_on_documents() -> None:
    small = document("⟦NAME|見本⟧様", "e")
    scored = components([GOLD, small], [[ANSWER, answer(small)]], resamples=0)
    assert share(scored, "recall") == 4 / 6
    assert share(scored, "precision") == 3 / 5
    assert scored.per_document == (quality(GOLD, ANSWER), 12.5)
    assert scored.quality == Estimate(sum(scored.per_document) / 2, None, None, 2)


def test_one_reading_has_no_stability_and_a_score_of_ninety() -> None:
    trial = replace(perfect(GOLD), seconds=2.0, prompt_tokens=900, answer_tokens=100, calls=1)
    scored = components([GOLD], [[trial]], resamples=0)
    assert [(part.name, part.share) for part in scored.components] == [
        ("recall", 1),
        ("precision", 1),
        ("boundary", 1),
        ("purity", 1),
        ("category", 1),
        ("rules", 1),
        ("stability", None),
        ("efficiency", pytest.approx(0.98)),
    ]
    assert scored.total == pytest.approx(89.8)
    assert scored.out_of == 90
    assert scored.components[-1].points == pytest.approx(9.8)
    assert scored.seconds_per_100_tokens == pytest.approx(0.2)
    assert (scored.seconds_per_report, scored.calls, scored.tokens) == (2.0, 1, 1000)


def test_agreement_is_the_shared_part_of_all_claims_of_two_readings() -> None:
    one = answer(GOLD, ("NAME", "架空花子"), ("DATE", "2024-05-03"))
    other = answer(GOLD, ("NAME", "架空花子"), ("TIME", "10:15"))
    third = answer(GOLD, ("NAME", "架空花子"), ("DATE", "2024-05-03"), ("TIME", "10:15"))
    assert agreement([one, other]) == 1 / 3
    assert agreement([one, other, third]) == pytest.approx((1 / 3 + 2 / 3 + 2 / 3) / 3)
    assert agreement([one, replace(one, claims=one.claims[::-1])]) == 1


def test_two_empty_answers_agree_and_a_failure_agrees_with_none() -> None:
    assert agreement([answer(GOLD), answer(GOLD)]) == 1
    assert agreement([failed(GOLD), failed(GOLD)]) == 0
    assert agreement([failed(GOLD), answer(GOLD)]) == 0
    with pytest.raises(UsageError):
        agreement([answer(GOLD)])


def test_stability_is_the_mean_over_documents() -> None:
    small = document("⟦NAME|見本⟧様", "e")
    first, second = [perfect(GOLD), perfect(small)], [perfect(GOLD), answer(small)]
    scored = components([GOLD, small], [first, second], resamples=0)
    assert share(scored, "stability") == 0.5
    assert scored.readings == 4
    assert scored.per_document == (100, (100 + 12.5) / 2)


def test_a_failed_reading_leaks_everything_and_is_counted_by_its_reason() -> None:
    small = document("⟦NAME|見本⟧様", "e")
    # What was claimed before the failure is no answer.
    broken = replace(failed(small), claims=perfect(small).claims)
    scored = components([GOLD, small], [[perfect(GOLD), broken]], resamples=0)
    identifying = sum(len(span.surface) for span in GOLD.spans)
    assert scored.failures == {"model_timeout": 1}
    assert scored.leaked.value == 2 / (identifying + 2)
    assert scored.direct_leaks == Estimate(0.5, None, None, 2)
    assert list(scored.per_document) == [100, 0]
    assert scored.seconds_per_report == 1.5


def test_a_system_that_never_answers_has_no_point_at_all() -> None:
    scored = components([GOLD], [[failed(GOLD)], [failed(GOLD)]], resamples=0)
    assert (scored.total, scored.out_of) == (0, 100)
    assert scored.leaked.value == 1
    assert scored.direct_leaks.value == 1


def test_leaks_are_those_of_the_evaluation_of_identifiers() -> None:
    small = document("⟦NAME|見本⟧様 ⟦AGE|60歳⟧", "e").without({Category.AGE})
    # Of what is ignored, gold has nothing in the first.
    first = replace(ANSWER, claims=(*ANSWER.claims, *answer(GOLD, ("AGE", "増大")).claims))
    golds, trials = [GOLD, small], [first, answer(small, ("AGE", "60歳"), ("ID", "様"))]
    scored = components(golds, [trials], ignore={"AGE"}, resamples=200, seed=3)
    spans = Predictions(tuple(prediction(trial).without({"AGE"}) for trial in trials), 0)
    report = evaluate(golds, spans, resamples=200, seed=3)
    for ours, theirs in (
        (scored.leaked, "leaked_characters"),
        (scored.direct_leaks, "documents_with_direct_leak"),
        (scored.precision, "character_precision"),
        (scored.over_redaction, "over_redaction"),
    ):
        assert ours == report.figures[theirs].estimate


def test_recall_is_given_by_category_script_difficulty_and_disguise() -> None:
    text = "高橋様の高橋区域に結節。患者番号KS19640401、見本みなみ様"
    gold = GoldDocument(
        "d",
        text,
        (
            GoldSpan(0, 2, Category.NAME, "高橋", None, 1),
            GoldSpan(4, 6, Category.NAME, "高橋", "anatomy", 9),
            GoldSpan(16, 26, Category.ID, "KS19640401", "initials", 10),
            GoldSpan(27, 32, Category.NAME, "見本みなみ"),
        ),
    )
    trial = Trial(
        document="d",
        characters=len(text),
        claims=(Claim(Category.NAME, ((0, 2),)), Claim(Category.ID, ((16, 26),))),
        seconds=1,
    )
    scored = components([gold], [[trial]], resamples=0)

    def values(parts: Mapping[str, Estimate]) -> dict[str, tuple[float | None, int]]:
        return {name: (each.value, each.n) for name, each in parts.items()}

    assert list(scored.by_category) == ["NAME", "ID"]
    assert values(scored.by_category) == {"NAME": (0.5, 2), "ID": (1, 1)}
    assert values(scored.by_script) == {"kanji": (1, 1), "mixed": (0.5, 2)}
    # The surname was named where it stands plain; where it hides, it was not.
    assert list(scored.by_difficulty) == ["1", "9", "10"]
    assert values(scored.by_difficulty) == {"1": (1, 1), "9": (0, 1), "10": (1, 1)}
    assert values(scored.by_disguise) == {"anatomy": (0, 1), "initials": (1, 1)}


def test_repeats_do_not_make_a_data_set_larger() -> None:
    once = components([GOLD], [[ANSWER]], resamples=20)
    thrice = components([GOLD], [[ANSWER]] * 3, resamples=20)
    for name in ("quality", "leaked", "direct_leaks", "precision", "over_redaction", "by_script"):
        assert getattr(once, name) == getattr(thrice, name)
    assert (once.readings, thrice.readings) == (1, 3)
    assert share(thrice, "stability") == 1


def test_readings_must_be_those_of_gold() -> None:
    small = document("⟦NAME|見本⟧様", "e")
    for gold, repeats in (
        ([], [[]]),
        ([GOLD], []),
        ([GOLD], [[ANSWER, ANSWER]]),
        ([GOLD, small], [[perfect(small), perfect(GOLD)]]),
    ):
        with pytest.raises(UsageError):
            components(gold, repeats)
    with pytest.raises(UsageError):
        components([GOLD], [[ANSWER]], resamples=-1)


def test_the_seed_decides_the_intervals() -> None:
    gold = [document(f"⟦NAME|見本{'一二三四五六'[i]}⟧様の所見", str(i)) for i in range(6)]
    trials = [perfect(each) if i % 3 else answer(each) for i, each in enumerate(gold)]
    first = components(gold, [trials], resamples=100, seed=1)
    assert first == components(gold, [trials], resamples=100, seed=1)
    assert first.quality != components(gold, [trials], resamples=100, seed=2).quality
    low, high = first.quality.low, first.quality.high
    assert low is not None
    assert high is not None
    assert 12.5 <= low < first.quality.value < high <= 100  # type: ignore[operator]
    assert components(gold, [trials], resamples=0).quality.low is None


# Invariants

PLACED = (Category.NAME, Category.STAFF, Category.DATE)


@st.composite
def documents(draw: st.DrawFn, id: str = "0") -> GoldDocument:
    """A small text with gold anywhere in it, overlaps included; no span of blanks only."""
    text = draw(st.text(alphabet="架空あ a1", min_size=1, max_size=14))
    place = st.integers(0, len(text))
    ends = st.tuples(place, place).filter(lambda at: text[at[0] : at[1]].strip() != "")
    span = st.builds(
        lambda at, kind: GoldSpan(at[0], at[1], kind, text[at[0] : at[1]]),
        ends,
        st.sampled_from(PLACED),
    )
    spans = st.lists(span, max_size=5, unique=True) if text.strip() else st.just([])
    return GoldDocument(id, text, tuple(draw(spans)))


@st.composite
def readings(draw: st.DrawFn, gold: GoldDocument) -> Trial:
    place = st.integers(0, len(gold.text))
    ends = st.tuples(place, place).filter(lambda at: at[0] < at[1])
    claim = st.builds(
        lambda kind, where: Claim(kind, tuple(sorted(where))),
        st.sampled_from(PLACED),
        st.sets(ends, max_size=3),
    )
    claims = st.lists(claim, max_size=5).map(tuple)
    return Trial(
        document=gold.id,
        characters=len(gold.text),
        claims=draw(claims),
        valid_first=draw(st.booleans()),
        failed=draw(st.sampled_from(("", "", "", "model_timeout"))),
        seconds=draw(st.floats(0, 9)),
        answer_tokens=draw(st.integers(0, 999)),
    )


@st.composite
def studies(draw: st.DrawFn) -> tuple[list[GoldDocument], list[list[Trial]]]:
    gold = [draw(documents(str(index))) for index in range(draw(st.integers(1, 3)))]
    repeats = draw(st.integers(1, 3))
    return gold, [[draw(readings(each)) for each in gold] for _ in range(repeats)]


INVARIANT = settings(max_examples=150, deadline=None)


@INVARIANT
@given(documents())
def test_a_perfect_answer_has_everything(gold: GoldDocument) -> None:
    assert errors(gold, perfect(gold)) == ()
    assert quality(gold, perfect(gold)) == 100
    found = shares(judge(gold, perfect(gold)).counts)
    assert set(found.values()) <= {1.0, None}
    assert found["precision"] == found["rules"] == 1


@INVARIANT
@given(documents())
def test_an_empty_answer_is_right_only_where_there_is_nothing(gold: GoldDocument) -> None:
    empty = Trial(document=gold.id, characters=len(gold.text))
    assert quality(gold, empty) == (12.5 if gold.spans else 100)


@INVARIANT
@given(st.data())
def test_a_wrong_claim_more_never_raises_precision(data: st.DataObject) -> None:
    gold = data.draw(documents())
    trial = data.draw(readings(gold))
    bare = [
        (at, at + 1)
        for at in range(len(gold.text))
        if not any(span.start <= at < span.end for span in gold.spans)
    ]
    places = data.draw(
        st.lists(st.sampled_from(bare), max_size=2).map(tuple) if bare else st.just(())
    )
    wrong = Claim(Category.ID, places)
    more = replace(trial, claims=(*trial.claims, wrong))
    before = shares(judge(gold, trial).counts)
    after = shares(judge(gold, more).counts)
    assert before["precision"] is not None
    assert after["precision"] is not None
    assert after["precision"] <= before["precision"]
    for name in ("recall", "boundary", "purity", "category"):
        assert after[name] == before[name]
    if not places:
        assert quality(gold, more) <= quality(gold, trial)


@INVARIANT
@given(studies())
def test_shares_are_shares_and_add_up(study: tuple[list[GoldDocument], list[list[Trial]]]) -> None:
    scored = components(*study, resamples=50)
    for part in scored.components:
        assert part.share is None or 0 <= part.share <= 1
    measured = [part for part in scored.components if part.share is not None]
    assert scored.out_of == sum(part.most for part in measured)
    assert 0 <= scored.total <= scored.out_of
    assert scored.total == pytest.approx(sum(part.points or 0 for part in measured))
    assert all(0 <= each <= 100 for each in scored.per_document)
    estimates = [scored.leaked, scored.direct_leaks, scored.precision, scored.over_redaction]
    for parts in (scored.by_category, scored.by_script):
        assert sum(each.n for each in parts.values()) == sum(
            judge(gold, trial).counts.entries
            for gold, trial in zip(study[0], study[1][0], strict=True)
        )
        estimates += parts.values()
    for each in estimates:
        assert each.value is None or 0 <= each.value <= 1
    whole = scored.quality
    assert whole.value is not None
    assert whole.low is not None
    assert whole.high is not None
    assert min(scored.per_document) - 1e-6 <= whole.low <= whole.high
    assert whole.high <= max(scored.per_document) + 1e-6


@INVARIANT
@given(studies())
def test_the_order_of_claims_and_of_repeats_changes_nothing(
    study: tuple[list[GoldDocument], list[list[Trial]]],
) -> None:
    gold, repeats = study
    other = [
        [replace(trial, claims=tuple(sorted(trial.claims, reverse=True))) for trial in one]
        for one in repeats[::-1]
    ]
    first = components(gold, repeats, resamples=10)
    assert first == components(gold, other, resamples=10)


@INVARIANT
@given(
    st.lists(
        st.tuples(st.sampled_from(PLACED), st.text(alphabet="所見", min_size=1, max_size=30)),
        min_size=2,
        max_size=6,
    )
)
def test_the_whole_text_as_one_claim_is_never_good(pieces: list[tuple[Category, str]]) -> None:
    marked = "".join(
        f"⟦{kind}|{surface}⟧{ordinary}"
        for surface, (kind, ordinary) in zip("甲乙丙丁戊己", pieces, strict=False)
    )
    gold = document(marked)
    worth = quality(gold, answer(gold, (pieces[0][0], gold.text)))
    # No boundary is right and nothing is pure; where it is mostly ordinary text, nothing is found.
    assert worth <= 100 * (20 + 15 + 10 + 10) / 80
    if 3 * len(pieces) < len(gold.text):
        assert worth == 12.5

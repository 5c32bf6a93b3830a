"""Claims laid over gold: what each names, and the one error that an entry or a claim can have."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.folding import fold
from sekisho.errors import UsageError
from sekisho.evaluation.answer_key import answer_key, places_of
from sekisho.evaluation.entries import Counts, EntryError, errors, judge
from sekisho.evaluation.gold import GoldDocument, GoldSpan, read_gold
from sekisho.evaluation.markup import parse
from sekisho.evaluation.trials import Claim, Trial
from sekisho.phi.categories import Category, category

VISIT = (
    "患者：⟦NAME|架空花子⟧（⟦NAME|かくうはなこ⟧）様は⟦DATE|2024-05-03⟧ ⟦TIME|10:15⟧に受診された。"
    "架空花子様の担当は⟦STAFF|見本太郎⟧医師、右肺に結節を認めるが増大はない。"
)


def document(marked: str) -> GoldDocument:
    text, spans = parse(marked, where="test")
    return GoldDocument("d", text, tuple(GoldSpan(s, e, c, text[s:e]) for s, e, c in spans))


def places(gold: GoldDocument, value: str) -> tuple[tuple[int, int], ...]:
    starts = [at for at in range(len(gold.text)) if gold.text.startswith(value, at)]
    return tuple((at, at + len(value)) for at in starts)


def answer(gold: GoldDocument, *items: tuple[str, str]) -> Trial:
    """The answer that says ``items`` (category, value), each at all places of the text."""
    claims = tuple(Claim(category(kind), places(gold, value)) for kind, value in items)
    return Trial(document=gold.id, characters=len(gold.text), claims=claims)


def counts(gold: GoldDocument, *items: tuple[str, str]) -> Counts:
    return judge(gold, answer(gold, *items)).counts


def kinds(gold: GoldDocument, *items: tuple[str, str]) -> list[str]:
    return [error.kind for error in errors(gold, answer(gold, *items))]


RIGHT = (
    ("NAME", "架空花子"),
    ("NAME", "かくうはなこ"),
    ("DATE", "2024-05-03"),
    ("TIME", "10:15"),
    ("STAFF", "見本太郎"),
)


def test_a_name_that_stands_twice_is_one_entry() -> None:
    gold = document("⟦NAME|架空花子⟧様、⟦STAFF|見本⟧医師。⟦NAME|架空花子⟧様、⟦NAME|見本⟧様")
    assert [entry.category for entry in answer_key(gold).entries] == ["NAME", "STAFF", "NAME"]
    assert [list(places_of(entry.mask)) for entry in answer_key(gold).entries] == [[0, 2], [1], [3]]


def test_surfaces_that_fold_to_the_same_are_one_entry() -> None:
    gold = document("⟦NAME|ﾔﾏﾀﾞ⟧と⟦NAME|ヤマダ⟧、⟦ID|１２３⟧と⟦ID|123⟧")
    assert len(answer_key(gold).entries) == 2


def test_a_right_answer_has_no_error() -> None:
    gold = document(VISIT)
    assert errors(gold, answer(gold, *RIGHT)) == ()
    assert counts(gold, *RIGHT) == Counts(
        valid=1, entries=5, found=5, exact=5, typed=5, judged=5, right=5, pure=5, claims=5,
        verbatim=5,
    )  # fmt: skip


def test_what_nothing_names_is_missed() -> None:
    gold = document(VISIT)
    found = errors(gold, answer(gold, *RIGHT[1:]))
    at = gold.text.index("架空花子")
    assert found == (EntryError("missed", Category.NAME, at, at + 4, "kanji"),)


def test_a_title_or_a_missing_letter_is_a_slip_of_the_boundary() -> None:
    gold = document(VISIT)
    found = errors(gold, answer(gold, ("NAME", "架空花"), ("STAFF", "見本太郎医師"), *RIGHT[1:4]))
    assert [(each.kind, each.category) for each in found] == [
        ("boundary", "NAME"),
        ("boundary", "STAFF"),
    ]
    assert found[0].claimed == Claim(Category.NAME, places(gold, "架空花"))


def test_blanks_at_the_ends_are_no_slip() -> None:
    gold = document("氏名 ⟦NAME|架空 花子⟧ 様")
    assert kinds(gold, ("NAME", " 架空 花子 ")) == []


def test_a_claim_that_shares_blanks_only_names_nothing() -> None:
    gold = document("⟦NAME|架空 花子⟧ 様")
    trial = answer(gold)
    beside = replace(trial, claims=(Claim(Category.NAME, ((2, 3),)),))
    assert [error.kind for error in errors(gold, beside)] == ["missed", "extra"]


def test_one_exact_claim_is_enough_however_many_others_there_are() -> None:
    gold = document("氏名 ⟦NAME|架空花子⟧ 様")
    assert kinds(gold, ("NAME", "架空"), ("NAME", "架空花子"), ("NAME", "架空花子 様")) == []


def test_the_wrong_category_counts_where_the_ends_are_right() -> None:
    gold = document("担当は ⟦STAFF|見本太郎⟧ 医師")
    assert kinds(gold, ("NAME", "見本太郎")) == ["category"]
    # The claim that meets the entry decides, whatever a worse one calls it.
    assert kinds(gold, ("NAME", "見本太郎"), ("STAFF", "見本")) == ["category"]
    assert kinds(gold, ("NAME", "見本"), ("STAFF", "見本太郎")) == []


def test_a_date_and_its_time_in_one_claim_are_mixed_and_both_are_found() -> None:
    gold = document(VISIT)
    both = (*RIGHT[:2], ("DATE", "2024-05-03 10:15"), RIGHT[4])
    found = counts(gold, *both)
    assert (found.found, found.exact, found.right, found.pure) == (5, 3, 4, 3)
    assert Counter(kinds(gold, *both)) == {"boundary": 2, "mixed": 1}


def test_a_name_and_its_reading_in_one_claim_are_mixed() -> None:
    gold = document(VISIT)
    found = errors(gold, answer(gold, ("NAME", "架空花子（かくうはなこ）"), *RIGHT[2:]))
    mixed = next(error for error in found if error.kind == "mixed")
    assert gold.text[mixed.start : mixed.end] == "架空花子（かくうはなこ）"
    assert mixed.script == "mixed"


NESTED = GoldDocument(
    "d",
    "東京都見本区1-1見本荘305号 電話",
    (
        GoldSpan(0, 16, Category.ADDRESS, "東京都見本区1-1見本荘305号"),
        GoldSpan(9, 12, Category.FACILITY, "見本荘"),
        GoldSpan(12, 16, Category.ID, "305号"),
    ),
)


def test_what_lies_in_another_entry_does_not_mix_with_it() -> None:
    address = ("ADDRESS", "東京都見本区1-1見本荘305号")
    assert kinds(NESTED, address, ("FACILITY", "見本荘"), ("ID", "305号")) == []
    assert kinds(NESTED, address) == ["boundary", "boundary"]
    assert counts(NESTED, ("ADDRESS", "東京都見本区1-1見本荘305号 電話")).pure == 1
    assert counts(NESTED, ("ADDRESS", "見本荘305号")).pure == 1


def test_entries_at_the_same_place_do_not_mix() -> None:
    gold = GoldDocument(
        "d",
        "見本様は",
        (GoldSpan(0, 2, Category.NAME, "見本"), GoldSpan(0, 2, Category.STAFF, "見本")),
    )
    assert kinds(gold, ("NAME", "見本"), ("STAFF", "見本")) == []
    assert counts(gold, ("NAME", "見本様")).pure == 1


def test_the_same_entry_twice_in_one_claim_is_not_mixed() -> None:
    gold = document("⟦NAME|見本⟧・⟦NAME|見本⟧")
    assert counts(gold, ("NAME", "見本・見本")).pure == 1


def test_a_value_that_is_not_in_the_text_is_invented_each_time() -> None:
    gold = document(VISIT)
    given = (*RIGHT, ("NAME", "仮名一郎"), ("NAME", "仮名二郎"))
    found = counts(gold, *given)
    assert (found.judged, found.right, found.claims, found.verbatim) == (7, 5, 7, 5)
    last = errors(gold, answer(gold, *given))[-1]
    assert (last.kind, last.start, last.script) == ("invented", None, "")


def test_ordinary_text_is_extra() -> None:
    gold = document(VISIT)
    found = errors(gold, answer(gold, *RIGHT, ("ID", "結節")))
    at = gold.text.index("結節")
    claim = Claim(Category.ID, ((at, at + 2),))
    assert found == (EntryError("extra", Category.ID, at, at + 2, "kanji", claimed=claim),)


def test_a_label_before_the_value_is_a_slip_but_a_sentence_is_no_value() -> None:
    gold = document("所見に異常なし。担当医：⟦STAFF|見本⟧。次回の受診は半年後とする。")
    assert kinds(gold, ("STAFF", "担当医：見本")) == ["boundary"]
    assert sorted(kinds(gold, ("STAFF", "担当医：見本。次回"))) == ["extra", "missed"]
    assert sorted(kinds(gold, ("STAFF", gold.text))) == ["extra", "missed"]


def test_the_same_value_under_many_categories_is_right_once() -> None:
    gold = document("氏名 ⟦NAME|架空花子⟧ 様")
    spread = tuple((str(kind), "架空花子") for kind in Category)
    found = counts(gold, *spread)
    assert (found.typed, found.judged, found.right) == (1, len(Category), 1)
    wrong = counts(gold, ("STAFF", "架空花子"), ("ID", "架空花子"))
    assert (wrong.typed, wrong.judged, wrong.right) == (0, 2, 1)


def test_a_value_is_right_under_each_category_that_gold_has_for_it() -> None:
    gold = document("⟦NAME|見本⟧様。担当は⟦STAFF|見本⟧医師")
    assert kinds(gold, ("NAME", "見本"), ("STAFF", "見本")) == []
    assert kinds(gold, ("NAME", "見本"), ("STAFF", "見本"), ("ID", "見本")) == ["extra"]


WITHOUT_AGE = document("⟦NAME|架空花子⟧ ⟦AGE|60歳⟧、⟦AGE|80代⟧の母と").without({Category.AGE})


def test_ignored_identifiers_are_neither_right_nor_wrong() -> None:
    found = counts(WITHOUT_AGE, ("NAME", "架空花子"), ("AGE", "60歳"), ("ID", "80代"))
    assert (found.entries, found.judged, found.right, found.claims) == (1, 1, 1, 3)
    assert kinds(WITHOUT_AGE, ("NAME", "架空花子"), ("AGE", "母")) == []


def test_a_category_can_be_ignored_where_gold_has_none_of_it() -> None:
    gold = document("⟦NAME|架空花子⟧様と母")
    trial = answer(gold, ("NAME", "架空花子"), ("SEX", "母"))
    assert [error.kind for error in errors(gold, trial)] == ["extra"]
    assert errors(gold, trial, ignore={"SEX"}) == ()
    with pytest.raises(UsageError, match="to be ignored"):
        judge(gold, trial, ignore={"NAME"})


def test_what_is_called_by_an_ignored_category_is_found_all_the_same() -> None:
    found = counts(WITHOUT_AGE, ("AGE", "架空花子"))
    assert (found.found, found.exact, found.typed, found.judged) == (1, 1, 0, 0)


def test_the_whole_text_is_wrong_although_it_holds_ignored_identifiers() -> None:
    text = WITHOUT_AGE.text + "。" * 100
    long = replace(WITHOUT_AGE, text=text)
    assert sorted(kinds(long, ("AGE", "60歳"), ("NAME", text))) == ["extra", "missed"]


def test_a_failed_reading_missed_everything_whatever_came_before() -> None:
    gold = document(VISIT)
    failed = replace(answer(gold, *RIGHT), failed="model_timeout")
    assert {error.kind for error in errors(gold, failed)} == {"missed"}
    assert judge(gold, failed).counts == Counts(failed=1, entries=5)


def test_a_missed_entry_is_told_by_where_it_stood_most_plainly() -> None:
    text = "高橋区域、高橋様、高橋野"
    gold = GoldDocument(
        "d",
        text,
        (
            GoldSpan(0, 2, Category.NAME, "高橋", "anatomy", 9),
            GoldSpan(5, 7, Category.NAME, "高橋", None, None),
            GoldSpan(9, 11, Category.NAME, "高橋", "anatomy", 8),
        ),
    )
    error = errors(gold, answer(gold))[0]
    assert (error.start, error.disguise, error.difficulty) == (5, "", None)
    hidden = replace(gold, spans=gold.spans[:1])
    error = errors(hidden, answer(hidden))[0]
    assert (error.start, error.disguise, error.difficulty) == (0, "anatomy", 9)


def test_a_reading_of_another_text_is_refused_without_saying_which() -> None:
    gold = document(VISIT)
    trial = answer(gold)
    outside = Claim(Category.ID, ((0, 999),))
    for wrong in (
        replace(trial, document="secret-7"),
        replace(trial, characters=3),
        replace(trial, claims=(outside,)),
    ):
        with pytest.raises(UsageError) as caught:
            judge(gold, wrong)
        assert "secret" not in str(caught.value)


# Invariants


@st.composite
def cases(draw: st.DrawFn) -> tuple[GoldDocument, Trial]:
    """A small text with gold and claims anywhere in it, overlaps and blanks included."""
    text = draw(st.text(alphabet="架空あ a1", min_size=1, max_size=14))
    place = st.integers(0, len(text))
    ends = st.tuples(place, place).filter(lambda pair: pair[0] < pair[1])
    some = st.sampled_from((Category.NAME, Category.STAFF, Category.DATE))
    span = st.builds(lambda at, kind: GoldSpan(at[0], at[1], kind, text[at[0] : at[1]]), ends, some)
    spans = tuple(draw(st.lists(span, max_size=5, unique=True)))
    claim = st.builds(
        lambda kind, where: Claim(kind, tuple(sorted(where))), some, st.sets(ends, max_size=3)
    )
    gold = GoldDocument("d", text, spans, tuple(draw(st.lists(span, max_size=1))))
    claims = tuple(draw(st.lists(claim, max_size=5)))
    valid = draw(st.booleans())
    trial = Trial(document="d", characters=len(text), claims=claims, valid_first=valid)
    return gold, trial


INVARIANT = settings(max_examples=300, deadline=None)


@INVARIANT
@given(cases())
def test_errors_and_counts_say_the_same(case: tuple[GoldDocument, Trial]) -> None:
    gold, trial = case
    found = judge(gold, trial).counts
    kind = Counter(error.kind for error in errors(gold, trial))
    assert kind["missed"] == found.entries - found.found
    assert kind["boundary"] == found.found - found.exact
    assert kind["category"] <= found.found - found.typed <= kind["category"] + kind["boundary"]
    assert kind["invented"] + kind["extra"] == found.judged - found.right
    assert kind["mixed"] == found.right - found.pure


@INVARIANT
@given(cases(), st.randoms())
def test_the_order_of_claims_and_repeating_one_change_nothing(
    case: tuple[GoldDocument, Trial], random: object
) -> None:
    gold, trial = case
    mixed = list(trial.claims) + [claim for claim in trial.claims if claim.places]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    again = replace(trial, claims=tuple(mixed))
    assert judge(gold, again) == judge(gold, trial)
    assert errors(gold, again) == errors(gold, trial)


@INVARIANT
@given(cases())
def test_places_name_meet_and_mix_as_the_words_say(case: tuple[GoldDocument, Trial]) -> None:
    gold, trial = case
    key, text = answer_key(gold), gold.text

    def letters(start: int, end: int) -> frozenset[int]:
        return frozenset(at for at in range(start, end) if not text[at].isspace())

    def entry(span: GoldSpan) -> tuple[str, str]:
        return span.category, fold(span.surface).text.strip()

    marked = frozenset[int]().union(
        *(letters(span.start, span.end) for span in (*gold.spans, *gold.ignored))
    )
    for one in key.weigh(trial):
        named, met, mixed = set[GoldSpan](), set[GoldSpan](), False
        for start, end in one.claim.places:
            own = letters(start, end)
            if not own or 3 * len(own & marked) < len(own):
                continue
            touched = [s for s in key.spans if own & letters(s.start, s.end)]
            named.update(touched)
            for span in touched:
                theirs = letters(span.start, span.end)
                if (min(own), max(own)) == (min(theirs), max(theirs)):
                    met.add(span)
            shapes = [letters(span.start, span.end) for span in touched]
            if any(min(shape) <= min(own) and max(own) <= max(shape) for shape in shapes):
                continue
            outer = [
                span
                for span, shape in zip(touched, shapes, strict=True)
                if not any(
                    min(o) <= min(shape) and max(shape) <= max(o) and shape < o for o in shapes
                )
            ]
            mixed = mixed or any(
                entry(a) != entry(b) and not letters(a.start, a.end) & letters(b.start, b.end)
                for a in outer
                for b in outer
            )
        assert {key.spans[bit] for bit in places_of(one.named)} == named
        assert {key.spans[bit] for bit in places_of(one.met)} == met
        assert (one.mixed is not None) == mixed


@pytest.mark.skipif("SEKISHO_WADA_DEV" not in os.environ, reason="needs the published reports")
def test_no_published_report_as_one_value_is_an_identifier() -> None:
    for gold in read_gold(Path(os.environ["SEKISHO_WADA_DEV"])):
        whole = Claim(Category.NAME, ((0, len(gold.text)),))
        trial = Trial(document=gold.id, characters=len(gold.text), claims=(whole,))
        assert judge(gold, trial).counts.found == 0

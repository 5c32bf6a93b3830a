"""The page of a study: escaped, self-contained, and never silent about what its figures are."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from study_results import (
    STACK,
    TEXTS,
    arm,
    card,
    comparison,
    empty,
    errors_of,
    figure,
    many,
    study,
)

from sekisho.errors import UsageError
from sekisho.optimization.report.errors import arm_errors, documents
from sekisho.optimization.report.page import render
from sekisho.optimization.report.ranking import boards
from sekisho.optimization.result import (
    Data,
    ErrorRow,
    Figure,
    Opening,
    Phase,
    Prompt,
    StudyResult,
    Threshold,
)
from sekisho.runs.report.template import LANGUAGES, Labels, resource

VOID = {"meta", "input", "br"}
NASTY = '</script><img src=x onerror=alert(1)>&amp;" onload="x\' --><svg>'
PACKAGE = "sekisho.optimization.report"


CELLS = {"td", "th", "dt", "dd", "li", "p", "h2", "h3", "small", "summary"}


class Outline(HTMLParser):
    """Collects elements and the text by section, and fails on tags that do not close in order."""

    def __init__(self, page: str):
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.sections: dict[str, str] = {}
        self._open: list[str] = []
        self._section = ""
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), "an attribute stands twice"
        self.tags.append((tag, given))
        if tag == "section":
            self._section = given["aria-labelledby"] or ""
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag in CELLS:
            self.sections[self._section] = self.sections.get(self._section, "") + " "
        if tag == "section":
            self._section = ""

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.text.append(data)
            self.sections[self._section] = self.sections.get(self._section, "") + data

    def texts(self) -> str:
        return "".join(self.text)


def shown(page: str, section: str) -> str:
    """The text of one section, its blanks run together."""
    return " ".join(Outline(page).sections[section].split())


def rows(page: str, kind: str = "board") -> list[list[str]]:
    """The cells of the first table of a class, as text."""
    table = re.search(f'<table class="{kind}[^>]*>(.*?)</table>', page, re.DOTALL)
    assert table is not None
    lines = re.findall("<tr[^>]*>(.*?)</tr>", table.group(1), re.DOTALL)
    return [
        [
            " ".join(re.sub("<[^>]+>", " ", cell).split())
            for cell in re.findall("<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)
        ]
        for line in lines
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("result", [study(), empty(), many(30)], ids=["whole", "empty", "many"])
def test_the_page_is_well_formed_in_every_language(result: StudyResult, language: str) -> None:
    outline = Outline(render(result, language=language, texts=TEXTS))
    assert [tag for tag, _ in outline.tags].count("h1") == 1
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_an_unknown_language_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="known: ja"):
        render(study(), language="fr")


def test_every_label_that_the_page_asks_for_is_written_in_both_languages() -> None:
    template = resource(PACKAGE, "page.html.jinja")
    known = Labels.read(PACKAGE, "ja+en").known
    asked = set(re.findall(r"(?:say|heading|below|about|quiet)\('([a-z_0-9]+)'\)", template))
    for listed in re.findall(r"columns\(\((.*?)\)\) }}", template):
        asked |= set(re.findall(r"\('([a-z_]+)', '", listed))
    asked |= {f"by_{kind}" for kind in ("category", "script", "difficulty", "disguise")}
    asked |= {
        f"{key}_{what}" for key in ("threshold", "published") for what in ("prompts", "review")
    }
    assert asked <= set(known["text"])
    assert len(asked) > 80
    for kind, words in known.items():
        for key, word in words.items():
            assert word["ja"], (kind, key)
            assert word["en"], (kind, key)


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = render(study(), texts=TEXTS)
    outline = Outline(page)
    assert not {tag for tag, _ in outline.tags} & {"script", "link", "img", "iframe", "object"}
    assert all(
        (value or "").startswith("#")
        for _, attributes in outline.tags
        for name, value in attributes.items()
        if name in ("href", "src", "xlink:href")
    )
    assert "@import" not in page
    assert "url(" not in page
    # The name of the SVG namespace is a name, nothing is loaded from it.
    rest = page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "http:" not in rest
    assert "https:" not in rest
    assert "default-src 'none'" in page


def test_anchors_lead_somewhere() -> None:
    outline = Outline(render(study(), texts=TEXTS))
    ids = {attributes.get("id") for _, attributes in outline.tags}
    links = [a["href"] or "" for tag, a in outline.tags if tag == "a"]
    assert len(links) > 12
    assert {link.removeprefix("#") for link in links} <= ids


def test_the_same_result_gives_the_same_page() -> None:
    assert render(study(), texts=TEXTS) == render(study(), texts=TEXTS)


def test_every_value_is_escaped() -> None:
    nasty = arm(NASTY, 80.0, prompt=NASTY, by_category={NASTY: figure(0.5)}, failures={NASTY: 3})
    held = nasty.model_copy(update={"data": "held-out", "phase": 9})
    result = study(
        name=NASTY,
        marks=(NASTY,),
        begun=NASTY,
        ended=NASTY,
        language=NASTY,
        models=(card(NASTY, NASTY, digest=NASTY, server=NASTY, detectors=(NASTY,)),),
        versions={NASTY: NASTY},
        development=Data(name=NASTY, digest=NASTY, notes=(NASTY,), synthetic=NASTY),
        openings=(Opening(number=1, at=NASTY, digest=NASTY, finalists=(NASTY,), reopened=True),),
        prompts=(Prompt(name=NASTY, made_by=NASTY, digest=NASTY, text=NASTY, rules=(NASTY,)),),
        phases=(
            Phase(number=1, title=NASTY, arms=(nasty,), chosen=(NASTY,), decisions=(NASTY,),
                  comparisons=(comparison(nasty, nasty),)),
            Phase(number=2, title=NASTY, left_out=NASTY),
            Phase(number=9, title=NASTY, arms=(held,),
                  threshold=Threshold(what="review", at=None, reason=NASTY)),
        ),
        errors=(
            ErrorRow(arm=NASTY, document=NASTY, kind="missed", category=NASTY, start=0, end=4),
        ),
        warnings=(NASTY,),
        recipe=NASTY,
        fingerprint=NASTY,
        budget={NASTY: 3},
    )  # fmt: skip
    outline = Outline(render(result, texts={NASTY: NASTY}))
    tags = {tag for tag, _ in outline.tags}
    assert not tags & {"script", "img"}
    assert all(
        "onload" not in attributes and "onerror" not in attributes for _, attributes in outline.tags
    )
    assert outline.texts().count(NASTY) > 30


def test_marks_stand_over_the_page_and_beside_each_heading_table_and_plot() -> None:
    page = render(study(marks=("SIMULATED", "TINY")))
    outline = Outline(page)
    body = page[page.index("<body>") :]
    assert body.index('class="banner"') < body.index("<header>")
    assert "SIMULATED · TINY" in body[: body.index("<header>")]
    assert "[SIMULATED TINY]" in page[: page.index("</title>")]
    for title in re.findall("<h2.*?</h2>", page):
        assert "SIMULATED · TINY" in title
    plots = re.findall("<svg.*?</svg>", page, re.DOTALL)
    assert len(plots) == 5
    for plot in plots:
        assert plot.count("SIMULATED · TINY") == 2  # seen, and read aloud
    for title in re.findall("<summary>.*?</summary>", page):
        if "<small>同梱" not in title and "規則編集" not in title:
            assert "SIMULATED · TINY" in title
    assert outline.texts().count("SIMULATED") > 30


def test_stand_in_models_are_marked_even_where_the_study_forgot_to() -> None:
    page = render(study(marks=(), models=(card("a", "scripted"), card("b", "replayed"))))
    assert "SCRIPTED · REPLAYED" in page


def test_a_study_of_real_models_has_no_mark() -> None:
    page = render(many(3))
    assert 'class="banner"' not in page
    assert 'class="stamp"' not in page


@pytest.mark.parametrize("mark", ["SIMULATED", "SCRIPTED", "REPLAYED", "TINY"])
def test_each_mark_says_what_it_means(mark: str) -> None:
    meaning = Labels.read(PACKAGE, "en").plain("mark", mark)
    assert meaning in Outline(render(study(marks=(mark,)), language="en")).texts()


def test_the_leaks_stand_beside_the_score() -> None:
    head, *lines = rows(render(study(), language="en"))
    assert head[2:5] == ["Points", "Leaked characters", "Documents with a direct leak"]
    first = lines[0]
    assert first[1].startswith("excellent:32b SIMULATED")
    assert first[2:6] == ["95.70", "1.2 % [0.20, 2.2 %]", "0.0 % ≤ 5.0 %", "95.7 [93.1, 98.3]"]
    assert len(lines) == 4


def test_the_eight_components_are_shown_with_their_maxima() -> None:
    head, first, *_ = rows(render(study(), language="en"))
    assert head[6:14] == [
        "recall /20", "precis. /15", "bound. /15", "purity /10", "categ. /10", "rules /10",
        "stab. /10", "effic. /10",
    ]  # fmt: skip
    assert first[6:14] == ["19.1", "14.4", "14.4", "9.6", "9.6", "9.6", "9.6", "9.6"]


def test_arms_whose_intervals_overlap_are_marked_as_level() -> None:
    arms = (arm("a", 90.0, spread=1.0), arm("b", 89.0, spread=1.0), arm("c", 80.0, spread=1.0))
    page = render(study(phases=(Phase(number=1, title="", arms=arms),)), language="en")
    assert [line[0] for line in rows(page)[1:]] == ["1 ≈ 2", "2 ≈ 1", "3"]


def test_an_arm_without_an_interval_is_level_with_all() -> None:
    arms = (arm("a", 90.0), arm("b", Figure(value=60.0)))
    ranked = boards(study(phases=(Phase(number=1, title="", arms=arms),)))[0].rows
    assert [row.level_with for row in ranked] == [(2,), (1,)]


def test_equal_points_share_a_rank() -> None:
    arms = (arm("a", 80.0), arm("b", 80.0), arm("c", 70.0))
    ranked = boards(study(phases=(Phase(number=1, title="", arms=arms),)))[0].rows
    assert [row.rank for row in ranked] == [1, 1, 3]


def test_points_of_different_maxima_are_never_in_one_ranking() -> None:
    short = ("recall", "precision", "boundary", "purity", "category", "rules")
    arms = (arm("a", 80.0), arm("b", 99.0, measured=short), arm("c", 70.0))
    result = study(phases=(Phase(number=1, title="", arms=arms),))
    assert [(b.out_of, [r.arm.model for r in b.rows]) for b in boards(result)] == [
        (100.0, ["a", "c"]),
        (80.0, ["b"]),
    ]
    assert "are not ranked together" in render(result, language="en")
    assert "are not ranked together" not in render(study(), language="en")


def test_the_best_arm_of_each_model_is_ranked_and_the_others_stay_in_sight() -> None:
    arms = (arm("a", 80.0), arm("a", 85.0, prompt="long"), arm("b", 70.0))
    page = render(study(phases=(Phase(number=1, title="", arms=arms),)), language="en")
    assert [line[1] for line in rows(page)[1:]] == ["a long", "b short"]
    assert "Other arms: Development set + 1" in shown(page, "leaderboard")


def test_the_mean_change_is_that_of_the_models_in_both_phases() -> None:
    page = render(study(), language="en")
    table = {line[0]: line[1:] for line in rows(page, "slim")[1:]}
    assert table["1 Baseline"] == ["6", "80.0", "–"]
    assert table["2 By capacity"][0] == "5"
    assert table["2 By capacity"][2] == "+2.7 n = 5"
    assert table["5 Sealed set Held-out set"][2] == "–"  # other documents


def test_the_published_rule_of_thumb_is_told_as_of_another_scale_and_not_drawn() -> None:
    page = render(study(), language="en")
    text = shown(page, "thresholds")
    assert "87 to 88" in text
    assert "another scale" in text
    drawn = re.findall("<text[^>]*>([^<]*)</text>", page)
    assert len(drawn) > 50
    assert not [words for words in drawn if "Wada" in words or re.search("8[78]", words)]


def test_a_threshold_that_could_not_be_fitted_says_why() -> None:
    cut = Threshold(what="review", at=None, support=0.4, reason="every model gained")
    page = render(study(phases=(Phase(number=4, title="", threshold=cut),)), language="en")
    assert "No cut could be fitted: every model gained" in shown(page, "thresholds")


def test_decisions_and_left_out_phases_are_told_in_words() -> None:
    text = shown(render(study(), language="en"), "decisions")
    assert "excellent:32b is not reviewed: it would lose 0.1." in text
    assert "Left out: left out by study.toml" in shown(render(many(2), language="en"), "decisions")


def test_prompts_are_folded_and_whole() -> None:
    page = render(study(), language="en")
    text = Outline(page).sections["prompts"]
    assert "規則\n3. 時刻は日付と分ける" in text
    assert "From long" in text
    assert "time-by-example" in text
    assert not re.search(r"<details open>\s*<summary><b>short", page)


def test_without_texts_the_page_holds_offsets_and_says_how_to_see_more() -> None:
    page = render(study(), language="en")
    text = shown(page, "errors")
    assert "29–35" in text
    assert "sekisho report DIR --show-originals --out FILE" in text
    assert "holds no text of any document" in page
    assert 'id="show-originals"' not in page
    assert "花子" not in page


def test_with_texts_each_error_stands_in_its_document_behind_a_switch() -> None:
    page = render(study(), language="en", texts=TEXTS)
    outline = Outline(page)
    switches = [attributes for tag, attributes in outline.tags if tag == "input"]
    assert switches == [{"type": "checkbox", "role": "switch", "id": "show-originals"}]
    head = page[page.index("<main>") : page.index("<nav")]
    assert "Keep it inside the hospital." in head
    assert '架空花子（<mark style="--hue: 4">かくうはなこ</mark>）様。↵右肺' in page
    text = shown(page, "errors")
    assert "text not at hand" in text  # of r-999
    assert "患者 架空花子（かくうはなこ）様。 右肺に結節を認める。" in text  # the whole document
    assert ".context { display: none" in page


def test_a_text_that_is_not_the_measured_one_is_not_marked() -> None:
    (group,) = arm_errors(study(errors=errors_of("a")), (), {"r-001": "短い", "r-002": ""})
    assert all(each.marked is None for each in group.rows)
    assert [view.id for view in documents([group], {"r-001": "短い"})] == ["r-001"]


def test_no_text_of_a_document_is_in_a_repr() -> None:
    groups = arm_errors(study(), (), TEXTS)
    assert "花子" not in repr(groups)
    assert "花子" not in repr(documents(groups, TEXTS))


def test_the_gravest_errors_come_first_and_a_cut_list_says_so() -> None:
    many_rows = tuple(
        ErrorRow(arm="a", document=f"r-{at:04}", kind="extra", category="DATE", start=0, end=1)
        for at in range(400)
    )
    result = study(errors=(*many_rows, *errors_of("a")))
    (group,) = arm_errors(result, ())
    assert [each.row.category for each in group.rows[:2]] == ["NAME", "PHONE"]
    assert (len(group.rows), group.total, group.of_kind("missed")) == (300, 407, 3)
    assert "300 of 407 shown" in render(result, language="en")


def test_statistics_warn_where_there_are_too_few_reports() -> None:
    page = render(study(), language="en")
    last = re.findall('<table class="tests">.*?</table>', page, re.DOTALL)[-1]
    cells = " ".join(re.sub("<[^>]+>", " ", last).split())
    assert "+4.00 [2.60, 5.40] n = 60" in cells
    assert "too few" in cells
    assert "< 0.001" in cells.replace("&lt;", "<")


def test_openings_show_time_digest_and_finalists_and_a_reopening_cannot_be_missed() -> None:
    opening = study().openings[0]
    again = opening.model_copy(update={"number": 2, "reopened": True})
    page = render(study(openings=(opening, again)), language="en")
    text = shown(page, "sealed")
    assert "2026-03-02 17:20:00+09:00" in text
    assert "ef" * 32 in text
    assert "2 REOPENED" in text
    assert "REOPENED" in page[page.index("<main>") : page.index("<nav")]
    assert "REOPENED" not in render(study(), language="en")


def test_a_study_without_held_out_data_says_that_nothing_is_proven() -> None:
    page = render(study(held_out=None, openings=()), language="en")
    assert "has no held-out set" in shown(page, "sealed")
    assert "has not been opened" in shown(render(many(2), language="en"), "sealed")


def test_spending_is_summed_and_set_against_the_budget() -> None:
    text = shown(render(study(), language="en"), "spending")
    assert "Sum 15,000 18,000 200 10,000,000 15 h 00 min" in text
    assert "calls 20,000 Used 75.0 %" in text
    # Time is that of one sitting, which the result does not know.
    assert "hours 24" in text
    assert "hours 24 Used" not in text
    assert "models 6" in text


def test_provenance_is_whole() -> None:
    text = shown(render(study(), language="en"), "provenance")
    for digest in ("ab" * 32, "cd" * 32, "9c" * 32, "11" * 32, card(STACK).digest):
        assert digest in text
    assert "7, 11" in text
    assert "4 documents stand in both splits" in text
    assert "the generator of sekisho" in text


def test_an_unfinished_study_says_so_and_nothing_stands_for_figures_that_are_not_there() -> None:
    page = render(empty(), language="en")
    text = " ".join(Outline(page).texts().split())
    assert "This study has not ended" in text
    assert "Nothing has been measured yet." in text
    assert text.count("Not run") == 10
    assert "None" not in text
    assert "nan" not in text.lower().split()


def test_figures_that_were_not_measured_are_dashes() -> None:
    nothing = Figure(value=None)
    bare = arm(
        "bare", None, leaked=None, direct=None, measured=("recall",), by_category={"NAME": nothing},
        by_script={}, by_difficulty={}, by_disguise={}, seconds_per_report=0.0,
        seconds_per_100_tokens=None,
    )  # fmt: skip
    phase = Phase(number=1, title="", arms=(bare,), comparisons=(comparison(bare, bare, d=None),))
    page = render(study(phases=(phase,), errors=()), language="en")
    first = rows(page)[1]
    assert first[3:6] == ["–", "–", "–"]
    assert first[7] == "–"
    assert "not drawn: 1" in shown(page, "tradeoff")
    assert "None" not in Outline(page).texts()


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=("Cc", "Cs")), min_size=1, max_size=40))
def test_any_name_comes_out_of_the_page_as_it_went_in(name: str) -> None:
    phase = Phase(number=1, title="", arms=(arm(name, 80.0),))
    result = study(name=name, phases=(phase,), models=(card(name),), errors=())
    outline = Outline(render(result, texts={"r": name}))
    assert outline.texts().count(name) >= 6

"""Reading gold and predictions: everything doubtful is an error that names its row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sekisho.documents.document import Span
from sekisho.errors import InputError, OutputError
from sekisho.evaluation.gold import (
    GoldDocument,
    GoldSpan,
    read_gold,
    read_marked_lines,
    read_predicted,
    to_marked,
    to_rows,
)
from sekisho.phi.categories import Category

TEXT = "患者：架空花子様"
SPAN: dict[str, Any] = {"start": 3, "end": 7, "category": "NAME", "surface": "架空花子"}
GOLD = (
    GoldDocument("a", TEXT, (GoldSpan(3, 7, Category.NAME, "架空花子"),)),
    GoldDocument("b", "所見なし", ()),
)


def write(path: Path, *rows: object) -> Path:
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def gold_row(**changes: Any) -> dict[str, Any]:
    return {"id": "a", "text": TEXT, "spans": [{**SPAN, **changes}]}


def test_gold_rows_are_read(tmp_path: Path) -> None:
    file = write(
        tmp_path / "g.jsonl",
        gold_row(disguise="かくれ方の例", difficulty=2, note="more is allowed"),
        "",
        {"id": 7, "text": "", "spans": []},
    )
    assert read_gold(file) == (
        GoldDocument("a", TEXT, (GoldSpan(3, 7, Category.NAME, "架空花子", "かくれ方の例", 2),)),
        GoldDocument("7", "", ()),
    )


def test_a_line_separator_inside_a_text_does_not_end_the_row(tmp_path: Path) -> None:
    file = write(tmp_path / "g.jsonl", {"id": "a", "text": "一\u2028二\x85三", "spans": []})
    assert read_gold(file)[0].text == "一\u2028二\x85三"


def test_a_folder_of_marked_files_is_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "ct").mkdir()
    (tmp_path / "ct" / "002-ct.txt").write_text("⟦AGE|60歳⟧\r\n", encoding="utf-8", newline="")
    (tmp_path / "001-note.txt").write_text("\ufeff所見なし", encoding="utf-8")
    assert read_gold(tmp_path) == (
        GoldDocument("001-note", "所見なし", ()),
        GoldDocument("ct/002-ct", "60歳\r\n", (GoldSpan(0, 3, Category.AGE, "60歳"),)),
    )


def test_a_single_marked_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "x.y.txt"
    file.write_text("⟦AGE|60歳⟧", encoding="utf-8")
    assert read_gold(file)[0].id == "x.y"


def test_marked_files_become_rows_and_come_back(tmp_path: Path) -> None:
    marked = "患者：⟦NAME|架空花子⟧様\n"
    (tmp_path / "a.txt").write_text(marked, encoding="utf-8")
    documents = read_gold(tmp_path)
    rows = list(to_rows(documents))
    assert rows == [{"id": "a", "text": TEXT + "\n", "spans": [SPAN]}]
    assert read_gold(write(tmp_path / "g.jsonl", *rows)) == documents
    assert to_marked(documents[0]) == marked


def test_rows_keep_disguise_and_difficulty() -> None:
    span = GoldSpan(0, 1, Category.ID, "1", "数値のふり", 9)
    (row,) = to_rows([GoldDocument("a", "1", (span,))])
    assert row["spans"][0]["disguise"] == "数値のふり"
    assert row["spans"][0]["difficulty"] == 9


def test_overlapping_spans_cannot_be_marked() -> None:
    spans = (GoldSpan(0, 2, Category.NAME, "ab"), GoldSpan(1, 3, Category.ID, "bc"))
    with pytest.raises(OutputError):
        to_marked(GoldDocument("a", "abc", spans))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "not a row of JSON"),
        ("[" * 100_000, "not a row of JSON"),
        ("[]", "not a JSON object"),
        ({"text": TEXT, "spans": []}, '"id"'),
        ({"id": True, "text": TEXT, "spans": []}, '"id"'),
        ({"id": "a", "spans": []}, '"text"'),
        ({"id": "a", "text": TEXT}, '"spans"'),
        ({"id": "a", "text": TEXT, "spans": [1]}, '"spans"'),
        (gold_row(surface="架空花"), "is not the text there"),
        (gold_row(start="3"), "integers"),
        (gold_row(start=True), "integers"),
        (gold_row(start=-1), "outside"),
        (gold_row(end=3), "outside"),
        (gold_row(end=9), "outside"),
        (gold_row(category="架空"), "unknown category"),
        (gold_row(disguise=1), '"disguise"'),
        (gold_row(difficulty="7"), '"difficulty"'),
        ({"id": "a", "text": TEXT, "spans": [{"start": 3, "end": 7, "category": "ID"}]}, "surface"),
        ({"id": "ok", "text": "", "spans": []}, "earlier row"),
    ],
)
def test_a_gold_row_that_is_not_understood_is_an_error_naming_it(
    tmp_path: Path, row: object, message: str
) -> None:
    file = write(tmp_path / "g.jsonl", {"id": "ok", "text": "", "spans": []}, row)
    with pytest.raises(InputError, match=message) as caught:
        read_gold(file)
    assert caught.value.where == f"{file}, row 2"
    assert "架空" not in str(caught.value)


def test_a_file_that_is_not_utf8_is_an_error_naming_the_line(tmp_path: Path) -> None:
    file = tmp_path / "g.jsonl"
    file.write_bytes(b"{}\n" + "架空".encode("cp932"))
    with pytest.raises(InputError, match="line 2: not UTF-8") as caught:
        read_gold(file)
    assert caught.value.__cause__ is None


def test_absent_and_empty_sources_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_gold(tmp_path / "none.jsonl")
    with pytest.raises(InputError, match=r"no \.txt file"):
        read_gold(tmp_path)
    with pytest.raises(InputError, match="no gold document"):
        read_gold(write(tmp_path / "g.jsonl"))


def test_predictions_come_in_the_order_of_gold(tmp_path: Path) -> None:
    span = {**SPAN, "score": 0.9, "sources": ["rules:label"]}
    file = write(
        tmp_path / "p.jsonl",
        {"id": "unknown", "spans": [{"anything": 1}]},
        {"id": "b", "spans": []},
        {"id": "a", "spans": [span, {"start": 0, "end": 2, "category": "ID"}]},
    )
    predictions = read_predicted(file, GOLD)
    assert [prediction.id for prediction in predictions.documents] == ["a", "b"]
    assert predictions.documents[0].spans == (
        Span(3, 7, "NAME", ("rules:label",), 0.9),
        Span(0, 2, "ID"),
    )
    assert predictions.unused == 1


def test_a_marked_file_may_hold_a_document_on_each_line(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("# two\n患者：⟦NAME|架空花子⟧様\n\n所見なし\n", encoding="utf-8")
    assert read_marked_lines(file) == (
        GoldDocument("2", TEXT, GOLD[0].spans),
        GoldDocument("4", "所見なし", ()),
    )


def test_a_broken_mark_is_an_error_that_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("所見なし\n患者：⟦NAME|架空花子様\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2"):
        read_marked_lines(file)


def test_the_directory_of_a_run_is_read_by_its_spans(tmp_path: Path) -> None:
    write(tmp_path / "spans.jsonl", {"id": "a", "spans": []}, {"id": "b", "spans": []})
    assert len(read_predicted(tmp_path, GOLD).documents) == 2


def test_a_document_without_prediction_is_an_error_that_counts(tmp_path: Path) -> None:
    file = write(tmp_path / "p.jsonl", {"id": "a", "spans": []})
    with pytest.raises(InputError, match="1 of 2 gold documents have no prediction"):
        read_predicted(file, GOLD)


@pytest.mark.parametrize(
    ("span", "message"),
    [
        ({"start": 3, "end": 9, "category": "NAME"}, "outside"),
        ({"start": 5, "end": 5, "category": "NAME"}, "outside"),
        ({"start": 3, "end": 7, "category": "PERSON"}, "unknown category"),
        ({**SPAN, "start": 2}, "is not the text there"),
        ({**SPAN, "score": "high"}, '"score"'),
        ({**SPAN, "sources": "rules"}, '"sources"'),
        ({**SPAN, "column": "所見"}, "several text columns"),
    ],
)
def test_a_predicted_span_that_is_not_understood_is_an_error_naming_its_row(
    tmp_path: Path, span: dict[str, Any], message: str
) -> None:
    file = write(tmp_path / "p.jsonl", {"id": "b", "spans": []}, {"id": "a", "spans": [span]})
    with pytest.raises(InputError, match=message) as caught:
        read_predicted(file, GOLD)
    assert caught.value.where == f"{file}, row 2"


@pytest.mark.parametrize("id", ["a", "unknown"])
def test_a_duplicate_prediction_is_an_error(tmp_path: Path, id: str) -> None:
    row = {"id": id, "spans": []}
    file = write(tmp_path / "p.jsonl", row, row)
    with pytest.raises(InputError, match="row 2: the id occurs"):
        read_predicted(file, GOLD)


def test_ignored_categories_move_aside() -> None:
    document = GOLD[0].without({"NAME"})
    assert document.spans == ()
    assert document.ignored == GOLD[0].spans

"""Clones of the published reports: tables in many forms, read whole or refused."""

from __future__ import annotations

import builtins
import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.errors import InputError, MissingExtraError
from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.wada_clone import INCOMPLETE, files_of, read, sameness
from sekisho.evaluation.wada_clone.mending import Pairs, parse
from sekisho.evaluation.wada_clone.placing import place
from sekisho.evaluation.wada_clone.values import Entry, labels, listed
from sekisho.evaluation.wada_clone.words import category_named, split_named
from sekisho.phi.categories import Category

# All people, numbers and places here are made up for these tests.
TEXT = (
    "【頭部MRI検査報告書】\n氏名：架空花子（かくうはなこ）\n患者ID：QX-2024-001\n"
    "生年月日：昭和40年2月3日\n検査日：2031年5月6日 09:41\n依頼医：見本太郎医師（仮想総合病院）\n"
    "電話：03-0000-1111\n所見：架空花子様の頭部に異常を認めない。"
)
LABELS = [
    {"type": "NAME", "value": "架空花子"},
    {"type": "DOCTOR", "value": "見本太郎"},
    {"type": "ID", "value": "QX-2024-001"},
    {"type": "PHONE", "value": "03-0000-1111"},
]
FOUND = {
    ("NAME", "架空花子"),
    ("STAFF", "見本太郎"),
    ("ID", "QX-2024-001"),
    ("PHONE", "03-0000-1111"),
}
OBJECT = {"NAME": "架空花子", "DOCTOR": ["見本太郎"], "ID": "QX-2024-001", "PHONE": "03-0000-1111"}
LINES = "氏名：架空花子\n医師: 見本太郎\n・患者ID：QX-2024-001\n「電話番号：03-0000-1111」"
JSON = json.dumps(LABELS, ensure_ascii=False)


def pairs(document: GoldDocument) -> set[tuple[str, str]]:
    return {(span.category.value, span.surface) for span in document.spans}


def entries(cell: object) -> set[tuple[str, str]]:
    found = labels(cell, "here")
    assert found is not None
    return {(entry.category.value, entry.value) for entry in found.entries}


def table(path: Path, rows: Sequence[Mapping[str, Any]], *, delimiter: str = ",") -> Path:
    """A CSV file of ``rows``; structures are written as JSON."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {
                key: each if isinstance(each, str) else json.dumps(each, ensure_ascii=False)
                for key, each in row.items()
            }
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with both splits in files of their own."""
    table(tmp_path / "data" / "development.csv", [{"report": TEXT, "labels": LABELS}])
    other = TEXT.replace("架空花子", "架空次郎")
    labelled = [{"type": "NAME", "value": "架空次郎"}]
    table(tmp_path / "data" / "held-out.csv", [{"report": other, "labels": labelled}])
    return tmp_path


SHAPES = {
    "a list of entries": JSON,
    "other names of its keys": json.dumps(
        [{"種別": each["type"], "値": each["value"]} for each in LABELS], ensure_ascii=False
    ),
    "pairs": json.dumps([[each["type"], each["value"]] for each in LABELS]),
    "a list under a key": json.dumps({"phi_list": LABELS}),
    "an object of categories": json.dumps(OBJECT),
    "an object of lists of objects": json.dumps({k: [{"value": v}] for k, v in OBJECT.items()})
    .replace('["', '"')
    .replace('"]', '"'),
    "Python": repr(LABELS),
    "Python under a key": repr({"phi_list": LABELS}),
    "Python tuples": repr([(each["type"], each["value"]) for each in LABELS]),
    "Python object": repr(OBJECT),
    "lines": LINES,
    "lines in one": LINES.replace("\n", "；"),
    "lines with commas": LINES.replace("\n", "、"),
    "a fence": f"```json\n{JSON}\n```",
    "a mark of byte order": f"\ufeff{JSON}",
    "full-width signs": JSON.replace('"', "”").replace(":", "：").replace(",", "，"),
    "full-width brackets": JSON.translate(str.maketrans("[]{}", "［］｛｝")),
    "a comma too many": JSON.replace("}]", ",},]").replace('"}', '",}'),
    "no comma between lines": "\n".join(json.dumps(each) for each in LABELS),
    "none and nothing beside": repr({**OBJECT, "AGE": None, "ADDRESS": "該当なし", "SEX": "-"}),
    "NaN beside": json.dumps({**OBJECT, "AGE": float("nan")}),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_labels_says_the_same(shape: str) -> None:
    assert entries(SHAPES[shape]) == FOUND


def test_structures_that_are_no_text_say_the_same() -> None:
    assert entries(LABELS) == entries({"phi_list": LABELS}) == entries(OBJECT) == FOUND


def test_a_key_that_stands_twice_loses_no_value() -> None:
    assert entries("{'NAME': '架空花子', 'NAME': 'かくうはなこ'}") == {
        ("NAME", "架空花子"),
        ("NAME", "かくうはなこ"),
    }


def test_signs_that_part_labels_may_stand_in_values() -> None:
    line = "検査日時: 2031/05/06 09:41、住所：仮想県仮想市1-2, 架空ビル; ID: A/1"
    assert entries(line) == {
        ("DATE", "2031/05/06 09:41"),
        ("ADDRESS", "仮想県仮想市1-2, 架空ビル"),
        ("ID", "A/1"),
    }


def test_a_line_without_a_label_belongs_to_the_label_before() -> None:
    assert entries("電話：03-0000-1111\n03.1234.5678\n10:15") == {
        ("PHONE", "03-0000-1111"),
        ("PHONE", "03.1234.5678"),
        ("PHONE", "10:15"),
    }


@pytest.mark.parametrize("cell", [None, "", " ", "NaN", "nan", "<NA>"])
def test_a_blank_cell_is_no_statement(cell: str | None) -> None:
    assert labels(cell, "here") is None
    assert listed(cell, Category.NAME, "here") is None


@pytest.mark.parametrize(
    "cell", ["なし", "該当なし。", "-", "[]", "{}", "None", "ー", '{"phi": []}']
)
def test_a_cell_may_say_that_there_is_nothing(cell: str) -> None:
    assert entries(cell) == set()


@pytest.mark.parametrize(
    "cell",
    [
        '[{"type": "SECRET", "value": "架空花子"}]',
        '{"架空花子": "NAME"}',
        "架空花子：氏名",
        '{"NAME": "架空花子", "phi_list": [{"type": "ID", "value": "1"}]}',
    ],
)
def test_an_unknown_label_is_an_error_that_names_the_row_and_no_text(cell: str) -> None:
    with pytest.raises(InputError, match=r"dev\.csv, row 7: .*is not known") as caught:
        labels(cell, "dev.csv, row 7")
    assert "架空" not in str(caught.value)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "cell",
    [
        "[{'type': 'NAME', 'value': ",
        "[1 + 1]",
        "[__import__('os').getcwd()]",
        "{'NAME': open('x')}",
        "{'NAME' '架空花子'}",
        "[" * 5000,
        "['" + "x" * 300_000 + "']",
        '[{"type": "NAME"}, 7]',
        '[{"type": "NAME", "value": {"a": 1}}]',
        '{"NAME": true, "ID": [[[true]]], "AGE": Infinity}',
    ],
)
def test_what_is_none_of_the_shapes_is_an_error(cell: str) -> None:
    with pytest.raises(InputError, match="here") as caught:
        labels(cell, "here")
    assert "架空" not in str(caught.value)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def plain_again(value: object) -> object:
    if isinstance(value, Pairs):
        return {key: plain_again(each) for key, each in value.items}
    return [plain_again(each) for each in value] if isinstance(value, list) else value


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_what_json_and_python_write_is_read_as_it_was(value: object) -> None:
    for written in (
        json.dumps(value, ensure_ascii=False),
        json.dumps(value),
        json.dumps(value, indent=1),
        repr(value),
    ):
        assert plain_again(parse(written).value) == value


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="[]{}()\"'“”:：,、\\u x1nullNone.-\n", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_value = parse(text).value
    except ValueError:
        return
    assert read_value is None or isinstance(read_value, (str, bool, int, float, list, Pairs))


def test_each_occurrence_of_a_value_is_found() -> None:
    placed = place(TEXT, [Entry(Category.NAME, "架空花子"), Entry(Category.NAME, "架空花子")])
    assert [span.surface for span in placed.spans] == ["架空花子", "架空花子"]
    assert (placed.lost, placed.within, placed.twice) == ((), 0, 0)


def test_a_value_that_is_written_otherwise_is_found_and_the_text_stays_as_it_is() -> None:
    placed = place("ＴＥＬ ０３－００００－１１１１ 患者 架空　花子", [
        Entry(Category.PHONE, "03-0000-1111"),
        Entry(Category.NAME, "架空花子"),
    ])  # fmt: skip
    assert [span.surface for span in placed.spans] == ["０３－００００－１１１１", "架空　花子"]


def test_several_values_of_one_cell_are_taken_apart_when_they_are_not_one() -> None:
    placed = place(TEXT, [Entry(Category.NAME, "架空花子、かくうはなこ")])
    assert {span.surface for span in placed.spans} == {"架空花子", "かくうはなこ"}
    half = place(TEXT, [Entry(Category.NAME, "架空花子、仮想三郎")])
    assert (half.spans, half.lost) == ((), (Category.NAME,))


def test_the_longer_of_two_values_at_one_place_stands() -> None:
    placed = place(TEXT, [Entry(Category.DATE, "5月6日"), Entry(Category.DATE, "2031年5月6日")])
    assert [span.surface for span in placed.spans] == ["2031年5月6日"]
    assert placed.within == 1


def test_a_date_of_birth_is_one_though_it_is_labelled_as_a_date_too() -> None:
    day = "昭和40年2月3日"
    placed = place(TEXT, [Entry(Category.DATE, day), Entry(Category.BIRTHDATE, day)])
    assert [span.category for span in placed.spans] == [Category.BIRTHDATE]
    assert placed.twice == 1


def test_a_bare_number_is_an_age_only_beside_its_unit() -> None:
    placed = place("脂肪60%、60歳。", [Entry(Category.AGE, "60")])
    assert [(span.start, span.surface) for span in placed.spans] == [(6, "60歳")]


def test_offsets_of_the_labels_are_taken_when_they_are_right() -> None:
    start = TEXT.rindex("架空花子")
    labelled = [{"type": "NAME", "value": "架空花子", "start": start, "end": start + 4}]
    found = labels(labelled, "here")
    assert found is not None
    assert [span.start for span in place(TEXT, found.entries).spans] == [start]
    wrong = [Entry(Category.NAME, "架空花子", place=(0, 4))]
    assert len(place(TEXT, wrong).spans) == 2


def test_names_of_splits_are_whole_words() -> None:
    assert split_named("dev100.csv") == split_named("開発用データ") == "development"
    assert split_named("TrainSet") == split_named("DevSplit") == "development"
    assert split_named("held_out60") == split_named("Held-Out") == "held-out"
    assert split_named("heldout") == split_named("TestData") == "held-out"
    assert split_named("device") is split_named("latest") is split_named("reports") is None
    assert split_named("dev_and_test") is None


def test_each_category_has_its_name_and_no_label_has_two() -> None:
    for category in Category:
        assert category_named(category.value) is category
    import tomllib

    source = Path(read.__globals__["__file__"]).with_name("words.toml")
    words = tomllib.loads(source.read_text(encoding="utf-8"))
    seen: dict[str, str] = {}
    for category, listed_names in words["categories"].items():
        for name in listed_names:
            assert seen.setdefault(name, category) == category
            assert category_named(name) is Category(category), name


def test_a_clone_is_read_split_by_split(clone: Path) -> None:
    development, held_out = read(clone, "development"), read(clone, "held-out")
    (document,) = development.documents
    assert document.text == TEXT
    assert pairs(document) == FOUND
    assert document.id == "development-001"
    assert pairs(held_out.documents[0]) == {("NAME", "架空次郎")}
    assert any("the study has 100" in note for note in development.notes)
    assert any("the study has 60" in note for note in held_out.notes)
    assert any(all(c in note for c in INCOMPLETE) for note in development.notes)
    assert "架空" not in repr(development)
    assert "架空" not in " ".join(development.notes)


def test_the_held_out_file_is_not_opened_for_the_development_split(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    real = io.open

    def watching(file: Any, *args: Any, **kwargs: Any) -> Any:
        opened.append(os.fspath(file) if not isinstance(file, int) else "")
        return real(file, *args, **kwargs)

    monkeypatch.setattr(io, "open", watching)
    monkeypatch.setattr(builtins, "open", watching)
    read(clone, "development")
    assert any(name.endswith("development.csv") for name in opened)
    assert not any("held-out" in name for name in opened)


def test_files_without_a_split_in_their_names_are_not_opened_while_there_are_named_ones(
    clone: Path,
) -> None:
    clone.joinpath("reports.csv").write_text("this is no table\n\x00", encoding="utf-8")
    assert len(read(clone, "development").documents) == 1
    assert [file.name for file in files_of(clone, "development").unnamed] == ["reports.csv"]


def test_one_file_may_hold_both_splits_in_a_column(tmp_path: Path) -> None:
    other = TEXT.replace("架空花子", "架空次郎")
    rows: list[dict[str, Any]] = [
        {"split": "dev", "text": TEXT, "phi": LABELS},
        {"split": "heldout", "text": other, "phi": "[broken"},
        {"split": "spare", "text": other, "phi": LABELS},
    ]
    table(tmp_path / "reports.csv", rows)
    found = read(tmp_path, "development")
    assert [document.text for document in found.documents] == [TEXT]
    assert any("one file holds both splits" in note for note in found.notes)
    assert "rows of no split that is known, left out: 1" in found.notes
    with pytest.raises(InputError, match=r"reports\.csv, row 3"):
        read(tmp_path, "held-out")


def test_one_json_file_may_hold_both_splits_under_keys(tmp_path: Path) -> None:
    content = {
        "meta": {"version": 1},
        "development": [{"id": 5, "report_text": TEXT, "phi_list": LABELS, "AGE": float("nan")}],
        "held_out": [{"id": 6, "report_text": TEXT, "phi_list": "[broken"}],
    }
    tmp_path.joinpath("all.json").write_text(json.dumps(content), encoding="utf-8")
    (document,) = read(tmp_path, "development").documents
    assert (document.id, pairs(document)) == ("5", FOUND)
    with pytest.raises(InputError, match=r"all\.json, held_out, row 1"):
        read(tmp_path, "held-out")


def test_json_objects_under_their_ids_and_jsonl_are_read_too(tmp_path: Path) -> None:
    content = {"r1": {"text": TEXT, "gold": OBJECT}}
    tmp_path.joinpath("dev.json").write_text(json.dumps(content), encoding="utf-8")
    (document,) = read(tmp_path, "development").documents
    assert (document.id, pairs(document)) == ("r1", FOUND)
    line = json.dumps({"id": "r2", "text": TEXT, "gold": OBJECT})
    tmp_path.joinpath("test.jsonl").write_text(f"\ufeff\n{line}\n\n", encoding="utf-8")
    (document,) = read(tmp_path, "held-out").documents
    assert (document.id, pairs(document)) == ("r2", FOUND)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932", "utf-16"])
def test_a_table_may_be_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    path = table(tmp_path / "dev.tsv", [{"本文": TEXT, "正解": LABELS}], delimiter="\t")
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    assert pairs(read(tmp_path, "development").documents[0]) == FOUND


def test_an_excel_file_with_a_title_and_two_sheets_is_read(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    dev, held = book.active, book.create_sheet("検証用")
    dev.title = "開発用"
    dev.append(["Reports of the study", None, None, None])
    dev.append(["No", "レポート本文", "患者名", "医師名", "患者ID", "電話番号", "件数", None])
    text = TEXT.replace("\n", "_x000D_\n")
    values = ["架空花子\nかくうはなこ", "見本太郎", "QX-2024-001", "03-0000-1111", 4.0, None]
    dev.append([1.0, text, *values])
    dev.append([None] * 8)
    held.append(["レポート本文", "患者名"])
    held.append(["broken", "架空の誰か"])
    book.save(tmp_path / "reports.xlsx")
    found = read(tmp_path, "development")
    (document,) = found.documents
    assert document.text == TEXT
    assert document.id == "1"
    assert pairs(document) == FOUND | {("NAME", "かくうはなこ")}
    assert any("a column for each category (1)" in note for note in found.notes)
    assert any("columns that were not used: 件数" in note for note in found.notes)
    assert any("one file holds both splits" in note for note in found.notes)


def test_without_openpyxl_an_excel_file_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("dev.xlsx").write_bytes(b"PK\x03\x04")
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sekisho\[excel\]'"):
        read(tmp_path, "development")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"plain text"])
def test_a_damaged_excel_file_is_an_input_error(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("openpyxl")
    tmp_path.joinpath("dev.xlsx").write_bytes(content)
    with pytest.raises(InputError, match="no Excel file"):
        read(tmp_path, "development")


def test_a_long_table_has_a_row_for_each_entry_with_its_disguise(tmp_path: Path) -> None:
    rows = [
        {
            "report": TEXT,
            "type": each["type"],
            "value": each["value"],
            "disguise": "as a measurement" if each["type"] == "PHONE" else "",
            "difficulty": "7/10" if each["type"] == "PHONE" else "",
        }
        for each in LABELS
    ]
    table(tmp_path / "dev.csv", rows)
    found = read(tmp_path, "development")
    (document,) = found.documents
    assert pairs(document) == FOUND
    told = {span.surface: (span.disguise, span.difficulty) for span in document.spans}
    assert told["03-0000-1111"] == ("as a measurement", 7)
    assert told["架空花子"] == (None, None)
    assert not any("without a word on labels" in note for note in found.notes)


def test_a_column_of_hidden_identifiers_has_their_disguise_beside_it(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "report": TEXT,
        "labels": LABELS[:-1],
        "adversarial": LABELS[-1:],
        "difficulty": "7.0",
        "disguise": "phone as a value",
    }
    table(tmp_path / "dev.csv", [row])
    (document,) = read(tmp_path, "development").documents
    told = {span.surface: (span.disguise, span.difficulty) for span in document.spans}
    assert told["03-0000-1111"] == ("phone as a value", 7)
    assert told["架空花子"] == (None, None)


def test_keys_of_an_entry_tell_its_disguise(tmp_path: Path) -> None:
    entry = {**LABELS[0], "disguise": "in kana", "difficulty": 10}
    found = labels([entry], "here")
    assert found is not None
    assert (found.entries[0].disguise, found.entries[0].difficulty) == ("in kana", 10)
    for wrong in (0, 11, "hard", 2.5):
        with pytest.raises(InputError, match="difficulty"):
            labels([{**entry, "difficulty": wrong}], "here")


def test_a_report_that_stands_twice_counts_once_with_the_labels_of_both(tmp_path: Path) -> None:
    rows = [
        {"report": TEXT, "labels": LABELS[:3]},
        {"report": TEXT.replace("\n", "\n\n"), "labels": LABELS[3:]},
        {"report": TEXT, "labels": LABELS[:3]},
    ]
    table(tmp_path / "dev.csv", rows)
    found = read(tmp_path, "development")
    assert len(found.documents) == 1
    assert pairs(found.documents[0]) == FOUND
    assert "rows that repeat a report of this split, which counts once: 2" in found.notes
    assert "of these with other labels, which were added: 1" in found.notes


def test_two_tables_that_label_a_report_differently_are_refused(tmp_path: Path) -> None:
    table(tmp_path / "dev_a.csv", [{"report": TEXT, "labels": LABELS}])
    table(tmp_path / "dev_b.csv", [{"report": TEXT, "labels": LABELS}])
    assert len(read(tmp_path, "development").documents) == 1
    table(tmp_path / "dev_b.csv", [{"report": TEXT, "labels": LABELS[:1]}])
    with pytest.raises(InputError, match=r"dev_b\.csv, row 2: another table labels"):
        read(tmp_path, "development")


def test_answers_of_models_are_no_labels(clone: Path) -> None:
    table(clone / "results" / "dev_gpt.csv", [{"report": TEXT, "labels": []}])
    table(clone / "dev_predictions.csv", [{"report": TEXT, "labels": []}])
    found = read(clone, "development")
    assert pairs(found.documents[0]) == FOUND
    assert "files of answers or figures, by their names, left out: 2" in found.notes


def test_a_report_that_nobody_labelled_is_left_out_and_one_without_identifiers_is_not(
    tmp_path: Path,
) -> None:
    rows: list[dict[str, Any]] = [
        {"report": TEXT, "labels": LABELS},
        {"report": "異常なし。", "labels": "該当なし"},
        {"report": "所見なし。", "labels": ""},
    ]
    table(tmp_path / "dev.csv", rows)
    found = read(tmp_path, "development")
    assert [len(document.spans) for document in found.documents] == [5, 0]
    assert "reports without a word on labels, left out: 1" in found.notes


def test_a_few_values_that_stand_nowhere_are_told_and_many_are_an_error(tmp_path: Path) -> None:
    filler = [{"type": "ID", "value": f"N{n}X"} for n in range(10)]
    text = TEXT + " ".join(each["value"] for each in filler)
    rows = [{"report": text, "labels": [*LABELS, *filler, {"type": "DATE", "value": "2030年"}]}]
    table(tmp_path / "dev.csv", rows)
    notes = read(tmp_path, "development").notes
    assert (
        "of 15 labelled values stand nowhere in their report and do not count: 1 (DATE 1)" in notes
    )
    table(tmp_path / "dev.csv", [{"report": "別の文", "labels": LABELS}])
    with pytest.raises(InputError, match="4 of 4 labelled values stand nowhere"):
        read(tmp_path, "development")


def test_ids_that_stand_in_reports_are_not_taken_for_names_of_documents(tmp_path: Path) -> None:
    rows = [{"id": "QX-2024-001", "report": TEXT, "labels": LABELS}]
    table(tmp_path / "dev.csv", rows)
    found = read(tmp_path, "development")
    assert found.documents[0].id == "development-001"
    assert any("numbered anew" in note for note in found.notes)
    columns = {"id": "QX-2024-001", "report": TEXT, "name": "架空花子"}
    table(tmp_path / "dev.csv", [columns])
    (document,) = read(tmp_path, "development").documents
    assert pairs(document) == {("ID", "QX-2024-001"), ("NAME", "架空花子")}


def test_what_cannot_be_understood_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read(tmp_path / "nowhere", "development")
    with pytest.raises(InputError, match="holds no table of the development split"):
        read(tmp_path, "development")
    path = table(tmp_path / "dev.csv", [{"report": TEXT, "note": "x"}])
    with pytest.raises(InputError, match="no table of labelled development reports"):
        read(tmp_path, "development")
    table(path, [{"report": "", "labels": LABELS}])
    with pytest.raises(InputError, match=r"dev\.csv, row 2: a row has no report"):
        read(tmp_path, "development")
    path.write_text('report,report,labels\na,b,"[]"\n', encoding="utf-8")
    with pytest.raises(InputError, match="two columns may be the text"):
        read(tmp_path, "development")
    path.write_text('report,labels\na,"[]"\nb,"[]"\na,[],架空花子\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"row 4: has more cells") as caught:
        read(tmp_path, "development")
    assert "架空" not in str(caught.value)


def test_links_out_of_the_clone_are_not_followed(clone: Path) -> None:
    clone.joinpath("data", "dev_link.csv").symlink_to(clone / "data" / "held-out.csv")
    assert len(read(clone, "development").documents) == 1


def test_texts_are_the_same_but_for_width_and_white_space() -> None:
    assert sameness("ＣＴ検査 \n 異常なし") == sameness("CT検査異常なし\r\n")
    assert sameness("CT検査異常なし") != sameness("CT検査異常あり")


def test_the_published_development_split_is_read_from_a_table_of_its_labels(
    tmp_path: Path,
) -> None:
    published = os.environ.get("SEKISHO_WADA_DEV")
    if not published:
        pytest.skip("needs the published reports (SEKISHO_WADA_DEV)")
    rows = []
    for line in Path(published).read_text(encoding="utf-8").split("\n"):
        if line:
            row = json.loads(line)
            said = [{"type": s["category"], "value": s["surface"]} for s in row["spans"]]
            rows.append({"id": row["id"], "report": row["text"], "phi_list": said})
    table(tmp_path / "development.csv", rows)
    found = read(tmp_path, "development")
    assert len(found.documents) == len(rows)
    assert not any("stand nowhere" in note for note in found.notes)

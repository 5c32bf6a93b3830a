"""The files of a study: complete, marked, read back as they were written."""

from __future__ import annotations

import csv
import io
import re
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from study_results import STACK, TEXTS, arm, card, empty, many, study

from sekisho.errors import OutputError
from sekisho.optimization.report.leaderboard import leaderboard
from sekisho.optimization.report.ranking import all_arms
from sekisho.optimization.report.tables import arm_rows, write
from sekisho.optimization.result import Phase


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def tables_of(text: str) -> list[list[list[str]]]:
    """The tables of a Markdown text as lists of rows of cells."""
    found: list[list[list[str]]] = []
    inside = False
    for line in text.split("\n"):
        if line.startswith("|"):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not inside:
                found.append([])
            found[-1].append(cells)
        inside = line.startswith("|")
    return found


def test_all_files_are_written_and_named(tmp_path: Path) -> None:
    written = write(study(), tmp_path / "new")
    assert [path.name for path in written] == [
        "results.csv", "results.parquet", "leaderboard.md", "errors.csv",
    ]  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(
        path.name for path in written
    )


def test_a_row_for_each_arm_with_all_figures(tmp_path: Path) -> None:
    result = study()
    write(result, tmp_path)
    rows = read(tmp_path / "results.csv")
    arms = {(str(one.data), one.id): one for one in all_arms(result)}
    assert len(rows) == len(arms) == 29
    for row in rows:
        one = arms[row["data"], row["arm"]]
        assert float(row["total"]) == one.total
        assert float(row["leaked"]) == one.leaked.value
        assert float(row["direct_leaks_high"]) == one.direct_leaks.high
        assert float(row["points_stability"]) == one.components[6].points
        assert float(row["recall_category_TIME_low"]) == one.by_category["TIME"].low
        assert int(row["recall_script_romaji_n"]) == one.by_script["romaji"].n
        assert float(row["recall_difficulty_10"]) == one.by_difficulty["10"].value
        assert float(row["seconds_per_report"]) == one.seconds_per_report
        assert row["refine_policy"] == one.refine.policy
    names = list(rows[0])
    at = names.index("total")
    assert names[at : at + 8] == [
        "total", "out_of", "leaked", "leaked_low", "leaked_high", "leaked_n", "direct_leaks",
        "direct_leaks_low",
    ]  # fmt: skip


def test_ranks_are_those_of_the_leaderboard(tmp_path: Path) -> None:
    write(study(), tmp_path)
    rows = read(tmp_path / "results.csv")
    ranked = [(row["model"], row["rank"]) for row in rows if row["data"] == "held-out"]
    assert ("excellent:32b", "1") in ranked
    assert (STACK, "4") in ranked
    assert sum(row["rank"] == "" for row in rows) == 29 - 4 - 6


def test_marks_stand_in_each_row_and_over_the_leaderboard(tmp_path: Path) -> None:
    write(study(marks=("TINY",)), tmp_path)
    for name in ("results.csv", "errors.csv"):
        rows = read(tmp_path / name)
        assert rows
        assert {row["marks"] for row in rows} == {"TINY SIMULATED"}
    told = (tmp_path / "leaderboard.md").read_text(encoding="utf-8")
    assert told.split("\n")[2] == "**TINY · SIMULATED**"
    for heading in re.findall("^## .*$", told, re.MULTILINE):
        assert heading.endswith("(TINY · SIMULATED)")
    table = pq.read_table(tmp_path / "results.parquet")
    assert set(table.column("marks").to_pylist()) == {"TINY SIMULATED"}


def test_parquet_holds_the_same_as_csv(tmp_path: Path) -> None:
    write(study(), tmp_path)
    rows = read(tmp_path / "results.csv")
    table = pq.read_table(tmp_path / "results.parquet").to_pylist()
    assert [list(row) for row in table] == [list(row) for row in rows]
    for one, other in zip(table, rows, strict=True):
        for name, value in one.items():
            assert other[name] == ("" if value is None else str(value)), name


def test_without_pyarrow_the_old_parquet_file_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(study(), tmp_path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    written = write(study(), tmp_path)
    assert [path.name for path in written] == ["results.csv", "leaderboard.md", "errors.csv"]
    assert not (tmp_path / "results.parquet").exists()


def test_errors_are_offsets_without_any_text(tmp_path: Path) -> None:
    write(study(), tmp_path)
    rows = read(tmp_path / "errors.csv")
    assert len(rows) == 14
    assert rows[1] == {
        "marks": "SIMULATED",
        "arm": rows[0]["arm"],
        "document": "r-001",
        "kind": "missed",
        "category": "NAME",
        "start": "29",
        "end": "35",
        "script": "hiragana",
        "disguise": "",
        "difficulty": "",
    }
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert not any(part.encode() in content for part in ("花子", "03-0000", TEXTS["r-003"]))


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = write(study(), tmp_path / "a"), write(study(), tmp_path / "b")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_nothing_measured_gives_headings_only(tmp_path: Path) -> None:
    write(empty(), tmp_path)
    assert read(tmp_path / "results.csv") == []
    assert (tmp_path / "errors.csv").read_bytes().startswith(b"\xef\xbb\xbfmarks,arm,document")
    assert "Nothing has been measured." in (tmp_path / "leaderboard.md").read_text("utf-8")
    assert pq.read_table(tmp_path / "results.parquet").num_rows == 0


def test_figures_that_are_none_are_empty_cells(tmp_path: Path) -> None:
    bare = arm("bare", None, leaked=None, measured=("recall",), seconds_per_100_tokens=None)
    write(study(phases=(Phase(number=1, title="", arms=(bare,)),)), tmp_path)
    (row,) = read(tmp_path / "results.csv")
    assert row["leaked"] == row["quality"] == row["points_stability"] == ""
    assert row["seconds_per_100_tokens"] == ""
    (table,) = pq.read_table(tmp_path / "results.parquet").to_pylist()
    assert table["leaked"] is None


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError):
        write(study(), tmp_path / "taken")


def test_the_leaderboard_is_a_table_with_the_leaks_beside_the_points() -> None:
    told = leaderboard(study())
    held_out, development = tables_of(told)
    for table in (held_out, development):
        assert len({len(line) for line in table}) == 1
        assert table[0][4:7] == ["points", "leaked characters", "direct leaks"]
        assert all(set(cell) <= set("-:") for cell in table[1])
    assert held_out[2][:2] == ["1", "excellent:32b"]
    assert held_out[2][4:7] == ["95.70 / 100", "1.2 % [0.20, 2.2 %]", "0.0 % ≤ 5.0 %"]
    assert len(development) == 2 + 6
    assert "Intervals are 95 %" in told
    assert "these figures are optimistic" in told


def test_a_hostile_name_stays_one_cell_of_text() -> None:
    nasty = "a|b\n<script>*x*`y`[z](http://e)"
    phase = Phase(number=1, title="", arms=(arm(nasty, 80.0),))
    told = leaderboard(study(name=nasty, models=(card(nasty),), phases=(phase,)))
    (table,) = tables_of(told)
    assert len(table[2]) == len(table[0])
    assert "\\<script\\>" in told
    assert not re.search(r"(?<!\\)<script", told)
    assert told.split("\n")[0].startswith("# a\\|b \\<script")


def test_thirty_models_are_all_ranked() -> None:
    (table,) = tables_of(leaderboard(many(30)))
    assert [line[0] for line in table[2:]] == [str(at) for at in range(1, 31)]
    assert len(list(arm_rows(many(30)))) == 60


def test_half_a_character_in_a_name_breaks_no_file(tmp_path: Path) -> None:
    phase = Phase(number=1, title="", arms=(arm("a\ud800", 80.0),))
    write(study(models=(), phases=(phase,)), tmp_path)
    (row,) = read(tmp_path / "results.csv")
    assert row["model"] == "a\\ud800"

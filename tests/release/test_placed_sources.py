from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from releasing import key

from sekisho.documents.formats import expand
from sekisho.documents.records import ReadOptions
from sekisho.errors import InputError
from sekisho.release.reference import NAME, REFERENCE
from sekisho.release.sources import Source, place_sources


def placed(*paths: Path) -> tuple[Source, ...]:
    names = [str(path) for path in paths]
    return place_sources(expand(names, ReadOptions()), names, key())


def shown(sources: Sequence[Source]) -> str:
    return "".join(source.path + source.name for source in sources)


def test_a_single_file_is_called_released(tmp_path: Path) -> None:
    (tmp_path / "山田太郎.txt").write_text("異常なし")
    (source,) = placed(tmp_path / "山田太郎.txt")
    assert source.path == "released.txt"
    assert source.relative == "山田太郎.txt"
    assert "山田" not in shown([source])


def test_folders_and_files_keep_their_names_where_those_name_nobody(tmp_path: Path) -> None:
    for name in ("reports/ct.txt", "reports/山田太郎.txt", "佐藤花子/ct.txt", "list.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("text\n異常なし\n")
    sources = placed(tmp_path)
    assert [source.relative for source in sources] == [
        "list.csv",
        "reports/ct.txt",
        "reports/山田太郎.txt",
        "佐藤花子/ct.txt",
    ]
    assert sources[0].path == "released/list.csv"
    assert sources[1].path == "released/reports/ct.txt"
    assert not any(name in shown(sources) for name in ("山田", "太郎", "佐藤", "花子"))
    assert len({source.path for source in sources}) == 4


def test_records_without_an_id_are_called_by_their_place(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\nx1,可\n,可\n")
    (tmp_path / "b.csv").write_text("text\n可\n")
    (tmp_path / "c.txt").write_text("可")
    sources = placed(tmp_path)
    records = [record for source in sources for record in source.reader]
    assert [record.metadata.get(REFERENCE) for record in records] == [None, "1-2", "2-1", "c"]
    assert [record.metadata.get(NAME) for record in records] == [None, "1-2", "2-1", "c"]
    assert records[0].id == "x1"
    assert len({record.id for record in records}) == 4


def test_a_single_table_numbers_its_rows_plainly(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("text\n可\n可\n")
    (source,) = placed(tmp_path / "b.csv")
    assert [record.metadata[REFERENCE] for record in source.reader] == ["1", "2"]


def test_two_files_of_one_name_have_two_ids_and_two_references(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ct.txt").write_text("可")
    records = [record for source in placed(tmp_path) for record in source.reader]
    assert len({record.id for record in records}) == 2
    assert len({record.metadata[REFERENCE] for record in records}) == 2


def test_an_id_of_a_file_is_never_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n3,可\nb,可\n,可\n")
    (tmp_path / "b.txt").write_text("可")
    records = [record for source in placed(tmp_path) for record in source.reader]
    assert len({record.id for record in records}) == 4


def test_a_file_that_cannot_be_read_breaks_before_its_first_record(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("可")
    (tmp_path / "b.yamada").mkdir()
    (tmp_path / "b.yamada" / "山田太郎.txt").symlink_to(tmp_path / "nowhere")
    *_, lost = placed(tmp_path)
    assert not lost.opened
    assert lost.relative == "b.yamada/山田太郎.txt"
    assert "山田" not in shown([lost])
    assert "yamada" not in shown([lost])
    with pytest.raises(InputError, match="no file that can be read") as caught:
        list(lost.reader)
    assert "山田" not in caught.value.message


def test_a_text_that_was_not_written_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\0\1\2" * 99)
    (source,) = placed(tmp_path / "a.txt")
    writer = source.reader.writer(str(tmp_path / "out.txt"))
    writer.close()
    assert not (tmp_path / "out.txt").exists()

from __future__ import annotations

import datetime
import decimal
import sys
from pathlib import Path
from typing import Any

import pytest

from sekisho.documents.formats.parquet import ParquetReader
from sekisho.documents.records import ReadOptions
from sekisho.errors import InputError, MissingExtraError, OutputError, ReleaseError, UsageError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def table() -> Any:
    def column(value: Any, kind: Any) -> Any:
        return pa.array([value, None, value], kind)

    return pa.table(
        {
            "id": pa.array([7, 8, 9], pa.int32()),
            "text": column("患者：山田太郎様", pa.string()),
            "所見": pa.array(["a", "b", "a"]).dictionary_encode(),
            "code": column("007", pa.large_string()),
            "date": column(datetime.date(2024, 1, 2), pa.date32()),
            "at": column(1234567890123456789, pa.timestamp("ns")),
            "zoned": column(1234567890123456, pa.timestamp("us", "Asia/Tokyo")),
            "time": column(3600000000001, pa.time64("ns")),
            "span": column(5, pa.duration("s")),
            "float": column(1.1, pa.float32()),
            "decimal": column(decimal.Decimal("1.10"), pa.decimal128(9, 2)),
            "list": column([1, 2], pa.list_(pa.int64())),
            "struct": column({"a": 1}, pa.struct({"a": pa.int8()})),
            "bytes": column(b"\0x", pa.binary()),
            "flag": column(True, pa.bool_()),
        }
    )


def written(folder: Path, content: Any, **options: Any) -> str:
    path = str(folder / "in.parquet")
    pq.write_table(content, path, **options)
    return path


@pytest.mark.parametrize("compression", ["snappy", "zstd", "none"])
def test_every_type_of_column_comes_back(tmp_path: Path, compression: str) -> None:
    path = written(tmp_path, table(), compression=compression, row_group_size=2)
    reader = ParquetReader(path, ReadOptions())
    records = list(reader)
    assert [record.id for record in records] == ["7", "8", "9"]
    assert records[0].text_columns == ("text", "所見")
    assert records[1].text_columns == ("所見",)
    assert records[0].values["code"] == "007"
    out = str(tmp_path / "out" / "x.parquet")
    writer = reader.writer(out)
    for record in records:
        writer.write(record.values)
    writer.close()
    assert pq.read_table(out).equals(pq.read_table(path))
    assert pq.read_schema(out).equals(pq.read_schema(path), check_metadata=True)
    chunk = pq.ParquetFile(out).metadata.row_group(0).column(0)
    assert chunk.compression == pq.ParquetFile(path).metadata.row_group(0).column(0).compression


def test_released_strings_are_cast_back_or_refused(tmp_path: Path) -> None:
    reader = ParquetReader(written(tmp_path, table()), ReadOptions())
    row = dict(next(iter(reader)).values)
    writer = reader.writer(str(tmp_path / "out.parquet"))
    writer.write({**row, "date": "2024-05-03", "id": "12", "at": "2024-05-03", "text": "[氏名1]"})
    for change in ({"id": "[ID1]"}, {"date": "2024"}, {"flag": "masked"}, {"list": "x"}):
        with pytest.raises(ReleaseError, match="does not fit the column"):
            writer.write({**row, **change})
        with pytest.raises(ReleaseError, match="does not fit the column"):
            reader.check({**row, **change})
    reader.check(row)
    writer.close()
    names = ["id", "date", "text"]
    (out,) = pq.read_table(tmp_path / "out.parquet", columns=names).to_pylist()
    assert (out["id"], out["date"], out["text"]) == (12, datetime.date(2024, 5, 3), "[氏名1]")


def test_many_rows_are_streamed(tmp_path: Path) -> None:
    rows = 10_000
    content = pa.table({"no": range(rows), "text": ["x" * 100] * rows})
    reader = ParquetReader(written(tmp_path, content), ReadOptions())
    writer = reader.writer(str(tmp_path / "out.parquet"))
    for record in reader:
        writer.write(record.values)
    writer.close()
    assert pq.read_table(tmp_path / "out.parquet").equals(content)
    assert pq.ParquetFile(tmp_path / "out.parquet").num_row_groups == 3
    assert [record.id for record in reader][-1] == str(rows)


def test_an_empty_table_comes_back(tmp_path: Path) -> None:
    content = table().slice(0, 0)
    reader = ParquetReader(written(tmp_path, content), ReadOptions())
    assert list(reader) == []
    reader.writer(str(tmp_path / "out.parquet")).close()
    assert pq.read_table(tmp_path / "out.parquet").equals(pq.read_table(reader.path))


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, table())
    with pytest.raises(UsageError, match="no column 'x'"):
        ParquetReader(path, ReadOptions(text_columns=("x",)))
    with pytest.raises(UsageError, match="the column 'id' holds int32, not text"):
        ParquetReader(path, ReadOptions(text_columns=("id",)))
    with pytest.raises(InputError, match="no such file"):
        ParquetReader(str(tmp_path / "none.parquet"), ReadOptions())
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 rubbish PAR1")
    with pytest.raises(InputError, match="no Parquet file, or a damaged one"):
        ParquetReader(str(tmp_path / "bad.parquet"), ReadOptions())
    with pytest.raises(OutputError, match="the place is taken"):
        ParquetReader(path, ReadOptions()).writer(f"{path}/out.parquet")


def test_a_file_damaged_in_the_middle_is_an_error_not_an_end(tmp_path: Path) -> None:
    content = pa.table({"text": [str(n) * 50 for n in range(5000)]})
    path = Path(written(tmp_path, content, use_dictionary=False, compression="none"))
    data = bytearray(path.read_bytes())
    data[4:60] = b"\xff" * 56
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged"):
        list(ParquetReader(str(path), ReadOptions()))


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, table())
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'sekisho\[parquet\]'"):
        ParquetReader(path, ReadOptions())

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.documents.formats.table import TableReader
from sekisho.documents.records import ReadOptions, Record
from sekisho.errors import InputError, OutputError, ReleaseError, UsageError

TEXT = ReadOptions(text_columns=("text",))
REPORT = "患者：山田太郎様。胸部ＣＴにて、結節影を認める。"


def written(folder: Path, data: bytes, name: str = "in.csv") -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


def copied(reader: TableReader, folder: Path) -> bytes:
    """The file that comes out when every record is written as it was read."""
    path = folder / "out.csv"
    writer = reader.writer(str(path))
    for record in reader:
        if record.problem is None:
            writer.write(record.values)
    writer.close()
    return path.read_bytes()


def read(folder: Path, data: bytes, options: ReadOptions = TEXT) -> list[Record]:
    return list(TableReader(written(folder, data), options))


@pytest.mark.parametrize("ended", [True, False])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize(
    "codec",
    ["utf-8", "utf-8-sig", "cp932", "euc_jp", "iso2022_jp", "utf-16", "utf-16-le", "utf-16-be"],
)
def test_a_table_comes_back_byte_by_byte(
    tmp_path: Path, codec: str, delimiter: str, newline: str, ended: bool
) -> None:
    rows = [
        ["id", "氏名", "text", "code"],
        ["1", "山田太郎", REPORT, "007"],
        ["2", "佐藤 明子", '"引用""と改行\r\nと\nと{d}"', "1-2"],
        ["3", '""', "", ""],
    ]
    text = newline.join(delimiter.join(row) for row in rows).replace("{d}", delimiter)
    data = (text + (newline if ended else "")).encode(codec)
    reader = TableReader(written(tmp_path, data), ReadOptions())
    assert reader.columns == ("id", "氏名", "text", "code")
    assert (reader.text_columns, reader.id_column) == (("text",), "id")
    assert (reader.delimiter, reader.newline) == (delimiter, newline)
    assert [record.id for record in reader] == ["1", "2", "3"]
    assert [record.values["code"] for record in reader] == ["007", "1-2", ""]
    assert [*reader][1].values["text"] == f'引用"と改行\r\nと\nと{delimiter}'
    assert copied(reader, tmp_path) == data


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_latin_1_comes_back_byte_by_byte(tmp_path: Path, delimiter: str) -> None:
    rows = [["id", "text"], ["1", "Patiënt met coördinatiestoornis"], ["2", "Größe: 1 m"]]
    data = "\r\n".join(delimiter.join(row) for row in rows).encode("latin-1")
    reader = TableReader(written(tmp_path, data), ReadOptions())
    assert reader.encoding == "latin-1"
    assert copied(reader, tmp_path) == data


def test_every_quoting_habit_is_kept_and_followed_by_changed_values(tmp_path: Path) -> None:
    data = b'"id",text,"note"\n"1",abc,"x"\n"2",d"e,""\n"3","f,g",x\n"4",h,"y"\n'
    reader = TableReader(written(tmp_path, data), TEXT)
    assert copied(reader, tmp_path) == data
    writer = reader.writer(str(tmp_path / "changed.csv"))
    writer.write({"id": "1", "text": 'say "x"', "note": "z"})
    writer.write({"id": "2", "text": "plain", "note": ""})
    writer.close()
    expected = b'"id",text,"note"\n"1","say ""x""","z"\n"2",plain,""\n'
    assert (tmp_path / "changed.csv").read_bytes() == expected


def test_an_unusual_cell_keeps_its_form_through_a_process_border(tmp_path: Path) -> None:
    data = 'id,text,x\n1,あ,b\n2,い,"c"\n3,う,d\n'.encode("cp932")
    reader = TableReader(written(tmp_path, data), TEXT)
    assert copied(pickle.loads(pickle.dumps(reader)), tmp_path) == data
    writer = reader.writer(str(tmp_path / "out.csv"))
    for record in reader:
        writer.write(pickle.loads(pickle.dumps(dict(record.values))))
    writer.close()
    assert (tmp_path / "out.csv").read_bytes() == data


def test_characters_that_cp932_has_twice_keep_their_bytes(tmp_path: Path) -> None:
    # 髙 as the NEC selection has it, and the two signs for "because".
    twice = b"\xee\xe0\x81\xe6\x87\x9a\r\n"
    data = b"id,text," + twice + "1,胸部,".encode("cp932") + twice
    reader = TableReader(written(tmp_path, data), TEXT)
    assert [record.values["髙∵∵"] for record in reader] == ["髙∵∵"]
    assert copied(reader, tmp_path) == data


def test_line_ends_may_differ_from_row_to_row(tmp_path: Path) -> None:
    data = b"id,text\r\n1,a\n2,b\r\n3,c\n"
    reader = TableReader(written(tmp_path, data), TEXT)
    assert [record.values["text"] for record in reader] == ["a", "b", "c"]
    assert copied(reader, tmp_path) == data.removesuffix(b"\n") + b"\n"


def test_a_table_without_quoting_keeps_its_quotes(tmp_path: Path) -> None:
    data = b'id\ttext\n1\t"open\n2\tsize 5" x\n3\t"a" and "b\n'
    reader = TableReader(written(tmp_path, data, "in.tsv"), TEXT)
    assert [r.values["text"] for r in reader] == ['"open', 'size 5" x', '"a" and "b']
    assert copied(reader, tmp_path) == data
    writer = reader.writer(str(tmp_path / "out.tsv"))
    with pytest.raises(ReleaseError, match="table without quoting"):
        writer.write({"id": "1", "text": "a\tb"})
    writer.close()


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        (b"id,text\n1,a,b\n2,c\n", ["row has 3 fields, the header has 2", None]),
        (b"id,text,x\n1,a,b\n2,c\n3,d,e\n", [None, "row has 2 fields, the header has 3", None]),
        (b"id,text\n1,a\0b\n2,c\n", ["row holds NUL characters", None]),
        (b'id,text\n1,"a"b\n2,"c"\n', ["row is quoted wrongly", None]),
        (b'id,text\n1,"c"\n2,"a\n3,d\n', [None, "row opens a quote that is never closed", None]),
        (b'id,text\n1,"a\n2,"c"\n3,d\n', ["row is quoted wrongly", None, None]),
        (b"id,text\n1,a\rb\n2,c\n", ["row holds a bare carriage return outside quotes", None]),
    ],
)
def test_a_row_that_is_not_understood_is_held_and_the_rest_goes_on(
    tmp_path: Path, data: bytes, problems: list[str | None]
) -> None:
    records = read(tmp_path, data)
    assert [record.problem for record in records] == problems
    assert [record.row for record in records] == [*range(1, len(problems) + 1)]
    assert all(
        record.values == {} and not record.text_columns for record in records if record.problem
    )
    assert all(record.id == str(record.row) for record in records if record.problem)


@pytest.mark.parametrize(
    ("codec", "other"),
    [("utf-8", "cp932"), ("cp932", "utf-8"), ("cp932", "euc_jp"), ("euc_jp", "cp932")],
)
def test_rows_in_another_encoding_are_held(tmp_path: Path, codec: str, other: str) -> None:
    rows = [f"{n},{REPORT}\n".encode(other if n in (3, 7) else codec) for n in range(1, 10)]
    records = read(tmp_path, b"id,text\n" + b"".join(rows))
    assert [record.row for record in records if record.problem] == [3, 7]
    assert [record.values["text"] for record in records if not record.problem] == [REPORT] * 7
    assert not any(REPORT[:2] in (record.problem or "") for record in records)


def test_half_width_kana_rows_in_cp932_are_not_taken_for_another_encoding(tmp_path: Path) -> None:
    kana = ["ｻﾄｳ ｱｷｺ", "ﾔﾏﾀﾞ", "ｽｽﾞｷ､ｲﾁﾛｳ", "ﾊﾝﾊﾞﾈ ﾐﾁ", "ｶﾃﾞﾝ､ﾊｲ･ｶﾝ"]
    data = "".join(["id,text\n", f"0,{REPORT}\n", *(f"{k},{k}\n" for k in kana)]).encode("cp932")
    assert [record.problem for record in read(tmp_path, data)] == [None] * 6


def test_bare_bytes_that_end_inside_a_utf_16_character_are_held(tmp_path: Path) -> None:
    data = "\ufeffid,text\n1,山\n2,田".encode("utf-16-le") + b"\x00"
    problems = [record.problem for record in read(tmp_path, data)]
    assert problems == [None, "row holds bytes that cannot be read as utf-16-le"]
    data = "\ufeffid,text\n1,山\n2,".encode("utf-16-le") + b"\x00\xd8\n\0003\0,\000x\0"
    problems = [record.problem for record in read(tmp_path, data)]
    assert problems[1] is not None
    assert problems[2] is None


def test_an_unclosed_quote_gives_up_one_line_however_long_the_rest(tmp_path: Path) -> None:
    rest = "".join(f"{n},{REPORT * 20}\n" for n in range(40_000))
    records = read(tmp_path, f'id,text\nx,"open\n{rest}'.encode())
    assert records[0].problem == "row opens a quote that is closed nowhere near"
    assert len(records) == 40_001
    assert all(record.problem is None for record in records[1:])


def test_a_cell_of_five_megabytes_passes(tmp_path: Path) -> None:
    cell = ("所見：" + REPORT + '\n""引用""\n') * 80_000
    data = f'id,text\n1,"{cell}"\n2,b\n'.encode()
    reader = TableReader(written(tmp_path, data), TEXT)
    assert [record.problem for record in reader] == [None, None]
    assert len(data) > 5_000_000
    assert copied(reader, tmp_path) == data


def test_columns_without_a_name_or_of_the_same_name_are_all_kept(tmp_path: Path) -> None:
    data = b"text,,text,text (2),\n1,2,3,4,5\n"
    reader = TableReader(written(tmp_path, data), TEXT)
    assert reader.columns == ("text", "column 2", "text (3)", "text (2)", "column 5")
    (record,) = reader
    assert list(record.values.values()) == ["1", "2", "3", "4", "5"]
    assert record.text_columns == ("text", "text (3)")
    assert copied(reader, tmp_path) == data


@pytest.mark.parametrize(
    "name", ["text", "報告書", "本文", "レポート", "所見", "Report", "ＴＥＸＴ "]
)
def test_usual_names_of_text_columns_are_recognised(tmp_path: Path, name: str) -> None:
    (record,) = read(tmp_path, f"no,{name},診断\n1,a,b\n".encode(), ReadOptions())
    assert record.text_columns == (name, "診断")
    assert record.id == "1"


def test_an_unrecognised_text_column_is_asked_for_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="columns: id, 診断, memo; name one with --text-column"):
        read(tmp_path, "id,診断,memo\n1,a,b\n".encode(), ReadOptions())


def test_a_first_row_that_looks_like_data_is_not_shown(tmp_path: Path) -> None:
    for first in ("1,山田太郎", "0312345678,山田太郎", f"山田太郎,{REPORT * 2}"):
        with pytest.raises(UsageError, match="does not look like column names") as caught:
            read(tmp_path, f"{first}\n1,b\n".encode(), ReadOptions())
        assert "山田" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        ReadOptions(text_columns=("text", "findings")),
        ReadOptions(text_columns=("text",), id_column="findings"),
        ReadOptions(text_columns=("text",), patient_column="findings"),
    ],
)
def test_a_named_column_that_is_missing_is_wrong_usage(
    tmp_path: Path, options: ReadOptions
) -> None:
    with pytest.raises(UsageError, match=r"no column 'findings' \(columns: id, text; name one"):
        read(tmp_path, b"id,text\n1,a\n", options)


@pytest.mark.parametrize(
    ("header", "column", "ids"),
    [
        ("id,text", None, ["a", "2", "a"]),
        ("文書ID,text", None, ["a", "2", "a"]),
        ("patient,text", None, ["1", "2", "3"]),
        ("patient,text", "patient", ["a", "2", "a"]),
    ],
)
def test_the_id_is_the_named_or_recognised_column_else_the_row(
    tmp_path: Path, header: str, column: str | None, ids: list[str]
) -> None:
    options = ReadOptions(text_columns=("text",), id_column=column)
    records = read(tmp_path, f"{header}\na,x\n,y\na,z\n".encode(), options)
    assert [record.id for record in records] == ids


def test_empty_tables_and_blank_lines_are_fine(tmp_path: Path) -> None:
    for data in (b"", b"\xef\xbb\xbf", b"id,text", b"id,text\r\n"):
        reader = TableReader(written(tmp_path, data), TEXT)
        assert [*reader] == []
        assert copied(reader, tmp_path) == data
    assert [r.values["id"] for r in read(tmp_path, b"id,text\n\n1,a\n\n2,b\n\n")] == ["1", "2"]


def test_in_a_table_of_one_column_a_blank_line_is_an_empty_cell(tmp_path: Path) -> None:
    data = b"text\na,b\n\nc\n"
    reader = TableReader(written(tmp_path, b"text\na\n\nc\n"), TEXT)
    assert [record.values["text"] for record in reader] == ["a", "", "c"]
    assert copied(reader, tmp_path) == b"text\na\n\nc\n"
    options = ReadOptions(text_columns=("text",), delimiter="tab")
    assert [r.values["text"] for r in read(tmp_path, data, options)] == ["a,b", "", "c"]


def test_rubbish_is_refused_with_the_file_and_a_remedy(tmp_path: Path) -> None:
    for data in (bytes(range(256)) * 10, b"PK\x03\x04" + bytes(50)):
        path = written(tmp_path, data)
        with pytest.raises(InputError, match="not text") as caught:
            TableReader(path, TEXT)
        assert caught.value.where == path
        assert caught.value.remedy
    with pytest.raises(InputError, match="the header holds NUL characters"):
        read(tmp_path, b"id,te\0xt\n1,a\n")
    with pytest.raises(InputError, match="the header is quoted wrongly"):
        read(tmp_path, b'id,"text\n1,"a"\n', ReadOptions(delimiter=","))


def test_delimiters_can_be_named(tmp_path: Path) -> None:
    options = ReadOptions(text_columns=("text",), delimiter="semicolon")
    assert read(tmp_path, b"id;text\n1;a,b\n", options)[0].values == {"id": "1", "text": "a,b"}
    with pytest.raises(UsageError, match="is no delimiter"):
        read(tmp_path, b"id,text\n", ReadOptions(delimiter="::"))


def test_commas_in_the_text_do_not_mislead(tmp_path: Path) -> None:
    rows = "".join(f"{n};a, b, c | d, e\n" for n in range(20))
    assert TableReader(written(tmp_path, f"id;text\n{rows}".encode()), TEXT).delimiter == ";"
    rows = "".join(f'{n}\t"a, b; c\n, d"\n' for n in range(20))
    assert TableReader(written(tmp_path, f"id\ttext\n{rows}".encode()), TEXT).delimiter == "\t"


def test_a_character_that_the_encoding_lacks_stops_that_record_only(tmp_path: Path) -> None:
    reader = TableReader(written(tmp_path, "id,text\n1,患者\n".encode("cp932")), TEXT)
    writer = reader.writer(str(tmp_path / "out.csv"))
    with pytest.raises(ReleaseError, match="cp932 cannot write") as caught:
        writer.write({"id": "1", "text": "𠮷野"})
    assert "𠮷" not in str(caught.value)
    with pytest.raises(ReleaseError, match="cp932 cannot write"):
        reader.check({"id": "1", "text": "𠮷野"})
    reader.check({"id": "1", "text": "吉野"})
    writer.write({"id": "2", "text": "吉野"})
    writer.close()
    assert (tmp_path / "out.csv").read_bytes() == "id,text\n2,吉野\n".encode("cp932")


def test_a_full_disk_and_a_taken_place_are_named(tmp_path: Path) -> None:
    reader = TableReader(written(tmp_path, b"id,text\n1,a\n"), TEXT)
    full = tmp_path / "full.csv"
    full.symlink_to("/dev/full")
    writer = reader.writer(str(full))
    with pytest.raises(OutputError, match="no space left"):
        writer.write({"id": "1", "text": "abc" * 100_000})
    with pytest.raises(OutputError, match="no space left"):
        writer.close()
    writer.close()
    with pytest.raises(OutputError, match="the place is taken"):
        reader.writer(str(tmp_path))
    with pytest.raises(OutputError, match="the place is taken"):
        reader.writer(str(tmp_path / "in.csv" / "out.csv"))


def test_two_hundred_thousand_rows_are_read_at_flat_memory(tmp_path: Path) -> None:
    row = f"7,{REPORT * 2},007\n".encode("cp932")
    for name, rows in (("short.csv", 2_000), ("long.csv", 200_000)):
        (tmp_path / name).write_bytes(b"id,text,code\n" + row * rows)
    script = """
import resource, sys
from sekisho.documents.formats.table import TableReader
from sekisho.documents.records import ReadOptions
for name in ("short.csv", "long.csv"):
    rows = sum(1 for _ in TableReader(f"{sys.argv[1]}/{name}", ReadOptions()))
    print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    printed = subprocess.run(command, check=True, capture_output=True).stdout.split()
    rows, kilobytes = [int(n) for n in printed[::2]], [int(n) for n in printed[1::2]]
    assert rows == [2_000, 200_000]
    assert kilobytes[1] - kilobytes[0] < 4_000


cells = st.text(
    alphabet=st.one_of(
        st.sampled_from(list('",;|\t\r\n ab01"\'')),
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
    ),
    max_size=8,
)
#: A cell, and whether it is quoted although it need not be.
written_cells = st.tuples(cells, st.booleans())


@given(
    rows=st.lists(st.tuples(written_cells, written_cells, written_cells), max_size=6),
    delimiter=st.sampled_from(",;|\t"),
    newline=st.sampled_from(["\n", "\r\n"]),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]),
    ended=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_any_table_gives_the_same_values_and_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[tuple[str, bool], ...]],
    delimiter: str,
    newline: str,
    codec: str,
    ended: bool,
) -> None:
    def cell(value: str, quoted: bool) -> str:
        quoted = quoted or any(special in value for special in (delimiter, '"', "\r", "\n"))
        return '"' + value.replace('"', '""') + '"' if quoted else value

    lines = [["id", "text", '"more"'], *([cell(*pair) for pair in row] for row in rows)]
    text = newline.join(delimiter.join(line) for line in lines) + (newline if ended else "")
    folder = tmp_path_factory.mktemp("table")
    data = text.encode(codec)
    options = ReadOptions(text_columns=("text",), delimiter=delimiter, encoding=codec)
    reader = TableReader(written(folder, data), options)
    expected = [tuple(value for value, _ in row) for row in rows]
    assert [tuple(record.values.values()) for record in reader] == expected
    assert copied(reader, folder) == data


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_records_or_a_typed_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    for head in (b"id,text\n", b""):
        try:
            reader = TableReader(written(folder, head + data), ReadOptions())
            records = [*reader]
        except (InputError, UsageError):
            continue
        assert [record.row for record in records] == [*range(1, len(records) + 1)]
        copied(reader, folder)

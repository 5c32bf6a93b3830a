from __future__ import annotations

import random
from pathlib import Path

import pytest

from sekisho.documents.encodings import Encoding, detect, resolve
from sekisho.errors import InputError, UsageError

REPORT = "患者：山田太郎様。胸部ＣＴにて右上葉に結節影を認める。"
JAPANESE = {
    "report": REPORT,
    "name": "佐藤明子様",
    "two kanji": "山田",
    "hiragana": "これはてすとです",
    "katakana": "レントゲン",
    "half-width kana": "ｻﾄｳ ｱｷｺ",
    "table": "id,氏名,ｶﾅ\n1,佐藤,ｻﾄｳ\n2,鈴木,ｽｽﾞｷ\n",
}
WESTERN = {
    "Dutch": "Patiënt met coördinatiestoornis, naam: Jansen",
    "German": "Straße 5, Größe 1,80 m, Müller, ÄRZTE",
    "degrees": "37 °C en 5 µg",
    "one letter": "é",
}


def written(folder: Path, data: bytes) -> str:
    path = folder / "file"
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize("codec", ["utf-8", "cp932", "euc_jp"])
@pytest.mark.parametrize("name", JAPANESE)
def test_japanese_is_recognised_in_each_encoding(tmp_path: Path, name: str, codec: str) -> None:
    path = written(tmp_path, JAPANESE[name].encode(codec))
    assert detect(path) == Encoding(codec)


def test_the_escapes_of_iso_2022_jp_are_not_taken_for_ascii(tmp_path: Path) -> None:
    assert detect(written(tmp_path, REPORT.encode("iso2022_jp"))) == Encoding("iso2022_jp")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [*JAPANESE.values(), *WESTERN.values()])
def test_utf_16_is_recognised_with_and_without_a_byte_order_mark(
    tmp_path: Path, text: str, codec: str
) -> None:
    table = f"id,text\r\n1,{text}\r\n"
    path = written(tmp_path, table.encode(codec))
    assert detect(path) == Encoding(codec)
    bom = "\ufeff".encode(codec)
    path = written(tmp_path, bom + text.encode(codec))
    assert detect(path) == Encoding(codec, bom)


@pytest.mark.parametrize("name", WESTERN)
def test_western_text_is_latin_1_or_utf_8(tmp_path: Path, name: str) -> None:
    assert detect(written(tmp_path, WESTERN[name].encode("latin-1"))).codec == "latin-1"
    assert detect(written(tmp_path, WESTERN[name].encode("utf-8"))).codec == "utf-8"


def test_a_euro_sign_or_a_curly_quote_makes_latin_1_windows_1252(tmp_path: Path) -> None:
    path = written(tmp_path, "De foto’s van de patiënt kosten €5".encode("cp1252"))
    assert detect(path).codec == "cp1252"


def test_euc_with_vendor_characters_uses_the_newer_table(tmp_path: Path) -> None:
    path = written(tmp_path, "所見は①結節影 ②胸水である".encode("euc_jis_2004"))
    assert detect(path).codec == "euc_jis_2004"


@pytest.mark.parametrize("codec", ["utf-8", "cp932", "euc_jp", "latin-1"])
def test_the_first_character_beyond_ascii_may_come_late(tmp_path: Path, codec: str) -> None:
    late = "Straße für Ärzte" if codec == "latin-1" else REPORT
    path = written(tmp_path, b"id,text\n" + b"1,no change\n" * 200_000 + late.encode(codec))
    assert detect(path).codec == codec


def test_a_character_on_the_border_of_two_blocks_is_not_broken(tmp_path: Path) -> None:
    for shift in range(3):
        path = written(tmp_path, b"a" * ((1 << 20) - shift) + "山田".encode())
        assert detect(path).codec == "utf-8"
    assert detect(written(tmp_path, REPORT.encode()[:-1])).codec == "utf-8"


@pytest.mark.parametrize("bom", [True, False])
def test_a_utf_8_file_with_a_few_broken_lines_is_still_utf_8(tmp_path: Path, bom: bool) -> None:
    data = f"{REPORT}\n".encode() * 20 + f"{REPORT}\n".encode("cp932") * 5
    path = written(tmp_path, (b"\xef\xbb\xbf" if bom else b"") + data)
    assert detect(path).label == ("utf-8-sig" if bom else "utf-8")


def test_plain_ascii_and_an_empty_file_are_utf_8(tmp_path: Path) -> None:
    assert detect(written(tmp_path, b"")) == Encoding("utf-8")
    assert detect(written(tmp_path, b"no change\n")) == Encoding("utf-8")
    assert detect(written(tmp_path, b"id,text\n1,a\0b\n")) == Encoding("utf-8")


@pytest.mark.parametrize("size", [50, 200, 3000])
def test_random_bytes_are_no_text(tmp_path: Path, size: int) -> None:
    for seed in range(30):
        path = written(tmp_path, random.Random(seed).randbytes(size))
        with pytest.raises(InputError, match="not text"):
            detect(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04abc", "save the sheet as CSV"),
        (b"%PDF-1.7 abc", "export its text"),
        (b"\0" * 100, "not text"),
    ],
)
def test_other_kinds_of_file_are_named_with_a_remedy(
    tmp_path: Path, data: bytes, message: str
) -> None:
    path = written(tmp_path, data)
    with pytest.raises(InputError, match=message) as caught:
        detect(path)
    assert caught.value.where == path


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("sjis", Encoding("cp932")),
        ("EUC-JP", Encoding("euc_jp")),
        ("latin1", Encoding("latin-1")),
        ("utf-16", Encoding("utf-16-le")),
        ("utf8", Encoding("utf-8")),
    ],
)
def test_an_encoding_named_by_the_user_is_taken(
    tmp_path: Path, name: str, encoding: Encoding
) -> None:
    assert resolve(written(tmp_path, b"abcd"), name) == encoding


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp932", "euc_jp", "utf-32"]
)
def test_a_label_leads_to_the_same_encoding_again(tmp_path: Path, codec: str) -> None:
    path = written(tmp_path, f"id,text\n1,{REPORT}\n".encode(codec))
    assert resolve(path, detect(path).label) == detect(path)


def test_a_byte_order_mark_is_kept_although_the_user_named_the_encoding(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffab".encode("utf-16-be"))
    assert resolve(path, "utf-16") == Encoding("utf-16-be", b"\xfe\xff")
    path = written(tmp_path, "\ufeffab".encode())
    assert resolve(path, "utf-8") == Encoding("utf-8", b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", ["klingon", "base64", ""])
def test_an_unknown_encoding_is_wrong_usage(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no encoding is called"):
        resolve(written(tmp_path, b"abc"), name)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        detect(str(tmp_path / "none"))
    with pytest.raises(InputError, match="is a folder"):
        detect(str(tmp_path))


@pytest.mark.parametrize(
    ("codec", "other"),
    [
        ("cp932", "utf-8"),
        ("cp932", "euc_jp"),
        ("euc_jp", "utf-8"),
        ("latin-1", "utf-8"),
        ("latin-1", "cp932"),
        ("cp1252", "cp932"),
        ("cp1252", "euc_jp"),
        ("utf-8", "cp932"),
        ("euc_jp", "cp932"),
    ],
)
def test_a_line_in_another_encoding_is_trouble(codec: str, other: str) -> None:
    encoding = Encoding(codec)
    data = REPORT.encode(other)
    assert encoding.trouble(encoding.decode(data), data)


@pytest.mark.parametrize("codec", ["utf-8", "cp932", "euc_jp", "utf-16-le"])
def test_a_line_in_the_right_encoding_is_none(codec: str) -> None:
    encoding = Encoding(codec)
    for text in [*JAPANESE.values(), "ﾔﾏﾀﾞ､ﾀﾛｳ｡ｶﾞﾝ･", "ﾃｱ ﾂ｡", "abc", ""]:
        data = text.encode(codec)
        assert encoding.trouble(encoding.decode(data), data) is None


def test_what_does_not_decode_stands_as_lone_surrogates_in_every_encoding() -> None:
    for codec, data in [
        ("utf-8", b"a\xffb"),
        ("cp932", b"a\x82"),
        ("utf-16-le", b"a\0\x00\xd8"),
        ("utf-16-le", b"a\0b"),
        ("iso2022_jp", b"\x1b$B\x7f\x7f"),
    ]:
        text = Encoding(codec).decode(data)
        assert "\udcff" in text
        assert "cannot be read" in str(Encoding(codec).trouble(text))

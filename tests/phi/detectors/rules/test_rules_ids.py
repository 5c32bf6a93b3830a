"""Numbers that an institution gave."""

from __future__ import annotations

import pytest
from ruled import found, surfaces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("患者ID：MR2024-78234", ["MR2024-78234"]),
        ('患者ID": "ER-HEAD-1106",', ["ER-HEAD-1106"]),
        ("**患者ID**: CT-ABD-0913", ["CT-ABD-0913"]),
        ("カルテ番号 0012345", ["0012345"]),
        ("診察券番号　１２３４－５６７", ["１２３４－５６７"]),
        ("ID: CXR-PORT", ["CXR-PORT"]),
        ("ID12345", ["12345"]),
        ("患者ID\n12345678", ["12345678"]),
        ("オーダー番号:20240805-0012", ["20240805-0012"]),
        ("(ID:20231115)", ["20231115"]),
        ("検体番号 H24-12345", ["H24-12345"]),
        ("病理 S24-5678", ["S24-5678"]),
        ("KS19640401", ["KS19640401"]),
        ("MRN: 00123456", ["00123456"]),
        ("職員番号 4567", ["4567"]),
        ("Accession No. A2024080512345", ["A2024080512345"]),
        ("1.2.840.113619.2.55.3.604688119", ["1.2.840.113619.2.55.3.604688119"]),
        ("305号室", ["305号室"]),
        ("第二病棟三〇五号室", ["三〇五号室"]),
        ("712号室 2番ベッド", ["712号室 2番ベッド"]),
        ("ベッド12、病室712", ["12", "712"]),
        ("カード 4111 1111 1111 1111", ["4111 1111 1111 1111"]),
        ("番号 ○○番、カルテ番号 一二三四五", ["一二三四五"]),
    ],
)
def test_a_number_is_found(text: str, expected: list[str]) -> None:
    assert surfaces(text, "ID") == expected


@pytest.mark.parametrize(
    "text",
    [
        *["LOT A1234567", "Lot No. 14523678", "ロット番号 AB12345", "製造番号 1234567"],
        *["CA19-9 37、CA-125 20", "SARS-CoV-2、COVID-19", "F-18 FDG、I-131", "MK-3475"],
        *["GIF-H290、CF-HQ290", "TSX-305A", "IDH1変異", "ID不明", "No.7リンパ節", "番号 4"],
        *["WBC 8000 (3500-9000)", "PLT 2500000", "1200000個", "1234567 IU/mL", "10000-12000"],
        *["JAN 4987123456789", "(01)04987350123456", "jRCT 1031200123", "2019-2021"],
    ],
)
def test_what_is_no_number_of_a_person_stays(text: str) -> None:
    assert found(text, "ID") == []


@pytest.mark.parametrize("text", ["参照カルテNo.047-123-4567", "参照ID:0116112111"])
def test_the_shape_of_a_telephone_wins_over_the_label_of_a_chart(text: str) -> None:
    assert [category for category, _ in found(text)] == ["PHONE"]

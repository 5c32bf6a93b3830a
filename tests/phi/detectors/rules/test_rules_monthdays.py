"""8/5: a day, a share, a score or a level."""

from __future__ import annotations

import pytest
from ruled import found, surfaces


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8/5受診、8/7再診", ["8/5", "8/7"]),
        ("8/5〜8/7入院", ["8/5", "8/7"]),
        ("8/5~7入院", ["8/5", "7"]),
        ("8/5 入院。8/6 手術。8/7 歩行開始。8/12 退院", ["8/5", "8/6", "8/7", "8/12"]),
        ("前回(8/5)と比較", ["8/5"]),
        ("8/5(月) 再診", ["8/5"]),
        ("8.5(月) 再診", ["8.5"]),
        ("8/5 10:15 頭痛", ["8/5"]),
        ("8/5、8/6、8/7に採血", ["8/5", "8/6", "8/7"]),
        ("1/10 CT、2/14 MRI", ["1/10", "2/14"]),
        ("24/8/5", ["24/8/5"]),
        ("受診日 6.8.5", ["6.8.5"]),
        ("8/5/2024", ["8/5/2024"]),
        ("opname 12-03-2024", ["12-03-2024"]),
    ],
)
def test_a_day_is_found(text: str, expected: list[str]) -> None:
    assert surfaces(text, "DATE") == expected


@pytest.mark.parametrize(
    "text",
    [
        *["MMT 4/5", "Levine 3/6の雑音", "stage T2/3", "血圧120/80", "C5/6, L4/5, Th12/L1"],
        *["1/2に縮小", "2/3周性、3/4周", "上1/3", "約1/2", "1/8に減量", "5/6切除", "1/2生食"],
        *["NRS 5/10", "9/10点 → 3/10点", "HDS-R 22/30", "転移 3/12", "LN 2/15", "3/7日"],
        *["瞳孔 3/3mm", "Apgar 8/9", "ER 8/8, PgR 3/8", "FAB 12/18、BI", "1.2/3.4", "E/A 0.8"],
    ],
)
def test_shares_scores_and_levels_stay(text: str) -> None:
    assert found(text, "DATE") == []

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.release.tally import Tally

tags = st.lists(st.binary(min_size=32, max_size=32), max_size=6)


def total(rows: list[bytes]) -> Tally:
    tally = Tally()
    for tag in rows:
        tally = tally.plus(tag)
    return tally


@given(tags)
def test_the_order_of_rows_does_not_matter(rows: list[bytes]) -> None:
    assert total(sorted(rows)) == total(rows)


@given(tags, st.binary(min_size=32, max_size=32))
def test_a_row_can_be_taken_out_again(rows: list[bytes], tag: bytes) -> None:
    assert total(rows).plus(tag).minus(tag) == total(rows)


@given(tags)
def test_its_text_gives_it_back(rows: list[bytes]) -> None:
    assert Tally.parse(str(total(rows))) == total(rows)


@pytest.mark.parametrize("text", ["", "3", "3:abc", "x:" + "0" * 64, "1:" + "z" * 64])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Tally.parse(text)

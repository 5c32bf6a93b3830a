"""Check digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.phi.detectors.rules import checkdigits

CHECKS = {
    checkdigits.my_number: "123456789018",
    checkdigits.insurer: "33120015",
    checkdigits.public_expense: "54016027",
    checkdigits.bsn: "111222333",
}


def test_the_published_examples_hold() -> None:
    assert checkdigits.my_number_check_digit("12345678901") == 8
    assert checkdigits.insurer("33120015")
    assert checkdigits.insurer("54016027")
    assert checkdigits.luhn("4111111111111111")


@pytest.mark.parametrize(("check", "number"), CHECKS.items())
def test_a_single_wrong_digit_is_seen(check, number) -> None:  # type: ignore[no-untyped-def]
    assert check(number)
    wrong = [
        number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        for place in range(len(number))
    ]
    assert sum(map(check, wrong)) <= 1  # modulo 11 folds the remainders 0 and 1 into one digit


@pytest.mark.parametrize("check", CHECKS)
@given(text=st.text(max_size=14))
def test_anything_else_is_not_valid_and_no_error(check, text) -> None:  # type: ignore[no-untyped-def]
    assert check(text) in (True, False)


@given(st.text("0123456789", min_size=11, max_size=11))
def test_a_number_with_its_own_check_digit_is_valid(payload: str) -> None:
    number = payload + str(checkdigits.my_number_check_digit(payload))
    assert checkdigits.my_number(number) == (len(set(number)) > 1)

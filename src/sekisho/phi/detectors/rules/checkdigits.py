"""Check digits: numbers that prove what they are.

Each function takes the bare digits as a string and answers whether they are valid; a wrong length
or a non-digit is simply not valid.
"""

from __future__ import annotations

__all__ = ["bsn", "insurer", "luhn", "my_number", "my_number_check_digit", "public_expense"]

_MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_BSN_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)


def _plain(digits: str, *lengths: int) -> bool:
    return len(digits) in lengths and digits.isascii() and digits.isdigit()


def my_number_check_digit(payload: str) -> int:
    """The twelfth digit of an Individual Number (個人番号) for its first eleven.

    Rule: 総務省令第85号 (2014), article 5: 11 - (sum of weighted digits mod 11), 0 for a remainder
    of 0 or 1.
    """
    total = sum(
        int(digit) * weight for digit, weight in zip(payload, _MY_NUMBER_WEIGHTS, strict=True)
    )
    remainder = total % 11
    return 0 if remainder <= 1 else 11 - remainder


def my_number(digits: str) -> bool:
    """Whether twelve digits are a valid Individual Number."""
    return (
        _plain(digits, 12)
        and len(set(digits)) > 1
        and int(digits[11]) == my_number_check_digit(digits[:11])
    )


def insurer(digits: str) -> bool:
    """Whether six or eight digits are a valid 保険者番号.

    Rule: 保険者番号等の設定について: weights 2, 1, 2, 1 ... from the rightmost payload digit, the
    digits of each product summed, 10 - (sum mod 10), where 10 becomes 0. The same as Luhn's.
    """
    return _plain(digits, 6, 8) and luhn(digits) and int(digits) > 0


def public_expense(digits: str) -> bool:
    """Whether eight (公費負担者番号) or seven (受給者番号) digits are valid; the same rule."""
    return _plain(digits, 7, 8) and luhn(digits) and int(digits) > 0


def luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others (ISO/IEC 7812-1)."""
    if not (digits.isascii() and digits.isdigit()):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def bsn(digits: str) -> bool:
    """Whether nine digits pass the eleven-test of the Dutch burgerservicenummer."""
    if not _plain(digits, 9) or len(set(digits)) == 1:
        return False
    return sum(int(d) * w for d, w in zip(digits, _BSN_WEIGHTS, strict=True)) % 11 == 0

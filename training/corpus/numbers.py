"""Slots for numbers that name somebody: chart, insurance, national, telephone, network."""

from __future__ import annotations

from collections.abc import Callable

from sekisho.phi.detectors.rules.checkdigits import luhn, my_number_check_digit
from training.corpus.people import draw_person
from training.corpus.words import drawn
from training.corpus.writer import Piece, Writer

__all__ = ["NUMBERS", "fill"]

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def _chart(writer: Writer) -> str:
    def draw() -> str:
        rng = writer.rng
        return rng.choices(
            (
                writer.digits(rng.choice((5, 6, 7, 7, 8, 8, 9, 10))),
                "0" * rng.randrange(1, 4) + writer.digits(rng.choice((5, 6, 7))),
                f"{writer.digits(3)}-{writer.digits(rng.choice((3, 4)))}-{writer.digits(rng.choice((1, 2, 3)))}",
                f"{writer.digits(rng.choice((4, 5, 6, 7)))}-{rng.randrange(10)}",
                f"{rng.choice(_LETTERS)}{writer.digits(rng.choice((5, 6, 7)))}",
                f"{rng.choice(('PT', 'ID', 'K', 'P', 'KR', 'MR'))}-{writer.digits(rng.choice((4, 5, 6)))}",
                f"{writer.digits(4)} {writer.digits(4)}",
            ),
            weights=(52, 16, 8, 8, 8, 4, 3),
        )[0]

    return str(writer.keep("chart", draw())) if writer.chance(0.85) else draw()


def _exam(writer: Writer) -> str:
    rng = writer.rng
    compact = f"{writer.today:%Y%m%d}"
    return rng.choice(
        (
            f"{compact}-{writer.digits(4)}",
            f"{compact}{writer.digits(rng.choice((3, 4)))}",
            f"{rng.choice(('CT', 'MR', 'US', 'XR', 'E', 'RI'))}{writer.today:%y}-{writer.digits(rng.choice((4, 5)))}",
            f"{rng.choice(('CT', 'MR', 'US', 'DX', 'ES'))}{writer.digits(rng.choice((6, 8)))}",
            f"A{writer.digits(rng.choice((6, 7, 9)))}",
            writer.digits(rng.choice((8, 10, 11))),
            f"{writer.today.year}-{rng.choice(_LETTERS)}-{writer.digits(5)}",
            f"{writer.today:%y%m%d}-{writer.digits(3)}",
        )
    )


def _specimen(writer: Writer) -> str:
    rng = writer.rng
    letter = rng.choice(("S", "P", "H", "B", "C", "病", "T", "SP", "組", "細", "K", "A"))
    return rng.choice(
        (
            f"{letter}{writer.today:%y}-{writer.digits(rng.choice((3, 4, 5)))}",
            f"{letter}{writer.today:%Y}-{writer.digits(5)}",
            f"{letter}-{writer.digits(rng.choice((4, 5)))}",
            f"{writer.today:%y}-{writer.digits(rng.choice((4, 5)))}",
            f"{letter}{writer.today:%y}{writer.digits(4)}",
        )
    )


def _order(writer: Writer) -> str:
    return writer.rng.choice(
        (
            writer.digits(writer.rng.choice((8, 9, 10, 12))),
            f"{writer.rng.choice(('O', 'OD', 'ORD', 'R', 'Y'))}-{writer.digits(6)}",
            f"{writer.today:%Y%m%d}{writer.digits(5)}",
        )
    )


def _room(writer: Writer) -> str:
    rng = writer.rng
    number = f"{rng.randrange(2, 13)}{rng.randrange(1, 40):02}"
    return rng.choices(
        (
            f"{number}号室",
            f"{number}号",
            number,
            f"{number}-{rng.randrange(1, 6)}",
            f"個室{rng.randrange(1, 20)}",
            f"{number}号室{rng.randrange(1, 5)}番ベッド",
        ),
        weights=(50, 10, 22, 10, 4, 4),
    )[0]


def _bed(writer: Writer) -> str:
    number = writer.rng.randrange(1, 41)
    return writer.rng.choice(
        (
            f"{number}番ベッド",
            f"ベッド{number}",
            f"{writer.rng.choice('ABCD')}-{number}",
            f"Bed {number}",
            f"{number}床",
            f"No.{number}",
            f"{number}番",
        )
    )


def _staff(writer: Writer) -> str:
    return writer.rng.choice(
        (
            writer.digits(writer.rng.choice((4, 5, 6))),
            f"{writer.rng.choice('NDSMR')}{writer.digits(writer.rng.choice((3, 4, 5)))}",
            f"{writer.rng.choice(('Ns', 'Dr', 'st'))}-{writer.digits(4)}",
        )
    )


def _checked(writer: Writer, payload: str) -> str:
    """``payload`` with its check digit, or now and then with a digit that is none."""
    check = next(digit for digit in "0123456789" if luhn(payload + digit))
    return payload + (check if writer.chance(0.7) else str(writer.rng.randrange(10)))


def _insurer(writer: Writer) -> str:
    rng = writer.rng
    prefecture = f"{rng.randrange(1, 48):02}"
    if writer.chance(0.25):
        return _checked(writer, prefecture + writer.digits(3))
    kind = rng.choice(("01", "02", "06", "31", "32", "33", "34", "39", "63", "67", "72"))
    return _checked(writer, kind + prefecture + writer.digits(3))


def _insured(writer: Writer) -> str:
    rng = writer.rng
    symbol, number = (
        writer.digits(rng.choice((2, 4, 6, 8))),
        writer.digits(rng.choice((2, 3, 4, 6, 7))),
    )
    branch = f"{rng.randrange(0, 5):02}"
    return rng.choice(
        (
            f"{symbol}・{number}", f"{symbol}-{number}", f"{symbol} {number}", f"{symbol}　{number}",
            f"{symbol}-{number}-{branch}", f"{symbol}／{number}",
            f"{drawn(rng, 'facility_stems')[:2]}{symbol[:2]}・{number}", writer.digits(8), number,
        )
    )  # fmt: skip


def _my_number(writer: Writer) -> str:
    payload = writer.digits(11)
    number = payload + str(my_number_check_digit(payload))
    return writer.rng.choice(
        (
            number,
            f"{number[:4]} {number[4:8]} {number[8:]}",
            f"{number[:4]}-{number[4:8]}-{number[8:]}",
        )
    )


def _letters(writer: Writer, count: int) -> str:
    return "".join(writer.rng.choice(_LETTERS) for _ in range(count))


def _area(writer: Writer) -> tuple[str, str, str]:
    """Area code, exchange, subscriber: ten digits in all."""
    rng = writer.rng
    length = rng.choice((2, 3, 3, 3, 4, 4, 5))
    area = "0" + str(rng.randrange(10 ** (length - 2), 10 ** (length - 1)))
    exchange = writer.digits(6 - length)
    return area, exchange, f"{rng.randrange(10000):04}"


def _grouped(writer: Writer, parts: tuple[str, str, str]) -> str:
    a, b, c = parts
    return writer.rng.choices(
        (
            f"{a}-{b}-{c}",
            f"{a}({b}){c}",
            f"({a}){b}-{c}",
            f"{a}{b}{c}",
            f"{a}（{b}）{c}",
            f"{a} {b} {c}",
            f"{a}−{b}−{c}",
            f"{a}ー{b}ー{c}",
            f"+81-{a[1:]}-{b}-{c}",
            f"{b}-{c}",
            f"{a}・{b}・{c}",
            f"{a}.{b}.{c}",
        ),
        weights=(56, 7, 5, 8, 4, 3, 3, 2, 2, 5, 1, 1),
    )[0]


def _phone(writer: Writer) -> str:
    if writer.chance(0.03):
        return f"0120-{writer.digits(3)}-{writer.digits(3)}"
    if writer.chance(0.03):
        kanji = str.maketrans("0123456789-", "〇一二三四五六七八九－")
        return "-".join(_area(writer)).translate(kanji)
    return _grouped(writer, _area(writer))


def _mobile(writer: Writer) -> str:
    prefix = writer.rng.choice(("090", "080", "070", "050"))
    parts = (prefix, writer.digits(4), f"{writer.rng.randrange(10000):04}")
    if writer.chance(0.7):
        return "-".join(parts)
    written = _grouped(writer, parts)
    return written if len(written) > 9 else "".join(parts)


def _account(writer: Writer) -> str:
    who = draw_person(writer.rng, writer.rng.choice("FM"))
    family, given = who.surname.romaji.lower(), who.given.romaji.lower()
    return writer.rng.choice(
        (
            f"{family}.{given}",
            f"{given[0]}-{family}",
            f"{given}{writer.digits(2)}",
            f"{family}_{given}",
            f"{given[0]}.{family}",
            f"{family}{writer.digits(4)}",
            f"{given}.{family}",
        )
    ).replace(" ", "")


def _email(writer: Writer) -> str:
    return f"{_account(writer)}@{drawn(writer.rng, 'email_domains')}"


def _url(writer: Writer) -> str:
    host = drawn(writer.rng, "email_domains")
    path = writer.rng.choice(
        (
            "",
            "/",
            f"/{_account(writer)}",
            f"/record/{writer.digits(6)}",
            f"/p?id={writer.digits(5)}",
            "/renkei/index.html",
        )
    )
    return writer.rng.choice(("https://", "http://", "https://www.", "www.")) + host + path


def _ip(writer: Writer) -> str:
    first = writer.rng.choice(("10", "192.168", "172.16", writer.digits(2)))
    missing = 4 - len(first.split("."))
    return ".".join([first, *(str(writer.rng.randrange(256)) for _ in range(missing))])


def _social(writer: Writer) -> str:
    return writer.rng.choice(("@", "@", "")) + _account(writer)


def _pension(writer: Writer) -> str:
    return f"{writer.digits(4)}-{writer.digits(6)}"


_NUMBERED = ("id", "id.exam", "id.specimen", "id.order")

#: Slot -> (label, what writes it).
NUMBERS: dict[str, tuple[str, Callable[[Writer], str]]] = {
    "id": ("ID", _chart),
    "id.exam": ("ID", _exam),
    "id.specimen": ("ID", _specimen),
    "id.order": ("ID", _order),
    "id.room": ("ID", _room),
    "id.bed": ("ID", _bed),
    "id.staff": ("ID", _staff),
    "insurer": ("INSURANCE", _insurer),
    "insured": ("INSURANCE", _insured),
    "publicfund": (
        "INSURANCE",
        lambda w: _checked(
            w, w.rng.choice(("12", "15", "19", "21", "51", "54", "82")) + w.digits(5)
        ),
    ),
    "recipient": ("INSURANCE", lambda w: _checked(w, w.digits(6))),
    "mynumber": ("NATIONAL_ID", _my_number),
    "passport": ("NATIONAL_ID", lambda w: _letters(w, 2) + w.digits(7)),
    "licence": ("NATIONAL_ID", lambda w: w.digits(12)),
    "residence": ("NATIONAL_ID", lambda w: _letters(w, 2) + w.digits(8) + _letters(w, 2)),
    "pension": ("NATIONAL_ID", _pension),
    "phone": ("PHONE", _phone),
    "mobile": ("PHONE", _mobile),
    "fax": ("PHONE", _phone),
    "ext": ("PHONE", lambda w: w.digits(w.rng.choice((3, 4, 4, 4, 5)))),
    "email": ("EMAIL", _email),
    "url": ("URL", _url),
    "ip": ("URL", _ip),
    "sns": ("URL", _social),
}


def fill(writer: Writer, slot: str) -> list[Piece]:
    """The number of ``slot``."""
    label, write = NUMBERS[slot]
    pieces = [Piece(write(writer), label)]
    if slot == "insured" and writer.chance(0.25):
        before, behind = writer.rng.choice(
            (("（枝番 ", "）"), (" 枝番", ""), ("　枝番 ", ""), ("(枝番)", ""))
        )
        pieces += [Piece(before), Piece(f"{writer.rng.randrange(5):02}", label), Piece(behind)]
    if slot in _NUMBERED and writer.chance(0.06):
        pieces.insert(0, Piece(writer.rng.choice(("No.", "№", "No ", "#"))))
    return pieces

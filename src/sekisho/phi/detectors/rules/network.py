"""EMAIL and URL: addresses of mail, pages and machines, and names of accounts."""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.phi.categories import Category
from sekisho.phi.detectors.rules.classes import compiled
from sekisho.phi.detectors.rules.reading import Hit, Reading

__all__ = ["find"]

_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]"
_HOST = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})"
_EMAIL_TAIL = f"[ ]?@[ ]?{_HOST}(?: ?\\. ?{_HOST}){{1,6}}"
_EMAIL_LOCAL = "[A-Za-z0-9._%+-]{1,64}$"
_SPELLED = (
    "[A-Za-z0-9](?<![A-Za-z0-9._%+-][A-Za-z0-9])[A-Za-z0-9._%+-]{0,40} ?"
    "(?:[(\\[](?:at|AT|アット|アットマーク|@)[)\\]]|アットマーク|<at>) ?"
    f"{_HOST}(?: ?(?:\\.|[(\\[](?:dot|DOT|ドット)[)\\]]|ドット) ?{_HOST}){{1,5}}"
)
_PATH = "(?:[/?#:][A-Za-z0-9!$%&'()*+,./:;=?@_~#-]{0,400})?"
_SCHEME = (
    "(?:[hH](?:[tT]{2}[pP]|[xX]{2}[pP])[sS]?|[sS]?[fF][tT][pP])://"
    "[A-Za-z0-9!$%&'()*+,./:;=?@_~#\\[\\]-]{1,500}"
)
_WWW = f"[wW]{{3}}\\.{_HOST}(?:\\.{_HOST}){{1,6}}{_PATH}"
_TOP = "(?:(?:co|or|ac|go|ne|lg|ed)\\.jp|jp|com|org|net|edu|gov|info|nl|io|me|eu|uk|de)"
_DOMAIN = f"(?<![A-Za-z0-9@._-])(?:{_HOST}\\.){{1,5}}{_TOP}(?![A-Za-z0-9-]){_PATH}"
_IPV4 = (
    "[0-9](?<![0-9A-Za-z.][0-9])[0-9]{0,2}(?:\\.[0-9]{1,3}){3}(?![0-9]|\\.[0-9])"
    "(?::[0-9]{2,5}(?![0-9]))?"
)
_IPV6 = (
    "(?<![0-9A-Za-z:])[0-9A-Fa-f]{1,4}:(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f]{1,4}(?![0-9A-Za-z:])"
)
_MAC = "(?<![0-9A-Za-z:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![0-9A-Za-z:-])"
_ACCOUNT = "@?[A-Za-z0-9_](?:[A-Za-z0-9_.-]{1,38}[A-Za-z0-9_])"
_HANDLE = "@[A-Za-z0-9_](?<![A-Za-z0-9._%+@-]@[A-Za-z0-9_])[A-Za-z0-9_.-]{1,38}"


def find(reading: Reading) -> Iterator[Hit]:
    """All addresses and account names in ``reading``."""
    text = reading.text
    if "@" in text:
        yield from _email(text)
    if "@" in text or "アット" in text or "at" in text or "AT" in text:
        for match in compiled(_SPELLED).finditer(text):
            yield Hit(match.start(), match.end(), Category.EMAIL, "email-spelled", 0.85)
    if "://" in text:
        for match in compiled(_SCHEME).finditer(text):
            yield _url(text, match.start(), match.end(), 0.95)
    if "." in text:
        for match in compiled(_WWW).finditer(text):
            yield _url(text, match.start(), match.end(), 0.95)
        for match in compiled(_DOMAIN).finditer(text):
            yield _url(text, match.start(), match.end(), 0.8)
        yield from _ipv4(reading)
    if text.count(":") >= 3 or text.count("-") >= 5:
        for source in (_IPV6, _MAC):
            for match in compiled(source).finditer(text):
                if compiled("[A-Fa-f]|::").search(match.group()) and len(match.group()) > 8:
                    yield Hit(match.start(), match.end(), Category.URL, "ip", 0.85)
    yield from _accounts(reading)


def _email(text: str) -> Iterator[Hit]:
    tail = compiled(_EMAIL_TAIL)
    local = compiled(_EMAIL_LOCAL)
    position = text.find("@")
    while position >= 0:
        domain = tail.match(text, position)
        before = local.search(text, max(0, position - 65), position)
        if domain and before:
            end = domain.end()
            if " " in domain.group():
                end = (
                    position + len(domain.group().split(" ")[0])
                    if domain.group()[1] != " "
                    else end
                )
            start = before.start()
            while text[start] in ".%+-" and start < before.end() - 1:
                start += 1
            if "." in text[position:end]:
                yield Hit(start, end, Category.EMAIL, "email", 0.95)
        elif compiled(_HANDLE).match(text, position):
            handle = compiled(_HANDLE).match(text, position)
            if handle and compiled("[A-Za-z_]").search(handle.group()):
                end = position + len(handle.group().rstrip(".-"))
                yield Hit(position, end, Category.URL, "account", 0.75)
        position = text.find("@", position + 1)


def _url(text: str, start: int, end: int, score: float) -> Hit:
    """Without the punctuation of the sentence, and without a bracket that was opened before."""
    surface = text[start:end]
    while len(surface) > 8 and (
        surface[-1] in ".,:;!?'*"
        or (surface[-1] == ")" and surface.count("(") < surface.count(")"))
    ):
        surface = surface[:-1]
    return Hit(start, start + len(surface), Category.URL, "url", score)


def _ipv4(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for match in compiled(_IPV4).finditer(text):
        octets = [int(octet) for octet in match.group().split(":")[0].split(".")]
        labelled = reading.kind_before(match.start(), 3) == "ip"
        # Four small numbers are rather a version or the number of a section.
        if max(octets) > 255 or not (labelled or max(octets) >= 100):
            continue
        if reading.kind_before(match.start(), 3) == "thing":
            continue
        yield Hit(match.start(), match.end(), Category.URL, "ip", 0.95 if labelled else 0.8)


def _accounts(reading: Reading) -> Iterator[Hit]:
    text = reading.text
    for label in reading.of("account"):
        match = compiled(_ACCOUNT).match(text, label.value)
        if match is None or label.value == label.stop:
            continue
        surface = match.group()
        named = text[label.start : label.stop].upper().endswith(("ID", "名", "アカウント", "NAME"))
        if named or compiled("[0-9_@.]").search(surface):
            yield Hit(match.start(), match.end(), Category.URL, "account", 0.95)

"""Which encoding a file is written in: UTF-8, UTF-16, CP932, EUC-JP, ISO-2022-JP or Latin-1.

A byte order mark decides. Otherwise one pass over the file, in constant memory, finds out whether
all of it is UTF-8 (a file whose first kanji stands in its last line is still recognised) and keeps
a sample of the lines that are not ASCII. When it is not UTF-8, each line of the sample votes for
the encoding in which it reads best (``plausibility``). Lines in a minority encoding stay minority
lines: they do not decode, or are foreign (``Encoding.trouble``), and their reader holds them.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import BinaryIO

from sekisho.documents import plausibility
from sekisho.errors import InputError, UsageError

__all__ = ["Encoding", "detect", "open_input", "resolve", "unreadable"]

_BLOCK = 1 << 20
_SAMPLE = 1 << 16
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES = (
    (b"PK\x03\x04", "a ZIP or Office file", "save the sheet as CSV, the text as .txt"),
    (b"\xd0\xcf\x11\xe0", "an old Office file", "save the sheet as CSV, the text as .txt"),
    (b"%PDF-", "a PDF file", "export its text first"),
    (b"\x1f\x8b", "a gzip file", "unpack it first"),
    (b"PAR1", "a Parquet file", "name it .parquet"),
    (b"\x89PNG", "an image", "leave it out"),
    (b"\xff\xd8\xff", "an image", "leave it out"),
    (b"\x7fELF", "a program", "leave it out"),
)
_USUAL_NAMES = {"iso8859-1": "latin-1", "shift_jis": "cp932", "utf-8-sig": "utf-8"}
_LATIN = ("latin-1", "cp1252")

_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\$\(D|\([IJ])")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_HIGH = re.compile(rb"[\x80-\xff]")
_C1_BYTE = re.compile(rb"[\x80-\x9f]")
_C1 = re.compile("[\x80-\x9f]")
_UNDECODED = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding of a file: a codec of Python and the byte order mark that the file begins with.

    ``wide`` says that a line feed takes more than the one byte 0A, ``reversible`` that decoding and
    encoding again always gives the same bytes (CP932 has some characters twice).
    """

    codec: str
    bom: bytes = b""
    wide: bool = field(init=False)
    reversible: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "wide", "\n".encode(self.codec) != b"\n")
        reversible = self.codec in _LATIN or self.codec.startswith(("utf-8", "utf-16", "utf-32"))
        object.__setattr__(self, "reversible", reversible)

    @property
    def label(self) -> str:
        """The encoding as a manifest names it and as ``resolve`` takes it back.

        ``utf-8-sig`` is UTF-8 with a byte order mark, ``utf-16`` either order with one.
        """
        if self.bom:
            return "utf-8-sig" if self.codec == "utf-8" else self.codec[:6]
        return self.codec

    def decode(self, data: bytes) -> str:
        """``data`` as text; what cannot be decoded becomes lone surrogates."""
        return data.decode(self.codec, plausibility.MARK)

    def encode(self, text: str) -> bytes:
        """``text`` as bytes, without a byte order mark.

        Raises ``UnicodeEncodeError`` for a character that the encoding does not have.
        """
        return text.encode(self.codec)

    def trouble(self, text: str, data: bytes | None = None) -> str | None:
        """Why a piece of the file, decoded to ``text`` from ``data``, cannot be trusted, or None.

        Three things make it untrusted: bytes that do not decode, NUL characters, and bytes that
        read as Japanese in another encoding although they happen to decode in this one. Whoever
        took those as they are would look for names in gibberish.
        """
        if "\0" in text:
            return "holds NUL characters"
        if text.isascii():
            return None
        if _UNDECODED.search(text) or (self.codec in _LATIN and _C1.search(text)):
            return f"holds bytes that cannot be read as {self.codec}"
        other = plausibility.foreign(data, self.codec) if data is not None else None
        return f"is written in {other}, the file in {self.codec}" if other else None


def resolve(path: str, named: str | None = None) -> Encoding:
    """The encoding of the file at ``path``: as ``named`` by the user, else found out.

    Raises ``UsageError`` for an unknown name, ``InputError`` as ``detect``.
    """
    if named is None:
        return detect(path)
    try:
        name = codecs.lookup(named).name
        "".encode(name)
    except (LookupError, UnicodeError, ValueError):
        raise UsageError(
            f"no encoding is called {named!r}",
            remedy="use utf-8, cp932, euc_jp, utf-16, iso2022_jp or latin-1",
        ) from None
    name = _USUAL_NAMES.get(name, name)
    with open_input(path) as file:
        head = file.read(4)
    for bom, codec in _BOMS:
        if head.startswith(bom) and codec.startswith(name):
            return Encoding(codec, bom)
    return Encoding(f"{name}-le" if name in ("utf-16", "utf-32") else name)


def detect(path: str) -> Encoding:
    """Find out the encoding of the file at ``path``; plain ASCII counts as UTF-8.

    Reads the whole file once, in blocks. Raises ``InputError`` when it cannot be read or is no
    text.
    """
    seen = _survey(path)
    for bom, codec in _BOMS:
        if seen.head.startswith(bom):
            return Encoding(codec, bom)
    for signature, kind, remedy in _SIGNATURES:
        if seen.head.startswith(signature):
            raise InputError(f"not text: {kind}", where=path, remedy=remedy)
    if utf16 := plausibility.wide(seen.head, seen.size, valid_utf8=seen.valid_utf8):
        return Encoding(utf16)
    if seen.valid_utf8:
        codec_name = "iso2022_jp" if seen.escaped and not seen.sample else "utf-8"
        # Programs and images of pure ASCII do not exist, files of NUL bytes do.
        plausible = len(_CONTROL.findall(seen.head)) <= 0.3 * len(seen.head)
        winner = codec_name if plausible else None
    else:
        winner = plausibility.vote(bytes(seen.sample))
    if winner is None:
        raise InputError(
            "not text: its bytes make no sense in any known encoding",
            where=path,
            remedy="name the encoding with --encoding, or leave the file out",
        )
    return Encoding("cp1252" if winner == "latin-1" and seen.c1 else winner)


def open_input(path: str) -> BinaryIO:
    """Open ``path`` for reading bytes.

    Raises ``InputError`` with the reason and a remedy when that is not possible.
    """
    try:
        return open(path, "rb")
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: str, error: OSError) -> InputError:
    """The one-line error for a file that the operating system does not let us read."""
    if isinstance(error, FileNotFoundError):
        return InputError("no such file", where=path, remedy="check the path")
    if isinstance(error, PermissionError):
        return InputError("may not be read", where=path, remedy="ask for the right to read it")
    if isinstance(error, IsADirectoryError):
        return InputError("is a folder, not a file", where=path, remedy="check the path")
    return InputError(f"cannot be read: {error.strerror}", where=path, remedy="check the disk")


@dataclass(slots=True)
class _Survey:
    """What one pass over a file tells: its first bytes, its size, and lines that are not ASCII."""

    head: bytes = b""
    size: int = 0
    valid_utf8: bool = True
    escaped: bool = False
    c1: bool = False
    sample: bytearray = field(default_factory=bytearray)


def _survey(path: str) -> _Survey:
    seen = _Survey()
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    pending = False
    try:
        with open_input(path) as file:
            while block := file.read(_BLOCK):
                seen.head = seen.head or block[:_SAMPLE]
                seen.escaped = seen.escaped or _ESCAPE.search(block) is not None
                if pending or not block.isascii():
                    _collect(seen, block)
                    if seen.valid_utf8:
                        seen.valid_utf8 = _continues(decoder, block)
                        pending = seen.valid_utf8 and bool(decoder.getstate()[0])
                    seen.c1 = seen.c1 or _C1_BYTE.search(block) is not None
                seen.size += len(block)
    except OSError as error:
        raise unreadable(path, error) from error
    seen.valid_utf8 = seen.valid_utf8 and not pending
    return seen


def _continues(decoder: codecs.IncrementalDecoder, block: bytes) -> bool:
    try:
        decoder.decode(block)
    except UnicodeDecodeError:
        return False
    return True


def _collect(seen: _Survey, block: bytes) -> None:
    """Add the lines of ``block`` that are not ASCII to the sample while there is room."""
    # The first line of a later block may begin inside a character.
    at = block.find(b"\n") + 1 if seen.size else 0
    while len(seen.sample) < _SAMPLE and (hit := _HIGH.search(block, at)):
        start = max(block.rfind(b"\n", at, hit.start()) + 1, at, hit.start() - 1024)
        at = block.find(b"\n", hit.start()) + 1 or len(block)
        seen.sample += block[start : min(at, start + _SAMPLE)].rstrip(b"\n") + b"\n"

"""Values written as TOML, so that ``tomllib`` reads exactly them.

Only what recipes need: tables with text, numbers, truth values, lists and further tables. A text of
several lines stands as several lines, for a person to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

__all__ = ["toml_of"]

_BARE = re.compile("[A-Za-z0-9_-]+")
#: What a basic string cannot hold as it is; a carriage return would be read as a line feed.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_QUOTES = re.compile('"{2,}|"$')


def toml_of(table: Mapping[str, object]) -> str:
    """``table`` as a TOML document; what stands at the top comes before all tables.

    Raises ``TypeError`` for a value or a key that is no text, number, truth value, sequence or
    mapping (None is none of these), ``ValueError`` for a text with half a surrogate pair.
    """
    text = "\n".join(_table(table, ())) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a text holds half of a surrogate pair") from None
    return text.lstrip("\n")


def _table(table: Mapping[str, object], place: tuple[str, ...]) -> Iterator[str]:
    inner: list[tuple[str, object]] = []
    for key, value in table.items():
        if isinstance(value, Mapping) or _is_tables(value):
            inner.append((key, value))
        else:
            yield f"{_key(key)} = {_value(value, lines=True)}"
    for key, value in inner:
        at = (*place, key)
        name = ".".join(map(_key, at))
        if isinstance(value, Mapping):
            yield f"\n[{name}]"
            yield from _table(value, at)
            continue
        assert isinstance(value, Sequence)
        for each in value:
            yield f"\n[[{name}]]"
            yield from _table(each, at)


def _is_tables(value: object) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and bool(value)
        and all(isinstance(each, Mapping) for each in value)
    )


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError("a key is no text")
    return key if _BARE.fullmatch(key) else _text(key, lines=False)


def _value(value: object, *, lines: bool) -> str:
    if isinstance(value, str):
        return _text(value, lines=lines)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # Python writes a float as TOML does, infinities too.
        return repr(value)
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {_value(each, lines=False)}" for key, each in value.items())
        return "{ " + ", ".join(pairs) + " }" if value else "{}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return "[" + ", ".join(_value(each, lines=False) for each in value) + "]"
    raise TypeError(f"TOML has no {type(value).__name__}")


def _text(text: str, *, lines: bool) -> str:
    escaped = _CONTROL.sub(_code, text.replace("\\", "\\\\"))
    if lines and "\n" in text:
        # Quotes are left alone where they cannot end the text.
        return '"""\n' + _QUOTES.sub(lambda quotes: '\\"' * len(quotes[0]), escaped) + '"""'
    return '"' + escaped.replace('"', '\\"').replace("\n", "\\n") + '"'


def _code(control: re.Match[str]) -> str:
    return f"\\u{ord(control[0]):04x}"

"""Text and JSON of a file that somebody else wrote: bounded in size, strict in form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sekisho.documents import strict_json
from sekisho.documents.encodings import detect
from sekisho.documents.strict_json import TwiceError
from sekisho.errors import InputError, UsageError

__all__ = ["as_json", "content", "first_there", "strict", "text"]

#: How an escape of half a character begins; so do some of whole ones.
_HALF = "\\ud"


def content(path: Path, most: int) -> bytes:
    """The bytes of the file at ``path``, of which there may be ``most``.

    Raises ``UsageError`` when there are more, or it cannot be read.
    """
    try:
        with path.open("rb") as file:
            found = file.read(most + 1)
    except FileNotFoundError:
        raise UsageError("no such file", where=str(path), remedy="check the path") from None
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except ValueError:
        raise UsageError("no file can have such a name", remedy="check the path") from None
    if len(found) > most:
        raise UsageError(f"larger than {most:,} bytes", where=str(path), remedy="is it the right?")
    return found


def text(path: Path, most: int) -> tuple[str, str]:
    """The text of a file and the label of its encoding, found out.

    Raises ``UsageError`` when it cannot be read, is too large, or no encoding fits all of it.
    """
    found = content(path, most)
    try:
        encoding = detect(str(path))
    except InputError as error:
        raise UsageError(error.message, where=str(path), remedy="save it as UTF-8") from None
    written = encoding.decode(found.removeprefix(encoding.bom))
    if trouble := encoding.trouble(written, found):
        raise UsageError(trouble, where=str(path), remedy="save it as UTF-8")
    return written, encoding.label


def as_json(path: Path, most: int, *, named: bool = True) -> tuple[Any, str]:
    """The value of a JSON file and the label of its encoding.

    Strict where readers are usually lenient: a key that stands twice, NaN and infinities are
    errors. ``named``: its keys may be told. Raises ``UsageError``, with the line where it is known.
    """
    written, label = text(path, most)
    try:
        return strict(written), label
    except json.JSONDecodeError as error:
        place = f"{path}, line {error.lineno}"
        raise UsageError(f"not JSON: {error.msg}", where=place, remedy="correct it") from None
    except TwiceError as error:
        key = repr(error.key) if named else "a key"
        raise UsageError(f"{key} stands twice in one object", where=str(path)) from None
    except UnicodeEncodeError:
        raise UsageError("holds half a character, as \\ud800", where=str(path)) from None
    except RecursionError:
        raise UsageError("nested too deep", where=str(path)) from None
    except ValueError:
        raise UsageError("holds a number that is none", where=str(path)) from None


def strict(written: str) -> Any:
    """The value of JSON that is strict as in ``as_json``.

    Raises ``ValueError``, or ``RecursionError`` when it is nested too deep.
    """
    found = strict_json.loads(written)
    if _HALF in written.lower():
        json.dumps(found, ensure_ascii=False).encode()
    return found


def first_there(folder: Path, places: tuple[Path, ...], name: str) -> tuple[Path | None, Path]:
    """The file called ``name`` in the first of ``places`` that has it, or None; and the usual one.

    Places are seen from ``folder``; an absolute ``name`` has one place only.
    """
    candidates = [(folder / place).resolve() / name for place in places]
    for candidate in candidates:
        try:
            if candidate.is_file():
                return candidate, candidates[0]
        except (OSError, ValueError):
            continue
    return None, candidates[0]

"""What all commands share: how they end, how they speak of trouble, how they show a table.

Results go to standard output, everything else to standard error. Trouble is one line,
``sekisho: where: message (remedy)``. ``SEKISHO_DEBUG=1`` adds where in the code it happened, by
file and line alone: neither the values of variables nor the message of a foreign exception is ever
shown, since both may hold text of a document.
"""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NoReturn, ParamSpec, TypeVar

import typer

from sekisho.errors import SekishoError

if TYPE_CHECKING:
    from rich.console import Console

    from sekisho.evaluation.bootstrap import Estimate

__all__ = [
    "Column",
    "ExitCode",
    "interval",
    "percent",
    "run_command",
    "show_error",
    "show_note",
    "show_table",
    "stderr_console",
    "write_out",
]

P = ParamSpec("P")
T = TypeVar("T")


class ExitCode(IntEnum):
    """How a command ends; the first three are what scripts may rely on."""

    OK = 0
    USAGE = 2
    INCOMPLETE = 3
    INTERRUPTED = 130
    BROKEN_PIPE = 141


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand at the right."""

    title: str
    right: bool = False


def run_command(function: Callable[P, T]) -> Callable[P, T]:
    """Let a command end as the command line promises, whatever it raises.

    A ``SekishoError`` or an error of the system that reaches this point means that nothing was
    processed: one line, exit code 2. A command that had begun to write catches it itself, calls
    ``show_error`` and ends with 3. An error nobody foresaw ends with 3, Ctrl-C with 130, and a
    reader who went away (``| head``) silently with 141.
    """

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            result = function(*args, **kwargs)
            sys.stdout.flush()
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except KeyboardInterrupt:
            _say("interrupted")
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except BrokenPipeError:
            _abandon_stdout()
            raise typer.Exit(ExitCode.BROKEN_PIPE) from None
        except (SekishoError, OSError) as error:
            _end(error, ExitCode.USAGE)
        # The outermost border of the program: what passed here would be shown with its message,
        # which may hold text of a document.
        except Exception as error:  # noqa: BLE001
            _end(error, ExitCode.INCOMPLETE)
        return result

    return guarded


def show_error(error: BaseException) -> None:
    """Say ``error`` in one line on standard error; with ``SEKISHO_DEBUG=1`` also where it arose."""
    _say(_line(error))
    if os.environ.get("SEKISHO_DEBUG") == "1":
        for line in _places(error):
            _say(line)


def show_note(text: str) -> None:
    """Say something beside the result, on standard error."""
    _say(text)


def stderr_console() -> Console:
    """A rich console on standard error, for progress."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def write_out(text: str) -> None:
    """Write ``text`` and a line feed to standard output, whatever its encoding can hold."""
    try:
        sys.stdout.write(text + "\n")
    except UnicodeEncodeError:
        # A terminal of another code page, or a lone surrogate; in JSON this is its own escape.
        encoding = sys.stdout.encoding
        safe = text.encode(encoding, "backslashreplace").decode(encoding)
        sys.stdout.write(safe + "\n")


def show_table(title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Show a table on standard output: drawn on a terminal, aligned plain text elsewhere.

    Widths are those of a terminal cell grid, in which kanji and kana take two cells.
    """
    if sys.stdout.isatty():
        _draw(title, columns, rows)
        return
    from rich.cells import cell_len

    cells = [[column.title for column in columns], *([_one_line(c) for c in row] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    write_out(title)
    for line in cells:
        padded = []
        for cell, width, column in zip(line, widths, columns, strict=True):
            space = " " * (width - cell_len(cell))
            padded.append(space + cell if column.right else cell + space)
        write_out("  " + "  ".join(padded).rstrip())
    write_out("")


def percent(value: float | None) -> str:
    """A share as a table shows it; a dash where there is none."""
    return "-" if value is None else f"{100 * value:.2f} %"


def interval(estimate: Estimate) -> str:
    """The bounds of a share as a table shows them; a dash where there are none."""
    if estimate.low is None or estimate.high is None:
        return "-"
    return f"{100 * estimate.low:.2f} - {100 * estimate.high:.2f} %"


def _draw(title: str, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(title), title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False
    )
    for column in columns:
        table.add_column(Text(column.title), justify="right" if column.right else "left")
    for row in rows:
        table.add_row(*(Text(_one_line(cell)) for cell in row))
    Console(highlight=False).print(table)


def _end(error: BaseException, code: ExitCode) -> NoReturn:
    show_error(error)
    if isinstance(error, OSError):
        # Perhaps it was standard output itself (a full disk), which would fail again at exit.
        _abandon_stdout()
    raise typer.Exit(code) from None


def _line(error: BaseException) -> str:
    if isinstance(error, SekishoError):
        return str(error)
    if isinstance(error, OSError):
        place = f"{os.fsdecode(error.filename)}: " if _is_path(error.filename) else ""
        return f"{place}{error.strerror or type(error).__name__}"
    frames = traceback.extract_tb(error.__traceback__)
    at = f" at {_short(frames[-1])}" if frames else ""
    return f"unexpected {type(error).__name__}{at} (this is a bug; SEKISHO_DEBUG=1 shows its way)"


def _places(error: BaseException) -> list[str]:
    """The way of ``error`` through the code, innermost last, causes first."""
    lines: list[str] = []
    earlier = error.__cause__ or error.__context__
    if earlier is not None:
        lines += _places(earlier)
    lines.append(f"  {type(error).__name__}")
    for frame in traceback.extract_tb(error.__traceback__):
        lines.append(f"    {_short(frame)} in {frame.name}")
    return lines


def _short(frame: traceback.FrameSummary) -> str:
    path = frame.filename.replace(os.sep, "/")
    _, found, inside = path.rpartition("/sekisho/")
    return f"{'sekisho/' + inside if found else path}:{frame.lineno}"


def _is_path(name: object) -> bool:
    return isinstance(name, (str, bytes, os.PathLike))


def _say(text: str) -> None:
    try:
        sys.stderr.write(f"sekisho: {_one_line(text)}\n")
        sys.stderr.flush()
    except OSError:
        # Nobody is left to hear it; the exit code still tells.
        return


def _one_line(text: str) -> str:
    """``text`` without line breaks, control characters or halves of characters."""
    spaced = text.replace("\r", " ").replace("\n", " ").replace("\t", " ")
    return "".join(c if c.isprintable() or c == "\u3000" else "\ufffd" for c in spaced)


def _abandon_stdout() -> None:
    """Point standard output at nothing, so that the interpreter's last flush cannot fail."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)

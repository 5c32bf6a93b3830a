"""How every command ends and speaks."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from rich.cells import cell_len

from sekisho.cli.console import Column, run_command, show_error, show_note, show_table, write_out
from sekisho.errors import InputError, MissingExtraError, OutputError, UsageError, VaultError

SECRET = "架空花子 090-0000-0000"


def end_of(error: BaseException) -> int:
    @run_command
    def command() -> None:
        raise error

    with pytest.raises(typer.Exit) as caught:
        command()
    return caught.value.exit_code


@pytest.mark.parametrize("kind", [UsageError, MissingExtraError, InputError, VaultError])
def test_an_error_of_ours_is_one_line_and_exit_code_2(
    kind: type[UsageError], capsys: pytest.CaptureFixture[str]
) -> None:
    assert end_of(kind("no such column", where="a.csv, row 3", remedy="name it")) == 2
    captured = capsys.readouterr()
    assert captured.err == "sekisho: a.csv, row 3: no such column (name it)\n"
    assert captured.out == ""


def test_a_message_with_line_breaks_and_control_characters_stays_one_harmless_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    end_of(InputError("one\ntwo\x1b[31m\ud800", where="日本　語.csv"))
    assert capsys.readouterr().err == "sekisho: 日本　語.csv: one two\ufffd[31m\ufffd\n"


def test_an_error_of_the_system_names_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert end_of(PermissionError(errno.EACCES, "Permission denied", "/out/a.csv")) == 2
    assert capsys.readouterr().err == "sekisho: /out/a.csv: Permission denied\n"


def test_an_unforeseen_error_never_shows_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert end_of(ValueError(SECRET)) == 3
    said = capsys.readouterr().err
    assert said.startswith("sekisho: unexpected ValueError at ")
    assert "test_console.py:" in said
    assert said.count("\n") == 1
    assert SECRET not in said


def test_debugging_shows_the_way_but_no_value(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEKISHO_DEBUG", "1")

    @run_command
    def command(text: str) -> None:
        try:
            int(text)
        except ValueError as error:
            raise OutputError("cannot be written") from error

    with pytest.raises(typer.Exit):
        command(SECRET)
    said = capsys.readouterr().err
    assert said.startswith("sekisho: cannot be written\n")
    assert said.index("ValueError") < said.index("OutputError")
    assert "in command" in said
    assert SECRET not in said
    assert all(line.startswith("sekisho: ") for line in said.splitlines())


def test_ctrl_c_ends_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert end_of(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "sekisho: interrupted\n"


def test_an_exit_keeps_its_code() -> None:
    assert end_of(typer.Exit(3)) == 3


def test_a_wrong_parameter_is_left_to_the_parser() -> None:
    @run_command
    def command() -> None:
        raise typer.BadParameter("no")

    with pytest.raises(typer.BadParameter):
        command()


def test_a_command_keeps_its_name_and_gives_its_result() -> None:
    @run_command
    def command(number: int) -> int:
        """Help."""
        return number + 1

    assert command(1) == 2
    assert (command.__name__, command.__doc__) == ("command", "Help.")


def script(tmp_path: Path, body: str) -> list[str]:
    file = tmp_path / "script.py"
    lines = ["import typer", "from sekisho.cli.console import *", "@run_command", "def main():"]
    file.write_text("\n".join([*lines, f"    {body}", "typer.run(main)"]), encoding="utf-8")
    return [sys.executable, str(file)]


def test_a_reader_who_goes_away_ends_the_command_silently(tmp_path: Path) -> None:
    command = script(tmp_path, "for i in range(100_000): write_out(str(i))")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "0\n"
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (141, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_behind_standard_output_is_one_line(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            script(tmp_path, "write_out('x')"),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (2, "sekisho: No space left on device\n")


def test_a_stream_that_cannot_hold_a_character_gets_its_escape(tmp_path: Path) -> None:
    ended = subprocess.run(
        script(tmp_path, r"write_out('髙\ud800')"),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONIOENCODING": "cp932"},
        check=True,
    )
    assert ended.stdout.decode("cp932") in ("髙\\ud800\n", "\\u9ad9\\ud800\n")


def test_notes_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    show_note("half done")
    show_error(UsageError("no"))
    assert capsys.readouterr() == ("", "sekisho: half done\nsekisho: no\n")


def test_a_plain_table_is_aligned_in_terminal_cells(capsys: pytest.CaptureFixture[str]) -> None:
    columns = (Column("名前"), Column("n", right=True), Column("x"))
    show_table("表", columns, [["診療科", "1", "[bold]"], ["a", "1,000", "b\nc"]])
    title, *lines = capsys.readouterr().out.splitlines()
    assert title == "表"
    assert lines == [
        "  名前        n  x",
        "  診療科      1  [bold]",
        "  a       1,000  b c",
        "",
    ]
    assert len({cell_len(line[: line.rindex("  ")]) for line in lines[:3]}) == 1


def test_a_terminal_gets_a_drawn_table_without_markup(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    show_table("[b]T", (Column("a"), Column("n", right=True)), [["[red]x", "1"]])
    shown = capsys.readouterr().out
    assert "[b]T" in shown
    assert "[red]x" in shown
    assert "─" in shown


def test_importing_the_console_does_not_draw_in_rich() -> None:
    code = (
        "import sys; import typer; before = set(sys.modules); import sekisho.cli.console;"
        "print(sorted(m for m in set(sys.modules) - before if m.startswith(('rich', 'numpy'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_writing_out_ends_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    write_out("あ")
    assert capsys.readouterr().out == "あ\n"

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")])
COMMANDS = (
    *("deid", "detect", "reveal", "optimize", "report", "doctor", "init"),
    *("extract", "dragon", "audit", "evaluate", "models", "vault", "tagger"),
)
SUBCOMMANDS = (
    "audit verify",
    "dragon run",
    "dragon score",
    "evaluate extraction",
    "evaluate phi",
    "extract check",
    "extract import",
    "models check",
    "models list",
    "vault check",
    "vault rotate",
    "tagger show",
    "tagger train",
)

_FENCE = re.compile(r"```.*?```", re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]+)?\)")
_PATH = re.compile(r"`((?:tests|src|docs|benchmarks|examples)/[^`*\s]+)`")
_HELP_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
_MACHINE = re.compile(r"(?<![\w.~])/(?:work|root|home|tmp|var|opt|usr|mnt)/")


@pytest.fixture(scope="module")
def embed() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("embed", ROOT / "docs" / "embed.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["embed"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["embed"]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_everything_embedded_is_fresh(embed: ModuleType, capsys: pytest.CaptureFixture[str]):
    stale = embed.main(["--check"])
    assert not stale, capsys.readouterr().out


def test_a_stale_output_is_seen_and_written_anew(embed: ModuleType):
    page = "<!-- output of: echo new -->\n```text\nold\n```\nbehind\n"
    assert embed.commands(page) == ["echo new"]
    made = embed.fresh(page, lambda command: embed.run(command))
    assert made == page.replace("old", "new")
    assert embed.fresh(made, lambda command: embed.run(command)) == made


def test_a_stale_table_is_seen_and_written_anew(embed: ModuleType):
    page = "<!-- table of: profile redact-all -->\nold\n<!-- end of table -->\n"
    made = embed.fresh(page, lambda command: "")
    assert "| NAME | tag |" in made
    assert "old" not in made
    assert embed.fresh(made, lambda command: "") == made


def test_help_of_another_typer_is_not_compared(embed: ModuleType):
    page = "<!-- help laid out by typer 0.0.1 -->\n<!-- output of: x --help -->\n```\nold\n```\n"
    assert embed.fresh(page, lambda command: "new\n", typer=version("typer")) == page
    assert "new" in embed.fresh(page, lambda command: "new\n", typer="0.0.1")


def test_a_list_without_a_source_or_licence_is_refused(embed: ModuleType):
    stated = embed._stated("# Words.\n# source: own\n# list\n# licence: Apache-2.0\nword\n", "x")
    assert stated == ["Words.", "own list", "Apache-2.0"]
    with pytest.raises(SystemExit, match="no licence"):
        embed._stated("# Words.\n# source: own\nword\n", "x")


@pytest.mark.parametrize("command", [*COMMANDS, *SUBCOMMANDS])
def test_every_command_and_option_is_documented(embed: ModuleType, command: str):
    page = text_of(ROOT / "docs" / "cli.md")
    assert f"<!-- output of: sekisho {command} --help -->" in page or command in COMMANDS
    shown = embed.run(f"COLUMNS=200 sekisho {command} --help")
    missing = {option for option in _HELP_OPTION.findall(shown) if option not in page}
    assert not missing


def test_every_command_of_the_program_is_named(embed: ModuleType):
    shown = embed.run("COLUMNS=200 sekisho --help").partition("Commands")[2]
    named = set(re.findall(r"^[\s│]*([a-z]+)  ", shown, re.MULTILINE))
    assert named == set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_path_leads_somewhere(page: Path):
    text = _FENCE.sub("", text_of(page))
    for target, anchor in _LINK.findall(text):
        if "://" in target:
            continue
        path = page.parent / target if target else page
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(text_of(path)), f"{target}{anchor}"
    for path in _PATH.findall(text):
        assert (ROOT / path).exists(), path


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {"#" + re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_place_on_somebody_s_machine(page: Path):
    assert not _MACHINE.search(text_of(page))


def test_both_readmes_give_the_same_commands():
    blocks = [
        re.findall(r"```sh\n(.*?)```", text_of(ROOT / name), re.DOTALL)
        for name in ("README.md", "README.ja.md")
    ]
    assert blocks[0] == blocks[1]


def test_the_readme_s_test_command_is_the_one_that_is_checked():
    command = [line for line in text_of(ROOT / "README.md").splitlines() if "-m pytest" in line]
    assert len(command) == 1
    assert "grep -F -- '-m pytest' README.md" in text_of(ROOT / ".ci" / "run")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_check_is_a_program_that_bash_understands():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0

"""Keep what the documents show of the program fresh.

    python docs/embed.py            write every embedded output and table anew
    python docs/embed.py --check    change nothing; exit code 1 when one is stale

A fenced block behind ``<!-- output of: COMMAND -->`` holds the standard output of that command. It
runs in a new folder that has a copy of ``examples/`` and a vault of its own, with 80 columns, no
colour and no boxes. A command whose output depends on the vault's key, the clock or the machine
has no place in the documents.

What stands between ``<!-- table of: NAME -->`` and ``<!-- end of table -->`` is made from the data
files of the program: ``profiles``, ``profile ID``, ``word lists``, ``detectors``, ``model card``.

The help of a command is laid out by typer, whose versions differ; where another version than the
one in ``<!-- help laid out by typer VERSION -->`` is installed, help is not compared.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from sekisho import plugins
from sekisho.phi.categories import Category
from sekisho.phi.detectors.tagger.modelfile import card_of
from sekisho.release.profile import Rule, builtin_profiles, load_profile

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "README.ja.md", "docs/*.md", "benchmarks/*.md")

_OUTPUT = re.compile(
    r"(?P<head><!-- output of: (?P<command>[^\n]+) -->\n+```[a-z]*\n)(?P<body>.*?)(?P<tail>```)",
    re.DOTALL,
)
_TABLE = re.compile(
    r"(?P<head><!-- table of: (?P<name>[^\n]+) -->\n)(?P<body>.*?)(?P<tail><!-- end of table -->)",
    re.DOTALL,
)
_TYPER = re.compile("(?<=<!-- help laid out by typer )[0-9.]+(?= -->)")


def pages() -> list[Path]:
    """Every document that may hold something embedded."""
    return sorted(path for pattern in PAGES for path in ROOT.glob(pattern))


def fresh(page: str, outputs: Callable[[str], str], *, typer: str | None = None) -> str:
    """``page`` with everything embedded made anew; help stays when ``typer`` is not its version."""
    stated = _TYPER.search(page)
    same = stated is None or typer is None or stated[0] == typer

    def output(match: re.Match[str]) -> str:
        command = match["command"]
        if command.endswith("--help") and not same:
            return match[0]
        return match["head"] + outputs(command) + match["tail"]

    def table(match: re.Match[str]) -> str:
        return match["head"] + "\n" + _table(match["name"]) + "\n" + match["tail"]

    return _TABLE.sub(table, _OUTPUT.sub(output, page))


def commands(page: str) -> list[str]:
    """The commands whose output ``page`` holds, in order."""
    return [match["command"] for match in _OUTPUT.finditer(page)]


def run(command: str) -> str:
    """Standard output of ``command``, a line of shell, in a folder of its own.

    Raises ``SystemExit`` when it fails.
    """
    with tempfile.TemporaryDirectory(prefix="sekisho-docs-") as folder:
        shutil.copytree(ROOT / "examples", Path(folder) / "examples")
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=folder,
            env=_environment(folder),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"{command} ended with {done.returncode}:\n{done.stderr}")
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.strip("\n").splitlines())


def _environment(home: str) -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("SEKISHO_", "FORCE_COLOR"))}
    programs = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    return kept | {
        "PATH": programs,
        "SEKISHO_HOME": f"{home}/home",
        "COLUMNS": "80",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "TYPER_USE_RICH": "0",
        "PYTHONUTF8": "1",
    }


def _table(name: str) -> str:
    kind, _, profile = name.partition(" ")
    if kind == "profile":
        rows = _profile(profile)
    else:
        makers = {
            "profiles": _profiles,
            "detectors": _detectors,
            "word lists": _word_lists,
            "model card": _model_card,
        }
        if name not in makers:
            raise SystemExit(f"no table is called {name!r}")
        rows = makers[name]()
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _rule(rule: Rule) -> str:
    options = ", ".join(f"{name} {value}" for name, value in rule.options.items())
    return f"{rule.action} ({options})" if options else rule.action


def _head(*titles: str) -> list[list[str]]:
    return [list(titles), ["---"] * len(titles)]


def _model_card() -> Iterator[list[str]]:
    card = card_of()
    yield from _head("what", "value")
    facts = (
        ("file", f"`tagger.onnx`, {card['bytes'] / 1e6:.1f} MB, SHA-256 `{card['sha256'][:16]}…`"),
        ("made by", f"`python -m training.tagger train --seed {card['seed']}`"),
        ("trained on", f"{card['documents']:,} documents, {card['characters']:,} characters"),
        ("identifiers in them", f"{card['spans']:,}"),
        ("passes", f"{card['plan']['passes']:g}"),
        ("weights", f"{card['parameters']:,}, {card['vocabulary']:,} characters known"),
        ("temperature", f"{card['temperature']:g}"),
    )
    yield from (list(fact) for fact in facts)
    for name, scores in card["scores"].items():
        if not isinstance(scores, dict):
            yield [f"{name}, synthetic text", f"{scores:.3f}"]
            continue
        for label in ("ALL", "NAME", "STAFF", "FACILITY", "ADDRESS", "ID", "DATE"):
            if label in scores:
                score = scores[label]
                precise = f", precision {score['precision']:.3f}" if "precision" in score else ""
                shown = f"recall {score['recall']:.3f}{precise} (n {score['n']:,})"
                yield [f"{name}: {label}", shown]


def _profiles() -> Iterator[list[str]]:
    yield from _head("profile", "title", "basis", "way back", "tags", "numbering")
    for name in builtin_profiles():
        profile = load_profile(name)
        title = f"{profile.title.en}<br>{profile.title.ja}"
        back = "with the key" if profile.reversible else "none"
        yield [f"`{name}`", title, profile.basis, back, profile.language, profile.numbering]


def _profile(name: str) -> Iterator[list[str]]:
    yield from _head("category", "becomes")
    profile = load_profile(name)
    yield from ([category, _rule(profile.rule(category))] for category in Category)


def _detectors() -> Iterator[list[str]]:
    yield from _head("detector", "what it does")
    for name in plugins.names("sekisho.detectors"):
        summary = (plugins.load("sekisho.detectors", name).__doc__ or "").splitlines()[0]
        yield [f"`{name}`", summary.replace("``", "`")]


def _word_lists() -> Iterator[list[str]]:
    yield from _head("list", "holds", "source", "licence")
    for package in ("sekisho.phi", "sekisho.release"):
        folder = files(package) / "lists"
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith((".txt", ".toml")):
                place = f"{package.rpartition('.')[2]}/lists/{entry.name}"
                yield [f"`{place}`", *_stated(entry.read_text(encoding="utf-8"), place)]


def _stated(text: str, place: str) -> list[str]:
    """What a list is, its source and its licence, from the comment that it begins with.

    Raises ``SystemExit`` when the comment has no source or no licence.
    """
    fields = {"holds": "", "source": "", "licence": ""}
    field = "holds"
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        words = line.removeprefix("#").strip()
        name, colon, value = words.partition(": ")
        if colon and name in fields:
            field, words = name, value
        elif field == "licence":
            field = "holds"
        fields[field] = f"{fields[field]} {words}".strip()
    for field in ("source", "licence"):
        if not fields[field]:
            raise SystemExit(f"{place}: the list states no {field}")
    return [cell.replace("|", "\\|") for cell in fields.values()]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write what the documents show of the program.")
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    check = parser.parse_args(arguments).check
    typer = version("typer")
    texts = {path: path.read_text(encoding="utf-8") for path in pages()}
    wanted = sorted({command for text in texts.values() for command in commands(text)})
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outputs = dict(zip(wanted, pool.map(run, wanted), strict=True))
    stale = 0
    for path, text in texts.items():
        stated = text if check else _TYPER.sub(typer, text)
        made = fresh(stated, outputs.__getitem__, typer=typer)
        if made != text:
            stale += 1
            sys.stdout.write(f"{path.relative_to(ROOT)}: {'stale' if check else 'written'}\n")
            if not check:
                path.write_text(made, encoding="utf-8")
    if check and stale:
        sys.stderr.write("run: python docs/embed.py\n")
    return int(check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())

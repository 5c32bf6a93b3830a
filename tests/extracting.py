"""What tests of ``sekisho extract`` share: a task, reports, a model's part, the command."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
import typer.testing

from commanding import Ended, arguments, leaks

__all__ = [
    "FINDINGS",
    "NOTHING",
    "SECRETS",
    "TASK",
    "answered",
    "extract",
    "found",
    "manifest",
    "scripted",
    "task_file",
]

TASK = """
name = "nodules"
language = "ja"
instruction = "結節について答える。"

[fields.nodule]
type = "boolean"

[fields.size]
type = "number"
unit = "mm"

[fields.side]
type = "enum"
values = { left = "左", right = "右" }
"""

#: What no command may say of a document.
SECRETS = ("右肺に12", "右肺に 12", "異常なし", "山田太郎", "結節を認")


def found(quote: str | None, value: object) -> dict[str, object]:
    """The answer for one field."""
    return {"quote": quote, "value": value}


NOTHING = {name: found(None, None) for name in ("nodule", "size", "side")}
FINDINGS = {
    "nodule": found("結節", True),
    "size": found("12 mm", "12 mm"),
    "side": found("右肺", "right"),
}


def answered(text: Mapping[str, Any] | str, **more: object) -> dict[str, Any]:
    """A turn of a script that gives ``text``."""
    return {"act": "answer", "text": text, **more}


def scripted(folder: Path, script: object = None) -> str:
    """A model that finds what stands in a report with ``12 mm``, and nothing in others."""
    if script is None:
        script = {"12 mm": answered(FINDINGS), "default": answered(NOTHING)}
    path = folder / "script.json"
    path.write_text(json.dumps(script, ensure_ascii=False), encoding="utf-8")
    return f"scripted:{path}"


def task_file(folder: Path, text: str = TASK) -> Path:
    """A file with the task ``text``."""
    path = folder / "task.toml"
    path.write_text(text, encoding="utf-8")
    return path


def extract(*values: object, secrets: Sequence[str] = SECRETS) -> Ended:
    """Run ``sekisho extract`` in this process; it tells nothing of any document."""
    from sekisho.cli.extract import extract_app

    app = typer.Typer(pretty_exceptions_enable=False)
    app.add_typer(extract_app, name="extract")
    app.callback()(lambda: None)
    words = ["extract", *arguments(values)]
    result = typer.testing.CliRunner().invoke(app, words, prog_name="sekisho")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    ended = Ended(result.exit_code, result.stdout, result.stderr)
    assert not leaks(secrets, ended.out, ended.err)
    return ended


def manifest(out: Path) -> dict[str, Any]:
    """The manifest of a run."""
    content: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return content

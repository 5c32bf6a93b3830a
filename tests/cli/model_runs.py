"""What tests of commands that ask a language model share: reports, the model's part, its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from faulty_server import Asked, FaultyServer, Reply

from commanding import Ended, call, leaks

__all__ = [
    "NAMES",
    "SECRETS",
    "answer",
    "configured",
    "deid",
    "detect",
    "listed",
    "manifest",
    "quiet",
    "reader",
    "reports",
    "slowly",
    "stated",
    "written",
]

#: Names that no rule sees.
NAMES = ("架空太郎", "仮名花子", "虚名次郎", "偽名三郎")
#: What no command may say.
SECRETS = (*NAMES, *(f"03-1234-{number:04}" for number in range(len(NAMES))), "所見に乏しい")

_NAMED = re.compile("|".join(NAMES))


def reports(folder: Path, names: tuple[str, ...] = NAMES) -> Path:
    """A file with a report for each of ``names``, and a number that the rules see in each."""
    path = folder / "reports.jsonl"
    rows = [
        {"id": str(number), "text": f"主治医{name}、電話は03-1234-{number:04}。所見に乏しい。"}
        for number, name in enumerate(names)
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def listed(*items: tuple[str, str]) -> str:
    """The answer that names ``items``, each a category and a value."""
    found = [{"type": category, "value": value} for category, value in items]
    return json.dumps({"phi_list": found}, ensure_ascii=False)


def answer(asked: Asked) -> str:
    """What a model answers that knows the names, and no number."""
    said = "".join(content for role, content in asked.messages if role == "user")
    return listed(*(("STAFF", name) for name in dict.fromkeys(_NAMED.findall(said))))


def slowly(asked: Asked) -> Reply:
    """The same, after long enough for several requests to be under way."""
    return Reply(text=answer(asked), delay_s=1.0)


@contextmanager
def reader(script: Any = answer, **chosen: Any) -> Iterator[FaultyServer]:
    """A server whose model reads the reports, in a context that holds them."""
    with FaultyServer(script, **({"context": 32768} | chosen)) as server:
        yield server


def stated(server: FaultyServer, **more: object) -> dict[str, object]:
    """The settings of the model at ``server``."""
    return {"kind": "openai", "base_url": f"{server.url}/v1", "model": "tiny", **more}


def configured(folder: Path, /, top: str = "", **models: Mapping[str, object]) -> Path:
    """A ``sekisho.toml`` with ``models``, which are asked twice at most, without a wait."""
    lines = [top]
    for name, settings in models.items():
        lines.append(f"[models.{name}]")
        whole = {"wait_s": 0.0, "attempts": 2, **settings}
        lines += [f"{key} = {json.dumps(value)}" for key, value in whole.items()]
    path = folder / "sekisho.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def deid(source: Path, out: Path, *options: object) -> Ended:
    """Release ``source`` into ``out``, by the rules unless ``options`` name detectors."""
    return quiet(call("deid", source, "--out", out, "--profile", "redact-all", *_by_rules(options)))


def detect(source: Path, *options: object) -> Ended:
    """Show what is in ``source``, by the rules unless ``options`` name detectors."""
    return quiet(call("detect", source, *_by_rules(options)))


def quiet(ended: Ended) -> Ended:
    """``ended``, which told no identifier."""
    assert not leaks(SECRETS, ended.out, ended.err)
    return ended


def written(out: Path) -> dict[str, bytes]:
    """What a run wrote about its documents."""
    names = ("released.jsonl", "spans.jsonl", "held.jsonl")
    return {name: (out / name).read_bytes() for name in names}


def manifest(out: Path) -> dict[str, Any]:
    """The manifest of a run."""
    content: dict[str, Any] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return content


def _by_rules(options: tuple[object, ...]) -> tuple[object, ...]:
    return options if "--detectors" in options else ("--detectors", "rules", *options)

"""A real study on the tiny models, killed once and taken up again."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from commanding import program
from sekisho.optimization.store import FILENAME

MODELS = Path(__file__).parent / "nano"
#: Two models that err for real, ten short reports; one request at a time, so that the same
#: question has the same answer.
STUDY = """
name = "tiny"
seeds = [1]
resamples = 200
[data]
development = "development.jsonl"
held_out = "held-out.jsonl"
synthetic = "made for a test"
[[models]]
name = "weak"
model = "weak"
longest = 280
mark = "TINY"
[[models]]
name = "strong"
model = "strong"
longest = 280
mark = "TINY"
[[stacks]]
name = "embedded"
[prompts]
best = 1
rounds = 1
[refine]
wordings = ["recall"]
[final]
finalists = 1
"""
CONFIGURATION = """
[models.weak]
kind = "gguf"
path = "{folder}/weak.gguf"
context = 4096
in_flight = 1
threads = 1
[models.strong]
kind = "gguf"
path = "{folder}/strong.gguf"
context = 4096
in_flight = 1
threads = 1
"""
REPORTS = (
    "令和6年8月6日 10:15 頭部CT。{name}様、72歳女性。担当：{doctor}医師。脳出血なし。",
    "{name}（{kana}）　患者ID：{number}　{doctor}先生依頼。右肺に12mmの結節。橋本病で通院中。",
)
PEOPLE = (
    ("蓼沼早苗", "タデヌマサナエ", "檜垣"),
    ("久留宮保", "クルミヤタモツ", "鵜殿"),
    ("四十物光", "アイモノヒカル", "樫尾"),
    ("東海林翠", "ショウジミドリ", "小鳥遊"),
    ("一尺八寸薫", "カマツカカオル", "月見里"),
)


def write_reports(path: Path, first: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for place, (name, kana, doctor) in enumerate(PEOPLE):
            for form in REPORTS:
                number = f"{first + place:07}"
                values = {"name": name, "kana": kana, "doctor": doctor, "number": number}
                text = form.format(**values)
                spans = [
                    {
                        "start": text.index(value),
                        "end": text.index(value) + len(value),
                        "category": category,
                        "surface": value,
                    }
                    for category, value in (
                        ("NAME", name),
                        ("NAME", kana),
                        ("ID", number),
                        ("STAFF", doctor),
                        ("DATE", "令和6年8月6日"),
                        ("TIME", "10:15"),
                        ("AGE", "72歳"),
                        ("SEX", "女性"),
                    )
                    if value in text
                ]
                row = {"id": f"{first}-{place}-{len(text)}", "text": text, "spans": spans}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def kept(out: Path) -> dict[bytes, str]:
    """What the store holds, by its keys."""
    path = out / FILENAME
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as connection:
        try:
            rows = connection.execute("SELECT key, body FROM kept WHERE kind = 'reading'")
            return dict(rows.fetchall())
        except sqlite3.OperationalError:
            return {}


@pytest.mark.slow
def test_a_study_that_was_killed_goes_on_and_asks_nothing_twice(home: Path, tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "sekisho.toml").write_text(CONFIGURATION.format(folder=MODELS), encoding="utf-8")
    write_reports(tmp_path / "development.jsonl", 2000000)
    write_reports(tmp_path / "held-out.jsonl", 3000000)
    # No report may stand in both sets.
    rows = (tmp_path / "held-out.jsonl").read_text(encoding="utf-8").splitlines()[1::2]
    (tmp_path / "held-out.jsonl").write_text("\n".join(rows), encoding="utf-8")
    out = tmp_path / "out"
    command = [program(), "optimize", "study.toml", "--out", str(out), "--config", "sekisho.toml"]
    started = subprocess.Popen(command, stderr=subprocess.PIPE, cwd=tmp_path, env=dict(os.environ))
    until = time.monotonic() + 240
    while len(kept(out)) < 35 and started.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    started.kill()
    _, said = started.communicate(timeout=60)
    assert started.returncode == -signal.SIGKILL, said.decode()
    before = kept(out)
    assert len(before) >= 35

    refused = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert refused.returncode == 2
    assert "--resume" in refused.stderr

    ended = subprocess.run(
        [*command, "--resume"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert ended.returncode == 0, ended.stderr
    after = kept(out)
    assert len(after) > len(before)
    assert before.items() <= after.items()
    result: dict[str, Any] = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert result["marks"] == ["TINY"]
    assert [phase["number"] for phase in result["phases"] if not phase["left_out"]] == [
        *range(1, 6)
    ]
    assert [opening["reopened"] for opening in result["openings"]] == [False]
    replayed = sum(spend["replayed"] for spend in result["spending"])
    assert replayed >= len(before) - 10
    assert list(out.glob("recipe-*.toml"))

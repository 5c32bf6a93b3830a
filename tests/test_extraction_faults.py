"""Whatever a model does, each field ends as one of four, and no word of a report is told.

Two reports are extracted by the command itself; with one of them the model does as the case says,
with the other it does well. Over OpenAI's protocol and Ollama's, at a server that fails on demand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from faulty_server import Fault, FaultyServer, Reply

from commanding import call, rows

BAD, GOOD = "主治医は架空太郎。右肺に径12mmの結節を認める。", "左肺に異常なし。"
SECRETS = ("架空太郎", "径12mm", "異常なし", "縦隔", "ひみつ")
TASK = """
name = "nodules"
language = "ja"
instruction = "結節について答える。"

[fields.nodule]
type = "boolean"

[fields.size]
type = "number"
unit = "mm"
minimum = 0
maximum = 300
"""


def answer(**changed: Any) -> str:
    found = {
        "nodule": {"quote": "結節を認める", "value": True},
        "size": {"quote": "径12mmの結節", "value": "12mm"},
    }
    return json.dumps({**found, **changed}, ensure_ascii=False)


REST = json.dumps({"nodule": {"quote": "左肺に異常なし", "value": False}, "size": None})


@dataclass(frozen=True)
class Case:
    """What the model does to the first report: ``fault`` with ``text``, and then, or never, well.

    ``reason`` is why there is no extraction, ``invalid`` names fields that are invalid.
    """

    text: str = ""
    fault: Fault | None = None
    reason: str | None = None
    invalid: tuple[str, ...] = ()
    once: bool = False
    kinds: tuple[str, ...] = ("openai", "ollama")


BOTH = ("nodule", "size")
CASES = {
    "nothing wrong": Case(answer()),
    "refuses": Case("できません", Fault.REFUSE, "model_refused", kinds=("openai",)),
    "refuses in words": Case("できません", None, "model_invalid"),
    "is cut": Case(answer(), Fault.TRUNCATE, "model_truncated"),
    "is cut once": Case(answer(), Fault.TRUNCATE, once=True),
    "closes in mid-answer": Case(answer(), Fault.CLOSE, "model_unavailable"),
    "closes once": Case(answer(), Fault.CLOSE, once=True),
    "fails with 500": Case("", Fault.FAIL, "model_unavailable"),
    "is busy with 429 once": Case("", Fault.LIMIT, once=True),
    "stalls": Case("", Fault.STALL, "model_timeout"),
    "thinks its whole room away": Case("", Fault.THINK_ONLY, "model_refused"),
    "thinks its room away once": Case("", Fault.THINK_ONLY, once=True),
    "has no room for the prompt": Case("", Fault.TOO_LONG, "model_prompt_too_long"),
    "reads half of the prompt": Case(
        answer(), Fault.CUT_PROMPT, "model_prompt_too_long", kinds=("openai",)
    ),
    "answers broken JSON": Case(answer()[:-3], None, "model_invalid"),
    "answers broken JSON once": Case(answer()[:-3], once=True),
    "leaves a field out": Case('{"nodule": null}', None, "model_invalid"),
    "adds a field": Case(answer(ひみつ="架空太郎"), None, "model_invalid"),
    "quotes what is not there": Case(
        answer(nodule={"quote": "縦隔リンパ節腫大", "value": True}), invalid=("nodule",)
    ),
    "quotes what is not there once": Case(
        answer(nodule={"quote": "縦隔リンパ節腫大", "value": True}), once=True
    ),
    "quotes nothing": Case(answer(nodule={"quote": "", "value": True}), invalid=("nodule",)),
    "changes a number": Case(
        answer(size={"quote": "径12mmの結節", "value": "21mm"}), invalid=("size",)
    ),
    "cuts a number": Case(answer(size={"quote": "2mmの結節", "value": "2mm"}), invalid=("size",)),
    "gives another unit": Case(
        answer(size={"quote": "径12mmの結節", "value": "12 kg"}), invalid=("size",)
    ),
    "gives a word for a boolean": Case(
        answer(nodule={"quote": "結節を認める", "value": "はい"}), invalid=("nodule",)
    ),
    "is wrong in everything": Case(
        answer(nodule={"quote": "ない", "value": 7}, size={"quote": "結節", "value": "架空太郎"}),
        invalid=BOTH,
    ),
}


class Turns:
    """What the model says next, by the report that it is asked about."""

    def __init__(self, case: Case) -> None:
        self._case, self._asked = case, 0

    def __call__(self, asked: Any) -> Reply:
        if "架空太郎" not in "".join(content for _, content in asked.messages):
            return Reply(text=REST)
        self._asked += 1
        if self._case.once and self._asked > 1:
            return Reply(text=answer())
        thinking = "考え中" if self._case.fault is Fault.THINK_ONLY else ""
        text = "" if thinking else self._case.text
        return Reply(text=text, thinking=thinking, fault=self._case.fault, retry_after="0")


@pytest.mark.parametrize("kind", ["openai", "ollama"])
@pytest.mark.parametrize("name", CASES)
def test_each_field_ends_as_one_of_four(
    name: str,
    kind: str,
    tmp_path: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    case = CASES[name]
    if kind not in case.kinds:
        pytest.skip(f"{kind} cannot tell this")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEKISHO_DEBUG", "1")
    caplog.set_level("DEBUG")
    (tmp_path / "task.toml").write_text(TASK, encoding="utf-8")
    given = [{"id": "r1", "text": BAD}, {"id": "r2", "text": GOOD}]
    lines = [json.dumps(row, ensure_ascii=False) for row in given]
    (tmp_path / "reports.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with FaultyServer(Turns(case), models=("tiny",), context=32768) as server:
        path = "/v1" if kind == "openai" else ""
        waits = 1 if case.fault is Fault.STALL else 30
        (tmp_path / "sekisho.toml").write_text(
            f'[models.m]\nkind = "{kind}"\nbase_url = "{server.url}{path}"\nmodel = "tiny"\n'
            f"context = 32768\nattempts = 2\nwait_s = 0.0\ntimeout_s = {waits}\n",
            encoding="utf-8",
        )
        ended = call("extract", "task.toml", "reports.jsonl", "--out", "out", "--model", "m")
    bad, good = rows(tmp_path / "out" / "extractions.jsonl")
    assert good["fields"]["nodule"]["value"] is False
    assert good["fields"]["size"] == {"status": "not_mentioned"}
    if case.reason is not None:
        assert ended.code == 3
        assert (bad["status"], bad["fields"]) == ("failed", {})
        failure = rows(tmp_path / "out" / "failures.jsonl")[0]
        assert (failure["id"], failure["reason"]) == ("r1", case.reason)
    else:
        assert ended.code == 0
        statuses = {field: found["status"] for field, found in bad["fields"].items()}
        assert statuses == {
            field: "invalid" if field in case.invalid else "found" for field in statuses
        }
        assert all("value" not in bad["fields"][field] for field in case.invalid)
    told = ended.out + ended.err + caplog.text
    told += (tmp_path / "out" / "failures.jsonl").read_text(encoding="utf-8")
    assert not [secret for secret in SECRETS if secret in told]
    table = rows(tmp_path / "out" / "extracted.jsonl")
    assert [row["text"] for row in table] == [BAD, GOOD]

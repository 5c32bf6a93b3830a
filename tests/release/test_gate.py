"""What reaches a model outside, byte for byte, and what the ledger says of it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commanding import forms
from outside import Recorder, serving
from sekisho.documents.document import Document
from sekisho.errors import AuditError, CloudModelError, ModelError, OutputError, UsageError
from sekisho.models.configuration import Configuration, ModelSettings
from sekisho.models.scripted import ScriptedModel
from sekisho.models.seam import Locality, Message, Request
from sekisho.phi.detectors.llm.prompts import prompts
from sekisho.phi.detectors.llm.reading import Read, Reading, read
from sekisho.phi.detectors.llm.refining import parse_policy
from sekisho.release.admission import Admission
from sekisho.release.gate import Gate, GatedModel, Level
from sekisho.release.gate_ledger import Ledger, verify

SYNTHETIC = (
    "検査日：2024年5月3日\n患者氏名：架空 太郎（ｶｸｳ ﾀﾛｳ）\n右肺上葉に8 mmの結節を認める。\n"
    "電話：03-0000-1234。担当：仮名花子。\n"
)
OTHER = "腹部単純CT検査を施行した。肝に占拠性病変を認めない。報告：虚名次郎。"
#: A report of nobody's that was never admitted, of what it holds.
CANARY = "患者氏名：檜垣 早苗　ID 00712345\n右肺上葉に8 mmの結節を認める。電話 090-8765-4321。"
SECRETS = ("檜垣", "早苗", "00712345", "87654321", "090-8765-4321")
STATED = "made by the generator of the tests, no patient stands behind it"
SAID = prompts("ja", "short")


@pytest.fixture
def outside() -> Iterator[Recorder]:
    """A server on loopback, which the configuration calls cloud."""
    with serving([listed()]) as recorder:
        yield recorder


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "study" / "gate.jsonl"


def listed(*pairs: tuple[str, str]) -> str:
    found = [{"type": kind, "value": value} for kind, value in pairs]
    return json.dumps({"phi_list": found}, ensure_ascii=False)


def configuration(url: str, **more: Any) -> Configuration:
    stated = {"kind": "openai", "base_url": url, "model": "far", "locality": "cloud", "wait_s": 0.0}
    return Configuration(models={"far": ModelSettings(**(stated | more))})


def gated(outside: Recorder, ledger: Path, *, gate: Gate | None = None, **more: Any) -> GatedModel:
    ticks = iter(range(10**6))
    gate = gate or Gate(ledger, lambda: f"2026-01-01T00:00:{next(ticks):02}+00:00")
    usual = {"admitted": (SYNTHETIC, OTHER), "stated_by": STATED, "said": SAID.texts}
    return gate.synthetic("far", configuration(outside.url), **(usual | more))


def using(model: GatedModel, work: Callable[[GatedModel], Any]) -> Any:
    async def whole() -> Any:
        try:
            return await work(model)
        finally:
            await model.aclose()

    return asyncio.run(whole())


def asking(*messages: tuple[str, str]) -> Request:
    return Request(messages=tuple(Message(role, text) for role, text in messages))  # type: ignore[arg-type]


def report(text: str) -> str:
    return SAID.report.replace("{text}", text)


def reading(model: GatedModel, text: str, **how: Any) -> Read:
    chosen = Reading(said=SAID, **how)
    found: Read = using(model, lambda model: read(model, Document("d", text), chosen))
    return found


def lines(ledger: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ledger.read_text(encoding="ascii").splitlines()]


def arrived(recorder: Recorder) -> list[tuple[str, str, int, str]]:
    return [
        (*call, len(body), hashlib.sha256(body).hexdigest())
        for call, body in zip(recorder.calls, recorder.bodies, strict=True)
    ]


def told(ledger: Path) -> list[tuple[str, str, int, str]]:
    return [
        (line["method"], line["path"], line["bytes"], line["sha256"])
        for line in lines(ledger)
        if line["event"] == "request"
    ]


def silent(recorder: Recorder, ledger: Path) -> None:
    """No chat arrived, and nothing that arrived, or stands in the ledger, holds a secret."""
    assert recorder.chats == []
    for content in (recorder.everything, ledger.read_bytes()):
        assert not [s for s in SECRETS if any(form in content for form in forms(s))]


# What passes


def test_an_admitted_document_is_read_and_the_ledger_matches_what_arrived(
    outside: Recorder, ledger: Path
) -> None:
    outside.answers = [listed(("NAME", "架空 太郎"))]
    found = reading(gated(outside, ledger), SYNTHETIC)
    assert [SYNTHETIC[span.start : span.end] for span in found.spans] == ["架空 太郎"]
    assert len(outside.chats) == 1
    assert told(ledger) == arrived(outside)
    ends = {(line["model"], line["level"], line["stated_by"]) for line in lines(ledger)[1:]}
    assert ends == {("far", Level.NOTHING, STATED)}
    assert {line["host"] for line in lines(ledger)[1:]} == {outside.url[7:-3]}
    checked = verify(ledger)
    assert (checked.requests, checked.last) == (len(outside.calls), lines(ledger)[-1]["hash"])
    assert checked.bytes == sum(map(len, outside.bodies))


def test_all_that_a_reading_says_passes_reviews_reprimands_and_questions(
    outside: Recorder, ledger: Path
) -> None:
    """Bad JSON, then a value that is not there and one that is mixed, then a review of that."""
    first = listed(("STAFF", "仮名華子"), ("NAME", "架空 太郎（ｶｸｳ ﾀﾛｳ）"))
    outside.answers = [
        '{"phi_list": [{"type": "架空", "value": "x", "値": 3}]}',
        "```json\n" + first + "\n```",
        first,
        listed(("NAME", "架空 太郎")),
    ]
    policy = parse_policy("always", 1, additions=True)
    found = reading(gated(outside, ledger), SYNTHETIC, policy=policy, ungrounded="mask")
    assert found.tally.reviews == 1
    said = [json.loads(body)["messages"] for body in outside.chats]
    assert len(said) == 4
    assert [len(each) for each in said] == [2, 4, 2, 4]
    assert told(ledger) == arrived(outside)


def test_a_stretch_of_an_admitted_document_passes_and_so_does_a_short_end(
    outside: Recorder, ledger: Path
) -> None:
    async def work(model: GatedModel) -> None:
        for piece in (SYNTHETIC[10:60], SYNTHETIC[:4], SYNTHETIC[-3:], OTHER):
            await model.complete(asking(("system", SAID.extract), ("user", report(piece))))
            await model.complete(asking(("user", piece)))

    using(gated(outside, ledger), work)
    assert len(outside.chats) == 8


def test_prompts_of_later_phases_are_admitted_when_they_are_told(
    outside: Recorder, ledger: Path
) -> None:
    later = "氏名とその読みを残らず挙げること。時刻も忘れずに。"
    request = asking(("system", later), ("user", report(SYNTHETIC)))
    model = gated(outside, ledger)

    async def work(model: GatedModel) -> None:
        with pytest.raises(CloudModelError):
            await model.complete(request)
        assert outside.chats == []
        model.say([later])
        await model.complete(request)

    using(model, work)
    assert len(outside.chats) == 1


def test_each_further_attempt_is_a_line_of_its_own(outside: Recorder, ledger: Path) -> None:
    outside.failures = 2
    reading(gated(outside, ledger), OTHER)
    assert len(outside.chats) == 3
    assert told(ledger) == arrived(outside)


# What does not pass

HALF = len(CANARY) // 2
WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
HIDDEN: dict[str, tuple[tuple[str, str], ...]] = {
    "as it is": (("user", CANARY),),
    "as a report": (("system", SAID.extract), ("user", report(CANARY))),
    "behind an admitted one": (("user", report(SYNTHETIC + CANARY)),),
    "before an admitted one": (("user", report(CANARY + OTHER)),),
    "amid an admitted one": (("user", report(SYNTHETIC[:40] + CANARY + SYNTHETIC[40:])),),
    "behind the template": (("user", report(SYNTHETIC) + CANARY),),
    "before the template": (("user", CANARY + report(SYNTHETIC)),),
    "in a prompt": (("system", SAID.extract + "\n" + CANARY), ("user", report(SYNTHETIC))),
    "in wide letters": (("user", report(CANARY.translate(WIDE))),),
    "an admitted one with other letters": (("user", report(SYNTHETIC.translate(WIDE))),),
    "in two messages": (("user", CANARY[:HALF]), ("user", CANARY[HALF:])),
    "in two messages of a template": (
        ("user", report(CANARY[:HALF])),
        ("user", report(CANARY[HALF:])),
    ),
    "letter by letter": tuple(("user", letter) for letter in CANARY),
    "letter by letter in a template": tuple(("user", report(letter)) for letter in CANARY),
    "as an answer of its own": (
        ("user", report(SYNTHETIC)),
        ("assistant", listed(("NAME", "檜垣 早苗"))),
        ("user", SAID.invalid),
    ),
    "as a bad answer": (("user", report(SYNTHETIC)), ("assistant", CANARY)),
    "in a reprimand": (
        ("user", report(SYNTHETIC)),
        ("user", SAID.invalid.replace("{problem}", "檜垣 早苗")),
    ),
    "as a value that is not there": (
        ("user", report(SYNTHETIC)),
        ("user", SAID.ungrounded.replace("{values}", "「檜垣 早苗」, 「00712345」")),
    ),
    "as a finding": (
        (
            "user",
            SAID.review_turn.replace("{text}", SYNTHETIC)
            .replace("{answer}", '{"phi_list":[]}')
            .replace("{findings}", "- " + SAID.findings["ungrounded"].replace("{surface}", "檜垣")),
        ),
    ),
    "in the list that is reviewed": (
        (
            "user",
            SAID.review_turn.replace("{text}", SYNTHETIC)
            .replace("{answer}", '{"phi_list":[{"type":"NAME","value":"檜垣"}]}')
            .replace("{findings}", SAID.none),
        ),
    ),
    "in blanks of the list": (
        (
            "user",
            SAID.review_turn.replace("{text}", SYNTHETIC)
            .replace("{answer}", '{"phi_list":[] , "x": "檜垣"}')
            .replace("{findings}", SAID.none),
        ),
    ),
    "a name between what is admitted": (
        ("user", report("患者氏名：檜垣早苗\n右肺上葉に8 mmの結節を認める。")),
    ),
}


@pytest.mark.parametrize("case", HIDDEN)
def test_what_was_not_admitted_never_leaves(case: str, outside: Recorder, ledger: Path) -> None:
    model = gated(outside, ledger)
    with pytest.raises(CloudModelError, match="not admitted") as caught:
        using(model, lambda model: model.complete(asking(*HIDDEN[case])))
    assert not [secret for secret in SECRETS if secret in repr(caught.value)]
    silent(outside, ledger)


def test_nor_does_it_in_the_schema_of_an_answer(outside: Recorder, ledger: Path) -> None:
    request = Request(
        messages=(Message("user", report(SYNTHETIC)),),
        schema={"type": "string", "enum": list(SECRETS)},
    )
    with pytest.raises(CloudModelError):
        using(gated(outside, ledger), lambda model: model.complete(request))
    silent(outside, ledger)


def test_a_document_that_was_not_admitted_is_not_read(outside: Recorder, ledger: Path) -> None:
    with pytest.raises(CloudModelError):
        reading(gated(outside, ledger), CANARY)
    silent(outside, ledger)


def test_counting_and_describing_send_no_text(outside: Recorder, ledger: Path) -> None:
    async def work(model: GatedModel) -> None:
        assert await model.count(asking(("user", CANARY))) is None
        assert (await model.describe()).model == "far"

    using(gated(outside, ledger), work)
    assert [method for method, _ in outside.calls] == ["GET"]
    assert told(ledger) == arrived(outside)
    silent(outside, ledger)


def test_nobody_outside_is_asked_to_count(ledger: Path) -> None:
    """The model inside would: a scripted one counts characters."""
    model = GatedModel(
        ScriptedModel([listed()], locality=Locality.CLOUD),
        Admission([SYNTHETIC], SAID.texts),
        Ledger(ledger, clock=lambda: "2026-01-01"),
        stated_by=STATED,
        largest=1000,
    )
    assert asyncio.run(model.count(asking(("user", CANARY)))) is None


def test_answers_of_another_model_are_not_its_own(outside: Recorder, ledger: Path) -> None:
    answer = listed(("NAME", "偽名三郎"))
    outside.answers = [answer]
    gate = Gate(ledger, lambda: "2026-01-01")
    first, second = (gated(outside, ledger, gate=gate) for _ in range(2))
    conversation = (("user", report(SYNTHETIC)), ("assistant", answer))

    async def work(model: GatedModel) -> None:
        await model.complete(asking(conversation[0]))
        await model.complete(asking(*conversation))

    using(first, work)
    with pytest.raises(CloudModelError):
        using(second, lambda model: model.complete(asking(*conversation)))
    assert len(outside.chats) == 2


def test_a_request_that_is_too_large_is_stopped_with_nothing_sent(
    outside: Recorder, ledger: Path
) -> None:
    gate = Gate(ledger, lambda: "2026-01-01", largest=400)
    with pytest.raises(CloudModelError, match="400 at most"):
        reading(gated(outside, ledger, gate=gate), SYNTHETIC)
    silent(outside, ledger)
    assert told(ledger) == arrived(outside)


# Who may be opened


@pytest.mark.parametrize("statement", ["", " \n\u3000"])
def test_documents_that_nobody_calls_synthetic_are_not_let_out(
    statement: str, outside: Recorder, ledger: Path
) -> None:
    with pytest.raises(CloudModelError, match="nobody states"):
        gated(outside, ledger, stated_by=statement)
    assert not ledger.exists()


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"locality": None}, "local one"),
        ({"kind": "scripted", "path": "x.json"}, "not seen"),
        ({"kind": "gguf", "path": "x.gguf"}, "not seen"),
    ],
)
def test_models_that_are_none_of_the_gates_are_refused(
    stated: dict[str, Any], told: str, outside: Recorder, ledger: Path
) -> None:
    gate = Gate(ledger, lambda: "2026-01-01")
    with pytest.raises(UsageError, match=told):
        gate.synthetic(
            "far", configuration(outside.url, **stated), admitted=(), stated_by=STATED, said=()
        )
    assert not ledger.exists()


def test_a_gated_model_says_that_it_is_in_the_cloud(outside: Recorder, ledger: Path) -> None:
    model = gated(outside, ledger)
    assert (model.name, model.locality) == ("far", Locality.CLOUD)
    assert outside.calls == []
    assert model.abilities.schema


# The ledger


def test_nothing_leaves_when_the_ledger_cannot_be_written(outside: Recorder, ledger: Path) -> None:
    model = gated(outside, ledger)
    ledger.unlink()
    ledger.mkdir()
    with pytest.raises(OutputError):
        reading(model, SYNTHETIC)
    assert outside.calls == []


def test_nothing_leaves_when_somebody_else_writes_the_ledger(
    outside: Recorder, ledger: Path
) -> None:
    first, second = gated(outside, ledger), gated(outside, ledger)
    reading(first, SYNTHETIC)
    arrived_before = len(outside.calls)
    with pytest.raises(OutputError, match="somebody else"):
        reading(second, SYNTHETIC)
    assert len(outside.calls) == arrived_before
    verify(ledger)


def test_a_ledger_is_gone_on_with_and_a_torn_line_is_cut_off(
    outside: Recorder, ledger: Path
) -> None:
    reading(gated(outside, ledger), SYNTHETIC)
    with open(ledger, "ab") as file:
        file.write(b'{"bytes":12,"event":"req')
    with pytest.raises(AuditError):
        verify(ledger)
    gate = Gate(ledger, lambda: "2026-01-02")
    reading(gated(outside, ledger, gate=gate), OTHER)
    assert told(ledger) == arrived(outside)
    (mended,) = [line for line in lines(ledger) if line["event"] == "mended"]
    assert mended["bytes"] == len(b'{"bytes":12,"event":"req')
    assert verify(ledger).last == gate.last


def test_a_ledger_whose_first_line_was_torn_begins_again(outside: Recorder, ledger: Path) -> None:
    ledger.parent.mkdir()
    ledger.write_bytes(b'{"event":"sta')
    with pytest.raises(AuditError):
        verify(ledger)
    reading(gated(outside, ledger), SYNTHETIC)
    assert [line["event"] for line in lines(ledger)[:2]] == ["mended", "start"]
    reading(gated(outside, ledger), OTHER)
    assert told(ledger) == arrived(outside)
    assert verify(ledger).requests == len(outside.calls)


def test_a_file_that_is_no_ledger_is_not_touched(outside: Recorder, ledger: Path) -> None:
    ledger.parent.mkdir()
    for content in (b"notes of the ward", b"notes\n", b'{"a": 1}\n'):
        ledger.write_bytes(content)
        with pytest.raises(AuditError):
            gated(outside, ledger)
        assert ledger.read_bytes() == content


@pytest.mark.parametrize("change", ["byte", "cut", "moved", "inserted", "first", "empty"])
def test_a_changed_ledger_is_seen(change: str, outside: Recorder, ledger: Path) -> None:
    reading(gated(outside, ledger), SYNTHETIC)
    reading(gated(outside, ledger), OTHER)
    content = ledger.read_bytes()
    rows = content.splitlines(keepends=True)
    changed = {
        "byte": content.replace(b'"bytes":', b'"bytes":1', 1),
        "cut": b"".join([*rows[:2], *rows[3:]]),
        "moved": b"".join([rows[0], rows[2], rows[1], *rows[3:]]),
        "inserted": b"".join([*rows[:2], rows[1], *rows[2:]]),
        "first": b"".join(rows[1:]),
        "empty": b"",
    }[change]
    assert changed != content
    verify(ledger)
    ledger.write_bytes(changed)
    with pytest.raises(AuditError):
        verify(ledger)


def test_a_ledger_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="cannot be read"):
        verify(tmp_path / "none.jsonl")


def test_other_users_cannot_read_the_ledger(outside: Recorder, ledger: Path) -> None:
    gated(outside, ledger)
    assert ledger.stat().st_mode & 0o077 == 0


# The rule itself


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.sampled_from("檜垣早苗0123456789 。\nCT結節"), min_size=1, max_size=30),
    st.integers(0, len(SYNTHETIC)),
    st.sampled_from([SAID.report, "{text}", SAID.extract + "{text}"]),
)
def test_whatever_is_put_into_an_admitted_text_makes_it_unknown(
    inserted: str, at: int, template: str
) -> None:
    admission = Admission([SYNTHETIC], [*SAID.texts, template])
    text = SYNTHETIC[:at] + inserted + SYNTHETIC[at:]
    known = text in SYNTHETIC
    asked = asking(("user", template.replace("{text}", text)))
    assert admission.admits(asked) is known
    assert admission.admits(asking(("user", template.replace("{text}", SYNTHETIC))))


def test_a_short_stretch_from_the_middle_is_unknown() -> None:
    admission = Admission([SYNTHETIC], SAID.texts)
    assert not admission.admits(asking(("user", report(SYNTHETIC[20:31]))))
    assert admission.admits(asking(("user", report(SYNTHETIC[20:32]))))


def test_no_error_of_the_gate_is_one_that_holds_a_single_document() -> None:
    """A request that is not admitted is a fault of the study, not of a reading."""
    assert not issubclass(CloudModelError, ModelError)

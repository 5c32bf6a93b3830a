"""``sekisho deid`` with a language model: what it releases, records, resumes and remembers."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from faulty_server import Asked, Fault, FaultyServer, Reply
from model_runs import (
    NAMES,
    SECRETS,
    answer,
    configured,
    deid,
    listed,
    manifest,
    quiet,
    reader,
    reports,
    slowly,
    stated,
    written,
)

from commanding import Ended, call, leaks, rows, run

#: Two documents of which the lists are sure, and two in which they guess.
SURE = ("患者氏名：山田太郎。8 mmの結節。", "異常なし。")
UNSURE = ("偽名三郎より転院。所見に乏しい。", "佐伯記念へ転送。")


@pytest.fixture(autouse=True)
def _alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder, a home and a configuration of its own, and a key for recordings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECORDING_KEY", base64.b64encode(bytes(range(32))).decode())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return reports(tmp_path)


def sources_of(out: Path) -> set[str]:
    return {
        source
        for row in rows(out / "spans.jsonl")
        for span in row["spans"]
        for source in span["sources"]
    }


def audited(out: Path) -> Path:
    assert quiet(call("audit", "verify", out)).code == 0
    return out


def test_what_the_model_names_is_replaced_and_told_as_its_own(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with reader() as server:
        configured(tmp_path, m=stated(server))
        assert deid(source, out, "--model", "m").code == 0
    assert not leaks(SECRETS[:-1], audited(out))
    assert sources_of(out) == {"llm", "rules:phone-labelled"}
    told = manifest(out)
    assert told["detectors"] == ["rules", "llm"]
    assert told["models"]["llm"] == told["llm"]["digest"]
    assert told["llm"] | {"model": "tiny", "consult": "always", "refine": "never"} == told["llm"]
    assert (told["llm"]["documents_asked"], told["llm"]["documents_spared"]) == (len(NAMES), 0)
    assert told["run"]["llm"]["calls"] == len(server.chats) == len(NAMES)
    assert told["run"]["llm"]["prompt_tokens"] > 0
    back = tmp_path / "back"
    assert call("reveal", out, "--out", back).code == 0
    assert (back / "reports.jsonl").read_bytes() == source.read_bytes()


def test_a_review_is_counted_and_kept_where_it_is_better(source: Path, tmp_path: Path) -> None:
    """The first answer lacks the number that the rules see; the review adds it."""

    def reviewed(asked: Asked) -> str:
        number = next((n for n in range(len(NAMES)) if f"03-1234-{n:04}" in asked.text), 0)
        found = [("STAFF", NAMES[number])]
        if "答えにない" in asked.text:
            found.append(("PHONE", f"03-1234-{number:04}"))
        return listed(*found)

    out = tmp_path / "out"
    with reader(reviewed) as server:
        configured(tmp_path, m=stated(server))
        options = ("--refine", "on-findings", "--review", "recall", "--rounds", "2")
        assert deid(source, out, "--detectors", "llm", "--model", "m", *options).code == 0
    told = manifest(out)
    assert told["llm"] | {"refine": "on-findings", "review": "recall", "rounds": 2} == told["llm"]
    spent = told["run"]["llm"]
    assert (spent["reviews"], spent["revisions_kept"]) == (len(NAMES), len(NAMES))
    assert spent["calls"] == len(server.chats) == 2 * len(NAMES)


@pytest.mark.parametrize("keep", ["improved", "additions"])
def test_what_a_review_adds_unseen_by_the_checks_is_kept_on_demand(
    keep: str, source: Path, tmp_path: Path
) -> None:
    def late(asked: Asked) -> str:
        return answer(asked) if "最初の答え" in asked.text else listed()

    out = tmp_path / "out"
    with reader(late) as server:
        configured(tmp_path, m=stated(server))
        options = ("--model", "m", "--refine", "always", "--keep", keep)
        assert deid(source, out, *options).code == 0
    assert manifest(out)["llm"]["keep"] == keep
    left = leaks(NAMES, (out / "released.jsonl").read_text(encoding="utf-8"))
    assert bool(left) is (keep == "improved")


# Which documents


def test_only_uncertain_documents_are_sent_and_the_manifest_counts_them(tmp_path: Path) -> None:
    source = tmp_path / "mixed.jsonl"
    lines = [{"id": str(n), "text": text} for n, text in enumerate((*SURE, *UNSURE))]
    source.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    with reader() as server:
        configured(tmp_path, m=stated(server))
        options = ("--detectors", "known,rules,lexicon", "--model", "m")
        out = tmp_path / "out"
        assert deid(source, out, *options, "--llm", "uncertain").code == 0
    sent = [line["id"] for line in lines if any(line["text"] in c.text for c in server.chats)]
    assert sent == ["2", "3"]
    told = manifest(out)
    assert told["llm"]["consult"] == "uncertain"
    assert (told["llm"]["documents_asked"], told["llm"]["documents_spared"]) == (2, 2)
    assert told["run"]["llm"]["seconds_saved"] == pytest.approx(
        told["run"]["llm"]["seconds"], abs=0.01
    )
    alone = tmp_path / "alone"
    assert deid(source, alone, *options, "--llm", "never").code == 0
    spans = rows(out / "spans.jsonl"), rows(alone / "spans.jsonl")
    assert spans[0][:2] == spans[1][:2]
    assert not leaks(NAMES, (out / "released.jsonl").read_text(encoding="utf-8"))


# Time


def test_a_document_that_takes_too_long_is_held_and_its_request_is_given_up(
    source: Path, tmp_path: Path
) -> None:
    def stalls(asked: Asked) -> Reply:
        return Reply(text=answer(asked), fault=Fault.STALL if NAMES[0] in asked.text else None)

    with reader(stalls) as server:
        configured(tmp_path, m=stated(server, in_flight=1))
        ended = deid(source, tmp_path / "out", "--model", "m", "--timeout", "2")
        assert server.wait_until(lambda: server.cancelled >= 1)
    assert ended.code == 3
    held = {row["id"]: row["reason"] for row in rows(tmp_path / "out" / "held.jsonl")}
    assert held == {"0": "timeout"}


@pytest.mark.parametrize("kind", ["openai", "ollama"])
def test_several_documents_are_read_at_a_time_with_the_same_result(
    kind: str, source: Path, tmp_path: Path
) -> None:
    def settings(server: FaultyServer, in_flight: int) -> dict[str, object]:
        address = server.url if kind == "ollama" else f"{server.url}/v1"
        return stated(server, kind=kind, base_url=address, in_flight=in_flight)

    with reader(slowly) as server:
        configured(tmp_path, m=settings(server, len(NAMES)))
        assert deid(source, tmp_path / "many", "--model", "m").code == 0
    assert server.most_in_flight > 1
    with reader() as server:
        configured(tmp_path, m=settings(server, 1))
        assert deid(source, tmp_path / "one", "--model", "m").code == 0
    assert server.most_in_flight == 1
    assert written(tmp_path / "many") == written(tmp_path / "one")


def test_two_processes_share_a_server_and_give_the_bytes_of_one(tmp_path: Path) -> None:
    source = reports(tmp_path, NAMES * 20)
    with reader() as server:
        configured(tmp_path, m=stated(server))
        assert deid(source, tmp_path / "one", "--model", "m").code == 0
        asked = len(server.chats)
        words = ("deid", source, "--profile", "redact-all", "--detectors", "rules", "--model", "m")
        ended = quiet(run(*words, "--out", tmp_path / "two", "--jobs", "2"))
    assert ended.code == 0, ended.err
    assert len(server.chats) == 2 * asked
    assert written(tmp_path / "one") == written(tmp_path / "two")
    counted = [manifest(tmp_path / name)["llm"] for name in ("one", "two")]
    assert counted[0] == counted[1]


# Resume


def test_a_run_is_resumed_without_asking_again(source: Path, tmp_path: Path) -> None:
    with reader() as server:
        configured(tmp_path, m=stated(server))
        assert deid(source, tmp_path / "out", "--model", "m").code == 0
        before, asked = written(tmp_path / "out"), len(server.chats)
        assert deid(source, tmp_path / "out", "--model", "m", "--resume").code == 0
    assert len(server.chats) == asked
    assert written(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--capacity", "short"), "--capacity"),
        (("--refine", "always"), "--refine"),
        (("--refine", "always", "--review", "recall"), "--re"),
        (("--ungrounded", "mask"), "--ungrounded"),
        (("--llm", "uncertain"), "--llm"),
        (("--model", "n"), "--model"),
    ],
)
def test_a_run_is_not_resumed_with_another_model_or_another_way_to_read(
    options: tuple[str, ...], told: str, source: Path, tmp_path: Path
) -> None:
    with reader() as server, reader(models=("another", "tiny")) as other:
        configured(tmp_path, m=stated(server), n=stated(other))
        assert deid(source, tmp_path / "out", "--model", "m").code == 0
        before = written(tmp_path / "out")
        ended = deid(source, tmp_path / "out", "--model", "m", "--resume", *options)
        assert (ended.code, len(ended.errors)) == (2, 1)
        assert told in ended.err
        assert other.chats == []
    assert written(tmp_path / "out") == before


# What is kept


def test_kept_answers_are_asked_for_once_and_cannot_be_read(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "kept" / "answers.db"
    with reader() as server:
        configured(tmp_path, m=stated(server))
        options = ("--model", "m", "--answer-cache", cache)
        assert deid(source, tmp_path / "first", *options).code == 0
        asked = len(server.chats)
        assert deid(source, tmp_path / "second", *options).code == 0
        assert len(server.chats) == asked == len(NAMES)
    assert written(tmp_path / "first") == written(tmp_path / "second")
    assert manifest(tmp_path / "second")["run"]["llm"]["seconds"] == 0
    assert not leaks((*SECRETS, "識別子", "phi_list", "tiny"), cache.parent)
    assert cache.stat().st_mode & 0o077 == 0


def test_kept_answers_open_with_their_vault_alone(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "answers.db"
    with reader() as server:
        configured(tmp_path, m=stated(server))
        options = ("--model", "m", "--answer-cache", cache)
        assert deid(source, tmp_path / "first", *options).code == 0
        monkeypatch.setenv("SEKISHO_HOME", str(tmp_path / "elsewhere"))
        ended = deid(source, tmp_path / "second", *options)
    assert (ended.code, len(ended.errors)) == (2, 1)
    assert "key" in ended.err
    assert len(server.chats) == len(NAMES)


def test_a_recording_stands_for_its_model_and_says_so(source: Path, tmp_path: Path) -> None:
    recording = tmp_path / "answers.jsonl"
    sealed: dict[str, Any] = {"recording_key_env": "RECORDING_KEY"}
    with reader() as server:
        recorded = stated(server, record=str(recording), **sealed)
        again = {"kind": "replay", "path": str(recording), **sealed}
        configured(tmp_path, m=recorded, again=again)
        assert deid(source, tmp_path / "live", "--model", "m").code == 0
    assert not leaks((*SECRETS, "識別子"), recording.read_text(encoding="ascii"))
    assert recording.stat().st_mode & 0o077 == 0
    assert deid(source, tmp_path / "played", "--model", "again").code == 0
    released = [written(tmp_path / name)["released.jsonl"] for name in ("live", "played")]
    assert released[0] == released[1]
    assert sources_of(tmp_path / "live") == {"llm", "rules:phone-labelled"}
    assert sources_of(tmp_path / "played") == {"llm:replayed", "rules:phone-labelled"}
    live, played = (manifest(tmp_path / name)["llm"] for name in ("live", "played"))
    assert live["digest"] == played["digest"]
    assert (live["origin"], played["origin"]) == ("model", "replayed")


def test_a_recording_without_a_key_is_refused(source: Path, tmp_path: Path) -> None:
    with reader() as server:
        configured(tmp_path, m=stated(server, record="answers.jsonl"))
        ended = deid(source, tmp_path / "out", "--model", "m")
    assert (ended.code, server.chats) == (2, [])
    assert "recording_key_env" in ended.err
    assert not (tmp_path / "answers.jsonl").exists()


def scripted(tmp_path: Path, source: Path, script: object) -> Ended:
    path = tmp_path / "script.json"
    path.write_text(json.dumps(script, ensure_ascii=False), encoding="utf-8")
    return deid(source, tmp_path / "out", "--model", f"scripted:{path}")


def test_what_a_script_said_is_called_so_in_every_output(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    turns = {name: listed(("STAFF", name)) for name in NAMES}
    ended = scripted(tmp_path, source, turns)
    assert ended.code == 0
    assert "scripted" in ended.err
    assert sources_of(out) == {"llm:scripted", "rules:phone-labelled"}
    assert manifest(out)["llm"]["origin"] == "scripted"
    assert "scripted" in (out / "report.html").read_text(encoding="utf-8")


def test_a_script_that_found_nothing_is_not_taken_for_a_model(source: Path, tmp_path: Path) -> None:
    assert "scripted" in scripted(tmp_path, source, [listed()]).err
    assert sources_of(tmp_path / "out") == {"rules:phone-labelled"}
    assert manifest(tmp_path / "out")["llm"]["origin"] == "scripted"


def test_an_approximate_value_is_masked_on_demand_and_told_as_such(
    source: Path, tmp_path: Path
) -> None:
    """The model misspells a name; asked again, it does so again."""

    def misspells(asked: Asked) -> str:
        said = next(content for role, content in asked.messages if role == "user")
        return listed(*(("STAFF", f"{name[:3]}朗") for name in NAMES if name in said))

    with reader(misspells) as server:
        configured(tmp_path, m=stated(server))
        assert deid(source, tmp_path / "held", "--model", "m").code == 3
        options = ("--model", "m", "--ungrounded", "mask")
        assert deid(source, tmp_path / "masked", *options).code == 0
    reasons = {row["reason"] for row in rows(tmp_path / "held" / "held.jsonl")}
    assert reasons == {"model_ungrounded"}
    assert not leaks(SECRETS[:-1], tmp_path / "masked")
    assert sources_of(tmp_path / "masked") == {"llm:fuzzy", "rules:phone-labelled"}
    assert manifest(tmp_path / "masked")["run"]["llm"]["fuzzy"] == len(NAMES)

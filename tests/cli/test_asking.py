"""Which model a command asks, what it may not ask, and what is told before anything is begun."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from faulty_server import Fault, Reply
from model_runs import NAMES, configured, deid, detect, listed, reader, reports, stated

from commanding import Ended, call, rows


@pytest.fixture(autouse=True)
def _alone(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a folder, a home and a configuration of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WARD_KEY", raising=False)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return reports(tmp_path)


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every address that was looked up or connected to, none of which is reached."""
    tried: list[object] = []

    def refuse(*given: object, **_: object) -> None:
        tried.append(given[-1])
        raise OSError("the tests have no way out")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return tried


def refused(ended: Ended, told: str) -> None:
    """Nothing was begun: one line says why, and nothing stands on standard output."""
    assert (ended.code, ended.out, len(ended.errors)) == (2, "", 1), ended.err
    assert told in ended.err


def untouched(home: Path, tmp_path: Path) -> bool:
    return not home.exists() and not (tmp_path / "out").exists()


# Models in the cloud


FAR = "https://models.example.com/v1"
CLOUD: dict[str, tuple[str, dict[str, object]]] = {
    "a number": ("http://198.51.100.7/v1#m", {}),
    "a name": (f"{FAR}#m", {}),
    "a name like a number": ("http://127.0.0.1.example.com/v1#m", {}),
    "a name of the file": ("m", {"kind": "openai", "base_url": FAR, "model": "m"}),
    "a name that lies": (
        "m",
        {"kind": "openai", "base_url": FAR, "model": "m", "locality": "local"},
    ),
    "a near one that is called far": (
        "m",
        {
            "kind": "openai",
            "base_url": "http://127.0.0.1:9/v1",
            "model": "m",
            "locality": "cloud",
        },
    ),
    "Ollama elsewhere": ("m", {"kind": "ollama", "base_url": "http://198.51.100.7", "model": "m"}),
    "Ollama as a way out": ("ollama:gpt-oss:120b-cloud", {}),
}


@pytest.mark.parametrize("case", CLOUD)
@pytest.mark.parametrize("command", [deid, detect])
def test_a_model_in_the_cloud_is_refused_before_any_connection(
    case: str,
    command: Any,
    source: Path,
    home: Path,
    tmp_path: Path,
    connections: list[object],
) -> None:
    model, settings = CLOUD[case]
    configured(tmp_path, **({"m": settings} if settings else {}))
    where = (source, tmp_path / "out") if command is deid else (source,)
    ended = command(*where, "--model", model)
    refused(ended, "")
    assert "in the cloud" in ended.err or "outside" in ended.err
    assert connections == []
    assert untouched(home, tmp_path)


def test_the_default_model_may_not_be_in_the_cloud_either(
    source: Path, home: Path, tmp_path: Path, connections: list[object]
) -> None:
    far = {"kind": "openai", "base_url": FAR, "model": "m"}
    configured(tmp_path, 'default_model = "far"', far=far)
    refused(deid(source, tmp_path / "out", "--detectors", "rules,llm"), "in the cloud")
    assert connections == []
    assert untouched(home, tmp_path)


def test_a_model_that_ollama_runs_elsewhere_is_sent_no_document(
    source: Path, home: Path, tmp_path: Path
) -> None:
    with reader(models=("remote-large",)) as server:
        settings = {"kind": "ollama", "base_url": server.url, "model": "remote-large"}
        configured(tmp_path, m=settings)
        refused(deid(source, tmp_path / "out", "--model", "m"), "outside")
    assert server.chats == []
    assert untouched(home, tmp_path)


def test_a_trusted_host_may_be_sent_documents(
    source: Path, tmp_path: Path, connections: list[object]
) -> None:
    """It is asked, and cannot be reached from here."""
    trusted = {"kind": "openai", "base_url": "http://gpu01.hospital.example/v1", "model": "m"}
    configured(tmp_path, 'trusted_hosts = ["gpu01.hospital.example"]', m=trusted)
    refused(deid(source, tmp_path / "out", "--model", "m"), "no connection")
    assert connections


def test_a_redirect_is_followed_by_no_document(source: Path, tmp_path: Path) -> None:
    with reader() as outside:
        away = Reply(fault=Fault.REDIRECT, location=f"{outside.url}/v1/chat/completions")
        with reader(away) as server:
            configured(tmp_path, m=stated(server))
            ended = deid(source, tmp_path / "out", "--model", "m")
    assert ended.code == 3
    assert {row["reason"] for row in rows(tmp_path / "out" / "held.jsonl")} == {"model_access"}
    assert outside.asked == []


def test_a_proxy_of_the_environment_sees_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reader() as proxy, reader() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        configured(tmp_path, m=stated(server))
        assert deid(source, tmp_path / "out", "--model", "m").code == 0
    assert len(server.chats) == len(NAMES)
    assert proxy.connections == 0


# What is told before anything is written


def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v1"


@pytest.mark.parametrize("command", [deid, detect])
def test_a_server_that_is_down_is_told_before_anything_is_written(
    command: Any, source: Path, home: Path, tmp_path: Path
) -> None:
    configured(tmp_path, m={"kind": "openai", "base_url": nobody(), "model": "m"})
    where = (source, tmp_path / "out") if command is deid else (source,)
    refused(command(*where, "--model", "m"), "start the server")
    assert untouched(home, tmp_path)


def test_a_key_that_is_not_accepted_is_told_and_never_shown(
    source: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reader(api_key="sk-right") as server:
        configured(tmp_path, m=stated(server, api_key_env="WARD_KEY"))
        refused(deid(source, tmp_path / "out", "--model", "m"), "export WARD_KEY=")
        monkeypatch.setenv("WARD_KEY", "sk-wrong")
        ended = deid(source, tmp_path / "out", "--model", "m")
        refused(ended, "the key is not accepted")
        assert "sk-" not in ended.err
        assert untouched(home, tmp_path)
        monkeypatch.setenv("WARD_KEY", "sk-right")
        assert deid(source, tmp_path / "out", "--model", "m").code == 0
    for path in (tmp_path / "out").iterdir():
        assert b"sk-right" not in path.read_bytes()


def test_a_model_that_the_server_does_not_have_is_told_with_those_it_has(
    source: Path, home: Path, tmp_path: Path
) -> None:
    with reader(models=("ward-a", "ward-b")) as server:
        configured(tmp_path, m=stated(server))
        refused(deid(source, tmp_path / "out", "--model", "m"), "ward-a, ward-b")
    assert untouched(home, tmp_path)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--model", "nobody"), "no model is called 'nobody'"),
        (("--model", "gguf:"), "no model is called"),
        (("--model", "gguf:none.gguf"), "none.gguf"),
        (("--model", "scripted:none.json"), "none.json"),
        (("--model", "m", "--config", "none.toml"), "none.toml"),
        (("--model", "m", "--refine", "sometimes"), "'sometimes'"),
        (("--model", "m", "--refine", "below:101"), "below:SCORE"),
        (("--model", "m", "--language", "fr"), "'fr'"),
        (("--model", "m", "--detectors", "llm", "--llm", "uncertain"), "--llm"),
    ],
)
def test_a_wrong_word_about_a_model_is_told(
    options: tuple[str, ...], told: str, source: Path, home: Path, tmp_path: Path
) -> None:
    with reader() as server:
        configured(tmp_path, m=stated(server))
        refused(deid(source, tmp_path / "out", *options), told)
    assert server.chats == []
    assert untouched(home, tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        ("--refine", "always"),
        ("--review", "recall"),
        ("--rounds", "2"),
        ("--keep", "additions"),
        ("--capacity", "short"),
        ("--ungrounded", "mask"),
        ("--llm", "uncertain"),
        ("--answer-cache", "cache.db"),
        ("--config", "sekisho.toml"),
    ],
)
def test_an_option_about_a_model_without_one_is_an_error(
    options: tuple[str, ...], source: Path, home: Path, tmp_path: Path
) -> None:
    """Whoever words it takes it that a model reads, and relies on it."""
    configured(tmp_path, 'default_model = "m"', m={"kind": "ollama", "model": "m"})
    refused(deid(source, tmp_path / "out", *options), options[0])
    assert untouched(home, tmp_path)


def test_options_that_leave_the_model_out_need_none(source: Path, tmp_path: Path) -> None:
    options = ("--llm", "never", "--refine", "never", "--keep", "improved", "--rounds", "1")
    assert deid(source, tmp_path / "out", *options).code == 0


# Which model


def test_the_detector_llm_needs_a_model(source: Path, home: Path, tmp_path: Path) -> None:
    refused(deid(source, tmp_path / "out", "--detectors", "rules,llm"), "default_model")
    assert untouched(home, tmp_path)


def test_the_detector_llm_asks_the_default_model(source: Path, tmp_path: Path) -> None:
    with reader() as server:
        configured(tmp_path, 'default_model = "m"', m=stated(server))
        assert deid(source, tmp_path / "out", "--detectors", "rules,llm").code == 0
    assert len(server.chats) == len(NAMES)


def test_without_a_word_about_it_no_default_model_is_asked(source: Path, tmp_path: Path) -> None:
    with reader() as server:
        configured(tmp_path, 'default_model = "m"', m=stated(server))
        assert deid(source, tmp_path / "out").code == 0
    assert server.asked == []


def test_never_asks_nobody_not_even_what_it_is(source: Path, tmp_path: Path) -> None:
    configured(tmp_path, m={"kind": "openai", "base_url": nobody(), "model": "m"})
    assert deid(source, tmp_path / "out", "--model", "m", "--llm", "never").code == 0
    assert "llm" not in json.loads((tmp_path / "out" / "manifest.json").read_text())["detectors"]


def test_the_model_reads_last_whatever_the_order_of_the_list(source: Path, tmp_path: Path) -> None:
    with reader() as server:
        configured(tmp_path, m=stated(server))
        options = ("--detectors", "llm,rules", "--model", "m")
        assert deid(source, tmp_path / "out", *options).code == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["detectors"] == ["rules", "llm"]


def test_the_configuration_is_the_stated_the_named_the_near_or_the_one_at_home(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed_models(*options: object) -> str:
        return call("models", "list", *options).out

    for folder, name in ((home, "athome"), (tmp_path, "near"), (tmp_path / "other", "named")):
        folder.mkdir(exist_ok=True)
        configured(folder, **{name: {"kind": "ollama", "model": name}})
    other = configured(tmp_path / "other", named={"kind": "ollama", "model": "named"})
    assert "near" in listed_models()
    assert "named" in listed_models("--config", other)
    monkeypatch.setenv("SEKISHO_CONFIG", str(other))
    assert "named" in listed_models()
    assert "near" in listed_models("--config", tmp_path / "sekisho.toml")
    monkeypatch.delenv("SEKISHO_CONFIG")
    (tmp_path / "sekisho.toml").unlink()
    assert "athome" in listed_models()


# detect


def test_detect_names_the_model_as_a_source(source: Path, tmp_path: Path) -> None:
    with reader() as server:
        configured(tmp_path, m=stated(server))
        ended = detect(source, "--model", "m")
    found = [json.loads(line) for line in ended.out.splitlines()]
    assert [row["id"] for row in found] == [str(number) for number in range(len(NAMES))]
    sources = {tuple(span["sources"]) for row in found for span in row["spans"]}
    assert ("llm",) in sources
    assert ended.code == 0


@pytest.mark.parametrize("format_", ["jsonl", "phi-list", "html"])
def test_detect_says_in_every_format_that_a_script_answered(
    format_: str, source: Path, tmp_path: Path
) -> None:
    script = {name: listed(("STAFF", name)) for name in NAMES}
    (tmp_path / "script.json").write_text(json.dumps(script), encoding="utf-8")
    ended = call("detect", source, "--model", "scripted:script.json", "--format", format_)
    assert ended.code == 0
    assert "scripted" in ended.out
    assert "scripted" in ended.err
    if format_ != "html":
        assert all("scripted" in line for line in ended.out.splitlines())


def test_a_document_that_the_model_did_not_read_has_no_row(source: Path, tmp_path: Path) -> None:
    def one_refusal(asked: Any) -> Reply:
        fault = Fault.REFUSE if NAMES[1] in asked.text else None
        return Reply(text=listed(), fault=fault)

    with reader(one_refusal) as server:
        configured(tmp_path, m=stated(server))
        ended = detect(source, "--model", "m")
    assert ended.code == 3
    assert [json.loads(line)["id"] for line in ended.out.splitlines()] == ["0", "2", "3"]
    assert "reports.jsonl: row 2: the model refused" in ended.err

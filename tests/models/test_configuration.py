"""``sekisho.toml``: what is written there is read, what is misspelt there is an error."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.errors import UsageError
from sekisho.models.configuration import (
    STARTER,
    Configuration,
    ModelSettings,
    read,
    settings,
)
from sekisho.models.seam import Locality


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "sekisho.toml"
    path.write_text(text, encoding="utf-8")
    return path


def uncommented() -> str:
    """The starter file with every setting in it in use."""
    return re.sub(r"(?m)^#(?=[a-z\[])", "", STARTER.read_text(encoding="utf-8"))


def test_without_a_file_there_is_an_empty_configuration() -> None:
    assert read(None) == Configuration()


def test_the_starter_file_is_a_configuration_of_nothing() -> None:
    assert read(STARTER) == Configuration()


def test_the_starter_file_is_right_with_every_setting_in_use(tmp_path: Path) -> None:
    configuration = read(written(tmp_path, uncommented()))
    assert configuration.trusted_hosts
    assert configuration.default_model in configuration.models
    localities = {}
    for name in configuration.models:
        chosen = settings(name, configuration)
        localities[name] = configuration.locality(chosen)
    assert {chosen.kind for chosen in configuration.models.values()} == {
        "ollama",
        "openai",
        "gguf",
        "scripted",
        "replay",
    }
    far = {name for name, where in localities.items() if where is Locality.CLOUD}
    assert far == {"planner"}


def test_the_starter_file_shows_every_setting_that_there_is() -> None:
    shown = tomllib.loads(uncommented())
    assert set(shown) == set(Configuration.model_fields)
    keys = {key for model in shown["models"].values() for key in model}
    assert keys == set(ModelSettings.model_fields)


def test_every_line_of_the_starter_file_is_a_comment_or_a_setting() -> None:
    for line in STARTER.read_text(encoding="utf-8").splitlines():
        assert line == "" or re.match(r"# |#$|#[a-z_]+ = |#\[models\.[a-z]+\]$", line), line


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "ollama:mistral-small3.2:24b",
            ModelSettings(
                kind="ollama", model="mistral-small3.2:24b", base_url="http://127.0.0.1:11434"
            ),
        ),
        (
            "http://127.0.0.1:8080/v1#qwen3-14b",
            ModelSettings(kind="openai", base_url="http://127.0.0.1:8080/v1", model="qwen3-14b"),
        ),
        (
            "https://10.0.0.5/v1",
            ModelSettings(kind="openai", base_url="https://10.0.0.5/v1"),
        ),
        (
            "http://127.0.0.1:8080/v1#org/model#2",
            ModelSettings(kind="openai", base_url="http://127.0.0.1:8080/v1", model="org/model#2"),
        ),
        ("gguf:/models/a b.gguf", ModelSettings(kind="gguf", path=Path("/models/a b.gguf"))),
        ("gguf:C:/x.gguf", ModelSettings(kind="gguf", path=Path("C:/x.gguf"))),
        ("scripted:s.json", ModelSettings(kind="scripted", path=Path("s.json"))),
        ("replay:r.jsonl", ModelSettings(kind="replay", path=Path("r.jsonl"))),
    ],
)
def test_a_short_form_needs_no_file(name: str, expected: ModelSettings) -> None:
    chosen = settings(name, Configuration())
    assert chosen == expected
    assert Configuration().locality(chosen) is Locality.LOCAL


@pytest.mark.parametrize(
    "name", ["", "mistral", "ollama", "ollama:", "gguf:", "http:", "openai:x", "ftp://x/y#z", ":x"]
)
def test_a_name_that_means_nothing_is_an_error_that_says_what_would(name: str) -> None:
    with pytest.raises(UsageError, match="ollama:NAME"):
        settings(name, Configuration())


def test_the_models_of_the_file_are_named_when_another_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, '[models.ward]\nkind = "ollama"\nmodel = "x"\n')
    with pytest.raises(UsageError, match="known: ward"):
        settings("wrad", read(path))


def test_a_model_of_the_file_goes_before_a_short_form(tmp_path: Path) -> None:
    path = written(tmp_path, '[models."ollama:x"]\nkind = "gguf"\npath = "x.gguf"\n')
    assert settings("ollama:x", read(path)).kind == "gguf"
    assert settings("ollama:y", read(path)).kind == "ollama"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("contxt = 8192", "contxt"),
        ('base_ulr = "x"', "base_ulr"),
        ("Context = 8192", "Context"),
        ('api_key = "sk-secret"', "api_key"),
        ("context = 12", "context"),
        ("context = 8192.5", "context"),
        ("in_flight = 0", "in_flight"),
        ("in_flight = 1000", "in_flight"),
        ("timeout_s = 0", "timeout_s"),
        ("timeout_s = nan", "timeout_s"),
        ("thinking_tokens = -1", "thinking_tokens"),
        ('capacity = "medium"', "capacity"),
        ('locality = "here"', "locality"),
        ('think = "very"', "think"),
        ("keep_alive = 30", "keep_alive"),
        ("gpu_layers = -2", "gpu_layers"),
        ("threads = 0", "threads"),
        ('model = ["x"]', "model"),
    ],
)
def test_a_wrong_setting_is_an_error_that_names_its_key_and_not_its_value(
    tmp_path: Path, line: str, key: str
) -> None:
    path = written(tmp_path, f'[models.ward]\nkind = "ollama"\n{line}\n')
    with pytest.raises(UsageError) as caught:
        read(path)
    assert f"models.ward.{key}" in str(caught.value)
    assert str(path) in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('trusted_host = ["x"]', "trusted_host"),
        ('trusted_hosts = "x"', "trusted_hosts"),
        ("trusted_hosts = [1]", "trusted_hosts.0"),
        ("default_model = 1", "default_model"),
        ("[model.ward]", "model"),
        ("[models.ward]", "models.ward.kind"),
        ("models = 1", "models"),
    ],
)
def test_a_wrong_key_at_the_top_is_named_too(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(written(tmp_path, text))
    assert f" {key}: " in str(caught.value)


@pytest.mark.parametrize("text", ["[models", "a = ", "a = 1\na = 2", "key"])
def test_what_is_no_toml_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="no TOML"):
        read(written(tmp_path, text))


def test_a_file_in_another_encoding_or_none_at_all_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "sekisho.toml"
    path.write_bytes('default_model = "模型"'.encode("cp932"))
    with pytest.raises(UsageError, match="no TOML"):
        read(path)
    for missing in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            read(missing)


def test_a_kind_that_nobody_knows_is_an_error_that_names_those_that_are(tmp_path: Path) -> None:
    path = written(tmp_path, '[models.ward]\nkind = "olama"\n')
    with pytest.raises(UsageError, match="gguf, ollama, openai, replay, scripted"):
        settings("ward", read(path))


@pytest.mark.parametrize(
    ("kind", "needed"),
    [
        ("openai", "base_url"),
        ("ollama", "model"),
        ("gguf", "path"),
        ("scripted", "path"),
        ("replay", "path"),
    ],
)
def test_what_a_kind_cannot_do_without_is_asked_for(tmp_path: Path, kind: str, needed: str) -> None:
    path = written(tmp_path, f'[models.ward]\nkind = "{kind}"\n')
    with pytest.raises(UsageError, match=f"{kind} needs {needed}"):
        settings("ward", read(path))


LOCAL, CLOUD = Locality.LOCAL, Locality.CLOUD


@pytest.mark.parametrize(
    ("base_url", "stated", "expected"),
    [
        ("http://127.0.0.1:8080/v1", None, LOCAL),
        ("http://127.0.0.1:8080/v1", LOCAL, LOCAL),
        ("http://127.0.0.1:8080/v1", CLOUD, CLOUD),
        ("http://gpu01.hospital.example/v1", None, LOCAL),
        ("http://gpu01.hospital.example/v1", LOCAL, LOCAL),
        ("http://gpu01.hospital.example/v1", CLOUD, CLOUD),
        ("https://models.example.com/v1", None, CLOUD),
        ("https://models.example.com/v1", CLOUD, CLOUD),
        ("http://127.0.0.1.evil.example/v1", None, CLOUD),
    ],
)
def test_where_a_model_runs_is_told_by_its_address(
    base_url: str, stated: Locality | None, expected: Locality
) -> None:
    configuration = Configuration(trusted_hosts=("gpu01.hospital.example",))
    for kind in ("openai", "ollama"):
        chosen = ModelSettings(kind=kind, base_url=base_url, model="x", locality=stated)
        assert configuration.locality(chosen) is expected


@pytest.mark.parametrize(
    "base_url",
    ["https://models.example.com/v1", "http://8.8.8.8/v1", "http://169.254.169.254/", "http://0/"],
)
def test_an_address_outside_cannot_be_called_local(base_url: str) -> None:
    chosen = ModelSettings(kind="openai", base_url=base_url, locality=LOCAL)
    with pytest.raises(UsageError, match="trusted_hosts"):
        Configuration().locality(chosen)


def test_a_file_cannot_hide_an_address(tmp_path: Path) -> None:
    chosen = ModelSettings(kind="gguf", path=tmp_path, base_url="https://models.example.com")
    assert Configuration().locality(chosen) is CLOUD


def test_without_an_address_only_what_runs_on_this_machine_is_local() -> None:
    for kind in ("gguf", "scripted", "replay", "ollama"):
        assert Configuration().locality(ModelSettings(kind=kind)) is LOCAL
        assert Configuration().locality(ModelSettings(kind=kind, locality=CLOUD)) is CLOUD
    # A kind that a plug-in brings may have an address of its own.
    assert Configuration().locality(ModelSettings(kind="bedrock")) is CLOUD
    assert Configuration().locality(ModelSettings(kind="bedrock", locality=LOCAL)) is LOCAL


def test_an_entry_of_trusted_hosts_that_is_none_is_found_by_whoever_asks() -> None:
    configuration = Configuration(trusted_hosts=("https://gpu01.hospital.example",))
    chosen = ModelSettings(kind="openai", base_url="http://gpu01.hospital.example/v1")
    with pytest.raises(UsageError, match="trusted_hosts"):
        configuration.locality(chosen)


@given(st.text(max_size=30) | st.from_regex("(ollama|gguf|https?|scripted|replay):.{0,20}"))
def test_any_name_is_a_model_or_a_usage_error(name: str) -> None:
    try:
        chosen = settings(name, Configuration())
    except UsageError:
        return
    assert chosen.kind in ("ollama", "openai", "gguf", "scripted", "replay")

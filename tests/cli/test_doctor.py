"""``sekisho doctor``: what it finds, and that it changes nothing."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from sekisho.cli import doctor as module
from sekisho.cli.doctor import Check, State, check_all, doctor

NAMES = [
    *("python", "sekisho", "sudachi", "tagger"),
    *("[dragon]", "[llama]", "[parquet]", "[plots]", "[postgres]", "[train]"),
    *("models", "key", "vault", "disk", "cores"),
]
REGISTERED = {
    "sekisho.detectors": ["known", "rules"],
    "sekisho.models": ["gguf", "ollama", "openai"],
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SEKISHO_VAULT", "SEKISHO_KEY", "SEKISHO_KEY_FILE", "SEKISHO_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SEKISHO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    # The tests run from the source tree too, where no package is installed.
    monkeypatch.setattr(module, "version", lambda name: "1.0")
    monkeypatch.setattr("sekisho.plugins.names", REGISTERED.__getitem__)
    return tmp_path / "home"


def run(*options: str) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(doctor)
    return CliRunner().invoke(app, list(options))


def look(
    name: str,
    vault: str | None = None,
    key_file: Path | None = None,
    config: Path | None = None,
) -> Check:
    return next(check for check in check_all(vault, key_file, config) if check.name == name)


def configured(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


#: A model that answers nobody: whoever asked it would wait.
NEAR = ('kind = "openai"', 'base_url = "http://127.0.0.1:9/v1"', 'model = "near"')
FAR = ('kind = "openai"', 'base_url = "https://models.example.com/v1"', 'model = "far"')


def test_a_fresh_machine_is_sound_and_nothing_is_created(home: Path) -> None:
    result = run()
    assert result.exit_code == 0
    assert "reads Japanese" in result.output
    assert "not made yet" in result.output
    assert not home.exists()


def test_json_lists_every_check(home: Path) -> None:
    answer = json.loads(run("--json").output)
    assert answer["format"] == 1
    assert answer["sound"] is True
    assert [check["name"] for check in answer["checks"]] == NAMES
    assert {tuple(check) for check in answer["checks"]} == {("name", "state", "detail", "remedy")}


def test_an_absent_extra_names_its_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    check = look("[parquet]")
    assert check.state is State.ABSENT
    assert check.remedy == "pip install 'sekisho[parquet]'"


def test_a_machine_without_a_configuration_needs_none(tmp_path: Path) -> None:
    check = look("models")
    assert check.state is State.ABSENT
    assert check.remedy == "sekisho init writes one"


def test_the_configuration_in_force_is_the_stated_the_named_the_near_or_the_one_at_home(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home = configured(home / "sekisho.toml")
    assert look("models").detail == f"{at_home}: 0 models"
    here = configured(tmp_path / "sekisho.toml", "[models.m]", *NEAR)
    assert look("models").detail == f"{here}: 1 model"
    elsewhere = configured(tmp_path / "other" / "my.toml", "[models.m]", *NEAR, "[models.n]", *NEAR)
    monkeypatch.setenv("SEKISHO_CONFIG", str(elsewhere))
    assert look("models").detail == f"{elsewhere}: 2 models"
    assert look("models", config=here).detail == f"{here}: 1 model"
    assert look("models", config=here).state is State.OK


def test_models_in_the_cloud_are_told(tmp_path: Path) -> None:
    path = configured(tmp_path / "sekisho.toml", "[models.near]", *NEAR, "[models.far]", *FAR)
    check = look("models", config=path)
    assert check.state is State.OK
    assert "2 models, in the cloud and never sent a document: far" in check.detail


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("[models.m",), "no TOML"),
        (("trusted_host = []",), "trusted_host"),
        (("[models.m]", *NEAR, "contxt = 8192"), "models.m.contxt"),
        (("[models.m]", 'kind = "opnai"'), "'opnai'"),
        (("[models.m]", 'kind = "gguf"'), "needs path"),
        (("[models.m]", *FAR, 'locality = "local"'), "m: a model is called local"),
        (('default_model = "n"', "[models.m]", *NEAR), "'n'"),
    ],
)
def test_a_configuration_that_is_wrong_is_broken_and_says_where(
    lines: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    path = configured(tmp_path / "sekisho.toml", *lines)
    check = look("models", config=path)
    assert check.state is State.BROKEN
    assert told in check.detail
    assert run("--config", str(path)).exit_code == 3


def test_a_configuration_that_is_named_and_missing_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEKISHO_CONFIG", str(tmp_path / "none.toml"))
    assert look("models").state is State.BROKEN


def test_a_key_that_is_not_set_is_worth_a_note_and_one_that_is_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WARD_KEY", raising=False)
    path = configured(tmp_path / "sekisho.toml", "[models.m]", *NEAR, 'api_key_env = "WARD_KEY"')
    check = look("models", config=path)
    assert (check.state, check.remedy) == (State.NOTE, "export WARD_KEY=...")
    assert run("--config", str(path)).exit_code == 0
    monkeypatch.setenv("WARD_KEY", "sk-canary")
    assert look("models", config=path).state is State.OK
    assert "sk-canary" not in run("--config", str(path)).output


def test_an_absent_analyser_is_broken_and_ends_with_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sudachipy", None)
    check = look("sudachi")
    assert check.state is State.BROKEN
    assert check.remedy == "pip install sudachipy sudachidict-core"
    assert run().exit_code == 3


def test_a_dictionary_that_knows_no_names_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PROBE", "所見なし")
    assert look("sudachi").state is State.BROKEN


def test_an_installation_that_raises_is_a_finding_without_its_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(name: str) -> str:
        raise RuntimeError("details of the machine")

    monkeypatch.setattr("sekisho.plugins.names", fail)
    check = look("sekisho")
    assert check.state is State.BROKEN
    assert "details" not in check.detail


def test_a_registered_program_without_detectors_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sekisho.plugins.names", lambda group: [])
    assert look("sekisho").state is State.BROKEN


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_key_file_that_others_can_read_is_broken(tmp_path: Path) -> None:
    from sekisho.release import keyfile

    path = tmp_path / "vault.key"
    keyfile.create(path)
    assert look("key", key_file=path).state is State.OK
    path.chmod(0o644)
    check = look("key", key_file=path)
    assert check.state is State.BROKEN
    assert check.remedy == f"chmod 600 {path}"
    assert run("--key-file", str(path)).exit_code == 3


def test_a_named_key_file_that_is_missing_is_broken(tmp_path: Path) -> None:
    assert look("key", key_file=tmp_path / "none").state is State.BROKEN


def test_a_key_in_the_environment_is_checked_but_never_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sekisho.release.keys import MasterKey

    key = MasterKey.generate().text()
    monkeypatch.setenv("SEKISHO_KEY", key)
    assert look("key") == Check("key", State.OK, "from SEKISHO_KEY")
    monkeypatch.setenv("SEKISHO_KEY", "no key")
    assert look("key").state is State.BROKEN
    assert key not in run().output


def test_a_vault_opens_with_its_key_alone(home: Path, tmp_path: Path) -> None:
    from sekisho.release import keyfile
    from sekisho.release.opening import open_vault

    open_vault(None, None, create=True).close()
    assert look("vault").state is State.OK
    other = tmp_path / "other.key"
    keyfile.create(other)
    assert look("vault", key_file=other).state is State.BROKEN


def test_the_password_of_a_vault_is_never_shown() -> None:
    url = "postgresql://reader:geheim@127.0.0.1:1/none"
    assert module._shown(url) == "postgresql://reader:***@127.0.0.1:1/none"


def test_little_space_is_worth_a_note_but_not_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LITTLE_SPACE", 1 << 62)
    assert look("disk").state is State.NOTE
    assert run().exit_code == 0

"""``sekisho doctor``: what is installed here, and does it work?

``--json`` writes ``{"format": 1, "sound": true, "checks": [{"name", "state", "detail", "remedy"},
...]}``; a state is ``ok``, ``absent`` (something optional is not there), ``note`` (worth a thought)
or ``broken``. Nothing is created or changed, and no connection is opened but to the vault that the
options or the environment name: no model is asked (``sekisho models check`` does that).
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer

from sekisho import __version__
from sekisho.cli import asking
from sekisho.cli.console import Column, ExitCode, run_command, show_table, write_out
from sekisho.errors import SekishoError

__all__ = ["Check", "State", "check_all", "doctor"]

_FORMAT = 1
_OLDEST_PYTHON = (3, 11)
#: A sentence with a surname, a title and a town, none of anyone.
_PROBE = "山田医師が横浜で診察した。"
#: The module that each extra brings.
_EXTRAS = {
    "dragon": "dragon_eval",
    "llama": "xllamacpp",
    "parquet": "pyarrow",
    "plots": "matplotlib",
    "postgres": "psycopg",
    "train": "torch",
}
_LITTLE_SPACE = 1 << 30


class State(StrEnum):
    """What a check found."""

    OK = "ok"
    ABSENT = "absent"
    NOTE = "note"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; ``remedy`` says what to do when it is not ``ok``."""

    name: str
    state: State
    detail: str
    remedy: str | None = None


@run_command
def doctor(
    vault: Annotated[
        str | None, typer.Option("--vault", metavar="URL", help="Path or URL of the vault.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="File of the vault's master key.")
    ] = None,
    config: asking.Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Check what is installed here and whether it works.

    Exit code 0 when everything needed works, 3 when something is broken.
    """
    checks = tuple(check_all(vault, key_file, config))
    sound = all(check.state is not State.BROKEN for check in checks)
    if as_json:
        answer = {"format": _FORMAT, "sound": sound, "checks": [asdict(check) for check in checks]}
        write_out(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        rows = [[c.state, c.name, c.detail, c.remedy or ""] for c in checks]
        columns = (Column("state"), Column("what"), Column("found"), Column("remedy"))
        show_table(f"sekisho {__version__}", columns, rows)
    if not sound:
        raise typer.Exit(ExitCode.INCOMPLETE)


def check_all(
    vault: str | None = None, key_file: Path | None = None, config: Path | None = None
) -> Iterator[Check]:
    """Every check, in the order of a start: the program, its language, the vault, the machine."""
    yield _guarded("python", _python)
    yield _guarded("sekisho", _sekisho)
    yield _guarded("sudachi", _sudachi)
    yield _guarded("tagger", _tagger)
    for extra, module in _EXTRAS.items():
        yield _extra(extra, module)
    yield _guarded("models", lambda: _models(config))
    yield _guarded("key", lambda: _key(key_file))
    yield _guarded("vault", lambda: _vault(vault, key_file))
    yield _guarded("disk", _disk)
    yield _guarded("cores", _cores)


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except SekishoError as error:
        where = f"{error.where}: " if error.where else ""
        return Check(name, State.BROKEN, f"{where}{error.message}", error.remedy)
    # Whatever a damaged installation raises is the finding that this command is for.
    except Exception as error:  # noqa: BLE001
        return Check(name, State.BROKEN, f"{type(error).__name__} while checking", _REINSTALL)


_REINSTALL = "pip install --force-reinstall sekisho"


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST_PYTHON:
        return Check("python", State.BROKEN, found, "install Python 3.11 or later")
    return Check("python", State.OK, found)


def _sekisho() -> Check:
    from sekisho import plugins

    try:
        installed = version("sekisho")
    except PackageNotFoundError:
        return Check("sekisho", State.BROKEN, "not installed as a package", "pip install sekisho")
    detectors = plugins.names("sekisho.detectors")
    if not detectors:
        return Check("sekisho", State.BROKEN, f"{installed}, no detector is registered", _REINSTALL)
    return Check("sekisho", State.OK, f"{installed}, detectors: {', '.join(detectors)}")


def _sudachi() -> Check:
    try:
        import sudachipy  # noqa: F401

        names = f"sudachipy {version('sudachipy')}, sudachidict-core {version('sudachidict-core')}"
    except (ImportError, PackageNotFoundError):
        remedy = "pip install sudachipy sudachidict-core"
        return Check("sudachi", State.BROKEN, "not installed", remedy)
    # By the way that the detectors take, so that what works here works there.
    from sekisho.phi.morphology import morphemes

    kinds = {word.surface: word.kind for word in morphemes(_PROBE)}
    if kinds.get("山田") != "surname" or kinds.get("横浜") != "place":
        detail = f"{names}, does not know a common surname and town"
        remedy = "pip install --force-reinstall sudachidict-core"
        return Check("sudachi", State.BROKEN, detail, remedy)
    return Check("sudachi", State.OK, f"{names}, reads Japanese")


def _tagger() -> Check:
    from sekisho.documents.document import Document
    from sekisho.phi.detectors.tagger import TaggerDetector

    detector = TaggerDetector()
    found = {span.category for span in detector.detect(Document("", _PROBE))}
    names = f"onnxruntime {version('onnxruntime')}, model {detector.digest[:12]}"
    if not found:
        return Check("tagger", State.BROKEN, f"{names}, finds no name where one is", _REINSTALL)
    return Check("tagger", State.OK, f"{names}, finds names")


def _extra(extra: str, module: str) -> Check:
    name, remedy = f"[{extra}]", f"pip install 'sekisho[{extra}]'"
    try:
        import_module(module)
    except ModuleNotFoundError:
        return Check(name, State.ABSENT, f"{module} is not installed", remedy)
    except Exception as error:  # noqa: BLE001 - a broken binary package raises what it likes
        return Check(name, State.BROKEN, f"{module}: {type(error).__name__} at import", remedy)
    try:
        return Check(name, State.OK, f"{module} {version(module)}")
    except PackageNotFoundError:
        return Check(name, State.OK, module)


def _models(config: Path | None) -> Check:
    """Which configuration is in force, and whether each model in it could be opened."""
    from sekisho.models.configuration import FILENAME, read
    from sekisho.models.seam import Locality

    path = asking.configuration_path(config)
    if path is None:
        detail = f"no {FILENAME} here or at home; a model can be named by --model without one"
        return Check("models", State.ABSENT, detail, "sekisho init writes one")
    configuration = read(path)
    named = dict.fromkeys(configuration.models)
    if configuration.default_model is not None:
        named[configuration.default_model] = None
    located = {name: asking.located(name, configuration) for name in named}
    outside = [name for name, (_, place) in located.items() if place is Locality.CLOUD]
    count = "1 model" if len(configuration.models) == 1 else f"{len(configuration.models)} models"
    detail = f"{path.absolute()}: {count}"
    if outside:
        detail += f", in the cloud and never sent a document: {', '.join(outside)}"
    wanted = {
        variable
        for stated, _ in located.values()
        for variable in (stated.api_key_env, stated.recording_key_env)
    }
    unset = sorted(each for each in wanted if each is not None and not os.environ.get(each))
    if unset:
        detail += f"; not set: {', '.join(unset)}"
        return Check("models", State.NOTE, detail, f"export {unset[0]}=...")
    return Check("models", State.OK, detail)


def _key(key_file: Path | None) -> Check:
    from sekisho.release import keyfile
    from sekisho.release.keys import MasterKey
    from sekisho.release.opening import key_path

    path = key_path(key_file)
    if path is None:
        MasterKey.parse(os.environ["SEKISHO_KEY"], where="SEKISHO_KEY")
        return Check("key", State.OK, "from SEKISHO_KEY")
    if key_file is None and not os.environ.get("SEKISHO_KEY_FILE") and not path.exists():
        return Check("key", State.ABSENT, f"{path}: not made yet", "the first run makes it")
    keyfile.load(path)
    return Check("key", State.OK, f"{path}: readable by its owner alone")


def _vault(vault: str | None, key_file: Path | None) -> Check:
    from sekisho.release.opening import open_vault, vault_url
    from sekisho.release.vault import Vault

    url = vault_url(vault)
    if not Vault.exists(url):
        detail = f"{_shown(url)}: not made yet"
        return Check("vault", State.ABSENT, detail, "the first run makes it")
    with open_vault(vault, key_file, create=False):
        return Check("vault", State.OK, f"{_shown(url)}: opens with the key")


def _disk() -> Check:
    free = shutil.disk_usage(Path.cwd()).free
    detail = f"{free / (1 << 30):,.1f} GiB free in the current folder"
    if not os.access(Path.cwd(), os.W_OK):
        return Check("disk", State.NOTE, f"{detail}, not writable", "name another place: --out")
    if free < _LITTLE_SPACE:
        return Check("disk", State.NOTE, detail, "free some space before a large run")
    return Check("disk", State.OK, detail)


def _cores() -> Check:
    try:
        usable = len(os.sched_getaffinity(0))
    except AttributeError:  # not every system can say which cores are ours
        usable = os.cpu_count() or 1
    return Check("cores", State.OK, f"{usable} usable; --jobs {usable} uses them all")


def _shown(url: str) -> str:
    """``url`` without a password."""
    if "://" not in url:
        return url
    from sqlalchemy import make_url

    return make_url(url).render_as_string(hide_password=True)

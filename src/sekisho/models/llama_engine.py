"""llama.cpp inside this process, one engine for each file and way of loading it.

The package xllamacpp runs llama.cpp's own server code. It takes requests as calls, and it cannot
be told not to listen as well. So it listens where nobody else comes: on a Unix socket in a folder
that only this user may enter, which is no network at all and still wants a random key. Windows
has no such sockets in Python; there it is a port of the loopback device, behind the same key. The
socket is used here for what the calls do not offer: counting tokens, and the true context.

Loading holds up the whole process (xllamacpp keeps the interpreter's lock), about as long as it
takes to read the file. Nothing of llama.cpp's own log is let through: it can quote prompts.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import secrets
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from sekisho.errors import MissingExtraError, ModelAccessError, ModelUnavailableError

__all__ = ["Engine", "Loading", "borrow", "digest_of", "give_back"]

#: A prompt is read in steps of this many tokens; between two of them a request can be ended.
_STEP = 512
#: llama.cpp's log is silent from here down.
_SILENT = -1
#: Bytes that the address of a Unix socket may have on every system.
_LONGEST_ADDRESS = 100
_ASK_TIMEOUT_S = 30.0
_INSTALL = "pip install 'sekisho[llama]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """A file and the way to load it.

    ``context`` counts tokens of prompt and answer in one slot. ``threads`` None: as many as there
    are physical cores. ``gpu_layers`` -1: all that fit.
    """

    path: Path
    context: int
    slots: int
    threads: int | None
    gpu_layers: int


class Engine:
    """A loaded model with a thread for each of its slots.

    Loading blocks. Raises ``MissingExtraError`` without the package, ``ModelAccessError`` for a
    file that cannot be loaded.
    """

    def __init__(self, loading: Loading) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="sekisho-")
        self._key = secrets.token_urlsafe(32)
        try:
            self._server = _load(loading, self._home.name, self._key)
        except BaseException:
            self._home.cleanup()
            raise
        # Ended before its loop has begun, llama.cpp waits for that loop for ever. What the loop
        # itself answers shows that it has.
        self._server.handle_metrics()
        self._where = str(loading.path)
        self._address = str(self._server.listening_address)
        self._threads = ThreadPoolExecutor(loading.slots, thread_name_prefix="sekisho-llama")
        self._ending = threading.Event()

    def begin(
        self,
        body: Mapping[str, Any],
        deliver: Callable[[Mapping[str, Any]], None],
        stop: threading.Event,
    ) -> Future[None]:
        """Begin the chat completion ``body``, as soon as a slot is free.

        ``deliver`` gets each chunk of the stream in a thread of the engine. After ``stop`` the
        request ends at its next token, or at the next step through its prompt. The future raises
        what the engine raised, whose text may quote the prompt.
        """
        return self._threads.submit(self._complete, dict(body), deliver, stop)

    def _complete(
        self,
        body: dict[str, Any],
        deliver: Callable[[Mapping[str, Any]], None],
        stop: threading.Event,
    ) -> None:
        failures: list[Exception] = []

        def chunk(piece: Mapping[str, Any]) -> bool:
            try:
                deliver(piece)
            except Exception as error:  # noqa: BLE001  must not unwind through C++; raised below
                failures.append(error)
            return bool(failures) or stop.is_set() or self._ending.is_set()

        if stop.is_set() or self._ending.is_set():
            return
        self._server.handle_chat_completions(body, chunk)
        if failures:
            raise failures[0]

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """Status and JSON of ``path`` (POST with ``body``, GET without); takes no slot.

        Raises ``ModelUnavailableError`` when there is no answer.
        """
        try:
            connection = self._connect()
            try:
                connection.request(
                    "GET" if body is None else "POST",
                    path,
                    None if body is None else json.dumps(body, ensure_ascii=False).encode(),
                    {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
                )
                response = connection.getresponse()
                return response.status, json.loads(response.read())
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as error:
            kind = type(error).__name__
        raise ModelUnavailableError(
            f"llama.cpp in this process does not answer ({kind})", where=self._where
        )

    def _connect(self) -> http.client.HTTPConnection:
        if self._address.startswith("unix://"):
            return _UnixConnection(self._address.removeprefix("unix://"))
        host, _, port = self._address.removeprefix("http://").rpartition(":")
        return http.client.HTTPConnection(host, int(port), timeout=_ASK_TIMEOUT_S)

    def close(self) -> None:
        """End what is under way and give the memory back; blocks until that is done."""
        self._ending.set()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._server = None
        self._home.cleanup()


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, address: str) -> None:
        super().__init__("localhost", timeout=_ASK_TIMEOUT_S)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_ASK_TIMEOUT_S)
        self.sock.connect(self._address)


@dataclass(slots=True)
class _Shared:
    engine: Engine
    borrowers: int


_engines: dict[tuple[int, Loading], _Shared] = {}
_guard = threading.Lock()


def borrow(loading: Loading) -> Engine:
    """The engine of this process for ``loading``, loaded by the first who asks; blocks meanwhile.

    To be given back once. Raises what ``Engine`` raises.
    """
    # Threads do not survive a fork, so the engine of a parent process is never used.
    key = (os.getpid(), loading)
    with _guard:
        shared = _engines.get(key)
        if shared is None:
            shared = _engines[key] = _Shared(Engine(loading), 0)
        shared.borrowers += 1
        return shared.engine


def give_back(loading: Loading) -> None:
    """Give a borrowed engine back; with the last borrower its memory is freed."""
    key = (os.getpid(), loading)
    with _guard:
        shared = _engines[key]
        shared.borrowers -= 1
        if shared.borrowers == 0:
            del _engines[key]
            shared.engine.close()


_digests: dict[tuple[Path, int, int], str] = {}


def digest_of(path: Path) -> str:
    """``sha256:`` and the hash of the file; remembered while size and time of change stay.

    Raises ``ModelAccessError`` when it cannot be read.
    """
    try:
        status = path.stat()
        key = (path.resolve(), status.st_size, status.st_mtime_ns)
        if key not in _digests:
            with path.open("rb") as file:
                _digests[key] = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        return _digests[key]
    except OSError as error:
        raise ModelAccessError(
            f"the model cannot be read: {error.strerror}", where=str(path)
        ) from None


def _load(loading: Loading, home: str, key: str) -> Any:
    try:
        llama = import_module("xllamacpp")
    except ImportError:
        raise MissingExtraError(
            "a GGUF file needs llama.cpp, which is not installed", remedy=_INSTALL
        ) from None
    address = os.path.join(home, "llama.sock")
    private = hasattr(socket, "AF_UNIX") and len(os.fsencode(address)) <= _LONGEST_ADDRESS
    chosen: dict[str, Any] = {
        "hostnames": [address if private else "127.0.0.1"],
        "port": 0,
        "api_keys": [key],
        "n_ctx": loading.context * loading.slots,
        "n_parallel": loading.slots,
        "n_batch": _STEP,
        "n_gpu_layers": loading.gpu_layers,
        "n_threads_http": 2,
        # Each slot keeps its own last prompt; copies of more would fill the host's memory.
        "cache_ram_mib": 0,
        "verbosity": _SILENT,
        "warmup": False,
        "offline": True,
        "ui": False,
        "endpoint_slots": False,
        "endpoint_metrics": True,
    }
    try:
        params = llama.CommonParams()
        params.model.path = str(loading.path)
        for name, value in chosen.items():
            setattr(params, name, value)
        if loading.threads is not None:
            params.cpuparams.n_threads = loading.threads
            params.cpuparams_batch.n_threads = loading.threads
    except AttributeError:
        raise MissingExtraError(
            "the installed xllamacpp is too old", remedy=_INSTALL.replace("install", "install -U")
        ) from None
    with suppress(RuntimeError):
        return llama.Server(params)
    raise ModelAccessError(
        "llama.cpp cannot load this file",
        where=str(loading.path),
        remedy="it may be damaged, of a kind that this xllamacpp does not know, or too large "
        "for the memory with this context",
    )

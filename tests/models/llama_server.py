"""A real llama.cpp HTTP server in a process of its own, so that it can be measured and killed.

::

    with LlamaServer(Path("model.gguf"), slots=4) as server:
        CompatibleModel(base_url=server.url, api_key=server.key, model="", ...)
        server.kill()       # SIGKILL, as when a machine is lost
        server.memory()     # resident bytes

The server listens on 127.0.0.1, on a port that the system chose. One thread is the default: two
spin when all cores are busy.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["LlamaServer", "processor_time"]

_READY_S = 60.0
#: Runs in the child: serves until its standard input ends, which it does when the parent dies.
_CHILD = """
import json, sys
import xllamacpp

chosen = json.loads(sys.stdin.readline())
params = xllamacpp.CommonParams()
params.model.path = chosen["path"]
params.cpuparams.n_threads = chosen["threads"]
params.cpuparams_batch.n_threads = chosen["threads"]
for name, value in chosen["params"].items():
    setattr(params, name, value)
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


class LlamaServer:
    """Serves the GGUF file ``path`` with ``slots`` of ``context`` tokens each; a context manager.

    ``params`` are further settings of llama.cpp under xllamacpp's names. ``url`` is the base
    address of the OpenAI-compatible API, ``root`` that of llama.cpp's own, ``key`` the API key.
    """

    def __init__(
        self,
        path: Path,
        *,
        slots: int = 4,
        context: int = 8192,
        threads: int = 1,
        key: str | None = None,
        **params: Any,
    ) -> None:
        self.key = secrets.token_urlsafe(16) if key is None else key
        self.root = ""
        self._chosen = {
            "path": str(path),
            "threads": threads,
            "params": {
                "n_ctx": context * slots,
                "n_parallel": slots,
                "api_keys": [self.key] if self.key else [],
                "endpoint_slots": True,
                "cache_ram_mib": 0,
                "verbosity": -1,
                "warmup": False,
                "offline": True,
                "ui": False,
                **params,
            },
        }
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> LlamaServer:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            print(json.dumps(self._chosen), file=self._process.stdin, flush=True)
            self.root = self._process.stdout.readline().strip()
            if not self.root:
                raise RuntimeError("llama.cpp did not start")
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def get(self, path: str) -> Any:
        """The JSON that llama.cpp's own API answers at ``path``, such as ``/slots``."""
        request = urllib.request.Request(
            self.root + path, headers={"Authorization": f"Bearer {self.key}"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            return json.load(answer)

    def busy(self) -> int:
        """How many slots are at work."""
        return sum(bool(slot["is_processing"]) for slot in self.get("/slots"))

    def memory(self) -> int:
        """Bytes of memory that the server holds (Linux only)."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) * 1024

    def work(self) -> float:
        """Seconds of processor time that the server used so far (Linux only)."""
        return processor_time(self.pid)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it and wait."""
        process = self._process
        if process is None:
            return
        # Terminated, not asked: nothing that is under way is of use any more.
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + _READY_S
        while True:
            try:
                self.get("/health")
                return
            except (urllib.error.URLError, OSError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)


def processor_time(pid: int) -> float:
    """Seconds of processor time that the process used so far (Linux only)."""
    # The name of the program comes first, in brackets, and may hold anything.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

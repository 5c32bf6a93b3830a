"""A PostgreSQL server of the tests' own, from Debian's packages: no port, no root, no trace.

It runs as an unprivileged user in a temporary folder and listens on a unix socket there only.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

__all__ = ["Server", "binaries", "required_server"]


def binaries() -> Path | None:
    """The folder of the newest installed server, None when there is none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4])
    )
    return found[-1].parent if found else None


def required_server() -> Server:
    """A new server; skips where none is installed, unless SEKISHO_REQUIRE_POSTGRES is set."""
    folder = binaries()
    if folder is None:
        message = "PostgreSQL is not installed (apt install postgresql)"
        if os.environ.get("SEKISHO_REQUIRE_POSTGRES"):
            pytest.fail(message)
        pytest.skip(message)
    return Server(folder)


class Server:
    """One cluster, not yet started."""

    def __init__(self, folder: Path):
        self._bin = folder
        # Not tmp_path: that is closed to other users, and too long for a socket's name.
        self._home = Path(tempfile.mkdtemp(prefix="sekisho-pg-", dir="/tmp"))
        self._user = _unprivileged()
        if self._user is not None:
            os.chown(self._home, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "-D", "data", "-U", "sekisho", "-A", "trust", "-N", "-E", "UTF8")

    def start(self) -> None:
        """Start and wait until it answers."""
        # fsync only matters when the machine itself fails, which no test here does.
        options = f"-k {self._home} -c listen_addresses='' -c fsync=off -c max_connections=60"
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop: ``fast`` sends the clients away, ``immediate`` is a crash."""
        self._run("pg_ctl", "-D", "data", "-w", "-m", mode, "stop")

    def remove(self) -> None:
        """Stop and delete everything."""
        if (self._home / "data" / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self._home)

    def url(self, schema: str) -> str:
        """The URL of a new, empty schema. Nobody asks for its password: tests look for it."""
        self._run("psql", "-h", str(self._home), "-U", "sekisho", "-d", "postgres", "-q", "-c",
                  f"CREATE SCHEMA {schema}")  # fmt: skip
        return (
            f"postgresql://sekisho:hunter2@/postgres?host={self._home}"
            f"&options=-csearch_path%3D{schema}"
        )

    def _run(self, program: str, *arguments: str) -> None:
        who = self._user
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            cwd=self._home,
            stdin=subprocess.DEVNULL,
            # pg_ctl's server keeps its standard output open, so a pipe would never end.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            user=who.pw_uid if who else None,
            group=who.pw_gid if who else None,
            extra_groups=[] if who else None,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )
        assert done.returncode == 0, f"{program} ended with {done.returncode}"


def _unprivileged() -> pwd.struct_passwd | None:
    """The user to become: PostgreSQL refuses to run as root. None when this is no root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("there is no unprivileged user to run PostgreSQL")

"""A whole toy run as a program of its own, for tests that kill, interrupt or measure it.

Usage: ``toy_run.py DIR '{"count": 2000, "jobs": 2, ...}'``; says ``working``, then ``assembling``,
then one line of JSON.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import sys
from pathlib import Path

from toy import MakeToy, ToyReader

from sekisho.errors import SekishoError
from sekisho.runs.assembly import Target, assemble
from sekisho.runs.engine import run
from sekisho.runs.journal import Journal


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(directory: Path, options: dict[str, object]) -> int:
    if "file_limit" in options:
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        limit = int(options["file_limit"])
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    text = str(options.get("text", "所見 {}")).format
    special = options.get("special", {})
    reader = ToyReader(options["count"], text=lambda row: special.get(str(row)) or text(row))
    try:
        with Journal.open(directory, {"toy": "1"}, resume=True) as journal:
            vault = sqlite3.connect(directory / "vault.db")
            vault.execute("CREATE TABLE IF NOT EXISTS v (row INTEGER PRIMARY KEY, secret BLOB)")

            def keep(batch):
                with vault:
                    vault.executemany(
                        "INSERT OR REPLACE INTO v VALUES (?, ?)",
                        [(position.row, outcome.secret) for position, outcome in batch],
                    )

            say("working")
            summary = run(
                [reader],
                MakeToy(options.get("busy", 0.0), options.get("log")),
                journal,
                jobs=options.get("jobs", 1),
                timeout_s=options.get("timeout", 60.0),
                before_commit=keep,
                batch=options.get("batch", 256),
                unique_ids=True,
            )
            vault.close()
            if summary.advice:
                say(summary.advice)
                return summary.exit_code
            say("assembling")
            assemble(directory, journal, [Target(reader, "released.jsonl", "toy.jsonl")])
    except SekishoError as error:
        say(f"{type(error).__name__}: {error}")
        return 2
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    say(json.dumps({"new": summary.new, "resumed": summary.resumed, "peak_kib": peak}))
    return summary.exit_code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))

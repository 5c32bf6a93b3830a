"""What extraction costs beside the model itself, and what a run leaves in memory.

    python benchmarks/extraction.py clients [--peer PATH]   64 rows, an Ollama stand-in of 200 ms
    python benchmarks/extraction.py memory MODEL.gguf       peak memory by number of documents

``clients`` times whole commands, start to exit, on one server in one run. ``--peer`` names the
``extractinate`` of an environment with llm_extractinator. Both are asked for the same two fields;
sekisho once with as many requests in flight as the peer's threads, and once with as many as there
are rows. ``memory`` runs llama.cpp's own server with the model file on one thread; a model with
random weights will do, for nothing here depends on what it says.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
_SECONDS = 0.2
_ROWS = 64
_REPORT = "CT of the chest. A nodule of 12 mm in the right upper lobe. No enlarged lymph nodes. "
_TASK = """
name = "nodules"
language = "en"
instruction = "Say whether there is a nodule, and how large it is in mm."
evidence = false

[fields.nodule]
type = "boolean"

[fields.size]
type = "integer"
minimum = 1
maximum = 300
"""
_PEER_TASK = {
    "Description": "Say whether there is a nodule, and how large it is in mm.",
    "Data_Path": "reports.json",
    "Input_Field": "text",
    "Parser_Format": {"nodule": {"type": "bool"}, "size": {"type": "int"}},
}


@contextmanager
def stand_in() -> Iterator[str]:
    """The address of a server that answers every chat after 200 ms."""
    command = [sys.executable, str(ROOT / "benchmarks" / "ollama_stand_in.py"), str(_SECONDS)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()


def timed(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> float:
    """Seconds that ``command`` took; it must end well."""
    began = time.monotonic()
    ended = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True
    )
    spent = time.monotonic() - began
    if ended.returncode:
        sys.exit(f"{command[0]} ended with {ended.returncode}:\n{ended.stderr[-2000:]}")
    return spent


def rows(path: Path, count: int) -> None:
    """Write ``count`` reports as JSONL."""
    lines = [json.dumps({"id": f"r{at}", "text": _REPORT * (1 + at % 5)}) for at in range(count)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def ours(folder: Path, url: str, in_flight: int) -> float:
    """Seconds of ``sekisho extract`` over the rows."""
    (folder / "task.toml").write_text(_TASK, encoding="utf-8")
    (folder / "sekisho.toml").write_text(
        f'[models.stand-in]\nkind = "ollama"\nbase_url = "{url}"\nmodel = "stand-in:latest"\n'
        f"in_flight = {in_flight}\n",
        encoding="utf-8",
    )
    out = folder / f"out-{in_flight}"
    command = [sys.executable, "-m", "sekisho.cli.app", "extract", "task.toml", "reports.jsonl"]
    options = ["--out", str(out), "--model", "stand-in"]
    spent = timed(
        [sys.executable, "-c", "from sekisho.cli.app import main; main()", *command[3:], *options],
        {"SEKISHO_HOME": str(folder / "home")},
        folder,
    )
    found = [json.loads(line) for line in (out / "extractions.jsonl").open(encoding="utf-8")]
    assert len(found) == _ROWS
    assert all(row["fields"]["nodule"]["value"] is True for row in found)
    return spent


def theirs(folder: Path, url: str, peer: Path) -> float:
    """Seconds of ``extractinate`` over the same rows."""
    for name in ("data", "tasks", "examples"):
        (folder / name).mkdir(exist_ok=True)
    given = [json.loads(line) for line in (folder / "reports.jsonl").open(encoding="utf-8")]
    (folder / "data" / "reports.json").write_text(json.dumps(given), encoding="utf-8")
    (folder / "tasks" / "Task001_nodules.json").write_text(json.dumps(_PEER_TASK), encoding="utf-8")
    options = {
        "--task_id": "1",
        "--model_name": "stand-in:latest",
        "--ollama_host": url,
        "--max_context_len": "4096",
        "--output_dir": "output",
        "--task_dir": "tasks",
        "--data_dir": "data",
        "--log_dir": "log",
    }
    pairs = [part for option in options.items() for part in option]
    spent = timed([str(peer), *pairs, "--overwrite"], {"ANONYMIZED_TELEMETRY": "False"}, folder)
    (written,) = (folder / "output").rglob("nlp-predictions-dataset.json")
    found = json.loads(written.read_text(encoding="utf-8"))
    assert len(found) == _ROWS
    assert all(row["status"] == "success" for row in found)
    return spent


def clients(peer: Path | None, repeats: int) -> None:
    """Time both commands in turn on one server."""
    threads = min(32, (os.cpu_count() or 1) + 4)
    least = _ROWS * _SECONDS
    print(f"{_ROWS} rows, {_SECONDS * 1000:.0f} ms an answer: {least:.1f} s one after another")
    with stand_in() as url:
        for at in range(1, repeats + 1):
            with TemporaryDirectory() as name:
                folder = Path(name)
                rows(folder / "reports.jsonl", _ROWS)
                if peer is not None:
                    told = theirs(folder, url, peer)
                    print(f"run {at}: llm_extractinator ({threads} threads): {told:.2f} s")
                for in_flight in (threads, 16, _ROWS):
                    told = ours(folder, url, in_flight)
                    print(f"run {at}: sekisho, {in_flight} in flight: {told:.2f} s")


def memory(model: Path, counts: Sequence[int]) -> None:
    """Peak resident memory of ``sekisho extract`` by number of documents."""
    sys.path[:0] = [str(ROOT / "tests" / "models"), str(ROOT)]
    from llama_server import LlamaServer

    with LlamaServer(model, slots=4, context=4096) as server, TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "task.toml").write_text(_TASK, encoding="utf-8")
        (folder / "sekisho.toml").write_text(
            f'[models.tiny]\nkind = "openai"\nbase_url = "{server.url}"\nmodel = ""\n'
            'api_key_env = "TINY_KEY"\nin_flight = 4\n',
            encoding="utf-8",
        )
        for count in counts:
            rows(folder / "reports.jsonl", count)
            code = (
                "import resource\n"
                "from sekisho.cli.app import main\n"
                "try:\n    main()\n"
                "finally:\n"
                "    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
                "    print('PEAK', peak)\n"
            )
            began = time.monotonic()
            named = ["extract", "task.toml", "reports.jsonl", "--out", f"out-{count}"]
            ended = subprocess.run(
                [sys.executable, "-c", code, *named, "--model", "tiny"],
                cwd=folder,
                env={
                    **os.environ,
                    "SEKISHO_HOME": str(folder / "home"),
                    "TINY_KEY": server.key,
                },
                capture_output=True,
                text=True,
            )
            peak = next(line for line in ended.stdout.splitlines() if line.startswith("PEAK"))
            kib = int(peak.split()[1])
            scale = 1 if sys.platform == "darwin" else 1024
            print(
                f"{count:>6,} documents: exit {ended.returncode}, peak {kib * scale / 2**20:.0f} "
                f"MiB, {time.monotonic() - began:.1f} s"
            )


def main() -> None:
    """Run the benchmark that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    of_clients = commands.add_parser("clients")
    of_clients.add_argument("--peer", type=Path)
    of_clients.add_argument("--repeats", type=int, default=3)
    of_memory = commands.add_parser("memory")
    of_memory.add_argument("model", type=Path)
    of_memory.add_argument("--counts", type=int, nargs="*", default=[50, 200, 1000])
    chosen = parser.parse_args()
    if chosen.command == "clients":
        clients(chosen.peer, chosen.repeats)
    else:
        memory(chosen.model, chosen.counts)


if __name__ == "__main__":
    main()

"""How fast sekisho is, how much memory it takes, and how both grow.

    python benchmarks/speed.py [--presidio-python PATH] [--json FILE] [--quick]

Every ratio comes from figures of one run of this program on one machine, and every part can be left
out with ``--parts``:

``detect``   characters per second on one core, without the tagger and with it
``start``    from the start of a process, and of an import, to the first document
``memory``   peak of ``sekisho deid`` over 1,000, 10,000 and 100,000 documents
``jobs``     ``sekisho deid --jobs 2`` against ``--jobs 1``
``peer``     Presidio with GiNZA over the same documents, in an environment of its own

The documents are synthetic (``synthetic.py``) and the same for the same ``--seed``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from measuring import SEKISHO, Finished, finished, first_output, middle, written
from synthetic import Composer, Report

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Figure:
    """One measured value; ``note`` says how it came about. ``value`` is None when not measured."""

    part: str
    what: str
    value: float | None
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Bench:
    """What is measured with: the options, a folder for files, and a core to pin to."""

    options: argparse.Namespace
    folder: Path
    core: int | None

    def corpus(self, name: str, reports: Iterable[Report]) -> tuple[Path, int]:
        """A JSONL file of ``reports``, written as they come, and its number of characters."""
        path = self.folder / f"{name}.jsonl"
        characters = 0
        with path.open("w", encoding="utf-8") as file:
            for report in reports:
                file.write(json.dumps(report.row(), ensure_ascii=False) + "\n")
                characters += len(report.text)
        return path, characters

    def composer(self) -> Composer:
        """A new composer of the chosen seed."""
        return Composer(self.options.seed)

    def released(self, path: Path, count: int, jobs: int = 1) -> Finished:
        """A run of ``sekisho deid`` over the ``count`` documents of ``path``; outputs are deleted.

        Raises ``SystemExit`` when it did not decide about each of them.
        """
        out = self.folder / "out"
        command = [*SEKISHO, "deid", str(path), "--out", str(out), "--jobs", str(jobs)]
        home = {"SEKISHO_HOME": str(self.folder / "home")}
        try:
            # Held documents (exit code 3) are read and inspected like the others.
            done = finished(command, environment=home, expected=(0, 3))
            manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise SystemExit(f"{' '.join(command)} finished no run") from None
        finally:
            shutil.rmtree(out, ignore_errors=True)
            shutil.rmtree(self.folder / "home", ignore_errors=True)
        statuses = manifest["counts"]["statuses"]
        if statuses.get("released", 0) + statuses.get("held", 0) != count:
            raise SystemExit(f"{' '.join(command)} ended with {statuses} of {count} documents")
        return done


def detect(bench: Bench) -> Iterator[Figure]:
    """Characters per second on one core, in fresh processes: nothing is warm from before."""
    path, characters = bench.corpus("detect", bench.composer().reports(bench.options.characters))
    size = path.stat().st_size / 1e6
    yield Figure("detect", "text read", characters, "characters", f"{size:.1f} MB of JSONL")
    for detectors in ("known,rules,lexicon", "known,rules,lexicon,tagger"):
        speeds, peaks = [], []
        command = [sys.executable, str(HERE / "sekisho_peer.py"), str(path), detectors]
        for _ in range(bench.options.rounds):
            done = finished(command, core=bench.core)
            answer = json.loads(done.output)
            speeds.append(answer["characters"] / answer["seconds"])
            peaks.append(done.peak_mib)
        speed, spread = middle(speeds)
        what = detectors.replace(",", " + ")
        yield Figure("detect", f"{what}, one core", speed, "characters/s", spread)
        yield Figure("detect", f"{what}, peak memory", middle(peaks)[0], "MiB")


def start(bench: Bench) -> Iterator[Figure]:
    """Seconds to the first document, from a process and from an import."""
    text = bench.folder / "short.txt"
    text.write_text(bench.composer().note().text, encoding="utf-8")
    path, _ = bench.corpus("short", islice(_notes(bench.composer()), 2))
    times = [first_output([*SEKISHO, "detect", str(text)]) for _ in range(3 * bench.options.rounds)]
    imports = [
        json.loads(finished([sys.executable, str(HERE / "sekisho_peer.py"), str(path)]).output)
        for _ in range(bench.options.rounds)
    ]
    for what, values in (
        ("'sekisho detect FILE' to its first row", times),
        ("first import to the first document's spans", [each["start_s"] for each in imports]),
    ):
        value, spread = middle(values)
        yield Figure("start", what, value, "s", spread)


def memory(bench: Bench) -> Iterator[Figure]:
    """The peak of a streaming run as the number of documents grows."""
    peaks = []
    for count in bench.options.documents:
        path, characters = bench.corpus("memory", islice(_notes(bench.composer()), count))
        done = bench.released(path, count)
        peaks.append(done.peak_mib)
        note = f"{done.seconds:.1f} s, {characters / count:.0f} characters each"
        yield Figure("memory", f"peak at {count:,} documents", done.peak_mib, "MiB", note)
        path.unlink()
    if len(peaks) > 1:
        note = f"{bench.options.documents[-1]:,} against {bench.options.documents[0]:,} documents"
        yield Figure("memory", "growth", peaks[-1] / peaks[0], "x", note)


def jobs(bench: Bench) -> Iterator[Figure]:
    """Whole runs with one process and with two, in turns."""
    count = bench.options.jobs_documents
    path, characters = bench.corpus("jobs", islice(_reports(bench.composer()), count))
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(bench.options.rounds):
        for number, times in seconds.items():
            times.append(bench.released(path, count, number).seconds)
    ratios = [one / two for one, two in zip(seconds[1], seconds[2], strict=True)]
    for number, times in seconds.items():
        value, spread = middle(times)
        yield Figure("jobs", f"deid --jobs {number}, {count:,} documents", value, "s", spread)
        yield Figure("jobs", f"deid --jobs {number}", characters / value, "characters/s")
    ratio, spread = middle(ratios)
    yield Figure("jobs", "--jobs 2 against --jobs 1", ratio, "x", spread)


def peer(bench: Bench) -> Iterator[Figure]:
    """Both systems over the same few documents, each in a process of its own on one core."""
    python = bench.options.presidio_python
    if python is None:
        yield Figure("peer", "Presidio + GiNZA", None, note="not measured: no --presidio-python")
        return
    count = bench.options.peer_documents
    path, _ = bench.corpus("peer", islice(_reports(bench.composer()), count))
    speeds = []
    for executable, script in ((sys.executable, "sekisho"), (python, "presidio")):
        done = finished([executable, str(HERE / f"{script}_peer.py"), str(path)], core=bench.core)
        answer = json.loads(done.output.splitlines()[-1])
        name, speed = answer["name"], answer["characters"] / answer["seconds"]
        note = f"{answer['characters']:,} characters, {answer['documents']:,} documents"
        speeds.append(speed)
        yield Figure("peer", f"{name}, one core", speed, "characters/s", note)
        yield Figure("peer", f"{name}, import to first document", answer["start_s"], "s")
        yield Figure("peer", f"{name}, peak memory", done.peak_mib, "MiB")
    yield Figure("peer", "sekisho against Presidio + GiNZA", speeds[0] / speeds[1], "x")


def _notes(composer: Composer) -> Iterator[Report]:
    while True:
        yield composer.note()


def _reports(composer: Composer) -> Iterator[Report]:
    while True:
        yield composer.report()


PARTS = {
    "detect": detect,
    "start": start,
    "memory": memory,
    "jobs": jobs,
    "peer": peer,
}


def machine() -> dict[str, str | int]:
    """What the figures were measured on, without the machine's name."""
    packages = ("sekisho", "sudachipy", "sudachidict-core")
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": len(_cores()),
        **{package: version(package) for package in packages},
    }


def _cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def shown(figure: Figure) -> str:
    """``figure`` as a line of the table."""
    value = "-" if figure.value is None else written(figure.value)
    cells = f"{figure.part:<8}{figure.what:<60}{value:>12} {figure.unit:<13}{figure.note}"
    return cells.rstrip()


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Measure speed, start, memory and processes of sekisho."
    )
    parser.add_argument("--parts", default=",".join(PARTS), help="of: %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3, help="repetitions; medians are shown")
    parser.add_argument("--characters", type=int, default=1_000_000, help="text for 'detect'")
    parser.add_argument(
        "--documents", default="1000,10000,100000", help="sizes of the runs for 'memory'"
    )
    parser.add_argument("--jobs-documents", type=int, default=3_000)
    parser.add_argument("--peer-documents", type=int, default=60)
    parser.add_argument("--presidio-python", metavar="PATH", help="its environment's python")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--quick", action="store_true", help="small sizes, to try this program")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.characters, options.documents = 1, 100_000, "200,1000"
        options.jobs_documents, options.peer_documents = 200, 10
    options.documents = [int(size) for size in options.documents.split(",")]
    options.parts = options.parts.split(",")
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return options


def main(arguments: list[str] | None = None) -> int:
    options = _parsed(arguments)
    described = machine()
    print(", ".join(f"{name} {value}" for name, value in described.items()), flush=True)
    figures = []
    with tempfile.TemporaryDirectory(prefix="sekisho-speed-") as folder:
        bench = Bench(options, Path(folder), _cores()[-1])
        for part in (part for part in PARTS if part in options.parts):
            for figure in PARTS[part](bench):
                figures.append(figure)
                print(shown(figure), flush=True)
    if options.json:
        answer = {"format": 1, "machine": described, "figures": [asdict(each) for each in figures]}
        options.json.write_text(json.dumps(answer, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

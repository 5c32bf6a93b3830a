"""What asking a language model costs beside the model itself.

    python benchmarks/models.py overhead             a server that answers at once, 32 in flight
    python benchmarks/models.py reports MODEL.gguf   64 reports, 1 against 8 in flight

``overhead`` measures the whole way of one structured answer (prompt, request, HTTP, validation)
against a server in a process of its own that does nothing, and the same exchange of bytes by a
client that does nothing either. ``reports`` runs llama.cpp's own server with the model file on one
thread. The tiny models of ``tests/nano`` do for that; how well they read is nobody's measure.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from sekisho.models.answers import ask
from sekisho.models.compatible import CompatibleModel
from sekisho.models.patience import Patient
from sekisho.models.prompt_files import fill
from sekisho.models.seam import Abilities, Locality, Message, Request, SchemaMeans
from sekisho.phi.detectors.llm.listing import PhiList
from sekisho.phi.detectors.llm.prompts import prompts
from sekisho.phi.detectors.llm.reading import Reading, read

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests" / "models"
_ANSWER = '{"phi_list":[{"type":"STAFF","value":"架空太郎"},{"type":"TIME","value":"14:30"}]}'
_REPORT = "主治医は架空太郎。14:30に胸部CTを施行し、異常を認めない。" * 8
_SERVER = """
import sys
from faulty_server import FaultyServer
with FaultyServer(sys.argv[1], context=65536) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


@contextmanager
def idle_server() -> Iterator[str]:
    """The address of a server that answers the same at once, in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER, _ANSWER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=TESTS,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()


def request() -> Request:
    """A request as the detector makes it."""
    said = prompts("ja", "long", "conservative")
    messages = (
        Message("system", said.extract),
        Message("user", fill(said.report, text=_REPORT)),
    )
    return Request(messages=messages)


async def in_flight(work: Callable[[], Awaitable[object]], calls: int, most: int) -> float:
    """Seconds for ``calls`` of ``work``, ``most`` of them at once."""
    left = iter(range(calls))

    async def worker() -> None:
        for _ in left:
            await work()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(most)))
    return time.perf_counter() - began


class Bare:
    """A client that sends the same bytes again and again and reads what comes."""

    def __init__(self, url: str, body: bytes) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: {self._host}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._bytes = head.encode() + body
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self) -> None:
        reader, writer = (
            self._idle.pop()
            if self._idle
            else await asyncio.open_connection(self._host, self._port)
        )
        writer.write(self._bytes)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode().lower().split("\r\n")
        length = next(line for line in lines if line.startswith("content-length:"))
        await reader.readexactly(int(length.partition(":")[2]))
        self._idle.append((reader, writer))

    async def aclose(self) -> None:
        for _, writer in self._idle:
            writer.close()
            await writer.wait_closed()


async def overhead(url: str, calls: int, most: int) -> tuple[float, float, float]:
    """Milliseconds a call: ours on the wall, ours of the processor, a bare client's on the wall."""
    abilities = Abilities(schema=SchemaMeans.JSON_SCHEMA, context=65536)
    inside = CompatibleModel(
        name="idle",
        base_url=f"{url}/v1",
        model="tiny",
        locality=Locality.LOCAL,
        api_key=None,
        abilities=abilities,
    )
    model = Patient(inside, in_flight=most)
    asked = request()

    async def structured() -> None:
        await ask(model, asked, PhiList)

    body = json.dumps(
        {
            "model": "tiny",
            "messages": [{"role": m.role, "content": m.content} for m in asked.messages],
            "max_tokens": asked.max_tokens,
        }
    ).encode()
    bare = Bare(url, body)
    try:
        await in_flight(structured, 2 * most, most)
        await in_flight(bare.ask, 2 * most, most)
        used = time.process_time()
        ours = await in_flight(structured, calls, most)
        used = time.process_time() - used
        theirs = await in_flight(bare.ask, calls, most)
    finally:
        await model.aclose()
        await bare.aclose()
    return 1000 * ours / calls, 1000 * used / calls, 1000 * theirs / calls


def show_overhead(calls: int, most: int, rounds: int) -> None:
    """The overhead of ``rounds`` rounds and their middle."""
    with idle_server() as url:
        found = [asyncio.run(overhead(url, calls, most)) for _ in range(rounds)]
    print(f"{calls} calls, {most} in flight, {rounds} rounds, ms a call (middle; least to most)")
    beyond = [ours - theirs for ours, _, theirs in found]
    for name, values in (
        ("wall, counting the prompt and the answer: two requests", [each[0] for each in found]),
        ("processor time of the client", [each[1] for each in found]),
        ("wall of a client that does nothing: one request", [each[2] for each in found]),
        ("overhead: the first less the third", beyond),
    ):
        print(f"  {name:56} {median(values):6.2f}  ({min(values):.2f} to {max(values):.2f})")


async def read_all(model: Patient, most: int, texts: list[str]) -> tuple[float, int]:
    """Seconds to read ``texts``, ``most`` at a time, and how many could be read."""
    from sekisho.documents.document import Document
    from sekisho.errors import ModelError

    left = iter(texts)
    done = 0

    async def worker() -> None:
        nonlocal done
        for text in left:
            try:
                await read(model, Document("", text), Reading(capacity="short"))
                done += 1
            except ModelError:
                continue

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(most)))
    return time.perf_counter() - began, done


def show_reports(file: Path, count: int, rounds: int, context: int) -> None:
    """Wall time for ``count`` reports at a real server, 1 against 8 in flight."""
    sys.path[:0] = [str(TESTS), str(ROOT)]
    from llama_server import LlamaServer
    from training.nano.examples import reports

    texts = [text for _, text, _ in reports(count, 7)]
    seconds: dict[int, list[float]] = {1: [], 8: []}
    with LlamaServer(file, slots=8, context=context) as server:
        for _ in range(rounds):
            for most in seconds:
                inside = CompatibleModel(
                    name="tiny",
                    base_url=server.url,
                    model="",
                    locality=Locality.LOCAL,
                    api_key=server.key,
                    abilities=Abilities(schema=SchemaMeans.JSON_SCHEMA, context=context),
                )
                took, done = asyncio.run(_closing(Patient(inside, in_flight=most), most, texts))
                seconds[most].append(took)
                print(f"  {most} in flight: {took:.2f} s, {done} of {len(texts)} read", flush=True)
    ratios = [one / eight for one, eight in zip(seconds[1], seconds[8], strict=True)]
    print(
        f"8 in flight are {median(ratios):.2f} times as fast ({min(ratios):.2f} to "
        f"{max(ratios):.2f}); tiny model on one thread"
    )


async def _closing(model: Patient, most: int, texts: list[str]) -> tuple[float, int]:
    try:
        return await read_all(model, most, texts)
    finally:
        await model.aclose()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parts = parser.add_subparsers(dest="part", required=True)
    first = parts.add_parser("overhead")
    first.add_argument("--calls", type=int, default=960)
    first.add_argument("--in-flight", type=int, default=32)
    first.add_argument("--rounds", type=int, default=5)
    second = parts.add_parser("reports")
    second.add_argument("model", type=Path)
    second.add_argument("--count", type=int, default=64)
    second.add_argument("--rounds", type=int, default=3)
    second.add_argument("--context", type=int, default=4096)
    chosen = parser.parse_args()
    if chosen.part == "overhead":
        show_overhead(chosen.calls, chosen.in_flight, chosen.rounds)
    else:
        show_reports(chosen.model, chosen.count, chosen.rounds, chosen.context)
    return 0


if __name__ == "__main__":
    sys.exit(main())

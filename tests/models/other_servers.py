"""Servers that keep less of the protocol than llama.cpp's own, started where they are installed.

``llama-cpp-python[server]`` and ``transformers[serving]`` are in no extra: the tests with the
markers ``llama_cpp_python`` and ``transformers_serve`` are skipped without them. An interpreter of
another environment can be named in SEKISHO_LLAMA_CPP_PYTHON and SEKISHO_TRANSFORMERS.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from llama_server import processor_time
from numpy.typing import NDArray
from random_model import TEMPLATE, VOCABULARY, random_weights
from training.nano.gguf_file import Shape, Vocabulary

__all__ = ["OtherServer", "llama_cpp_python", "transformers_serve"]

_READY_S = 120.0


@dataclass(frozen=True)
class OtherServer:
    """A running server; ``model`` is the name that it wants to hear."""

    url: str
    model: str
    pid: int
    key: str = field(repr=False)

    def work(self) -> float:
        """Seconds of processor time that it used so far (Linux only)."""
        return processor_time(self.pid)


@contextmanager
def llama_cpp_python(path: Path, *, context: int) -> Iterator[OtherServer]:
    """llama-cpp-python's server with the GGUF file ``path``; it has one slot."""
    python = _python("SEKISHO_LLAMA_CPP_PYTHON", "llama_cpp.server")
    key, port = secrets.token_urlsafe(16), _free_port()
    command = [python, "-m", "llama_cpp.server", "--model", str(path), "--model_alias", "random"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--api_key", key]
    command += ["--n_ctx", str(context), "--n_threads", "1", "--n_threads_batch", "1"]
    with _running([*command, "--verbose", "false"], port, key, "random") as server:
        yield server


@contextmanager
def transformers_serve(folder: Path) -> Iterator[OtherServer]:
    """``transformers serve`` with a random model that is written to ``folder``."""
    python = _python("SEKISHO_TRANSFORMERS", "transformers.cli.serve")
    shape = Shape(
        vocabulary=len(VOCABULARY.tokens),
        hidden=64,
        layers=2,
        heads=2,
        kv_heads=1,
        feed_forward=128,
        context=4096,
    )
    # It lists what lies in the cache of its hub, and nothing else.
    stored = folder / "models--sekisho--random"
    snapshot = stored / "snapshots" / ("0" * 40)
    for place in (snapshot, stored / "refs", stored / "blobs"):
        place.mkdir(parents=True)
    (stored / "refs" / "main").write_text(snapshot.name, encoding="ascii")
    _write_for_transformers(snapshot, shape, VOCABULARY, random_weights(shape, seed=1))
    port = _free_port()
    command = [str(Path(python).with_name("transformers")), "serve"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    environment = {"HF_HUB_CACHE": str(folder), "HF_HUB_OFFLINE": "1"}
    with _running(command, port, "", "sekisho/random", **environment) as server:
        yield server


def _python(variable: str, module: str) -> str:
    """The interpreter that has ``module``; skips the test when there is none."""
    python = os.environ.get(variable, sys.executable)
    found = subprocess.run(
        [python, "-c", f"import {module}"], capture_output=True, check=False, timeout=_READY_S
    )
    if found.returncode != 0:
        pytest.skip(f"{module} is not installed (nor named in {variable})")
    return python


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def _running(
    command: Sequence[str], port: int, key: str, model: str, **environment: str
) -> Iterator[OtherServer]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    try:
        url = f"http://127.0.0.1:{port}/v1"
        _wait_until_ready(process, f"{url}/models", key)
        yield OtherServer(url, model, process.pid, key)
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, key: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    until = time.monotonic() + _READY_S
    while True:
        try:
            opener.open(request, timeout=10).close()
            return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the server did not start") from None
            time.sleep(0.1)


def _write_for_transformers(
    folder: Path, shape: Shape, tokens: Vocabulary, weights: Mapping[str, NDArray[np.float32]]
) -> None:
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "intermediate_size": shape.feed_forward,
        "max_position_embeddings": shape.context,
        "rms_norm_eps": shape.norm_epsilon,
        "rope_theta": shape.rope_base,
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "bos_token_id": tokens.begin,
        "eos_token_id": tokens.end,
        "dtype": "float32",
    }
    special = ["<unk>", "<s>", "</s>", *tokens.controls]
    tokenizer = {
        "version": "1.0",
        "added_tokens": [
            {
                "id": number,
                "content": content,
                "special": True,
                **dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False),
            }
            for number, content in enumerate(special)
        ],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
            ],
        },
        "model": {
            "type": "BPE",
            "byte_fallback": True,
            "unk_token": "<unk>",
            "vocab": {
                token.replace(" ", "▁"): number for number, token in enumerate(tokens.tokens)
            },
            "merges": [],
        },
    }
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "chat_template": "<s>" + TEMPLATE,
        "clean_up_tokenization_spaces": False,
    }
    for name, content in (
        ("config.json", config),
        ("tokenizer.json", tokenizer),
        ("tokenizer_config.json", settings),
    ):
        text = json.dumps(content, ensure_ascii=False)
        (folder / name).write_text(text, encoding="utf-8")
    _write_safetensors(folder / "model.safetensors", weights)


def _write_safetensors(path: Path, weights: Mapping[str, NDArray[np.float32]]) -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, matrix in weights.items():
        offsets = [at, at + matrix.nbytes]
        header[name] = {"dtype": "F32", "shape": list(matrix.shape), "data_offsets": offsets}
        at += matrix.nbytes
    head = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(head).to_bytes(8, "little") + head)
        for matrix in weights.values():
            file.write(matrix.tobytes())

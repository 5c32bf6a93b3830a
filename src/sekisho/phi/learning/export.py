"""The model file: written from a network, and read back into one.

The ONNX graph is built by hand, so that every weight keeps its name and a shipped file can be
trained further. Weights of the layers are quantised to seven bits (eight would overflow in the
16-bit sums of processors without VNNI, and the answer would depend on the machine); activations
have a fixed scale found on sample texts, so that a character's scores do not depend on what else is
read with it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from sekisho.errors import ModelFileError
from sekisho.phi.detectors.tagger.encoding import LABELS, Vocabulary
from sekisho.phi.detectors.tagger.modelfile import FORMAT
from sekisho.phi.learning.network import Shape, Tagger

__all__ = ["export", "restore"]

_OPSET = 17
#: The embeddings, in the order of the rows of features.
_TABLES = ("characters", "words", "lexicon")
_SIZES = ("width", "character_width", "word_width", "lexicon_width")


def export(
    network: Tagger,
    vocabulary: Vocabulary,
    samples: Sequence[NDArray[np.int32]],
    *,
    temperature: float,
    card: dict[str, Any],
    path: Path,
) -> None:
    """Write ``network`` to ``path``; ``samples`` are the features of texts to scale it by."""
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    class Samples(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left = iter(samples)

        def get_next(self) -> dict[str, Any] | None:
            features = next(self._left, None)
            return None if features is None else {"features": features[None]}

    with TemporaryDirectory() as folder:
        whole, small = Path(folder) / "whole.onnx", Path(folder) / "small.onnx"
        onnx.save(_graph(network), whole)
        with _without_advice():
            quantize_static(
                whole,
                small,
                Samples(),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["MatMul"],
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
        model = onnx.load(small)
    shape = network.shape
    described = {
        "format": FORMAT,
        "labels": list(LABELS),
        "characters": vocabulary.characters,
        "reach": shape.reach,
        "dilations": list(shape.dilations),
        "sizes": {name: getattr(shape, name) for name in _SIZES},
        "temperature": round(temperature, 4),
        "card": card,
    }
    del model.metadata_props[:]
    entry = model.metadata_props.add()
    entry.key, entry.value = "sekisho", json.dumps(described, ensure_ascii=False, sort_keys=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


@contextmanager
def _without_advice() -> Iterator[None]:
    """The quantiser advises steps on the root logger that this graph does not need."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)


def restore(path: Path) -> tuple[Tagger, Vocabulary, dict[str, Any]]:
    """The network of a model file, its vocabulary and its description.

    Raises ``ModelFileError`` when the file cannot be read or holds something else.
    """
    try:
        model = onnx.load(path)
        described = json.loads({p.key: p.value for p in model.metadata_props}["sekisho"])
        vocabulary = Vocabulary(described["characters"])
        sizes = {name: int(described["sizes"][name]) for name in _SIZES}
        shape = Shape(len(vocabulary), dilations=tuple(described["dilations"]), **sizes)
        network = Tagger(shape)
        stored = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
        network.load_state_dict(
            {name: _weight(stored, name, like) for name, like in network.state_dict().items()}
        )
    except Exception as error:  # noqa: BLE001  a damaged file fails anywhere in here
        raise ModelFileError(
            f"this is no tagger model that can be trained further ({type(error).__name__})",
            where=str(path),
        ) from None
    return network.eval(), vocabulary, described


def _weight(stored: dict[str, NDArray[Any]], name: str, like: torch.Tensor) -> torch.Tensor:
    """A weight as PyTorch wants it, from its seven bits where it was quantised."""
    values = stored.get(name)
    if values is None:
        steps = stored[f"{name}_scale"]
        values = stored[f"{name}_quantized"].astype(np.float32) * steps[None, :]
    if values.ndim == 2 and name.partition(".")[0] not in _TABLES:
        values = values.T  # as ``linear`` wrote it
    return torch.from_numpy(np.array(values, dtype=np.float32)).reshape(like.shape)


def _graph(network: Tagger) -> onnx.ModelProto:
    """The network as an ONNX model of floating-point numbers."""
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    nodes: list[onnx.NodeProto] = []
    constants: dict[str, NDArray[Any]] = {}

    def constant(name: str, values: NDArray[Any]) -> str:
        constants[name] = values
        return name

    def node(kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def linear(states: str, name: str) -> str:
        matrix = constant(f"{name}.weight", np.ascontiguousarray(weights[f"{name}.weight"].T))
        product = node("MatMul", (states, matrix), f"{name}.product")
        return node(
            "Add", (product, constant(f"{name}.bias", weights[f"{name}.bias"])), f"{name}.sum"
        )

    def norm(states: str, name: str) -> str:
        scale = constant(f"{name}.weight", weights[f"{name}.weight"])
        shift = constant(f"{name}.bias", weights[f"{name}.bias"])
        return node(
            "LayerNormalization", (states, scale, shift), f"{name}.out", axis=-1, epsilon=1e-5
        )

    embedded = []
    for row, name in enumerate(_TABLES):
        ids = node(
            "Gather", ("features", constant(f"row{row}", np.array(row))), f"{name}.ids", axis=1
        )
        table = constant(f"{name}.weight", weights[f"{name}.weight"])
        embedded.append(node("Gather", (table, ids), f"{name}.out", axis=0))
    states = linear(node("Concat", embedded, "embedded", axis=-1), "enter")
    last = constant("last", np.array([np.iinfo(np.int64).max]))
    middle = constant("axis", np.array([1]))
    nought = constant("nought", np.array([0]))
    for place, dilation in enumerate(network.shape.dilations):
        name = f"layers.{place}"
        pads = constant(f"{name}.pads", np.array([0, dilation, 0, 0, dilation, 0]))
        padded = node("Pad", (norm(states, f"{name}.norm"), pads), f"{name}.padded")
        one = constant(f"{name}.one", np.array([dilation]))
        two = constant(f"{name}.two", np.array([2 * dilation]))
        back_one = constant(f"{name}.back_one", np.array([-dilation]))
        back_two = constant(f"{name}.back_two", np.array([-2 * dilation]))
        taps = (
            node("Slice", (padded, nought, back_two, middle), f"{name}.left"),
            node("Slice", (padded, one, back_one, middle), f"{name}.centre"),
            node("Slice", (padded, two, last, middle), f"{name}.right"),
        )
        mixed = linear(node("Concat", taps, f"{name}.taps", axis=-1), f"{name}.mix")
        nodes.append(
            helper.make_node(
                "Split", [mixed], [f"{name}.value", f"{name}.gate"], name=f"{name}.split", axis=-1
            )
        )
        opened = node("Sigmoid", (f"{name}.gate",), f"{name}.open")
        gated = node("Mul", (f"{name}.value", opened), f"{name}.gated")
        states = node("Add", (states, gated), f"{name}.out")
    scores = linear(norm(states, "norm"), "leave")
    graph = helper.make_graph(
        nodes,
        "tagger",
        [helper.make_tensor_value_info("features", TensorProto.INT32, ["batch", 3, "characters"])],
        [
            helper.make_tensor_value_info(
                scores, TensorProto.FLOAT, ["batch", "characters", len(LABELS)]
            )
        ],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model

"""The tagger's model: one ONNX file that carries its own vocabulary and description.

The network is convolutional, so what it says of a character depends on ``reach`` characters to
either side and on nothing else. A long text is therefore read in windows that overlap by that
much, and the answer is the same as if it had been read at once: there are no seams.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sekisho.errors import ModelFileError
from sekisho.phi.detectors.tagger.encoding import LABELS, Features, Vocabulary

__all__ = ["FORMAT", "SHIPPED", "ModelFile", "card_of", "digest_of", "load"]

SHIPPED = Path(__file__).with_name("tagger.onnx")
_CARD = SHIPPED.with_name("card.json")
#: What the file's description must say; it changes when features or labels do.
FORMAT = 1
#: Characters that one step of the network reads beyond its borders.
_WINDOW = 1024
_REINSTALL = "reinstall sekisho, name a file with --tagger, or leave tagger out of --detectors"


@dataclass(frozen=True)
class ModelFile:
    """A loaded model. ``temperature`` makes its scores probabilities, ``card`` describes it."""

    digest: str
    vocabulary: Vocabulary
    reach: int
    temperature: float
    card: dict[str, Any]
    session: Any = field(repr=False)

    def logits(self, features: Features) -> NDArray[np.float32]:
        """The scores of the labels, shape (characters, labels), for features (3, characters)."""
        length = features.shape[1]
        if length <= _WINDOW + 2 * self.reach:
            return self._run(features)
        pieces = []
        for start in range(0, length, _WINDOW):
            low, high = max(0, start - self.reach), min(length, start + _WINDOW + self.reach)
            scores = self._run(features[:, low:high])
            pieces.append(scores[start - low : min(start + _WINDOW, length) - low])
        return np.concatenate(pieces)

    def _run(self, features: Features) -> NDArray[np.float32]:
        result: NDArray[np.float32] = self.session.run(None, {"features": features[None]})[0][0]
        return result


def card_of(path: Path = SHIPPED) -> dict[str, Any]:
    """The card of a model: of the shipped one with its scores, of another as its file states it.

    Raises ``ModelFileError`` as :func:`load` does.
    """
    model = load(path)
    if path == SHIPPED:
        stated: dict[str, Any] = json.loads(_CARD.read_text(encoding="utf-8"))
        return stated
    return {"sha256": model.digest, **model.card, "temperature": model.temperature}


def digest_of(content: bytes) -> str:
    """The SHA-256 of a model file."""
    return hashlib.sha256(content).hexdigest()


# Every detector of a process reads the same file.
@lru_cache(maxsize=2)
def load(path: Path = SHIPPED) -> ModelFile:
    """The model in ``path``.

    Raises ``ModelFileError`` when the file is missing, damaged, or of another format.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(
            f"the tagger's model cannot be read: {error.strerror}",
            where=str(path),
            remedy=_REINSTALL,
        ) from None
    digest = digest_of(content)
    if path == SHIPPED and digest != _recorded():
        raise ModelFileError(
            "the tagger's model is not the one that was shipped", where=str(path), remedy=_REINSTALL
        )
    session = _session(content, path)
    try:
        described = json.loads(session.get_modelmeta().custom_metadata_map["sekisho"])
        if described["format"] != FORMAT or described["labels"] != list(LABELS):
            raise ValueError
        return ModelFile(
            digest=digest,
            vocabulary=Vocabulary(described["characters"]),
            reach=int(described["reach"]),
            temperature=float(described["temperature"]),
            card=described["card"],
            session=session,
        )
    except (KeyError, ValueError, TypeError):
        raise ModelFileError(
            "this is no tagger model of this version of sekisho", where=str(path), remedy=_REINSTALL
        ) from None


def _recorded() -> str:
    """The digest that was written down when the shipped file was made."""
    try:
        return str(json.loads(_CARD.read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, KeyError):
        raise ModelFileError(
            "the card of the tagger's model cannot be read", where=str(_CARD), remedy=_REINSTALL
        ) from None


def _session(content: bytes, path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise ModelFileError(
            "the tagger needs onnxruntime, which cannot be imported",
            remedy="pip install onnxruntime, or leave tagger out of --detectors",
        ) from None
    options = onnxruntime.SessionOptions()
    # One thread: --jobs gives each core a process of its own, and two levels of threads would spin.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001  onnxruntime raises what it likes for a damaged file
        raise ModelFileError(
            f"the tagger's model is damaged ({type(error).__name__})",
            where=str(path),
            remedy=_REINSTALL,
        ) from None

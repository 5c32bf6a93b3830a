"""sekisho (関所): the checkpoint between a hospital's clinical text and every language model."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"

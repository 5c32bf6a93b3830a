"""Studies: models, prompts and reviews measured in five phases, and the best of them frozen."""

from __future__ import annotations

__all__ = ["RESULT"]

#: The file by which the folder of a study is known: everything that the study found.
RESULT = "result.json"

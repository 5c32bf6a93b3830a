"""Answers of the form that the llm detector asks for."""

from __future__ import annotations

import json

from sekisho.phi.detectors.llm.listing import PhiItem

__all__ = ["answer", "items"]


def items(*pairs: tuple[str, str]) -> list[PhiItem]:
    """The items of an answer, given as ``(type, value)``."""
    return [PhiItem.model_validate({"type": kind, "value": value}) for kind, value in pairs]


def answer(*pairs: tuple[str, str]) -> str:
    """What a model says that names these."""
    found = [{"type": kind, "value": value} for kind, value in pairs]
    return json.dumps({"phi_list": found}, ensure_ascii=False)

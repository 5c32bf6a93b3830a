"""The answer that a model is asked for: ``{"phi_list": [{"type": ..., "value": ...}]}``.

The form is that of Wada et al. (Sci Rep 16, 5910, 2026), with the seventeen categories for types.
Everything in it is bounded, so that a server that keeps to the schema cannot answer for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sekisho.phi.categories import Category

__all__ = ["PhiItem", "PhiList", "shown"]

_LONGEST_VALUE = 200
_MOST_ITEMS = 300


class PhiItem(BaseModel):
    """One identifier, copied letter for letter."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Category
    value: Annotated[str, Field(min_length=1, max_length=_LONGEST_VALUE)] = Field(repr=False)


class PhiList(BaseModel):
    """All identifiers of a passage, one an entry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phi_list: Annotated[tuple[PhiItem, ...], Field(max_length=_MOST_ITEMS)] = Field(repr=False)


def shown(items: Iterable[PhiItem]) -> str:
    """``items`` as a model is shown them, however many came together from several answers."""
    return PhiList.model_construct(phi_list=tuple(items)).model_dump_json()

"""One execution over many records: journal, engine, outputs. Carries plain callables."""

from __future__ import annotations

__all__: list[str] = []

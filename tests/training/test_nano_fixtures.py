"""The tiny models beside the tests: the card tells of these very files, and says what they are."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[1] / "nano"
ROOM = 8_000_000


@pytest.mark.parametrize("name", ["weak.gguf", "strong.gguf"])
def test_the_card_belongs_to_the_file(name: str) -> None:
    card = json.loads((FIXTURES / "card.json").read_text(encoding="utf-8"))[name]
    held = (FIXTURES / name).read_bytes()
    assert hashlib.sha256(held).hexdigest() == card["sha256"]
    assert len(held) == card["bytes"] <= ROOM


def test_the_card_says_that_no_user_is_offered_these_models() -> None:
    card = json.loads((FIXTURES / "card.json").read_text(encoding="utf-8"))
    assert sorted(card) == ["strong.gguf", "weak.gguf"]
    assert all("never a model for users" in entry["purpose"] for entry in card.values())

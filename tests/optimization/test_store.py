"""The store of a study: what was read stays, belongs to one study, and names nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from sekisho.errors import JournalError, UsageError
from sekisho.evaluation.trials import Claim
from sekisho.models.answers import Cost
from sekisho.optimization.records import Passage, Record
from sekisho.optimization.store import FILENAME, Store
from sekisho.phi.categories import Category

RECORD = Record(
    characters=12,
    passages=(
        Passage(
            claims=(Claim(Category.NAME, ((0, 4),)),),
            valid_first=True,
            score=100.0,
            findings=0,
            cost=Cost(calls=2, prompt_tokens=30, seconds=1.5),
        ),
    ),
)


def test_what_was_kept_is_there_in_the_next_sitting(tmp_path: Path) -> None:
    with Store.open(tmp_path, "study", resume=False) as store:
        assert store.reading("m", 1) is None
        store.keep_reading(RECORD, "m", 1)
        store.keep_decision({"text": "短く"}, "gepa", "m")
    with Store.open(tmp_path, "study", resume=True) as store:
        assert store.reading("m", 1) == RECORD
        assert store.reading("m", 2) is None
        assert store.decision("gepa", "m") == {"text": "短く"}
        assert store.spent() == RECORD.cost


def test_a_study_goes_on_only_when_asked_to(tmp_path: Path) -> None:
    with Store.open(tmp_path, "study", resume=False):
        pass
    with pytest.raises(UsageError, match="begun before"):
        Store.open(tmp_path, "study", resume=False)


def test_another_study_does_not_go_on_in_its_place(tmp_path: Path) -> None:
    with Store.open(tmp_path, "study", resume=False):
        pass
    with pytest.raises(UsageError, match="another study"):
        Store.open(tmp_path, "other", resume=True)


def test_a_foreign_or_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILENAME).write_bytes(b"no database at all" * 100)
    with pytest.raises(JournalError):
        Store.open(tmp_path, "study", resume=True)


def test_a_damaged_reading_is_never_used(tmp_path: Path) -> None:
    with Store.open(tmp_path, "study", resume=False) as store:
        store.keep_reading(RECORD, "m", 1)
        store._connection.execute("UPDATE kept SET body = '{}'")
        with pytest.raises(JournalError, match="damaged"):
            store.reading("m", 1)


def test_a_name_or_a_text_cannot_be_guessed_from_the_file(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        with Store.open(tmp_path / folder, "study", resume=False) as store:
            store.keep_reading(RECORD, "m", "digest of a short report")
    keys = []
    for folder in ("one", "two"):
        with Store.open(tmp_path / folder, "study", resume=True) as store:
            keys += store._connection.execute("SELECT key FROM kept").fetchall()
    assert keys[0] != keys[1]

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sekisho.errors import InputError
from sekisho.runs.assembly import Output, Totals
from sekisho.runs.manifest import (
    Input,
    Manifest,
    describe_input,
    option_digests,
    versions,
)

BEGUN = datetime(2024, 4, 1, 9, tzinfo=UTC)


def manifest(begun: datetime = BEGUN, run_id: str = "a") -> Manifest:
    totals = Totals(statuses=Counter(released=2, held=1), chars=30)
    return Manifest(
        versions={"sekisho": "1", "python": "3"},
        options=option_digests({"--text-column": ["所見"], "--jobs": 2}),
        profile={"ja-pseudonymized": "00"},
        inputs=(Input("a.csv", "00", 3),),
        outputs=(Output("released.csv", "00", 3),),
        totals=totals,
        run_id=run_id,
        begun=begun,
        ended=begun + timedelta(seconds=12.3456),
    )


def test_only_the_key_run_differs_between_two_same_runs():
    one = manifest().as_json()
    other = manifest(BEGUN + timedelta(hours=1), "b").as_json()
    assert one.pop("run") != other.pop("run")
    assert json.dumps(one) == json.dumps(other)
    assert list(one["versions"]) == ["python", "sekisho"]
    assert one["counts"]["documents"] == 3


def test_the_manifest_is_written_whole(tmp_path):
    path = manifest().write(tmp_path)
    assert path.name == "manifest.json"
    assert json.loads(path.read_text())["run"]["seconds"] == 12.346
    assert [entry.name for entry in tmp_path.iterdir()] == ["manifest.json"]


def test_options_are_digests_that_depend_on_the_value_only():
    assert option_digests({"a": 1, "b": "x"}) == option_digests({"b": "x", "a": 1})
    assert option_digests({"a": 1}) != option_digests({"a": "1"})
    assert "所見" not in str(option_digests({"--text-column": "所見"}))


def test_versions_include_python_and_say_what_is_missing():
    found = versions(["pytest", "no-such-package"])
    assert found["no-such-package"] == "not installed"
    assert set(found) == {"python", "pytest", "no-such-package"}


def test_an_input_is_described_by_its_bytes(tmp_path):
    path = tmp_path / "山田太郎.csv"
    path.write_bytes(b"abc")
    digest = hashlib.sha256(b"abc").hexdigest()
    assert describe_input(path) == Input("山田太郎.csv", digest, 3)
    hidden = describe_input(path, name_key=b"k")
    assert "山田" not in hidden.name
    assert hidden.sha256 == digest


def test_an_input_that_is_gone_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"a.csv: cannot be read"):
        describe_input(Path(tmp_path / "a.csv"))

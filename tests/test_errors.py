from __future__ import annotations

import pickle
import re

import pytest

from sekisho import errors
from sekisho.errors import MissingExtraError, SekishoError, UnmappedLabelError, UsageError

FAMILY = [getattr(errors, name) for name in errors.__all__]


def test_every_error_belongs_to_the_family() -> None:
    assert all(issubclass(kind, SekishoError) for kind in FAMILY)


def test_the_docstring_draws_the_family_as_it_is() -> None:
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match("    ([│ ├└─]*)([A-Za-z]+Error)", line)
        if match:
            depth = len(match[1]) // 4
            path[depth:] = [match[2]]
            if depth:
                drawn[match[2]] = path[depth - 1]
    parents = {kind.__name__: kind.__base__.__name__ for kind in FAMILY if kind is not SekishoError}
    assert drawn == parents


@pytest.mark.parametrize("kind", FAMILY)
def test_an_error_crosses_a_process_border_whole(kind: type[SekishoError]) -> None:
    error = kind("it broke", where="in.csv, row 3", remedy="mend it")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (copy.message, copy.where, copy.remedy) == ("it broke", "in.csv, row 3", "mend it")
    assert str(copy) == str(error)


def test_an_error_reads_as_one_line_with_place_and_remedy() -> None:
    assert str(UsageError("it broke", where="in.csv", remedy="mend it")) == (
        "in.csv: it broke (mend it)"
    )


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UsageError("it broke"), "it broke"),
        (UsageError("it broke", where="in.csv"), "in.csv: it broke"),
        (MissingExtraError("it broke", remedy="mend it"), "it broke (mend it)"),
    ],
)
def test_what_is_not_known_is_not_shown(error: SekishoError, line: str) -> None:
    assert str(error) == line


def test_an_unmapped_label_is_a_failed_detection_and_no_usage_error() -> None:
    assert issubclass(UnmappedLabelError, errors.DetectionError)
    assert not issubclass(UnmappedLabelError, UsageError)

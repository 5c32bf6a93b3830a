from __future__ import annotations

from pathlib import Path

import pytest

from sekisho.errors import ReleaseError, UsageError
from sekisho.phi.categories import DIRECT, Category
from sekisho.release.profile import builtin_profiles, load_profile


def own(folder: Path, text: str, name: str = "own.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_six_profiles_come_with_sekisho() -> None:
    assert builtin_profiles() == (
        "hipaa-safe-harbor",
        "ja-anonymized",
        "ja-case-report",
        "ja-pseudonymized",
        "redact-all",
        "wada",
    )


@pytest.mark.parametrize("name", builtin_profiles())
def test_every_profile_states_every_category_and_its_basis(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert set(profile.categories) == set(Category)
    assert profile.basis
    assert profile.title.ja
    assert profile.title.en


@pytest.mark.parametrize("name", builtin_profiles())
def test_no_profile_keeps_what_names_a_patient_by_itself(name: str) -> None:
    profile = load_profile(name)
    assert "keep" not in {profile.rule(category).action for category in DIRECT}


def test_anonymised_information_leaves_no_way_back() -> None:
    profile = load_profile("ja-anonymized")
    assert not profile.reversible
    actions = {rule.action for rule in profile.categories.values()}
    assert not actions & {"pseudonym", "surrogate", "dateshift"}


def test_a_keyed_action_in_an_irreversible_profile_is_refused(tmp_path: Path) -> None:
    path = own(
        tmp_path,
        'extends = "ja-anonymized"\n[categories]\nID = { action = "pseudonym" }\n',
    )
    with pytest.raises(UsageError, match="pseudonym"):
        load_profile(path)


def test_a_profile_that_extends_another_replaces_whole_rules(tmp_path: Path) -> None:
    path = own(
        tmp_path,
        'extends = "ja-pseudonymized"\nname = "mine"\n[categories]\nSEX = { action = "tag" }\n',
    )
    profile = load_profile(path)
    assert profile.name == "mine"
    assert profile.rule("SEX").action == "tag"
    assert profile.rule("DATE").action == "dateshift"
    assert profile.digest != load_profile("ja-pseudonymized").digest


def test_a_profile_may_extend_a_file_beside_it(tmp_path: Path) -> None:
    own(tmp_path, 'extends = "wada"\nlanguage = "nl"\n', "base.toml")
    path = own(tmp_path, 'extends = "base.toml"\nname = "mine"\n')
    assert load_profile(path).language == "nl"


def test_a_profile_that_extends_itself_is_refused(tmp_path: Path) -> None:
    path = own(tmp_path, 'extends = "own.toml"\n')
    with pytest.raises(UsageError, match="extends itself"):
        load_profile(path)


def test_a_profile_that_forgets_a_category_is_refused(tmp_path: Path) -> None:
    rules = "\n".join(f'{c} = {{ action = "tag" }}' for c in Category if c != Category.PHONE)
    path = own(
        tmp_path,
        'name = "mine"\nbasis = "none"\nreversible = true\n'
        f'[title]\nja = "x"\nen = "x"\n[categories]\n{rules}\n',
    )
    with pytest.raises(UsageError, match="PHONE"):
        load_profile(path)


@pytest.mark.parametrize(
    "line",
    [
        'NAMES = { action = "tag" }',
        'NAME = { action = "hide" }',
        'NAME = { action = "tag", labl = "x" }',
        'NAME = { action = "dateshift" }',
        'NAME = { action = "generalise", to = "year" }',
        'NAME = { action = "generalise" }',
        'AGE = { action = "surrogate" }',
        'ID = { action = "pseudonym", length = 2 }',
        "NAME = { }",
        'DATE = { action = "dateshift", minimum = 40, maximum = 30 }',
        'PHONE = "tag"',
    ],
)
def test_an_unknown_category_action_or_option_is_refused(tmp_path: Path, line: str) -> None:
    path = own(tmp_path, f'extends = "redact-all"\n[categories]\n{line}\n')
    with pytest.raises(UsageError):
        load_profile(path)


def test_an_unknown_field_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="colour"):
        load_profile(own(tmp_path, 'extends = "redact-all"\ncolour = "red"\n'))


@pytest.mark.parametrize("source", ["nobody", "nobody.toml"])
def test_a_profile_that_is_not_there_is_named(source: str) -> None:
    with pytest.raises(UsageError, match="nobody"):
        load_profile(source)


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="TOML"):
        load_profile(own(tmp_path, "name ="))


def test_a_category_that_no_profile_knows_is_a_release_error() -> None:
    with pytest.raises(ReleaseError, match="MOOD"):
        load_profile("redact-all").rule("MOOD")

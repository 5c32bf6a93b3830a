from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.errors import VaultTamperedError, WrongKeyError
from sekisho.release.keys import Keys, MasterKey, decode, encode

KEYS = Keys.generate()
texts = st.text(st.characters(), max_size=8)


@given(st.lists(texts, max_size=4), st.lists(texts, max_size=4))
def test_no_two_lists_of_parts_have_one_encoding(one: list[str], other: list[str]) -> None:
    assert (encode(*one) == encode(*other)) == (one == other)


@given(st.lists(st.binary(max_size=8), max_size=4))
def test_decoding_gives_the_parts_back(parts: list[bytes]) -> None:
    assert decode(encode(*parts)) == tuple(parts)


def test_a_cut_encoding_is_refused() -> None:
    with pytest.raises(ValueError):
        decode(encode("山田")[:-1])


def test_derived_bytes_depend_on_the_key_the_purpose_and_every_part() -> None:
    derived = {
        KEYS.derive("a", "b"),
        KEYS.derive("a", "b", ""),
        KEYS.derive("ab"),
        KEYS.derive("", "ab"),
        Keys.generate().derive("a", "b"),
    }
    assert len(derived) == 5
    assert {len(value) for value in derived} == {32}
    assert KEYS.derive("a", "b") == KEYS.derive("a", "b")


def test_a_lone_surrogate_can_be_derived_from() -> None:
    assert KEYS.derive("name", "\ud842") != KEYS.derive("name", "\ud843")


@given(st.binary(max_size=50), st.binary(max_size=10), st.data())
def test_a_sealed_value_opens_as_it_was_and_no_other_way(
    plaintext: bytes, aad: bytes, data: st.DataObject
) -> None:
    sealed = KEYS.seal(plaintext, aad)
    assert KEYS.open(sealed, aad) == plaintext
    at = data.draw(st.integers(0, len(sealed) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = sealed[:at] + bytes([sealed[at] ^ flip]) + sealed[at + 1 :]
    for wrong, bound in ((changed, aad), (sealed, aad + b"x"), (sealed[:at], aad)):
        with pytest.raises(VaultTamperedError):
            KEYS.open(wrong, bound)


def test_two_seals_of_one_value_differ() -> None:
    assert KEYS.seal(b"x", b"") != KEYS.seal(b"x", b"")


def test_no_key_shows_in_a_repr() -> None:
    master = MasterKey.generate()
    assert repr(master) == "MasterKey()"
    assert repr(KEYS) == "Keys(version=1)"


def test_keys_travel_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(KEYS)) == KEYS


def test_wrapped_keys_open_under_their_own_master_vault_and_version_only() -> None:
    master = MasterKey.generate()
    wrapped = master.wrap(KEYS, "v")
    assert master.unwrap(wrapped, "v", 1) == KEYS
    for key, vault, version in ((MasterKey.generate(), "v", 1), (master, "w", 1), (master, "v", 2)):
        with pytest.raises(WrongKeyError):
            key.unwrap(wrapped, vault, version)


def test_one_changed_wrapped_key_is_tampering_and_not_a_wrong_key() -> None:
    master = MasterKey.generate()
    wrapped = master.wrap(KEYS, "v")
    with pytest.raises(VaultTamperedError, match="'data'"):
        master.unwrap({**wrapped, "data": wrapped["pseudonym"]}, "v", 1)


@pytest.mark.parametrize("text", ["", "secret!", "c2hvcnQ=", "鍵"])
def test_a_text_that_is_no_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(WrongKeyError) as caught:
        MasterKey.parse(text, where="SEKISHO_KEY")
    assert not text or text not in str(caught.value)

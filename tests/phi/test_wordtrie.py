from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekisho.phi.wordtrie import trie

WORDS = st.lists(
    st.text(alphabet="佐藤病院ab.*+^-]&|~\\ \n", min_size=1, max_size=5), min_size=1, max_size=12
)


@settings(deadline=None, max_examples=200)
@given(WORDS, st.text(alphabet="佐藤病院ab.*+^-]&|~\\ \n", max_size=5))
def test_it_matches_its_words_and_nothing_else(words: list[str], other: str) -> None:
    pattern = re.compile(trie(words))
    assert all(pattern.fullmatch(word) for word in words)
    assert (pattern.fullmatch(other) is not None) == (other in words)


@settings(deadline=None, max_examples=200)
@given(WORDS, st.text(alphabet="佐藤病院ab", max_size=8))
def test_the_longest_word_wins(words: list[str], text: str) -> None:
    longest = max((word for word in words if text.startswith(word)), key=len, default=None)
    match = re.compile(trie(words)).match(text)
    assert (match.group() if match else None) == longest


@pytest.mark.parametrize("words", [[], [""], ["佐藤", ""]])
def test_a_list_that_would_match_everywhere_is_refused(words: list[str]) -> None:
    with pytest.raises(ValueError, match="word"):
        trie(words)

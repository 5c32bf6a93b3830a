"""What the tagger sees: ids for every character there is, words, and the shield."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.documents.document import Document
from sekisho.phi.categories import Category
from sekisho.phi.detectors.tagger.encoding import (
    LABELS,
    LEXICON_IDS,
    WORD_IDS,
    Vocabulary,
    encode,
    word_features,
)

VOCABULARY = Vocabulary("山田を。")


def test_there_is_a_begin_and_an_inside_for_each_category() -> None:
    assert len(LABELS) == 1 + 2 * len(Category)
    assert LABELS[:3] == ("O", "B-NAME", "I-NAME")


def test_listed_characters_have_ids_of_their_own() -> None:
    ids = VOCABULARY.ids("山田を。").tolist()
    assert len(set(ids)) == 4
    assert min(ids) >= len(Vocabulary.CLASSES)


@pytest.mark.parametrize(
    ("character", "kind"),
    [("鬱", "kanji"), ("𠮷", "kanji"), ("ぬ", "hiragana"), ("ヌ", "katakana"), ("q", "letter"),
     ("7", "number"), ("%", "mark"), ("、", "mark"), ("\n", "other"), ("\ud800", "other")],
)  # fmt: skip
def test_other_characters_are_known_by_their_class(character: str, kind: str) -> None:
    assert Vocabulary.CLASSES[VOCABULARY.ids(character)[0]] == kind


def test_a_character_listed_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        Vocabulary("山山")


def test_a_surname_is_marked_as_one() -> None:
    kinds, known = word_features(Document("", "山田が来た"))
    assert kinds[0] != kinds[1]
    assert known[0] == known[1] != 0


def test_the_shield_is_seen() -> None:
    _, shielded = word_features(Document("", "橋本病の既往"))
    _, bare = word_features(Document("", "橋本の既往"))
    assert shielded[0] >= 16 > bare[0]


@given(st.text(max_size=60))
def test_every_text_has_one_column_a_folded_character(text: str) -> None:
    document = Document("", text)
    features = encode(document, VOCABULARY)
    assert features.shape == (3, len(document.folded.text))
    if features.size:
        assert features.min() >= 0
        assert features[0].max() < len(VOCABULARY)
        assert features[1].max() < WORD_IDS
        assert features[2].max() < LEXICON_IDS

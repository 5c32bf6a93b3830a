"""The 160 reports that Wada et al. published, read from a clone of their repository.

Nothing of ``aki-wada/phi_detection_2025`` (licence file GPL-3.0) is part of sekisho; whoever has a
clone measures on it. **The repository was not at hand when this was written**, so its exact layout
is not known here. What was known: 100 reports for development and 60 held out, cells with
leftovers of other programs, labels in six shapes, repeated reports, and four reports that stand in
both splits. So this is a tolerant reader of tables that fails closed: it finds files, sheets,
columns and labels by many names (``words.toml``), mends what has one meaning only, says in notes
what it did, and refuses the rest with file and row.

Values are labels without offsets; they are located in the text, every occurrence.
"""

from __future__ import annotations

from sekisho.evaluation.wada_clone.account import INCOMPLETE, PUBLISHED, SHARED_EXPECTED
from sekisho.evaluation.wada_clone.files import files_of
from sekisho.evaluation.wada_clone.reading import Clone, read, sameness
from sekisho.evaluation.wada_clone.words import Split

__all__ = [
    "INCOMPLETE",
    "PUBLISHED",
    "SHARED_EXPECTED",
    "Clone",
    "Split",
    "files_of",
    "read",
    "sameness",
]

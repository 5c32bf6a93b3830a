"""Places in Latin letters, as DICOM headers and overlays write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sekisho.documents.document import Document, Span
from sekisho.phi.categories import Category
from sekisho.phi.morphology import Morpheme

__all__ = ["find"]

_WORD = "[A-Z][A-Za-z.'&-]{0,17}"
#: KISARAZU KITA HOSP, St. Luke's International Hospital.
_HOSPITAL = re.compile(
    rf"(?<![A-Za-z])(?:{_WORD} ){{1,5}}(?:Hospital|HOSPITAL|Hosp\.?|HOSP\.?|HP|Clinic|CLINIC|University|UNIVERSITY|Univ\.?|UNIV\.?|"
    r"Medical Center|MEDICAL CENTER|Med\.? ?Ctr\.?|MED CTR|Cancer Center|CANCER CENTER|ORTHO|Orthopedics|DENTAL|Dental|Ziekenhuis|ziekenhuis|Gasthuis)"
    r"(?: (?:Hospital|HOSPITAL|HOSP|HP))?(?![A-Za-z])"
)
_INSTITUTION = re.compile(
    r"(?<![A-Za-z])Institution(?:al)?(?P<kind>[ ]?(?:Name|Address|Addr))?[ :=]{1,30}(?P<value>[A-Za-z][A-Za-z0-9 .,'&-]{2,60}?)(?=[ ]{2}|\n|$|\[|\()"
)
#: Saitama-ken Kawagoe-shi, 1-2-3 CHUO-KU
_ROMAJI_ADDRESS = re.compile(
    r"(?<![A-Za-z])(?:[0-9]{1,4}(?:-[0-9]{1,4}){0,3}[ ,]{1,2})?[A-Za-z]{2,15}-(?:ken|shi|ku|cho|machi|gun|fu|to|do|mura|son|KEN|SHI|KU|CHO|MACHI|GUN|FU|TO|DO|MURA|SON)(?![A-Za-z])"
    r"(?:[ ,]{1,2}(?:[A-Za-z]{2,15}(?:-(?:ken|shi|ku|cho|machi|gun|mura|son|KEN|SHI|KU|CHO|MACHI|GUN|MURA|SON))|[0-9]{1,4}(?:-[0-9]{1,4}){1,3})(?![A-Za-z])){0,5}"
)


def find(document: Document, morphemes: Sequence[Morpheme] = ()) -> Iterator[Span]:
    """Institutions and addresses in Latin letters, in original offsets."""
    folded = document.folded
    text = folded.text
    for match in _HOSPITAL.finditer(text):
        yield _span(document, *match.span(), Category.FACILITY)
    for match in _INSTITUTION.finditer(text):
        kind = (match["kind"] or "").strip()
        label = Category.ADDRESS if kind.startswith("Addr") else Category.FACILITY
        yield _span(document, *match.span("value"), label)
    for match in _ROMAJI_ADDRESS.finditer(text):
        yield _span(document, *match.span(), Category.ADDRESS)


def _span(document: Document, start: int, end: int, label: Category) -> Span:
    return Span(*document.folded.to_original(start, end), label, ("lexicon:latin-place",), 0.8)

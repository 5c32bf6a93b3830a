"""Places and what people do there: addresses, institutions, departments, occupations.

Each module offers ``find(document, morphemes) -> Iterator[Span]``. A place inside the name of an
institution belongs to the institution: ``addresses`` and ``departments`` leave it alone.
"""

from __future__ import annotations

__all__: list[str] = []

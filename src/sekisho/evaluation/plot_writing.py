"""How names are written into a picture: with a font that has their characters, or escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

__all__ = ["Writing", "writing_of"]

_OWN_FONT = "DejaVu Sans"
_LONGEST_NAME = 28


@dataclass(frozen=True, slots=True)
class Writing:
    """The fonts that have all characters, or escapes where none has."""

    families: tuple[str, ...]
    escaped: bool

    def of(self, text: str) -> str:
        """``text`` as it is drawn, in one line that is not too long; a dollar is no formula."""
        line = " ".join(text.split())
        if self.escaped:
            line = line.encode("ascii", "backslashreplace").decode("ascii")
        if len(line) > _LONGEST_NAME:
            line = line[: _LONGEST_NAME - 1] + ("..." if self.escaped else "…")
        return line.replace("$", r"\$")


def writing_of(texts: Sequence[str]) -> Writing:
    """How ``texts`` can be written with the fonts that are installed; needs matplotlib."""
    from matplotlib import font_manager

    wanted = {ord(character) for text in texts for character in "".join(text.split())}
    own = _characters(font_manager.findfont(_OWN_FONT))
    if wanted <= own:
        return Writing((_OWN_FONT,), False)
    installed: dict[str, str] = {}
    for font in font_manager.fontManager.ttflist:
        installed.setdefault(font.name, font.fname)
    for family in _families():
        if family in installed and wanted <= own | _characters(installed[family]):
            return Writing((_OWN_FONT, family), False)
    return Writing((_OWN_FONT,), True)


def _characters(path: str) -> set[int]:
    from matplotlib.ft2font import FT2Font

    try:
        return set(FT2Font(path).get_charmap())
    except (OSError, RuntimeError):
        # A font file that was removed or is damaged has no characters.
        return set()


def _families() -> Iterator[str]:
    listed = resources.files("sekisho.evaluation").joinpath("plot_fonts.txt")
    for line in listed.read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#"):
            yield line

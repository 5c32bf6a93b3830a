"""The sealed set: held-out reports that nobody sees before the last phase, and then once.

A set is sealed by not being read. :class:`Sealed` holds only the way to load it; the opening is in
the ledger, on the disk, before the first byte of the data is read, and its digest directly after.

What counts as one opening:

- **A second look** is refused: another study file, other finalists, or the same after everything
  was measured. With ``reopen`` it is made, numbered, and marked as reopened for good.
- **Going on is no second look.** While an opening has no ``closed`` line its readings are not
  complete, so a run that was killed reads the set again, for exactly the same finalists and
  fingerprint, and it must be the same set to the last character (its digest).
- **A set that could not be read** (no such file, not understood) gave nothing away. Its opening
  stands in the ledger as ``unread``, and the next one is a new one, not a reopening. A kill leaves
  no such line, and so counts as a look.

Whoever wants to cheat can: he can read the file himself, or remove the whole folder. What can be
noticed is refused: a ledger that was cut or exchanged (:meth:`Ledger.expect`), and readings of the
held-out set without an opening (:func:`check_readings`). A copied folder has its ledger with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sekisho.errors import SealedError, SekishoError
from sekisho.evaluation.gold import GoldDocument
from sekisho.evaluation.study_data import DataSet
from sekisho.optimization.ledger import Ledger, Opened

__all__ = ["Sealed", "check_readings"]


class Sealed:
    """A data set that is loaded by :meth:`open` and by nothing else."""

    def __init__(self, load: Callable[[], DataSet], ledger: Ledger, *, name: str) -> None:
        """``load`` must not have read anything yet; ``name`` is that of the set in the ledger."""
        self.name = name
        self._load = load
        self._ledger = ledger
        self._data: DataSet | None = None
        self._number = 0

    def __repr__(self) -> str:
        return f"Sealed({self.name!r}, {'sealed' if self._data is None else 'open'})"

    @property
    def data(self) -> DataSet:
        """The set. Raises ``SealedError`` before it was opened, as everything else here does."""
        if self._data is None:
            raise SealedError(
                "the held-out reports are sealed until the last phase",
                remedy="measure on the development set",
            )
        return self._data

    @property
    def documents(self) -> tuple[GoldDocument, ...]:
        """Its documents."""
        return self.data.documents

    @property
    def notes(self) -> tuple[str, ...]:
        """Its notes."""
        return self.data.notes

    @property
    def synthetic(self) -> str:
        """Who says that no patient is in it."""
        return self.data.synthetic

    @property
    def digest(self) -> str:
        """Its digest."""
        return self.data.digest

    def open(
        self,
        *,
        finalists: Sequence[str],
        fingerprint: str,
        clock: Callable[[], str],
        reopen: bool = False,
    ) -> DataSet:
        """Read the set, once.

        ``finalists`` name the arms that it is opened for, ``fingerprint`` the study; ``clock``
        gives the time in ISO 8601. Raises ``SealedError`` for a second look without ``reopen``,
        and when the set is not the one of an opening that goes on; ``OutputError`` when the ledger
        cannot be written, and then nothing was read; what the loading raises.
        """
        if not finalists:
            raise SealedError("the held-out reports are opened for finalists, and there are none")
        going_on = self._going_on(tuple(finalists), fingerprint, reopen=reopen)
        if going_on is not None:
            data = self._load()
            if going_on.digest in ("", data.digest):
                return self._opened(going_on, data, clock)
            if not reopen:
                raise SealedError(
                    "the held-out reports are not those that were opened",
                    where=str(self._ledger.path),
                    remedy="put the former ones back, or open anew with --resume --reopen",
                )
        opening = self._ledger.opening(
            data=self.name,
            finalists=finalists,
            fingerprint=fingerprint,
            reopened=any(not each.unread for each in self._ledger.openings),
            at=clock(),
        )
        try:
            data = self._load()
        except SekishoError as error:
            self._ledger.unread(opening.number, reason=type(error).__name__, at=clock())
            raise
        return self._opened(opening, data, clock)

    def close(self, *, clock: Callable[[], str]) -> None:
        """Record that all finalists were measured: from here on, any look is a second one.

        The documents stay at hand for the report of this run. Raises ``SealedError`` when the set
        was not opened.
        """
        _ = self.data
        if not any(each.closed for each in self._ledger.openings if each.number == self._number):
            self._ledger.closed(self._number, at=clock())

    def _opened(self, opening: Opened, data: DataSet, clock: Callable[[], str]) -> DataSet:
        if not opening.digest:
            self._ledger.opened(
                opening.number, digest=data.digest, documents=len(data.documents), at=clock()
            )
        self._data, self._number = data, opening.number
        return data

    def _going_on(
        self, finalists: tuple[str, ...], fingerprint: str, *, reopen: bool
    ) -> Opened | None:
        """The opening that goes on; None for a new one. Raises ``SealedError`` when refused."""
        looks = [each for each in self._ledger.openings if not each.unread]
        if not looks:
            return None
        last = looks[-1]
        asked = (self.name, finalists, fingerprint)
        same = (last.data, last.finalists, last.fingerprint) == asked
        if same and not last.closed:
            return last
        if reopen:
            return None
        if last.closed:
            problem = "the held-out reports were opened before, and everything was measured"
        else:
            problem = "the held-out reports were opened before, for others"
        raise SealedError(
            problem,
            where=str(self._ledger.path),
            remedy="a second look needs --resume --reopen, and the report shows it",
        )


def check_readings(ledger: Ledger, readings: int) -> None:
    """Check that ``readings`` of the held-out set in a study's store have an opening to be of.

    Raises ``SealedError`` for readings without one: the ledger was lost, or is another's.
    """
    if readings and not any(each.digest for each in ledger.openings):
        raise SealedError(
            f"{readings} readings of the held-out reports are stored, and the ledger knows of no "
            "opening",
            where=str(ledger.path),
            remedy="put the ledger of this study back; without it the study cannot go on",
        )

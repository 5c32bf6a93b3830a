"""Options that every command over documents shares, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sekisho.documents.records import ReadOptions
from sekisho.errors import UnmappedLabelError, UsageError
from sekisho.phi.categories import category
from sekisho.phi.stack import DEFAULT

if TYPE_CHECKING:
    from sekisho.documents.formats import Source

__all__ = [
    "Delimiter",
    "Detectors",
    "Encoding",
    "IdColumn",
    "Jobs",
    "KeyFile",
    "Known",
    "Language",
    "Paths",
    "PatientColumn",
    "Resume",
    "TaggerFile",
    "TextColumns",
    "Vault",
    "check_known",
    "detector_names",
    "known_columns",
    "read_options",
]

Paths = Annotated[
    list[str],
    typer.Argument(metavar="PATH", help="Text, CSV, TSV, JSON(L) or Parquet files, or folders."),
]
TextColumns = Annotated[
    list[str] | None,
    typer.Option("--text-column", metavar="C", help="Column of report text; may be repeated."),
]
IdColumn = Annotated[
    str | None, typer.Option("--id-column", metavar="C", help="Column of document ids.")
]
Known = Annotated[
    list[str] | None,
    typer.Option(
        "--known",
        metavar="COL=CATEGORY",
        help="Column that holds an identifier of the record, as in 患者氏名=NAME; repeatable.",
    ),
]
Detectors = Annotated[
    str,
    typer.Option("--detectors", metavar="LIST", help="Detectors to use, in order."),
]
TaggerFile = Annotated[
    Path | None,
    typer.Option(
        "--tagger", metavar="FILE", help="Model file of the tagger, instead of the shipped one."
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", help="Encoding of the input, when it cannot be found out."),
]
Delimiter = Annotated[
    str | None,
    typer.Option("--delimiter", help="Delimiter of tables: a character, tab, comma, semicolon."),
]
PatientColumn = Annotated[
    str | None,
    typer.Option(metavar="C", help="Column that is the same for all documents of a patient."),
]
Vault = Annotated[str | None, typer.Option(metavar="URL", help="Path or URL of the vault.")]
KeyFile = Annotated[Path | None, typer.Option(help="File of the vault's master key.")]
Jobs = Annotated[int, typer.Option(min=1, metavar="N", help="Processes to use.")]
Resume = Annotated[bool, typer.Option("--resume", help="Finish a run that was interrupted.")]
Language = Annotated[str, typer.Option("--language", help="Language of the text: ja, en or nl.")]

ALL_DETECTORS = ",".join(DEFAULT)


def detector_names(listed: str) -> tuple[str, ...]:
    """The names in a comma-separated list."""
    return tuple(name.strip() for name in listed.split(",") if name.strip())


def known_columns(stated: Sequence[str] | None) -> dict[str, str]:
    """``COL=CATEGORY`` options as a mapping.

    Raises ``UsageError`` for one without ``=`` or with a category that nobody knows.
    """
    known = {}
    for item in stated or ():
        column, equals, label = item.rpartition("=")
        if not equals or not column:
            raise UsageError(
                "--known wants COLUMN=CATEGORY", remedy="for example --known 患者氏名=NAME"
            )
        try:
            known[column] = category(label.strip().upper())
        except UnmappedLabelError as error:
            raise UsageError(error.message, where="--known", remedy=error.remedy) from None
    return {column: str(label) for column, label in known.items()}


def check_known(known: Mapping[str, str], sources: Sequence[Source]) -> None:
    """Raise ``UsageError`` when no file has a column that ``--known`` names."""
    present = [source.reader.columns for source in sources if source.reader.columns is not None]
    for name in known:
        if not any(name in columns for columns in present):
            raise UsageError(
                f"no file has a column {name!r}",
                where="--known",
                remedy=f"columns: {', '.join(present[0])}" if present else "there is no table",
            )


def read_options(
    *,
    text_columns: Sequence[str] | None,
    id_column: str | None,
    patient_column: str | None = None,
    encoding: str | None,
    delimiter: str | None,
    language: str,
) -> ReadOptions:
    """How to read, from what the user said.

    Raises ``UsageError`` for a language that sekisho does not read.
    """
    if language not in ("ja", "en", "nl"):
        raise UsageError(f"{language!r} is no language sekisho reads", remedy="use ja, en or nl")
    return ReadOptions(
        text_columns=tuple(text_columns or ()),
        id_column=id_column,
        patient_column=patient_column,
        encoding=encoding,
        delimiter=delimiter,
        language=language,
    )

"""Every exception that sekisho raises on purpose.

::

    SekishoError
    ├── UsageError              the command, option or configuration is wrong (exit code 2)
    │   ├── MissingExtraError   an optional package is not installed
    │   └── CloudModelError     a document may not be sent to a model in the cloud
    ├── InputError              a file or a row of it cannot be read
    ├── OutputError             a result cannot be written (no space, no right)
    ├── DetectionError          a detector could not finish, so its silence means nothing
    │   ├── UnmappedLabelError  a detector used a label that has no category
    │   └── ModelFileError      the tagger's model is missing, damaged or of another version
    ├── ModelError              a language model gave no answer that can be trusted
    │   ├── ModelUnavailableError   no connection, a broken one, 5xx, 429: another try may help
    │   ├── ModelTimeoutError       no answer in time
    │   ├── ModelAccessError        the server does not accept the key, the model or the request
    │   ├── PromptTooLongError      the prompt does not fit the context, or was cut
    │   ├── TruncatedAnswerError    the answer ran out of room
    │   ├── RefusedAnswerError      the model refused, or said nothing
    │   ├── InvalidAnswerError      the answer never fitted the schema
    │   └── UngroundedAnswerError   the answer names what does not stand in the text
    ├── ReleaseError            a span could not be transformed
    ├── VaultError              the vault cannot be used
    │   ├── WrongKeyError       the key does not open this vault
    │   └── VaultTamperedError  a sealed row was changed
    ├── AuditError              the audit trail was changed, cut or reordered
    ├── JournalError            the journal of a run cannot be used
    ├── SealedError             held-out data may not be read, now or again
    └── BudgetError             a study would spend more than it may

No message may hold an identifier or any text of a document: a message names the file, the row and
the remedy, nothing that a patient could be known by.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "AuditError",
    "BudgetError",
    "CloudModelError",
    "DetectionError",
    "InputError",
    "InvalidAnswerError",
    "JournalError",
    "MissingExtraError",
    "ModelAccessError",
    "ModelError",
    "ModelFileError",
    "ModelTimeoutError",
    "ModelUnavailableError",
    "OutputError",
    "PromptTooLongError",
    "RefusedAnswerError",
    "ReleaseError",
    "SealedError",
    "SekishoError",
    "TruncatedAnswerError",
    "UngroundedAnswerError",
    "UnmappedLabelError",
    "UsageError",
    "VaultError",
    "VaultTamperedError",
    "WrongKeyError",
]


class SekishoError(Exception):
    """The root of the family.

    ``where`` names a file and, if known, a row; ``remedy`` says what the user can do. Both are
    shown by the command line as one line: ``where: message (remedy)``.
    """

    def __init__(self, message: str, *, where: str | None = None, remedy: str | None = None):
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.remedy})" if self.remedy else ""
        return f"{place}{self.message}{advice}"

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments are lost by the default, and errors cross process borders here.
        return (_rebuild, (type(self), self.message, self.where, self.remedy))


def _rebuild(
    kind: type[SekishoError], message: str, where: str | None, remedy: str | None
) -> SekishoError:
    return kind(message, where=where, remedy=remedy)


class UsageError(SekishoError):
    """A command, an option, a profile or a configuration file is wrong."""


class MissingExtraError(UsageError):
    """A feature needs an optional package; the remedy says what to install."""


class CloudModelError(UsageError):
    """A model in the cloud was named where a document would be sent to it."""


class InputError(SekishoError):
    """A file, or a row of it, cannot be read as what it claims to be."""


class OutputError(SekishoError):
    """A result cannot be written: no space, no right, or the place is taken."""


class DetectionError(SekishoError):
    """A detector could not finish; the document must be held."""


class UnmappedLabelError(DetectionError):
    """A detector used a label that maps to none of the categories."""


class ModelFileError(DetectionError):
    """The model file of the tagger is missing, damaged, or was made for another version."""


class ModelError(SekishoError):
    """A language model gave no answer that can be trusted; the document must be held.

    ``reason`` is the code under which it is held.
    """

    reason: ClassVar[str] = "model_failed"


class ModelUnavailableError(ModelError):
    """No connection, one that broke, or a server that is busy or ill.

    ``retry_after_s`` is what the server asked for, in seconds.
    """

    reason = "model_unavailable"
    retry_after_s: float | None = None


class ModelTimeoutError(ModelError):
    """The model did not answer in time."""

    reason = "model_timeout"


class ModelAccessError(ModelError):
    """The server does not accept the key, does not have the model, or rejects the request."""

    reason = "model_access"


class PromptTooLongError(ModelError):
    """The prompt does not fit the context beside the answer, or the server cut it."""

    reason = "model_prompt_too_long"


class TruncatedAnswerError(ModelError):
    """The answer ran out of room, with more room too."""

    reason = "model_truncated"


class RefusedAnswerError(ModelError):
    """The model refused, or gave an empty answer."""

    reason = "model_refused"


class InvalidAnswerError(ModelError):
    """No attempt gave an answer that fits the schema."""

    reason = "model_invalid"


class UngroundedAnswerError(ModelError):
    """The answer names what does not stand in the text, asked again too."""

    reason = "model_ungrounded"


class ReleaseError(SekishoError):
    """A span could not be transformed, or the profile says nothing about its category."""


class VaultError(SekishoError):
    """The vault cannot be opened, read or written."""


class WrongKeyError(VaultError):
    """The key does not open this vault."""


class VaultTamperedError(VaultError):
    """A row of the vault does not authenticate: it was changed or moved."""


class AuditError(SekishoError):
    """The audit trail was changed, cut or reordered."""


class JournalError(SekishoError):
    """The journal belongs to another run, or is damaged."""


class SealedError(SekishoError):
    """Held-out data were asked for before their phase, or a second time."""


class BudgetError(SekishoError):
    """What a study was allowed to spend is spent, or would not be enough."""

"""Every exception this package raises on purpose.

    ModerationError
    ├── InputError          3 / 422   the caller's data
    │   ├── BadNote               422
    │   ├── BadArchive            422
    │   ├── BadHash               422
    │   ├── UnreadableImage       422
    │   ├── ImageTooLarge         413
    │   ├── UnsupportedFormat     415
    │   ├── UnknownSubject        404
    │   ├── KeyReused             422
    │   ├── InFlight              409
    │   ├── HoldSettled           409
    │   ├── AppealSettled         409
    │   ├── AppealOpen            409
    │   ├── AppealTooLate         409
    │   ├── NothingToAppeal       409
    │   ├── CaseTaken             409
    │   ├── CaseSettled           409
    │   ├── NotAllowed            403
    │   └── BadSignature          401
    ├── ConfigError         4 / 500   our own files are wrong: refuse to start
    │   ├── BadPolicy
    │   └── BadSetting
    ├── ArtifactError       5 / 500   a model or data-set folder
    │   ├── ModelNotFound
    │   └── DigestMismatch
    ├── StoreError          6 / 503   register, index, audit
    │   ├── IndexCorrupt
    │   ├── IndexUnreachable
    │   ├── RestoredCopy
    │   ├── Overloaded
    │   ├── RecipeMismatch
    │   ├── StoreBusy
    │   ├── StoreUnreachable
    │   ├── StoreUnwritable
    │   └── WrongStoreVersion
    ├── ServiceUnavailable  9 / 502   the client got no usable answer
    ├── MissingExtra        7 / 500   also an ImportError
    └── PartialBatch        8 / 207   some items failed, the rest is done

House style, checked by a test: a message starts in lower case, ends without a
full stop, puts names in backticks and gives both numbers ("got 71 Mpx, limit
40 Mpx"); the hint is something the reader can do.
"""

from __future__ import annotations

from typing import ClassVar


class ModerationError(Exception):
    """Base of all errors raised on purpose; what is not one of these is a bug."""

    code: ClassVar[str] = "moderation_error"
    """Slug for machines; never changed once released."""
    exit_code: ClassVar[int] = 70
    """Exit code of the command line."""
    http_status: ClassVar[int] = 500
    """Status of the HTTP service."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        """What happened, for people."""
        self.hint = hint
        """What the reader can do about it."""

    def __reduce__(self) -> tuple[object, ...]:
        # Worker processes hand errors back; the keyword argument must survive.
        return (_rebuild, (type(self), self.message, self.hint))


def _rebuild(cls: type[ModerationError], message: str, hint: str) -> ModerationError:
    return cls(message, hint=hint)


class InputError(ModerationError):
    """The caller's data cannot be used. In a batch it becomes a failure row."""

    code = "bad_input"
    exit_code = 3
    http_status = 422


class BadNote(InputError):
    """A note breaks the format: wrong type, missing field, bad date, too long."""

    code = "bad_note"


class BadArchive(InputError):
    """A file or folder of notes cannot be read at all."""

    code = "bad_archive"


class BadHash(InputError):
    """A hash in a list is not hexadecimal or has the wrong length."""

    code = "bad_hash"


class UnreadableImage(InputError):
    """The bytes are not a complete picture."""

    code = "unreadable_image"


class ImageTooLarge(InputError):
    """The picture exceeds a limit on bytes, pixels or sides."""

    code = "image_too_large"
    http_status = 413


class UnsupportedFormat(InputError):
    """The bytes are of a format that is not read here."""

    code = "unsupported_format"
    http_status = 415


class UnknownSubject(InputError):
    """The note, picture or author named is not in the register."""

    code = "unknown_subject"
    http_status = 404


class KeyReused(InputError):
    """An idempotency key came back with another body; an edit is a new revision."""

    code = "key_reused"


class InFlight(InputError):
    """The first request under this key is still at work."""

    code = "in_flight"
    http_status = 409


class HoldSettled(InputError):
    """The hold was committed, aborted or has lapsed, and the other is asked for now."""

    code = "hold_settled"
    http_status = 409


class AppealSettled(InputError):
    """The appeal was decided before; a decision is not taken back."""

    code = "appeal_settled"
    http_status = 409


class AppealOpen(InputError):
    """An appeal by this author waits against this verdict."""

    code = "appeal_open"
    http_status = 409


class AppealTooLate(InputError):
    """The time to appeal against the verdict is over."""

    code = "appeal_too_late"
    http_status = 409


class NothingToAppeal(InputError):
    """The note passed."""

    code = "nothing_to_appeal"
    http_status = 409


class CaseTaken(InputError):
    """Another moderator is at the case."""

    code = "case_taken"
    http_status = 409


class CaseSettled(InputError):
    """The case does not wait for anybody any more, or what was decided holds already."""

    code = "case_settled"
    http_status = 409


class NotAllowed(InputError):
    """The service does not know the client's token, or the token does not allow this."""

    code = "not_allowed"
    http_status = 403


class BadSignature(InputError):
    """A webhook does not come from the service, or not from the last few minutes."""

    code = "bad_signature"
    http_status = 401


class ConfigError(ModerationError):
    """A file of ours is wrong; refuse to start rather than guess."""

    code = "bad_config"
    exit_code = 4


class BadPolicy(ConfigError):
    """A policy file does not parse or contradicts itself."""

    code = "bad_policy"


class BadSetting(ConfigError):
    """A setting from file or environment is out of range."""

    code = "bad_setting"


class ArtifactError(ModerationError):
    """A model or data-set folder is missing or damaged."""

    code = "bad_artifact"
    exit_code = 5


class ModelNotFound(ArtifactError):
    """No folder of that name in any of the places searched."""

    code = "model_not_found"


class DigestMismatch(ArtifactError):
    """A file is not the one its `digests.json` promises."""

    code = "digest_mismatch"


class StoreError(ModerationError):
    """Register or index cannot be used now; nothing was half-written."""

    code = "store_error"
    exit_code = 6
    http_status = 503


class RestoredCopy(StoreError):
    """A backup may hold what was forgotten since, and nobody has said what that was."""

    code = "restored_copy"


class IndexCorrupt(StoreError):
    """The index snapshot fails its checksum or disagrees with the log."""

    code = "index_corrupt"


class IndexUnreachable(StoreError):
    """A part of the search index lies elsewhere, and does not answer."""

    code = "index_unreachable"


class RecipeMismatch(StoreError):
    """Fingerprints of another recipe cannot be compared with these."""

    code = "recipe_mismatch"


class StoreBusy(StoreError):
    """Another process held the write lock for too long."""

    code = "store_busy"


class Overloaded(StoreError):
    """More is waiting than can be answered in time; nothing was begun."""

    code = "overloaded"


class StoreUnreachable(StoreError):
    """The database server does not answer, or does not let us in."""

    code = "store_unreachable"


class StoreUnwritable(StoreError):
    """The disk is full, read-only or forbidden."""

    code = "store_unwritable"


class WrongStoreVersion(StoreError):
    """The register was written by a newer version, or is not a register."""

    code = "wrong_store_version"


class ServiceUnavailable(ModerationError):
    """The publish service gave the client no usable answer in time, for a call without verdict."""

    code = "service_unavailable"
    exit_code = 9
    http_status = 502


class MissingExtra(ModerationError, ImportError):
    """An optional part is not installed."""

    code = "missing_extra"
    exit_code = 7


class PartialBatch(ModerationError):
    """The batch is done, but some items became failure rows."""

    code = "partial_batch"
    exit_code = 8
    http_status = 207

"""The register: what is known, who was first, what was decided."""

from moderation.store.records import (
    AuditRow,
    LogEntry,
    LogOp,
    NewCaption,
    NewPicture,
    Receipt,
    RegisterStats,
    StoredCaption,
    StoredPicture,
    SubjectKind,
    Work,
)
from moderation.store.registry import Register
from moderation.store.transaction import Transaction

__all__ = [
    "AuditRow",
    "LogEntry",
    "LogOp",
    "NewCaption",
    "NewPicture",
    "Receipt",
    "Register",
    "RegisterStats",
    "StoredCaption",
    "StoredPicture",
    "SubjectKind",
    "Transaction",
    "Work",
]

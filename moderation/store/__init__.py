"""The register: what is known, who was first, what was decided."""

from moderation.store.records import (
    AuditRow,
    LogEntry,
    LogOp,
    NewPicture,
    Receipt,
    RegisterStats,
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
    "NewPicture",
    "Receipt",
    "Register",
    "RegisterStats",
    "StoredPicture",
    "SubjectKind",
    "Transaction",
    "Work",
]

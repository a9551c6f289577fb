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
from moderation.store.template_records import (
    BankEntry,
    Ground,
    NewBankEntry,
    Proposal,
    ProposalState,
    Ruling,
    ShownBy,
)
from moderation.store.transaction import Transaction

__all__ = [
    "AuditRow",
    "BankEntry",
    "Ground",
    "LogEntry",
    "LogOp",
    "NewBankEntry",
    "NewCaption",
    "NewPicture",
    "Proposal",
    "ProposalState",
    "Receipt",
    "Register",
    "RegisterStats",
    "Ruling",
    "ShownBy",
    "StoredCaption",
    "StoredPicture",
    "SubjectKind",
    "Transaction",
    "Work",
]

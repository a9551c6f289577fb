"""The register: what is known, who was first, what was decided."""

from moderation.store.backup import BackedUp, back_up
from moderation.store.desk.checks import AnsweredCheck, Golden
from moderation.store.desk.insight import (
    ClosedCase,
    ClosedEnd,
    DecidedAppeal,
    Volume,
    VolumeCell,
    WaitingCases,
)
from moderation.store.desk.people import DeskSession
from moderation.store.desk.pseudonyms import Named, Pseudonyms
from moderation.store.desk.queue import MOST_ALIKE, MOST_COUNTED
from moderation.store.desk.queue import Place as PageEnd
from moderation.store.desk.records import (
    NOBODY,
    UNDOABLE,
    Act,
    Case,
    CaseKind,
    CaseState,
    LogLine,
    Order,
    Said,
    SaidFirst,
    Wanted,
)
from moderation.store.desk.report_records import (
    MAX_WORDS_CHARS,
    MOST_REPORTS,
    NewReport,
    ReadersSay,
    ReportOutcome,
    ReportReason,
)
from moderation.store.hash_lists import HashTerms, ListedHash
from moderation.store.late_records import Change, LateCause, NewTruth, Truth
from moderation.store.moving import MovedTable
from moderation.store.records import (
    AuditRow,
    JudgedAs,
    LastVerdict,
    LogEntry,
    LogOp,
    NewCaption,
    NewPicture,
    Place,
    Reach,
    Receipt,
    RegisterStats,
    StoredCaption,
    StoredPicture,
    SubjectKind,
    Work,
)
from moderation.store.registry import BUSY_TIMEOUT_S, Register
from moderation.store.review_labels import Label, answers_by_kind, possible_labels
from moderation.store.review_records import Answer, NewReview, Review
from moderation.store.reviews import refuse_unfitting
from moderation.store.service.appeals import Appeal, AppealState, NewAppeal
from moderation.store.service.debts import Debt
from moderation.store.service.deliveries import DeadLetter, Delivery, DeliveryCounts
from moderation.store.service.endpoints import Endpoint
from moderation.store.service.events import NewEvent
from moderation.store.service.holds import Hold, HoldState
from moderation.store.service.proofs import MOST_PROOFS, NewProof, Proof, ProofKind
from moderation.store.service.shadows import Shadowed, ShadowReason, ShadowVerdict
from moderation.store.service.submissions import Begun, NewSubmission
from moderation.store.service.tokens import NewToken, Scope, Token
from moderation.store.share import Share
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
    "BUSY_TIMEOUT_S",
    "MAX_WORDS_CHARS",
    "MOST_ALIKE",
    "MOST_COUNTED",
    "MOST_PROOFS",
    "MOST_REPORTS",
    "NOBODY",
    "UNDOABLE",
    "Act",
    "Answer",
    "AnsweredCheck",
    "Appeal",
    "AppealState",
    "AuditRow",
    "BackedUp",
    "BankEntry",
    "Begun",
    "Case",
    "CaseKind",
    "CaseState",
    "Change",
    "ClosedCase",
    "ClosedEnd",
    "DeadLetter",
    "Debt",
    "DecidedAppeal",
    "Delivery",
    "DeliveryCounts",
    "DeskSession",
    "Endpoint",
    "Golden",
    "Ground",
    "HashTerms",
    "Hold",
    "HoldState",
    "JudgedAs",
    "Label",
    "LastVerdict",
    "LateCause",
    "ListedHash",
    "LogEntry",
    "LogLine",
    "LogOp",
    "MovedTable",
    "Named",
    "NewAppeal",
    "NewBankEntry",
    "NewCaption",
    "NewEvent",
    "NewPicture",
    "NewProof",
    "NewReport",
    "NewReview",
    "NewSubmission",
    "NewToken",
    "NewTruth",
    "Order",
    "PageEnd",
    "Place",
    "Proof",
    "ProofKind",
    "Proposal",
    "ProposalState",
    "Pseudonyms",
    "Reach",
    "ReadersSay",
    "Receipt",
    "Register",
    "RegisterStats",
    "ReportOutcome",
    "ReportReason",
    "Review",
    "Ruling",
    "Said",
    "SaidFirst",
    "Scope",
    "ShadowReason",
    "ShadowVerdict",
    "Shadowed",
    "Share",
    "ShownBy",
    "StoredCaption",
    "StoredPicture",
    "SubjectKind",
    "Token",
    "Transaction",
    "Truth",
    "Volume",
    "VolumeCell",
    "WaitingCases",
    "Wanted",
    "Work",
    "answers_by_kind",
    "back_up",
    "possible_labels",
    "refuse_unfitting",
]

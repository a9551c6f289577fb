"""All parts of the service's store in one, for `Reading` and `Transaction`."""

from __future__ import annotations

from moderation.store.service.appeals import AppealReading, AppealWriting
from moderation.store.service.counts import CountReading, CountWriting
from moderation.store.service.debts import DebtReading, DebtWriting
from moderation.store.service.deliveries import DeliveryReading, DeliveryWriting
from moderation.store.service.endpoints import EndpointReading, EndpointWriting
from moderation.store.service.events import EventReading, EventWriting
from moderation.store.service.holds import HoldReading, HoldWriting
from moderation.store.service.proofs import ProofReading, ProofWriting
from moderation.store.service.shadows import ShadowReading, ShadowWriting
from moderation.store.service.submissions import SubmissionReading, SubmissionWriting
from moderation.store.service.tokens import TokenReading, TokenWriting


class ServiceReading(
    SubmissionReading,
    HoldReading,
    DebtReading,
    EventReading,
    EndpointReading,
    DeliveryReading,
    TokenReading,
    CountReading,
    ShadowReading,
    AppealReading,
    ProofReading,
):
    """All questions about them."""


class ServiceWriting(
    SubmissionWriting,
    HoldWriting,
    DebtWriting,
    EventWriting,
    EndpointWriting,
    DeliveryWriting,
    TokenWriting,
    CountWriting,
    ShadowWriting,
    AppealWriting,
    ProofWriting,
):
    """All that is written there."""

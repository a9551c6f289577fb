"""Deliveries: one event for one endpoint, at least once, and in order for each note.

    pending   due at `next_at`; whoever takes it has a lease, and when that is over it is due again
    done      received
    dead      tried for so long that a person has to look; blocks nothing

A process that delivers takes what is due in one short transaction, sends it without any lock, and
records what became of it in another. Dying in between costs a repetition, never an event. The
second event of a note is not handed out while the first one is pending for the same endpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, delete, func, or_, select, update

from moderation.store.service.connected import Connected, Writing
from moderation.store.service.tables import DELIVERIES, ENDPOINTS, EVENTS

FARTHEST = timedelta(days=1)
"""Nothing is put off or leased for so long: a later time comes from a clock that was wrong."""
_MAX_ERROR_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event on its way to an endpoint, as it was taken."""

    event_id: int
    """The sequence that consumers compare."""
    endpoint_id: int
    message_id: str
    """The same at every attempt: what consumers tell duplicates by."""
    type: str
    note_id: str
    at: datetime
    payload: Mapping[str, Any]
    attempts: int
    """That have failed."""
    url: str
    secret: str
    lease_until: datetime
    """When others may take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event that an endpoint would not receive."""

    event_id: int
    endpoint_id: int
    message_id: str
    type: str
    note_id: str
    at: datetime
    payload: Mapping[str, Any]
    url: str
    attempts: int
    first_error: str
    last_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryCounts:
    """What is on its way, for metrics."""

    pending: int
    dead: int
    oldest_pending_s: float
    """Seconds since the oldest undelivered event happened; 0 where none is pending."""


class DeliveryReading(Connected):
    """Questions about deliveries."""

    def endpoints_due(self, now: datetime) -> list[int]:
        """Endpoints with something that may be sent now; takes no lock."""
        with self._connected() as connection:
            enabled = select(ENDPOINTS.c.endpoint_id).where(ENDPOINTS.c.disabled_at.is_(None))
            return [
                number
                for number in connection.execute(
                    enabled.order_by(ENDPOINTS.c.endpoint_id)
                ).scalars()
                if connection.execute(_due(number, now).limit(1)).first() is not None
            ]

    def delivery_counts(self, now: datetime) -> DeliveryCounts:
        """How much is pending and dead, over all endpoints."""
        counted = (
            select(DELIVERIES.c.state, func.count(), func.min(EVENTS.c.at))
            .join(EVENTS, EVENTS.c.event_id == DELIVERIES.c.event_id)
            .where(
                DELIVERIES.c.endpoint_id.in_(select(ENDPOINTS.c.endpoint_id)),
                DELIVERIES.c.state.in_(["pending", "dead"]),
            )
            .group_by(DELIVERIES.c.state)
        )
        with self._connected() as connection:
            found = {state: (count, at) for state, count, at in connection.execute(counted)}
        pending, oldest = found.get("pending", (0, None))
        return DeliveryCounts(
            pending=pending,
            dead=found.get("dead", (0, None))[0],
            oldest_pending_s=0.0 if oldest is None else max((now - oldest).total_seconds(), 0.0),
        )

    def dead_letters(
        self, *, endpoint_id: int | None = None, event_id: int | None = None, limit: int = 100
    ) -> list[DeadLetter]:
        """What died, the oldest first; of one endpoint or one event where these are given."""
        columns = [DELIVERIES.c.endpoint_id, DELIVERIES.c.attempts, ENDPOINTS.c.url]
        columns += [DELIVERIES.c.first_error, DELIVERIES.c.last_error]
        query = _joined(*columns).where(_dead(endpoint_id, event_id))
        query = query.order_by(DELIVERIES.c.event_id, DELIVERIES.c.endpoint_id).limit(limit)
        with self._connected() as connection:
            return [DeadLetter(**row._mapping) for row in connection.execute(query)]


class DeliveryWriting(DeliveryReading, Writing):
    """What is written about deliveries."""

    def claim_deliveries(
        self, rooms: Mapping[int, int], now: datetime, lease_until: datetime
    ) -> list[Delivery]:
        """Take what is due, for nobody else to send until the lease is over.

        Args:
            rooms: endpoint → how many of its deliveries to take at most.
            now: aware.
            lease_until: end of the lease.
        """
        taken: list[Delivery] = []
        for endpoint_id, room in rooms.items():
            rows = self._connection.execute(_due(endpoint_id, now).limit(room)).all()
            if rows:
                self._connection.execute(
                    update(DELIVERIES)
                    .where(
                        DELIVERIES.c.endpoint_id == endpoint_id,
                        DELIVERIES.c.event_id.in_([row.event_id for row in rows]),
                    )
                    .values(lease_until=lease_until)
                )
            taken += [_delivery(row, lease_until) for row in rows]
        return taken

    def delivered(self, delivery: Delivery) -> None:
        """It was received: that holds even where another has taken it meanwhile."""
        same = and_(_same(delivery), DELIVERIES.c.state != "done")
        self._connection.execute(
            update(DELIVERIES).where(same).values(state="done", lease_until=None)
        )

    def not_delivered(self, delivery: Delivery, error: str, retry_at: datetime | None) -> None:
        """An attempt failed. Says nothing where another has taken it meanwhile.

        Args:
            delivery: as it was taken.
            error: for people; cut to 500 characters.
            retry_at: None gives it up as a dead letter.
        """
        error = error[:_MAX_ERROR_CHARS].encode(errors="replace").decode().replace("\0", "?")
        values: dict[str, Any] = {
            "attempts": DELIVERIES.c.attempts + 1,
            "lease_until": None,
            "last_error": error,
            "first_error": func.coalesce(func.nullif(DELIVERIES.c.first_error, ""), error),
        }
        values |= {"state": "dead"} if retry_at is None else {"next_at": retry_at}
        mine = and_(
            _same(delivery),
            DELIVERIES.c.state == "pending",
            DELIVERIES.c.lease_until == delivery.lease_until,
        )
        self._connection.execute(update(DELIVERIES).where(mine).values(**values))

    def give_back(self, deliveries: Iterable[Delivery]) -> None:
        """End leases at once: these were taken and not sent."""
        for delivery in deliveries:
            mine = and_(_same(delivery), DELIVERIES.c.lease_until == delivery.lease_until)
            self._connection.execute(update(DELIVERIES).where(mine).values(lease_until=None))

    def mend_times(self, now: datetime) -> int:
        """Make due what a wrong clock has put off for longer than anything is; returns how many."""
        late = or_(DELIVERIES.c.next_at > now + FARTHEST, DELIVERIES.c.lease_until > now + FARTHEST)
        return self._connection.execute(
            update(DELIVERIES)
            .where(DELIVERIES.c.state == "pending", late)
            .values(next_at=now, lease_until=None)
        ).rowcount

    def replay_dead_letters(
        self, now: datetime, *, endpoint_id: int | None = None, event_id: int | None = None
    ) -> int:
        """Try again from the first attempt on; returns how many.

        Those of a disabled endpoint wait until it is enabled. First errors are kept.
        """
        return self._connection.execute(
            update(DELIVERIES)
            .where(_dead(endpoint_id, event_id))
            .values(state="pending", attempts=0, next_at=now, lease_until=None)
        ).rowcount

    def drop_dead_letters(
        self, *, endpoint_id: int | None = None, event_id: int | None = None
    ) -> int:
        """Never try again; returns how many. What happened stays in the audit."""
        return self._connection.execute(
            delete(DELIVERIES).where(_dead(endpoint_id, event_id))
        ).rowcount


def _joined(*columns: Any) -> Select[Any]:
    events = (EVENTS.c[name] for name in ("event_id", "message_id", "type", "note_id", "at"))
    return (
        select(*events, EVENTS.c.payload, *columns)
        .join(DELIVERIES, DELIVERIES.c.event_id == EVENTS.c.event_id)
        .join(ENDPOINTS, ENDPOINTS.c.endpoint_id == DELIVERIES.c.endpoint_id)
    )


def _due(endpoint_id: int, now: datetime) -> Select[Any]:
    """What may be sent to an enabled endpoint, the longest waiting first."""
    earlier = DELIVERIES.alias("earlier")
    before_it = select(1).where(
        earlier.c.endpoint_id == DELIVERIES.c.endpoint_id,
        earlier.c.note_id == DELIVERIES.c.note_id,
        earlier.c.state == "pending",
        earlier.c.event_id < DELIVERIES.c.event_id,
    )
    return (
        _joined(
            DELIVERIES.c.endpoint_id,
            DELIVERIES.c.attempts,
            ENDPOINTS.c.url,
            ENDPOINTS.c.secret,
        )
        .where(
            DELIVERIES.c.endpoint_id == endpoint_id,
            ENDPOINTS.c.disabled_at.is_(None),
            DELIVERIES.c.state == "pending",
            DELIVERIES.c.next_at <= now,
            or_(DELIVERIES.c.lease_until.is_(None), DELIVERIES.c.lease_until <= now),
            # What is about no note has no order.
            or_(DELIVERIES.c.note_id == "", ~before_it.exists()),
        )
        .order_by(DELIVERIES.c.next_at, DELIVERIES.c.event_id)
    )


def _delivery(row: Row[Any], lease_until: datetime) -> Delivery:
    return Delivery(**row._mapping, lease_until=lease_until)


def _same(delivery: Delivery) -> Any:
    return and_(
        DELIVERIES.c.event_id == delivery.event_id,
        DELIVERIES.c.endpoint_id == delivery.endpoint_id,
    )


def _dead(endpoint_id: int | None, event_id: int | None) -> Any:
    chosen = [DELIVERIES.c.state == "dead"]
    if endpoint_id is not None:
        chosen.append(DELIVERIES.c.endpoint_id == endpoint_id)
    else:  # so that an index finds them
        chosen.append(DELIVERIES.c.endpoint_id.in_(select(ENDPOINTS.c.endpoint_id)))
    if event_id is not None:
        chosen.append(DELIVERIES.c.event_id == event_id)
    return and_(*chosen)

"""Endpoints: where events go, and which types each has asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from moderation.errors import UnknownSubject
from moderation.store.service.connected import Connected, Writing
from moderation.store.service.tables import DELIVERIES, ENDPOINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A subscriber."""

    endpoint_id: int
    url: str
    """May hold a password; people read it without."""
    secret: str
    """`whsec_…`, for signatures; empty for a stream."""
    types: tuple[str, ...]
    """Types of events; empty for all."""
    created_at: datetime
    disabled_at: datetime | None
    """Events from then on are not for it; None while it is told."""
    disabled_why: str


class EndpointReading(Connected):
    """Questions about endpoints."""

    def endpoints(self) -> list[Endpoint]:
        """All, the oldest first."""
        query = select(ENDPOINTS).order_by(ENDPOINTS.c.endpoint_id)
        with self._connected() as connection:
            return [_endpoint(row) for row in connection.execute(query)]

    def endpoint(self, endpoint_id: int) -> Endpoint:
        """One of them.

        Raises:
            UnknownSubject: there is no such endpoint.
        """
        query = select(ENDPOINTS).where(ENDPOINTS.c.endpoint_id == endpoint_id)
        with self._connected() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise _unknown(endpoint_id)
        return _endpoint(row)


class EndpointWriting(EndpointReading, Writing):
    """What is written about endpoints."""

    def add_endpoint(self, url: str, *, secret: str, types: Sequence[str], at: datetime) -> int:
        """Subscribe to what happens from now on; returns the endpoint's number."""
        new = {
            "url": url,
            "secret": secret,
            "types": sorted(set(types)),
            "created_at": at,
            "disabled_why": "",
        }
        inserted = self._connection.execute(
            insert(ENDPOINTS).returning(ENDPOINTS.c.endpoint_id), new
        )
        return int(inserted.scalar_one())

    def disable_endpoint(self, endpoint_id: int, why: str, at: datetime) -> int:
        """Tell it nothing any more; what it has not received becomes dead letters.

        Returns:
            How many deliveries died.

        Raises:
            UnknownSubject: there is no such endpoint.
        """
        self._set_disabled(endpoint_id, at, why)
        error = f"the endpoint is disabled: {why}"
        first = func.coalesce(func.nullif(DELIVERIES.c.first_error, ""), error)
        return self._connection.execute(
            update(DELIVERIES)
            .where(DELIVERIES.c.endpoint_id == endpoint_id, DELIVERIES.c.state == "pending")
            .values(state="dead", lease_until=None, first_error=first, last_error=error)
        ).rowcount

    def enable_endpoint(self, endpoint_id: int) -> None:
        """Tell it what happens from now on; its dead letters wait to be replayed.

        Raises:
            UnknownSubject: there is no such endpoint.
        """
        self._set_disabled(endpoint_id, None, "")

    def remove_endpoint(self, endpoint_id: int) -> int:
        """Delete an endpoint and all its deliveries; returns how many it had not received.

        Raises:
            UnknownSubject: there is no such endpoint.
        """
        own = DELIVERIES.c.endpoint_id == endpoint_id
        self._connection.execute(delete(DELIVERIES).where(own, DELIVERIES.c.state == "done"))
        owed = self._connection.execute(delete(DELIVERIES).where(own)).rowcount
        gone = delete(ENDPOINTS).where(ENDPOINTS.c.endpoint_id == endpoint_id)
        if not self._connection.execute(gone).rowcount:
            raise _unknown(endpoint_id)
        return owed

    def _set_disabled(self, endpoint_id: int, at: datetime | None, why: str) -> None:
        changed = self._connection.execute(
            update(ENDPOINTS)
            .where(ENDPOINTS.c.endpoint_id == endpoint_id)
            .values(disabled_at=at, disabled_why=why)
        )
        if not changed.rowcount:
            raise _unknown(endpoint_id)


def _endpoint(row: Row[Any]) -> Endpoint:
    return Endpoint(**dict(row._mapping) | {"types": tuple(row.types)})


def _unknown(endpoint_id: int) -> UnknownSubject:
    return UnknownSubject(
        f"there is no endpoint {endpoint_id}", hint="see `moderation webhook list`"
    )

"""Count rows of the publish service."""

from __future__ import annotations

from moderation.store.service.connected import Connected, Writing


class CountReading(Connected):
    """Questions."""


class CountWriting(CountReading, Writing):
    """What is written."""

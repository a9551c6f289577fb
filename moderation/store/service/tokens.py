"""Token rows of the publish service."""

from __future__ import annotations

from moderation.store.service.connected import Connected, Writing


class TokenReading(Connected):
    """Questions."""


class TokenWriting(TokenReading, Writing):
    """What is written."""

"""Shadow rows of the publish service."""

from __future__ import annotations

from moderation.store.service.connected import Connected, Writing


class ShadowReading(Connected):
    """Questions."""


class ShadowWriting(ShadowReading, Writing):
    """What is written."""

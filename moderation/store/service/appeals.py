"""Appeal rows of the publish service."""

from __future__ import annotations

from moderation.store.service.connected import Connected, Writing


class AppealReading(Connected):
    """Questions."""


class AppealWriting(AppealReading, Writing):
    """What is written."""

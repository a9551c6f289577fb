"""The operations, one file for each subject."""

from __future__ import annotations

from moderation.service.routes import appeals, health, notes, policies, reports, verdicts

ROUTERS = (
    verdicts.router,
    notes.router,
    reports.router,
    appeals.router,
    policies.router,
    health.router,
)

"""The operations, one file for each subject."""

from __future__ import annotations

from moderation.service.routes import appeals, explanations, health, notes, policies, verdicts

ROUTERS = (
    verdicts.router,
    explanations.router,
    notes.router,
    appeals.router,
    policies.router,
    health.router,
)

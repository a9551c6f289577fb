"""The operations, one file for each subject."""

from __future__ import annotations

from moderation.service.routes import (
    appeals,
    explanations,
    health,
    notes,
    policies,
    reports,
    verdicts,
)

ROUTERS = (
    verdicts.router,
    explanations.router,
    notes.router,
    reports.router,
    appeals.router,
    policies.router,
    health.router,
)

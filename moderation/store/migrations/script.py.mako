"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """One step up. There is no way down: an older program refuses a newer register."""
    ${upgrades if upgrades else "pass"}

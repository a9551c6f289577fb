"""What a policy read of a note beside its findings, so that a verdict can be given again.

Verdicts from before say nothing of it: a replay takes them for ordinary notes without a brand.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """One step up."""
    op.add_column("verdicts", sa.Column("judged_as", sa.Text))

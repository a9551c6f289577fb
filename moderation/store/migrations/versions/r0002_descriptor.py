"""The copy descriptor of a picture, and the model that made it.

Pictures that were registered before have none: what they show is still found by hash and by
shared features.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One step up."""
    op.add_column("pictures", sa.Column("descriptor", sa.LargeBinary))
    op.add_column("pictures", sa.Column("descriptor_recipe", sa.Text))
    op.create_index("ix_pictures_descriptor_recipe", "pictures", ["descriptor_recipe"])

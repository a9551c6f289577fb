"""Alembic's entry point: runs the steps on the connection that the register hands over.

There is no offline mode and no URL: a register is upgraded by opening it.
"""

from __future__ import annotations

from alembic import context

from moderation.store.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()

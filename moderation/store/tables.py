"""Every table of a register, wherever it is described."""

from __future__ import annotations

from sqlalchemy import Table

from moderation.store import (
    hash_list_tables,
    late_tables,
    policies,
    review_tables,
    template_tables,
)
from moderation.store.desk import tables as desk_tables
from moderation.store.schema import METADATA
from moderation.store.service import tables as service_tables

TABLES: tuple[Table, ...] = tuple(METADATA.sorted_tables)
"""Those that are referred to come before those that refer."""
SERVICE = frozenset(
    one.name
    for tables in (service_tables, desk_tables)
    for one in vars(tables).values()
    if isinstance(one, Table)
) - frozenset({"verdicts"})
"""Names of those that only the publish service, its subscribers and the desk need."""
COUNTED: dict[str, str] = {
    table.name: column.name
    for table in TABLES
    if (column := table.autoincrement_column) is not None
}
"""Table → column with numbers that the database gives, each once."""

__all__ = [
    "COUNTED",
    "SERVICE",
    "TABLES",
    "desk_tables",
    "hash_list_tables",
    "late_tables",
    "policies",
    "review_tables",
    "service_tables",
    "template_tables",
]

"""Copy descriptors in half precision instead of one byte a number.

Those of before keep the precision that they had. Every described picture is written anew, so this
takes about as long, and for the time being as much space, as the register's file is large.
"""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_AT_ONCE = 1_000
_PICTURES = sa.table(
    "pictures",
    sa.column("picture_id", sa.BigInteger),
    sa.column("descriptor", sa.LargeBinary),
)


def upgrade() -> None:
    """One step up."""
    connection = op.get_bind()
    number, descriptor = _PICTURES.c.picture_id, _PICTURES.c.descriptor
    described = sa.select(number, descriptor).where(descriptor.is_not(None)).order_by(number)
    finer = (
        sa.update(_PICTURES)
        .where(number == sa.bindparam("of"))
        .values(descriptor=sa.bindparam("finer"))
    )
    last = -1
    while rows := connection.execute(described.where(number > last).limit(_AT_ONCE)).all():
        connection.execute(finer, [{"of": of, "finer": _finer(old)} for of, old in rows])
        last = rows[-1].picture_id


def _finer(old: bytes) -> bytes:
    numbers = np.frombuffer(old, np.int8).astype(np.float64)
    length = float(np.linalg.norm(numbers))
    return (numbers / max(1.0, length)).astype("<f2").tobytes()

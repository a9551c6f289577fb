"""The list of what was forgotten: digests alone, kept where backups lie, replayed when one returns.

A backup from before a forgetting still holds the subject. Nobody can take it out of there, so the
list goes with the backups, and whoever opens a restored one forgets again before anything can be
found. A line holds no name: an HMAC of the id under the register's own secret, which only the
register and its backups hold. Only they can say whom a line means.

    {"list": "forgotten", "register": "…"}
    {"receipt_id": 1, "at": "…", "subject": "author", "digest": "hmac-sha256:…"}
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from moderation.errors import StoreError, StoreUnwritable
from moderation.store.records import Receipt, SubjectKind

LIST_NAME = "forgotten.jsonl"
COPIED = "copied"
"""Key among a database's own facts that a backup has and a register has not: when it was made, and
where the list lay then."""
_HEAD = "forgotten"


def digest_of(secret: bytes, kind: SubjectKind, name: str) -> str:
    """What stands in place of a name, in receipts and lists."""
    said = f"{kind}:{name}".encode(errors="surrogatepass")
    return "hmac-sha256:" + hmac.new(secret, said, hashlib.sha256).hexdigest()


def mark_of(secret: bytes) -> str:
    """Tells the lists of a register from those of others; says nothing of the secret."""
    return hmac.new(secret, b"list of what was forgotten", hashlib.sha256).hexdigest()[:32]


def write_list(path: Path, mark: str, receipts: Iterable[Receipt]) -> int:
    """Add receipts to a list, which is made if it is missing; what stands there stays.

    The file has its name only when it is whole and on the disk.

    Args:
        path: of the list.
        mark: of the register, see `Register.mark`.
        receipts: to add; those that stand there already are left out.

    Returns:
        How many lines it has.

    Raises:
        StoreError: the list is of another register, or damaged.
        StoreUnwritable: it cannot be written.
    """
    lines = list(read_list(path, mark)) if path.is_file() else []
    known = {line["digest"] for line in lines}
    for receipt in receipts:
        if receipt.digest not in known:
            known.add(receipt.digest)
            lines.append(
                {
                    "receipt_id": receipt.receipt_id,
                    "at": receipt.at.isoformat(),
                    "subject": receipt.subject.value,
                    "digest": receipt.digest,
                }
            )
    rows = [{"list": _HEAD, "register": mark}, *lines]
    try:
        opened, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        try:
            with os.fdopen(opened, "w", encoding="ascii") as file:
                file.writelines(f"{json.dumps(row)}\n" for row in rows)
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(path)
        finally:
            Path(part).unlink(missing_ok=True)
    except OSError as error:
        raise StoreUnwritable(
            f"cannot write `{path}`: {(error.strerror or str(error)).lower()}",
            hint="make room, or allow it; then forget the subject again",
        ) from error
    return len(lines)


def read_list(path: Path, mark: str) -> list[dict[str, Any]]:
    """Lines of a list, the oldest first.

    Args:
        path: of the list.
        mark: of the register that it must be of.

    Raises:
        StoreError: it cannot be read, is of another register, or damaged.
    """
    try:
        rows = [json.loads(line) for line in path.read_text("ascii").splitlines() if line]
        head = rows[0]
        told = (head["list"], head["register"])
        lines = [{**row, "digest": str(row["digest"])} for row in rows[1:]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise StoreError(
            f"`{path}` is no list of what was forgotten: {error}",
            hint=f"name the `{LIST_NAME}` that lies in the register's folder or beside its backups",
        ) from None
    if told != (_HEAD, mark):
        raise StoreError(
            f"`{path}` is the list of another register ({told[1]!s:.12}…, wanted {mark:.12}…)",
            hint="name the list of the register that the backup is of",
        )
    return lines

"""Names that stand for people and notes in what leaves a register.

The same name has the same pseudonym in every export of a register, and another one in every other
register. Who holds the register can find out whose it is: a pseudonym is no anonymity.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import StrEnum

from sqlalchemy import Connection, select

from moderation.store.forgotten_list import digest_of
from moderation.store.records import SubjectKind
from moderation.store.schema import META

_DIGITS = 12
"""Hexadecimal ones: of a million names two are alike in fewer than one register in five hundred."""


class Named(StrEnum):
    """What a name is of; the same name of two sorts has two pseudonyms."""

    MODERATOR = "moderator"
    AUTHOR = "author"
    NOTE = "note"
    READER = "reader"
    """Somebody who reported a note; see `reader_of`."""


class Pseudonyms:
    """Keyed: without the register's secret nobody can try names."""

    def __init__(self, key: str) -> None:
        """By a key that never leaves the process."""
        self._key = key.encode()

    def of(self, sort: Named, name: str) -> str:
        """The pseudonym of a name, such as `author-3f9c1d20ab77`; empty for an empty name."""
        if not name:
            return ""
        said = f"{sort.value}\0{name}".encode(errors="surrogatepass")
        digest = hmac.new(self._key, said, hashlib.sha256).hexdigest()
        return f"{sort.value}-{digest[:_DIGITS]}"


def secret_of(connection: Connection) -> bytes:
    """What a register draws at its making, and tells nobody."""
    query = select(META.c.value).where(META.c.key == "erasure_secret")
    return bytes.fromhex(connection.execute(query).scalar_one())


def derived(secret: bytes, purpose: str) -> str:
    """A key for one purpose; 32 hexadecimal digits."""
    return hmac.new(secret, purpose.encode(), hashlib.sha256).hexdigest()[:32]


def pseudonyms_of(connection: Connection) -> Pseudonyms:
    """Those of a register."""
    return Pseudonyms(derived(secret_of(connection), "pseudonyms"))


def reader_of(connection: Connection, reader_id: str) -> str:
    """The pseudonym of a reader, such as `reader-3f9c1d20ab77`.

    That of the digest by which lists of the forgotten know the same person as an author: a list
    holds no name, and still says whose reports a restored backup must lose.
    """
    digest = digest_of(secret_of(connection), SubjectKind.AUTHOR, reader_id)
    return pseudonyms_of(connection).of(Named.READER, digest)

"""Names that stand for people and notes in what leaves a register.

The same name has the same pseudonym in every export of a register, and another one in every other
register. Who holds the register can find out whose it is: a pseudonym is no anonymity.
"""

from __future__ import annotations

import hashlib
import hmac
from enum import StrEnum

_DIGITS = 12
"""Hexadecimal ones: of a million names two are alike in fewer than one register in five hundred."""


class Named(StrEnum):
    """What a name is of; the same name of two sorts has two pseudonyms."""

    MODERATOR = "moderator"
    AUTHOR = "author"
    NOTE = "note"


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

"""Tokens: who may ask the service, what for, and until when.

    ngt_3f9c0d17a2b4_8e1f…      `ngt`, the id, 256 random bits in 64 hexadecimal digits

What is kept is the SHA-256 of the whole token. A slow hash as for passwords would protect nothing
here: it makes guessing dear where people choose the secret, and nobody guesses 256 random bits. It
would only make every request slow.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select, update

from moderation.errors import InputError, UnknownSubject
from moderation.store.service.connected import Connected, Writing
from moderation.store.service.tables import TOKENS

MAIN_TENANT = "main"
"""Whose register is the main one, in which the tokens lie."""
MAX_NAME_CHARS = 100
_TOKEN = re.compile(r"ngt_([0-9a-f]{12})_[0-9a-f]{64}")
_TENANT = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_NOBODY = secrets.token_hex(32)
"""Digest that an unknown id is compared with; of no token, and another one in each process."""


class Scope(StrEnum):
    """What a token is good for; stored strings."""

    CHECK = "check"
    """Ask for verdicts without registering, read verdicts and policies."""
    REGISTER = "register"
    """Submit notes, settle holds, hand in appeals, delete notes and authors."""
    VIEW = "view"
    """Look at the desk's cases."""
    REVIEW = "review"
    """Decide as a moderator."""
    SENIOR = "senior"
    """Decide what moderators have escalated, and undo what others decided."""
    ADMIN = "admin"
    """All of these, and the metrics."""

    @property
    def implied(self) -> frozenset[Scope]:
        """This scope and all that come with it."""
        if self is Scope.ADMIN:
            return frozenset(Scope)
        if self is Scope.REGISTER:
            return frozenset({Scope.REGISTER, Scope.CHECK})
        if self is Scope.SENIOR:
            return frozenset({Scope.SENIOR, Scope.REVIEW, Scope.VIEW})
        if self is Scope.REVIEW:
            return frozenset({Scope.REVIEW, Scope.VIEW})
        return frozenset({self})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token to be made."""

    name: str
    """Whose it is, for people: as `publish queue`."""
    scopes: Collection[Scope]
    created_at: datetime
    tenant: str = MAIN_TENANT
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > MAX_NAME_CHARS:
            raise InputError(
                f"the name of a token needs 1 to {MAX_NAME_CHARS} characters, "
                f"got {len(self.name.strip())}",
                hint="say who will use it, as in `publish queue`",
            )
        if not self.name.isprintable():
            raise InputError(
                "the name of a token holds a character that does not print",
                hint="use letters, digits and spaces",
            )
        if not self.scopes:
            raise InputError("a token needs at least one scope, got 0", hint="give it `check`")
        if not is_tenant_name(self.tenant):
            raise InputError(
                f"`{self.tenant:.70}` is no name of a tenant",
                hint="use 1 to 63 of a-z, 0-9, `.`, `_` and `-`, a letter or digit first",
            )
        if self.expires_at is not None and self.expires_at <= self.created_at:
            raise InputError(
                f"the token would end at {self.expires_at.isoformat()}, "
                f"before it is made at {self.created_at.isoformat()}",
                hint="give a later end",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is known here: without what proves it."""

    token_id: str
    name: str
    tenant: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def allows(self, scope: Scope) -> bool:
        """Whether one of its scopes is this one, or implies it."""
        return any(scope in own.implied for own in self.scopes)

    def is_live(self, at: datetime) -> bool:
        """Neither revoked nor at its end."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)

    def to_json(self) -> dict[str, Any]:
        """For machines: everything; times in ISO 8601, or null."""
        times = ("created_at", "expires_at", "revoked_at")
        return {
            "id": self.token_id,
            "name": self.name,
            "tenant": self.tenant,
            "scopes": [scope.value for scope in Scope if scope in self.scopes],
        } | {name: at.isoformat() if (at := getattr(self, name)) else None for name in times}


class TokenReading(Connected):
    """Questions about tokens."""

    def tokens(self) -> list[Token]:
        """All that were ever made, the oldest first."""
        query = select(TOKENS).order_by(TOKENS.c.created_at, TOKENS.c.token_id)
        with self._connected() as connection:
            return [_token(row) for row in connection.execute(query)]

    def token(self, token_id: str) -> Token | None:
        """By its id; None where there is none."""
        query = select(TOKENS).where(TOKENS.c.token_id == token_id)
        with self._connected() as connection:
            row = connection.execute(query).first()
        return None if row is None else _token(row)

    def find_token(self, presented: str) -> Token | None:
        """The token that somebody shows, live or not; None where it is none of ours.

        An unknown id is hashed and compared like a known one, so that the time tells nothing.
        """
        form = _TOKEN.fullmatch(presented) if presented.isascii() else None
        token_id = form[1] if form else ""
        digest = digest_of(presented)
        with self._connected() as connection:
            query = select(TOKENS).where(TOKENS.c.token_id == token_id)
            row = connection.execute(query).first()
        same = hmac.compare_digest(digest, _NOBODY if row is None else row.digest)
        return _token(row) if same and row is not None else None


class TokenWriting(TokenReading, Writing):
    """What is written about tokens."""

    def create_token(self, new: NewToken) -> tuple[Token, str]:
        """Make a token.

        Returns:
            It, and the text to show once: it is kept nowhere.
        """
        token_id = secrets.token_hex(6)
        presented = f"ngt_{token_id}_{secrets.token_hex(32)}"
        token = Token(
            token_id=token_id,
            name=new.name.strip(),
            tenant=new.tenant,
            scopes=frozenset(new.scopes),
            created_at=new.created_at,
            expires_at=new.expires_at,
        )
        row = {name: getattr(token, name) for name in Token.__dataclass_fields__}
        row |= {"digest": digest_of(presented), "scopes": sorted(token.scopes)}
        self._connection.execute(insert(TOKENS), row)
        return token, presented

    def revoke_token(self, token_id: str, at: datetime) -> Token:
        """End a token for good; one that is revoked already keeps its time.

        Args:
            token_id: or the whole token, as it was found where it should not be.
            at: aware.

        Raises:
            UnknownSubject: there is no such token. The message has no more of it than the id.
        """
        token_id = token_id.removeprefix("ngt_").partition("_")[0]
        same = TOKENS.c.token_id == token_id
        self._connection.execute(
            update(TOKENS).where(same, TOKENS.c.revoked_at.is_(None)).values(revoked_at=at)
        )
        row = self._connection.execute(select(TOKENS).where(same)).first()
        if row is None:
            raise UnknownSubject(
                f"there is no token `{token_id:.40}`",
                hint="see `moderation token list` for the ids",
            )
        return _token(row)


def is_tenant_name(name: str) -> bool:
    """1 to 63 small letters, digits, dots, hyphens and underscores, a letter or digit first."""
    return _TENANT.fullmatch(name) is not None


def digest_of(presented: str) -> str:
    """What is kept of a token: SHA-256 of its text, 64 hexadecimal digits."""
    return hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()


def _token(row: Row[Any]) -> Token:
    values = {name: getattr(row, name) for name in Token.__dataclass_fields__}
    return Token(**values | {"scopes": frozenset(map(Scope, row.scopes))})

"""Who may do what at the desk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from moderation.errors import NotAllowed
from moderation.store import Scope, Token


class Role(StrEnum):
    """What a person may do; each may also do what stands before it. Stored strings."""

    VIEWER = "viewer"
    """Look."""
    MODERATOR = "moderator"
    """Decide cases."""
    SENIOR = "senior"
    """Decide what was escalated, and undo what others decided."""
    ADMIN = "admin"

    @property
    def level(self) -> int:
        """0 for a viewer to 3 for an admin."""
        return list(Role).index(self)

    @classmethod
    def of(cls, token: Token) -> Role | None:
        """The most that a token allows at the desk; None where it allows nothing there."""
        for role, scope in (
            (cls.ADMIN, Scope.ADMIN),
            (cls.SENIOR, Scope.SENIOR),
            (cls.MODERATOR, Scope.REVIEW),
            (cls.VIEWER, Scope.VIEW),
        ):
            if token.allows(scope):
                return role
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody at the desk."""

    name: str
    """As it stands in the log and beside answers."""
    role: Role

    def may(self, role: Role) -> bool:
        """Whether this person may do what the role may."""
        return self.role.level >= role.level

    def must(self, role: Role) -> None:
        """Refuse where this person may not.

        Raises:
            NotAllowed: the role does not allow it.
        """
        if not self.may(role):
            raise NotAllowed(
                f"`{self.name}` is {self.role.value}, and this needs {role.value}",
                hint="ask somebody with that role, or an admin for it",
            )

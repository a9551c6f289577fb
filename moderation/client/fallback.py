"""What is decided when the service gives no usable answer: data, and never a silent pass."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from moderation.verdict import Decision


class Trouble(StrEnum):
    """Why there is no answer; wire strings."""

    UNREACHABLE = "unreachable"
    """No connection, or it broke: refused, unknown host, bad certificate, reset."""
    TIMEOUT = "timeout"
    """Nothing, or not everything, had come when the time was up."""
    OVERLOADED = "overloaded"
    """The service asks to come back later than the deadline allows (429, 503)."""
    REFUSED = "refused"
    """It answered, but with no verdict: an error of its own (500), or something unreadable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailPolicy:
    """Trouble → decision. The default sends everything to a person."""

    unreachable: Decision = Decision.REVIEW
    timeout: Decision = Decision.REVIEW
    overloaded: Decision = Decision.REVIEW
    refused: Decision = Decision.REVIEW

    def __post_init__(self) -> None:
        for trouble in Trouble:
            word = Decision(getattr(self, trouble.value))
            object.__setattr__(self, trouble.value, word)

    def decision(self, trouble: Trouble) -> Decision:
        """What a note is worth that nobody judged."""
        word: Decision = getattr(self, trouble.value)
        return word


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why the fail policy answered."""

    cause: Trouble
    detail: str
    """What was met last, for the log: an error's name, a status."""
    tries: int
    """How many requests were begun for this call."""
    circuit_open: bool = False
    """The breaker let no further request through; `cause` is what opened it."""

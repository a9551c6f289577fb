"""Table: one table of a policy file that knows its place, so that errors can name it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar

from moderation.errors import BadPolicy
from moderation.policy.window import Window

Word = TypeVar("Word", bound=StrEnum)

MISSING = object()
WINDOW = ("from", "until")
"""Keys of `Table.window`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Typed access to the values of one TOML table; each getter refuses what it cannot use."""

    file: str
    path: str
    """Key path from the top of the file, as `rule[2].steps[0]`; empty for the top."""
    values: Mapping[str, Any]

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def wrong(self, key: str, problem: str, *, hint: str) -> BadPolicy:
        """The error for one key, to be raised by the caller."""
        return BadPolicy(f"`{self.file}`: `{self._at(key)}` {problem}", hint=hint)

    def only(self, *known: str) -> None:
        """Refuse every key that is not known."""
        for key in self.values:
            if key not in known:
                raise self.wrong(key, "is not a key of this table", hint=did_you_mean(key, known))

    def string(self, key: str, default: object = MISSING) -> str:
        """A string that is not empty."""
        value = self._get(key, default)
        if value is not default and (not isinstance(value, str) or not value.strip()):
            raise self._not_a(key, "a string that is not empty", value)
        return str(value)

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of strings that are not empty; absent is empty."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self._not_a(key, "a list of strings that are not empty", value)
        return tuple(value)

    def word(self, key: str, words: type[Word]) -> Word:
        """One word of a closed list."""
        return self._word(key, self._get(key, MISSING), words)

    def words(self, key: str, words: type[Word]) -> tuple[Word, ...]:
        """A list of words of a closed list; absent is empty."""
        return tuple(self._word(key, value, words) for value in self.strings(key))

    def share(self, key: str) -> float:
        """A number in 0–1."""
        value = self._get(key, MISSING)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._not_a(key, "a number", value)
        if not 0 <= value <= 1:
            raise self.wrong(
                key, f"must lie in 0–1, got {value:g}", hint="write 90 per cent as 0.9"
            )
        return float(value)

    def count(self, key: str) -> int:
        """A whole number, not negative."""
        value = self._get(key, MISSING)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self._not_a(key, "a whole number, 0 or more", value)
        return value

    def flag(self, key: str) -> bool:
        """True or false; absent is false."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self._not_a(key, "true or false", value)
        return value

    def table(self, key: str) -> Table:
        """A table inside; absent is empty."""
        return self._inside(key, self.values.get(key, {}))

    def items(self) -> Iterator[tuple[str, Table]]:
        """All values, which must be tables."""
        return ((key, self._inside(key, value)) for key, value in self.values.items())

    def tables(self, key: str, *, required: bool = False) -> tuple[Table, ...]:
        """A list of tables; absent is empty unless required."""
        value = self._get(key, MISSING if required else [])
        if not isinstance(value, list):
            raise self._not_a(key, "a list of tables", value)
        return tuple(self._inside(f"{key}[{i}]", row) for i, row in enumerate(value))

    def window(self) -> Window:
        """`from` and `until`; a date without time is midnight UTC."""
        window = Window(start=self._instant("from"), end=self._instant("until"))
        if window.start is not None and window.end is not None and window.start >= window.end:
            raise self.wrong(
                "from",
                f"{window.start.isoformat()} is not before `until` {window.end.isoformat()}",
                hint="`from` is included and `until` is not; swap or correct them",
            )
        return window

    def _instant(self, key: str) -> datetime | None:
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise self.wrong(
                    key,
                    f"{value.isoformat()} has no time zone",
                    hint="add the offset, as in 2021-08-02T00:00:00+08:00, or write the date only",
                )
            return value.astimezone(UTC)
        if isinstance(value, date):
            return datetime.combine(value, time(), UTC)
        raise self._not_a(key, "a date without quotes", value)

    def _inside(self, key: str, value: object) -> Table:
        if not isinstance(value, Mapping):
            raise self._not_a(key, "a table", value)
        return Table(file=self.file, path=self._at(key), values=value)

    def _word(self, key: str, value: object, words: type[Word]) -> Word:
        if not isinstance(value, str):
            raise self._not_a(key, "a string", value)
        try:
            return words(value)
        except ValueError:
            hint = did_you_mean(value, [word.value for word in words])
            raise self.wrong(key, f"does not know `{value:.60}`", hint=hint) from None

    def _get(self, key: str, default: object) -> Any:
        value = self.values.get(key, default)
        if value is MISSING:
            raise self.wrong(key, "is missing", hint=f"add `{key}` to this table")
        return value

    def _not_a(self, key: str, wanted: str, got: object) -> BadPolicy:
        kind = "an empty string" if got == "" else type(got).__name__
        return self.wrong(key, f"must be {wanted}, got {kind}", hint=f"correct `{key}`")

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def did_you_mean(got: str, known: Iterable[str]) -> str:
    """A hint that names the closest known word, or all of them."""
    known = list(known)
    near = difflib.get_close_matches(got, known, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return "use one of " + ", ".join(f"`{word}`" for word in known)

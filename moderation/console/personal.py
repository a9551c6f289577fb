"""How each person wants the desk: language, keys, look, the queue's filter and saved ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from moderation.errors import BadNote
from moderation.explain import Lang
from moderation.store import CaseKind, CaseState, Order, Wanted

KEYS: Mapping[str, str] = MappingProxyType(
    {
        **{f"choice-{number}": str(number) for number in range(1, 8)},
        "next": "n",
        "skip": "s",
        "escalate": "e",
        "undo": "u",
        "words": "w",
        "alike": "a",
        "compare": "c",
        "flicker": "f",
        "down": "j",
        "up": "k",
        "queue": "q",
        "filter": "/",
        "blur": "b",
        "grey": "g",
        "help": "?",
    }
)
"""Act → the key that does it, unless a person wants another."""
MOST_SAVED = 20
MAX_NAME_CHARS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which part of the queue a person works on."""

    kind: str = CaseKind.MACHINE.value
    state: str = CaseState.OPEN.value
    reason: str = ""
    author: str = ""
    lang: str = ""
    hours: int = 0
    """Only what has waited for so long."""
    order: str = Order.URGENT.value

    def wanted(self, at: datetime) -> Wanted:
        """As the register is asked."""
        before = at - timedelta(hours=self.hours) if self.hours else None
        return Wanted(
            kind=CaseKind(self.kind),
            state=CaseState(self.state),
            reason=self.reason,
            author_id=self.author,
            lang=self.lang,
            opened_before=before,
            order=Order(self.order),
        )

    def to_json(self) -> dict[str, Any]:
        """JSON as it is kept; only what differs from the whole queue."""
        return {
            name: value
            for name in self.__dataclass_fields__
            if (value := getattr(self, name)) != getattr(_WHOLE, name)
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Filter:
        """Inverse of `to_json`; what makes no sense any more is left out."""
        known = {name: row[name] for name in cls.__dataclass_fields__ if name in row}
        try:
            made = cls(**known | {"hours": int(known.get("hours") or 0)})
            CaseKind(made.kind), CaseState(made.state), Order(made.order)
        except ValueError:
            return cls()
        return replace(made, hours=max(0, min(made.hours, 24 * 365)))


_WHOLE = Filter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """What one person has set."""

    lang: Lang | None = None
    """None for what the browser asks for."""
    keys: Mapping[str, str] = field(default_factory=lambda: KEYS)
    keys_off: bool = False
    blur: bool = False
    grey: bool = False
    theme: str = ""
    """`light`, `dark`, or empty for what the system wants."""
    filter: Filter = _WHOLE
    saved: tuple[tuple[str, Filter], ...] = ()
    """(name, filter)."""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Personal:
        """As it is kept."""
        lang = row.get("lang")
        return cls(
            lang=lang if lang in ("zh", "en") else None,
            keys=MappingProxyType(dict(KEYS) | dict(row.get("keys") or {})),
            keys_off=bool(row.get("keys_off")),
            blur=bool(row.get("blur")),
            grey=bool(row.get("grey")),
            theme=row.get("theme") or "",
            filter=Filter.from_json(row.get("filter") or {}),
            saved=tuple((name, Filter.from_json(said)) for name, said in row.get("saved") or ()),
        )

    def to_json(self) -> dict[str, Any]:
        """Inverse of `from_json`."""
        return {
            "lang": self.lang,
            "keys": {act: key for act, key in self.keys.items() if KEYS.get(act) != key},
            "keys_off": self.keys_off,
            "blur": self.blur,
            "grey": self.grey,
            "theme": self.theme,
            "filter": self.filter.to_json(),
            "saved": [[name, one.to_json()] for name, one in self.saved],
        }

    def with_saved(self, name: str) -> Personal:
        """The filter at hand saved under a name, in place of one of the same name.

        Raises:
            BadNote: no name, too long a one, or too many.
        """
        name = name.strip()
        if not 1 <= len(name) <= MAX_NAME_CHARS:
            raise BadNote(
                f"the name of a filter needs 1 to {MAX_NAME_CHARS} characters, got {len(name)}",
                hint="give it a short name",
            )
        others = [one for one in self.saved if one[0] != name]
        if len(others) >= MOST_SAVED:
            raise BadNote(
                f"{len(others)} filters are saved, limit {MOST_SAVED}", hint="delete one first"
            )
        return replace(self, saved=(*others, (name, self.filter)))

    def with_keys(self, keys: Mapping[str, str]) -> Personal:
        """Other keys.

        Raises:
            BadNote: a key is not one character, or does two things.
        """
        merged = dict(self.keys) | {act: key for act, key in keys.items() if act in KEYS}
        for act, key in merged.items():
            if len(key) != 1 or not key.isprintable() or key.isspace():
                raise BadNote(f"`{key!a:.20}` is no key for `{act}`", hint="type one character")
            same = [other for other, of_other in merged.items() if of_other == key]
            if len(same) > 1:
                raise BadNote(
                    f"the key `{key}` would do `{same[0]}` and `{same[1]}`",
                    hint="give each its own",
                )
        return replace(self, keys=MappingProxyType(merged))

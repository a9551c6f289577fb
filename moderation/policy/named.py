"""Named: a policy is terms under a name, shipped with the package or read from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from moderation.errors import BadPolicy
from moderation.policy.reader import read, read_json
from moderation.policy.table import did_you_mean
from moderation.policy.terms import Rule, Terms

SHELF = files("moderation") / "policies"
"""Where the shipped policies lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What findings lead to, as data with dates.

    `digest` depends on the meaning alone, so two files that say the same have
    one digest, and an audit row that names it can be replayed.
    """

    name: str
    title: str
    """One line for people."""
    terms: Terms
    digest: str
    """`sha256:…` of the terms."""

    @classmethod
    def default(cls) -> Policy:
        """Today's shipped policy."""
        return cls.named("default")

    @classmethod
    def named(cls, name: str) -> Policy:
        """A shipped policy.

        Raises:
            BadPolicy: no policy of that name is shipped.
        """
        return _shipped(name)

    @classmethod
    def load(cls, path_or_name: str | Path) -> Policy:
        """A policy file; or a shipped policy where there is neither folder nor `.toml`.

        Raises:
            BadPolicy: no such file or name, not UTF-8, or the terms contradict themselves.
        """
        path = Path(path_or_name)
        if path.suffix != ".toml" and len(path.parts) == 1:
            return cls.named(str(path_or_name))
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise BadPolicy(
                f"cannot read the policy `{path}`: {(error.strerror or 'unknown').lower()}",
                hint=f"check the path, or use a shipped policy: {', '.join(shipped_names())}",
            ) from None
        except UnicodeDecodeError:
            raise BadPolicy(
                f"the policy `{path}` is not UTF-8", hint="save the file as UTF-8"
            ) from None
        return cls.parse(text, name=path.stem)

    @classmethod
    def parse(cls, text: str, *, name: str) -> Policy:
        """A policy from TOML text.

        Raises:
            BadPolicy: the first contradiction found, with key path and hint.
        """
        title, terms = read(text, file=name, shipped=shipped_text)
        return cls(name=name, title=title, terms=terms, digest=terms.digest())

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Policy:
        """A policy that was written by `to_json`.

        Its digest is that of what is read: another one than `row["digest"]` where somebody who was
        forgotten has been taken out of its lists since.

        Raises:
            BadPolicy: a key is missing, or the terms contradict themselves.
        """
        said = {key: value for key, value in row.items() if key not in ("name", "digest")}
        name = str(row.get("name") or "unnamed")
        title, terms = read_json(said, file=name)
        return cls(name=name, title=title, terms=terms, digest=terms.digest())

    def rules_at(self, as_of: datetime) -> tuple[Rule, ...]:
        """Rules in force at an aware instant, in the file's order.

        Raises:
            BadSetting: `as_of` has no time zone.
        """
        return self.terms.at(as_of).rules

    def to_json(self) -> dict[str, Any]:
        """JSON of everything the policy says, in one canonical order."""
        return {"name": self.name, "title": self.title, "digest": self.digest} | (
            self.terms.to_json()
        )


def shipped_names() -> tuple[str, ...]:
    """Names of the shipped policies, `default` first."""
    names = (Path(entry.name) for entry in SHELF.iterdir())
    stems = [path.stem for path in names if path.suffix == ".toml"]
    return tuple(sorted(stems, key=lambda stem: (stem != "default", stem)))


def shipped_text(name: str) -> str:
    """TOML text of a shipped policy.

    Raises:
        BadPolicy: no policy of that name is shipped.
    """
    known = shipped_names()
    if name not in known:
        raise BadPolicy(f"no policy `{name}` is shipped", hint=did_you_mean(name, known))
    return (SHELF / f"{name}.toml").read_text(encoding="utf-8")


@cache
def _shipped(name: str) -> Policy:
    return Policy.parse(shipped_text(name), name=name)

"""What one item of a scan costs: measured by benchmarks, by the archive at hand, or told.

`costs.json` holds what the benchmarks of this repository measured, with their machine; it is
written by `benchmarks/plan_costs.py`, and a test fails while the two differ.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from moderation.errors import BadSetting

SHIPPED = "costs.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One number that a plan rests on."""

    value: float
    """In the unit that the name says: `_s` seconds of one core, `_bytes`, `_share` 0–1."""
    source: str
    """Where it was measured, or who said it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """All of them, by name."""

    each: Mapping[str, Cost]
    machine: str
    """On which those that ship were measured."""

    @classmethod
    def shipped(cls) -> Costs:
        """As the benchmarks measured them."""
        said = json.loads((files("moderation.scan") / SHIPPED).read_text("utf-8"))
        return cls(
            each={name: Cost(**cost) for name, cost in said["costs"].items()},
            machine=said["machine"],
        )

    def __getitem__(self, name: str) -> float:
        """The value of a cost.

        Raises:
            KeyError: there is none of this name.
        """
        return self.each[name].value

    def replaced(self, values: Mapping[str, float], source: str) -> Costs:
        """With other values, which `source` says.

        Raises:
            BadSetting: a name is unknown, or a value is no number from 0 on.
        """
        for name, value in values.items():
            if name not in self.each:
                raise BadSetting(
                    f"`{source}` names the cost `{name:.60}`, which no plan knows",
                    hint="`moderation scan plan --json` lists the names under `costs`",
                )
            number = isinstance(value, int | float) and not isinstance(value, bool)
            most = 1 if name.endswith("_share") else 1e15
            if not number or not 0 <= value <= most:
                raise BadSetting(
                    f"`{name}` of `{source}` must be a number in 0–{most:g}, got {value!r:.40}",
                    hint="give it in the unit that its name says",
                )
        new = {name: Cost(value=float(value), source=source) for name, value in values.items()}
        return Costs(each={**self.each, **new}, machine=self.machine)

    def with_file(self, path: Path) -> Costs:
        """With the values of a JSON file: an object of names and numbers.

        Raises:
            BadSetting: it cannot be read, or is no such object.
        """
        try:
            said: Any = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BadSetting(
                f"cannot read costs from `{path}`: {error}", hint="give a JSON object of numbers"
            ) from error
        if not isinstance(said, dict):
            raise BadSetting(
                f"`{path}` must be a JSON object, got {type(said).__name__}",
                hint='write costs as {"observe_s": 0.2}',
            )
        return self.replaced(said, path.name)

"""The types of events that are named are those that there are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import moderation
from moderation.events.message import TYPES

CODE = Path(moderation.__file__).parent


def added(tree: ast.Module) -> Iterator[str]:
    """Types of all `NewEvent(type=…)`; a name stands for the constant of its module."""
    constants = {
        target.id: statement.value.value
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "NewEvent":
            (given,) = (keyword.value for keyword in call.keywords if keyword.arg == "type")
            yield constants[given.id] if isinstance(given, ast.Name) else ast.literal_eval(given)


def test_every_type_is_added_somewhere_and_no_other() -> None:
    found = {
        kind
        for path in CODE.rglob("*.py")
        if "NewEvent(" in (code := path.read_text(encoding="utf-8"))
        for kind in added(ast.parse(code))
    }
    assert found == set(TYPES)

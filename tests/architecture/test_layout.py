"""Where things lie, what they are called, and that no file grows beyond one story."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "moderation"
MAX_LINES = 350
"""Blank ones not counted."""
MAX_BYTES = 12_000_000
"""Of a file of a model: git keeps every state of it for good."""
NO_STORY = ("utils", "util", "helpers", "helper", "manager", "managers", "common", "misc")


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_models_and_data_sets_hold_data_only() -> None:
    """A module there would shadow Hugging Face `datasets`, for whoever starts Python here."""
    for folder in (ROOT / "models", ROOT / "datasets"):
        assert not [name_of(path) for path in folder.rglob("*.py")]
        assert not [name_of(path) for path in folder.rglob("*.pkl")]


def test_no_file_of_a_model_is_large() -> None:
    """Weights that need more are kept in several files."""
    files = [path for path in (ROOT / "models").rglob("*") if path.is_file()]
    assert files
    assert not [name_of(path) for path in files if path.stat().st_size > MAX_BYTES]


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_file_tells_one_story(path: Path) -> None:
    """Short enough to be read in one go, under a name that says what it does."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) <= MAX_LINES
    assert not [part for part in path.with_suffix("").parts if part in NO_STORY]


def test_public_names_are_listed_in_order_and_exist() -> None:
    """`__all__` of every package is sorted, complete, and documented where it is ours."""
    for path in modules():
        if path.name != "__init__.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            alias.asname or alias.name
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("moderation")
            for alias in node.names
        }
        listed = [
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
        ]
        if not imported or not listed:
            continue
        (names,) = listed
        assert names == sorted(names, key=natural), name_of(path)
        assert {name for name in imported if not name.startswith("_")} <= set(names), name_of(path)


def natural(name: str) -> tuple[bool, bool, str]:
    """Order of ruff: constants, then classes, then the rest."""
    return (not name.isupper(), not name[:1].isupper(), name)


def test_nothing_accuses_in_code_or_messages() -> None:
    """First in the register is no proof of authorship: some words are for people only."""
    accusing = ("theft", "thief", "thieves", "stolen")
    for path in (*modules(), *PACKAGE.rglob("*.toml"), *PACKAGE.rglob("*.j2")):
        text = path.read_text(encoding="utf-8").lower()
        found = [word for word in accusing if word in text.replace("never says theft", "")]
        assert not found, name_of(path)

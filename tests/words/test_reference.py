"""The generated reference pages are those of the code."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = load()


@pytest.mark.parametrize("page", GENERATE.PAGES)
def test_a_page_is_fresh(page: str) -> None:
    """Run `python docs/generate.py` where this fails."""
    written = (DOCS / "reference" / page).read_text(encoding="utf-8")
    assert written == GENERATE.render(page), "stale: run python docs/generate.py"


def test_every_error_is_documented() -> None:
    """No code without its line on the page."""
    page = GENERATE.render("errors.md")
    for error in GENERATE.error_classes():
        assert f"`{error.code}`" in page

"""The tables of the benchmarks' page are those of the results."""

from __future__ import annotations

import importlib.util

import pytest
from kit.pages import ROOT

BENCHMARKS = ROOT / "benchmarks"


def test_benchmark_tables_are_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make docs` writes them."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location("tables", BENCHMARKS / "tables.py")
    assert spec
    assert spec.loader
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    page = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    wanted = tables.render(page, BENCHMARKS / "results")
    assert page == wanted, "stale: run `python benchmarks/tables.py`"

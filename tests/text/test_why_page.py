"""The page on the text rules says what the benchmark measured, not what it once measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "why" / "text-rules.md"
RESULT = ROOT / "benchmarks" / "results" / "text_reading.json"

ROWS = {
    "commercial or not, AUC": "commercial_auc",
    "hard sell or not, AUC": "hard_sell_auc",
    "notes that lead away, recall at 1 % false alarms": "diversion.recall_at_1pct_fpr",
    "disclosure, accuracy": "disclosure.accuracy",
    "… among commercial notes": "disclosure.accuracy_among_commercial",
    "intent (one of five), accuracy": "intent.accuracy",
}


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return json.loads(RESULT.read_text(encoding="utf-8"))["results"]


@pytest.mark.parametrize(("name", "key"), ROWS.items(), ids=ROWS.values())
def test_row_of_the_page_is_the_measured_one(results: dict[str, Any], name: str, key: str) -> None:
    """Both halves, value and interval."""
    line = next(
        line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| {name} |")
    )
    cells = [cell.strip() for cell in line.strip("|").split("|")][1:]
    for cell, half in zip(cells, ("development", "held"), strict=True):
        one = results[half]
        for part in key.split("."):
            one = one[part]
        low, high = one["ci95"]
        assert cell.startswith(f"{one['value']:.2f} ({low:.2f}–{high:.2f})")


def test_every_policy_step_of_the_page_is_the_measured_one(results: dict[str, Any]) -> None:
    """Rightly reached, reached and labelled, of the held half."""
    page = PAGE.read_text("utf-8")
    for step, one in results["held"]["steps_of_default_policy"].items():
        row = f"| `{step}` | {one['rightly']} | {one['reached']} | {one['labelled']} |"
        assert row in page


def test_result_holds_numbers_only(results: dict[str, Any]) -> None:
    """No text of any note is in the result: every string is a key, a version or a set's name."""

    def strings(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [s for v in value.values() for s in strings(v)]
        if isinstance(value, list):
            return [s for v in value for s in strings(v)]
        return [value] if isinstance(value, str) else []

    assert all(s.isascii() and len(s) < 20 for s in strings(results))

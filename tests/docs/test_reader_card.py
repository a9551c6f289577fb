"""The numbers on the card of the note reader are the measured ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from moderation.text.note_reader import NoteReader

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "models" / "note-reader_v1"
CARD = (FOLDER / "README.md").read_text(encoding="utf-8")
METRICS = json.loads((FOLDER / "metrics.json").read_text())
SHIPPED = json.loads((ROOT / "benchmarks" / "results" / "shipped_reader.json").read_text())


def spoken(measure: dict) -> str:
    low, high = measure["ci95"]
    return f"{measure['value']:.3f} ({low:.3f}–{high:.3f})"


@pytest.mark.parametrize(
    ("name", "part"),
    [("real", "real"), ("real, labels of 0.8 and surer", "real_sure"), ("written", "written")],
)
def test_rows_of_the_card_are_the_metrics(name: str, part: str) -> None:
    """AUC with its interval, F1 and calibration error, of so many notes."""
    found = METRICS[part]
    (row,) = (line for line in CARD.splitlines() if line.startswith(f"| {name} |"))
    assert f"| {found['notes']} | {spoken(found['commercial']['auc'])} |" in row
    assert f"| {found['commercial']['at_half']['value']:.2f} |" in row
    assert row.endswith(f"| {found['commercial']['calibration']['expected_error']:.3f} |")
    disclosed = found["clear_disclosure"]
    assert f"{disclosed['f1']['value']:.2f} of {disclosed['notes']}" in row


def test_the_red_team_measured_this_model() -> None:
    """And no other."""
    results = SHIPPED["results"]
    assert results["reader"] == NoteReader.open().recipe
    team = results["red_team"]
    assert f"AUC {spoken(team['commercial']['auc'])}" in CARD
    assert f"calibration error {team['commercial']['calibration']['expected_error']:.3f}" in CARD
    words = results["by_attack"]["harmless_words"]["flagged"]
    assert f"harmless words {words['hits']} of {words['n']}" in CARD

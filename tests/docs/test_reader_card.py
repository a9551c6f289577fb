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
    natives = results["by_attack"]["native_looks_like_ad"]["flagged"]
    assert f"look like advertisements {natives['hits']} of {natives['n']}" in CARD
    for said, name in (("hard sell", "hard_sell"), ("clear disclosure", "clear_disclosure")):
        f1 = team[name]["f1"]
        low, high = f1["ci95"]
        spoken_f1 = f"{f1['value']:.2f} ({low:.2f}–{high:.2f}) of {team[name]['notes']}"
        assert f"F1 {said} {spoken_f1}" in CARD


def test_ways_out_of_the_red_team_are_the_measured_ones() -> None:
    """Found and flagged, shown and for a person."""
    ways = SHIPPED["results"]["red_team"]["diversion"]
    cells = [
        f"{ways[level][kind]['hits']} of {ways[level][kind]['n']}"
        for level in ("shown", "likely")
        for kind in ("found", "natives_flagged")
    ]
    assert f"| red team | {' | '.join(cells)} |" in CARD


def test_limits_of_the_card_are_the_metrics() -> None:
    """Of the real notes that were set apart."""
    real = METRICS["real"]
    assert f"of the {real['notes']} set apart {real['hard_sell']['notes']} are one" in CARD
    long = real["groups"]["length long"]["natives_called_commercial"]
    assert f"too often: {long['hits']} of {long['n']} natives" in CARD


def test_times_of_the_card_are_the_measured_ones() -> None:
    """Medians in whole milliseconds; all that differ are told at once."""
    team = SHIPPED["results"]["speed"]
    real = SHIPPED["results"]["real_notes_learnt_from"]["speed"]
    said = (
        (" {} ms for the red team's notes", team["all"]),
        (" {} ms for real ones of 151 to 400 characters", real["151 to 400 characters"]),
        (" {} ms above", real["over 400 characters"]),
    )
    measured = [words.format(round(times["p50_ms"])) for words, times in said]
    assert [words for words in measured if words not in CARD] == []

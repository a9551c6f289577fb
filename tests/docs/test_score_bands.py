"""Bands of the copy score: counted right, and the card holds what was measured."""

from __future__ import annotations

import importlib.util
import json
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.pages import ROOT

from moderation.training.evaluation.plots import bands_plot, plots_are_possible

CARD = ROOT / "docs" / "why" / "copy-score.md"
RESULT = ROOT / "benchmarks" / "results" / "copy_verification.json"
SCORES = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.97, 1.0]), max_size=60)


def module() -> ModuleType:
    path = ROOT / "benchmarks" / "score_bands.py"
    spec = importlib.util.spec_from_file_location("score_bands", path)
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


BANDS = module()


def test_the_card_holds_the_measured_bands() -> None:
    """`make docs` writes them; a result from before there were bands leaves the place empty."""
    page = CARD.read_text(encoding="utf-8")
    assert BANDS.START in page
    found = json.loads(RESULT.read_text(encoding="utf-8"))["results"].get("calibration")
    assert page == BANDS.render(page, found), "stale: run `python benchmarks/tables.py`"


@given(SCORES, SCORES)
def test_every_pair_is_in_one_band(copies: list[float], others: list[float]) -> None:
    """Counted the slow way, edges included."""
    found = BANDS.calibration(copies, others)
    for band in found["bands"]:
        low, high = band["from"], band["to"]

        def inside(score: float, low: float = low, high: float = high) -> bool:
            return low <= score < high or (high == 1 and score == 1)

        assert band["copies"] == sum(map(inside, copies))
        assert band["not_copies"] == sum(map(inside, others))
    assert sum(band["copies"] for band in found["bands"]) == len(copies)
    assert sum(band["not_copies"] for band in found["bands"]) == len(others)


@given(SCORES, SCORES)
def test_from_its_score_on_nearly_all_are_copies(copies: list[float], others: list[float]) -> None:
    """And from no lower score that a copy has."""
    point = BANDS.calibration([round(s, 2) for s in copies], [round(s, 2) for s in others])
    point = point["nearly_all_copies"]

    def good(at: float) -> bool:
        right, wrong = (sum(round(s, 2) >= at for s in x) for x in (copies, others))
        return right > 0 and right >= 0.999 * (right + wrong)

    fitting = [at for at in (round(s, 2) for s in (*copies, *others)) if good(at)]
    assert point["score"] == (min(fitting) if fitting else None)
    assert point["copies"] <= point["n"]


def test_known_numbers() -> None:
    """Intervals of Clopper and Pearson, one-sided bound where none is wrong: 0.05 ** (1 / n)."""
    found = BANDS.calibration([0.95] * 8 + [0.98] * 20, [0.95] * 2 + [0.0] * 70)
    lowest, *_, likely, surest = found["bands"]
    assert (lowest["share"], lowest["not_copies"]) == (0.0, 70)
    assert likely["share"] == 0.8
    assert likely["ci95"] == pytest.approx([0.4439, 0.9748], abs=1e-4)
    assert surest["ci95"] == pytest.approx([0.025 ** (1 / 20), 1], abs=1e-4)
    point = found["nearly_all_copies"]
    assert (point["score"], point["n"]) == (0.98, 20)
    assert point["at_least"] == pytest.approx(0.05 ** (1 / 20), abs=1e-4)


def test_the_section_is_readable() -> None:
    """A row for each band, empty ones told as such, and the page outside the marks untouched."""
    found = BANDS.calibration([0.95] * 8 + [0.98] * 20, [0.95] * 2 + [0.0] * 70)
    page = BANDS.render(f"before\n{BANDS.START}\nold\n{BANDS.END}\nafter\n", found)
    assert page.startswith("before\n")
    assert page.endswith("\nafter\n")
    assert "old" not in page
    assert "| 0.9 to 0.97 | 8 | 2 | 80.0 % (44.4 %–97.5 %) |" in page
    assert "| 0.3 to 0.5 | 0 | 0 | – |" in page
    assert "is 0.980: 20 of 20 pairs" in page
    nothing = BANDS.calibration([], [0.4])
    assert "There is no score" in "\n".join(BANDS.section(nothing))


@pytest.mark.skipif(not plots_are_possible(), reason="needs matplotlib")
def test_the_curve_shows_every_band_with_pairs() -> None:
    """The same text for the same numbers; the counts can be read in it."""
    bands = BANDS.calibration([0.95] * 8 + [0.98] * 20, [0.95] * 2 + [0.0] * 71)["bands"]
    drawn = bands_plot(bands, "title")
    assert drawn == bands_plot(bands, "title")
    for pairs in (">10<", ">20<", ">71<"):
        assert pairs in drawn

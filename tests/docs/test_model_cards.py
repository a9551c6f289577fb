"""The card of a model says what its benchmark measured, and its metrics are those numbers."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from kit.pages import ROOT

from moderation.image.descriptor import Describer

FOLDER = ROOT / "models" / "copy-descriptor_v1"
RESULT = ROOT / "benchmarks" / "results" / "descriptor.json"


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """Of the descriptor's benchmark."""
    return json.loads(RESULT.read_text(encoding="utf-8"))["results"]


def test_the_measured_weights_are_the_shipped_ones(results):
    """A card of other weights would flatter or slander."""
    assert results["recipe"] == Describer.open().recipe


def test_the_card_holds_the_table(results, monkeypatch):
    """Line by line, as on the page of benchmarks."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import tables

    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for line in tables.descriptor(results):
        assert line in card
    sys.modules.pop("tables")


def test_the_metrics_are_the_measured_ones(results):
    """For machines."""
    metrics = json.loads((FOLDER / "metrics.json").read_text(encoding="utf-8"))
    assert metrics == {name: results[name] for name in metrics}
    assert {"quality", "speed", "registered", "copies_asked"} <= metrics.keys()


def test_learning_was_worth_it(results):
    """The shipped network beats the one that it started from, in every way of asking."""
    learnt, untrained = (results["quality"][name] for name in ("learnt", "whitened only"))
    for way in learnt:
        assert learnt[way]["recall_at_p999"]["value"] > untrained[way]["recall_at_p999"]["value"]

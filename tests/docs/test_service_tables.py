"""What the benchmark of the service says of few answers."""

from __future__ import annotations

import importlib

import pytest
from kit.pages import ROOT


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        (99, (99, 1.0, "–", "–")),
        (100, (100, 1.0, 2.0, "–")),
        (999, (999, 1.0, 2.0, "–")),
        (1000, (1000, 1.0, 2.0, 3.0)),
    ],
    ids=str,
)
def test_quantiles_need_answers(
    answers: int, shown: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A p99 of ten answers is the slowest of them by another name."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    timed = importlib.import_module("service_tables").timed
    assert timed({"n": answers, "p50": 1.0, "p99": 2.0, "p99.9": 3.0, "max": 4.0}) == shown


@pytest.mark.parametrize(
    ("bad", "well_after"),
    [((), 0.0), (range(5), 4.0), (range(29), None), (range(22), None)],
    ids=["never bad", "bad at first", "one lucky answer", "too few good ones"],
)
def test_one_lucky_answer_is_no_recovery(
    bad: range, well_after: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the quiet has to be long enough to tell; one bad answer of 26 is within the slack."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    load, callers = importlib.import_module("service_load"), importlib.import_module("callers")
    rows = [
        callers.Row(at_s=10.0 + i, ms=50.0, status=503 if i in bad else 200, pictures=1)
        for i in range(30)
    ]
    assert load.recovered(rows, 10.0, 0.0) == well_after

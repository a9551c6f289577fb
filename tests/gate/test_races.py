"""Several processes at one register: one first, and no search finds what was forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.gate_children import ROUNDS, be_first, forget_or_search
from kit.register_children import in_processes

from moderation import Gate

PROCESSES = 8


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the index of a register on a server lies; the processes inherit it."""
    monkeypatch.setenv("MODERATION_CACHE", str(tmp_path / "cache"))


@pytest.mark.slow
def test_of_eight_simultaneous_uploads_exactly_one_is_first(place: str | Path) -> None:
    """Near-duplicates checked at the same instant, six times: seven name the eighth's author."""
    Gate.open(place).close()
    told = in_processes(PROCESSES, be_first, place)
    assert not [answer for answer in told if isinstance(answer, BaseException)]
    for verdicts in zip(*told, strict=True):
        firsts = [verdict for verdict in verdicts if not verdict["findings"]]
        assert len(firsts) == 1
        (first,) = firsts
        assert first["registration"] == "registered"
        author = "author" + first["note_id"].partition("p")[2]
        for verdict in verdicts:
            if verdict is not first:
                assert verdict["decision"] in ("review", "block")
                assert author in {finding["detail"]["holder"] for finding in verdict["findings"]}
    with Gate.open(place) as gate:
        assert gate.verify().ok
        assert gate.stats().verdicts == PROCESSES * ROUNDS


def test_no_search_finds_what_another_process_forgot(place: str | Path) -> None:
    """While two processes forget and a third searches: once gone, gone for good."""
    Gate.open(place).close()
    told = in_processes(3, forget_or_search, place, 3)
    assert not [answer for answer in told if isinstance(answer, BaseException)]
    (searches,) = filter(None, told)
    assert len(searches) == 2 * 3
    for counts in searches:
        assert counts == sorted(counts, reverse=True)
        assert counts[-1] == 0
    with Gate.open(place) as gate:
        assert gate.verify().ok
        assert gate.stats().pictures == 0

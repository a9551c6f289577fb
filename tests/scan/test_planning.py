"""What a scan will take: arithmetic that keeps its promises whatever the numbers are."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.pages import ROOT

from moderation.errors import BadSetting
from moderation.image import hash_bands
from moderation.image.feature_index import _MAX_SHARED, KEY_BITS, TABLES
from moderation.scan import planning
from moderation.scan.costs import Costs
from moderation.scan.planning import Fleet, Plan, plan

COSTS = Costs.shipped()
NOTES = st.integers(1, 10**10)
FLEETS = st.builds(
    Fleet,
    machines=st.integers(1, 5_000),
    cores=st.integers(1, 256),
    memory_bytes=st.integers(1 << 30, 1 << 42),
)
PARALLEL = ("observe", "prove")


def planned(notes: int, fleet: Fleet, pictures: float = 5) -> Plan:
    return plan(notes, COSTS, fleet, pictures_a_note=pictures)


@given(notes=NOTES, more=st.integers(1, 10**9), fleet=FLEETS)
def test_more_notes_never_cost_less(notes: int, more: int, fleet: Fleet) -> None:
    """Neither a stage, nor memory for all codes, nor what is sent or kept."""
    few, many = planned(notes, fleet), planned(notes + more, fleet)
    for a, b in zip(few.stages, many.stages, strict=True):
        assert (a.name, a.items) < (b.name, b.items)
        assert b.core_hours >= a.core_hours
        assert b.read_bytes >= a.read_bytes
        assert b.written_bytes >= a.written_bytes
    assert many.join.parts >= few.join.parts
    assert many.join.shuffle_bytes >= few.join.shuffle_bytes
    assert all(many.index_bytes[name] >= size for name, size in few.index_bytes.items())
    assert many.disk_bytes >= few.disk_bytes


@given(notes=NOTES, fleet=FLEETS)
def test_twice_the_machines_halve_what_runs_side_by_side(notes: int, fleet: Fleet) -> None:
    """The rest takes as long as before, and the work is the same."""
    one, two = planned(notes, fleet), planned(notes, replace(fleet, machines=2 * fleet.machines))
    assert two.core_hours == one.core_hours
    for a, b in zip(one.stages, two.stages, strict=True):
        if a.name in PARALLEL:
            assert b.hours == pytest.approx(a.hours / 2)
        elif a.name == "join":
            assert a.hours / 2 <= b.hours * 1.000001 <= a.hours * 1.000002
        else:
            assert b.hours == a.hours


@given(notes=NOTES, fleet=FLEETS)
def test_a_part_of_the_join_fits(notes: int, fleet: Fleet) -> None:
    """A part for each core into the memory of a machine, unless a band is cut at every bit."""
    join = planned(notes, fleet).join
    held = fleet.cores * join.known / join.parts_a_band * COSTS["join_code_bytes"]
    assert held <= fleet.memory_bytes or join.parts_a_band == 1 << planning.BAND_BITS
    if join.parts_a_band > 1:  # and half as many would not do
        assert 2 * held > fleet.memory_bytes
    assert join.held == (join.known * COSTS["join_code_bytes"] <= fleet.memory_bytes)


@given(notes=NOTES, fleet=FLEETS)
def test_a_join_that_one_process_can_do_has_one_core(notes: int, fleet: Fleet) -> None:
    """As `moderation scan pair` does it; any other is dealt to as many cores as it has parts."""
    made = planned(notes, fleet)
    (stage,) = (one for one in made.stages if one.name == "join")
    if made.join.whole:
        assert (stage.lanes, stage.hours) == (1, pytest.approx(made.join.one_process_hours))
    else:
        assert stage.lanes == min(fleet.machines * fleet.cores, made.join.parts)
        wanted = min(fleet.cores, made.join.parts) / made.join.parts_a_band
        assert stage.memory_bytes == pytest.approx(
            wanted * made.pictures * COSTS["join_code_bytes"]
        )


def test_the_arithmetic_of_a_billion_notes() -> None:
    """By hand: items times what an item costs."""
    fleet = Fleet(machines=100, cores=16, memory_bytes=64 << 30)
    made = planned(10**9, fleet)
    stages = {stage.name: stage for stage in made.stages}
    each = sum(COSTS[f"observe{reader}_s"] for reader in ("", "_lettering", "_codes", "_watermark"))
    assert stages["observe"].core_hours == pytest.approx(5e9 * each / 3600)
    assert stages["observe"].hours == pytest.approx(5e9 * each / 3600 / 1600)
    assert made.index_bytes["hashes"] == 5e9 * 40
    queries = 5e9 * COSTS["codes"]
    cuts = made.join.parts_a_band.bit_length() - 1
    assert made.join.shuffle_bytes == pytest.approx(16 * 40 * (5e9 + queries * (1 + cuts)))
    assert not made.join.numbered
    assert stages["judge"].hours == pytest.approx(1e9 * COSTS["judge_s"] / 3600)


def test_what_is_left_out_costs_nothing() -> None:
    """Readers of marks are told apart."""
    all_of_it = planned(1_000_000, Fleet())
    less = plan(1_000_000, COSTS, Fleet(), pictures_a_note=5, without=("lettering",))
    saved = all_of_it.core_hours - less.core_hours
    assert saved == pytest.approx(5e6 * COSTS["observe_lettering_s"] / 3600)


def test_it_knows_the_join_and_the_index_as_they_are() -> None:
    """Numbers that the arithmetic repeats are those of the code that runs."""
    assert (planning.BANDS, planning.BAND_BITS) == (hash_bands.BANDS, hash_bands.BAND_BITS)
    assert planning.KEY_VALUES == TABLES << KEY_BITS
    assert planning.MOST_SHARED == _MAX_SHARED


def test_the_costs_are_those_of_the_benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    """`python benchmarks/plan_costs.py` writes them."""
    spec = importlib.util.spec_from_file_location(
        "plan_costs", ROOT / "benchmarks" / "plan_costs.py"
    )
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    shipped = ROOT / "moderation" / "scan" / "costs.json"
    wanted = script.rendered(ROOT / "benchmarks" / "results")
    assert shipped.read_text("utf-8") == wanted, "stale: run `python benchmarks/plan_costs.py`"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('{"observe_seconds": 1}', "names the cost `observe_seconds`"),
        ('{"observe_s": "1"}', "must be a number in 0–1e+15, got '1'"),
        ('{"observe_s": true}', "got True"),
        ('{"candidate_share": 1.5}', "must be a number in 0–1, got 1.5"),
        ("[1]", "must be a JSON object, got list"),
        ("{", "cannot read costs"),
    ],
    ids=["unknown", "text", "bool", "share", "list", "no JSON"],
)
def test_wrong_costs_are_refused(tmp_path: Path, said: str, message: str) -> None:
    """With the name and both numbers."""
    file = tmp_path / "costs.json"
    file.write_text(said)
    with pytest.raises(BadSetting, match="costs") as caught:
        COSTS.with_file(file)
    assert message in caught.value.message


def test_own_costs_count_and_are_named(tmp_path: Path) -> None:
    """A plan says where every number comes from."""
    file = tmp_path / "ours.json"
    file.write_text(json.dumps({"judge_s": 1}))
    costs = COSTS.with_file(file)
    made = plan(3600, costs, Fleet(), pictures_a_note=0)
    assert made.stages[-1].hours == 1
    assert made.to_json()["costs"]["judge_s"] == {"value": 1.0, "source": "ours.json"}
    assert costs["observe_s"] == COSTS["observe_s"]


@pytest.mark.parametrize(("notes", "pictures"), [(0, 5), (1, -1), (1, 101)])
def test_senseless_numbers_are_refused(notes: int, pictures: float) -> None:
    """No note, or pictures that no note can have."""
    with pytest.raises(BadSetting, match="cannot plan"):
        planned(notes, Fleet(), pictures)

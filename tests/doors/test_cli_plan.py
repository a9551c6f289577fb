"""`moderation scan plan`: what it says to people and machines, however it is spelt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import told

QUICK = ("--without", "lettering", "--without", "codes", "--without", "watermark")


@pytest.fixture
def costs(tmp_path: Path) -> Path:
    """Round numbers, so that the table shows the arithmetic and not a benchmark."""
    from moderation.scan.costs import Costs

    values = dict.fromkeys(Costs.shipped().each, 0.0)
    values |= {"observe_s": 0.1, "judge_s": 0.01, "codes": 20, "picture_bytes": 200_000}
    values |= {"join_code_s": 1e-5, "join_comparison_s": 1e-12, "join_code_bytes": 250}
    values |= {"observed_bytes": 10_000, "candidate_share": 0.1, "decoded_s": 0.3}
    values |= {"descriptor_index_bytes": 500, "feature_index_bytes": 5_000, "feature_keys": 400}
    values |= {"observe_worker_bytes": 8e8, "pair_worker_bytes": 6e8, "verdict_bytes": 2_000}
    file = tmp_path / "costs.json"
    file.write_text(json.dumps(values))
    return file


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("notes", ["100k", "1B"])
def test_the_table(run, golden, costs: Path, notes: str, lang: str) -> None:
    """To be read whenever it changes; a billion needs parts, and says why they stay exact."""
    fleet = ("--machines", 50, "--cores", 16, "--costs", costs, "--lang", lang)
    done = run("scan", "plan", "--notes", notes, *fleet)
    assert done.exit_code == 0, done.output
    before, heading, _ = done.stdout.partition("costs of" if lang == "en" else "单项成本")
    assert heading
    golden(f"plan-{notes}-{lang}", before)


@pytest.mark.parametrize(
    "spelt",
    [
        ("plan", "{archive}"),
        ("{archive}", "--plan"),
        ("--plan", "{archive}"),
        ("run", "{archive}", "--plan"),
    ],
    ids=" ".join,
)
def test_however_it_is_spelt(run, folder: Path, spelt: tuple[str, ...]) -> None:
    """The notes of an archive are counted, and its pictures weighed; nothing is written."""
    words = [word.format(archive=folder / "good.jsonl") for word in spelt]
    made = json.loads(run("scan", *words, "--json").stdout)
    assert made["notes"] == 3
    assert made["pictures"] == 3
    sizes = [(folder / name).stat().st_size for name in ("first.png", "second.png", "copy.jpg")]
    assert made["costs"]["picture_bytes"]["value"] == sum(sizes) / 3
    assert made["costs"]["picture_bytes"]["source"].startswith("the archive: 3 pictures")
    names = [stage["name"] for stage in made["stages"]]
    assert names == ["observe", "lay_out", "join", "prove", "judge"]


def test_without_an_archive(run) -> None:
    """As the retro scan of nobody's archive."""
    made = json.loads(run("scan", "--plan", "--notes", "100M", "--json").stdout)
    assert (made["notes"], made["pictures"]) == (10**8, 5 * 10**8)


def test_costs_are_measured_on_the_spot(run, folder: Path) -> None:
    """The first notes are observed; what they cost replaces what ships, and says so."""
    done = run("scan", "plan", folder / "good.jsonl", "--measure", 3, *QUICK, "--json")
    costs = json.loads(done.stdout)["costs"]
    for name in ("observe_s", "observed_bytes", "codes"):
        assert costs[name]["value"] > 0
        assert costs[name]["source"] == "measured here: 3 pictures of the first 3 notes"
    assert costs["judge_s"]["source"].startswith("scan_pairs")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("plan",), "how many notes is not known"),
        (("plan", "--notes", "many"), "`many` is no number of notes"),
        (("plan", "--notes", "0"), "`0` is no number of notes"),
        (("plan", "--notes", "1M", "--measure", "3"), "needs an archive"),
    ],
    ids=["no number", "a word", "none", "nothing to measure"],
)
def test_what_cannot_be_planned(run, words: tuple[str, ...], says: str) -> None:
    """Usage errors, with what to give."""
    told(run("scan", *words), 2, says)

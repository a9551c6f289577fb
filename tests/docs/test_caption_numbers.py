"""The card of caption twins says what its benchmark measured."""

from __future__ import annotations

import json

from kit.pages import ROOT

from moderation.policy import Policy

ROWS = {
    "the same text with emoji": "emoji after every third letter",
    "traditional characters": "traditional characters",
    "homophones": "homophones, one in five",
    "sentences in another order": "sentences reordered",
    "a quarter of the sentences": "a quarter dropped",
    "half of them": "half dropped",
    "own words around it, as much": "own words around, as much again",
    "one word in ten": "one word in ten replaced",
    "one word in five": "one word in five replaced",
    "dropped, reordered": "combined",
}


def test_the_card_holds_the_measured_numbers() -> None:
    """Counts of every row, and of the pairs."""
    path = ROOT / "benchmarks" / "results" / "caption_twins.json"
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    page = (ROOT / "docs" / "why" / "caption-twins.md").read_text(encoding="utf-8")
    lines = page.splitlines()
    for start, name in ROWS.items():
        (line,) = (line for line in lines if line.startswith(f"| {start}"))
        found = results["held"]["found"][name]
        everything, long = found["all"]["0.5"], found["long"]["0.5"]
        assert f"| {everything['hits']} (" in line
        assert f"| {long['hits']} of {long['n']} (" in line
        assert everything["n"] == 300
    pairs = results["held"]["pairs"]
    kinds = pairs["what_they_are"]["0.5"]
    assert f"Of {pairs['all']:,} pairs of real notes {pairs['at']['0.5']['hits']} reach" in page
    assert f"{kinds['published again']} are a text" in page
    assert f"{kinds['a series of one author']} belong to a series" in page
    assert set(kinds) == {"published again", "a series of one author"}
    assert f"At 0.4 there are {pairs['strangers']['0.4']['hits']} others" in page


def test_it_was_measured_at_the_step_that_is_shipped() -> None:
    """The policy's threshold is the benchmark's."""
    path = ROOT / "benchmarks" / "results" / "caption_twins.json"
    measured = json.loads(path.read_text(encoding="utf-8"))["results"]["threshold"]
    rules = {rule.name: rule for rule in Policy.default().terms.rules}
    assert [step.at for step in rules["template-twin-with-pictures"].steps] == [measured]

"""An evaluation for people: words, plots, page."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from moderation.errors import MissingExtra
from moderation.training.evaluation import plots, wording
from moderation.training.evaluation.page import page, plots_of


def share(hits: int, n: int) -> dict[str, Any]:
    return {"hits": hits, "n": n, "value": hits / n, "ci95": [0.0, 1.0]}


def found(match: int, sure: int, n: int) -> dict[str, Any]:
    levels = {"match": match, "sure": sure, "precision 0.999": sure}
    return {
        "found": {name: share(hits, n) for name, hits in levels.items()},
        "right_one_first": share(match, n),
    }


def results(*, false: int = 0, threshold: float | None = 0.62) -> dict[str, Any]:
    """A small evaluation; one family has a name that tries to break a page."""
    recall = {"value": 0.8, "ci95": [0.7, 0.9]}
    point = {"threshold": threshold, "recall": recall, "precision_at_least": 0.97}
    return {
        "registered": 1500,
        "copies": 20,
        "average_precision": {"value": 0.875, "ci95": [0.8, 0.9]},
        "at_precision": {"0.999": point, "0.9999": point},
        "families": [
            {"name": "crop", **found(10, 6, 10)},
            {"name": "<b>blur</b>", **found(6, 2, 10)},
        ],
        "all": found(16, 8, 20),
        "false_matches": {"at": {"match": {"per_million": 1.5, "per_million_at_most": 7.75}}},
        "not_copies": [
            {
                "name": "not registered",
                "false": {"match": share(false, 30), "sure": share(0, 30)},
                "highest": 0.0,
            }
        ],
        "siblings": {"outranks_the_right_one": share(1, 4)},
        "doubtful": {"questions": 3, "matched": {"match": 2}},
        "precision_recall": [[0.9, 0.4, 1.0], [0.6, 0.8, 0.95]],
        "query_ms": {"p50": 101.4, "p90": 202.0},
        "curves": [
            {
                "name": "blur",
                "unit": "σ in pixels",
                "values": [1.0, 2.5],
                "found": {"match": [share(4, 5), share(1, 5)], "sure": [share(1, 5)] * 2},
            }
        ],
    }


def test_the_conclusion_says_what_the_numbers_say() -> None:
    """Shares, the threshold, what is not proven, the weakest, the accused."""
    said = wording.conclusion(results(), "en")
    assert said[0].startswith("16 of 20 copies were found (80.0 %;")
    assert "At a score of 0.620 and more" in said[1]
    assert "a precision of 97.00 % only" in said[2]
    assert said[3] == "Weakest: <b>blur</b> (60.0 %)."
    assert said[4].startswith("Not one of 30 pictures")
    accused = wording.conclusion(results(false=3), "en")
    assert "3 of 30 pictures without a registered copy were matched wrongly (10.0 %)." in accused
    assert wording.FOUND_IMPRECISELY.en in wording.conclusion(results(threshold=None), "en")


def test_both_languages_say_the_same_numbers() -> None:
    """As many sentences, and the same digits in each."""
    en, zh = (wording.conclusion(results(false=2), lang) for lang in ("en", "zh"))
    assert len(en) == len(zh)

    for first, second in zip(en[:-2], zh[:-2], strict=True):
        numbers = [set(re.findall(r"\d[\d.,]*\d|\d", text)) for text in (first, second)]
        assert numbers[0] == numbers[1]


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [(0.98734, 1, "98.7 %"), (1, 1, "100.0 %"), (0.9999, 1, "99.9 %"), (0.99999, 2, "99.99 %")],
)
def test_nothing_is_rounded_up_to_a_whole(value, digits, shown) -> None:
    """One miss in a thousand is not 100 %."""
    assert wording.percent(value, digits) == shown


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tables_have_as_many_cells_as_heads(lang) -> None:
    """The weakest family first, all of them last."""
    for table in (wording.families, wording.not_copies, wording.measures):
        heads, rows = table(results(), lang)
        assert rows
        assert all(len(row) == len(heads) for row in rows)
    _, rows = wording.families(results(), lang)
    assert [row[0] for row in rows] == ["<b>blur</b>", "crop", wording.ALL.say(lang)]


def test_plots_are_well_formed_and_always_the_same() -> None:
    """SVG without dates or random ids; every family is written in it."""
    once, again = plots_of(results()), plots_of(results())
    assert once == again
    assert set(once) == {"families", "precision", "strengths"}
    for svg in once.values():
        assert ET.fromstring(svg).tag.endswith("svg")
        assert not any(line != line.rstrip() for line in svg.splitlines())
    written = "".join(ET.fromstring(once["families"]).itertext())
    assert "crop" in written
    assert "<b>blur</b>" in written


def test_numbers_in_words_keep_their_digits() -> None:
    """Coordinates are shortened, labels are not."""
    row = {"name": "at 0.99987", **share(1, 2)}
    svg = plots.families_plot({"precision 0.99991": [row], "0.12345": [row]}, "title 3.14159")
    written = "".join(ET.fromstring(svg).itertext())
    for piece in ("0.99987", "0.99991", "0.12345", "3.14159"):
        assert piece in written


def test_a_page_needs_nothing_else_and_escapes_all() -> None:
    """Plots inside, names as text, no address outside but those of XML."""
    text = page(results(), plots_of(results()), "zh")
    assert text.count("<svg") == 3
    assert "<b>blur</b>" not in text
    assert "&lt;b&gt;blur&lt;/b&gt;" in text
    assert "http" not in text.replace("http://www.w3.org", "")
    assert '<html lang="zh">' in text
    assert page(results(), {}, "en").count("<svg") == 0


def test_without_matplotlib_the_extra_is_named(monkeypatch) -> None:
    """And `plots_are_possible` asks politely."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert not plots.plots_are_possible()
    with pytest.raises(MissingExtra, match="matplotlib") as caught:
        plots_of(results())
    assert "notegate[demo]" in caught.value.hint

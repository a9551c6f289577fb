"""An evaluation as one HTML file with its plots inside: no network, no second file, no pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from moderation.explain.names import Lang, Phrase
from moderation.training.evaluation import plots, wording

Row = Mapping[str, Any]

TITLE = Phrase("How many copies are found?", "改图能找到多少？")
FAMILIES = Phrase("Share found by family", "各改动类型的召回率")
CURVES = Phrase("Share found by strength", "召回率随强度的变化")
PRECISION = Phrase("Precision over recall", "准确率与召回率")
NUMBERS = Phrase("Numbers", "数据")

_CSS = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
  color: #212529; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #dee2e6; }
th:first-child, td:first-child { text-align: left; white-space: pre; }
svg { max-width: 100%; height: auto; }
li { margin: .3rem 0; }
"""


def plots_of(results: Row) -> dict[str, str]:
    """File name → SVG: families, precision, and curves where there are any."""
    rows = {
        f"score ≥ {level}": [
            {"name": family["name"], **family["found"][name]} for family in results["families"]
        ]
        for name, level in (("match", 0.5), ("sure", 0.9))
    }
    drawn = {
        "families": plots.families_plot(rows, FAMILIES.en),
        "precision": plots.precision_plot({"gate": results["precision_recall"]}, PRECISION.en),
    }
    if results["curves"]:
        drawn["strengths"] = plots.curves_plot(results["curves"], CURVES.en)
    return drawn


def page(results: Row, drawn: Mapping[str, str], lang: Lang) -> str:
    """HTML text.

    Args:
        results: of `summarised`.
        drawn: from `plots_of`; empty for a page without plots.
        lang: of words; plots are in English.
    """
    parts = [
        f"<h1>{escape(TITLE.say(lang))}</h1>",
        "<ul>" + "".join(f"<li>{escape(s)}</li>" for s in wording.conclusion(results, lang)),
        "</ul>",
        f"<h2>{escape(NUMBERS.say(lang))}</h2>",
        _table(*wording.measures(results, lang)),
        _table(*wording.families(results, lang)),
        _table(*wording.not_copies(results, lang)),
    ]
    for name, title in (("families", FAMILIES), ("strengths", CURVES), ("precision", PRECISION)):
        if name in drawn:
            inside = drawn[name][drawn[name].index("<svg") :]
            parts += [f"<h2>{escape(title.say(lang))}</h2>", inside]
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{lang}"><head><meta charset="utf-8">',
            f"<title>{escape(TITLE.say(lang))}</title><style>{_CSS}</style></head><body>",
            *parts,
            "</body></html>\n",
        ]
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(word)}</th>" for word in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(word)}</td>" for word in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

"""An evaluation as pictures: SVG text, the same for the same numbers.

matplotlib is imported here alone, and only when something is drawn.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from moderation.errors import MissingExtra

_COLOURS = ("#d6336c", "#1c7ed6", "#f08c00", "#2b8a3e", "#7048e8", "#495057")
_STYLE = {
    "svg.fonttype": "none",  # letters stay letters: small, and searchable
    "svg.hashsalt": "notegate",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_ACROSS = 5
_NOTHING = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_TAG, _DIGITS = re.compile(r"<[^>]+>"), re.compile(r"(\d\.\d\d)\d+")
"""Hundredths of a point are enough for coordinates; what is written stays whole."""

Row = Mapping[str, Any]
Series = Mapping[str, Sequence[Row]]
"""Name of an engine or level → rows `{"name", "hits", "n", "value", "ci95"}`."""


def families_plot(series: Series, title: str) -> str:
    """A dot with its interval for each family; the weakest of the first series on top.

    Args:
        series: all with the same families.
        title: above it.
    """
    first = next(iter(series.values()))
    order = sorted(first, key=lambda row: (row["value"], row["name"]))
    places = {row["name"]: len(order) - i for i, row in enumerate(order)}
    step = min(0.25, 0.75 / len(series))
    with _figure(7.5, 1.2 + (0.14 + 0.05 * len(series)) * len(order)) as (figure, drawn):
        axes = figure.add_subplot()
        for number, (label, rows) in enumerate(series.items()):
            shift = step * (number - (len(series) - 1) / 2)
            y = [places[row["name"]] - shift for row in rows]
            x = [row["value"] for row in rows]
            below = [max(0.0, row["value"] - row["ci95"][0]) for row in rows]
            above = [max(0.0, row["ci95"][1] - row["value"]) for row in rows]
            axes.errorbar(
                x,
                y,
                xerr=[below, above],
                fmt="o",
                markersize=3.5,
                elinewidth=0.8,
                color=_COLOURS[number % len(_COLOURS)],
                label=label,
            )
        axes.set_yticks(list(places.values()), list(places))
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(0.3, len(order) + 0.7)
        axes.set_xlabel("share found, with 95 % interval")
        axes.grid(axis="x", alpha=0.3)
        axes.set_title(title, loc="left")
        if len(series) > 1:
            figure.legend(loc="outside lower right", ncols=len(series), frameon=False)
        return drawn()


def curves_plot(curves: Sequence[Row], title: str) -> str:
    """A small panel for each dial: the share found at each of its values.

    Args:
        curves: rows of `strength_curves`; their levels are the lines.
        title: above all.
    """
    rows = -(-len(curves) // _ACROSS)
    with _figure(2.3 * _ACROSS, 1.9 * rows + 0.6) as (figure, drawn):
        grid = figure.subplots(rows, _ACROSS, squeeze=False, sharey=True)
        for place, axes in enumerate(grid.flat):
            if place >= len(curves):
                axes.set_visible(False)
                continue
            curve = curves[place]
            steps = range(len(curve["values"]))
            for number, (level, found) in enumerate(curve["found"].items()):
                colour = _COLOURS[number % len(_COLOURS)]
                shares = [one["value"] for one in found]
                axes.plot(steps, shares, "o-", markersize=3, color=colour, label=level)
                if number == 0:
                    low, high = zip(*(one["ci95"] for one in found), strict=True)
                    axes.fill_between(steps, low, high, color=colour, alpha=0.15, linewidth=0)
            axes.set_xticks(list(steps), [f"{value:g}" for value in curve["values"]])
            axes.set_ylim(-0.04, 1.04)
            axes.set_title(curve["name"], fontsize=9, loc="left")
            axes.set_xlabel(curve["unit"], fontsize=7)
            axes.tick_params(labelsize=7)
            axes.grid(alpha=0.25)
        handles, labels = grid[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper right", ncols=len(labels), frameon=False)
        figure.suptitle(title, x=0.01, ha="left")
        return drawn()


def precision_plot(curves: Mapping[str, Sequence[Sequence[float]]], title: str) -> str:
    """Precision over recall; the precision axis begins where the curves do.

    Args:
        curves: name → (threshold, recall, precision), highest threshold first.
        title: above it.
    """
    lowest = min((p for curve in curves.values() for _, _, p in curve), default=0.0)
    with _figure(6.0, 4.0) as (figure, drawn):
        axes = figure.add_subplot()
        for number, (label, curve) in enumerate(curves.items()):
            recall = [0.0, *(r for _, r, _ in curve)]
            precision = [curve[0][2] if curve else 1.0, *(p for _, _, p in curve)]
            colour = _COLOURS[number % len(_COLOURS)]
            axes.plot(recall, precision, drawstyle="steps-pre", color=colour, label=label)
        axes.set_xlim(0, 1.01)
        axes.set_ylim(max(0.0, min(0.98, lowest - 0.02)), 1.005)
        axes.set_xlabel("recall")
        axes.set_ylabel("precision")
        axes.grid(alpha=0.3)
        axes.set_title(title, loc="left")
        if len(curves) > 1:
            axes.legend(loc="lower left", frameon=True)
        return drawn()


def bands_plot(bands: Sequence[Row], title: str) -> str:
    """The share of copies in each band of scores, with its interval and the number of pairs.

    Args:
        bands: rows `{"from", "to", "copies", "not_copies", "share", "ci95"}`; empty ones are
            left out.
        title: above it.
    """
    with _figure(6.0, 3.6) as (figure, drawn):
        axes = figure.add_subplot()
        for band in bands:
            if band["share"] is None:
                continue
            middle, half = (band["from"] + band["to"]) / 2, (band["to"] - band["from"]) / 2
            low, high = band["ci95"]
            axes.errorbar(
                [middle],
                [band["share"]],
                xerr=half,
                yerr=[[max(0.0, band["share"] - low)], [max(0.0, high - band["share"])]],
                fmt="o",
                markersize=3.5,
                elinewidth=0.8,
                color=_COLOURS[1],
            )
            pairs = f"{band['copies'] + band['not_copies']:,}"
            axes.annotate(pairs, (middle, band["share"]), (4, 5), textcoords="offset points")
        axes.plot([0, 1], [0, 1], linewidth=0.8, linestyle="--", color=_COLOURS[-1])
        axes.set_xlim(-0.01, 1.01)
        axes.set_ylim(-0.03, 1.1)
        axes.set_xlabel("score; the number is that of the pairs in the band")
        axes.set_ylabel("share of copies, with 95 % interval")
        axes.grid(alpha=0.3)
        axes.set_title(title, loc="left")
        return drawn()


@contextmanager
def _figure(width: float, height: float) -> Iterator[tuple[Any, Callable[[], str]]]:
    """A figure of a size in inches, and a function that writes it down as SVG."""
    mpl, figure_class = _matplotlib()
    with mpl.rc_context(_STYLE):
        figure = figure_class(figsize=(width, height), layout="constrained")

        def drawn() -> str:
            text = io.StringIO()
            figure.savefig(text, format="svg", metadata=_NOTHING)
            short = _TAG.sub(lambda tag: _DIGITS.sub(r"\1", tag.group()), text.getvalue())
            # Files in git: no spaces at the ends of lines.
            return "\n".join(line.rstrip() for line in short.splitlines()) + "\n"

        yield figure, drawn


def _matplotlib() -> tuple[Any, Any]:
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra(
            "plots need `matplotlib`, which is not installed", hint="pip install 'notegate[demo]'"
        ) from error
    return mpl, Figure


def plots_are_possible() -> bool:
    """Is matplotlib installed?"""
    try:
        _matplotlib()
    except MissingExtra:
        return False
    return True

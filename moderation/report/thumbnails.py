"""One thumbnail as a page shows it: what is outlined on it, in fractions that need no pixel."""

from __future__ import annotations

from dataclasses import dataclass, replace

from moderation.image.difference import Difference
from moderation.match import Polygon
from moderation.report.exhibits import Shown
from moderation.report.spots import Number


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """One thumbnail with the region outlined on it."""

    caption: str
    source: str | None
    """`data:` URI or path; None where the picture is not at hand."""
    width: int = 0
    height: int = 0
    outlines: tuple[str, ...] = ()
    """Points of SVG polygons in a box of 100 × 100."""
    changed: tuple[str, ...] = ()
    """Likewise, of each place that was changed."""
    numbers: tuple[Number, ...] = ()
    """Of places where something was read; the same stand beside what it was."""
    note_id: str = ""
    number: int | None = None

    def captioned(self, caption: str) -> PictureView:
        """The same under other words, and without the note's id."""
        return replace(self, caption=caption, note_id="", number=None)


def picture_view(
    caption: str,
    shown: Shown | None,
    note_id: str = "",
    number: int | None = None,
    *regions: Polygon,
    changed: Difference | None = None,
    numbers: tuple[Number, ...] = (),
) -> PictureView:
    """A thumbnail with regions outlined; what is not at hand is said to be absent."""
    if shown is None:
        return PictureView(caption=caption, source=None, note_id=note_id, number=number)
    return PictureView(
        caption=caption,
        source=shown.source,
        width=shown.width,
        height=shown.height,
        outlines=tuple(_points(region) for region in regions if region),
        changed=tuple(_points(place.outline) for place in changed.regions) if changed else (),
        numbers=numbers,
        note_id=note_id,
        number=number,
    )


def _points(region: Polygon) -> str:
    return " ".join(f"{x * 100:.2f},{y * 100:.2f}" for x, y in region)

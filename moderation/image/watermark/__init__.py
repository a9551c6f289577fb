"""Watermarks: the handle of an account, written into a picture near a corner.

- `strips`: where a line of small writing may stand; cheap, for every picture
- `moderation.image.lettering` reads what is written there; only where the cheap stage asks
- `handles`: which account that names, and whether it is one of the author's
- `lines`: which lines of all lettering are watermarks
- `judgement`: from a watermark to a finding
"""

from __future__ import annotations

from moderation.image.lettering.networks import installed
from moderation.image.watermark.judgement import DETECTOR, watermark_findings
from moderation.image.watermark.lines import without_watermarks
from moderation.image.watermark.reading import Watermark, read_watermarks

__all__ = [
    "DETECTOR",
    "Watermark",
    "installed",
    "read_watermarks",
    "watermark_findings",
    "without_watermarks",
]

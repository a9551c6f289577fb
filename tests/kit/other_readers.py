"""Readers of notes like the shipped one, with another calibration."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from moderation.artifacts import seal

SHIPPED = Path(__file__).parents[2] / "models" / "note-reader_v1"
CREDULOUS = {"commercial": [1.0, -20.0], "hard_sell": [1.0, -20.0]}
"""Takes nothing for commercial."""


def reader_with(folder: Path, calibration: dict[str, list[float]]) -> Path:
    """A sealed copy of the shipped model folder, made at `folder`."""
    shutil.copytree(SHIPPED, folder)
    config = json.loads((folder / "config.json").read_text())
    config["calibration"] |= calibration
    (folder / "config.json").write_text(json.dumps(config))
    seal(folder)
    return folder

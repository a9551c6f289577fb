"""A power cut while an index is saved: all is written but the manifest, which is replaced last."""

from __future__ import annotations

from pathlib import Path

import pytest


def cut_before_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every replacement of a manifest fail, as a dying disk does."""
    replace = Path.replace

    def power_cut(self: Path, target: Path) -> Path:
        if target.name == "manifest.json":
            raise OSError(5, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", power_cut)

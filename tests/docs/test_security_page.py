"""The threat model names files that are there, and settings as they are."""

from __future__ import annotations

import re

from kit.pages import ROOT

from moderation.image.decode import DEFAULT_LIMITS
from moderation.service.auth import FRESH_S
from moderation.service.settings import Settings

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_file_is_there() -> None:
    """Whoever checks a promise finds the code that keeps it."""
    named = re.findall(r"`([a-z_/]+(?:\.py|\.toml|/))`", PAGE)
    assert len(named) > 15
    assert not [name for name in named if not (ROOT / "moderation" / name).exists()]


def test_numbers_are_those_of_the_code() -> None:
    """Limits, and how long a revoked token is still good."""
    limits = (
        f"bytes ({DEFAULT_LIMITS.bytes // 1_000_000} MB)",
        f"pixels ({DEFAULT_LIMITS.pixels // 1_000_000} Mpx)",
        f"sides ({DEFAULT_LIMITS.side:,})",
        f"revoked within {FRESH_S:.0f} seconds",
        f"{Settings.model_fields['failures_per_minute'].default} bad tokens a minute",
    )
    assert not [words for words in limits if words not in PAGE]

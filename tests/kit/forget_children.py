"""A process that forgets an author and is killed between two steps; importable by name."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from moderation import Gate
from moderation.store import Register


def main(place: str, step: str) -> None:
    """Forget `ava`, and die as soon as a step is over."""
    with Gate.open(Path(place)) as gate:
        whole = {
            "rows": (gate, "_clear"),
            "index": (Register, "scrub"),
            "disk": (Register, "list_forgotten"),
            "list": (Register, "list_forgotten"),
        }[step]
        owner, name = whole
        after = getattr(owner, name)

        def die(*args: Any, **options: Any) -> None:
            if step == "list":
                after(*args, **options)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(owner, name, die)
        gate.forget(author_id="ava")


if __name__ == "__main__":
    main(*sys.argv[1:])

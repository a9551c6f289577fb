"""No library reports to its maker what is done here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import moderation, numpy, time
from moderation import compare
compare(numpy.zeros((64, 64, 3), numpy.uint8), numpy.zeros((64, 64, 3), numpy.uint8))
import onnxruntime
time.sleep(0.5)
"""


def test_nothing_is_kept_to_be_sent(tmp_path: Path) -> None:
    """ONNX Runtime would draw an id for this machine and collect events in the home of the user."""
    unset = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    home = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", PROGRAM], env=unset | home, check=True)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == []

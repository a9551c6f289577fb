"""A disk that is really full: a RAM disk of a given size, mounted for one test."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class SmallDisk:
    folder: Path

    def mount(self, options: str) -> None:
        """Mount it, or change it: `remount,size=8m`, `remount,ro`."""
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting needs root")


@contextmanager
def small_disk(size: str) -> Iterator[SmallDisk]:
    """Skips the test where mounting is not allowed.

    Not below `tmp_path`: a killed run would leave a mount there that no later run can clear away,
    and pytest fails a run that cannot.
    """
    disk = SmallDisk(Path(tempfile.mkdtemp(prefix="small-disk-")))
    try:
        disk.mount(f"size={size}")
        try:
            yield disk
        finally:
            subprocess.run(["umount", str(disk.folder)], check=True)
    finally:
        disk.folder.rmdir()

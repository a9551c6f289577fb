"""Work that kills whoever does it; imports nothing heavy, since each worker imports it anew."""

from __future__ import annotations

import os
import signal


def square_or_die(number: int) -> int:
    """Squares; 13 kills."""
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def threads_of_opencv(_: int) -> int:
    """On how many OpenCV looks at pictures."""
    import cv2

    threads: int = cv2.getNumThreads()
    return threads

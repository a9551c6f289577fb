"""A strip of pixels → the line written on it, by rapidocr; loaded when the first strip asks.

The models come inside rapidocr's wheel and are named by path, so that nothing is ever downloaded.
Only the recogniser runs: the strip is one line already, and rapidocr's own search for text costs
thirty times as much.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.errors import MissingExtra

_engine: Any = None
_lock = threading.Lock()


def installed() -> bool:
    """Whether the extra is there, with its models; loads nothing heavy."""
    try:
        _model_path()
    except MissingExtra:
        return False
    return True


def read_line(strip: NDArray[np.uint8]) -> tuple[str, float]:
    """Read one line of writing.

    Args:
        strip: uint8 [h, w, 3], RGB, with a little room around the letters.

    Returns:
        The text, "" where nothing is read, and the mean confidence of its characters, 0–1.

    Raises:
        MissingExtra: rapidocr is not installed.
    """
    answer = _loaded()(np.ascontiguousarray(strip[:, :, ::-1]), use_det=False, use_cls=False)
    texts, scores = answer.txts or ("",), answer.scores or (0.0,)
    return str(texts[0]), float(scores[0])


def _loaded() -> Any:
    global _engine
    with _lock:
        if _engine is None:
            path = _model_path()
            from rapidocr import RapidOCR

            one_thread = "EngineConfig.onnxruntime"  # the gate has all cores at work already
            _engine = RapidOCR(
                params={
                    "Global.log_level": "critical",
                    "Global.use_det": False,
                    "Global.use_cls": False,
                    "Rec.model_path": str(path),
                    f"{one_thread}.intra_op_num_threads": 1,
                    f"{one_thread}.inter_op_num_threads": 1,
                }
            )
        return _engine


def _model_path() -> Path:
    from importlib.metadata import PackageNotFoundError, files

    try:
        carried = files("rapidocr") or []
    except PackageNotFoundError as error:
        raise MissingExtra(
            "reading watermarks needs `rapidocr`", hint="pip install notegate[ocr]"
        ) from error
    for file in carried:
        if file.suffix == ".onnx" and "_rec_" in file.name:
            return Path(str(file.locate()))
    raise MissingExtra(
        "the installed `rapidocr` carries no recognition model",
        hint="install a wheel that does: pip install notegate[ocr]",
    )

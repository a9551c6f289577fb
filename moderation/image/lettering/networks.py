"""Pixels → letters, by rapidocr's two networks: where writing stands, and what one line says.

The networks come inside rapidocr's wheel and are named by path, so that nothing is ever downloaded.
Each is opened once for the whole process, when the first picture asks: watermarks and lettering
share them. They run on one thread, for the gate has all cores at work already.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.errors import MissingExtra

if TYPE_CHECKING:
    import onnxruntime

Pixels = NDArray[np.uint8]
TextMap = NDArray[np.float32]

STEP_PX = 32
"""The network that finds writing takes sides that are multiples of it."""
MOST_SIDE_PX = 8192

_reader: Any = None
_finder: onnxruntime.InferenceSession | None = None
_lock = threading.Lock()


def installed() -> bool:
    """Whether the extra is there, with its models; loads nothing heavy."""
    try:
        _model_path("rec")
        _model_path("det")
    except MissingExtra:
        return False
    return True


def read_line(strip: Pixels) -> tuple[str, float]:
    """Read one line of writing.

    Args:
        strip: uint8 [h, w, 3], RGB, with a little room around the letters.

    Returns:
        The text, "" where nothing is read, and the mean confidence of its characters, 0–1.

    Raises:
        MissingExtra: rapidocr is not installed.
    """
    answer = _open_reader()(np.ascontiguousarray(strip[:, :, ::-1]), use_det=False, use_cls=False)
    texts, scores = answer.txts or ("",), answer.scores or (0.0,)
    return str(texts[0]), float(scores[0])


def read_lines(strips: Iterable[Pixels]) -> list[tuple[str, float]]:
    """Read lines of writing, one after the other.

    Lines of a batch are padded to its longest, which changes what is read of the others and takes
    longer: 44 ms per line of 960 px in batches of six, 35 ms alone.

    Args:
        strips: as for `read_line`.

    Raises:
        MissingExtra: rapidocr is not installed.
    """
    return [read_line(strip) for strip in strips]


def text_map(pixels: Pixels) -> TextMap:
    """How likely each place belongs to a line of writing; costs in proportion to the pixels.

    Args:
        pixels: uint8 [H, W, 3], RGB; scaled to sides that are multiples of `STEP_PX` first.

    Returns:
        float32 [h, w], 0–1, of the rounded size.

    Raises:
        MissingExtra: rapidocr is not installed.
    """
    size = (_rounded(pixels.shape[1]), _rounded(pixels.shape[0]))
    if size != pixels.shape[1::-1]:
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)
    # The network was taught blue first.
    planes = pixels[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1
    session = _open_finder()
    (found,) = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(planes)})
    likely: TextMap = np.asarray(found, np.float32)[0, 0]
    return likely


def _rounded(side: int) -> int:
    return min(MOST_SIDE_PX, max(STEP_PX, round(side / STEP_PX) * STEP_PX))


def _open_reader() -> Any:
    global _reader
    with _lock:
        if _reader is None:
            path = _model_path("rec")
            from rapidocr import RapidOCR

            one_thread = "EngineConfig.onnxruntime"
            _reader = RapidOCR(
                params={
                    "Global.log_level": "critical",
                    "Global.use_det": False,
                    "Global.use_cls": False,
                    "Rec.model_path": str(path),
                    f"{one_thread}.intra_op_num_threads": 1,
                    f"{one_thread}.inter_op_num_threads": 1,
                }
            )
        return _reader


def _open_finder() -> onnxruntime.InferenceSession:
    global _finder
    with _lock:
        if _finder is None:
            path = _model_path("det")
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.enable_cpu_mem_arena = False  # it would keep what the largest picture took
            options.log_severity_level = 4
            _finder = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        return _finder


def _model_path(task: str) -> Path:
    from importlib.metadata import PackageNotFoundError, files

    try:
        carried = files("rapidocr") or []
    except PackageNotFoundError as error:
        raise MissingExtra(
            "reading what is written in pictures needs `rapidocr`",
            hint="pip install notegate[ocr]",
        ) from error
    for file in carried:
        if file.suffix == ".onnx" and f"_{task}_" in file.name:
            return Path(str(file.locate()))
    raise MissingExtra(
        f"the installed `rapidocr` carries no model for `{task}`",
        hint="install a wheel that does: pip install notegate[ocr]",
    )

"""Questions and answers of an index between processes: a JSON head and arrays as they lie.

A frame is four bytes that tell the length of the head, the head, and then the bytes of each array
one after another, of which the head says name, type and shape. Nothing in it can be executed, and
what does not add up is refused before anything is made of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.errors import IndexUnreachable

Arrays = Mapping[str, NDArray[Any]]
Frame = tuple[dict[str, Any], dict[str, NDArray[Any]]]
"""Head and arrays."""

MOST_HEAD_BYTES = 1 << 20
_TYPES = frozenset({"|u1", "<u4", "<i8", "<f4", "<f8"})
_ARRAYS = "arrays"


def packed(head: Mapping[str, Any], arrays: Arrays = {}) -> bytes:  # noqa: B006
    """A frame."""
    shapes = {name: [array.dtype.str, list(array.shape)] for name, array in arrays.items()}
    data = json.dumps({**head, _ARRAYS: shapes}).encode()
    pieces = [len(data).to_bytes(4, "big"), data]
    pieces += [np.ascontiguousarray(array).tobytes() for array in arrays.values()]
    return b"".join(pieces)


def unpacked(data: bytes | memoryview) -> Frame:
    """What a frame holds; the arrays are views of it, not to be written.

    Raises:
        IndexUnreachable: it is no frame, so whoever sent it does not speak to us.
    """
    view = memoryview(data)
    try:
        end = 4 + int.from_bytes(view[:4], "big")
        if len(view) < 4 or end > min(len(view), MOST_HEAD_BYTES):
            raise _no_frame(f"has {len(view):,} bytes, and a head of {end - 4:,}")
        head = dict(json.loads(bytes(view[4:end])))
        arrays = {}
        for name, (kind, shape) in dict(head.pop(_ARRAYS)).items():
            if kind not in _TYPES or not all(type(n) is int and n >= 0 for n in shape):
                raise _no_frame(f"tells of an array `{kind!s:.20}` {shape!s:.60}")
            count = math.prod(shape)
            start, end = end, end + count * np.dtype(kind).itemsize
            if end > len(view):
                raise _no_frame(f"has {len(view):,} bytes, an array ends at {end:,}")
            arrays[str(name)] = np.frombuffer(view[start:end], kind).reshape(shape)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _no_frame(f"does not parse ({type(error).__name__})") from error
    if end != len(view):
        raise _no_frame(f"has {len(view):,} bytes, its arrays end at {end:,}")
    return head, arrays


def _no_frame(what: str) -> IndexUnreachable:
    return IndexUnreachable(
        f"a message {what}", hint="use the same version of this package on both sides"
    )

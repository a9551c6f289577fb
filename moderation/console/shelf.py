"""Notes and their pictures at hand, from archives: the register keeps neither words nor pixels.

Archives are read when the console starts, behind its back, and again when they have changed. What
is not there is said to be absent; the case can still be decided by what the verdict quotes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path

import cv2

from moderation.archive import read_notes
from moderation.errors import ModerationError
from moderation.image.decode import decode
from moderation.image.overlay import Pixels
from moderation.note import Note
from moderation.report.evidence import scaled_down

SIDE_PX = 960
"""Long side of what is shown, at most."""
LOOK_AGAIN_S = 5.0
"""Archives are asked no more often whether they have changed."""
MOST_KEPT_BYTES = 64 << 20
"""Of encoded pictures, so that going back and forth costs nothing."""
_JPEG_QUALITY = 85
log = logging.getLogger(__name__)


class Shelf:
    """Notes by id, the latest revision of each; safe to use from many threads."""

    def __init__(self, sources: Iterable[str], *, allow_outside: bool = False) -> None:
        """Nothing is read before `read`.

        Args:
            sources: archives as `check` reads them; of one note in several the later revision.
            allow_outside: let paths of pictures leave the folder of their archive.
        """
        self._sources = tuple(sources)
        self._allow_outside = allow_outside
        self._notes: Mapping[str, Note] = {}
        self._by_source: dict[str, dict[str, Note]] = {}
        self._seen: dict[str, object] = {}
        self._looked_at = -LOOK_AGAIN_S
        self._reading = threading.Lock()

    def note(self, note_id: str) -> Note | None:
        """The note; None where it is not at hand."""
        found = self._notes.get(note_id)
        if time.monotonic() - self._looked_at <= LOOK_AGAIN_S:
            return found
        if found is None:
            self.read()
            return self._notes.get(note_id)
        # What is known is good enough for this page; what has changed comes with the next one.
        self._looked_at = time.monotonic()
        threading.Thread(target=self.read, daemon=True).start()
        return found

    @property
    def notes(self) -> Mapping[str, Note]:
        """All that are at hand."""
        return self._notes

    def read(self) -> None:
        """Read archives that are new or have changed; one that cannot be read is logged."""
        with self._reading:
            for source in self._sources:
                state = _state_of(source)
                if state is not None and self._seen.get(source) == state:
                    continue
                try:
                    self._by_source[source] = self._read_one(source)
                except ModerationError as error:  # what was there before stays
                    log.warning("notes of `%s` cannot be read: %s", source, error)
                self._seen[source] = state
                self._notes = _latest(self._by_source.values())
            self._looked_at = time.monotonic()

    def _read_one(self, source: str) -> dict[str, Note]:
        items = read_notes(source, allow_outside=self._allow_outside)
        return _latest({item.id: item} for item in items if isinstance(item, Note))

    def picture(self, note_id: str, image_number: int) -> Pixels | None:
        """uint8 [H, W, 3], RGB, upright, at most `SIDE_PX`; None where it is not at hand."""
        note = self.note(note_id)
        if note is None or not 0 <= image_number < len(note.images):
            return None
        try:
            return scaled_down(decode(note.images[image_number]).pixels, SIDE_PX)
        except ModerationError:  # the verdict already tells it, as `image.undecodable`
            return None


class Developed:
    """Encoded pictures, those used last, up to so many bytes."""

    def __init__(self, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> bytes | None:
        """What was kept under the key."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: Hashable, pixels: Pixels) -> bytes:
        """Encode a picture as JPEG and keep it."""
        _, encoded = cv2.imencode(
            ".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        )
        jpeg = encoded.tobytes()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = jpeg
                self._bytes += len(jpeg)
            while self._bytes > self._most:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone)
        return jpeg


def _latest(parts: Iterable[Mapping[str, Note]]) -> dict[str, Note]:
    """Notes by id, the latest revision of each; of equal ones the last."""
    found: dict[str, Note] = {}
    for part in parts:
        for note in part.values():
            known = found.get(note.id)
            if known is None or note.revision >= known.revision:
                found[note.id] = note
    return found


def _state_of(source: str) -> object:
    """Changes with the archive; None where nobody can say."""
    path = Path(source)
    try:
        listed = [path, *path.glob("notes.*")] if path.is_dir() else [path]
        return tuple((str(one), one.stat().st_mtime_ns, one.stat().st_size) for one in listed)
    except OSError:
        return None

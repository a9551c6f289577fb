"""`assess_text`: read a note with the reader that comes with this package."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from moderation.note import Note
from moderation.text.note_reader import NoteReader
from moderation.text.reading import TextReading

_opening = threading.Lock()
_reader: NoteReader | None = None


def assess_text(note: Note, *, extra_fields: Sequence[tuple[str, str]] = ()) -> TextReading:
    """Read all text of a note. The same note gives the same reading; nothing is sent anywhere.

    The first call of a process opens the model, which takes about half a second.

    Args:
        note: title, text, tags, links and the author's declarations count; fame never does.
        extra_fields: (field name, text) from pictures, as `("image[0].ocr", "…")`.

    Returns:
        The reading; spans point into the fields as given.

    Raises:
        ArtifactError: the model is missing or damaged.

    >>> reading = assess_text(Note(id="n1", text="现货包邮，要的加V：abc_2046"))
    >>> [(span.code, span.text) for span in reading.violations if span.code == "V1"]
    [('V1', '加V：abc_2046')]
    """
    return default_reader().read(note, extra_fields)


def default_reader() -> NoteReader:
    """The reader that comes with this package, opened once."""
    global _reader
    with _opening:
        if _reader is None:
            _reader = NoteReader.open()
        return _reader

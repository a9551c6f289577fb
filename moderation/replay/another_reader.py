"""What another reader of texts says to a verdict of the audit, in place of the one that read it.

The audit keeps what was found and not the words, so these come from elsewhere, and count only
where they are the words that were judged. Of the writing in pictures the same holds: where it is
not known as it was read then, nothing is guessed.
"""

from __future__ import annotations

from moderation.finding import Difference
from moderation.replay.answers import READER, Answer, How, Row, comes_from_words
from moderation.store import LastVerdict
from moderation.text.in_pictures import findings_with_pictures
from moderation.text.note_reader import NoteReader
from moderation.text.written import Written


def read_again(row: LastVerdict, written: Written, reader: NoteReader) -> Answer:
    """Read a judged note with another reader.

    Args:
        row: its last verdict.
        written: the note as an archive has it.
        reader: the other one.

    Raises:
        ArtifactError: its network gives no answer.
    """
    body = row.body()
    version = body["detectors"].get(READER)
    instead_of = "" if version is None else f"{READER}@{version}"
    if not _same_words(row, written):
        return Answer(how=How.EDITED, instead_of=instead_of)
    how, texts = How.READ, written.texts
    if texts is None or not _read_as_then(body, written):
        how, texts = How.WORDS_ALONE if _pictures(body) else How.READ, ()
        if _rests_on_pictures(body, instead_of):
            return Answer(how=How.FROM_PICTURES, instead_of=instead_of)
    found = findings_with_pictures(written.note, reader.read(written.note), texts)
    settled = {
        finding["kind"]
        for finding in body["findings"]
        if comes_from_words(finding) and finding["difference"] == Difference.OVERTURNED
    }
    in_words = [finding.to_json() | {"spans": []} for finding in found]
    for finding in in_words:
        if finding["kind"] in settled:  # a person looked at these very words
            finding |= {"score": 0.0, "difference": Difference.OVERTURNED.value}
    return Answer(how=how, instead_of=instead_of, in_words=in_words)


def _same_words(row: LastVerdict, written: Written) -> bool:
    known, brand = row.judged_as, written.note.author.brand_partner
    return row.text_digest == written.note.text_digest() and (
        known is None or known.brand_partner == brand
    )


def _pictures(body: Row) -> int:
    count: int = (body.get("summary") or {}).get("pictures", 0)
    return count


def _read_as_then(body: Row, written: Written) -> bool:
    """Whether the verdict's pictures were read by the same detectors, and to the end."""
    failed = {failure["detector"] for failure in body["failures"]}
    return _pictures(body) == written.pictures and all(
        body["detectors"].get(name) == version and name not in failed
        for name, version in written.read_by.items()
    )


def _rests_on_pictures(body: Row, instead_of: str) -> bool:
    """Whether a finding shows a place in a picture, or the words were read and the rest failed."""
    shown = any(
        span["field"].startswith("image[")
        for finding in body["findings"]
        if comes_from_words(finding)
        for span in finding["spans"]
    )
    return shown or (bool(instead_of) and any(map(comes_from_words, body["failures"])))

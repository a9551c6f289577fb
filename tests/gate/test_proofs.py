"""Proof of an appeal: what a file says and shows, whatever it is; a link that is only text."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kit import pictures
from kit.hostile import hostile_files
from kit.notes import photo, showing
from kit.pictures import Pixels
from PIL import Image

from moderation import Gate
from moderation.errors import AppealSettled, BadNote, ImageTooLarge, UnknownSubject
from moderation.explain import explain_proof
from moderation.gate.rights import proofs
from moderation.gate.rights.file_types import FileType, type_of
from moderation.gate.rights.proof_files import (
    MOST_FILE_BYTES,
    THUMBNAIL_SIDE_PX,
    Disputed,
    Side,
    read_file,
)
from moderation.gate.rights.proofs import (
    MOST_LINK_CHARS,
    MOST_NAME_CHARS,
    add_file,
    add_link,
    file_name,
    web_address,
)
from moderation.gate.rights.ruling import Ruled
from moderation.image.decode import decode
from moderation.image.matching import KnownPicture
from moderation.image.query import Query
from moderation.store import MOST_PROOFS, NewAppeal, Proof
from moderation.verdict import Decision

CUP = photo("coffee")
SMALL = pictures.filtered(pictures.scaled(CUP, 0.6))
"""What somebody posted of it."""


def jpeg(pixels: Pixels, **options: object) -> bytes:
    return pictures.encoded(pixels, "JPEG", quality=90, **options)


def disputed(pixels: Pixels, side: Side = Side.NOTE) -> Disputed:
    print_ = Query.of(decode(pictures.encoded(pixels)), whole_only=True).fingerprint()
    known = KnownPicture(fingerprint=print_)
    return Disputed(side=side, image_number=0, size=print_.size, known=known)


def compared(data: bytes, *others: Disputed) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read_file(data, others).facts["compared"]
    return found


def shows(data: bytes, other: Pixels) -> tuple[str, bool]:
    (one,) = compared(data, disputed(other))
    return one["shows"], one["mirrored"]


def test_a_larger_original_says_how_much_larger() -> None:
    """Of the note's picture and of the registered one alike."""
    note, registered = compared(jpeg(CUP), disputed(SMALL), disputed(CUP, Side.REGISTER))
    assert (note["of"], note["shows"], note["mirrored"]) == ("note", "same", False)
    assert note["pixels"] == pytest.approx(1 / 0.6**2, rel=0.02)
    assert (registered["of"], registered["shows"]) == ("register", "same")
    assert registered["pixels"] == 1.0
    assert registered["distance_bits"] <= 8


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (CUP, ("same", False)),
        (pictures.mirrored(CUP), ("same", True)),
        (photo("chelsea"), ("other", False)),
        (pictures.cropped(CUP, 0.6), ("part", False)),
        (pictures.flat(width=300, height=300), ("other", False)),
    ],
    ids=["same", "mirrored", "another", "part", "flat"],
)
def test_what_a_proof_shows(sent: Pixels, said: tuple[str, bool]) -> None:
    assert shows(jpeg(sent), SMALL) == said


def test_a_crop_is_known_by_what_it_was_cut_from() -> None:
    """Who has what lies around it has more than was posted."""
    assert shows(jpeg(CUP), pictures.cropped(CUP, 0.6)) == ("more", False)


def test_the_very_file_is_told_from_a_copy() -> None:
    """It proves no more than that somebody has it."""
    data = pictures.encoded(CUP)
    (same,) = compared(data, disputed(CUP))
    assert same["shows"] == "file"
    assert shows(jpeg(CUP), CUP) == ("same", False)


def test_plain_pictures_are_not_told_apart() -> None:
    grey = pictures.flat(width=300, height=300)
    assert shows(jpeg(pictures.flat((90, 90, 90), 310, 300)), grey) == ("unclear", False)


def test_where_no_fingerprint_is_kept_sizes_are_compared() -> None:
    bare = Disputed(side=Side.NOTE, image_number=2, size=(200, 100))
    unknown = Disputed(side=Side.NOTE, image_number=0, size=(0, 0))
    told, nothing = compared(jpeg(pictures.scaled(CUP, 0.5)), bare, unknown)
    height, width = pictures.scaled(CUP, 0.5).shape[:2]
    assert (told["shows"], told["picture"]) == ("not_kept", 2)
    assert told["pixels"] == round(width * height / 20_000, 3)
    assert nothing["pixels"] is None


def test_date_and_camera_are_told_and_the_place_is_not() -> None:
    """Nor the serial number, nor the owner; and none of it is in the thumbnail."""
    image, exif = Image.fromarray(CUP), Image.Exif()
    exif[271], exif[272] = "Nikon", "Z 6"
    exif[315], exif[33432] = "Secret Artist", "Secret Owner"
    exif.get_ifd(0x8769).update({36867: "2024:05:01 10:11:12", 42033: "SECRET-SERIAL"})
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    sink = io.BytesIO()
    image.save(sink, "JPEG", exif=exif)
    read = read_file(sink.getvalue())
    assert read.facts["taken_at"] == "2024-05-01T10:11:12"
    assert read.facts["camera"] == "Nikon Z 6"
    assert set(read.facts) == {"type", "unopened", "width", "height", "taken_at", "camera"}
    assert read.thumbnail is not None
    assert b"Exif" not in read.thumbnail


def test_a_thumbnail_is_small_and_upright() -> None:
    wide = np.ascontiguousarray(np.tile(CUP, (1, 6, 1)))
    read = read_file(jpeg(wide))
    shown = Image.open(io.BytesIO(read.thumbnail or b""))
    assert (shown.format, max(shown.size)) == ("JPEG", THUMBNAIL_SIDE_PX)
    assert read.facts["width"] == wide.shape[1]
    small = Image.open(io.BytesIO(read_file(jpeg(CUP)).thumbnail or b""))
    assert small.size == (CUP.shape[1], CUP.shape[0])


def zipped(first: bytes, last: bytes = b"") -> bytes:
    return b"PK\x03\x04" + bytes(26) + first + bytes(2_000_000) + last


FILES = {
    "psd": (b"8BPS\0\1" + bytes(100), FileType.PHOTOSHOP),
    "krita": (zipped(b"mimetypeapplication/x-kritaPK"), FileType.KRITA),
    "procreate": (zipped(b"QuickLook", b"Document.archive" + bytes(60)), FileType.PROCREATE),
    "zip": (zipped(b"a.txt"), FileType.ZIP),
    "raw": (b"II*\0" + bytes(4) + b"CR\2\0" + bytes(99), FileType.TIFF),
    "tiff": (pictures.encoded(CUP, "TIFF"), FileType.TIFF),
    "cr3": (struct.pack(">I", 24) + b"ftypcrx " + bytes(99), FileType.RAW),
    "raf": (b"FUJIFILMCCD-RAW 0201" + bytes(99), FileType.RAW),
    "mp4": (struct.pack(">I", 24) + b"ftypisom\0\0\2\0mp42" + bytes(99), FileType.VIDEO),
    "mkv": (b"\x1aE\xdf\xa3" + bytes(99), FileType.VIDEO),
    "avi": (b"RIFF" + bytes(4) + b"AVI " + bytes(99), FileType.VIDEO),
    "pdf": (b"%PDF-1.7\n" + bytes(99), FileType.PDF),
    "xcf": (b"gimp xcf v011" + bytes(99), FileType.GIMP),
    "clip": (b"CSFCHUNK" + bytes(99), FileType.CLIP_STUDIO),
}


@pytest.mark.parametrize("name", FILES)
def test_project_files_are_named_and_not_opened(name: str) -> None:
    """By their first bytes; nothing is unpacked."""
    data, kind = FILES[name]
    read = read_file(data, [disputed(SMALL)])
    assert type_of(data) is kind
    assert read.facts == {"type": kind.value, "unopened": "project"}
    assert read.thumbnail is None


NO_PICTURES = {
    "empty": b"",
    "one-byte": b"\xff",
    "html": b"<html><script>alert(1)</script></html>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "cut": jpeg(CUP)[:3000],
    "magic": b"\xff\xd8\xff",
    "noise": bytes(range(256)) * 40,
    "both": b"GIF89a/*" + b"<script>alert(1)</script>" * 9,
    "avif": struct.pack(">I", 24) + b"ftypavif" + bytes(99),
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_is_a_proof_of_which_this_is_said(name: str) -> None:
    """Never an error, and never a pixel."""
    data = NO_PICTURES[name]
    read = read_file(data, [disputed(SMALL)])
    assert (read.facts["unopened"], read.thumbnail) == ("broken", None)
    said = explain_proof(read.facts, "en", sha256="0" * 64, size=len(data))
    assert said[0].startswith("not readable as a picture: ")


def test_bombs_are_not_opened() -> None:
    """What asks for much more than it is worth is kept as a digest."""
    for name, data in hostile_files().items():
        read = read_file(data)
        if name in ("png_alpha_48_mpx", "jpeg_progressive_48_mpx"):  # large, but within the limit
            assert (read.facts["width"], read.facts["height"]) == (7000, 6900)
            continue
        assert "width" not in read.facts, name
        assert read.facts["unopened"] in ("too_large", "broken", "project"), name
        assert read.thumbnail is None, name


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_proof_is_said_in_both_languages(lang: Any) -> None:
    """Whatever it shows, and of whatever type."""
    facts = read_file(jpeg(CUP), [disputed(SMALL), disputed(photo("chelsea"))]).facts
    texts = explain_proof(facts, lang, sha256="a" * 64, size=1_234_567)
    assert len(texts) == 3
    assert "1.2 MB" in texts[0]
    assert "2.8 ×" in texts[1] if lang == "en" else "2.8 倍" in texts[1]
    bare = Disputed(side=Side.NOTE, image_number=2, size=(20, 10))
    unknown = Disputed(side=Side.REGISTER, image_number=0, size=(0, 0))
    facts = read_file(jpeg(photo("chelsea")), [bare, unknown]).facts | {"taken_at": "2024-05-01"}
    _, taken, sized, not_kept = explain_proof(facts, lang, sha256="a" * 64, size=999)
    assert "2024-05-01" in taken
    assert f"{facts['compared'][0]['pixels']:.1f}" in sized
    assert "3" in sized
    assert not_kept != sized
    for kind in FileType:
        (said,) = explain_proof(
            {"type": kind.value, "unopened": "project"}, lang, sha256="a" * 64, size=12_000_000
        )
        assert "12.0 MB" in said
        assert "{" not in said


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("DSC_1.JPG", "DSC_1.JPG"),
        ("/home/ann/secret/a.psd", "a.psd"),
        ("C:\\Users\\ann\\a.psd", "a.psd"),
        ("../../etc/passwd", "passwd"),
        ("a\0.jpg", "a\ufffd.jpg"),
        ("\ud800.jpg", "?.jpg"),
        ("gpj.\u202egnp", "gpj.\u202egnp"),
        ("///", "–"),
        ("x" * 999, "x" * MOST_NAME_CHARS),
    ],
    ids=["plain", "path", "windows", "up", "nul", "surrogate", "bidi", "nothing", "long"],
)
def test_a_name_loses_its_path_and_what_cannot_be_stored(name: str, kept: str) -> None:
    """What turns the reading direction stays: whoever shows it makes it seen."""
    assert file_name(name) == kept


@pytest.mark.parametrize(
    "link",
    [
        "",
        "example.org/a",
        "javascript:alert(1)",
        "data:text/html,<script>",
        "file:///etc/passwd",
        "ftp://example.org/a",
        "https://",
        "https:///a",
        "https://example.org/a b",
        "https://example.org/\n",
        "https://example.org/a\0",
        "java\tscript:alert(1)",
        "https://[::1",
        "https://example.org/" + "a" * MOST_LINK_CHARS,
    ],
    ids=range(14),
)
def test_only_web_addresses_are_links(link: str) -> None:
    if link.endswith("\n"):
        assert web_address(link) == "https://example.org/"  # what surrounds it is no part of it
        return
    with pytest.raises(BadNote):
        web_address(link)


@pytest.mark.parametrize(
    "link", ["http://a.b", "HTTPS://例子.中国/路径?q=1#f", "https://u:p@h:8/x"]
)
def test_a_web_address_is_kept_as_it_is(link: str) -> None:
    assert web_address(f"  {link} ") == link


@pytest.fixture
def gate(place: str | Path, tmp_path: Path) -> Iterator[Gate]:
    with Gate.open(place, index=tmp_path / "index", threads=1) as gate:
        gate.check(showing(CUP, id="first", author="ann"))
        yield gate


def appealed(gate: Gate) -> int:
    """A smaller, filtered copy is blocked; number of its author's appeal."""
    verdict = gate.check(showing(SMALL, id="copy", author="ben", hours=3))
    assert verdict.decision is Decision.BLOCK
    row = gate.register.latest_verdict("copy")
    assert row is not None
    new = NewAppeal(
        verdict_id=row.verdict_id,
        note_id="copy",
        author_id="ben",
        at=datetime.now(UTC),
        statement="it is mine",
    )
    with gate.register.transaction() as now:
        return now.open_appeal(new)[0].appeal_id


def test_a_file_is_compared_with_what_the_dispute_is_about(gate: Gate) -> None:
    """The blocked picture is not kept, so of it only the size counts."""
    number = appealed(gate)
    data = jpeg(CUP)
    proof, is_new = add_file(gate.register, number, "/home/ben/IMG_1.jpg", data)
    assert is_new
    assert (proof.name, proof.bytes, proof.has_thumbnail) == ("IMG_1.jpg", len(data), True)
    assert proof.sha256 == hashlib.sha256(data).hexdigest()
    note, registered = proof.facts["compared"]
    assert (note["of"], note["shows"]) == ("note", "not_kept")
    assert note["pixels"] == pytest.approx(1 / 0.6**2, rel=0.02)
    assert (registered["of"], registered["shows"], registered["pixels"]) == ("register", "same", 1)
    assert gate.register.proofs([number])[number] == [proof]
    # Names of others are nowhere in what is kept.
    assert "ann" not in str(proof.facts)
    assert "first" not in str(proof.facts)


def test_the_same_file_is_not_read_again(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    number = appealed(gate)
    first, _ = add_file(gate.register, number, "a.jpg", jpeg(CUP))
    monkeypatch.delattr(proofs, "read_file")
    assert add_file(gate.register, number, "b.jpg", jpeg(CUP)) == (first, False)


def test_what_is_too_much_is_refused_before_it_is_read(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file too large, a ninth proof, an appeal that nobody knows, and one that is decided."""
    number = appealed(gate)
    with pytest.raises(ImageTooLarge, match="50,000,001 bytes, limit 50,000,000"):
        add_file(gate.register, number, "a.psd", bytes(MOST_FILE_BYTES + 1))
    with pytest.raises(UnknownSubject):
        add_file(gate.register, number + 1, "a.jpg", b"x")
    for i in range(MOST_PROOFS):
        add_link(gate.register, number, f"https://example.org/{i}")
    monkeypatch.delattr(proofs, "read_file")
    with pytest.raises(BadNote, match="8 proofs, limit 8"):
        add_file(gate.register, number, "a.jpg", jpeg(CUP))
    gate.decide_appeal(number, Ruled(overturned=False, by="mia"), follow=False)
    with pytest.raises(AppealSettled):
        add_file(gate.register, number, "a.jpg", jpeg(CUP))
    with pytest.raises(AppealSettled):
        add_link(gate.register, number, "https://example.org/more")


def test_the_thumbnail_goes_with_the_decision(gate: Gate) -> None:
    number = appealed(gate)
    proof, _ = add_file(gate.register, number, "a.jpg", jpeg(CUP))
    assert gate.register.proof_thumbnail(number, proof.proof_id)
    gate.decide_appeal(number, Ruled(overturned=False, by="mia"), follow=False)
    (kept,) = gate.register.proofs([number])[number]
    assert isinstance(kept, Proof)
    assert (kept.facts, kept.sha256, kept.has_thumbnail) == (proof.facts, proof.sha256, False)
    assert gate.register.proof_thumbnail(number, proof.proof_id) is None


def test_what_was_forgotten_is_not_compared_with(gate: Gate) -> None:
    """The registered note is gone; the proof is still taken."""
    number = appealed(gate)
    gate.forget(note_id="first")
    proof, _ = add_file(gate.register, number, "a.jpg", jpeg(CUP))
    assert [one["of"] for one in proof.facts["compared"]] == ["note"]

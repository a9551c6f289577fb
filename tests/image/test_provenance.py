"""Provenance: what a file says is told with its place; what it does not say accuses nobody."""

from __future__ import annotations

import json
import socket
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import files_with_marks as made

from moderation.image.provenance import Answer, Place, Strength, read_provenance
from moderation.image.provenance.credentials import from_report, trust_from
from moderation.image.provenance.record import NOTHING_SAID

PLAIN = [made.saved(kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")]
GENERATED = f"{made.IPTC}trainedAlgorithmicMedia"
SOURCE_TYPE = f"<Iptc4xmpExt:DigitalSourceType>{GENERATED}</Iptc4xmpExt:DigitalSourceType>"


@pytest.mark.parametrize("file", PLAIN, ids=["jpeg", "png", "webp", "gif", "bmp", "tiff", "avif"])
def test_a_plain_file_says_nothing(file: bytes) -> None:
    """Absent is an answer, and there is no fault in it."""
    told = read_provenance(file)
    assert told.marks == ()
    assert told.credential.answer is Answer.ABSENT
    assert told.evidence() == {}
    assert told.faults == {}


# EXIF


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_the_camera_is_told_and_neither_place_nor_serial_number(kind: str) -> None:
    """Make, model, time with its offset, software, names; nothing that finds a person."""
    block = made.exif(
        Make="Optik", Model="K-9", Software="Firmware 2", Artist="小鹿", Copyright="© L.",
        DateTimeOriginal="2026:05:01 08:30:00", OffsetTimeOriginal="+08:00",
    )  # fmt: skip
    told = read_provenance(made.saved(kind, exif=block))
    assert told.camera is not None
    assert told.camera.taken_at == "2026-05-01T08:30:00+08:00"
    assert (told.camera.make, told.camera.model) == ("Optik", "K-9")
    assert told.camera.software == "Firmware 2"
    everything = json.dumps(told.to_json())
    assert "SERIAL" not in everything
    assert "SECRET" not in everything
    assert told.evidence()["camera"] == "Optik K-9"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026:05:01 08:30:00", "2026-05-01T08:30:00"),
        ("2026:13:41 08:30:00", ""),
        ("    :  :     :  :  ", ""),
        ("yesterday", ""),
    ],
    ids=["no-offset", "no-such-day", "blank", "words"],
)
def test_a_time_is_told_only_where_it_is_one(written: str, read: str) -> None:
    """Cameras without a clock write blanks."""
    told = read_provenance(made.saved(exif=made.exif(Make="O", DateTimeOriginal=written)))
    assert told.camera is not None
    assert told.camera.taken_at == read


# Marks of AI

COMMENT = json.dumps({"AIGC": made.LABEL}).encode()
MARKED = {
    "xmp-element": (made.saved(xmp=made.xmp(SOURCE_TYPE)), Place.XMP, Strength.GENERATED),
    "xmp-attribute": (
        made.saved(xmp=made.xmp(attributes=f'Iptc4xmpExt:DigitalSourceType="{GENERATED}"')),
        Place.XMP,
        Strength.GENERATED,
    ),
    "xmp-resource": (
        made.saved(xmp=made.xmp(f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{GENERATED}"/>')),
        Place.XMP,
        Strength.GENERATED,
    ),
    "xmp-composite-webp": (
        made.saved(
            "WEBP",
            xmp=made.xmp(
                "<Iptc4xmpExt:DigitalSourceType>compositeWithTrainedAlgorithmicMedia"
                "</Iptc4xmpExt:DigitalSourceType>"
            ),
        ),
        Place.XMP,
        Strength.COMPOSITE,
    ),
    "label-in-xmp": (
        made.saved(xmp=made.xmp(f"<TC260:AIGC>{made.escaped_label()}</TC260:AIGC>")),
        Place.XMP,
        Strength.GENERATED,
    ),
    "label-in-xmp-list": (
        made.saved(
            xmp=made.xmp(
                f"<TC260:AIGC><rdf:Alt><rdf:li>{made.escaped_label(Label='3')}</rdf:li></rdf:Alt>"
                "</TC260:AIGC>"
            )
        ),
        Place.XMP,
        Strength.SUSPECTED,
    ),
    "label-spelt-out": (
        made.saved(
            xmp=made.xmp(
                "<TC260:Label>2</TC260:Label><TC260:ContentProducer>p</TC260:ContentProducer>"
            )
        ),
        Place.XMP,
        Strength.POSSIBLE,
    ),
    "label-in-exif": (
        made.saved(exif=made.exif(b"ASCII\0\0\0" + COMMENT)),
        Place.EXIF,
        Strength.GENERATED,
    ),
    "label-in-exif-utf16": (
        made.saved(exif=made.exif(b"UNICODE\0" + COMMENT.decode().encode("utf-16-le"))),
        Place.EXIF,
        Strength.GENERATED,
    ),
    "label-in-exif-bare": (
        made.saved("WEBP", exif=made.exif(json.dumps(made.LABEL).encode())),
        Place.EXIF,
        Strength.GENERATED,
    ),
    "label-in-png": (
        made.png_with((b"tEXt", b"AIGC\0" + json.dumps(made.LABEL).encode())),
        Place.PNG_TEXT,
        Strength.GENERATED,
    ),
    "label-in-png-wrapped": (
        made.png_with((b"iTXt", b"AIGC\0\0\0\0\0" + COMMENT)),
        Place.PNG_TEXT,
        Strength.GENERATED,
    ),
    "label-in-png-packed": (
        made.png_with((b"zTXt", b"AIGC\0\0" + zlib.compress(COMMENT))),
        Place.PNG_TEXT,
        Strength.GENERATED,
    ),
    "number-for-a-string": (
        made.png_with((b"tEXt", b'AIGC\0{"Label": 2, "ContentProducer": "p"}')),
        Place.PNG_TEXT,
        Strength.POSSIBLE,
    ),
}


@pytest.mark.parametrize(("file", "place", "strength"), MARKED.values(), ids=MARKED.keys())
def test_a_mark_is_read_where_it_stands(file: bytes, place: Place, strength: Strength) -> None:
    """All places that standards name and writers use."""
    told = read_provenance(file)
    assert [(mark.place, mark.strength) for mark in told.marks] == [(place, strength)]
    assert told.marks[0].signed is Answer.ABSENT
    assert told.faults == {}


@pytest.mark.parametrize(
    "kind", ["digitalCapture", "algorithmicMedia", "compositeSynthetic", "algorithmicallyEnhanced"]
)
def test_other_source_types_are_no_mark_of_ai(kind: str) -> None:
    """A drawn fractal and a sharpened photograph name no trained model."""
    attribute = f'Iptc4xmpExt:DigitalSourceType="{made.IPTC}{kind}"'
    assert read_provenance(made.saved(xmp=made.xmp(attributes=attribute))).marks == ()


def test_a_comment_about_something_else_is_no_label() -> None:
    """JSON of an app, and an object that merely has a `Label`."""
    for comment in (b'{"Label": "1", "camera": "x"}', b'{"product": "retouch"}', b"AIGC is news"):
        told = read_provenance(made.saved(exif=made.exif(b"ASCII\0\0\0" + comment)))
        assert told.marks == ()
        assert told.faults == {}


# Hostile files

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        f'<!ENTITY a{i} "{f"&a{i - 1 if i else str()};" * 10}">'.encode() for i in range(1, 10)
    )
    + b"]><x>&a9;</x>"
)
HOSTILE = {
    "ten-megabytes-of-xmp": (
        made.saved("WEBP", xmp=made.xmp("x" * 10_000_000)),
        Place.XMP,
        "got 10.0 MB, limit 1.0 MB",
    ),
    "billion-laughs": (made.saved(xmp=BOMB), Place.XMP, "declares a document type"),
    "external-entity": (
        made.saved(xmp=b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'),
        Place.XMP,
        "declares a document type",
    ),
    "deep-nesting": (
        made.saved(xmp=b"<a>" * 5_000 + b"</a>" * 5_000),
        Place.XMP,
        "is nested more than 64 deep",
    ),
    "many-elements": (
        made.saved("WEBP", xmp=b"<a>" + b"<b/>" * 100_000 + b"</a>"),
        Place.XMP,
        "has more than 20,000 elements",
    ),
    "half-a-packet": (made.saved(xmp=made.xmp(SOURCE_TYPE)[:-60]), Place.XMP, "not well-formed"),
    "not-a-label": (
        made.png_with((b"tEXt", b"AIGC\0certainly")),
        Place.PNG_TEXT,
        "is not JSON of a label",
    ),
    "deep-json": (
        made.png_with((b"tEXt", b"AIGC\0" + b"[" * 60_000)),
        Place.PNG_TEXT,
        "is not JSON of a label",
    ),
    "label-seven": (
        made.png_with((b"tEXt", b'AIGC\0{"Label": "7"}')),
        Place.PNG_TEXT,
        "`Label` is '7', not 1, 2 or 3",
    ),
    "zip-bomb": (
        made.png_with((b"zTXt", b"AIGC\0\0" + zlib.compress(b" " * 50_000_000))),
        Place.PNG_TEXT,
        "unpacks to more than 1.0 MB",
    ),
    "broken-exif": (
        made.saved("WEBP", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f"),
        Place.EXIF,
        "",
    ),
}


@pytest.mark.parametrize(("file", "place", "why"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_metadata_is_a_stated_fault(file: bytes, place: Place, why: str) -> None:
    """Within limits, with the reason, and never an exception."""
    told = read_provenance(file)
    assert told.marks == ()
    if why:
        assert why in told.faults[place]
    assert told.credential.answer is Answer.ABSENT


@settings(max_examples=150, deadline=None)
@given(
    file=st.sampled_from([made.signed(), *(file for file, _, _ in MARKED.values())]),
    at=st.integers(0, 3_000),
    junk=st.binary(min_size=1, max_size=12),
    cut=st.integers(0, 4_000),
)
def test_no_damage_raises(file: bytes, at: int, junk: bytes, cut: int) -> None:
    """Bytes written over, and the end cut off."""
    damaged = file[:at] + junk + file[at + len(junk) :]
    told = read_provenance(damaged[: max(20, len(damaged) - cut)])
    assert json.dumps(told.to_json())


# Content credentials


def test_a_flawless_credential_of_a_stranger_is_untrusted() -> None:
    """Anybody can make such a certificate."""
    told = read_provenance(made.signed()).credential
    assert told.answer is Answer.UNTRUSTED
    assert (told.signer, told.issuer) == ("Test Camera", "Test Optics")
    assert told.generator == "Test Camera Firmware"


@pytest.mark.parametrize(
    ("format_", "kind"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")],
    ids=["jpeg", "png", "webp"],
)
def test_a_trusted_root_makes_it_verified(format_: str, kind: str) -> None:
    """The operator's list decides."""
    told = read_provenance(
        made.signed(file=made.saved(format_), kind=kind), trust=made.signatory().root
    )
    assert told.credential.answer is Answer.VERIFIED
    assert told.evidence()["credential"] == "verified"
    assert told.evidence()["signer"] == "Test Camera"


def test_a_changed_pixel_breaks_the_seal() -> None:
    """Also under a trusted root; the reason names what does not agree."""
    file = bytearray(made.signed())
    file[-200] ^= 1
    told = read_provenance(bytes(file), trust=made.signatory().root).credential
    assert told.answer is Answer.INVALID
    assert "assertion.dataHash.mismatch" in told.reason


def test_a_credential_says_that_ai_made_it() -> None:
    """And whether the saying is signed."""
    file = made.signed("trainedAlgorithmicMedia")
    for trust, signed in (("", Answer.UNTRUSTED), (made.signatory().root, Answer.VERIFIED)):
        (mark,) = read_provenance(file, trust=trust).marks
        assert (mark.place, mark.strength, mark.signed) == (
            Place.CREDENTIAL,
            Strength.GENERATED,
            signed,
        )


def test_a_credential_elsewhere_is_named_and_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection is tried from Python, and the library is told to allow no host."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("somebody tried to connect")

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/manifest.c2pa"
        file = made.signed("trainedAlgorithmicMedia", remote=address)
        monkeypatch.setattr(socket, "create_connection", refuse)
        told = read_provenance(file, trust=made.signatory().root)
        with pytest.raises(TimeoutError):  # nobody knocked
            server.accept()
    assert told.credential.answer is Answer.ELSEWHERE
    assert told.credential.reason == address
    assert told.marks == ()


def report(**changes: Any) -> dict[str, Any]:
    """A report as the library writes it, with a picture placed into another."""
    action = {"action": "c2pa.created", "digitalSourceType": GENERATED}
    manifests = {
        "new": {
            "signature_info": {"common_name": "S", "time": "2026-05-01T08:00:00+00:00"},
            "ingredients": [{"relationship": "componentOf", "active_manifest": "old"}],
        },
        "old": {"assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}]},
    }
    return {"active_manifest": "new", "manifests": manifests} | changes


def test_what_was_placed_into_a_picture_speaks_for_a_part() -> None:
    """A generated sky in a photograph is a composite; what it was derived from is the whole."""
    placed = report()
    assert from_report("Valid", placed)[1] == ("compositeWithTrainedAlgorithmicMedia",)
    placed["manifests"]["new"]["ingredients"][0]["relationship"] = "parentOf"
    assert from_report("Valid", placed)[1] == ("trainedAlgorithmicMedia",)
    placed["manifests"]["new"]["ingredients"][0]["relationship"] = "inputTo"
    assert from_report("Valid", placed)[1] == ()


def test_manifests_in_a_circle_end() -> None:
    """A hostile report whose pictures were made from each other."""
    circle = report()
    ring = [{"relationship": "parentOf", "active_manifest": "new"}]
    circle["manifests"]["old"]["ingredients"] = ring
    assert from_report("Valid", circle)[1] == ("compositeWithTrainedAlgorithmicMedia",)


def test_a_time_counts_only_with_a_trusted_stamp() -> None:
    """A signer may write any time into a signature."""
    stamped = {"activeManifest": {"success": [{"code": "timeStamp.trusted"}]}}
    told, _ = from_report("Trusted", report(validation_results=stamped))
    assert told.signed_at is not None
    assert from_report("Trusted", report())[0].signed_at is None
    assert from_report("Valid", report(validation_results=stamped))[0].signed_at is None


def test_a_list_of_trust_must_hold_certificates(tmp_path: Any) -> None:
    """Rather no start than no list in silence."""
    from moderation.errors import BadSetting

    (tmp_path / "words.pem").write_text("trust me", encoding="ascii")
    for name in ("words.pem", "absent.pem"):
        with pytest.raises(BadSetting):
            trust_from(str(tmp_path / name))


def test_pixels_say_nothing() -> None:
    """An array has no file."""
    assert NOTHING_SAID.evidence() == {}
    assert NOTHING_SAID.credential.answer is Answer.ABSENT

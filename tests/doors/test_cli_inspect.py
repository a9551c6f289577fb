"""`moderation inspect`, and an original file as evidence for a claim."""

from __future__ import annotations

import json

import pytest
from kit import files_with_marks as made
from kit.codes import laid, qr
from kit.posters import poster
from kit.watermarks import marked
from PIL import Image

from moderation.errors import BadSetting

HOSTILE = "table 12 \x1b[2J\x1b]0;owned\x07 \u202eevil <script>alert(1)</script>"


def two_codes():
    """A group's, and one of words that steer a terminal."""
    page = laid(qr("https://weixin.qq.com/g/AbC"))
    page[340:640, 560:860] = qr(HOSTILE, 300)
    return page


@pytest.fixture
def pictures(tmp_path):
    """One file for each answer."""
    block = made.exif(Make="Optik", Model="K-9", DateTimeOriginal="2026:05:01 08:30:00")
    generated = made.signed("trainedAlgorithmicMedia", file=made.saved(exif=block))
    damaged = bytearray(generated)
    damaged[-200] ^= 1
    label = made.xmp(f"<TC260:AIGC>{made.escaped_label(Label='2')}</TC260:AIGC>")
    files = {
        "plain.jpg": made.saved(),
        "signed.jpg": generated,
        "damaged.jpg": bytes(damaged),
        "label.jpg": made.saved(xmp=label),
        "hostile.jpg": made.saved(xmp=b"<!DOCTYPE x><x/>"),
        "codes.png": made.saved("PNG", picture=Image.fromarray(two_codes())),
        "poster.png": made.saved("PNG", picture=Image.fromarray(poster("加微信 abc_2046"))),
        "watermark.png": made.saved("PNG", picture=Image.fromarray(marked("小红书号：9582310474"))),
    }
    for name, file in files.items():
        (tmp_path / name).write_bytes(file)
    (tmp_path / "roots.pem").write_text(made.signatory().root, encoding="ascii")
    return tmp_path


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_people_read(lang, run, pictures, golden):
    """Every answer with what it means, in both languages."""
    said = []
    for name in (
        "plain.jpg",
        "signed.jpg",
        "damaged.jpg",
        "label.jpg",
        "hostile.jpg",
        "codes.png",
        "poster.png",
    ):
        result = run("inspect", pictures / name, "--lang", lang)
        assert result.exit_code == 0, result.output
        assert "\x1b" not in result.stdout
        said.append(f"$ inspect {name}\n{result.stdout}")
    trusted = run(
        "inspect", pictures / "signed.jpg", "--trust", pictures / "roots.pem", "--lang", lang
    )
    said.append(f"$ inspect signed.jpg --trust roots.pem\n{trusted.stdout}")
    golden(f"inspect-{lang}", "\n".join(said))


def test_machines_read_the_same(run, pictures):
    """Answers are wire strings."""
    got = json.loads(run("inspect", pictures / "signed.jpg", "--json").stdout)
    assert got["credential"]["answer"] == "untrusted"
    assert got["ai_marks"][0]["said"] == "trainedAlgorithmicMedia"
    assert got["camera"]["taken_at"] == "2026-05-01T08:30:00"
    got = json.loads(run("inspect", pictures / "poster.png", "--json").stdout)["lettering"]
    (line,) = got["lines"]
    assert "2046" in line["text"]
    assert (got["doubtful"], got["unread"]) == (0, 0)
    got = json.loads(run("inspect", pictures / "watermark.png", "--json").stdout)
    assert got["watermarks"][0]["handles"][0]["name"] == "9582310474"
    assert got["credential"]["answer"] == "absent"
    assert got["codes"] == []
    got = json.loads(run("inspect", pictures / "codes.png", "--json").stdout)
    assert {code["class"]: code["host"] for code in got["codes"]} == {
        "group": "weixin.qq.com",
        "text": "",
    }


def test_a_bad_list_of_trust_is_told(run, pictures):
    """Not taken as an empty one."""
    result = run("inspect", pictures / "plain.jpg", "--trust", pictures / "plain.jpg")
    assert result.exit_code == BadSetting.exit_code
    assert "holds no certificates" in result.stderr


def test_an_original_file_goes_into_the_proof(run, pictures):
    """Its digest and what it says; the moderator decides."""
    row = {"id": "n1", "author": {"id": "a"}, "published_at": "2026-05-02T08:00:00Z"}
    notes = pictures / "notes.jsonl"
    notes.write_text(json.dumps(row | {"images": [{"path": "plain.jpg"}]}), encoding="utf-8")
    register = pictures / "register"
    assert run("register", "add", notes, "--register", register).exit_code == 0
    words = ("register", "claim", "n1", "--register", register, "--author", "b", "--json")
    evidence = ("--basis", "external_proof", "--evidence", pictures / "signed.jpg")
    result = run(*words, *evidence, "--proof", "appeal 7")
    assert result.exit_code == 0, result.output
    proof = json.loads(result.stdout)["proof"]
    assert proof.startswith("appeal 7; file sha256:")
    assert "credential untrusted, signer Test Camera, camera Optik K-9" in proof

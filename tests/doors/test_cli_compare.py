"""`moderation compare` and `moderation report`: evidence for people."""

from __future__ import annotations

import json
import re

import cv2
import pytest
from kit import pictures
from PIL import Image

from moderation.match import Match

from .conftest import told


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_people_read(lang, run, folder, tmp_path, golden):
    """A copy, nothing, too little detail, in both languages; numbers aside."""
    part = tmp_path / "part.png"
    part.write_bytes(pictures.encoded(pictures.cropped(pictures.scene(1), 0.7)))
    said = []
    for a, b in (
        (folder / "first.png", folder / "first.png"),
        (part, folder / "first.png"),
        (folder / "first.png", part),
        (folder / "first.png", folder / "second.png"),
        (folder / "flat.png", folder / "second.png"),
    ):
        result = run("compare", a, b, "--lang", lang)
        assert result.exit_code == 0, result.output
        shown = result.stdout.replace(f"{folder}/", "")
        said.append(f"$ compare {a.name} {b.name}\n{_without_proof(shown)}")
    golden(f"compare-{lang}", "\n".join(said))


def _without_proof(text):
    # How many details agree changes with OpenCV; that they do is in the first line.
    lines = text.splitlines()
    return "".join(f"{line}\n" for line in lines if not line.startswith(("Proof", "依据")))


def test_match_round_trips(run, folder):
    """`match` is the JSON of `Match`."""
    got = json.loads(run("compare", folder / "copy.jpg", folder / "first.png", "--json").stdout)
    assert got["outcome"] == "match"
    assert Match.from_json(got["match"]).to_json() == got["match"]
    assert got["match"]["mirrored"] is True
    assert got["evidence"] is None


@pytest.mark.parametrize("name", ["d.png", "d.jpg"])
def test_what_was_changed_is_told_and_drawn(name, run, folder, tmp_path):
    """A disc at the bottom right: in words, as a box, and outlined."""
    original = pictures.scene(1)
    changed = original.copy()
    height, width = original.shape[:2]
    centre, radius = (round(0.8 * width), round(0.85 * height)), round(0.1 * width)
    cv2.circle(changed, centre, radius, (230, 60, 90), -1)
    query, out = tmp_path / "changed.png", tmp_path / name
    query.write_bytes(pictures.encoded(changed))
    args = (query, folder / "first.png", "--difference", out)
    said = {lang: run("compare", *args, "--lang", lang).stdout for lang in ("en", "zh")}
    assert "3% of what they share was changed, most of it at the bottom right of A." in said["en"]
    assert "共有画面中有 3% 被改动，主要在 A 的右下方。" in said["zh"]
    got = json.loads(run("compare", *args, "--json").stdout)
    (region,) = got["difference"]["regions"]
    assert region["box"] == pytest.approx([0.7, 0.775, 0.9, 0.925], abs=0.01)
    assert got["difference"]["share"] == region["share"]
    assert got["difference_picture"] == str(out)
    with Image.open(out) as image:
        assert image.width > 3 * 400


def test_nothing_changed_and_nothing_to_compare(run, folder, tmp_path):
    """A mirrored JPEG has no changed place; without a match nothing is said or drawn."""
    got = json.loads(run("compare", folder / "copy.jpg", folder / "first.png", "--json").stdout)
    assert got["difference"] == {"share": 0.0, "regions": []}
    assert got["difference_picture"] is None
    out = tmp_path / "d.png"
    args = (folder / "first.png", folder / "second.png", "--difference", out, "--json")
    got = json.loads(run("compare", *args).stdout)
    assert (got["difference"], got["difference_picture"]) == (None, None)
    assert not out.exists()


@pytest.mark.parametrize(
    ("b", "outcome"), [("second.png", "nothing"), ("flat.png", "little_detail")]
)
def test_no_match_says_which(b, outcome, run, folder):
    """Nothing in common, or nothing to compare."""
    got = json.loads(run("compare", folder / "first.png", folder / b, "--json").stdout)
    assert (got["outcome"], got["match"]) == (outcome, None)
    assert got["little_detail"] == ([str(folder / b)] if outcome == "little_detail" else [])


@pytest.mark.parametrize(("name", "kind"), [("e.png", "PNG"), ("e.JPG", "JPEG")])
def test_evidence_is_written_by_suffix(name, kind, run, folder, tmp_path):
    """Both pictures and their difference, side by side."""
    out = tmp_path / name
    result = run("compare", folder / "copy.jpg", folder / "first.png", "--out", out, "--json")
    assert json.loads(result.stdout)["evidence"] == str(out)
    with Image.open(out) as image:
        assert image.format == kind
        assert image.width > 2 * 400
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_no_evidence_without_a_match(run, folder, tmp_path):
    """Nothing is drawn where nothing was found."""
    out = tmp_path / "e.png"
    args = (folder / "first.png", folder / "second.png")
    assert run("compare", *args, "--out", out).exit_code == 0
    assert not out.exists()


def test_bad_pictures_and_places_are_told(run, folder, tmp_path):
    """Missing, unreadable, of no format; and a place that cannot be written."""
    first, copy = folder / "first.png", folder / "copy.jpg"
    told(run("compare", tmp_path / "none.png", first), 3, "none.png")
    told(run("compare", first, folder / "notes.jsonl"), 3)
    told(run("compare", first, folder / "broken.jpg"), 3)
    told(run("compare", first, folder), 3)
    told(run("compare", first, copy, "--out", tmp_path / "e.gif"), 2, "neither .jpg nor .png")
    told(run("compare", first, copy, "--difference", tmp_path / "d.gif"), 2, "`--difference`")
    told(run("compare", first, first, "--out", tmp_path / "no" / "e.png"), 6, "cannot write")


def test_report_from_earlier_results(run, folder, tmp_path):
    """The same page as `check` writes at once, from JSONL and from Parquet."""
    register = ("--register", tmp_path / "register")
    run("register", "add", folder / "first.jsonl", *register)
    pages = []
    for name in ("out.jsonl", "out.parquet", "out.html"):
        run("check", folder / "notes.jsonl", *register, "--dry-run", "--out", tmp_path / name)
        page = tmp_path / "out.html"
        if name != "out.html":
            page = tmp_path / f"{name}.html"
            args = ("--notes", folder / "notes.jsonl", "--out", page, "--json")
            result = run("report", tmp_path / name, *args)
            assert json.loads(result.stdout) == {"verdicts": 4, "failed": 2, "page": str(page)}
        pages.append(page.read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    # Files hold rounded transforms, so the pixels of the difference may be one apart.
    assert _without_pixels(pages[0]) == _without_pixels(pages[2])


def _without_pixels(page):
    return re.sub(r"data:image/jpeg;base64,[\w+/=]+", "…", page)


def test_report_goes_into_a_folder(run, folder, tmp_path):
    """`index.html` in a folder that is made."""
    out = tmp_path / "out.jsonl"
    run("check", folder / "good.jsonl", "--register", tmp_path / "register", "--out", out)
    result = run("report", out, "--notes", folder / "good.jsonl", "--out", tmp_path / "a" / "b")
    assert result.stdout == f"verdicts in {tmp_path}/a/b/index.html: 3\n"
    assert (tmp_path / "a" / "b" / "index.html").exists()


def test_report_speaks_both_languages(run, folder, tmp_path):
    """`--lang` is that of the page too."""
    out = tmp_path / "out.jsonl"
    run("check", folder / "good.jsonl", "--register", tmp_path / "register", "--out", out)
    for lang, word in (("zh", "审核报告"), ("en", "Moderation report")):
        page = tmp_path / f"{lang}.html"
        run("report", out, "--notes", folder / "good.jsonl", "--out", page, "--lang", lang)
        assert word in page.read_text(encoding="utf-8")

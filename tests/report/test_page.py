"""The report: complete in one file, silent on the network, deaf to hostile text."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import cv2
import numpy as np
import pytest
from kit.elements import Elements
from kit.reports import HOSTILE, TEXT, drawn, note, the_fixed_set, the_hostile_set
from kit.verdicts import a_copy, a_failure, a_span, a_text_finding, a_verdict

from moderation.errors import StoreUnwritable
from moderation.finding import Difference, Finding, FindingKind
from moderation.note import Author, NoteImage
from moderation.report import ArchivePictures, write_report
from moderation.verdict import Decision


def page(tmp_path, results, notes=(), lang="en", **options):
    known = {n.id: n for n in notes}
    pictures = ArchivePictures(known)
    path = write_report(results, tmp_path, notes=known, pictures=pictures, lang=lang, **options)
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_as_reviewed(tmp_path, golden, lang):
    """Any change of the page shows as a difference; pictures are left out of it."""
    results, notes = the_fixed_set()
    html = page(tmp_path, results, notes, lang)
    html = re.sub(r"data:image/jpeg;base64,[\w+/=]+", "data:…", html)
    html = re.sub(r"<(style|script)>.*?</\1>", r"<\1>…</\1>", html, flags=re.DOTALL)
    html = re.sub(r"'sha256-[\w+/=]+'", "'sha256-…'", html)
    golden(f"{lang}.html", html)


def hostile_page(tmp_path):
    results, notes = the_hostile_set(HOSTILE)
    return page(tmp_path, results, notes, title=HOSTILE)


def test_hostile_text_stays_text(tmp_path):
    """In every field of note, match, finding, failure and policy."""
    html = hostile_page(tmp_path)
    elements = Elements(html)
    assert len(elements.named("script")) == 1
    assert not [a for a in elements.named("img") if not a["src"].startswith("data:image/jpeg")]
    assert not [name for _, a in elements.found for name in a if name.startswith("on")]
    assert not set(html) & set("\0\u202e")
    # Digests hold any digits.
    ours = r"<(style|script)>.*?</\1>|'sha256-[\w+/=]+'"
    assert "49" not in re.sub(ours, "", html, flags=re.DOTALL)


def test_the_page_names_no_address(tmp_path):
    """Nothing to fetch: no link, source, form or style leads outside."""
    for html in (hostile_page(tmp_path), page(tmp_path, *the_fixed_set())):
        for _, attributes in Elements(html).found:
            for name in ("src", "href", "action", "data", "poster", "srcset", "style"):
                assert attributes.get(name, "#").startswith(("#", "data:image/jpeg"))
        ours = "".join(re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", html, re.DOTALL))
        assert "//" not in re.sub(r"^\s*// .*$", "", ours, flags=re.MULTILINE)
        assert "url(" not in ours
        assert "@import" not in ours


def test_only_our_own_script_and_style_may_run(tmp_path):
    """The policy in the head names both by digest."""
    html = page(tmp_path, *the_fixed_set())
    policy = Elements(html).named("meta")[1]["content"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    for tag in ("style", "script"):
        text = re.search(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", list(FindingKind), ids=str)
def test_every_kind_is_rendered(tmp_path, kind, lang):
    """As a reason, and as seen without consequence."""
    place = {"image_number": 0} if kind.value.startswith("image") else {}
    finding = Finding(kind=kind, score=0.7, raw_score=0.7, detector="text_rules@1", **place)
    seen = Finding(
        kind=kind, score=0, raw_score=0.7, difference=Difference.DISCLOSED, detector="x@1", **place
    )
    html = page(tmp_path, [a_verdict(finding, seen)], [note("n1")], lang)
    assert html.count(f"<code>{kind.value}</code></h3>") == 1
    assert f"<code>{kind.value}</code>" in html.partition('<details class="seen"')[2]


def test_regions_are_drawn_in_fractions_of_the_picture(tmp_path):
    """The polygon of the registered picture is the match's."""
    html = page(tmp_path, *the_fixed_set())
    assert 'points="25.00,25.00 75.00,25.00 75.00,75.00 25.00,75.00"' in html


def test_thumbnails_are_small_jpegs(tmp_path):
    """Large pictures are brought to 480 px and embedded."""
    large = note("n1", images=[NoteImage(array=drawn(1200, 900))])
    html = page(tmp_path, [a_verdict(a_copy())], [large])
    (data,) = re.findall(r"data:image/jpeg;base64,([\w+/=]+)", html)
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (360, 480, 3)


def test_unreadable_and_absent_pictures_are_said_to_be_absent(tmp_path):
    """Neither stops the page."""
    torn = note("n1", images=[NoteImage(data=b"\xff\xd8\xff torn")])
    html = page(tmp_path, [a_verdict(a_copy())], [torn])
    assert html.count("picture not at hand") == 2


def test_an_unreadable_picture_leaves_no_empty_frame(tmp_path):
    """Its finding says already that nothing could be seen."""
    torn = note("n1", images=[NoteImage(data=b"\xff\xd8\xff torn")])
    unreadable = Finding(
        kind=FindingKind.IMAGE_UNDECODABLE,
        score=1.0,
        raw_score=1.0,
        image_number=0,
        detector="decode@1",
    )
    html = page(tmp_path, [a_verdict(unreadable)], [torn])
    assert "image.undecodable" in html
    assert "<figure>" not in html


@pytest.mark.parametrize(("asked", "shown"), [(False, 0), (True, 1)], ids=["usual", "every"])
def test_a_picture_without_finding_is_shown_where_it_is_asked_for(tmp_path, asked, shown):
    """Beside the one of the finding, which always is."""
    both = note("n1", images=[NoteImage(array=drawn()), NoteImage(array=drawn(seed=2))])
    html = page(tmp_path, [a_verdict(a_copy())], [both], every_picture=asked)
    assert html.count("n1, picture 1") == 1
    assert html.count("n1, picture 2") == shown


def test_a_picture_in_which_words_were_read_is_shown_once(tmp_path):
    """With their places outlined; the other picture beside it where every one is asked for."""
    span = replace(
        a_span("加V：abc_2046", "abc_2046", field="image[1].ocr"), box=(0.1, 0.2, 0.5, 0.3)
    )
    finding = a_text_finding(FindingKind.TEXT_DIVERSION_CONTACT, span)
    both = note("n1", images=[NoteImage(array=drawn()), NoteImage(array=drawn(seed=2))])
    html = page(tmp_path, [a_verdict(finding)], [both], every_picture=True)
    assert html.count('alt="Submitted picture: n1, picture 1"') == 1
    assert html.count('alt="Submitted picture: n1, picture 2"') == 1


MANY = [(i / 10, 0.1, i / 10 + 0.05, 0.2) for i in range(9)]


def test_places_and_words_have_the_same_number(tmp_path):
    """In the order in which they were read; one for the same box, none for the author's words."""
    own = a_span(TEXT, "全网最低价")
    read = [
        replace(a_span(f"w{i}", f"w{i}", field="image[0].ocr"), box=b) for i, b in enumerate(MANY)
    ]
    again = replace(read[3], text="again")
    finding = a_text_finding(FindingKind.TEXT_HARD_SELL, own, *read, again)
    shown = note("n1", images=[NoteImage(array=drawn())])
    html = page(tmp_path, [a_verdict(finding)], [shown])
    assert re.findall(r'dy="0.35em">(\d+)</text>', html) == [str(i) for i in range(1, 10)]
    listed = re.findall(r'<li>(?:<b class="nth">(\d+)</b> )?<code>V1</code> <bdi[^>]*>(\w+)', html)
    assert listed == [
        ("", "全网最低价"),
        *((str(i + 1), f"w{i}") for i in range(9)),
        ("4", "again"),
    ]


def test_a_watermark_is_read_out_beside_its_box(tmp_path):
    """It has no span: what it says stands in the details."""
    sides = dict(zip(("left", "top", "right", "bottom"), (0.6, 0.9, 0.98, 0.97), strict=True))
    finding = Finding(
        kind=FindingKind.IMAGE_WATERMARK_OF_OTHER,
        score=0.9,
        raw_score=0.9,
        image_number=0,
        detail={"text": "@mia <b>", "handle": "mia", "confidence": 0.95, **sides},
        detector="watermark@1",
    )
    shown = note("n1", images=[NoteImage(array=drawn())])
    html = page(tmp_path, [a_verdict(finding)], [shown])
    assert '<b class="nth">1</b> <bdi class="quoted">@mia &lt;b&gt;</bdi>' in html
    # At the right edge there is no room to the right of it.
    assert '<svg x="60.00%" y="93.50%"><circle cx="-10" r="8"/>' in html


def test_no_number_without_a_picture(tmp_path):
    """What is not at hand is quoted all the same."""
    span = replace(
        a_span("加V：abc_2046", "abc_2046", field="image[0].ocr"), box=(0.1, 0.2, 0.5, 0.3)
    )
    html = page(tmp_path, [a_verdict(a_text_finding(FindingKind.TEXT_DIVERSION_CONTACT, span))])
    assert "abc_2046" in html
    assert 'class="nth"' not in html


def test_the_most_severe_come_first(tmp_path):
    """And notes of one decision in the order in which they came."""
    order = [Decision.PASS, Decision.REVIEW, Decision.BLOCK, Decision.LABEL, Decision.REVIEW]
    html = page(tmp_path, [a_verdict(note_id=f"n{i}", decision=d) for i, d in enumerate(order)])
    assert re.findall(r"<bdi>(n\d)</bdi></a></h2>", html) == ["n2", "n1", "n4", "n3", "n0"]


def test_counts_are_of_notes(tmp_path):
    """Two findings of one kind in one note count once."""
    html = page(tmp_path, [a_verdict(a_copy(), a_copy(image_number=1)), a_failure()])
    assert re.search(r'data-pick-decision="review".*?<b>1</b>', html)
    assert re.search(r'data-pick-reason="image.copy".*?<b>1</b></button>', html)
    assert re.search(r'href="#failures">.*?<b>1</b>', html)


def test_an_empty_report_is_a_page(tmp_path):
    """A batch without notes is no error."""
    assert "No reasons." in page(tmp_path, [])


def test_a_text_that_changed_is_not_marked(tmp_path):
    """Spans of another text would mark the wrong words; they are still quoted."""
    finding = a_text_finding(FindingKind.TEXT_HARD_SELL, a_span(TEXT, "全网最低价"))
    html = page(tmp_path, [a_verdict(finding)], [note("n1", text="changed since " * 3)])
    assert "<mark" not in html
    assert "全网最低价" in html


def test_endless_texts_are_cut_and_counted(tmp_path):
    """The page stays readable."""
    html = page(tmp_path, [a_verdict()], [note("n1", text="x" * 150_000)])
    assert "130000 more characters not shown" in html
    assert len(html) < 100_000


def test_a_folder_gets_an_index_and_a_file_its_name(tmp_path):
    """Folders on the way are made."""
    empty = {"notes": {}, "pictures": ArchivePictures({})}
    assert write_report([], tmp_path / "a" / "b", **empty) == tmp_path / "a" / "b" / "index.html"
    assert write_report([], tmp_path / "c" / "x.html", **empty) == tmp_path / "c" / "x.html"


def test_a_place_that_cannot_be_written_is_store_unwritable(tmp_path):
    """With the path in the message."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnwritable, match="file"):
        write_report([], tmp_path / "file" / "x", notes={}, pictures=ArchivePictures({}))


@pytest.mark.parametrize(("lang", "tag"), [("zh", "zh-Hans"), ("en", "en")])
def test_the_page_has_its_language_landmarks_and_names(tmp_path, lang, tag):
    """For people who do not see it, and for browsers."""
    elements = Elements(page(tmp_path, *the_fixed_set(), lang=lang))
    assert elements.named("html")[0]["lang"] == tag
    for landmark in ("header", "main", "footer"):
        assert elements.named(landmark)
    assert elements.named("form")[0]["role"] == "search"
    assert all(image["alt"] for image in elements.named("img"))
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in elements.found:
        assert attributes.get("aria-labelledby", ids[0]) in ids


def test_without_script_every_note_is_there(tmp_path):
    """Only the filter, which would do nothing, is hidden."""
    elements = Elements(page(tmp_path, *the_fixed_set()))
    assert len([a for a in elements.named("article") if "hidden" not in a]) == 4
    assert "hidden" in elements.named("form")[0]


@pytest.mark.parametrize(
    ("box", "outlined"),
    [((0.6, 0.9, 0.98, 0.97), True), ((0.9, 0.9, 0.2, 0.97), False), (("<", 0, 1, 1), False)],
    ids=["box", "inside-out", "not-a-number"],
)
def test_a_watermark_is_outlined_where_it_was_read(tmp_path, box, outlined):
    """Only in a box that makes sense: verdicts are read from files."""
    sides = dict(zip(("left", "top", "right", "bottom"), box, strict=True))
    finding = Finding(
        kind=FindingKind.IMAGE_WATERMARK_OF_OTHER,
        score=0.9,
        raw_score=0.9,
        image_number=0,
        detail={"text": "@mia", "handle": "mia", "confidence": 0.95, **sides},
        detector="watermark@1",
    )
    shown = note("n1", images=[NoteImage(array=drawn())])
    html = page(tmp_path, [a_verdict(finding, note_id="n1")], [shown])
    assert ('points="60.00,90.00 98.00,90.00 98.00,97.00 60.00,97.00"' in html) == outlined
    assert ("<polygon" in html) == outlined


BOXES = {
    "box": ((0.1, 0.2, 0.5, 0.25), True),
    "inside-out": ((0.5, 0.2, 0.1, 0.25), False),
    "outside": ((0.1, 0.2, 1.5, 0.25), False),
    "not-a-number": ((float("nan"), 0.2, 0.5, 0.25), False),
    "none": (None, False),
}


@pytest.mark.parametrize("name", BOXES)
@pytest.mark.parametrize("field", ["image[0].qr", "image[0].ocr"])
def test_words_of_a_picture_are_outlined_where_they_stand(tmp_path, field, name):
    """On the picture, which is shown for it; a box that makes no sense draws nothing."""
    box, is_drawn = BOXES[name]
    span = replace(a_span("加V：abc_2046", "abc_2046", field=field), box=box)
    finding = a_text_finding(FindingKind.TEXT_DIVERSION_CONTACT, span)
    shown = note("n1", images=[NoteImage(array=drawn())])
    html = page(tmp_path, [a_verdict(finding, note_id="n1")], [shown])
    assert ('points="10.00,20.00 50.00,20.00 50.00,25.00 10.00,25.00"' in html) == is_drawn
    assert ("<polygon" in html) == is_drawn


def test_every_code_of_a_finding_is_outlined(tmp_path):
    """Without spans, which a result may leave out, the largest by the finding's details."""
    boxes = [(0.1, 0.1, 0.2, 0.2), (0.5, 0.5, 0.9, 0.9)]
    spans = [replace(a_span("wxp:…", "wxp:…", field="image[0].qr"), box=box) for box in boxes]
    sides = {"left": 0.1, "top": 0.1, "right": 0.2, "bottom": 0.2}
    finding = Finding(
        kind=FindingKind.IMAGE_QR,
        score=0.6,
        raw_score=0.6,
        image_number=0,
        spans=tuple(spans),
        detail={"class": "payment", "codes": 2, **sides},
        detector="codes@1",
    )
    shown = note("n1", images=[NoteImage(array=drawn())])
    html = page(tmp_path, [a_verdict(finding, note_id="n1")], [shown])
    assert 'points="10.00,10.00 20.00,10.00' in html
    assert 'points="50.00,50.00 90.00,50.00' in html
    html = page(tmp_path, [a_verdict(replace(finding, spans=()), note_id="n1")], [shown])
    assert 'points="10.00,10.00 20.00,10.00' in html


@pytest.mark.parametrize(
    "field",
    ["image[9].qr", "image[-1].qr", "image[].qr", "image[99999999999].qr", "image[<b>].ocr"],
)
def test_words_of_pictures_that_are_not_there_are_quoted_all_the_same(tmp_path, field):
    """Fields come from files, too; the page stands."""
    span = replace(a_span("加V：abc_2046", "abc_2046", field=field), box=(0.1, 0.2, 0.5, 0.25))
    finding = a_text_finding(FindingKind.TEXT_DIVERSION_CONTACT, span)
    shown = note("n1", images=[NoteImage(array=drawn())])
    html = page(tmp_path, [a_verdict(finding, note_id="n1")], [shown])
    assert "abc_2046" in html
    assert "<polygon" not in html
    assert "image[<b>]" not in html


def test_what_was_changed_is_outlined_on_the_submitted_picture(tmp_path):
    """A disc on the copy: a dashed box around it and its share; none on an untouched copy."""
    original = drawn()
    changed = original.copy()
    cv2.circle(changed, (180, 60), 30, (20, 120, 60), -1)
    notes = [
        note("first", author=Author(id="alice"), images=[NoteImage(array=original)]),
        note("n1", images=[NoteImage(array=changed)]),
        note("n2", images=[NoteImage(array=original)]),
    ]
    shown = page(tmp_path / "a", [a_verdict(a_copy(), note_id="n1")], notes)
    (points,) = re.findall(r'class="changed" points="([^"]+)"', shown)
    box = [tuple(map(float, point.split(","))) for point in points.split()]
    assert box[0] == pytest.approx((150 / 2.4, 30 / 3.2), abs=2)
    assert box[2] == pytest.approx((210 / 2.4, 90 / 3.2), abs=2)
    assert "<dt>Changed, of what both show</dt><dd>4%</dd>" in shown
    assert "dashed: what was changed" in shown
    untouched = page(tmp_path / "b", [a_verdict(a_copy(), note_id="n2")], notes)
    assert 'class="changed"' not in untouched
    assert "<dt>Changed, of what both show</dt><dd>0%</dd>" in untouched

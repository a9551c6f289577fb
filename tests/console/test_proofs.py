"""An author's proofs at the desk: beside what the dispute is about, in words, and deaf and dumb."""

from __future__ import annotations

import hashlib
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from kit import pictures
from kit.browser import axe_violations, sideways_px
from kit.console import PATIENCE_S
from kit.notes import photo
from kit.reports import HOSTILE
from PIL import Image

from moderation.desk import Desk, Person, Role
from moderation.gate.rights.proofs import add_file, add_link
from moderation.store import Act, CaseKind, NewAppeal, Wanted

LIN = Person(name="lin", role=Role.MODERATOR)
ORIGINAL = pictures.encoded(pictures.scaled(photo("coffee"), 2.0), "JPEG", quality=92)
HOSTILE_LINK = "https://evil.example/\"'><script>alert(1)</script>\u202egnp?{{7*7}}&amp;"
HOSTILE_NAME = HOSTILE.replace("\0", "").replace("/", "") + ".jpg"


def appealed(served, note_id="cup-6"):
    """A copy was blocked by lin, and its author appeals: (case, appeal)."""
    desk = Desk(served.register, undo_for=timedelta(0))
    desk.decide([served.case_of(note_id)], LIN, "copied")
    desk.settle()
    row = served.register.verdicts(note_id)[-1]
    new = NewAppeal(
        verdict_id=row.verdict_id,
        note_id=note_id,
        author_id=row.author_id,
        at=datetime.now(UTC),
        statement="这是我拍的",
    )
    with served.register.transaction() as now:
        appeal = now.open_appeal(new)[0].appeal_id
    (case,) = served.register.cases(Wanted(kind=CaseKind.APPEAL), limit=10)
    return case.case_id, appeal


def section(page):
    """What stands about proofs."""
    return page.text.split('class="side proofs"')[1].split("</section>")[0]


@pytest.mark.parametrize("lang", ["en-GB", "zh-CN"])
def test_a_larger_original_is_beside_the_disputed_picture(served, lang):
    """Three pictures, and how many pixels each has; in both languages."""
    case_id, appeal = appealed(served)
    proof, _ = add_file(served.register, appeal, "IMG_7.jpg", ORIGINAL)
    client = served.come(headers={"Accept-Language": lang})
    page = client.get(f"/cases/{case_id}")
    said = section(page)
    assert "IMG_7.jpg" in said
    assert ("shows the same picture" if lang == "en-GB" else "画面相同") in said
    assert re.search(r"4\.0 (× as many pixels|倍)", said)
    at = f"/cases/{case_id}/proofs/{proof.proof_id}.jpg"
    shown = re.findall(r'<img src="([^"]+)"', said)
    assert shown[0] == at
    assert [one.partition("?")[0] for one in shown[1:]] == [
        f"/cases/{case_id}/pictures/0.jpg",
        f"/cases/{case_id}/findings/0/original.jpg",
    ]
    for one in shown:
        assert client.get(one).headers["content-type"] == "image/jpeg", one
    answer = client.get(at)
    assert Image.open(io.BytesIO(answer.content)).size[0] == 800
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("lang", ["en-GB", "zh-CN"])
def test_the_queue_marks_appeals_that_have_a_proof(served, lang):
    """In words, beside the reason: how many there are; of none nothing is said."""
    words = {"en-GB": "proofs sent: {}", "zh-CN": "已附证明材料 {} 份"}[lang]
    _, appeal = appealed(served)
    client = served.come(headers={"Accept-Language": lang})
    client.send("/queue/kind", {"kind": "appeal"})
    queue = client.get("/queue").text
    assert words.partition("{}")[0] not in queue
    add_link(served.register, appeal, "https://example.org/2024/coffee")
    add_file(served.register, appeal, "IMG_7.jpg", ORIGINAL)
    queue = client.get("/queue").text
    assert f'<span class="chip">{words.format(2)}</span>' in queue
    client.send("/queue/kind", {"kind": "machine"})
    assert words.format(2) not in client.get("/queue").text


def test_what_cannot_be_opened_is_said_to_be_so(served):
    """With its digest, and no picture of it."""
    case_id, appeal = appealed(served)
    data = b"8BPS\0\1" + bytes(12_000_000)
    add_file(served.register, appeal, "work.psd", data)
    add_file(served.register, appeal, "page.jpg", b"<html>")
    said = section(served.come().get(f"/cases/{case_id}"))
    digest = hashlib.sha256(data).hexdigest()[:16]
    assert f"cannot be opened here: Photoshop file, 12.0 MB, sha256 {digest}…" in said
    assert "not readable as a picture" in said
    assert "<img" not in said


def test_links_are_text_and_names_are_harmless(served):
    """No element, no address, no turned line comes out of either."""
    case_id, appeal = appealed(served)
    add_link(served.register, appeal, HOSTILE_LINK)
    add_file(served.register, appeal, HOSTILE_NAME, ORIGINAL)
    said = section(served.come().get(f"/cases/{case_id}"))
    assert not re.search(r"<a[\s>]", said)
    assert "<script" not in said
    assert "\u202e" not in said
    assert said.count("RLO") == 2
    assert "https://evil.example/" in said
    assert re.findall(r'(?:href|src|action)="(?!/cases/)', said) == []


def test_a_case_without_proofs_says_so_and_others_have_none(served):
    case_id, _ = appealed(served)
    client = served.come()
    assert "No proof was sent." in section(client.get(f"/cases/{case_id}"))
    assert "proofs" not in client.get(f"/cases/{served.case_of('trade-0')}").text


def test_a_thumbnail_is_for_those_who_are_logged_in(served):
    """At the address of its own case alone; whoever asks for it is recorded."""
    case_id, appeal = appealed(served)
    proof, _ = add_file(served.register, appeal, "a.jpg", ORIGINAL)
    at = f"/cases/{case_id}/proofs/{proof.proof_id}.jpg"
    assert served.client().get(at).headers["location"] == "/login"
    client = served.come("vera", "viewer")
    other = served.case_of("trade-0")
    assert client.get(f"/cases/{other}/proofs/{proof.proof_id}.jpg").status_code == 404
    assert client.get(f"/cases/{case_id}/proofs/{proof.proof_id + 1}.jpg").status_code == 404
    for _ in range(2):
        assert client.get(at).status_code == 200
    looks = [
        line
        for line in served.register.case_log(case_id)
        if (line.by, line.act) == ("vera", Act.LOOKED)
    ]
    assert len(looks) == 1


def test_a_proof_that_comes_meanwhile_is_told(people):
    """Nobody decides without knowing that there is more; the log says when it came."""
    served = people.served
    case_id, appeal = appealed(served)
    add_link(served.register, appeal, "https://example.org/first")
    page = people.come("mia", locale="en-GB")
    page.goto(f"{served.url}/cases/{case_id}")
    with page.expect_navigation():
        page.locator("[data-act=take]").click()
    page.wait_for_timeout(2_500)
    assert not page.locator(".gone").is_visible()
    add_link(served.register, appeal, "https://example.org/second")
    page.locator(".gone").wait_for()
    with page.expect_navigation():
        page.locator(".gone a").click()
    assert page.locator(".proofs .link").count() == 2
    assert "took the author's proof" in page.locator("details.side").last.text_content()


def test_pictures_of_proof_go_with_the_decision(served):
    """What was read out of the file is still there."""
    case_id, appeal = appealed(served)
    proof, _ = add_file(served.register, appeal, "IMG_7.jpg", ORIGINAL)
    client = served.come("mia")
    client.send(f"/cases/{case_id}/take")
    at = f"/cases/{case_id}/proofs/{proof.proof_id}.jpg"
    assert client.get(at).status_code == 200
    client.send(f"/cases/{case_id}/appeal", {"ruling": "upheld", "words": "an enlarged copy"})
    assert client.get(at).status_code == 404
    said = section(client.get(f"/cases/{case_id}"))
    assert "The appeal is decided, and the picture is deleted" in said
    assert "shows the same picture" in said
    assert "<img" not in said


@pytest.mark.parametrize("width_px", [375, 3840])
def test_hostile_proofs_do_nothing_in_a_browser(people, width_px):
    """Nothing runs, nothing is fetched, a click on a link goes nowhere, all can use the page."""
    served = people.served
    case_id, appeal = appealed(served)
    add_link(served.register, appeal, HOSTILE_LINK)
    add_link(served.register, appeal, "https://example.org/" + "a" * 1_900)
    add_file(served.register, appeal, HOSTILE_NAME, ORIGINAL)
    add_file(served.register, appeal, "page.jpg", b"<html><script>alert(9)</script>")
    for scheme in ("light", "dark"):
        page = people.come(f"mia {scheme}", scheme=scheme, width_px=width_px, locale="zh-CN")
        page.goto(f"{served.url}/cases/{case_id}")
        link = page.locator(".proofs .link").first
        link.click()
        assert page.url.endswith(f"/cases/{case_id}")
        shown = page.locator(f"img[src^='/cases/{case_id}/proofs/']")
        shown.scroll_into_view_if_needed()
        page.wait_for_function(
            "(one) => one.complete && one.naturalWidth > 0",
            arg=shown.element_handle(),
            timeout=PATIENCE_S * 1000,
        )
        assert not page.locator("main a[href^=http]").count()
        assert not page.locator("main img:not([src^='/cases/'])").count()
        assert not axe_violations(page)
        assert not sideways_px(page)
    page.wait_for_timeout(300)
    assert not people.sightings()

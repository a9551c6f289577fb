"""What leaves the console: headers around every answer, addresses that name nobody, a log."""

from __future__ import annotations

import html
import json
import re
import time
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from kit.console import INCOMING, PATIENCE_S

from moderation import Gate
from moderation.console.envelope import HEADERS
from moderation.store import Act

NUMBERS = ("0", "-1", "999", "9223372036854775808", "9" * 5_000, "1.5", "x", "%31%00")


SHOWN = ("original.jpg", "laid.jpg", "difference.jpg", "changed.json")
"""Of a match."""


class Addresses(HTMLParser):
    """Every address of a page: of links, forms, pictures, styles, scripts, and data."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src", "action", "formaction", "data-changed") and value:
                self.found.add(value)


def crawled(client, start="/queue"):
    """Page by page, all that can be reached: address → answer; of pictures the address alone."""
    seen, ahead = {}, {start}
    while ahead:
        path = ahead.pop()
        if path.partition("?")[0].endswith((".jpg", ".json")):
            seen[path] = None
            continue
        answer = seen[path] = client.get(path)
        if "html" not in answer.headers["content-type"]:
            continue
        found = {one.partition("#")[0] for one in Addresses(answer.text).found}
        found -= forms_of([answer])
        ahead |= {one for one in found - set(seen) if one.startswith("/")}
    return seen


def forms_of(pages):
    """Addresses to which forms of these pages lead."""
    return {
        html.unescape(one)
        for page in pages
        if page is not None
        for one in re.findall(r'(?:form)?action="([^"]+)"', page.text)
    }


def enveloped(answer, *, kept=False):
    """Every header is there; `kept` where a browser may keep what it got."""
    wanted = dict(HEADERS)
    if kept:
        del wanted["Cache-Control"]
    missing = {name for name, value in wanted.items() if answer.headers.get(name) != value}
    assert not missing, (answer.url, missing)


def test_no_address_names_anybody(served, desk):
    """Of all that can be reached: no note, no author, no person, no word of the session."""
    client = served.come("mia")
    client.send("/queue/filter", {"author": "author-kim"})
    case_id = served.case_of("both-again")
    client.send(f"/cases/{case_id}/take")
    pages = crawled(client) | crawled(client, f"/cases/{served.case_of('cup-5')}/alike")
    pages |= crawled(client, f"/cases/{case_id}")
    client.send("/queue/filter")
    client.send("/queue/saved", {"name": "of kim"})
    pages |= crawled(client)
    addresses = {*pages, *forms_of(pages.values())}
    paths = {urlsplit(one).path for one in addresses}
    assert {f"/cases/{served.case_of('cat-again')}/findings/0/{what}" for what in SHOWN} <= paths
    assert f"/cases/{case_id}/decide" in addresses
    rows = (desk / INCOMING / "notes.jsonl").read_text().splitlines()
    names = {json.loads(row)["id"] for row in rows} | {"author-", "-first", "mia", "kim"}
    told = [(one, name) for one in addresses for name in names if name in unquote(one)]
    assert not told
    assert not [one for one in addresses if client.csrf in one]
    assert {urlsplit(one).netloc for one in addresses} == {""}
    assert all(answer is None or answer.status_code in (200, 303) for answer in pages.values())


def test_every_answer_is_in_its_envelope(served):
    """Pages, pictures, style, what is not found, not allowed, not understood, and the door."""
    client, stranger = served.come(), served.client()
    case_id = served.case_of("cat-again")
    for path in (
        *("/queue", f"/cases/{case_id}", f"/cases/{case_id}/standing", "/settings", "/nothing"),
        *("/cases/999", "/cases/x", "/static/nothing.css", f"/cases/{case_id}/pictures/9.jpg"),
        *("/", "/login", f"/cases/{case_id}/decide", f"/cases/{case_id}/letter?lang=zh"),
    ):
        enveloped(client.get(path))
        enveloped(stranger.get(path))
    enveloped(client.http.post("/cases/999/take", data={"csrf": client.csrf}))
    enveloped(client.http.post("/next"))
    enveloped(client.http.delete("/queue"))
    enveloped(stranger.log_in("nonsense"))
    for path in ("/static/console.js", "/static/console.css", "/static/proof.css"):
        enveloped(client.get(path), kept=True)
    for what in ("pictures/0", "findings/0/original", "findings/0/laid", "findings/0/difference"):
        picture = client.get(f"/cases/{case_id}/{what}.jpg")
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg"), what
        assert picture.headers["cache-control"].startswith("private")
        enveloped(picture, kept=True)
    with client.http.stream("GET", "/live") as answer:
        enveloped(answer)
        assert answer.headers["content-type"].startswith("text/event-stream")


def test_a_bug_is_told_in_an_envelope(served, caplog):
    """The page says nothing of what went wrong; the log does."""
    client = served.come()
    with served.register.transaction() as now:  # as an older or a damaged register may have it
        now.set_at_desk("mia", {"saved": 7})
    answer = client.get("/queue")
    assert answer.status_code == 500
    enveloped(answer)
    assert "TypeError" not in answer.text
    end = time.monotonic() + PATIENCE_S
    while "TypeError" not in caplog.text:  # written once the answer has gone
        assert time.monotonic() < end
        time.sleep(0.01)


def test_pages_hold_nothing_that_the_policy_forbids(served):
    """No style, script or handler in a page: what would run there, a note could bring."""
    client = served.come()
    client.send(f"/cases/{served.case_of('cat-again')}/take")
    for path, answer in crawled(client).items():
        if answer is not None and "html" in answer.headers["content-type"]:
            assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=)", answer.text), path


def test_pictures_need_a_session(served):
    """Whoever has an address alone has nothing."""
    client, stranger = served.come("vera", "viewer"), served.client()
    case_id = served.case_of("cat-again")
    for what in ("pictures/0.jpg", *(f"findings/0/{one}" for one in SHOWN), "standing", "letter"):
        path = f"/cases/{case_id}/{what}"
        assert client.get(path).status_code == 200, path
        assert stranger.get(path).headers["location"] == "/login", path


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
def test_unknown_numbers_are_not_found(served, number):
    """Of a case, a picture, a finding: a page that says so, whatever stands there."""
    client, case_id = served.come(), served.case_of("cat-again")
    known = {"0"} if number == "0" else set()
    for path, fine in (
        (f"/cases/{number}", False),
        (f"/cases/{number}/alike", False),
        (f"/cases/{number}/standing", False),
        (f"/cases/{number}/letter", False),
        (f"/cases/{number}/pictures/0.jpg", False),
        (f"/cases/{case_id}/pictures/{number}.jpg", number in known),
        (f"/cases/{case_id}/findings/{number}/original.jpg", number in known),
        (f"/cases/{case_id}/findings/{number}/changed.json", number in known),
        (f"/cases/{case_id}/proofs/{number}.jpg", False),
    ):
        answer = client.get(path)
        assert answer.status_code == (200 if fine else 404), path[:60]
        assert fine or 'data-page="problem"' in answer.text
    for what in ("take", "leave", "skip", "undo", "decide", "escalate", "alike", "appeal"):
        fields = {"choice": "copied", "words": "why", "ruling": "upheld"}
        assert client.send(f"/cases/{number}/{what}", fields).status_code == 404, what
    assert client.get(f"/queue?after={number}-{number}").status_code == 200


@pytest.mark.parametrize("end", ["1-99999999999999999999", "'", "1-", "\u0661-\u0661"])
def test_a_queue_page_begins_anywhere(served, end):
    """An address that somebody made up shows a page."""
    assert served.come().get("/queue", params={"after": end}).status_code == 200


def test_looking_at_a_case_is_recorded(served):
    """Who, which, and once for each time; the group's cases, too."""
    client = served.come("vera", "viewer")
    case_id = served.case_of("cat-again")
    client.get(f"/cases/{case_id}")
    client.get(f"/cases/{case_id}")
    said = [(line.by, line.act) for line in served.register.case_log(case_id)]
    assert said == [("vera", Act.LOOKED)] * 2
    group = [served.case_of(f"cup-{number}") for number in range(5, 9)]
    client.get(f"/cases/{group[0]}/alike")
    for one in group:
        assert [line.by for line in served.register.case_log(one)] == ["vera"], one


def test_a_forgotten_note_is_gone(served, desk):
    """Its page and its pictures; that of a copy shows no more of it."""
    client = served.come()
    case_id, other = served.case_of("cat-again"), served.case_of("both-again")
    picture = f"/cases/{case_id}/pictures/0.jpg"
    assert client.get(picture).status_code == 200
    laid = next(one for one in Addresses(client.get(f"/cases/{other}").text).found if "laid" in one)
    original = laid.replace("laid", "original")
    assert client.get(original).status_code == 200
    with Gate.open(desk / "register") as gate:
        gate.forget(note_id="cat-again")
        gate.forget(note_id="rocket-first")
    for path in (f"/cases/{case_id}", picture, f"/cases/{case_id}/alike"):
        assert client.get(path).status_code == 404
    assert client.send(f"/cases/{case_id}/decide", {"choice": "copied"}).status_code == 404
    assert "cat-again" not in client.get("/queue").text
    page = client.get(f"/cases/{other}")
    assert page.status_code == 200
    assert "rocket-first" not in page.text
    assert client.get(original).status_code == 404

"""What readers report, at the console: a tab, what they say, and the same ways to decide."""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from kit.browser import axe_violations, sideways_px
from kit.console import People, serving
from kit.desk_rows import AT_ONCE, SAM, judged
from kit.reports import HOSTILE

from moderation.desk import Desk
from moderation.store import CaseKind, CaseState, NewReport, ReportReason, Wanted
from moderation.verdict import Decision

BREAKING = "</bdi></li></section><script>alert(1)</script><svg onload=alert(2)>\u202e{{ 7*7 }}"
REPORTED = Wanted(kind=CaseKind.REPORT)
COPY, HIDDEN_AD, CONTACT, OTHER = ReportReason


def says(register, reader, reason=COPY, words="", note_id="flat-tour"):
    new = NewReport(note_id=note_id, reader_id=reader, reason=reason, words=words)
    with register.transaction() as now:
        return now.report_note(new)


@pytest.fixture
def reported(served):
    """The number of a case that readers have opened, of a note that passed."""
    judged(served.register, "flat-tour", "author-fay", decision=Decision.PASS)
    says(served.register, "reader-rae", COPY, "seen in a catalogue")
    says(served.register, "reader-kim", COPY)
    says(served.register, "reader-lou", HIDDEN_AD, "she sells these")
    (case,) = served.register.cases(REPORTED)
    return case.case_id


def rows(page):
    return [int(n) for n in re.findall(r'<th scope="row"><a href="/cases/(\d+)"', page.text)]


def turned(client, kind="report"):
    client.send("/queue/kind", {"kind": kind})
    return client.get("/queue")


def test_reports_have_a_tab_of_their_own(served, reported):
    """Apart from what the machine sends and from appeals, in both languages."""
    machine = served.cases()
    client = served.come(headers={"accept-language": "en"})
    page = client.get("/queue")
    assert reported not in rows(page)
    tabs = re.findall(r'<button name="kind" value="(\w+)"[^>]*>([^<]+) <b>(\d+)</b>', page.text)
    assert tabs == [
        ("machine", "Sent by the machine", str(len(machine))),
        ("report", "Reported by readers", "1"),
        ("appeal", "Appeals", "0"),
    ]
    page = turned(client)
    assert rows(page) == [reported]
    assert "reported: somebody else&#39;s work" in page.text
    client.send("/queue/filter", {"kind": "report", "reason": "report.contact"})
    assert rows(client.get("/queue")) == []
    client.send("/queue/filter", {"kind": "report", "reason": "report.copy"})
    assert rows(client.get("/queue")) == [reported]
    chinese = turned(served.come("tom", headers={"accept-language": "zh"}))
    assert "读者举报" in chinese.text
    assert "举报：搬运他人作品" in chinese.text


def test_the_page_says_what_readers_say_and_names_nobody(served, reported):
    """How many for each reason, and their words; no name, no pseudonym."""
    client = served.come()
    page = client.get(f"/cases/{reported}").text
    counted = re.findall(r'<h3>([^<]+) <span class="chip">readers: (\d+)</span></h3>', page)
    assert counted == [
        ("reported: somebody else&#39;s work", "2"),
        ("reported: a hidden advertisement", "1"),
    ]
    assert page.index("What readers say") < page.index("seen in a catalogue")
    assert page.index("she sells these") < page.index('id="rule-title"')
    assert "reader-" not in page
    assert "it is not so: the readers are wrong" not in page  # it is nobody's yet
    client.send(f"/cases/{reported}/take")
    mine = client.get(f"/cases/{reported}").text
    assert "it is not so: the readers are wrong" in mine
    assert "the machine was mistaken" not in mine


def test_a_case_of_the_machine_shows_them_too(served):
    """Above the note, whose words are unfolded then; else nothing is said."""
    case_id = served.case_of("cat-again")
    client = served.come()
    page = client.get(f"/cases/{case_id}").text
    assert "What readers say" not in page
    assert '<details class="words">' in page
    says(served.register, "reader-rae", OTHER, "my sister’s cat", note_id="cat-again")
    page = client.get(f"/cases/{case_id}").text
    assert "my sister’s cat" in page
    assert '<details class="words" open>' in page
    assert served.register.cases(REPORTED) == []


def test_the_page_says_that_the_note_was_edited_since(served, reported):
    """Which revision readers saw, and which one is decided about; and in what was done."""
    english = served.come()
    assert "edited since" not in english.get(f"/cases/{reported}").text
    judged(served.register, "flat-tour", "author-fay", decision=Decision.PASS, revision=3)
    page = english.get(f"/cases/{reported}").text
    told = "readers reported revision 1, and you decide about revision 3"
    assert page.index('id="readers-title"') < page.index(told) < page.index("seen in a catalogue")
    assert "the author edited the note (revision)" in page
    assert "1 → 3" in page
    chinese = served.come("tom", headers={"accept-language": "zh"}).get(f"/cases/{reported}").text
    assert "被举报的是第 1 版，现在由你决定的是第 3 版" in chinese


def test_a_second_look_shows_what_the_first_person_saw(served, reported):
    """Else it could be told from other cases; what readers say since is not in it."""
    desk = Desk(served.register, undo_for=AT_ONCE)
    desk.decide([reported], SAM, "permitted")
    desk.settle()
    with served.register.transaction() as now:
        check = now.open_check(now.case(reported), at=datetime.now(UTC))
    says(served.register, "reader-joe", CONTACT, "since then")
    page = served.come().get(f"/cases/{check}").text
    assert "seen in a catalogue" in page
    assert "since then" not in page
    assert "reported: somebody else&#39;s work" in page


def test_many_words_are_folded_and_none_is_lost(served, reported):
    for number in range(12):
        says(served.register, f"reader-{number}", CONTACT, f"words {number}.")
    page = served.come().get(f"/cases/{reported}").text
    assert page.index("words 4.") < page.index("<summary>7 more</summary>") < page.index("words 5.")
    assert "words 11." in page


def test_readers_who_were_forgotten_leave_a_case_without_words(served, reported):
    with served.register.transaction() as now:
        for reader in ("rae", "kim", "lou"):
            now.forget_author(f"reader-{reader}")
    page = served.come().get(f"/cases/{reported}").text
    assert "What was said is gone" in page


def test_it_is_taken_skipped_escalated_decided_and_undone(serve, desk):
    """As any case; the next one is of the same tab."""
    served = serve(undo_for=timedelta(hours=1))
    for number in range(4):
        judged(served.register, f"tour-{number}", "author-fay", decision=Decision.PASS)
        says(served.register, "reader-rae", note_id=f"tour-{number}")
    first, second, third, fourth = (c.case_id for c in served.register.cases(REPORTED))
    client, register = served.come(), served.register
    turned(client)

    def goes_to(path, fields=None):
        answer = client.send(path, fields)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    assert goes_to("/next") == f"/cases/{first}"
    assert goes_to(f"/cases/{first}/skip") == f"/cases/{second}"
    assert goes_to(f"/cases/{second}/escalate", {"words": "whose?"}) == f"/cases/{third}"
    assert goes_to(f"/cases/{third}/decide", {"choice": "copied"}) == f"/cases/{fourth}"
    assert register.case(third).said.decision is Decision.BLOCK
    assert goes_to(f"/cases/{fourth}/decide", {"choice": "mistaken"}) == "/queue"
    assert goes_to(f"/cases/{third}/undo") == f"/cases/{third}"
    assert register.case(third).state is CaseState.OPEN
    assert register.case(second).state is CaseState.ESCALATED
    Desk(register).decide([second], SAM, "mark")
    page = client.get(f"/cases/{fourth}").text
    assert "pass · it is not so: the readers are wrong" in page


@pytest.mark.parametrize("lang", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("width_px", [375, 3840])
def test_hostile_words_do_nothing(browser, desk, lang, width_px):
    """Nothing runs or is fetched, all is told; the page stays within reach of everyone."""
    with ExitStack() as stack:
        served = stack.enter_context(serving(desk))
        people = People(browser, served, stack)
        judged(served.register, "flat-tour", "author-fay", decision=Decision.PASS)
        hostile = [HOSTILE.replace("\0", ""), BREAKING, "javascript:alert(3)", "x" * 500]
        for number, words in enumerate(hostile * 2):
            says(served.register, f"reader-{number}", OTHER, words)
        (case,) = served.register.cases(REPORTED)
        page = people.come("mia", locale=lang, width_px=width_px)
        with page.expect_navigation():
            page.locator("button[name=kind][value=report]").click()
        assert not axe_violations(page)
        with page.expect_navigation(wait_until="domcontentloaded"):
            page.keyboard.press("n")
        assert page.locator("[data-case]").get_attribute("data-case") == str(case.case_id)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        told = page.locator("section.readers")
        assert told.locator("li").count() == len(hostile) * 2
        assert "<svg onload=alert(2)>" in told.inner_text()
        assert "U+202E" in told.inner_text() or "RLO" in told.inner_text()
        assert not page.locator("main a[href^=javascript], section.readers img").count()
        assert not axe_violations(page)
        assert sideways_px(page) <= 0
        with page.expect_navigation(wait_until="domcontentloaded"):
            page.keyboard.press("5")
        assert served.register.case(case.case_id).said.choice == "copied"
        page.wait_for_timeout(300)
        assert not people.sightings()

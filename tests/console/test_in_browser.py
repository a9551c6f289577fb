"""The console in a real Chromium: by keyboard alone, and two people at once."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from kit.console import CUPS
from kit.desk_rows import TOM

from moderation.desk import Desk
from moderation.store import CaseState

CHOICES = ("mistaken", "permitted", "trifle", "mark", "copied", "disguised")


def press(page, *keys):
    """Keys that lead to another page, one after the other."""
    for key in keys:
        with page.expect_navigation(wait_until="domcontentloaded"):
            page.keyboard.press(key)


def shown(page):
    """Number of the case on the page; None elsewhere."""
    place = page.locator("[data-case]")
    return int(place.get_attribute("data-case")) if place.count() else None


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.tagName")


def open_case(page, served, note_id):
    """The page of a case that this person is at."""
    case_id = served.case_of(note_id)
    page.goto(f"{served.url}/cases/{case_id}")
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.locator("[data-act=take]").click()
    return case_id


def test_ten_cases_by_single_keys(people):
    """One key takes the first, one decides each and goes on; ten pages, ten decisions."""
    page, register = people.come(), people.served.register
    press(page, "n")
    decided = []
    for number in range(10):
        decided.append(shown(page))
        press(page, str(number % len(CHOICES) + 1))
    cases = [register.case(one) for one in decided]
    assert len(set(decided)) == 10
    assert [case.said.choice for case in cases] == [CHOICES[i % len(CHOICES)] for i in range(10)]
    assert {case.decided_by for case in cases} == {"mia"}


def test_a_key_held_down_decides_one_case(people):
    """Nor does a second press before the page has gone."""
    page = people.come()
    press(page, "n")
    case_id = shown(page)
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.evaluate(
            """for (const repeat of [false, true, true, false]) document.body.dispatchEvent(
            new KeyboardEvent("keydown", {key: "5", repeat, bubbles: true, cancelable: true}))"""
        )
    page.wait_for_timeout(300)
    assert people.served.cases(state=CaseState.DECIDED) == [case_id]


def test_two_people_never_get_the_same_case(people):
    """Turn by turn, all that they get is their own."""
    both = [people.come("mia"), people.come("tom")]
    got = []
    for page in both:
        press(page, "n")
    for _ in range(3):
        for page in both:
            got.append(shown(page))
            press(page, "1")
    assert len(set(got)) == 6


def test_what_another_does_is_seen_without_reloading(people):
    """A row of the queue, the counters, and the page of the case itself."""
    served = people.served
    mia, tom, vera = people.come("mia"), people.come("tom"), people.come("vera", "viewer")
    case_id = served.case_of("cat-again")
    vera.goto(f"{served.url}/cases/{case_id}")
    row = tom.locator(f"tr:has(a[href='/cases/{case_id}'])")
    assert "mia" not in row.inner_text()
    assert vera.locator(".gone").is_hidden()
    press(mia, "n")
    assert shown(mia) == case_id
    row.filter(has_text="mia").wait_for()
    vera.locator(".gone").wait_for()
    press(mia, "5")
    row.wait_for(state="detached")
    tom.locator(".counters .decided b", has_text="1").wait_for()
    assert "1" in tom.locator(".counters .decided").inner_text()


def test_a_hold_ends_and_a_late_answer_keeps_its_words(open_desk):
    """Out of sight for too long: another one decided; the page says so before and after."""
    people = open_desk(held_for=timedelta(seconds=1))
    page, served = people.come(), people.served
    case_id = open_case(page, served, "trade-0")
    # As if the page were out of sight: what is looked at renews its time.
    page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden'})")
    page.keyboard.press("w")
    page.keyboard.type("an offer: 1, 5, s, n?")
    page.keyboard.press("Escape")
    while served.register.case(case_id).held_by(datetime.now(UTC)):
        time.sleep(0.05)
    Desk(served.register).decide([case_id], TOM, "permitted")
    page.locator(".gone").wait_for()
    press(page, "5")
    assert "waits for nobody" in page.locator(".alert[role=alert]").inner_text()
    assert page.locator("textarea").input_value() == "an offer: 1, 5, s, n?"
    assert served.register.case(case_id).said.choice == "permitted"


def test_whoever_looks_at_a_case_keeps_it(open_desk):
    """For longer than a hold lasts, while the page is in sight."""
    people = open_desk(held_for=timedelta(seconds=1.5))
    page, served = people.come(), people.served
    case_id = open_case(page, served, "trade-0")
    first = served.register.case(case_id).held_until
    page.wait_for_timeout(2_500)
    case = served.register.case(case_id)
    assert case.held_by(datetime.now(UTC)) == "mia"
    assert case.held_until > first


def test_undoing_by_a_key(open_desk):
    """Within its time the case is back; after it nothing offers to undo."""
    people = open_desk(undo_for=timedelta(seconds=4))
    page, register = people.come(), people.served.register
    press(page, "n")
    case_id = shown(page)
    press(page, "5")
    assert shown(page) != case_id
    assert "can be undone for" in page.locator(".undo").inner_text()
    press(page, "u")
    assert shown(page) == case_id
    assert register.case(case_id).state is CaseState.OPEN
    press(page, "5")
    page.locator(".undo").wait_for(state="detached")
    here = shown(page)
    page.keyboard.press("u")
    page.wait_for_timeout(300)
    assert shown(page) == here
    while register.case(case_id).state is CaseState.DECIDED:
        page.wait_for_timeout(100)
    assert register.case(case_id).state is CaseState.CLOSED


def test_skipping_and_escalating_by_keys(people):
    """To escalate, a word is asked for first; a senior finds it, with the word, and decides."""
    page, served = people.come(), people.served
    press(page, "n")
    skipped = shown(page)
    press(page, "s")
    case_id = shown(page)
    assert case_id != skipped
    page.keyboard.press("e")
    assert focused(page) == "words"
    assert served.register.case(case_id).state is CaseState.OPEN
    page.keyboard.type("who took it first?")
    page.keyboard.press("Escape")
    press(page, "e")
    assert shown(page) not in (case_id, skipped, None)
    assert served.register.case(case_id).state is CaseState.ESCALATED
    senior = people.come("sam", "senior")
    senior.locator("select[name=state]").select_option("escalated")
    with senior.expect_navigation():
        senior.locator(".filters button").click()
    press(senior, "n")
    assert shown(senior) == case_id
    assert "who took it first?" in senior.locator("details.side").last.text_content()
    press(senior, "2")
    assert served.register.case(case_id).decided_by == "sam"


def test_a_choice_that_needs_words_asks_for_them(people):
    """Its key and its button go to the words; with words it goes on."""
    page, served = people.come(), people.served
    case_id = open_case(page, served, "cat-again")
    page.keyboard.press("7")
    assert focused(page) == "words"
    page.keyboard.press("Escape")
    page.locator("[data-act=choice-7]").click()
    assert focused(page) == "words"
    page.keyboard.type("7")
    page.keyboard.press("Escape")
    press(page, "7")
    assert served.register.case(case_id).said.words == "7"


def test_a_group_is_decided_by_keys(people):
    """From a case to its group, and all of them in one key."""
    page, served = people.come(), people.served
    group = {served.case_of(f"cup-{number}") for number in range(5, 5 + CUPS)}
    open_case(page, served, "cup-5")
    press(page, "a", "5")
    assert set(served.cases(state=CaseState.DECIDED)) == group
    press(page, "u")
    assert not served.cases(state=CaseState.DECIDED)


def test_enter_decides_nothing(people):
    """On a box, where browsers press the first button of the form."""
    page, served = people.come(), people.served
    case_id = open_case(page, served, "both-again")
    page.locator("[name=mistaken]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.locator("[name=mistaken]").first.is_checked()
    assert served.register.case(case_id).state is CaseState.OPEN
    press(page, "5")
    assert len(served.register.case(case_id).said.mistaken) == 1


def test_enter_saves_a_filter(people):
    """And does not use the first of those that are there."""
    page, served = people.come(), people.served
    for name in ("one", "two"):
        page.fill("[name=name]", name)
        press(page, "Enter")
    assert [row[0] for row in served.register.desk_settings("mia")["saved"]] == ["one", "two"]


def test_letters_are_letters_while_typing(people):
    """In words, fields and lists; with Ctrl or Alt they are the browser's."""
    page, served = people.come(), people.served
    case_id = open_case(page, served, "cat-again")
    page.keyboard.press("w")
    page.keyboard.type("1234567nseuwacfjkq/bg?")
    assert page.locator("#words").input_value() == "1234567nseuwacfjkq/bg?"
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+5")
    page.wait_for_timeout(200)
    assert served.register.case(case_id).state is CaseState.OPEN
    press(page, "q")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "state"
    page.keyboard.press("n")
    page.wait_for_timeout(200)
    assert shown(page) is None


def test_keys_are_remapped_and_turned_off(people):
    """In the settings, by a form; the page shows them as they are."""
    page, served = people.come(), people.served
    page.goto(f"{served.url}/settings")
    page.fill("[name=key-next]", "x")
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.locator(".settings .primary").click()
    assert page.locator("[data-act=next] kbd").inner_text() == "x"
    page.keyboard.press("n")
    page.wait_for_timeout(200)
    assert shown(page) is None
    press(page, "x")
    assert shown(page)
    page.goto(f"{served.url}/settings")
    page.locator("[name=keys_off]").check()
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.locator(".settings .primary").click()
    assert not page.locator(".masthead kbd").count()
    page.keyboard.press("x")
    page.wait_for_timeout(200)
    assert shown(page) is None
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.locator("[name=reset]").click()
    assert not served.register.desk_settings("mia")["keys"]


def test_pictures_are_compared_by_keys(people):
    """Slider and flicker; places that were changed are outlined on the picture."""
    page = people.come()
    press(page, "n")
    page.locator("polygon.changed").first.wait_for(state="attached")
    laid, at = page.locator(".overlay .laid").first, "getComputedStyle(e).clipPath"
    page.keyboard.press("c")
    before = laid.evaluate(f"e => {at}")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    after = laid.evaluate(f"e => {at}")
    assert before != after
    page.keyboard.press("f")
    assert laid.evaluate(f"e => {at}") == "none"
    assert laid.is_visible()
    page.keyboard.press("f")
    assert laid.evaluate("e => getComputedStyle(e).visibility") == "hidden"
    stops = set()
    for _ in range(3):
        page.keyboard.press("j")
        stops.add(page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
    assert len(stops) == 3


@pytest.mark.parametrize(("key", "name"), [("b", "blur"), ("g", "grey")])
def test_a_look_persists(people, key, name):
    """On the next page, and in the next browser; a second press takes it back."""
    page = people.come()
    press(page, "n")
    picture = page.locator(".frame img").first
    assert picture.evaluate("e => getComputedStyle(e).filter") == "none"
    for is_on in (True, False):
        with page.expect_response("**/settings/toggle"):
            page.keyboard.press(key)
        page.reload()
        assert (name in page.locator("body").get_attribute("class").split()) == is_on
        page.mouse.move(0, 0)
        assert (picture.evaluate("e => getComputedStyle(e).filter") != "none") == is_on


def test_the_keys_are_told(people):
    """`?` opens the list; behind it keys do nothing; Escape closes it."""
    page = people.come()
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("n")
    page.wait_for_timeout(200)
    assert shown(page) is None
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    page.locator("[data-act=help]").click()
    page.get_by_role("dialog").get_by_role("button").click()
    page.get_by_role("dialog").wait_for(state="hidden")


def test_everything_works_without_a_script(people):
    """Log in, take, decide, undo."""
    page, register = people.come(java_script_enabled=False), people.served.register
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.locator("[data-act=next]").click()
    case_id = shown(page)
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.locator("[data-act=choice-5]").click()
    assert register.case(case_id).said.choice == "copied"
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.locator(".undo button").click()
    assert shown(page) == case_id
    assert register.case(case_id).state is CaseState.OPEN

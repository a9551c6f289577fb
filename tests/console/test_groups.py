"""Cases that show one picture, decided at once: just those that the person has seen."""

from __future__ import annotations

import re

import pytest
from kit.console import CUPS
from kit.desk_rows import TOM, judged

from moderation.desk import Desk
from moderation.store import CaseState


def shown_together(page):
    """Fields of the group's form, as a browser would send them."""
    form = page.text.partition('class="ruling"')[2]
    return {name: re.findall(rf'name="{name}" value="(\d+)"', form) for name in ("case", "seen")}


def test_a_group_is_decided_at_once(served):
    """Exactly those that are shown, with one answer, and undone together."""
    client = served.come()
    group = sorted(served.case_of(f"cup-{number}") for number in range(5, 5 + CUPS))
    page = client.get(f"/cases/{group[1]}/alike")
    fields = shown_together(page)
    assert sorted(map(int, fields["case"])) == group
    assert f"Decide these {CUPS} cases together" in page.text
    assert client.send(f"/cases/{group[1]}/alike", fields | {"choice": "copied"}).status_code == 303
    cases = [served.register.case(one) for one in group]
    assert [case.state for case in cases] == [CaseState.DECIDED] * CUPS
    queue = client.get("/queue").text
    assert f"<b>{CUPS}</b> Can be undone" in queue
    assert f"{CUPS} cases: block." in queue
    client.send(f"/cases/{group[3]}/undo")
    assert {served.register.case(one).state for one in group} == {CaseState.OPEN}


@pytest.mark.parametrize("lead", [0, 1], ids=["another-one", "the-first-one"])
def test_a_group_that_became_smaller_is_shown_again(served, lead):
    """The count is said anew, nothing is decided, the words are kept; then it goes through."""
    client = served.come()
    group = [served.case_of(f"cup-{number}") for number in range(5, 5 + CUPS)]
    fields = shown_together(client.get(f"/cases/{group[1]}/alike"))
    Desk(served.register).decide([group[lead]], TOM, "permitted")
    path = f"/cases/{group[1]}/alike"
    again = client.send(path, fields | {"choice": "other", "words": "seen before"})
    assert again.status_code == 409
    assert f"It was {CUPS}, now it is {CUPS - 1}" in again.text
    assert "seen before</textarea>" in again.text
    left = [one for one in group if one != group[lead]]
    assert {served.register.case(one).state for one in left} == {CaseState.OPEN}
    fields = shown_together(again)
    assert sorted(map(int, fields["case"])) == left
    assert client.send(path, fields | {"choice": "copied"}).status_code == 303
    assert {served.register.case(one).state for one in left} == {CaseState.DECIDED}
    assert served.register.case(group[lead]).decided_by == "tom"


def test_a_group_that_became_larger_is_shown_again(served):
    """A copy that came meanwhile was not seen."""
    client = served.come()
    first = served.case_of("cup-5")
    known = served.register.case(first)
    fields = shown_together(client.get(f"/cases/{first}/alike"))
    row = served.register.verdicts_numbered([known.verdict_id])[known.verdict_id]
    judged(served.register, "cup-late", "author-late", *row.verdict.findings)
    late = served.case_of("cup-late")
    assert served.register.case(late).work_id == known.work_id
    again = client.send(f"/cases/{first}/alike", fields | {"choice": "copied"})
    assert (again.status_code, f"now it is {CUPS + 1}" in again.text) == (409, True)
    assert str(late) in shown_together(again)["case"]
    assert served.register.case(first).state is CaseState.OPEN
    for nonsense in ({"case": []}, {"case": ["9" * 5_000]}, {"case": ["x", str(first)]}):
        answer = client.send(f"/cases/{first}/alike", fields | nonsense | {"choice": "copied"})
        assert answer.status_code == 409


def test_nobody_decides_a_group_over_the_head_of_another(served):
    """One of them is somebody else's now: all wait."""
    client = served.come()
    group = [served.case_of(f"cup-{number}") for number in range(5, 5 + CUPS)]
    Desk(served.register).take(group[2], TOM)
    fields = shown_together(client.get(f"/cases/{group[0]}/alike"))
    answer = client.send(f"/cases/{group[0]}/alike", fields | {"choice": "copied", "words": "so"})
    assert (answer.status_code, "so</textarea>" in answer.text) == (409, True)
    assert {served.register.case(one).state for one in group} == {CaseState.OPEN}

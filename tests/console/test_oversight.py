"""Two people and checks, as pages show them: nobody is told what they are to find by themselves."""

from __future__ import annotations

import html
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from kit.console import PATIENCE_S, Served, a_copy_of, make_desk, serving

from moderation import Policy
from moderation.demo.desk import careful
from moderation.explain import choice_name
from moderation.store import CaseState

WORDS = "seen on her page before"
OVERSEEN = Policy.from_json(
    careful().to_json()
    | {
        "second_person": [{"decisions": ["block"], "kinds": []}],
        "check": [{"second_looks": 0.5, "golden": 0.5}],
    }
)


@pytest.fixture(scope="module")
def overseen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk under a policy that asks for two people, and for checks. Read only."""
    folder = tmp_path_factory.mktemp("overseen")
    make_desk(folder, OVERSEEN)
    return folder


@pytest.fixture
def served(overseen: Path, tmp_path: Path) -> Iterator[Served]:
    folder = a_copy_of(overseen, tmp_path / "desk")
    with serving(folder, undo_for=timedelta(0), chance=lambda: 0.0) as served:
        yield served


def settled(served: Served, case_id: int) -> None:
    """Wait until what was decided holds; the console sees to it every second."""
    end = time.monotonic() + PATIENCE_S
    while served.register.case(case_id).state is not CaseState.CLOSED:
        assert time.monotonic() < end
        time.sleep(0.05)


def decided(served: Served, who: str, case_id: int, choice: str, role: str = "moderator") -> None:
    client = served.come(who, role)
    assert client.send(f"/cases/{case_id}/take").status_code == 303
    answer = client.send(f"/cases/{case_id}/decide", {"choice": choice, "words": WORDS})
    assert answer.status_code == 303, answer.text


def test_the_first_takes_it_back_while_the_second_is_at_it(served: Served) -> None:
    """Their word is gone, and the page says who is at it; without anybody there it is theirs."""
    case_id = served.case_of("cat-again")
    decided(served, "mia", case_id, "copied")
    own, other = served.come("mia"), served.come("tom")
    assert own.send(f"/cases/{case_id}/undo").headers["location"] == f"/cases/{case_id}"
    assert "Yours until" in own.get(f"/cases/{case_id}").text
    answer = own.send(f"/cases/{case_id}/decide", {"choice": "copied", "words": WORDS})
    assert answer.status_code == 303
    other.send(f"/cases/{case_id}/take")
    assert own.send(f"/cases/{case_id}/undo").headers["location"] == f"/cases/{case_id}"
    assert served.register.case(case_id).said is None
    assert "tom is at it until" in own.get(f"/cases/{case_id}").text


def test_the_second_is_not_told_what_the_first_decided(served: Served) -> None:
    """On the case's page, in the queue, in the log; the first person is."""
    case_id = served.case_of("cat-again")
    decided(served, "mia", case_id, "copied")
    told = choice_name("copied", "en")
    own, other = served.come("mia"), served.come("tom")
    page = own.get(f"/cases/{case_id}").text
    assert "a second person has to agree" in page
    assert WORDS in page
    assert "/undo" in page
    other.send(f"/cases/{case_id}/take")
    page = html.unescape(other.get(f"/cases/{case_id}").text)
    before_choices, _, after = page.partition('class="choices"')
    assert WORDS not in page
    assert "second person" not in page
    assert told not in before_choices
    assert after.count(told) == 1  # the button
    rows = [row for row in other.get("/queue").text.split("<tr>") if f"/cases/{case_id}" in row]
    assert rows
    assert not any("second person" in row for row in rows)


def test_two_who_agree_and_two_who_differ(served: Served) -> None:
    same, differing = served.case_of("cat-again"), served.case_of("both-again")
    for case_id, second in ((same, "copied"), (differing, "mistaken")):
        decided(served, "mia", case_id, "copied")
        decided(served, "tom", case_id, second)
    settled(served, same)
    assert served.register.case(differing).state is CaseState.ESCALATED
    page = served.come("sam", "senior").get(f"/cases/{differing}").text
    assert "Two people have decided differently" in page
    assert page.count(WORDS) == 2
    assert "mia" in page
    decided(served, "sam", differing, "copied", "senior")
    settled(served, differing)


def test_what_the_first_decided_can_be_taken_back(served: Served) -> None:
    case_id = served.case_of("cat-again")
    decided(served, "mia", case_id, "copied")
    client = served.come("mia")
    answer = client.send(f"/cases/{case_id}/undo")
    assert answer.headers["location"] == f"/cases/{case_id}"
    case = served.register.case(case_id)
    assert (case.said, case.holder) == (None, "mia")


def test_nor_what_another_second_decided_and_took_back(overseen: Path, tmp_path: Path) -> None:
    """Whoever comes then still finds it by themselves."""
    with serving(a_copy_of(overseen, tmp_path / "desk")) as served:
        case_id = served.case_of("cat-again")
        decided(served, "mia", case_id, "copied")
        decided(served, "tom", case_id, "copied")
        assert served.come("tom").send(f"/cases/{case_id}/undo").status_code == 303
        served.come("tom").send(f"/cases/{case_id}/leave")
        other = served.come("lin")
        other.send(f"/cases/{case_id}/take")
        log = (
            other.get(f"/cases/{case_id}").text.partition("What was done")[2].partition("</ul>")[0]
        )
        assert "took it" in log
        assert "block" not in log
        assert WORDS not in log


def test_a_check_looks_like_any_case(served: Served) -> None:
    """Its page says no word of what was decided; whoever has seen the case is not given it."""
    case_id = served.case_of("trade-1")
    decided(served, "mia", case_id, "trifle")
    settled(served, case_id)
    (check,) = (
        number for number in served.cases() if served.register.case(number).check_of == case_id
    )
    tom = served.come("tom")
    page = tom.get(f"/cases/{check}").text
    for word in (WORDS, "check of", "golden", "mia", f"/cases/{case_id}"):
        assert word not in page.partition("<main")[2], word
    for client, sees in ((served.come("mia"), False), (tom, True)):
        assert (f'/cases/{check}"' in client.get("/queue").text) is sees
        page = client.get(f"/cases/{check}").text
        assert ('data-act="take"' in page) is sees
        assert client.send(f"/cases/{check}/take").status_code == (303 if sees else 403)
    assert tom.send(f"/cases/{check}/decide", {"choice": "mark"}).status_code == 303
    settled(served, check)
    page = tom.get(f"/cases/{check}").text
    assert f"This was a check of case {case_id}" in page
    insight = served.come("sam", "senior").get("/insight").text
    assert f'href="/cases/{case_id}"' in insight
    assert f'href="/cases/{check}"' in insight


def test_seniors_make_golden_cases(served: Served) -> None:
    case_id = served.case_of("trade-1")
    decided(served, "mia", case_id, "trifle")
    settled(served, case_id)
    path = f"/cases/{case_id}/golden"
    assert served.come("mia").send(path).status_code == 403
    assert path not in served.come("mia").get(f"/cases/{case_id}").text
    sam = served.come("sam", "senior")
    assert f'action="{path}"' in sam.get(f"/cases/{case_id}").text
    assert sam.send(path).status_code == 303
    assert "Known to be right" in sam.get(f"/cases/{case_id}").text
    assert sam.send(path, {"forget": "1"}).status_code == 303
    assert served.register.golden(case_id) is None

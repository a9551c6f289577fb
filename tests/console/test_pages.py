"""What pages do, without a browser: queue, decisions, undo, roles, settings, both languages."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from jinja2 import Environment
from kit.console import INCOMING
from kit.desk_rows import TOM, judged

from moderation.console import shelf as shelves
from moderation.console.personal import KEYS
from moderation.console.words import _WORDS
from moderation.desk import Desk
from moderation.store import Act, CaseState, Order

NOW = datetime.now(UTC)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def rows(page):
    """Numbers of the cases in the table, in order."""
    return [int(n) for n in re.findall(r'<th scope="row"><a href="/cases/(\d+)"', page.text)]


def counted(page):
    """The counters: what waits, what is escalated, what can be undone."""
    return re.findall(r'<li class="\w+"><b>([^<]+)</b>', page.text)


def many(served, number, **how):
    """Cases whose notes nobody has at hand; their numbers."""
    before = set(served.cases(order=Order.OLDEST))
    for i in range(number):
        judged(
            served.register, f"far-{i}", f"author-far{i % 3}", at=NOW - timedelta(hours=2), **how
        )
    return [one for one in served.cases(order=Order.OLDEST) if one not in before]


def taken(served, client, note_id):
    """A case that this person is at."""
    case_id = served.case_of(note_id)
    assert client.send(f"/cases/{case_id}/take").status_code == 303
    return case_id


def test_nobody_waits_for_a_template(served, monkeypatch: pytest.MonkeyPatch) -> None:
    """All were compiled before the console listened."""
    monkeypatch.delattr(Environment, "compile")
    mia = served.come("mia", "senior")
    case = served.case_of("cat-again")
    for path in ("/queue", f"/cases/{case}", f"/cases/{case}/letter", "/insight", "/settings"):
        assert mia.get(path).status_code == 200, path


def test_the_queue_goes_on_page_by_page(served):
    """Each case once, in order, in both orders; the last page has no next one."""
    many(served, 110, lang="en")
    client = served.come()
    for order in Order:
        client.send("/queue/filter", {"order": order.value})
        seen, path = [], "/queue"
        while path:
            page = client.get(path)
            seen.append(rows(page))
            following = re.search(r'<a href="(/queue\?after=[^"]+)" rel="next"', page.text)
            path = following[1] if following else ""
            assert ('href="/queue">First page' in page.text) == (len(seen) > 1)
        assert [len(one) for one in seen] == [50, 50, 24]
        assert [one for page in seen for one in page] == served.cases(order=order)


def test_the_queue_shows_what_is_asked_for(served):
    """By reason, author, language and age; all of them together; it stays so until cleared."""
    far = many(served, 6, lang="fr")
    client = served.come()
    contact = "text.diversion.contact"
    of_author = [served.case_of("far-1"), served.case_of("far-4")]
    for wanted, found in (
        ({"author": "author-far1"}, of_author),
        ({"lang": "fr"}, far),
        ({"hours": "1"}, far),
        ({"hours": "4"}, []),
        ({"reason": contact}, served.cases(reason=contact)),
        ({"reason": contact, "lang": "fr"}, []),
        ({"author": "author-far1", "lang": "fr", "hours": "1", "order": "oldest"}, of_author),
        ({"author": "nobody <b>"}, []),
        ({"state": "escalated"}, []),
        ({}, served.cases()),
    ):
        assert client.send("/queue/filter", wanted).status_code == 303
        page = client.get("/queue")
        assert sorted(rows(page)) == sorted(found), wanted
        assert rows(client.get("/queue")) == rows(page)
    assert len(served.cases(reason=contact)) == 8
    for nonsense in ({"state": "x"}, {"order": "x"}, {"hours": "x"}, {"hours": "-5"}):
        client.send("/queue/filter", nonsense)
        assert rows(client.get("/queue")) == served.cases(), nonsense


def test_filters_are_saved_used_and_deleted(served):
    """Each person has their own; names are short, and there is an end to them."""
    client, other = served.come("mia"), served.come("tom")
    client.send("/queue/filter", {"author": "author-kim"})
    client.send("/queue/saved", {"name": " kim’s <notes> "})
    client.send("/queue/filter")
    assert len(rows(client.get("/queue"))) > 1
    assert "kim’s &lt;notes&gt;" in client.get("/queue").text
    assert "kim’s" not in other.get("/queue").text
    client.send("/queue/saved", {"use": "kim’s <notes>"})
    assert rows(client.get("/queue")) == [served.case_of("both-again")]
    client.send("/queue/saved", {"delete": "kim’s <notes>"})
    assert "kim’s" not in client.get("/queue").text
    for name in ("", " ", "x" * 41):
        assert client.send("/queue/saved", {"name": name}).status_code == 422
    for number in range(20):
        assert client.send("/queue/saved", {"name": f"f{number}"}).status_code == 303
    assert client.send("/queue/saved", {"name": "one more"}).status_code == 422
    assert client.send("/queue/saved", {"name": "f3"}).status_code == 303


def test_counters_follow_what_is_done(served):
    """What waits, what is escalated, what can still be undone."""
    client = served.come()
    whole = len(served.cases())
    assert counted(client.get("/queue")) == [str(whole), "0", "0"]
    case_id = taken(served, client, "trade-0")
    client.send(f"/cases/{case_id}/escalate", {"words": "not sure"})
    case_id = taken(served, client, "trade-1")
    client.send(f"/cases/{case_id}/decide", {"choice": "copied"})
    assert counted(client.get("/queue")) == [str(whole - 2), "1", "1"]


def test_deciding_goes_on_to_the_next(served):
    """In the order of the queue, within the person's part of it, then back to the queue."""
    client = served.come()
    client.send("/queue/filter", {"reason": "text.diversion.contact", "order": "oldest"})
    wanted = served.cases(reason="text.diversion.contact", order=Order.OLDEST)
    seen = []
    answer = client.send("/next")
    while answer.headers["location"] != "/queue":
        seen.append(int(answer.headers["location"].rpartition("/")[2]))
        answer = client.send(f"/cases/{seen[-1]}/decide", {"choice": "disguised"})
    assert seen == wanted
    decided = [served.register.case(one) for one in wanted]
    assert {case.decided_by for case in decided} == {"mia"}
    assert {case.said.choice for case in decided} == {"disguised"}


def test_skipping_leaves_a_case_to_others(served):
    """The one who skipped is not given it again; the next one who asks is."""
    client, other = served.come("mia"), served.come("tom")
    first = int(client.send("/next").headers["location"].rpartition("/")[2])
    second = int(client.send(f"/cases/{first}/skip").headers["location"].rpartition("/")[2])
    assert first != second
    client.send(f"/cases/{second}/leave")
    assert client.send("/next").headers["location"] == f"/cases/{second}"
    assert other.send("/next").headers["location"] == f"/cases/{first}"


def test_the_queue_says_when_skipped_cases_come_again(served):
    """Beside the way to have them at once."""
    client = served.come("mia")
    assert "that I skipped" not in client.get("/queue").text
    first = int(client.send("/next").headers["location"].rpartition("/")[2])
    client.send(f"/cases/{first}/skip")
    page = client.get("/queue").text
    assert "Give me again the 1 that I skipped" in page
    assert "They come again by themselves after 30 min." in page


def test_undoing_brings_the_case_back(served):
    """Its page again, as before; once it holds, a page says why it cannot be undone."""
    client, other = served.come("mia"), served.come("tom")
    case_id = taken(served, client, "trade-0")
    client.send(f"/cases/{case_id}/decide", {"choice": "copied", "words": "as before"})
    assert f'action="/cases/{case_id}/undo"' in client.get("/queue").text
    assert f'action="/cases/{case_id}/undo"' not in other.get("/queue").text
    assert other.send(f"/cases/{case_id}/undo").status_code == 403
    assert client.send(f"/cases/{case_id}/undo").headers["location"] == f"/cases/{case_id}"
    case = served.register.case(case_id)
    assert (case.state, case.holder, case.said) == (CaseState.OPEN, "mia", None)
    again = client.send(f"/cases/{case_id}/undo")
    assert (again.status_code, "nothing is decided" in again.text) == (409, True)


def test_what_holds_cannot_be_undone(serve):
    """After its time a decision is the verdict."""
    served = serve(undo_for=timedelta(0))
    client = served.come()
    case_id = taken(served, client, "trade-0")
    client.send(f"/cases/{case_id}/decide", {"choice": "copied"})
    served.console.desk.settle()
    answer = client.send(f"/cases/{case_id}/undo")
    assert (answer.status_code, "holds already" in answer.text) == (409, True)
    assert served.register.case(case_id).state is CaseState.CLOSED
    assert "/undo" not in client.get("/queue").text


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("decide", {"choice": "nonsense", "words": "keep me"}, 422),
        ("decide", {"words": "keep me"}, 422),
        ("decide", {"choice": "other", "words": " "}, 422),
        ("decide", {"choice": "copied", "mistaken": "nonsense", "words": "keep me"}, 422),
        ("decide", {"choice": "copied", "seen": "1000", "words": "keep me"}, 409),
        ("escalate", {"words": "  "}, 422),
        ("appeal", {"ruling": "upheld", "words": "keep me"}, 422),
        ("appeal", {"ruling": "overturned", "mistaken": "x", "words": "keep me"}, 422),
    ],
    ids=["choice", "none", "no-words", "finding", "stale", "escalate", "no-appeal", "appeal"],
)
def test_the_server_enforces_reasons(served, path, fields, status):
    """Whatever the page had let through; what was written is there again."""
    client = served.come()
    case_id = taken(served, client, "both-again")
    answer = client.send(f"/cases/{case_id}/{path}", fields)
    assert answer.status_code == status
    assert 'class="alert" role="alert"' in answer.text
    assert ("keep me</textarea>" in answer.text) == ("keep me" in fields.get("words", ""))
    assert served.register.case(case_id).state is CaseState.OPEN


def test_roles_end_where_they_end(served):
    """A viewer looks; a moderator leaves what was escalated to a senior."""
    viewer, moderator = served.come("vera", "viewer"), served.come("mia")
    senior = served.come("sam", "senior")
    case_id = served.case_of("trade-0")
    for what in ("take", "decide", "escalate", "skip", "leave", "undo", "alike"):
        fields = {"choice": "copied", "words": "w", "case": case_id}
        answer = viewer.send(f"/cases/{case_id}/{what}", fields)
        assert answer.status_code == 403, what
    assert viewer.send("/next").status_code == 403
    page = viewer.get(f"/cases/{case_id}")
    assert (page.status_code, f"/cases/{case_id}/take" in page.text) == (200, False)
    taken(served, moderator, "trade-0")
    moderator.send(f"/cases/{case_id}/escalate", {"words": "is this an offer?"})
    assert served.register.case(case_id).state is CaseState.ESCALATED
    assert moderator.send(f"/cases/{case_id}/take").status_code == 403
    assert moderator.send(f"/cases/{case_id}/decide", {"choice": "copied"}).status_code == 403
    moderator.send("/queue/filter", {"state": "escalated"})
    assert moderator.send("/next").status_code == 403
    senior.send("/queue/filter", {"state": "escalated"})
    assert senior.send("/next").headers["location"] == f"/cases/{case_id}"
    assert "is this an offer?" in senior.get(f"/cases/{case_id}").text
    assert senior.send(f"/cases/{case_id}/decide", {"choice": "copied"}).status_code == 303


def test_a_late_answer_keeps_its_words(serve):
    """Somebody else is at it, or has decided: who and since when, and what was written."""
    served = serve(held_for=timedelta(milliseconds=1))
    client = served.come()
    case_id = taken(served, client, "both-again")
    other = Desk(served.register)
    other.take(case_id, TOM)
    answer = client.send(f"/cases/{case_id}/decide", {"choice": "copied", "words": "a <long> text"})
    assert (answer.status_code, "`tom`" in answer.text) == (409, True)
    assert "a &lt;long&gt; text</textarea>" in answer.text
    other.decide([case_id], TOM, "permitted")
    answer = client.send(f"/cases/{case_id}/decide", {"choice": "copied", "words": "a <long> text"})
    assert (answer.status_code, "a &lt;long&gt; text</textarea>" in answer.text) == (409, True)
    assert served.register.case(case_id).said.choice == "permitted"


def keys(**changed):
    """The form of the settings with these keys."""
    return {f"key-{act}": key for act, key in (dict(KEYS) | changed).items()}


def test_keys_are_unique_and_can_be_reset(served):
    """One character each; of two acts none is lost in silence."""
    client = served.come()
    for wrong in ("s", "", "ab", " ", "\t", "\u200b"):
        answer = client.send("/settings", keys(next=wrong))
        assert answer.status_code == 422, repr(wrong)
    assert not served.register.desk_settings("mia").get("keys")
    client.send("/settings", keys(next="s", skip="n") | {"theme": "dark", "blur": "1"})
    assert served.register.desk_settings("mia")["keys"] == {"next": "s", "skip": "n"}
    page = client.get("/settings").text
    assert 'data-theme="dark"' in page
    assert 'class="desk blur"' in page
    client.send("/settings", {"reset": "1"} | keys(next="s", skip="n"))
    said = served.register.desk_settings("mia")
    assert (said["keys"], said["theme"]) == ({}, "dark")
    client.send("/settings", keys(nonsense="ö") | {"theme": "x", "lang": "x"})
    said = served.register.desk_settings("mia")
    assert (said["keys"], said["theme"], said["lang"], said["blur"]) == ({}, "", None, False)


def test_nothing_is_missing_in_either_language():
    """No empty word, none that was left in the other language, the same gaps to fill in."""
    for name, (zh, en) in _WORDS.items():
        assert zh.strip(), name
        assert en.strip(), name
        assert CHINESE.search(zh) or not re.search("[a-zA-Z]{3}", re.sub(r"{\w*}", "", zh)), name
        assert not CHINESE.search(en), name
        assert sorted(re.findall(r"{\w*}", zh)) == sorted(re.findall(r"{\w*}", en)), name


@pytest.mark.parametrize(("lang", "column", "other"), [("zh", 0, 1), ("en", 1, 0)])
def test_pages_speak_one_language(served, lang, column, other):
    """Nothing of the console's words in the other one, on any page."""
    client = served.come(headers={"Accept-Language": f"{lang},fr;q=0.5"})
    case_id = taken(served, client, "both-again")
    pages = [
        client.get(path)
        for path in ("/queue", f"/cases/{case_id}", f"/cases/{case_id}/alike", "/settings")
    ]
    pages += [served.client(headers={"Accept-Language": lang}).get("/login"), client.get("/none")]
    said = {
        words[column]
        for words in _WORDS.values()
        for page in pages
        if f">{words[column]}<" in page.text
    }
    assert len(said) > 25
    for page in pages:
        assert f'<html lang="{lang}' in page.text
        for name, words in _WORDS.items():
            if words[other] not in (words[column], *said) and len(words[other]) > 2:
                assert f">{words[other]}<" not in page.text, (page.url, name)


def test_the_language_is_the_person_s(served):
    """What was set goes before what the browser asks for."""
    client = served.come(headers={"Accept-Language": "en"})
    client.send("/settings", keys() | {"lang": "zh"})
    assert '<html lang="zh-Hans"' in client.get("/queue").text


def test_a_case_without_its_note_can_be_decided(served):
    """The page says that the note is not at hand; the verdict is."""
    client = served.come()
    (case_id,) = many(served, 1)
    client.send(f"/cases/{case_id}/take")
    page = client.get(f"/cases/{case_id}")
    assert page.status_code == 200
    assert "far-0" in page.text
    assert "<img" not in page.text
    assert client.get(f"/cases/{case_id}/pictures/0.jpg").status_code == 404
    assert client.send(f"/cases/{case_id}/decide", {"choice": "trifle"}).status_code == 303
    assert served.register.case_log(case_id)[0].act is Act.DECIDED


def test_an_archive_that_has_changed_is_read_again(served, desk, monkeypatch):
    """A note that came, and one that was edited; without a new start."""
    monkeypatch.setattr(shelves, "LOOK_AGAIN_S", 0.0)
    client = served.come()
    case_id = served.case_of("trade-0")
    assert "笔记 0" in client.get(f"/cases/{case_id}").text
    archive = desk / INCOMING / "notes.jsonl"
    listed = [json.loads(row) for row in archive.read_text().splitlines()]
    (row,) = (row for row in listed if row["id"] == "trade-0")
    row |= {"title": "改过的标题", "revision": 2}
    listed.append(row | {"id": "far-0", "title": "来晚的笔记", "revision": 1})
    archive.write_text("\n".join(json.dumps(row) for row in listed))
    (late,) = many(served, 1)
    assert "来晚的笔记" in client.get(f"/cases/{late}").text
    assert "改过的标题" in client.get(f"/cases/{case_id}").text


def test_a_note_that_has_left_the_archive_is_shown_no_more(served, desk, monkeypatch):
    """Whoever deletes it there need not start the console anew."""
    monkeypatch.setattr(shelves, "LOOK_AGAIN_S", 0.0)
    client = served.come()
    case_id = served.case_of("trade-0")
    assert "笔记 0" in client.get(f"/cases/{case_id}").text
    archive = desk / INCOMING / "notes.jsonl"
    kept = [row for row in archive.read_text().splitlines() if json.loads(row)["id"] != "trade-0"]
    archive.write_text("\n".join(kept))
    served.console.shelf.read()
    assert "笔记 0" not in client.get(f"/cases/{case_id}").text

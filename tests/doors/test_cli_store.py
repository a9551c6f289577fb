"""`moderation store`, and the other commands on a register that lies on a server."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from kit.postgres import PASSWORD, QUOTED

from .conftest import objects, told


@pytest.fixture
def url(server, tmp_path, monkeypatch):
    """Of an empty database; the index of its register lies in a cache of this test."""
    monkeypatch.setenv("MODERATION_CACHE", str(tmp_path / "cache"))
    with server.database(empty=True) as url:
        yield url


def test_tables_are_made_once(run, url, tmp_path):
    """The first time from nothing, then there is nothing to do; the same for a folder."""
    for register in (url, tmp_path / "register"):
        first, second = (run("store", "migrate", "--register", register) for _ in range(2))
        assert (first.exit_code, second.exit_code) == (0, 0)
        assert "tables made" in first.stdout
        assert "up to date" in second.stdout
        answer = json.loads(run("store", "migrate", "--register", register, "--json").stdout)
        assert answer["from"] == answer["to"]


def test_a_moved_register_judges_as_before(run, url, folder, tmp_path):
    """Add to a folder, move it to a server and back: the copy is blocked in all three."""
    places = [str(tmp_path / "here"), url, str(tmp_path / "back")]
    assert run("register", "add", folder / "first.jsonl", "--register", places[0]).exit_code == 0
    tables = []
    for source, target in pairwise(places):
        moved = run("store", "move", "--from", source, "--to", target, "--json")
        assert moved.exit_code == 0, moved.output
        answer = json.loads(moved.stdout)
        assert PASSWORD not in moved.output
        assert QUOTED not in moved.output
        tables.append(answer["tables"])
    assert tables[0] == tables[1]
    for place in places:
        judged = run("check", folder / "second.jsonl", "--register", place, "--dry-run", "--json")
        assert [row["decision"] for row in objects(judged.stdout)] == ["block", "block"]
        verified = run("register", "verify", "--register", place)
        assert verified.exit_code == 0, verified.output
        stats = json.loads(run("register", "stats", "--register", place, "--json").stdout)
        assert stats["pictures"] == 2
    again = run("store", "move", "--from", places[0], "--to", places[1])
    told(again, 4, "one register")


def test_what_people_read_of_a_move(run, url, folder, tmp_path):
    """Rows and digests, and where to go on."""
    run("register", "add", folder / "first.jsonl", "--register", tmp_path / "here")
    said = run("store", "move", "--from", tmp_path / "here", "--to", url).stdout
    assert "pictures" in said
    assert "equal in both places" in said
    assert "from now on, use postgresql://" in said
    in_chinese = run(
        "store", "move", "--from", url, "--to", tmp_path / "back", "--lang", "zh"
    ).stdout  # fmt: skip
    assert "两处内容一致" in in_chinese


def test_a_filled_target_is_refused(run, url, folder, tmp_path):
    """With both numbers, and a hint."""
    run("register", "add", folder / "first.jsonl", "--register", tmp_path / "here")
    run("register", "add", folder / "first.jsonl", "--register", url)
    told(run("store", "move", "--from", tmp_path / "here", "--to", url), 6, "not empty")
    assert not (tmp_path / "none").exists()
    told(run("store", "move", "--from", tmp_path / "none", "--to", url), 6, "no register")
    assert not (tmp_path / "none").exists()


def test_the_register_may_come_from_the_environment(run, url, folder, tmp_path):
    """As it should, where the URL holds a password; forgetting and compacting work there too."""
    environment = {"MODERATION_REGISTER": url}
    assert run("register", "add", folder / "first.jsonl", **environment).exit_code == 0
    forgotten = run("register", "forget", "--note", "n1", "--yes", "--json", **environment)
    assert json.loads(forgotten.stdout)["counts"]["pictures"] == 2
    size = json.loads(run("register", "compact", "--json", **environment).stdout)
    assert 0 < size["bytes_after"] <= size["bytes_before"] + 100_000
    assert (tmp_path / "cache" / "index").is_dir()


def test_a_wrong_password_is_told_without_it(run, server):
    """Nor is the right one of another user guessed at."""
    url = server.url("postgres", password="wrong-secret")
    answer = run("register", "stats", "--register", url)
    told(answer, 6, "check user and password")
    assert "wrong-secret" not in answer.output


def test_a_backup_is_a_register_when_it_is_put_in_place(run, folder, tmp_path):
    """It judges as the register did; a second one under the same name is refused."""
    place, copy = tmp_path / "register", tmp_path / "copy.sqlite3"
    run("register", "add", folder / "first.jsonl", "--register", place)
    said = run("store", "backup", copy, "--register", place)
    assert said.exit_code == 0, said.output
    assert "whole" in said.stdout
    told(run("store", "backup", copy, "--register", place), 6, "does not exist")
    again = run("store", "backup", tmp_path / "other", "--register", place, "--json")
    answer = json.loads(again.stdout)
    assert answer["last_seq"] == 2
    assert answer["bytes"] == (tmp_path / "other").stat().st_size
    restored = tmp_path / "restored"
    restored.mkdir(mode=0o700)
    copy.rename(restored / "register.sqlite3")
    judged = run("check", folder / "second.jsonl", "--register", restored, "--dry-run", "--json")
    assert [row["decision"] for row in objects(judged.stdout)] == ["block", "block"]
    assert run("register", "verify", "--register", restored).exit_code == 0


def test_a_server_makes_its_own_backups(run, url, tmp_path):
    """Said without the password, and with the program to use."""
    answer = run("store", "backup", tmp_path / "copy", "--register", url)
    told(answer, 4, "pg_dump")
    assert QUOTED not in answer.output

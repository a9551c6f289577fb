"""`moderation replay`: what people, machines and a CI of policies are told."""

from __future__ import annotations

import json
import re

import pytest
from kit.other_readers import CREDULOUS, SHIPPED, reader_with
from kit.policies import GENTLE

from moderation.policy import Policy
from moderation.text.note_reader import NoteReader

from .conftest import told


@pytest.fixture
def judged(run, folder, tmp_path):
    """A register whose notes were judged by the default policy; a gentler one beside it."""
    (tmp_path / "gentle.toml").write_text(GENTLE)
    done = run("check", folder / "good.jsonl", "--register", tmp_path / "register")
    assert done.exit_code == 0, done.output
    return tmp_path


def replayed(run, judged, *options):
    register = ("--register", judged / "register", "--policy", judged / "gentle.toml")
    return run("replay", *register, *options)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_people_read(run, judged, golden, lang):
    """How many, in which direction, at what cost, by which rules."""
    done = replayed(run, judged, "--lang", lang)
    assert done.exit_code == 0, done.output
    golden(f"replay-{lang}", done.stdout.replace(Policy.load(judged / "gentle.toml").digest, "…"))


def test_what_machines_read(run, judged):
    """Counts and examples, no ids of authors."""
    row = json.loads(replayed(run, judged, "--json", "--seconds-a-review", "36").stdout)
    assert (row["policy"], row["as_of"], row["since"]) == ("gentle", "now", None)
    assert (row["judged"], row["flips"], row["stricter"], row["milder"]) == (3, 1, 0, 1)
    (change,) = [one for one in row["decisions"] if one["before"] != one["after"]]
    assert (change["before"], change["after"], change["notes"]) == ("block", "review", 1)
    assert change["examples"] == [
        {
            "verdict_id": 2,
            "note_id": "n2",
            "before": "block",
            "after": "review",
            "rules": ["copy"],
        }
    ]
    assert row["rules"] == [{"rule": "copy", "before": "block", "after": "review", "notes": 1}]
    assert row["reasons"]["image.copy"] == {"before": 1, "after": 1}
    assert row["reviews"]["hours"] == 0.01
    assert row["months"]["2026-03"] == {"judged": 3, "stricter": 0, "milder": 1}
    assert row["exceeded"] == []
    assert not {"alice", "bob", "carol"} & set(re.findall(r"\w+", json.dumps(row)))


def test_limits_are_for_a_ci(run, judged):
    """Exit code 1 beyond one of them; all that are, are named."""
    fine = replayed(run, judged, "--fail-if", "flips>1", "--fail-if", "stricter>0")
    assert fine.exit_code == 0, fine.output
    beyond = replayed(run, judged, "--fail-if", "milder>10%", "--fail-if", "flips>1", "--json")
    assert beyond.exit_code == 1
    assert json.loads(beyond.stdout)["exceeded"] == ["milder>10%"]
    assert "beyond the limit: milder>10%" in beyond.stderr
    told(replayed(run, judged, "--fail-if", "likes>1"), 4, "`likes>1` is no limit")


def test_own_policies_change_nothing(run, judged):
    """The proof that old verdicts can be explained."""
    done = run(
        *("replay", "--register", judged / "register", "--policy", "recorded"),
        *("--as-of", "then", "--fail-if", "flips>0"),
    )
    assert done.exit_code == 0, done.output
    assert "decided otherwise: 0" in done.stdout


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_page_stands_alone(run, judged, golden, lang):
    """One file, no script, nothing from elsewhere."""
    out = judged / "replay.html"
    done = replayed(run, judged, "--out", out, "--lang", lang, "--since", "2026-01-01")
    assert str(out) in done.stdout
    page = out.read_text("utf-8")
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "http" not in page.partition("</style>")[2].replace("http-equiv", "")
    body = page.partition("</style>")[2]
    digest = Policy.load(judged / "gentle.toml").digest
    golden(f"page-{lang}", body.replace(digest, "sha256:…").replace(digest[:18], "sha256:…"))


def test_page_is_deaf_to_hostile_names(run, folder, tmp_path):
    """Ids come from strangers."""
    hostile = "<script>alert(1)</script>\u202e"
    row = {
        "id": hostile,
        "author": {"id": "bob"},
        "published_at": "2026-03-01T08:00:00Z",
        "text": "现货包邮，要的加V：cup_2046",
        "lang": "<b>zh</b>",
    }
    (tmp_path / "notes.jsonl").write_text(json.dumps(row), "utf-8")
    (tmp_path / "silent.toml").write_text('title = "<i>Silent</i>"\n')
    done = run("check", tmp_path / "notes.jsonl", "--register", tmp_path / "register")
    assert done.exit_code == 0, done.output
    out = tmp_path / "replay.html"
    run(
        *("replay", "--register", tmp_path / "register", "--policy", tmp_path / "silent.toml"),
        *("--out", out),
    )
    page = out.read_text("utf-8")
    assert "<script" not in page
    assert "<b>zh" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_json_goes_to_a_file_too(run, judged):
    """What a pipeline keeps, beside what people read."""
    out = judged / "replay.json"
    done = replayed(run, judged, "--out", out)
    assert json.loads(out.read_bytes())["flips"] == 1
    assert "decided otherwise: 1" in done.stdout


def test_wrong_options_are_told(run, judged):
    """Another ending, a register that is not there, a policy that nobody ships."""
    told(replayed(run, judged, "--out", judged / "a.pdf"), 2, "neither .html nor .json")
    none = run("replay", "--register", judged / "none", "--policy", "default")
    told(none, 6, "none")
    assert not (judged / "none").exists()
    told(run("replay", "--register", judged / "register", "--policy", "nobody"), 4, "nobody")


def test_empty_audit_is_no_error(run, folder, tmp_path):
    """Nothing judged, nothing divided by."""
    run("register", "add", folder / "first.jsonl", "--register", tmp_path / "register")
    done = run("replay", "--register", tmp_path / "register", "--policy", "default")
    assert done.exit_code == 0, done.output
    assert "notes judged again: 0" in done.stdout


def reread(run, judged, folder, model, *options):
    return run(
        *("replay", "--register", judged / "register", "--policy", "recorded", "--as-of", "then"),
        *("--model", model, "--notes", folder / "good.jsonl", *options),
    )


def test_same_reader_changes_nothing(run, judged, folder):
    """The proof, for a CI of models; who read in place of whom is named."""
    row = json.loads(reread(run, judged, folder, SHIPPED, "--fail-if", "flips>0", "--json").stdout)
    detector = NoteReader.open(SHIPPED).detector
    assert (row["judged"], row["flips"], row["exceeded"]) == (3, 0, [])
    assert (row["model"], set(row["readers"])) == (detector, {detector})
    assert sum(row["words"].values()) == 3


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_another_reader_is_told(run, judged, folder, golden, lang, tmp_path):
    """How many notes it read, in place of whom; the page says the same."""
    model = reader_with(tmp_path / "note-reader_v9", CREDULOUS)
    out = judged / "replay.html"
    done = reread(run, judged, folder, model, "--lang", lang, "--out", out)
    assert done.exit_code == 0, done.output
    told_by = (NoteReader.open(folder).detector for folder in (SHIPPED, model))
    page = out.read_text("utf-8")
    said = done.stdout.replace(str(out), "replay.html")
    for detector, name in zip(told_by, ("note_reader@v1/…", "note_reader@v9/…"), strict=True):
        assert detector in page
        said = said.replace(detector, name)
    golden(f"model-{lang}", said)


def test_words_and_readers_need_each_other(run, judged, folder):
    """Before anything is read."""
    notes = ("--notes", folder / "good.jsonl")
    told(replayed(run, judged, *notes), 2, "nobody to read them")
    told(replayed(run, judged, "--model", SHIPPED), 2, "needs the words of the notes")
    both = ("--model", SHIPPED, *notes, "--observed", judged)
    told(replayed(run, judged, *both), 2, "needs the words of the notes, once")
    nothing = ("--model", SHIPPED, "--observed", judged)
    told(replayed(run, judged, *nothing), 3, "nothing is observed")
    told(replayed(run, judged, "--model", judged, *notes), 5, "no model")

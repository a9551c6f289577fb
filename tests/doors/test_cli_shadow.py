"""`moderation check --shadow` and `moderation shadow report`."""

from __future__ import annotations

import json

import pytest
from kit.policies import GENTLE

from moderation.policy import Policy

from .conftest import told


@pytest.fixture
def judged(run, folder, tmp_path):
    """A register whose notes were judged by the default policy, and by a gentle one beside it."""
    (tmp_path / "gentle.toml").write_text(GENTLE)
    register = tmp_path / "register"
    options = ("--register", register, "--shadow", tmp_path / "gentle.toml")
    done = run("check", folder / "good.jsonl", *options)
    assert done.exit_code == 0, done.output
    return register


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_people_read_of_a_shadow(run, judged, golden, lang):
    """How many would differ, by decision and by rule, with examples."""
    report = run("shadow", "report", "--register", judged, "--lang", lang)
    assert report.exit_code == 0
    lines = report.stdout.splitlines()
    live = lines[2].replace(Policy.default().digest, "sha256:…")
    lines[1:4] = ["sha256:…", live, lines[3].partition(";" if lang == "en" else "；")[0]]
    golden(f"report-{lang}", "\n".join(lines))


def test_what_machines_read_of_a_shadow(run, judged):
    """The same, and the verdicts themselves are the live policy's."""
    report = run("shadow", "report", "--register", judged, "--json")
    (told_of,) = json.loads(report.stdout)["reports"]
    assert (told_of["policy"], told_of["judged"], told_of["differ"]) == ("gentle", 3, 1)
    assert told_of["rules"] == [
        {"rule": "copy", "live": "block", "shadow": "review", "verdicts": 1, "examples": ["n2"]}
    ]
    none = run("shadow", "report", "--register", judged, "--json", "--since", "2100-01-01")
    other = run("shadow", "report", "--register", judged, "--json", "--policy", "other")
    assert json.loads(none.stdout) == json.loads(other.stdout) == {"reports": []}
    few = run("shadow", "report", "--register", judged, "--json", "--examples", 0)
    assert json.loads(few.stdout)["reports"][0]["rules"][0]["examples"] == []


def test_nothing_in_the_shadow_is_said(run, folder, tmp_path):
    """A dry run leaves nothing, and an unknown policy is refused."""
    register = tmp_path / "register"
    assert run("check", folder / "first.jsonl", "--register", register).exit_code == 0
    options = ("--register", register, "--shadow", "outside-links-pilot-2025", "--dry-run")
    assert run("check", folder / "good.jsonl", *options).exit_code == 0
    assert "no other policy" in run("shadow", "report", "--register", register).stdout
    told(run("check", folder / "good.jsonl", "--register", register, "--shadow", "no"), 4, "no")

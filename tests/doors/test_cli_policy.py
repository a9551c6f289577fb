"""`moderation policy` and `moderation model`: what gives the answers."""

from __future__ import annotations

import json

import pytest

from moderation import Author, Gate, Note
from moderation.errors import UnknownSubject
from moderation.policy import Policy
from moderation.policy.named import shipped_names

from .conftest import told

BAD = 'title = "x"\n[[rule]]\nname = "a"\nkind = "image.copi"\nsteps = []\n'
GOOD = 'title = "Mine"\nextends = "default"\n'


def test_list_names_every_shipped_policy(run):
    """With its title and digest."""
    rows = json.loads(run("policy", "list", "--json").stdout)
    assert [row["name"] for row in rows] == list(shipped_names())
    assert rows[0]["digest"] == Policy.default().digest


@pytest.mark.parametrize("name", shipped_names())
def test_shown_policy_is_the_whole_policy(name, run):
    """`show --json` is `Policy.to_json`."""
    shown = json.loads(run("policy", "show", name, "--json").stdout)
    assert shown == json.loads(json.dumps(Policy.named(name).to_json()))


def test_show_at_a_date_leaves_out_what_is_not_in_force(run):
    """Rules of 2021 are not those of 2019."""
    counts = [
        len(json.loads(run("policy", "show", *args, "--json").stdout)["rule"])
        for args in (
            ("outside-links-pilot-2025",),
            ("outside-links-pilot-2025", "--as-of", "2019-01-01"),
        )
    ]
    terms = Policy.named("outside-links-pilot-2025").terms
    assert counts[0] == len(terms.rules)
    assert counts[1] <= counts[0]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_shown_to_people(lang, run, golden):
    """A policy with allow-lists, in both languages."""
    result = run("policy", "show", "outside-links-pilot-2025", "--lang", lang)
    golden(f"show-{lang}", result.stdout)


def test_diff_names_each_change(run, tmp_path):
    """Subject, before, after; and nothing where nothing differs."""
    changed = tmp_path / "mine.toml"
    changed.write_text(
        GOOD + '[[rule]]\nname = "copy"\nkind = "image.copy"\n'
        'steps = [{ at = 0.7, decision = "review" }]\n',
        encoding="utf-8",
    )
    args = ("policy", "diff", "default", changed, "--as-of", "2026-11-01")
    got = json.loads(run(*args, "--json").stdout)
    assert (got["old"], got["new"]) == ("default", "mine")
    assert got["changes"] == [
        {
            "subject": "image.copy",
            "before": "≥ 0.5 review, ≥ 0.9 block",
            "after": "≥ 0.7 review",
        }
    ]
    shown = run(*args).stdout
    assert "image.copy" in shown
    same = run("policy", "diff", "default", "default", "--as-of", "2026-11-01")
    assert same.stdout == "both say the same at 2026-11-01\n"


def test_check_names_the_fault_of_each_file(run, tmp_path):
    """All files are read; one bad one gives exit code 4."""
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(GOOD)
    bad.write_text(BAD)
    result = run("policy", "check", bad, good, tmp_path / "none.toml", "--json")
    rows = json.loads(result.stdout)
    assert result.exit_code == 4
    assert [row["ok"] for row in rows] == [False, True, False]
    assert "`image.copi`" in rows[0]["message"]
    assert rows[0]["hint"]
    assert rows[1]["digest"] == Policy.default().digest
    told(run("policy", "check", bad), 4, "1 of 1 policies")
    assert run("policy", "check", good).exit_code == 0


def test_models_are_listed_honestly(run):
    """Detectors and recipes with versions, and that no trained model is installed."""
    from moderation.artifacts import artifact_folders
    from moderation.gate import DETECTORS

    got = json.loads(run("model", "list", "--json").stdout)
    assert got["detectors"] == dict(DETECTORS)
    assert got["recipes"]["pdq256_v1"] == 256
    assert got["models"].keys() == artifact_folders().keys()
    shown = run("model", "list").stdout
    assert ("No trained model is installed" in shown) == (not got["models"])


def test_a_policy_of_then_is_shown_as_it_was(run, tmp_path):
    """From a register whose verdicts name it, though nobody has the file any more."""
    then = Policy.parse(GOOD.replace("Mine", "Of then"), name="then")
    with Gate.open(tmp_path / "register", policy=then, threads=1) as gate:
        gate.check(Note(id="n1", author=Author(id="ann"), text="x"))
    place = str(tmp_path / "register")
    shown = json.loads(run("policy", "show", then.digest, "--register", place, "--json").stdout)
    assert shown == json.loads(json.dumps(then.to_json()))
    told(run("policy", "show", then.digest), 4, "no register is named")
    other = run("policy", "show", "sha256:0", "--register", place)
    assert other.exit_code == UnknownSubject.exit_code
    assert "no verdict" in other.stderr

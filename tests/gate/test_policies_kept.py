"""What a policy said is kept with the verdicts that were given by it."""

from __future__ import annotations

import json
from pathlib import Path

from kit.notes import photo, showing

from moderation import Gate, Policy
from moderation.finding import ItemFailure
from moderation.gate.publishing.submission import Submission
from moderation.store.redaction import FORGOTTEN

CAT = photo("chelsea")
LISTING = """
title = "with friends"
[[rule]]
name = "copy"
kind = "image.copy"
steps = [{ at = 0.5, decision = "block" }]
[[rule]]
name = "alice-again"
kind = "image.copy"
when = { authors = ["alice", "copy"] }
steps = [{ at = 0.3, decision = "review" }]
[[allow]]
name = "friends"
kinds = ["text.hard_sell"]
authors = ["alice", "bob"]
[[template_proposal]]
authors = 9
days_apart = 7
attempts = 20
undecided = "review"
"""


def policy(name: str, title: str = "with friends") -> Policy:
    return Policy.parse(LISTING.replace("with friends", title), name=name)


def test_each_policy_that_decided_is_kept_once(place: str | Path, tmp_path: Path) -> None:
    """Checked, submitted or referred; under its digest, as it was said first."""
    first, other = policy("first"), Policy.parse(LISTING.replace("0.5", "0.6"), name="other")
    poison = ItemFailure(code="poison_note", message="m", hint="h")
    for number, given in enumerate((first, first, other)):
        with Gate.open(place, index=tmp_path / "index", policy=given, threads=1) as gate:
            if number == 0:
                gate.check(showing(CAT, id="judged only"), register=False)
                assert gate.register.policy_said(given.digest) is None
                gate.check(showing(CAT, id=f"n{number}"))
            elif number == 1:
                gate.submit(Submission(note=showing(CAT, id=f"n{number}")))
            else:
                gate.refer(Submission(note=showing(CAT, id=f"n{number}")), poison)
            assert gate.register.policy_said(given.digest) == given.to_json()
    with Gate.open(place, index=tmp_path / "index", threads=1) as gate:
        assert gate.register.policy_said(first.digest) == first.to_json()
        assert gate.register.policy_said(Policy.default().digest) is None


def test_who_is_forgotten_is_on_no_list_that_is_kept(place: str | Path, tmp_path: Path) -> None:
    """And nothing else changes, whatever an author is called."""
    given = policy("first")
    with Gate.open(place, index=tmp_path / "index", policy=given, threads=1) as gate:
        gate.check(showing(CAT, author="carol"))
        for author_id in ("alice", "copy", "name", "block"):
            gate.forget(author_id=author_id)
        said = gate.register.policy_said(given.digest)
    wanted = json.dumps(given.to_json()).replace('"alice"', f'"{FORGOTTEN}"')
    wanted = wanted.replace(f'["{FORGOTTEN}", "copy"]', f'["{FORGOTTEN}", "{FORGOTTEN}"]')
    assert said == json.loads(wanted)
    assert said != given.to_json()

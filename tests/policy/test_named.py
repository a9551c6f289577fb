"""Named policies: what is shipped, what the digest means, and how two policies differ."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moderation.errors import BadPolicy, BadSetting
from moderation.finding import FindingKind
from moderation.policy import Policy, diff
from moderation.policy.named import shipped_names
from moderation.verdict import Decision

NOW = datetime(2026, 11, 21, tzinfo=UTC)

MEANING = """
title = "One"
[[rule]]
name = "a"
kind = "image.copy"
steps = [{ at = 0.5, decision = "review" }]
[[rule]]
name = "b"
kind = "image.qr"
steps = [{ at = 0.5, decision = "label" }]
when = { brands = ["x", "y"] }
from = 2021-08-02
"""

SAME_MEANING = """
# another order, other blanks, other spelling of the same instant
title = "Two"
[[rule]]
from = 2021-08-02T08:00:00+08:00
when.brands = ["y", "x"]
kind = "image.qr"
name = "b"
  [[rule.steps]]
  decision = "label"
  at = 5e-1

[[rule]]
name = "a"
kind = "image.copy"
steps = [ { decision = "review", at = 0.50 } ]  # half
[fail.default]
on_error = "review"
"""


def test_the_digest_is_of_the_meaning() -> None:
    """Comments, blanks, order, title and spelling do not change it; a threshold does."""
    one = Policy.parse(MEANING, name="one")
    assert Policy.parse(SAME_MEANING, name="two").digest == one.digest
    assert Policy.parse(MEANING.replace("0.5", "0.6"), name="one").digest != one.digest
    assert one.digest.startswith("sha256:")


def test_the_shipped_policies_are_these() -> None:
    """Names are public; `default` comes first."""
    assert shipped_names() == (
        "default",
        "outside-links-forbidden-2021",
        "outside-links-pilot-2025",
        "partner-thresholds-2019",
    )


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_policy_is_sound(name: str) -> None:
    """It parses, has a digest of its own, speaks of every kind today, and fits into JSON."""
    policy = Policy.named(name)
    assert json.loads(json.dumps(policy.to_json()))["digest"] == policy.digest
    spoken = {rule.kind for rule in policy.rules_at(NOW)}
    assert spoken == set(FindingKind) - {FindingKind.IMAGE_UNDECODABLE}
    assert len({Policy.named(other).digest for other in shipped_names()}) == len(shipped_names())


def test_only_proof_blocks_by_default() -> None:
    """Copies and contact handles at high scores; everything else goes at most to a person."""
    blocking = {
        rule.kind
        for rule in Policy.default().rules_at(NOW)
        if any(step.decision is Decision.BLOCK for step in rule.steps)
    }
    assert blocking == {FindingKind.IMAGE_COPY, FindingKind.TEXT_DIVERSION_CONTACT}


@pytest.mark.parametrize(
    ("at", "followers"),
    [
        (datetime(2019, 5, 1, tzinfo=UTC), []),
        (datetime(2019, 6, 1, tzinfo=UTC), [(5_000, 10_000, True)]),
        (datetime(2019, 12, 1, tzinfo=UTC), [(1_000, 0, False)]),
    ],
    ids=["before", "may-2019", "october-2019"],
)
def test_partner_thresholds_are_dated(at: datetime, followers: list[tuple[int, int, bool]]) -> None:
    """The archive can ask who could join the programme at its time."""
    rows = Policy.named("partner-thresholds-2019").terms.at(at).partner_programme
    assert [(p.min_followers, p.min_monthly_exposure, p.agency_contract) for p in rows] == followers


def test_a_policy_loads_from_a_file_or_by_name(tmp_path: Path) -> None:
    """A path gives the file, a bare name the shipped policy."""
    path = tmp_path / "mine.toml"
    path.write_text(MEANING, encoding="utf-8")
    assert Policy.load(path).name == "mine"
    assert Policy.load(str(path)).digest == Policy.parse(MEANING, name="x").digest
    assert Policy.load("default") == Policy.default()


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Absent files, folders, other encodings and unknown names give `BadPolicy` with a hint."""
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "latin.toml").write_bytes(b'title = "caf\xe9"')
    for name, problem in [
        ("absent.toml", "cannot read the policy"),
        ("folder.toml", "cannot read the policy"),
        ("latin.toml", "is not UTF-8"),
    ]:
        with pytest.raises(BadPolicy, match=problem):
            Policy.load(tmp_path / name)
    with pytest.raises(BadPolicy, match="no policy `defualt` is shipped") as caught:
        Policy.load("defualt")
    assert caught.value.hint == "did you mean `default`?"


def test_a_policy_does_not_differ_from_itself() -> None:
    """No change, and false."""
    assert not diff(Policy.default(), Policy.default(), as_of=NOW)


def test_a_difference_is_said_in_words() -> None:
    """Changed steps, new lists, fail words; only what is in force at that instant."""
    new = Policy.parse(
        """
        extends = "outside-links-pilot-2025"
        title = "t"
        [[rule]]
        name = "qr"
        kind = "image.qr"
        steps = []
        [[rule]]
        name = "qr-product"
        kind = "image.qr"
        steps = [{ at = 0.7, decision = "block" }]
        when = { note_kinds = ["product_note"] }
        [fail.copies]
        on_error = "block"
        [registration]
        review = "skipped"
        [[partner_programme]]
        min_followers = 1000
        min_monthly_exposure = 0
        """,
        name="new",
    )
    changes = diff(Policy.default(), new, as_of=NOW)
    assert [str(change) for change in changes.changes] == [
        "allow.pilot-brands (text.diversion.platform): nothing → "
        "brand `pilot-brand-1`, brand `pilot-brand-2`",
        "fail.copies.on_error: review → block",
        "image.qr: ≥ 0.5 review → nothing",
        "image.qr (note_kinds: product_note): nothing → ≥ 0.7 block",
        "partner_programme[0]: nothing → ≥ 1,000 followers, ≥ 0 monthly exposure",
        "registration.review: held → skipped",
        "text.diversion.platform: ≥ 0.5 review → ≥ 0.5 review, ≥ 0.9 block",
    ]
    then = diff(Policy.default(), new, as_of=datetime(2020, 1, 1, tzinfo=UTC))
    assert "text.diversion.platform: ≥ 0.5 review → ≥ 0.5 label" in map(str, then.changes)
    assert json.loads(json.dumps(changes.to_json()))["new"] == "new"


def test_a_difference_at_half_an_instant_is_refused() -> None:
    """Naive times have no rules."""
    with pytest.raises(BadSetting, match="no time zone"):
        diff(Policy.default(), Policy.default(), as_of=datetime(2020, 1, 1))


EVERYTHING = """
title = "所有 terms"
[[rule]]
name = "seen"
kind = "text.soft_ad_undisclosed"
steps = []
[[rule]]
name = "b"
kind = "image.copy"
steps = [{ at = 0.5, decision = "label" }, { at = 0.75, decision = "block" }]
when = { note_kinds = ["product_note"], brands = ["x"], min_pictures = 2, pictures_at = 0.25 }
from = 2021-08-02
until = 2025-05-01T08:00:00+08:00
[[allow]]
name = "pilot"
kinds = ["text.hard_sell"]
authors = ["u1"]
[fail.copies]
on_timeout = "block"
[registration]
review = "registered"
[[partner_programme]]
min_followers = 5000
min_monthly_exposure = 0
[[template_proposal]]
authors = 8
days_apart = 7
attempts = 20
undecided = "review"
[[brake]]
blocks_per_hour = 9
rules = { b = 1, "fail.copies" = 2 }
until = 2026-01-01
[[brake]]
blocks_per_hour = 9
each_rule = 3
from = 2026-01-01
[[flood]]
authors_per_hour = 50
quarantine_hours = 3
"""


@pytest.mark.parametrize(
    "policy",
    [*map(Policy.named, shipped_names()), Policy.parse(EVERYTHING, name="everything")],
    ids=lambda policy: policy.name,
)
def test_a_policy_is_read_back_from_its_json(policy: Policy) -> None:
    """With every term it may have, to the same digest and to the same verdicts."""
    again = Policy.from_json(json.loads(json.dumps(policy.to_json())))
    assert again.to_json() == policy.to_json()
    assert again.terms.at(NOW).to_json() == policy.terms.at(NOW).to_json()


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ({"title": "t", "rules": []}, "`rules` is not a key"),
        ({"title": "t", "extends": "default"}, "extends `default`"),
        ({}, "`title` is missing"),
    ],
    ids=["unknown", "extends", "empty"],
)
def test_json_that_is_no_policy_is_refused(row: dict[str, object], word: str) -> None:
    with pytest.raises(BadPolicy) as caught:
        Policy.from_json(row)
    assert word in caught.value.message

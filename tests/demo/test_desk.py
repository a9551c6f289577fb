"""The demo's desk: what its policy leaves to people."""

from __future__ import annotations

from moderation import Policy
from moderation.demo.desk import careful
from moderation.verdict import Decision


def test_the_careful_policy_blocks_nothing_and_asks_as_soon() -> None:
    """A rule speaks from the score on from which today's policy does, and never says block."""
    today = {rule.name: rule for rule in Policy.default().terms.rules}
    softer = {rule.name: rule for rule in careful().terms.rules}
    assert careful().name == "careful"
    assert softer.keys() == today.keys()
    for name, rule in softer.items():
        assert Decision.BLOCK not in [step.decision for step in rule.steps]
        assert [step.at for step in rule.steps[:1]] == [s.at for s in today[name].steps[:1]]
        for score in (0.0, 0.3, 0.5, 0.7, 0.85, 0.95, 1.0):
            said, softened = today[name].reached(score), rule.reached(score)
            wanted = None if said is None else min(said.decision, Decision.REVIEW)
            assert (None if softened is None else softened.decision) == wanted

"""Reading what the service sent, and what came in its place."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.rude_service import verdict_row
from kit.strategies import verdicts

from moderation.client.checked import UNREADABLE, Source, checked_from, fallen_back
from moderation.client.fallback import FailPolicy, Trouble, Why
from moderation.verdict import Decision, Verdict

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(verdicts)
def test_a_verdict_goes_over_the_wire_whole(verdict: Verdict) -> None:
    """The client's is the gate's."""
    beside = {"verdict_id": "v_1", "final": True, "degraded": [], "hold": None, "replayed": False}
    row = json.loads(json.dumps(verdict.to_json() | beside))
    assert checked_from(row, request_id="r").verdict == verdict


ROW = verdict_row(hold={"state": "held", "expires_at": "2026-11-22T08:00:00Z"})


@given(st.sampled_from(sorted(ROW)), values, st.booleans())
def test_a_field_that_lies(name: str, value: Any, leave_out: bool) -> None:
    """Understood or refused; no other exception, and never a softer word than was sent."""
    row = copy.deepcopy(ROW) | {name: value, "decision": "block"}
    if leave_out:
        del row[name]
    try:
        checked = checked_from(row, request_id="r")
    except UNREADABLE:
        return
    assert checked.decision is Decision.BLOCK
    assert isinstance(checked.final, bool)


@pytest.mark.parametrize("trouble", Trouble)
def test_the_fail_policy_answers_in_its_own_name(trouble: Trouble) -> None:
    """`review` where nothing else was said; without a verdict, and not final."""
    why = Why(cause=trouble, detail="x", tries=1)
    checked = fallen_back("n1", 2, why, FailPolicy(), "r")
    assert (checked.decision, checked.source) == (Decision.REVIEW, Source.FALLBACK)
    assert (checked.note_id, checked.revision, checked.why) == ("n1", 2, why)
    assert checked.verdict is None
    assert not checked.final

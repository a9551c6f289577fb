"""Other policies beside the live one, as the service is set up with them."""

from __future__ import annotations

from pathlib import Path

from kit.asking import Asking, a_note, problem

from moderation.policy import Policy
from moderation.service.settings import Settings
from moderation.service.state import Service
from moderation.service.tenants import OpenDoor, Tenants

MILD = """
title = "A label for every contact"

[[rule]]
name = "contact"
kind = "text.diversion.contact"
steps = [{ at = 0.1, decision = "label" }]
"""
TEXT = "加V：abc_2046"


def service_with(folder: Path, **given: object) -> Service:
    mild = folder / "mild.toml"
    mild.write_text(MILD, encoding="utf-8")
    given = {name: {str(mild): share} for name, share in given.items()}
    settings = Settings.read(register_at=str(folder / "register"), auth=False, **given)
    tenants = Tenants.open(settings)
    return Service(settings, tenants, OpenDoor(tenants))


def test_a_shadow_speaks_and_does_not_act(tmp_path: Path) -> None:
    """In the answer, in its repetition, and in the metrics; its policy can be asked for."""
    service = service_with(tmp_path, shadows=1.0)
    try:
        ask = Asking(service)
        row = ask.submit(a_note(text=TEXT)).json()
        (other,) = row["shadow"]
        digest = Policy.load(tmp_path / "mild.toml").digest
        assert (other["policy"], other["policy_digest"]) == ("mild", digest)
        assert (other["decision"], other["differs"]) == ("label", True)
        assert row["decision"] == "block"
        assert ask.submit(a_note(text=TEXT)).json()["shadow"] == row["shadow"]
        assert ask("GET", f"/v1/policies/{digest}").json()["name"] == "mild"
        counted = 'shadow_verdicts_total{decision="label",differs="true",policy="mild"} 1.0'
        assert counted in ask("GET", "/metrics").text
    finally:
        service.tenants.close()


def test_a_canary_acts_for_its_share(tmp_path: Path) -> None:
    """Its digest stands in the verdict, and it is the policy that a caller can expect."""
    service = service_with(tmp_path, canary=1.0)
    try:
        ask = Asking(service)
        row = ask.submit(a_note(text=TEXT)).json()
        assert (row["decision"], row["policy"]["name"]) == ("label", "mild")
        digest = row["policy"]["digest"]
        assert ask("GET", f"/v1/policies/{digest}").json()["name"] == "mild"
        for expected in ("mild", digest):
            assert ask.submit(a_note(text=TEXT, policy=expected)).status_code == 200
        problem(ask.submit(a_note(text=TEXT, policy="default")), 422, "other_policy")
    finally:
        service.tenants.close()

"""The runbook speaks of what is there; that its commands run is tested with all other pages."""

from __future__ import annotations

import re

import yaml
from kit.pages import ROOT, anchors
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from moderation.service.metrics import Metrics
from moderation.service.settings import Settings, variable

PAGE = ROOT / "docs" / "howto" / "operate.md"
TEXT = PAGE.read_text(encoding="utf-8")
ALERTS = yaml.safe_load((ROOT / "docs" / "deploy" / "alerts.yaml").read_text(encoding="utf-8"))
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]


def families() -> dict[str, set[str]]:
    """Metric → labels, as a process exposes them; a counter under its name with `_total`."""
    metrics = Metrics([])  # type: ignore[arg-type]
    text = generate_latest(metrics._registry).decode()
    kinds = {family.name: family.type for family in text_string_to_metric_families(text)}
    made = [c for c in vars(metrics).values() if hasattr(c, "_labelnames")]
    labels = {collector.describe()[0].name: set(collector._labelnames) for collector in made}
    assert labels.keys() == kinds.keys()
    return {name + "_total" * (kinds[name] == "counter"): labels[name] | {"le"} for name in labels}


def test_every_metric_is_explained() -> None:
    """Whoever is woken by a number finds its line; no line is about a number that is gone."""
    table = TEXT[TEXT.index("| metric ") : TEXT.index("Rules for Prometheus")]
    firsts = " ".join(line.split("|")[1] for line in table.splitlines()[2:] if "|" in line)
    named = {f"notegate_{name}" for name in re.findall(r"`([a-z_]+)`", firsts)}
    assert named == set(families())


def test_every_alert_asks_for_what_is_there() -> None:
    """Metric and labels exist, and the runbook has the heading."""
    known = families()
    for rule in RULES:
        named = set(re.findall(r"notegate_\w+", rule["expr"]))
        bases = {re.sub(r"_(count|sum|bucket)$", "", name) for name in named}
        assert bases <= set(known), rule["alert"]
        labels = {
            label
            for inside in re.findall(r"notegate_\w+\{(.*?)\}", rule["expr"])
            for label in re.findall(r"(\w+)=", inside)
        }
        assert labels <= set().union(*(known[base] for base in bases)), rule["alert"]
        assert rule["annotations"]["runbook"].removeprefix("#") in anchors(PAGE), rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket")
    slow = next(rule for rule in RULES if rule["alert"] == "NotegateSlow")
    assert slow["expr"].endswith(f"> {Settings.model_fields['deadline_ms'].default / 1000}")


def test_every_setting_named_exists() -> None:
    """In the runbook and the pages that say why."""
    known = {variable(name) for name in Settings.model_fields} | {"MODERATION_CACHE"}
    assert set(re.findall(r"\bMODERATION_[A-Z_]+\b", TEXT)) <= known

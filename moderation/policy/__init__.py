"""Policy: dated data that turns findings into a verdict. Pure; standard library only.

- `terms`: what a policy can say: rules, allow-lists, fail policy, registration
- `limits`: what it says about too much in one hour; `oversight`: about those who decide
- `table`, `reader`, `limits_reader`: TOML text → terms, refusing every contradiction
- `named`: `Policy`, terms under a name, shipped or from a file
- `judgement`: `decide`, findings and failures → verdict
- `difference`: `diff`, two policies told apart in words
"""

from moderation.policy.difference import PolicyChange, PolicyDiff, diff
from moderation.policy.judgement import decide, failure_reasons, reasons_under
from moderation.policy.limits import BrakeTerms, FloodTerms
from moderation.policy.named import Policy
from moderation.policy.oversight import CheckTerms, SecondPersonTerms
from moderation.policy.terms import (
    Allowance,
    FailRule,
    PartnerTerms,
    Rule,
    Step,
    TemplateTerms,
    Terms,
    When,
)
from moderation.policy.window import Window

__all__ = [
    "Allowance",
    "BrakeTerms",
    "CheckTerms",
    "FailRule",
    "FloodTerms",
    "PartnerTerms",
    "Policy",
    "PolicyChange",
    "PolicyDiff",
    "Rule",
    "SecondPersonTerms",
    "Step",
    "TemplateTerms",
    "Terms",
    "When",
    "Window",
    "decide",
    "diff",
    "failure_reasons",
    "reasons_under",
]

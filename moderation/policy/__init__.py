"""Policy: dated data that turns findings into a verdict. Pure; standard library only.

- `terms`: what a policy can say: rules, allow-lists, fail policy, registration
- `table`, `reader`: TOML text → terms, refusing every contradiction
- `named`: `Policy`, terms under a name, shipped or from a file
- `judgement`: `decide`, findings and failures → verdict
- `difference`: `diff`, two policies told apart in words
"""

from moderation.policy.difference import PolicyChange, PolicyDiff, diff
from moderation.policy.judgement import decide, failure_reasons
from moderation.policy.named import Policy
from moderation.policy.terms import (
    Allowance,
    FailRule,
    PartnerTerms,
    Rule,
    Step,
    TemplateTerms,
    Terms,
    When,
    Window,
)

__all__ = [
    "Allowance",
    "FailRule",
    "PartnerTerms",
    "Policy",
    "PolicyChange",
    "PolicyDiff",
    "Rule",
    "Step",
    "TemplateTerms",
    "Terms",
    "When",
    "Window",
    "decide",
    "diff",
    "failure_reasons",
]

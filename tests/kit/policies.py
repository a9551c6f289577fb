"""Policies that tests decide by."""

GENTLE = """
extends = "default"
title = "Copies go to a person"
[[rule]]
name = "copy"
kind = "image.copy"
steps = [{ at = 0.5, decision = "review" }]
"""
STRICT_SINCE_APRIL = """
extends = "default"
title = "Text is nobody's from April 2027 on"
[[rule]]
name = "template-twin"
kind = "text.template_twin"
steps = [{ at = 0.5, decision = "block" }]
from = 2027-04-01T00:00:00Z
"""

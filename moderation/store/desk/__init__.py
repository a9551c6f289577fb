"""The moderators' desk in the register: cases, who is at them, who is logged in."""

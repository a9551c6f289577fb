"""Deciding, under the register's lock: what was seen → verdict → register.

- `conclusion`: the whole way, in one transaction; `registration`: what becomes of the pictures
- `captions`, `templates`: what depends on the words and pictures of others
- `limits`: what `brake` and `flood` make of a verdict
- `shadow`: what other policies would have said; `shadow_report`: how often that differs
"""

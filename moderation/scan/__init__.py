"""Retro scans: a whole archive is looked at again, in stages that can be stopped at any time.

The first stage, *observe*, keeps what every note and picture shows, whatever the register and the
policy of the day: fingerprints, parts worth a look, words, marks, findings of the text. It looks
with the very steps of the gate. What it keeps, and where, is in `tables` and `place`.
"""

from moderation.scan.observing import Observed, observe
from moderation.scan.place import Place

__all__ = ["Observed", "Place", "observe"]

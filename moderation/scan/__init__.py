"""Retro scans: a whole archive is looked at again, in stages that can be stopped at any time.

*Observe* keeps what every note and picture shows, whatever the register and the policy of the day.
*Pair* proves what every picture shows of those published before it. *Judge* gives every note a
verdict, in order of publication; the worst can be brought before people. Each looks, compares and
decides with the very steps of the gate. What the stages keep, and where: `tables` and `place`.
"""

from moderation.scan.batches import OBSERVATIONS, observe_batch
from moderation.scan.forgetting import Forgotten, forget_in_scan
from moderation.scan.judging import AsOf, Judged, judge
from moderation.scan.observed_words import observed_words
from moderation.scan.observing import Observed, observe
from moderation.scan.pairing import Paired, pair
from moderation.scan.place import Place
from moderation.scan.referring import Referred, refer_worst

__all__ = [
    "OBSERVATIONS",
    "AsOf",
    "Forgotten",
    "Judged",
    "Observed",
    "Paired",
    "Place",
    "Referred",
    "forget_in_scan",
    "judge",
    "observe",
    "observe_batch",
    "observed_words",
    "pair",
    "refer_worst",
]

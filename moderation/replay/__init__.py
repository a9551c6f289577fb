"""Replay: verdicts that were given are given again under another policy, from what was kept.

No picture is looked at and nobody is asked: the audit holds findings with their scores, and what a
policy reads of the note beside them. What differs is counted in `differences`. Where another reader
of texts is asked (`rereading`), an archive or a scan that the caller gives lends it the words.
"""

from moderation.replay.differences import Differences, Flip
from moderation.replay.limits import Limit
from moderation.replay.replaying import AsOf, replay

__all__ = ["AsOf", "Differences", "Flip", "Limit", "replay"]

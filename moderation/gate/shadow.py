"""Shadow and canary: another policy beside the live one, on a share of the notes.

A shadow judges the same findings and never acts; what it would have said is kept with the verdict.
A canary acts, for its share, and the verdict's policy digest says so.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from moderation.errors import BadSetting
from moderation.note import Note
from moderation.policy import Policy, decide
from moderation.store import ShadowReason, ShadowVerdict
from moderation.verdict import Verdict

_HASH_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """Another policy, and for which share of the notes.

    Raises:
        BadSetting: the share does not lie in 0–1.
    """

    policy: Policy
    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise BadSetting(
                f"the share of `{self.policy.name}` must lie in 0–1, got {self.share:g}",
                hint="write 10 per cent as 0.1",
            )

    def takes(self, note_id: str) -> bool:
        """Whether a note is in the share.

        It is always in or always out, in every process; a larger share keeps those of a smaller.
        """
        digest = hashlib.sha256(note_id.encode(errors="surrogatepass")).digest()
        place = int.from_bytes(digest[: _HASH_BITS // 8], "big")
        return place < self.share * 2**_HASH_BITS


def checked(shadows: Iterable[Shadow]) -> tuple[Shadow, ...]:
    """Shadows that can be told apart.

    Raises:
        BadSetting: two have the same policy.
    """
    shadows = tuple(shadows)
    digests = Counter(shadow.policy.digest for shadow in shadows)
    for shadow in shadows:
        if digests[shadow.policy.digest] > 1:
            raise BadSetting(
                f"two shadows say the same as `{shadow.policy.name}`",
                hint="leave one of them out; comments and order make no difference",
            )
    return shadows


def judged_in_shadow(
    shadows: Sequence[Shadow], note: Note, verdict: Verdict, *, as_of: datetime
) -> tuple[ShadowVerdict, ...]:
    """What other policies would have said to the findings behind a verdict. Pure.

    Findings are those that the live policy's terms led to: pictures that many show were counted
    by its `template_proposal`. Brake and flood have no part in it.

    Args:
        shadows: others.
        note: as judged.
        verdict: by the live policy.
        as_of: instant whose rules apply.
    """
    return tuple(
        _without_evidence(
            decide(
                shadow.policy,
                note,
                verdict.findings,
                verdict.failures,
                as_of=as_of,
                register_seq=verdict.register_seq,
            )
        )
        for shadow in shadows
        if shadow.takes(note.id)
    )


def _without_evidence(verdict: Verdict) -> ShadowVerdict:
    return ShadowVerdict(
        policy=verdict.policy,
        policy_digest=verdict.policy_digest,
        decision=verdict.decision,
        reasons=tuple(
            ShadowReason(code=r.code, rule=r.rule, decision=r.decision) for r in verdict.reasons
        ),
    )

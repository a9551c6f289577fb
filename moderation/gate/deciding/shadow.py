"""Shadow and canary: another policy beside the live one, on a share of the notes.

A shadow judges the same findings and never acts; what it would have said is kept with the verdict.
It may have a reader of its own, whose findings in the words replace the live one's. A canary acts,
for its share, and the verdict's policy digest says so.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from moderation.errors import BadSetting
from moderation.finding import Finding, ItemFailure
from moderation.gate.looking.examination import Examination
from moderation.gate.looking.marks import name_of
from moderation.policy import Policy, decide
from moderation.store import ShadowReason, ShadowVerdict
from moderation.text.note_reader import NoteReader
from moderation.text.signals import RULES as TEXT
from moderation.verdict import Verdict

_HASH_BITS = 64
_WORDS = name_of(TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """Another policy, and for which share of the notes.

    Raises:
        BadSetting: the share does not lie in 0–1.
    """

    policy: Policy
    share: float = 1.0
    reader: NoteReader | None = None
    """Reads the text in place of the live one; None for the same. A canary has none."""

    @property
    def name(self) -> str:
        """As verdicts in the shadow are kept: of the policy, and of the reader where it has one."""
        return self._with_reader(self.policy.name)

    @property
    def digest(self) -> str:
        """Likewise, of the policy's meaning."""
        return self._with_reader(self.policy.digest)

    def _with_reader(self, text: str) -> str:
        return text if self.reader is None else f"{text} + {self.reader.detector}"

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


def checked(shadows: Iterable[Shadow], canary: Shadow | None = None) -> tuple[Shadow, ...]:
    """Shadows that can be told apart.

    Raises:
        BadSetting: two say the same, or the canary has a reader of its own.
    """
    shadows = tuple(shadows)
    if canary is not None and canary.reader is not None:
        raise BadSetting(
            f"the canary `{canary.name}` has a reader of its own",
            hint="let the reader run as a shadow; a canary is a policy alone",
        )
    digests = Counter(shadow.digest for shadow in shadows)
    for shadow in shadows:
        if digests[shadow.digest] > 1:
            raise BadSetting(
                f"two shadows say the same as `{shadow.name}`",
                hint="leave one of them out; comments and order make no difference",
            )
    return shadows


def judged_in_shadow(
    shadows: Sequence[Shadow], examined: Examination, verdict: Verdict, *, as_of: datetime
) -> tuple[ShadowVerdict, ...]:
    """What other policies would have said to the findings behind a verdict. Pure.

    Findings are those that the live policy's terms led to: pictures that many show were counted
    by its `template_proposal`. Brake and flood have no part in it. A shadow whose own reader has
    not answered in time says nothing, and neither does one that acts here itself, as a canary or
    since it has become the live policy.

    Args:
        shadows: others.
        examined: what was seen of the note.
        verdict: by the live policy.
        as_of: instant whose rules apply.
    """
    note = examined.note
    told = []
    for shadow in shadows:
        asked = shadow.takes(note.id) and not _acts(shadow, examined, verdict)
        seen = _seen(shadow, examined, verdict) if asked else None
        if seen is not None:
            judged = decide(
                shadow.policy,
                note,
                [one for one in seen if isinstance(one, Finding)],
                [one for one in seen if isinstance(one, ItemFailure)],
                as_of=as_of,
            )
            told.append(_without_evidence(shadow, judged))
    return tuple(told)


def _acts(shadow: Shadow, examined: Examination, verdict: Verdict) -> bool:
    """Whether it would only repeat the verdict."""
    same_reader = shadow.reader is None or shadow.reader.detector == examined.read_by
    return same_reader and shadow.policy.digest == verdict.policy_digest


def _seen(
    shadow: Shadow, examined: Examination, verdict: Verdict
) -> Sequence[Finding | ItemFailure] | None:
    """Findings and failures as the shadow has them; None where its reader has not answered."""
    seen: list[Finding | ItemFailure] = [*verdict.findings, *verdict.failures]
    if shadow.reader is None:
        return seen
    if shadow.reader.detector not in examined.beside:
        return None
    replaced = {id(one) for one in examined.in_words}
    kept = [one for one in seen if id(one) not in replaced and not _says_reader_late(one)]
    return (*kept, *examined.beside[shadow.reader.detector])


def _says_reader_late(one: Finding | ItemFailure) -> bool:
    """The live reader was: the shadow's own has answered."""
    return isinstance(one, ItemFailure) and one.detector == _WORDS and one.image_number is None


def _without_evidence(shadow: Shadow, verdict: Verdict) -> ShadowVerdict:
    return ShadowVerdict(
        policy=shadow.name,
        policy_digest=shadow.digest,
        decision=verdict.decision,
        reasons=tuple(
            ShadowReason(code=r.code, rule=r.rule, decision=r.decision) for r in verdict.reasons
        ),
    )

"""What a person decides about a note that readers reported. Pure.

The same choices say something else here. Nobody asks whether the machine was right: its verdict let
the note be seen, and readers object.

    mistaken              the readers are wrong
    permitted, trifle     it is so, and the note stays
    mark, copied, …       the gate has missed it

The first three leave the verdict as it stands: no new one, no event. The others give one, with the
person's reason first, as a case of the machine does; unless it would be milder than what stands,
as on an edit that the gate has blocked.

**Nothing is recorded for the machine to learn.** An answer (`NewReview`) is about findings that a
verdict rests on, and here it rests on none, or on others than what readers say: "a copy" on a note
that was labelled for its words says nothing about these, and an answer to the whole would count for
them. What was missed needs a finding that nobody has made. And that readers are wrong makes the
verdict no more right than silence would. Who knows what a text should have been read as says it
with `moderation review record --intent --disclosure`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from moderation.desk.choices import CHOICES, Choice
from moderation.errors import BadNote
from moderation.finding import FindingKind
from moderation.store import CaseKind, ReportReason, Said
from moderation.verdict import Verdict

_COPIES = frozenset(
    {
        FindingKind.IMAGE_COPY,
        FindingKind.IMAGE_COPY_PARTIAL,
        FindingKind.IMAGE_WATERMARK_OF_OTHER,
        FindingKind.TEXT_TEMPLATE_TWIN,
    }
)
_ADVERTISING = frozenset(
    {
        FindingKind.TEXT_HARD_SELL,
        FindingKind.TEXT_SOFT_AD_UNDISCLOSED,
        FindingKind.TEXT_DISCLOSURE_BURIED,
    }
)
_WAYS_OUT = frozenset(
    {
        FindingKind.IMAGE_QR,
        FindingKind.TEXT_DIVERSION_CONTACT,
        FindingKind.TEXT_DIVERSION_PLATFORM,
        FindingKind.TEXT_DIVERSION_PROFILE,
        FindingKind.TEXT_DIVERSION_SOLICIT,
        FindingKind.TEXT_DIVERSION_GROUP,
    }
)
_ANYTHING = frozenset(FindingKind)
_CHOSEN: Mapping[str, frozenset[FindingKind]] = {
    "copied": _COPIES,
    "disguised": _ADVERTISING | _WAYS_OUT,
    "other": _ANYTHING,  # what it is stands in words
}
_REPORTED: Mapping[ReportReason, frozenset[FindingKind]] = {
    ReportReason.COPY: _COPIES,
    ReportReason.HIDDEN_AD: _ADVERTISING,
    ReportReason.CONTACT: _WAYS_OUT,
    ReportReason.OTHER: _ANYTHING,
}


def said_to_readers(verdict: Verdict, said: Said) -> Said:
    """What a choice does to the verdict that readers object to.

    Args:
        verdict: that stands.
        said: what was chosen; what is milder than the verdict leaves it as it is.

    Raises:
        BadNote: a finding is said to be mistaken.
    """
    if said.mistaken:
        raise BadNote(
            f"`{said.mistaken[0]}` is not what readers say",
            hint="choose what becomes of the note; a label is taken off when its author appeals",
        )
    return replace(said, decision=max(said.decision, verdict.decision))


def kinds_in_question(choice: str, reasons: Iterable[ReportReason]) -> frozenset[FindingKind]:
    """Kinds of findings that an answer to readers is about, though the gate has made none.

    Args:
        choice: code of what was chosen. Where it names something, that is what it is about.
        reasons: what readers say; else it is about that.
    """
    if choice in _CHOSEN:
        return _CHOSEN[choice]
    return frozenset().union(*(_REPORTED[reason] for reason in reasons))


def choices_for(kind: CaseKind, verdict: Verdict) -> tuple[Choice, ...]:
    """The choices with what each makes of the note.

    Args:
        kind: who asks.
        verdict: that stands.
    """
    if kind is not CaseKind.REPORT:
        return CHOICES
    return tuple(replace(one, decision=max(one.decision, verdict.decision)) for one in CHOICES)

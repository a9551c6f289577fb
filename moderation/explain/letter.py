"""The letter to an author: what was decided, on what proof, how to mend it and how to appeal. Pure.

It says less than a moderator sees: no score, no threshold, no other author's or note's id, nothing
of the brake, and of what could not be checked only that it could not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.explain import letter_phrases as phrases
from moderation.explain import letter_reasons as reasons
from moderation.explain.codes import MERE_CODE, NO_FAULT, is_mere_code
from moderation.explain.letter_proof import COPIES, SAID_BY_PROOF, joined, proof_of, sureness
from moderation.explain.message import message_to_author
from moderation.explain.names import Lang, Phrase
from moderation.explain.phrases import WHY, WIDELY_SHOWN_WHY
from moderation.finding import Difference, Finding, FindingKind
from moderation.verdict import BRAKE, FLOOD, PERSON, Completeness, Decision, Reason, Verdict

_OF_RIGHTS = (*COPIES, FindingKind.IMAGE_WATERMARK_OF_OTHER, FindingKind.TEXT_TEMPLATE_TWIN)
_OF_ADVERTISING = (FindingKind.TEXT_SOFT_AD_UNDISCLOSED, FindingKind.TEXT_DISCLOSURE_BURIED)
UNCHECKED = "unchecked"
"""Code of the reason that a check could not be completed, whichever it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One thing that was seen."""

    finding: int
    """Place in the findings of the verdict."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterReason:
    """One kind of thing that was seen, with all its proof, and how to mend it."""

    code: str
    """Kind of the findings, `widely_shown`, `flood` or `unchecked`."""
    title: str
    proofs: tuple[Proof, ...]
    words: str
    """What was seen in general; empty where each proof says it."""
    sure: str
    """How sure it is; empty where there is nothing to doubt, or the proofs say it one by one."""
    mend: tuple[str, ...]

    def to_json(self, lang: Lang) -> dict[str, Any]:
        """JSON as in HTTP, in whole sentences."""
        said = [self.words, *(proof.words for proof in self.proofs), self.sure]
        return {
            "code": self.code,
            "title": self.title,
            "words": joined(said, lang),
            "mend": list(self.mend),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The verdict that stands on a note, where that is another one than the letter is about."""

    verdict_id: int
    decision: Decision
    at: datetime
    is_edited: bool
    """Of a later revision of the note."""

    def words(self, lang: Lang) -> str:
        """What the author is told of it, in a sentence."""
        phrase = phrases.LATER_EDITED if self.is_edited else phrases.LATER
        return phrase.say(
            lang, at=_moment(self.at), what=phrases.LATER_SAYS[self.decision].say(lang)
        )

    def to_json(self, lang: Lang) -> dict[str, Any]:
        """JSON as in HTTP."""
        return {
            "verdict_id": f"v_{self.verdict_id}",
            "decision": self.decision.value,
            "at": self.at.isoformat(),
            "words": self.words(lang),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """All that an author is told of a verdict on their note."""

    lang: Lang
    decision: Decision
    heading: str
    decided: tuple[str, ...]
    """When and by whom, in sentences."""
    later: Later | None
    """What took the place of this verdict; None where it stands."""
    message: str
    """The same in a few sentences, for a notification."""
    reasons: tuple[LetterReason, ...]
    """Strongest first."""
    not_held: tuple[str, ...]
    appeal: tuple[str, ...]
    """How to appeal, who decides, and what then; empty where there is nothing to appeal."""
    helps: tuple[str, ...]
    """What helps in an appeal."""

    def to_json(self) -> dict[str, Any]:
        """JSON as in HTTP."""
        return {
            "lang": self.lang,
            "heading": self.heading,
            "decided": list(self.decided),
            "later": None if self.later is None else self.later.to_json(self.lang),
            "message": self.message,
            "reasons": [reason.to_json(self.lang) for reason in self.reasons],
            "not_held": list(self.not_held),
            "appeal": list(self.appeal),
            "helps": list(self.helps),
        }


def letter_of(
    verdict: Verdict,
    *,
    decided_at: datetime,
    lang: Lang,
    later: Later | None = None,
    appeal_until: datetime | None = None,
    now: datetime | None = None,
) -> Letter:
    """Put the letter together.

    Args:
        verdict: as given.
        decided_at: when, aware.
        lang: `zh` or `en`.
        later: what took its place; None where it stands.
        appeal_until: end of the time to appeal; None where that is not said.
        now: to tell whether that time is over; None where that is not asked.
    """
    told = tuple(_reasons(verdict, lang))
    kinds = [f.kind for f in _behind(verdict)]
    appealable = verdict.decision is not Decision.PASS and later is None
    heading = phrases.HEADING[verdict.decision].say(lang)
    return Letter(
        lang=lang,
        decision=verdict.decision,
        heading=heading if later is None else phrases.HEADING_LATER.say(lang, heading=heading),
        decided=tuple(_decided(verdict, decided_at, lang)),
        later=later,
        message=message_to_author(verdict, lang=lang),
        reasons=told,
        not_held=tuple(_not_held(verdict, lang)),
        appeal=tuple(_appeal(verdict, appeal_until, now, lang))
        if appealable
        else _said(_appeal_later(later), lang),
        helps=_said(_helps(kinds), lang) if appealable else (),
    )


def _decided(verdict: Verdict, at: datetime, lang: Lang) -> Iterator[str]:
    yield phrases.DECIDED[verdict.decision].say(lang, at=_moment(at))
    person = next((reason for reason in verdict.reasons if reason.code == PERSON), None)
    if person is not None:
        yield phrases.BY_PERSON.say(lang)
        found = phrases.PERSON_FOUND.get(person.rule.removeprefix(f"{PERSON}."))
        if found is not None:
            yield found.say(lang)
    elif verdict.decision in (Decision.LABEL, Decision.BLOCK):
        yield phrases.BY_MACHINE.say(lang)
    if verdict.completeness is Completeness.PARTIAL:
        yield phrases.NOT_WHOLE.say(lang)


def _behind(verdict: Verdict) -> list[Finding]:
    """Findings that the verdict rests on, strongest first."""
    places = dict.fromkeys(r.finding for r in verdict.reasons if r.finding is not None)
    return [verdict.findings[place] for place in places]


def _reasons(verdict: Verdict, lang: Lang) -> Iterator[LetterReason]:
    """One for each kind, in the order of the strongest of each."""
    by_code: dict[str, list[int]] = {}
    for reason in verdict.reasons:
        code = _code(reason, verdict)
        if code:
            places = by_code.setdefault(code, [])
            if reason.finding is not None and reason.finding not in places:
                places.append(reason.finding)
    for code, places in by_code.items():
        if code == FLOOD:
            yield _plain(code, reasons.FLOOD, reasons.FLOOD_WORDS, lang)
        elif code == UNCHECKED:
            yield _plain(code, reasons.UNCHECKED, reasons.UNCHECKED_WORDS, lang)
        elif code == Difference.WIDELY_SHOWN.value:
            mend = reasons.PERSON_DECIDES
            yield _plain(code, reasons.WIDELY_SHOWN, WIDELY_SHOWN_WHY, lang, places, mend)
        else:
            yield _of_findings(code, [(i, verdict.findings[i]) for i in places], lang)


def _code(reason: Reason, verdict: Verdict) -> str:
    """Under which heading a reason stands; empty for what an author is not told."""
    if reason.finding is not None:
        finding = verdict.findings[reason.finding]
        widely = finding.difference is Difference.WIDELY_SHOWN
        return Difference.WIDELY_SHOWN.value if widely else finding.kind.value
    if reason.code == FLOOD:
        return FLOOD
    # Of the brake nothing: it would tell whoever tries when to try.
    told_elsewhere = reason.code == PERSON or reason.code.partition(".")[0] == BRAKE
    return "" if told_elsewhere else UNCHECKED


def _plain(
    code: str,
    title: Phrase,
    words: Phrase,
    lang: Lang,
    places: Iterable[int] = (),
    mend: tuple[Phrase, ...] = reasons.NOTHING_TO_DO,
) -> LetterReason:
    """What accuses nobody."""
    return LetterReason(
        code=code,
        title=title.say(lang),
        proofs=tuple(Proof(finding=place, words="") for place in places),
        words=words.say(lang),
        sure="",
        mend=_said(mend, lang),
    )


def _of_findings(code: str, found: list[tuple[int, Finding]], lang: Lang) -> LetterReason:
    kind = found[0][1].kind
    mere = all(is_mere_code(finding) for _, finding in found)
    sure = [NO_FAULT.say(lang) if mere else sureness(finding, lang) for _, finding in found]
    all_alike = len(set(sure)) == 1
    # Where some are surer than others, each says so itself: the surest must not speak for all.
    proofs = tuple(
        Proof(
            finding=i,
            words=joined([proof_of(finding, lang), "" if all_alike else how_sure], lang),
        )
        for (i, finding), how_sure in zip(found, sure, strict=True)
    )
    said_already = kind in SAID_BY_PROOF and any(proof.words for proof in proofs)
    return LetterReason(
        code=code,
        title=reasons.TITLE[kind].say(lang),
        proofs=proofs,
        words="" if said_already else (MERE_CODE if mere else WHY[kind]).say(lang),
        sure=sure[0] if all_alike else "",
        mend=_said(reasons.NOTHING_TO_DO if mere else reasons.MEND[kind], lang),
    )


def _not_held(verdict: Verdict, lang: Lang) -> Iterator[str]:
    behind = _behind(verdict)
    allowed = (
        finding.difference
        for finding in verdict.findings
        if finding.difference is not None and finding.score == 0 and finding not in behind
    )
    for difference in dict.fromkeys(allowed):
        if difference in phrases.ALLOWED:
            yield phrases.ALLOWED[difference].say(lang)
    if verdict.decision is not Decision.PASS:
        yield from _said(phrases.NOT_HELD, lang)


def _appeal(
    verdict: Verdict, until: datetime | None, now: datetime | None, lang: Lang
) -> Iterator[str]:
    if until is not None and now is not None and now > until:
        yield phrases.APPEAL_OVER.say(lang, until=_moment(until))
        return
    if verdict.decision is Decision.REVIEW:
        yield phrases.APPEAL_WAITING.say(lang)
    else:
        yield phrases.APPEAL.say(lang)
    if until is not None:
        yield phrases.APPEAL_UNTIL.say(lang, until=_moment(until))
    yield phrases.WHO_DECIDES.say(lang)
    yield phrases.THEN.say(lang)


def _appeal_later(later: Later | None) -> Iterator[Phrase]:
    """Nobody is sent to appeal against what does not count any more."""
    if later is not None and later.decision is not Decision.PASS:
        yield phrases.APPEAL_LATER


def _helps(kinds: Iterable[FindingKind]) -> Iterator[Phrase]:
    """What helps in an appeal against findings of these kinds, each once."""
    kinds = list(dict.fromkeys(kinds))
    if any(kind in _OF_RIGHTS for kind in kinds):
        yield phrases.HELP_FILE
        yield phrases.HELP_PROJECT
        yield phrases.HELP_LINK
        yield phrases.HELP_LICENCE
    elif FindingKind.IMAGE_AI_GENERATED_UNDECLARED in kinds:
        yield phrases.HELP_FILE
    if FindingKind.IMAGE_QR in kinds:
        yield phrases.HELP_LEADS
    if any(kind in _OF_ADVERTISING for kind in kinds):
        yield phrases.HELP_INTEREST
    if any(k.value.startswith("text.") and k is not FindingKind.TEXT_TEMPLATE_TWIN for k in kinds):
        yield phrases.HELP_WORDS


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _said(them: Iterable[Phrase], lang: Lang) -> tuple[str, ...]:
    return tuple(phrase.say(lang) for phrase in them)

"""Details: what the proof of a finding without a match says, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from moderation.explain import phrases
from moderation.explain.codes import explain_code
from moderation.explain.names import Lang
from moderation.finding import Difference, Finding, FindingKind
from moderation.printable import printable

MAX_SAID_CHARS = 60


def explain_detail(finding: Finding, lang: Lang) -> list[str]:
    """Sentences on `Finding.detail`; none for kinds that have no such proof.

    Details come from files, too: what is missing or unknown there is left out.
    """
    if finding.kind is FindingKind.IMAGE_WATERMARK_OF_OTHER:
        return _watermark(finding, lang)
    if finding.kind is FindingKind.IMAGE_AI_GENERATED_UNDECLARED:
        return _ai_mark(finding, lang)
    if finding.kind is FindingKind.TEXT_TEMPLATE_TWIN:
        return _twin(finding, lang)
    if finding.kind is FindingKind.TEXT_DIVERSION_PLATFORM:
        return _page(finding, lang)
    if finding.kind is FindingKind.IMAGE_QR:
        return explain_code(finding, lang)
    return []


def explain_list(finding: Finding, lang: Lang) -> list[str]:
    """Which list of hashes a match rests on, and its licence; nothing where no list is named."""
    source, licence = (
        _printable(finding.detail.get(f"list_{x}", "")) for x in ("source", "licence")
    )
    if not source and not licence:
        return []
    return [
        phrases.LISTED.say(
            lang,
            source=source or phrases.NOT_SAID.say(lang),
            licence=licence or phrases.NO_LICENCE.say(lang),
        )
    ]


def _watermark(finding: Finding, lang: Lang) -> list[str]:
    handle, confidence = finding.detail.get("handle"), finding.detail.get("confidence")
    if not handle or not isinstance(confidence, int | float):
        return []
    text, handle = (_printable(finding.detail.get(name, "")) for name in ("text", "handle"))
    read = phrases.READ_HANDLE.say(lang, text=text, handle=handle, confidence=confidence)
    return [read] if finding.difference else [read, phrases.ANOTHER_ACCOUNT.say(lang)]


def _ai_mark(finding: Finding, lang: Lang) -> list[str]:
    detail: Mapping[str, object] = finding.detail
    place = phrases.PLACES.get(str(detail.get("place")))
    if place is None:
        return [] if finding.difference else [phrases.UNDECLARED.say(lang)]
    signed = phrases.SIGNED.get(str(detail.get("signed")))
    said = phrases.SAID_AI.say(
        lang,
        place=place.say(lang),
        said=_printable(detail.get("said", "")),
        signed=signed.say(lang) if signed else "",
    )
    return [said] if finding.difference else [said, phrases.UNDECLARED.say(lang)]


def _twin(finding: Finding, lang: Lang) -> list[str]:
    detail = finding.detail
    shares = [detail.get(name) for name in ("share_of_caption", "share_of_twin")]
    if not detail.get("twin_note") or not all(isinstance(x, int | float) for x in shares):
        return []
    later = finding.difference is Difference.PUBLISHED_EARLIER
    share, of_twin = (f"{share:.0%}".replace("%", " %") for share in shares)
    said = (phrases.TWIN_LATER if later else phrases.TWIN).say(
        lang,
        share=share,
        of_twin=of_twin,
        note=_printable(detail["twin_note"]),
        date=_printable(str(detail.get("claimed_at", "?"))[:10]),
    )
    return [said]


def _page(finding: Finding, lang: Lang) -> list[str]:
    page = phrases.PAGES.get(str(finding.detail.get("page")))
    if page is None or finding.image_number is None:
        return []
    return [page.say(lang, number=finding.image_number + 1)]


def _printable(value: object) -> str:
    return printable(str(value), MAX_SAID_CHARS)

"""What the letter says of one finding: what was seen and how sure it is, in words. Pure.

Another note is told by its date alone. A score becomes words: numbers between 0 and 1 say nothing
to whoever reads one letter in their life.
"""

from __future__ import annotations

from collections.abc import Iterable

from moderation.explain import letter_reasons as reasons
from moderation.explain.codes import explain_code
from moderation.explain.details import MAX_SAID_CHARS, explain_detail
from moderation.explain.names import Lang
from moderation.explain.phrases import WHY
from moderation.explain.sentences import quoted
from moderation.finding import Difference, Finding, FindingKind
from moderation.match import Basis, Direction, Match
from moderation.printable import printable

COPIES = (FindingKind.IMAGE_COPY, FindingKind.IMAGE_COPY_PARTIAL)
_MINE_WHOLE = (Direction.SAME, Direction.QUERY_IN_ORIGINAL)
_THEIRS_WHOLE = (Direction.SAME, Direction.ORIGINAL_IN_QUERY)
_SURELY = 0.9
_LIKELY = 0.5
SAID_BY_PROOF = (
    *COPIES,
    FindingKind.IMAGE_WATERMARK_OF_OTHER,
    FindingKind.IMAGE_UNDECODABLE,
    FindingKind.TEXT_DIVERSION_CONTACT,
    FindingKind.TEXT_DIVERSION_GROUP,
    FindingKind.TEXT_DIVERSION_PLATFORM,
    FindingKind.TEXT_DIVERSION_PROFILE,
    FindingKind.TEXT_DIVERSION_SOLICIT,
    FindingKind.TEXT_TEMPLATE_TWIN,
)
"""Kinds whose general words would only say again what title and proof say."""


def proof_of(finding: Finding, lang: Lang) -> str:
    """What was seen, in sentences; empty where the general words of its kind say it all."""
    number = (finding.image_number or 0) + 1
    detail = finding.detail
    if finding.match is not None and finding.kind in COPIES:
        return _copy(finding, finding.match, number, lang)
    if finding.kind is FindingKind.IMAGE_UNDECODABLE:
        return reasons.UNDECODABLE.say(lang, number=number)
    if finding.kind is FindingKind.IMAGE_WATERMARK_OF_OTHER:
        text = printable(str(detail.get("text", "")), MAX_SAID_CHARS)
        return reasons.WATERMARK.say(lang, number=number, text=text)
    if finding.kind is FindingKind.IMAGE_QR:
        return joined(
            [reasons.SEEN_IN.say(lang, number=number), *explain_code(finding, lang)], lang
        )
    if finding.kind is FindingKind.TEXT_TEMPLATE_TWIN:
        return joined([_twin(finding, lang), *quoted(finding, lang)], lang)
    if finding.kind is FindingKind.IMAGE_AI_GENERATED_UNDECLARED:
        return joined(explain_detail(finding, lang), lang)
    if finding.kind.value.startswith("image."):
        return ""
    return joined(quoted(finding, lang), lang)


def _copy(finding: Finding, match: Match, number: int, lang: Lang) -> str:
    at, direction = match.published_at, match.direction
    is_listed = not match.note_id or bool(_list_of(finding))
    mine = reasons.MINE if direction in _MINE_WHOLE else reasons.PART_OF_MINE
    theirs = reasons.THEIRS if direction in _THEIRS_WHOLE else reasons.PART_OF_THEIRS
    found = (reasons.COPY_OF_LIST if is_listed else reasons.COPY).say(
        lang,
        mine=mine.say(lang, number=number),
        theirs=theirs.say(lang),
        by=reasons.BY_ANOTHER.say(lang) if match.author_id else "",
        date=reasons.ON_DATE.say(lang, date=f"{at:%Y-%m-%d}") if at else reasons.NO_DATE.say(lang),
        extent=reasons.EXTENT[direction].say(
            lang,
            query=_share(match.share_of_query, lang),
            original=_share(match.share_of_original, lang),
        ),
    )
    return joined([found, reasons.MIRRORED.say(lang) if match.mirrored else ""], lang)


def _list_of(finding: Finding) -> str:
    """Name of the bank or source of the list that a match is from; empty where it is a note's."""
    return str(finding.detail.get("bank") or finding.detail.get("list_source") or "")


def _twin(finding: Finding, lang: Lang) -> str:
    share, at = finding.detail.get("share_of_caption"), str(finding.detail.get("claimed_at", ""))
    if not isinstance(share, int | float) or not at:
        return WHY[FindingKind.TEXT_TEMPLATE_TWIN].say(lang)
    said = _share(float(share), lang)
    date = printable(at[:10])
    return reasons.TWIN.say(lang, share=said[:1].upper() + said[1:], date=date)


def _share(share: float, lang: Lang) -> str:
    """A share in words, to five hundredths."""
    if share >= 0.97:
        return reasons.NEARLY_ALL.say(lang)
    if share < 0.05:
        return reasons.LITTLE.say(lang)
    return reasons.ABOUT.say(lang, percent=5 * round(20 * share))


def sureness(finding: Finding, lang: Lang) -> str:
    """How sure a finding is, in words; empty where there is nothing to doubt."""
    kind = finding.kind
    if finding.match is not None and kind in COPIES:
        if not finding.match.verified or finding.difference is Difference.UNVERIFIED:
            name = "unverified"
        elif finding.match.basis is Basis.NEAR_EXACT_HASH:
            name = "copy_little"
        else:
            name = "copy_sure" if finding.score >= _SURELY else "copy_likely"
    elif (
        finding.difference is Difference.READ_IN_PICTURE
        or kind is FindingKind.IMAGE_WATERMARK_OF_OTHER
    ):
        name = "read_in_picture"
    elif kind.value.startswith("image.") or kind is FindingKind.TEXT_TEMPLATE_TWIN:
        return ""
    elif finding.score >= _SURELY:
        name = "words_plain"
    else:
        name = "words_likely" if finding.score >= _LIKELY else "words_doubtful"
    return reasons.SURE[name].say(lang)


def joined(sentences: Iterable[str], lang: Lang) -> str:
    """Sentences one after the other."""
    return ("" if lang == "zh" else " ").join(filter(None, sentences))

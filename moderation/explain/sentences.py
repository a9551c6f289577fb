"""Sentences: a finding, a failure, a reason and a verdict, each as people should hear it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from moderation.explain import phrases
from moderation.explain.codes import MERE_CODE, NO_FAULT, is_mere_code
from moderation.explain.details import explain_detail, explain_list
from moderation.explain.names import (
    Lang,
    Phrase,
    cause_name,
    choice_name,
    decision_word,
    difference_name,
    kind_name,
    shown_score,
)
from moderation.finding import Difference, Finding, FindingKind, ItemFailure, Span
from moderation.match import Match
from moderation.printable import printable
from moderation.verdict import (
    BRAKE,
    FLOOD,
    PERSON,
    UNDECIDED_RULE,
    Completeness,
    Decision,
    Reason,
    Verdict,
)

MAX_QUOTES = 3
MAX_QUOTE_CHARS = 40

_PROMOTION = Phrase("promotion", "推广内容")
_FAILED_TITLE = Phrase("not fully checked", "未能完整检查")
_FAILED_WHY = Phrase("{part} {cause}: {message}", "{part}{cause}：{message}")
_PART = Phrase("the check `{detector}`", "检查项 `{detector}` ")
_WHOLE = Phrase("the check", "检查")
_PICTURE = Phrase("Picture {number}", "第 {number} 张图片")
_THE_PICTURE = Phrase("The picture", "图片")
_ON_DATE = Phrase(" on {date}", "于 {date} ")
_QUOTED = Phrase("It says {quotes}", "原文：{quotes}")
_QUOTED_PICTURE = Phrase("In picture {number} it reads {quotes}", "第 {number} 张图片中：{quotes}")
_QUOTE = Phrase("“{text}” (read as “{read}”)", "“{text}”（识别为“{read}”）")
_PLAIN_QUOTE = Phrase("“{text}”", "“{text}”")
_MORE = Phrase(" and {number} more", " 等另外 {number} 处")
_REASON = Phrase(
    "{name}: score {score}, {decision} from {threshold:g} on",
    "{name}：得分 {score}，达到 {threshold:g} 即{decision}",
)
_UNDECIDED = Phrase(
    "picture that many authors show: {decision} until a person has decided whether all may",
    "多位作者发布的图片：认定是否为公用模板之前，{decision}",
)
_BRAKED = Phrase(
    "automatic blocks by `{rule}` are paused for now: {decision} instead of {instead}",
    "规则 `{rule}` 的自动拦截已暂停：由{instead}改为{decision}",
)
_ALL_BRAKED = Phrase(
    "automatic blocks are paused for now: {decision} instead of {instead}",
    "自动拦截已暂停：由{instead}改为{decision}",
)
_FLOOD = Phrase(
    "picture that very many accounts show at the moment: {decision}; nobody is accused",
    "短时间内大量账号发布的图片：{decision}；不构成指责",
)
_FLOOD_NAME = Phrase("picture that very many show at the moment", "短时间内大量账号发布的图片")
_PERSON = Phrase("a person has looked: {decision}", "已由人工审核：{decision}")
_PERSON_WHY = Phrase("a person has looked: {decision}, {why}", "已由人工审核：{decision}，{why}")
_SILENT = Phrase("{part} could not answer: {decision}", "{part}未能给出结果：{decision}")
_NOTHING_SEEN = Phrase("nothing to object to", "未发现问题")
_ONLY_ALLOWED = Phrase("no action needed (findings: {number})", "无需处理（发现 {number} 项）")
_INCOMPLETE = Phrase("not everything could be checked", "部分内容未能检查")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What to tell a person, in whole sentences."""

    title: str
    """Two or three words."""
    why: str
    """What was seen, and where it is allowed, why."""
    mend: str
    """What the author can do."""


def explain_finding(finding: Finding, *, lang: Lang) -> Explanation:
    """Explain one finding to its author or a moderator.

    Args:
        finding: As in a verdict.
        lang: `zh` or `en`.
    """
    allowed = _allowed(finding)
    title, why = kind_name(finding.kind, lang), phrases.WHY[finding.kind]
    if _is_disclosed_promotion(finding):
        title, why = _PROMOTION.say(lang), phrases.DISCLOSED_PROMOTION
    if is_mere_code(finding):
        allowed, why = NO_FAULT, MERE_CODE
    widely_shown = finding.difference is Difference.WIDELY_SHOWN
    if widely_shown:
        title, why = difference_name(Difference.WIDELY_SHOWN, lang), phrases.WIDELY_SHOWN_WHY
    sentences = [why.say(lang)]
    sentences += explain_detail(finding, lang)
    if finding.match is not None:
        sentences.append(_matched(finding, finding.match, lang))
        sentences += explain_list(finding, lang)
    sentences += quoted(finding, lang)
    sentences += _weighed(finding, allowed, lang)
    if finding.detail.get("conflict"):
        sentences.append(phrases.CONFLICT.say(lang, bank=_bank(finding)))
    mend = phrases.MEND[finding.kind] if allowed is None else phrases.NOTHING_TO_DO
    if widely_shown:
        mend = phrases.WIDELY_SHOWN_MEND
    return Explanation(title=title, why=_join(sentences, lang), mend=mend.say(lang))


def explain_failure(failure: ItemFailure, *, lang: Lang) -> Explanation:
    """Explain what could not be checked; message and hint stay in the words of the error."""
    why = _FAILED_WHY.say(
        lang,
        part=_part(failure.detector, lang),
        cause=cause_name(failure.cause, lang),
        message=failure.message,
    )
    return Explanation(title=_FAILED_TITLE.say(lang), why=why, mend=failure.hint)


def explain_reason(reason: Reason, *, lang: Lang) -> str:
    """One line: what led to which decision, with score and threshold."""
    decision = decision_word(reason.decision, lang)
    if reason.code == FLOOD:
        return _FLOOD.say(lang, decision=decision)
    if reason.code == PERSON:
        why = choice_name(reason.rule.removeprefix(f"{PERSON}."), lang)
        said = _PERSON_WHY if why else _PERSON
        return said.say(lang, decision=decision, why=why)
    if reason.code == BRAKE:
        rule = reason.rule.removeprefix(BRAKE).removeprefix(".")
        instead = decision_word(reason.instead_of or Decision.BLOCK, lang)
        braked = _BRAKED if rule else _ALL_BRAKED
        return braked.say(lang, rule=rule, decision=decision, instead=instead)
    if reason.score is None or reason.threshold is None:
        detector = reason.code.removeprefix("failure.").removesuffix("unknown")
        return _SILENT.say(lang, part=_part(detector, lang), decision=decision)
    if reason.rule == UNDECIDED_RULE:
        return _UNDECIDED.say(lang, decision=decision)
    return _REASON.say(
        lang,
        name=kind_name(FindingKind(reason.code), lang),
        score=shown_score(reason.score),
        decision=decision_word(reason.instead_of or reason.decision, lang),
        threshold=reason.threshold,
    )


def explain_verdict(verdict: Verdict, *, lang: Lang) -> str:
    """One line: the decision and its reasons, strongest first, each once.

    Nothing of the brake: authors read it, and it would tell whoever tries when to try.
    """
    behind = [verdict.findings[r.finding] for r in verdict.reasons if r.finding is not None]
    named = list(dict.fromkeys(_name(finding, lang) for finding in behind))
    if any(reason.code == FLOOD for reason in verdict.reasons):
        named.append(_FLOOD_NAME.say(lang))
    if verdict.completeness is Completeness.PARTIAL:
        named.append(_INCOMPLETE.say(lang))
    if not named and verdict.findings:
        named.append(_ONLY_ALLOWED.say(lang, number=len(verdict.findings)))
    if not named and verdict.decision is Decision.PASS:
        named.append(_NOTHING_SEEN.say(lang))
    word = decision_word(verdict.decision, lang)
    return f"{word}：{'；'.join(named)}" if lang == "zh" else f"{word}: {'; '.join(named)}"


def _allowed(finding: Finding) -> Phrase | None:
    if finding.difference is None:
        return None
    usual = phrases.ALLOWED.get(finding.difference)
    if finding.kind is FindingKind.TEXT_TEMPLATE_TWIN:
        return phrases.TWIN_ALLOWED.get(finding.difference, usual)
    return usual


def _weighed(finding: Finding, allowed: Phrase | None, lang: Lang) -> list[str]:
    """Why the score is not what was seen at first."""
    if allowed is not None:
        return [allowed.say(lang)]
    if finding.difference is Difference.UNVERIFIED:
        return [phrases.UNVERIFIED.say(lang)]
    if finding.difference is Difference.READ_IN_PICTURE:
        return [phrases.READ_IN_PICTURE.say(lang)]
    if finding.difference is Difference.WIDELY_SHOWN:
        number = finding.detail.get("unrelated_authors", "?")
        return [phrases.WIDELY_SHOWN.say(lang, number=number)]
    return []


def _name(finding: Finding, lang: Lang) -> str:
    if finding.difference is Difference.WIDELY_SHOWN:
        return difference_name(Difference.WIDELY_SHOWN, lang)
    return kind_name(finding.kind, lang)


def _bank(finding: Finding) -> str:
    return _shortened(str(finding.detail.get("bank", "")))


def _is_disclosed_promotion(finding: Finding) -> bool:
    return (
        finding.kind is FindingKind.TEXT_SOFT_AD_UNDISCLOSED
        and finding.difference is Difference.DISCLOSED
    )


def _part(detector: str, lang: Lang) -> str:
    return _PART.say(lang, detector=detector) if detector else _WHOLE.say(lang)


def _matched(finding: Finding, match: Match, lang: Lang) -> str:
    by = {
        Difference.SAME_AUTHOR: phrases.BY_SAME_AUTHOR,
        Difference.LINKED_ACCOUNT: phrases.BY_LINKED_ACCOUNT,
    }.get(finding.difference, phrases.BY_ANOTHER_AUTHOR)  # type: ignore[arg-type]
    earlier = finding.difference is Difference.PUBLISHED_EARLIER
    bank = _bank(finding)
    number = finding.image_number
    picture = _THE_PICTURE.say(lang) if number is None else _PICTURE.say(lang, number=number + 1)
    at = match.published_at
    shares = {
        "query": _percent(match.share_of_query),
        "original": _percent(match.share_of_original),
    }
    found = phrases.MATCHED_LATER if earlier else phrases.MATCHED
    if bank and finding.difference is Difference.EXEMPT_TEMPLATE:
        found = phrases.MATCHED_BANK  # no note, and nobody's
    parts = [
        found.say(
            lang,
            picture=picture,
            note=match.note_id,
            author=by.say(lang),
            date=_ON_DATE.say(lang, date=at.date().isoformat()) if at else "",
            bank=bank,
        ),
        phrases.EXTENT[match.direction].say(lang, **shares),
    ]
    if match.mirrored:
        parts.append(phrases.MIRRORED.say(lang))
    bits = "?" if match.distance_bits is None else match.distance_bits
    parts.append(phrases.PROOF[match.basis].say(lang, inliers=match.inliers, bits=bits))
    return "；".join(parts) + "。" if lang == "zh" else "; ".join(parts) + "."


def _by_picture(spans: tuple[Span, ...]) -> Iterator[tuple[int | None, tuple[Span, ...]]]:
    """Spans of the author's own text, then those of each picture, by its number from 1."""
    by_number: dict[int | None, list[Span]] = {}
    for span in spans:
        by_number.setdefault(picture_of(span.field), []).append(span)
    for number in sorted(by_number, key=lambda n: -1 if n is None else n):
        yield None if number is None else number + 1, tuple(by_number[number])


def picture_of(field: str) -> int | None:
    """Number, from 0, of the picture in which a field was read; None for the author's own text.

    >>> picture_of("image[2].ocr"), picture_of("title")
    (2, None)
    """
    digits = field.removeprefix("image[").partition("]")[0]
    is_picture = field.startswith("image[") and digits.isascii() and digits.isdecimal()
    return int(digits) if is_picture and len(digits) < 6 else None


def quoted(finding: Finding, lang: Lang) -> list[str]:
    """What a finding read, in a sentence for the author's words and one for each picture."""
    return [_quoted(spans, place, lang) for place, spans in _by_picture(finding.spans)]


def _quoted(spans: tuple[Span, ...], number: int | None, lang: Lang) -> str:
    quotes = [_quote(span, lang) for span in spans[:MAX_QUOTES]]
    listed = "、".join(quotes) if lang == "zh" else ", ".join(quotes)
    if len(spans) > MAX_QUOTES:
        listed += _MORE.say(lang, number=len(spans) - MAX_QUOTES)
    quoted = _QUOTED if number is None else _QUOTED_PICTURE
    return quoted.say(lang, quotes=listed, number=number) + ("。" if lang == "zh" else ".")


def _quote(span: Span, lang: Lang) -> str:
    text, read = _shortened(span.text), _shortened(span.normalised)
    # Case and width are no disguise; say how it was read only where that is news.
    if not read or read.casefold() == text.casefold():
        return _PLAIN_QUOTE.say(lang, text=text)
    return _QUOTE.say(lang, text=text, read=read)


def _shortened(text: str) -> str:
    return printable(text, MAX_QUOTE_CHARS)


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _join(sentences: list[str], lang: Lang) -> str:
    return "".join(sentences) if lang == "zh" else " ".join(sentences)

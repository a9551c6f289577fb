"""One explanation for the note: the most important first, evidence counted, nothing said twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from moderation.explain.names import Lang, Phrase, difference_name, kind_name
from moderation.finding import Difference, Finding, FindingKind
from moderation.summary import Source, Summary, counts, place_of
from moderation.verdict import Completeness, Decision, Verdict

_ONE = Phrase("The picture {is_copy} of one in {note}", "图片与{note}中的图片{same}")
_ONE_OF = Phrase(
    "1 of {all} pictures {is_copy} of one in {note}",
    "{all} 张图片中有 1 张与{note}中的图片{same}",
)
_SOME = Phrase(
    "{number} of {all} pictures {are_copies} of pictures in {note}",
    "{all} 张图片中有 {number} 张与{note}中的图片{same}",
)
_ALL = Phrase(
    "All {all} pictures {are_copies} of pictures in {note}",
    "{all} 张图片均与{note}中的图片{same}",
)
_MANY_SOURCES = Phrase(
    "{number} of {all} pictures are copies, whole or in part, from {notes} notes by {authors}",
    "{all} 张图片中有 {number} 张与{authors}的 {notes} 篇笔记中的图片相同或部分相同",
)
_AUTHORS = Phrase("{number} authors", " {number} 位作者")
_AUTHOR = Phrase("one author", "同一位作者")
_FROM = Phrase("{number} of them from {note}", "其中 {number} 张来自{note}")
_SAME_WORDS = Phrase("The text is nearly the same as in {note}", "文案与{note}几乎相同")

_COPIES: dict[str, tuple[Phrase, Phrase]] = {
    # one, several; the Chinese is the same word for both
    "whole": (Phrase("is a copy", "相同"), Phrase("are copies", "相同")),
    "part": (
        Phrase("is a copy, in part,", "部分相同"),
        Phrase("are copies, whole or in part,", "相同或部分相同"),
    ),
    "unverified": (Phrase("may be a copy", "疑似相同"), Phrase("may be copies", "疑似相同")),
}
_NOTE = Phrase("note {note}", "笔记 {note} ")
_NOTE_ON = Phrase("note {note} ({date})", " {date} 发布的笔记 {note} ")
_NOTE_BY = Phrase("note {note} by {author}", " {author} 的笔记 {note} ")
_NOTE_BY_ON = Phrase("note {note} by {author} ({date})", " {author} 于 {date} 发布的笔记 {note} ")
_IN_ORDER = Phrase("in the same order", "顺序一致")
_OTHER_ORDER = Phrase("in another order", "顺序不同")
_HASHES_ALONE = Phrase("as far as hashes alone can tell", "仅凭哈希判断")
_WITH_WORDS = Phrase("with nearly the same text", "文案也几乎相同")

_ALSO = Phrase("Also: {named}", "另有：{named}")
_COUNTED = Phrase("{name} ({number} places)", "{name}（{number} 处）")
_COUNTED_PICTURES = Phrase("{name} ({number} pictures)", "{name}（{number} 张）")
_ALLOWED = Phrase("Seen and allowed: {named}", "已见并允许：{named}")
_TIMES = Phrase("{name} ({number})", "{name}（{number} 项）")
_INCOMPLETE = Phrase("Not everything could be checked", "部分内容未能检查")
_NOTHING = Phrase("Nothing to object to", "未发现问题")
_NO_ACTION = Phrase("No action needed", "无需处理")


def explain_note(verdict: Verdict, *, lang: Lang) -> str:
    """What a moderator should know of a note before looking at its parts, in a few sentences.

    Args:
        verdict: as given or as read from the audit.
        lang: `zh` or `en`.
    """
    behind = [verdict.findings[r.finding] for r in verdict.reasons if r.finding is not None]
    behind = list({id(finding): finding for finding in behind}.values())
    sentences = [*_sources(verdict.summary, verdict.findings, lang)]
    rest = [finding for finding in behind if not (sentences and _is_told(finding))]
    if rest:
        named = _listed(_named(rest, lang), lang)
        sentences.append(_ALSO.say(lang, named=named) if sentences else _upper(named))
    allowed = [f for f in verdict.findings if f.difference and f.score == 0 and f not in behind]
    whole = verdict.completeness is Completeness.COMPLETE
    if not sentences and whole and verdict.decision is Decision.PASS:
        sentences.append((_NO_ACTION if verdict.findings else _NOTHING).say(lang))
    if allowed:
        sentences.append(_ALLOWED.say(lang, named=_listed(_differences(allowed, lang), lang)))
    if verdict.completeness is Completeness.PARTIAL:
        sentences.append(_INCOMPLETE.say(lang))
    return (
        "".join(f"{s}。" for s in sentences)
        if lang == "zh"
        else " ".join(f"{s}." for s in sentences)
    )


def _sources(summary: Summary, findings: Sequence[Finding], lang: Lang) -> Iterator[str]:
    showing = [source for source in summary.sources if source.pictures]
    if len(showing) > 1:
        authors = len({source.author_id for source in showing})
        yield _MANY_SOURCES.say(
            lang,
            number=summary.copied,
            all=max(summary.pictures, summary.copied),
            notes=len(showing),
            authors=(_AUTHOR if authors == 1 else _AUTHORS).say(lang, number=authors),
        )
        first = _FROM.say(lang, number=len(showing[0].pictures), note=_note(showing[0], lang))
        yield _with_manner(first, showing[0], findings, lang)
    elif showing:
        shown = _shown(showing[0], summary, findings, lang)
        yield _with_manner(shown, showing[0], findings, lang)
    told = showing[:1]
    for source in summary.sources:
        if source.caption is not None and source not in told:
            yield _SAME_WORDS.say(lang, note=_note(source, lang))


def _shown(source: Source, summary: Summary, findings: Sequence[Finding], lang: Lang) -> str:
    number, pictures = len(source.pictures), max(summary.pictures, summary.copied)
    phrase = _SOME
    if number == 1:
        phrase = _ONE if pictures == 1 else _ONE_OF
    elif number == pictures:
        phrase = _ALL
    one, several = _COPIES[_how(source, findings)]
    return phrase.say(
        lang,
        number=number,
        all=pictures,
        note=_note(source, lang),
        is_copy=one.say(lang),
        are_copies=several.say(lang),
        same=several.say(lang) if number > 1 else one.say(lang),
    )


def _how(source: Source, findings: Sequence[Finding]) -> str:
    """How sure and how whole the copies are, by the weakest word that fits all of them."""
    place = (source.note_id, source.author_id)
    here = [f for f in findings if f.match is not None and place_of(f) == place and counts(f)]
    if not any(f.match is not None and f.match.verified for f in here):
        return "unverified"
    return "part" if any(f.kind is FindingKind.IMAGE_COPY_PARTIAL for f in here) else "whole"


def _with_manner(said: str, source: Source, findings: Sequence[Finding], lang: Lang) -> str:
    manner = [said]
    if _how(source, findings) == "unverified":
        manner.append(_HASHES_ALONE.say(lang))
    if source.in_order is not None:
        manner.append((_IN_ORDER if source.in_order else _OTHER_ORDER).say(lang))
    if source.caption is not None:
        manner.append(_WITH_WORDS.say(lang))
    return ("，" if lang == "zh" else ", ").join(part.strip() for part in manner)


def _note(source: Source, lang: Lang) -> str:
    date = source.published_at.date().isoformat() if source.published_at else ""
    phrase = {
        (True, True): _NOTE_BY_ON,
        (True, False): _NOTE_BY,
        (False, True): _NOTE_ON,
        (False, False): _NOTE,
    }[bool(source.author_id), bool(date)]
    return phrase.say(lang, note=source.note_id, author=source.author_id, date=date)


def _is_told(finding: Finding) -> bool:
    return place_of(finding) is not None and counts(finding)


def _named(findings: Iterable[Finding], lang: Lang) -> Iterator[str]:
    """Each kind once, in the order given, with how many places or pictures show it."""
    by_name: dict[str, list[Finding]] = {}
    for finding in findings:
        widely = finding.difference is Difference.WIDELY_SHOWN
        name = difference_name(finding.difference, lang) if widely and finding.difference else ""
        by_name.setdefault(name or kind_name(finding.kind, lang), []).append(finding)
    for name, same in by_name.items():
        places = len({(s.field, s.start, s.end) for f in same for s in f.spans})
        pictures = len({f.image_number for f in same if f.image_number is not None})
        if places > 1:
            yield _COUNTED.say(lang, name=name, number=places)
        elif pictures > 1:
            yield _COUNTED_PICTURES.say(lang, name=name, number=pictures)
        else:
            yield name


def _differences(findings: Iterable[Finding], lang: Lang) -> Iterator[str]:
    counted = Counter(difference_name(f.difference, lang) for f in findings if f.difference)
    for name, number in counted.items():
        yield name if number == 1 else _TIMES.say(lang, name=name, number=number)


def _listed(names: Iterable[str], lang: Lang) -> str:
    return ("、" if lang == "zh" else ", ").join(names)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]

"""`moderation inspect`: what the file of a picture and the marks in it say, and what that means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.cli.options import speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.explain import Lang
    from moderation.image.codes import CodesSeen, SeenCode
    from moderation.image.lettering import Lettering
    from moderation.image.provenance import AiMark, CameraRecord, Credential, Provenance
    from moderation.image.watermark import Watermark


@click.command()
@click.argument("picture", type=click.Path(path_type=Path))
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    metavar="FILE",
    envvar="MODERATION_C2PA_TRUST",
    show_envvar=True,
    help="Root certificates (PEM) whose signers are vouched for; without it nobody is.",
)
@speaking
def command(screen: Screen, picture: Path, trust: Path | None) -> None:
    """Read a picture's marks of origin, its codes and its words.

    Reads content credentials (C2PA), camera data, marks of AI (IPTC digital source type, label of
    GB 45438-2025), watermarks of accounts, QR and bar codes, and lines of writing. Position and
    serial numbers are not read, and of what a code holds only what harms nobody is shown. Nothing
    is fetched or opened, and what is absent says nothing about anybody.

    With --json: `{"sha256", "credential": {"answer": "verified"|"untrusted"|"invalid"|"absent"|
    "elsewhere"|"not_read", ...}, "camera", "ai_marks", "creator_tool", "faults", "watermarks":
    [...]|null, "codes": [{"class", "shown", "host", "digest", "symbology", "box"}, ...]|null,
    "lettering": {"lines": [...], "doubtful": n, "unread": n}|null}`.
    """
    from moderation.image import codes, lettering, watermark
    from moderation.image.decode import decode_keeping
    from moderation.image.provenance import NOTHING_SAID, read_provenance
    from moderation.image.provenance.credentials import trust_from

    roots = "" if trust is None else trust_from(str(trust))
    decoded, data = decode_keeping(picture)
    told = NOTHING_SAID if data is None else read_provenance(data, trust=roots)
    marks = watermark.read_watermarks(decoded.pixels) if watermark.installed() else None
    seen = codes.codes_in(codes.scan(decoded.pixels)) if codes.installed() else None
    read = lettering.read_lettering(decoded.pixels) if lettering.installed() else None
    lang = screen.lang
    for line in (
        *lines(told, lang),
        *_watermarks(marks, lang),
        *_codes(seen, lang),
        *_lettering(read, lang),
    ):
        screen.say(line)
    screen.json(
        {"sha256": decoded.sha256}
        | told.to_json()
        | {
            "watermarks": None if marks is None else [mark.to_json() for mark in marks],
            "codes": None if seen is None else [one.to_json() for one in seen.codes],
            "lettering": None if read is None else read.to_json(),
        }
    )


def lines(told: Provenance, lang: Lang) -> Iterator[str]:
    """What people read of a file's provenance."""
    from moderation.cli import inspect_words as words

    rows = [
        (words.CREDENTIAL, _credential(told.credential, lang)),
        (words.CAMERA, _camera(told.camera, lang)),
    ]
    if told.creator_tool:
        rows.append((words.TOOL, told.creator_tool))
    rows += [(words.AI_MARKS, _mark(mark, lang)) for mark in told.marks]
    if not told.marks:
        rows.append((words.AI_MARKS, words.NO_MARKS.say(lang)))
    rows += [(words.UNREADABLE, f"{place} {why}") for place, why in told.faults.items()]
    for name, what in rows:
        yield words.LINE.say(lang, name=name.say(lang), told=what)


def _watermarks(marks: Sequence[Watermark] | None, lang: Lang) -> Iterator[str]:
    from moderation.cli import inspect_words as words

    off = words.WATERMARK_OFF if marks is None else words.NO_WATERMARK
    for what in [_watermark(mark, lang) for mark in marks or ()] or [off.say(lang)]:
        yield words.LINE.say(lang, name=words.WATERMARK.say(lang), told=what)


def _codes(seen: CodesSeen | None, lang: Lang) -> Iterator[str]:
    from moderation.cli import inspect_words as words

    if seen is None:
        told = [words.CODES_OFF.say(lang)]
    else:
        told = [_code(one, lang) for one in seen.codes] or [words.NO_CODE.say(lang)]
        if seen.left_out:
            told.append(words.CODES_LEFT_OUT.say(lang, number=seen.left_out))
    for what in told:
        yield words.LINE.say(lang, name=words.CODE.say(lang), told=what)


def _code(one: SeenCode, lang: Lang) -> str:
    from moderation.cli import inspect_words as words
    from moderation.explain.codes import what_opens

    payload = one.payload
    what = what_opens(payload.kind.value, payload.host, lang)
    if what is None:
        return words.CODE_HOLDS[payload.kind.value].say(lang, shown=payload.shown)
    return words.CODE_OPENS.say(lang, what=what, shown=payload.shown)


def _lettering(read: Lettering | None, lang: Lang) -> Iterator[str]:
    from moderation.cli import inspect_words as words
    from moderation.image.lettering import rows_of

    told = [
        words.LETTERING_READ.say(lang, text=row.text, confidence=row.confidence)
        for row in rows_of(read.lines if read else ())
    ]
    if read is not None and read.unread:
        told.append(words.UNREAD.say(lang, number=read.unread))
    off = words.LETTERING_OFF if read is None else words.NO_LETTERING
    for what in told or [off.say(lang)]:
        yield words.LINE.say(lang, name=words.LETTERING.say(lang), told=what)


def _credential(credential: Credential, lang: Lang) -> str:
    from moderation.cli import inspect_words as words

    more = ""
    if credential.signed_at is not None:
        more += words.SIGNED_AT.say(lang, at=credential.signed_at.isoformat())
    if credential.generator:
        more += words.WRITTEN_BY.say(lang, generator=credential.generator)
    signer = " / ".join(filter(None, (credential.signer, credential.issuer))) or "?"
    return words.ANSWERS[credential.answer].say(
        lang, signer=signer, reason=credential.reason or "?", more=more
    )


def _camera(camera: CameraRecord | None, lang: Lang) -> str:
    from moderation.cli import inspect_words as words

    if camera is None:
        return words.NO_CAMERA.say(lang)
    fields = (
        f"{words.CAMERA_FIELDS[name].say(lang)} {value}" for name, value in camera.to_json().items()
    )
    return ("，" if lang == "zh" else ", ").join(fields) + words.NOT_SIGNED.say(lang)


def _mark(mark: AiMark, lang: Lang) -> str:
    from moderation.cli import inspect_words as words
    from moderation.explain.phrases import PLACES, SIGNED

    return words.MARK.say(
        lang,
        place=PLACES[mark.place].say(lang),
        said=mark.said,
        signed=SIGNED[mark.signed].say(lang),
        producer=words.PRODUCER.say(lang, producer=mark.producer) if mark.producer else "",
    )


def _watermark(mark: Watermark, lang: Lang) -> str:
    from moderation.cli import inspect_words as words

    handles = " / ".join(handle.name for handle in mark.handles)
    return words.WATERMARK_READ.say(
        lang, text=mark.text, handle=handles, confidence=mark.confidence
    )

"""Codes of a picture → findings. Pure.

The class decides. A chat, a group, a shop or a mini-program leads readers away and goes to a
person; a payment code does so too, a little less surely (a café's counter shows one). A page that
is none of these, a short link and a Wi-Fi are told below every step of the shipped policy: menus,
museums and parcels carry such codes, and a person may look. Bar codes of products, the platform's
own pages and plain words accuse nobody; words are read with the note's text.

A picture gives one finding for each class, however many codes it shows, and a flood of harmless
codes cannot push a harmful one out: the harmful are kept first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from moderation.boxes import rounded
from moderation.finding import Finding, FindingKind, Skipped, Span, Unseen
from moderation.image.codes.addresses import PayloadClass
from moderation.image.codes.payload import Payload, classify
from moderation.image.codes.scanning import Code, Scan

DETECTOR = "codes@1"
MOST_CODES = 12
"""Kept of one picture."""
MOST_WORDS_CHARS = 4300
"""Of plain words in the codes of one picture, together: the largest code full."""
VIOLATION = "V3"
"""Of the label guide: a code that leads out of the platform."""
HINT = "code"
"""Of spans that break nothing."""

SCORES: Mapping[PayloadClass, float] = MappingProxyType(
    {
        PayloadClass.GROUP: 0.9,
        PayloadClass.MESSENGER: 0.9,
        PayloadClass.SHOP: 0.8,
        PayloadClass.MINI_PROGRAM: 0.8,
        PayloadClass.CONTACT: 0.75,
        PayloadClass.SOCIAL: 0.65,
        PayloadClass.PAYMENT: 0.6,
        PayloadClass.SHORT_LINK: 0.4,
        PayloadClass.WEB: 0.25,
        PayloadClass.WIFI: 0.1,
    }
)
"""How surely a code of a class leads readers to a sale elsewhere. Set by hand: decoding itself
hardly errs, what the scores weigh is how often such a code is innocent."""
ACCUSED = 0.5
"""From here on a class breaks a rule; what is below is a hint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCode:
    """A code with what is kept of its payload."""

    code: Code
    payload: Payload
    start: int
    """Place of `text` in the field `image[i].qr`."""

    @property
    def text(self) -> str:
        """What the field holds of it."""
        return self.payload.words or self.payload.shown

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation inspect` writes it."""
        return {
            "class": self.payload.kind.value,
            "shown": self.payload.shown,
            "host": self.payload.host,
            "digest": self.payload.digest,
            "symbology": self.code.symbology,
            "box": list(rounded(self.code.box)),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesSeen:
    """The codes of one picture."""

    codes: tuple[SeenCode, ...] = ()
    """Those with plain words first: they are the beginning of the field `image[i].qr`."""
    left_out: int = 0
    """Read and not kept, or seen and not read."""

    @property
    def words(self) -> tuple[SeenCode, ...]:
        """Those whose words are to be read like the note's own."""
        return tuple(seen for seen in self.codes if seen.payload.words)

    @property
    def field_text(self) -> str:
        """Of `image[i].qr`: what is kept of each payload, one a line."""
        return "\n".join(seen.text for seen in self.codes)

    def skipped(self, image_number: int) -> tuple[Skipped, ...]:
        """What was left out, to be said in the verdict."""
        if not self.left_out:
            return ()
        return (
            Skipped(
                image_number=image_number,
                what=Unseen.CODES,
                looked_at=len(self.codes),
                left_out=self.left_out,
            ),
        )


def codes_in(scan: Scan) -> CodesSeen:
    """Classify the codes of a picture and keep at most `MOST_CODES`, the most telling first."""
    once = {code.text: code for code in reversed(scan.codes)}  # of equal ones, the largest
    read = [(code, classify(code.text, symbology=code.symbology)) for code in once.values()]
    read.sort(key=lambda pair: (-_rank(pair[1].kind), scan.codes.index(pair[0])))
    kept = read[:MOST_CODES]
    words, others, at = [], [], 0
    for code, payload in kept:
        if not payload.words:
            others.append((code, payload))
        elif at + len(payload.words) < MOST_WORDS_CHARS:
            words.append((code, payload))
            at += len(payload.words) + 1
    seen, at = [], 0
    for code, payload in (*words, *others):
        seen.append(SeenCode(code=code, payload=payload, start=at))
        at += len(seen[-1].text) + 1
    return CodesSeen(codes=tuple(seen), left_out=len(read) - len(seen) + len(scan.unread))


def code_findings(seen: CodesSeen, *, image_number: int) -> list[Finding]:
    """One finding for each class that may lead elsewhere, strongest first."""
    field = f"image[{image_number}].qr"
    findings = []
    for kind, score in SCORES.items():
        here = [one for one in seen.codes if one.payload.kind is kind]
        if not here:
            continue
        largest = here[0]
        left, top, right, bottom = rounded(largest.code.box)
        code = VIOLATION if score >= ACCUSED else HINT
        findings.append(
            Finding(
                kind=FindingKind.IMAGE_QR,
                score=score,
                raw_score=score,
                image_number=image_number,
                spans=tuple(_span(one, field, code) for one in here),
                detail={
                    "class": kind.value,
                    "host": largest.payload.host,
                    "codes": len(here),
                    "symbology": largest.code.symbology,
                    "digest": largest.payload.digest,
                    "left": left,
                    "top": top,
                    "right": right,
                    "bottom": bottom,
                },
                detector=DETECTOR,
            )
        )
    return findings


def _rank(kind: PayloadClass) -> float:
    """Words before hints: they may name a contact, which only the text's reader can tell."""
    return ACCUSED if kind is PayloadClass.TEXT else SCORES.get(kind, 0.0)


def _span(one: SeenCode, field: str, code: str) -> Span:
    return Span(
        code=code,
        field=field,
        start=one.start,
        end=one.start + len(one.text),
        text=one.text,
        box=rounded(one.code.box),
    )

"""Codes: QR and bar codes in a picture, what they hold, and where they would lead a reader.

- `scanning`: picture → payloads with their places; two decoders, several looks
- `finders`: where a code stands, read or not
- `payload`: payload → class (messenger, shop, payment, …) and the little of it that is kept
- `addresses`: which host is which class
- `judgement`: from codes to findings

Nothing is opened or fetched: a payload is read, named by its class, and cut.
"""

from __future__ import annotations

from moderation.image.codes.addresses import PayloadClass
from moderation.image.codes.judgement import (
    DETECTOR,
    CodesSeen,
    SeenCode,
    code_findings,
    codes_in,
)
from moderation.image.codes.payload import Payload, classify
from moderation.image.codes.scanning import Code, Scan, installed, scan

__all__ = [
    "DETECTOR",
    "Code",
    "CodesSeen",
    "Payload",
    "PayloadClass",
    "Scan",
    "SeenCode",
    "classify",
    "code_findings",
    "codes_in",
    "installed",
    "scan",
]

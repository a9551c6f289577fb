"""A code's payload → what kind of door it is, and the little of it that is kept. Pure.

A payload is hostile input: any length, any character, and often somebody's personal data. So it is
classified by its scheme and host alone, never opened, and what is kept of it is short and
printable: of an address scheme and host, of a contact card, a Wi-Fi, a payment and a stranger's
parcel nothing but the class. Paths and query strings, which hold tokens and names, are not kept; a
digest tells whether two codes are the same.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from moderation.image.codes.addresses import SCHEMES, PayloadClass, class_of_address
from moderation.printable import printable

MAX_PAYLOAD_CHARS = 4296
"""Read of a payload: the letters that the largest QR code holds."""
MAX_SHOWN_CHARS = 120
MAX_HOST_CHARS = 253
"""Of any host (RFC 1035, 2.3.4); longer ones are not brought to ASCII, which takes the square."""
MASKED = "…"

_NO_DIGEST = (PayloadClass.WIFI, PayloadClass.PRODUCT, PayloadClass.CONTACT)
"""Short secrets and numbers, which could be guessed from a digest."""
_CARD = re.compile(r"BEGIN:VCARD", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]{1,20}):", re.IGNORECASE)
_BARE_ADDRESS = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9\-]{0,40}[a-z0-9])?\.){1,4}[a-z]{2,12}(?:[/?#]\S*)?", re.IGNORECASE
)
_HOST = re.compile(r"[a-z0-9._\-]{1,100}|[0-9a-f:.]{2,45}")
_EMV_PAYMENT = re.compile(r"0002010[12]")  # EMVCo QR Code Specification, merchant presented
_SEPA_PAYMENT = re.compile(r"BCD\r?\n00[12]\r?\n")  # EPC069-12
_LINEAR = ("EAN", "UPC", "ISBN", "Code", "ITF", "DataBar")
_RETAIL = ("EAN", "UPC", "ISBN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What is kept of a payload."""

    kind: PayloadClass
    shown: str
    """Printable, one line, at most `MAX_SHOWN_CHARS`."""
    words: str = ""
    """Of plain words, all of them, printable and on one line, for the rules of text alone."""
    host: str = ""
    """Of an address, in ASCII; "" for all else."""
    digest: str = ""
    """First 16 hex digits of SHA-256 of the whole payload: the same code again. "" where the
    payload is a secret or a number that could be guessed from it."""


def classify(text: str, *, symbology: str) -> Payload:
    """What a code holds.

    Args:
        text: decoded payload; hostile.
        symbology: name of the code's format, as `QRCode` or `EAN13`.
    """
    read = text[:MAX_PAYLOAD_CHARS].strip().lstrip("\ufeff\x1d")
    kind, host, shown = _read(read, symbology)
    digest = ""
    if kind not in _NO_DIGEST:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    line = printable(shown)
    return Payload(
        kind=kind,
        host=host,
        shown=printable(line, MAX_SHOWN_CHARS),
        words=line if kind is PayloadClass.TEXT else "",
        digest=digest,
    )


def _read(text: str, symbology: str) -> tuple[PayloadClass, str, str]:
    """Class, host, and what may be shown."""
    if symbology.replace(" ", "").startswith(_LINEAR):
        # A product's number is everybody's, a parcel's is somebody's.
        return PayloadClass.PRODUCT, "", text if symbology.startswith(_RETAIL) else MASKED
    if _CARD.match(text):
        return PayloadClass.CONTACT, "", "vcard:" + MASKED
    if _EMV_PAYMENT.match(text) or _SEPA_PAYMENT.match(text):
        return PayloadClass.PAYMENT, "", MASKED
    scheme = _SCHEME.match(text)
    name = scheme[1].lower() if scheme else ""
    if name in ("http", "https"):
        return _address(text)
    if name in SCHEMES:
        return SCHEMES[name], "", f"{name}:{MASKED}"
    if scheme and text[scheme.end() : scheme.end() + 2] == "//":
        return PayloadClass.WEB, "", f"{name}://{MASKED}"
    if _BARE_ADDRESS.fullmatch(text):
        return _address(f"http://{text}")
    return PayloadClass.TEXT, "", text


def _address(url: str) -> tuple[PayloadClass, str, str]:
    scheme = url.partition(":")[0].lower()
    try:
        # Whoever opens it reads a backslash as a slash (WHATWG URL, 4.4), so it ends the host.
        parts = urlsplit(url.replace("\\", "/"))
        host = (parts.hostname or "").rstrip(".")
        host = host.encode("idna").decode("ascii") if 0 < len(host) <= MAX_HOST_CHARS else ""
    except (ValueError, UnicodeError):
        host = ""
    if not _HOST.fullmatch(host):
        return PayloadClass.WEB, "", f"{scheme}:{MASKED}"
    return class_of_address(host, parts.path), host, f"{scheme}://{host}/{MASKED}"

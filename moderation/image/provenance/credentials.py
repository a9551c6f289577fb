"""Content credentials (C2PA): verified, untrusted, invalid or absent, and what they say of AI.

The library checks the signature and the digests of pixels and statements; here its report becomes
an answer. Nothing is fetched: manifests kept at an address, revocation lists and identity documents
are switched off, and no host is allowed.

Whom to trust is the operator's choice, so no list of signers is shipped: a file of certificates
(PEM), named by the environment variable `MODERATION_C2PA_TRUST`, holds the roots. Without one, a
flawless credential is `untrusted`, never `verified`: a certificate that calls itself "Leica" takes
a minute to make. Source: C2PA specification 2.2, chapters 14 (trust) and 15 (validation).
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from moderation.errors import BadSetting
from moderation.image.provenance.record import Answer, Credential, clean

TRUST_VARIABLE = "MODERATION_C2PA_TRUST"
MAX_TRUST_BYTES = 4_000_000
MAX_REPORT_CHARS = 4_000_000
MAX_MANIFESTS = 200
"""Followed from the newest back through what it was made from."""

_UNTRUSTED = "signingCredential.untrusted"
_TIME_TRUSTED = "timeStamp.trusted"
_OFFLINE: Mapping[str, Any] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {
        "allowed_network_hosts": [],
        "decode_identity_assertions": False,  # they may name documents on the web
        "max_decompressed_manifest_size_in_mb": 8,
    },
}


def installed() -> bool:
    """Whether the extra is there; loads nothing."""
    try:
        version("c2pa-python")
    except PackageNotFoundError:
        return False
    return True


def trust_from_environment() -> str:
    """Certificates of the roots that are trusted, as PEM; "" where none are named.

    Raises:
        BadSetting: the file cannot be read, or holds no certificate.
    """
    path = os.environ.get(TRUST_VARIABLE, "")
    return trust_from(path) if path else ""


@lru_cache(maxsize=4)
def trust_from(path: str) -> str:
    """Read a file of certificates, once.

    Raises:
        BadSetting: it cannot be read, or holds no certificate.
    """
    try:
        with Path(path).open("rb") as file:
            pem = file.read(MAX_TRUST_BYTES + 1)
    except OSError as error:
        raise BadSetting(
            f"cannot read the trusted certificates in `{path}`: {error.strerror}",
            hint=f"correct `{TRUST_VARIABLE}`, or leave it out to trust no signer",
        ) from error
    if len(pem) > MAX_TRUST_BYTES or b"-----BEGIN CERTIFICATE-----" not in pem:
        raise BadSetting(
            f"`{path}` holds no certificates, or {len(pem):,} bytes, limit {MAX_TRUST_BYTES:,}",
            hint="give a file of root certificates in PEM form",
        )
    return pem.decode("ascii", "replace")


def read_credential(data: bytes, *, trust: str) -> tuple[Credential, tuple[str, ...]]:
    """Verify the credential in a file that holds one.

    Args:
        data: the whole file; pixels are covered by the seal.
        trust: roots, PEM; "" for none.

    Returns:
        The answer, and the digital source types that the credential states.
    """
    try:
        import c2pa
    except ImportError:
        reason = "the credential was not read: `c2pa-python` is missing"
        return Credential(answer=Answer.NOT_READ, reason=reason), ()
    settings = dict(_OFFLINE) | ({"trust": {"user_anchors": trust}} if trust else {})
    try:
        with c2pa.Context.from_dict(settings) as context:
            reader = c2pa.Reader.try_create(io.BytesIO(data), context=context)
            if reader is None:
                return _invalid("there is a place for a credential, and none that can be read"), ()
            with reader:
                state, report = reader.get_validation_state(), reader.json()
        if len(report) > MAX_REPORT_CHARS:
            return _invalid(f"got {len(report):,} characters, limit {MAX_REPORT_CHARS:,}"), ()
        return from_report(str(state), json.loads(report))
    except Exception as error:  # a broken JUMBF box; the library has dozens of errors
        return _invalid(clean(f"cannot be read ({type(error).__name__}: {error})")), ()


def from_report(state: str, report: Mapping[str, Any]) -> tuple[Credential, tuple[str, ...]]:
    """The library's report → answer and source types. Pure.

    Args:
        state: `Trusted`, `Valid` or `Invalid`.
        report: its JSON.
    """
    active = report.get("manifests", {}).get(report.get("active_manifest"), {})
    signature = active.get("signature_info") or {}
    results = (report.get("validation_results") or {}).get("activeManifest") or {}
    failures = [code for code in _codes(results.get("failure")) if code != _UNTRUSTED]
    answer = {"Trusted": Answer.VERIFIED, "Valid": Answer.UNTRUSTED}.get(state, Answer.INVALID)
    credential = Credential(
        answer=answer,
        reason=", ".join(dict.fromkeys(failures[:3])) if answer is Answer.INVALID else "",
        signer=clean(signature.get("common_name")),
        issuer=clean(signature.get("issuer")),
        signed_at=_time(signature.get("time"))
        if answer is Answer.VERIFIED and _TIME_TRUSTED in _codes(results.get("success"))
        else None,
        generator=clean(_generator(active)),
    )
    return credential, tuple(dict.fromkeys(_source_types(report)))


def _invalid(reason: str) -> Credential:
    return Credential(answer=Answer.INVALID, reason=reason)


def _codes(statuses: Sequence[Mapping[str, Any]] | None) -> list[str]:
    return [clean(status.get("code")) for status in statuses or ()]


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _generator(manifest: Mapping[str, Any]) -> str:
    infos = manifest.get("claim_generator_info") or [{}]
    return str(infos[0].get("name") or manifest.get("claim_generator") or "")


def _source_types(report: Mapping[str, Any]) -> Iterator[str]:
    """Of the picture and of what it was made from, newest first.

    What a picture was derived from (`parentOf`) speaks for it whole, what was placed into it
    (`componentOf`) only for a part; what merely served as input says nothing of its pixels.
    """
    manifests: Mapping[str, Any] = report.get("manifests", {})
    waiting = [(str(report.get("active_manifest")), False)]
    seen: set[str] = set()
    while waiting and len(seen) < MAX_MANIFESTS:
        label, is_part = waiting.pop(0)
        if label in seen or label not in manifests:
            continue
        seen.add(label)
        manifest = manifests[label]
        for assertion in manifest.get("assertions") or ():
            if str(assertion.get("label", "")).startswith("c2pa.actions"):
                for action in (assertion.get("data") or {}).get("actions") or ():
                    kind = clean(action.get("digitalSourceType")).rpartition("/")[2]
                    whole = kind == "trainedAlgorithmicMedia"
                    if kind:
                        yield "compositeWithTrainedAlgorithmicMedia" if whole and is_part else kind
        for ingredient in manifest.get("ingredients") or ():
            relation = ingredient.get("relationship")
            if relation in ("parentOf", "componentOf"):
                waiting.append(
                    (str(ingredient.get("active_manifest")), is_part or relation == "componentOf")
                )

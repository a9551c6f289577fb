"""Picture files with metadata: EXIF, XMP, PNG chunks, and credentials signed in the test."""

from __future__ import annotations

import functools
import io
import json
import struct
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from PIL import ExifTags, Image

LABEL = {
    "Label": "1",
    "ContentProducer": "001191440101MA9Y9T4H7A00000",
    "ProduceID": "task:7",
    "ReservedCode1": "",
    "ContentPropagator": "",
    "PropagateID": "",
    "ReservedCode2": "",
}
"""The seven fields of GB 45438-2025."""

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def pixels(seed: int = 1) -> Image.Image:
    """A small picture full of detail."""
    noise = np.random.default_rng(seed).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def saved(kind: str = "JPEG", *, picture: Image.Image | None = None, **options: Any) -> bytes:
    """The small picture, or another one, as a file of some format."""
    buffer = io.BytesIO()
    (picture or pixels()).save(buffer, kind, **options)
    return buffer.getvalue()


def exif(comment: bytes = b"", **fields: str) -> bytes:
    """An EXIF block with serial number and position, which nobody asked for."""
    block = Image.Exif()
    tags = ExifTags.Base
    for name, value in fields.items():
        if not name.startswith(("DateTime", "Offset")):
            block[tags[name]] = value
    inner = block.get_ifd(ExifTags.IFD.Exif)
    for name, value in fields.items():
        if name.startswith(("DateTime", "Offset")):
            inner[tags[name]] = value
    inner[tags.BodySerialNumber] = "SERIAL-4711"
    if comment:
        inner[tags.UserComment] = comment
    block.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSMapDatum] = "SECRET-PLACE"
    return block.tobytes()


def xmp(body: str = "", attributes: str = "") -> bytes:
    """A packet with one description."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about=""'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"'
        f" {attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    ).encode()


def png_with(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG with more chunks, right after its header."""
    plain = saved("PNG")
    made = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    return plain[:33] + made + plain[33:]


def escaped_label(**changes: str) -> str:
    """The label as JSON inside XML."""
    return json.dumps(LABEL | changes).replace('"', "&quot;")


@dataclass(frozen=True, kw_only=True)
class Signatory:
    """A key with its certificates."""

    chain: bytes
    key: bytes
    root: str


@functools.cache
def signatory() -> Signatory:
    """A root and a signer made for the test; nobody else trusts them."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def name(common: str) -> x509.Name:
        organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test Optics")
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common), organisation])

    def certificate(subject: str, key: Any, issuer_key: Any, *, is_root: bool) -> Any:
        today = datetime.now(UTC)
        usage = dict.fromkeys(
            (
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("Test Root"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - timedelta(days=1))
            .not_valid_after(today + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, **usage
                ),
                critical=True,
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
                critical=False,
            )
        )
        if not is_root:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(purpose, critical=False)
        return builder.sign(issuer_key, hashes.SHA256())

    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    pem = serialization.Encoding.PEM
    root = certificate("Test Root", root_key, root_key, is_root=True).public_bytes(pem)
    leaf = certificate("Test Camera", key, root_key, is_root=False).public_bytes(pem)
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Signatory(chain=leaf + root, key=private, root=root.decode())


def signed(
    source_type: str = "digitalCapture",
    *,
    file: bytes | None = None,
    kind: str = "image/jpeg",
    remote: str | None = None,
) -> bytes:
    """A file with a content credential that states a digital source type."""
    import c2pa

    who = signatory()
    action = {"action": "c2pa.created", "digitalSourceType": IPTC + source_type}
    manifest = {
        "claim_generator_info": [{"name": "Test Camera Firmware", "version": "1"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
    }
    signer = c2pa.Signer.from_info(
        c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, who.chain, who.key, None)
    )
    offline = c2pa.Context.from_dict(
        {"verify": {"remote_manifest_fetch": False, "verify_after_sign": False}}
    )
    out = io.BytesIO()
    with offline, c2pa.Builder(manifest, context=offline) as builder:
        if remote is not None:
            builder.set_no_embed()
            builder.set_remote_url(remote)
        builder.sign(signer, kind, io.BytesIO(file or saved()), out)
    return out.getvalue()

"""What the commands say of an author's proofs, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

from moderation.explain import Lang, explain_proof
from moderation.explain.names import Phrase
from moderation.printable import printable
from moderation.store import Proof, ProofKind

FILE = Phrase("proof {number}: {name}", "证明材料 {number}：{name}")
LINK = Phrase(
    "proof {number}, a link that nothing opens: {name}",
    "证明材料 {number}，链接（仅为文本）：{name}",
)
_MOST_CHARS = 200


def proof_lines(proof: Proof, lang: Lang) -> Iterator[str]:
    """Lines about a proof; its name is the author's, so one line and no more."""
    name = printable(proof.name, _MOST_CHARS)
    if proof.kind is ProofKind.LINK:
        yield LINK.say(lang, number=proof.proof_id, name=name)
        return
    yield FILE.say(lang, number=proof.proof_id, name=name)
    for sentence in explain_proof(proof.facts, lang, sha256=proof.sha256, size=proof.bytes):
        yield f"  {sentence}"

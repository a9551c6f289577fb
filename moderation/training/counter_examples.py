"""Pairs of pictures that people told apart, out of what they answered. Pure; ids and digests only.

A pair that a detector took for one picture, and a person did not, is what it has most to learn
from. No pixel is kept anywhere, so a pair says where its pictures are found: by note, number and
digest, in the archive of whoever may learn from them. Who is forgotten is in none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from moderation.finding import FindingKind
from moderation.store import Answer, Review, StoredPicture, answers_by_kind
from moderation.store.redaction import FORGOTTEN
from moderation.training.moderator_rows import VerdictsOf, standing

PAIRS = (FindingKind.IMAGE_COPY, FindingKind.IMAGE_COPY_PARTIAL)
PicturesOf = Callable[[Collection[int]], Mapping[int, StoredPicture]]
Pair = dict[str, Any]


def counter_examples(
    reviews: Iterable[Review], verdicts_of: VerdictsOf, pictures_of: PicturesOf
) -> Iterator[Pair]:
    """One row for each pair that was found and is none, by the answers that still count.

    Args:
        reviews: all answers, in any order, superseded ones too.
        verdicts_of: verdicts by number.
        pictures_of: registered pictures by number; of what is gone the digest is empty.
    """
    about: dict[tuple[str, str], list[Review]] = defaultdict(list)
    for review in reviews:
        about[review.about].append(review)
    for texts in about.values():
        for review in standing(texts):
            verdict = verdicts_of([review.verdict_id]).get(review.verdict_id)
            if verdict is None:
                continue
            answers = answers_by_kind(review, verdict)
            wrong = [
                (f, f.match)
                for f in verdict.findings
                if f.kind in PAIRS
                and f.match is not None
                and f.match.note_id != FORGOTTEN
                and answers.get(f.kind) is Answer.OVERTURNED
            ]
            originals = pictures_of([match.picture_id for _, match in wrong])
            for finding, match in wrong:
                original = originals.get(match.picture_id)
                yield {
                    "label": "different",
                    "kind": finding.kind.value,
                    "note_id": review.note_id,
                    "note_digest": review.note_digest,
                    "revision": review.revision,
                    "image_number": finding.image_number,
                    "original": {
                        "note_id": match.note_id,
                        "image_number": match.image_number,
                        "picture_id": match.picture_id,
                        "sha256": original.sha256 if original else "",
                    },
                    "score": round(finding.raw_score, 4),
                    "basis": match.basis.value,
                    "detector": finding.detector,
                    "review_id": review.review_id,
                    "settled": review.settles,
                }

"""Pictures that a list frees: only the part they fill, and never against proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.verdicts import FULL, a_match

from moderation.finding import Difference, Finding, FindingKind
from moderation.image.ownership import Sighting, copy_findings, may_claim
from moderation.match import Polygon
from moderation.note import Author, Claim, ClaimBasis

MORNING = datetime(2026, 11, 21, 8, tzinfo=UTC)
LEFT: Polygon = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT: Polygon = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
MIDDLE: Polygon = ((0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7))
BOB = Author(id="bob")


def work_of(author_id: str, work_id: int, basis: ClaimBasis, **match: Any) -> Sighting:
    claim = Claim(
        work_id=work_id, author_id=author_id, at=MORNING, basis=basis, note_id=f"{author_id}'s"
    )
    values = {"note_id": claim.note_id, "author_id": author_id, "picture_id": work_id}
    return Sighting(match=a_match(**values | match), work_id=work_id, claims=(claim,))


def alices(work_id: int = 1, **match: Any) -> Sighting:
    """Alice showed it first; nothing is proven."""
    return work_of("alice", work_id, ClaimBasis.FIRST_SEEN, **match)


def free(work_id: int = 2, bank: str = "memes", **match: Any) -> Sighting:
    """A picture of a list, which was made after Alice's note."""
    late = {"note_id": f"bank:{bank}", "author_id": "", "published_at": MORNING + timedelta(9)}
    return Sighting(
        match=a_match(**late | {"picture_id": work_id} | match),
        work_id=work_id,
        exempt_reason="free for all",
        bank=bank,
    )


def found(*sightings: Sighting, author: Author = BOB) -> tuple[Finding, ...]:
    return copy_findings(sightings, image_number=0, author=author, at=MORNING + timedelta(hours=9))


def told(*sightings: Sighting) -> list[tuple[FindingKind, float]]:
    return [(finding.kind, finding.score) for finding in found(*sightings)]


TEMPLATE = (FindingKind.IMAGE_TEMPLATE, 0.0)
COPY = (FindingKind.IMAGE_COPY, 0.98)


def test_a_free_picture_is_a_template_and_says_of_which_list() -> None:
    (finding,) = found(free(region_query=FULL))
    assert (finding.kind, finding.difference) == (
        FindingKind.IMAGE_TEMPLATE,
        Difference.EXEMPT_TEMPLATE,
    )
    assert (finding.detail["bank"], finding.detail["exempt_reason"]) == ("memes", "free for all")
    assert not may_claim(free(), BOB, MORNING)


def test_who_showed_a_free_picture_first_accuses_nobody() -> None:
    """Whenever that was: the list says that all may show it."""
    assert told(alices(region_query=FULL), free(region_query=FULL)) == [TEMPLATE]


def test_in_a_collage_only_the_part_that_is_not_free_counts() -> None:
    cells = told(alices(region_query=RIGHT), free(region_query=LEFT))
    assert sorted(cells) == sorted([TEMPLATE, COPY])


def test_a_free_sticker_frees_nothing_around_it() -> None:
    """It lies inside the picture that was copied."""
    assert COPY in told(alices(region_query=FULL), free(region_query=MIDDLE))


def test_a_free_frame_does_not_free_the_photograph_inside_it() -> None:
    """The frame fills the picture, and the photograph is another's."""
    assert COPY in told(alices(region_query=MIDDLE), free(region_query=FULL))


@pytest.mark.parametrize(
    ("bits", "free_bits", "wanted"),
    [
        pytest.param(2, 60, [COPY, TEMPLATE], id="exactly-her-picture-in-the-frame"),
        pytest.param(2, None, [COPY, TEMPLATE], id="the-frame-alone-looks-different"),
        pytest.param(0, 10, [TEMPLATE], id="both-are-the-meme"),
        pytest.param(44, 60, [TEMPLATE], id="his-own-photograph-in-the-same-frame"),
        pytest.param(None, None, [TEMPLATE], id="nothing-near"),
    ],
)
def test_a_frame_with_anothers_photograph_is_told_from_the_frame(
    bits: int | None, free_bits: int | None, wanted: list[Any]
) -> None:
    """By the hash of the whole: near the one, far from the other."""
    seen = told(
        alices(region_query=FULL, distance_bits=bits),
        free(region_query=FULL, distance_bits=free_bits),
    )
    assert sorted(seen) == sorted(wanted)


def test_a_crop_of_a_meme_is_a_meme_whoever_cut_it_the_same_way_before() -> None:
    """The hash is near the earlier crop's and far from the whole meme's, and nothing was added."""
    cut = {"share_of_original": 0.81, "region_query": FULL, "distance_bits": None}
    assert told(alices(region_query=FULL, distance_bits=0), free(**cut)) == [TEMPLATE]


# Proof against a list


def test_proof_wins_over_a_list_and_the_conflict_is_told() -> None:
    """Where the list frees the proven work itself, and where it has a picture of its own."""
    proven = work_of("carol", 1, ClaimBasis.EXTERNAL_PROOF, region_query=FULL)
    listed = Sighting(
        match=proven.match, work_id=1, claims=proven.claims, exempt_reason="free", bank="memes"
    )
    for sightings in ([listed], [proven, free(region_query=FULL)]):
        (finding,) = found(*sightings)
        assert (finding.kind, finding.score) == COPY
        assert (finding.detail["bank"], finding.detail["conflict"]) == ("memes", True)


def test_no_conflict_where_a_list_frees_another_part() -> None:
    """A proven photograph beside a free meme."""
    proven = work_of("carol", 1, ClaimBasis.EXTERNAL_PROOF, region_query=RIGHT)
    findings = found(proven, free(region_query=LEFT))
    assert [finding.detail.get("conflict") for finding in findings] == [None, None]
    assert [finding.kind for finding in findings] == [
        FindingKind.IMAGE_COPY,
        FindingKind.IMAGE_TEMPLATE,
    ]


def test_the_proven_author_is_accused_by_no_list() -> None:
    proven = work_of("carol", 1, ClaimBasis.EXTERNAL_PROOF, region_query=FULL)
    findings = found(proven, free(region_query=FULL), author=Author(id="carol"))
    assert {finding.score for finding in findings} == {0.0}


def test_an_exemption_of_the_work_itself_was_given_knowing_the_proof() -> None:
    """Who exempts a work names it; a list only knows how it looks."""
    proven = work_of("carol", 1, ClaimBasis.EXTERNAL_PROOF)
    exempt = Sighting(match=proven.match, work_id=1, claims=proven.claims, exempt_reason="agreed")
    assert told(exempt) == [TEMPLATE]

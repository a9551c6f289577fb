"""Who showed a picture first, and who may show it again: values in, values out."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import strategies
from kit.verdicts import FULL, a_match

from moderation.finding import Difference, Finding, FindingKind
from moderation.image.ownership import (
    CLOCKS_AGREE,
    MAX_FINDINGS,
    SURE_SCORE,
    Sighting,
    copy_findings,
    holder_of,
    may_claim,
    share_inside,
    why_allowed,
    work_shown,
)
from moderation.match import Basis, Direction, Match, Polygon
from moderation.note import Author, Claim, ClaimBasis

MORNING = datetime(2026, 11, 21, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))


def claimed(author_id: str = "alice", hours: float = 0, **changes: Any) -> Claim:
    """A claim by showing the work in the author's own note."""
    values: dict[str, Any] = {
        "work_id": 1,
        "author_id": author_id,
        "at": MORNING + hours * HOUR,
        "basis": ClaimBasis.FIRST_SEEN,
        "note_id": f"{author_id}'s",
    }
    return Claim(**values | changes)


def sighted(*claims: Claim, work_id: int = 1, exempt: str | None = None, **match: Any) -> Sighting:
    """A sighting of a work with these claims; Alice's, if none is given."""
    claims = claims or (claimed(),)
    first = min(claims, key=lambda claim: claim.at)
    values = {"note_id": first.note_id, "author_id": first.author_id, "picture_id": work_id}
    return Sighting(
        match=a_match(**values | match), work_id=work_id, claims=claims, exempt_reason=exempt
    )


def found(
    *sightings: Sighting, author: str | Author = "bob", hours: float = 2
) -> tuple[Finding, ...]:
    """What the sightings mean for an author who submits two hours after Alice."""
    if isinstance(author, str):
        author = Author(id=author)
    return copy_findings(sightings, image_number=3, author=author, at=MORNING + hours * HOUR)


def only(*sightings: Sighting, **submission: Any) -> Finding:
    (finding,) = found(*sightings, **submission)
    return finding


# Who holds a work


def test_earliest_claim_holds() -> None:
    """Not the order of registration: an archive may be imported late."""
    finding = only(sighted(claimed("carol", 1), claimed("alice", 0), claimed("dave", 0.5)))
    assert finding.detail["holder"] == "alice"
    assert finding.detail["claimed_at"] == MORNING.isoformat()


def test_of_equal_times_the_first_registered_holds() -> None:
    """Claims come in order of registration, and the first of equals stays first."""
    assert holder_of(sighted(claimed("zoe"), claimed("alice"))).author_id == "zoe"


@pytest.mark.parametrize("hours", [-9, 0, 9], ids=["earlier", "same-time", "years-later"])
def test_outside_proof_beats_every_date(hours: float) -> None:
    """A late true author gets the work, and who registered it first is now the one who copies."""
    proof = claimed("carol", hours, basis=ClaimBasis.EXTERNAL_PROOF)
    assert only(sighted(claimed("alice"), proof)).detail["holder"] == "carol"
    alice_again = only(sighted(claimed("alice"), proof), author="alice")
    assert (alice_again.score, alice_again.difference) == (0.98, None)
    carol = only(sighted(claimed("alice"), proof), author="carol")
    assert (carol.score, carol.difference) == (0.0, Difference.SAME_AUTHOR)


def test_outside_proof_also_stands_before_a_collage_of_earlier_date() -> None:
    """What proof has settled is not held against the proven author by who took it up before."""
    proof = claimed("carol", 9, basis=ClaimBasis.EXTERNAL_PROOF)
    own = sighted(claimed("alice"), proof)
    collage = sighted(claimed("dan", -1, work_id=2), work_id=2, direction="query_in_original")
    assert [f.difference for f in found(collage, own, author="carol")] == [Difference.SAME_AUTHOR]


def test_a_licence_makes_nobody_the_holder() -> None:
    """However early it is dated."""
    licence = claimed("carol", -99, basis=ClaimBasis.LICENSED)
    assert only(sighted(claimed("alice"), licence)).detail["holder"] == "alice"


def test_a_work_without_claims_is_held_by_who_shows_it() -> None:
    """Its first note is gone, and with it the claim; the picture that is left still counts."""
    shown = Sighting(match=a_match(author_id="carol", published_at=MORNING), work_id=7)
    finding = only(shown)
    assert (finding.detail["holder"], finding.difference) == ("carol", None)
    assert only(shown, author="carol").difference is Difference.SAME_AUTHOR
    undated = Sighting(match=a_match(author_id="carol", published_at=None), work_id=7)
    assert only(undated).detail["holder"] == "carol"


# Who may show it again

LINKED_IN_NOTE = Author(id="bob", linked_ids=("alice",))
LINKED_IN_REGISTER = claimed("alice", linked_ids=("bob",))
BOBS_LICENCE = claimed("bob", 1, basis=ClaimBasis.LICENSED)
CAROLS_LICENCE = claimed("carol", 1, basis=ClaimBasis.LICENSED)


@pytest.mark.parametrize(
    ("sighting", "author", "hours", "difference"),
    [
        pytest.param(sighted(), "alice", 2, Difference.SAME_AUTHOR, id="same-author"),
        pytest.param(sighted(), LINKED_IN_NOTE, 2, Difference.LINKED_ACCOUNT, id="note-links"),
        pytest.param(
            sighted(LINKED_IN_REGISTER), "bob", 2, Difference.LINKED_ACCOUNT, id="register-links"
        ),
        pytest.param(
            sighted(claimed(), BOBS_LICENCE), "bob", 2, Difference.LICENSED, id="licensed"
        ),
        pytest.param(
            sighted(claimed(), CAROLS_LICENCE),
            Author(id="bob", linked_ids=("carol",)),
            2,
            Difference.LICENSED,
            id="linked-account-licensed",
        ),
        pytest.param(
            sighted(exempt="meme"), "bob", 2, Difference.EXEMPT_TEMPLATE, id="exempt-template"
        ),
        pytest.param(sighted(), "bob", -2, Difference.PUBLISHED_EARLIER, id="published-earlier"),
    ],
)
def test_who_may_show_it_gets_a_finding_of_score_0(
    sighting: Sighting, author: str | Author, hours: float, difference: Difference
) -> None:
    """Seen, kept as proof with its raw score, and not held against the author."""
    finding = only(sighting, author=author, hours=hours)
    assert (finding.score, finding.raw_score) == (0.0, 0.98)
    assert finding.difference is difference
    assert finding.image_number == 3
    assert finding.match == sighting.match


@pytest.mark.parametrize(
    ("sighting", "author", "hours"),
    [
        pytest.param(sighted(), "bob", 2, id="a-stranger"),
        pytest.param(sighted(), "bob", 0, id="at-the-same-time"),
        pytest.param(sighted(claimed(), CAROLS_LICENCE), "bob", 2, id="licence-of-another"),
        pytest.param(sighted(claimed("")), Author(id=""), 2, id="both-unknown"),
        pytest.param(
            sighted(claimed("", linked_ids=("",))),
            Author(id="", linked_ids=("",)),
            2,
            id="unknown-linked-with-unknown",
        ),
        pytest.param(
            sighted(claimed(), claimed("", 1, basis=ClaimBasis.LICENSED)),
            Author(id=""),
            2,
            id="licence-of-nobody",
        ),
        pytest.param(
            sighted(claimed(), claimed("bob", 1)), "bob", 2, id="an-earlier-copy-of-ones-own"
        ),
        pytest.param(
            sighted(claimed(basis=ClaimBasis.EXTERNAL_PROOF)), "bob", -99, id="earlier-than-proof"
        ),
    ],
)
def test_everybody_else_copies(sighting: Sighting, author: str | Author, hours: float) -> None:
    """The score is the raw score, and there is no difference to explain."""
    finding = only(sighting, author=author, hours=hours)
    assert (finding.score, finding.raw_score, finding.difference) == (0.98, 0.98, None)


@pytest.mark.parametrize("seconds", [-1, 0, 1], ids=["less", "just", "more"])
def test_earlier_counts_only_beyond_what_clocks_differ_by(seconds: int) -> None:
    """Ten minutes prove nothing; a second more does."""
    at = MORNING - CLOCKS_AGREE - timedelta(seconds=seconds)
    (finding,) = copy_findings([sighted()], image_number=0, author=Author(id="bob"), at=at)
    assert (finding.difference is Difference.PUBLISHED_EARLIER) == (seconds > 0)


@pytest.mark.parametrize("year", [1, 9999], ids=["first-year", "last-year"])
def test_dates_at_the_ends_of_time_are_compared(year: int) -> None:
    """An archive's default date is no reason to fail."""
    edge = datetime(year, 1 if year == 1 else 12, 1 if year == 1 else 31, tzinfo=UTC)
    for claim_at, at in ((edge, MORNING), (MORNING, edge), (edge, edge)):
        author = Author(id="bob")
        assert copy_findings([sighted(claimed(at=claim_at))], image_number=0, author=author, at=at)


def test_a_template_is_informative() -> None:
    """Everybody may use it: the kind is its own and the reason is told."""
    finding = only(sighted(exempt="festival frame"))
    assert finding.kind is FindingKind.IMAGE_TEMPLATE
    assert finding.detail["exempt_reason"] == "festival frame"


def test_a_hash_without_features_says_that_it_is_unverified() -> None:
    """Its score counts, the difference warns, and the policy never blocks for it."""
    finding = only(sighted(basis=Basis.HASH_ONLY, score=0.8))
    assert (finding.score, finding.raw_score) == (0.8, 0.8)
    assert finding.difference is Difference.UNVERIFIED
    assert finding.match is not None
    assert not finding.match.verified


# Kind


@pytest.mark.parametrize(
    ("direction", "kind"),
    [
        pytest.param(Direction.SAME, FindingKind.IMAGE_COPY, id="same"),
        pytest.param(Direction.QUERY_IN_ORIGINAL, FindingKind.IMAGE_COPY_PARTIAL, id="crop"),
        pytest.param(Direction.ORIGINAL_IN_QUERY, FindingKind.IMAGE_COPY_PARTIAL, id="collage"),
        pytest.param(Direction.OVERLAP, FindingKind.IMAGE_COPY_PARTIAL, id="overlap"),
    ],
)
def test_direction_decides_the_kind(direction: Direction, kind: FindingKind) -> None:
    """Only the whole picture is a copy; more or less than it is a partial one."""
    assert only(sighted(direction=direction)).kind is kind


# Several works in one picture


def a_collage_of_alices(**match: Any) -> Sighting:
    """Dan's collage, posted after Alice's picture, which it holds."""
    return sighted(
        claimed("dan", 1, work_id=2),
        work_id=2,
        direction=Direction.QUERY_IN_ORIGINAL,
        **match,
    )


def test_reposting_a_picture_names_its_author_not_the_collage_of_it() -> None:
    """One part of the picture, one finding: the earliest claim to it."""
    finding = only(a_collage_of_alices(), sighted())
    assert (finding.detail["holder"], finding.kind) == ("alice", FindingKind.IMAGE_COPY)


@pytest.mark.parametrize(
    ("original", "author"),
    [
        pytest.param(sighted(), "alice", id="author"),
        pytest.param(sighted(LINKED_IN_REGISTER), "bob", id="linked-account"),
        pytest.param(sighted(claimed(), BOBS_LICENCE), "bob", id="licensed"),
        pytest.param(sighted(exempt="meme"), "bob", id="template"),
    ],
)
def test_a_later_collage_takes_no_right_away(original: Sighting, author: str) -> None:
    """Who may show a picture may go on to, whoever has put it into a collage since."""
    assert only(a_collage_of_alices(), original, author=author).score == 0.0


def test_having_published_earlier_explains_nothing_about_other_works() -> None:
    """Earlier than one is not earlier than all."""
    of_evening = sighted(claimed("alice", 12))
    of_morning = sighted(claimed("dan", 0, work_id=2), work_id=2)
    findings = found(of_evening, of_morning, hours=6)
    assert [f.detail["holder"] for f in findings] == ["dan"]
    noon = sighted(claimed("dan", 5.9, work_id=2), work_id=2, direction="query_in_original")
    differences = [f.difference for f in found(of_evening, noon, hours=6, author="dan")]
    assert differences == [Difference.SAME_AUTHOR]


def test_each_part_of_a_collage_has_its_finding() -> None:
    """Cells that do not overlap are separate copies."""
    left = sighted(region_query=LEFT, direction=Direction.ORIGINAL_IN_QUERY)
    right = sighted(
        claimed("carol", 1, work_id=2),
        work_id=2,
        region_query=RIGHT,
        direction=Direction.ORIGINAL_IN_QUERY,
    )
    findings = found(right, left)
    assert [f.detail["holder"] for f in findings] == ["alice", "carol"]


def test_ones_own_cell_does_not_cover_the_others() -> None:
    """A collage of one's own picture and another's is held for the other's."""
    own = sighted(claimed("bob"), region_query=LEFT)
    other = sighted(claimed("carol", 1, work_id=2), work_id=2, region_query=RIGHT)
    assert [f.score for f in found(own, other)] == [0.0, 0.98]


def test_a_person_reads_no_more_than_a_few_findings() -> None:
    """Nine cells of nine authors give `MAX_FINDINGS`, the earliest."""
    cells = [
        sighted(
            claimed(f"author{i}", i, work_id=i),
            work_id=i,
            region_query=tuple((x / 9 + i / 9, y) for x, y in FULL),
        )
        for i in range(9)
    ]
    findings = found(*reversed(cells), hours=99)
    assert [f.detail["work_id"] for f in findings] == list(range(MAX_FINDINGS))


def test_of_one_work_the_claimants_own_picture_is_shown() -> None:
    """Evidence beside a copy of a copy would puzzle who reads it."""
    of_a_copier = sighted(note_id="copier's", author_id="eve", picture_id=9, score=0.999)
    assert only(of_a_copier, sighted(score=0.97)).match == sighted(score=0.97).match


# Which work a picture belongs to


@pytest.mark.parametrize(
    ("sighting", "belongs"),
    [
        pytest.param(sighted(), True, id="same-picture"),
        pytest.param(sighted(direction=Direction.ORIGINAL_IN_QUERY), False, id="collage-of-it"),
        pytest.param(sighted(direction=Direction.QUERY_IN_ORIGINAL), False, id="crop-of-it"),
        pytest.param(sighted(direction=Direction.OVERLAP), False, id="overlap"),
        pytest.param(sighted(score=SURE_SCORE - 0.01), False, id="unsure"),
        pytest.param(sighted(basis=Basis.HASH_ONLY), False, id="unverified"),
    ],
)
def test_only_the_same_picture_belongs_to_the_work(sighting: Sighting, belongs: bool) -> None:
    """A collage that holds a picture is another work."""
    assert work_shown([sighting]) == (sighting if belongs else None)


def test_of_two_works_the_older_takes_the_picture() -> None:
    """So that all processes group alike."""
    older, newer = sighted(work_id=1, score=0.95), sighted(work_id=2, score=0.99)
    assert work_shown([newer, older]) == older
    assert work_shown([]) is None


@pytest.mark.parametrize(
    ("author", "hours", "may"),
    [
        pytest.param("alice", 2, True, id="holder"),
        pytest.param(LINKED_IN_NOTE, 2, True, id="linked-account"),
        pytest.param("bob", -2, True, id="earlier"),
        pytest.param("bob", 2, False, id="later"),
    ],
)
def test_who_copies_gets_no_claim(author: str | Author, hours: float, may: bool) -> None:
    """Else removing the first note would make the copier first."""
    author = Author(id=author) if isinstance(author, str) else author
    assert may_claim(sighted(), author, MORNING + hours * HOUR) == may


def test_a_licence_and_a_template_give_no_claim() -> None:
    """The right to show a work is not the work."""
    at = MORNING + HOUR
    assert not may_claim(sighted(claimed(), BOBS_LICENCE), Author(id="bob"), at)
    assert not may_claim(sighted(exempt="meme"), Author(id="bob"), at)


# For any values

claims = st.builds(
    Claim,
    work_id=st.just(1),
    author_id=st.sampled_from(["", "alice", "bob", "carol"]),
    at=strategies.times,
    basis=st.sampled_from(ClaimBasis),
    note_id=st.sampled_from(["first", "second"]),
    linked_ids=st.lists(st.sampled_from(["", "alice", "bob", "dan"]), max_size=2).map(tuple),
)
boxes = st.tuples(*[st.integers(0, 4)] * 2, *[st.integers(1, 4)] * 2).map(
    lambda b: tuple((min(1.0, (b[0] + x * b[2]) / 8), (b[1] + y * b[3]) / 8) for x, y in FULL)
)
some_matches = st.builds(
    lambda match, region, author_id: dataclasses.replace(
        match, region_query=region, author_id=author_id
    ),
    strategies.matches,
    boxes,
    st.sampled_from(["", "alice", "bob"]),
)


@st.composite
def any_sightings(draw: st.DrawFn) -> list[Sighting]:
    """Pictures of a few works; every picture has its number, every work its claims."""
    works = {
        work_id: {
            "claims": tuple(sorted(draw(st.lists(claims, max_size=3)), key=lambda c: c.at)),
            "exempt_reason": draw(st.none() | st.just("meme")),
        }
        for work_id in range(1, draw(st.integers(2, 5)))
    }
    matches = draw(st.lists(some_matches, max_size=6, unique_by=lambda m: m.picture_id))
    return [
        Sighting(match=m, work_id=work_id, **works[work_id])
        for m in matches
        for work_id in [draw(st.sampled_from(sorted(works)))]
    ]


some_authors = st.builds(
    Author,
    id=st.sampled_from(["", "alice", "bob", "eve"]),
    linked_ids=st.lists(st.sampled_from(["", "carol", "dan"]), max_size=2).map(tuple),
)


@settings(deadline=None)
@given(any_sightings(), some_authors, strategies.times, st.randoms(use_true_random=False))
def test_findings_never_exceed_what_was_seen(
    sightings: list[Sighting], author: Author, at: datetime, rng: Any
) -> None:
    """The score is the raw score or 0; the order of the sightings does not matter."""
    findings = copy_findings(sightings, image_number=0, author=author, at=at)
    assert len(findings) <= MAX_FINDINGS
    assert len({f.detail["work_id"] for f in findings}) == len(findings)
    for finding in findings:
        assert finding.score in (0.0, finding.raw_score)
        if finding.score == 0.0 < finding.raw_score:
            assert finding.difference not in (None, Difference.UNVERIFIED)
    if sightings:
        assert findings, "everything seen leaves at least one finding"
    shuffled = list(sightings)
    rng.shuffle(shuffled)
    assert copy_findings(shuffled, image_number=0, author=author, at=at) == findings


@settings(deadline=None)
@given(any_sightings(), some_authors, strategies.times)
def test_nobody_is_accused_in_any_output(
    sightings: list[Sighting], author: Author, at: datetime
) -> None:
    """First in the register is no proof of authorship, so these words never occur."""
    findings = copy_findings(sightings, image_number=0, author=author, at=at)
    text = json.dumps([finding.to_json() for finding in findings]).lower()
    assert not any(word in text for word in ("theft", "thief", "stolen", "steal", "owner"))


def test_fame_cannot_count() -> None:
    """No word that the judgement reads has a place for followers or rank."""
    fields = {
        field.name
        for word in (Author, Claim, Match, Sighting)
        for field in dataclasses.fields(word)
    }
    assert not [
        name for name in fields if any(w in name for w in ("follow", "fan", "fame", "rank"))
    ]


turned_boxes = st.tuples(
    *[st.floats(0, 1)] * 2, *[st.floats(0.05, 0.8)] * 2, st.floats(0, 6.3), st.booleans()
)


def turned(box: tuple[Any, ...]) -> Polygon:
    """A rectangle round a centre, turned, its corners in either order."""
    x, y, width, height, angle, reverse = box
    c, s = math.cos(angle), math.sin(angle)
    corners = [
        (x + c * dx * width - s * dy * height, y + s * dx * width + c * dy * height)
        for dx, dy in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
    ]
    return tuple(reversed(corners) if reverse else corners)


@settings(max_examples=50, deadline=None)
@given(turned_boxes, turned_boxes)
def test_share_inside_is_the_share_of_points_inside(inner: Any, outer: Any) -> None:
    """As counted on a grid laid over the inner one."""
    x, y, width, height, angle, _ = inner
    c, s = math.cos(angle), math.sin(angle)
    ox, oy, owidth, oheight, oangle, _ = outer
    oc, os = math.cos(oangle), math.sin(oangle)
    ticks = (np.arange(60) + 0.5) / 60 - 0.5
    u, v = np.meshgrid(ticks * width, ticks * height)
    px, py = x + c * u - s * v - ox, y + s * u + c * v - oy
    inside = (abs(oc * px + os * py) < owidth / 2) & (abs(oc * py - os * px) < oheight / 2)
    assert share_inside(turned(inner), turned(outer)) == pytest.approx(inside.mean(), abs=0.05)


WIGGLED = (
    (0.0, 2.5e-6),
    (0.956, 0.0),
    (0.9999999, 0.0),
    (0.9999994, 0.999998),
    (0.1, 1.0),
    (0.0, 1.0),
)


def test_share_inside_bears_edges_that_coincide() -> None:
    """Regions of two matches of one picture differ by rounding only."""
    assert share_inside(FULL, WIGGLED) == pytest.approx(1.0, abs=1e-5)
    assert share_inside(WIGGLED, FULL) == pytest.approx(1.0, abs=1e-5)
    assert share_inside(WIGGLED, WIGGLED) == pytest.approx(1.0, abs=1e-5)
    assert share_inside(LEFT, FULL) == pytest.approx(1.0)
    assert share_inside(FULL, LEFT) == pytest.approx(0.5)
    assert share_inside(LEFT, RIGHT) == 0.0


def test_nothing_has_no_share() -> None:
    """Matches without a region settle nothing."""
    line = ((0.0, 0.0), (1.0, 1.0))
    for nothing in ((), line, (*line, (0.5, 0.5))):
        assert share_inside(nothing, FULL) == share_inside(FULL, nothing) == 0.0


def test_why_allowed_agrees_with_the_finding() -> None:
    """One rule, asked by the judgement and by the registration."""
    sighting = sighted()
    at = MORNING + HOUR
    for author in (Author(id="alice"), Author(id="bob")):
        (finding,) = copy_findings([sighting], image_number=0, author=author, at=at)
        assert why_allowed(sighting, author, at) is finding.difference

"""Hypothesis strategies for the words of the domain.

Scores are drawn on the grid that JSON keeps (four digits), so that a round trip
is exact and a failing example is readable.
"""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from moderation.finding import Cause, Difference, Finding, FindingKind, ItemFailure, Span
from moderation.match import Basis, Direction, Match
from moderation.note import Author, Note, NoteImage, NoteKind
from moderation.verdict import Completeness, Decision, Reason, Registration, Verdict

ids = st.text("abcdefgh0123456789", min_size=1, max_size=6)
words = st.text(max_size=20)
"""Any code points but lone surrogates."""
scores = st.integers(0, 10_000).map(lambda n: n / 10_000)
times = st.datetimes(
    min_value=datetime(2013, 1, 1),
    max_value=datetime(2030, 1, 1),
    timezones=st.just(UTC),
)
image_numbers = st.none() | st.integers(0, 17)
points = st.tuples(scores, scores)
polygons = st.lists(points, min_size=3, max_size=6).map(tuple)
sizes = st.tuples(st.integers(1, 9_000), st.integers(1, 9_000))
steps5 = st.integers(-10_000_000, 10_000_000).map(lambda n: n / 100_000)

authors = st.builds(
    Author,
    id=ids,
    linked_ids=st.lists(ids, max_size=3).map(tuple),
    declared_ad=st.booleans(),
    brand_partner=st.none() | ids,
    handles=st.lists(ids, max_size=2).map(tuple),
)

images = st.builds(
    NoteImage,
    path=ids.map(lambda stem: f"{stem}.jpg"),
    sha256=st.none() | st.text("0123456789abcdef", min_size=64, max_size=64),
    declared_ai=st.booleans(),
)

notes = st.builds(
    Note,
    id=ids,
    author=authors,
    published_at=times,
    kind=st.sampled_from(NoteKind),
    title=words,
    text=words,
    tags=st.lists(words, max_size=3),
    links=st.lists(words, max_size=3),
    lang=st.none() | st.sampled_from(["zh", "en"]),
    images=st.lists(images, max_size=3),
    revision=st.integers(1, 99),
    declared_ai=st.booleans(),
)

matches = st.builds(
    Match,
    note_id=ids,
    image_number=st.integers(0, 17),
    author_id=ids,
    published_at=st.none() | times,
    score=scores,
    share_of_query=scores,
    share_of_original=scores,
    transform=st.none() | st.tuples(*[steps5] * 6),
    region_query=polygons,
    region_original=polygons,
    inliers=st.integers(0, 2_000),
    distance_bits=st.none() | st.integers(0, 256),
    cosine=st.none() | scores,
    direction=st.sampled_from(Direction),
    mirrored=st.booleans(),
    basis=st.sampled_from(Basis),
    query_size=sizes,
    original_size=sizes,
    picture_id=st.integers(0, 10_000),
)

spans = st.builds(
    Span,
    code=st.sampled_from([f"V{i}" for i in range(1, 11)]),
    field=st.sampled_from(["title", "text", "tags[0]", "image[0].ocr", "image[1].qr"]),
    start=st.integers(0, 50),
    end=st.integers(50, 99),
    text=words,
    normalised=words,
    box=st.none() | st.tuples(scores, scores, scores, scores),
)

findings = st.builds(
    Finding,
    kind=st.sampled_from(FindingKind),
    score=scores,
    raw_score=scores,
    difference=st.none() | st.sampled_from(Difference),
    image_number=image_numbers,
    match=st.none() | matches,
    spans=st.lists(spans, max_size=2).map(tuple),
    detail=st.dictionaries(ids, words | st.integers() | st.booleans() | scores, max_size=2),
    detector=st.sampled_from(["copies@1", "text_rules@1"]),
)

failures = st.builds(
    ItemFailure,
    code=ids,
    message=words,
    hint=words,
    detector=st.sampled_from(["", "copies", "text_rules", "later"]),
    cause=st.sampled_from(Cause),
    note_id=ids,
    line=st.none() | st.integers(1, 9_999),
    image_number=image_numbers,
)

reasons = st.builds(
    Reason,
    code=ids,
    decision=st.sampled_from(Decision),
    rule=ids,
    score=st.none() | scores,
    threshold=st.none() | scores,
    finding=st.none() | st.integers(0, 3),
)

verdicts = st.builds(
    Verdict,
    note_id=ids,
    revision=st.integers(1, 99),
    decision=st.sampled_from(Decision),
    reasons=st.lists(reasons, max_size=2).map(tuple),
    findings=st.lists(findings, max_size=2).map(tuple),
    failures=st.lists(failures, max_size=2).map(tuple),
    completeness=st.sampled_from(Completeness),
    policy=ids,
    policy_digest=ids,
    detectors=st.dictionaries(ids, ids, max_size=2),
    register_seq=st.integers(0, 10_000),
    registration=st.sampled_from(Registration),
    pictures=st.integers(0, 18),
)

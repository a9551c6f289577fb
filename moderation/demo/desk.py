"""The demo's desk: the notes of the story, and what waits for people under a careful policy.

Nothing is blocked by the machine here, so that there is something to decide: real photographs and
what people do to them, sales in disguise, and one picture that six accounts have taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from moderation import Gate, Policy
from moderation.demo import edits
from moderation.demo import photographs as photo
from moderation.demo.drafts import Draft, as_it_is, draft, write_notes
from moderation.demo.incoming import FILTERED, incoming
from moderation.demo.places import prepare
from moderation.demo.published import LICENCE, LICENSED_NOTE, LICENSEE, LINKED, published
from moderation.demo.story import ARCHIVE, INCOMING
from moderation.desk import Desk, Person, Role
from moderation.gate.rights.proofs import add_file, add_link
from moderation.store import NewAppeal, Wanted
from moderation.verdict import Decision

REGISTER, NOTES = "register", "notes"
READY = "ready"
"""Of a folder that is filled: the next time nothing is made anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDesk:
    """Where the demo's desk lies."""

    register: Path
    archives: tuple[Path, ...]


def demo_desk(
    folder: Path, *, progress: Callable[[int, int], None] = lambda _d, _n: None
) -> DemoDesk:
    """Make the demo's desk, or find the one that was made.

    Args:
        folder: new, empty, or of an earlier demo.
        progress: told (notes done, notes in all).

    Raises:
        MissingExtra: a package that carries the photographs is not installed.
        BadSetting: the folder holds anything that no demo made.
        StoreError: it cannot be written.
    """
    register, notes = folder / REGISTER, folder / NOTES
    desk = DemoDesk(register=register, archives=(notes / ARCHIVE, notes / INCOMING))
    if (notes / READY).is_file() and register.is_dir():
        return desk
    drafts = [*(scene.draft for scene in incoming()), *_one_picture_by_many()]
    prepare(register, notes)
    archive = write_notes(published(), notes / ARCHIVE)
    came_in = write_notes(drafts, notes / INCOMING)
    with Gate.open(register, policy=careful()) as gate:
        gate.register_many(archive)
        gate.claim(LICENSED_NOTE, author_id=LICENSEE, basis="licensed", proof=LICENCE)
        gate.link_authors(LINKED[0], LINKED[1:])
        for number, _ in enumerate(gate.check_many(came_in), start=1):
            progress(number, len(came_in))
        _appeal(gate)
    (notes / READY).touch()
    return desk


def _appeal(gate: Gate) -> None:
    """Two notes were blocked by somebody before, and their authors appeal."""
    desk, lin = Desk(gate.register, undo_for=timedelta(0)), Person(name="lin", role=Role.MODERATOR)
    for note_id, choice, statement in _APPEALED:
        (case,) = (
            one for one in gate.register.cases(Wanted(), limit=100) if one.note_id == note_id
        )
        desk.decide([case.case_id], lin, choice)
        desk.settle()
        row = gate.register.verdicts(note_id)[-1]
        new = NewAppeal(
            verdict_id=row.verdict_id,
            note_id=note_id,
            author_id=row.author_id,
            at=datetime.now(UTC),
            statement=statement,
        )
        with gate.register.transaction() as now:
            appeal, _ = now.open_appeal(new)
        if note_id == FILTERED:
            _prove(gate, appeal.appeal_id)


def _prove(gate: Gate, appeal_id: int) -> None:
    """The author sends the photograph before it was made smaller, and where it was shown."""
    larger = edits.saved_again(photo.FLOWER)
    add_file(gate.register, appeal_id, f"IMG_2024_dahlia{larger.suffix}", larger.data)
    add_link(gate.register, appeal_id, PUBLISHED)


_APPEALED = (
    (
        FILTERED,
        "copied",
        "这张花是我 2024 年在植物园拍的，相机原片和拍摄日期都可以提供，之前也发过在自己的博客上。",
    ),
    ("coat-clearance", "disguised", "只是整理衣柜，不是卖家，价格写错地方了。"),
)
"""(note, what was chosen, what the author says)."""
PUBLISHED = "https://blog.example.org/2024/05/dahlia-in-the-garden"
"""Where the author of the filtered dahlia says it was shown before."""


def careful() -> Policy:
    """Today's policy, but for this: what it would block waits for a person."""
    said = Policy.default().to_json()
    rules = [rule | {"steps": _softened(rule["steps"])} for rule in said["rule"]]
    return Policy.from_json(said | {"name": "careful", "rule": rules})


def _softened(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Steps without a block: from the same score on a person decides."""
    softer: dict[str, dict[str, Any]] = {}
    for step in steps:
        word = Decision.REVIEW.value if step["decision"] == Decision.BLOCK else step["decision"]
        softer.setdefault(word, {"at": step["at"], "decision": word})
    return list(softer.values())


def _one_picture_by_many() -> list[Draft]:
    changed = (
        ("cafe_corner_7", as_it_is(photo.COFFEE)),
        ("slowlife_daily", edits.filtered(photo.COFFEE)),
        ("mood_board_88", edits.mirrored(photo.COFFEE)),
        ("morning_wallpaper", edits.cropped(photo.COFFEE)),
        ("warm_kitchen", edits.saved_again(photo.COFFEE)),
    )
    return [
        draft(
            f"coffee-by-{number}",
            author,
            f"2026-03-1{number} 09:30",
            "周末的一杯",
            "阳光正好，什么都不用想，坐一会儿就够了。",
            ("咖啡", "日常"),
            (picture,),
        )
        for number, (author, picture) in enumerate(changed, start=1)
    ]

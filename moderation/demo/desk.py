"""The demo's desk: the notes of the story, and what waits for people under a careful policy.

Nothing is blocked by the machine here, so that there is something to decide: real photographs and
what people do to them, sales in disguise, and one picture that six accounts have taken. Of what
passed readers have reported two: one rightly, one out of spite.
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
from moderation.demo.worked import LIN, NEVER, waiting, work, worked_drafts
from moderation.desk import Desk
from moderation.gate.rights.proofs import add_file, add_link
from moderation.store import NewAppeal, NewReport, ReportReason
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
    drafts = [
        *(scene.draft for scene in incoming()),
        *_one_picture_by_many(),
        _in_passing(),
        *worked_drafts(),
    ]
    prepare(register, notes)
    archive = write_notes(published(), notes / ARCHIVE)
    came_in = write_notes(drafts, notes / INCOMING)
    with Gate.open(register, policy=overseen()) as gate:
        gate.register_many(archive)
        gate.claim(LICENSED_NOTE, author_id=LICENSEE, basis="licensed", proof=LICENCE)
        gate.link_authors(LINKED[0], LINKED[1:])
        for number, _ in enumerate(gate.check_many(came_in), start=1):
            progress(number, len(came_in))
        work(gate)
        _appeal(gate)
        _report(gate)
    (notes / READY).touch()
    return desk


def _appeal(gate: Gate) -> None:
    """Two notes were blocked by somebody before, and their authors appeal."""
    desk = Desk(gate.register, undo_for=timedelta(0), chance=lambda: NEVER)
    for note_id, choice, statement in _APPEALED:
        (case,) = waiting(gate, note_id)
        desk.decide([case.case_id], LIN, choice)
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


def _report(gate: Gate) -> None:
    """Readers object to what the machine has let pass; it cannot tell who of them is right."""
    with gate.register.transaction() as now:
        for note_id, reader_id, reason, words in _REPORTED:
            now.report_note(
                NewReport(note_id=note_id, reader_id=reader_id, reason=reason, words=words)
            )


_ADVERTISED, _HONEST = "commuter-bag", "coat-two-winters"
_REPORTED = (
    (
        _ADVERTISED,
        "quiet_reader_3",
        ReportReason.HIDDEN_AD,
        "这家店她一个月写了四次，次次都像刚买的。",
    ),
    (
        _ADVERTISED,
        "riverside_walker",
        ReportReason.HIDDEN_AD,
        "我在市集见过她摆摊，店就是她自己的，从来没说明。",
    ),
    (_ADVERTISED, "bag_collector_7", ReportReason.HIDDEN_AD, ""),
    (
        _HONEST,
        "coat_factory_02",
        ReportReason.OTHER,
        "抹黑同行！我们家大衣从来不起球，必须下架！！",
    ),
    (_HONEST, "coat_factory_03", ReportReason.HIDDEN_AD, "肯定收了别家的钱。"),
)
"""(note, reader, reason, words): the first is an advertisement, the second annoys a seller."""


def careful() -> Policy:
    """Today's policy, but for this: what it would block waits for a person."""
    said = Policy.default().to_json()
    rules = [rule | {"steps": _softened(rule["steps"])} for rule in said["rule"]]
    return Policy.from_json(said | {"name": "careful", "rule": rules})


def overseen() -> Policy:
    """The careful policy, and one decision in ten is asked again of somebody else."""
    return Policy.from_json(careful().to_json() | {"check": [{"second_looks": 0.1}]})


def _softened(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Steps without a block: from the same score on a person decides."""
    softer: dict[str, dict[str, Any]] = {}
    for step in steps:
        word = Decision.REVIEW.value if step["decision"] == Decision.BLOCK else step["decision"]
        softer.setdefault(word, {"at": step["at"], "decision": word})
    return list(softer.values())


def _in_passing() -> Draft:
    return draft(
        _ADVERTISED,
        "metro_line_four",
        "2026-03-13 22:10",
        "通勤一周，这只包陪我挤地铁",
        "装得下电脑和午饭，肩带不勒，下雨也不怕。小鹿手作的老板特意多缝了一个伞袋，说是给老朋友的。"
        "颜色还有墨绿和砖红。",
        ("通勤", "日常"),
    )


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

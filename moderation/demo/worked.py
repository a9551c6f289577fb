"""What was decided at the demo's desk before anybody comes: numbers for the page that looks back.

Two people have worked there. Of what the first decided, the second was asked again without knowing;
about one note they differ, which is worth another look.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from moderation import Gate
from moderation.demo.drafts import Draft, draft
from moderation.desk import Desk, Person, Role
from moderation.store import Case, Wanted

LIN = Person(name="lin", role=Role.MODERATOR)
MING = Person(name="ming", role=Role.MODERATOR)
NEVER = 1.0
"""A chance that asks for nothing again."""
_ALWAYS = 0.0
_WORKED = (
    ("lamp-group", "灯太好看了", "想要同款的加微信 lamp2026 拉你进群。", "disguised", "disguised"),
    ("tea-order", "春茶到了", "新茶上市，要的加V：tea_8899，量大优惠。", "disguised", "disguised"),
    ("shoe-link", "跑鞋开箱", "缓震很好，想要链接的加微信 run_abc77。", "disguised", "mark"),
    ("cat-adopt", "小猫找家", "领养免费，有意的加微信 catmom_66 聊聊。", "permitted", "permitted"),
    ("lost-key", "捡到一串钥匙", "失主请加微信 key_found9 认领。", "permitted", "permitted"),
    ("rent-room", "转租一间房", "直租，看房加微信 room_to_let3。", "mark", "mark"),
)
"""(note, title, text, what was decided, what the second person said)."""


def worked_drafts() -> list[Draft]:
    """Notes that were decided before; none has a picture."""
    return [
        draft(note_id, f"{note_id}-author", "2026-03-09 08:00", title, text)
        for note_id, title, text, *_ in _WORKED
    ]


def work(gate: Gate) -> None:
    """Decide them, the first person and the second."""
    desk = Desk(gate.register, undo_for=timedelta(0), chance=lambda: _ALWAYS)
    for note_id, _, _, first, second in _WORKED:
        for person, choice in ((LIN, first), (MING, second)):
            (case,) = waiting(gate, note_id)
            desk.take(case.case_id, person)
            desk.decide([case.case_id], person, choice)
            desk.settle()


def waiting(gate: Gate, note_id: str) -> Sequence[Case]:
    """Cases of a note that wait."""
    return [one for one in gate.register.cases(Wanted(), limit=100) if one.note_id == note_id]

"""Captions of our own, and registered captions made of them; every argument has a default."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moderation import Note
from moderation.text.captions import Caption, read_caption
from moderation.text.twins import KnownCaption

MORNING = datetime(2026, 11, 21, 8, tzinfo=UTC)

SENTENCES = (
    "周末和邻居一起去了城北的旧书市场，逛到中午才想起来还没吃早饭。",
    "入口左手边第三家摊子的老板很和气，旧地图可以慢慢翻，不买也不催。",
    "我挑了一本五十年代的植物图鉴，书页有点潮，但插图保存得出奇地好。",
    "旁边的面馆只有六张桌子，招牌是番茄牛腩面，汤底酸得刚刚好。",
    "建议早上八点以前到，停车位少，下雨天地面会很滑，穿防水的鞋。",
    "回家以后把图鉴晒了两个下午，夹在里面的银杏叶居然还是完整的。",
    "如果你也喜欢纸的味道，带一个结实的布袋，再带一点零钱就够了。",
    "下个月市场要搬到河对岸的仓库里，想看老样子的抓紧时间去。",
)
CAPTION = "".join(SENTENCES[:5])
OTHER = (
    "第一次自己换自行车内胎，花了一个半小时，满手黑油，但真的很有成就感。"
    "先放气，再用撬胎棒把外胎一侧翻出来，千万别用螺丝刀，会把新胎戳破。"
    "打气之前转一圈检查有没有夹住，我就是偷懒没检查，结果又重来了一遍。"
)
ENGLISH = (
    "I spent the whole weekend repairing an old wooden boat with my neighbour. "
    "The left side needed three new planks, and the paint took two days to dry. "
    "Bring gloves, because the resin sticks to everything you touch afterwards."
)


def caption_of(text: str, **fields: Any) -> Caption:
    """The caption of a note with this text, which must be long enough."""
    caption = read_caption(Note(id="n1", text=text, **fields))
    assert caption is not None
    return caption


def known(text: str = CAPTION, **changes: Any) -> KnownCaption:
    """A registered caption: by default Alice's, of this morning."""
    values: dict[str, Any] = {
        "caption_id": 1,
        "note_id": "first",
        "author_id": "alice",
        "linked_ids": (),
        "published_at": MORNING,
        "shingles": caption_of(text).shingles,
    }
    return KnownCaption(**values | changes)

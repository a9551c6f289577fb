"""What `moderation compare` says of the places that were changed, in both languages."""

from __future__ import annotations

from moderation.explain.names import Phrase
from moderation.image.difference import Place

UNCHANGED = Phrase(
    "No place was found that was changed in what they share.", "两图共有的画面中未见局部改动。"
)
CHANGED = Phrase(
    "{share} of what they share was changed, {place}.", "共有画面中有 {share} 被改动，{place}。"
)
CHANGED_AT = {
    Place.TOP_LEFT: Phrase("most of it at the top left of A", "主要在 A 的左上方"),
    Place.TOP: Phrase("most of it at the top of A", "主要在 A 的上方"),
    Place.TOP_RIGHT: Phrase("most of it at the top right of A", "主要在 A 的右上方"),
    Place.LEFT: Phrase("most of it at the left of A", "主要在 A 的左侧"),
    Place.MIDDLE: Phrase("most of it in the middle of A", "主要在 A 的中部"),
    Place.RIGHT: Phrase("most of it at the right of A", "主要在 A 的右侧"),
    Place.BOTTOM_LEFT: Phrase("most of it at the bottom left of A", "主要在 A 的左下方"),
    Place.BOTTOM: Phrase("most of it at the bottom of A", "主要在 A 的下方"),
    Place.BOTTOM_RIGHT: Phrase("most of it at the bottom right of A", "主要在 A 的右下方"),
    Place.ALL_OVER: Phrase("in several parts of A", "散布于 A 的多处"),
}

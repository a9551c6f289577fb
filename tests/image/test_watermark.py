"""Watermarks: a handle in a corner is read, and held against nobody whose accounts are unknown."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.photographs import PHOTOGRAPHS, photograph
from kit.watermarks import marked

from moderation.finding import Difference, Finding
from moderation.image.watermark import Watermark, read_watermarks, watermark_findings
from moderation.image.watermark.handles import Handle, handle_in, same_account
from moderation.image.watermark.strips import MOST_STRIPS, corner_strips
from moderation.note import Author

WRITTEN = {
    "xhs-number": ("小红书号：9582310474", "xiaohongshu", "9582310474"),
    "xhs-ascii-colon": ("小红书号:958231", "xiaohongshu", "958231"),
    "xhs-traditional": ("小紅書號：9582310474", "xiaohongshu", "9582310474"),
    "xhs-name": ("小红书 @小鹿爱画画", "xiaohongshu", "小鹿爱画画"),
    "xhs-logo-before": ("◎ 小红书 ID: mia.draws", "xiaohongshu", "mia.draws"),
    "xhs-first-letter-lost": ("红书号：9582310474", "xiaohongshu", "9582310474"),
    "rednote": ("rednote @mia.draws", "xiaohongshu", "mia.draws"),
    "douyin": ("抖音号：oldzhou_88", "douyin", "oldzhou_88"),
    "douyin-misread": ("料音号oldzhou_88", "douyin", "oldzhou_88"),
    "kuaishou": ("快手ID: k88123", "kuaishou", "k88123"),
    "weibo": ("微博@老周修车", "weibo", "老周修车"),
    "weibo-address": ("weibo.com/oldzhou", "weibo", "oldzhou"),
    "tiktok": ("TikTok @tea_and_cats", "tiktok", "tea_and_cats"),
    "tiktok-gap": ("TikTok @tea and", "tiktok", "tea and"),
    "channels": ("视频号：山里的木匠", "wechat_channels", "山里的木匠"),
    "bare": ("@一颗青梅", "", "一颗青梅"),
    "full-width": ("＠ｍｉａ", "", "mia"),
}
NOT_A_HANDLE = {
    "slogan": "小红书爆款 必买清单",
    "app-name": "小红书",
    "brand": "SIEMENS",
    "product-number": "型号：X100",
    "book-number": "书号：9787111",
    "order-number": "订单号：20260501",
    "phone": "电话号：13800000000",
    "camera": "SHOT ON OPTIK 9",
    "date": "2026.05.01",
    "caption": "今天和 @小鹿 一起去喝咖啡",
    "mail": "mail me: a@b.example",
    "price": "@ 9.9",
    "sentence": "Follow us on Instagram for more",
    "nothing": "",
}


@pytest.mark.parametrize(("text", "platform", "name"), WRITTEN.values(), ids=WRITTEN.keys())
def test_a_handle_in_the_way_of_apps_is_one(text: str, platform: str, name: str) -> None:
    """With what a reader makes of logos, edges and thin letters."""
    assert handle_in(text) == Handle(platform=platform, name=name)


@pytest.mark.parametrize("text", NOT_A_HANDLE.values(), ids=NOT_A_HANDLE.keys())
def test_other_small_writing_is_no_handle(text: str) -> None:
    """Print on products, captions, dates, slogans."""
    assert handle_in(text) is None


@given(text=st.text(max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    """Readers make nonsense of texture."""
    found = handle_in(text)
    assert found is None or found.name


SAME = [
    ("9582310474", "9582310474"),
    ("95823I0474", "9582310474"),
    ("958231047", "9582310474"),
    ("Mia.Draws", "mia.draws"),
    ("mia,draws", "mia.draws"),
    ("ｍｉａ＿ｄｒａｗｓ", "mia_draws"),
    ("小鹿爱画面", "小鹿爱画画"),
    ("oldzhou", "oldzhou_88"),
    ("oldzh88", "oldzhou88"),
]
OTHER = [
    ("9582310474", "9582319999"),
    ("小鹿", "小虎"),
    ("mia.draws", "k.photo"),
    ("老周修车", "一颗青梅"),
    ("", "9582310474"),
    ("。。", "。。"),
]


@pytest.mark.parametrize(("read", "own"), SAME, ids=str)
def test_a_misread_name_is_still_the_authors(read: str, own: str) -> None:
    """Nobody is accused by a reading error."""
    assert same_account(read, own)
    assert same_account(own, read)


@pytest.mark.parametrize(("read", "own"), OTHER, ids=str)
def test_another_name_is_another(read: str, own: str) -> None:
    """And nothing is nobody's name."""
    assert not same_account(read, own)


@given(name=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=30))
def test_every_name_is_its_own(name: str) -> None:
    """In whatever script."""
    assert same_account(name, name)
    assert same_account(f"@{name} ", name)


# In pictures

DRAWN = {
    "xhs-number": (("小红书号：9582310474",), "coffee", "bottom_right", "9582310474"),
    "xhs-two-lines": (("@老周修车", "小红书号：95823104"), "chelsea", "bottom_right", "95823104"),
    "douyin": (("抖音号：oldzhou88",), "rocket", "bottom_left", "oldzhou88"),
    "weibo": (("@一颗青梅",), "coffee", "bottom_middle", "一颗青梅"),
    "traditional": (("小紅書號：9582310474",), "chelsea", "bottom_middle", "9582310474"),
    "top": (("抖音号：6831161089",), "astronaut", "top_right", "6831161089"),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "photo", "place", "handle"), DRAWN.values(), ids=DRAWN.keys())
def test_a_handle_in_a_corner_is_read(
    lines: tuple[str, ...], photo: str, place: str, handle: str
) -> None:
    """The account, and where it stands."""
    found = read_watermarks(marked(*lines, photo=photo, place=place))
    assert found
    assert any(same_account(h.name, handle) for h in found[0].handles)
    left, top, right, bottom = found[0].box
    assert 0 <= left < right <= 1
    assert 0 <= top < bottom <= 1
    assert (bottom > 0.85) == place.startswith("bottom")


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photograph_names_nobody(name: str) -> None:
    """Nor does the badge on a uniform."""
    assert read_watermarks(photograph(name)) == ()


def test_only_strips_are_read_and_few_of_them() -> None:
    """The reader never sees more than a corner's line."""
    seen: list[tuple[int, ...]] = []

    def reader(strip: np.ndarray) -> tuple[str, float]:
        seen.append(strip.shape)
        return "", 0.0

    pixels = marked("抖音号：6831161089")
    assert read_watermarks(pixels, recogniser=reader) == ()
    assert 1 <= len(seen) <= MOST_STRIPS
    assert all(shape[0] < 0.12 * pixels.shape[0] for shape in seen)


def test_an_unsure_reading_is_none() -> None:
    """Texture read as a handle, with little confidence."""
    pixels = marked("抖音号：6831161089")
    assert read_watermarks(pixels, recogniser=lambda _: ("抖音号：6831161089", 0.5)) == ()


@pytest.mark.parametrize(
    "shape", [(1, 1), (3, 900), (900, 3), (199, 199), (200, 4_000), (4_000, 220)], ids=str
)
def test_any_shape_and_any_noise_is_looked_at(shape: tuple[int, int]) -> None:
    """Tiny, thin and long pictures; the same answer every time."""
    noise = np.random.default_rng(5).integers(0, 255, (*shape, 3), dtype=np.uint8)
    first = corner_strips(noise)
    assert corner_strips(noise) == first
    assert corner_strips(np.zeros((*shape, 3), np.uint8)) == []


def test_the_cheap_stage_is_cheap() -> None:
    """Milliseconds, with room for a busy machine; the benchmark measures it."""
    pixels = np.ascontiguousarray(np.tile(photograph("china"), (2, 2, 1)))
    spent = []
    for _ in range(7):
        started = time.thread_time()
        corner_strips(pixels)
        spent.append(time.thread_time() - started)
    assert min(spent) < 0.02


# Judgement

MARK = Watermark(
    text="@老周修车 / 小红书号：9582310474",
    handles=(
        Handle(platform="", name="老周修车"),
        Handle(platform="xiaohongshu", name="9582310474"),
    ),
    confidence=0.96,
    box=(0.6, 0.9, 0.98, 0.97),
)


def judged(author: Author, mark: Watermark = MARK) -> Finding:
    """The finding on one watermark."""
    (finding,) = watermark_findings([mark], author=author, image_number=2)
    return finding


def test_an_unknown_author_is_told_and_not_weighed() -> None:
    """Without handles there is nothing to compare with."""
    finding = judged(Author(id="u1"))
    assert finding.score == 0
    assert finding.raw_score > 0.9
    assert finding.difference is Difference.HANDLE_NOT_COMPARABLE


@pytest.mark.parametrize(
    "author",
    [
        Author(id="u1", handles=("9582310474",)),
        Author(id="u1", handles=("somebody", "老周修车")),
        Author(id="u1", handles=("老周修车铺",)),
        Author(id="9582310474"),
    ],
    ids=["number", "name", "longer-name", "id-is-the-number"],
)
def test_ones_own_watermark_is_allowed(author: Author) -> None:
    """One agreeing line is enough."""
    assert judged(author).difference is Difference.OWN_HANDLE
    assert judged(author).score == 0


def test_another_accounts_watermark_is_a_finding() -> None:
    """With text, account, confidence and place."""
    finding = judged(Author(id="u1", handles=("k.photo", "44556677")))
    assert finding.difference is None
    assert finding.score == finding.raw_score >= 0.6
    assert finding.detail["handle"] == "老周修车 / 9582310474"
    assert finding.detail["platform"] == "xiaohongshu"
    assert (finding.detail["left"], finding.detail["bottom"]) == (0.6, 0.97)


def test_a_bare_name_weighs_less_than_a_platforms_word() -> None:
    """`@name` alone is also written for other reasons."""
    bare = Watermark(text="@x", handles=MARK.handles[:1], confidence=0.96, box=MARK.box)
    stranger = Author(id="u1", handles=("k.photo",))
    assert judged(stranger, bare).score < judged(stranger).score

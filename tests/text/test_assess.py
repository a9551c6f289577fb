"""The shipped reader, asked plain questions about notes that it has never seen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from kit.texts import note_of

from moderation import Author, assess_text
from moderation.finding import Difference, FindingKind
from moderation.text.reading import TextReading, findings_from

NATIVE = {
    "zh": "晒一下我爸种的丝瓜🥒 今年雨水多，藤爬满了整个阳台，隔壁奶奶天天来讨。清炒最好吃，蒜末多"
    "放一点。就是虫子也多，每天早上要捉半小时，我爸说明年不种了，年年都这么说哈哈。",
    "price": "换了副眼镜，镜片480镜框260，店员推荐的防蓝光没要。戴了两周，鼻托有点压，回去调过一次"
    "好多了。之前在网上配过一副便宜的，瞳距不准头晕，还是去店里稳。",
    "en": "Our cat knocked over the router again, so I finally moved it to the shelf. It took an "
    "hour to find the right cable. The wifi is a bit slower in the kitchen now, but fine.",
}
SALES = {
    "zh": "钩针小包接单啦🧶 现货两个，定制排到月底。小号88，中号128，颜色可以选，三件包邮。想要的先"
    "拍下定金，备注颜色尺寸，尾款发货前付。老顾客再减10元～",
    "path": "驾校陪练价目：两小时260，五小时600，周末加50。地铁口接送，可约晚上。要约课的私我，"
    "或者加V：xiaolu_2093 备注区域。",
    "en": "Crochet bags in stock! Small $18, medium $26, ready to ship. Custom colours welcome, DM "
    "me to order, three for free shipping. Only five left this month!",
}


def likeliest(reading: TextReading) -> str:
    return max(reading.intent, key=lambda name: reading.intent[name])


@pytest.mark.parametrize("text", NATIVE.values(), ids=NATIVE)
def test_daily_life_is_native(text: str) -> None:
    """A price or a shop alone is no advertisement."""
    reading = assess_text(note_of(text))
    assert likeliest(reading) in ("N0", "N1")
    assert reading.commercial < 0.3
    assert not findings_from(reading)


@pytest.mark.parametrize("text", SALES.values(), ids=SALES)
def test_a_price_list_with_orders_is_a_sale(text: str) -> None:
    """Without any word for a contact, too."""
    reading = assess_text(note_of(text))
    assert likeliest(reading) == "C2"
    assert reading.hard_sell > 0.6


def test_a_disclosed_gift_is_no_reproach() -> None:
    """What is said plainly at the top is said; the finding stays to be seen."""
    text = (
        "感谢品牌方赠送这瓶身体乳，合作内容。用了三周，乳木果的味道不冲，洗完澡趁湿抹，小腿不起皮了。"
        "泵头偶尔会卡。推荐给冬天干的姐妹，专柜有小样可以先试。"
    )
    reading = assess_text(note_of(text))
    assert reading.commercial > 0.5
    assert max(reading.disclosure, key=reading.disclosure.__getitem__) == "clear"
    for finding in findings_from(reading):
        assert finding.kind is not FindingKind.TEXT_SOFT_AD_UNDISCLOSED or (
            finding.score == 0 and finding.difference is Difference.DISCLOSED
        )


def test_a_finding_shows_the_sentences_behind_it() -> None:
    """Original words, where they stand."""
    note = note_of(SALES["zh"])
    (found,) = (f for f in findings_from(assess_text(note)) if f.kind is FindingKind.TEXT_HARD_SELL)
    assert found.spans
    for span in found.spans:
        assert note.text[span.start : span.end] == span.text
    assert found.detector.startswith("note_reader@v1/")


def test_fame_is_no_input() -> None:
    """Who says it changes nothing; what the author declares does."""
    plain = assess_text(note_of(SALES["zh"]))
    assert assess_text(note_of(SALES["zh"], author=Author(id="famous"))) == plain
    declared = assess_text(note_of(SALES["zh"], author=Author(id="a", declared_ad=True)))
    assert declared.disclosure["clear"] > 0.97


def test_threads_read_the_same() -> None:
    """One reader serves all threads of a process."""
    notes = [note_of(text) for text in (*NATIVE.values(), *SALES.values())] * 4
    alone = [assess_text(note) for note in notes]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(assess_text, notes)) == alone

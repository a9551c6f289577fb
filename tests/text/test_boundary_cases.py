"""Cases on which people had to rule: what the note wants, what it says of itself, what it breaks.

Each text is our own; the ruling is that of moderators who met one like it. Where a ruling leaves
the intent open, all intents that fit are listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from kit.texts import note_of

from moderation.finding import Difference, FindingKind
from moderation.policy import Policy, decide
from moderation.text.assess import assess_text
from moderation.text.reading import findings_from
from moderation.verdict import Decision


@dataclass(frozen=True, kw_only=True)
class Case:
    """A note and its ruling."""

    title: str = ""
    text: str
    intents: str
    """Codes that fit, the best first."""
    disclosure: str
    violations: tuple[tuple[str, str], ...] = ()
    """All of them, in reading order: code and exact span."""
    decisions: str
    """Words of the default policy that fit."""


CASES = {
    "gift_stated_in_plain_words": Case(
        text="中间插播一则小广告：谢谢品牌方寄来的这瓶精华，我用了四个星期，把感受写在下面。"
        "上脸不黏，早起皮肤是软的，瓶身也好看。",
        intents="C1",
        disclosure="clear",
        decisions="pass",
    ),
    "customer_who_denies": Case(
        title="忍不住又下单了",
        text="想了三天还是买了这支睫毛膏，花了89。先说一句我没在打广告，刷头有点大，我眼皮油，"
        "下午会晕一点，各人眼皮不一样。",
        intents="N1",
        disclosure="denied",
        decisions="pass",
    ),
    "praise_of_one_product_that_denies": Case(
        title="当了一回小白鼠",
        text="（先说好，这可不是广告）这款泥膜富含高岭土，深层清洁又温和，敷完毛孔立刻透亮，"
        "整张脸焕发光泽，质地细腻好推开，真的绝绝子，每个姐妹都值得拥有！",
        intents="C1",
        disclosure="denied",
        decisions="label review",
    ),
    "shop_of_a_friend": Case(
        title="闺蜜的店开张啦",
        text="店主是我认识十年的好朋友，她新开的小馆子一定要给她多拍几张！招牌是酸汤牛肉，"
        "环境也漂亮，快来试试，绝对好吃到舔盘！",
        intents="C1",
        disclosure="clear",
        decisions="pass",
    ),
    "booking_by_comment_or_avatar": Case(
        title="海岛婚纱旅拍",
        text="三天两晚套餐含酒店和接送，每人2680起。怎么订？在评论区留言，或者点我头像私信小编。",
        intents="C2",
        disclosure="absent",
        violations=(("V5", "怎么订？在评论区留言"), ("V4", "点我头像"), ("V5", "私信小编")),
        decisions="review",
    ),
    "free_papers_as_bait_for_a_group": Case(
        title="期末真题整理好了",
        text="全套原卷和答案解析电子版，想要的进群自取，或者找@小周老师的助教拿",
        intents="C2 N0",
        disclosure="absent none_needed",
        violations=(("V6", "想要的进群"), ("V5", "找@小周老师的助教拿")),
        decisions="review",
    ),
    # Moderators block this one. No handle is shown, so our default policy leaves it to a person.
    "referral_to_a_clinic": Case(
        text="姐妹们想做双眼皮的可以直接私信我，或者加我，推荐靠谱的整形医院，案例很多",
        intents="C2 C1",
        disclosure="absent",
        violations=(
            ("V8", "双眼皮的可以直接私信我，或者加我"),
            ("V5", "直接私信我"),
            ("V1", "加我"),
            ("V8", "推荐靠谱的整形医院"),
        ),
        decisions="review block",
    ),
    # Moderators review this one, because others wrote the same. One text alone does not show it.
    "traveller_who_may_be_the_seller": Case(
        title="巴厘岛五天攻略",
        text="之前在评论里问团，结果收到几百条si信……最后选的这家真的靠谱，签约时白纸黑字写着不进gou物店，"
        "司机全程贴心，行程安排省心，导游小哥专业又耐心，全家都满意！",
        intents="C1",
        disclosure="absent",
        decisions="pass label review",
    ),
    "foreigner_asks_for_a_contact": Case(
        title="hello",
        text="Hi my new friends from abroad, could you tell me your WeChat? "
        "I want to practise English with you.",
        intents="N0",
        disclosure="none_needed",
        decisions="pass",
    ),
    "contact_word_explained": Case(
        title="新来的想扩列",
        text="想扩列！外国朋友问这个词，大概是说互相留QQ、微信做朋友",
        intents="N0",
        disclosure="none_needed",
        decisions="pass",
    ),
    "story_of_a_counter": Case(
        title="今天去买口红",
        text="付钱的时候柜姐让我关注了他们家的微信公众号，说可以领小样，结果小样没了，"
        "口红颜色倒是挺好看的，320元",
        intents="N1",
        disclosure="none_needed",
        decisions="pass",
    ),
    "contact_words_inside_other_words": Case(
        title="院子里的花",
        text="外婆种的蔷薇开了，旁边那盆也有点像紫薇。给薇诺娜的空瓶插了一枝。"
        "出门买菜zfb和vx都很少能用，只收现金。",
        intents="N0 N1",
        disclosure="none_needed",
        decisions="pass",
    ),
    "messages_that_readers_sent": Case(
        title="电学这一章",
        text="看到有私信说串并联不太懂，今天讲一讲。另外由于私信太多，昨天被限制发言了，抱歉没有回。",
        intents="N0",
        disclosure="none_needed",
        decisions="pass",
    ),
    "code_of_a_membership_card": Case(
        title="香港药妆店会员卡",
        text="这张会员卡的二维码放图里了，结账出示能打九五折，用得上就存一张",
        intents="N0 N1 C3",
        disclosure="none_needed",
        decisions="pass",
    ),
    "source_given_in_private": Case(
        title="今天的裙子",
        text="在一个小微店主那里买的，版型很正，穿着显高（链接可私信问我）",
        intents="N1 N0 C1",
        disclosure="none_needed absent",
        violations=(("V5", "链接可私信"),),
        decisions="review",
    ),
    "praise_that_ends_in_a_shop": Case(
        title="这个面霜太好了",
        text="质地轻薄好吸收，富含神经酰胺，保湿修护一整天都水润，京东自营目前有卖，"
        "顺路就能带一瓶，闭眼入！",
        intents="C1",
        disclosure="absent",
        violations=(("V2", "京东自营目前有卖"),),
        decisions="review",
    ),
    "product_at_the_end_of_another_story": Case(
        title="昨晚那期综艺笑死我了",
        text="三个队友互相甩锅太好笑了，最后那段合唱又看哭。看完敷了片小满芦荟补水面膜，"
        "蕴含芦荟精华，水润透亮，追剧必备！@小满护肤 @综艺官微",
        intents="C1",
        disclosure="absent",
        decisions="label review",
    ),
    "complaint_about_advertising": Case(
        title="真的想知道",
        text="吹得神乎其神的面霜测评是不是软文？我买过两次都踩雷了，求真实评价",
        intents="N1",
        disclosure="none_needed",
        decisions="pass",
    ),
    "checklist_of_a_study_room": Case(
        title="三月打卡开始",
        text="用的是七号自习室那张表，这个月只定一个目标：早睡。",
        intents="N0",
        disclosure="none_needed",
        decisions="pass",
    ),
}


MISREAD = {
    "checklist_of_a_study_room": "a room's name and a goal in one line read as a sale",
    "code_of_a_membership_card": "one line about a card that anybody may show reads as a sale",
}
"""Where the shipped reader is wrong; the ways out in them are found all the same."""


OVERSEEN = {
    "code_of_a_membership_card": "the network alone takes the card's code for a way out",
}
"""Where an innocent note goes to a person."""


MILDER = {
    "product_at_the_end_of_another_story": "0.80 is below the label, which 1.5 % of natives reach",
}
"""Where the policy does less than the ruling, so that natives are left alone."""


def cases(wrong: dict[str, str]) -> list[object]:
    """All of them; those that are known to go wrong have to go on doing so, or be taken off."""
    return [
        pytest.param(
            case,
            id=name,
            marks=[pytest.mark.xfail(reason=wrong[name], strict=True)] if name in wrong else [],
        )
        for name, case in CASES.items()
    ]


@pytest.mark.parametrize("case", cases(MISREAD))
def test_intent_and_disclosure_follow_the_ruling(case: Case) -> None:
    """The likeliest answer on both axes is one that the ruling allows."""
    reading = assess_text(note_of(case.text, title=case.title))
    assert max(reading.intent, key=lambda i: reading.intent[i]) in case.intents.split()
    stated = max(reading.disclosure, key=lambda d: reading.disclosure[d])
    assert stated in case.disclosure.split()


@pytest.mark.parametrize("case", cases(OVERSEEN))
def test_violations_are_exactly_those_of_the_ruling(case: Case) -> None:
    """Every violation has its exact span, and nothing else is one."""
    spans = assess_text(note_of(case.text, title=case.title)).violations
    assert [(s.code, s.text) for s in spans] == list(case.violations)
    assert all(s.field == "text" and case.text[s.start : s.end] == s.text for s in spans)


@pytest.mark.parametrize("case", cases(MILDER | OVERSEEN))
def test_default_policy_comes_to_the_ruling(case: Case) -> None:
    """From the text alone, with no picture and no register."""
    note = note_of(case.text, title=case.title)
    as_of = datetime(2026, 11, 24, tzinfo=UTC)
    verdict = decide(Policy.default(), note, findings_from(assess_text(note)), as_of=as_of)
    assert verdict.decision in [Decision(word) for word in case.decisions.split()]


def test_disclosed_case_keeps_what_was_seen() -> None:
    """An honest soft ad has score 0, its raw score, and the reason why they differ."""
    case = CASES["gift_stated_in_plain_words"]
    findings = {f.kind: f for f in findings_from(assess_text(note_of(case.text)))}
    soft = findings[FindingKind.TEXT_SOFT_AD_UNDISCLOSED]
    assert soft.score == 0
    assert soft.raw_score > 0.6
    assert soft.difference is Difference.DISCLOSED

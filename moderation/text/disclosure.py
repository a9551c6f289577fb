"""What the author says about an interest: stated, hidden in the tail, or denied.

The law asks for a plain statement (互联网广告管理办法, 2023); a hashtag at the end is not one.
A denial is evidence of nothing by itself: customers and disguised sellers both write it.
"""

from __future__ import annotations

import re

from moderation.text.fields import Joined
from moderation.text.marks import MAX_HITS_PER_RULE, Mark, marks, rule

_NOT_STATED = (
    r"(?:不是|不算|非|没有?|无|不|别|拒绝|并非|是不是|像|以为|怀疑|觉得是|烦|讨厌|满屏|全是|"
    r"都是|又是|好多|很多|看到|看了|刷到|被|"
    r"这种|那种|那条|那个|代购|小|"
    r"(?<!插播一条)小|not |no |isn.?t |an? ?non[- ]?)[^，,。]{0,5}$"
)
_TAIL_CHARS = 60

CLEAR_RULES = (
    rule(
        "disclosure.gift",
        0.95,
        (
            r"(?:感谢|谢谢|多谢)[^。！!\n]{0,16}(?:赠送|寄来|寄送|送的?|送来|赠予|赞助|邀请|提供|"
            r"安排|试用)|(?:品牌方?|官方|商家|"
            r"店家|厂家|pr|公关)(?:爸爸|粑粑)?[^，,。！!\n]{0,8}(?:赠送?|寄来|寄送?|送的|送来|送我|"
            r"送了|邀请|赞助|提供的|给的|"
            r"请我)|(?:收到|受到?|得到)(?:了)?[^，,。！!\n]{0,14}(?:品牌方?|官方|商家|"
            r"店家)[^，,。！!\n]{0,8}(?:礼盒|"
            r"试用|体验|邀请|赠|寄|送|青睐)|(?:收到|受|得到)(?:了)?[^，,。！!\n]{0,12}(?:寄来的?|"
            r"寄送的?|赠送的?|送来的?|"
            r"的?试[用色](?:邀请|装)|的邀请)|(?:赠送|寄送?)(?:了)?(?:一[支瓶套盒根份件]|几[支瓶套盒]|"
            r"给我)[^，,。\n]{0,10}(?:试用|体验|测评)?|(?:品牌|官方|商家|"
            r"店家)(?:方)?(?:的)?(?:试用体验|试用装?|试吃|试住|"
            r"免费体验)|(?:试用|体验)(?:官|报告|名额)[^，,。\n]{0,6}(?:品牌|官方|收到|抽中|申请)|"
            r"抽[中到](?:了)?[^，,。\n]{0,8}(?:试用|体验|新品)|(?:参加|受邀|"
            r"应邀)[^，,。\n]{0,16}(?:品牌|新品|发布会|"
            r"分享会|探店|试吃|体验会)"
        ),
        not_after=(
            r"(?:没有?|不是|妈妈?|老公|男友|男朋友|闺蜜|朋友|同学|未|从没|柜姐|满额|买一)[^，,。]{0,6}$"
        ),
    ),
    rule(
        "disclosure.advert",
        0.95,
        (
            r"插播(?:一?[条个则])?(?:小)?(?:广告|推广)|恰(?:个|一下|口)?饭|(?:本文|本篇|本条|"
            r"这[条篇期]|内含|含|有|以下|"
            r"下面)(?:笔记|内容|视频)?(?:为|是|含|有|属于)?(?:一[条篇则])?(?:小)?(?:商业)?(?:广告|"
            r"推广|商务合作|商单|软文|"
            r"合作推广|品牌合作)(?!位|语|词|费|公司|牌|满天|太多|请走)|利益相关|[【\[(「](?:广告|"
            r"合作|推广|商务合作|品牌合作|ad|"
            r"sponsored|赞助|商单)[】\])」]|(?:广告|合作)(?:声明|标识|内容|笔记|说明)|"
            r"与[^，,。\n]{1,14}(?:品牌)?合作|"
            r"(?:虽然|确实|的确)是(?:推广|广告|合作)|蒲公英(?:报备|合作)|报备(?:笔记|合作)"
        ),
        not_after=_NOT_STATED,
        not_before=(r"(?:公司|专业|学|位|吗|嘛|么|？|\?)"),
    ),
    rule(
        "disclosure.interest",
        0.9,
        (
            r"(?:老板|店主|店长|主理人|创始人|老板娘|品牌方|商家|店家|机构|老师)(?:娘)?(?:就)?(?:是|"
            r"为)(?:我|自己|本人)(?:的|家|"
            r"很|最|超|多年)?[^，,。\n]{0,8}(?:朋友|闺蜜|发小|同学|亲戚|姐妹|家人|老公|妈|爸|姐|哥|"
            r"弟|妹|邻居|表|堂)?|(?:朋友|"
            r"闺蜜|发小|同学|家人|表姐|老公|我妈|我爸|姐妹|男友)(?:自己)?(?:家)?(?:开|做|创立|经营|"
            r"新开|"
            r"搞)的?(?:了)?(?:一?[家个间])?(?:小|新)?(?:店|品牌|工作室|民宿|餐厅|咖啡|厂|公司|机构|"
            r"烘焙|花店)|"
            r"我(?:自己)?(?:在|是)[^，,。\n]{1,10}(?:上班|工作|员工|店员|柜姐|销售|任职|的员工)|"
            r"自家(?:的)?(?:品牌|店|产品|"
            r"民宿|工作室|小店|果园|农场)"
        ),
        not_after=(r"(?:不是|没有|认识的?|听说)[^，,。]{0,4}$"),
    ),
    rule(
        "disclosure.advert",
        0.95,
        (
            r"(?:paid partnership|sponsored by|this (?:post|note|video|"
            r"review) is (?:sponsored|an ad|paid)|in (?:paid )?(?:partnership|collaboration|"
            r"collab) with|gifted by|(?:was|were|been) gifted|(?:thanks?|"
            r"thank you) (?:so much )?(?:to )?[^.\n]{0,30} (?:for (?:sending|gifting|"
            r"the gift|inviting|sponsoring|having me))|pr (?:package|sample|gift)|"
            r"received (?:this|it|these|them) (?:for )?free|#(?:ad|sponsored|gifted|"
            r"paidpartnership)(?![a-z]))"
        ),
        not_after=(r"(?:not|isn.?t|never|no)[a-z ]{0,6}$"),
    ),
    rule(
        "disclosure.advert",
        0.9,
        r"(?:业配|業配|工商时间|工商時間|邀约(?:体验|文)|合作邀约|公关品|体验文|试吃文)",
        not_after=_NOT_STATED,
    ),
    rule(
        "disclosure.own_shop",
        0.6,
        (
            r"(?:我(?:是|们是)|这里是|本人是?)[^，,。\n]{0,10}(?:店主|老板|商家|主理人|创始人|官方|"
            r"店长|卖家|导游|客服|机构老师|"
            r"厂家|代理)|(?:本店|我们?家?店|我的店|我的小店|本工作室|我们工作室|我们团队|本公司|我司|"
            r"官方(?:号|账号|店))|"
            r"(?:welcome to|visit) (?:my|our) (?:shop|store|studio)|(?:my|our) (?:little |"
            r"small )?(?:shop|store|business|brand|studio|corner of)"
        ),
    ),
    rule(
        "disclosure.private_sale",
        0.6,
        r"(?:闲置|二手|自用出|个人(?:闲置|转让)|出(?:闲置|二手)|转让|低价出售|断舍离)",
        not_after="收",
    ),
)

DENIED_RULES = (
    rule(
        "disclosure.denied",
        0.9,
        (
            r"(?:不是|并非|绝非(?:不是)?|绝对不是|非|无|没有?|不算|不带|纯?无)[^\w\n]?(?:在|"
            r"来)?(?:打|接|收|任何|"
            r"一[条个])?[^\w\n]?(?:的)?(?:广告?|推广|软文|硬广|宣传|恰饭|安利费|托|水军|带货)(?!场|"
            r"东|州|大|泛|为|告牌|告位|"
            r"告公司)|(?:没|没有|未|不)(?:收|拿|有收|被)(?:过)?(?:任何|一分|品牌|"
            r"他们)?[^，,。\n]{0,3}(?:钱|广告费|推广费|"
            r"充值|好处)|没(?:有)?恰饭|[“\"]?充值[”\"]?[^，,。]{0,2}(?:没|未)|不是(?:商家|卖家|代购|"
            r"微商|托|"
            r"[^，,。\n]{0,3}(?:卖家|商家))|(?:纯|全|完全|自己|均为|都是)?自费|自掏腰包|自来水(?!笔|"
            r"管|厂|公司)|"
            r"纯(?:属)?(?:个人)?(?:分享|安利)(?:无|非|，)|not (?:an ad|sponsored|a paid|promot)|"
            r"no(?:t)? (?:ads?|sponsor(?:ship)?)(?![a-z])|non[- ]?sponsored|bought (?:it |"
            r"this )?with my own money"
        ),
        not_after=(r"(?:是|难道|求|吗)$"),
    ),
)

_TAIL = re.compile(
    r"(?:#|(?<=\s)|^)(?P<hit>ad|sp|spon|pr|collab|合作|推广|商务|广告|品牌合作|赞助|恰饭|hz|"
    r"tg|gg)(?=[#\s]|$)"
)
_WHISPER = rule(
    "disclosure.whispered",
    0.85,
    (
        r"(?:[(（]|小声(?:bb|说|逼逼)?|悄悄说|p?\.?s\.?)(?![^\n)）]{0,8}(?:不是|非|"
        r"没))[^\n)）]{0,8}(?:是|有|为|含)(?:一点)?(?:推广|广告|合作|恰饭)"
    ),
    not_after=(r"(?:不是|非|没)$"),
)


def _buried(joined: Joined) -> list[Mark]:
    """Abbreviated or single-word marks in the tags or the last characters of the text."""
    text = joined.text
    text_end = max((p.end for p in joined.pieces if p.field == "text"), default=0)
    marks_found: list[Mark] = []
    for match in _TAIL.finditer(text):
        if len(marks_found) == MAX_HITS_PER_RULE:
            break
        near_end = text_end - joined.normalised.starts[match.start("hit")] <= _TAIL_CHARS
        if not near_end:  # nor among the tags, which stand behind the text
            continue
        field = joined.field_at(match.start("hit"))
        if field.startswith("tags") or field == "text":
            marks_found.append(
                Mark(
                    name="disclosure.buried",
                    code="disclosure.buried",
                    start=match.start("hit"),
                    end=match.end("hit"),
                    weight=0.8,
                )
            )
    return marks_found


def disclosure_marks(joined: Joined) -> list[Mark]:
    """Marks `disclosure.*`; `buried` only where nothing plain is said elsewhere."""
    return [
        *marks(joined.text, (*CLEAR_RULES, *DENIED_RULES, _WHISPER)),
        *_buried(joined),
    ]

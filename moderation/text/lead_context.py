"""What stands around a lead, as named yes-or-no facts: who speaks, to whom, and about what.

A handle in a seller's last line and the same handle in a quarrel that somebody retells differ in
nothing but their context. Every fact here has a name that a person can read in an explanation.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from moderation.text.leads import Lead
from moderation.text.marks import Mark

REACH = 22
"""Characters of the same sentence looked at on either side."""
PIECES_REACH = 8
"""Characters on either side whose wording counts."""
PIECE_AMOUNT, NOTE_PIECES_AMOUNT = 0.3, 4.0
_NUMBER = re.compile(r"[0-9]")
NEAR = 34
"""Characters between two leads that may belong together."""
_SENTENCE_END = re.compile(r"[。！？!?\n;；]")

_AHEAD: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "wanting before",
            r"(?:想|要|需要|感兴趣|看[上中]|喜欢|预[约订定]|报名|下单|咨询|"
            r"约)[^，,。]{0,8}的?[^，,。]{0,3}$",
        ),
        ("invited before", r"(?:可以?|请|欢迎|直接|记得|麻烦|先|来|就|去|到|都|或者?|也)[^\w\n]?$"),
        (
            "told about before",
            r"(?:说|问|喊|叫|让|告诉|写着|写了|写的|发来|回|讲|念)(?:了|过|我|你|她|他|:|一句|"
            r"道)?[^\w\n]?$",
        ),
        (
            "others before",
            r"(?:她|他|ta|对方|骗子|同学|同事|朋友|室友|闺蜜|男友|老公|妈|爸|奶奶|爷爷|邻居|阿姨|"
            r"大爷|大叔|"
            r"有人|别人|谁|小伙|博主|中介|司机|店员|导游|推销|网友|客服|老师|they|he|she|someone|"
            r"people)[^，,。]{0,10}$",
        ),
        (
            "denied before",
            r"(?:不|别|没|勿|无|未|禁止|拒绝|谢绝|never|don.?t|no |not )[^，,。]{0,3}$",
        ),
        (
            "past before",
            r"(?:了|过|曾|昨天|昨晚|去年|上次|上周|那天|当时|之前|以前|后来|结果|终于|"
            r"第一次)[^，,。]{0,8}$",
        ),
        (
            "counted before",
            r"(?:[0-9]|[一二两三四五六七八九十几])(?:个|条|次|年|遍|张|天|块)[^，,。]{0,4}$",
        ),
        ("i before", r"(?:我|俺|i|my)[^，,。]{0,4}$"),
        ("search before", r"(?:搜|找|敲|输|去|上|在|逛|认准|关注|search|find|type)[^，,。]{0,5}$"),
        ("add before", r"(?:加|佳|十|➕|\+|戳|扫|添加|call|联系|打|拨)[^，,。]{0,4}$"),
        ("colon before", r"(?::|=|→|➡|👉|>|-|是|叫)[^\w\n]?$"),
        ("line starts", r"^[^\w\n]{0,3}$"),
    )
)
_BEHIND: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("question behind", r"^[^，,。！!]{0,12}[?？吗么嘛]"),
        ("past behind", r"^[^，,。]{0,4}(?:了|过|着|得|完)(?![解])"),
        ("searched behind", r"^[^，,。\n]{0,8}(?:搜|找|见|同名|直达|下单|拍|领|买|有|里)"),
        (
            "promise behind",
            r"^[^。\n]{0,12}(?:我|给你|帮你|拉你|排|留|发你|回你|安排|报价|就行|即可)",
        ),
        ("remark behind", r"^[^。\n]{0,10}(?:备注|注明|暗号|说是|来意)"),
        ("colon behind", r"^[^\w\n]{0,2}[:=→➡👉>]"),
        ("handle behind", r"^[^，,。\n]{0,12}?[a-z0-9_-]{5}"),
        ("of it behind", r"^(?:的|里的?|上的?|是|被|都|太|说|也|又|还|就是)"),
        (
            "unit behind",
            r"^[^\w\n]?(?:元|块|斤|克|ml|g|kg|分|度|公里|km|年|岁|号线|米|cm|次|人|页|集|期|w|级|"
            r"码|mah|hz)",
        ),
        ("line ends", r"^[^\w\n]{0,3}$"),
    )
)
_INSIDE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("digits inside", r"[0-9零〇]{2}"),
        ("zeros inside", r"0[^\w\n]?0|零零|〇〇"),
        ("underscore inside", r"[_-]"),
        ("quote inside", r"[「『“\"‘【」』”\"’】]"),
        ("emoji inside", r"[\U0001f300-\U0001faff❤✋🐾💕]"),
        ("me inside", r"我|俺|(?<![a-z])(?:me|us)(?![a-z])"),
        ("past inside", r"了|过|着"),
        ("others inside", r"她|他|你们|别人|谁|有人"),
        ("of inside", r"的"),
        (
            "my inside",
            r"我的?(?:主页|头像|名|背景|昵称|简介|置顶|首页)|(?<![a-z])(?:my|our)(?![a-z])",
        ),
    )
)
_ANYWHERE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        (
            "secrecy",
            r"懂的[都自]?懂|懂[?？]|不方便|会被?吞|被吞|会没|写了我就没|不能(?:写|说|打)|不让写|"
            r"别在(?:这|下)|不在这|"
            r"系统(?:老|会)|限流|过两天就删|敏感词|写成谜|唔好|会冇|被夹|导流|不公开|bots|"
            r"not allowed|这[里边]不",
        ),
        (
            "first come",
            r"先到先得|手慢|名额|还差|还有[0-9一二两三四五六七八九十几]|"
            r"剩[0-9一二两三四五六七八九十最几]|空位|可约|排期|档期|满了?就关|截止",
        ),
        (
            "for sale",
            r"现货|包邮|到付|顺丰|起订|起送|自提|面交|邮寄|代[购抢拍办写订]|接单|约稿|排单|出售|"
            r"转让|转租|闲置|清仓|"
            r"定做|定制|上门|批发|一件|尾单|拼单|拼团|团购|回收|出租|租借|同城|不议价|不退|包教|"
            r"包过|包换|试听|体验课|一对一|1v1|1对1|"
            r"小班|陪练|陪跑|家教|带看|押一|拎包|招[人生聘]?|急招|日结|兼职|报名|开课|开班|招生|"
            r"私教|寄拍|办卡|充[0-9]|套餐|次卡|月卡|周卡",
        ),
        ("price list", r"(?:[0-9]{2,5}[^\w\n]{0,2}[^0-9\n]{0,10}){4}"),
        (
            "per unit",
            r"[0-9][^\w\n]{0,1}(?:元|块|r|/|一)?(?:/|一)(?:人|位|张|次|条|个|只|套|盒|罐|节|课|"
            r"小时|天|副|晚|份|斤|支|台|页|单|对|杯|h|本|包|月|年)|[0-9]起|起[0-9]|"
            r"(?:usd|hkd|nt|aud|eur|€|£|\$|¥)[^\w\n]?[0-9]|[0-9] ?(?:€|刀|磅|铢|rm|欧|镑)",
        ),
        (
            "own business",
            r"我家|我们家|本店|小店|店里|工作室|我们工|我做|我接|我收|我排|我这(?:里|边)|我手里|"
            r"我是做|档口|门店|新店|开业|本人(?:做|接|是)|"
            r"我们(?:是|店|家|这)|学员|客人|客户|老客|新客|我带|我教|我代|we (?:are|do|make|"
            r"offer|open)|our (?:shop|studio|store|class|team)|i (?:make|teach|draw|sell|do)",
        ),
        (
            "warning",
            r"骗|被坑|避雷|举报|报警|诈|小心|当心|警惕|别信|套路|曝光|拉黑|反诈|智商税|scam|"
            r"beware|fake",
        ),
        (
            "story",
            r"后来|结果|当时|那天|昨晚|突然|忽然|终于|第一次|小时候|我妈|我爸|奶奶|爷爷|外婆|"
            r"老公|男朋友|哈哈|笑死|救命|哭|想起|记得那",
        ),
        ("retold speech", r"(?:说|问|喊|答|回|道|叫)[:,，]?[「“\"『]|[」”]"),
        (
            "own purchase",
            r"买的|花了|回购|入手|下单了|退货|踩雷|拔草|种草|自费|用了[一二两三0-9半]|用完|"
            r"第[二三]次买|prices? paid|bought",
        ),
        (
            "asking readers",
            r"求(?:推荐|问|助|教|救|科普)|请问|有没有(?:人|姐妹|懂)|大家(?:都|觉得|有)|怎么办|"
            r"是不是|你们(?:会|都|觉得|呢)|问问",
        ),
        ("lost or found", r"捡到|丢了|寻物|寻人|失物|失主|走失|寻猫|寻狗|寻主"),
    )
)


def facts(
    text: str, lead: Lead, others: Sequence[Lead], whole: dict[str, float]
) -> dict[str, float]:
    """Named facts of one lead; numbers from 0 to about 2.

    Args:
        text: the normalised text.
        lead: the place judged.
        others: all leads of the text.
        whole: facts of the whole note, from `note_facts`; here they come in once more, each
            together with the lead's code.
    """
    ahead = _SENTENCE_END.split(text[max(0, lead.start - REACH) : lead.start])[-1]
    behind = text[lead.end : lead.end + REACH]
    end = _SENTENCE_END.search(behind)
    behind = behind[: end.end()] if end else behind
    inside = text[lead.start : lead.end]
    local = {name for name, pattern in _AHEAD if pattern.search(ahead)}
    local |= {name for name, pattern in _BEHIND if pattern.search(behind)}
    local |= {name for name, pattern in _INSIDE if pattern.search(inside)}
    if _in_speech(text, lead.start):
        local.add("in quotes")
    local |= {f"near {one.code}" for one in _near(lead, others)}
    if len(text) - lead.end < 40:
        local.add("at the end")
    result = dict.fromkeys(local, 1.0)
    result |= {f"{lead.code}: {name}": 1.0 for name in local}
    result[f"kind {lead.kind}"] = 1.0
    result[f"code {lead.code}"] = 1.0
    result |= {f"{lead.code}: {name}": value for name, value in whole.items()}
    around = text[max(0, lead.start - PIECES_REACH) : lead.end + PIECES_REACH]
    result |= {f"near it “{piece}”": PIECE_AMOUNT for piece in _pieces(around)}
    return result


def note_pieces(text: str) -> dict[str, float]:
    """Characters and pairs of a note, each as strong as there are few others."""
    pieces = _pieces(text)
    amount = NOTE_PIECES_AMOUNT / math.sqrt(len(pieces) or 1)
    return {f"note says “{piece}”": amount for piece in pieces}


def _pieces(text: str) -> set[str]:
    plain = _NUMBER.sub("0", text)
    return set(plain) | {plain[i : i + 2] for i in range(len(plain) - 1)}


def note_facts(text: str, found: Iterable[Mark], everything: Sequence[Lead]) -> dict[str, float]:
    """Facts that all leads of a note share: what is sold, what is told, what else leads away."""
    result = {name: 1.0 for name, pattern in _ANYWHERE if pattern.search(text)}
    sums: dict[str, float] = defaultdict(float)
    for mark in found:
        sums[mark.name.split(".")[0]] += mark.weight
    result |= {f"marks {name}": 1 - math.exp(-total) for name, total in sums.items()}
    codes = Counter(one.code for one in everything)
    result |= {f"note has {code}": 1.0 for code in codes}
    result["kinds of leads"] = min(2.0, len({one.kind for one in everything}) / 4)
    result["length"] = min(2.0, math.log1p(len(text)) / 4)
    return result


def _near(lead: Lead, others: Iterable[Lead]) -> Iterator[Lead]:
    for one in others:
        apart = max(one.start - lead.end, lead.start - one.end)
        if one.kind != lead.kind and apart < NEAR:
            yield one


def _in_speech(text: str, at: int) -> bool:
    """Whether a quotation opened in the same line is still open."""
    line = text[max(0, at - 60) : at].rsplit("\n", 1)[-1]
    return max(map(line.rfind, "“「『")) > max(map(line.rfind, "”」』"))

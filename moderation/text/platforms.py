"""Other platforms and shops as the way to buy or to follow: names, passcodes, links (V2).

Customers name shops in the past tense; sellers send readers there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from moderation.text.marks import MAX_HITS_PER_RULE, Mark, marks, rule
from moderation.text.normalise import HAN

_SHOP = (
    r"(?:[淘桃陶掏]宝|某宝|手淘|天猫|猫超|京东|狗东|拼多多|拼夕夕|并夕夕|[闲咸]鱼|小黄鱼|"
    r"转转|得物|唯品会|考拉|微店|有赞|1688|虾皮|"
    r"露天|蝦皮|携程|飞猪|美团|大众点评|(?<![a-z])(?:tb|pdd|jd|tmall|taobao|shopee|lazada|"
    r"amazon|"
    r"etsy|ebay|depop|"
    r"carousell|gumroad|shein|temu|vinted)(?![a-z]))"
)
_MEDIA = (
    r"(?:抖音|快手|视频号|公众号|公号|小程序|微博|b站|哔哩哔哩|知乎|豆瓣|贴吧|知识星球|星球号|"
    r"(?<![a-z])(?:dy|wb|vb|ins|ig|instagram|facebook|fb|tiktok|twitter|youtube|"
    r"patreon|onlyfans|threads|substack)(?![a-z]))"
)
_ANY = rf"(?:{_SHOP}|{_MEDIA})"
_CUSTOMER = (
    r"(?:我(?:是|在|从|也|就|都)?(?:看|刷|搜|逛|买|入|种草|翻|去|用)|在(?=某宝)|看[到见]|"
    r"刷到|被|之前|以前|当时|上次|上周|昨天|前几天|去年|"
    r"朋友|同学|室友|妈妈|不是|没有|别(?:在|去)|不要|不|假货|比)[^，,。]{0,8}$"
)
_PAST = (
    r"(?:自营|旗舰店|国际|店铺|店|官方|专营店|海外|超市|上|里|那边|家|随便|大概|的){0,4}[^，,。\n]{0,4}"
    r"(?:买的|入的|收的|下单的|购入|买了|拍的|淘的|买过|下的单|买到|上买|被骗|踩雷|入手的|"
    r"很少|刷爆|看到|种草|上看|评论|买家)"
)

_OWN_HOSTS = ("xiaohongshu.com", "xhslink.com", "rednote.com")
_REFERENCE_HOSTS = ("wikipedia.org", "arxiv.org", "github.com", "doi.org", "who.int")
_REFERENCE_ENDS = (".gov", ".gov.cn", ".edu", ".edu.cn", ".ac.uk", ".gov.uk")
_SHOP_HOSTS = [
    "taobao.com",
    "tb.cn",
    "tmall.com",
    "jd.com",
    "3.cn",
    "pinduoduo.com",
    "yangkeduo.com",
    "pdd.com",
    "goofish.com",
    "weidian.com",
    "youzan.com",
    "douyin.com",
    "kuaishou.com",
    "shopee",
    "amazon.",
    "amzn.",
    "ebay.",
    "etsy.com",
    "shopify.",
    "myshopify",
    "tiktok.com",
    "instagram.com",
    "facebook.com",
    "linktr.ee",
    "beacons.ai",
    "gumroad.com",
    "patreon.com",
    "onlyfans.com",
    "meituan.com",
    "dianping.com",
    "ctrip.com",
    "fliggy.com",
    "klook.com",
    "kkday.com",
    "dewu.com",
    "1688.com",
    "vip.com",
    "temu.com",
    "shein",
]
_CONTACT_HOSTS = [
    "u.wechat.com",
    "weixin.qq.com",
    "wa.me",
    "api.whatsapp.com",
    "t.me",
    "line.me",
    "lin.ee",
    "m.me",
]
_TOP_LEVEL = (
    "com|cn|net|org|shop|store|top|xyz|vip|cc|io|me|co|info|club|online|site|tw|hk|uk|link|app|tv|"
    "ly|ee|gd"
)
_URL = re.compile(
    rf"(?:https?://|www\.)[^\s\"'<>()，。、；{HAN}]{{3,300}}"
    rf"|(?<![a-z0-9@._/-])(?:[a-z0-9-]{{1,40}}\.){{1,4}}(?:{_TOP_LEVEL})(?![a-z0-9.])"
    rf"(?:/[a-z0-9_+?=&%./#-]{{0,200}})?"
)

PLATFORM_RULES = (
    rule(
        "platform.passcode",
        0.97,
        (
            r"[¥€$£₳¢₴₰₤《]/?(?=[a-z]{0,13}[0-9])(?=[0-9]{0,13}[a-z])[a-z0-9]{8,14}/?"
            r"[¥€$£₳¢₴₰₤》/]"
        ),
        code="V2",
    ),
    rule(
        "platform.passcode",
        0.9,
        (
            r"[淘桃掏](?:宝)?口令(?!红包是)|复制(?:这[段条]|本[段条]|整段|此[段条]|口令|内容|链接|"
            r"后)?[^，,。\n]{0,10}(?:打开|去|到|进)[^，,。\n]{0,4}(?:淘|桃|tao|京东|狗东|拼|抖音|app)"
        ),
        code="V2",
        not_after=(r"(?:什么是|不会用|看不懂)[^，,。]{0,4}$"),
    ),
    rule(
        "platform.directed",
        0.8,
        r"(?:去|上|到|来|移步|直接|戳|认准|关注|搜索?|进|同步在|下单|走|用|可(?:以)?[在去上]|"
        r"也?[在可]?|"
        rf"找)我?们?的?家?(?P<hit>{_ANY}[^，,。！!\n]{{0,3}}"
        r"(?:搜索?|同名|关注|找我|找我们|见|直达|领券|搜店|认准|下单|拍下|店名|店铺名|拍就|"
        r"直接拍|链接))",
        code="V2",
        not_after=_CUSTOMER,
        not_before=r"[^，,。]{0,3}(?:买的|了$|过)",
    ),
    rule(
        "platform.directed",
        0.8,
        (
            rf"(?P<hit>{_ANY}(?:店铺?名?|账号|id|号|主页|搜索?|同名|也?叫|"
            rf"店)?[^\w\n]?[:=][^\w\n]{{0,3}}[^\s，,。]{{2,24}})"
        ),
        code="V2",
        not_after=_CUSTOMER,
    ),
    rule(
        "platform.own_shop",
        0.85,
        (
            r"(?:我家|我的|我们|本店|店里|自家|小店|俺家|自己的|同名)(?:的|在(?=[^，,。\n]{1,8}[店号有开卖])|有|也有|开了|"
            rf"是)?(?P<hit>{_ANY}(?:店铺?|小店|号|"
            rf"直播间|链接)?|(?:个)?(?:网店|微店))"
        ),
        code="V2",
        not_after=(r"(?:不是|没有)[^，,。]{0,3}$"),
        not_before=_PAST + (r"|(?:购物车|账户|账号被|订单|收藏)"),
    ),
    rule(
        "platform.directed",
        0.6,
        (
            rf"(?:去|上|到|走|逛|可以?在|在(?={_ANY}[^，,。\n]{{0,4}}(?:[能有]|可以)))"
            rf"(?P<hit>{_ANY})(?:自营|旗舰店|国际)?(?:就|都|也|"
            r"上)?(?:能|可以?|"
            rf"有)?(?:买|搜|看|逛|购买|入手|下单|拿下|有卖|有售)(?![的了过到])"
        ),
        code="V2",
        not_after=_CUSTOMER
        + r"|(?:[一二三两头几][一次]|经常|一直|以后|下次|还是|每次|天天)[^，,。]{0,3}$",
        not_before=(r"[^，,。]{0,4}(?:买的|了|过)[，,。]?"),
    ),
    rule(
        "platform.directed",
        0.45,  # customers say it too: enough beside another mark, not alone
        (
            rf"(?P<hit>{_ANY}(?:现在|目前|最近|这几天|上|里|都|也|就|自营|旗舰店){{0,4}}(?:有卖|有售|在卖|"
            r"能买到|可以买到|可以买|能买))"
        ),
        code="V2",
        not_after=_CUSTOMER,
    ),
    rule(
        "platform.follow",
        0.75,
        (
            rf"(?:关注|订阅|搜一?搜|认准|添加|加)(?:一下)?(?:我们?的?|同名|官方|本店|"
            rf"一波){{0,4}}[^\w\n]{{0,2}}(?P<hit>(?:微信)?{_MEDIA})(?![^，,。]{{0,4}}(?:很多|好多|一年|很久))"
        ),
        code="V2",
        not_after=_CUSTOMER + (r"|(?:让我|叫我|要我|我)[^，,。]{0,2}$"),
        not_before=(r"了"),
    ),
    rule(
        "platform.named_store",
        0.6,
        (
            r"(?:店名|店铺名?|店铺叫|店铺搜|搜店铺?|搜店名)[^\w\n]{0,3}[:=是叫][^\w\n]{0,2}[^\s，,。]"
            r"{2,20}"
        ),
        code="V2",
    ),
    rule(
        "platform.named_store",
        0.5,
        r"(?:登陆|登录|认准)[^，,。\s]{2,10}官网",
        code="V2",
        not_after=_CUSTOMER,
        not_before=(r"[^，,。]{0,4}(?:查|看|买的|了|投诉)"),
    ),
    rule(
        "platform.directed",
        0.8,
        (
            r"(?:shop|buy|order|available|get (?:it|yours)|grab (?:it|yours)|find (?:us|me)|"
            r"follow (?:me|us)|subscribe)(?: now| it| here)? (?:on|at|from|via|"
            r"through) (?:my |our )?(?:etsy|amazon|shopee|lazada|depop|ebay|taobao|"
            r"instagram|ig|tiktok|facebook|shopify|website|store|online store|youtube|"
            r"patreon|linktree|gumroad)"
        ),
        code="V2",
        not_after=(r"(?:i |we |she |he |can.?t |couldn.?t |not )[a-z ]{0,10}$"),
    ),
)


def _urls(text: str) -> Iterator[Mark]:
    for found, match in enumerate(_URL.finditer(text)):
        if found == MAX_HITS_PER_RULE:
            return
        link = match.group().rstrip(".,!?:;-~")
        host = re.sub(r"^(?:https?://)?(?:www\.)?", "", link).split("/")[0]
        end = match.start() + len(link)
        if host.endswith(_OWN_HOSTS + _REFERENCE_HOSTS + _REFERENCE_ENDS):
            continue
        if any(f".{host}".endswith(f".{known}") for known in _CONTACT_HOSTS):
            yield Mark(name="contact.link", code="V1", start=match.start(), end=end, weight=0.95)
        else:
            shop = any(known in host for known in _SHOP_HOSTS)
            weight = 0.9 if shop else 0.6
            yield Mark(name="platform.link", code="V2", start=match.start(), end=end, weight=weight)


def platform_marks(text: str) -> list[Mark]:
    """V2 in a normalised text, and V1 where a link opens a chat."""
    return [*_urls(text), *marks(text, PLATFORM_RULES)]

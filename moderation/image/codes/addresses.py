"""Hosts and schemes → what kind of door they are. Data only; the first entry that fits decides.

An entry is a host, which stands for its subdomains too, perhaps with the first segments of a path:
`weixin.qq.com/g` fits `/g/AbC` and not `/game`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class PayloadClass(StrEnum):
    """What a code opens; wire strings."""

    GROUP = "group"
    """A group in a chat program."""
    MESSENGER = "messenger"
    """A person in a chat program."""
    CONTACT = "contact"
    """A contact card, a telephone number, a mail address."""
    MINI_PROGRAM = "mini_program"
    SHOP = "shop"
    """A shop elsewhere, or a page that lists somebody's shops."""
    SOCIAL = "social"
    """Another platform's profile or post."""
    SHORT_LINK = "short_link"
    """An address that hides where it leads."""
    PAYMENT = "payment"
    """Money to a person or a till."""
    WEB = "web"
    """A page that is none of these."""
    OWN = "own"
    """A page of the platform itself."""
    WIFI = "wifi"
    PRODUCT = "product"
    """A product's or parcel's bar code."""
    TEXT = "text"
    """Words; they are read like the note's own."""


_ADDRESSES: tuple[tuple[PayloadClass, str], ...] = (
    (
        PayloadClass.PAYMENT,
        "qr.alipay.com alipay.com ulink.alipay.com wx.tenpay.com tenpay.com pay.weixin.qq.com "
        "payapp.weixin.qq.com qr.95516.com 95516.com paypal.me paypal.com venmo.com cash.app "
        "buy.stripe.com ko-fi.com buymeacoffee.com revolut.me",
    ),
    (
        PayloadClass.MINI_PROGRAM,
        "mp.weixin.qq.com/a mp.weixin.qq.com/wxa mp.weixin.qq.com/mp/wa wxaurl.cn wxmpurl.cn "
        "m.q.qq.com/a miniapp.xiaohongshu.com",
    ),
    (
        PayloadClass.GROUP,
        "weixin.qq.com/g qm.qq.com/cgi-bin/qm/qr qun.qq.com jq.qq.com t.me/joinchat t.me/addlist "
        "telegram.me/joinchat chat.whatsapp.com line.me/ti/g line.me/ti/g2 discord.gg "
        "discord.com/invite signal.group open.kakao.com/o",
    ),
    (
        PayloadClass.MESSENGER,
        "u.wechat.com weixin.qq.com/r weixin.qq.com/q weixin.qq.com/u work.weixin.qq.com "
        "wework.qq.com weixin.com qm.qq.com im.qq.com wpa.qq.com t.me telegram.me telegram.dog "
        "wa.me wa.link whatsapp.com line.me lin.ee m.me discord.com signal.me open.kakao.com "
        "pf.kakao.com zalo.me viber.com skype.com qr.dingtalk.com applink.dingtalk.com",
    ),
    (
        PayloadClass.SHOP,
        "taobao.com tb.cn tmall.com tmall.hk jd.com jd.hk 3.cn 360buy.com pinduoduo.com "
        "yangkeduo.com pdd.com goofish.com weidian.com youzan.com koudaitong.com 1688.com dewu.com "
        "poizon.com vip.com suning.com kaola.com meituan.com dianping.com ctrip.com fliggy.com "
        "ele.me haoyiku.com vmall.com shein.com temu.com aliexpress.com shopee.com shopee.tw "
        "shp.ee lazada.com amazon.com amazon.cn amazon.co.jp amazon.co.uk amazon.de amzn.to "
        "amzn.asia ebay.com etsy.com myshopify.com shopify.com gumroad.com carousell.com "
        "vinted.com depop.com rakuten.co.jp mercari.com coupang.com klook.com kkday.com "
        "linktr.ee beacons.ai",
    ),
    (
        PayloadClass.SOCIAL,
        "weixin.qq.com mp.weixin.qq.com channels.weixin.qq.com douyin.com iesdouyin.com "
        "kuaishou.com gifshow.com weibo.com weibo.cn bilibili.com b23.tv zhihu.com douban.com "
        "toutiao.com ixigua.com instagram.com facebook.com fb.me tiktok.com x.com twitter.com "
        "youtube.com youtu.be patreon.com onlyfans.com threads.net threads.com zsxq.com",
    ),
    (
        PayloadClass.SHORT_LINK,
        "t.cn url.cn dwz.cn suo.im suo.nz mrw.so bit.ly tinyurl.com is.gd goo.gl t.co ow.ly "
        "cutt.ly rb.gy reurl.cc lihi.cc qrco.de qr.net qrcode.com l.ead.me me-qr.com 985.so",
    ),
    (PayloadClass.OWN, "xiaohongshu.com xhslink.com rednote.com"),
    (PayloadClass.PRODUCT, "id.gs1.org gs1.org"),
)

_SCHEMES: tuple[tuple[PayloadClass, str], ...] = (
    (PayloadClass.MESSENGER, "weixin wechat mqqapi mqq tg whatsapp line sgnl skype"),
    (
        PayloadClass.PAYMENT,
        "wxp alipays alipay alipayqr upi bitcoin ethereum tron litecoin lightning paypal",
    ),
    (PayloadClass.CONTACT, "tel mailto sms smsto mms mmsto mecard bizcard matmsg"),
    (PayloadClass.SHOP, "taobao tbopen tmall openapp.jdmobile pinduoduo fleamarket"),
    (PayloadClass.SOCIAL, "snssdk1128 kwai instagram fb sinaweibo"),
    (PayloadClass.OWN, "xhsdiscover"),
    (PayloadClass.WIFI, "wifi"),
)
SCHEMES: Mapping[str, PayloadClass] = MappingProxyType(
    {scheme: kind for kind, schemes in _SCHEMES for scheme in schemes.split()}
)


def _by_host() -> Mapping[str, tuple[tuple[tuple[str, ...], PayloadClass], ...]]:
    found: dict[str, list[tuple[tuple[str, ...], PayloadClass]]] = {}
    for kind, addresses in _ADDRESSES:
        for address in addresses.split():
            host, *segments = address.split("/")
            found.setdefault(host, []).append((tuple(segments), kind))
    return MappingProxyType({host: tuple(entries) for host, entries in found.items()})


_BY_HOST = _by_host()
"""Host → (first segments of the path, class), as listed."""


def class_of_address(host: str, path: str) -> PayloadClass:
    """What a web address opens.

    Args:
        host: in ASCII, as it would be asked.
        path: as written.

    >>> [class_of_address("weixin.qq.com", path).value for path in ("/g/AbC", "/game")]
    ['group', 'social']
    """
    segments = tuple(segment for segment in path.lower().split("/") if segment)
    labels = host.lower().split(".")
    for start in range(len(labels)):
        for first, kind in _BY_HOST.get(".".join(labels[start:]), ()):
            if segments[: len(first)] == first:
                return _telegram_group(kind, host, segments)
    return PayloadClass.WEB


def _telegram_group(kind: PayloadClass, host: str, segments: tuple[str, ...]) -> PayloadClass:
    """`t.me/+AbC` invites to a group; the name of a person never begins so."""
    invites = host.lower() in ("t.me", "telegram.me") and segments[:1] and segments[0][0] == "+"
    return PayloadClass.GROUP if invites else kind

"""Codes: what a QR code in a picture opens, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from moderation.explain.names import Lang, Phrase
from moderation.finding import Finding, FindingKind
from moderation.printable import printable

MAX_HOST_CHARS = 60

MERE_CODE = Phrase("The picture shows a code.", "图片中有一个码。")
"""Of what accuses nobody."""
NO_FAULT = Phrase("That alone is no fault.", "仅凭这一点不构成违规。")
MERE_CLASSES = ("web", "short_link", "wifi")
"""Told as hints, for a person to see."""

_ONE = Phrase("It opens {what}{host}.", "该码指向{what}{host}。")
_SEVERAL = Phrase("{number} codes open {what}{host}.", "共 {number} 个码，指向{what}{host}。")
_HOST = Phrase(" ({host})", "（{host}）")
CLASSES: Mapping[str, Phrase] = {
    "group": Phrase("a group in {program}", "{program}群组"),
    "messenger": Phrase("somebody's account in {program}", "{program}个人账号"),
    "contact": Phrase("a contact card or number", "名片或联系方式"),
    "mini_program": Phrase("a mini-program in {program}", "{program}小程序"),
    "shop": Phrase("a shop elsewhere", "站外店铺"),
    "social": Phrase("another platform", "其他平台"),
    "short_link": Phrase("an address that hides where it leads", "隐藏去向的短链接"),
    "payment": Phrase("a payment", "收款"),
    "web": Phrase("a web page", "网页"),
    "wifi": Phrase("a Wi-Fi network", "Wi-Fi 网络"),
}
_SOME_PROGRAM = Phrase("a chat program", "聊天软件")
_PROGRAMS: Mapping[str, Phrase] = {
    "wechat.com": Phrase("WeChat", "微信"),
    "weixin.com": Phrase("WeChat", "微信"),
    "weixin.qq.com": Phrase("WeChat", "微信"),
    "wxaurl.cn": Phrase("WeChat", "微信"),
    "wxmpurl.cn": Phrase("WeChat", "微信"),
    "work.weixin.qq.com": Phrase("WeCom", "企业微信"),
    "wework.qq.com": Phrase("WeCom", "企业微信"),
    "qq.com": Phrase("QQ", "QQ"),
    "t.me": Phrase("Telegram", "Telegram"),
    "telegram.me": Phrase("Telegram", "Telegram"),
    "wa.me": Phrase("WhatsApp", "WhatsApp"),
    "whatsapp.com": Phrase("WhatsApp", "WhatsApp"),
    "line.me": Phrase("LINE", "LINE"),
    "lin.ee": Phrase("LINE", "LINE"),
    "discord.gg": Phrase("Discord", "Discord"),
    "discord.com": Phrase("Discord", "Discord"),
    "dingtalk.com": Phrase("DingTalk", "钉钉"),
}
"""Host, with its subdomains → what people call the program."""


def is_mere_code(finding: Finding) -> bool:
    """Whether a finding tells of a code that accuses nobody."""
    return finding.kind is FindingKind.IMAGE_QR and finding.detail.get("class") in MERE_CLASSES


def what_opens(kind: str, host: str, lang: Lang) -> str | None:
    """What a code of a class leads to; None for classes that are not known."""
    what = CLASSES.get(kind)
    return None if what is None else what.say(lang, program=_program(host).say(lang))


def explain_code(finding: Finding, lang: Lang) -> list[str]:
    """What the code opens; nothing for classes that are not known: details come from files, too."""
    host = printable(str(finding.detail.get("host", "")), MAX_HOST_CHARS)
    what = what_opens(str(finding.detail.get("class")), host, lang)
    if what is None:
        return []
    number = finding.detail.get("codes", 1)
    several = isinstance(number, int) and number > 1
    said = (_SEVERAL if several else _ONE).say(
        lang,
        number=number,
        what=what,
        host=_HOST.say(lang, host=host) if host else "",
    )
    return [said]


def _program(host: str) -> Phrase:
    labels = host.split(".")
    suffixes = (".".join(labels[start:]) for start in range(len(labels)))
    return next((_PROGRAMS[s] for s in suffixes if s in _PROGRAMS), _SOME_PROGRAM)

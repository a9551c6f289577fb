"""Contact handles, codes to scan and group invitations: V1, V3 and V6.

A contact word alone is normal speech (payment, a story, a question). What counts is an offer:
a word with a handle close by, a verb of adding in front of it, or a number in a phone's shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from moderation.text.characters import READ_JIA, READ_WEI, READ_XIN
from moderation.text.marks import MAX_HITS_PER_RULE, Mark, after, before, marks, rule
from moderation.text.normalise import HAN
from moderation.text.prefilter import could_match

_WEI, _XIN, _JIA = ("[" + "".join(sorted(c)) + "]" for c in (READ_WEI, READ_XIN, READ_JIA | {"+"}))

_GAP = (
    r"(?:[^\w\n]{0,4}\n?[^\w\n]{0,2}(?:号码?|账号|id|搜索?|是|为|联系|咨询|添加|加|同号|私|口|"
    r"number|no|is|me|us|at|on)?){1,3}"
)
_WORDY_GAP = r"[^\n。！？!?]{0,11}?[^a-z0-9\n。！？!?]"
_END = r"(?![a-z0-9_]|[元块人次步个条万千页分折年月日%])"
_DIGITS = r"[0-9](?:[^\w\n¥]{0,2}[0-9]){4,12}"
_MIXED = r"(?=[a-z_-]{0,19}[0-9])[a-z0-9](?:[a-z0-9_-]{4,24}|(?:[ .~*·-][a-z0-9]{1,4}){3,8})"
_LETTERS = r"(?:(?<=[:=号+])|(?<=[:=号+] ))[a-z][a-z_-]{4,19}(?![a-z_-]| [a-z])"
_HANDLE = rf"(?P<handle>@?(?:{_MIXED}|{_DIGITS}|{_LETTERS})){_END}"
_SURE_HANDLE = (
    rf"(?P<handle>(?=[a-z_-]{{0,19}}[0-9])[a-z][a-z0-9_-]{{5,19}}|"
    rf"[0-9]{{7,12}}){_END}"
)

_PLUS = rf"(?:(?<![大人国专])(?:{_JIA}|添加)[^\w\n]?我?的?[^\w\n]?)?"

_WECHAT = (
    rf"(?:we ?chat|wei ?xin|(?<![a-z])(?:vx|wx|vxin|weix)|(?<![a-z0-9])[vw]信|"
    rf"[微薇威徽][xv](?![a-z]{{3}})|"
    rf"{_WEI}\n?{_XIN}|(?<![a-z0-9])v我(?!们)|卫星|绿(?:色|泡泡?)(?:聊天)?(?:软件|泡泡|app)?)"
)
_WECHAT_UNBROKEN = _WECHAT.replace(r"\n?", "")
_HALF = r"(?:[微薇威徽溦葳维卫喂]|(?<![a-z0-9])(?:v{1,4}|w)(?![a-uw-z]{4}))"
_QQ = r"(?:(?<![a-z])(?:qq|q)|[扣抠叩口]{2}|企鹅|秋秋|球球|伽扣)"
_MESSENGER = (
    r"(?:whats ?app|telegram|(?<![a-z])(?:tg|wa|ws)(?![a-z])|纸飞机|kakao(?:talk)?|skype|"
    r"(?<![a-z])line(?= ?(?:id|@|:|官方|帐号|账号))|(?<=[加+])(?: ?line|赖)|signal(?= ?:)|"
    r"discord|viber)"
)

_PAYMENT = (
    r"(?:支付|付款|转账|红包|收款|运动|读书|表情|聊天|步数|小游戏|提现|零钱|公众|公号|视频号|"
    r"小程序|里|上|发来|发给|好友圈|头像|认证|领|脸|家|pay)"
)
_ASKING = r"^[^，,。]{0,6}的?意思|^[^，,。！!]{0,6}(?:吗|么|嘛|呢)?\s?[?？]|^(?:吗|么|嘛)"
_NARRATED = (
    r"(?:到时候|加了|已加|加过|加上|留了|换了|互换|互加|扫了|让我|叫我|要我|喊我|拉我|逼我|你们?的|"
    r"他们?的?|她们?的?|ta的?|对方|别人|谁|柜姐|店员|同事|前任|男生|女生|千万|怎么|如何|为什么|your|"
    r"asked? (?:me )?(?:for|to))[^，,。]{0,6}$"
    r"|(?:被|求|问|(?<!需)要|想|别|不要|不用|不|勿|没|no )[^，,。]{0,1}$"
)
_WARNING = re.compile(
    r"(?<!不是)(?<!不会)(?:骗子|被骗|受骗|诈骗|骗局|骗了|骗我|上当|警惕|当心|小心|曝光|举报|"
    r"报警|提高警觉|别加|不要加|勿加|"
    r"千万别|千万不要|别信|scam|fraud|fake|beware|do ?n.?t add)"
)
_INVITES = re.compile(r"(?<![让叫要喊给])(?:加我|找我|联系我|来找|欢迎|add me|contact me)")
_NUMBER_OF_ELSE = re.compile(
    r"(?:订单|单号|快递|运单|编号|型号|货号|条码|批号|学号|考号|准考证|航班|车次|isbn|id|"
    r"防伪|批准文号|备案|许可证|"
    r"国妆|粤妆|沪妆|order ?(?:no|number|id|#|:)|tracking|serial|model)[^，,。]{0,6}$"
)

_WITH_HANDLE: tuple[tuple[str, float, re.Pattern[str]], ...] = tuple(
    (name, weight, re.compile(pattern))
    for name, weight, pattern in (
        ("contact.wechat_handle", 0.97, rf"{_PLUS}{_WECHAT}{_GAP}{_HANDLE}"),
        ("contact.wechat_handle", 0.9, rf"{_PLUS}{_WECHAT_UNBROKEN}{_WORDY_GAP}{_SURE_HANDLE}"),
        (
            "contact.handle_wechat",
            0.9,
            (rf"(?<![a-z0-9_-]){_SURE_HANDLE}[^\w\n]{{0,4}}{_JIA}?{_WECHAT}"),
        ),
        (
            "contact.handle_half_name",
            0.7,
            (rf"(?<![a-z0-9_-]){_SURE_HANDLE}[^\w\n]{{0,4}}{_JIA}{_HALF}(?![{HAN}])"),
        ),
        ("contact.half_name_handle", 0.95, rf"{_JIA}[^\w\n]?我?的?{_HALF}{_GAP}{_HANDLE}"),
        (
            "contact.half_name_handle",
            0.8,
            (rf"{_HALF}[^\w\n]{{0,2}}[:=+号→ ][^\w\n]{{0,2}}{_SURE_HANDLE}"),
        ),
        ("contact.half_name_handle", 0.8, rf"(?<![a-z0-9])v(?P<handle>[0-9]{{7,12}}){_END}"),
        ("contact.qq_number", 0.95, rf"{_PLUS}{_QQ}{_GAP}(?P<handle>{_DIGITS}){_END}"),
        (
            "contact.qq_number",
            0.9,
            rf"{_JIA}[^\w\n]?我?[扣抠口鹅q]{_GAP}(?P<handle>{_DIGITS}){_END}",
        ),
        (
            "contact.messenger_handle",
            0.95,
            (
                rf"{_PLUS}{_MESSENGER}{_GAP}(?P<handle>\+?{_DIGITS}|@?{_MIXED}|@[a-z_]{{4,32}}){_END}"
            ),
        ),
        (
            "contact.messenger_handle",
            0.9,
            (
                rf"{_MESSENGER} ?(?:id)?[^\w\n]{{0,2}}[:：@][^\w\n]{{0,2}}(?P<handle>[a-z]"
                rf"[a-z0-9_.]{{3,31}})"
            ),
        ),
        (
            "contact.added_handle",
            0.7,
            (
                rf"(?:{_JIA}(?:好友)?|联系|找)我?[^\w\n]{{0,2}}(?:[:：]|id)?[^\w\n]?"
                rf"(?!(?<=[+])[0-9])(?!(?<=[+].)[0-9]){_SURE_HANDLE}"
            ),
        ),
    )
)

_SEP = r"[^\w¥+]{0,2}"
_PHONE = re.compile(
    rf"(?<![0-9a-z.])(?:\+?86[ -]?)?(?:1[3-9][0-9]{_SEP}[0-9]{{4}}{_SEP}[0-9]{{4}}|"
    rf"1[3-9][0-9]{{2}}{_SEP}[0-9]{{3}}{_SEP}[0-9]{{4}}|1[^\w¥+][3-9](?:[^\w¥+][0-9]){{9}})(?![0-9])"
    r"|(?<![0-9a-z])[48]00[ -]?[0-9]{3}[ -]?[0-9]{4}(?![0-9])"
    r"|(?:电话|致电|热线|手机号?|☎|📞|📱|tel|phone|call|text)(?: ?us| ?me)?[^\w\n]{0,4}"
    r"\+?(?P<hit>[0-9](?:[\s()-]{0,2}[0-9]){6,13})(?![0-9])"
)
_OFFER_WITHOUT_HANDLE = (
    rf"{_JIA}[^\w\n]?(?:一?下|个)?(?:我|俺|本人|小编|客服|老师|老板|店[主家]|助理|小助理|"
    r"学[姐长]|[小]?姐姐)?的?[^\w\n]?"
)

RULES = (
    rule(
        "contact.added_word",
        0.75,
        rf"{_OFFER_WITHOUT_HANDLE}(?:{_WECHAT}|qq(?!群)|扣扣|{_MESSENGER})",
        code="V1",
        not_after=_NARRATED + "|(?:更|增|添|参|附|外|再|叠)$",
        not_before=rf"{_PAYMENT}|群|裙|{_ASKING}",
    ),
    rule(
        "contact.added_half_name",
        0.6,
        (
            rf"{_OFFER_WITHOUT_HANDLE}(?:[微薇威徽溦葳](?![{HAN}])|"
            r"[微薇威徽](?=[，,。！!\s了聊咨详领找看备]|$)|"
            rf"v(?![a-z0-9领脸家认字形]))"
        ),
        code="V1",
        not_after=_NARRATED + r"|(?:更|增|添|参|附|外|再|叠|[0-9a-z])\s?$",
        not_before=rf"{_PAYMENT}|{_ASKING}",
    ),
    rule(
        "contact.added_me",
        0.45,
        (
            r"(?<![增添参附更])[加+](?:一?下)?我(?!们?的?店|们|国|都|也|是|在|就|觉|还|会|个人|自己|"
            r"妈|爸|老|朋|一|刚|"
            r"今)(?=[，,。！!\s好聊咨详领备]|$)"
        ),
        code="V1",
        not_after=_NARRATED + "|(?:更|再)$",
        not_before=_ASKING,
    ),
    rule(
        "contact.mentioned_messenger",
        0.7,
        r"(?:contact|message|dm|text|reach|find|add|hit)(?: me| us)?(?: up)?(?: on| via|"
        r" by| through)?(?: my| our)? "
        r"(?:whats ?app|telegram|we ?chat|line|signal|viber|kakao)|whats ?app (?:me|us)\b|"
        r"(?:用|私|透过|通过|在)?(?:whats ?app|telegram|line)(?:联系|咨询|私|找|预约|预订|报名|"
        r"下单)我?",
        code="V1",
        not_after=_NARRATED,
        not_before=_ASKING,
    ),
    rule(
        "contact.email",
        0.85,
        r"(?<![a-z0-9._%+-])[a-z0-9][a-z0-9._%+-]{0,63}(?:@| ?[(\[]at[)\]] ?|#)[a-z0-9-]{1,63}"
        r"(?:\.| ?[(\[]dot[)\]] ?)(?:com|net|org|cn|co|io|edu|info|shop|me|hk|tw|uk|id|"
        r"jp|kr|us|de|fr)(?![a-z0-9])",
        code="V1",
    ),
    rule(
        "contact.scan",
        0.8,
        r"(?:扫码?一?扫?|扫描|长按|识别|保存)(?:识别|扫描)?(?:一?下)?(?:我|图中|图片|下方|上方|"
        r"上图|下图|图[0-9]|末图|最后|"
        r"p[0-9])?的?"
        r"(?:二维码)?(?:[^\w\n]?(?:就|即可|可以?|来|后)){0,2}[^\w\n]?(?:加|进群|入群|领取?|咨询|"
        r"关注|添加|报名|"
        r"预[约订定]|联系|下单|购买|找我|私)"
        r"|scan (?:the|my|our) (?:qr|code)",
        code="V3",
        not_after=r"(?:让|叫|要|喊)我?$|(?:别|不要|勿)",
    ),
    rule(
        "group.invited",
        0.75,
        r"(?:拉(?:你们?|大家|宝子们?|姐妹们?)?进|进我的?|加我的?|加入我们?的?|欢迎(?:加入?|进)|"
        r"想(?:要|试|进|加|学|看|领|买|"
        r"一起)?[^，,。\n]{0,6}(?:进|加)|"
        r"(?:需要|感兴趣|有兴趣|有需要|喜欢|要)的?[^，,。\n]{0,8}(?:进|加|来|入)|快(?:来)?(?:进|"
        r"加)|来(?:进|加)?|"
        r"可以?加我?|[+]|扫码进|点击进|私我?进|"
        r"(?:领取?|自取|获取|资料|福利|优惠|折扣|秒杀|内购|答疑|打卡|拼单|团购|笔记|"
        r"电子版)[^，,。\n]{0,4}(?:进|加|入))"
        r"(?:入)?(?:我们?的?|咱们?的?|个|一?下|小|本|官方|粉丝|福利|学习|交流|打卡|内购|折扣|"
        r"团购|资料|微信|q{1,4}){0,4}"
        r"(?:群聊?|裙(?![子摆撑装裤边袄])|峮|君羊|qun)",
        code="V6",
        not_after=_NARRATED,
        not_before=rf"{_ASKING}|主说|里(?:的|有人|都)",
    ),
    rule(
        "group.invited",
        0.55,
        r"(?:^|(?<=[，,。！!~\s\n]))(?:进|加|入|速进|速加)(?:粉丝|福利|学习|交流|打卡|"
        r"我的?)?(?:群聊?|"
        r"裙(?![子摆撑装裤边袄])|峮|君羊)(?=[，,。！!~\s聊领拿一看拼有或即就后和找+:]|$)"
        r"|(?:进|加)(?:群|裙|峮)(?:领|拿|送|看|享|秒|抢|有)",
        code="V6",
        not_after=_NARRATED,
        not_before=_ASKING,
    ),
    rule(
        "group.invited",
        0.55,
        r"我们?(?:刚刚?|新|也|还)?(?:创建|组建|拉|建|开)了?(?:一?个)?(?:粉丝|交流|学习|福利|打卡|资料)群聊?",
        code="V6",
        not_after=_NARRATED,
    ),
    rule(
        "group.number",
        0.9,
        (
            r"(?:(?<![a-z])q|扣|企鹅|粉丝|交流|福利|内部|微信)?(?:群|裙|峮)(?:聊?号码?|"
            r"id)?(?:[^\w\n]{1,3}|是|为|"
            r"(?<=号))[0-9](?:[ -]?[0-9]){5,11}(?![0-9])"
        ),
        code="V6",
        not_after=_WARNING.pattern,
    ),
    rule(
        "group.link",
        0.9,
        (
            r"(?:https?://)?(?:chat\.whatsapp\.com|t\.me/(?:\+|joinchat)|discord\.gg|qm\.qq\.com|"
            r"jq\.qq\.com)[^\s]{0,120}"
        ),
        code="V6",
    ),
    rule(
        "group.invited",
        0.7,
        (
            r"join (?:our|my|the|us in (?:our|the|this)) (?:[a-z]{1,16} ){0,2}(?:group|community|"
            r"channel|server|chat)"
        ),
        code="V6",
        not_after=_NARRATED,
    ),
)


def _with_handle(text: str) -> Iterator[Mark]:
    letters = {*text}
    for name, weight, pattern in _WITH_HANDLE:
        if not could_match(pattern, letters):
            continue
        found = 0
        for match in pattern.finditer(text):
            if _is_harmless(text, match):
                continue
            end = match.end("handle")
            yield Mark(name=name, code="V1", start=match.start(), end=end, weight=weight)
            found += 1
            if found == MAX_HITS_PER_RULE:
                break


def _is_harmless(text: str, match: re.Match[str]) -> bool:
    """A story, a warning or a payment: the handle is not offered to the reader."""
    ahead, behind = before(text, match.start(), 40), after(text, match.end(), 30)
    warned = _WARNING.search(ahead) or _WARNING.search(match.group()) or _WARNING.search(behind)
    if warned and not _INVITES.search(ahead[-12:] + match.group()):
        return True
    word_and_gap = text[match.start() : match.start("handle")]
    return bool(re.search(_PAYMENT, word_and_gap) or _NUMBER_OF_ELSE.search(ahead[-14:]))


def _phones(text: str) -> Iterator[Mark]:
    for found, match in enumerate(_PHONE.finditer(text)):
        if found == MAX_HITS_PER_RULE:
            return
        ahead, behind = before(text, match.start(), 30), after(text, match.end(), 30)
        excused = _WARNING.search(ahead) or _WARNING.search(behind) or "投诉" in ahead + behind
        if excused and not _INVITES.search(ahead):
            continue
        if _NUMBER_OF_ELSE.search(ahead):
            continue
        group = "hit" if match["hit"] else 0
        yield Mark(
            name="contact.phone",
            code="V1",
            start=match.start(group),
            end=match.end(group),
            weight=0.85,
        )


def contact_marks(text: str) -> list[Mark]:
    """V1, V3 and V6 in a normalised text."""
    return [*_with_handle(text), *_phones(text), *marks(text, RULES)]

"""Leads: places that may lead a reader off the note, found widely and judged later.

The rules of `contacts`, `diversion` and `platforms` know the plain ways of asking. Sellers who
avoid these words still need five things: somebody to answer ("tell me your size"), a handle, a
place where it is written, a code to scan, a room to enter. Each kind of lead below looks for one
of them in any wording, pays no heed to harmless uses, and proves nothing alone:
`lead_decision` weighs every lead in its context.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from moderation.text.normalise import HAN
from moderation.text.prefilter import could_match

MAX_LEADS_PER_KIND = 20
"""A flood of one kind of lead proves no more than twenty of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A place in the normalised text that may divert."""

    kind: str
    """One of `KINDS`."""
    code: str
    """Violation that it would be: `V1`–`V6`."""
    start: int
    end: int


_STOP = r"[^，,。！!？?;；\n]"
_OPEN, _SHUT = r"[「『“\"‘【\[《(]", r"[」』”\"’】\]》)]"
_D = "0-9零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖俩"
_ME = (
    r"(?:我|俺|本人|店里|我们|咱|老师|班主任|店长|客服|学[姐长]|小妹|姐姐|老板娘?|助教|小助理|"
    r"顾问|师傅|阿姨)"
)
_TELLING = r"(?:报|发|留言?|写|评论|私信?|打|扣|敲|拍|丢|甩|扔|填|回复?|说|直接说|告诉我|截图|带)"
_FACT = (
    r"(?:身高|体重|尺[码寸]|鞋码|[几啥]码|脚长|腰围|编号|款号|色号|蚌号|型号|车型|日期|人数|城市|"
    r"年级|学校|院校|预算|专业|楼[号栋]?|名字|姓名|档期|婚期|数量|区域|区服|小区|面积|孩子|"
    r"分数|岗位|排名|门店|口味|照片|生日|数字|地址|需求|忌口|文字稿|验光单|牙齿|情况|时间|"
    r"几点|几[支只个件本号位包份]|哪[个条件款种]|星座|自我介绍|型[号男]|单[子号]|均分|字数|交稿|"
    r"出发|品种|狗名|猫名|行政区|游戏名|三样|场次|张数|座位号|需求|金额|要求|场合)"
)
_WANTING = (
    r"(?:想|需要|要|感兴趣|有兴趣|有意|看[上中]|喜欢|打算|真心|懂|约|预[约订定]|报名|下单|来|进|"
    r"订|试|咨询|接|拿|急|组齐|抢不到|排不到|入)"
)
_SAYING = (
    r"(?:评论|留[言个名句爪下]|打|扣|敲|回|喊|吱|吼|说|报|发|写|丢|戳|滴|d{1,3}(?![a-z])|私|踢|"
    r"冒|举|后台|小盒子|站内|pm|dm|cue|找我|问我?|联系|排队|接龙|\+1|发来|来问|带图)"
)
_APP_COLOUR = r"(?:黄|橙|橘|蓝|绿|紫|红|粉|黑|白)"

_PATTERNS: tuple[tuple[str, str, str], ...] = (
    # Somebody is to answer.
    (
        "solicit.who_wants",
        "V5",
        rf"{_WANTING}{_STOP}{{0,8}}?(?:的|者|嘅)(?:{_STOP}|[,，]){{0,8}}?{_SAYING}{_STOP}{{0,3}}",
    ),
    (
        "solicit.want_and_say",
        "V5",
        rf"(?:想|要|需要)[啥什么哪几]?{_STOP}{{0,6}}?{_SAYING}{_STOP}{{0,3}}",
    ),
    (
        "solicit.tell_me",
        "V5",
        rf"(?:发|报|写|甩|拍|留|说|告诉|回|问|找|敲|叫|喊|私|传|寄|cue|踢|戳|滴|d|扣|联系|丢|跟|"
        rf"带给)"
        rf"(?:一?下|消息|个消息|[给到来]|信){{0,2}}{_ME}(?![们国家])",
    ),
    (
        "solicit.bring_to_me",
        "V5",
        rf"(?:把|将|先|写){_STOP}{{1,16}}?(?:发|报|丢|拍|甩|写|打|扔|敲|传)"
        rf"(?:给|过|出|到|在|来){{1,2}}(?:我|来|下|评论|后台|私信|留言|这)",
    ),
    ("solicit.facts", "V5", rf"{_TELLING}(?:一?[下个声句]|上|出|清)?{_STOP}{{0,6}}?{_FACT}"),
    (
        "solicit.hand_over",
        "V5",
        rf"(?:拍|发|写|报|把){_STOP}{{0,16}}?(?:发来|发过来|过来|打出来|写出来|报出来|传来|"
        rf"丢过来|给我)|"
        rf"先(?:把|报|说|问|发){_STOP}{{1,14}}|(?:要|看上|想要|差)[几啥哪]{_STOP}{{0,4}}?(?:扣|"
        rf"打|报|说|回|选)[几啥哪]?|"
        rf"给我(?:写|发|留|报|说|讲|寄){_STOP}{{1,6}}|(?:回复|评论|私信|留言){_STOP}{{1,10}}",
    ),
    (
        "solicit.word",
        "V5",
        rf"(?:评论区?|留言|打|扣|敲|回复?|喊|留|写|说|发|刷|丢|报)(?:一?[下个句声]|出|上|字母)?"
        rf"[^\w\n]{{0,2}}{_OPEN}[^\n」』”\"’】\]》)]{{1,10}}{_SHUT}",
    ),
    (
        "solicit.sign",
        "V5",
        r"(?:扣|打|回|留|丢|评论|报|敲|刷|say|drop)(?:一?[个下朵颗张])?"
        r"(?:[^\w\s，,。！!？?、：:;；()「」“”\"'…~-]{1,3}|[0-9a-z](?![0-9a-z])|数字|字母|编号|爪)",
    ),
    (
        "solicit.below",
        "V5",
        rf"(?:评论|底下|下[面方]|楼下|公屏|弹幕|这儿|留言){_STOP}{{0,8}}?"
        rf"(?:扣|打|报|写|留|丢|敲|说|回|发|问|喊|介绍|告诉|预|约|一声|一下|排队|接龙)",
    ),
    (
        "solicit.speak_up",
        "V5",
        r"(?:吱[一个]?声|吱一下|来吱|吼一|喊[一个]?[声嗓]|冒个?泡|举个?[手爪]|说一?[声句]|"
        r"[敲戳私滴踢]一?下|站内|带图来?问|先问|留个?爪|留个?言|留句话|cue ?me|问一?[嘴声]|敲门|"
        r"推门|站内|小盒子|"
        r"打招呼|发消息|个消息|占[位坑]|卡位|报上|先到先得|谁先说|接龙|点个小?红?[心赞]|悄悄)",
    ),
    (
        "solicit.private",
        "V5",
        r"(?:私[信讯聊戳]?(?![人密家有房立自下事奔])|后台|小窗|(?<![a-z])(?:pm|dms?)(?![a-z])|"
        r"滴滴|直接滴|私🍐)",
    ),
    (
        "solicit.promise",
        "V5",
        r"(?:我|咱|学姐|老师|店长|顾问|老板|孙女|客服|小助理|自动|统一|月月)[^，,。！!？?\n]{0,6}?"
        r"(?:(?:给|帮|为)(?:你们?|您|大家)|挨[个家]|一[个一]个?[地儿]?|依次|单独|拉)"
        r"[^，,。！!？?\n]{0,4}?(?:报|发|拉|排|留|配|约|联系|回|敲|喊|算|估|安排|看|做|送|选|你)",
    ),
    (
        "solicit.english",
        "V5",
        r"(?<![a-z])(?:(?:dm|pm|message|msg|text|tell|send|ask|ping|inbox|email|write|call|show)"
        r"(?: (?:me|us|your|the|over|date|a|for|to)){1,2}|(?:comment|reply|say|drop|leave|type)"
        r" [^\n.!?]{1,24}|in a message|by message|message [a-z]{2,10}|reserve via|sign up|"
        r"in (?:the )?comments?|here in comments|give us a call|book(?:ing)? (?:by|via|through))",
    ),
    # A handle, or a word for one.
    (
        "contact.handle_latin",
        "V1",
        r"(?<!wifi:s:)(?<!;p:)(?<![a-z0-9_@./-])(?=[a-z0-9_-]{5,26}(?![a-z0-9_-]))(?:[a-z]{1,16}[_-]{1,2}[a-z0-9_-]{2,20}|"
        r"[a-z]{3,16}[0-9]{2,10}[a-z0-9_-]{0,10}|[0-9]{1,6}[a-z]{3,16}[0-9]{0,6})",
    ),
    (
        "contact.handle_name",
        "V1",
        r"(?<=[:→点加找搜是叫→>=] )[a-z][a-z0-9.]{4,20}|"
        r"(?<=[:→点加找搜是叫>=])[a-z][a-z0-9.]{4,20}",
    ),
    (
        "contact.handle_spaced",
        "V1",
        r"(?<![a-z0-9])[a-z0-9](?:[ .·|~-]{1,2}[a-z0-9]){5,20}(?![a-z0-9])",
    ),
    (
        "contact.handle_digits",
        "V1",
        rf"(?<![{_D}.¥])[{_D}](?:[^\w\n¥$€+=<>%:]{{0,3}}[{_D}]){{6,13}}(?![{_D}元块%年])",
    ),
    (
        "contact.handle_mail",
        "V1",
        r"[a-z0-9._-]{2,32} ?(?:@|[(\[]at[)\]]| at |\(?圈a\)?|"
        r"小老鼠) ?[a-z0-9.-]{2,32}(?:\.[a-z]{2,8}|"
        r" ?d[o0]t | ?点)|邮箱|伊妹儿|e-?mail|youxiang|mailbox",
    ),
    (
        "contact.handle_spelled",
        "V1",
        r"(?:下划线|小老鼠|圈a|[个颗]蛋|鸡蛋|[个颗]零|[个]窿|[个]圈|点com|(?<![a-z])dot(?![a-z])|"
        r"底线|全拼|拼音|"
        r"首字母|倒[着过]来?读?|反[着过]来?[念读]?|去掉汉字|连起来读?|后面[接跟加]|尾巴|前三后四|"
        r"first letters|digits|斜杠|谐音|同音|拼起来)",
    ),
    (
        "contact.app",
        "V1",
        r"(?:微信|薇|威(?![力风尼严海胁])|徽|葳|卫星(?![在发轨云导地上])|卫⭐|🛰|绿(?:泡|色(?:的|"
        r"软件(?!里?[这最哪])|聊|气|小|电|app)|🐸|底白字|软|书)|小绿|聊天泡泡|"
        r"企鹅|企微|扣扣|赖赖?(?![床皮账])|qq|wx|vx|weixin|we-?chat|w-e-c|what.?s.{0,5}app|"
        r"telegr|t3l3|纸飞机|飞机号|"
        r"kakao|discord|(?<![a-z])(?:dc|tg|line)(?![a-z])|ウェイシン|ㄨㄟ|"
        r"(?<![a-z0-9])[vw](?![a-z0-9])|🅥|v口令)",
    ),
    (
        "contact.call",
        "V1",
        r"(?:电话|座机|手机|热线|专线|☎|📞|📱|拨打?|(?<![敲拍])打给?(?:我|店|电话|座机|这|我们)|"
        r"来电|致电|call|phone|text|tel|"
        r"联系方式|同号|号码|小号|⬇号)",
    ),
    (
        "contact.add",
        "V1",
        r"(?:加|佳|➕|\+)(?:一?[下个])?(?:我|店里|他|她|老师|班长|学姐|[a-z]{2,16}|号)(?:的号)?",
    ),
    # Another place to buy or to follow.
    (
        "platform.hinted",
        "V2",
        rf"(?:{_APP_COLOUR}色?[^，,。\n]{{0,5}}(?:(?:软件|app)(?!里?[这最哪])|鱼|相机|图标|盘|"
        rf"市场|平台)|小破站|音符|某[⭕音宝鱼东团多猫]|"
        rf"鱼塘|条🐟|🐟|🐠|🍑|🦐|🦀|螃蟹|隔壁[^，,。\n]{{0,3}}(?:软件|站|平台|app)|海鲜市场|"
        rf"那个(?:软件|app|平台|站)|"
        rf"[a-z桃掏陶]\^?[宝音鱼]|老铁双击|双击的软件|对话泡泡|的站|公.号|抖🎵|闲置(?:间|平台)|"
        rf"老地方|另一个(?:软件|平台|号)|那边|软件(?:里|搜)|"
        rf"ghost logo|yellow f.sh|purple camera|戴耳机|蓝色小云|公.{{0,2}}号|小.{{0,2}}序)",
    ),
    (
        "platform.named",
        "V2",
        r"(?:抖音|快手|淘宝|天猫|京东|拼多多|pdd|闲鱼|咸鱼|微店(?!主)|美团|点评|携程|小程序|"
        r"公众号|视频号|直播间|官网|旗舰店|"
        r"得物|得wu|网盘|b站|微博|(?<![a-z])(?:ins|ig|vb|b站|etsy|shopee|shoppee|depop|instagram|"
        r"tiktok|youtube|patreon|"
        r"gumroad|amazon|website|web site|discord)(?![a-z])|虾皮|蝦皮|哀居|面包多|米画师|会议|"
        r"钉钉|ding ?ding|频道|房间?号|"
        r"外卖|名字叫|店名|官方帐?账?号|屈臣氏|知识星球|小红店|地图)",
    ),
    (
        "platform.search",
        "V2",
        rf"(?:搜(?:一?[下搜]|索|店)?|认准|敲|输入|type|search|look up|"
        rf"同名)[^\w\n]{{0,2}}(?:{_OPEN}[^\n]{{1,16}}?{_SHUT}|"
        rf"[a-z{HAN}]{{2,10}})",
    ),
    (
        "platform.link",
        "V2",
        r"[a-z0-9-]{2,30}\.[a-z0-9.-]{2,30}(?:/[a-z0-9_/-]{0,30})?|l[1!]nk",
    ),
    # A code to scan.
    (
        "contact.scan_hint",
        "V3",
        r"(?:扫|对着?长按|长按|识别)[^，,。\n]{0,8}?(?:码|门口|方块|格|一下|一扫|图|屏|进|填)|"
        r"二维码|"
        r"群码|(?:码|方块|方格|格子|迷宫|小方)(?:在|见|贴|[0-9p]|🔳|🔲|藏)|小方[块格]|黑白(?:格|"
        r"小?迷宫|方|的)|"
        r"(?:相机|手机)(?:一?照|对一?下|扫)|里藏着码|scan|qr|方格子|码见",
    ),
    # Written elsewhere on the site.
    (
        "profile.place",
        "V4",
        r"(?:主页|首页|名片(?:页)?|昵称|我的?名字|名字(?:后|下|里)|头像|小人头|背景[墙图]|签名|"
        r"简介|置顶|右上角|左上角|"
        r"上一?[篇条]|昨天那条|那条笔记|收藏夹|瞬间|我的脸|花名|(?<![a-z])(?:b[i!1.]{1,2}\.?o|"
        r"bio|profile|pinned|pfp)(?![a-z])|"
        r"name next to|my (?:face|name|picture|page|avatar)|小屋门|大头照)",
    ),
    # A room to enter.
    (
        "group.enter",
        "V6",
        r"(?:进|入|加|拉|来|走|在|新?开了?|建了?|冲)[^，,。！!？?\n]{0,10}?(?:群|"
        r"裙(?![子摆撑装裤边袄])|峮|小窝|小窗|小圈|"
        r"小屋|[腹屋]屋|车队|营地|大本营|小组|房间|小屋|组织|部落)",
    ),
    (
        "group.word",
        "V6",
        r"(?:(?:粉丝|福利|学习|交流|姐妹|家长|清仓|摊主|模特|接龙|内部|老客|宝妈|业主|团购|资料|"
        r"打卡|答疑|拼单|会弹)"
        r"[^，,。\n]{0,3}?(?:群|裙|窝|圈)|群[里号公]|裙[号里聊]|群(?:在|见|二维码|满)|入群|进群|"
        r"拉你|小窝|小圈|"
        r"(?:join|our|in the) [^\n.!?]{0,16}?(?:group|room|server|channel|community)|join us)",
    ),
)

KINDS = tuple(kind for kind, _, _ in _PATTERNS)
_COMPILED = tuple((kind, code, re.compile(pattern)) for kind, code, pattern in _PATTERNS)


def leads(text: str) -> Iterator[Lead]:
    """All leads of a normalised text, kind by kind; linear in its length.

    Args:
        text: as `normalise` gives it.
    """
    letters = {*text}
    for kind, code, pattern in _COMPILED:
        if not could_match(pattern, letters):
            continue
        for found, match in enumerate(pattern.finditer(text)):
            if found == MAX_LEADS_PER_KIND:
                break
            yield Lead(kind=kind, code=code, start=match.start(), end=match.end())

"""Ways out of the note on the platform itself: the profile (V4) and "message me" (V5).

People tell who wrote to them and whose profile they saw; sellers tell readers to write and to look.
The rules therefore ask for a direction given to the reader.
"""

from __future__ import annotations

from moderation.text.marks import Mark, marks, rule

_OTHER_PERSON = (
    r"(?:[她他]们?|ta|他人|博主|对方|人家|别人|谁|骗子|那个人|楼主|作者|原作者|店家|人|朋友|"
    r"男友|闺蜜|偷看|视奸|常看|不看)的?[^，,。]{0,3}$|"
    r"(?:不用|不要|别|没|没有|为什么|怎么|不会)[^，,。]{0,3}$"
)
_PLACE = (
    r"(?:主页|主ye|头像|简介|置顶|个签|签名|首页|背景图|昵称|名字|id|橱窗|收藏夹|瞬间|群聊|bio)"
)
_OBJECT = (
    r"(?:购买|下单|链接|价格|价目|联系|方式|店|橱窗|咨询|预[约订]|微|v|领|资料|合集|自取|获取|"
    r"报名|课|有群|进群|加群)"
)

PROFILE_RULES = (
    rule(
        "profile.purpose",
        0.85,
        (
            r"(?:看|戳|点击?|点进|点开|见|去|来|翻|在|进|移步|搜|瞄)?(?:我的?|本人|俺|咱|小编|一下|"
            r"下方|左下|"
            rf"上方){{0,4}}(?:的)?(?P<hit>{_PLACE}(?:置顶|简介|里|有|就|可以?|能|下方|"
            rf"第一[条个]){{0,4}}[^\w\n]?{_OBJECT})"
        ),
        code="V4",
        not_after=_OTHER_PERSON
        + (
            r"|(?:看了|逛了|路过|刷到|门口|这家|那家|一家|去过)[^，,。]{0,4}$|(?<![我的])(?:这|那|家|"
            r"个|间)$"
        ),
        not_before=(r"(?:吗|了吗)"),
    ),
    rule(
        "profile.look",
        0.75,
        (
            r"(?P<hit>(?:看|戳|点击?|点进|点开|详见|见|去|来|翻翻?|进|移步|搜|瞄|欢迎(?:来|看|"
            r"逛)?)(?:一?下|一?看|"
            rf"眼)?(?:我|俺|本人|小编|咱)的?(?:个人)?{_PLACE})"
        ),
        code="V4",
        not_after=_OTHER_PERSON,
        not_before=(r"(?:的人|吗|就知道我|骂)"),
    ),
    rule(
        "profile.look",
        0.65,
        (
            r"(?P<hit>(?:看|戳|点击?|点进|点开|详见|见|进|移步|翻)(?:一?下)?(?:个人)?(?:主页|头像|"
            r"置顶|简介|个签)|(?:主页|"
            r"置顶|简介)(?:见|自取|同名|直达|有(?:更多)?详|详))"
        ),
        code="V4",
        not_after=_OTHER_PERSON + (r"|(?:[她他你]|ta)[^，,。]{0,2}$"),
        not_before=(r"了|过|发现|(?:下方|底部|右|左)|里?(?:的人|才|居然|竟然|感觉|都是)|吗"),
    ),
    rule(
        "profile.more",
        0.4,
        r"(?:我的?)?主页(?:里|上)?(?:还有|有更多|有很多|有其他|里有|有)",
        code="V4",
        not_after=_OTHER_PERSON,
    ),
    rule(
        "profile.look",
        0.8,
        (
            r"(?:links?|details|prices?|menu|info|order form|contact|everything|"
            r"booking)[a-z ]{0,16} (?:in|on|at) (?:my |the |our )?(?:bio|profile|"
            r"pinned(?: post)?|page)(?![a-z])|(?:check|see|visit|look at|tap|"
            r"click)(?: out)? (?:my|our) (?:bio|profile|pinned|page|avatar)"
        ),
        code="V4",
        not_after=(r"(?:no |your |his |her |their )[a-z ]{0,6}$"),
    ),
)

_NEED = (
    r"(?:需要|想要|想(?:买|订|学|做|看|来|报|拿|入|约|了解|参加|拍|去|试)|感兴趣|有兴趣|"
    r"有意(?:向|者)?|有需[求要]?|喜欢|"
    r"要(?=的)|咨询|价格|报价|"
    r"下单|预[订约定]|报名|购买|合作|拿货|领取?|获取|详情|资料|原图|链接|电子版|了解|订购|"
    r"订位|订房|订票|订台|试听|体验|代理|加盟|约拍|档期|选购|具体|懂)"
)
_TO_ME = (
    r"(?:(?:私[信讯]|私聊|私戳|私|密|滴滴|滴|嘀嘀|嘀|戳|踢|敲|叩|小窗|后台|pm|dm|dd|"
    r"[扣q])(?:一?下)?(?:我|俺|本人|小编|"
    r"客服|店[主家]|老板|老师|学[姐长]|姐姐|小姐姐|p?m)|"
    r"(?:私[信讯]|私聊|[丝司思斯嘶死]信|滴滴|嘀嘀|d{2,4}|m{2,4}|pm|dm|找我|扣个?1|打1|"
    r"私(?![人密家有房立自下事奔])|"
    r"联系(?![卖客人方商官电平物医老])|咨询(?![医客专律老过了])))"
)
_NOT_TO_ME = (
    r"(?:有人|好多人?|很多人?|不少人?|许多|几个|太多|一直有|天天|总有|老有|总是|被|每天|"
    r"最近有|有(?:姐妹|宝子|同学|网友|朋友|粉丝|"
    r"人|个|小伙伴|小可爱|很多|不少|些)|"
    r"她们?|他们?|ta|对方|网友|姐妹们?都|骗子|同事|前任|收到|不接受|谢绝|拒绝|关了|"
    r"关闭)[^，,。！!~]{0,5}$|"
    r"(?:求|不要?|请勿|别|勿|没有?|无需|不用|已经?)$|(?:不要|请勿|别|勿|没有|无需|"
    r"不用)[^，,。！!~]{0,3}$"
)
_NOUN = (
    r"(?:我)?(?:的(?:人|姐妹|宝|朋友|同学|小伙伴|粉丝|网友)|说|问我|太多|轰炸|炸|里|箱|功能|"
    r"界面|没回|看不过来|回不过来|爆|骂|人数|被|都在|都问|"
    r"心|少女|审美|的点|(?:给我)?回答|告诉我答案|交流一下|打不开|发不出|已读|不回|回复不|"
    r"限制|上限|列表|轰|攻击|了|过|说的)"
)

SOLICIT_RULES = (
    rule(
        "solicit.purpose",
        0.85,
        (
            rf"{_NEED}(?:的|者|什么|更多|其他|价格|方式|细节|问题|一起){{0,4}}(?:宝子?们?|宝宝们?|宝贝们?|"
            r"姐妹们?|集美们?|朋友们?|"
            r"小伙伴们?|家人们?|亲们?|同学们?|家长们?|老板们?|友友们?|小仙女们?|"
            rf"的)?[^\w\n]{{0,2}}(?:可以?|请|欢迎|直接|速|来|"
            rf"快|都可以|随时|就|记得|麻烦|尽管|也可){{0,4}}[^\w\n]?(?P<hit>{_TO_ME}(?:备注)?)"
        ),
        code="V5",
        not_after=_NOT_TO_ME,
        not_before=_NOUN + (r"|(?:方式|电话|人)?(?:是什么|吗)"),
    ),
    rule(
        "solicit.message_me",
        0.55,
        (
            r"(?P<hit>(?:可以?|欢迎|请|直接|记得|快|速|来|随时|都|就|就来|尽管|"
            r"麻烦)?(?:来)?(?:(?:私[信讯]|私聊|私戳|密|滴滴|滴|"
            r"嘀嘀|(?<![直一很太超都真狠好])戳|踢|叩|小窗|[丝司思斯]信|pm|dd)(?:一?下)?(?:我|俺|本人|"
            r"小编|客服|店[主家]|老板|老师|"
            r"学[姐长]|小姐姐)|(?<![隐自无徇走偏公])私我|(?<!秘)密我|q我|(?<!克)扣我(?![们京钱分工0-9一二三四五六七八九十几])|(?<![a-z])dd我|滴滴滴))"
        ),
        code="V5",
        not_after=_NOT_TO_ME,
        not_before=_NOUN,
    ),
    rule(
        "solicit.purpose",
        0.85,
        (
            r"(?P<hit>(?:私[信讯]|私聊|(?<![隐自无走偏])私|滴滴|dd|后台|小窗|留言)[^\w\n]?(?:即可|"
            r"我)?(?:咨询|下单|"
            r"预[约订定]|报名|领取?|购买|拿货|了解|详聊|合作|报价|获取|拿链接|要链接|询价|要资料))"
        ),
        code="V5",
        not_after=_NOT_TO_ME,
        not_before=(r"的(?:人|太多)"),
    ),
    rule(
        "solicit.leave_mark",
        0.75,
        (
            r"(?P<hit>(?:留言|评论|回复|私[信讯]|发送|后台回复)[^\w\n:]?[「【\[“\"'][^\n」】\]”\"']{1,12}"
            r"[」】\]”\"']"
            r")"
        ),
        code="V5",
        not_after=(r"(?:有人|收到|看到|谁)[^，,。]{0,4}$"),
    ),
    rule(
        "solicit.purpose",
        0.8,
        (
            r"(?P<hit>(?:联系|找|问|私[信讯]|添加|加)(?:@[^\s@，,。]{1,6}?)?(?:小助[理手]|助理|助教|客服|顾问|管家|店[长主家]|"
            r"老板娘?|小编|工作人员|"
            r"班主任)[^，,。\n]{0,3}(?:领取?|咨询|报名|预[约订]|下单|购买|了解|获取|拿|进群|就行|即可))"
        ),
        code="V5",
        not_after=_NOT_TO_ME,
    ),
    rule(
        "solicit.purpose",
        0.8,
        (
            r"(?P<hit>(?:怎么|如何|想)(?:订位?|预[订约]|购买|买|报名|下单|领取?|获取|联系|合作|加入|"
            r"参加)[^\w\n]{0,3}[^，,。？?！!\n]{0,3}?(?:评论区?留言|评论区|留言|私[信讯]|后台|dd|滴滴))"
        ),
        code="V5",
        not_after=_NOT_TO_ME,
    ),
    rule(
        "solicit.leave_mark",
        0.5,
        r"(?:评论区?|下方)留言(?:或者?|即可|联系|预[约订]|报名|咨询)",
        code="V5",
        not_after=_NOT_TO_ME,
    ),
    rule(
        "solicit.find_me",
        0.8,
        (
            r"(?P<hit>(?:来|可以?|直接|快来|就|欢迎)?(?:找|联系)(?:我|我们|本人|小编|店主|"
            r"老师)(?:一起)?[^，,。\n]{0,2}(?:下单|拿货|买|订|报名|预[约订]|咨询|要链接|拿|了解|领|"
            r"做|拍|定制|代|要资料|冲刺|学))"
        ),
        code="V5",
        not_after=_NOT_TO_ME,
    ),
    rule(
        "solicit.find_me",
        0.5,
        (
            r"(?P<hit>(?:可以|欢迎|(?<!很)快|就|直接|都)来?(?:找|联系)(?:我|我们)(?:吧|了|哦|呀|啊|噢|喔|"
            r"哈|就行|即可|"
            r"[，,。！!~\s]|$))"
        ),
        code="V5",
        not_after=_NOT_TO_ME + "|不懂|题",
        not_before="玩|吃",
    ),
    rule(
        "solicit.leave_mark",
        0.8,
        (
            r"(?P<hit>(?:评论区?|下方|留言|想要的|要的|需要的|弹幕|公屏)[^，,。\n]{0,6}(?:扣|打|刷|"
            r"留|回复|敲|滴滴|"
            r"发)[^\w\n]?(?:个)?[^\w\n]?(?:1|6{2,3}|想要|要|求|资料|领取?|报名|暗号|邮箱|「|【|\"|“)|"
            r"(?:(?<=[，,。！!\s])|^)(?:扣|打|回复?)[^\w\n]?(?:个)?1(?![0-9.%])[^，,。\n]{0,6})"
        ),
        code="V5",
        not_after=(r"(?:求|别|不要|不用|让我|叫我)[^，,。]{0,3}$"),
        not_before=(r"[折个块元分]"),
    ),
    rule(
        "solicit.leave_mark",
        0.7,
        (
            r"(?P<hit>(?:评论区?)?(?:留言|留个?邮箱|留下邮箱|评论|"
            r"关注)[^\n。！!]{0,12}(?:我(?:就)?(?:挨个|一个个|统一|"
            r"都)?发(?:给)?(?:你|大家|您)|发(?:给)?(?:你|大家|您)|免费送|领取|安排给|自动发))"
        ),
        code="V5",
        not_after=(r"(?:求|让|叫)[^，,。]{0,4}$"),
    ),
    rule(
        "solicit.remark",
        0.8,
        (
            r"(?P<hit>(?:咨询|加|添加|下单|来)(?:的?时?候?)?(?:请|记得|要|务必|麻烦)?(?:备注|"
            r"注明)(?:来意|来源|小红书|红薯|"
            r"[:「【\"“])?|(?:懂的|要的|需要的?|想要的)(?:老板|朋友|宝子?|姐妹|都|就|快|速){0,4}(?:来|滴|"
            r"私|密(?![集度封码])|dd|"
            r"联系|上车)(?![自到了过]))"
        ),
        code="V5",
    ),
    rule(
        "solicit.remark",
        0.6,
        (
            r"(?P<hit>有想[^\w\n]?(?:法|要|买|行|入|做|定)?[^\w\n]?行?的?(?:宝子?|姐妹|朋友|小伙伴|"
            r"家人)?们?(?:来|滴|"
            r"私|找|dd|联系|$))"
        ),
        code="V5",
    ),
    rule(
        "solicit.dd",
        0.45,
        (
            r"(?:(?<=[，,。！!~\s的])|^)(?P<hit>(?:d{2,4}|滴{2,4}|嘀{2,4}|m{3,4}))(?=[，,。！!~\s]|$)"
        ),
        code="V5",
        not_after=(r"(?:打|叫|坐|约)了?个?$"),
    ),
    rule(
        "solicit.private_source",
        0.55,
        (
            r"(?P<hit>[可能]?(?:以)?私[信讯]?伸手|链接(?:可|请)?(?:以)?(?:私信?|dd|滴)|(?:要|想要|"
            r"求)链接的?(?:姐妹|"
            r"宝)?[^，,。]{0,3}(?:私|滴|dd|扣|评论))"
        ),
        code="V5",
        not_after=_NOT_TO_ME,
    ),
    rule(
        "solicit.message_me",
        0.85,
        (
            r"(?:dm|pm|message|text|inbox|contact|email|call|hit)(?: me|"
            r" us)(?: up)? (?:now |today )?(?:to (?:order|book|buy|purchase|reserve|get|"
            r"join|sign up|enquire|inquire|place)|for (?:a )?(?:orders?|prices?|pricing|"
            r"details|bookings?|quotes?|info|more|rates|enquir|inquir|slots?|the link|"
            r"commissions?|collab))"
        ),
        code="V5",
        not_after=(r"(?:don.?t|do not|never|please stop|stop|people|they|who)[a-z ]{0,8}$"),
    ),
    rule(
        "solicit.message_me",
        0.85,
        (
            r"(?:dms? (?:are )?open for|(?:to|for) (?:orders?|bookings?|prices?|details|"
            r"enquiries|inquiries|booking)[, ]{1,2}(?:please |just |pls )?(?:dm|pm|message|"
            r"text|inbox|contact|whatsapp)|comment [^\w\n]?[a-z0-9]{1,12}[^\w\n]? (?:and|to|"
            r"below|for)[^.\n]{0,24}(?:send|dm|link|get|guide|details))"
        ),
        code="V5",
    ),
    rule(
        "solicit.message_me",
        0.45,
        r"(?<![a-z])(?:dm|pm|message|inbox)(?: me| us)(?![a-z])",
        code="V5",
        not_after=(
            r"(?:don.?t|do not|never|stop|people|they|who|everyone|asked|kept|"
            r"keep)[a-z ]{0,10}$"
        ),
    ),
)


def diversion_marks(text: str) -> list[Mark]:
    """V4 and V5 in a normalised text."""
    return marks(text, (*PROFILE_RULES, *SOLICIT_RULES))

"""What comes in: copies in disguise and copies that are allowed, sales and honest notes.

Every note to be stopped stands beside one that looks like it and must pass.
"""

from __future__ import annotations

from moderation.demo import edits
from moderation.demo import photographs as photo
from moderation.demo.cards import habit_sheet, phrase_card
from moderation.demo.drafts import as_it_is, draft
from moderation.demo.published import LICENSED_NOTE, LICENSEE, LINKED, SHARED_SHEET
from moderation.demo.scenes import Scene, allowed, found, nothing_found
from moderation.explain.names import Phrase
from moderation.finding import Difference, FindingKind
from moderation.note import Author
from moderation.verdict import Decision

MIRRORED, MIRRORED_ORIGINAL = "cat-mirrored", "cat-chelsea"
FILTERED, FILTERED_ORIGINAL, FILTERED_AUTHOR = "dahlia-filtered", "first-dahlia", "film_tone_lab"


def incoming() -> tuple[Scene, ...]:
    """The scenes in the order in which the gate meets them.

    Raises:
        MissingExtra: a photograph is not installed.
    """
    return (*_copies(), *_allowed_copies(), *_look_alikes(), *_sales(), *_diversions())


def _copies() -> tuple[Scene, ...]:
    return (
        Scene(
            what=Phrase("somebody's picture, uploaded as it is", "原图直接搬运"),
            draft=draft(
                "coffee-again",
                "good_morning_daily",
                "2026-03-02 08:01",
                "早安，从一杯咖啡开始",
                "今天也要慢慢来。杯子和木桌太搭了，早起的人有好心情。",
                ("早安", "咖啡"),
                (as_it_is(photo.COFFEE),),
            ),
            expected=found(FindingKind.IMAGE_COPY, Decision.BLOCK, original="slow-coffee"),
        ),
        Scene(
            what=Phrase("made smaller, filtered, saved again", "缩小、加滤镜、重新压缩"),
            draft=draft(
                FILTERED,
                FILTERED_AUTHOR,
                "2026-03-02 12:30",
                "奶油暖调滤镜参数分享",
                "拍花最怕颜色发灰，这张对比度加十、饱和度加三十、色温偏暖一点就好看了。",
                ("滤镜", "调色"),
                (edits.filtered(photo.FLOWER),),
            ),
            expected=found(FindingKind.IMAGE_COPY, Decision.BLOCK, original=FILTERED_ORIGINAL),
        ),
        Scene(
            what=Phrase("mirrored left to right", "左右翻转"),
            draft=draft(
                MIRRORED,
                "cute_pet_box",
                "2026-03-02 19:45",
                "新家里的小老虎",
                "接回家第三天，终于不躲床底了，眼神还是有点凶。",
                ("猫", "新手养猫"),
                (edits.mirrored(photo.CHELSEA),),
            ),
            expected=found(FindingKind.IMAGE_COPY, Decision.BLOCK, original=MIRRORED_ORIGINAL),
        ),
        Scene(
            what=Phrase("edges cropped away, 4 % on each side", "四边各裁掉 4 %"),
            draft=draft(
                "collins-cropped",
                "space_facts_4u",
                "2026-03-03 10:10",
                "Did you know?",
                "She flew the Shuttle before most of us could ride a bike. Follow along for a new "
                "face every week.",
                ("space",),
                (edits.cropped(photo.ASTRONAUT),),
            ),
            expected=found(FindingKind.IMAGE_COPY, Decision.BLOCK, original="eileen-collins"),
        ),
        Scene(
            what=Phrase("a screenshot with the app around it", "带应用界面的截图"),
            draft=draft(
                "rocket-screenshot",
                "wallpaper_999",
                "2026-03-03 22:16",
                "夜空壁纸",
                "存了好久的一张，灯光和天色刚刚好，锁屏很合适。",
                ("壁纸", "夜景"),
                (edits.screenshot(photo.ROCKET),),
            ),
            expected=found(FindingKind.IMAGE_COPY_PARTIAL, Decision.REVIEW, original="rocket-dusk"),
        ),
        Scene(
            what=Phrase("one cell of a collage is somebody's", "四宫格中有一格来自他人"),
            draft=draft(
                "texture-collage",
                "colour_notes",
                "2026-03-04 09:20",
                "今日配色：灰绿与砖红",
                "草地、石子、砖缝，再加一座老楼，都是低饱和的颜色，做封面很安静。",
                ("配色", "拼图"),
                (edits.four_cells((photo.GRASS, photo.CHINA, photo.GRAVEL, photo.BRICK)),),
            ),
            expected=found(FindingKind.IMAGE_COPY_PARTIAL, Decision.REVIEW, original=LICENSED_NOTE),
        ),
        Scene(
            what=Phrase("an upload that broke off", "上传中断的坏图"),
            draft=draft(
                "broken-upload",
                "night_train",
                "2026-03-04 23:51",
                "凌晨的站台",
                "信号不好，传了三次。先发出来，明天补。",
                ("夜行",),
                (edits.broken_off(photo.HUBBLE),),
            ),
            expected=found(FindingKind.IMAGE_UNDECODABLE, Decision.REVIEW),
        ),
    )


def _allowed_copies() -> tuple[Scene, ...]:
    return (
        Scene(
            what=Phrase("the same author posts it again", "同一作者再次发布"),
            draft=draft(
                "moon-revisited",
                "dadi_sky",
                "2026-03-05 21:30",
                "半年后再看这张月亮",
                "去年发过一次，这次把坑的名字查全了，写在评论里。",
                ("天文", "月亮"),
                (edits.saved_again(photo.MOON),),
            ),
            expected=allowed(
                FindingKind.IMAGE_COPY, Difference.SAME_AUTHOR, original="moon-craters"
            ),
        ),
        Scene(
            what=Phrase("the author's second account", "作者的小号"),
            draft=draft(
                "cat-on-second-account",
                LINKED[1],
                "2026-03-05 22:05",
                "小号也要有切尔西",
                "大号发过的表情包合集，挑一张放这里，以后日常都发小号。",
                ("猫", "日常"),
                (edits.saved_again(photo.CHELSEA),),
            ),
            expected=allowed(
                FindingKind.IMAGE_COPY, Difference.LINKED_ACCOUNT, original="cat-chelsea"
            ),
        ),
        Scene(
            what=Phrase("a magazine that holds a licence", "持有授权的杂志"),
            draft=draft(
                "magazine-cover",
                LICENSEE,
                "2026-03-06 17:00",
                "本期封面：雨后的楼",
                "摄影来自读者投稿，已获作者授权。这一期写了五条雨天也好走的山路。",
                ("周末去哪", "封面故事"),
                (edits.saved_again(photo.CHINA),),
            ),
            expected=allowed(FindingKind.IMAGE_COPY, Difference.LICENSED, original=LICENSED_NOTE),
        ),
        Scene(
            what=Phrase("a sheet that everybody may use", "公用的打卡模板"),
            draft=draft(
                "march-habits",
                "early_bird_lin",
                "2026-03-07 06:12",
                "三月打卡开始",
                "打卡表还是大家都在用的那张，这个月只想早点睡。",
                ("打卡", "早睡"),
                (habit_sheet(),),
            ),
            expected=allowed(
                FindingKind.IMAGE_TEMPLATE, Difference.EXEMPT_TEMPLATE, original=SHARED_SHEET
            ),
        ),
    )


def _look_alikes() -> tuple[Scene, ...]:
    return (
        Scene(
            what=Phrase(
                "another photo of the same scene, from a step aside", "同一场景的另一张照片"
            ),
            draft=draft(
                "garage-visit",
                "ajie_on_wheels",
                "2026-03-08 14:20",
                "去老周车库看车",
                "听说他那台红车修好了，专门跑一趟。站旁边也拍了一张，油箱的漆是真的亮。",
                ("摩托车",),
                (as_it_is(photo.MOTORCYCLE_FROM_THE_RIGHT),),
            ),
            expected=nothing_found(),
        ),
        Scene(
            what=Phrase("another text on the same card template", "同一模板、不同文字的卡片"),
            draft=draft(
                "one-line-club",
                "english_corner_qi",
                "2026-03-08 16:30",
                "跟着打卡的第一张",
                "用同一个模板做了自己的第一张，选了开会最常用的一句。",
                ("英语", "每天一句"),
                (
                    phrase_card(
                        1, ("Could we", "move on?"), ("Let us talk about", "the next point.")
                    ),
                ),
            ),
            expected=nothing_found(),
        ),
    )


def _sales() -> tuple[Scene, ...]:
    return (
        Scene(
            what=Phrase("a hard sell", "硬广"),
            draft=draft(
                "coat-clearance",
                "coat_factory_02",
                "2026-03-09 20:00",
                "厂家直发！羊绒大衣最后30件",
                "双面羊绒大衣现货，门店卖1280，今天只要399！仅剩最后30件，手慢无，全国包邮。"
                "要的姐妹主页下单，或者私信我报身高体重，当天发货，拍下立减20。"
                "今晚十二点恢复原价，错过再等一年～",
                ("大衣", "清仓", "秋冬穿搭"),
            ),
            expected=found(FindingKind.TEXT_HARD_SELL, Decision.REVIEW),
        ),
        Scene(
            what=Phrase("a customer on the same kind of coat", "同类大衣的真实体验"),
            draft=draft(
                "coat-two-winters",
                "shoulder_sloping",
                "2026-03-09 21:14",
                "穿了两个冬天的羊绒大衣，说点实话",
                "前年双十一花1180买的双面羊绒，穿满两个冬天了。优点是真的轻，零下五度里面一件薄毛衣就够。"
                "缺点也明显：袖口起球，第一年就得拿刮毛器打理；肩线偏宽，溜肩的我穿着有点垮。"
                "送过一次干洗，没有变形。要不要买，看你介不介意起球。",
                ("大衣", "真实体验"),
            ),
            expected=nothing_found(),
        ),
        Scene(
            what=Phrase("praise like a brochure, no interest stated", "软文式夸赞，未申明利益相关"),
            draft=draft(
                "coat-praise",
                "style_of_yuan",
                "2026-03-10 19:30",
                "这件大衣真的封神了",
                "逛街试到山岚织造新出的羊绒大衣，甄选内蒙古羊绒，轻盈亲肤，显瘦又显高。"
                "双面手工缝制，锁温不臃肿，一件顶三件。"
                "我冲了驼色，花了1299，今年秋冬衣橱必备，姐妹们闭眼入！",
                ("秋冬必入", "山岚织造"),
            ),
            expected=found(FindingKind.TEXT_SOFT_AD_UNDISCLOSED, Decision.LABEL, Decision.REVIEW),
        ),
        Scene(
            what=Phrase("a partnership that says so first", "开头即申明的品牌合作"),
            draft=draft(
                "coat-partnership",
                Author(id="plain_words", declared_ad=True, brand_partner="山岚织造"),
                "2026-03-10 20:45",
                "【广告】和山岚织造合作：大衣我穿了三周",
                "先说清楚：这条是和山岚织造的合作，大衣是品牌方寄来的，内容没有给对方审过。"
                "喜欢的地方：面料软，领口贴脸不扎，牛角扣很用心。"
                "不喜欢的地方：浅驼色不耐脏，挤两周地铁就得送洗；口袋偏浅，放不下大屏手机。",
                ("合作", "大衣测评"),
            ),
            expected=allowed(FindingKind.TEXT_SOFT_AD_UNDISCLOSED, Difference.DISCLOSED),
        ),
    )


def _diversions() -> tuple[Scene, ...]:
    return (
        Scene(
            what=Phrase("a contact in look-alike characters", "变体字符写的联系方式"),
            draft=draft(
                "fabric-list",
                "fabric_lily",
                "2026-03-11 13:13",
                "要面料店清单的进来",
                "整理了八家平价面料店，评论区发不出来……想要的宝➕薇❤：ｌilу⓪⑦②б，备注面料，秒回～",
                ("面料", "做衣服"),
            ),
            expected=found(FindingKind.TEXT_DIVERSION_CONTACT, Decision.BLOCK),
        ),
        Scene(
            what=Phrase("a contact spread over the tags", "拆散在标签里的联系方式"),
            draft=draft(
                "fabric-list-tags",
                "fabric_lily_2",
                "2026-03-11 13:40",
                "面料店清单分享",
                "攒了三年的面料店清单，位置、起订量都写好啦，怎么找我看标签哦～",
                ("加我v", "lily0726", "备注面料"),
            ),
            expected=found(FindingKind.TEXT_DIVERSION_CONTACT, Decision.BLOCK),
        ),
        Scene(
            what=Phrase("a sale in English, orders by message", "英文促销，引导私信下单"),
            draft=draft(
                "coat-wholesale",
                "lily_overseas",
                "2026-03-12 18:00",
                "Wool coats at wholesale price",
                "Only 12 left in stock! $39 each, free shipping worldwide. DM me to order and use "
                "my code LILY10 before midnight.",
                ("coat", "sale"),
            ),
            expected=found(FindingKind.TEXT_HARD_SELL, Decision.REVIEW),
        ),
        Scene(
            what=Phrase("WeChat in a story, not as an offer", "叙事中提到微信，并非引流"),
            draft=draft(
                "first-lamp",
                "diy_weekend",
                "2026-03-12 21:26",
                "第一次自己换灯",
                "电工师傅加了我微信，一步一步教我接线，折腾了一个下午，终于亮了。灯座花了35，"
                "线不够长，又跑了一趟五金店。",
                ("装修日记", "自己动手"),
            ),
            expected=nothing_found(),
        ),
    )

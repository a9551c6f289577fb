"""The archive: what several authors had published before the story begins."""

from __future__ import annotations

from moderation.demo import photographs as photo
from moderation.demo.cards import habit_sheet, phrase_card
from moderation.demo.drafts import Draft, as_it_is, draft

LICENSEE = "weekend_magazine"
LICENCE = "写给编辑部的使用授权，2026-01-15"
LICENSED_NOTE = "lake-pavilion"
LINKED = ("mumu_cat", "mumu_daily")
"""Two accounts of one person."""
SHARED_SHEET = "habit-sheet"
SHARED_BECAUSE = "公用打卡模板，欢迎自取"


def published() -> tuple[Draft, ...]:
    """Fourteen notes with a picture each, in the order of their dates.

    Raises:
        MissingExtra: a photograph is not installed.
    """
    return (
        draft(
            "slow-coffee",
            "xiaoman",
            "2025-03-08 09:12",
            "周六早上的一杯",
            "换了新豆子，第三次才调到不涩。红杯子是旧货市场淘的，十五块。窗边的木桌有点旧，拍出来反而好看。",
            ("咖啡", "周末"),
            (as_it_is(photo.COFFEE),),
        ),
        draft(
            "cat-chelsea",
            "mumu_cat",
            "2025-04-12 16:40",
            "被我吵醒的切尔西",
            "午睡到一半听见开罐头的声音，抬头发现是我在拍她，表情瞬间就不对了。拍完这张她就走了。",
            ("猫", "日常"),
            (as_it_is(photo.CHELSEA),),
        ),
        draft(
            LICENSED_NOTE,
            "ahe_travels",
            "2025-05-03 20:05",
            "雨后爬到半山，看见这座楼",
            "早上下过雨，台阶很滑，爬了四十分钟。到半山回头一看，湖面全在雾里，楼就在树丛上面。下午再来人就多了。",
            ("旅行", "古建筑"),
            (as_it_is(photo.CHINA),),
        ),
        draft(
            "first-dahlia",
            "ahe_travels",
            "2025-06-21 09:30",
            "阳台的第一朵大丽花",
            "三月埋的种球，死了两个，剩下这棵今天开了。花瓣一层一层的，数到一半就乱了。",
            ("阳台种花", "大丽花"),
            (as_it_is(photo.FLOWER),),
        ),
        draft(
            "rocket-dusk",
            "dadi_sky",
            "2025-07-02 21:18",
            "发射前的傍晚",
            "翻公开图库翻到的一张，天还没全黑，塔架的灯已经亮了。最喜欢发射前这几分钟的安静。",
            ("航天", "公开图库"),
            (as_it_is(photo.ROCKET),),
        ),
        draft(
            "deep-field",
            "dadi_sky",
            "2025-07-19 23:02",
            "每一个亮点都是一个星系",
            "给孩子讲哈勃深场，他问我数完了没有。我们认真数了一个角，数到两百多就困了。",
            ("天文", "亲子"),
            (as_it_is(photo.HUBBLE),),
        ),
        draft(
            "moon-craters",
            "dadi_sky",
            "2025-08-06 22:47",
            "月亮上的小坑",
            "公开的月面照片，放大了看特别像雨后的沙地。左上角那个坑最圆。",
            ("天文", "月亮"),
            (as_it_is(photo.MOON),),
        ),
        draft(
            "eileen-collins",
            "small_steps",
            "2025-08-23 12:00",
            "Eileen Collins, the first woman to pilot the Space Shuttle",
            "Found her official portrait in the NASA archive while preparing a talk for our girls' "
            "science club. They loved the orange suit most of all.",
            ("space", "women in science"),
            (as_it_is(photo.ASTRONAUT),),
        ),
        draft(
            "grace-hopper",
            "small_steps",
            "2025-09-13 12:00",
            "She found the bug",
            "Grace Hopper, rear admiral and compiler pioneer. The moth taped into the logbook is "
            "real, and it is in a museum now.",
            ("computing", "history"),
            (as_it_is(photo.HOPPER),),
        ),
        draft(
            "camera-riverside",
            "laofu_film",
            "2025-10-04 15:26",
            "拍照的人",
            "河边遇到一位用三脚架的同好，等他拍完我才按的快门。黑白胶卷，自己冲的，有几道划痕。",
            ("胶片", "黑白"),
            (as_it_is(photo.CAMERA),),
        ),
        draft(
            "pompeii-coins",
            "lulu_museum",
            "2025-10-18 11:09",
            "庞贝出土的希腊钱币",
            "二十四枚，没有一枚是圆的。讲解说当年是手工打的，每一锤都不一样。",
            ("博物馆", "古钱币"),
            (as_it_is(photo.COINS),),
        ),
        draft(
            "red-motorcycle",
            "laozhou_garage",
            "2025-11-02 18:33",
            "车库里的红车终于打着火了",
            "躺了六年，化油器拆了三遍，今天下午一脚就着。后面架子先不收拾了，让我再看会儿。",
            ("摩托车", "修车"),
            (as_it_is(photo.MOTORCYCLE),),
        ),
        draft(
            "one-line-12",
            "one_line_a_day",
            "2025-11-20 08:30",
            "每天一句 Day 12",
            "今天这句在电梯里就能用。别翻译，直接记整句。",
            ("英语", "每天一句"),
            (phrase_card(12, ("I'll sleep", "on it."), ("I will decide tomorrow,", "not now.")),),
        ),
        draft(
            SHARED_SHEET,
            "study_room_7",
            "2025-12-28 19:00",
            "新年打卡表，自取",
            "自己画的三十天打卡表，没有水印，打印或者存图都可以，大家随便用。",
            ("打卡", "模板"),
            (habit_sheet(),),
        ),
    )

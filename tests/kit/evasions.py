"""Ways in which sellers hide what they write, and their innocent twins; in sentences of our own.

One group per trick. A disguise is a text, the violation, and the characters that show it; a twin
uses the same characters or words and means nothing of the kind. Read by tests and benchmarks.
"""

from __future__ import annotations

CONTACT = "V1"
PLATFORM = "V2"
SCAN = "V3"
PROFILE = "V4"
SOLICIT = "V5"
GROUP = "V6"

DISGUISES: dict[str, dict[str, tuple[str, str, str]]] = {
    "homophone_of_wechat": {
        "homophone_weixin_dignity": ("想学陶艺找我，威信：taoyi_2046", CONTACT, "威信：taoyi_2046"),
        "homophone_weixin_reform": ("维新 mumu88990 周末都在", CONTACT, "维新 mumu88990"),
        "homophone_weixin_grass": ("薇芯lan_hua77，晚上八点后回", CONTACT, "薇芯lan_hua77"),
        "homophone_weixin_emblem": ("徽辛 qiuqiu520a", CONTACT, "徽辛 qiuqiu520a"),
        "homophone_weixin_feed": ("喂心 book9921", CONTACT, "喂心 book9921"),
        "homophone_with_words_between": (
            "葳新长期在线的号 zhou778899",
            CONTACT,
            "葳新长期在线的号 zhou778899",
        ),
    },
    "homophone_of_add": {
        "verb_homophone_jia": ("佳喂 cat_9087 发图", CONTACT, "佳喂 cat_9087"),
        "verb_homophone_qie": ("茄q 20461357", CONTACT, "茄q 20461357"),
        "verb_homophone_jia_hui": ("伽徽 lili20461", CONTACT, "伽徽 lili20461"),
    },
    "look_alike_of_plus": {
        "ten_as_plus": ("订蛋糕十v：cake_3344", CONTACT, "十v：cake_3344"),
        "heavy_plus": ("➕薇 yoga55667", CONTACT, "➕薇 yoga55667"),
        "box_plus": ("╋扣 33445566", CONTACT, "╋扣 33445566"),
    },
    "homophone_of_q_or_group": {
        "q_knock": ("扣扣 24681357 备注钢琴", CONTACT, "扣扣 24681357"),
        "q_penguin": ("企鹅 24681357", CONTACT, "企鹅 24681357"),
        "q_penguin_split": ("企-鹅2468 1357", CONTACT, "企-鹅2468 1357"),
        "group_skirt": ("想一起拼的加裙：204613579", GROUP, "裙：204613579"),
        "group_skirt_with_number": ("粉丝裙 204613579", GROUP, "粉丝裙 204613579"),
        "group_of_sheep": ("进我的君羊领谱子", GROUP, "进我的君羊"),
    },
    "half_name": {
        "half_vx": ("vx：plant_66", CONTACT, "vx：plant_66"),
        "half_v_letter": ("V信 plant_66", CONTACT, "V信 plant_66"),
        "half_wei_x": ("微x plant_66", CONTACT, "微x plant_66"),
        "half_v_me": ("V我：plant_6677", CONTACT, "V我：plant_6677"),
        "half_heart": ("微❤ plant_66", CONTACT, "微❤ plant_66"),
        "half_wx": ("wx plant_66", CONTACT, "wx plant_66"),
        "green_bubble": ("绿泡泡：plant_66", CONTACT, "绿泡泡：plant_66"),
        "green_software": ("绿色软件搜 plant_66", CONTACT, "绿色软件搜 plant_66"),
        "satellite": ("卫星号 plant_66", CONTACT, "卫星号 plant_66"),
        "satellite_emoji": ("🛰️：plant_66", CONTACT, "🛰️：plant_66"),
        "add_v_without_handle": ("想要同款版型的加V", CONTACT, "加V"),
    },
    "separator": {
        "separator_dash": ("微-信 plant_66", CONTACT, "微-信 plant_66"),
        "separator_comma": ("微，信：plant_66", CONTACT, "微，信：plant_66"),
        "separator_in_number": ("QQ 246~813579", CONTACT, "QQ 246~813579"),
        "separator_in_q": ("q-q：24681357", CONTACT, "q-q：24681357"),
        "separator_in_phone": ("电话 139 0000 1234", CONTACT, "139 0000 1234"),
    },
    "number_form": {
        "number_chinese": ("扣扣二四六八一三五七", CONTACT, "扣扣二四六八一三五七"),
        "number_mixed": ("QQ六六八10009", CONTACT, "QQ六六八10009"),
        "number_letters": ("加q llo30046", CONTACT, "加q llo30046"),
        "number_letter_o": ("电话1390000123o", CONTACT, "1390000123o"),
        "number_circled": ("QQ：②④⑥⑧①③⑤⑦", CONTACT, "QQ：②④⑥⑧①③⑤⑦"),
        "number_keycaps": ("q 2️⃣4️⃣6️⃣8️⃣1️⃣3️⃣", CONTACT, "q 2️⃣4️⃣6️⃣8️⃣1️⃣3"),
        "number_full_width": ("ＱＱ：２４６８１３５７", CONTACT, "ＱＱ：２４６８１３５７"),
        "number_formal": ("扣扣贰肆陆捌壹叁伍", CONTACT, "扣扣贰肆陆捌壹叁伍"),
    },
    "foreign_letters": {
        "letters_mathematical": ("微信：𝐩𝐥𝐚𝐧𝐭𝟔𝟔𝟕", CONTACT, "微信：𝐩𝐥𝐚𝐧𝐭𝟔𝟔𝟕"),
        "letters_cyrillic": ("VХ：рlаnt667", CONTACT, "VХ：рlаnt667"),
        "letters_circled": ("ⓥⓧ plant667", CONTACT, "ⓥⓧ plant667"),
    },
    "zero_width_and_junk": {
        "zero_width": (
            "加\u200b微\u200d信：pla\u2060nt_66",
            CONTACT,
            "加\u200b微\u200d信：pla\u2060nt_66",
        ),
        "bidi_override": ("加\u202e微信：plant_66", CONTACT, "加\u202e微信：plant_66"),
        "junk_run": ("电话☎☎☎☎13900001234", CONTACT, "13900001234"),
    },
    "platform_code_word": {
        "platform_passcode": ("复制打开 ￥Qw3Er5Ty7u￥", PLATFORM, "￥Qw3Er5Ty7u￥"),
        "platform_peach": ("去桃宝搜我的店名就有", PLATFORM, "桃宝搜"),
        "platform_fish": ("小黄鱼同名，直接拍", PLATFORM, "小黄鱼同名"),
        "platform_salt_fish": ("上咸鱼搜同款", PLATFORM, "咸鱼搜"),
        "platform_dog": ("我家狗东店铺有", PLATFORM, "狗东店铺"),
        "platform_pin": ("去拼夕夕搜木子手作", PLATFORM, "拼夕夕搜"),
        "platform_tb": ("tb搜木子手作", PLATFORM, "tb搜"),
        "platform_pdd": ("pdd店铺：木子手作", PLATFORM, "pdd店铺：木子手作"),
        "platform_passcode_word": ("淘口令放评论区", PLATFORM, "淘口令"),
        "platform_link": (
            "链接在此 https://item.taobao.com/x?id=1",
            PLATFORM,
            "https://item.taobao.com/x?id=1",
        ),
    },
    "pinyin": {
        "pinyin_si": ("想要谱子的可以si信我", SOLICIT, "si信我"),
        "pinyin_zhong": ("关注公zhong号木子手作", PLATFORM, "公zhong号"),
        "pinyin_zhu": ("点我zhu页看价目", PROFILE, "点我zhu页"),
    },
    "call_to_action": {
        "call_didi": ("有需要的滴滴我", SOLICIT, "滴滴我"),
        "call_dd": ("感兴趣的宝子dd", SOLICIT, "dd"),
        "call_poke": ("想报名的戳我", SOLICIT, "戳我"),
        "call_type_one": ("想要的评论区扣1", SOLICIT, "扣1"),
        "call_private": ("要链接的私我", SOLICIT, "私我"),
        "call_secret": ("要的密我", SOLICIT, "密我"),
        "call_remark": ("咨询记得备注来意", SOLICIT, "咨询记得备注来意"),
        "call_wish": ("有想💕行的来", SOLICIT, "有想💕行的来"),
        "call_dm_en": ("DM me to order the large size", SOLICIT, "DM me to order"),
        "call_whatsapp_en": ("WhatsApp +60 12-3450 678", CONTACT, "WhatsApp +60 12-3450 678"),
        "call_telegram_en": ("telegram: @muzi_crafts", CONTACT, "telegram: @muzi_crafts"),
        "call_line_traditional": ("加LINE諮詢 ID：muzi8899", CONTACT, "加LINE諮詢 ID：muzi8899"),
        "call_traditional": ("有需要的歡迎私訊我", SOLICIT, "私訊我"),
    },
    "profile": {
        "profile_page": ("价目看我主页", PROFILE, "看我主页"),
        "profile_avatar": ("预约请点我头像", PROFILE, "点我头像"),
        "profile_pinned": ("购买方式见置顶", PROFILE, "见置顶"),
        "profile_bio": ("联系方式在简介，看简介", PROFILE, "看简介"),
        "profile_name": ("怎么找我？看我名字", PROFILE, "看我名字"),
        "profile_bio_en": ("booking link in my bio", PROFILE, "link in my bio"),
    },
    "plain": {
        "group_enter": ("要打卡的姐妹进群", GROUP, "要打卡的姐妹进群"),
        "group_pull": ("拉你进群一起拼单", GROUP, "拉你进群"),
        "group_link": (
            "https://chat.whatsapp.com/AbCdEf",
            GROUP,
            "https://chat.whatsapp.com/AbCdEf",
        ),
        "scan_to_add": ("扫码加我领试听课", SCAN, "扫码加"),
        "mail": ("约稿发 muzi.draw@example.com", CONTACT, "muzi.draw@example.com"),
        "phone_bare": ("13900001234 李师傅", CONTACT, "13900001234"),
        "phone_landline": ("预约电话 021-5550-1234", CONTACT, "021-5550-1234"),
    },
}

PRICES = {
    "money_bag": ("手工皂💰48", "💰48"),
    "half_price": ("全场五折起", "五折起"),
    "tens": ("也就几十块", "几十块"),
    "r": ("一份10r", "10r"),
    "mi": ("只要15米", "15米"),
}
"""Prices written around digits or currency: text and the part that is a price. No violation."""

SPLIT = {
    "handle_in_text": (
        {"title": "想学插花加V", "text": "flower_2046 备注插花"},
        [("title", "加V"), ("text", "flower_2046")],
    ),
    "number_over_fields": (
        {"title": "预约电话 1390000", "text": "1234"},
        [("title", "1390000"), ("text", "1234")],
    ),
    "handle_in_tag": (
        {"text": "微信", "tags": ["flower_2046"]},
        [("text", "微信"), ("tags[0]", "flower_2046")],
    ),
    "word_over_fields": (
        {"title": "找我就加微", "text": "信：flower_2046"},
        [("title", "微"), ("text", "信：flower_2046")],
    ),
}
"""Handles that only the fields together give: fields, and the part that each shows."""

TWINS: dict[str, dict[str, str]] = {
    "homophone_of_wechat": {
        "prestige": "新来的班长在2024级很有威信，大家都服她",
        "reform": "维新变法是1898年的事，背了三遍还是忘，书在第20461357号书架",
        "feed": "喂心爱的小猫吃了300克罐头，它叫mumu88990",
        "slight": "引擎响声轻微，信号灯在晚上20点46分才亮",
        "roses": "蔷薇新开了46朵，伊薇心情很好",
    },
    "homophone_of_add": {
        "family_stove": "家微波炉坏了，型号muzi20461的那台",
        "aubergine": "茄Q弹软糯，一盘只要20分钟",
        "exercise": "每天加V字支撑，坚持了30天",
    },
    "look_alike_of_plus": {
        "ten_microns": "这层膜厚二十微米，编号20461357",
        "ten_buttons": "外套一共十扣，我数了246813次",
        "ten_groups": "操场上有十群人，2046号选手最快",
        "plus_of_shop": "会员➕积分一起用，省了24681元",
    },
    "homophone_of_q_or_group": {
        "buttons": "衬衫的纽扣扣得太紧，穿了2小时就松开",
        "penguins": "海洋馆里企鹅有24只，看了3小时",
        "skirt": "半身裙子204元，长度刚好到膝盖",
        "skirts_added": "腰围加裙摆一共204613毫米吗，算错了吧",
        "crowd": "人群里一眼看到你，2046年见",
    },
    "half_name": {
        "neckline": "V领毛衣配V字项链，2046春款",
        "payment": "路边摊vx和zfb都能付，花了20.46",
        "joke": "今天星期四，v我50看看实力",
        "launch": "卫星在35786公里的轨道上，编号20461357",
        "software": "绿色软件里这款最轻，版本2046",
        "grade": "物理书第20页微x射线那段没懂",
    },
    "separator": {
        "weak_signal": "风声很细微，信纸上只写了2046几个字",
        "letters": "q-v曲线画了3遍，答案是246813",
        "date_range": "展览2024-06-13到2024-08-15，在市美术馆",
        "long_sum": "一共 139 + 000 + 1234 步",
    },
    "number_form": {
        "nursery_rhyme": "一二三四五，上山打老虎，扣子掉了一颗",
        "year": "二零二四六月我在写论文",
        "order_number": "订单号24681357还没发货，等了五天",
        "bus": "坐139路到1234号站台",
        "ranking": "①②③④⑤⑥⑦都是我画的小人",
    },
    "foreign_letters": {
        "fancy_title": "𝐦𝐲 𝐝𝐚𝐢𝐥𝐲 𝟐𝟎𝟐𝟒，窗外下雪了",
        "russian": "привет друзья, спасибо за 2046 лайков",
        "greek": "αβγ是三个角，和是180度",
    },
    "zero_width_and_junk": {
        "joined_emoji": "一家三口👨\u200d👩\u200d👧去公园，走了20461步",
        "hidden_pay": "用微\u200b信支付了20元",
        "phones_emoji": "☎☎☎☎这部老电话是外公的，用了46年",
    },
    "platform_code_word": {
        "bought_there": "去年在某宝买的杯子，用到现在没坏",
        "supper": "今晚清蒸小黄鱼，配咸鱼茄子煲",
        "dog": "楼下的狗东嗅嗅西看看，就是不回家",
        "phone_fell": "手机桃色壳，宝宝很喜欢",
        "price_sign": "￥204 和 ￥135 两件，都退了",
        "reference": "资料来自 https://zh.wikipedia.org/wiki/2046",
        "wish": "我在淘宝看了三年都没舍得买",
    },
    "pinyin": {
        "lesson": "si和shi怎么分？xin和xing呢？练了20分钟",
        "city": "从zhuhai坐船，zhong午就到",
        "english": "the zhu page of the dictionary, page 46",
    },
    "call_to_action": {
        "taxi": "下雨天叫滴滴，等了46分钟",
        "cat_name": "dd是我家猫，今年三岁",
        "touched": "这句台词直戳我心，哭了一晚",
        "points_lost": "作文跑题扣10分，我都服了",
        "told": "有人私信我问作业，我说我也不会",
        "refused": "别私信我了，真的没有资源",
        "secret": "我和她是无话不说的闺密，我俩都姓李",
        "dm_story_en": "people keep asking, please don't DM me about it",
    },
    "profile": {
        "hers": "去看了她主页，原来她也养猫",
        "new_avatar": "新换的头像好看吗",
        "page_of_book": "书的首页有作者签名",
        "pinned_hair": "头发置顶扎起来很清爽",
        "bio_en": "I read his bio and laughed",
    },
    "plain": {
        "class_group": "班级群里通知明天不上课",
        "left_group": "妈妈把我拉进家族群，吓得我马上开静音",
        "scan_to_ride": "坐地铁扫码进站，很方便",
        "warning": "小心骗子！有人让我加他微信cheat_2046，千万别加",
        "complaint_line": "投诉电话12345打了三次才通",
        "service_line": "春运购票打12306",
    },
}

PICTURES: dict[str, tuple[str, str, str, str]] = {
    "heart_lost_by_reader": ("image[0].ocr", "加薇口abc_2046", CONTACT, "加薇口abc_2046"),
    "poster_group": ("image[1].ocr", "插花班\n粉丝裙 204613579", GROUP, "粉丝裙 204613579"),
    "code_opens_chat": (
        "image[0].qr",
        "https://u.wechat.com/kAbC",
        CONTACT,
        "https://u.wechat.com/kAbC",
    ),
    "code_opens_shop": (
        "image[2].qr",
        "https://m.tb.cn/h.2046",
        PLATFORM,
        "https://m.tb.cn/h.2046",
    ),
}
"""Text read in a picture: field, text, violation and the characters that show it."""

PICTURE_TWINS: dict[str, tuple[str, str]] = {
    "label_of_a_product": ("image[0].ocr", "净含量 250ml 批号 20461357 保质期 20271230"),
    "page_of_a_book": ("image[0].ocr", "第46页 威信与权力 ISBN 9787111204613"),
    "code_of_this_platform": ("image[0].qr", "https://www.xiaohongshu.com/explore/2046"),
    "code_of_a_network": ("image[0].qr", "WIFI:S:muzi_cafe;T:WPA;P:abc20461;;"),
    "code_of_a_ticket": ("image[0].qr", "TICKET-20461357-A"),
}

"""Every row of the evasion table, in sentences of our own: the code and the exact span."""

from __future__ import annotations

import pytest
from kit.texts import note_of, spans_of

CONTACT = "V1"
PLATFORM = "V2"
SCAN = "V3"
PROFILE = "V4"
SOLICIT = "V5"
GROUP = "V6"

EVASIONS = {
    # homophones of 微信 next to a handle
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
    # homophones of 加
    "verb_homophone_jia": ("佳喂 cat_9087 发图", CONTACT, "佳喂 cat_9087"),
    "verb_homophone_qie": ("茄q 20461357", CONTACT, "茄q 20461357"),
    "verb_homophone_jia_hui": ("伽徽 lili20461", CONTACT, "伽徽 lili20461"),
    # look-alikes of +
    "ten_as_plus": ("订蛋糕十v：cake_3344", CONTACT, "十v：cake_3344"),
    "heavy_plus": ("➕薇 yoga55667", CONTACT, "➕薇 yoga55667"),
    "box_plus": ("╋扣 33445566", CONTACT, "╋扣 33445566"),
    # homophones of Q and group
    "q_knock": ("扣扣 24681357 备注钢琴", CONTACT, "扣扣 24681357"),
    "q_penguin": ("企鹅 24681357", CONTACT, "企鹅 24681357"),
    "q_penguin_split": ("企-鹅2468 1357", CONTACT, "企-鹅2468 1357"),
    "group_skirt": ("想一起拼的加裙：204613579", GROUP, "裙：204613579"),
    "group_skirt_with_number": ("粉丝裙 204613579", GROUP, "粉丝裙 204613579"),
    "group_of_sheep": ("进我的君羊领谱子", GROUP, "进我的君羊"),
    # half names
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
    # separators
    "separator_dash": ("微-信 plant_66", CONTACT, "微-信 plant_66"),
    "separator_comma": ("微，信：plant_66", CONTACT, "微，信：plant_66"),
    "separator_in_number": ("QQ 246~813579", CONTACT, "QQ 246~813579"),
    "separator_in_q": ("q-q：24681357", CONTACT, "q-q：24681357"),
    "separator_in_phone": ("电话 139 0000 1234", CONTACT, "139 0000 1234"),
    # forms of numbers
    "number_chinese": ("扣扣二四六八一三五七", CONTACT, "扣扣二四六八一三五七"),
    "number_mixed": ("QQ六六八10009", CONTACT, "QQ六六八10009"),
    "number_letters": ("加q llo30046", CONTACT, "加q llo30046"),
    "number_letter_o": ("电话1390000123o", CONTACT, "1390000123o"),
    "number_circled": ("QQ：②④⑥⑧①③⑤⑦", CONTACT, "QQ：②④⑥⑧①③⑤⑦"),
    "number_keycaps": ("q 2️⃣4️⃣6️⃣8️⃣1️⃣3️⃣", CONTACT, "q 2️⃣4️⃣6️⃣8️⃣1️⃣3"),
    "number_full_width": ("ＱＱ：２４６８１３５７", CONTACT, "ＱＱ：２４６８１３５７"),
    "number_formal": ("扣扣贰肆陆捌壹叁伍", CONTACT, "扣扣贰肆陆捌壹叁伍"),
    # letters of other alphabets
    "letters_mathematical": ("微信：𝐩𝐥𝐚𝐧𝐭𝟔𝟔𝟕", CONTACT, "微信：𝐩𝐥𝐚𝐧𝐭𝟔𝟔𝟕"),
    "letters_cyrillic": ("VХ：рlаnt667", CONTACT, "VХ：рlаnt667"),
    "letters_circled": ("ⓥⓧ plant667", CONTACT, "ⓥⓧ plant667"),
    # zero width and junk
    "zero_width": (
        "加\u200b微\u200d信：pla\u2060nt_66",
        CONTACT,
        "加\u200b微\u200d信：pla\u2060nt_66",
    ),
    "bidi_override": ("加\u202e微信：plant_66", CONTACT, "加\u202e微信：plant_66"),
    "junk_run": ("电话☎☎☎☎13900001234", CONTACT, "13900001234"),
    # platforms in code
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
    # pinyin among characters
    "pinyin_si": ("想要谱子的可以si信我", SOLICIT, "si信我"),
    "pinyin_zhong": ("关注公zhong号木子手作", PLATFORM, "公zhong号"),
    "pinyin_zhu": ("点我zhu页看价目", PROFILE, "点我zhu页"),
    # call to action only
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
    # the profile
    "profile_page": ("价目看我主页", PROFILE, "看我主页"),
    "profile_avatar": ("预约请点我头像", PROFILE, "点我头像"),
    "profile_pinned": ("购买方式见置顶", PROFILE, "见置顶"),
    "profile_bio": ("联系方式在简介，看简介", PROFILE, "看简介"),
    "profile_name": ("怎么找我？看我名字", PROFILE, "看我名字"),
    "profile_bio_en": ("booking link in my bio", PROFILE, "link in my bio"),
    # groups, codes, mail, phone
    "group_enter": ("要打卡的姐妹进群", GROUP, "要打卡的姐妹进群"),
    "group_pull": ("拉你进群一起拼单", GROUP, "拉你进群"),
    "group_link": ("https://chat.whatsapp.com/AbCdEf", GROUP, "https://chat.whatsapp.com/AbCdEf"),
    "scan_to_add": ("扫码加我领试听课", SCAN, "扫码加"),
    "mail": ("约稿发 muzi.draw@example.com", CONTACT, "muzi.draw@example.com"),
    "phone_bare": ("13900001234 李师傅", CONTACT, "13900001234"),
    "phone_landline": ("预约电话 021-5550-1234", CONTACT, "021-5550-1234"),
}


@pytest.mark.parametrize(("text", "code", "span"), EVASIONS.values(), ids=EVASIONS.keys())
def test_disguise_is_found_at_its_exact_place(text: str, code: str, span: str) -> None:
    """The span is the author's own characters, disguise and all."""
    found = spans_of(note_of(text), code)
    assert any(span in piece.text for piece in found), [(p.code, p.text) for p in found]
    for piece in found:
        assert text[piece.start : piece.end] == piece.text
        assert len(piece.text) <= len(span) + 8, "the span is short"


PRICES_WITHOUT_DIGITS = {
    "money_bag": ("手工皂💰48", "💰48"),
    "half_price": ("全场五折起", "五折起"),
    "tens": ("也就几十块", "几十块"),
    "r": ("一份10r", "10r"),
    "mi": ("只要15米", "15米"),
}


@pytest.mark.parametrize(
    ("text", "span"), PRICES_WITHOUT_DIGITS.values(), ids=PRICES_WITHOUT_DIGITS.keys()
)
def test_price_in_disguise_is_a_signal(text: str, span: str) -> None:
    """Prices written around digits or currency are still prices, and no violation."""
    from moderation.text.reading import assess_text

    reading = assess_text(note_of(text))
    assert any(
        span in s.span.text or s.span.text in span
        for s in reading.signals
        if s.name in {"price", "sell.price_coded", "sell.price_offer"}
    ), reading.signals
    assert not reading.violations


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


@pytest.mark.parametrize(("fields", "pieces"), SPLIT.values(), ids=SPLIT.keys())
def test_handle_split_over_fields_is_found_in_each(
    fields: dict[str, object], pieces: list[tuple[str, str]]
) -> None:
    """Each field that holds a part gets a span in its own offsets."""
    note = note_of(**fields)
    originals = dict(note.text_fields())
    found = spans_of(note, CONTACT)
    for field, text in pieces:
        assert any(text in s.text for s in found if s.field == field), found
    for span in found:
        assert originals[span.field][span.start : span.end] == span.text

"""What a single character means: the tables behind the normaliser.

Folding looks at one code point at a time and is a fixed point: `fold(fold(c)) == fold(c)`.
Sources: Unicode NFKC and categories (`unicodedata`), Unicode TR39 confusables (through
`confusable_homoglyphs`), Mandarin readings (`pypinyin`). Han characters are never treated as
look-alikes of Latin letters.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from confusable_homoglyphs.confusables import confusables_data
from pypinyin.constants import PINYIN_DICT

_DROPPED_CATEGORIES = frozenset({"Cf", "Cc", "Cs", "Co", "Mn", "Me"})
_LINE_BREAKS = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")  # letters and symbols without ink

_MEANING = {
    "💰": "¥",
    "💴": "¥",
    "💵": "¥",
    "💲": "¥",
    "➕": "+",
    "╋": "+",
    "✚": "+",
    "┼": "+",
    "🛰": "卫星",
    "🐧": "企鹅",
    "🔟": "10",
    "〸": "十",
    "×": "x",
}

# Only characters of contact, selling and disclosure words; one traditional form to one simplified.
_TRADITIONAL = dict(
    zip(
        "聯繫係購買賣價優訂單貨現預約請詢諮號碼掃圖頁頭簡連結鏈團羣進帳電話點擊發訊們這個廣業療醫藥術"
        "體驗贈費運郵員項專櫃說讓還錢萬幾塊際國級絕對無風險證書師課學報額滿減贊當會員來問題詳情實選擇"
        "間開關閒魚寶網誌顧後備註銀質產標籤動覺過從應該質試參與處處優氣獎績時長線門綠軟東賴夠則統條極"
        "獨創傳隨臉膚紋針線鋪轉讓車貼館樓類樣導遊輔機構場給為維衛餵歡興幫廠銷獲資蝦護養髮視頻評論觀簽聲總"
        "經決沒嗎與週錄戶紹區誰認識邊裡裏雙製鮮廳庫檔約紅薦適癒雜軟稱輕鬆費劃歲氣壞緩預壓腦勵盡懷領",
        "联系系购买卖价优订单货现预约请询咨号码扫图页头简连结链团群进帐电话点击发讯们这个广业疗医药术"
        "体验赠费运邮员项专柜说让还钱万几块际国级绝对无风险证书师课学报额满减赞当会员来问题详情实选择"
        "间开关闲鱼宝网志顾后备注银质产标签动觉过从应该质试参与处处优气奖绩时长线门绿软东赖够则统条极"
        "独创传随脸肤纹针线铺转让车贴馆楼类样导游辅机构场给为维卫喂欢兴帮厂销获资虾护养发视频评论观签声总"
        "经决没吗与周录户绍区谁认识边里里双制鲜厅库档约红荐适愈杂软称轻松费划岁气坏缓预压脑励尽怀领",
        strict=True,
    )
)

_LONGEST_FORM = 3  # as ℡; U+FDFA alone would become eighteen letters, and a flood of it a bomb

CHINESE_DIGITS = {
    **dict(zip("零〇○一二三四五六七八九", "000123456789", strict=True)),
    **dict(zip("幺壹贰叁肆伍陆柒捌玖两", "11234567892", strict=True)),
    **dict(zip("貳參陸兩", "2362", strict=True)),
}
"""Numerals that stand for one digit; `十 百 千` count and are not among them."""


def _latin_look_alikes() -> dict[str, str]:
    table = {}
    for character, twins in confusables_data.items():
        if (
            len(character) != 1
            or character.isascii()
            or unicodedata.category(character)[0] not in "LS"
        ):
            continue
        name = unicodedata.name(character, "")
        if name.startswith(("CJK", "KANGXI", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO")):
            continue
        twin = twins[0]["c"]
        if len(twin) == 1 and twin.isascii() and twin.isalnum():
            table[character] = twin.lower()
    # Letters in black circles and squares have no compatibility form in Unicode.
    for first in (0x1F150, 0x1F170):
        table.update({chr(first + i): chr(ord("a") + i) for i in range(26)})
    return table


_LOOK_ALIKES = _latin_look_alikes()


def _fold_once(character: str) -> str:
    if character in _MEANING:
        return _MEANING[character]
    if character.isascii() and character.isprintable():
        return character.lower()
    if character in _LINE_BREAKS:
        return "\n"
    category = unicodedata.category(character)
    if character == "\t" or category == "Zs":
        return " "
    if category in _DROPPED_CATEGORIES or character in _BLANK_LETTERS:
        return ""
    if category in {"No", "Nd"}:
        # ① ⑴ ⒈ ❶ ➊ ７ ٣ ⁷ all say a number; NFKC would leave brackets or nothing.
        number = unicodedata.numeric(character)
        if number.is_integer() and number < 10**_LONGEST_FORM:
            return str(int(number))
    return _TRADITIONAL.get(character) or _LOOK_ALIKES.get(character) or _plain_form(character)


def _plain_form(character: str) -> str:
    compatible = unicodedata.normalize("NFKC", character).lower()
    if compatible != character and len(compatible) <= _LONGEST_FORM:
        return compatible
    letters = "".join(
        c for c in unicodedata.normalize("NFD", character) if unicodedata.category(c) != "Mn"
    )
    return letters if letters.isascii() else character


@lru_cache(maxsize=65_536)
def fold(character: str) -> str:
    r"""Plain form of one code point: lower case, simplified, Latin; "" where it shows nothing.

    >>> [fold(c) for c in "Ｖ①𝐇微\u200b"]
    ['v', '1', 'h', '微', '']
    """
    before, after = "", character
    while before != after:
        before, after = after, "".join(map(_fold_once, after))
    return after


def _toneless(readings: str) -> frozenset[str]:
    decomposed = unicodedata.normalize("NFD", readings)
    plain = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    return frozenset(plain.split(","))


def _read_as(*syllables: str) -> frozenset[str]:
    wanted = frozenset(syllables)
    return frozenset(chr(c) for c, readings in PINYIN_DICT.items() if _toneless(readings) & wanted)


# Grammar words and others so common that "…为新…" or "一家…" would be found in every second note.
READ_WEI = _read_as("wei") - frozenset("为未位味尾胃委谓") | frozenset("徽徵徴")
"""Han characters with a reading `wei` in any tone: 微 薇 威 维 卫 …, and look-alikes of 微."""
READ_XIN = _read_as("xin") | frozenset("星")
"""Han characters with a reading `xin` in any tone, and 星 of 卫星."""
READ_JIA = frozenset("加佳家伽迦茄嘉甲架咖")
"""Stand-ins for 加 in front of a contact word."""

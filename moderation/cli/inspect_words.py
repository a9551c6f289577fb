"""What `moderation inspect` says: each answer, and what it means and does not mean."""

from __future__ import annotations

from moderation.explain.names import Phrase

LINE = Phrase("{name}: {told}", "{name}：{told}")
CREDENTIAL = Phrase("Content credential (C2PA)", "内容凭证（C2PA）")
CAMERA = Phrase("Camera (EXIF)", "相机信息（EXIF）")
TOOL = Phrase("Program (XMP)", "制作软件（XMP）")
AI_MARKS = Phrase("Marks of AI", "AI 生成标识")
WATERMARK = Phrase("Watermark", "水印")
LETTERING = Phrase("Writing", "图中文字")
UNREADABLE = Phrase("Could not be read", "无法读取")

ANSWERS = {
    "verified": Phrase(
        "verified. Signed by {signer}; the file is unchanged since, and the signer stands on your "
        "list of trusted ones.{more}",
        "已验证。由 {signer} 签名，签名后文件未被改动，且签名者在信任名单中。{more}",
    ),
    "untrusted": Phrase(
        "signed, signer not vouched for. {signer} signed it and the file is unchanged since; but "
        "anybody can make such a certificate, so it does not prove who that is.{more}",
        "有签名，签名者未获信任。签名者自称 {signer}，签名后文件未被改动；"
        "但任何人都可制作此类证书，不能证明其身份。{more}",
    ),
    "invalid": Phrase(
        "invalid ({reason}). Pixels or credential were changed after signing, or it is damaged. "
        "Programs that know nothing of credentials do this, too.",
        "校验未通过（{reason}）。签名后画面或凭证被改动，或已损坏；不支持凭证的软件也会造成这种情况。",
    ),
    "absent": Phrase(
        "absent. Most pictures have none; this says nothing about anybody.",
        "无。大多数图片都没有；这不说明任何问题。",
    ),
    "elsewhere": Phrase(
        "kept at {reason}. Addresses are never fetched.", "存放于 {reason}。本工具不访问网络地址。"
    ),
    "not_read": Phrase(
        "not read: install the extra `provenance`.", "未读取：请安装扩展 `provenance`。"
    ),
}
SIGNED_AT = Phrase(" Signed on {at}.", "签名时间 {at}。")
WRITTEN_BY = Phrase(" Written by {generator}.", "由 {generator} 写入。")
NO_CAMERA = Phrase(
    "nothing. Platforms remove it; this says nothing about anybody.",
    "无。平台通常会清除；这不说明任何问题。",
)
CAMERA_FIELDS = {
    "make": Phrase("make", "品牌"),
    "model": Phrase("model", "型号"),
    "taken_at": Phrase("taken", "拍摄时间"),
    "software": Phrase("software", "软件"),
    "artist": Phrase("artist", "作者"),
    "copyright": Phrase("copyright", "版权"),
}
NOT_SIGNED = Phrase(" (not signed: anybody can write this)", "（无签名保护，任何人都可写入）")
NO_MARKS = Phrase(
    "none. This does not mean that it was made without AI.", "无。这不表示图片未使用 AI。"
)
MARK = Phrase("{place} says `{said}`{signed}{producer}", "{place}写有 `{said}`{signed}{producer}")
PRODUCER = Phrase(", by {producer}", "，由 {producer} 写入")
WATERMARK_READ = Phrase(
    "“{text}” names the account {handle} (reading sure to {confidence:.0%})",
    "“{text}”，账号 {handle}（识别置信度 {confidence:.0%}）",
)
NO_WATERMARK = Phrase("no handle of an account was read", "未读到账号水印")
WATERMARK_OFF = Phrase("not looked for: install the extra `ocr`.", "未检查：请安装扩展 `ocr`。")
CODE = Phrase("Code", "二维码或条形码")
CODE_OPENS = Phrase("opens {what}: “{shown}”", "指向{what}：“{shown}”")
CODE_HOLDS = {
    "own": Phrase("opens a page of the platform: “{shown}”", "指向平台内页面：“{shown}”"),
    "product": Phrase("a product's or parcel's number: “{shown}”", "商品或包裹条码：“{shown}”"),
    "text": Phrase("holds words: “{shown}”", "内容为文字：“{shown}”"),
}
"""Of classes that lead nowhere else."""
CODES_LEFT_OUT = Phrase(
    "{number} more were not read or are not listed", "另有 {number} 个未识别或未列出"
)
NO_CODE = Phrase("none was read", "未识别到")
CODES_OFF = WATERMARK_OFF
LETTERING_READ = Phrase(
    "“{text}” (reading sure to {confidence:.0%})", "“{text}”（识别置信度 {confidence:.0%}）"
)
NO_LETTERING = Phrase("nothing was read", "未读到文字")
LETTERING_OFF = Phrase("not read: install the extra `ocr`.", "未读取：请安装扩展 `ocr`。")
UNREAD = Phrase("{number} more lines were not read", "另有 {number} 行未读取")

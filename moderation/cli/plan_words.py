"""What `moderation scan plan` says to people, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from moderation.explain.names import Phrase

TITLE = Phrase(
    "a scan of {notes:,} notes, {pictures:,.0f} pictures, on {machines:,} machines of {cores:,} "
    "cores and {memory}",
    "扫描 {notes:,} 条笔记、{pictures:,.0f} 张图片；{machines:,} 台机器，"
    "每台 {cores:,} 核、内存 {memory}",
)
HEADS = tuple(
    Phrase(*both)
    for both in (
        ("Stage", "阶段"),
        ("Items", "项数"),
        ("Core hours", "核时"),
        ("Cores at once", "并行核数"),
        ("Hours", "小时"),
        ("Read", "读取"),
        ("Written", "写入"),
        ("Memory a machine", "单机内存"),
        ("Grows with", "增长"),
    )
)
STAGES: Mapping[str, Phrase] = {
    "observe": Phrase("observe", "观测"),
    "lay_out": Phrase("pair: write the index", "比对：写入索引"),
    "join": Phrase("pair: join hashes", "比对：哈希连接"),
    "prove": Phrase("pair: search and prove", "比对：检索与验证"),
    "judge": Phrase("judge", "判定"),
}
TOTAL = Phrase("all, one after another", "合计（依次执行）")
INDEX = Phrase(
    "index: hashes {hashes} (32 bytes and an id of 8 each), descriptors {descriptors}, local "
    "features {features}; mapped from disk, held in memory as far as there is room",
    "索引：哈希 {hashes}（每个 32 字节加 8 字节编号），描述子 {descriptors}，局部特征 {features}；"
    "从磁盘映射，内存充足时驻留",
)
DISK = Phrase("disk, beside the archive: {disk}", "除归档外的磁盘占用：{disk}")
JOIN_WHOLE = Phrase(
    "the join fits into one process: {known:,.0f} codes, {memory}; {hours} h on one core",
    "哈希连接可由单个进程完成：{known:,.0f} 个哈希，内存 {memory}；单核 {hours} 小时",
)
JOIN_IN_PARTS = Phrase(
    "one process is not enough for the join: {known:,.0f} codes, {memory}. It needs {parts:,} "
    "parts: {bands} bands of 16 bits, each cut into {cuts:,} by its first bits; {shuffle} are sent "
    "to them. This stays exact: of two codes at most 31 bits apart some band differs in at most "
    "one bit, so some part holds both; pairs found twice are dropped. `moderation scan pair` "
    "joins in one process today",
    "单个进程无法完成哈希连接：{known:,.0f} 个哈希，内存 {memory}。需分为 {parts:,} 个分区："
    "16 位一段，共 {bands} 段，每段按前几位再分为 {cuts:,} 份；需传输 {shuffle}。结果仍然精确："
    "相差不超过 31 位的两个哈希，必有一段至多相差 1 位，因此必有一个分区同时包含两者；"
    "重复的对会被去除。"
    "目前 `moderation scan pair` 在单个进程内完成连接",
)
NOT_NUMBERED = Phrase(
    "{queries:,.0f} × {known:,.0f} pairs are more than one process can number (2⁶³)",
    "{queries:,.0f} × {known:,.0f} 个组合超出单个进程可编号的范围（2⁶³）",
)
CROWDED = Phrase(
    "a key of a local feature is shared by {shared:,.0f} pictures on average; keys that more than "
    "{most:,} hold are passed over, so at this size crops are found by descriptors alone",
    "局部特征的每个键平均由 {shared:,.0f} 张图片共享；超过 {most:,} 张的键会被忽略，"
    "因此在此规模下，裁剪图仅能靠描述子找到",
)
COSTS_FROM = Phrase("costs of one item, measured on {machine}:", "单项成本，测量环境：{machine}：")
COST_HEADS = tuple(
    Phrase(*both) for both in (("Cost", "成本"), ("Value", "数值"), ("Where it comes from", "来源"))
)
EXTRAPOLATED = Phrase(
    "extrapolated: what grows with n by multiplication; searches among descriptors with √n from "
    "1,000,000, as their lists do; among local features with the pictures that share a key, "
    "measured up to 1,000; the join as a·n + b·n², fitted at 1,000,000 and 10,000,000. No scan "
    "of this size has been run",
    "外推方式：随 n 增长的部分按比例相乘；描述子检索自 1,000,000 起按 √n 增长（与其列表数一致）；"
    "局部特征检索随共享同一键的图片数增长，已测至 1,000 张；"
    "哈希连接按 a·n + b·n² 由 1,000,000 与 10,000,000 两点拟合。尚未实际运行过如此规模的扫描",
)

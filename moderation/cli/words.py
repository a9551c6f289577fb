"""What the command line says to people, in both languages; `explain` speaks of findings."""

from __future__ import annotations

from moderation.explain.names import Phrase
from moderation.match import Direction

PROGRESS = Phrase(
    "{done:,}{of} done, {rate:,.0f}/s{left}", "已完成 {done:,}{of}，{rate:,.0f}/秒{left}"
)
PROGRESS_OF = Phrase(" of about {total:,}", " / 约 {total:,}")
PROGRESS_LEFT = Phrase(", {left} left", "，剩余 {left}")
PROGRESS_MEMORY = Phrase(", {mb:,.0f} MB", "，内存 {mb:,.0f} MB")

# Verdicts

HEAD_DECISION = Phrase("Decision", "结论")
HEAD_NOTE = Phrase("Note", "笔记")
HEAD_WHY = Phrase("Why", "原因")
HEAD_MATCH = Phrase("Best match", "最佳匹配")
NOT_JUDGED = Phrase("not judged", "未能审核")
LINE = Phrase("line {line}", "第 {line} 行")
MATCH_BY = Phrase("by {author}", "作者 {author}")
MATCH_SCORE = Phrase("score {score}", "得分 {score}")

CHECKED = Phrase("notes checked: {notes:,} ({counts})", "已审核笔记：{notes:,}（{counts}）")
CHECKED_NONE = Phrase("no notes in the input", "输入中没有笔记")
NOTHING_WRITTEN = Phrase(
    "a dry run: nothing was registered or recorded", "试运行：未登记也未记录任何内容"
)
WRITTEN = Phrase("written to {path}", "已写入 {path}")

# Two pictures

COMPARED_NOTHING = Phrase(
    "Nothing in common was found: no part of one picture is proven to show the other.",
    "未发现共同内容：没有证据表明其中一图呈现了另一图的任何部分。",
)
COMPARED_NO_DETAIL = Phrase(
    "{picture} has too little detail for a proof; nothing was found.",
    "{picture} 的细节太少，无法比对；未发现共同内容。",
)
COMPARED_SURE = Phrase("The pictures show the same work.", "两图呈现同一作品。")
COMPARED_LIKELY = Phrase(
    "The pictures may show the same work; a person should look.",
    "两图可能呈现同一作品，建议人工查看。",
)
COMPARED_EXTENT = {
    Direction.SAME: Phrase(
        "Both show the same extent: {query} of A, {original} of B.",
        "两图画面范围相同：占 A 的 {query}，占 B 的 {original}。",
    ),
    Direction.QUERY_IN_ORIGINAL: Phrase(
        "A is a part of B and shows {original} of it.", "A 是 B 的局部，呈现了 B 的 {original}。"
    ),
    Direction.ORIGINAL_IN_QUERY: Phrase(
        "A contains B, which fills {query} of it.", "A 包含 B，B 占 A 画面的 {query}。"
    ),
    Direction.OVERLAP: Phrase(
        "They overlap: {query} of A, {original} of B.",
        "两图部分重叠：占 A 的 {query}，占 B 的 {original}。",
    ),
}
COMPARED_PROOF = Phrase("Proof: {proof}; {score}.", "依据：{proof}；{score}。")
COMPARED_MIRRORED = Phrase("One is mirrored.", "其中一图已左右翻转。")

# The register

REGISTERED = Phrase(
    "notes registered: {notes:,}, pictures: {pictures:,}",
    "已登记笔记：{notes:,}，图片：{pictures:,}",
)
RECIPE_ASSUMED = Phrase(
    "the list does not say how {hashes:,} of its hashes were made; taken for `{recipe}`",
    "列表未说明其中 {hashes:,} 个哈希的生成方式，按 `{recipe}` 处理",
)
TERMS_OF_HASHES = Phrase(
    "{hashes:,} hashes come from {source} under the licence {licence}",
    "{hashes:,} 个哈希来自 {source}，许可：{licence}",
)
TERMS_UNSAID = Phrase(
    "{hashes:,} hashes come under no licence: they will not leave in exports unless somebody lets "
    "them; name it with `--licence`, and who gave them with `--source`",
    "{hashes:,} 个哈希未注明许可：除非有人放行，否则不会随导出流出；"
    "可用 `--licence` 注明许可，用 `--source` 注明来源",
)
HASHES_WITHHELD = Phrase(
    "{hashes:,} hashes stay: the list from {source} does not say that others may have them "
    "(licence: {licence}); whoever knows that they may says `--allow-licence`",
    "{hashes:,} 个哈希未导出：来自 {source} 的列表未表明可以转交他人（许可：{licence}）；"
    "确知可以转交的，请使用 `--allow-licence`",
)
HASHES_EXPORTED = Phrase(
    "hashes written: {hashes:,}, made as {recipe}: {path}",
    "已写出哈希：{hashes:,} 个，生成方式 {recipe}：{path}",
)
HASHES_REGISTERED = Phrase("hashes registered: {pictures:,}", "已登记哈希：{pictures:,}")
CLAIMED = Phrase(
    "{author} now holds a claim ({basis}) to {note} #{number} since {at}",
    "{author} 自 {at} 起对 {note} #{number} 持有登记（{basis}）",
)
LINKED = Phrase("{author} is now linked with {linked}", "{author} 已与 {linked} 关联")
EXEMPTED = Phrase(
    "{note} #{number} is now exempt: copies of it are allowed{until}",
    "{note} #{number} 已豁免：允许使用该图片{until}",
)
UNTIL = Phrase(" until {at}", "，至 {at} 为止")
REMOVED = Phrase(
    "pictures of {note} taken out of the search: {pictures:,}; the audit stays",
    "已从检索中移除 {note} 的图片：{pictures:,}；审核记录保留",
)
FORGET = Phrase(
    "Forget the {kind} {subject}, with all pictures, claims and verdicts? This cannot be undone.",
    "确定要删除{kind} {subject} 及其全部图片、登记与审核记录吗？此操作无法撤销。",
)
SUBJECT_NOTE = Phrase("note", "笔记")
SUBJECT_AUTHOR = Phrase("author", "作者")
FORGOTTEN = Phrase("Forgotten. Keep this receipt:", "已删除。请保存此回执：")
VERIFIED = Phrase("register and index agree", "登记库与索引一致")
REBUILT = Phrase(
    "the snapshot on disk could not be used and was rebuilt from the register",
    "磁盘上的索引快照不可用，已由登记库重建",
)
COMPACTED = Phrase(
    "compacted: {before:,.1f} MB before, {after:,.1f} MB after",
    "已压缩：之前 {before:,.1f} MB，之后 {after:,.1f} MB",
)
MORE_FAILURES = Phrase(
    "and {number:,} more; --json tells all", "另有 {number:,} 项；--json 可列出全部"
)
STATS = {
    "notes": Phrase("notes", "笔记"),
    "pictures": Phrase("pictures", "图片"),
    "works": Phrase("works", "作品"),
    "claims": Phrase("claims", "登记"),
    "authors": Phrase("authors", "作者"),
    "verdicts": Phrase("verdicts", "审核记录"),
    "last_seq": Phrase("last log entry", "日志末条序号"),
    "unverified": Phrase("hash only", "仅有哈希"),
    "captions": Phrase("captions", "文案"),
    "undescribed": Phrase("without descriptor", "无描述向量"),
    "reviews": Phrase("moderators' answers", "人工答复"),
}
SCHEMA_MADE = Phrase("{register}: tables made, step {head}", "{register}：已建表，版本 {head}")
SCHEMA_CHANGED = Phrase(
    "{register}: from step {found} to {head}", "{register}：已从版本 {found} 升级到 {head}"
)
SCHEMA_CURRENT = Phrase("{register}: up to date, step {head}", "{register}：已是最新，版本 {head}")
HEAD_TABLE = Phrase("Table", "表")
HEAD_ROWS = Phrase("Rows", "行数")
MOVED = Phrase(
    "equal in both places, {rows:,} rows; from now on, use {target}",
    "两处内容一致，共 {rows:,} 行；今后请使用 {target}",
)
BACKED_UP = Phrase(
    "{file}: {megabytes:,.1f} MB, whole, up to entry {last_seq:,} of the log",
    "{file}：{megabytes:,.1f} MB，校验完整，截至日志第 {last_seq:,} 条",
)
MISSING = Phrase("missing in the index", "索引缺少")
SURPLUS = Phrase("too many in the index", "索引多余")
DIFFERENT = Phrase("with other contents", "内容不同")
NO_HISTORY = Phrase("no verdict on {note} in this register", "此登记库中没有 {note} 的审核记录")
HEAD_PICTURE = Phrase("Picture", "图片")
HEAD_WORK = Phrase("Work", "作品")
HEAD_AUTHOR = Phrase("Author", "作者")
HEAD_PUBLISHED = Phrase("Published (UTC)", "发布时间 (UTC)")
HEAD_CLAIM = Phrase("Claim", "登记依据")
HEAD_SINCE = Phrase("Since (UTC)", "起始 (UTC)")
HEAD_VERDICT = Phrase("Verdict", "结论")
HEAD_WHEN = Phrase("When (UTC)", "时间 (UTC)")
HEAD_REVISION = Phrase("Revision", "版本")
HEAD_POLICY = Phrase("Policy", "策略")

# Policies

HEAD_NAME = Phrase("Name", "名称")
HEAD_TITLE = Phrase("Title", "说明")
HEAD_DIGEST = Phrase("Digest", "摘要")
HEAD_RULE = Phrase("Rule", "规则")
HEAD_KIND = Phrase("Finding", "发现类型")
HEAD_STEPS = Phrase("Steps", "分级")
HEAD_IN_FORCE = Phrase("In force", "有效期")
HEAD_ONLY_FOR = Phrase("Only for", "仅适用于")
HEAD_SUBJECT = Phrase("Term", "条目")
ALWAYS = Phrase("always", "始终")
ALLOWED = Phrase(
    "allow-list {name} ({kinds}), {when}: {listed}", "白名单 {name}（{kinds}），{when}：{listed}"
)
SILENCE = Phrase(
    "when a detector cannot answer ({detector}): {told}",
    "检测器无法给出结果时（{detector}）：{told}",
)
REGISTRATION = Phrase("registration: {told}", "登记：{told}")
TEMPLATE_PROPOSAL = Phrase(
    "pictures that many show, {when}: proposed as a template from {authors} unrelated authors on, "
    "one in {days} days, or {attempts} attempts; until decided: {undecided}",
    "多人发布的图片，{when}：互不关联的作者达 {authors} 位（每 {days} 天计一位）"
    "或尝试 {attempts} 次，即提议为模板；认定之前：{undecided}",
)
BRAKE = Phrase(
    "brake, {when}: at most {blocks:,} automatic blocks an hour{more}; a person looks at the rest",
    "自动拦截上限，{when}：每小时最多 {blocks:,} 次{more}；超出部分转人工审核",
)
BRAKE_EACH = Phrase(", {limit:,} by one rule", "，单条规则 {limit:,} 次")
BRAKE_RULE = Phrase(", {limit:,} by {rule}", "，{rule} {limit:,} 次")
FLOOD = Phrase(
    "flood, {when}: what shows a picture that more than {authors:,} unlinked authors show within "
    "an hour waits for a person, for {hours:,} hours",
    "集中发布，{when}：同一图片一小时内由超过 {authors:,} 位互不关联的作者发布的，"
    "此后 {hours:,} 小时内均转人工审核",
)
SECOND_PERSON = Phrase(
    "a second person, {when}: two people have to come to {decisions}, where it is about: {kinds}",
    "双人复核，{when}：作出 {decisions} 须两人各自得出相同结论，适用于：{kinds}",
)
ALL_KINDS = Phrase("anything", "任何情形")
CHECKS = Phrase(
    "checks, {when}: somebody else is asked for {looks} of decisions, unseen; for {golden} of them "
    "a case comes whose answer is known",
    "质检，{when}：{looks} 的处理由另一人盲审；按 {golden} 的比例混入已知答案的案例",
)
SAME_RULES = Phrase("both say the same at {at}", "在 {at} 两者内容相同")
GOOD_POLICY = Phrase(
    "{path}: good, {rules} rules, {digest}", "{path}：有效，{rules} 条规则，{digest}"
)

# Models

HEAD_PART = Phrase("Part", "部件")
HEAD_VERSION = Phrase("Version", "版本")
HEAD_WHAT = Phrase("What it is", "类别")
PART_DETECTOR = Phrase("detector", "检测器")
PART_RECIPE = Phrase("hash recipe, {bits} bits", "哈希配方，{bits} 位")
PART_MODEL = Phrase("trained model in {path}", "训练模型，位于 {path}")
TRAINED = Phrase("trained {recipe}, written to {path}", "训练完成：{recipe}，已写入 {path}")
NO_MODELS = Phrase(
    "No trained model is installed: this installation is incomplete. Install notegate again.",
    "未找到训练模型：安装不完整，请重新安装 notegate。",
)

UNREAD_PICTURES = Phrase(
    "pictures that could not be read and were left out: {number:,}",
    "无法读取而略去的图片：{number:,}",
)
NO_PLOTS = Phrase(
    "no plots: matplotlib is not installed (pip install 'notegate[demo]')",
    "未绘图：尚未安装 matplotlib（pip install 'notegate[demo]'）",
)

# The service

SERVING = Phrase(
    "listening on {url}, worker processes: {workers}; see {url}/openapi.json",
    "正在监听 {url}，工作进程：{workers}；接口文档见 {url}/openapi.json",
)
CONSOLE = Phrase(
    "open {url} in a browser; Ctrl-C ends it",
    "请用浏览器打开 {url}；按 Ctrl-C 结束",
)
DEMO_DESK = Phrase(
    "the demo's desk lies in {path}; it is made the first time, in about a minute",
    "演示工作台位于 {path}；首次需要约一分钟准备",
)
SHARD_SERVING = Phrase(
    "shard {shard} answers on {address}",
    "分片 {shard} 在 {address} 上应答",
)

# Demo and report

REPORTED = Phrase("verdicts in {path}: {verdicts:,}", "已写入 {path} 的结论：{verdicts:,}")
UNREAD_NOTES = Phrase(
    "rows of {source} that could not be read: {number:,}; their words and pictures are missing",
    "{source} 中无法读取的行：{number:,}；相应文字与图片缺失",
)

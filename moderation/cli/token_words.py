"""What `moderation token` says to people."""

from __future__ import annotations

from moderation.explain.names import Phrase

CREATED = Phrase(
    "this is token {id}: it is shown only now, so keep it in a safe place",
    "令牌 {id} 只显示这一次，请妥善保存",
)
REVOKED = Phrase(
    "token {id} ({name}) is revoked; running services take note within 5 seconds",
    "令牌 {id}（{name}）已吊销；运行中的服务将在 5 秒内生效",
)
NO_TOKENS = Phrase("no tokens in this register", "此登记库中没有令牌")
HEAD_ID = Phrase("Id", "编号")
HEAD_NAME = Phrase("Name", "名称")
HEAD_TENANT = Phrase("Tenant", "租户")
HEAD_SCOPES = Phrase("Scopes", "权限")
HEAD_MADE = Phrase("Made (UTC)", "创建时间 (UTC)")
HEAD_ENDS = Phrase("Ends (UTC)", "到期 (UTC)")
HEAD_STATE = Phrase("State", "状态")
LIVE = Phrase("live", "有效")
EXPIRED = Phrase("expired", "已过期")
IS_REVOKED = Phrase("revoked", "已吊销")

"""The access policy as a table for the guides, made from ``access.MATRIX`` so that it cannot be out of date."""

from __future__ import annotations

from hotline.store.access import MATRIX, Permission, UserRole

_ROLES = {
    UserRole.AGENT: ("座席", "agent"),
    UserRole.TEAM_LEAD: ("班长", "team lead"),
    UserRole.QA: ("质检员", "QA"),
    UserRole.QA_LEAD: ("质检主管", "QA lead"),
    UserRole.MANAGER: ("经理", "manager"),
    UserRole.PLANNER: ("排班", "planner"),
    UserRole.ADMIN: ("管理员", "administrator"),
}
_PERMISSIONS = {
    Permission.OPEN_CALLS: ("列出、打开、收听通话", "list, open and hear calls"),
    Permission.EXPORT_CALLS: ("导出通话", "export calls"),
    Permission.CORRECT: ("更正文字与角色", "correct words and roles"),
    Permission.SEE_BOARD: ("看板（含座席姓名）", "weekly board, agents by name"),
    Permission.SEE_TEAM_BOARD: ("看板（仅班组）", "weekly board, teams only"),
    Permission.SEE_REPORTS: ("报告", "reports"),
    Permission.SEE_RULES: ("查看规则", "see rules"),
    Permission.REVIEW_ITEMS: ("复核评分项：判定正确或误判", "say whether an item was judged rightly"),
    Permission.DRAFT_RULES: ("修改规则草稿、试算影响", "draft rules and preview what they change"),
    Permission.PUBLISH_RULES: ("发布规则", "publish rules"),
    Permission.RESCORE: ("重新评判通话", "judge calls again"),
    Permission.PUBLISH_WEEK: ("发布（关闭）一周", "publish (close) a week"),
    Permission.SEE_FORECAST: ("查看预测与排班", "see forecasts and staffing"),
    Permission.PLAN: ("制作预测与排班", "make forecasts and staffing"),
    Permission.MANAGE_USERS: ("管理账号", "manage accounts"),
    Permission.SEE_AUDIT: ("查看审计记录", "see the audit trail"),
    Permission.IMPORT: ("导入数据、查看隔离区", "import data, see the quarantine"),
    Permission.ENROL_VOICES: ("登记和删除坐席声纹", "keep and forget voiceprints of agents"),
    Permission.ERASE: ("删除来电者和通话", "erase callers and calls"),
}
BEGIN, END = "<!-- roles: generated -->", "<!-- /roles -->"


def roles_table(language: str) -> str:
    """The policy as a Markdown table in ``zh`` or ``en``: a line a permission, a column a role."""
    place = 1 if language == "en" else 0
    head = [("权限", "may")[place], *(names[place] for names in _ROLES.values())]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for permission, names in _PERMISSIONS.items():
        cells = ["✓" if permission in MATRIX[role] else "" for role in _ROLES]
        lines.append(f"| {' | '.join([names[place], *cells])} |")
    return "\n".join(lines)


def with_roles(page: str, language: str) -> str:
    """``page`` with what stands between its two marks replaced by the table of today."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{roles_table(language)}\n{END}{after}"

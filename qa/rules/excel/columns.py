"""The columns of the sheet 评分项, in order: key, heading, width in characters, and a hint for whoever fills it in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``choices`` are what its cells may hold (empty: any text)."""

    key: str
    heading: str
    width: int
    hint: str
    choices: tuple[str, ...] = ()


YES, NO = "是", "否"
KINDS = {"必须说": "expect", "不得说": "forbid"}
SIDES = {"坐席": "agent", "客户": "customer", "双方": "any"}
OTHER_SIDES = {
    **dict.fromkeys(("客服", "座席", "话务员", "坐席员", "客服代表", "我方"), "agent"),
    **dict.fromkeys(("用户", "来电人", "顾客", "对方"), "customer"),
    **dict.fromkeys(("所有", "全部", "任一方", "都可以"), "any"),
}
"""Other words of the trade for the sides, which are understood where :data:`SIDES` is written."""
MATCHES = {"短语": "say", "话术相似": "similar_to", "正则": "regex"}

COLUMNS: tuple[Column, ...] = (
    Column("section", "环节", 12, "例如：开场。同一环节的各项会放在一起"),
    Column("id", "编号", 18, "小写字母、数字、- 和 _；不写则自动编号"),
    Column("title", "评分项", 22, "必填"),
    Column("title_en", "英文名称", 22, "可不写"),
    Column("clause", "依据", 22, "依据哪条规范"),
    Column("points", "分值", 8, "不合格时扣几分"),
    Column("fatal", "致命", 8, "是：不合格即 0 分", (YES, NO)),
    Column("bonus", "加分", 8, "合格时加几分"),
    Column("points_per_hit", "每次扣分", 10, "只用于“不得说”：每出现一次扣几分"),
    Column("at_most", "最多扣", 8, "与“每次扣分”同用：封顶"),
    Column("kind", "类型", 10, "必须说 / 不得说", tuple(KINDS)),
    Column("by", "谁说", 8, "坐席 / 客户 / 双方", tuple(SIDES)),
    Column("match", "匹配方式", 10, "短语 / 话术相似 / 正则；不写为短语", tuple(MATCHES)),
    Column("say", "说法", 44, "一行一个（Alt+Enter 换行），或用、分开，任一即可；$词库名 引用词库"),
    Column("exclude", "排除", 30, "含这些说法的地方不算；一行一个"),
    Column("window", "检测范围", 22, "例如：first 2 agent turns、last 3 turns、first 20 s；不写为整通"),
    Column("trigger", "触发话语", 34, "出现这些话时此项才适用；一行一个"),
    Column("trigger_by", "触发方", 8, "坐席 / 客户 / 双方", tuple(SIDES)),
    Column("within", "触发后几个话轮内", 12, "数字：触发后本方几个话轮之内；不写为整通"),
    Column("applies_when", "适用条件", 30, "随录参数，例如：meta.ticket_type == 故障报修"),
    Column("coaching", "辅导建议", 34, "不合格时对坐席说什么"),
    Column("pass", "合格样例", 44, "一行一句，坐席：… 客户：…；空一行写下一个样例；至少 3 个"),
    Column("fail", "不合格样例", 44, "同上；至少 3 个"),
    Column("na", "不适用样例", 30, "同上"),
    Column("doubtful", "存疑样例", 30, "同上"),
    Column("yaml", "完整规则", 60, "表格说不清的规则（YAML）；写了就以它为准，前面的说法各列不看"),
)
ITEMS, LISTS, SHARED, SETTINGS, GUIDE = "评分项", "词库", "公用条件", "设置", "说明"
"""Names of the sheets."""
LONGEST = 32_767
"""Characters that a cell of Excel can hold."""

"""A scorecard as an Excel workbook: one row an item, headings in Chinese, for people who keep their rules in a table.

    template(Path("评分表.xlsx"))                      # headings, hints and three example rows
    imported = import_excel(Path("评分表.xlsx"))       # YAML text, the rule set, what was lost
    losses = export_excel(rule_set, Path("x.xlsx"))

Sheets: 说明 (how to fill it in), 评分项 (the items), 词库 (word lists), 公用条件 and 设置 (what the rule set says beside its items, as
YAML). A row says in columns who must or must not say what, and where; what columns cannot say stands as YAML in the column 完整规则,
which then counts instead of them. So a rule set that is exported and imported again judges the same.

``columns.py`` names the columns, ``workbook.py`` opens files defensively, ``rows.py`` turns rows into items and back.
"""

from __future__ import annotations

from qa.rules.excel.exporting import export_excel, template
from qa.rules.excel.importing import import_excel

__all__ = ["export_excel", "import_excel", "template"]

"""What a template shows: three rows that are right as they stand, and how to go on."""

from __future__ import annotations

from collections.abc import Mapping

EXAMPLES: tuple[Mapping[str, str], ...] = (
    {
        "section": "开场", "id": "greeting", "title": "规范问候", "title_en": "Greeting", "clause": "示例规范 1.1", "points": "5",
        "kind": "必须说", "by": "坐席", "match": "短语", "say": "您好\n你好\n早上好", "window": "first 2 agent turns",
        "coaching": "接通后先问候，再报单位。",
        "pass": "坐席：您好，请讲。\n\n坐席：早上好，很高兴为您服务。\n\n坐席：喂。\n客户：你好\n坐席：您好，请问有什么可以帮您？",
        "fail": "坐席：喂，说。\n\n坐席：哪里？\n\n坐席：什么事？\n客户：您好，我要报修",
    },
    {
        "section": "态度", "id": "comfort", "title": "安抚情绪", "title_en": "Comforts an upset caller", "clause": "示例规范 2.3",
        "points": "5",
        "kind": "必须说", "by": "坐席", "match": "短语", "say": "$apology",
        "trigger": "投诉\n太过分\n气死", "trigger_by": "客户", "within": "3",
        "coaching": "先回应情绪，再处理问题。",
        "pass": "客户：我要投诉\n坐席：非常抱歉，我马上核实。\n\n客户：太过分了\n坐席：对不起，给您添麻烦了。\n\n"
                "客户：气死我了\n坐席：不好意思，您慢慢说。",
        "fail": "客户：我要投诉\n坐席：地址报一下。\n\n客户：太过分了\n坐席：那你说怎么办。\n\n坐席：抱歉\n客户：气死我了\n坐席：户号。",
        "na": "客户：查一下电费\n坐席：请报户号。",
    },
    {
        "section": "态度", "id": "rude", "title": "不说侮辱人的话", "title_en": "Insults nobody", "clause": "示例规范 2.9", "fatal": "是",
        "kind": "不得说", "by": "坐席", "match": "短语", "say": "有病\n神经病\n滚", "exclude": "家里有病人\n有病人",
        "coaching": "无论对方说什么，都不回骂。",
        "pass": "坐席：请您别着急。\n\n客户：你有病吧\n坐席：请您消消气。\n\n坐席：您家里有病人需要用电，对吗？",
        "fail": "坐席：你有病吧。\n\n坐席：神经病。\n\n客户：我要投诉\n坐席：滚。",
    },
)  # fmt: skip

GUIDE_LINES: tuple[str, ...] = (
    "一行是一项。表头请勿改动；鼠标停在表头上有填写提示。",
    "说法、排除、触发话语：一个单元格里一行一个（Alt+Enter 换行），或用顿号、分号分开；逗号算一句话里的停顿，不分开。",
    "可以写 请(您)稍(等|候)：括号里的可以不说，竖线隔开的说一个就行；… 表示中间可隔几个字。",
    "$名称 引用「词库」页里的词；例如 $apology。",
    "样例：一行一句，以「坐席：」或「客户：」开头；空一行写下一个样例。每项至少三个合格、三个不合格，最好有换一种说法的和似是而非的。",
    "致命填「是」：不合格时总分为 0。每次扣分与最多扣同用，只用于「不得说」。",
    "表格说不清的规则写在最后一列「完整规则」（YAML，写法见规则指南）；那里写了 expect 或 forbid，前面「类型」到「适用条件」各列就不看了。",
    "填好后运行：hotline rules import 评分表.xlsx --out my.yaml，再运行 hotline rules check my.yaml 和 hotline rules test my.yaml。",
    "Each row is an item. English guide: docs/rules-as-code.md.",
)

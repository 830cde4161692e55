"""What the shipped scorecards judge, as Markdown: one line an item with what is at stake and the clause behind it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from qa.rules.model import Item, RuleSet

_WORDS = {
    "zh": {
        "title": "# 随附的评分卡",
        "about": "由 `scoring_rules/*.yaml` 生成，请勿手改：`python docs/generate.py`。条款只写确知存在的文件；编号由各单位自填。",
        "other": "English: [rule-sets.md](rule-sets.md) · 语言与算子：[rules.zh-CN.md](rules.zh-CN.md)",
        "head": "| 评分项 | 判什么 | 分值 | 条款 | 例子 |",
        "fatal": "致命",
        "serious": "严重",
        "forbids": "禁止类",
        "applies": "有条件适用",
        "set": "最高记 {0:g} 分",
        "hit": "每次 −{0:g}，至多 −{1:g}",
        "bonus": "+{0:g}",
        "summary": "{items} 项，{examples} 个例子，满分 {start:g}，合格 {mark:g}。",
        "library": "本身不评分，供其他评分卡引用。",
        "queues": "适用队列：{0}。",
    },
    "en": {
        "title": "# The scorecards that come with Hotline",
        "about": "Generated from `scoring_rules/*.yaml` by `python docs/generate.py`; do not edit. Clauses name only documents that are "
        "known to exist; the numbers are the house's own to fill in.",
        "other": "中文：[rule-sets.zh-CN.md](rule-sets.zh-CN.md) · the language: [rules.md](rules.md)",
        "head": "| item | what is judged | stakes | clause | examples |",
        "fatal": "fatal",
        "serious": "serious",
        "forbids": "forbids",
        "applies": "where it applies",
        "set": "at most {0:g} points",
        "hit": "−{0:g} a time, at most −{1:g}",
        "bonus": "+{0:g}",
        "summary": "{items} items, {examples} examples, {start:g} points, pass mark {mark:g}.",
        "library": "Judges no call by itself; other cards take from it.",
        "queues": "For the queues {0}.",
    },
}


def page(rule_sets: Iterable[RuleSet], language: str) -> str:
    """The page of all ``rule_sets`` in ``language`` (zh or en)."""
    words = _WORDS[language]
    lines = [words["title"], "", words["about"], "", words["other"], ""]
    for rule_set in rule_sets:
        lines += [f"## {rule_set.title[language]} · `{Path(rule_set.file).name}`", "", _summary(rule_set, words), ""]
        for section in rule_set.sections:
            lines += [f"### {section.title[language]}", "", words["head"], "|---|---|---|---|---|"]
            lines += [_row(item, language) for item in section.items]
            lines.append("")
    return "\n".join(lines)


def _summary(rule_set: RuleSet, words: dict[str, str]) -> str:
    examples = sum(len(item.examples) for item in rule_set.items)
    parts = [words["summary"].format(items=len(rule_set.items), examples=examples, start=rule_set.start, mark=rule_set.pass_mark)]
    if rule_set.library:
        parts.append(words["library"])
    if rule_set.applies_to.queues:
        parts.append(words["queues"].format("、".join(rule_set.applies_to.queues)))
    return " ".join(parts)


def _row(item: Item, language: str) -> str:
    words = _WORDS[language]
    notes = [words["forbids"]] if item.forbids else []
    notes += [words["applies"]] if item.applies_when else []
    title = item.title[language] + (f"（{'、'.join(notes)}）" if notes and language == "zh" else f" ({', '.join(notes)})" if notes else "")
    cells = (f"`{item.id}`", title, _stakes(item, words), item.clause, str(len(item.examples)))
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _stakes(item: Item, words: dict[str, str]) -> str:
    if item.fatal:
        return words["fatal"]
    parts = [words["set"].format(item.set_score)] if item.set_score is not None else []
    if item.points_per_hit:
        parts.append(words["hit"].format(item.points_per_hit, item.points))
    elif item.points:
        parts.append(f"−{item.points:g}")
    if item.bonus:
        parts.append(words["bonus"].format(item.bonus))
    if item.severity == "serious":
        parts.append(words["serious"])
    return "，".join(parts) if words is _WORDS["zh"] else ", ".join(parts)

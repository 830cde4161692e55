"""From a rule set to SCA's JSON, with the list of what it cannot say."""

from __future__ import annotations

from typing import Any

from qa.rules.exchange import WHOLE, Cannot, Loss
from qa.rules.expressions import And, Atom, Compare, Count, EachHas, Expression, Name, Not, Or
from qa.rules.model import Condition, Item, RuleSet, Title
from qa.rules.sca import lambdas
from qa.rules.sca.operators import write_operator
from qa.rules.sca.ranges import write_place
from qa.rules.sca.scores import SECTIONS, violation, write_scores

_MORE = {">=": 0, ">": 1}


def export_sca(rule_set: RuleSet) -> tuple[dict[str, Any], tuple[Loss, ...]]:
    """(``{"appKey", "name", "conditions", "rules"}``, what was lost). Items that SCA cannot express are left out and listed."""
    losses = list(_of_the_whole(rule_set))
    conditions: list[dict[str, Any]] = []
    rules: list[dict[str, Any]] = []
    for section in rule_set.sections:
        for item in section.items:
            writer = _Item(rule_set, item, len(conditions), losses)
            try:
                rules.append(writer.rule(_section_number(section.id)))
                conditions += writer.conditions
            except Cannot as error:
                losses.append(Loss(item.id, error.field, error.what, left_out=True))
    document = {"appKey": rule_set.id, "name": str(rule_set.title), "conditions": conditions, "rules": rules}
    return document, tuple(dict.fromkeys(losses))


def _section_number(section_id: str) -> int:
    return next((number for number, (name, *_) in SECTIONS.items() if name == section_id), 0)


def _of_the_whole(rule_set: RuleSet) -> list[Loss]:
    """What a list of rules has no place for, whatever the items."""
    start = f"start {rule_set.start:g}, pass_mark {rule_set.pass_mark:g}"
    found = [
        Loss(WHOLE, start, Title("SCA 的规则不含起始分和合格线", "rules of SCA have no start and pass mark")),
        Loss(
            WHOLE,
            "verdict",
            Title("SCA 没有“存疑”：拿不准的在那里是命中或未命中", "SCA knows no doubt: what is unsure hits or misses there"),
        ),
        Loss(WHOLE, "in, within", Title("SCA 数句子，这里数话轮", "SCA counts sentences, turns are counted here")),
    ]
    for field, value in (("bands", rule_set.bands), ("hotwords", rule_set.hotwords), ("variables", rule_set.variables)):
        if value:
            zh, en = f"{field} 没有对应（变量取默认值）", f"{field} has no equal (variables have their default value)"
            found.append(Loss(WHOLE, field, Title(zh, en)))
    known = {name for name, *_ in SECTIONS.values()}
    for section in rule_set.sections:
        if section.id not in known:
            zh, en = f"环节“{section.title.zh}”并入服务规范性", f"the section {section.title.en} becomes norms of service"
            found.append(Loss(WHOLE, f"sections.{section.id}", Title(zh, en)))
        if section.floor or section.points is not None or section.weight is not None:
            found.append(
                Loss(WHOLE, f"sections.{section.id}", Title("环节的分值与下限没有对应", "points and floors of a section have no equal"))
            )
    return found


class _Item:
    """One item on its way to a rule; condition ids go on from ``first``."""

    def __init__(self, rule_set: RuleSet, item: Item, first: int, losses: list[Loss]) -> None:
        self.item, self.first, self.losses = item, first, losses
        self.every = {c.name: c for c in (*rule_set.conditions, *item.conditions)}
        self.conditions: list[dict[str, Any]] = []
        self.ids: dict[tuple[str, int], str] = {}

    def lost(self, field: str, zh: str, en: str) -> None:
        self.losses.append(Loss(self.item.id, field, Title(zh, en)))

    def rule(self, section: int) -> dict[str, Any]:
        """The rule. Raises Cannot."""
        item = self.item
        fields = write_scores(item, section, self.lost)
        if not any((item.points, item.points_per_hit, item.bonus, item.fatal, item.fatal_section, item.set_score is not None)):
            self.lost("points", "没有分值", "nothing is at stake")
        hits = item.requirement if fields["scoreType"] == 1 else violation(item)
        if fields["scoreType"] == 1 and item.applies_when is not None:
            hits = And((item.applies_when, hits))
        if item.applies_when is not None:
            self.lost("applies_when", "并入 lambda：SCA 没有“不适用”", "joined to the lambda: SCA knows no 'does not apply'")
        if item.coaching.zh:
            self.lost("coaching", "辅导建议没有对应", "a coaching hint has no equal")
        if item.examples:
            self.lost("examples", f"{len(item.examples)} 个样例没有对应", f"{len(item.examples)} examples have no equal")
        written = lambdas.write(lambdas.mapped(hits, self._of_atom))
        shown = [self._id(name) for name in item.show_first]
        triggers = shown or [condition["cid"] for condition in self.conditions]
        rule = {"rid": item.id, "name": str(item.title), "type": 0, "lambda": written, "triggers": triggers, "comments": item.clause}
        return rule | fields

    def _of_atom(self, atom: Atom) -> Expression:
        if isinstance(atom, Name):
            return Name(self._id(atom.name))
        if isinstance(atom, Count):
            if atom.comparison not in _MORE:
                raise Cannot(str(atom), "SCA 只能要求“至少 n 次”", "SCA can ask for at least n hits only")
            return Name(self._id(atom.name, atom.number + _MORE[atom.comparison]))
        if isinstance(atom, EachHas):
            return Or((Not(Name(self._id(atom.cause))), Name(self._id(atom.answer))))
        field = atom.field if isinstance(atom, Compare) else str(atom)
        raise Cannot(
            str(field), "随录参数与取值比较没有可靠的对应", "fields of the call and values that are compared have no certain equal"
        )

    def _id(self, name: str, count: int = 1) -> str:
        """The id of a condition, written on first use together with those it is placed by. Raises Cannot."""
        if count < 1:
            raise Cannot(f"count({name})", "没有对应", "has no equal")
        if (name, count) not in self.ids:
            condition = self.every[name]
            anchors = {a.condition: self._id(a.condition) for a in condition.anchors}
            try:
                self._write(name, count, condition, anchors)
            except Cannot as error:
                raise Cannot(f"conditions.{name}.{error.field}", error.what.zh, error.what.en) from None
        return self.ids[name, count]

    def _write(self, name: str, count: int, condition: Condition, anchors: dict[str, str]) -> None:
        place = write_place(condition, anchors)
        kind, params = write_operator(condition, count)
        awaiting = getattr(condition.params, "awaiting", "any")
        if condition.operator == "silence" and awaiting != "any":
            place |= {"role": "客服" if awaiting == "agent" else "客户", "roleId": 1 if awaiting == "agent" else 2}
        if condition.operator == "say" and kind == "REGULAR_EXPRESSION":
            self.lost(
                f"conditions.{name}",
                "带间隔的短语写成正则，不再忽略标点",
                "phrases with gaps become a pattern: punctuation counts there",
            )
        cid = str(self.first + len(self.conditions) + 1)
        operator = {"oid": "1", "type": kind, "name": name, "param": params}
        self.conditions.append({"cid": cid, "rid": self.item.id, "check_range": place, "operators": [operator], "lambda": "1"})
        self.ids[name, count] = cid

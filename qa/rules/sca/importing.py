"""From SCA's JSON to a rule set: a rule becomes an item, its lambda the expression, its conditions the conditions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hotline.errors import BadInput
from qa.rules.exchange import WHOLE, Cannot, Imported, Loss, loaded
from qa.rules.expressions import And, Atom, Count, EachHas, Expression, Name
from qa.rules.language import MAX_ITEMS
from qa.rules.model import Title
from qa.rules.sca import lambdas
from qa.rules.sca.document import MAX_BYTES, Record, clean, parse_json
from qa.rules.sca.operators import read_operator
from qa.rules.sca.ranges import read_place
from qa.rules.sca.scores import SECTIONS, read_scores
from qa.text.encodings import utf8

ALWAYS = tuple(
    Loss(WHOLE, field, Title(zh, en))
    for field, zh, en in (
        (
            "check_range",
            "SCA 数句子，这里数话轮：一方连续的几句算一个",
            "SCA counts sentences, here turns count: all that one side says in a row",
        ),
        ("keywords", "读音相近的话在这里也算，存疑的交人复核", "a like sound counts here as well, and what is in doubt goes to a person"),
        (
            "start, pass_mark",
            "SCA 的规则不含起始分和合格线，写作 100 和 80",
            "rules of SCA have no start and pass mark; written as 100 and 80",
        ),
    )
)
"""What holds for every import."""


def import_sca(file: Path) -> Imported:
    """The rules in a file. Raises BadInput when it cannot be read at all or nothing in it can be carried over."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES * 4 + 1)
    except OSError as error:
        raise BadInput(str(file), f"cannot be read ({error.strerror})", "check the path and its permissions") from None
    return import_sca_text(utf8(raw, str(file)), str(file))


def import_sca_text(text: str, name: str) -> Imported:
    """The rules in a JSON text; ``name`` stands for the file in errors. Raises BadInput as :func:`import_sca`."""
    try:
        document = _document(parse_json(text, name))
        conditions = _by_id(document.records("conditions"))
        rules = document.records("rules")
    except Cannot as error:
        where = f"{name}: {error.field}" if error.field else name
        raise BadInput(where, error.what.en, "see docs/rules-as-code.md for the JSON that is read") from None
    losses: list[Loss] = list(ALWAYS)
    items: list[tuple[str, str, dict[str, Any]]] = []
    taken: set[str] = set()
    for number, rule in enumerate(rules, start=1):
        label = _label(rule, number)
        try:
            section, item = _Rule(rule, conditions, label, losses).item(_identifier(rule, number, taken))
            items.append((label, section, item))
        except Cannot as error:
            losses.append(Loss(label, error.field, error.what, left_out=True))
    title = clean(document.text("name", Path(name).stem))[:80] or "SCA"
    head = {"id": _slug(document.text("appKey") or Path(name).stem) or "sca", "title": title, "version": 1, "start": 100, "pass_mark": 80}
    too_many = Title(f"一套规则最多 {MAX_ITEMS} 项", f"a rule set has at most {MAX_ITEMS} items")
    losses += [Loss(label, "rules", too_many, left_out=True) for label, *_ in items[MAX_ITEMS:]]
    items = items[:MAX_ITEMS]
    sections = [
        {"id": section, "title": {"zh": zh, "en": en}, "items": [item for _, where, item in items if where == section]}
        for section, zh, en in SECTIONS.values()
        if any(where == section for _, where, _ in items)
    ]
    if not sections:
        reasons = "; ".join(f"{loss.rule}: {loss.field}: {loss.what.en}" for loss in losses if loss.left_out)[:300]
        raise BadInput(name, f"no rule of {len(rules)} can be carried over ({reasons})", "see docs/rules-as-code.md for what is read")
    return loaded({**head, "sections": sections}, f"{Path(name).stem}.yaml", {item["id"]: label for label, _, item in items}, losses)


def _document(value: Any) -> Record:
    """The object with ``conditions`` and ``rules``, also inside ``data`` or, as a text, inside ``JsonStr``."""
    for _ in range(4):
        record = Record(value, "")
        if record.has("rules"):
            return record
        inner = record.get("data") or record.get("rulesInfo") or record.get("jsonStr")
        if inner is None:
            break
        value = parse_json(inner, "JsonStr") if isinstance(inner, str) else inner
    raise Cannot("rules", "没有 rules", "there are no rules")


def _by_id(records: list[Record]) -> dict[str, Record]:
    found: dict[str, Record] = {}
    for record in records:
        if record.text("cid") in found:
            raise Cannot(
                record.name("cid"), f"条件 {record.text('cid')[:20]} 有两个", f"the condition {record.text('cid')[:20]} is there twice"
            )
        found[record.text("cid")] = record
    return found


def _label(rule: Record, number: int) -> str:
    try:
        return rule.text("name")[:60] or rule.text("rid")[:60] or f"rules[{number}]"
    except Cannot:
        return f"rules[{number}]"


def _identifier(rule: Record, number: int, taken: set[str]) -> str:
    slug = _slug(f"rule-{rule.text('rid')}" if rule.has("rid") else f"rule-{number}")
    if slug in taken:
        slug = f"{slug[:70]}-{number}"
    taken.add(slug)
    return slug


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:80]


class _Rule:
    """One rule on its way to an item."""

    def __init__(self, rule: Record, conditions: dict[str, Record], label: str, losses: list[Loss]) -> None:
        self.rule, self.all, self.label, self.losses = rule, conditions, label, losses
        self.conditions: dict[str, dict[str, Any]] = {}
        self.names: dict[str, str] = {}
        self.atoms: dict[str, Expression] = {}
        self.reading: list[str] = []

    def item(self, item_id: str) -> tuple[str, dict[str, Any]]:
        """(section, item). Raises Cannot."""
        rule = self.rule
        if rule.has("graphFlow") or rule.whole("ruleType", 0) not in (0, 1):
            raise _no_flow()
        written = rule.text("lambda")
        expression = lambdas.read(written, "lambda") if written else self._only()
        hits = lambdas.mapped(expression, self._of_id)
        section, item = read_scores(rule, hits, self.lost)
        item = {"id": item_id, "title": rule.text("name", item_id)[:200] or item_id, **item, "conditions": self.conditions}
        if comments := rule.text("comments"):
            item["clause"] = comments[:500]
        shown = [self.names[cid] for cid in rule.texts("triggers") if cid in self.names]
        if shown:
            item["show_first"] = shown
        for key in ("rid", "type"):
            rule.get(key)
        if left := sorted(rule.left()):
            self.lost(", ".join(left), "管理信息，不影响结论", "kept by SCA for its own books; no verdict depends on it")
        return section, item

    def lost(self, field: str, zh: str, en: str) -> None:
        """Note something that is put otherwise here."""
        self.losses.append(Loss(self.label, field, Title(zh, en)))

    def _only(self) -> Expression:
        """The condition of a rule without a lambda, where it is the only one there."""
        mine = [cid for cid, c in self.all.items() if c.text("rid") and c.text("rid") == self.rule.text("rid")]
        if len(mine) != 1 and self.rule.raw("graphFlow") is not None:
            raise _no_flow()
        if not mine:
            raise Cannot("lambda", "没有 lambda，也没有属于它的条件", "there is no lambda and no condition of its own")
        if len(mine) > 1:
            raise Cannot("lambda", "没有 lambda，条件也不止一个", "there is no lambda, and not just one condition")
        return Name(mine[0])

    def _of_id(self, atom: Atom) -> Expression:
        cid = str(atom)
        if cid not in self.atoms:
            self._read(cid)
        return self.atoms[cid]

    def _read(self, cid: str) -> None:
        """Read a condition and what it is anchored on."""
        if cid not in self.all:
            raise Cannot("lambda", f"条件 {cid[:20]} 不存在", f"the condition {cid[:20]} is not there")
        if cid in self.reading:
            raise Cannot(f"conditions.{cid}", "前置条件绕成了圈", "anchors lead back to themselves")
        condition = self.all[cid]
        self.reading.append(cid)
        check_range = condition.record("check_range")
        anchor = None if check_range is None else check_range.record("anchor")
        if anchor is not None and anchor.has("cid") and anchor.text("cid") not in self.atoms and anchor.text("cid") in self.all:
            self._read(anchor.text("cid"))
        self.reading.pop()
        if condition.whole("exclusion", 0):
            raise Cannot(condition.name("exclusion"), "排除条件没有对应", "a condition of exclusion has no equal here")
        place, each = read_place(check_range, self.names)
        self.atoms[cid] = self._with_operators(cid, condition, place, each)

    def _with_operators(self, cid: str, condition: Record, place: dict[str, Any], each: str) -> Expression:
        operators = condition.records("operators")
        if not operators:
            raise Cannot(condition.name("operators"), "没有算子", "there is no operator")
        single = len(operators) == 1
        found: dict[str, Expression] = {}
        for number, operator in enumerate(operators, start=1):
            oid = operator.text("oid", str(number))
            name = _name(cid) if single else f"{_name(cid)}_{_slug(oid).replace('-', '_') or number}"
            looked = read_operator(operator)
            for field, zh, en in looked.changed:
                self.lost(field, zh, en)
            self.conditions[name] = {**looked.keys, **_fitting(looked.keys, place)}
            found[oid] = Count(name, ">=", looked.count) if looked.count > 1 else Name(name)
            if each:
                if looked.count > 1:
                    raise Cannot(
                        condition.name("check_range.anchor"), "每次命中都要满足时不能再计数", "a count cannot be asked of every hit"
                    )
                found[oid] = And((self.atoms[each], EachHas(self.names[each], name)))
            if single:
                if looked.count == 1:
                    self.names[cid] = name
                return found[oid]
        self.lost(
            condition.name("operators"),
            "一个条件的多个算子分作几个条件",
            "several operators of one condition become conditions of their own",
        )
        return lambdas.mapped(lambdas.read(condition.text("lambda"), condition.name("lambda")), lambda atom: _known(found, atom, condition))


def _no_flow() -> Cannot:
    return Cannot("graphFlow", "流程质检规则没有对应", "rules that are flows have no equal here")


def _known(found: dict[str, Expression], atom: Atom, condition: Record) -> Expression:
    if str(atom) not in found:
        raise Cannot(condition.name("lambda"), f"算子 {str(atom)[:20]} 不存在", f"the operator {str(atom)[:20]} is not there")
    return found[str(atom)]


def _name(cid: str) -> str:
    return f"c_{_slug(cid).replace('-', '_') or 'x'}"


def _fitting(keys: dict[str, Any], place: dict[str, Any]) -> dict[str, Any]:
    """The place as the operator takes it: a silence awaits a side instead of belonging to one."""
    if "silence" not in keys:
        return place
    keys["silence"] |= {"awaiting": place["by"]} if "by" in place else {}
    return {key: value for key, value in place.items() if key != "by"}

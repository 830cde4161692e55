"""Reading conditions: one operator each, with its parameters and its place in the call."""

from __future__ import annotations

import re
from collections.abc import Mapping

from qa.rules import expressions
from qa.rules.conditions import LATER, OPERATORS
from qa.rules.conditions.operator import Vocabulary
from qa.rules.fields import Fields, near
from qa.rules.model import Condition, Title
from qa.rules.placement import KEYS, read_anchors, read_role, read_unless, read_window
from qa.rules.source import Table

MAX_CONDITIONS = 40
MAX_SHARED = 200

NAME = re.compile(r"[^\W\d][\w-]{0,59}")
_FREE = ("note", "says")
"""Keys of a condition for people: they change no verdict."""
_RESERVED = (*expressions.FIELDS, *expressions.WORDS)


def title(fields: Fields, key: str, default: str | None = None) -> Title:
    """A text, or ``{zh: …, en: …}``; one of the two stands for both."""
    node = fields.get(key)
    if node is None and default is not None:
        return Title(default, default)
    if isinstance(node, Table):
        inner = fields.child(key)
        zh, en = inner.text("zh", ""), inner.text("en", "")
        inner.finish()
        if not zh and not en:
            inner.refuse("zh", "is missing", "write {zh: …, en: …}")
        return Title(zh or en, en or zh)
    text = fields.text(key)
    return Title(text, text)


def read_conditions(fields: Fields, key: str, vocabulary: Vocabulary, outer: Mapping[str, Condition]) -> dict[str, Condition]:
    """The conditions under ``key``, which may be placed by each other and by those of ``outer``."""
    entries = dict(fields.children(key))
    if not entries:
        return {}
    owner = fields.child(key)
    limit = MAX_CONDITIONS if fields.path else MAX_SHARED
    if len(entries) > limit:
        owner.refuse("", f"has {len(entries)} conditions", f"keep below {limit}")
    known = (*entries, *outer)
    found: dict[str, Condition] = {}
    for name, node in entries.items():
        if not NAME.fullmatch(name) or name in _RESERVED:
            owner.refuse(name, f"'{name}' cannot be the name of a condition", "use letters, digits and _, and no word of the language")
        if name in outer:
            owner.refuse(name, "is also a condition of the whole rule set", "give it another name")
        found[name] = _condition(Fields.of(owner.file, owner.name(name), node), name, vocabulary, known)
    every = {**outer, **found}
    for condition in found.values():
        for other in condition.neighbours():
            if other not in every:
                continue
            placed_by = (*(a.condition for a in condition.anchors), *getattr(condition.params, "conditions", ()))
            if OPERATORS[every[other].operator].place == "call" and other in placed_by:
                owner.refuse(
                    condition.name, f"is placed by '{other}', which is a fact of the whole call", "use it in the expression instead"
                )
        _refuse_circles(owner, condition.name, every)
    return found


def _refuse_circles(owner: Fields, name: str, every: Mapping[str, Condition]) -> None:
    reached, todo = set(), list(every[name].neighbours())
    while todo:
        other = todo.pop()
        if other == name:
            owner.refuse(name, "is placed by itself in a circle", "anchor one of the conditions elsewhere")
        if other not in reached and other in every:
            reached.add(other)
            todo.extend(every[other].neighbours())


def _condition(fields: Fields, name: str, vocabulary: Vocabulary, known: tuple[str, ...]) -> Condition:
    operators = [key for key in fields.nodes if key in OPERATORS]
    if len(operators) != 1:
        if len(operators) > 1:
            fields.refuse(operators[1], "is a second operator in one condition", "write two conditions and join them in the expression")
        others = [key for key in fields.nodes if key not in KEYS and key not in ("at_least", "exclude", *_FREE)]
        later = [key for key in others if key in LATER]
        if later:
            fields.refuse(later[0], "is not supported in this version", f"available: {', '.join(OPERATORS)}")
        word = others[0] if others else ""
        fields.refuse(word, f"'{word}' is not an operator" if word else "names no operator", near(word, OPERATORS))
    operator = OPERATORS[operators[0]]
    if fields.has("join_turns") and not operator.joins:
        fields.refuse("join_turns", f"has no meaning for {operator.name}", "remove it: sentences of one turn are joined anyway")
    join = fields.whole("join_turns", 1, low=1, high=12)
    if operator.place == "call":
        for key in KEYS:
            if fields.has(key):
                fields.refuse(key, f"has no meaning for {operator.name}, which is about the whole call", "remove it")
    if fields.has("by") and not operator.speaker:
        fields.refuse("by", f"has no meaning for {operator.name}", "remove it" if operator.name != "silence" else "write awaiting: agent")
    role = read_role(fields)
    window = read_window(fields)
    anchors = read_anchors(fields, known)
    unless = read_unless(fields, known, operator.once)
    fields.text("note", "")
    says = title(fields, "says", "")
    inner = _operator_fields(fields, operator.name)
    params = operator.read(inner, vocabulary)
    for other in getattr(params, "conditions", ()):
        if other not in known:
            fields.refuse(operator.name, f"condition '{other}' is not defined", near(other, known))
    inner.finish(known=KEYS)
    return Condition(name, operator.name, params, role, window, anchors, unless, fields.line(), says, join)


def _operator_fields(fields: Fields, name: str) -> Fields:
    value = fields.nodes[name]
    pairs = [(k, n) for k, n in fields.table.pairs if k.value not in (*KEYS, *_FREE) and not (k.value == name and isinstance(n, Table))]
    if isinstance(value, Table):
        outside = {k.value for k, _ in pairs}
        for key, node in value.pairs:
            if key.value in outside:
                fields.refuse(key.value, "is given twice, inside and beside the operator", "keep one", node)
            pairs.append((key, node))
    return Fields(fields.file, fields.path, Table(tuple(pairs), fields.table.line))

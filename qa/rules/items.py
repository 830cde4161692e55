"""Reading the items of a scorecard: what is expected, what is at stake, and the examples that prove it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from hotline.errors import BadRule
from qa.rules import expressions
from qa.rules.card_fields import read_effective
from qa.rules.conditions.operator import Vocabulary
from qa.rules.examples import ExampleError, call_of, turns_of
from qa.rules.expressions import Expression
from qa.rules.fields import Fields, near
from qa.rules.model import Condition, Example, Item
from qa.rules.parsing import ExpressionError, parse
from qa.rules.reading import read_conditions, title
from qa.rules.source import Listing, Node, Scalar, Table
from qa.rules.stakes import read_stakes
from qa.rules.value_checks import check_values

OUTCOMES = ("pass", "fail", "doubtful", "na")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


def identifier(fields: Fields, key: str) -> str:
    value = fields.text(key)
    if not _ID.fullmatch(value):
        fields.refuse(key, f"'{value}' is not an id", "use lower-case letters, digits, - and _")
    return value


def read_item(
    fields: Fields, section_id: str, vocabulary: Vocabulary, shared: Mapping[str, Condition], *, in_percent: bool = False
) -> Item:
    """One item of the scorecard; ``in_percent`` says that the rule set weighs its items. Raises BadRule."""
    item_id = identifier(fields, "id")
    fields.path = item_id
    own = read_conditions(fields, "conditions", vocabulary, shared)
    every = {**shared, **own}
    if fields.has("expect") == fields.has("forbid"):
        fields.refuse("expect", "needs either expect: or forbid:", "say what must hold, or what must not")
    forbids = fields.has("forbid")
    wanted = _expression(fields, "forbid" if forbids else "expect", every, vocabulary)
    applies = _expression(fields, "applies_when", every, vocabulary) if fields.has("applies_when") else None
    show_first = _show_first(fields, every)
    mentioned = expressions.names(wanted) | (expressions.names(applies) if applies else set()) | set(show_first)
    for condition in own.values():
        if condition.name not in mentioned and not any(condition.name in other.neighbours() for other in own.values()):
            raise BadRule(
                f"{fields.file}:{condition.line}: {item_id}.conditions.{condition.name}",
                "is never used",
                "use it in expect:/forbid: or remove it",
            )
    stakes = read_stakes(fields, forbids=forbids, in_percent=in_percent)
    item = Item(
        id=item_id,
        section=section_id,
        title=title(fields, "title", item_id),
        clause=fields.text("clause", ""),
        coaching=title(fields, "coaching", ""),
        points=stakes.points,
        points_per_hit=stakes.points_per_hit,
        bonus=stakes.bonus,
        set_score=stakes.set_score,
        fatal=stakes.fatal,
        applies_when=applies,
        requirement=expressions.Not(wanted) if forbids else wanted,
        forbids=forbids,
        conditions=tuple(own.values()),
        examples=_examples(fields, item_id),
        line=fields.line("id"),
        show_first=show_first,
        fatal_section=stakes.fatal_section,
        severity=stakes.severity,
        effective=read_effective(fields),
        in_percent=in_percent,
    )
    fields.text("note", "")
    fields.finish()
    return item


def _expression(fields: Fields, key: str, every: Mapping[str, Condition], vocabulary: Vocabulary) -> Expression:
    text = fields.text(key, limit=4000)
    try:
        expression = parse(text)
    except ExpressionError as error:
        fields.refuse(key, error.problem, error.mend)
    for name in sorted(expressions.names(expression)):
        if name not in every:
            fields.refuse(key, f"condition '{name}' is not defined", near(name, every))
    for atom, _ in expressions.atoms(expression):
        if isinstance(atom, expressions.EachHas):
            anchors = every[atom.answer].anchors
            if not any(a.which == "each" and a.condition == atom.cause for a in anchors):
                fields.refuse(
                    key,
                    f"'{atom}' needs '{atom.answer}' to be placed by 'each {atom.cause}'",
                    f"write for example after: each {atom.cause} there",
                )
    check_values(fields, key, expression, every, vocabulary.variables)
    return expression


def _show_first(fields: Fields, every: Mapping[str, Condition]) -> tuple[str, ...]:
    """The conditions to look at first when the item does not pass."""
    found = []
    for name, line in fields.texts("show_first") if fields.has("show_first") else ():
        if name not in every:
            fields.lines["show_first"] = line
            fields.refuse("show_first", f"condition '{name}' is not defined", near(name, every))
        found.append(name)
    return tuple(dict.fromkeys(found))


def _examples(fields: Fields, item_id: str) -> tuple[Example, ...]:
    """The examples by outcome; ``meta:`` among them is what all of them share."""
    found: list[Example] = []
    if not fields.has("examples"):
        return ()
    owner = fields.child("examples")
    shared = _meta(owner) if owner.has("meta") else {}
    for outcome, node in owner.nodes.items():
        if outcome == "meta":
            continue
        if outcome not in OUTCOMES:
            owner.refuse(outcome, f"'{outcome}' is not an outcome", near(outcome, OUTCOMES))
        entries = node.items if isinstance(node, Listing) else (node,)
        for number, entry in enumerate(entries, start=1):
            found.append(_example(owner, outcome, entry, shared, f"{item_id}/{outcome}/{number}"))
    return tuple(found)


def _moment(fields: Fields, key: str) -> datetime:
    """When the conversation began, from which 明天 and 下周三 count."""
    text = fields.text(key)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.tzinfo is None:
        fields.refuse(key, f"'{text}' is no moment with its zone", f"write for example {key}: 2026-11-20T10:00+08:00")
    return moment


def _meta(fields: Fields) -> dict[str, str]:
    entries = fields.child("meta")
    for key, node in entries.nodes.items():
        if isinstance(node, Scalar) and node.empty:
            entries.refuse(key, "is empty", "remove it: a field that a call does not have is not written")
    return {key: entries.text(key) for key in entries.nodes}


def _example(owner: Fields, outcome: str, node: Node, shared: Mapping[str, str], name: str) -> Example:
    """An example: text with a turn a line, a list of such lines, or a table with ``turns:`` and what is known of the call."""
    facts: dict[str, object] = {}
    meta = dict(shared)
    lines: Node = node
    if isinstance(node, Table):
        inner = Fields.of(owner.file, owner.name(outcome), node)
        lines = inner.need("turns")
        for key in ("direction", "queue"):
            if inner.has(key):
                facts[key] = inner.text(key)
        if inner.has("layout"):
            facts["layout"] = inner.choice("layout", ("stereo", "mono", "none"))
        if inner.has("duration"):
            facts["duration"] = inner.seconds("duration")
        if inner.has("started_at"):
            facts["started_at"] = _moment(inner, "started_at")
        for key in ("truncated", "metadata_closed"):
            if inner.has(key):
                facts[key] = inner.flag(key)
        if inner.has("meta"):
            meta |= _meta(inner)
        inner.text("note", "")
        inner.finish()
    text = "\n".join(value for value, _ in owner.texts(outcome, lines, limit=500))
    try:
        return Example(outcome, call_of(name, turns_of(text), facts, meta), node.line)
    except ExampleError as error:
        owner.refuse(outcome, error.problem, error.mend, node)

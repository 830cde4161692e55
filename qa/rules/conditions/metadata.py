"""A field that came with the call (随录参数) has a value.

Fields: `direction`, `queue`, `agent`, `layout`, `duration`, and `meta.NAME` for everything the manifest or the CTI sent along. The
same comparisons may stand right in an expression. `type:` says what the field holds: `text` (the default), `number`, `duration`
(a bare number is seconds), `time` (ISO 8601; without a zone that of the call's start), `choice` (one of `choices`), `flag`
(true/false, 1/0, 是/否, Y/N). Times may be compared with the conversation: `start`, `end`, and so much before or after.

While the feed has not closed a missing field is doubtful; after that it equals nothing. A field that does not hold what its type
says is doubtful too: nobody knows what was meant.

Example:

    fault:  {metadata: meta.ticket_type, is: 故障报修}
    rural:  {metadata: meta.area, type: choice, choices: [城区, 农村, 边远], in_list: [农村, 边远]}
    vip:    {metadata: meta.vip, type: flag, is: true}
    level:  {metadata: meta.level, type: number, at_least: 3}
    waited: {metadata: meta.queue_wait, type: duration, over: 30 s}
    late:   {metadata: meta.ticket_created, type: time, over: end + 2 min}
    named:  {metadata: meta.contact_id, present: true}
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from qa.calls import Call
from qa.rules import values
from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.expressions import FIELDS, Compare, number_of
from qa.rules.facts import compare, fact, unknown_field
from qa.rules.fields import Fields, near, seconds_of
from qa.rules.model import Title
from qa.rules.values import Quantity, Time, Value, Words
from qa.rules.verdict import Found, Hit, Verdict, both
from qa.rules.view import CallView
from qa.rules.windows import Look

_TESTS = {"is": "==", "is_not": "!=", "in_list": "in", "not_in": "not in", "at_least": ">=", "at_most": "<=", "over": ">", "under": "<"}
_ORDER = ("at_least", "at_most", "over", "under")
TYPES = ("text", "number", "duration", "time", "choice", "flag")
_TRUE, _FALSE = ("true", "yes", "y", "1", "是", "有"), ("false", "no", "n", "0", "否", "无")
_RELATIVE = re.compile(r"(start|end)(?:\s*([+-])\s*(.+))?")


@dataclass(frozen=True, slots=True)
class Params:
    """A field, what it holds, and one test of it."""

    field: str = param("字段名", "the field", key="metadata")
    test: str = param(
        "is、is_not、in_list、not_in、at_least、at_most、over、under、present 之一",
        "one of is, is_not, in_list, not_in, at_least, at_most, over, under, present",
        key="is",
    )
    values: tuple[str, ...] = ()
    type: str = param(f"字段类型：{'、'.join(TYPES)}", f"what the field holds: {', '.join(TYPES)}", shown="text", default="text")
    choices: tuple[str, ...] = param("type: choice 时的全部取值", "all that a choice may be", shown="–", default=())


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    field = fields.text("metadata")
    if field not in FIELDS and not (field.startswith("meta.") and len(field) > 5):
        fields.refuse("metadata", f"'{field}' is not a field of a call", near(field, [*FIELDS, "meta.NAME"]))
    kind = fields.choice("type", TYPES, "text")
    choices = tuple(value for value, _ in fields.texts("choices", limit=500)) if fields.has("choices") else ()
    if bool(choices) != (kind == "choice"):
        mend = "write choices: [..] with all that it may be" if kind == "choice" else "write type: choice beside it"
        fields.refuse("choices" if choices else "type", "a choice and its choices belong together", mend)
    tests = [key for key in (*_TESTS, "present") if fields.has(key)]
    if len(tests) != 1:
        fields.refuse("metadata", "needs exactly one test", f"write one of {', '.join((*_TESTS, 'present'))}")
    test = tests[0]
    if test == "present":
        return Params(field, "present" if fields.flag("present") else "absent", (), kind, choices)
    written = tuple(value for value, _ in fields.texts(test, limit=500))
    if test not in ("in_list", "not_in") and len(written) > 1:
        fields.refuse(test, "takes one value", "use in_list: for several")
    _check(fields, test, kind, written, choices)
    return Params(field, _TESTS[test], written, kind, choices)


def _check(fields: Fields, test: str, kind: str, written: tuple[str, ...], choices: tuple[str, ...]) -> None:
    """Refuses values that a field of this type can never hold."""
    for value in written:
        number = number_of(value)
        if (kind == "number" or (kind == "text" and test in _ORDER)) and (number is None or not math.isfinite(number)):
            fields.refuse(test, f"'{value}' is not a number", f"write for example {test}: 3")
        if kind == "duration" and seconds_of(value) is None:
            fields.refuse(test, f"'{value}' is not a time", f"write for example {test}: 30 s")
        if kind == "time" and not _RELATIVE.fullmatch(value) and values.time_of(value, None) is None:
            fields.refuse(test, f"'{value}' is no moment", f"write for example {test}: end + 2 min, or 2026-11-22T09:00+08:00")
        relative = _RELATIVE.fullmatch(value) if kind == "time" else None
        if relative and relative[3] and seconds_of(relative[3]) is None:
            fields.refuse(test, f"'{relative[3]}' is not a time", f"write for example {test}: {relative[1]} + 2 min")
        if kind == "choice" and value not in choices:
            fields.refuse(test, f"'{value}' is none of the choices", near(value, choices))
        if kind == "flag" and value.lower() not in (*_TRUE, *_FALSE):
            fields.refuse(test, f"'{value}' is neither true nor false", f"write {test}: true or {test}: false")
    if test in _ORDER and kind in ("choice", "flag"):
        fields.refuse(test, f"has no meaning for a {kind}", "use is: or in_list:")


def find(params: Params, view: CallView, look: Look) -> Found:
    """One hit of the whole call when the test holds."""
    del look
    held = fact(view.call, params.field)
    late = unknown_field(view.call, params.field)
    if late:
        return Found(unsure=late)
    if params.test in ("present", "absent"):
        verdict, unsure = Verdict.of((held is not None) == (params.test == "present")), ""
    elif held is None or params.type == "text":
        verdict, unsure = compare(view.call, Compare(params.field, params.test, params.values)), ""
    else:
        verdict, unsure = _typed(params, view.call, held)
    if verdict is Verdict.DOUBTFUL:
        return Found(unsure=unsure)
    if verdict is Verdict.MISS:
        return Found()
    return Found(
        (
            Hit(
                None,
                detail=both(f"{params.field}：{held or '无'}", f"{params.field} is {held or 'absent'}"),
                value=_read(params, view.call, held),
            ),
        )
    )


def _typed(params: Params, call: Call, held: str) -> tuple[Verdict, str]:
    """The test on a field of a type, and why it is doubtful where it is."""
    value = _read(params, call, held)
    if value is None:
        names = {"number": "数字", "duration": "时长", "time": "时间", "choice": "可选值", "flag": "是否值"}
        return Verdict.DOUBTFUL, both(f"{params.field}「{held}」不是{names[params.type]}", f"{params.field} '{held}' is no {params.type}")
    wanted = [_wanted(params, call, text) for text in params.values]
    known = [w for w in wanted if w is not None]
    if len(known) < len(wanted):
        return Verdict.DOUBTFUL, both("通话开始时间未知", "the start of the call is unknown")
    if params.test in ("in", "not in"):
        verdict = values.compare_any(value, known, among=params.test == "in")
    else:
        verdict = values.compare(value, params.test, known[0])
    return verdict, both(f"{params.field}：{held}，无法断定", f"{params.field} is {held}: cannot tell")


def _read(params: Params, call: Call, held: str | None) -> Value | None:
    """What the field holds as its type says; None when it does not."""
    if held is None:
        return None
    if params.type == "number":
        figure = values.quantity(held)
        return figure if figure is not None and not figure.kind else None
    if params.type == "duration":
        found = values.quantity(held)
        if found is None or found.kind not in ("", "duration"):
            return None
        return Quantity("duration", found.low, found.high, "s")
    if params.type == "time":
        return values.time_of(held, None if call.started_at is None else call.started_at.tzinfo)
    if params.type == "flag":
        text = held.strip().lower()
        return Words("true") if text in _TRUE else Words("false") if text in _FALSE else None
    if params.type == "choice":
        return Words(held.strip()) if held.strip() in params.choices else None
    return Words(held)


def _wanted(params: Params, call: Call, text: str) -> Value | None:
    """A literal of the rule in the field's type; a moment of the conversation as the time it was."""
    relative = _RELATIVE.fullmatch(text) if params.type == "time" else None
    if relative is None:
        return _read(params, call, text)
    if call.started_at is None:
        return None
    shift = seconds_of(relative[3]) if relative[3] else 0.0
    moment = _moment(call, relative[1]) + timedelta(seconds=(shift or 0.0) * (-1 if relative[2] == "-" else 1))
    return Time(moment, moment)


def _moment(call: Call, name: str) -> datetime:
    assert call.started_at is not None
    return call.started_at + timedelta(seconds=call.duration if name == "end" else 0.0)


def _value_kinds(params: Params) -> tuple[str, ...]:
    return {"number": ("number",), "duration": ("duration",), "time": ("date",)}.get(params.type, ("text",))


OPERATOR = Operator(
    "metadata",
    Title("随录参数", "a field that came with the call has a value"),
    Params,
    read,
    find,
    place="call",
    speaker=False,
    values=_value_kinds,
)

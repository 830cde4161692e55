"""A field that came with the call (随录参数) has a value.

Fields: `direction`, `queue`, `agent`, `layout`, `duration`, and `meta.NAME` for everything the manifest
or the CTI sent along. The same comparisons may stand right in an expression. While the feed has not
closed a missing field is doubtful; after that it equals nothing.

Example:

    fault: {metadata: meta.ticket_type, is: 故障报修}
    rural: {metadata: meta.area, in_list: [农村, 边远]}
    vip:   {metadata: meta.level, at_least: 3}
"""

from __future__ import annotations

from dataclasses import dataclass

from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.expressions import FIELDS, Compare, number_of
from qa.rules.facts import compare, fact
from qa.rules.fields import Fields, near
from qa.rules.model import Title
from qa.rules.verdict import Found, Hit, Verdict, both
from qa.rules.view import CallView
from qa.rules.windows import Look

_TESTS = {"is": "==", "is_not": "!=", "in_list": "in", "not_in": "not in", "at_least": ">=", "at_most": "<="}


@dataclass(frozen=True, slots=True)
class Params:
    """A field and one test of it."""

    field: str = param("字段名", "the field", key="metadata")
    test: str = param(
        "is、is_not、in_list、not_in、at_least、at_most 之一", "one of is, is_not, in_list, not_in, at_least, at_most", key="is"
    )
    values: tuple[str, ...] = ()


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    field = fields.text("metadata")
    if field not in FIELDS and not (field.startswith("meta.") and len(field) > 5):
        fields.refuse("metadata", f"'{field}' is not a field of a call", near(field, [*FIELDS, "meta.NAME"]))
    tests = [key for key in _TESTS if fields.has(key)]
    if len(tests) != 1:
        fields.refuse("metadata", "needs exactly one test", f"write one of {', '.join(_TESTS)}")
    test = tests[0]
    values = tuple(value for value, _ in fields.texts(test, limit=500))
    if test not in ("in_list", "not_in") and len(values) > 1:
        fields.refuse(test, "takes one value", "use in_list: for several")
    if test in ("at_least", "at_most") and number_of(values[0]) is None:
        fields.refuse(test, f"'{values[0]}' is not a number", f"write for example {test}: 3")
    return Params(field, _TESTS[test], values)


def find(params: Params, view: CallView, look: Look) -> Found:
    """One hit of the whole call when the test holds."""
    del look
    verdict = compare(view.call, Compare(params.field, params.test, params.values))
    if verdict is Verdict.DOUBTFUL:
        return Found(unsure=both(f"{params.field} 尚未到达", f"{params.field} has not arrived yet"))
    if verdict is Verdict.MISS:
        return Found()
    value = fact(view.call, params.field)
    return Found((Hit(None, detail=both(f"{params.field}：{value or '无'}", f"{params.field} is {value or 'absent'}")),))


OPERATOR = Operator(
    "metadata", Title("随录参数", "a field that came with the call has a value"), Params, read, find, place="call", speaker=False
)

"""The door of the batch executor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

import numpy as np

from qa.calls import Call, Layout, Role, Span, Turn
from qa.rules.batch.bare import Bare
from qa.rules.batch.execution import Execution, Prepared, Verdicts
from qa.rules.batch.judged import TRUTHS, Judged
from qa.rules.batch.said_values import get_ready
from qa.rules.batch.scored import scored
from qa.rules.batch.table import Table, of_calls
from qa.rules.judging import judge
from qa.rules.model import RuleSet
from qa.rules.plan import Plan, compile_plan
from qa.rules.variants import variants

CHUNK = 5_000
"""Calls at a time, for memory's sake."""
_WARMING = Call(
    "",
    tuple(
        Turn(place, role, text, Span(start, start + 2.0))
        for place, (role, text, start) in enumerate(
            (
                (Role.AGENT, "您好，预计四十五分钟到。", 0.0),
                (Role.AGENT, "您好，预计四十五分钟到。", 5.0),
                (Role.CUSTOMER, "停电了。", 6.0),
            )
        )
    ),
    12.0,
    Layout.STEREO,
    overlap_known=True,
)
"""A call in which something of everything happens: words, a number, a pause, something said twice, two who speak at once, and silence."""


def judge_many(rule_set: RuleSet, calls: Iterable[Call]) -> Judged:
    """Every call judged by ``rule_set``: verdicts, counts and scores as arrays, in the order of ``calls``."""
    parts = [judge_table(rule_set, of_calls(chunk)) for chunk in _chunks(calls)]
    return Judged.joined(parts) if parts else judge_table(rule_set, of_calls(()))


def judge_table(rule_set: RuleSet, table: Table) -> Judged:
    """Every call of a table judged by ``rule_set``; what columns cannot settle is asked of the single executor."""
    verdicts = _by_variant(rule_set, table) if rule_set.variables else Execution(prepared(compile_plan(rule_set)), table).run()
    return finished(rule_set, table, verdicts)


def finished(rule_set: RuleSet, table: Table, verdicts: Verdicts) -> Judged:
    """The verdicts with those that are open decided one call at a time, and the scores."""
    items = rule_set.items
    for c in np.flatnonzero(verdicts.open.any(axis=1)).tolist():
        columns = np.flatnonzero(verdicts.open[c]).tolist()
        judged = judge(rule_set, table.call(c), [items[i] for i in columns], executor=Bare)
        for column, judgement in zip(columns, judged.judgements, strict=True):
            verdicts.applies[c, column], verdicts.holds[c, column] = TRUTHS.index(judgement.applies), TRUTHS.index(judgement.holds)
            verdicts.fewest[c, column], verdicts.most[c, column] = judgement.fewest, judgement.most
    return scored(rule_set, table.ids, verdicts)


def prepared(plan: Plan) -> Prepared:
    """What a plan needs for many calls; made once and kept."""
    return _prepared(_Plan(plan))


def _by_variant(rule_set: RuleSet, table: Table) -> Verdicts:
    """Variables differ from call to call: the calls of each variant together."""
    groups: dict[str, tuple[RuleSet, list[int]]] = {}
    undecided = np.zeros(table.n, dtype=np.bool_)
    fields = sorted({field for variable in rule_set.variables.values() for field in variable.fields()})
    which = np.stack([table.by_field(field)[0] for field in fields]) if fields else np.zeros((1, table.n), dtype=np.int64)
    for row in np.unique(which, axis=1).T if table.n else ():
        mine = np.flatnonzero((which == row[:, None]).all(axis=0)).tolist()
        possible, complete = variants(rule_set, table.call(mine[0]))
        undecided[mine] = len(possible) > 1 or not complete
        groups.setdefault(possible[0].variant, (possible[0], []))[1].extend(mine)
    whole: Verdicts | None = None
    for variant, mine in groups.values():
        found = Execution(prepared(compile_plan(variant)), table).run()
        whole = found if whole is None else whole
        for name in Verdicts.__slots__:
            getattr(whole, name)[mine] = getattr(found, name)[mine]
    if whole is None:
        return Execution(prepared(compile_plan(rule_set)), table).run()
    whole.open[undecided] = True
    return whole


def _chunks(calls: Iterable[Call]) -> Iterator[list[Call]]:
    source = iter(calls)
    while chunk := list(islice(source, CHUNK)):
        yield chunk


class _Plan:
    """A plan that equals itself only, for the cache."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Plan) and other.plan is self.plan

    def __hash__(self) -> int:
        return id(self.plan)


@lru_cache(maxsize=16)
def _prepared(holder: _Plan) -> Prepared:
    made = Prepared(holder.plan)
    get_ready(holder.plan)
    Execution(made, of_calls((_WARMING,))).run()  # its loops are compiled, or loaded, before there are calls
    return made

"""A call judged by a rule set: by the variant that holds for it, or by all that may hold while metadata are still to come.

Where variants disagree nobody can say yet: the item is doubtful, and judged again once the field has arrived.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from qa.calls import Call
from qa.rules.model import Doubt, Item, RuleSet
from qa.rules.plan import compile_plan
from qa.rules.single import Judgement, Run
from qa.rules.variants import variants
from qa.rules.verdict import Verdict, both


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgements in the order of the scorecard, and for each variable the values that it had or may have, for people."""

    judgements: tuple[Judgement, ...]
    variables: tuple[tuple[str, str], ...]


def judge(rule_set: RuleSet, call: Call, items: Sequence[Item] | None = None, executor: type[Run] = Run) -> Judged:
    """``call`` judged on ``items`` (all when None). Pure: the same call and rules give the same."""
    call = trusted(call, rule_set.doubt)
    possible, complete = variants(rule_set, call)
    rows = []
    for variant in possible:
        run = executor(compile_plan(variant), call)
        wanted: Sequence[Item] = variant.items
        if items is not None:
            by_id = {item.id: item for item in wanted}
            wanted = [by_id[item.id] for item in items]
        rows.append([_in_force(run.judge(item), call) for item in wanted])
        run.close()
    one = complete and len(rows) == 1
    merged = tuple(rows[0]) if one else tuple(_merged(together, complete) for together in zip(*rows, strict=True))
    return Judged(merged, _shown(rule_set, possible))


def trusted(call: Call, doubt: Doubt) -> Call:
    """The call without the gaps that the rule set's ``doubt:`` says not to mind."""
    changes: dict[str, Any] = {}
    if not doubt.truncated and call.truncated:
        changes["truncated"] = False
    if not doubt.late and not call.metadata_closed:
        changes["metadata_closed"] = True
    return replace(call, **changes) if changes else call


def _in_force(judgement: Judgement, call: Call) -> Judgement:
    """The judgement, or that the item was not in force when the call began."""
    if call.started_at is None or judgement.item.effective.holds(call.started_at):
        return judgement
    return Judgement(judgement.item, Verdict.MISS, Verdict.HIT, both("当时不在有效期内", "not in force at the time of the call"), ())


def _merged(together: Sequence[Judgement], complete: bool) -> Judgement:
    first = together[0]
    same = all(j.applies is first.applies and j.holds is first.holds for j in together)
    if complete and same and all((j.fewest, j.most) == (first.fewest, first.most) for j in together):
        return first
    shown = next((j for j in together if j.holds is not Verdict.HIT), first)
    return replace(
        shown,
        applies=first.applies if complete and _agree(j.applies for j in together) else Verdict.DOUBTFUL,
        holds=first.holds if complete and _agree(j.holds for j in together) else Verdict.DOUBTFUL,
        reason=both("取决于尚未到达的随录参数", "depends on metadata that have not arrived yet"),
        fewest=min(j.fewest for j in together),
        most=max(j.most for j in together),
    )


def _agree(verdicts: Any) -> bool:
    return len(set(verdicts)) == 1


def _shown(rule_set: RuleSet, possible: Sequence[RuleSet]) -> tuple[tuple[str, str], ...]:
    """``(("company", "国家电网、供电公司"), ("hold", "45 s | 60 s"))``: several where it is not known yet."""
    return tuple(
        (name, " | ".join(dict.fromkeys(variable.shown(p.values[name]) for p in possible))) for name, variable in rule_set.variables.items()
    )

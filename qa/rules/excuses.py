"""What excuses a single hit (``unless``): each excuse near it, still in force, and used once only where that is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qa.rules.evidence import joined, wanted_of
from qa.rules.model import Unless
from qa.rules.plan import Step
from qa.rules.verdict import Found, Hit, Verdict, both
from qa.rules.windows import Look

if TYPE_CHECKING:
    from qa.rules.single import Run

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL


def excused(run: Run, step: Step, found: Found) -> Found:
    """``found`` without the hits that ``unless`` excuses; a possible excuse makes a hit doubtful."""
    look = run.look(step.key)
    used: set[tuple[int, int]] = set()
    left: list[Hit] = []
    for hit in found.hits:
        verdict = MISS
        for number, unless in enumerate(step.condition.unless):
            verdict = verdict | _excuse(run, step, look, unless, number, hit, used)
            if verdict is HIT:
                break
        if verdict is DOUBTFUL:
            lines = [line for line in (hit.doubt, _perhaps_excused(run, step)) if line]
            left.append(replace(hit, certain=False, doubt=both(*joined(lines))))
        elif verdict is MISS:
            left.append(hit)
    return replace(found, hits=tuple(left))


def _excuse(run: Run, step: Step, look: Look, unless: Unless, number: int, hit: Hit, used: set[tuple[int, int]]) -> Verdict:
    excuses = run.found(step.keys[unless.condition])
    if unless.anchor is None:
        return excuses.verdict
    anchor = unless.anchor
    verdict = DOUBTFUL if excuses.unsure and not excuses.hits else MISS
    for index, x in enumerate(excuses.hits):
        if (number, index) in used:
            continue
        relation = look.relation(anchor.direction, anchor.within, x, hit)
        if relation is not MISS and unless.expires is not None:
            relation = relation & _in_force(x, hit, unless.expires)
        if relation is MISS:
            continue
        if unless.once:
            used.add((number, index))
        verdict = verdict | (relation if x.certain else DOUBTFUL)
        if verdict is HIT:
            break
    return verdict


def _perhaps_excused(run: Run, step: Step) -> str:
    """Why a hit cannot be told from an excused one: what would excuse it cannot be heard, or is itself in doubt."""
    for unless in step.condition.unless:
        key = step.keys[unless.condition]
        unsure = run.found(key).unsure
        if unsure and not run.found(key).hits:
            zh, _, en = unsure.rpartition(" / ")
            wanted = wanted_of(run.plan, key)
            return both(f"{zh}，无法判断是否有：{wanted.zh}", f"{en}: cannot tell whether {wanted.en}")
    return both("可能有正当理由", "perhaps excused")


def _in_force(excuse: Hit, hit: Hit, expires: float) -> Verdict:
    """Whether the excuse still covers the end of ``hit``."""
    if excuse.span is None or hit.span is None:
        return DOUBTFUL
    return Verdict.of(hit.span.end - excuse.span.end <= expires)

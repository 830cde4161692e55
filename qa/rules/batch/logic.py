"""Expressions, excuses and answers over many calls: Kleene's logic as minimum and maximum of 0 (miss), 1 (doubtful), 2 (hit)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qa.rules import expressions
from qa.rules.batch.hits import Hits, expand
from qa.rules.batch.judged import TRUTHS
from qa.rules.batch.placement import DOUBTFUL, HIT, MISS, Placing
from qa.rules.batch.table import Bools, Floats, Ints, Small
from qa.rules.expressions import And, Atom, Expression, Not, Or
from qa.rules.plan import Step

CODE = {verdict: code for code, verdict in enumerate(TRUTHS)}


def bounded(expression: Expression, of_atom: Callable[[Atom], Small], opens: Callable[[Atom], Bools]) -> tuple[Small, Bools]:
    """The value of an expression in every call, and where it depends on atoms that are not settled there (``opens``)."""

    def ranged(atom: Atom) -> tuple[Small, Small]:
        value, undecided = of_atom(atom), opens(atom)
        return np.where(undecided, MISS, value).astype(np.int8), np.where(undecided, HIT, value).astype(np.int8)

    low, high = _ranged(expression, ranged)
    return low, low != high


def _ranged(expression: Expression, of_atom: Callable[[Atom], tuple[Small, Small]]) -> tuple[Small, Small]:
    """The least and the most that an expression may be in every call."""
    if isinstance(expression, Not):
        low, high = _ranged(expression.inner, of_atom)
        return (HIT - high).astype(np.int8), (HIT - low).astype(np.int8)
    if isinstance(expression, (And, Or)):
        combine = np.minimum if isinstance(expression, And) else np.maximum
        parts = [_ranged(part, of_atom) for part in expression.parts]
        return combine.reduce([p[0] for p in parts]), combine.reduce([p[1] for p in parts])
    return of_atom(expression)


def verdicts(hits: Hits) -> Small:
    """Per call whether a condition hits."""
    certain, every = hits.count()
    return np.where(certain > 0, HIT, np.where((every > 0) | hits.unsure, DOUBTFUL, MISS)).astype(np.int8)


def counts(hits: Hits) -> tuple[Ints, Floats]:
    """Per call how many hits there are: certainly, and at most."""
    certain, every = hits.count()
    return certain, np.where(hits.unsure, np.inf, every)


def compare_counts(hits: Hits, comparison: str, number: int) -> Small:
    """Per call whether the count compares."""
    low, high = counts(hits)
    pairs, which = np.unique(np.stack([low.astype(np.float64), high]), axis=1, return_inverse=True)
    values = [CODE[expressions.compare_count(a, b, comparison, number)] for a, b in pairs.T.tolist()]
    return np.array(values, dtype=np.int8)[which.reshape(-1)]


def each_has(causes: Hits, answers: Hits) -> Small:
    """Per call whether every hit of the cause has its answer."""
    verdict = np.full(len(causes.unsure), HIT, dtype=np.int8)
    answered = np.where(answers.unsure[causes.call], DOUBTFUL, MISS)
    if answers.answered is not None:
        which, index = answers.answered
        cause = causes.at[answers.call[which]] + index
        np.maximum.at(answered, cause, np.where(answers.certain[which], HIT, DOUBTFUL))
    np.minimum.at(verdict, causes.call, np.where(causes.certain, answered, np.maximum(answered, DOUBTFUL)).astype(np.int8))
    return np.where(causes.unsure, np.minimum(verdict, DOUBTFUL), verdict).astype(np.int8)


def excused(step: Step, hits: Hits, found: Callable[[str], Hits], placing: Placing) -> Hits:
    """The hits without those that ``unless`` excuses, as :func:`qa.rules.excuses.excused` has it."""
    if not len(hits.call):
        return hits
    near: list[tuple[Small, dict[int, list[tuple[int, int]]], bool]] = []
    for unless in step.condition.unless:
        excuses = found(unless.condition)
        if unless.anchor is None:
            near.append((verdicts(excuses)[hits.call], {}, False))
            continue
        at = excuses.at
        mine, other = expand(at[hits.call + 1] - at[hits.call], at[hits.call])
        relation = placing.relation(unless.anchor.direction, unless.anchor.within, excuses, other, hits, mine)
        if unless.expires is not None:
            relation = np.minimum(relation, _in_force(excuses, other, hits, mine, unless.expires))
        value = np.where(excuses.certain[other], relation, np.minimum(relation, DOUBTFUL))
        pairs: dict[int, list[tuple[int, int]]] = {}
        for which in np.flatnonzero(relation != MISS).tolist():
            pairs.setdefault(int(mine[which]), []).append((int(other[which]), int(value[which])))
        base = np.where(excuses.unsure & (excuses.count()[1] == 0), DOUBTFUL, MISS)[hits.call]
        near.append((base.astype(np.int8), pairs, unless.once))
    verdict = np.max([base for base, _, _ in near], axis=0)
    used: set[tuple[int, int]] = set()
    hit: int
    for hit in sorted({h for _, pairs, _ in near for h in pairs}):
        best = MISS
        for number, (base, pairs, once) in enumerate(near):
            here = int(base[hit])
            for excuse, worth in pairs.get(hit, ()):
                if (number, excuse) in used:
                    continue
                if once:
                    used.add((number, excuse))
                here = max(here, worth)
                if here == HIT:
                    break
            best = max(best, here)
            if best == HIT:
                break
        verdict[hit] = best
    hits.certain[verdict == DOUBTFUL] = False
    return hits.take(verdict != HIT)


def _in_force(excuses: Hits, other: Ints, hits: Hits, mine: Ints, expires: float) -> Small:
    """Whether an excuse still covers the end of a hit."""
    unknown: Bools = np.isnan(excuses.until[other]) | np.isnan(hits.until[mine])
    with np.errstate(invalid="ignore"):
        inside = hits.until[mine] - excuses.until[other] <= expires
    return np.where(unknown, DOUBTFUL, np.where(inside, HIT, MISS)).astype(np.int8)

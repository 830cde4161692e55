"""Running a plan over one call: every item judged, with its evidence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

from qa.calls import Call, Role
from qa.rules import comparing, expressions
from qa.rules.cases import Judgement
from qa.rules.evidence import Account, joined, wanted_of
from qa.rules.excuses import excused
from qa.rules.expressions import Atom, Compare, CompareValues, Count, EachHas, Name
from qa.rules.facts import compare
from qa.rules.model import Item
from qa.rules.plan import Key, Plan, Sieve, Step
from qa.rules.verdict import Found, Verdict, both
from qa.rules.view import CallView
from qa.rules.windows import Look, Use

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL
NOTHING = Found()
__all__ = ["Judgement", "Run", "run"]


class Run:
    """One plan over one call. Each condition is looked for at most once."""

    every_hit = False
    """Whether all hits are wanted also of conditions of which one is enough for verdicts and evidence."""

    sifted = True
    """Whether conditions of which nothing stands in the call are known to find nothing without being asked."""

    def __init__(self, plan: Plan, call: Call) -> None:
        self.plan, self.call = plan, call
        self.view = CallView(call, plan.rule_set.doubt)
        self.known: dict[Key, Found] = {}
        self._looks: dict[Key, Look] = {}
        self._judgements: dict[str, Judgement] = {}
        self._held: dict[tuple[Any, Role | None], int] = {}
        self.account = Account(self)

    def judgements(self) -> Iterator[Judgement]:
        """All items in the order of the scorecard."""
        for item in self.plan.rule_set.items:
            yield self.judge(item)

    def judge(self, item: Item) -> Judgement:
        """One item, at most once. What does not apply is not looked at further."""
        if item.id not in self._judgements:
            self._judgements[item.id] = self._judge(item)
        return self._judgements[item.id]

    def _judged(self, item_id: str) -> tuple[Verdict, Verdict]:
        """(applies, holds) of an item, for conditions on its verdict. Items that lead back to themselves are refused when read."""
        judgement = self.judge(self.plan.rule_set.item(item_id))
        return judgement.applies, judgement.holds

    def _judge(self, item: Item) -> Judgement:
        case = self.plan.cases[item.id]
        applies = HIT if case.applies is None else case.applies(self)
        if applies is MISS:
            return case.not_applicable
        holds = case.holds(self)
        if holds is HIT and case.nothing_found(self):
            return case.passed if applies is HIT else case.passed_if_applicable
        evidence, reasons = self.account.of(item, holds)
        if applies is DOUBTFUL and holds is not HIT and item.applies_when is not None:
            reasons.insert(0, self.account.unsure_applies(item, item.applies_when))
        fewest, most = self._tally(item)
        reason = "; ".join(dict.fromkeys(reasons)) if len(reasons) <= 1 else both(*joined(reasons))
        return Judgement(item, applies, holds, reason, tuple(evidence), fewest, most)

    def found(self, key: Key) -> Found:
        """The hits of a condition, excuses taken off."""
        known = self.known.get(key)
        if known is None:
            step = self.plan.steps[key]
            sieve = self.plan.sieves.get(key) if self.sifted else None
            known = None if sieve is None or self._present(sieve, step.condition.by) else self._nothing(step)
            if known is None:
                known = self._found(step)
            self.known[key] = known
        return known

    def _found(self, step: Step) -> Found:
        found = step.operator.find(step.prepared, self.view, self.look(step.key))
        if step.condition.unless and found.hits:
            found = excused(self, step, found)
        if step.repeatable and found.certain and not found.unsure:
            found = replace(found, unsure=self.look(step.key).weak_words)
        return found

    def _present(self, sieve: Sieve, role: Role | None) -> bool:
        """Whether anything that a condition looks for stands in the talks of a side."""
        held = self._held.get((sieve.book, role))
        if held is None:
            held = self._held[sieve.book, role] = sieve.book.present(self.view, role)
        return held & sieve.bit != 0

    def _nothing(self, step: Step) -> Found:
        """What a condition finds where nothing that it looks for stands in the call."""
        if self._all_heard and (step.use is not Use.WANTED or not self.view.weak):
            return NOTHING
        return Found((), self.look(step.key).unsure)

    @cached_property
    def _all_heard(self) -> bool:
        """Whether all that was said is there to be read, whether or not the recogniser is sure of it."""
        return self.view.has_text and not self.view.untranscribed and not self.call.truncated

    def close(self) -> None:
        """Lets go of all that refers back to the run, so that it is freed at once and need not wait until cycles are looked for."""
        self._looks.clear()
        del self.account

    def look(self, key: Key) -> Look:
        if key not in self._looks:
            step = self.plan.steps[key]
            self._looks[key] = Look(
                self.view,
                step.condition,
                lambda name: self.found(step.keys[name]),
                use=step.use,
                between=step.operator.place == "gap",
                counted=step.counted,
                one_is_enough=step.one_is_enough and not self.every_hit,
                judged=self._judged,
                wanted=lambda name: wanted_of(self.plan, step.keys[name]),
            )
        return self._looks[key]

    def atom(self, item: Item, atom: Atom) -> Verdict:
        """The value of one atom of an item's expressions."""
        if isinstance(atom, Compare):
            return compare(self.call, atom)
        if isinstance(atom, EachHas):
            return self._each_has(item, atom)
        if isinstance(atom, CompareValues):
            return comparing.verdict_of(self, item, atom)
        found = self.found(self.plan.key_of(item, atom.name))
        if isinstance(atom, Count):
            high = math.inf if found.unsure else len(found.hits)
            return expressions.compare_count(len(found.certain), high, atom.comparison, atom.number)
        return found.verdict

    def _each_has(self, item: Item, atom: EachHas) -> Verdict:
        causes = self.found(self.plan.key_of(item, atom.cause))
        verdict = DOUBTFUL if causes.unsure else HIT
        for index, cause in enumerate(causes.hits):
            answered = self.answered(item, atom, index)
            verdict = verdict & (answered if cause.certain else answered | DOUBTFUL)
        return verdict

    def answered(self, item: Item, atom: EachHas, index: int) -> Verdict:
        """Whether the ``index``-th hit of the cause has its answer."""
        answers = self.found(self.plan.key_of(item, atom.answer))
        mine = [h for h in answers.hits if index in h.groups]
        if any(h.certain for h in mine):
            return HIT
        return DOUBTFUL if mine or answers.unsure else MISS

    def _tally(self, item: Item) -> tuple[int, float]:
        """How often the forbidden thing happened: certainly, and at most."""
        if not item.points_per_hit:
            return 0, 0.0
        fewest, most = 0, 0.0
        for atom, positive in expressions.atoms(item.requirement):
            if not positive and isinstance(atom, (Name, Count)):
                found = self.found(self.plan.key_of(item, atom.name))
                fewest += len(found.certain)
                most += math.inf if found.unsure else len(found.hits)
            elif not positive and isinstance(atom, CompareValues):
                own = [c.verdict for c in comparing.hits_of(self, item, atom) if c.name == atom.names[0]]
                fewest += own.count(HIT)
                most += math.inf if self.found(self.plan.key_of(item, atom.names[0])).unsure else len(own) - own.count(MISS)
        return fewest, most


def run(plan: Plan, call: Call) -> list[Judgement]:
    """Every item of the plan judged on ``call``."""
    return list(Run(plan, call).judgements())

"""Running a plan over one call: every item judged, with its evidence."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

from qa.calls import Call, Span
from qa.rules import expressions
from qa.rules.expressions import Atom, Compare, Count, EachHas, Expression, Name
from qa.rules.facts import compare, fact
from qa.rules.model import Item, Title, Unless
from qa.rules.plan import Key, Plan, Step
from qa.rules.verdict import Evidence, Found, Hit, Verdict, both
from qa.rules.view import CallView
from qa.rules.windows import Look

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL


@dataclass(frozen=True, slots=True)
class Judgement:
    """``applies`` and ``holds`` in three values, why, and (for forbidden things) how many hits: certain and at most."""

    item: Item
    applies: Verdict
    holds: Verdict
    reason: str
    evidence: tuple[Evidence, ...]
    fewest: int = 0
    most: float = 0.0


class Run:
    """One plan over one call. Each condition is looked for at most once."""

    def __init__(self, plan: Plan, call: Call) -> None:
        self.plan, self.call = plan, call
        self.view = CallView(call, plan.rule_set.doubt)
        self._found: dict[Key, Found] = {}
        self._looks: dict[Key, Look] = {}

    def judgements(self) -> Iterator[Judgement]:
        """All items in the order of the scorecard."""
        for item in self.plan.rule_set.items:
            yield self.judge(item)

    def judge(self, item: Item) -> Judgement:
        """One item. What does not apply is not looked at further."""
        applies = HIT if item.applies_when is None else expressions.evaluate(item.applies_when, lambda a: self.atom(item, a))
        if applies is MISS:
            return Judgement(item, MISS, HIT, both("不适用", "does not apply"), ())
        holds = expressions.evaluate(item.requirement, lambda a: self.atom(item, a))
        evidence, reasons = self._evidence(item, holds)
        if applies is DOUBTFUL and holds is not HIT and item.applies_when is not None:
            reasons.insert(0, self._unsure_applies(item, item.applies_when))
        fewest, most = self._tally(item)
        reason = "; ".join(dict.fromkeys(reasons)) if len(reasons) <= 1 else both(*_joined(reasons))
        return Judgement(item, applies, holds, reason, tuple(evidence), fewest, most)

    def found(self, key: Key) -> Found:
        """The hits of a condition, excuses taken off."""
        known = self._found.get(key)
        if known is None:
            step = self.plan.steps[key]
            known = step.operator.find(step.prepared, self.view, self.look(key))
            if step.condition.unless and known.hits:
                known = self._excused(step, known)
            self._found[key] = known
        return known

    def look(self, key: Key) -> Look:
        if key not in self._looks:
            step = self.plan.steps[key]
            self._looks[key] = Look(
                self.view,
                step.condition,
                lambda name: self.found(step.keys[name]),
                use=step.use,
                between=step.operator.place == "gap",
            )
        return self._looks[key]

    def atom(self, item: Item, atom: Atom) -> Verdict:
        """The value of one atom of an item's expressions."""
        if isinstance(atom, Compare):
            return compare(self.call, atom)
        if isinstance(atom, EachHas):
            return self._each_has(item, atom)
        found = self.found(self.plan.key_of(item, atom.name))
        if isinstance(atom, Count):
            high = math.inf if found.unsure else len(found.hits)
            return expressions.compare_count(len(found.certain), high, atom.comparison, atom.number)
        return found.verdict

    def _each_has(self, item: Item, atom: EachHas) -> Verdict:
        causes = self.found(self.plan.key_of(item, atom.cause))
        verdict = DOUBTFUL if causes.unsure and not causes.hits else HIT
        for index, cause in enumerate(causes.hits):
            answered = self._answered(item, atom, index)
            verdict = verdict & (answered if cause.certain else answered | DOUBTFUL)
        return verdict

    def _answered(self, item: Item, atom: EachHas, index: int) -> Verdict:
        answers = self.found(self.plan.key_of(item, atom.answer))
        mine = [h for h in answers.hits if index in h.groups]
        if any(h.certain for h in mine):
            return HIT
        return DOUBTFUL if mine or answers.unsure else MISS

    def _excused(self, step: Step, found: Found) -> Found:
        """``found`` without the hits that ``unless`` excuses; a possible excuse makes a hit doubtful."""
        look = self.look(step.key)
        used: set[tuple[int, int]] = set()
        left: list[Hit] = []
        for hit in found.hits:
            verdict = MISS
            for number, unless in enumerate(step.condition.unless):
                verdict = verdict | self._excuse(step, look, unless, number, hit, used)
                if verdict is HIT:
                    break
            if verdict is DOUBTFUL:
                lines = [line for line in (hit.doubt, self._perhaps_excused(step)) if line]
                left.append(replace(hit, certain=False, doubt=both(*_joined(lines))))
            elif verdict is MISS:
                left.append(hit)
        return replace(found, hits=tuple(left))

    def _excuse(self, step: Step, look: Look, unless: Unless, number: int, hit: Hit, used: set[tuple[int, int]]) -> Verdict:
        excuses = self.found(step.keys[unless.condition])
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

    def _perhaps_excused(self, step: Step) -> str:
        """Why a hit cannot be told from an excused one: what would excuse it cannot be heard, or is itself in doubt."""
        for unless in step.condition.unless:
            key = step.keys[unless.condition]
            unsure = self.found(key).unsure
            if unsure and not self.found(key).hits:
                zh, _, en = unsure.rpartition(" / ")
                wanted = self._wanted(key)
                return both(f"{zh}，无法判断是否有：{wanted.zh}", f"{en}: cannot tell whether {wanted.en}")
        return both("可能有正当理由", "perhaps excused")

    def _unsure_applies(self, item: Item, applies_when: Expression) -> str:
        """That it may not apply, with the first reason there is."""
        for atom, _ in expressions.deciding(applies_when, lambda a: self.atom(item, a)):
            found = Found() if isinstance(atom, (Compare, EachHas)) else self.found(self.plan.key_of(item, atom.name))
            why = next((h.doubt for h in found.hits if h.doubt), "") or found.unsure
            if why:
                zh, _, en = why.rpartition(" / ")
                return both(f"不确定是否适用（{zh}）", f"not sure that it applies ({en})")
        return both("不确定是否适用", "not sure that it applies")

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
        return fewest, most

    # Evidence ------------------------------------------------------------------------------------

    def _evidence(self, item: Item, holds: Verdict) -> tuple[list[Evidence], list[str]]:
        """What decided an item: the hits behind a pass; what was missing, found or unclear behind the rest.

        What the item points to comes first when it did not pass, so that one is led to the sentence that was said instead.
        """
        evidence: list[Evidence] = []
        reasons: list[str] = []
        if holds is not HIT:
            evidence += self._pointed_to(item)
            reasons += [e.detail for e in evidence[:1]]
        for atom, positive in expressions.deciding(item.requirement, lambda a: self.atom(item, a)):
            value = self.atom(item, atom)
            good = value if positive else ~value
            if isinstance(atom, Compare):
                if holds is not HIT and good is not HIT:
                    held = fact(self.call, atom.field)
                    reasons.append(both(f"{atom.field}：{held or '无'}", f"{atom.field} is {held or 'absent'}"))
                continue
            name = atom.cause if isinstance(atom, EachHas) else atom.name
            key = self.plan.key_of(item, name)
            found = self.found(key)
            if found.note and not positive:
                reasons.append(found.note)
            if isinstance(atom, EachHas):
                self._each_evidence(item, atom, evidence, reasons, holds)
            else:
                self._name_evidence(key, found, good, positive, evidence, reasons)
        if holds is HIT:
            reasons = [r for r in reasons if r in {self.found(k).note for k in self._found}]
        return evidence, reasons

    def _pointed_to(self, item: Item) -> list[Evidence]:
        """The hits of what the item points to, one a sentence, each with what it is."""
        found: dict[int | None, Evidence] = {}
        for name in item.show_first:
            key = self.plan.key_of(item, name)
            for shown in (self._of_hit(key, hit) for hit in self.found(key).hits):
                wanted, (zh, _, en) = self._wanted(key), shown.detail.rpartition(" / ")
                found.setdefault(shown.turn, replace(shown, detail=both(f"{wanted.zh}：{zh}", f"{wanted.en}: {en}")))
        return list(found.values())

    def _wanted(self, key: Key) -> Title:
        """What a condition looks for, for people: its own words, else its phrases, else its name."""
        step = self.plan.steps[key]
        words = step.operator.describe(step.condition.params) or step.condition.name
        return step.condition.says if step.condition.says.zh else Title(words, words)

    def _name_evidence(self, key: Key, found: Found, good: Verdict, positive: bool, evidence: list[Evidence], reasons: list[str]) -> None:
        hits = found.hits if good is DOUBTFUL or not positive else found.certain
        pointed = {(e.condition, e.turn, e.chars) for e in evidence}
        evidence.extend(e for e in (self._of_hit(key, hit) for hit in hits) if (e.condition, e.turn, e.chars) not in pointed)
        if good is HIT:
            return
        if good is DOUBTFUL:
            reasons.append(next((h.doubt for h in found.hits if h.doubt), "") or found.unsure or both("不确定", "not certain"))
        elif hits and not positive:
            reasons.append(hits[0].detail)
        if (positive and not hits) or (good is DOUBTFUL and not hits):
            missing = self._missing(key, found)
            evidence.append(missing)
            if good is MISS:
                reasons.append(missing.detail)

    def _each_evidence(self, item: Item, atom: EachHas, evidence: list[Evidence], reasons: list[str], holds: Verdict) -> None:
        cause_key, answer_key = self.plan.key_of(item, atom.cause), self.plan.key_of(item, atom.answer)
        answers = self.found(answer_key)
        for index, cause in enumerate(self.found(cause_key).hits):
            answered = self._answered(item, atom, index)
            if holds is HIT:
                evidence.extend(self._of_hit(answer_key, h) for h in answers.hits if index in h.groups)
            elif answered is not HIT:
                wanted = self._wanted(answer_key)
                zh, en = f"{cause.detail.rpartition(' / ')[0]}之后没有：{wanted.zh}", f"not found for this: {wanted.en}"
                evidence.append(replace(self._of_hit(cause_key, cause), detail=both(zh, en)))
                evidence.extend(self._of_hit(answer_key, h) for h in answers.hits if index in h.groups)
                reasons.append(both(zh, en) if answered is MISS and cause.certain else cause.doubt or answers.unsure or both(zh, en))
        if not self.found(cause_key).hits and self.found(cause_key).unsure:
            reasons.append(self.found(cause_key).unsure)

    def _of_hit(self, key: Key, hit: Hit) -> Evidence:
        step = self.plan.steps[key]
        chars = (hit.start, hit.end) if hit.turn is not None else None
        finding = "hit" if hit.certain else "possible"
        detail = hit.detail if hit.certain or not hit.doubt else both(*_joined([hit.detail, hit.doubt]))
        return Evidence(
            key[1], step.operator.name, hit.turn, chars, hit.span, detail, {"finding": finding, **_shown(step.condition.params)}
        )

    def _missing(self, key: Key, found: Found) -> Evidence:
        """Nothing found: where the search began, so that a person can listen there."""
        step = self.plan.steps[key]
        turn, span = self._window_start(key)
        wanted = self._wanted(key)
        detail = found.unsure or both(f"未找到：{wanted.zh}", f"not found: {wanted.en}")
        params = {"finding": "possible" if found.unsure else "missing", **_shown(step.condition.params)}
        return Evidence(key[1], step.operator.name, turn, None, span, detail, params)

    def _window_start(self, key: Key) -> tuple[int | None, Span | None]:
        searched = self.look(key).searched if self.plan.steps[key].operator.place == "turn" else []
        if not searched:
            for other in self.plan.steps[key].condition.neighbours():
                anchors = [h.turn for h in self.found(self.plan.steps[key].keys[other]).hits if h.turn is not None]
                searched = searched or anchors[:1]
        if not searched and self.call.turns:
            searched = [0]
        if not searched:
            return None, None
        return searched[0], self.call.turns[searched[0]].span


def run(plan: Plan, call: Call) -> list[Judgement]:
    """Every item of the plan judged on ``call``."""
    return list(Run(plan, call).judgements())


def _in_force(excuse: Hit, hit: Hit, expires: float) -> Verdict:
    """Whether the excuse still covers the end of ``hit``."""
    if excuse.span is None or hit.span is None:
        return DOUBTFUL
    return Verdict.of(hit.span.end - excuse.span.end <= expires)


def _joined(lines: list[str]) -> tuple[str, str]:
    """Several bilingual lines as one pair."""
    halves = [line.rpartition(" / ") for line in dict.fromkeys(lines)]
    return "；".join(zh or en for zh, _, en in halves), "; ".join(en for *_, en in halves)


def _shown(params: Any) -> dict[str, Any]:
    """The parameters of an operator as plain values; long lists shortened."""
    out: dict[str, Any] = {}
    for spec in fields(params):
        value = getattr(params, spec.name)
        if isinstance(value, Enum):
            value = value.value
        if isinstance(value, tuple):
            value = "、".join(map(str, value[:4])) + ("…" if len(value) > 4 else "")
        if value not in (None, "", ()):
            out[spec.metadata.get("key", spec.name)] = value
    return out

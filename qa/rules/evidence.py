"""What decided an item, for people: the hits behind a pass; what was missing, found or unclear behind the rest."""

from __future__ import annotations

from dataclasses import fields, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from qa.calls import Span
from qa.rules import comparing, expressions
from qa.rules.expressions import Atom, Compare, CompareValues, Count, EachHas, Expression
from qa.rules.facts import fact, unknown_field
from qa.rules.model import Item, Title
from qa.rules.plan import Key, Plan, Step
from qa.rules.verdict import Evidence, Found, Hit, Verdict, both
from qa.rules.where import where

if TYPE_CHECKING:
    from qa.rules.single import Run

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL


class Account:
    """The evidence of a run, item by item."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def of(self, item: Item, holds: Verdict) -> tuple[list[Evidence], list[str]]:
        """What decided an item: the hits behind a pass; what was missing, found or unclear behind the rest.

        What the item points to comes first when it did not pass, so that one is led to the sentence that was said instead.
        """
        evidence: list[Evidence] = []
        reasons: list[str] = []
        if holds is not HIT:
            evidence += self._pointed_to(item)
            reasons += [e.detail for e in evidence[:1]]
        known: dict[int, Verdict] = {}

        def of_atom(atom: Atom) -> Verdict:
            if id(atom) not in known:
                known[id(atom)] = self.run.atom(item, atom)
            return known[id(atom)]

        for atom, positive in expressions.deciding(item.requirement, of_atom):
            value = of_atom(atom)
            good = value if positive else ~value
            if isinstance(atom, Compare):
                if holds is not HIT and good is not HIT:
                    held = fact(self.run.call, atom.field)
                    late = unknown_field(self.run.call, atom.field)
                    reasons.append(late or both(f"{atom.field}：{held or '无'}", f"{atom.field} is {held or 'absent'}"))
                continue
            if isinstance(atom, CompareValues):
                self._value_evidence(item, atom, good, positive, evidence, reasons)
                continue
            name = atom.cause if isinstance(atom, EachHas) else atom.name
            key = self.run.plan.key_of(item, name)
            found = self.run.found(key)
            if found.note and not positive:
                reasons.append(found.note)
            if isinstance(atom, EachHas):
                self._each_evidence(item, atom, evidence, reasons, holds)
            else:
                self._name_evidence(key, found, good, positive, evidence, reasons)
                if isinstance(atom, Count) and positive and good is MISS and found.hits:
                    times, wanted = len(found.certain), f"{atom.comparison} {atom.number}"
                    reasons.append(both(f"找到 {times} 次，要求 {wanted} 次", f"found {times} times, wanted {wanted}"))
        if holds is HIT:
            reasons = [r for r in reasons if r in {self.run.found(k).note for k in self.run.known}]
        return evidence, reasons

    def _pointed_to(self, item: Item) -> list[Evidence]:
        """The hits of what the item points to, one a sentence, each with what it is."""
        found: dict[int | None, Evidence] = {}
        for name in item.show_first:
            key = self.run.plan.key_of(item, name)
            for shown in (self._of_hit(key, hit) for hit in self.run.found(key).hits):
                wanted, (zh, _, en) = wanted_of(self.run.plan, key), shown.detail.rpartition(" / ")
                found.setdefault(shown.turn, replace(shown, detail=both(f"{wanted.zh}：{zh}", f"{wanted.en}: {en}")))
        return list(found.values())

    def _name_evidence(self, key: Key, found: Found, good: Verdict, positive: bool, evidence: list[Evidence], reasons: list[str]) -> None:
        hits = found.hits if good is DOUBTFUL or not positive else found.certain
        if hits:
            pointed = {(e.condition, e.turn, e.chars) for e in evidence}
            evidence.extend([e for e in [self._of_hit(key, hit) for hit in hits] if (e.condition, e.turn, e.chars) not in pointed])
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
        cause_key, answer_key = self.run.plan.key_of(item, atom.cause), self.run.plan.key_of(item, atom.answer)
        answers = self.run.found(answer_key)
        for index, cause in enumerate(self.run.found(cause_key).hits):
            answered = self.run.answered(item, atom, index)
            if holds is HIT:
                evidence.extend(self._of_hit(answer_key, h) for h in answers.hits if index in h.groups)
            elif answered is not HIT:
                wanted = wanted_of(self.run.plan, answer_key)
                zh, en = f"{cause.detail.rpartition(' / ')[0]}之后没有：{wanted.zh}", f"not found for this: {wanted.en}"
                evidence.append(replace(self._of_hit(cause_key, cause), detail=both(zh, en)))
                evidence.extend(self._of_hit(answer_key, h) for h in answers.hits if index in h.groups)
                reasons.append(both(zh, en) if answered is MISS and cause.certain else cause.doubt or answers.unsure or both(zh, en))
        if holds is DOUBTFUL and self.run.found(cause_key).unsure:
            reasons.append(self.run.found(cause_key).unsure)

    def _value_evidence(
        self, item: Item, atom: CompareValues, good: Verdict, positive: bool, evidence: list[Evidence], reasons: list[str]
    ) -> None:
        """The values that were compared; of a failed comparison those that failed it, with what they were held against."""
        if good is DOUBTFUL:
            reasons.append(comparing.why(self.run, item, atom))
        keys = {name: self.run.plan.key_of(item, name) for name in atom.names}
        empty = [name for name in keys if not self.run.found(keys[name]).hits]
        against = comparing.limit_shown(self.run, item, atom, lambda name: wanted_of(self.run.plan, self.run.plan.key_of(item, name)))
        zh, _, en = against.rpartition(" / ")
        sides = list(comparing.hits_of(self.run, item, atom))
        for compared in [c for c in sides if (c.verdict if positive else ~c.verdict) is good] or sides:
            shown = self._of_hit(keys[compared.name], compared.hit)
            if good is not HIT and compared.name == atom.names[0] and not empty:
                (own_zh, _, own_en), sign = shown.detail.rpartition(" / "), expressions.opposite(atom.comparison, keep=not positive)
                words = ("对照", "against") if good is DOUBTFUL else sign
                shown = replace(shown, detail=both(f"{own_zh}，{words[0]}：{zh}", f"{own_en}; {words[1]}: {en}"))
                reasons += [shown.detail] if good is MISS else []
            evidence.append(shown)
        if good is HIT:
            return
        for name in empty:
            evidence.append(self._missing(keys[name], self.run.found(keys[name])))
            reasons += [evidence[-1].detail] if good is MISS else []
        if not atom.names and good is MISS:
            reasons.append(both(f"{atom.left} 不符：{zh}", f"{atom.left} does not fit: {en}"))

    def _of_hit(self, key: Key, hit: Hit) -> Evidence:
        step = self.run.plan.steps[key]
        chars = (hit.start, hit.end) if hit.turn is not None else None
        finding = "hit" if hit.certain else "possible"
        detail = hit.detail if hit.certain or not hit.doubt else both(*joined([hit.detail, hit.doubt]))
        return Evidence(key[1], step.operator.name, hit.turn, chars, hit.span, detail, {"finding": finding, **self._shown(step)})

    def _shown(self, step: Step) -> dict[str, Any]:
        """The parameters of a condition for people, which are the same in every call."""
        known = self.run.plan.parameters
        if step.key not in known:
            known[step.key] = _shown(step.condition.params)
        return known[step.key]

    def _missing(self, key: Key, found: Found) -> Evidence:
        """Nothing found: where the search began, so that a person can listen there."""
        step = self.run.plan.steps[key]
        if found.missed is not None:
            return replace(self._of_hit(key, found.missed), params={"finding": "missing", **self._shown(step)})
        turn, span = self._window_start(key)
        wanted = wanted_of(self.run.plan, key)
        nowhere = self._nowhere(key)
        detail = found.unsure or both(f"未找到：{wanted.zh}{nowhere.zh}", f"not found: {wanted.en}{nowhere.en}")
        params = {"finding": "possible" if found.unsure else "missing", **self._shown(step)}
        return Evidence(key[1], step.operator.name, turn, None, span, detail, params)

    def _nowhere(self, key: Key) -> Title:
        """That no sentence lies where the condition must, though all it is placed by was found: the words may well be elsewhere."""
        step = self.run.plan.steps[key]
        condition = step.condition
        if not condition.anchors or step.operator.place != "turn" or self.run.look(key).searched:
            return Title("", "")
        if not all(self.run.found(step.keys[anchor.condition]).hits for anchor in condition.anchors):
            return Title("", "")
        place = where(condition)
        return Title(f"（{place.zh}：没有这样的位置）", f" (there is no such place: {place.en})")

    def _window_start(self, key: Key) -> tuple[int | None, Span | None]:
        searched = self.run.look(key).searched if self.run.plan.steps[key].operator.place == "turn" else []
        if not searched:
            for other in self.run.plan.steps[key].condition.neighbours():
                anchors = [h.turn for h in self.run.found(self.run.plan.steps[key].keys[other]).hits if h.turn is not None]
                searched = searched or anchors[:1]
        if not searched and self.run.call.turns:
            searched = [0]
        if not searched:
            return None, None
        return searched[0], self.run.call.turns[searched[0]].span

    def unsure_applies(self, item: Item, applies_when: Expression) -> str:
        """That it may not apply, with the first reason there is."""
        for atom, _ in expressions.deciding(applies_when, lambda a: self.run.atom(item, a)):
            if isinstance(atom, CompareValues):
                why = comparing.why(self.run, item, atom)
            elif isinstance(atom, Compare):
                why = unknown_field(self.run.call, atom.field)
            else:
                found = self.run.found(self.run.plan.key_of(item, atom.cause if isinstance(atom, EachHas) else atom.name))
                why = next((h.doubt for h in found.hits if h.doubt), "") or found.unsure
            if why:
                zh, _, en = why.rpartition(" / ")
                return both(f"不确定是否适用（{zh}）", f"not sure that it applies ({en})")
        return both("不确定是否适用", "not sure that it applies")


def wanted_of(plan: Plan, key: Key) -> Title:
    """What a condition looks for, for people: its own words, else its phrases, else its name."""
    step = plan.steps[key]
    words = step.operator.describe(step.condition.params) or step.condition.name
    return step.condition.says if step.condition.says.zh else Title(words, words)


def joined(lines: list[str]) -> tuple[str, str]:
    """Several bilingual lines as one pair."""
    halves = [line.rpartition(" / ") for line in dict.fromkeys(lines)]
    return "；".join(zh or en for zh, _, en in halves), "; ".join(en for *_, en in halves)


def _shown(params: Any) -> dict[str, Any]:
    """The parameters of an operator as plain values; long lists shortened, what is not meant for people left out."""
    out: dict[str, Any] = {}
    for spec in (s for s in fields(params) if s.repr):
        value = getattr(params, spec.name)
        if isinstance(value, Enum):
            value = value.value
        if isinstance(value, tuple):
            value = "、".join(map(str, value[:4])) + ("…" if len(value) > 4 else "")
        if value not in (None, "", ()):
            out[spec.metadata.get("key", spec.name)] = value
    return out

"""Which rule set judges which call: all rule sets of a folder, chosen by what each says it applies to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hotline.errors import BadInput, NotFound
from qa import rules
from qa.calls import Call
from qa.rules import RuleSet


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The loaded rule sets, in the order of their file names."""

    rule_sets: tuple[RuleSet, ...]

    @classmethod
    def load(cls, source: Path) -> RuleBook:
        """All ``*.yaml`` of a folder, or one file. Raises BadRule for a wrong one, NotFound when there is none."""
        files = sorted(source.glob("*.yaml")) if source.is_dir() else [source]
        if not files or not files[0].exists():
            raise NotFound(str(source), "no rule set here", "name a YAML file or a folder of them")
        return cls(tuple(rules.load(file) for file in files))

    def choose(self, call: Call) -> RuleSet:
        """The rule set for a call: the only one, or the first whose ``applies_to`` fits. Raises BadInput when none fits."""
        if len(self.rule_sets) == 1:
            return self.rule_sets[0]
        for rule_set in self.rule_sets:
            if rule_set.applies_to(call):
                return rule_set
        known = ", ".join(rule_set.id for rule_set in self.rule_sets)
        raise BadInput(call.id, "no rule set applies to this call", f"add one, or widen applies_to of: {known}")

    def opening_phrases(self, language: str) -> tuple[str, ...]:
        """Phrases that only an agent opens a call with, from all rule sets of a language; they help to tell roles."""
        return tuple(phrase for rule_set in self.rule_sets if rule_set.language == language for phrase in rule_set.opening_phrases)

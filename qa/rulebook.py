"""Which rule set judges which call: all rule sets of a folder, chosen by the language of the call."""

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
        """All ``*.yaml`` of a folder but libraries, or one file. Raises BadRule for a wrong one, NotFound when there is none."""
        files = sorted(source.glob("*.yaml")) if source.is_dir() else [source]
        if not files or not files[0].exists():
            raise NotFound(str(source), "no rule set here", "name a YAML file or a folder of them")
        loaded = tuple(rules.load(file) for file in files)
        return cls(tuple(rule_set for rule_set in loaded if not rule_set.library) or loaded)

    def choose(self, call: Call) -> RuleSet:
        """The rule set for a call: the only one, or the first of the call's language. Raises BadInput when none fits."""
        language = call.metadata.get("language", "zh")
        fitting = self.rule_sets if len(self.rule_sets) == 1 else tuple(r for r in self.rule_sets if r.language == language)
        if not fitting:
            known = ", ".join(f"{rule_set.id} ({rule_set.language})" for rule_set in self.rule_sets)
            raise BadInput(f"call {call.id}", f"no rule set for language {language}", f"add one; known: {known}")
        return fitting[0]

    def opening_phrases(self, language: str) -> tuple[str, ...]:
        """What only an agent says at the start, from the vocabulary ``opening`` of the language's rule sets: it helps to tell roles."""
        fitting = (rule_set for rule_set in self.rule_sets if rule_set.language == language)
        return tuple(phrase for rule_set in fitting for phrase in rule_set.vocabularies.get("opening", ()))

    def hotwords(self, language: str) -> tuple[str, ...]:
        """What recognisers should expect, from ``hotwords`` of the language's rule sets."""
        return tuple(word for rule_set in self.rule_sets if rule_set.language == language for word in rule_set.hotwords)

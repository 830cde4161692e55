"""Rules for calls: written in YAML, judged in three values, with evidence for every verdict.

    rule_set = load(Path("scoring_rules/power_95598.yaml"))
    card = qa.scoring.score(rule_set, call)

``docs/rules.md`` is the guide, ``docs/rules-reference.md`` the generated reference.
"""

from qa.rules.language import load, load_text
from qa.rules.model import Item, RuleSet, Section, Title
from qa.rules.verdict import Evidence, Verdict, in_language

__all__ = ["Evidence", "Item", "RuleSet", "Section", "Title", "Verdict", "in_language", "load", "load_text"]

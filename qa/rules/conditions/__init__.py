"""The operators of the rule language, one file each. A new one is a file here and a line in the registry."""

from __future__ import annotations

from qa.rules.conditions import duration, interruption, metadata, regex, same_value, say, silence, similar_to, speech_rate
from qa.rules.conditions.operator import Operator

OPERATORS: dict[str, Operator] = {
    module.OPERATOR.name: module.OPERATOR
    for module in (say, regex, similar_to, silence, speech_rate, interruption, duration, metadata, same_value)
}

LATER = ("emotion", "entity", "flow", "loudness", "repeats", "talk_share", "turn_count", "verdict_of")
"""Operators that have their place in the language but not in this version."""

"""The operators of the rule language, one file each. A new one is a file here and a line in the registry."""

from __future__ import annotations

from qa.rules.conditions import (
    duration,
    emotion,
    entity,
    flow,
    interruption,
    item_verdict,
    loudness,
    metadata,
    regex,
    repeats,
    response_time,
    same_value,
    say,
    silence,
    similar_to,
    speech_rate,
    talk_share,
    turn_count,
)
from qa.rules.conditions.operator import Operator

OPERATORS: dict[str, Operator] = {
    module.OPERATOR.name: module.OPERATOR
    for module in (
        say,
        regex,
        similar_to,
        repeats,
        silence,
        response_time,
        speech_rate,
        interruption,
        loudness,
        emotion,
        duration,
        turn_count,
        talk_share,
        metadata,
        entity,
        same_value,
        item_verdict,
        flow,
    )
}

LATER: tuple[str, ...] = ()
"""Operators that have their place in the language but not in this version."""

"""Small documents of SCA, and what a rule read from one says of a call."""

from __future__ import annotations

import json
from typing import Any

from qa import scoring
from qa.rules import RuleSet
from qa.rules.examples import call_of, turns_of
from qa.rules.sca import import_sca_text

AFTER = {"anchor": {"cid": "1", "location": "AFTER", "hit_time": 1}, "role": "客服", "range": {"from": 1, "to": 2}, "absolute": False}
"""After the first hit of condition 1, in two sentences of the agent."""


def document(*operators: dict[str, Any], rule: dict[str, Any] | None = None, check: list[dict[str, Any]] | None = None) -> str:
    """One rule over a condition for each operator, ids from 1, joined by ``&&``."""
    conditions = []
    for number, operator in enumerate(operators, start=1):
        place = (check or [])[number - 1] if check else {"role": "客服"}
        conditions.append({"cid": str(number), "check_range": place, "operators": [{"oid": "1", "name": "x", **operator}], "lambda": "1"})
    joined = "&&".join(str(n) for n in range(1, len(operators) + 1))
    return json.dumps({"conditions": conditions, "rules": [{"rid": "7", "name": "规则", "lambda": joined, "scoreNum": 5, **(rule or {})}]})


def keywords(*words: str, size: int = 1, **params: Any) -> dict[str, Any]:
    kind = "HIT_ANY_KEYWORDS" if size == 1 else "INCLUDE_KEYWORDS"
    return {"type": kind, "param": {"keywords": list(words), "keywordMatchSize": size, **params}}


def outcome(rule_set: RuleSet, *lines: str) -> str:
    return scoring.score(rule_set, call_of("c", turns_of("\n".join(lines)))).items[0].outcome.value


def judged(text: str, *lines: str) -> str:
    return outcome(import_sca_text(text, "r.json").rule_set, *lines)

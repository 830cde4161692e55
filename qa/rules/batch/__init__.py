"""Many calls judged at once.

    judged = judge_many(rule_set, calls)          # any number of Call values
    judged.low, judged.outcomes("greeting")       # arrays, a value a call

Verdicts, counts and scores are those of :func:`qa.scoring.score`; evidence is not made here: ask for it call by call.
"""

from __future__ import annotations

from qa.rules.batch.judged import OUTCOMES, PASSED, TRUTHS, Judged
from qa.rules.batch.many import judge_many

__all__ = ["OUTCOMES", "PASSED", "TRUTHS", "Judged", "judge_many"]

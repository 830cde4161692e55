"""Rule sets made ready for a process that judges many calls, such as a worker of an import or a watcher."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from contextlib import suppress

from hotline.errors import MissingPart
from qa.calls import Call, Role, Span, Turn
from qa.rules.judging import judge
from qa.rules.model import RuleSet

_GREETING = Call("", (Turn(0, Role.AGENT, "您好", Span(0.0, 1.0)), Turn(1, Role.CUSTOMER, "你好", Span(1.0, 2.0))), duration=2.0)


def ready(rule_sets: Iterable[RuleSet]) -> None:
    """Compile them, so that no call waits for it, and take all that there is now out of the collector's sight.

    Python's collector of cycles walks through everything that has lived for long, thousands of phrases among it, every few hundred
    calls. What is frozen is still freed when nothing refers to it; only cycles in it stay. So this is for processes that keep their
    rule sets, and not for a library to do by itself.
    """
    for rule_set in rule_sets:
        with suppress(MissingPart):  # the first call will say so
            judge(rule_set, _GREETING)
    gc.collect()
    gc.freeze()

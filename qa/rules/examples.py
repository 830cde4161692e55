"""Conversations written as text: the examples of a scorecard, and transcripts pasted on the command line.

agent: 您好，请讲。
customer: 家里停电了。
agent@12.0-14.5: 请稍等。            seconds from the start of the call, for what depends on time
坐席：您好。                         speakers may be Chinese
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from qa.calls import Call, Layout, Role, SourceKind, Span, TextSource, Turn
from qa.redaction import EXAMPLE_KEY, redact

_ROLES = {
    "agent": Role.AGENT, "坐席": Role.AGENT, "座席": Role.AGENT, "客服": Role.AGENT, "a": Role.AGENT,
    "customer": Role.CUSTOMER, "caller": Role.CUSTOMER, "客户": Role.CUSTOMER, "用户": Role.CUSTOMER, "来电人": Role.CUSTOMER,
    "c": Role.CUSTOMER, "other": Role.OTHER, "其他": Role.OTHER, "unknown": Role.UNKNOWN, "未知": Role.UNKNOWN,
}  # fmt: skip
_LINE = re.compile(r"\s*([^\s@:：]{1,12})\s*(?:@\s*(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)\s*)?[:：]\s*(.*)")
TYPED = TextSource(SourceKind.TYPED)
MAX_TURNS = 5_000


class ExampleError(ValueError):
    """``problem`` and ``mend`` of a line that is no turn; ``line`` counts from 0."""

    def __init__(self, line: int, problem: str, mend: str) -> None:
        self.line, self.problem, self.mend = line, problem, mend
        super().__init__(f"{problem}; {mend}")


def turns_of(text: str) -> tuple[Turn, ...]:
    """The turns written in ``text``, one a line; empty lines are skipped. Raises ExampleError."""
    turns: list[Turn] = []
    for number, line in enumerate(text.splitlines()):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        role = _ROLES.get(match[1].lower()) if match else None
        if match is None or role is None:
            raise ExampleError(number, f"'{line.strip()[:40]}' is not a turn", "write agent: … or customer: … (with @start-end in seconds)")
        span = Span(float(match[2]), float(match[3])) if match[2] else None
        if span is not None and not span:
            raise ExampleError(number, f"'{match[2]}-{match[3]}' ends before it starts", "write @start-end in seconds")
        if len(turns) >= MAX_TURNS:
            raise ExampleError(number, f"more than {MAX_TURNS:,} turns", "split the conversation")
        turns.append(Turn(len(turns), role, match[4].strip(), span, source=TYPED))
    if not turns:
        raise ExampleError(0, "there is no turn", "write agent: … or customer: …")
    return tuple(turns)


def call_of(call_id: str, turns: tuple[Turn, ...], facts: Mapping[str, Any] | None = None, meta: Mapping[str, Any] | None = None) -> Call:
    """A call made of written turns. ``facts`` may give direction, queue, duration, layout, truncated, metadata_closed.

    Personal values are masked as they are in stored calls: a rule is proven on what it will see.
    """
    facts = dict(facts or {})
    turns = redact(turns, EXAMPLE_KEY)
    timed = [t.span for t in turns if t.span]
    layout = Layout(facts.pop("layout", Layout.STEREO if timed else Layout.NONE))
    duration = float(facts.pop("duration", 0.0)) or max((s.end for s in timed), default=0.0)
    return Call(call_id, turns, duration, layout, overlap_known=layout is Layout.STEREO and bool(timed), metadata=dict(meta or {}), **facts)

"""Examples that are missing, and conversations that stand under two outcomes."""

from __future__ import annotations

from collections.abc import Iterator

from qa.rules.model import Example, Item, Title

WANTED = 3
"""Examples of each outcome, pass and fail, that an item should have."""


def missing(item: Item) -> Iterator[Title]:
    """What an item lacks in examples."""
    for outcome, zh in (("pass", "合格"), ("fail", "不合格")):
        count = sum(e.outcome == outcome for e in item.examples)
        if count < WANTED:
            yield Title(
                f"只有 {count} 个{zh}样例，至少写 {WANTED} 个：换一种说法的、似是而非的",
                f"{count} examples that {outcome}; write at least {WANTED}: a paraphrase and a near miss among them",
            )


def conflicts(item: Item) -> Iterator[tuple[int, Title]]:
    """(line, what) of every conversation whose outcome contradicts an earlier one's."""
    known: dict[object, Example] = {}
    for example in item.examples:
        call = example.call
        turns = tuple((t.role, t.text, t.span, t.tokens) for t in call.turns)  # masked values differ by their tokens
        facts = (call.direction, call.queue, call.layout, call.duration, call.truncated, call.metadata_closed)
        key = (turns, facts, tuple(sorted((str(k), str(v)) for k, v in call.metadata.items())))
        first = known.setdefault(key, example)
        if first.outcome != example.outcome:
            yield (
                example.line,
                Title(
                    f"这段对话在第 {first.line} 行写作 {first.outcome}，这里写作 {example.outcome}；保留一个",
                    f"this conversation is {first.outcome} on line {first.line} and {example.outcome} here; keep one",
                ),
            )

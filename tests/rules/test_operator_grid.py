"""Every operator in every window with every anchor, on one call whose answers were worked out by hand.

Twelve turns of ten seconds, the agent's even ones (0, 2, … 10) and the caller's odd ones; the call lasts 120 s. The caller says 标记 in
turns 3 and 7, at characters 1–3, which is 32.5–37.5 s and 72.5–77.5 s. Operators on sentences hit in the agent's turns, those on gaps
behind the caller's turns 1, 5 and 9, which end after four seconds (gaps 14–20, 54–60, 94–100 s).

    WINDOWS, ANCHORS   where a hit may lie: turns for sentences, the turn before it for gaps
    OPERATORS          what each operator finds in the whole call: turn, first and past-last character

A hit is expected where its window and its anchor both allow it. Borders of times lie within the caller's turns, where nothing hits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import pytest

from qa.calls import Call, Voice
from qa.rules.conditions import OPERATORS as KNOWN

EVERY = frozenset(range(12))
SENTENCE = "好的，请您查看电表读数。"
MARK = {1: "我再想想", 3: "嘿标记完", 5: "我再想想", 7: "嘿标记完", 9: "我再想想", 11: "我再想想"}


def to(first: int, last: int) -> frozenset[int]:
    return frozenset(range(first, last + 1))


# window → (turns whose sentences it holds, turns behind which it holds a gap)
WINDOWS: dict[str, tuple[frozenset[int], frozenset[int]]] = {
    "": (EVERY, EVERY),
    "in: first 2 agent turns": (frozenset({0, 2}), to(0, 3)),
    "in: last 2 agent turns": (frozenset({8, 10}), to(8, 11)),
    "in: agent turns 2 to 4": (frozenset({2, 4, 6}), to(2, 7)),
    "in: agent turns -3 to -2": (frozenset({6, 8}), to(6, 9)),
    "in: customer turns 1 to 3": (frozenset({1, 3, 5}), to(0, 6)),
    "in: turns 3 to 7": (to(2, 6), to(2, 6)),
    "in: turn 3": (frozenset({2}), frozenset({2})),
    "in: turns -4 to -2": (to(8, 10), to(8, 10)),
    "in: last 3 turns": (to(9, 11), to(9, 11)),
    "in: first 35 s": (to(0, 2), frozenset({1})),
    "in: last 28 s": (frozenset({10, 11}), frozenset({9})),
    "in: 12 s to 55 s": (frozenset({2, 4}), frozenset({1, 5})),
    "in: -65 s to -25 s": (frozenset({6, 8}), frozenset({9})),
    "in: 52 s to end": (frozenset({6, 8, 10}), frozenset({5, 9})),
}
ANCHORS: dict[str, tuple[frozenset[int], frozenset[int]]] = {
    "": (EVERY, EVERY),
    "after: a": (to(4, 11), to(3, 11)),
    "after: first a, within: 2 agent turns": (to(4, 7), to(3, 7)),
    "after: first a, within: 2 turns": (to(4, 5), to(3, 5)),
    "after: first a, within: 20 s": (frozenset({4}), frozenset({5})),
    "after: last a": (to(8, 11), to(7, 11)),
    "after: last a, within: 1 turn": (frozenset({8}), to(7, 8)),
    "after: any a, within: 2 agent turns": (to(4, 11), to(3, 11)),
    "after: any a, within: 1 turn": (frozenset({4, 8}), frozenset({3, 4, 7, 8})),
    "after: each a, within: 1 agent turn": (frozenset({4, 5, 8, 9}), frozenset({3, 4, 5, 7, 8, 9})),
    "before: a": (to(0, 2), to(0, 2)),
    "before: first a, within: 1 agent turn": (to(1, 2), to(1, 2)),
    "before: first a, within: 20 s": (frozenset({2}), frozenset({1})),
    "before: last a": (to(0, 6), to(0, 6)),
    "before: last a, within: 3 turns": (to(4, 6), to(4, 6)),
    "before: any a, within: 1 turn": (frozenset({2, 6}), frozenset({2, 6})),
    "before: each a, within: 2 turns": (frozenset({1, 2, 5, 6}), frozenset({1, 2, 5, 6})),
    "around: first a, within: 1 turn": (frozenset({2, 4}), frozenset({2, 3, 4})),
    "around: last a, within: 2 agent turns": (frozenset({3, 4, 5, 6, 8, 9, 10, 11}), to(3, 11)),
    "around: any a, within: 14 s": (frozenset({2, 4, 6, 8}), frozenset({1, 5})),
    "around: each a, within: 1 turn": (frozenset({2, 4, 6, 8}), frozenset({2, 3, 4, 6, 7, 8})),
    "after: first a, before: last a": (to(4, 6), to(3, 6)),
    "after: {first: never, if_absent: open}": (EVERY, EVERY),
    "before: {last: never, if_absent: open}, after: a": (to(4, 11), to(3, 11)),
    "after: {any: never, if_absent: miss}": (frozenset(), frozenset()),
    "before: each never": (frozenset(), frozenset()),
}


def skeleton(
    said: Callable[[int], str] = lambda turn: SENTENCE, *, ends: Callable[[int], float] = lambda turn: 10.0 * turn + 10
) -> list[str]:
    """The lines of the call; ``said`` by the agent, each turn until ``ends``."""
    texts = [said(turn) if turn % 2 == 0 else MARK[turn] for turn in range(12)]
    return [f"{'customer' if i % 2 else 'agent'}@{10 * i}-{ends(i):g}: {text}" for i, text in enumerate(texts)]


def with_gaps(turn: int) -> float:
    return 10.0 * turn + (4 if turn in (1, 5, 9) else 10)


def cut_into(turn: int) -> float:
    """The caller goes on for a second after the agent has begun."""
    return 10.0 * turn + (11 if turn % 2 and turn < 11 else 10)


def loud_in(call: Call, turns: Iterable[int]) -> Call:
    return replace(call, turns=tuple(replace(t, loudness=-10.0 if t.index in turns else -30.0) for t in call.turns))


def angry_in(call: Call, turns: Iterable[int]) -> Call:
    def voice(turn: int) -> Voice:
        return Voice(emotion="angry" if turn in turns else "neutral", emotion_confidence=0.9, emotion_source="emotion2vec")

    return replace(call, turns=tuple(replace(t, voice=voice(t.index)) for t in call.turns))


@dataclass(frozen=True)
class Case:
    """A condition, the call it looks at, and its hits in the whole call; ``others`` are conditions that it is made of."""

    condition: str
    hits: tuple[tuple[int, int, int], ...]
    lines: tuple[str, ...] = tuple(skeleton())
    change: Callable[[Call], Call] = lambda call: call
    others: str = ""
    by: str = ", by: agent"


AGENT = (0, 2, 4, 6, 8, 10)
GAPS = ((1, 4, 4), (5, 4, 4), (9, 4, 4))
OPERATORS: dict[str, Case] = {
    "say": Case("say: 电表", tuple((i, 7, 9) for i in AGENT)),
    "regex": Case("regex: '查.电'", tuple((i, 5, 8) for i in AGENT)),
    "similar_to": Case("similar_to: 请您查看电表读数", tuple((i, 3, 11) for i in AGENT)),
    "repeats": Case("repeats: {}", tuple((i, 0, 11) for i in AGENT[1:])),
    "silence": Case("silence: {over: 5 s, awaiting: agent}", GAPS, tuple(skeleton(ends=with_gaps)), by=""),
    "response_time": Case("response_time: {over: 5 s}", GAPS, tuple(skeleton(ends=with_gaps))),
    "speech_rate": Case("speech_rate: {over: 40, per: sentence}", tuple((i, 0, 12) for i in AGENT)),
    "interruption": Case("interruption: {}", tuple((i, 0, 12) for i in AGENT[1:]), tuple(skeleton(ends=cut_into))),
    "loudness": Case("loudness: {over: -20 dBFS}", ((2, 0, 12), (6, 0, 12), (8, 0, 12)), change=lambda c: loud_in(c, (2, 3, 6, 8))),
    "emotion": Case("emotion: angry", ((0, 0, 12), (4, 0, 12), (6, 0, 12)), change=lambda c: angry_in(c, (0, 4, 5, 6))),
    "flow": Case(
        "flow: [look, read]",
        tuple((i, 9, 11) for i in AGENT),
        others="look: {say: 查看, by: agent}\nread: {say: 读数, by: agent}\n",
        by="",
    ),
    "entity": Case("entity: duration", tuple((i, 3, 7) for i in AGENT), tuple(skeleton(lambda i: "好的，45分钟内到。"))),
    "same_value": Case(
        "same_value: phone",
        ((2, 4, 15), (6, 4, 15), (8, 4, 15)),
        tuple(
            line.replace("我再想想", "我电话13912345678") if line.startswith("customer@10-") else line
            for line in skeleton(lambda i: "好的，是13912345678" if i in (2, 6, 8) else SENTENCE)
        ),
    ),
}


@pytest.mark.parametrize("anchor", ANCHORS)
@pytest.mark.parametrize("name", OPERATORS)
def test_where_each_operator_looks(find, call, name: str, anchor: str) -> None:
    case = OPERATORS[name]
    between = KNOWN[name].place == "gap"
    made = case.change(call(*case.lines, duration=120))
    for window, allowed in WINDOWS.items():
        place = ", ".join(part for part in (window, anchor) if part)
        condition = f"x: {{{case.condition}{case.by}{', ' if place else ''}{place}}}"
        rule = f"a: {{say: 标记, by: customer}}\nnever: {{say: 从不出现}}\n{case.others}{condition}"
        expected = [hit for hit in case.hits if hit[0] in allowed[between] & ANCHORS[anchor][between]]
        found = find(rule, made).hits
        assert [(h.turn, h.start, h.end) for h in found] == expected, f"{name} {place}"
        assert all(h.certain and not h.doubt and h.detail and h.span is not None for h in found), f"{name} {place}"


def test_no_operator_with_a_place_is_left_out() -> None:
    assert {name for name, operator in KNOWN.items() if operator.place != "call"} == set(OPERATORS)


@pytest.mark.parametrize("name", [name for name, operator in KNOWN.items() if operator.place == "call"])
def test_facts_of_the_whole_call_take_no_place(one_item, name: str) -> None:
    from hotline.errors import BadRule

    for place in ("in: first 2 turns", "after: y", "unless: [y]"):
        with pytest.raises(BadRule, match="has no meaning"):
            one_item(f"y: {{say: 好}}\nx: {{{name}: {{}}, {place}}}", "expect: x or y")

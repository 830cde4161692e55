"""The operators of sound, time and order in both executors: many calls at once get what each gets alone."""

from __future__ import annotations

import random
from dataclasses import replace

from qa.calls import Call, Voice
from qa.rules import load_text
from qa.rules.batch import OUTCOMES, judge_many
from qa.rules.examples import call_of, turns_of
from qa.scoring import score

CARD = """
id: t
title: T
conditions:
  hello: {say: [您好], by: agent}
  bye: {say: 再见, by: agent}
sections:
  - id: s
    items:
      - {id: repeats, points: 5, conditions: {x: {repeats: {}, by: agent}}, forbid: x}
      - id: response_time
        points: 5
        conditions: {x: {response_time: {over: 5 s}, by: agent, unless: [{after: hello, within: 2 turns}]}}
        forbid: count(x) >= 1
      - {id: loudness, points: 5, conditions: {x: {loudness: {over: -20}, by: agent}}, forbid: x}
      - {id: emotion, points: 5, conditions: {x: {emotion: angry}, y: {say: 抱歉, by: agent, after: each x}}, expect: each x has y}
      - {id: talk_share, points: 5, conditions: {x: {talk_share: agent, over: 60 %}}, forbid: x}
      - {id: turn_count, points: 5, conditions: {x: {turn_count: any, over: 3}}, expect: x}
      - {id: flow, points: 5, conditions: {x: {flow: [hello, bye], in: first 6 turns}}, expect: x}
      - {id: item_verdict, points: 5, conditions: {x: {item_verdict: flow, is: fail}}, applies_when: x, expect: hello}
      - {id: speech_rate, points: 5, conditions: {x: {speech_rate: {over: 150, unit: words, min_words: 2}, by: agent}}, forbid: x}
      - {id: interruption, points: 5, conditions: {x: {interruption: {}, by: agent}}, forbid: x}
"""
SAID = ("您好，请讲", "请您报一下用电户号", "再见", "抱歉", "嗯", "我家停电了", "好的请稍等")


def random_call(number: int, dice: random.Random) -> Call:
    """A call of one to ten turns: some overlap, some lie apart, some voices are not known; every third one is typed."""
    typed, at, lines = number % 3 == 0, 0.0, []
    for _ in range(dice.randint(1, 10)):
        at = max(0.0, at + dice.choice([-0.8, 0, 1, 6]))
        end = at + dice.choice([1, 2, 4])
        role = dice.choice(["agent", "customer", "agent", "customer", "unknown"])
        lines.append(f"{role}: {dice.choice(SAID)}" if typed else f"{role}@{at:.1f}-{end:.1f}: {dice.choice(SAID)}")
        at = end
    made = call_of(f"c{number}", turns_of("\n".join(lines)), {"truncated": number % 7 == 0, "layout": "none" if typed else "stereo"})
    turns = []
    for turn in made.turns:
        voice = Voice(emotion=dice.choice(["angry", "neutral", None]), emotion_confidence=dice.choice([0.3, 0.9]))
        turns.append(replace(turn, loudness=dice.choice([-10.0, -30.0, None]), voice=voice))
    return replace(made, turns=tuple(turns))


def test_both_executors_agree() -> None:
    rules, dice = load_text(CARD, "t.yaml"), random.Random(3)
    calls = [random_call(number, dice) for number in range(120)]
    many = judge_many(rules, calls)
    seen: dict[str, set[str]] = {item.id: set() for item in rules.items}
    for row, call in enumerate(calls):
        card = score(rules, call)
        for item in card.items:
            outcome = OUTCOMES[many.outcomes(item.item_id)[row]]
            assert outcome == item.outcome.value, (call.id, item.item_id, item.reason)
            seen[item.item_id].add(outcome)
        assert (many.low[row], many.high[row]) == (card.low, card.high), call.id
    assert all({"pass", "fail", "doubtful"} <= outcomes for name, outcomes in seen.items() if name != "item_verdict"), seen

"""One certain hit leaves the doubt about further ones: counts, answers to each, and points per hit, in both executors."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from qa.calls import Call, Layout, TextSource, Voice
from qa.rules import load_text
from qa.rules.batch import OUTCOMES, judge_many
from qa.rules.examples import call_of, turns_of
from qa.scoring import score

CARD = """
id: t
title: T
sections:
  - id: s
    items:
      - id: i
        {stake}
        conditions:
          {conditions}
        {asks}
"""
LOW, GARBLED, CUT = "低置信度", "读音近似", "录音不完整"


def heard(lines: str, doubt: str = "", **facts: object) -> Call:
    """A call of such lines; ``doubt`` is what is wrong with its second last sentence, or that its end is missing."""
    made = call_of("c", turns_of(lines), {"layout": Layout.STEREO.value, "truncated": doubt == CUT, **facts})
    weak = len(made.turns) - 2 if doubt == LOW else -1
    return replace(made, turns=tuple(replace(t, confidence=0.2) if t.index == weak else t for t in made.turns))


def judged(conditions: dict[str, str], asks: str, call: Call, stake: str = "points: 5") -> tuple[str, str, int, float]:
    """(outcome, reason, fewest, most) of the one item, the same from both executors."""
    named = "\n          ".join(f"{name}: {{{body}}}" for name, body in conditions.items())
    rules = load_text(CARD.format(conditions=named, asks=asks, stake=stake), "t.yaml")
    alone, many = score(rules, call), judge_many(rules, [call])
    (result,) = alone.items
    assert OUTCOMES[many.outcomes("i")[0]] == result.outcome.value, result.reason
    assert (many.low[0], many.high[0]) == (alone.low, alone.high)
    return result.outcome.value, result.reason, int(many.fewest[0, 0]), float(many.most[0, 0])


# What is asked of phrases ----------------------------------------------------------------------------

WANTED = {"a": "say: 请问, by: agent"}
BANNED = {"a": "say: 没办法, by: agent"}
ANSWERED = {"upset": "say: 太过分, by: customer", "sorry": "say: 抱歉, by: agent, after: each upset, within: 1 agent turn"}


def asking(second: str) -> str:
    return f"agent: 您好，请问有什么事\ncustomer: 家里停电了\nagent: {second}\ncustomer: 好的"


def refusing(second: str) -> str:
    return f"agent: 这个没办法处理\ncustomer: 那怎么行\nagent: {second}\ncustomer: 算了"


def upset(cause: str, answer: str) -> str:
    return f"customer: 你们太过分了\nagent: 实在抱歉\ncustomer: {cause}\nagent: {answer}\ncustomer: 好的"


TABLE = [
    # what is asked, of what, heard clearly and garbled; what comes of it without doubt, on a cut recording, with weak words, garbled
    # (p: pass, f: fail, ?: doubtful)
    ("count(a) >= 2", WANTED, asking("报一下户号吧"), asking("情问您的户号"), "f???"),
    ("count(a) < 2", WANTED, asking("报一下户号吧"), asking("情问您的户号"), "p???"),
    ("not (count(a) >= 2)", BANNED, refusing("您再等等看吧"), refusing("我也没版法呀"), "p???"),
    ("each upset has sorry", ANSWERED, upset("家里停电", "马上处理"), upset("你们太过疯了", "马上处理"), "p?p?"),
    ("each upset has sorry", ANSWERED, upset("太过分了", "马上处理"), upset("太过分了", "报欠"), "f???"),
    ("a", WANTED, asking("报一下户号吧"), asking("情问您的户号"), "pppp"),
    ("not a", BANNED, refusing("您再等等看吧"), refusing("我也没版法呀"), "ffff"),
]  # fmt: skip


@pytest.mark.parametrize("doubt", ["", CUT, LOW, GARBLED])
@pytest.mark.parametrize(("asks", "conditions", "clear", "garbled", "expected"), TABLE)
def test_one_certain_hit_does_not_settle_how_many_there_are(
    asks: str, conditions: dict[str, str], clear: str, garbled: str, expected: str, doubt: str
) -> None:
    """Where the one cause was answered for certain, weak words elsewhere change nothing: see the fourth row."""
    call = heard(garbled if doubt == GARBLED else clear, doubt)
    outcome, reason, _, _ = judged(conditions, f"expect: {asks}", call)
    assert outcome[0].replace("d", "?") == expected[["", CUT, LOW, GARBLED].index(doubt)], reason
    if outcome == "doubtful":
        assert {CUT: CUT, LOW: "识别置信度低", GARBLED: "近似"}[doubt] in reason or "没有：抱歉" in reason


SAID, GARBLED_SO = "感谢您的来电", "感谢您的来店"


@pytest.mark.parametrize(
    ("line", "times", "outcome"),
    [
        (f"{SAID}，马上处理，{GARBLED_SO}", 2, "pass"),
        (f"{GARBLED_SO}，马上处理，{SAID}", 2, "pass"),
        (f"{GARBLED_SO}，马上处理，{GARBLED_SO}", 2, "pass"),
        (f"{GARBLED_SO}，{SAID}，马上处理，{GARBLED_SO}", 3, "pass"),
        (f"{GARBLED_SO}，{SAID}，马上处理，{GARBLED_SO}", 4, "fail"),
        (f"{SAID}，马上处理", 2, "fail"),
        (f"{SAID}，马上处理，冈谢您的来腾", 2, "doubtful"),
    ],
)
def test_all_likenesses_of_a_talk_are_counted_in_any_order(line: str, times: int, outcome: str) -> None:
    call = heard(f"agent: {line}\ncustomer: 好")
    assert judged({"a": f"say: {SAID}, by: agent"}, f"expect: count(a) >= {times}", call)[0] == outcome


@pytest.mark.parametrize(
    ("doubt", "second", "most"),
    [("", "您再等等看吧", 1), (CUT, "您再等等看吧", math.inf), (LOW, "您再等等看吧", math.inf), ("", "我也没版法呀", 2)],
)
def test_points_per_hit_are_lost_once_for_certain_and_perhaps_more_often(doubt: str, second: str, most: float) -> None:
    stake = "points_per_hit: 2\n        at_most: 10"
    found = judged(BANNED, "forbid: a", heard(refusing(second), doubt), stake)
    assert found[0] == "fail" and found[2:] == (1, most)


def test_an_accusation_needs_one_certain_hit_before_weak_words_count() -> None:
    """Else every badly heard sentence would be suspected of everything that is forbidden."""
    call = heard("agent: 您好\ncustomer: 停电了\nagent: 您再等等看吧\ncustomer: 算了", LOW)
    assert judged(BANNED, "forbid: count(a) >= 2", call)[0] == "pass"
    excused = {**BANNED, "sorry": "say: 抱歉, by: agent"}
    excused["a"] += ", unless: [{before: sorry, within: 1 turn}]"
    assert judged(excused, "forbid: count(a) >= 2", heard(refusing("您再等等看吧"), LOW))[0] == "doubtful"
    said = "agent: 真抱歉\ncustomer: 嗯嗯\nagent: 没办法\ncustomer: 好\nagent: 您再等等看吧\ncustomer: 算了"
    excused["a"] = "say: 没办法, by: agent, unless: [{after: sorry, within: 2 turns}]"
    assert judged(excused, "forbid: count(a) >= 2", heard(said, LOW))[0] == "pass"


def test_among_many_calls_only_those_with_a_certain_hit_may_have_a_further_one() -> None:
    """The first refuses for certain, the second not at all, the third perhaps; each has a sentence of weak words."""
    said = ("这个没办法处理", "您说说看", "我也没版法呀")
    calls = [heard(f"agent: {words}\ncustomer: 那怎么行\nagent: 您再等等看吧\ncustomer: 算了", LOW) for words in said]
    rules = load_text(CARD.format(conditions="a: {say: 没办法, by: agent}", asks="forbid: count(a) >= 2", stake="points: 5"), "t.yaml")
    outcomes = [OUTCOMES[o] for o in judge_many(rules, calls).outcomes("i")]
    assert outcomes == ["doubtful", "pass", "pass"] == [score(rules, call).items[0].outcome.value for call in calls]


def test_weak_words_are_no_further_cause_and_no_further_silence() -> None:
    """What only decides whether something else is judged is not suspected either; nor do weak words hide other things than words."""
    lines = "agent: 您好\ncustomer: 你们太过分了\nagent: 实在抱歉\ncustomer: 家里停电\nagent: 马上"
    assert judged(ANSWERED, "expect: each upset has sorry", heard(lines, LOW))[0] == "pass"
    wanted = "expect: upset and each upset has sorry"
    more = f"{lines}\ncustomer: 您再讲一下\nagent: 再见"
    assert judged(ANSWERED, wanted, heard(more))[0] == "pass"
    assert judged(ANSWERED, wanted, heard(more, LOW))[0] == "doubtful", "what is wanted itself may have been said again"
    asked = {"a": "say: 请问, by: agent", "b": "say: 再见, by: agent"}
    assert judged(asked, "applies_when: count(a) >= 2\n        expect: b", heard(asking("您再讲一下"), LOW))[0] == "na"
    timed = "agent@0-2: 您好\ncustomer@5-6: 停电了\nagent@6-7: 您再等等看吧\ncustomer@7-8: 好"
    assert judged({"x": "silence: {over: 2 s}"}, "forbid: count(x) >= 2", heard(timed, LOW))[0] == "pass"


def test_an_answer_that_is_certainly_missing_is_the_reason_even_where_there_may_be_more_causes() -> None:
    lines = "customer@0-3: 你们太过分了\nagent@3-5: 马上处理\ncustomer@5-9:\nagent@9-12: 好的"

    def with_untranscribed(call: Call) -> Call:
        return replace(call, turns=tuple(t if t.text else replace(t, source=TextSource()) for t in call.turns))

    outcome, reason, _, _ = judged(ANSWERED, "expect: each upset has sorry", with_untranscribed(heard(lines)))
    assert outcome == "fail" and "未转写" not in reason
    answered = with_untranscribed(heard(lines.replace("马上处理", "实在抱歉")))
    outcome, reason, _, _ = judged(ANSWERED, "expect: each upset has sorry", answered)
    assert outcome == "doubtful" and "未转写" in reason


def test_several_phrases_of_which_one_is_garbled_may_be_said_more_often() -> None:
    both = {"a": "say: {all: [请问, 户号]}, by: agent"}
    assert judged(both, "expect: count(a) < 4", heard(asking("报一下胡号吧")))[0] == "pass"
    assert judged(both, "expect: count(a) < 4", heard(asking("报一下胡号吧"), CUT))[0] == "doubtful"


def test_beside_a_whole_number_loose_digits_are_something_else() -> None:
    pieces = ("一三八零", "您稍等我拿一下纸笔", "零零零四", "请您慢一点我在记录", "五一七", "好的")
    loose = "\n".join(f"{'agent' if number % 2 else 'customer'}: {said}" for number, said in enumerate(pieces))
    phone = {"x": "entity: phone, by: customer"}
    assert judged(phone, "forbid: count(x) >= 2", heard(f"customer: 电话13900004527\nagent: 嗯嗯\n{loose}"))[0] == "pass"
    outcome, reason, _, _ = judged(phone, "forbid: x", heard(loose))
    assert outcome == "doubtful" and "未能拼合" in reason


@pytest.mark.parametrize(
    ("window", "outcome"), [("in: first agent turn", "fail"), ("in: agent turns 2 to 2", "doubtful"), ("by: agent", "doubtful")]
)
def test_weak_words_outside_the_window_raise_no_doubt(window: str, outcome: str) -> None:
    call = heard(asking("您再讲一下"), LOW)
    assert judged({"a": f"say: 请问, {window}"}, "expect: count(a) >= 2", call)[0] == outcome


def test_a_likeness_that_is_no_hit_does_not_count() -> None:
    """Two syllables are too few for an accusation by sound."""
    assert judged({"a": "say: 请问, by: agent"}, "forbid: count(a) >= 2", heard(asking("情问您的户号")))[0] == "pass"


# Every operator on a recording that stops ------------------------------------------------------------

TIMED = """
agent@0-3: 请您先不要着急。我三分钟打给您
customer@3.5-6: 我电话13800004517
agent@9-12: 请您先不要着急。13800004517对吗
customer@11-13: 我还有一个问题
"""
ONCE = {
    "say": "say: 三分钟, by: agent",
    "all": "say: {all: [三分钟, 不要着急]}, by: agent, in: first 60 s",
    "regex": "regex: 三分钟, by: agent",
    "similar_to": "similar_to: 三分钟打给您, at_least: 0.9, by: agent",
    "repeats": "repeats: {min_chars: 4}, by: agent",
    "entity": "entity: duration, by: agent",
    "personal": "entity: phone, by: customer",
    "same_value": "same_value: phone, given_by: customer, by: agent",
    "loudness": "loudness: {over: -20}, by: agent, in: first 60 s",
    "emotion": "emotion: angry, by: agent",
    "silence": "silence: {over: 2 s}",
    "response_time": "response_time: {over: 2 s}, by: agent",
    "interruption": "interruption: {min_chars: 0}, by: customer",
    "speech_rate": "speech_rate: {over: 340, per: sentence, min_chars: 14}, by: agent",
    "flow": "flow: [late, again]",
}
NEVER = {
    "say": "say: 投诉, by: agent",
    "silence": "silence: {over: 8 s}",
    "response_time": "response_time: {over: 8 s}, by: agent",
    "average": "response_time: {over: 8 s, per: average}, by: agent",
    "interruption": "interruption: {}, by: agent",
    "speech_rate": "speech_rate: {over: 900, per: sentence}, by: agent",
    "rate of the call": "speech_rate: {over: 900}, by: agent",
    "nothing to measure": "speech_rate: {over: 900, min_chars: 90}, by: agent",
    "loudness": "loudness: {over: -1}, by: agent",
    "level of the call": "loudness: {over: -1, per: call}, by: agent",
    "emotion": "emotion: sad, by: agent",
}


def sounding(doubt: str = "", **facts: object) -> Call:
    made = heard(TIMED, doubt, duration=13.0, **facts)
    loud = (-10.0, -30.0, -30.0, -30.0)
    voice = [Voice(emotion="angry" if i == 0 else "neutral", emotion_confidence=0.9) for i in range(4)]
    return replace(made, turns=tuple(replace(t, loudness=loud[t.index], voice=voice[t.index]) for t in made.turns))


def _with_steps(body: str) -> dict[str, str]:
    steps = {"late": "say: 三分钟, by: agent", "again": "say: 着急, by: agent"}
    return {"x": body, **(steps if body.startswith("flow") else {})}


@pytest.mark.parametrize("name", ONCE)
def test_on_a_cut_recording_a_hit_may_not_be_the_only_one(name: str) -> None:
    asks = "forbid: count(x) >= 4" if name == "all" else "forbid: count(x) >= 2"
    assert judged(_with_steps(ONCE[name]), asks, sounding())[0] == "pass"
    outcome, reason, _, _ = judged(_with_steps(ONCE[name]), asks, sounding(CUT))
    assert outcome == "doubtful" and CUT in reason
    assert judged(_with_steps(ONCE[name]), "forbid: x", sounding(CUT))[0] == "fail"


@pytest.mark.parametrize("name", NEVER)
def test_on_a_cut_recording_nothing_found_proves_nothing(name: str) -> None:
    conditions = {"x": NEVER[name]}
    assert judged(conditions, "forbid: x", sounding())[0] == "pass"
    outcome, reason, _, _ = judged(conditions, "forbid: x", sounding(CUT))
    assert outcome == "doubtful" and CUT in reason
    assert judged(conditions, "expect: count(x) < 3", sounding(CUT))[0] == "doubtful"
    early = {"x": f"{NEVER[name]}, in: first 9 s"}
    assert judged(early, "forbid: x", sounding(CUT))[0] == "pass", "the window ends before the recording does"


def test_the_average_of_a_cut_recording_counts_once() -> None:
    """Of a side's average or median there is one hit: no further one can follow."""
    slow = {"x": "speech_rate: {over: 200}, by: agent"}
    assert judged(slow, "forbid: count(x) >= 2", sounding(CUT))[0] == "pass"
    loud = {"x": "loudness: {over: -40, per: call}, by: agent"}
    assert judged(loud, "forbid: count(x) >= 2", sounding(CUT))[0] == "pass"
    wait = {"x": "response_time: {over: 1 s, per: average}, by: agent"}
    assert judged(wait, "forbid: count(x) >= 2", sounding(CUT))[0] == "pass"


def test_where_the_rules_do_not_mind_a_cut_recording_its_end_is_the_end() -> None:
    text = CARD.format(conditions="x: {silence: {over: 8 s}}", asks="forbid: x", stake="points: 5").replace(
        "title: T\n", "title: T\ndoubt: {truncated: false}\n", 1
    )
    rules = load_text(text, "t.yaml")
    for call, expected in ((sounding(CUT), "pass"), (replace(sounding(CUT), duration=30.0), "fail")):
        assert score(rules, call).items[0].outcome.value == expected
        assert OUTCOMES[judge_many(rules, [call]).outcomes("i")[0]] == expected

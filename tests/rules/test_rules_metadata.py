"""Fields that came with the call: their types, late feeds, times beside the conversation."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from hotline.errors import BadRule
from qa.rules.verdict import Verdict

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL
BEGAN = datetime(2026, 11, 20, 10, 0, tzinfo=timezone(timedelta(hours=8)))


@pytest.mark.parametrize(
    ("rule", "value", "verdict"),
    [
        ("is: 故障报修", "故障报修", HIT),
        ("is: 3", "3.0", HIT),
        ("is_not: 故障报修", "投诉", HIT),
        ("in_list: [农村, 边远]", "城区", MISS),
        ("not_in: [农村, 边远]", "城区", HIT),
        ("at_least: 3", "2", MISS),
        ("type: number, over: 3", "3", MISS),
        ("type: number, at_most: 3", "3", HIT),
        ("type: number, at_least: 0", "0", HIT),
        ("type: number, at_least: 3", "三级", DOUBTFUL),
        ("type: number, at_least: 3", "nan", DOUBTFUL),
        ("type: duration, over: 30 s", "45", HIT),
        ("type: duration, over: 30 s", "20 s", MISS),
        ("type: duration, over: 30 s", "1分钟", HIT),
        ("type: duration, over: 30 s", "3元", DOUBTFUL),
        ("type: flag, is: true", "是", HIT),
        ("type: flag, is: true", "N", MISS),
        ("type: flag, is: true", "maybe", DOUBTFUL),
        ("type: flag, is_not: true", "0", HIT),
        ("type: choice, choices: [城区, 农村], is: 农村", "农村", HIT),
        ("type: choice, choices: [城区, 农村], in_list: [农村]", "城区", MISS),
        ("type: choice, choices: [城区, 农村], is: 农村", "郊区", DOUBTFUL),
        ("present: true", "x", HIT),
        ("present: false", "x", MISS),
    ],
)
def test_typed_fields(find, call, rule, value, verdict) -> None:
    found = find(f"x: {{metadata: meta.f, {rule}}}", call("agent: 您好", meta={"f": value}))
    assert found.verdict is verdict
    assert (verdict is DOUBTFUL) == bool(found.unsure)
    assert all(h.turn is None for h in found.hits)


@pytest.mark.parametrize(
    ("rule", "created", "verdict"),
    [
        ("at_most: end + 2 min", "2026-11-20T10:03:00+08:00", HIT),
        ("over: end + 2 min", "2026-11-20T10:03:01+08:00", HIT),
        ("over: end + 2 min", "2026-11-20T02:03:01Z", HIT),
        ("over: end + 2 min", "2026-11-20 10:02", MISS),
        ("under: start", "2026-11-20 09:59", HIT),
        ("at_least: start - 5 min", "2026-11-20 09:55", HIT),
        ("over: 2026-11-19", "2026-11-20 09:55", HIT),
        ("is: 2026-11-20", "2026-11-20 09:55", HIT),
        ("over: end + 2 min", "soon", DOUBTFUL),
    ],
)
def test_times_beside_the_conversation(find, call, rule, created, verdict) -> None:
    """The call begins at 10:00 and lasts a minute; a time without a zone is in that of the call."""
    made = replace(call("agent@0-60: 您好", meta={"created": created}), started_at=BEGAN)
    assert find(f"x: {{metadata: meta.created, type: time, {rule}}}", made).verdict is verdict


def test_without_the_start_of_the_call_its_times_are_doubtful(find, call) -> None:
    found = find("x: {metadata: meta.created, type: time, over: end}", call("agent: 您好", meta={"created": "2026-11-20T10:00Z"}))
    assert found.verdict is DOUBTFUL and "通话开始时间未知" in found.unsure
    either = "x: {metadata: meta.created, type: time, in_list: [2026-11-21, start]}"
    assert find(either, call("agent: 您好", meta={"created": "2026-11-20T10:00Z"})).verdict is DOUBTFUL, "one of two cannot be known"


@pytest.mark.parametrize(
    "rule", ["is: 3", "is_not: 3", "type: flag, is: true", "present: true", "present: false", "type: duration, over: 3 s"]
)
def test_a_field_that_may_still_arrive_is_doubtful_and_says_so(find, call, rule) -> None:
    late = find(f"x: {{metadata: meta.f, {rule}}}", call("agent: 您好", metadata_closed=False))
    assert late.verdict is DOUBTFUL and late.unsure.startswith("meta.f 尚未到达")
    closed = find(f"x: {{metadata: meta.f, {rule}}}", call("agent: 您好"))
    assert closed.verdict is Verdict.of(rule in ("is_not: 3", "present: false"))


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("type: number, is: 很多", "is not a number"),
        ("type: number, is: inf", "is not a number"),
        ("type: duration, over: 很久", "is not a time"),
        ("type: time, over: 昨天", "is no moment"),
        ("type: time, over: end + 一会儿", "is not a time"),
        ("type: flag, is: 也许", "is neither true nor false"),
        ("type: flag, over: true", "has no meaning for a flag"),
        ("type: choice, is: 农村", "belong together"),
        ("choices: [农村], is: 农村", "belong together"),
        ("type: choice, choices: [农村], is: 城区", "is none of the choices"),
        ("type: colour, is: red", "is not known"),
        ("is: [a, b]", "takes one value"),
        ("is: a, over: 3", "needs exactly one test"),
    ],
)
def test_mistakes(find, call, rule, problem) -> None:
    with pytest.raises(BadRule, match=problem):
        find(f"x: {{metadata: meta.f, {rule}}}", call("agent: 您好"))

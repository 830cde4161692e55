"""Which version judges: by date, queue, direction and channel; overlaps and gaps are errors that name both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest

from hotline.errors import BadInput, BadRule
from qa.calls import Call
from qa.rulebook import RuleBook
from qa.rules import RuleSet, load_text
from qa.rules.model import Effective
from qa.scoring import score

EAST = timezone(timedelta(hours=8))


def card(name: str = "t", version: int = 1, head: str = "", item: str = "") -> RuleSet:
    text = f"""
id: {name}
version: {version}
title: T
{head}
sections: [{{id: s, items: [{{id: i, points: 5, conditions: {{x: {{say: 您好}}}}, expect: x, {item}}}]}}]
"""
    return load_text(text, f"{name}-v{version}.yaml")


def on(day: str, **facts: object) -> Call:
    return Call("c1", started_at=datetime.fromisoformat(f"{day}+08:00"), **facts)


def test_days_are_whole_and_instants_exact() -> None:
    days = Effective(date(2026, 1, 1), date(2026, 6, 30))
    held = [days.holds(datetime(2025, 12, 31, 23, 59, tzinfo=EAST)), days.holds(datetime(2026, 1, 1, 0, 0, tzinfo=EAST))]
    held += [days.holds(datetime(2026, 6, 30, 23, 59, tzinfo=EAST)), days.holds(datetime(2026, 7, 1, tzinfo=EAST)), days.holds(None)]
    assert held == [False, True, True, False, True]
    exact = Effective(datetime(2026, 1, 1, 8, tzinfo=EAST), datetime(2026, 1, 1, 9, tzinfo=EAST))
    held = [exact.holds(datetime(2026, 1, 1, h, m, tzinfo=EAST)) for h, m in ((7, 59), (8, 0), (8, 59), (9, 0))]
    assert held == [False, True, True, False]


def test_the_version_in_force_when_the_call_began_judges() -> None:
    book = RuleBook(
        (
            card(version=1, head="effective: {to: 2026-05-31}"),
            card(version=2, head="effective: {from: 2026-06-01}"),
            card(version=3, head="effective: {from: 2026-09-01}"),
        )
    )
    book.check()
    chosen = [book.choose(on(day)).version for day in ("2020-01-01", "2026-05-31T23:59", "2026-06-01", "2026-08-31", "2026-09-01")]
    assert chosen == [1, 1, 2, 2, 3]


def test_a_call_without_a_start_is_judged_by_what_is_in_force_now() -> None:
    book = RuleBook((card(version=1), card(version=2, head="effective: {from: 2999-01-01}")))
    assert book.choose(Call("c1")).version == 1


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ("", "", "version 1 of t (t-v1.yaml) is in force too"),
        ("effective: {to: 2026-06-30}", "effective: {from: 2026-06-30}", "overlap"),
        ("effective: {from: 2026-06-01}", "effective: {from: 2026-06-01}", "overlap"),
        ("effective: {from: 2026-06-01}", "effective: {from: 2026-05-01}", "overlap"),
        ("effective: {to: '2026-06-30T12:00+08:00'}", "effective: {from: '2026-06-30T11:00+08:00'}", "overlap"),
    ],
)
def test_versions_in_force_together_are_refused(first: str, second: str, problem: str) -> None:
    book = RuleBook((card(version=1, head=first), card(version=2, head=second)))
    with pytest.raises(BadRule) as caught:
        book.check()
    assert problem in caught.value.problem and caught.value.thing == "t-v2.yaml: effective"


def test_the_same_version_twice_is_refused() -> None:
    with pytest.raises(BadRule, match=r"version 1 of t is also t-v1.yaml"):
        RuleBook((card(), replace(card(), file="other.yaml"))).check()


def test_a_version_may_follow_on_the_next_day_or_at_the_same_instant() -> None:
    RuleBook((card(version=1, head="effective: {to: 2026-06-30}"), card(version=2, head="effective: {from: 2026-07-01}"))).check()
    noon = "'2026-06-30T12:00+08:00'"
    RuleBook((card(version=1, head=f"effective: {{to: {noon}}}"), card(version=2, head=f"effective: {{from: {noon}}}"))).check()


def test_the_rule_set_that_names_most_of_a_call_judges_it() -> None:
    general, oil = card("general"), card("oil", head="applies_to: {queues: [q1]}")
    out = card("out", head="applies_to: {queues: [q1], directions: outbound}")
    chat = card("chat", head="applies_to: {channels: [chat]}")
    book = RuleBook((general, oil, out, chat))
    chosen = [
        book.choose(on("2026-01-01", **facts)).id
        for facts in (
            {},
            {"queue": "q1"},
            {"queue": "q1", "direction": "outbound"},
            {"queue": "q2", "direction": "outbound"},
            {"metadata": {"channel": "chat"}},
        )
    ]
    assert chosen == ["general", "oil", "out", "general", "chat"]


def test_two_that_say_as_much_are_an_error_that_names_both() -> None:
    book = RuleBook((card("one"), card("two")))
    with pytest.raises(BadInput, match=r"call c1: several rule sets are for it: one \(one-v1.yaml\), two \(two-v1.yaml\)"):
        book.choose(on("2026-01-01"))


def test_none_that_fits_is_an_error_that_says_why() -> None:
    with pytest.raises(BadInput, match=r"no rule set is in force on 2026-01-01.*t v1: 2026-06-01 to …"):
        RuleBook((card(head="effective: {from: 2026-06-01}"),)).choose(on("2026-01-01"))
    with pytest.raises(BadInput, match=r"no rule set is for it \(queue q2, inbound, channel phone\).*t-v1.yaml"):
        RuleBook((card(head="applies_to: {queues: q1}"),)).choose(on("2026-01-01", queue="q2"))
    with pytest.raises(BadInput, match="no rule set for language en"):
        RuleBook((card("a"), card("b"))).choose(on("2026-01-01", metadata={"language": "en"}))


def test_a_file_asked_for_by_name_judges_whatever_it_is_for(tmp_path) -> None:
    (tmp_path / "t.yaml").write_text(card(head="applies_to: {queues: q1}\neffective: {from: 2999-01-01}").source, encoding="utf-8")
    assert RuleBook.load(tmp_path / "t.yaml").choose(on("2026-01-01", queue="q2")).id == "t"
    with pytest.raises(BadInput):
        RuleBook.load(tmp_path).choose(on("2026-01-01", queue="q2"))


def test_an_item_applies_only_while_it_is_in_force() -> None:
    rule_set = card(item="effective: {from: 2026-06-01}")
    before, after = score(rule_set, on("2026-05-31")), score(rule_set, on("2026-06-01"))
    assert before.item("i").outcome.value == "na" and "有效期" in before.item("i").reason
    assert after.item("i").outcome.value == "doubtful", "there is no text at all"


@pytest.mark.parametrize(
    ("head", "line", "field", "problem"),
    [
        ("effective: {from: soon}", 5, "effective.from", "'soon' is not a date"),
        ("effective: {from: 2026-13-01}", 5, "effective.from", "not a date"),
        ("effective: {from: '2026-01-01T08:00'}", 5, "effective.from", "has no time zone"),
        ("effective: {}", 5, "effective.from", "is missing"),
        ("effective: {from: 2026-02-01, to: 2026-01-31}", 5, "effective.to", "before"),
        ("effective: {since: 2026-02-01}", 5, "effective.since", "not known"),
        ("applies_to: {}", 5, "applies_to", "is empty"),
        ("applies_to: {directions: [inbound, up]}", 5, "applies_to.directions", "'up' is not a direction"),
        ("applies_to: {queue: q1}", 5, "applies_to.queue", "not known"),
        ("applies_to: q1", 5, "applies_to", "should be a table"),
    ],
)
def test_mistakes_name_file_line_and_field(head: str, line: int, field: str, problem: str) -> None:
    with pytest.raises(BadRule) as caught:
        card(head=head)
    assert caught.value.thing == f"t-v1.yaml:{line}: {field}" and problem in caught.value.problem, str(caught.value)

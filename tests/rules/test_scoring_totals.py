"""The interval of a score against every way in which its doubts could be settled, for every mixture of stakes."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from qa.rules import load_text
from qa.rules.model import Item, RuleSet, Section, Title
from qa.totals import Open, Outcome, Settled, interval, parts, shares, total

BASE = load_text("id: t\ntitle: T\nsections: [{id: s, items: [{id: i, points: 1, conditions: {x: {say: 您好}}, expect: x}]}]", "t.yaml")
PASS, FAIL, NA = Outcome.PASS, Outcome.FAIL, Outcome.NA
POINTS = st.sampled_from([0.0, 1.0, 2.5, 5.0, 10.0, 40.0])
STATES = st.sampled_from([frozenset(s) for n in range(1, 4) for s in product((PASS, FAIL, NA), repeat=n) if len(set(s)) == n])


@st.composite
def items(draw: st.DrawFn, section: str, number: int, in_percent: bool, may_zero: bool) -> Open:
    points = draw(POINTS)
    per_hit = draw(st.booleans()) and points > 0
    stakes = {"points": points, "points_per_hit": 0.0, "bonus": 0.0, "set_score": None, "fatal": False, "fatal_section": False}
    if per_hit:
        stakes["points_per_hit"] = draw(st.sampled_from([1.0, 2.0, 7.0]))
    else:
        stakes["bonus"] = draw(st.sampled_from([0.0, 0.0, 3.0, 8.0]))
        stakes["set_score"] = draw(st.sampled_from([None, None, None, 0.0, 60.0, 95.0]))
        kind = draw(st.sampled_from(["", "", "", "card", "section"]))
        stakes["fatal"], stakes["fatal_section"] = kind == "card", kind == "section" and may_zero
    item = replace(BASE.items[0], id=f"{section}{number}", section=section, in_percent=in_percent, **stakes)
    may_be = draw(STATES)
    if FAIL not in may_be:
        return Open(item, may_be)
    if not per_hit:
        return Open(item, may_be, points, points)
    least = min(points, draw(st.integers(1, 3)) * item.points_per_hit)
    return Open(item, may_be, least, min(points, least + draw(st.integers(0, 3)) * item.points_per_hit))


@st.composite
def cards(draw: st.DrawFn) -> tuple[RuleSet, list[Open]]:
    in_percent = draw(st.booleans())
    weighted = draw(st.booleans())
    opened: list[Open] = []
    sections = []
    for number in range(draw(st.integers(1, 3))):
        name = "abc"[number]
        mine = [draw(items(name, n, in_percent, weighted or not in_percent)) for n in range(draw(st.integers(1, 3)))]
        section = Section(name, Title(name, name), tuple(o.item for o in mine))
        if in_percent and weighted:
            section = replace(section, weight=draw(st.sampled_from([0.0, 1.0, 3.0, 10.0])), floor=draw(st.sampled_from([0.0, 20.0, 60.0])))
        if not in_percent:
            own = draw(st.one_of(st.none(), POINTS))
            worth = sum(i.points for i in section.items) if own is None else own
            section = replace(section, points=own, floor=draw(st.sampled_from([0.0, 0.5, 1.0])) * worth)
        sections.append(section)
        opened += mine
    start = draw(st.sampled_from([100.0, 20.0]))
    rule_set = replace(
        BASE,
        sections=tuple(sections),
        in_percent=in_percent,
        start=start,
        highest=start + draw(st.sampled_from([0.0, 5.0])),
        bonus_at_most=draw(st.sampled_from([None, 0.0, 4.0])),
    )
    return rule_set, opened


def settlements(opened: list[Open]) -> list[list[Settled]]:
    """Every way in which the doubts could be settled: each outcome, and each number of hits in between."""
    ways = []
    for o in opened:
        mine = [Settled(o.item, outcome) for outcome in sorted(o.may_be - {FAIL})]
        if FAIL in o.may_be:
            step = o.item.points_per_hit or 1.0
            lost = {o.least, o.most, *(min(o.most, o.least + n * step) for n in range(4))}
            mine += [Settled(o.item, FAIL, points) for points in sorted(lost)]
        ways.append(mine)
    return [list(way) for way in product(*ways)]


@settings(max_examples=400, deadline=None)
@given(cards())
def test_the_interval_is_what_trying_everything_gives(card: tuple[RuleSet, list[Open]]) -> None:
    rule_set, opened = card
    ways = settlements(opened)
    scores = [total(rule_set, way) for way in ways[:20_000]]
    low, high = interval(rule_set, opened)
    assert 0 <= low <= high <= rule_set.highest
    assert all(low - 0.011 <= one <= high + 0.011 for one in scores)
    if len(ways) <= 20_000:
        assert abs(low - min(scores)) < 0.011 and abs(high - max(scores)) < 0.011


@settings(max_examples=300, deadline=None)
@given(cards(), st.data())
def test_more_doubt_widens_and_less_narrows(card: tuple[RuleSet, list[Open]], data: st.DataObject) -> None:
    rule_set, opened = card
    number = data.draw(st.integers(0, len(opened) - 1))
    old = opened[number]
    more = frozenset(old.may_be | {data.draw(st.sampled_from([PASS, FAIL, NA]))})
    points = old.item.points
    wider = replace(old, may_be=more, least=old.least if FAIL in old.may_be else points, most=points)
    low, high = interval(rule_set, opened)
    wide_low, wide_high = interval(rule_set, [*opened[:number], wider, *opened[number + 1 :]])
    assert wide_low <= low + 0.011 and high <= wide_high + 0.011


@settings(max_examples=200, deadline=None)
@given(cards())
def test_a_settled_card_is_one_score(card: tuple[RuleSet, list[Open]]) -> None:
    rule_set, opened = card
    for way in ([o.worst for o in opened], [o.best for o in opened]):
        closed = [Open(s.item, frozenset({s.outcome}), s.lost, s.lost) for s in way]
        low, high = interval(rule_set, closed)
        assert low == high == total(rule_set, way)


@settings(max_examples=200, deadline=None)
@given(cards())
def test_sections_lie_within_their_points_and_shares_add_up(card: tuple[RuleSet, list[Open]]) -> None:
    rule_set, opened = card
    for part, section in zip(parts(rule_set, opened), rule_set.sections, strict=True):
        assert -0.01 <= part.low <= part.high <= part.points + 0.01
        if not rule_set.in_percent and not any(i.fatal_section for i in section.items):
            assert part.low >= section.floor - 0.01
    worth = shares(rule_set, opened)
    assert all(one >= 0 for one in worth)
    if rule_set.in_percent and any(worth):
        assert abs(sum(worth) - rule_set.start) < 1e-6
    assert all(one == 0 for one, o in zip(worth, opened, strict=True) if rule_set.in_percent and o.may_be == {NA})


@settings(max_examples=200, deadline=None)
@given(cards(), st.data())
def test_failing_never_helps(card: tuple[RuleSet, list[Open]], data: st.DataObject) -> None:
    """Settled cards: an item that fails instead of passing never raises the score; nor, fully failed, instead of not applying,
    but where a floor keeps a section up that would not count without it."""
    rule_set, opened = card
    way = [data.draw(st.sampled_from([o.worst, o.best])) for o in opened]
    number = data.draw(st.integers(0, len(way) - 1))
    item: Item = way[number].item
    before = {outcome: [*way[:number], Settled(item, outcome), *way[number + 1 :]] for outcome in (PASS, NA)}
    failed = [*way[:number], Settled(item, FAIL, item.points), *way[number + 1 :]]
    assert total(rule_set, failed) <= total(rule_set, before[PASS])
    if not any(section.floor for section in rule_set.sections):
        assert total(rule_set, failed) <= total(rule_set, before[NA])


def test_a_capping_item_may_lift_the_mean_where_a_floor_holds_its_section_up() -> None:
    base = replace(BASE.items[0], points=10.0, in_percent=True)
    capped, lost = replace(base, id="a0", section="a", set_score=95.0), replace(base, id="b0", section="b")
    first = Section("a", Title("a", "a"), (capped,), weight=1.0, floor=60.0)
    rule_set = replace(BASE, sections=(first, Section("b", Title("b", "b"), (lost,), weight=1.0)), in_percent=True)
    opened = [Open(capped, frozenset({NA, FAIL}), 10.0, 10.0), Open(lost, frozenset({FAIL}), 10.0, 10.0)]
    assert interval(rule_set, opened) == (0.0, 30.0)

"""Windows, anchors and excuses against a slow evaluation that is right by its looks.

The reference knows no doubt: it answers yes or no, turn by turn, from the definitions in the guide. A call in doubt stands for all
calls that it may be (who spoke, whether a badly heard word was said); the language's verdict must hold in every one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from qa.calls import Call, Layout, Role, Span, Turn
from qa.rules import load_text
from qa.rules.plan import compile_plan
from qa.rules.single import Run
from qa.rules.verdict import Found

AGENT, CUSTOMER, UNKNOWN = Role.AGENT, Role.CUSTOMER, Role.UNKNOWN


@dataclass(frozen=True)
class Place:
    """A character of the call that a condition looks for."""

    turn: int
    start: int
    end: int
    span: Span | None


@dataclass(frozen=True)
class Anchor:
    direction: str
    which: str
    turns: int | None
    role: Role | None
    seconds: float | None
    open: bool

    def written(self) -> str:
        near = ""
        if self.turns is not None:
            near = f", within: {self.turns} {self.role.value + ' ' if self.role else ''}turns"
        elif self.seconds is not None:
            near = f", within: {self.seconds:g} s"
        return f"{self.direction}: {{{self.which}: a{near}{', if_absent: open' if self.open else ''}}}"


@dataclass(frozen=True)
class Rule:
    """``x`` is the sign 甲, ``a`` the sign 乙. ``window`` is (unit, role, first, last)."""

    by: Role | None
    a_by: Role | None
    window: tuple[str, Role | None, float, float | None] | None
    anchors: tuple[Anchor, ...]

    def written(self) -> str:
        parts = ["regex: 甲"]
        if self.by:
            parts.append(f"by: {self.by.value}")
        if self.window:
            unit, role, first, last = self.window
            end = "end" if last is None else f"{last:g} s"
            whose = f"{role.value} " if role else ""
            parts.append(f"in: {whose}turns {first:g} to {last:g}" if unit == "turns" else f"in: {first:g} s to {end}")
        parts += [anchor.written() for anchor in self.anchors]
        side = f", by: {self.a_by.value}" if self.a_by else ""
        return f"a: {{regex: 乙{side}}}\nx: {{{', '.join(parts)}}}"


# The reference ---------------------------------------------------------------------------------------


class World:
    """One call that a call in doubt may be: whose every turn is, and which of the badly heard signs were said."""

    def __init__(self, turns: tuple[Turn, ...], roles: tuple[Role, ...], said: frozenset[tuple[int, int]], end: float) -> None:
        self.turns, self.roles, self.said, self.end = turns, roles, said, end
        self.talk_of: list[int] = []
        self.talk_roles: list[Role] = []
        for turn in turns:
            before = turns[turn.index - 1] if turn.index else None
            if before is None or before.role is not turn.role or turn.role is UNKNOWN:
                self.talk_roles.append(roles[turn.index])
            self.talk_of.append(len(self.talk_roles) - 1)

    def signs(self, sign: str, by: Role | None) -> list[Place]:
        return [
            Place(turn.index, at, at + 1, turn.time_of(at, at + 1))
            for turn in self.turns
            for at, character in enumerate(turn.text)
            if character == sign and (turn.index, at) in self.said and (by is None or self.roles[turn.index] is by)
        ]

    def holds(self, rule: Rule, hit: Place) -> bool:
        return self.in_window(rule, hit) and all(self.anchored(anchor, rule, hit) for anchor in rule.anchors)

    def in_window(self, rule: Rule, hit: Place) -> bool:
        if rule.window is None:
            return True
        unit, role, first, last = rule.window
        if unit == "seconds":
            assert hit.span is not None
            begin = first if first >= 0 else self.end + first
            stop = self.end if last is None else last if last >= 0 else self.end + last
            return begin <= hit.span.start <= stop
        counted = [talk for talk, whose in enumerate(self.talk_roles) if role is None or whose is role]
        talk = self.talk_of[hit.turn]
        if talk not in counted:
            return False
        place = counted.index(talk) + 1
        assert last is not None
        low, high = (n if n > 0 else len(counted) + 1 + n for n in (first, last))
        return low <= place <= high

    def anchored(self, anchor: Anchor, rule: Rule, hit: Place) -> bool:
        found = self.signs("乙", rule.a_by)
        if not found:
            return anchor.open
        chosen = {"first": found[:1], "last": found[-1:]}.get(anchor.which, found)
        return any(self.near(anchor, other, hit) for other in chosen)

    def near(self, anchor: Anchor, other: Place, hit: Place) -> bool:
        after = (hit.turn, hit.start) >= (other.turn, other.end)
        if anchor.direction != "around" and after != (anchor.direction == "after"):
            return False
        if anchor.turns is not None:
            # from the anchor's turn, itself not counted, to that of the hit, which is
            here, there = self.talk_of[other.turn], self.talk_of[hit.turn]
            between = range(here + 1, there + 1) if after else range(there, here)
            return sum(anchor.role is None or self.talk_roles[talk] is anchor.role for talk in between) <= anchor.turns
        if anchor.seconds is not None:
            assert hit.span is not None and other.span is not None
            early, late = (other.span, hit.span) if after else (hit.span, other.span)
            return late.start - early.end <= anchor.seconds
        return True


def worlds(call: Call) -> Iterator[World]:
    roles = [(turn.role,) if turn.role is not UNKNOWN else (AGENT, CUSTOMER) for turn in call.turns]
    signs = [(turn.index, at) for turn in call.turns for at in range(len(turn.text))]
    unsure = [place for place in signs if call.turns[place[0]].confidence is not None]
    for chosen in product(*roles):
        for flags in product((False, True), repeat=len(unsure)):
            missing = {place for place, there in zip(unsure, flags, strict=True) if not there}
            yield World(call.turns, chosen, frozenset(set(signs) - missing), call.duration)


# Calls and rules -------------------------------------------------------------------------------------

sides = st.sampled_from([AGENT, CUSTOMER])
either = st.sampled_from([None, AGENT, CUSTOMER])


@st.composite
def calls(draw: st.DrawFn, *, doubt: bool) -> Call:
    turns: list[Turn] = []
    at, unsure = 0.0, 0
    for index in range(draw(st.integers(1, 7))):
        role = draw(st.sampled_from([AGENT, AGENT, CUSTOMER, CUSTOMER, *([UNKNOWN] if doubt else [])]))
        text = draw(st.text(alphabet="甲乙丙", min_size=1, max_size=2))
        low = doubt and unsure + len(text) <= 4 and draw(st.booleans())
        unsure += len(text) if low else 0
        start = at + draw(st.sampled_from([0.0, 1.0, 3.0]))
        at = start + len(text)
        turns.append(Turn(index, role, text, Span(start, at), confidence=0.1 if low else None))
    return Call("c", tuple(turns), at, Layout.STEREO)


@st.composite
def anchors(draw: st.DrawFn, direction: str) -> Anchor:
    which = draw(st.sampled_from(["first", "last", "any", "each"]))
    unit = draw(st.sampled_from(["turns", "seconds"] if direction == "around" else ["", "turns", "seconds"]))
    return Anchor(
        direction,
        which,
        draw(st.integers(0, 3)) if unit == "turns" else None,
        draw(either) if unit == "turns" else None,
        draw(st.sampled_from([0.0, 1.0, 4.0])) if unit == "seconds" else None,
        draw(st.booleans()),
    )


def _ranges(draw: st.DrawFn) -> tuple[str, Role | None, float, float | None] | None:
    unit = draw(st.sampled_from(["", "turns", "seconds"]))
    if not unit:
        return None
    if unit == "turns":
        first, last = draw(st.sampled_from([(1, 1), (1, 2), (2, 4), (-1, -1), (-2, -1), (-3, -2), (2, -1), (1, -2)]))
        return unit, draw(either), first, last
    first, last = draw(st.sampled_from([(0, 2), (1, 5), (-3, None), (-6, -2), (2, None), (0, -2)]))
    return unit, None, first, last


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    directions = draw(st.lists(st.sampled_from(["after", "before", "around"]), max_size=2, unique=True))
    return Rule(draw(either), draw(either), _ranges(draw), tuple(draw(anchors(d)) for d in directions))


def looked_for(conditions: str, call: Call, name: str = "x") -> Found:
    body = "\n".join(f"          {line}" for line in conditions.splitlines())
    item = "      - id: i\n        points: 1\n        expect: x or a\n"
    text = f"id: t\ntitle: T\nsections:\n  - id: s\n    items:\n{item}        conditions:\n{body}\n"
    run = Run(compile_plan(load_text(text, "t.yaml")), call)
    return run.found(("i", name))


# The properties --------------------------------------------------------------------------------------


@settings(max_examples=250, deadline=None)
@given(calls(doubt=False), rules())
def test_without_doubt_the_hits_are_those_of_the_reference(call: Call, rule: Rule) -> None:
    (world,) = worlds(call)
    expected = [(p.turn, p.start) for p in world.signs("甲", rule.by) if world.holds(rule, p)]
    found = looked_for(rule.written(), call)
    assert [(h.turn, h.start) for h in found.hits if h.certain] == expected, rule.written()
    assert len(found.hits) == len(expected)


@settings(max_examples=250, deadline=None)
@given(calls(doubt=False), anchors("after"), either)
def test_each_hit_answers_the_anchors_that_it_lies_near(call: Call, anchor: Anchor, a_by: Role | None) -> None:
    rule = Rule(None, a_by, None, (replace(anchor, which="each"),))
    (world,) = worlds(call)
    causes = world.signs("乙", a_by)
    for hit in looked_for(rule.written(), call).hits:
        assert hit.turn is not None
        place = Place(hit.turn, hit.start, hit.end, hit.span)
        assert hit.groups == {i for i, cause in enumerate(causes) if world.near(rule.anchors[0], cause, place)}


@settings(max_examples=250, deadline=None)
@given(calls(doubt=True), rules())
def test_in_doubt_what_is_certain_holds_in_every_call_that_it_may_be(call: Call, rule: Rule) -> None:
    found = looked_for(rule.written(), call)
    certain = {(h.turn, h.start) for h in found.hits if h.certain}
    possible = {(h.turn, h.start) for h in found.hits}
    for world in worlds(call):
        really = {(p.turn, p.start) for p in world.signs("甲", rule.by) if world.holds(rule, p)}
        assert certain <= really <= possible, rule.written()


@settings(max_examples=250, deadline=None)
@given(
    calls(doubt=False),
    st.sampled_from(["after", "before", "around"]),
    st.integers(0, 2),
    st.sampled_from([None, 2.0, 5.0]),
    st.booleans(),
)
def test_excuses(call: Call, direction: str, turns: int, expires: float | None, once: bool) -> None:
    """Hit by hit in order: the first excuse near it, still in force and (with ``once``) not yet used, takes the hit away."""
    (world,) = worlds(call)
    near = Anchor(direction, "any", turns, None, None, False)
    unused = world.signs("乙", None)
    expected = []
    for hit in world.signs("甲", None):
        fits = [
            e
            for e in unused
            if world.near(near, e, hit)
            and (expires is None or (hit.span is not None and e.span is not None and hit.span.end - e.span.end <= expires))
        ]
        if not fits:
            expected.append((hit.turn, hit.start))
        elif once:
            unused.remove(fits[0])
    lasts = f", expires: {expires:g} s" if expires is not None else ""
    rule = f"a: {{regex: 乙}}\nx: {{regex: 甲, unless: [{{{direction}: a, within: {turns} turns{lasts}, once: {str(once).lower()}}}]}}"
    assert [(h.turn, h.start) for h in looked_for(rule, call).hits] == expected, rule

"""A rule set in memory: frozen values, as written by its author.

RuleSet ─► sections ─► items ─► conditions (operator, whose turns, where, unless)
   └─► conditions shared by all items       └─► expect / forbid (a Boolean expression)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from qa.calls import CERTAIN_ROLE, Call, Role
from qa.rules.expressions import Expression
from qa.rules.variables import Value, Variable


@dataclass(frozen=True, slots=True)
class Title:
    """A text in both languages; written once it stands for both."""

    zh: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.zh

    def __str__(self) -> str:
        return self.zh if self.zh == self.en else f"{self.zh} {self.en}"


@dataclass(frozen=True, slots=True)
class TurnRange:
    """Turns ``first`` to ``last`` (1-based, inclusive, negative from the end) of one side, or of both (None)."""

    role: Role | None
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Seconds ``start`` to ``end`` of the call; negative from its end, ``end`` None up to the end."""

    start: float
    end: float | None


@dataclass(frozen=True, slots=True)
class Within:
    """At most so many turns (of one side, or of both) or so many seconds away."""

    turns: int | None = None
    role: Role | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """``direction`` (after, before, around) of the first, last, any or each hit of another condition."""

    direction: str
    which: str
    condition: str
    within: Within | None = None
    open_if_absent: bool = False


@dataclass(frozen=True, slots=True)
class Unless:
    """What excuses a single hit: another condition near it, or (no anchor direction) anywhere in the call.

    ``expires`` is how many seconds the excuse lasts; ``once`` lets each excuse cover one hit only.
    """

    condition: str
    anchor: Anchor | None = None
    expires: float | None = None
    once: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """One named observation: an operator with its parameters, whose turns, and where in the call.

    ``says`` is what it observes in words for people; empty, and its phrases or its name speak for it. ``join_turns`` is over how
    many turns of one side, with nothing but noise between them, one thing may be said.
    """

    name: str
    operator: str
    params: Any
    by: Role | None
    window: TurnRange | TimeRange | None
    anchors: tuple[Anchor, ...]
    unless: tuple[Unless, ...]
    line: int
    says: Title = Title("", "")
    join_turns: int = 1

    def neighbours(self) -> tuple[str, ...]:
        """The conditions this one is placed by or made of."""
        return (*(a.condition for a in self.anchors), *(u.condition for u in self.unless), *getattr(self.params, "conditions", ()))


@dataclass(frozen=True, slots=True)
class Example:
    """A conversation with the outcome its item must have: ``pass``, ``fail``, ``doubtful`` or ``na``."""

    outcome: str
    call: Call
    line: int


@dataclass(frozen=True, slots=True)
class Effective:
    """From when to when something is in force. A date counts whole days, in the zone that the call's start is given in; an instant
    is exact, and as the end excluded. None: without limit."""

    start: date | datetime | None = None
    end: date | datetime | None = None

    def holds(self, when: datetime | None) -> bool:
        """Whether it is in force at ``when``; a call without a time (None) is always in it."""
        if when is None:
            return True
        if self.start is not None and (when < self.start if isinstance(self.start, datetime) else when.date() < self.start):
            return False
        return self.end is None or (when < self.end if isinstance(self.end, datetime) else when.date() <= self.end)

    def __str__(self) -> str:
        return f"{self.start or '…'} to {self.end or '…'}"


@dataclass(frozen=True, slots=True)
class AppliesTo:
    """The calls that a rule set judges: those whose queue, direction and channel are named. An empty tuple names all."""

    queues: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    @property
    def named(self) -> int:
        """How many of the three are restricted: who names more knows better."""
        return sum(map(bool, (self.queues, self.directions, self.channels)))


SEVERITIES = ("general", "serious", "fatal")
"""一般差错, 严重差错, 致命差错."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the scorecard. ``requirement`` holds when the item passes.

    Points (or, where the rule set says ``weights: percent``, weight) are lost when it fails: ``points``, or ``points_per_hit`` for
    every hit up to ``points``. ``bonus`` is gained when it passes. ``set_score`` caps the whole score; ``fatal`` makes it 0,
    ``fatal_section`` only its section. ``severity`` is one of :data:`SEVERITIES`. ``in_percent`` repeats what the rule set says.
    ``show_first`` names conditions whose hits a person should see first when it does not pass.
    """

    id: str
    section: str
    title: Title
    clause: str
    coaching: Title
    points: float
    points_per_hit: float
    bonus: float
    set_score: float | None
    fatal: bool
    applies_when: Expression | None
    requirement: Expression
    forbids: bool
    conditions: tuple[Condition, ...]
    examples: tuple[Example, ...]
    line: int
    show_first: tuple[str, ...] = ()
    fatal_section: bool = False
    severity: str = "general"
    effective: Effective = Effective()
    in_percent: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Items that belong together. They cost at most ``points`` less ``floor`` (points: None for the sum of the items' own).

    With ``weights: percent``, ``weight`` is the section's share (None: as heavy as what applies in it), ``floor`` the percentage
    that it keeps at least.
    """

    id: str
    title: Title
    items: tuple[Item, ...]
    points: float | None = None
    weight: float | None = None
    floor: float = 0.0


@dataclass(frozen=True, slots=True)
class Band:
    """A grade: scores of ``at_least`` and more, up to the next band."""

    title: Title
    at_least: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """Below which confidence (0–1) words and roles are not trusted; and which gaps in what is known make doubtful.

    ``mono``: that nobody can hear two at once on one channel. ``truncated``: that a recording stops early. ``late``: that metadata
    may still arrive.
    """

    words: float = 0.5
    roles: float = CERTAIN_ROLE
    mono: bool = True
    truncated: bool = True
    late: bool = True


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A scorecard. ``content_hash`` (sha256 hex) covers all content, not comments or layout; ``source`` is the file's text,
    or, where it includes others, all of it in one text. A ``library`` is there to be included and judges no call.

    ``hotwords`` are words that a recogniser should expect; they change no verdict on a given text. ``values`` are those that
    ``variables`` have in this variant, named by ``variant`` ("" without variables): two variants of a rule set share the hash.
    ``bands`` go from the highest to the lowest, which begins at 0.
    """

    id: str
    version: int
    title: Title
    language: str
    start: float
    pass_mark: float
    sections: tuple[Section, ...]
    conditions: tuple[Condition, ...]
    vocabularies: Mapping[str, tuple[str, ...]]
    doubt: Doubt
    content_hash: str
    source: str
    file: str
    hotwords: tuple[str, ...] = ()
    library: bool = False
    in_percent: bool = False
    highest: float = 100.0
    bonus_at_most: float | None = None
    bands: tuple[Band, ...] = ()
    effective: Effective = Effective()
    applies_to: AppliesTo = AppliesTo()
    variables: Mapping[str, Variable] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    variant: str = ""

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for section in self.sections for item in section.items)

    def item(self, item_id: str) -> Item:
        """The item of that id; KeyError when there is none."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)

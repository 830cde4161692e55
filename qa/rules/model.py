"""A rule set in memory: frozen values, as written by its author.

RuleSet ─► sections ─► items ─► conditions (operator, whose turns, where, unless)
   └─► conditions shared by all items       └─► expect / forbid (a Boolean expression)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qa.calls import CERTAIN_ROLE, Call, Role
from qa.rules.expressions import Expression


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

    ``says`` is what it observes in words for people; empty, and its phrases or its name speak for it.
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
class Item:
    """One line of the scorecard. ``requirement`` holds when the item passes.

    Points are lost when it fails: ``points``, or ``points_per_hit`` for every hit up to ``at_most``.
    ``bonus`` is gained when it passes. ``set_score`` caps the whole score; ``fatal`` makes it 0.
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


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: Title
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Below which confidence (0–1) words and roles are not trusted."""

    words: float = 0.5
    roles: float = CERTAIN_ROLE


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A scorecard. ``content_hash`` (sha256 hex) covers all content, not comments or layout; ``source`` is the file's text,
    or, where it includes others, all of it in one text. A ``library`` is there to be included and judges no call.

    ``hotwords`` are words that a recogniser should expect; they change no verdict on a given text.
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

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for section in self.sections for item in section.items)

    def item(self, item_id: str) -> Item:
        """The item of that id; KeyError when there is none."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)

"""Which rule set judges which call: by language, by the queues, directions and channels it is for, and by the day.

Of those that are for a call the one that says most about whom it is for wins; two that say as much are an error, and so are two versions
of one rule set that are in force together. A version without an end ends when the next one begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from pathlib import Path

from hotline.errors import BadInput, BadRule, NotFound
from qa import rules
from qa.calls import Call
from qa.rules import RuleSet

CHANNEL = "phone"
"""The channel of calls whose metadata name none."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A published version that an earlier release took and this one cannot read, and why. ``begins``: None where that is not known."""

    id: str
    version: int
    begins: datetime | None
    error: BadRule


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The loaded rule sets, in the order of their file names. ``named`` is a book of one that was asked for by its file."""

    rule_sets: tuple[RuleSet, ...]
    named: bool = False
    unreadable: tuple[Unreadable, ...] = ()

    @classmethod
    def load(cls, source: Path) -> RuleBook:
        """All ``*.yaml`` of a folder but libraries, or one file. Raises BadRule for a wrong one or two versions in force together,
        NotFound when there is none."""
        files = sorted(source.glob("*.yaml")) if source.is_dir() else [source]
        if not files or not files[0].exists():
            raise NotFound(str(source), "no rule set here", "name a YAML file or a folder of them")
        loaded = tuple(rules.load(file) for file in files)
        book = cls(tuple(rule_set for rule_set in loaded if not rule_set.library) or loaded, named=not source.is_dir())
        book.check()
        return book

    def check(self) -> None:
        """Raise BadRule when two versions of one rule set are in force on the same day."""
        for rule_set in {rule_set.id: rule_set for rule_set in self.rule_sets}.values():
            versions = sorted((r for r in self.rule_sets if r.id == rule_set.id), key=lambda r: r.version)
            for older, newer in pairwise(versions):
                _check_order(older, newer)

    def choose(self, call: Call) -> RuleSet:
        """The rule set in force for a call when it began (without a start: now).

        Raises BadInput when none is for it, or several are; BadRule when the one that may be for it cannot be read.
        """
        if self.named:
            return self.rule_sets[0]
        thing = f"call {call.id}"
        when = call.started_at or datetime.now().astimezone()
        channel = str(call.metadata.get("channel", CHANNEL))
        language = call.metadata.get("language", "zh")
        fitting = [r for r in self.rule_sets if r.language == language or len({one.id for one in self.rule_sets}) == 1]
        self._refuse_unreadable(call, fitting, channel, when)
        if not fitting:
            known = ", ".join(f"{rule_set.id} ({rule_set.language})" for rule_set in self.rule_sets)
            raise BadInput(thing, f"no rule set for language {language}", f"add one; known: {known}")
        meant = [r for r in fitting if _is_for(r, call, channel)]
        if not meant:
            where = f"queue {call.queue or 'none'}, {call.direction}, channel {channel}"
            raise BadInput(thing, f"no rule set is for it ({where})", f"see applies_to: in {_listed(fitting)}")
        in_force = _newest(r for r in meant if r.effective.holds(when))
        if not in_force:
            dates = ", ".join(f"{r.id} v{r.version}: {r.effective}" for r in meant)
            raise BadInput(thing, f"no rule set is in force on {when:%Y-%m-%d}", f"see effective: of {dates}")
        most = max(r.applies_to.named for r in in_force)
        best = [r for r in in_force if r.applies_to.named == most]
        if len(best) > 1:
            raise BadInput(thing, f"several rule sets are for it: {_listed(best)}", "let applies_to: of all but one name its queues")
        return best[0]

    def _refuse_unreadable(self, call: Call, fitting: Sequence[RuleSet], channel: str, when: datetime) -> None:
        """Raise the BadRule of a version that cannot be read where it may be in force for a call. Whom it is for can be known from other
        versions only; an older one, or another rule set, must not judge in its place."""
        for lost in self.unreadable:
            known = [r for r in self.rule_sets if r.id == lost.id]
            for_others = known and not any(r in fitting and _is_for(r, call, channel) for r in known)
            followed = any(r.version > lost.version and r.effective.holds(when) for r in known)
            if not for_others and not followed and (lost.begins is None or when >= lost.begins):
                raise lost.error

    def opening_phrases(self, language: str) -> tuple[str, ...]:
        """What only an agent says at the start, from the vocabulary ``opening`` of the language's rule sets: it helps to tell roles."""
        fitting = (rule_set for rule_set in self.rule_sets if rule_set.language == language)
        return tuple(phrase for rule_set in fitting for phrase in rule_set.vocabularies.get("opening", ()))

    def hotwords(self, language: str) -> tuple[str, ...]:
        """What recognisers should expect, from ``hotwords`` of the language's rule sets."""
        return tuple(word for rule_set in self.rule_sets if rule_set.language == language for word in rule_set.hotwords)


def _is_for(rule_set: RuleSet, call: Call, channel: str) -> bool:
    wanted = rule_set.applies_to
    return (
        (not wanted.queues or call.queue in wanted.queues)
        and (not wanted.directions or call.direction in wanted.directions)
        and (not wanted.channels or channel in wanted.channels)
    )


def _newest(rule_sets: Iterable[RuleSet]) -> list[RuleSet]:
    """The highest version of each id."""
    found: dict[str, RuleSet] = {}
    for rule_set in rule_sets:
        if rule_set.id not in found or found[rule_set.id].version < rule_set.version:
            found[rule_set.id] = rule_set
    return list(found.values())


def _check_order(older: RuleSet, newer: RuleSet) -> None:
    thing = f"{newer.file}: effective"
    if older.version == newer.version:
        raise BadRule(f"{newer.file}: version", f"version {newer.version} of {newer.id} is also {older.file}", "raise one of them")
    begins = newer.effective.start
    if begins is None:
        raise BadRule(
            thing,
            f"version {older.version} of {newer.id} ({older.file}) is in force too",
            "write effective: {from: …}, or remove the older",
        )
    before, last = older.effective.start, older.effective.end
    if (before is not None and not _later(begins, before)) or (last is not None and not _after(begins, last)):
        problem = f"version {newer.version} ({newer.effective}) and version {older.version} ({older.effective}) of {newer.id} overlap"
        raise BadRule(thing, problem, f"let version {older.version} end before, or version {newer.version} begin later")


def _later(moment: date | datetime, other: date | datetime) -> bool:
    """Whether ``moment`` is later. Two instants are compared as such, whatever their zones; a date is the midnight of its day where
    the other one is."""
    if isinstance(moment, datetime) and isinstance(other, datetime):
        return moment > other
    return _wall_clock(moment) > _wall_clock(other)


def _wall_clock(moment: date | datetime) -> datetime:
    return moment.replace(tzinfo=None) if isinstance(moment, datetime) else datetime.combine(moment, time.min)


def _after(begins: date | datetime, last: date | datetime) -> bool:
    """Whether something that begins then begins after the other has ended; a day is over at its end, an instant at once."""
    if isinstance(last, datetime):
        return not _later(last, begins)
    return _wall_clock(begins).date() > last


def _listed(rule_sets: Iterable[RuleSet]) -> str:
    return ", ".join(f"{rule_set.id} ({rule_set.file})" for rule_set in rule_sets)

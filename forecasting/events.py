"""The event table: recurring seasons, holiday windows and one-off occasions, edited by planners as YAML.

>>> table = load_events()
>>> [e.id for e in table.of_queue("q0")]
['recruitment']
>>> table.of_queue("q0")[0].windows(date(2026, 1, 1), date(2026, 12, 31), table.calendar)
[Window(first=datetime.date(2026, 10, 8), last=datetime.date(2026, 11, 30), before=0, after=0)]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from forecasting.calendar import ONE_DAY, Calendar
from hotline.errors import BadInput


@dataclass(frozen=True, slots=True)
class Window:
    """One occurrence, ``first`` to ``last`` included, with ``before`` and ``after`` days that belong to it."""

    first: date
    last: date
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that moves volume: when it happens and, where somebody knows, by how much.

    Exactly one of ``season`` ((month, day) to (month, day), every year), ``holidays`` (names, with ``before``
    and ``after`` days) and ``dates`` is set. ``factor`` is the expected multiple of the calls and ``spread``
    its standard deviation as a share; None leaves both to history.
    """

    id: str
    title: Mapping[str, str]
    queues: tuple[str, ...] = ()
    season: tuple[tuple[int, int], tuple[int, int]] | None = None
    holidays: tuple[str, ...] = ()
    before: int = 0
    after: int = 0
    dates: tuple[tuple[date, date], ...] = ()
    factor: float | None = None
    spread: float = 0.1

    def windows(self, first: date, last: date, calendar: Calendar) -> list[Window]:
        """Occurrences that touch ``first`` … ``last``, in order."""
        found: list[Window] = []
        if self.season:
            begin, end = self.season
            for year in range(first.year - 1, last.year + 1):
                start = date(year, *begin)
                found.append(Window(start, date(year + (end < begin), *end)))
        elif self.holidays:
            margin = (self.before + self.after + 1) * ONE_DAY
            for period in calendar.periods(first - margin, last + margin):
                if period.name in self.holidays:
                    found.append(Window(period.first, period.last, self.before, self.after))
        else:
            found = [Window(begin, end) for begin, end in sorted(self.dates)]
        return [w for w in found if w.last + w.after * ONE_DAY >= first and w.first - w.before * ONE_DAY <= last]


@dataclass(frozen=True, slots=True)
class EventTable:
    """All events of a file, and the calendar with the days entered by hand."""

    events: tuple[Event, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)

    def of_queue(self, queue_id: str) -> list[Event]:
        """Events of this queue and events of all queues."""
        return [e for e in self.events if not e.queues or queue_id in e.queues]


def default_events_file() -> Path:
    """The table that comes with Hotline."""
    return Path(str(resources.files("forecasting") / "events.yaml"))


def load_events(path: Path | None = None) -> EventTable:
    """Read the event table at ``path`` (default: the one that comes along).

    Raises BadInput naming file and entry for anything that cannot be used.
    """
    path = path or default_events_file()
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})", "check the path") from None
    except UnicodeDecodeError:
        raise BadInput(str(path), "is not UTF-8 text", "save it as UTF-8") from None
    except (yaml.YAMLError, ValueError) as error:  # YAML dates such as 2026-02-30 raise ValueError
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise BadInput(where, f"is not valid YAML ({getattr(error, 'problem', None) or error})", "mend that line") from None
    raw = {} if raw is None else raw
    if not isinstance(raw, dict) or set(raw) - {"events", "calendar"}:
        raise BadInput(str(path), "has something other than events and calendar at the top", "compare with the file that comes along")
    entries = raw.get("events") or []
    if not isinstance(entries, list):
        raise BadInput(f"{path}: events", "is not a list", "begin each event with '- id:'")
    events = [_event(f"{path}: events[{i}]", entry) for i, entry in enumerate(entries)]
    ids = [e.id for e in events]
    for name in ids:
        if ids.count(name) > 1:
            raise BadInput(f"{path}: {name}", "is the id of two events", "rename one")
    return EventTable(tuple(events), _calendar(f"{path}: calendar", raw.get("calendar") or {}))


_KNOWN = {"id", "title", "queues", "every_year", "around", "dates", "factor", "spread"}


def _event(thing: str, entry: Any) -> Event:
    if not isinstance(entry, dict):
        raise BadInput(thing, "is not an event", "give id, title and when")
    name = entry.get("id")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise BadInput(f"{thing}.id", f"'{name}' is not an id", "use small letters, digits, - and _")
    thing = f"{thing} {name}"
    if unknown := set(entry) - _KNOWN:
        raise BadInput(f"{thing}.{min(map(str, unknown))}", "unknown field", f"known: {', '.join(sorted(_KNOWN))}")
    title = entry.get("title") or {"zh": name, "en": name}
    if isinstance(title, str):
        title = {"zh": title, "en": title}
    if not isinstance(title, dict) or not all(isinstance(v, str) for v in title.values()):
        raise BadInput(f"{thing}.title", "is not a title", "give {zh: …, en: …}")
    queues = entry.get("queues") or []
    if not isinstance(queues, list) or not all(isinstance(q, str) for q in queues):
        raise BadInput(f"{thing}.queues", "is not a list of queue ids", "write [q0, q1] or leave it out for all")
    when = [key for key in ("every_year", "around", "dates") if key in entry]
    if len(when) != 1:
        raise BadInput(thing, f"has {len(when)} of every_year, around and dates", "give exactly one")
    parts: dict[str, Any] = {}
    if when == ["every_year"]:
        span = _mapping(f"{thing}.every_year", entry["every_year"], {"from", "to"})
        parts["season"] = (_month_day(f"{thing}.every_year.from", span["from"]), _month_day(f"{thing}.every_year.to", span["to"]))
    elif when == ["around"]:
        parts.update(_around(f"{thing}.around", entry["around"]))
    else:
        parts["dates"] = _spans(f"{thing}.dates", entry["dates"])
    for key in ("factor", "spread"):
        if entry.get(key) is not None:
            value = entry[key]
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0.01 <= value <= 100:
                raise BadInput(f"{thing}.{key}", f"'{value}' is not a usable number", "1.3 means 30 % more")
            parts[key] = float(value)
    return Event(name, title, tuple(queues), **parts)


def _around(thing: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) - {"holidays", "before", "after"} or not isinstance(value.get("holidays"), list):
        raise BadInput(thing, "is not a holiday window", "give {holidays: [national_day], before: 1, after: 1}")
    days = {key: value.get(key, 0) for key in ("before", "after")}
    for key, number in days.items():
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 30:
            raise BadInput(f"{thing}.{key}", f"'{number}' is not a number of days", "give 0 to 30")
    return {"holidays": tuple(str(h) for h in value["holidays"]), **days}


def _mapping(thing: str, value: Any, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != keys:
        raise BadInput(thing, "is not a span", "give {from: …, to: …}")
    return value


def _month_day(thing: str, value: Any) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,2})-(\d{1,2})", str(value))
    try:
        if match is None:
            raise ValueError
        day = date(2001, int(match[1]), int(match[2]))  # 29 February would be missing in most years
    except ValueError:
        raise BadInput(thing, f"'{value}' is not a day of every year", "write MM-DD, such as 10-08") from None
    return day.month, day.day


def _date(thing: str, value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise BadInput(thing, f"'{value}' is not a date", "write YYYY-MM-DD")


def _spans(thing: str, value: Any) -> tuple[tuple[date, date], ...]:
    if not isinstance(value, list) or not value:
        raise BadInput(thing, "is not a list of spans", "write [{from: 2026-03-01, to: 2026-03-10}]")
    spans = []
    for i, item in enumerate(value):
        span = _mapping(f"{thing}[{i}]", item, {"from", "to"})
        first, last = _date(f"{thing}[{i}].from", span["from"]), _date(f"{thing}[{i}].to", span["to"])
        if last < first:
            raise BadInput(f"{thing}[{i}]", "ends before it begins", "swap from and to")
        spans.append((first, last))
    return tuple(spans)


def _calendar(thing: str, value: Any) -> Calendar:
    if not isinstance(value, dict) or set(value) - {"holidays", "workdays"}:
        raise BadInput(thing, "is not a calendar", "give holidays and workdays")
    holidays: dict[date, str] = {}
    workdays: dict[date, str] = {}
    for name, spans in _names(f"{thing}.holidays", value.get("holidays")).items():
        for first, last in _spans(f"{thing}.holidays.{name}", spans):
            holidays.update({first + i * ONE_DAY: name for i in range((last - first).days + 1)})
    for name, days in _names(f"{thing}.workdays", value.get("workdays")).items():
        if not isinstance(days, list):
            raise BadInput(f"{thing}.workdays.{name}", "is not a list of dates", "write [2027-02-20]")
        workdays.update({_date(f"{thing}.workdays.{name}[{i}]", day): name for i, day in enumerate(days)})
    return Calendar(extra_holidays=holidays, extra_workdays=workdays)


def _names(thing: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(k, str) for k in value):
        raise BadInput(thing, "is not keyed by holiday", "write national_day: [...]")
    return value

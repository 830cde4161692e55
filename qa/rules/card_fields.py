"""Reading what a rule set says of its score, of the calls it is for and of doubt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from qa.rules.fields import Fields
from qa.rules.model import AppliesTo, Band, Doubt, Effective, Title
from qa.rules.reading import title
from qa.rules.source import Listing

MAX_BANDS = 20
_KNOWN_BANDS = {"优秀": "excellent", "优": "excellent", "良好": "good", "良": "good", "中等": "fair", "合格": "acceptable"}
_KNOWN_BANDS |= {"及格": "acceptable", "基本合格": "barely acceptable", "不合格": "unacceptable", "不及格": "unacceptable"}


@dataclass(frozen=True, slots=True)
class Card:
    """What stands at the head of a rule set; see :class:`qa.rules.model.RuleSet`."""

    start: float
    pass_mark: float
    in_percent: bool
    highest: float
    bonus_at_most: float | None
    bands: tuple[Band, ...]
    floors: dict[str, float]
    doubt: Doubt
    effective: Effective
    applies_to: AppliesTo


def read_card(fields: Fields) -> Card:
    """The head of a rule set. Raises BadRule."""
    start = fields.number("start", 100, low=0, high=10_000)
    highest = fields.number("highest", start, low=start, high=20_000)
    return Card(
        start=start,
        pass_mark=fields.number("pass_mark", start * 0.8, low=0, high=highest, likely=start * 0.8),
        in_percent=fields.choice("weights", ("points", "percent"), "points") == "percent",
        highest=highest,
        bonus_at_most=fields.number("bonus_at_most", high=10_000) if fields.has("bonus_at_most") else None,
        bands=_bands(fields, highest),
        floors=_floors(fields),
        doubt=_doubt(fields),
        effective=read_effective(fields),
        applies_to=_applies_to(fields),
    )


def _bands(fields: Fields, highest: float) -> tuple[Band, ...]:
    """``{优秀: 95, 良好: 90, 合格: 85, 不合格: 0}`` or a list of ``{title: …, at_least: …}``, the highest first."""
    if not fields.has("bands"):
        return ()
    found: list[Band] = []
    node = fields.need("bands")
    if isinstance(node, Listing):
        for number, entry in enumerate(fields.listing("bands"), start=1):
            band = Fields.of(fields.file, fields.name(f"bands[{number}]"), entry)
            found.append(Band(title(band, "title"), band.number("at_least", low=0, high=highest)))
            band.finish()
    else:
        inner = fields.child("bands")
        found = [Band(_band_title(name), inner.number(name, low=0, high=highest)) for name in inner.nodes]
    if not 2 <= len(found) <= MAX_BANDS:
        fields.refuse("bands", f"are {len(found)}", f"write 2 to {MAX_BANDS}, such as {{优秀: 95, 良好: 90, 合格: 85, 不合格: 0}}")
    found.sort(key=lambda band: -band.at_least)
    if found[-1].at_least != 0:
        fields.refuse("bands", f"leave out the scores below {found[-1].at_least:g}", "let the lowest begin at 0")
    for upper, lower in pairwise(found):
        if upper.at_least == lower.at_least:
            fields.refuse("bands", f"{upper.title} and {lower.title} both begin at {lower.at_least:g}", "give one of them another score")
    return tuple(found)


def _band_title(name: str) -> Title:
    return Title(name, _KNOWN_BANDS.get(name, name))


def _floors(fields: Fields) -> dict[str, float]:
    if not fields.has("floors"):
        return {}
    inner = fields.child("floors")
    return {name: inner.number(name, low=0, high=10_000) for name in inner.nodes}


def _doubt(fields: Fields) -> Doubt:
    if not fields.has("doubt"):
        return Doubt()
    inner = fields.child("doubt")
    doubt = Doubt(
        inner.number("words", Doubt().words, low=0, high=1),
        inner.number("roles", Doubt().roles, low=0, high=1),
        mono=inner.flag("mono", True),
        truncated=inner.flag("truncated", True),
        late=inner.flag("late", True),
    )
    inner.finish()
    return doubt


def read_effective(fields: Fields) -> Effective:
    """``effective: {from: 2026-01-01, to: 2026-06-30}`` of a rule set or an item: whole days, or instants with their offset."""
    if not fields.has("effective"):
        return Effective()
    inner = fields.child("effective")
    start, end = _moment(inner, "from"), _moment(inner, "to")
    inner.finish()
    if start is None and end is None:
        inner.refuse("from", "is missing", "write from: or to:, or leave effective: out")
    if start is not None and end is not None:
        exact = isinstance(start, datetime) and isinstance(end, datetime)
        if (start >= end) if exact else (_day(start) > _day(end)):
            inner.refuse("to", f"{end} is before {start}", "let it begin before it ends")
    return Effective(start, end)


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _moment(fields: Fields, key: str) -> date | datetime | None:
    if not fields.has(key):
        return None
    text = fields.text(key)
    try:
        if len(text) <= 10:
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text)
    except ValueError:
        fields.refuse(key, f"'{text[:40]}' is not a date", f"write {key}: 2026-01-31, or 2026-01-31T08:00+08:00")
    if instant.tzinfo is None:
        fields.refuse(key, f"'{text}' has no time zone", f"write {key}: {text}+08:00")
    return instant


def _applies_to(fields: Fields) -> AppliesTo:
    """``applies_to: {queues: [q1], directions: inbound, channels: [phone]}``."""
    if not fields.has("applies_to"):
        return AppliesTo()
    inner = fields.child("applies_to")
    if not inner.nodes:
        fields.refuse("applies_to", "is empty", "name queues:, directions: or channels:, or leave it out")
    named = {key: _named(inner, key) for key in ("queues", "directions", "channels")}
    for value, line in inner.texts("directions") if inner.has("directions") else ():
        if value not in ("inbound", "outbound"):
            inner.lines["directions"] = line
            inner.refuse("directions", f"'{value}' is not a direction", "use inbound or outbound")
    inner.finish(known=named)
    return AppliesTo(**named)


def _named(fields: Fields, key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value, _ in fields.texts(key, limit=500))) if fields.has(key) else ()

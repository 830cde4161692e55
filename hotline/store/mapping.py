"""A mapping file: how another system's files, columns, values and units become feeds.

calls:
  file: 话单*.xlsx                        # else the file named after the feed
  sheet: 明细                             # else the first
  columns: {通话编号: id, 坐席: agent_id}   # its name: the feed's
  join: {started_at: [日期, 时间]}          # columns put together with a space
  values: {direction: {呼入: inbound}}
  units: {talk_s: min}                    # what it comes in; it becomes seconds
  set: {queue_id: q1}                     # the same for every row
  ignore: all                             # or a list of columns that are not wanted
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from hotline.errors import BadInput

_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class FeedMap:
    """What a mapping file says of one feed; see the module."""

    file: str = ""
    sheet: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    join: Mapping[str, list[str]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    set: Mapping[str, str] = field(default_factory=dict)
    ignore: str | list[str] = field(default_factory=list)


def read_mapping(file: Path, feeds: Mapping[str, Any]) -> dict[str, FeedMap]:
    """The mapping of each feed that ``file`` names. Raises BadInput naming file, feed and field."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(str(file), f"cannot be read ({error.strerror or error})", "name a mapping file in YAML") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(str(file), f"not valid YAML ({str(error).splitlines()[0]})", "mend the line named") from None
    if not isinstance(content, dict) or not content:
        raise BadInput(str(file), "not a mapping of feeds", "begin each feed with its name, e.g. calls:")
    return {str(feed): _feed(entry, f"{file}: {feed}", str(feed), feeds) for feed, entry in content.items()}


def _feed(entry: Any, thing: str, feed: str, feeds: Mapping[str, Any]) -> FeedMap:
    if feed not in feeds:
        raise BadInput(thing, "there is no such feed", f"known: {', '.join(feeds)}")
    known = list(FeedMap.__dataclass_fields__)
    if not isinstance(entry, dict) or set(entry) - set(known):
        extra = ", ".join(sorted(map(str, set(entry) - set(known)))) if isinstance(entry, dict) else repr(entry)
        raise BadInput(thing, f"'{extra}' is unknown", f"use {', '.join(known)}")
    shapes: dict[str, type | tuple[type, ...]] = dict.fromkeys(("columns", "join", "values", "units", "set"), dict)
    shapes |= {"file": str, "sheet": str, "ignore": (str, list)}
    for name, value in entry.items():
        inner = {"join": list, "values": dict}.get(name, object)
        members = value.values() if isinstance(value, dict) else ()
        if not isinstance(value, shapes[name]) or not all(isinstance(member, inner) for member in members):
            raise BadInput(f"{thing}: {name}", f"'{value}' has another shape", "see: hotline centre import in the guide of the store")
    strange = sorted(set(map(str, entry.get("units", {}).values())) - set(_SECONDS))
    if strange:
        raise BadInput(f"{thing}: units", f"'{strange[0]}' is not a unit of time", f"use {', '.join(_SECONDS)}")
    texts = {name: {str(k): _text(v) for k, v in entry[name].items()} for name in ("columns", "set") if name in entry}
    values = {str(c): {_text(k): _text(v) for k, v in pairs.items()} for c, pairs in entry.get("values", {}).items()}
    return FeedMap(**{**entry, **texts, "values": values})


def _text(value: object) -> str:
    """YAML reads yes and 1 as values of their own; cells are text."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def mapped(frame: pl.DataFrame, given: FeedMap, thing: str, wanted: list[str]) -> pl.DataFrame:
    """A file's rows as the feed ``wanted`` names them. Raises BadInput for a column that the file has not got."""
    for name in [*given.columns, *(part for parts in given.join.values() for part in parts)]:
        if name not in frame.columns:
            raise BadInput(f"{thing}: {name}", "the file has no such column", f"known: {', '.join(frame.columns)}")
    parts = {part for columns in given.join.values() for part in columns}
    joined = [
        # one missing part leaves nothing: half a time is no time
        pl.concat_str([pl.col(part).cast(pl.String) for part in columns], separator=" ").alias(name)
        for name, columns in given.join.items()
    ]
    frame = frame.with_columns(joined).drop([part for part in parts if part not in wanted and part not in given.columns])
    frame = frame.rename(dict(given.columns))
    frame = frame.with_columns(pl.lit(text).alias(name) for name, text in given.set.items())
    for name, pairs in given.values.items():
        if name in frame.columns:
            frame = frame.with_columns(pl.col(name).cast(pl.String).replace(dict(pairs)))
    for name, unit in given.units.items():
        if name in frame.columns and _SECONDS[unit] != 1.0:
            number = pl.col(name).cast(pl.Float64, strict=False) * _SECONDS[unit]
            # what is no number stays as it is, to be named with its line
            frame = frame.with_columns(pl.coalesce(number.round(6).cast(pl.String), pl.col(name).cast(pl.String)))
    unwanted = [name for name in frame.columns if name not in wanted] if given.ignore == "all" else given.ignore
    return frame.drop([name for name in unwanted if name in frame.columns])

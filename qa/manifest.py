"""What to ingest: a manifest (CSV or Parquet) or a folder of recordings, read into :class:`Entry` values.

A row that cannot be used becomes a :class:`BadRow`; the others are read all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from hotline.errors import BadInput
from qa.calls import Channel, Role
from qa.containers import ENDINGS

TRANSCRIPT_SUFFIXES = (".json", ".srt", ".vtt", ".csv")
_CALL_ID = re.compile(r"[\w.\-]{1,80}")
_LONGEST_TOPIC = 60
_REQUIRED = ("call_id", "file", "started_at")


@dataclass(frozen=True, slots=True)
class Entry:
    """One recording and what came with it; ``where`` names its manifest line in messages.

    None means that the manifest does not say: what the telephone system's feed said of the call then stays.
    """

    call_id: str
    path: Path
    started_at: datetime
    where: str
    agent_id: str | None = None
    queue_id: str | None = None
    direction: str | None = None
    topic: str | None = None
    caller: str | None = None
    language: str = "zh"
    transcript: Path | None = None
    agent_channel: Channel | None = None
    synthetic: bool = False
    wait_s: float | None = None
    hold_s: float | None = None
    acw_s: float | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def channel_map(self) -> Mapping[Channel, Role] | None:
        """Whose the channels are; None when the manifest does not say."""
        if self.agent_channel is None:
            return None
        other = Channel.RIGHT if self.agent_channel is Channel.LEFT else Channel.LEFT
        return {self.agent_channel: Role.AGENT, other: Role.CUSTOMER}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used, with the line to show."""

    where: str
    error: BadInput


def read(source: Path, zone: ZoneInfo) -> tuple[list[Entry], list[BadRow]]:
    """Entries and bad rows of a manifest file or a folder. Raises BadInput when nothing in it can be read."""
    if source.is_dir():
        return _each_once(_folder(source, zone), [])
    if not source.exists():
        raise BadInput(str(source), "no such file or folder", "name a manifest (CSV, Parquet) or a folder of recordings")
    rows = _rows(source)
    missing = [name for name in _REQUIRED if name not in rows.columns]
    if missing:
        raise BadInput(f"{source}:1", f"column {', '.join(missing)} is missing", "see docs/getting-started.md for the columns")
    entries: list[Entry] = []
    bad: list[BadRow] = []
    for number, row in enumerate(rows.iter_rows(named=True), start=2):
        where = f"{source.name}:{number}"
        try:
            entries.append(_entry(row, where, source.parent.resolve(), zone))
        except BadInput as error:
            bad.append(BadRow(where, error))
    return _each_once(entries, bad)


def _each_once(entries: list[Entry], bad: list[BadRow]) -> tuple[list[Entry], list[BadRow]]:
    """The first entry of each call id; later ones become bad rows, for one would overwrite the other."""
    first: dict[str, Entry] = {}
    for entry in entries:
        holder = first.setdefault(entry.call_id, entry)
        if holder is not entry:
            problem = f"'{entry.call_id}' stands at {holder.where} already"
            bad.append(BadRow(entry.where, BadInput(f"{entry.where}: call_id", problem, "give each call its own id")))
    return list(first.values()), bad


def _rows(source: Path) -> pl.DataFrame:
    try:
        if source.suffix.lower() == ".parquet":
            return pl.read_parquet(source).select(pl.all().cast(pl.String)).fill_null("")
        return pl.read_csv(source, infer_schema=False, encoding="utf8").fill_null("")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput(str(source), f"not a readable CSV or Parquet table ({_first_line(error)})", "save it as UTF-8 CSV") from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _entry(row: Mapping[str, str], where: str, base: Path, zone: ZoneInfo) -> Entry:
    call_id = row["call_id"].strip()
    if not _CALL_ID.fullmatch(call_id):
        raise BadInput(f"{where}: call_id", f"'{call_id}' is not an id", "use letters, digits, . _ - (up to 80)")
    transcript = row.get("transcript", "").strip()
    return Entry(
        call_id=call_id,
        path=_inside(row["file"].strip(), base, f"{where}: file"),
        started_at=_instant(row["started_at"], f"{where}: started_at", zone),
        where=where,
        agent_id=row.get("agent_id", "").strip() or None,
        queue_id=row.get("queue_id", "").strip() or None,
        direction=_one_of(row["direction"], ("inbound", "outbound"), f"{where}: direction") if row.get("direction") else None,
        topic=_topic(row.get("topic", ""), f"{where}: topic"),
        caller=row.get("caller", "").strip() or None,
        language=_one_of(row.get("language", ""), ("zh", "en"), f"{where}: language"),
        transcript=_inside(transcript, base, f"{where}: transcript") if transcript else None,
        agent_channel=_channel(row.get("agent_channel", ""), f"{where}: agent_channel"),
        synthetic=_one_of(row.get("synthetic", "").lower(), ("false", "true"), f"{where}: synthetic") == "true",
        wait_s=_seconds(row.get("wait_s", ""), f"{where}: wait_s"),
        hold_s=_seconds(row.get("hold_s", ""), f"{where}: hold_s"),
        acw_s=_seconds(row.get("acw_s", ""), f"{where}: acw_s"),
        metadata={key.removeprefix("meta."): value for key, value in row.items() if key.startswith("meta.") and value != ""},
    )


def _inside(name: str, base: Path, thing: str) -> Path:
    """The file ``name`` below ``base``, or inside an installed package for ``package:MODULE/PATH``."""
    if name.startswith("package:"):
        module, _, rest = name.removeprefix("package:").partition("/")
        spec = _package(module)
        if spec is None or not spec.submodule_search_locations:
            raise BadInput(thing, f"package {module} is not installed", 'pip install "hotline[speech]"')
        base, name = Path(spec.submodule_search_locations[0]).resolve(), rest
    if "\0" in name:
        raise BadInput(thing, "the name holds a NUL character", "mend the name")
    path = (base / name).resolve()
    if not name or not path.is_relative_to(base):
        raise BadInput(thing, f"'{name}' leaves the manifest's folder", "put recordings and transcripts below the manifest")
    if not path.is_file():
        raise BadInput(thing, f"'{name}' does not exist", "copy the file there or mend the name")
    return path


def _package(module: str) -> ModuleSpec | None:
    """Where an installed package lies, found without running any of its code."""
    path: Sequence[str] | None = None
    spec: ModuleSpec | None = None
    for part in module.split("."):
        if not part.isidentifier():
            return None
        spec = PathFinder.find_spec(part, path)
        if spec is None:
            return None
        path = spec.submodule_search_locations
    return spec


def _topic(text: str, thing: str) -> str | None:
    if len(text.strip()) > _LONGEST_TOPIC:
        raise BadInput(thing, f"longer than {_LONGEST_TOPIC} characters", "give the topic's short name")
    return text.strip() or None


def _instant(text: str, thing: str, zone: ZoneInfo) -> datetime:
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(thing, f"'{text}' is not a time", "write it as 2026-11-09T09:30:00+08:00") from None
    if not 1990 <= instant.year < 2100:
        raise BadInput(thing, f"the year {instant.year} cannot be right", "write the year the call took place")
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


def _one_of(value: str, allowed: tuple[str, ...], thing: str) -> str:
    value = value.strip() or allowed[0]
    if value not in allowed:
        raise BadInput(thing, f"'{value}' is not known", f"use one of: {', '.join(allowed)}")
    return value


def _channel(value: str, thing: str) -> Channel | None:
    return Channel(_one_of(value, ("left", "right"), thing)) if value.strip() else None


def _seconds(value: str, thing: str) -> float | None:
    if not value.strip():
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < 86_400:
        raise BadInput(thing, f"'{value}' is not a number of seconds", "write 12.5, from 0 to a day")
    return seconds


def _folder(folder: Path, zone: ZoneInfo) -> list[Entry]:
    base = folder.resolve()
    entries = []
    for path in sorted(p for p in base.rglob("*") if p.is_file() and p.suffix.lower() in ENDINGS):
        name = path.relative_to(base).with_suffix("").as_posix()
        transcript = next((path.with_suffix(s) for s in TRANSCRIPT_SUFFIXES if path.with_suffix(s).exists()), None)
        entries.append(
            Entry(
                call_id=re.sub(r"[^\w.\-]", "-", name)[:80],
                path=path,
                started_at=datetime.fromtimestamp(path.stat().st_mtime, zone),
                where=str(path.relative_to(base)),
                transcript=transcript,
            )
        )
    if not entries:
        raise BadInput(str(folder), "no recording in this folder", f"endings known: {' '.join(sorted(ENDINGS))}")
    return entries

"""A recording without a manifest: what the files beside it and its name say.

0917.wav                        the recording
0917.meta.json                  {"call_id": "C17", "started_at": "2026-11-09T09:17:00+08:00", "agent_id": "a001", …}: as a manifest's row
0917.json | .srt | .vtt | .csv  its transcript

20261109-091700_a001_q0_C17.wav   with names="{date}-{time}_{agent_id}_{queue_id}_{call_id}"
20261109-091700_13800001111.wav   with names="{date}-{time}_{caller}": its id is not its name, but 20261109091700-1f2e3d4c5b6a7988
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hotline.errors import BadInput
from hotline.secret import number_digits
from qa.containers import ENDINGS as AUDIO_SUFFIXES
from qa.manifest_fields import COLUMNS, Entry, Places, entry

__all__ = ["AUDIO_SUFFIXES", "META_SUFFIX", "TRANSCRIPT_SUFFIXES", "NamePattern", "beside", "lone_entry"]

TRANSCRIPT_SUFFIXES = (".json", ".srt", ".vtt", ".csv")
META_SUFFIX = ".meta.json"
_DATE, _TIME = r"\d{4}-?\d{2}-?\d{2}", r"\d{2}[:.\-]?\d{2}[:.\-]?\d{2}"
_LARGEST_META = 1 << 20


class NamePattern:
    """How names of recordings are built; matched against the name without its ending."""

    FIELDS = frozenset({"date", "time", "call_id", "agent_id", "queue_id", "direction", "topic", "caller", "language"})

    def __init__(self, text: str) -> None:
        """Raises BadInput for a pattern with an unknown or doubled field, or without any."""
        self.text = text
        pieces = re.split(r"\{(\w*)\}", text)
        named = pieces[1::2]
        unknown = [name for name in named if name not in self.FIELDS]
        if unknown or not named or len(set(named)) != len(named):
            problem = f"'{{{unknown[0]}}}' is not a field" if unknown else "each field once, and at least one"
            raise BadInput(f"name pattern {text}", problem, f"fields: {', '.join(sorted(self.FIELDS))}")
        kinds = {"date": _DATE, "time": _TIME}
        groups = (f"(?P<{name}>{kinds.get(name, '[^/]+?')})" if number % 2 else re.escape(name) for number, name in enumerate(pieces))
        self._pattern = re.compile("".join(groups))

    def fields(self, name: str, where: str) -> dict[str, str]:
        """What a name says, as columns of a manifest. Raises BadInput when it does not fit."""
        match = self._pattern.fullmatch(name)
        if match is None:
            raise BadInput(f"{where}: file", f"the name does not fit the pattern {self.text}", "rename the file or mend the pattern")
        found = match.groupdict()
        day, clock = (re.sub(r"\D", "", found.pop(part, "") or "") for part in ("date", "time"))
        if day:
            found["started_at"] = f"{day[:4]}-{day[4:6]}-{day[6:]}T" + (f"{clock[:2]}:{clock[2:4]}:{clock[4:]}" if clock else "00:00:00")
        return found


def beside(recording: Path) -> list[Path]:
    """The files that go with a recording and are there."""
    candidates = [recording.with_suffix(META_SUFFIX), *(recording.with_suffix(suffix) for suffix in TRANSCRIPT_SUFFIXES)]
    return [path for path in candidates if path.is_file()]


def lone_entry(recording: Path, places: Places, zone: ZoneInfo, names: NamePattern | None = None) -> Entry:
    """The entry of a recording below ``places.base``: its name, then its ``.meta.json``, which has the last word.

    Without either the id is the path below the base and the start the file's time. A path that holds the caller's number is no id, since
    ids are shown and kept where numbers are not: such a recording is called by its time and a digest of its content. Raises BadInput
    for a symbolic link, for what cannot be read, and for wrong fields; OSError for a recording that cannot be read.
    """
    where = recording.relative_to(places.base).as_posix()
    if recording.is_symlink():
        raise BadInput(f"{where}: file", "is a symbolic link", "put the recording itself there")
    bare = recording.relative_to(places.base).with_suffix("").as_posix()
    own_name = re.sub(r"[^\w.\-]", "-", bare)[:80]
    file_time = datetime.fromtimestamp(recording.stat().st_mtime, zone).isoformat()
    row = {"call_id": own_name, "file": where, "started_at": file_time}
    if names is not None:
        row |= names.fields(recording.stem, where)
    meta = recording.with_suffix(META_SUFFIX)
    folder = recording.parent.relative_to(places.base).as_posix()
    if meta.is_file():
        said = _meta(meta, where)
        if said.get("transcript"):
            said["transcript"] = f"{folder}/{said['transcript']}"
        row |= said
    if row["call_id"] == own_name and _holds(bare, row.get("caller", "")):
        row["call_id"] = _name_by_content(recording, row["started_at"] if row["started_at"] != file_time else "")
    if not row.get("transcript"):
        transcript = next((path for path in beside(recording) if path != meta), None)
        row["transcript"] = transcript.relative_to(places.base).as_posix() if transcript else ""
    return entry(row, where, places, zone)


def _holds(name: str, caller: str) -> bool:
    """Does a recording's name hold the caller's number, with or without the marks between its digits?"""
    digits = number_digits(caller)
    return bool(caller) and (caller in name or (bool(digits) and digits in re.sub(r"\D", "", name)))


def _name_by_content(recording: Path, started_at: str) -> str:
    """Such as ``20261109093000-1f2e3d4c5b6a7988``: a copy has the same."""
    with recording.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()[:16]
    time = re.sub(r"\D", "", started_at)[:14]
    return f"{time}-{digest}" if time else digest


def _meta(file: Path, where: str) -> dict[str, str]:
    thing = f"{where}: {file.name}"
    try:
        if file.is_symlink() or file.stat().st_size > _LARGEST_META:
            raise BadInput(thing, "is a symbolic link or larger than a megabyte", "write one JSON object of a call's fields")
        said = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        raise BadInput(thing, "is not a JSON file in UTF-8", "write one JSON object of a call's fields") from None
    if not isinstance(said, dict):
        raise BadInput(thing, "is not one JSON object", "write one JSON object of a call's fields")
    for name, value in said.items():
        if (name not in COLUMNS or name == "file") and not name.startswith("meta."):
            raise BadInput(f"{thing}: {name}", "is not a field", f"fields: {', '.join(sorted(COLUMNS - {'file'}))}, meta.…")
        if not isinstance(value, str | int | float | bool | None):
            raise BadInput(f"{thing}: {name}", "is not a text or a number", "write one value")
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in said.items() if value is not None}

"""One row of a manifest to an :class:`Entry`: every field checked, every wrong one named."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from zoneinfo import ZoneInfo

from hotline.errors import BadInput, storable
from qa.calls import Channel, Role
from qa.redaction import mask

REQUIRED = ("call_id", "file", "started_at")
OPTIONAL: tuple[str, ...] = ("agent_id", "queue_id", "direction", "topic", "caller", "language", "transcript", "agent_channel", "synthetic")
OPTIONAL += ("wait_s", "hold_s", "acw_s")
COLUMNS = frozenset(REQUIRED + OPTIONAL)
"""All that a manifest may say; columns ``meta.…`` come on top."""
CALL_ID = re.compile(r"[\w.\-]{1,80}")
_LONGEST_TOPIC = 60
_UNREADABLE_NAME = "the name is not in UTF-8 or holds control characters"


@dataclass(frozen=True, slots=True)
class Entry:
    """One recording and what came with it; ``where`` names its manifest line in messages.

    None means that the manifest does not say: what the telephone system's feed said of the call then stays. ``size`` (bytes) and
    ``mtime_ns`` are the recording's as it was found.
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
    size: int = 0
    mtime_ns: int = 0

    @property
    def channel_map(self) -> Mapping[Channel, Role] | None:
        """Whose the channels are; None when the manifest does not say."""
        if self.agent_channel is None:
            return None
        other = Channel.RIGHT if self.agent_channel is Channel.LEFT else Channel.LEFT
        return {self.agent_channel: Role.AGENT, other: Role.CUSTOMER}


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file, where it really lies."""

    path: Path
    size: int
    mtime_ns: int


class Places:
    """Finds the files that rows name below a folder. A folder is looked up once, not once a row: that is most of the work.

    Symbolic links that stay inside the folder are followed unless ``links`` says no.
    """

    def __init__(self, base: Path, *, links: bool = True) -> None:
        self.base = base.resolve()
        self._links = links
        self._folders: dict[Path, Path] = {}

    def find(self, name: str, thing: str) -> FoundFile:
        """The file ``name`` below the base, or inside an installed package for ``package:MODULE/PATH``. Raises BadInput."""
        base = self.base
        packaged = name.startswith("package:")
        if packaged:
            module, _, rest = name.removeprefix("package:").partition("/")
            spec = _package(module)
            if spec is None or not spec.submodule_search_locations:
                raise BadInput(thing, f"package {module} is not installed", 'pip install "hotline[speech]"')
            base, name = Path(spec.submodule_search_locations[0]).resolve(), rest
        if not _is_plain(name):
            raise BadInput(thing, _UNREADABLE_NAME, "rename the file")
        try:
            path = self._folder((base / name).parent) / Path(name).name
            found = path.lstat()
            if stat.S_ISLNK(found.st_mode):
                path = path.resolve()
                found = path.stat()
        except (OSError, RuntimeError):  # RuntimeError: links in a circle
            path, found = (base / name).absolute(), None
        if not name or not path.is_relative_to(base) or ".." in path.parts:
            raise BadInput(thing, f"'{name}' leaves the manifest's folder", "put recordings and transcripts below the manifest")
        if not (self._links or packaged) and path != Path(os.path.normpath(base / name)):
            raise BadInput(thing, f"'{name}' is or lies behind a symbolic link", "put the file itself there")
        if found is None or not stat.S_ISREG(found.st_mode):
            raise BadInput(thing, f"'{name}' does not exist", "copy the file there or mend the name")
        if not _is_plain(str(path)):
            raise BadInput(thing, f"'{name}' leads to a file whose {_UNREADABLE_NAME.removeprefix('the ')}", "rename the file")
        return FoundFile(path, found.st_size, found.st_mtime_ns)

    def _folder(self, folder: Path) -> Path:
        if folder not in self._folders:
            self._folders[folder] = folder.resolve()
        return self._folders[folder]


def entry(row: Mapping[str, str], where: str, places: Places, zone: ZoneInfo) -> Entry:
    """The entry of a row (column: text; no text means not said). Raises BadInput naming ``where`` and the field."""
    for name, value in row.items():
        # names of files have a message of their own
        if not _is_plain(name) or (name not in ("file", "transcript") and not _is_plain(value)):
            raise BadInput(f"{where}: {mask(storable(name))}", "holds control characters or half a character", "write plain text")
    call_id = row["call_id"].strip()
    if not CALL_ID.fullmatch(call_id):
        raise BadInput(f"{where}: call_id", f"'{mask(call_id)}' is not an id", "use letters, digits, . _ - (up to 80)")
    transcript = row.get("transcript", "").strip()
    found = places.find(row["file"].strip(), f"{where}: file")
    return Entry(
        call_id=call_id,
        path=found.path,
        started_at=_instant(row["started_at"], f"{where}: started_at", zone),
        where=where,
        agent_id=row.get("agent_id", "").strip() or None,
        queue_id=row.get("queue_id", "").strip() or None,
        direction=_one_of(row["direction"], ("inbound", "outbound"), f"{where}: direction") if row.get("direction") else None,
        topic=_topic(row.get("topic", ""), f"{where}: topic"),
        caller=row.get("caller", "").strip() or None,
        language=_one_of(row.get("language", ""), ("zh", "en"), f"{where}: language"),
        transcript=places.find(transcript, f"{where}: transcript").path if transcript else None,
        agent_channel=_channel(row.get("agent_channel", ""), f"{where}: agent_channel"),
        synthetic=_one_of(row.get("synthetic", "").lower(), ("false", "true"), f"{where}: synthetic") == "true",
        wait_s=_seconds(row.get("wait_s", ""), f"{where}: wait_s"),
        hold_s=_seconds(row.get("hold_s", ""), f"{where}: hold_s"),
        acw_s=_seconds(row.get("acw_s", ""), f"{where}: acw_s"),
        metadata={key.removeprefix("meta."): value for key, value in row.items() if key.startswith("meta.") and value != ""},
        size=found.size,
        mtime_ns=found.mtime_ns,
    )


def _is_plain(text: str) -> bool:
    r"""Can the text be stored: no half characters (bytes of a name that are no UTF-8) and no control characters but tab and line ends?"""
    if text.isascii() and text.isprintable():  # nearly all there is
        return True
    return not any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n\r" for character in text)


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
        raise BadInput(thing, f"'{mask(text)}' is not a time", "write it as 2026-11-09T09:30:00+08:00") from None
    if not 1990 <= instant.year < 2100:
        raise BadInput(thing, f"the year {instant.year} cannot be right", "write the year the call took place")
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


def _one_of(value: str, allowed: tuple[str, ...], thing: str) -> str:
    value = value.strip() or allowed[0]
    if value not in allowed:
        raise BadInput(thing, f"'{mask(value)}' is not known", f"use one of: {', '.join(allowed)}")
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
        raise BadInput(thing, f"'{mask(value)}' is not a number of seconds", "write 12.5, from 0 to a day")
    return seconds

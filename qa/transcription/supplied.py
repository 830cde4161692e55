"""Transcripts that come with a recording: JSON, SRT, WebVTT, CSV, as vendors export them.

JSON is a list of entries, or an object with one under ``entries``, ``segments``, ``utterances``, ``sentences`` or
``results``, and maybe ``engine`` and ``version``. An entry (CSV: a row) has ``text`` and may have ``role`` (or
``speaker``), ``start``, ``end`` (seconds, or a clock such as 00:01:02,500; keys ending in ``_ms`` are milliseconds)
and ``confidence``. Subtitles name the speaker before a colon (``客服：您好``) or in a voice tag (``<v 客服>``).

Everything wrong raises BadInput naming file, line and field.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hotline.errors import BadInput
from qa.calls import Role
from qa.redaction import mask
from qa.transcription.normalise import normalise

_LISTS = ("entries", "segments", "utterances", "sentences", "results")
_KEYS = {
    "text": ("text", "content", "sentence", "transcript", "文本", "内容"),
    "role": ("role", "speaker", "spk", "channel", "角色", "说话人"),
    "start": ("start", "begin", "start_time", "begin_time", "from", "开始", "start_ms", "begin_ms"),
    "end": ("end", "stop", "end_time", "to", "结束", "end_ms"),
    "confidence": ("confidence", "score", "置信度"),
}
_ROLES = {
    Role.AGENT: ("agent", "坐席", "座席", "客服", "话务员", "服务人员", "operator", "staff", "seat", "csr", "客服代表"),
    Role.CUSTOMER: ("customer", "客户", "用户", "来电人", "caller", "client", "user", "市民"),
    Role.OTHER: ("ivr", "system", "系统", "语音"),
}
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?")
_ARROW = re.compile(r"^\s*(\S+)\s+-->\s+(\S+)")
_VOICE = re.compile(r"^<v(?:\.\S+)?\s+([^>]+)>(.*)$", re.S)
_PREFIX = re.compile(r"^\s*([^：:，。？！\s]{1,12})\s*[：:]\s*(.*)$", re.S)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a transcript. Times are seconds; ``label`` is the speaker's name as written, ``line`` counts from 1."""

    text: str
    role: Role = Role.UNKNOWN
    label: str = ""
    start: float | None = None
    end: float | None = None
    confidence: float | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Transcript:
    """All entries in order, and who made them where the file says so."""

    entries: tuple[Entry, ...]
    engine: str = ""
    version: str = ""

    @property
    def timed(self) -> bool:
        """Whether every entry has both times."""
        return all(e.start is not None and e.end is not None for e in self.entries)


def load(path: Path) -> Transcript:
    """Read a transcript by its suffix. Raises BadInput naming file and line."""
    readers = {".json": _json, ".srt": _subtitles, ".vtt": _subtitles, ".csv": _csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadInput(path.name, f"'{path.suffix}' is not a transcript that can be read", "use .json, .srt, .vtt or .csv")
    if not path.is_file():
        raise BadInput(path.name, "there is no such transcript", "mend the path in the manifest")
    engine, version, entries = reader(path.name, _decoded(path))
    kept = [replace(e, text=normalise(e.text)) for e in entries]
    kept = [e for e in kept if e.text]
    if not kept:
        raise BadInput(path.name, "the transcript holds no text", "export it again or leave the transcript out of the manifest")
    if all(e.start is not None for e in kept):
        kept.sort(key=lambda e: e.start or 0.0)
    return Transcript(tuple(kept), engine, version)


def role_of(label: str) -> Role:
    """The role that a speaker's name means; UNKNOWN for one that says nothing, such as ``spk0``.

    >>> role_of("客服01"), role_of("spk0")
    (<Role.AGENT: 'agent'>, <Role.UNKNOWN: 'unknown'>)
    """
    plain = re.sub(r"[\s_\-#]*\d*$", "", label.strip().lower())
    return next((role for role, names in _ROLES.items() if plain in names), Role.UNKNOWN)


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(path.name, "is neither UTF-8 nor GB 18030 text", "save it as UTF-8")


def _json(name: str, text: str) -> tuple[str, str, list[Entry]]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"{name}:{error.lineno}", f"not valid JSON ({error.msg})", "export it again") from None
    engine = version = ""
    start = re.search(r"\[", text)
    if isinstance(document, dict):
        key = next((k for k in _LISTS if isinstance(document.get(k), list)), None)
        if key is None:
            raise BadInput(f"{name}:1", "no list of entries", f"put them under one of {', '.join(_LISTS)}")
        engine, version = str(document.get("engine", "")), str(document.get("version", ""))
        start = re.search(rf'"{key}"\s*:\s*\[', text)
    elif not isinstance(document, list):
        raise BadInput(f"{name}:1", "not a list of entries", 'write [{"role": …, "start": …, "end": …, "text": …}, …]')
    return engine, version, [_entry(name, line, item) for line, item in _items(text, start.end() if start else 0)]


def _items(text: str, at: int) -> Iterator[tuple[int, Any]]:
    """The items of a JSON array whose bracket ends before ``at``, each with its line."""
    decoder = json.JSONDecoder()
    while True:
        gap = re.compile(r"[\s,]*").match(text, at)
        at = gap.end() if gap else at
        if text.startswith("]", at):
            return
        line = text.count("\n", 0, at) + 1
        item, at = decoder.raw_decode(text, at)
        yield line, item


def _csv(name: str, text: str) -> tuple[str, str, list[Entry]]:
    reader = csv.DictReader(io.StringIO(text))
    if not any(key.strip().lower() in _KEYS["text"] for key in reader.fieldnames or []):
        raise BadInput(f"{name}:1: text", "no column of this name", "the first line names the columns: role,start,end,text")
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise BadInput(f"{name}:{reader.line_num}", f"not valid CSV ({error})", "export it again") from None
    has_role = any(key and key.strip().lower() in _KEYS["role"] for key in reader.fieldnames or [])
    entries = [_entry(name, line, {k: v for k, v in row.items() if k and v not in (None, "")}) for line, row in rows if any(row.values())]
    return "", "", entries if has_role else [_spoken(e) for e in entries]


def _subtitles(name: str, text: str) -> tuple[str, str, list[Entry]]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    entries: list[Entry] = []
    at = 0
    while at < len(lines):
        if "-->" not in lines[at]:
            at += 1
            continue
        where, arrow = at + 1, _ARROW.match(lines[at])
        if arrow is None:
            raise BadInput(f"{name}:{where}", f"'{mask(lines[at].strip())}' is not a time line", "write 00:00:01,000 --> 00:00:02,000")
        cue: list[str] = []
        at += 1
        while at < len(lines) and lines[at].strip() and "-->" not in lines[at]:
            cue.append(lines[at].strip())
            at += 1
        item = {"start": arrow[1], "end": arrow[2], "text": " ".join(cue)}
        entries.append(_spoken(_entry(name, where, item)))
    return "", "", entries


def _spoken(entry: Entry) -> Entry:
    """Take the speaker's name off the front of the text."""
    voice = _VOICE.match(entry.text)
    prefix = _PREFIX.match(entry.text)
    if voice:
        label, text = voice[1].strip(), re.sub(r"</?v[^>]*>", "", voice[2])
    elif prefix and (role_of(prefix[1]) is not Role.UNKNOWN or re.fullmatch(r"(?i)(spk|speaker|说话人)\s*_?\d+", prefix[1])):
        label, text = prefix[1], prefix[2]
    else:
        return replace(entry, text=re.sub(r"</?[a-z][^>]*>", "", entry.text))
    return replace(entry, label=label, role=role_of(label), text=text)


def _entry(name: str, line: int, item: Any) -> Entry:
    where = f"{name}:{line}"
    if not isinstance(item, Mapping):
        raise BadInput(where, "an entry is not an object", 'write {"role": …, "start": …, "end": …, "text": …}')
    fields = {str(key).strip().lower(): value for key, value in item.items()}
    found = {meaning: next(((k, fields[k]) for k in keys if fields.get(k) is not None), None) for meaning, keys in _KEYS.items()}
    if found["text"] is None:
        if any(fields.values()) and "text" not in fields:
            raise BadInput(f"{where}: text", "missing", "every entry needs its text, if only an empty one")
        return Entry("", line=line)
    if not isinstance(found["text"][1], str):
        raise BadInput(f"{where}: text", f"'{mask(str(found['text'][1]))}' is not text", "put it in quotes")
    start, end = _time(where, found["start"]), _time(where, found["end"])
    if start is not None and end is not None and end < start:
        raise BadInput(f"{where}: end", f"{end:g} s is before the start, {start:g} s", "mend the times")
    confidence = _number(where, found["confidence"])
    label = str(found["role"][1]) if found["role"] else ""
    return Entry(
        found["text"][1],
        role_of(label),
        label,
        start,
        end,
        confidence if confidence is None or confidence <= 1 else confidence / 100,
        line,
    )


def _time(where: str, field: tuple[str, Any] | None) -> float | None:
    if field is None:
        return None
    key, value = field
    clock = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if clock:
        hours, minutes, seconds, part = clock.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + (int(part.ljust(3, "0")) / 1000 if part else 0.0)
    number = _number(where, field)
    return None if number is None else number / 1000 if key.endswith("_ms") else number


def _number(where: str, field: tuple[str, Any] | None) -> float | None:
    if field is None:
        return None
    key, value = field
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise BadInput(f"{where}: {key}", f"'{mask(str(value))}' is not a number", "write seconds such as 12.5") from None
    if not math.isfinite(number) or number < 0:
        raise BadInput(f"{where}: {key}", f"'{mask(str(value))}' is not possible here", "write seconds such as 12.5")
    return number

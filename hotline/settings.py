"""Where things are and how strict we are: one frozen object, read once.

Order: defaults, then ``hotline.toml`` in the home folder, then ``HOTLINE_*`` environment variables.
"""

from __future__ import annotations

import math
import os
import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs

from hotline.errors import BadInput


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; each field is a key of ``hotline.toml`` and ``HOTLINE_<FIELD>``."""

    home: Path
    """Folder of this installation: database, Parquet, reports, secret key."""
    database: str = ""
    """SQLAlchemy URL; empty means SQLite in the home folder."""
    parquet: Path = Path()
    """Folder of turns and hits; default ``<home>/parquet``."""
    models: Path = Path()
    """Folder of pulled models; default the user's cache folder."""
    rules: Path = Path()
    """Folder of rule sets; default the ones that come with Hotline."""
    hotwords: Path = Path()
    """File of words that recognisers should expect, by queue; default ``<home>/hotwords.yaml``."""
    timezone: str = "Asia/Shanghai"
    """Zone of days, weeks and intervals."""
    language: str = "zh"
    """``zh`` or ``en``: reports, errors on the command line, and screens until the user switches."""
    workers: int = 2
    """Processes that ingest recordings."""
    attempts: int = 3
    """Tries of a recording that fails for a passing reason (a share that does not answer, a process that dies), before it is put aside."""
    timeout_factor: float = 4.0
    """A recording may take so many times its length, but at least a minute, before its worker process is ended."""
    worker_calls: int = 500
    """A worker process is replaced after so many recordings, to give memory back."""
    worker_memory_mb: int = 6000
    """… or when it has taken so many megabytes."""
    longest_recording_hours: float = 4.0
    """Recordings that last longer are put aside instead of filling the memory (an hour needs up to 0.5 GB)."""
    mask_text: bool = True
    """Mask personal values (numbers, names, addresses …) before text is stored."""
    fcr_days: int = 3
    """A call is resolved at first contact when the same caller does not call about the same topic within so many days."""
    min_sample: int = 30
    """Below so many observations a board says that the sample is too small to tell."""
    session_hours: float = 8.0
    """A sign-in ends after so many hours."""
    idle_minutes: float = 60.0
    """… or after so many minutes without a click."""
    lockout_attempts: int = 5
    """Wrong passwords in a row before an account is locked."""
    lockout_minutes: float = 15.0
    """How long a lock lasts."""

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.home / 'hotline.db'}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def reports(self) -> Path:
        """Folder that reports are written to."""
        return self.home / "reports"


_BOUNDS: dict[str, tuple[float, float]] = {
    "workers": (1, 1024),
    "attempts": (1, 100),
    "timeout_factor": (0, 1000),
    "worker_calls": (1, 1_000_000),
    "worker_memory_mb": (100, 10_000_000),
    "longest_recording_hours": (0, 24),
    "fcr_days": (1, 366),
    "min_sample": (1, 1_000_000),
    "session_hours": (0, 8784),  # a year; nought would end each sign-in at once
    "idle_minutes": (0, 527_040),
    "lockout_attempts": (1, 1000),
    "lockout_minutes": (0, 527_040),
}
"""Least and most of each number; a time must be above its least."""


def load(home: Path | None = None, environ: dict[str, str] | None = None) -> Settings:
    """Settings of the installation in ``home`` (default ``$HOTLINE_HOME``, then ``./hotline-home``).

    Raises BadInput naming file and field for an unknown key or a value that cannot be used.
    """
    env = dict(os.environ if environ is None else environ)
    home = Path(home or env.get("HOTLINE_HOME") or "hotline-home").absolute()
    values: dict[str, Any] = {
        "parquet": home / "parquet",
        "models": Path(platformdirs.user_cache_dir("hotline")) / "models",
        "rules": Path(str(resources.files("scoring_rules"))),
        "hotwords": home / "hotwords.yaml",
    }
    file = home / "hotline.toml"
    if file.exists():
        try:
            from_file = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadInput(str(file), f"not valid TOML ({error})", "mend the line named") from None
        known = {f.name for f in fields(Settings)} - {"home"}
        for key, value in from_file.items():
            if key not in known:
                raise BadInput(f"{file}: {key}", "unknown setting", f"known: {', '.join(sorted(known))}")
            values[key] = _typed(f"{file}: {key}", key, value)
    for spec in fields(Settings):
        variable = f"HOTLINE_{spec.name.upper()}"
        if spec.name != "home" and env.get(variable):
            values[spec.name] = _typed(variable, spec.name, env[variable])
    settings = Settings(home=home, **values)
    if settings.language not in ("zh", "en"):
        raise BadInput("language", f"'{settings.language}' is not a language of the screens", "use zh or en")
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadInput("timezone", f"'{settings.timezone}' is not a time zone", "use a name such as Asia/Shanghai") from None
    return settings


def _typed(thing: str, name: str, value: object) -> object:
    kind = {f.name: f.type for f in fields(Settings)}[name]
    try:
        if kind == "Path":
            return Path(str(value)).expanduser().absolute()
        if kind == "bool":
            if str(value).lower() not in ("true", "false", "1", "0", "yes", "no"):
                raise ValueError
            return str(value).lower() in ("true", "1", "yes")
        if kind in ("int", "float"):
            return _number(thing, name, int(str(value)) if kind == "int" else float(str(value)))
        return str(value)
    except ValueError:
        raise BadInput(thing, f"'{value}' is not a usable {kind}", "see docs/settings.md") from None


def _number(thing: str, name: str, number: int | float) -> int | float:
    least, most = _BOUNDS[name]
    above = isinstance(number, float)
    if not math.isfinite(number) or number < least or number > most or (above and number == least):
        raise BadInput(thing, f"{number} cannot be used", f"use a number {'above' if above else 'from'} {least:g} to {most:g}")
    return number

"""Look at every part of an installation and say what to do about those that are missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import sys
import tempfile
from dataclasses import asdict, dataclass

from hotline.errors import HotlineError
from hotline.settings import Settings
from hotline.store import open_store
from hotline.store.access import OPERATOR
from hotline.store.accounts import list_users
from hotline.store.engine import REMAKE
from qa import models, rules

EXTRAS = {
    "speech": ("torch", "pyannote.audio", "funasr", "faster_whisper"),
    "postgres": ("psycopg",),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: ``state`` is ok, missing (works without it) or broken (does not work)."""

    part: str
    state: str
    detail: str
    mend: str = ""

    def row(self) -> dict[str, str]:
        return asdict(self)


def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order in which one would mend them."""
    findings = [_python(), *_extras(), _writable(settings), _store(settings), *_models(settings), *_rules(settings)]
    return findings


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", "ok", f"{version}, hotline {importlib.metadata.version('hotline')}")


def _extras() -> list[Finding]:
    findings = []
    for extra, modules in EXTRAS.items():
        missing = [name for name in modules if not _installed(name)]
        if missing:
            findings.append(Finding(f"extra {extra}", "missing", f"not installed: {', '.join(missing)}", f'pip install "hotline[{extra}]"'))
        else:
            findings.append(Finding(f"extra {extra}", "ok", ", ".join(modules)))
    return findings


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _writable(settings: Settings) -> Finding:
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=settings.home):
            pass
    except OSError as error:
        return Finding("home folder", "broken", f"{settings.home}: {error.strerror}", "choose another with --home or $HOTLINE_HOME")
    free = os.statvfs(settings.home)
    return Finding("home folder", "ok", f"{settings.home}, {free.f_bavail * free.f_frsize / 1e9:.0f} GB free")


def _store(settings: Settings) -> Finding:
    try:
        store = open_store(settings)
        lacking = store.lacks()
        accounts = 0 if lacking else len(list_users(store, OPERATOR))
    except HotlineError as error:
        return Finding("store", "broken", f"{error.thing}: {error.problem}", error.mend or "hotline init")
    url = store.engine.url.render_as_string(hide_password=True)
    if lacking:
        return Finding("store", "broken", f"{url}: has not got {', '.join(lacking)}", REMAKE)
    if not accounts:
        return Finding("store", "ok", f"{url}, no account yet", "hotline init (or hotline users add)")
    return Finding("store", "ok", f"{url}, {accounts} accounts")


def _models(settings: Settings) -> list[Finding]:
    findings = []
    for entry in models.CATALOGUE:
        if models.is_here(entry.name, settings.models):
            findings.append(Finding(f"model {entry.name}", "ok", entry.purpose))
        else:
            findings.append(Finding(f"model {entry.name}", "missing", entry.purpose, f"hotline models pull {entry.name}"))
    return findings


def _rules(settings: Settings) -> list[Finding]:
    findings = []
    for file in sorted(settings.rules.glob("*.yaml")):
        try:
            rule_set = rules.load(file)
        except HotlineError as error:
            findings.append(Finding(f"rules {file.name}", "broken", str(error), "hotline rules check"))
        else:
            findings.append(Finding(f"rules {file.name}", "ok", f"{rule_set.id} version {rule_set.version}"))
    if not findings:
        findings.append(Finding("rules", "broken", f"no rule set in {settings.rules}", "set rules in hotline.toml"))
    return findings

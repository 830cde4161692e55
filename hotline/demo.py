"""The main job from nothing, on the sample centre: each step is a command that a user would type, run in order."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from rich.rule import Rule

from hotline.console import emit, out
from hotline.errors import NotFound
from hotline.settings import Settings
from hotline.store import open_store
from hotline.store.access import OPERATOR, UserRole
from hotline.store.accounts import add_user, list_users, random_password, set_password

WEEK = "2026-W46"
DAY = "2026-11-16"

ACCOUNTS = (
    ("admin", UserRole.ADMIN, "/", None),
    ("manager", UserRole.MANAGER, "/c/", None),
    ("qalead", UserRole.QA_LEAD, "/c/", None),
    ("qa", UserRole.QA, "/c/0/", None),
    ("lead1", UserRole.TEAM_LEAD, "/c/0/t01/", None),
    ("agent1", UserRole.AGENT, "/c/0/t01/", "a001"),
    ("planner", UserRole.PLANNER, "/c/", None),
)
"""One account a role: name, role, scope, and who an agent is."""


def steps(manifest: Path, months: int) -> list[list[str]]:
    """The commands of the demo, in order."""
    return [
        ["init", "--no-admin"],
        ["centre", "sample", "--months", str(months)],
        ["calls", "ingest", str(manifest)],
        ["calls", "list"],
        ["board", "weekly", "--week", WEEK],
        ["forecast", "run"],
        ["forecast", "show", "--queue", "q0", "--days", "7"],
        ["staff", "day", "--queue", "q0", "--date", DAY],
        ["report", "weekly", "--week", WEEK],
    ]


def run(settings: Settings, manifest: Path, months: int) -> None:
    """Run every step in ``settings.home``; run again, it skips what is done and makes new passwords."""
    from hotline.cli import app

    if not manifest.is_file():
        raise NotFound(str(manifest), "the sample calls are not here", "run in the repository's folder, or name the manifest with --calls")
    os.environ["HOTLINE_HOME"] = str(settings.home)
    began = time.monotonic()
    for step in steps(manifest, months):
        out.print(Rule(f"hotline {' '.join(step)}", align="left", style="dim"))
        app(step, standalone_mode=False)
    _compare(manifest, settings)
    out.print(Rule("accounts (demo only)", align="left", style="dim"))
    emit(accounts(settings), False)
    out.print(f"\nDone in {time.monotonic() - began:.0f} s. Everything above is synthetic 合成数据 and lies in {settings.home}.")
    out.print("See it: make app, then http://127.0.0.1:8501")


def _compare(manifest: Path, settings: Settings) -> None:
    """Hold the stored verdicts against the truth of the sample calls, where it lies beside them."""
    script = manifest.parent.parent / "compare.py"
    if not (script.parent / "truth").is_dir():
        return
    out.print(Rule(f"python {script}", align="left", style="dim"))
    subprocess.run([sys.executable, str(script), "--home", str(settings.home), "--brief", "--audio-only"], check=True)


def accounts(settings: Settings) -> list[dict[str, str]]:
    """One account a role with a fresh random password; the passwords are printed and kept nowhere."""
    store = open_store(settings)
    known = {user.name for user in list_users(store, OPERATOR)}
    rows = []
    for name, role, scope, agent_id in ACCOUNTS:
        password = random_password()
        if name in known:
            set_password(store, OPERATOR, name, password)
        else:
            add_user(store, OPERATOR, name=name, password=password, role=role, scope=scope, agent_id=agent_id)
        rows.append({"account": name, "role": role.value, "scope": scope, "password": password})
    return rows

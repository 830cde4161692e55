"""``hotline init``, ``doctor`` and ``demo``: set up, look whether all is well, show the main job."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline import doctor as doctor_room
from hotline import settings
from hotline.console import JsonFlag, emit, out
from hotline.errors import CheckFailed
from hotline.secret import secret_key
from hotline.store import open_store
from hotline.store.access import OPERATOR, UserRole
from hotline.store.accounts import add_user, list_users

app = typer.Typer()

HomeOption = Annotated[Path | None, typer.Option("--home", help="Folder of the installation (default: $HOTLINE_HOME or ./hotline-home).")]


@app.command()
def init(
    home: HomeOption = None,
    admin: Annotated[str | None, typer.Option(help="Name of the first account, an administrator; asked for when left out.")] = None,
    no_admin: Annotated[bool, typer.Option("--no-admin", help="Set up the store only and make no account.")] = False,
) -> None:
    """Make or upgrade the store and, the first time, ask for an administrator's name and password."""
    current = settings.load(home)
    current.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    current.reports.mkdir(mode=0o700, exist_ok=True)
    secret_key(current.home)
    store = open_store(current)
    store.migrate()
    out.print(f"store ready: {store.engine.url.render_as_string(hide_password=True)}")
    if no_admin or list_users(store, OPERATOR):
        return
    name = admin or typer.prompt("Administrator's account name")
    password = typer.prompt("Password (10 characters or more)", hide_input=True, confirmation_prompt=True)
    add_user(store, OPERATOR, name=name, password=password, role=UserRole.ADMIN, scope="/")
    out.print(f"account {name} made; add others with: hotline users add")


@app.command()
def doctor(home: HomeOption = None, as_json: JsonFlag = False) -> None:
    """Say what is installed, which models are there, whether the store can be written, and what to do about each."""
    findings = doctor_room.examine(settings.load(home))
    emit([finding.row() for finding in findings], as_json, title="hotline doctor", columns=("part", "state", "detail", "mend"))
    if any(finding.state == "broken" for finding in findings):
        raise CheckFailed("doctor", "at least one part is broken", "do what the last column says")


@app.command()
def demo(
    home: HomeOption = None,
    calls: Annotated[Path, typer.Option(help="Manifest of the sample calls.")] = Path("data/calls/manifest.csv"),
    months: Annotated[int, typer.Option(min=7, max=120, help="Months of sample history; fewer are quicker.")] = 30,
) -> None:
    """The main job from nothing: sample centre, sample calls, scores, board, forecast, heads, report, accounts."""
    from hotline.demo import run

    run(settings.load(home), calls, months)

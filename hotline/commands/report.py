"""``hotline report``: report files to hand on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline import settings
from hotline.commands.board import UnitOption, WeekOption, chosen_week
from hotline.console import JsonFlag, emit, err
from hotline.store import open_store
from hotline.store.access import OPERATOR
from reports import weekly as room

app = typer.Typer(help="Write the weekly report as Excel and PDF.", no_args_is_help=True)


@app.callback()
def reports() -> None:
    """Write the weekly report as Excel and PDF."""


@app.command("weekly")
def weekly(
    week: WeekOption = None,
    team: UnitOption = None,
    language: Annotated[str | None, typer.Option(help="zh or en; default the setting.")] = None,
    folder: Annotated[Path | None, typer.Option("--out", help="Folder to write to; default reports/ in the home folder.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the week's report of the centre, a sub-centre or a team: an Excel workbook and a PDF."""
    current = settings.load()
    store = open_store(current)
    with err.status("writing the report"):
        chosen = chosen_week(store, week)
        paths = room.write(store, OPERATOR, chosen, folder or current.reports, team, language or current.language)
    emit([{"file": str(path), "bytes": path.stat().st_size} for path in paths], as_json, title=f"weekly report {chosen}")

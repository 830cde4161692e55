"""``hotline centre``: bring a centre in, invented or real, and show what the store knows of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from hotline import sample_centre, settings
from hotline.console import JsonFlag, emit, err
from hotline.errors import BadInput
from hotline.store import open_store
from hotline.store.access import OPERATOR
from hotline.store.feeds import load_all
from hotline.store.importing import import_folder
from hotline.store.organisation import organisation, queues_of
from hotline.store.rollups import roll_up_all
from qa.rescoring import judge_arrived

app = typer.Typer(help="Bring your centre in, or the invented sample centre; show the organisation.", no_args_is_help=True)


@app.command("sample")
def sample(
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same centre.")] = sample_centre.SEED,
    until: Annotated[str, typer.Option(help="Last local day of the history, YYYY-MM-DD.")] = sample_centre.UNTIL.isoformat(),
    months: Annotated[int, typer.Option(min=1, max=120, help="Months of history.")] = sample_centre.MONTHS,
    as_json: JsonFlag = False,
) -> None:
    """Load an invented centre: 6 queues, 40 agents, 30 months of calls, states, tickets and surveys, every row marked synthetic.

    Loading again changes nothing.
    """
    current = settings.load()
    store = open_store(current)
    try:
        last_day = date.fromisoformat(until)
    except ValueError:
        raise BadInput("--until", f"'{until}' is not a date", "write YYYY-MM-DD") from None
    if current.timezone != str(sample_centre.ZONE):
        raise BadInput(
            "timezone", f"the sample centre lives in {sample_centre.ZONE}, not {current.timezone}", "change the setting or load real feeds"
        )
    _refuse_real(set(organisation(store, OPERATOR).units["id"]), set(sample_centre.organisation.unit_frame()["id"]))
    with err.status("making the sample centre"):
        centre = sample_centre.build(seed, last_day, months)
    with err.status("writing it to the store"):
        loaded = load_all(store, OPERATOR, centre.frames())
        loaded["agent_days"] = roll_up_all(store)
    emit(loaded, as_json, title="sample centre (synthetic 合成数据)")


@app.command("import")
def import_centre(
    folder: Annotated[Path, typer.Argument(help="Folder with org_units.csv, agents.csv, queues.csv, calls.csv … (CSV or Parquet).")],
    as_json: JsonFlag = False,
) -> None:
    """Bring your centre in: organisation, calls, counts, tickets, surveys. All or nothing; importing again changes nothing."""
    store = open_store(settings.load())
    with err.status("reading, checking and writing the feeds"):
        loaded = import_folder(store, OPERATOR, folder)
        if again := judge_arrived(store):
            loaded["judged_again"] = sum(not row["problem"] for row in again)
            if refused := len(again) - loaded["judged_again"]:
                loaded["not_judged_again"] = refused
    emit(loaded, as_json, title=f"imported from {folder}")


@app.command("show")
def show(as_json: JsonFlag = False) -> None:
    """The organisation: units, how many agents each has, and its queues."""
    store = open_store(settings.load())
    known = organisation(store, OPERATOR)
    queues = queues_of(store, OPERATOR)
    rows = [
        {
            "unit": unit["id"],
            "name": unit["name"],
            "name_en": unit["name_en"],
            "kind": unit["kind"],
            "path": unit["path"],
            "agents": known.agents.filter(known.agents["path"].str.starts_with(unit["path"])).height,
            "queues": " ".join(queues.filter(queues["unit_id"] == unit["id"])["id"]),
        }
        for unit in known.units.iter_rows(named=True)
    ]
    emit(rows, as_json, title="organisation")


def _refuse_real(present: set[str], invented: set[str]) -> None:
    """Invented history must not mix with a real centre's."""
    others = sorted(present - invented)
    if others:
        raise BadInput(
            f"unit {others[0]}", "the store already holds another centre", "use another home folder: HOTLINE_HOME=… hotline init"
        )

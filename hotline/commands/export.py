"""``hotline export``: calls as files that may leave the house: masked words, results, and recordings with numbers silenced."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from hotline import settings
from hotline.console import JsonFlag, emit
from hotline.store import calls, open_store
from hotline.store.access import OPERATOR

app = typer.Typer()


@app.command("export")
def export(
    call_ids: Annotated[list[str], typer.Argument(metavar="CALL…", help="Calls to export.")],
    to: Annotated[Path, typer.Option("--to", help="Folder to write to; made when it is not there.")],
    audio: Annotated[bool, typer.Option("--audio", help="Also the recording as WAV, silent where personal values are said.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write calls as CSV and, with --audio, their recordings; every export stands in the audit trail."""
    store = open_store(settings.load())
    to.mkdir(parents=True, exist_ok=True)
    written = []
    for call_id in call_ids:
        name = re.sub(r"[^\w.-]", "_", call_id)
        exports = {to / f"{name}.csv": calls.export_call} | ({to / f"{name}.wav": calls.export_audio} if audio else {})
        contents = {file: made(store, OPERATOR, call_id, file) for file, made in exports.items()}  # all of a call or nothing
        for file, content in contents.items():
            file.write_bytes(content)
            written.append({"call": call_id, "file": str(file), "bytes": len(content)})
    emit(written, as_json, title="导出 exported")

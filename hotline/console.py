"""What commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of tables.")]

out = Console(highlight=False, emoji=False)
err = Console(stderr=True, highlight=False, emoji=False)
for _console in (out, err):
    if not _console.is_terminal and "COLUMNS" not in os.environ:
        _console.width = 160  # a file or a pipe has no edge to keep away from


def plain(text: object) -> str:
    """``text`` (a name, a path, an error) as it stands, for a line that rich reads as markup: ``x[/y].wav`` is a file, not a tag."""
    return escape(str(text))


def emit(data: Any, as_json: bool, *, title: str = "", columns: Sequence[str] | None = None) -> None:
    """Print ``data``: a mapping as two columns, a list of mappings as a table; or all of it as JSON."""
    if as_json:
        print(json.dumps(data, ensure_ascii=False, indent=2, default=_jsonable))
        return
    rows: Iterable[Mapping[str, Any]]
    if isinstance(data, Mapping):
        rows = [{"": key, " ": value} for key, value in data.items()]
        columns = ("", " ")
    else:
        rows = list(data)
        columns = columns or (list(rows[0]) if rows else [])
    table = Table(title=plain(title) or None, title_justify="left", header_style="bold", show_header=any(c.strip() for c in columns))
    for name in columns:
        table.add_column(plain(name), overflow="fold")
    for row in rows:
        table.add_row(*(_text(row.get(name)) for name in columns))
    out.print(table)


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return plain(value)


def _jsonable(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)

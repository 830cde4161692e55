"""``hotline rules import``, ``export`` and ``template``: rule sets from and for Alibaba's SCA (JSON) and Excel."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from hotline import settings
from hotline.console import JsonFlag, emit, err
from hotline.errors import BadInput, CheckFailed
from qa import rules
from qa.rules.excel import export_excel, import_excel
from qa.rules.excel import template as write_template
from qa.rules.exchange import Imported, Loss
from qa.rules.sca import export_sca, import_sca

_KINDS = {".json": "sca", ".xlsx": "excel"}
_Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 when a whole item is left out.")]


def mount(app: typer.Typer) -> None:
    """Add the commands to the group ``rules``."""
    app.command("import")(import_rules)
    app.command("export")(export_rules)
    app.command("template")(template)


def import_rules(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="Rules of Alibaba's SCA (.json) or a scorecard (.xlsx).")],
    to: Annotated[Path | None, typer.Option("--out", help="Write the rule set to this YAML file instead of printing it.")] = None,
    strict: _Strict = False,
    as_json: JsonFlag = False,
) -> None:
    """Make a rule set of SCA's JSON or an Excel scorecard, and list by rule and field what could not be carried over."""
    found: Imported = import_sca(source) if _kind(source) == "sca" else import_excel(source)
    if to is not None:
        _save(to, found.text)
    elif not as_json:
        print(found.text, end="")
    _tell(
        found.losses,
        as_json,
        {"rule_set": found.rule_set.id, "items": len(found.rule_set.items), "out": None if to is None else str(to)},
        strict,
    )


def export_rules(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A rule set.")],
    to: Annotated[Path, typer.Option("--out", help="Where to write it: .json for Alibaba's SCA, .xlsx for Excel.")],
    strict: _Strict = False,
    as_json: JsonFlag = False,
) -> None:
    """Write a rule set as SCA's JSON or as an Excel scorecard, and list by item and field what could not be carried over."""
    rule_set = rules.load(file)
    if _kind(to) == "sca":
        document, losses = export_sca(rule_set)
        _save(to, json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    else:
        losses = export_excel(rule_set, to)
    _tell(losses, as_json, {"rule_set": rule_set.id, "items": len(rule_set.items), "out": str(to)}, strict)


def template(file: Annotated[Path, typer.Argument(metavar="FILE", help="The workbook to write (.xlsx).")]) -> None:
    """Write an empty Excel scorecard with headings, hints and three example rows."""
    if _kind(file) != "excel":
        raise BadInput(str(file), "is not an Excel file", "name a file that ends in .xlsx")
    write_template(file)


def _kind(file: Path) -> str:
    if file.suffix.lower() not in _KINDS:
        raise BadInput(str(file), "is neither .json nor .xlsx", "name a file of SCA (.json) or Excel (.xlsx)")
    return _KINDS[file.suffix.lower()]


def _save(to: Path, text: str) -> None:
    try:
        to.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(str(to), f"cannot be written ({error.strerror})", "name a file in a folder that exists") from None


def _tell(losses: Sequence[Loss], as_json: bool, head: dict[str, object], strict: bool) -> None:
    """List the losses: as JSON on standard output, for people on standard error, so that a piped rule set stays clean."""
    language = settings.load().language
    gone = [loss for loss in losses if loss.left_out]
    rows = [{"rule": x.rule, "field": x.field, "what": x.what[language], "left_out": x.left_out} for x in losses]
    if as_json:
        emit({**head, "left_out": len(gone), "losses": rows}, True)
    else:
        for row in rows:
            mark = ("未带出 left out" if row["left_out"] else "有变化 changed").ljust(16)
            err.print(f"{mark}{row['rule']}: {row['field']}: {row['what']}", markup=False, soft_wrap=True)
        err.print(
            f"{len(losses)} 处未能原样带出，其中 {len(gone)} 项整项未带出 · {len(losses)} differences, {len(gone)} items left out",
            markup=False,
        )
    if strict and gone:
        raise CheckFailed(str(head["rule_set"]), f"{len(gone)} item(s) are left out", "see the list above")

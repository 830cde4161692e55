"""``hotline rules check`` and ``test``: what is wrong with a rule set, and whether it does what its examples say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from hotline import settings
from hotline.console import JsonFlag, emit, out
from hotline.errors import CheckFailed, NotFound
from qa import rules
from qa.calls import Call
from qa.rules import RuleSet, in_language, proving
from qa.rules.checks import ERROR, KINDS, WARNING, check
from qa.rules.verdict import Evidence

Files = Annotated[list[Path] | None, typer.Argument(help="Rule sets; without any, those of the installation.")]
_CARE = ("examples", "clause", "coaching")
"""Kinds of problems that most items of a new rule set have, all of them at once."""
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 for warnings as well.")]
Format = Annotated[Literal["text", "json", "github"], typer.Option("--format", help="text, json, or github (notes beside a pull request).")]


def mount(app: typer.Typer) -> None:
    """Add the commands to the group ``rules``."""
    app.command("check")(check_files)
    app.command("test")(test)


def check_files(files: Files = None, strict: Strict = False, shape: Format = "text", as_json: JsonFlag = False) -> None:
    """Say what is wrong or weak in rule sets, with file and line; exit 1 when one has an error.

    Errors: what cannot be read, can never apply, fail or be reached, or contradicts itself. Warnings: words punished twice, fewer than
    three examples of each outcome, no clause or coaching, what is never used.
    """
    language = settings.load().language
    rows: list[dict[str, Any]] = []
    for file in rule_files(files):
        rule_set, problems = check(file)
        for p in problems:
            rows.append({"where": p.where, "level": p.level, "kind": p.kind, "what": p.text(language), "file": p.file, "line": p.line})
        if rule_set is not None and not any(p.level == ERROR for p in problems):
            rows.append({"where": str(file), "level": "ok", "kind": "", "what": summary(rule_set), "file": str(file), "line": 0})
    if as_json or shape == "json":
        emit(rows, True)
    elif shape == "github":
        for row in rows:
            out.print(_github(row), markup=False, soft_wrap=True)
    else:
        for row in _for_people(rows):
            out.print(f"{row['level']:8}{row['where']}: {row['what']}", markup=False, soft_wrap=True)
        errors, warnings = (sum(row["level"] == level for row in rows) for level in (ERROR, WARNING))
        if warnings:
            out.print(f"{errors} 处错误，{warnings} 处提醒 · {errors} errors, {warnings} warnings")
    failing = [row for row in rows if row["level"] == ERROR or (strict and row["level"] == WARNING)]
    if failing:
        files_failing = len({row["file"] for row in failing})
        raise CheckFailed("rules", f"{len(failing)} problem(s) in {files_failing} rule set(s)", "mend the lines named above")


def _for_people(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with one line for all that an item lacks in care, and errors at the end, where they are seen."""
    found: list[dict[str, Any]] = []
    thin: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["kind"] not in _CARE:
            found.append(row)
        elif row["where"] in thin:
            thin[row["where"]]["what"] += f" · {row['what']}"
        else:
            thin[row["where"]] = dict(row)
            found.append(thin[row["where"]])
    return sorted(found, key=lambda row: row["level"] == ERROR)


def _github(row: dict[str, Any]) -> str:
    """A line that GitHub's runners show beside the code."""
    if row["level"] == "ok":
        return f"::notice file={row['file']}::{row['what']}"
    title = KINDS[row["kind"]][1].en
    return f"::{row['level']} file={row['file']},line={max(1, row['line'])},title={title}::{row['where']}: {row['what']}"


def test(
    files: Files = None,
    only: Annotated[list[str] | None, typer.Option("--item", help="Only this item's examples; may be repeated.")] = None,
    every: Annotated[bool, typer.Option("--all", help="List the examples that hold as well.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Run every example of the rule sets; exit 1 when one does not come out as written.

    What is wrong is shown with what was expected, what came out, why, and the sentences that decided it.
    """
    language = settings.load().language
    rows: list[dict[str, Any]] = []
    held = failed = 0
    for file in rule_files(files):
        rule_set = rules.load(file)
        for proof in proving.prove(rule_set, only or ()):
            held, failed = held + proof.held, failed + (not proof.held)
            if every or as_json or not proof.held:
                rows.append(_proof(file, proof, language, whole=as_json))
    if as_json:
        emit({"held": held, "failed": failed, "examples": rows}, True)
    else:
        for row in rows:
            _print(row)
        out.print(f"{held} 个样例符合，{failed} 个不符 · {held} examples hold, {failed} do not")
    if failed:
        raise CheckFailed("examples", f"{failed} of {held + failed} do not come out as written", "mend the rule or the example")


def _proof(file: Path, proof: proving.Proof, language: str, *, whole: bool) -> dict[str, Any]:
    call = proof.example.call
    return {
        "where": f"{file.name}:{proof.example.line}",
        "item": proof.item.id,
        "wanted": proof.example.outcome,
        "got": proof.outcome.value,
        "held": proof.held,
        "reason": proof.reason if whole else in_language(proof.reason, language),
        "example": [f"{t.role.value}: {t.text}" for t in call.turns],
        "evidence": [_shown(e, call, language) for e in proof.evidence],
    }


def _print(row: dict[str, Any]) -> None:
    """An example for people: what was expected and what came out, then the conversation with the places that decided it."""
    mark = "✓" if row["held"] else "✗"
    head = f"{mark} {row['where']} {row['item']}: 应为 expected {row['wanted']}，得到 got {row['got']}"
    out.print(f"{head} {row['reason']}".rstrip(), markup=False, soft_wrap=True)
    if row["held"]:
        return
    for number, line in enumerate(row["example"], start=1):
        out.print(f"    #{number} {line}", markup=False, soft_wrap=True)
    for shown in row["evidence"]:
        place = "" if shown["turn"] is None else f"#{shown['turn'] + 1} "
        out.print(f"    → {place}{shown['condition']} ({shown['finding']}): {shown['detail']}", markup=False, soft_wrap=True)


def _shown(evidence: Evidence, call: Call, language: str) -> dict[str, Any]:
    said = ""
    if evidence.turn is not None and evidence.chars is not None:
        said = call.turns[evidence.turn].text[slice(*evidence.chars)]
    return {
        "condition": evidence.condition,
        "operator": evidence.operator,
        "turn": evidence.turn,
        "chars": evidence.chars,
        "said": said,
        "finding": evidence.params.get("finding", ""),
        "detail": in_language(evidence.detail, language),
    }


def rule_files(files: list[Path] | None) -> list[Path]:
    """The files named, or all rule sets of the installation. Raises NotFound."""
    found: list[Path] = []
    for path in files or [settings.load().rules]:
        found += sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not found:
        raise NotFound(str(files[0] if files else settings.load().rules), "no rule set there", "name a *.yaml file")
    return found


def summary(rule_set: RuleSet) -> str:
    """A rule set in one line."""
    items = rule_set.items
    fatal = sum(item.fatal for item in items)
    return (
        f"{rule_set.title} · {rule_set.id} v{rule_set.version} · {len(rule_set.sections)} sections, {len(items)} items, {fatal} fatal, "
        f"{sum(len(i.examples) for i in items)} examples · {rule_set.content_hash[:12]}"
    )

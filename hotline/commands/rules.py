"""``hotline rules``: show rule sets and judge a transcript; checking, explaining, comparing and exchanging stand beside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from hotline import settings
from hotline.commands import rules_check, rules_diff, rules_exchange, rules_explain, rules_versions
from hotline.commands.rules_check import summary
from hotline.commands.transcripts import MetaOption, StartedOption, as_of_now, began, written_call
from hotline.console import JsonFlag, emit, out
from hotline.errors import BadInput
from hotline.locale import pick, t, term
from qa import rules, scoring
from qa.calls import Call
from qa.rules import in_language
from qa.rules.model import Band
from qa.rules.reference import reference
from qa.rules.schema import schema_text
from qa.rules.variables import Variable
from qa.rules.verdict import Evidence

app = typer.Typer(help="Check, test, show and try the rules that judge calls.", no_args_is_help=True)
for _part in (rules_check, rules_explain, rules_diff, rules_exchange, rules_versions):
    _part.mount(app)

OutOption = Annotated[Path | None, typer.Option("--out", help="Write it to a file instead of printing it.")]
RulesOption = Annotated[Path, typer.Option("--rules", help="The rule set that judges.")]


@app.command("show")
def show(file: Annotated[Path, typer.Argument(help="A rule set.")], as_json: JsonFlag = False) -> None:
    """Print the items of a rule set with points, applicability and requirement."""
    rule_set = rules.load(file)
    rows = []
    for section in rule_set.sections:
        for item in section.items:
            expression = f"forbid {item.requirement}".replace("forbid not ", "forbid ", 1) if item.forbids else f"expect {item.requirement}"
            rows.append(
                {
                    "section": section.title.zh,
                    "item": item.id,
                    "title": str(item.title),
                    "points": "fatal" if item.fatal else f"{item.points:g}",
                    "severity": item.severity,
                    "applies when": str(item.applies_when or ""),
                    "requirement": expression,
                    "clause": item.clause,
                    "examples": len(item.examples),
                }
            )
    if as_json:
        head = {"id": rule_set.id, "version": rule_set.version, "hash": rule_set.content_hash, "start": rule_set.start}
        bands = [{"at_least": band.at_least, "zh": band.title.zh, "en": band.title.en} for band in rule_set.bands]
        variables = [_variable(one) for one in rule_set.variables.values()]
        emit({**head, "pass_mark": rule_set.pass_mark, "bands": bands, "variables": variables, "items": rows}, True)
        return
    emit(rows, False, title=summary(rule_set))
    if rule_set.bands:
        grades = " · ".join(f"{band.title} ≥ {band.at_least:g}" for band in rule_set.bands)
        out.print(f"等级 grades: {grades}", markup=False, soft_wrap=True)
    if rule_set.variables:
        emit([_variable(one) for one in rule_set.variables.values()], False, title="变量 variables")


def _variable(variable: Variable) -> dict[str, Any]:
    """A variable with its default and its cases, as people read them."""
    cases = "; ".join(f"{' and '.join(map(str, case.when))} → {variable.shown(case.value)}" for case in variable.cases)
    return {"name": variable.name, "kind": variable.kind, "default": variable.shown(variable.default), "cases": cases}


@app.command("score")
def score(
    transcript: Annotated[Path, typer.Argument(help="Text with 'agent: …' lines, or a transcript as JSON, SRT, WebVTT, CSV.")],
    rule_file: RulesOption,
    meta: MetaOption = None,
    started_at: StartedOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Judge a transcript without any recording and print the scorecard with its evidence."""
    rule_set = rules.load(rule_file)
    call = as_of_now(began(written_call(transcript, meta or ()), started_at), rule_set)
    card = scoring.score(rule_set, call)
    titles = {item.id: item.title for item in rule_set.items}
    rows = []
    for result in card.items:
        rows.append(
            {
                "item": result.item_id,
                "title": titles[result.item_id].zh,
                "outcome": result.outcome.value,
                "severity": result.severity,
                "lost": _lost(result.lost_low, result.lost_high),
                "where": "; ".join(filter(None, (_place(e, call) for e in result.evidence[:3]))),
                "reason": result.reason,
            }
        )
    if as_json:
        head = {"rule_set": card.rule_set_id, "version": card.version, "hash": card.rule_hash, "low": card.low, "high": card.high}
        head |= {
            "passed": card.passed,
            "fatal": card.fatal_certain,
            "fatal_possible": card.fatal_possible,
            "variables": dict(card.variables),
        }
        grades = {"grade_low": _grade(card.band_low), "grade_high": _grade(card.band_high)}
        emit({**head, **grades, "items": rows}, True)
        return
    language = settings.load().language
    emit([_for_people(row, titles[row["item"]][language], language) for row in rows], False, title=f"{rule_set.title} v{card.version}")
    for line in _floored(rule_set, card):
        out.print(line, markup=False, soft_wrap=True)
    grade = " – ".join(dict.fromkeys(filter(None, (_grade(card.band_low), _grade(card.band_high)))))
    told = f"得分 score {_interval(card.low, card.high)} · 合格 passed: {card.passed} · 致命 fatal: {card.fatal_certain}"
    out.print(f"{told} · 等级 grade: {grade}" if grade else told, markup=False)
    if card.variables:
        out.print(f"变量 variables: {', '.join(f'{name} = {value}' for name, value in card.variables)}", markup=False, soft_wrap=True)


@app.command("reference")
def print_reference(to: OutOption = None) -> None:
    """Print the reference of the rule language as Markdown."""
    _print_or_write(reference(), to)


@app.command("schema")
def print_schema(to: OutOption = None) -> None:
    """Print the JSON Schema of rule sets, with which editors complete names and mark mistakes while typing."""
    _print_or_write(schema_text(), to)


def _print_or_write(text: str, to: Path | None) -> None:
    if to is None:
        print(text, end="")
        return
    try:
        to.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(str(to), f"cannot be written ({error.strerror})", "name a file in a folder that exists") from None


def _for_people(row: dict[str, str], title: str, language: str) -> dict[str, str]:
    """A row with its headings and values in one language."""
    outcome, severity = term("outcome", row["outcome"]), term("severity", row["severity"])
    told = row | {"title": title, "outcome": outcome, "severity": severity, "reason": in_language(row["reason"], language)}
    return {t(f"score_head.{key}"): value for key, value in told.items()}


def _floored(rule_set: rules.RuleSet, card: scoring.Scorecard) -> Iterator[str]:
    """A line for every section that takes other points off than its items together: the floor keeps some, or all of it is gone."""
    for section in rule_set.sections:
        own = [item for item in card.items if item.section_id == section.id]
        listed = sum(item.lost_low for item in own), sum(item.lost_high for item in own)
        taken = scoring.section_loss(section, own)
        if any(abs(one - other) > 0.005 for one, other in zip(listed, taken, strict=True)):
            yield t("score.floored", section=pick(section.title.zh, section.title.en), listed=_interval(*listed), taken=_interval(*taken))


def _grade(band: Band | None) -> str:
    return "" if band is None else str(band.title)


def _place(evidence: Evidence, call: Call) -> str:
    if evidence.turn is None:
        return ""
    second = f" {evidence.span.start:.1f}s" if evidence.span else ""
    text = call.turns[evidence.turn].text
    said = text[slice(*evidence.chars)] if evidence.chars and evidence.chars[1] > evidence.chars[0] else text
    return f"#{evidence.turn + 1}{second} {said[:24]}"


def _lost(low: float, high: float) -> str:
    return "" if not high else _interval(low, high)


def _interval(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"

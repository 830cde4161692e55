"""``hotline rules diff``: what another version of the rules would change, before it is published."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from hotline import settings
from hotline.commands.transcripts import written_calls
from hotline.console import JsonFlag, emit, out
from hotline.store import open_store
from hotline.store.access import OPERATOR
from hotline.store.judging_again import opened, selected
from qa import rules
from qa.calls import Call
from qa.rules import RuleSet
from qa.rules.diff import RuleChange, rule_changes
from qa.rules.impact import Impact, Result, impact
from reports.week import IsoWeek

_WEEK = re.compile(r"\d{4}-W\d{2}")
CallsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--calls", help="Judge these by both: a week (2026-W46), 'stored' (the newest), a call's id, or transcripts; may be repeated."
    ),
]


def mount(app: typer.Typer) -> None:
    """Add the command to the group ``rules``."""
    app.command("diff")(diff)


def diff(
    old_file: Annotated[Path, typer.Argument(metavar="A", help="The rule set as it is.")],
    new_file: Annotated[Path, typer.Argument(metavar="B", help="The rule set as it would be.")],
    calls: CallsOption = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many stored calls, the newest first.")] = 2_000,
    as_json: JsonFlag = False,
) -> None:
    """Compare two rule sets, and with --calls say which calls, items, agents and averages would change.

    Nothing is stored or published. Opening stored calls is written to the audit trail.
    """
    old, new = rules.load(old_file), rules.load(new_file)
    if not calls:
        changes = rule_changes(old, new)
        emit([asdict(c) for c in changes], True) if as_json else _rules(changes, old, new)
        return
    found = impact(old, new, _chosen(calls, limit, old, new))
    if as_json:
        emit(_finite(asdict(found)), True)
    else:
        _rules(found.rules, old, new)
        _print(found)


def _chosen(names: Sequence[str], limit: int, old: RuleSet, new: RuleSet) -> Iterator[Call]:
    """The calls that ``--calls`` names, transcripts first. Raises NotFound or BadInput."""
    ids: list[str] = []
    for name in names:
        if Path(name).exists():
            yield from written_calls(Path(name))
        elif _WEEK.fullmatch(name):
            week = IsoWeek.parse(name)
            ids += selected(open_store(settings.load()), OPERATOR, first_day=week.first, last_day=week.last, most=limit)
        elif name == "stored":
            ids += selected(open_store(settings.load()), OPERATOR, most=limit)
        else:
            ids.append(name)
    if ids:
        yield from opened(open_store(settings.load()), OPERATOR, list(dict.fromkeys(ids))[:limit], old, new)


def _rules(changes: Sequence[RuleChange], old: RuleSet, new: RuleSet) -> None:
    title = f"规则改动 Rules: {old.id} v{old.version} → {new.id} v{new.version}"
    if not changes:
        out.print(f"{title}: 内容相同 the same content", markup=False)
        return
    emit(
        [{"part": c.part, "name": c.name, "change": c.change, "field": c.field, "A": c.old, "B": c.new} for c in changes],
        False,
        title=title,
    )


def _print(found: Impact) -> None:
    a, b = found.old, found.new
    rows = [
        {"": "平均分 mean score", "A": a.mean, "B": b.mean, "B−A": _signed(b.mean - a.mean)},
        {"": "存疑全扣的平均分 mean, doubt counted", "A": a.mean_low, "B": b.mean_low, "B−A": _signed(b.mean_low - a.mean_low)},
    ]
    named = (("合格 passed", "passed"), ("不合格 failed", "failed"), ("合格与否存疑 passed or not in doubt", "undecided"))
    for title, name in (*named, ("有存疑项 with a doubtful item", "doubtful"), ("致命 fatal", "fatal")):
        before, after = getattr(a, name), getattr(b, name)
        rows.append({"": title, "A": before, "B": after, "B−A": _signed(after - before)})
    emit(rows, False, title=f"{found.total} 通通话 calls, {len(found.calls)} 通有变化 change")
    items = [i for i in found.items if i.changed]
    if items:
        emit([_item(i.item_id, i.old, i.new, i.lost, i.cleared) for i in items], False, title="评分项 Items")
    agents = [g for g in found.agents if g.calls]
    if agents:
        emit(
            [
                {"agent": g.agent_id, "calls": f"{g.calls}/{g.total}", "A": g.old_mean, "B": g.new_mean, "B−A": _signed(g.change)}
                for g in agents[:30]
            ],
            False,
            title=f"坐席 Agents ({len(agents)})",
        )
    if found.calls:
        rows = [
            {
                "call": c.call_id,
                "agent": c.agent_id,
                "A": _result(c.old),
                "B": _result(c.new),
                "items": ", ".join(f"{i} {was or '–'}→{now or '–'}" for i, was, now in c.items),
            }
            for c in found.calls[:30]
        ]
        emit(rows, False, title=f"通话 Calls ({len(found.calls)})")
    out.print(
        f"原合格现不合格 {found.passed_now_failing}，原不合格现合格 {found.failed_now_passing} · "
        f"{found.passed_now_failing} passed and would fail, {found.failed_now_passing} failed and would pass"
    )
    if doubts := _doubts(found):
        out.print(doubts)


_DOUBTS = (
    ("doubtful", "yes", "存疑转合格", "in doubt and would pass"),
    ("doubtful", "no", "存疑转不合格", "in doubt and would fail"),
    ("yes", "doubtful", "合格转存疑", "passed and would be in doubt"),
    ("no", "doubtful", "不合格转存疑", "failed and would be in doubt"),
)


def _doubts(found: Impact) -> str:
    """What goes into doubt or out of it, in both languages; empty where nothing does."""
    moved = [(found.moved(before, now), zh, en) for before, now, zh, en in _DOUBTS]
    zh, en = "，".join(f"{zh} {n}" for n, zh, _ in moved if n), ", ".join(f"{n} {en}" for n, _, en in moved if n)
    return f"{zh} · {en}" if zh else ""


def _item(item_id: str, old: dict[str, int], new: dict[str, int], lost: int, cleared: int) -> dict[str, Any]:
    shown = {"item": item_id}
    for outcome in ("pass", "fail", "doubtful", "na"):
        before, after = old.get(outcome, "–"), new.get(outcome, "–")
        shown[outcome] = f"{before}" if before == after else f"{before}→{after}"
    return shown | {"now fail": lost, "no longer": cleared}


def _result(result: Result) -> str:
    score = f"{result.high:g}" if result.low == result.high else f"{result.low:g}–{result.high:g}"
    return f"{score} {result.passed}"


def _signed(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:+.1f}" if isinstance(value, float) else f"{value:+d}"


def _finite(value: Any) -> Any:
    """JSON knows no NaN: null."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value

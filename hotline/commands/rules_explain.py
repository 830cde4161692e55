"""``hotline rules explain``: why a call was judged as it was, condition by condition."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from hotline import settings
from hotline.commands.hearing import clock
from hotline.commands.transcripts import MetaOption, StartedOption, as_of_now, began, written_call
from hotline.console import JsonFlag, emit, out
from hotline.errors import BadInput, NotFound
from hotline.store import calls as call_store
from hotline.store import open_store
from hotline.store.access import OPERATOR
from qa import rules
from qa.calls import Call
from qa.rulebook import RuleBook
from qa.rules import RuleSet, in_language
from qa.rules.explain import ConditionSeen, Explanation, ItemSeen, Part, explain, sentences
from qa.rules.fields import near
from qa.rules.verdict import Hit, Verdict

_WORDS = {
    "zh": {Verdict.HIT: "是", Verdict.MISS: "否", Verdict.DOUBTFUL: "存疑"},
    "en": {Verdict.HIT: "yes", Verdict.MISS: "no", Verdict.DOUBTFUL: "in doubt"},
}
_MARKS = {"pass": "✓", "fail": "✗", "doubtful": "?", "na": "–"}
_HITS = 12
"""Hits of one condition that are printed; --json gives all."""


def mount(app: typer.Typer) -> None:
    """Add the command to the group ``rules``."""
    app.command("explain")(explain_call)


def explain_call(
    call_id: Annotated[str, typer.Argument(metavar="CALL", help="A stored call's id, or a transcript file.")],
    rule_file: Annotated[Path | None, typer.Option("--rules", help="The rule set; default: the one of the call's language.")] = None,
    only: Annotated[list[str] | None, typer.Option("--item", help="Only this item; may be repeated.")] = None,
    language: Annotated[Literal["zh", "en"] | None, typer.Option(help="zh or en; default: the setting.")] = None,
    meta: MetaOption = None,
    started_at: StartedOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Explain every verdict of a call: what each condition found and where it looked, what was excused, what is in doubt, and times.

    Opening a stored call is written to the audit trail.
    """
    current = settings.load()
    call, rule_set = _call_and_rules(call_id, rule_file, meta or [], started_at)
    known = [item.id for item in rule_set.items]
    for item_id in only or ():
        if item_id not in known:
            raise NotFound(f"{rule_set.id}: {item_id}", "is not an item of it", near(item_id, known))
    found = explain(rule_set, call, only or ())
    if as_json:
        emit(_data(found), True)
    else:
        _print(found, language or current.language)


def _call_and_rules(name: str, rule_file: Path | None, meta: list[str], started_at: str | None) -> tuple[Call, RuleSet]:
    """The call of a file that is there, else of the store, and what judges it."""
    current = settings.load()
    path = Path(name)
    if path.is_file():
        call = began(written_call(path, meta), started_at)
    elif meta or started_at:
        raise BadInput(
            "--meta" if meta else "--started-at", "belongs to a transcript, and a stored call has its own", f"there is no file {name}"
        )
    else:
        call = call_store.open_call(open_store(current), OPERATOR, name).call
    rule_set = rules.load(rule_file) if rule_file is not None else RuleBook.load(current.rules).choose(call)
    return as_of_now(call, rule_set), rule_set


def _print(found: Explanation, language: str) -> None:
    zh = language == "zh"
    head = f"{found.rule_set.title[language]} v{found.rule_set.version} · {found.rule_set.content_hash[:12]} · {found.call.id}"
    _line(f"{head} · {found.seconds * 1000:.1f} ms")
    for seen in found.items:
        _item(seen, found.call, language)
    slowest = sorted((c for seen in found.items for c in seen.conditions), key=lambda c: -c.seconds)[:3]
    if len(found.items) > 1:
        _line(("最慢的条件：" if zh else "slowest: ") + ", ".join(f"{c.name} {c.seconds * 1000:.2f} ms" for c in slowest))


def _item(seen: ItemSeen, call: Call, language: str) -> None:
    zh = language == "zh"
    result = seen.result
    lost = f"{result.lost_low:g}" if result.lost_low == result.lost_high else f"{result.lost_low:g}–{result.lost_high:g}"
    outcome = result.outcome.value
    points = f" −{lost}" if result.lost_high else ""
    reason = in_language(result.reason, language)
    _line(f"\n{_MARKS[outcome]} {seen.item.id} {seen.item.title[language]}: {outcome}{points}{'  ' + reason if reason else ''}")
    if seen.item.applies_when is not None:
        _line(f"  {'适用' if zh else 'applies'}: {seen.item.applies_when} → {_words(seen.applies, language)}")
        _parts(seen.applies_parts)
    if seen.parts:
        word = "forbid" if seen.item.forbids else "expect"
        requirement = str(seen.item.requirement) if not seen.item.forbids else str(seen.item.requirement).removeprefix("not ")
        _line(f"  {'满足' if zh else 'met'}: {word} {requirement} → {_words(seen.holds, language)}")
        _parts(seen.parts)
    for condition in seen.conditions:
        _condition(condition, call, language)
    for doubt in seen.doubts if outcome == "doubtful" else ():
        _line(f"  {'存疑' if zh else 'doubt'}: {in_language(doubt, language)}")


def _words(verdict: Verdict, language: str) -> str:
    return _WORDS[language][verdict]


def _parts(parts: tuple[Part, ...]) -> None:
    if len(parts) > 1:
        for part in parts:
            _line(f"      {part.text} = {part.verdict.value}{'' if part.wanted else ' (not wanted)'}")


def _condition(seen: ConditionSeen, call: Call, language: str) -> None:
    zh = language == "zh"
    place = seen.place[language] or ("整通" if zh else "whole call")
    searched = sentences(seen.searched)
    looked = f"  [{searched}]" if searched else ""
    head = f"  • {seen.name} = {seen.verdict.value}  {seen.operator}: {seen.wanted[language]}  ({place}{looked})"
    _line(f"{head}  {seen.seconds * 1000:.2f} ms")
    for hit in seen.hits[:_HITS]:
        doubt = "" if hit.certain else f"  ? {in_language(hit.doubt, language)}"
        _line(f"      {_place(hit, call)}{in_language(hit.detail, language)}{doubt}")
    if len(seen.hits) > _HITS:
        _line(f"      … +{len(seen.hits) - _HITS}")
    for excuse in seen.excused:
        word = f"由 {excuse.by} 豁免" if zh else f"excused by {excuse.by}"
        _line(f"      {_place(excuse.hit, call)}{in_language(excuse.hit.detail, language)}  ({word})")
    for text in filter(None, (seen.unsure, seen.note)):
        _line(f"      {in_language(text, language)}")


def _place(hit: Hit, call: Call) -> str:
    if hit.turn is None:
        return ""
    time = f" {clock(hit.span)}" if hit.span else ""
    return f"#{hit.turn + 1}{time} {call.turns[hit.turn].role.value} "


def _line(text: str) -> None:
    out.print(text, markup=False, soft_wrap=True)


def _data(found: Explanation) -> dict[str, Any]:
    """Everything, for programs; texts for people in both languages."""
    return {
        "call": found.call.id,
        "rule_set": {"id": found.rule_set.id, "version": found.rule_set.version, "hash": found.rule_set.content_hash},
        "ms": round(found.seconds * 1000, 3),
        "items": [_item_data(seen, found.call) for seen in found.items],
    }


def _item_data(seen: ItemSeen, call: Call) -> dict[str, Any]:
    def parts(found: tuple[Part, ...]) -> list[dict[str, Any]]:
        return [{"part": p.text, "wanted": p.wanted, "verdict": p.verdict.value} for p in found]

    return {
        "item": seen.item.id,
        "title": {"zh": seen.item.title.zh, "en": seen.item.title.en},
        "outcome": seen.result.outcome.value,
        "lost": [seen.result.lost_low, seen.result.lost_high],
        "reason": seen.result.reason,
        "doubts": list(seen.doubts),
        "applies": {"verdict": seen.applies.value, "parts": parts(seen.applies_parts)},
        "requires": {"verdict": seen.holds.value, "parts": parts(seen.parts)},
        "ms": round(seen.seconds * 1000, 3),
        "conditions": [_condition_data(c, call) for c in seen.conditions],
    }


def _condition_data(seen: ConditionSeen, call: Call) -> dict[str, Any]:
    return {
        "condition": seen.name,
        "operator": seen.operator,
        "wanted": {"zh": seen.wanted.zh, "en": seen.wanted.en},
        "place": {"zh": seen.place.zh, "en": seen.place.en},
        "verdict": seen.verdict.value,
        "hits": [_hit_data(h, call) for h in seen.hits],
        "excused": [{**_hit_data(e.hit, call), "by": e.by} for e in seen.excused],
        "searched": list(seen.searched),
        "unsure": seen.unsure,
        "note": seen.note,
        "ms": round(seen.seconds * 1000, 3),
    }


def _hit_data(hit: Hit, call: Call) -> dict[str, Any]:
    said = "" if hit.turn is None else call.turns[hit.turn].text[hit.start : hit.end]
    span = None if hit.span is None else [hit.span.start, hit.span.end]
    chars = None if hit.turn is None else [hit.start, hit.end]
    return {
        "turn": hit.turn,
        "chars": chars,
        "seconds": span,
        "said": said,
        "certain": hit.certain,
        "detail": hit.detail,
        "doubt": hit.doubt,
    }

"""Somebody says a value: a time, an amount, a day, a number, an address. Expressions compare it as `.value`.

`duration` (seconds: 三刻钟, 一个半小时, 两三天 as bounds), `amount` (三千五百块, $35.50), `percent`, `count` (with its measure word),
`date` (下周三上午, next Tuesday, counted from the call's start), and what is masked: `phone`, `account` (户号, 表号), `id_card`,
`bank_card`, `uscc`, `passport`, `plate`, `email`, `name`, `address`. Masked values are compared by their tokens, also over several
turns and with the 嗯 of the other side in between; what its speaker takes back (不对，是…) does not count. Where only the last four
digits are known, equal ones are doubtful, unless `last_four: counts`.

Example:

    promise: {entity: duration, by: agent, near: [到, 抵达, 恢复], exclude: [二十四小时服务]}
    given:   {entity: phone, by: customer}
    back:    {entity: phone, by: agent, after: any given, last_four: counts}
    bill:    {entity: amount, by: agent, near: [电费, 欠费], join_turns: 2}
    visit:   {entity: [date, duration], by: agent, near: [上门]}
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from qa.rules import personal
from qa.rules.conditions.matching import Lexicon, Place, exact_places, lexicon
from qa.rules.conditions.operator import Operator, Vocabulary, compile_all, param, shown
from qa.rules.fields import Fields, near
from qa.rules.joining import Passage, passages
from qa.rules.model import Title
from qa.rules.values import Time, Value
from qa.rules.values import shown as value_shown
from qa.rules.verdict import Found, Hit, both
from qa.rules.view import CallView
from qa.rules.windows import Look
from qa.text.dates import moments
from qa.text.quantities import KINDS as QUANTITIES
from qa.text.quantities import quantities

KINDS = (*QUANTITIES, "date", *personal.KINDS)
_SOME_DAY = datetime(2000, 1, 3, tzinfo=UTC)
"""For finding days in a call that has no date: where they stand, not which they are."""
_REACH = 20
"""Characters between a value and a phrase of ``near``."""


@dataclass(frozen=True, slots=True)
class Params:
    """The kinds of value, what must and must not stand near them, and how the end of a number counts."""

    kinds: tuple[str, ...] = param(f"值的类型（可多个）：{'、'.join(KINDS)}", "the kind of value, or several", key="entity")
    near: tuple[str, ...] = param("同一话轮内 20 字以内须有其一", "phrases of which one stands within 20 characters", shown="–")
    exclude: tuple[str, ...] = param("与这些短语重叠的值不算", "values that these phrases overlap do not count", shown="–")
    units: tuple[str, ...] = param("只要这些单位或币种（度、户、CNY）", "only these units or currencies", key="unit", shown="–")
    last_four: bool = param(
        "只说后四位：doubtful 存疑，counts 算数", "the last four alone: doubtful, or counts", key="last_four", shown="doubtful"
    )


@dataclass(frozen=True, slots=True)
class Prepared:
    params: Params
    near: Lexicon
    exclude: Lexicon


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    kinds = tuple(dict.fromkeys(kind for kind, _ in fields.texts("entity", limit=len(KINDS))))
    for kind in kinds:
        if kind not in KINDS:
            fields.refuse("entity", f"'{kind}' is no kind of value", near(kind, KINDS))
    masked = set(kinds) & set(personal.KINDS)
    if masked and len(masked) < len(kinds):
        fields.refuse("entity", "mixes masked values with others", "write two conditions")
    phrases = {key: vocabulary.phrases(fields, key) if fields.has(key) else () for key in ("near", "exclude")}
    for key in ("near", "exclude", "unit"):
        if masked and fields.has(key):
            fields.refuse(key, f"has no meaning for {kinds[0]}", "place the condition by after: or around: instead")
    units = tuple(unit for unit, _ in fields.texts("unit", limit=50)) if fields.has("unit") else ()
    if fields.has("last_four") and not masked:
        fields.refuse("last_four", f"has no meaning for {kinds[0]}", "remove it")
    counts = fields.choice("last_four", ("doubtful", "counts"), "doubtful") == "counts"
    return Params(kinds, phrases["near"], phrases["exclude"], units, counts)


def prepare(params: Params) -> Prepared:
    """Phrases compiled once per rule set."""
    return Prepared(params, lexicon(compile_all(params.near)), lexicon(compile_all(params.exclude)))


def find(prepared: Prepared, view: CallView, look: Look) -> Found:
    """Every value in the window, in order."""
    params = prepared.params
    if params.kinds[0] in personal.KINDS:
        return _personal(params, view, look)
    hits: dict[tuple[int | None, int], Hit] = {}
    places = [_by_talk(exact_places(words, look.talks) if words.wordings else []) for words in (prepared.near, prepared.exclude)]
    talks = [t for t in look.talks if t.index in places[0] or look.condition.join_turns > 1] if params.near else look.talks
    for passage in passages(view, talks, look.condition.join_turns):
        for hit in _in_passage(params, view, passage, *places):
            known = hits.get((hit.turn, hit.start))
            if known is None or known.end < hit.end:
                hits[hit.turn, hit.start] = hit
    ordered = sorted(hits.values(), key=lambda h: (h.turn or 0, h.start, -h.end))
    kept = look.keep_all([h for at, h in enumerate(ordered) if not (at and _inside(h, ordered[at - 1]))])
    return Found(tuple(kept), look.unsure)


def _inside(hit: Hit, other: Hit) -> bool:
    return hit.turn == other.turn and hit.end <= other.end


def _by_talk(places: list[Place]) -> dict[int, list[Place]]:
    found: dict[int, list[Place]] = {}
    for place in places:
        found.setdefault(place.talk.index, []).append(place)
    return found


def _in_passage(
    params: Params, view: CallView, passage: Passage, near: dict[int, list[Place]], exclude: dict[int, list[Place]]
) -> list[Hit]:
    nearby = _spans(view, passage, near)
    if params.near and not nearby:
        return []
    found: list[tuple[int, int, Value | None, str]] = []
    wanted = [kind for kind in params.kinds if kind in QUANTITIES]
    for quantity in quantities(passage.text, wanted) if wanted else ():
        if not params.units or quantity.unit in params.units:
            found.append((quantity.start, quantity.end, replace(quantity, start=0, end=0), ""))
    if "date" in params.kinds:
        found += _dates(view, passage)
    if not found:
        return []
    voids = _spans(view, passage, exclude)
    hits = []
    for start, end, value, doubt in found:
        if any(s < end and start < e for s, e in voids):
            continue
        if params.near and not any(s - end <= _REACH and start - e <= _REACH for s, e in nearby):
            continue
        turn, first, last = passage.place(start, end)
        if any(t.start_char < last and first < t.end_char for t in view.turns[turn].tokens):
            continue  # digits of a telephone number are no quantity
        hits.append(_hit(view, (turn, first, last), passage.text[start:end].replace("\n", ""), value, doubt))
    return hits


def _dates(view: CallView, passage: Passage) -> list[tuple[int, int, Value | None, str]]:
    began = view.call.started_at
    found: list[tuple[int, int, Value | None, str]] = []
    for moment in moments(passage.text, began or _SOME_DAY):
        doubt = "" if moment.sure else both("指哪一天或上下午不确定", "which day or half of the day is meant is not sure")
        value = None if began is None else Time(moment.start, moment.end, began)
        found.append((moment.first, moment.last, value, doubt))
    return found


def _spans(view: CallView, passage: Passage, places: dict[int, list[Place]]) -> list[tuple[int, int]]:
    """Where phrases stand, in characters of the passage."""
    found = [place for talk in passage.talks for place in places.get(talk.index, ())]
    return [span for place in found if (span := _span(view, passage, place)) is not None]


def _span(view: CallView, passage: Passage, place: Place) -> tuple[int, int] | None:
    turn, first, last = view.original(place.talk, place.start, place.end)
    at = passage.offset(turn, first)
    return None if at is None else (at, at + last - first)


def _hit(view: CallView, place: tuple[int, int, int], said: str, value: Value | None, doubt: str) -> Hit:
    turn, first, last = place
    if not view.sure_words(view.turns[turn], first, last):
        value, doubt = None, both("此处识别置信度低", "the recogniser is unsure of these words")
    zh, _, en = value_shown(value).rpartition(" / ")
    return Hit(
        turn,
        first,
        last,
        view.time_of(turn, first, last),
        not doubt,
        both(f"「{said}」（{zh}）", f"said {said} ({en})"),
        doubt,
        value=value,
    )


def _personal(params: Params, view: CallView, look: Look) -> Found:
    pieces = look.condition.join_turns if look.condition.join_turns > 1 else None
    found = [h for kind in params.kinds for h in personal.hits(view, kind, tail_counts=params.last_four, most_pieces=pieces)]
    found.sort(key=lambda h: (h.turn or 0, h.start))
    unique = [h for at, h in enumerate(found) if not (at and (found[at - 1].turn, found[at - 1].start) == (h.turn, h.start))]
    kept = look.keep_all(unique)
    if not kept and personal.loose_pieces(view, look.condition.by):
        return Found((), both("号码分多段说出，未能拼合", "a number was said in pieces that could not be put together"))
    return Found(tuple(kept), look.unsure)


def _kinds(params: Params) -> tuple[str, ...]:
    return params.kinds


def _described(params: Params) -> str:
    names = "、".join(_NAMES.get(kind, kind) for kind in params.kinds)
    return f"{names}（{shown(params.near)}）" if params.near else names


_NAMES = {"duration": "时长", "amount": "金额", "percent": "百分比", "count": "数量", "date": "日期时间"} | {
    kind: zh for kind, (zh, _) in personal.NAMES.items()
}

OPERATOR = Operator(
    "entity",
    Title("说出时间、金额、号码等值", "somebody says a time, an amount, a number or another value"),
    Params,
    read,
    find,
    prepare,
    _described,
    values=_kinds,
    spoken=True,
    joins=True,
)

"""Where a condition looks: ``check_range`` (role, anchor, range) to and from windows and anchors.

A range counts the sentences of the role, behind or before the anchor where there is one; -1 is the last. ``absolute`` counts the
sentences of both sides from the start of the call. ``hit_time`` of an anchor is its n-th hit, 0 every one, -1 any.
"""

from __future__ import annotations

from typing import Any

from qa.calls import Role
from qa.rules.exchange import Cannot
from qa.rules.model import Anchor, Condition, TurnRange
from qa.rules.sca.document import Record

_ROLES = {
    **dict.fromkeys(("客服", "坐席", "座席", "agent"), "agent"),
    **dict.fromkeys(("客户", "用户", "customer"), "customer"),
    **dict.fromkeys(("", "所有", "全部", "双方", "all"), ""),
}
_WORDS = {Role.AGENT: "客服", Role.CUSTOMER: "客户", None: "所有"}
_IDS = {Role.AGENT: 1, Role.CUSTOMER: 2, None: 3}
_LOCATIONS = {"AFTER": "after", "BEFORE": "before", "AROUND": "around"}
_WHICH = {1: "first", 0: "each", -1: "any"}


def read_place(check_range: Record | None, names: dict[str, str]) -> tuple[dict[str, Any], str]:
    """(keys of a condition such as ``by`` and ``in``, the anchor's condition id where every hit of it needs an answer, else "").

    ``names`` are the names of the conditions by id. Raises Cannot.
    """
    if check_range is None:
        return {}, ""
    side = _side(check_range)
    if check_range.flag("allSentencesSatisfy"):
        raise Cannot(check_range.name("allSentencesSatisfy"), "不能要求每一句都满足", "that every sentence must satisfy has no equal here")
    absolute = check_range.flag("absolute")
    first, last = _range(check_range)
    place: dict[str, Any] = {"by": side} if side else {}
    anchor = check_range.record("anchor")
    if anchor is None or not anchor.has("cid"):
        if (first, last) != (1, -1):
            counted = "" if absolute or not side else f"{side} "
            place["in"] = f"{counted}turns {first} to {last}"
        return place, ""
    return _anchored(anchor, place, (first, last), absolute, names)


def _side(check_range: Record) -> str:
    """agent, customer, or "" for both; ``roleId`` counts where ``role`` is not there. Raises Cannot."""
    role = check_range.text("role").strip()
    number = check_range.whole("roleId", 0)
    if role.lower() not in _ROLES:
        raise Cannot(check_range.name("role"), f"不认识的角色 {role[:20]}", f"the role {role[:20]} is not known")
    if role or number == 0:
        return _ROLES[role.lower()]
    sides = {value: side for side, value in _IDS.items()}
    if number not in sides:
        raise Cannot(check_range.name("roleId"), f"不认识的角色编号 {number}", f"the role number {number} is not known")
    return _ROLES[_WORDS[sides[number]]]


def _range(check_range: Record) -> tuple[int, int]:
    given = check_range.record("range")
    if given is None:
        return 1, -1
    first, last = given.whole("from", 1), given.whole("to", -1)
    if first == 0 or last == 0:
        raise Cannot(given.path, "范围从 1 数起，0 没有含义", "a range counts from 1; 0 means nothing")
    return first, last


def _anchored(
    anchor: Record, place: dict[str, Any], between: tuple[int, int], absolute: bool, names: dict[str, str]
) -> tuple[dict[str, Any], str]:
    cid, location, time = anchor.text("cid"), anchor.text("location", "AFTER").upper(), anchor.whole("hit_time", 1)
    if cid not in names:
        raise Cannot(
            anchor.name("cid"), f"前置条件 {cid[:20]} 不存在或不是单个算子", f"the anchor {cid[:20]} is not there, or not one operator"
        )
    if time not in _WHICH:
        raise Cannot(anchor.name("hit_time"), f"不支持第 {time} 次命中", f"the hit number {time} cannot be named here")
    which, side = _WHICH[time], place.get("by", "")
    if location == "CURRENT":
        place["around"], place["within"] = f"{which} {names[cid]}", "0 turns"
    elif location in _LOCATIONS:
        place[_LOCATIONS[location]] = f"{which} {names[cid]}"
        if absolute:
            if between != (1, -1):
                place["in"] = f"turns {between[0]} to {between[1]}"
            reach = None
        else:
            reach = _reach(location, between, anchor)
        if reach is not None:
            place["within"] = f"{reach} {side} turns" if side else f"{reach} turns"
        elif location == "AROUND":
            raise Cannot(anchor.path, "AROUND 需要相对范围", "AROUND needs a relative range")
    else:
        raise Cannot(anchor.name("location"), f"不认识的位置 {location[:20]}", f"the location {location[:20]} is not known")
    return place, cid if which == "each" else ""


def _reach(location: str, between: tuple[int, int], anchor: Record) -> int | None:
    """How many turns away a relative range reaches; None: without limit. Raises Cannot for one that begins further off."""
    first, last = between
    if location == "AFTER" and first == 1:
        return None if last == -1 else last if last > 0 else _no(anchor)
    if location == "BEFORE" and last == -1:
        return None if first == 1 else -first if first < 0 else _no(anchor)
    if location == "AROUND" and first < 0 < last and -first == last:
        return last
    return _no(anchor)


def _no(anchor: Record) -> int:
    raise Cannot(anchor.path, "范围不紧接前置条件，无法表达", "a range that does not begin at the anchor has no equal here")


def write_place(condition: Condition, cid_of: dict[str, str]) -> dict[str, Any]:
    """``check_range`` of a condition; ``cid_of`` are the ids of the conditions it may be placed by. Raises Cannot."""
    if condition.unless:
        raise Cannot("unless", "SCA 没有逐个豁免命中的写法", "SCA has no excuse for single hits")
    place: dict[str, Any] = {"role": _WORDS[condition.by], "roleId": _IDS[condition.by], "absolute": False, "range": {"from": 1, "to": -1}}
    window = condition.window
    if window is not None:
        if not isinstance(window, TurnRange):
            raise Cannot("in", "SCA 的范围按句数，不按秒", "SCA counts sentences, not seconds")
        if window.role is not None and window.role is not condition.by:
            raise Cannot("in", "范围按一方计数而条件看另一方", "the window counts one side and the condition looks at another")
        place["range"] = {"from": window.first, "to": window.last}
        place["absolute"] = window.role is None and condition.by is not None
    if len(condition.anchors) > 1:
        raise Cannot("after/before", "SCA 的条件只能有一个前置条件", "a condition of SCA has one anchor")
    for anchor in condition.anchors:
        if window is not None and not place["absolute"]:
            raise Cannot("in", "SCA 的范围与前置条件合为一体，不能两者都有", "a range beside an anchor means another thing in SCA")
        _write_anchor(place, anchor, condition, cid_of)
    return place


def _write_anchor(place: dict[str, Any], anchor: Anchor, condition: Condition, cid_of: dict[str, str]) -> None:
    if anchor.open_if_absent:
        raise Cannot("if_absent", "SCA 没有“前置条件未出现时不限”", "SCA has no open anchor")
    times = {which: time for time, which in _WHICH.items()}
    if anchor.which not in times:
        raise Cannot(anchor.direction, f"SCA 说不出 {anchor.which} 次命中", f"SCA cannot name the {anchor.which} hit")
    location = anchor.direction.upper()
    within = anchor.within
    if within is not None:
        if within.turns is None or within.role is not condition.by:
            raise Cannot("within", "SCA 的距离按本方句数", "SCA measures in sentences of the condition's own side")
        if place["range"] != {"from": 1, "to": -1}:
            raise Cannot("within", "范围与距离不能同时有", "a window and a distance cannot both be there")
        ranges = {"after": (1, within.turns), "before": (-within.turns, -1), "around": (-within.turns, within.turns)}
        if within.turns == 0:
            if anchor.direction != "around":
                raise Cannot("within", "同一话轮内的先后 SCA 说不出", "SCA has no order within one turn")
            location, ranges["around"] = "CURRENT", (1, -1)
        first, last = ranges[anchor.direction]
        place["range"] = {"from": first, "to": last}
    place["anchor"] = {"cid": cid_of[anchor.condition], "location": location, "hit_time": times[anchor.which]}

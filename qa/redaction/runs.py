"""From runs of digits to values: what each number is, and which numbers are nobody's.

Numbers with a form of their own (mobile, identity card, bank card, landline) count wherever they stand. Any other number of seven
digits or more counts too, unless it is a quantity, a date, a list, a work order or a service line. Shorter ones count only
after a cue: 户号, 尾号, 验证码, zip code.
"""

from __future__ import annotations

import re2

from qa.redaction import numbers
from qa.redaction.digits import UNKNOWN, Run, closed
from qa.redaction.values import Value

SHORTEST = 7
_LONGEST_QUANTITY = 8
_LONGEST_TAIL = 6
_SHORTEST_AFTER = {"account": 6, "id_card": 6, "bank_card": 6, "ssn": 6, "passport": 6, "messenger": 5, "code": 4, "tail": 3, "zip": 5}
_UNITS = (*"十百千万亿点年月日块元度分角千秒米吨升伏安瓦个户台天次倍%％", "kW", "kw", "KW", "公里")
_AFTER_LIST = (*_UNITS, "号", "楼", "栋", "幢", "单元", "层", "路", "组", "线", "期", "月", "季")
_AMOUNT = re2.compile(r"^\d{1,3}(?:,\d{3})+(?:\.\d+)?$|^\d+\.\d{1,4}$")
_MONEY_BEFORE = re2.compile(r"[¥￥$€£] ?$")
_ENGLISH_UNIT = re2.compile(r"^ ?(?i:dollars?|cents?|kilowatts?|kwh|hours?|minutes?|days?|percent|yuan|degrees|volts?|watts?)\b")
_DESK = re2.compile(r"^号(?:为您|为你|客服|坐席|座席|话务|接线|竭诚|很高兴)")
_HAN = re2.compile(r"\p{Han}")
_CORRECTS = re2.compile(
    r"(?:不对|不是|错了|说错|(?i:\b(?:no|sorry|wrong|actually)\b))[，,。.、；; ]{0,2}"
    r"(?:[应该]{0,2}是|(?i:it['’]s|it is|that['’]s|should be))?[，, ]{0,2}$"
)
_CODE_BEFORE = re2.compile(r"[A-Za-z]-?$")


def values_of(run: Run, text: str, cue: str, english: bool) -> list[Value]:
    """The personal values in one run. ``cue`` is what was announced before it, ``english`` whether its sentence is English."""
    cue, _, of = cue.partition(":")
    if of == "id_card" and len(run.digits) < _LONGEST_TAIL:
        run = closed(run, text)
    if len(run.digits) < _SHORTEST_AFTER.get(cue, SHORTEST):
        return []
    if cue == "tail" and len(short := _without_quantity(run, text).digits) <= _LONGEST_TAIL:
        run = run.part(0, len(short))
        return [] if len(short) < _SHORTEST_AFTER[cue] else [_value(of or "phone", run, run.digits, None, tail=True)]
    cue = of if of and len(run.digits) >= SHORTEST else cue
    found, used = _strong(run, cue, english) if len(run.digits) >= SHORTEST else ([], [])
    if found:
        rest = [run.part(first, last) for first, last in _unused(len(run.digits), used)]
        return found + [v for part in rest for v in _weak(part, text, "", english)]
    return _weak(run, text, cue, english)


def corrects(run: Run, text: str) -> bool:
    """Whether a short number mends one that was just said: 不对，是一一零一."""
    after = text[run.end : run.end + 12]
    return (
        3 <= len(run.digits) < SHORTEST
        and _CORRECTS.search(text[max(0, run.start - 24) : run.start]) is not None
        and not after.startswith(_AFTER_LIST)
        and _ENGLISH_UNIT.search(after) is None
        and not _is_quantity(run, text)
        and not (len(run.digits) in (3, 5) and numbers.public(run.digits))
    )


def of_form(digits: str, cue: str, english: bool) -> tuple[str, str, bool | None] | None:
    """(kind, canonical digits, check) of a number with a form of its own; None when it has none."""
    if cue in ("account", "ticket", "code") and not numbers.mobile(digits) and not numbers.id_card(digits):
        return None
    if cue != "bank_card" and (checked := numbers.id_card(digits)) is not None and (checked or cue == "id_card" or len(digits) == 18):
        return "id_card", digits, checked if len(digits) == 18 else None
    if (fits := numbers.bank_card(digits)) is not None and (fits or cue == "bank_card"):
        return "bank_card", digits, fits
    if (plain := numbers.mobile(digits)) is not None and not (english and numbers.public(digits)):
        return "phone", plain, None
    if numbers.public(digits):
        return None
    if (fixed := numbers.landline(digits)) is not None and cue != "bank_card":
        return "phone", fixed, None
    if english and len(digits) in (10, 11) and (plain := numbers.american(digits)) is not None:
        return "phone", plain, None
    return None


def _strong(run: Run, cue: str, english: bool) -> tuple[list[Value], list[tuple[int, int]]]:
    """Numbers of a form in the run, each from one cut to another, the longest first; and the digits they take."""
    found: list[Value] = []
    used: list[tuple[int, int]] = []
    bounds = run.bounds
    first = 0
    while first < len(bounds) - 1:
        for last in range(len(bounds) - 1, first, -1):
            start, end = bounds[first], bounds[last]
            form = of_form(run.digits[start:end], cue, english) if SHORTEST <= end - start <= 19 else None
            if form is not None:
                found.append(_value(form[0], run.part(start, end), form[1], form[2]))
                used.append((start, end))
                first = last
                break
        else:
            first += 1
    return found, used


def _unused(length: int, used: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out, at = [], 0
    for start, end in [*used, (length, length)]:
        if start > at:
            out.append((at, start))
        at = end
    return out


def _weak(run: Run, text: str, cue: str, english: bool) -> list[Value]:
    """A number without a form of its own: by its cue, or by its length alone."""
    run = _without_quantity(run, text)
    count = len(run.digits)
    if count < _SHORTEST_AFTER.get(cue, SHORTEST) or cue in ("ticket", "badge", "reading"):
        return []
    if cue == "zip":
        return [_value("zip", run, run.digits, None)] if count in (5, 6, 9) else []
    if cue not in ("account", "id_card", "bank_card", "ssn", "passport", "messenger", "code"):
        if (
            _DESK.match(text[run.end : run.end + 8]) is not None
            or _is_quantity(run, text)
            or _is_list(run, text)
            or _is_public(run, text)
            or numbers.is_date(run.digits)
        ):
            return []
        if (prefix := _before_quantity(run, text, english)) is not None:
            return [prefix]
        if cue != "phone" and _CODE_BEFORE.search(text[max(0, run.start - 2) : run.start]) and text[run.start].isdigit():
            return []
    kind = cue if cue in _SHORTEST_AFTER and cue != "tail" else "phone" if cue == "phone" else "number"
    if english and kind == "number" and count == 9 and len(run.cuts) == 3:
        kind = "ssn"
    valid = numbers.luhn(run.digits) if kind == "bank_card" and run.digits.isdigit() else False if kind == "id_card" else None
    return [_value(kind, run, run.digits, valid)]


def _is_quantity(run: Run, text: str) -> bool:
    """Money, energy, a share: with a currency before it, or in one or two groups with a unit behind."""
    after = text[run.end : run.end + 12]
    written = text[run.start : run.end]
    if _MONEY_BEFORE.search(text[max(0, run.start - 2) : run.start]) or (_AMOUNT.match(written) and len(run.digits) <= 12):
        return True
    sizes = [b - a for a, b in zip(run.bounds, run.bounds[1:], strict=False)]
    has_unit = after.startswith(_UNITS) or _ENGLISH_UNIT.search(after) is not None
    return has_unit and (len(run.digits) <= _LONGEST_QUANTITY or (len(sizes) == 2 and max(sizes) < SHORTEST))


def _is_list(run: Run, text: str) -> bool:
    """一、二、三号楼 or 2023、2024、2025: short groups that count something."""
    groups = [run.digits[a:b] for a, b in zip(run.bounds, run.bounds[1:], strict=False)]
    if len(groups) < 2:
        return False
    between = {text[run.places[c - 1][1] : run.places[c][0]] for c in run.cuts if c} - {""}
    if all(len(g) == 4 and g[:2] in ("19", "20") for g in groups) or (between == {"、"} and max(map(len, groups)) <= 5):
        return True
    return all(len(g) <= 2 for g in groups) and text[run.end : run.end + 2].startswith(_AFTER_LIST)


def _is_public(run: Run, text: str) -> bool:
    """A service number, or several in a row: 95598，12345 或 400-820-8820."""
    names, last = [""], run.start
    for digit, (start, end) in zip(run.digits, run.places, strict=True):
        if any(c in "，,、 。" for c in text[last:start]):
            names.append("")
        names[-1] += digit
        last = end
    return numbers.public(run.digits) or all(numbers.public(name) for name in names)


def _without_quantity(run: Run, text: str) -> Run:
    """Without a last group that counts what follows: 2024、2025三年, 13800004517二单元."""
    last = run.cuts[-1]
    joined = last and run.places[last][0] == run.places[last - 1][1]
    one_word = len(run.digits) - last == 1 and last >= SHORTEST and _HAN.match(text[run.end : run.end + 1]) is not None  # …370一直
    return run.part(0, last) if joined and (one_word or text[run.end : run.end + 2].startswith(_AFTER_LIST)) else run


def _before_quantity(run: Run, text: str, english: bool) -> Value | None:
    """A mobile number with a quantity right behind it: 一三八零零零零四五一七四十分钟, 13800004517二单元."""
    if len(run.digits) != 12 or not text[run.end : run.end + 2].startswith(_AFTER_LIST):
        return None
    form = of_form(run.digits[:11], "", english)
    return None if form is None else _value(form[0], run.part(0, 11), form[1], form[2])


def _value(kind: str, run: Run, content: str, valid: bool | None, *, tail: bool = False) -> Value:
    known = "" if UNKNOWN in content else content
    return Value(kind, run.start, run.end, known, len(content), valid, run.hidden(), tail)

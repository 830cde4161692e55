"""Values with letters among their digits: company codes, plates, passports, e-mail addresses and accounts of messengers.

Sources: GB 32100-2015 (unified social credit code, MOD 31-3), GA 36-2018 (plates), ICAO 9303 (passport numbers).
"""

from __future__ import annotations

import re2

from qa.redaction.cues import Cues
from qa.redaction.digits import CHARACTERS, SOUND_OF
from qa.redaction.hints import Hint, lettered
from qa.redaction.values import SEPARATORS, Value

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
_SIGN = r"[0-9A-Za-z０-９零〇一二三四五六七八九幺两洞拐勾]"
_CODE = re2.compile(rf"{_SIGN}(?:[ \-，,、]{{0,2}}{_SIGN}){{14,24}}")
_JOINT = r"[ ·•.\-，,]{0,2}"
_PLATE = re2.compile(
    rf"[{_PROVINCES}]{_JOINT}[A-HJ-NP-Za-hj-np-z]{_JOINT}{_SIGN}(?:[ \-，,]{{0,2}}{_SIGN}){{3,4}}(?:[ ，,]?(?:{_SIGN}|[挂学警港澳]))?"
)
_DIGIT = r"[0-9０-９零〇一二三四五六七八九幺两洞拐勾]"
_PASSPORT = re2.compile(rf"(?:^|[^\w'’])([EeGgDdSsPpHhMmCcKkWw][A-Za-z]?-?{_DIGIT}(?:[ \-，,]{{0,2}}{_DIGIT}){{6,9}})")
"""Without a cue the letter stands right at its digits: in *it's 617 555 0199* there is none."""
_LEAD = r"(?:[A-Za-z]{1,3}-?|(?:[A-Z][ \-，]){1,2})"
_ANY_PASSPORT = re2.compile(rf"(?:^|[^A-Za-z0-9'’])({_LEAD}{_DIGIT}(?:[ \-，,]{{0,2}}{_DIGIT}){{4,9}}|{_SIGN}{{6,10}})")
_SPELLED = re2.compile(r"(?:^|[^A-Za-z0-9'’])((?:[A-Z]|[0-9]+)(?:[ \-]{0,2}(?:[A-Z]|[0-9]+)){3,17})(?:$|[^A-Za-z0-9'’])")
"""As many signs as account numbers and plates have at least are counted afterwards."""
_NAME = r"[A-Za-z0-9零一二三四五六七八九幺_+%\-]"
_AT = r"(?: ?@ ?| ?艾特 ?| ?圈[aA儿]? ?|(?i: at ))"
_DOT = r"(?:\.| ?点 ?|(?i: dot ))"
_EMAIL = re2.compile(
    rf"{_NAME}+(?:{_DOT}{_NAME}+)*{_AT}{_NAME}+(?:{_DOT}{_NAME}+)*{_DOT}(?i:com|cn|net|org|edu|gov|io|me|uk|us|hk|tw|info|biz|抗姆|康姆)\b"
)
_PROVINCE_SET = frozenset(_PROVINCES)
_AT_WORD, _DOT_WORD = re2.compile(rf"{_AT}"), re2.compile(r" ?点 ?| dot ")
_SIGNS = Hint("".join(CHARACTERS) + "洞拐勾")
_POINTS = Hint(".点", words=(" dot ",))
_WECHAT = re2.compile(r"[A-Za-z][A-Za-z0-9_\-]{5,19}")


def values_in(text: str, cues: Cues) -> list[Value]:
    """Every value of this family in ``text``."""
    found: list[Value] = []
    has_letters = lettered(text)
    if has_letters and _POINTS.may(text) and ("@" in text or _AT_WORD.search(text) is not None):
        found += [Value("email", m.start(), m.end(), _mail(m.group())) for m in _EMAIL.finditer(text)]
    digits = _SIGNS.may(text)
    if ("uscc" in cues.kinds or (has_letters and digits)) and len(text) >= 15:
        found += [v for m in _CODE.finditer(text) if (v := _company(m.start(), m.end(), text, cues)) is not None]
    if has_letters and digits and not _PROVINCE_SET.isdisjoint(text):
        found += [_signs("plate", m.start(), m.group()) for m in _PLATE.finditer(text) if _is_plate(m.group())]
    if has_letters and digits:
        found += [v for m in _PASSPORT.finditer(text) if (v := _passport(text, m.start(1), m.end(1))) is not None]
    for end, kind in zip(cues.ends, cues.kinds, strict=True):
        if kind in ("passport", "messenger"):
            found += _after_cue(text, end, kind)
        if kind in ("account", "passport", "plate") and has_letters:
            found += _spelled(text, end, kind)
    return found


def uscc(code: str) -> bool | None:
    """True or False by the check character of an 18-character company code; None: it is none.

    >>> uscc("91350100M000100Y43"), uscc("91350100M000100Y44"), uscc("1234")
    (True, False, None)
    """
    if len(code) != 18 or any(c not in _USCC_ALPHABET for c in code) or not code[2:8].isdigit():
        return None
    total = sum(_USCC_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    return _USCC_ALPHABET[-total % 31] == code[17]


def _mail(written: str) -> str:
    return _plain(_DOT_WORD.sub(".", _AT_WORD.sub("@", written.lower())))


def _company(start: int, end: int, text: str, cues: Cues) -> Value | None:
    written = text[start:end]
    code = _plain(written).upper()
    announced = cues.before(text, start) == "uscc"
    checked = uscc(code)
    if checked is None and not (announced and 15 <= len(code) <= 20):
        return None
    if code[:17].isdigit() and not announced:
        return None  # a company code of digits alone is told from an identity card by its cue only
    if checked is not True and not announced and code[0] not in "159":
        return None
    return Value("uscc", start, end, code, sum(c.isdigit() for c in code), bool(checked))


def _is_plate(written: str) -> bool:
    plain = _plain(written).upper()
    tail = plain[2:].rstrip("挂学警港澳")
    return len(tail) >= 4 and sum(c.isdigit() for c in tail) >= 2


def _passport(text: str, start: int, end: int) -> Value | None:
    if text[end : end + 1].isascii() and text[end : end + 1].isalnum():
        return None
    plain = _plain(text[start:end]).upper()
    letters = len(plain) - len(plain.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    if not plain[letters:].isdigit() or len(plain) not in (9, 11) or plain[0] not in "EGDSPHMCKW" or (letters == 2 and plain[0] != "E"):
        return None
    return _signs("passport", start, text[start:end])


def _after_cue(text: str, end: int, kind: str) -> list[Value]:
    """The sign that follows a cue for passports or messengers, with at most a few characters between."""
    window = text[end : end + 24].split("\n")[0]
    pattern, group = (_ANY_PASSPORT, 1) if kind == "passport" else (_WECHAT, 0)
    match = pattern.search(window)
    if match is None or match.start(group) > 8 or not any(c.isdigit() for c in _plain(match.group(group))):
        return []
    return [_signs(kind, end + match.start(group), match.group(group))]


def _spelled(text: str, end: int, kind: str) -> list[Value]:
    """Capitals and digits said one by one, or written together, soon after a cue: A B 7 7 3 0 9."""
    window = text[end : end + 48].split("\n")[0]
    match = _SPELLED.search(window)
    if match is None or match.start(1) > 8:
        return []
    content = _plain(match.group(1))
    digits = sum(c.isdigit() for c in content)
    return [_signs(kind, end + match.start(1), match.group(1))] if digits >= 2 and digits < len(content) >= 5 else []


def _signs(kind: str, start: int, written: str) -> Value:
    content = _plain(written).upper()
    return Value(kind, start, start + len(written), content, sum(c.isdigit() for c in content))


def _plain(written: str) -> str:
    """Digits as digits, letters as they are, separators gone."""
    return "".join(CHARACTERS.get(c) or ("洞拐勾".find(c) >= 0 and SOUND_OF[c]) or c for c in written if c not in SEPARATORS or c in "@.")

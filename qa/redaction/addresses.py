"""Addresses down to the door: 滨江区文华路16号三栋二单元501, 大桥村三组8号, 42 Maple Street, zip codes behind a state.

A place without a door (滨江区, 翠苑小区) is nobody's address and stays, unless somebody says that he lives there.
"""

from __future__ import annotations

from typing import Any

import re2

from qa.redaction.digits import runs_in
from qa.redaction.hints import Hint, lettered
from qa.redaction.values import SEPARATORS, Value

_OTHERS = "是在到住的了我你您他她们这那就去有请把被给跟与说叫来也还要问找往帮派为但才又等吗呢吧啊呀嗯哦，。"
_NOT_FIRST = re2.compile(r"[都再对让于将]|和[^平谐睦]|从[^化]|离[^石]")
_H = rf"[^\P{{Han}}{_OTHERS}]"
_N = r"(?:[0-9０-９]{1,5}|[零〇一二三四五六七八九十百幺两]{1,5})"
_GAP = r"[ ，,、]{0,2}"
_STREET = r"(?:大道|大街|胡同|街坊|环路|路|街|巷|弄|道|里)(?:[东西南北中]?段)?"
_ESTATE = (
    r"(?:小区|社区|花园|家园|公寓|大厦|大楼|广场|新村|家属院|宿舍|国际|名邸|豪庭|山庄|庄园|新城|大院|嘉园|华府"
    r"|苑|园|城|府|湾|庭|居|邸|轩|阁|寓|坊|村|庄|屯|寨|营|堡|湖|里|院|区)"
)
_REGION = r"(?:省|自治区|自治州|市|新区|开发区|区|县|旗|镇|乡|街道|社区|村)"
_BEFORE = rf"(?:{_H}+{_REGION}[ ，,、]{{1,2}})*"
_HOUSE = rf"(?:{_N}(?:[-－之]{_N})?{_GAP}(?:号院|号|弄)(?:附{_N}号)?)"
_BLOCK = rf"(?:(?:[A-Za-z甲乙丙丁东西]?{_N}[A-Za-z]?|[A-Za-z甲乙丙丁]){_GAP}(?:号楼|栋|幢|座|期|号院|组|队|社))"
_UNIT = rf"(?:(?:{_N}|[A-Za-z甲乙丙丁东西]){_GAP}(?:单元|门))"
_ROOM = rf"(?:{_N}(?:[-－]{_N})?{_GAP}(?:号房|室|房|户|号|层|楼)?)"
_FINE = rf"(?:{_GAP}(?:{_BLOCK}|{_UNIT}|{_HOUSE}|{_N}{_GAP}(?:楼|层)))"
_NAMED = r"(?:小区|花园|家园|公寓|大厦|新村|家属院|华府|豪庭|名邸)"
_TAIL = rf"(?:{_GAP}(?:{_H}+{_ESTATE}{_GAP})?(?:{_FINE})+|{_GAP}{_H}+{_NAMED})?(?:{_GAP}{_ROOM})?"


def _compiled(pattern: str) -> Any:
    """Chinese classes make large automata: they get the memory that keeps them fast."""
    options = re2.Options()
    options.max_mem = 32 << 20
    return re2.compile(pattern, options)


_ADDRESS = _compiled(
    rf"{_BEFORE}(?:{_H}+{_STREET}{_GAP}{_HOUSE}{_TAIL}|(?:{_H}+{_STREET}[ ，,、]{{1,2}})?{_H}+{_ESTATE}{_FINE}+(?:{_GAP}{_ROOM})?"
    rf"|{_H}+{_NAMED}{_GAP}[0-9零一二三四五六七八九幺]{{3,4}}(?:室|房|号)?"
    rf"|{_BLOCK}{_GAP}{_UNIT}(?:{_GAP}{_ROOM})?|{_UNIT}{_GAP}{_ROOM}|{_BLOCK}{_GAP}[0-9零一二三四五六七八九幺]{{3,4}}(?:室|房|号)?)"
)
_LIVES = _compiled(
    rf"(?:家住|住在|住的是|家庭住址是?|住址是?|家庭地址是?|我家在|我住|家在)[：:，, ]?"
    rf"({_BEFORE}{_H}+?(?:路|街|巷|大道|小区|花园|家园|公寓|新村|家属院|苑|村|庄|屯)(?:小区|花园|公寓)?)"
)
_NO_NAME = re2.compile(rf"^(?:小区|社区|村|院)[里内]?(?:{_FINE})?$")
"""小区里三栋楼: no estate is named."""
_KEYWORD = re2.compile(rf"{_STREET}|{_ESTATE}|{_REGION}|{_BLOCK}|{_UNIT}")
_LONGEST_NAME = 6
_NO_DOOR = (
    "杆",
    "线",
    "变",
    "塔",
    "箱",
    "柜",
    "表",
    "开",
    "机",
    "电",
    "台",
    "出",
    "公",
    "地铁",
    "桩",
    "主",
    "闸",
    "馈",
    "楼梯",
    "之前",
    "前",
    "上午",
    "下午",
    "早",
    "晚",
)
"""What makes of 12号 something else than a door: a pole, a line, a charger, a day."""
_LEAD = re2.compile(
    r".*(?:地址|住址|位置|地点|重复一遍|核对一下|确认一下|登记一下|麻烦|报修|停电|记录|确认|核对|具体|详细|收到|明白|好|行|客户|用户|户主|先生|女士|家里|我家|现场)"
)
_STREETS = "street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|court|ct|place|pl|way|terrace|circle|highway|hwy|parkway|square"
_WORD = r"(?:[A-Za-z][A-Za-z'.]*|[0-9]{1,3}(?:st|nd|rd|th))"
_TELLING = (
    "zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+teen"
    "|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred"
)
_NUMBER = rf"(?:[0-9]{{1,6}}[A-Za-z]?|(?:(?:{_TELLING})[ -]){{1,5}})"
_ENGLISH = re2.compile(
    rf"(?i)\b{_NUMBER} ?(?:{_WORD} ){{1,4}}(?:{_STREETS})\b\.?(?:,? (?:apt|apartment|unit|suite|number|#) ?[A-Za-z0-9\-]{{1,6}})?"
    rf"(?:,? (?-i:[A-Z][a-z]+(?: [A-Z][a-z]+)?),? (?-i:[A-Z]{{2}})(?: [0-9]{{5}}(?:-[0-9]{{4}})?)?)?"
)
_STATE_ZIP = re2.compile(r"\b[A-Z]{2},? [0-9]{5}(?:-[0-9]{4})?\b")
_UK_CODE = re2.compile(r"\b[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}\b")


def values_in(text: str) -> list[Value]:
    """Every address in ``text``."""
    found: list[Value] = []
    if not _DOORS.isdisjoint(text) and not _NUMERALS.isdisjoint(text):
        found += [v for m in _ADDRESS.finditer(text) if (v := _chinese(text, m.start(), m.end())) is not None]
    if ("家" in text or "住" in text) and _SAYS_LIVES.may(text) and _ENDS_PLACE.may(text):
        found += [_value(text, *_trimmed(text, *m.span(1))) for m in _LIVES.finditer(text)]
    if not lettered(text):
        return found
    if _SAYS_STREET.may(text):
        found += [_value(text, m.start(), m.end()) for m in _ENGLISH.finditer(text) if _is_street(m.group())]
    if _DIGITS.may(text):
        found += [Value("zip", m.start(), m.end(), m.group()) for p in (_STATE_ZIP, _UK_CODE) for m in p.finditer(text)]
    return found


def _chinese(text: str, start: int, end: int) -> Value | None:
    while end > start and text[end - 1] in SEPARATORS:
        end -= 1
    if text[end : end + 2].startswith(_NO_DOOR) and text[end - 1] == "号":
        return None
    start, end = _trimmed(text, start, end)
    if _NO_NAME.match(text[start:end]) is not None:
        return None
    return _value(text, start, end)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without what was said before the address in the same breath: 地址文华路16号."""
    lead = _LEAD.match(text[start:end])
    if lead is not None and end - start - lead.end() >= 4:
        start += lead.end()
    if end - start > 4 and _NOT_FIRST.match(text[start:end]) is not None:
        start += 1
    named = _KEYWORD.search(text[start:end])
    if named is not None and named.start() > _LONGEST_NAME:
        start += named.start() - 4
    return start, end


_SAYS_LIVES = Hint("住", words=("家庭", "家在"))
_ENDS_PLACE = Hint("路街巷道区园寓村苑庄屯")
_DIGITS = Hint("0123456789")
_SAYS_STREET = Hint(_DIGITS.characters, words=tuple(_TELLING.replace("[a-z]+", "").split("|")))
_DOORS = frozenset("号栋幢座单室弄组队")
_NUMERALS = frozenset("0123456789０１２３４５６７８９零〇一二三四五六七八九十百两甲乙丙丁ABCDEFGHabcdefgh")
_NO_STREET_WORDS = (
    "i we you they to for in on of is are was hours minutes days dollars cents kilowatt calls times more than and the percent"
)
_NOT_STREETS = frozenset(_NO_STREET_WORDS.split())


def _is_street(written: str) -> bool:
    return not any(word.lower().strip(".,") in _NOT_STREETS for word in written.split()[1:])


def _value(text: str, start: int, end: int) -> Value:
    """Canonical: digits of every spelling as digits, separators gone; a door read back is compared letter by letter."""
    content, at = "", start
    for run in runs_in(text[start:end]):
        content += text[at : start + run.start] + run.digits
        at = start + run.end
    content = "".join(c for c in content + text[at:end] if c not in SEPARATORS).lower()
    return Value("address", start, end, content, sum(c.isdigit() for c in content))

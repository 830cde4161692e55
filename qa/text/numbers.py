"""Chinese numerals: how a number is read, and which number a reading means.

>>> cardinal(12050), value("一万二千零五十"), value("一万二")
('一万二千零五十', 12050, 12000)
>>> digit_by_digit("13800"), digits_of("幺三八零零")
('幺三八零零', '13800')
"""

from __future__ import annotations

_DIGITS = "零一二三四五六七八九"
VALUES = {c: n for n, c in enumerate(_DIGITS)} | {"〇": 0, "两": 2, "幺": 1}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "亿": 10**8}
NUMERALS = "".join(VALUES) + "".join(_SMALL) + "".join(_LARGE)
LARGEST = 10**12 - 1
"""The largest number that is read; longer runs of digits are read one by one."""


def cardinal(number: int) -> str:
    """A number from 0 to 999,999,999,999 as it is read. Raises ValueError outside."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{number} is not read as a number here")
    if number == 0:
        return "零"
    groups = [(number // 10**8, "亿"), (number // 10**4 % 10**4, "万"), (number % 10**4, "")]
    spoken = ""
    for group, unit in groups:
        if not group:
            spoken += "" if not spoken or spoken.endswith("零") else "零"
            continue
        if spoken and group < 1000 and not spoken.endswith("零"):
            spoken += "零"
        spoken += _below_10000(group) + unit
    spoken = spoken.rstrip("零")
    return spoken[1:] if spoken.startswith("一十") else spoken


def _below_10000(number: int) -> str:
    parts, zero = "", False
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, size)
        if digit:
            parts += ("零" if zero and parts else "") + _DIGITS[digit] + unit
        zero = not digit
    return parts


def value(spoken: str) -> int | None:
    """The number that a reading means; None for what is no number (a run of plain digits is no reading: see ``digits_of``)."""
    total, section, digit, last, zero = 0, 0, None, 1, False
    largest = 10**12
    if not spoken:
        return None
    for char in spoken:
        if char in VALUES:
            if digit is not None:
                return None
            if VALUES[char] == 0 and char in "零〇":
                zero, last = True, 1
                if len(spoken) == 1:
                    return 0
                continue
            digit = VALUES[char]
        elif char in _SMALL:
            if digit is None and (section or char != "十" or total % 10**4):
                return None
            if section and _SMALL[char] >= _lowest(section):
                return None
            section += (1 if digit is None else digit) * _SMALL[char]
            digit, last, zero = None, _SMALL[char], False
        elif char in _LARGE:
            section += digit or 0
            if not section or _LARGE[char] >= largest:
                return None
            total += section * _LARGE[char]
            section, digit, last, largest, zero = 0, None, _LARGE[char], _LARGE[char], False
        else:
            return None
    if digit is not None:
        # 一万二 is 12,000: a digit at the end counts in the unit below the one before it, unless a 零 stands between.
        section += digit * (last // 10 if last >= 100 and not zero else 1)
    return total + section


def _lowest(section: int) -> int:
    """The unit of the last digit that is not nought: 1200 → 100."""
    unit = 1
    while section % (unit * 10) == 0:
        unit *= 10
    return unit


def decimal(spoken: str) -> str | None:
    """A reading with 点 in figures: 三十五点六 → 35.6; None when it is none."""
    whole, point, fraction = spoken.partition("点")
    number = value(whole)
    if number is None or (point and not fraction) or any(c not in VALUES or c in "两" for c in fraction):
        return None
    return f"{number}.{digits_of(fraction)}" if point else str(number)


def digit_by_digit(figures: str, one: str = "幺") -> str:
    """Figures as they are dictated, 1 as 幺."""
    return "".join(one if c == "1" else _DIGITS[int(c)] for c in figures)


def digits_of(spoken: str) -> str:
    """Dictated digits as figures."""
    return "".join(str(VALUES[c]) for c in spoken)

"""Which number it is: telephone, identity card, bank card, by form and check digit.

Sources: GB 11643-1999 (identity numbers, ISO 7064 MOD 11-2), ISO/IEC 7812 (Luhn), the numbering plan of China's MIIT,
the North American Numbering Plan.
"""

from __future__ import annotations

from datetime import date

_ID_CHECK = "10X98765432"
_LANDLINE_AREAS = ("10", "20", "21", "22", "23", "24", "25", "27", "28", "29")


def mobile(digits: str) -> str | None:
    """The eleven digits of a Chinese mobile number, written with or without the country's code or the trunk nought."""
    for prefix in ("", "86", "0086", "0"):
        rest = digits[len(prefix) :]
        if digits.startswith(prefix) and len(rest) == 11 and rest[0] == "1" and rest[1] in "3456789?":
            return rest
    return None


def landline(digits: str) -> str | None:
    """A number with area code: 010 and 02x take eight digits, 03xx to 09xx seven or eight; the code's nought stays."""
    if digits.startswith("86") and digits[2:3] not in ("", "0"):
        digits = "0" + digits[2:]
    if not digits.startswith("0") or "?" in digits[:4]:
        return None
    area = 2 if digits[1:3] in _LANDLINE_AREAS else 3 if digits[1:2] in tuple("3456789") else 0
    rest = digits[1 + area :]
    if not area or not rest or rest[0] not in "2345678?" or len(rest) not in ((8,) if area == 2 else (7, 8)):
        return None
    return digits


def american(digits: str) -> str | None:
    """A ten-digit number of the North American plan, without the leading 1."""
    rest = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return rest if len(rest) == 10 and rest[0] in "23456789" and rest[3] in "23456789" else None


def public(digits: str) -> bool:
    """Whether it is a service number that anybody may know: 95598, 12345, 400 and 800 numbers, toll-free numbers of North America."""
    if len(digits) <= 6:
        return len(digits) >= 3 and (digits.startswith(("95", "96", "10", "12")) or digits in ("110", "119"))
    if len(digits) == 10 and digits[:3] in ("400", "800"):
        return True
    rest = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return len(rest) == 10 and rest[:3] in ("800", "833", "844", "855", "866", "877", "888")


def id_card(digits: str) -> bool | None:
    """True or False by the check digit of an 18-digit identity number; True for 15 digits with a real date; None: it is none."""
    if not digits[:1] or digits[0] not in "12345678" or "?" in digits[:14]:
        return None
    if len(digits) == 18 and _real_date(digits[6:14]):
        if "?" in digits:
            return False
        total = sum(int(d) * (2 ** (17 - i) % 11) for i, d in enumerate(digits[:17]))
        return _ID_CHECK[total % 11] == digits[17]
    if len(digits) == 15 and digits.isdigit() and _real_date(f"19{digits[6:12]}"):
        return True
    return None


def bank_card(digits: str) -> bool | None:
    """True or False by Luhn's check digit for 13 to 19 digits that begin like a card; None: it is none."""
    if not 13 <= len(digits) <= 19 or digits[0] not in "34569" or not digits.isdigit():
        return None
    return luhn(digits)


def luhn(digits: str) -> bool:
    """Whether the last digit is Luhn's check digit of the others.

    >>> luhn("79927398713"), luhn("79927398710")
    (True, False)
    """
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits)))
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0


def is_date(digits: str) -> bool:
    """Whether eight digits are a day of this or the last century: 20261109."""
    return len(digits) == 8 and digits.isdigit() and digits[:2] in ("19", "20") and _real_date(digits)


def _real_date(digits: str) -> bool:
    if not digits.isdigit():
        return False
    try:
        return 1850 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= 2100
    except ValueError:
        return False

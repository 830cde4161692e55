"""Text as the recognisers read it: every kind of blank as a blank and every sign of a digit as the digit, one for one.

Copied text holds blanks that look like one and are none (no-break, thin, zero-width), and digits in circles or of mathematics; a
number parted or written by them is the same number. Lengths stay equal, so places hold in the text as it was written.

>>> plain("138\\u00a00000\\u200b1234，①③⑧")
'138 0000 1234，138'
"""

from __future__ import annotations

import unicodedata
from itertools import chain

import re2

_INVISIBLE = frozenset("\u00ad\u034f\u115f\u1160\u180e\u2060\u2800\u3164\ufeff\uffa0") | {chr(c) for c in range(0x200B, 0x2010)}
_LOOKED_AT = tuple(chain(range(0x80, 0x3001), range(0xFE00, 0x10000), range(0x1D7CE, 0x1D800), range(0x1F100, 0x1F10D)))
_UNITS = "²³"
"""平方米 and 立方米 more often than digits."""
_NOUGHTS = "⓪⓿🄋🄌"
_NEGATIVE = "❶❷❸❹❺❻❼❽❾"
"""Digits in black circles, which have no compatible form."""


def _table() -> dict[int, str]:
    found = {}
    for code in _LOOKED_AT:
        sign = chr(code)
        kind = unicodedata.category(sign)
        if kind == "Zs" or sign in _INVISIBLE or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069:
            found[code] = " "
        elif kind in ("No", "Nd") and sign not in _UNITS:
            digit = unicodedata.digit(sign, None)
            if digit is not None:
                found[code] = str(digit)
    found |= {ord(sign): "0" for sign in _NOUGHTS}
    return found | {ord(sign): str(i) for i, sign in enumerate(_NEGATIVE, start=1)}


_PLAIN = _table()
_ODD = re2.compile(f"[{''.join(map(chr, _PLAIN))}]")


def plain(text: str) -> str:
    """``text``, equally long, with blanks and digits of every kind as plain ones."""
    return text if text.isascii() or _ODD.search(text) is None else text.translate(_PLAIN)
